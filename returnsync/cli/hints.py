"""Hints: the commands that a message advises, so that they work when they are pasted.

Messages are whole sentences, and a command in one may be followed by a full stop. For a person at a terminal each
command gets a line of its own; where a message has to be one line, it stands in backquotes. The configuration is named
in it where the command line named it.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_PROGRAM = "returnsync"
_COMMANDS = frozenset(
    {
        *(
            "accept-account",
            "check",
            "completion",
            "demo",
            "export",
            "held",
            "init",
            "labels",
            "mail",
            "map-reasons",
            "purge",
            "reconcile",
            "replay",
            "report",
            "returns",
        ),
        *("run", "sandbox", "show", "status"),
    }
)
_WITHOUT_CONFIGURATION = frozenset({"completion", "demo", "sandbox"})
_ENDS = ".,;:)"
_OPENS = "("


class _Named:
    """The configuration that the command line named."""

    path: Path | None = None


_named = _Named()


class Part(NamedTuple):
    """A part of a message: a command, or what stands between commands."""

    text: str
    is_command: bool = False


def name_configuration(path: Path | None) -> None:
    """From now on commands that are advised name this configuration; `None`: none was named."""
    _named.path = path


def command(*words: str) -> str:
    """A command of ours as a person would type it, quoted where a shell wants that."""
    return with_configuration(shlex.join([_PROGRAM, *words]))


def with_configuration(text: str) -> str:
    """A command with the configuration that the command line named, unless it names one."""
    word = text.split()[1] if len(text.split()) > 1 else ""
    if _named.path is None or "--config" in text or word in _WITHOUT_CONFIGURATION:
        return text
    return f"{text} --config {shlex.quote(str(_named.path))}"


def parts(message: str) -> Iterator[Part]:
    """A message taken apart at the commands that it advises."""
    between: list[str] = []
    words = message.split(" ")
    at = 0
    while at < len(words):
        opened = words[at].startswith(_OPENS)
        is_command = words[at].lstrip(_OPENS) == _PROGRAM and words[at + 1 : at + 2] != []
        if not is_command or words[at + 1].rstrip(_ENDS) not in _COMMANDS:
            between.append(words[at])
            at += 1
            continue
        end = _end_of(words, at + 1)
        typed = " ".join(words[at:end]).lstrip(_OPENS)
        bare = typed.rstrip(_ENDS)
        yield Part(" ".join([*between, _OPENS] if opened else between))
        yield Part(with_configuration(bare), is_command=True)
        between = [typed[len(bare) :]]
        at = end
    yield Part(" ".join(between))


def _end_of(words: list[str], at: int) -> int:
    """The place after the last word of a command that goes on at `at`: up to a word that ends a clause."""
    is_quoted = False
    while at < len(words):
        is_quoted ^= words[at].count("'") % 2 == 1
        at += 1
        if not is_quoted and words[at - 1][-1:] in _ENDS:
            break
    return at


def lines(message: str) -> list[str]:
    """A message with each command on a line of its own, four blanks in; the full stop behind one is left out."""
    found: list[str] = []
    for part in parts(message):
        text = part.text if part.is_command else part.text.strip().lstrip(_ENDS).strip()
        if text:
            found.append(f"    {text}" if part.is_command else text)
    return found


def in_one_line(message: str) -> str:
    """A message in one line, each command in backquotes where something follows it."""
    found = list(parts(message))
    text = ""
    for number, part in enumerate(found):
        goes_on = any(later.text.strip(_ENDS + " ") for later in found[number + 1 :])
        piece = f"`{part.text}`" if part.is_command and goes_on else part.text
        is_joined = not text or not piece or text.endswith(_OPENS) or (not part.is_command and piece[0] in _ENDS)
        text += piece if is_joined else f" {piece}"
    ends_with_command = len(found) > 1 and not found[-1].text.strip(_ENDS + " ")
    return text.rstrip(_ENDS + " ") if ends_with_command else text
