"""What a person sees on a terminal, at any width: no word is cut, no line ends in a blank, no progress is left."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from certainty import rarely
from terminal import on_terminal

from returnsync.sandbox.world import monta_order, request, return_order

_STYLE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
_ERASE = re.compile(r"\r?\x1b\[(?:1A\x1b\[)?2K")


def lines(shown: str) -> list[str]:
    """The lines that stay on the screen, without styles and without text that was erased or overwritten."""
    left = [_ERASE.split(line)[-1] for line in shown.replace("\r\n", "\n").split("\n")]
    return [_STYLE.sub("", line) for line in left]


@pytest.fixture
def shop(shop):
    for index, number in enumerate(("1001", "1002")):
        shop.sandbox.monta.add(monta_order(number, Deleted=number == "1002"))
        identity = f"0195a000-0000-7000-8000-00000000{index:04d}"
        shop.sandbox.returnista.add(return_order(request(order=f"#{number}"), id=identity, updated=datetime.now(UTC)))
    return shop


COMMANDS = (("run",), ("held",), ("status",), ("show", "1002"), ("check",))


@pytest.mark.parametrize("columns", [40, rarely(80), rarely(140)])
def test_no_line_has_a_trailing_blank_commands_are_whole_and_the_progress_is_gone(shop, columns):
    for command in COMMANDS:
        _, came = on_terminal(shop, *command, columns=columns)
        shown = lines(came)
        if command == ("run",):
            assert "2K" not in came.partition("listed")[2]  # nothing of the summary is erased
            assert f"    returnsync held --config {shop.config}" in shown
        # Lines of the log may have any length: the terminal breaks them.
        left = [line for line in shown if line.strip() and " warning " not in line]
        assert [line for line in left if line != line.rstrip()] == [], command
        assert not any(line.endswith(f"{shop.config}.") for line in left)
        for line in left:
            long = len(line) > columns and len(line.split()) > 1
            # Only a command, or a single word, may be longer than the terminal is wide.
            assert not long or " returnsync " in f" {line}" or len(max(line.split(), key=len)) > columns - 12, line


def test_a_held_return_is_reported_once_by_a_replay(shop):
    _, shown = on_terminal(shop, "replay", "1002", columns=200)
    assert "\n".join(lines(shown)).count("Order 1002 is deleted at the warehouse") == 1


def test_without_colours_and_without_unicode_everything_is_readable(shop):
    for command, told in ((("run",), "1 announced, 1 labelled"), (("held",), "order-deleted")):
        _, shown = on_terminal(shop, *command, NO_COLOR="1", LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
        assert told in shown
        assert "Traceback" not in shown
        assert not re.search(r"\x1b\[3[0-9]", shown)


def test_a_run_that_asked_nobody_says_so(shop):
    shop.source |= {"token": "env:NOT_SET_ANYWHERE"}
    assert "Requests: none. Took " in shop("run").out


def test_show_gives_the_whole_path_of_a_label(shop):
    shop.run()
    (label,) = shop.labels()
    assert f"label {label}\n" in shop("show", "1001").out
