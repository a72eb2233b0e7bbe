"""The docs: everything that they link to, name or print exists."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from toml_schema import mistakes

from returnsync.cli.causes import CAUSES, PAGE
from returnsync.cli.reference import commands, main, options
from returnsync.config.load import load
from returnsync.errors import ExitCode
from returnsync.model import Cause

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Commands that are not checked here: the settings named this one before it existed.
COMING = {"map-reasons"}


def text_of(page):
    return page.read_text(encoding="utf-8")


def anchors(page):
    """The anchors of a page's headings, as the usual viewers make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def blocks(page, *kinds):
    return [text for kind, text in FENCE.findall(text_of(page)) if kind in kinds]


def printed_commands(page):
    """Every call of returnsync in a block or in backticks, without the prompt and without comments."""
    inline = re.findall(r"`(returnsync [^`]+)`", FENCE.sub("", text_of(page)))
    lines = "\n".join((*blocks(page, "sh", "console", "crontab"), *inline)).splitlines()
    for line in lines:
        found = re.search(r"(?:^|[ /(])returnsync ((?:[a-z]|--version).*)", line)
        if found:
            # `sandbox -- COMMAND` runs another command, which has options of its own.
            yield from re.split(r"[;|)>]|  +#|…", found[1])[0].split(" -- ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_resolves(page):
    broken = []
    for target in LINK.findall(FENCE.sub("", text_of(page))):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_printed_command_and_option_exists(page):
    known = commands()
    for line in printed_commands(page):
        words = shlex.split(line)
        if words[0] == "--version" or words[0] in COMING:
            continue
        name = next((name for name in (" ".join(words[:2]), words[0]) if name in known), None)
        assert name is not None, line
        wrong = {word for word in words if word.startswith("-")} - options(known[name]) - {"-h", "--help"}
        assert not wrong, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_printed_configuration_is_one(page, tmp_path):
    for text in blocks(page, "toml"):
        content = tomllib.loads(text)
        if {"warehouses", "sources"} <= content.keys():
            file = tmp_path / "returnsync.toml"
            file.write_text(text, encoding="utf-8")
            load(file)
            assert mistakes(content) == []


MODULE = r"(?:[a-z_]+/)*\w+\.(?:py|sql)"
IN_WORDS = rf"`(\w+)` in `({MODULE})`"
IN_BRACKETS = rf"`({MODULE})`, `(\w+)`(?! in )"


def file_of(name):
    """The file that a page names: it is in the package, unless its name says otherwise."""
    places = (ROOT / "returnsync" / name, ROOT / name, ROOT / "benchmarks" / name)
    return next((file for file in places if file.exists()), None)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_module_that_is_named_exists_and_has_what_is_named_beside_it(page):
    text = " ".join(FENCE.sub("", text_of(page)).replace("`NNNN_name.sql`", "").split())
    missing = [name for name in re.findall(f"`({MODULE})`", text) if file_of(name) is None]
    pairs = [(name, module) for name, module in re.findall(IN_WORDS, text)]
    pairs += [(name, module) for module, name in re.findall(IN_BRACKETS, text)]
    for name, module in pairs:
        file = file_of(module)
        defined = rf"^(?: *(?:async )?(?:def|class) |-- name: |){name}\b"
        if file is not None and not re.search(defined, text_of(file), re.MULTILINE):
            missing.append(f"{name} in {module}")
    assert missing == []


def test_every_test_of_a_rule_that_is_named_exists():
    known = "\n".join(text_of(file) for file in (ROOT / "tests").rglob("test_*.py"))
    for page in PAGES:
        for name in re.findall(r"`(test_rule_\w+)`", text_of(page)):
            assert f"def {name}(" in known, name


def test_every_page_is_on_the_map():
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / target).resolve() for target in LINK.findall(text_of(index))}
    pages = {page for page in PAGES if page.is_relative_to(ROOT / "docs") and page != index}
    assert {page.name for page in pages - linked} <= {"performance.md"}


def test_every_cause_is_explained():
    assert set(CAUSES) == set(Cause)
    assert {cause.value for cause in Cause} <= anchors(ROOT / PAGE)


def constants():
    """Every text in the code, of formatted ones the constant parts."""
    files = [file for file in (ROOT / "returnsync").rglob("*.py") if "causes" not in file.parts]
    nodes = (node for file in files for node in ast.walk(ast.parse(text_of(file))))
    return "\n".join(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def test_texts_that_the_page_of_causes_quotes_are_printed():
    there = constants()
    quoted = [text for explanation in CAUSES.values() for text in explanation.seen]
    pieces = [piece.strip(" .;:") for text in quoted for piece in re.split("…|, ", text)]
    assert [piece for piece in pieces if piece and piece not in there] == []
    assert [text for text in quoted if not any(len(piece) > 10 for piece in text.split("…"))] == []


def test_every_exit_code_is_in_the_reference():
    reference = text_of(ROOT / "docs" / "reference.md")
    assert [int(code) for code in ExitCode if f"| {int(code)} |" not in reference] == []


def test_every_command_is_in_the_reference():
    assert {name.replace(" ", "-") for name in commands()} <= anchors(ROOT / "docs" / "reference.md")


def test_the_reference_is_not_stale(capsys):
    assert main(["--check"], ROOT) == 0, capsys.readouterr().err


def test_the_reference_is_the_same_at_any_width():
    program = "from returnsync.cli.reference import page; import sys; sys.stdout.write(page())"
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            encoding="utf-8",
            env={"COLUMNS": width, "PYTHONUTF8": "1"},
        ).stdout
        for width in ("40", "200")
    }
    assert len(printed) == 1


def test_the_readme_names_the_two_commands_that_need_nothing():
    readme = text_of(ROOT / "README.md")
    assert "make demo" in readme
    assert "make test" in readme
