"""Commands that a message recommends work when they are pasted."""

from pathlib import Path

import pytest

from returnsync.cli import hints

PATH = Path("/my shop/returnsync.toml")


@pytest.fixture(autouse=True)
def named():
    hints.name_configuration(None)
    yield
    hints.name_configuration(None)


@pytest.mark.parametrize(
    ("message", "lines"),
    [
        ("Mend it, then: returnsync held retry C-1. Else: returnsync held release C-1.",
         ["Mend it, then:", "    returnsync held retry C-1", "Else:", "    returnsync held release C-1"]),
        ("A label: returnsync replay C-1 --new-label.", ["A label:", "    returnsync replay C-1 --new-label"]),
        ("See: returnsync show '#10. 01'. That is all.", ["See:", "    returnsync show '#10. 01'", "That is all."]),
        ("Run returnsync as its owner.", ["Run returnsync as its owner."]),
        ("Write one with `returnsync init`, or wait.", ["Write one with `returnsync init`, or wait."]),
        ("", []),
    ],
    ids=str,
)  # fmt: skip
def test_each_command_has_a_line_of_its_own_without_the_full_stop_behind_it(message, lines):
    assert hints.lines(message) == lines


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("Mend it, then: returnsync held retry C-1. Else: returnsync held release C-1.",
         "Mend it, then: `returnsync held retry C-1`. Else: returnsync held release C-1"),
        ("and 490 more: returnsync held --cause x", "and 490 more: returnsync held --cause x"),
        ("It is read (returnsync check), then it goes on.", "It is read (`returnsync check`), then it goes on."),
        ("Nothing is to be done.", "Nothing is to be done."),
    ],
    ids=str,
)  # fmt: skip
def test_in_one_line_a_command_is_in_backquotes_or_at_the_end(message, line):
    assert hints.in_one_line(message) == line


def test_a_configuration_that_was_named_is_named_in_each_command_and_quoted():
    hints.name_configuration(PATH)
    assert hints.lines("See: returnsync held.") == ["See:", "    returnsync held --config '/my shop/returnsync.toml'"]
    assert hints.in_one_line("See: returnsync held") == "See: returnsync held --config '/my shop/returnsync.toml'"
    assert hints.command("replay", "#10 01") == "returnsync replay '#10 01' --config '/my shop/returnsync.toml'"
    assert hints.with_configuration("returnsync demo") == "returnsync demo"
