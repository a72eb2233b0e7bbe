"""A command line that is not finished: its words, and the place of its end in the tree of commands. Pure."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


@dataclass(frozen=True)
class Place:
    """The end of a line: what may be typed there."""

    command: Any
    """The command or group that it belongs to, as Typer made it."""
    path: tuple[str, ...]
    """The words of that command: `held`, `retry`."""
    words: tuple[str, ...]
    """All words before, without the program."""
    begins: str
    """The part of the word that is typed already."""
    parameter: Any = None
    """The option or argument whose value it is; `None` where it may be the name of a command or of an option."""
    before_value: str = ""
    """The text before the value in the same word: `--source=`."""


def split(line: str) -> list[str]:
    """The words after the program, the last one as far as it is typed; quotes and escapes are removed."""
    reader = shlex.shlex(line, posix=True)
    reader.whitespace_split, reader.commenters = True, ""
    words: list[str] = []
    is_open = False
    try:
        words += reader
    except ValueError:  # a quote that is still open, or a backslash at the end
        words.append(reader.token)
        is_open = True
    if not is_open and line[-1:].isspace():
        words.append("")
    while len(words) > 1 and _ASSIGNMENT.match(words[0]):
        del words[0]
    return words[1:]


def place_of(app: Any, words: Sequence[str]) -> Place | None:
    """The place of the last of these words; `None` if a word before it is no command."""
    *before, begins = words
    command, path, arguments = app, tuple[str, ...](), 0
    option, is_plain = None, False
    for word in before:
        if option is not None:
            option = None
        elif is_plain or not word.startswith("-") or word == "-":
            commands = getattr(command, "commands", None)
            if commands is None:
                arguments += 1
            elif word in commands:
                command, path = commands[word], (*path, word)
            else:
                return None
        elif word == "--":
            is_plain = True
        else:
            option = _waits_for_value(command, word)
    at = Place(command, path, tuple(before), begins)
    if option is not None:
        return _with_value_of(option, at)
    if begins.startswith("-") and not is_plain:
        name, equals, value = begins.partition("=")
        known = option_called(command, name) if equals else None
        return at if known is None else _with_value_of(known, at, value, name + equals)
    return _with_value_of(_argument(command, arguments), at)


def _with_value_of(parameter: Any, at: Place, begins: str | None = None, before_value: str = "") -> Place:
    begins = at.begins if begins is None else begins
    return Place(at.command, at.path, at.words, begins, parameter, before_value)


def option_called(command: Any, name: str) -> Any:
    """The option of a command with this name; `None` if there is none."""
    return next((one for one in command.params if name in (*one.opts, *one.secondary_opts) and is_option(one)), None)


def is_option(parameter: Any) -> bool:
    """Whether it is an option; else it is an argument."""
    return bool(parameter.param_type_name == "option")


def takes_value(parameter: Any) -> bool:
    """Whether a value follows it; a flag has none."""
    return not getattr(parameter, "is_flag", False)


def _waits_for_value(command: Any, word: str) -> Any:
    option = option_called(command, word)
    return option if option is not None and takes_value(option) else None


def _argument(command: Any, number: int) -> Any:
    """The argument with that number; the last one may take any number of values."""
    arguments = [one for one in command.params if not is_option(one)]
    if number < len(arguments):
        return arguments[number]
    return arguments[-1] if arguments and arguments[-1].nargs == -1 else None
