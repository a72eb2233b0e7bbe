"""Rules for the whole package, in addition to the import layers."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import returnsync

PACKAGE = Path(returnsync.__file__).parent
TREES = {
    str(module.relative_to(PACKAGE)): ast.parse(module.read_text(encoding="utf-8"))
    for module in sorted(PACKAGE.rglob("*.py"))
}
LONGEST = 300
# Modules that a command must not load unless it needs them.
HEAVY = (
    *("rich", "pydantic", "requests", "urllib3", "sqlite3", "aiosql", "starlette", "uvicorn", "aiosmtpd", "pygal"),
    *("jinja2", "smtplib", "email", "returnsync.mail", "returnsync.sandbox"),
)


def names_in(tree):
    """Every dotted name that a module uses."""
    return {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute | ast.Name)}


def imported_by(tree):
    """Every module that a module imports, and every name that it imports from one."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def outside(*folders):
    return {name: tree for name, tree in TREES.items() if not name.startswith(folders)}


def test_there_are_modules_to_look_at():
    assert len(TREES) > 60
    assert "platforms/returnista/__init__.py" in TREES


def test_every_exception_from_a_check_says_why():
    bare = re.compile(r"(# noqa(: [A-Z0-9, ]+)?|# type: ignore(\[[a-z, -]+\])?)\s*$")
    root = PACKAGE.parent
    files = [
        file for folder in ("returnsync", "tests", "benchmarks", "examples") for file in (root / folder).rglob("*.py")
    ]
    assert len(files) > 300
    found = [
        f"{file.relative_to(root)}:{number}"
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if bare.search(line)
    ]
    assert found == []


def test_every_module_can_be_read_in_one_sitting():
    lines = {name: len((PACKAGE / name).read_text(encoding="utf-8").splitlines()) for name in TREES}
    assert {name: count for name, count in lines.items() if count > LONGEST} == {}


def test_every_module_says_what_it_is_for():
    assert [name for name, tree in TREES.items() if not ast.get_docstring(tree)] == []


def test_only_the_command_line_prints():
    # The example is also a program, which writes its file for the repository.
    printing = {"print", "sys.stdout", "sys.stderr", "sys.stdout.write", "sys.stderr.write"}
    assert [name for name, tree in outside("cli/", "config/example.py").items() if names_in(tree) & printing] == []


def test_no_exception_of_the_http_libraries_is_known_outside_http():
    libraries = re.compile(r"(requests|urllib3|http\.client)\b.*(exceptions?\b|Error$|Exception$)")
    for name, tree in outside("http/").items():
        assert [used for used in imported_by(tree) | names_in(tree) if libraries.match(used)] == [], name


def test_only_state_and_limits_use_a_database():
    for name, tree in outside("state/", "http/limits.py", "http/limits_file.py").items():
        assert not imported_by(tree) & {"sqlite3", "aiosql"}, name


def test_only_http_makes_requests():
    made = {"requests", "urllib3", "urllib.request", "http.client"}
    # The contract test looks at the requests.
    for name, tree in outside("http/", "platforms/contract/").items():
        assert not imported_by(tree) & made, name


ROOMS = sorted(name.split("/")[1] for name in TREES if re.fullmatch(r"engine/\w+/__init__\.py", name))


@pytest.mark.parametrize("room", ROOMS)
def test_other_modules_use_only_what_a_room_of_the_engine_exports(room):
    """So the `__init__` of a room shows everything that other modules use of it."""
    door = f"returnsync.engine.{room}"
    assert ast.get_docstring(TREES[f"engine/{room}/__init__.py"])
    for name, tree in outside(f"engine/{room}/").items():
        inner = {
            node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(f"{door}.")
        }
        assert inner == set(), name


def test_delivery_uses_the_handle_that_it_was_given():
    """The state may be a database on another machine one day, with a connection for each thread."""
    for name, tree in TREES.items():
        if name.startswith("engine/deliver/"):
            shared = [used for used in names_in(tree) if used.endswith("ctx.db")]
            assert shared == (["ctx.db"] if name == "engine/deliver/workers.py" else []), name


def loaded_by(statement):
    program = f"import sys; {statement}; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("heavy", HEAVY)
def test_the_command_line_starts_without_what_it_may_not_need(heavy):
    assert heavy not in _LOADED


def test_the_command_line_is_what_was_loaded():
    assert {"returnsync.cli.app", "typer"} <= _LOADED


_LOADED = loaded_by("import returnsync.cli.app")


def test_a_platform_can_be_tested_without_the_sandbox_and_without_pytest():
    loaded = loaded_by("import returnsync.platforms.contract")
    assert "returnsync.platforms.contract.listing" in loaded
    assert not {name for name in loaded if name.startswith(("returnsync.sandbox", "pytest", "_pytest"))}


def test_every_test_file_has_a_name_of_its_own():
    """Folders of tests are not packages: of two files with the same name, pytest would import only one."""
    files = [file.name for file in Path(__file__).parent.rglob("test_*.py")]
    assert sorted(files) == sorted(set(files))


def test_names_that_a_package_exports_exist():
    for name, tree in TREES.items():
        module = f"returnsync.{name.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}"
        exported = [
            node for node in tree.body if isinstance(node, ast.Assign) and "__all__" in ast.unparse(node.targets)
        ]
        for node in exported:
            loaded = importlib.import_module(module)
            missing = [one for one in ast.literal_eval(node.value) if not hasattr(loaded, one)]
            assert missing == [], module
