"""Hints: the commands that a message advises, written so that they work when they are pasted.

Messages are whole sentences, and a full stop may follow a command. For a person at a terminal each command gets a line
of its own. In a message of one line, the command is in backquotes. If the command line named a configuration, the
advised commands name it too.
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
    """From now on, advised commands name this configuration; `None` means that none was named."""
    _named.path = path


def command(*words: str) -> str:
    """A command of ours as a person would type it, quoted for a shell."""
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
    """The place after the last word of a command that continues at `at`: it ends with a word that ends a clause."""
    is_quoted = False
    while at < len(words):
        is_quoted ^= words[at].count("'") % 2 == 1
        at += 1
        if not is_quoted and words[at - 1][-1:] in _ENDS:
            break
    return at


def lines(message: str) -> list[str]:
    """A message with each command on a line of its own, indented by four; a full stop after a command is left out."""
    found: list[str] = []
    for part in parts(message):
        text = part.text if part.is_command else part.text.strip().lstrip(_ENDS).strip()
        if text:
            found.append(f"    {text}" if part.is_command else text)
    return found


def in_one_line(message: str) -> str:
    """A message in one line; a command is in backquotes if something follows it."""
    found = list(parts(message))
    text = ""
    for number, part in enumerate(found):
        goes_on = any(later.text.strip(_ENDS + " ") for later in found[number + 1 :])
        piece = f"`{part.text}`" if part.is_command and goes_on else part.text
        is_joined = not text or not piece or text.endswith(_OPENS) or (not part.is_command and piece[0] in _ENDS)
        text += piece if is_joined else f" {piece}"
    ends_with_command = len(found) > 1 and not found[-1].text.strip(_ENDS + " ")
    return text.rstrip(_ENDS + " ") if ends_with_command else text
