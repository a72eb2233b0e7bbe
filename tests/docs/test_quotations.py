"""The how-to pages: what they quote of the program's output is what the real command prints.

On a page, a line with nothing but `…` stands for lines that the page leaves out. Moments, durations and the ids of runs
are other ones each time, and are compared by their shape.
"""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pexpect
from typer.testing import CliRunner

from returnsync.cli.app import app
from returnsync.sandbox import World
from returnsync.sandbox.world import monta_line, monta_order

if TYPE_CHECKING:
    from shop import Ran, Shop

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
BLOCK = re.compile(r"^ *```(?:text|console|json)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
NO_OUTPUT = {"hand-over.md": "mails/"}
"""How a block begins that shows something else."""
COMPARED = {
    "accounts.md": 1,
    "carriers.md": 1,
    "go-live.md": 1,
    "guard.md": 1,
    "log.md": 1,
    "monitoring.md": 2,
    "order-numbers.md": 1,
    "reasons.md": 1,
    "rename.md": 2,
}
"""How many quotations of each page are compared below."""

LEFT_OUT = "…"
SHAPES = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z"), "<moment>"),
    (re.compile(r"\b\d\d:\d\d:\d\dZ"), "<time>"),
    (re.compile(r"(?<=last on )\d{4}-\d\d-\d\d"), "<day>"),
    (re.compile(r"(?<=in )\d+\.\d{3} s"), "<seconds>"),
    (re.compile(r'(?<="seconds": )\d+\.\d+'), "<seconds>"),
    (re.compile(r'(run=|"run": ")[0-9a-f]{12}\b'), r"\1<run>"),
)
STEERING = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def quotations(page: Path) -> list[str]:
    """What a page quotes of the program's output."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [text for text in found if page.name not in NO_OUTPUT or not text.startswith(NO_OUTPUT[page.name])]


def quoted(name: str, number: int = 1) -> str:
    """One quotation of a page."""
    return quotations(PAGES / name)[number - 1]


def lines_of(text: str) -> list[str]:
    """Each line, with the shape of what is another one each time."""
    for pattern, shape in SHAPES:
        text = pattern.sub(shape, text)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def assert_printed(quotation: str, printed: str) -> None:
    """What is quoted was printed: line after line, but where the page leaves some out."""
    rest, part = lines_of(printed), list[str]()
    for line in [*lines_of(quotation), LEFT_OUT]:
        if line.strip() != LEFT_OUT:
            part.append(line)
            continue
        places = [at for at in range(len(rest) + 1) if rest[at : at + len(part)] == part]
        assert places, "\n".join(["Quoted:", *part, "Printed:", *rest])
        rest, part = rest[places[0] + len(part) :], []


def assert_all_printed(quotation: str, printed: str) -> None:
    """What is quoted is all that was printed."""
    assert lines_of(quotation) == lines_of(printed)


def as_typed(shop: Shop, text: str) -> str:
    """An output as it is in the folder of the pages, for a command that names no configuration."""
    return text.replace(f" --config {shop.config}", "").replace(str(shop.folder), "/opt/returnsync")


def told(shop: Shop, *command: str, code: int) -> Ran:
    """What a command printed that ended with this code."""
    ran = shop(*command)
    assert ran.code == code, ran
    return type(ran)(ran.code, as_typed(shop, ran.out), as_typed(shop, ran.err))


def come(shop: Shop, *numbers: int, **more: Any) -> None:
    """Returns of one article each, of orders that Monta knows."""
    for number in numbers:
        shop.sandbox.monta.add(monta_order(str(number)))
        shop.sandbox.returnista.give_back(str(number), **more)


def run_renamed(shop: Shop, *changes: tuple[str, str]) -> str:
    """What a run prints on stderr that is refused, since the configuration calls something otherwise than before."""
    text = shop.write_config().read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    shop.config.write_text(text, encoding="utf-8")
    ran = CliRunner().invoke(app, ["run", "--config", str(shop.config)], env=shop.environment)
    assert ran.exit_code == 78, ran.output
    return as_typed(shop, ran.stderr)


def test_each_quotation_of_the_pages_is_compared():
    found = {page.name: len(quotations(page)) for page in PAGES.glob("*.md")}
    assert {name: number for name, number in found.items() if number} == COMPARED


# -- accounts.md and rename.md -----------------------------------------------------------------------------------------


def test_another_account_is_refused_in_the_words_of_its_page(shop):
    come(shop, 1001)
    shop.sandbox.add_merchant(World(username="live-user", password="live-password"))
    shop.run()
    for key, secret in (("username", "live-user"), ("password", "live-password")):
        (shop.folder / key).write_text(secret, encoding="utf-8")
        shop.warehouse[key] = f"file:{key}"
    come(shop, 1002, updated=datetime.now(UTC))
    assert_all_printed(quoted("accounts.md"), told(shop, "run", code=78).err)


def test_a_renamed_source_is_refused_in_the_words_of_its_page(shop):
    come(shop, 1001)
    shop.run()
    err = run_renamed(shop, ("[sources.shop-nl]", "[sources.webshop]"))
    assert_all_printed(quoted("rename.md"), err)


def test_a_renamed_warehouse_is_refused_in_the_words_of_its_page(shop):
    come(shop, 1001)
    shop.run()
    err = run_renamed(shop, ("[warehouses.monta]", "[warehouses.north]"), ('house = "monta"', 'house = "north"'))
    assert_all_printed(quoted("rename.md", 2), err)


# -- go-live.md and guard.md -------------------------------------------------------------------------------------------


def test_the_run_of_a_rehearsal_prints_what_its_page_shows(shop):
    shop.source["only"] = ["#1001"]
    come(shop, *range(1001, 1042))
    ran = told(shop, "run", code=0)
    assert_printed(quoted("go-live.md"), f"$ returnsync run\n{ran.err}{ran.out}")


def test_the_guard_refuses_in_the_words_of_its_page(shop):
    for number in range(2001, 2601):
        shop.sandbox.returnista.give_back(str(number))
    assert_all_printed(quoted("guard.md"), told(shop, "run", code=1).err)


# -- carriers.md and order-numbers.md ----------------------------------------------------------------------------------


def test_check_prints_of_carriers_what_their_page_shows(shop):
    shop.sandbox.monta.channels = {"Webshop NL": ["DPD", "PostNL"]}
    shop.warehouse["channel"] = ""
    shop.source["carriers"] = {"dhl": "DHLFYPakket"}
    assert_printed(quoted("carriers.md"), told(shop, "check", code=0).out)


def test_check_prints_of_an_order_number_what_its_page_shows(shop):
    shop.sandbox.monta.add(monta_order("NL-1001", monta_line(), monta_line("SHIRT-BL-L")))
    (shop.folder / "orders.csv").write_text("1001,NL-1001\n", encoding="utf-8")
    shop.source["order_number"] = [{"strip_prefix": "#"}, {"table": "orders.csv"}]
    assert_all_printed(quoted("order-numbers.md"), told(shop, "check", "--order", "#1001", code=0).out)


def test_a_dry_run_says_of_an_order_that_is_not_matched_what_the_page_on_order_numbers_quotes(shop):
    shop.sandbox.returnista.give_back("1001")
    (words,) = re.findall(r"shows `(wait)` with\s`([^`]+) …`", (PAGES / "order-numbers.md").read_text(encoding="utf-8"))
    shown = told(shop, "run", "--dry-run", code=0).out
    assert re.search(r"^{} .*  {} 1001\b".format(*map(re.escape, words)), shown, re.MULTILINE)


# -- the others --------------------------------------------------------------------------------------------------------


def test_a_lost_state_is_shown_by_a_dry_run_with_the_words_of_the_page_on_moving(shop):
    come(shop, 1001)
    shop.run()
    for file in shop.folder.glob("returnsync.db*"):
        file.unlink()
    come(shop, 1002)
    (words,) = re.findall(
        r"`(\w+)` for each return that is already\s+announced at Monta, and `(\w+)`",
        (PAGES / "move.md").read_text(encoding="utf-8"),
    )
    shown = told(shop, "run", "--dry-run", code=0).out.splitlines()
    assert [line.split()[0] for line in shown if "shop-nl-100" in line] == list(words)


def test_a_platform_that_is_not_installed_is_refused_in_the_words_of_the_page_on_adding_one(shop):
    (words,) = re.findall(r'`platform` is refused\s+with "([^"]+)"', (PAGES / "add-a-platform.md").read_text("utf-8"))
    shop.source["platform"] = "parcelpoint"
    assert f"{words} 'parcelpoint'" in told(shop, "check", code=78).err


def test_the_log_has_the_lines_that_its_page_shows(shop):
    shop.more = {"log": {"file": "returnsync.log"}}
    come(shop, 1001)
    shop.run()
    written = (shop.folder / "returnsync.log").read_text("ascii")
    # The sandbox has its Monta below a path of its own.
    assert_printed(quoted("log.md"), written.replace("/monta/", "/"))


def test_a_message_is_what_its_page_shows(shop):
    program = shop.folder / "tell-us"
    program.write_text(f"#!/bin/sh\ncat > '{shop.folder}/message.json'\n", encoding="utf-8")
    program.chmod(0o700)
    shop.more = {"notify": {"command": str(program)}}
    come(shop, 1001, 1002, sku="NEVER-ORDERED")
    shop.run()
    sent = json.loads((shop.folder / "message.json").read_bytes())
    assert_all_printed(quoted("monitoring.md"), json.dumps(sent, indent=2))


def test_the_heartbeat_is_the_one_of_its_page(shop):
    run = shop("run", "--heartbeat", str(shop.folder / "heartbeat.json"))
    written = json.loads((shop.folder / "heartbeat.json").read_text(encoding="utf-8"))
    shown = json.loads(quoted("monitoring.md", 2))
    assert run.code == shown["exit_code"] == 0
    assert {**written, "at": ""} == {**shown, "at": ""}
    assert datetime.fromisoformat(shown["at"]).tzinfo == datetime.fromisoformat(written["at"]).tzinfo == UTC


def test_the_question_about_a_reason_is_what_its_page_shows(shop):
    come(shop, *range(1001, 1010))
    shop.run()
    environment = {**os.environ, **shop.environment, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
    program = ["-m", "returnsync", "map-reasons", "--config", str(shop.write_config())]
    person = pexpect.spawn(sys.executable, program, env=environment, dimensions=(50, 110), timeout=30, encoding="utf-8")
    person.expect_exact("Quit without saving")
    shown = STEERING.sub("", person.before + person.after)
    person.send("\x03")
    person.expect(pexpect.EOF)
    person.close()
    assert_printed(quoted("reasons.md"), shown)
