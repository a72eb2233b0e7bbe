"""`map-reasons` as a dialogue, on a real pseudo-terminal, in a real process: nothing is written before it is saved."""

import os
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pexpect
import pytest
from shop import Shop

from returnsync.sandbox import World
from returnsync.sandbox.channable_records import order, returned
from returnsync.sandbox.world import monta_order, request, return_order

SMALL, LARGE, MIND = (f"return_reasons.{name}" for name in ("too_small", "too_large", "changed_mind"))
DOWN, UP, ENTER, CTRL_C = "\x1b[B", "\x1b[A", "\r", "\x03"
REASONS = 7
"""The number of Monta's reasons in the sandbox; the choice to send only text comes after them."""


@pytest.fixture
def world() -> World:
    """The reason "too small" was used twice, "changed mind" once; the others of the catalogue were not used yet."""
    world = World.empty()
    rows = (("1001", SMALL), ("1002", SMALL), ("1003", MIND))
    world.orders = [monta_order(number) for number, _ in rows]
    world.return_orders = [return_order(request(order=f"#{number}", reason_key=key)) for number, key in rows]
    return world


class Terminal:
    """A person at a terminal of 110 columns."""

    def __init__(self, shop: Shop, *arguments: str) -> None:
        shop.write_config()
        self.file = shop.folder / "reasons.toml"
        environment = {**os.environ, **shop.environment, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
        program = ["-m", "returnsync", "map-reasons", "--config", str(shop.config), *arguments]
        self._child = pexpect.spawn(
            sys.executable, program, env=environment, dimensions=(50, 110), timeout=30, encoding="utf-8"
        )

    def sees(self, *texts: str) -> None:
        """Wait until each of them was shown, in order."""
        for text in texts:
            self._child.expect_exact(text)

    def asked(self, words: str) -> None:
        """Wait until the whole question about a reason is shown."""
        self.sees(words, "Quit without saving")

    def types(self, text: str) -> None:
        self._child.send(text)

    def picks(self, word: str) -> None:
        """Find one of the answers by typing it, and choose it."""
        self.types(word)
        self.types(ENTER)

    def ends(self) -> int:
        self._child.expect(pexpect.EOF)
        self._child.close()
        return int(self._child.exitstatus if self._child.exitstatus is not None else -1)

    @property
    def pairs(self) -> dict[str, Any]:
        content = tomllib.loads(self.file.read_text(encoding="utf-8")) if self.file.exists() else {}
        return next(iter(next(iter(content.values()), {}).values()), {})


@pytest.fixture
def at(shop):
    shop.run()
    return lambda *arguments: Terminal(shop, *arguments)


def test_the_likeliest_answer_is_at_the_top_and_enter_takes_it(at):
    person = at()
    person.asked("Too small")
    person.types(ENTER)
    person.asked("Changed my mind")
    person.types(ENTER)
    person.asked("Too large")
    person.picks("Save and")
    person.sees("2 choices; 4 still unpaired")
    assert person.ends() == 0
    assert {key: pair["id"] for key, pair in person.pairs.items()} == {SMALL: 2447, MIND: 2451}


def test_it_tells_how_often_a_reason_came_and_what_the_warehouse_calls_its_own(at):
    person = at()
    person.sees("1 of 6", "shop-nl (returnista)", SMALL, "Too small", "came 2 times, last on 20", "not paired")
    person.sees("Te klein (Too small)", "Te groot (Too large, Zu groß)")
    person.types(CTRL_C)
    assert person.ends() == 130


def test_another_answer_is_found_by_typing(at):
    person = at()
    person.asked("Too small")
    person.picks("Anders")
    person.asked("Changed my mind")
    person.picks("Save and")
    assert person.ends() == 0
    assert person.pairs[SMALL]["id"] == 2448


def test_words_alone_and_skipping_are_answers_too(at):
    person = at()
    person.asked("Too small")
    person.picks("Send as text")
    person.asked("Changed my mind")
    person.picks("Skip")
    person.asked("Too large")
    person.picks("Save and")
    person.sees("1 choice; 5 still unpaired")
    assert person.ends() == 0
    assert person.pairs == {SMALL: {"platform_label": "Too small", "text_only": True}}


def test_back_asks_again_and_the_last_answer_counts(at):
    person = at()
    person.asked("Too small")
    person.types(ENTER)
    person.asked("Changed my mind")
    person.picks("Back")
    person.asked("sent as 2447 Te klein")
    person.picks("Te groot")
    person.asked("Changed my mind")
    person.picks("Save and")
    assert person.ends() == 0
    assert person.pairs[SMALL]["id"] == 2449


def test_ctrl_c_in_the_middle_leaves_the_file_as_it_was(at):
    person = at()
    person.file.write_text(f'# mine\n[platforms.returnista]\n"{LARGE}" = {{ id = 2449 }}\n', encoding="utf-8")
    before = person.file.read_bytes()
    person.asked("Too small")
    person.types(ENTER)
    person.asked("Changed my mind")
    person.types(CTRL_C)
    person.sees("was not changed; 1 choice dropped")
    assert person.ends() == 130
    assert person.file.read_bytes() == before
    assert not [path for path in person.file.parent.iterdir() if path.name.startswith(".reasons")]


def test_leaving_without_saving_leaves_the_file_as_it_was(at):
    person = at()
    person.asked("Too small")
    person.types(ENTER)
    person.asked("Changed my mind")
    person.picks("Quit without")
    person.sees("1 choice dropped")
    assert person.ends() == 0
    assert not person.file.exists()


def test_at_the_end_all_of_it_is_saved(at):
    person = at()
    for _ in range(6):
        person.sees("Quit without saving")
        person.types(ENTER)
    person.sees("6 choices; 0 still unpaired")
    assert person.ends() == 0
    assert len(person.pairs) == 6


def test_edits_that_a_person_made_in_the_file_meanwhile_stay(at):
    person = at()
    person.asked("Too small")
    person.types(ENTER)
    person.asked("Changed my mind")
    person.file.write_text('[platforms.returnista]\n"by_hand" = { id = 2448 }\n', encoding="utf-8")
    person.picks("Save and")
    assert person.ends() == 0
    assert set(person.pairs) == {"by_hand", SMALL}


def test_where_all_is_paired_nothing_is_asked(at, shop):
    shop("map-reasons", "--auto", "0")
    person = at()
    person.sees("Every return reason is paired")
    assert person.ends() == 0


def test_what_is_paired_is_asked_about_again_on_request(at, shop):
    shop("map-reasons", "--auto", "0")
    person = at("--all")
    person.asked("sent as 2447 Te klein")
    person.picks("Anders")
    person.sees("Quit without saving")
    person.picks("Save and")
    assert person.ends() == 0
    assert person.pairs[SMALL]["id"] == 2448
    assert "chosen_by" not in person.pairs[SMALL]


class TestMarketplaces:
    @pytest.fixture
    def world(self) -> World:
        world = World.empty()
        world.orders = [monta_order(number) for number in ("1", "2")]
        world.channable.orders = [order(number) for number in ("1", "2")]
        for number, channel in ((1, "bol"), (2, "amazon")):
            why = {"reason": "Artikel is beschadigd"}
            world.channable.returns.append(returned(order=str(number), id=number, item=why, channel_name=channel))
        return world

    @pytest.fixture
    def shop(self, shop) -> Shop:
        return replace(shop, platforms=("channable",))

    def test_a_reason_may_be_paired_for_one_channel_and_otherwise_for_the_rest(self, at):
        person = at()
        person.sees("came 2 times", "amazon 1")
        person.sees("Quit without saving")
        person.picks("For one")
        person.sees("For which channel?", "bol")
        person.types(DOWN + ENTER)
        person.sees("Send it as")
        person.picks("Anders")
        person.sees("Quit without saving")
        person.picks("Beschadigd")
        person.sees("2 choices; 0 still unpaired")
        assert person.ends() == 0
        pair = person.pairs["artikel is beschadigd"]
        assert (pair["id"], pair["channels"]["bol"]["id"]) == (2453, 2448)


def test_the_demo_goes_on_by_pairing(tmp_path: Path):
    arguments = ["-m", "returnsync", "demo", "--platform", "loop", "--folder", str(tmp_path / "demo"), "--pair"]
    environment = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
    child = pexpect.spawn(
        sys.executable, arguments, env=environment, dimensions=(60, 160), timeout=60, encoding="utf-8"
    )
    child.expect_exact("returnsync map-reasons --config")
    child.expect_exact("Quit without saving")
    child.send(ENTER)
    child.expect_exact("Quit without saving")
    child.send("Save and" + ENTER)
    child.expect_exact("1 choice")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert (tmp_path / "demo" / "reasons.toml").exists()
