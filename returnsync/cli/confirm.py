"""Questions on the terminal. Only an explicit yes counts as one."""

import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TypeVar

import typer

from returnsync.cli.session import say
from returnsync.errors import ExitCode
from returnsync.redact import mask, one_line

_Answer = TypeVar("_Answer")


def go_on_or_leave(what: str, question: str, nothing_done: str, how_without: str) -> None:
    """Ask before something is done that cannot be undone, or costs money; leave the command unless the answer is yes.

    Without a terminal to ask on, it is not done; `how_without` says how to do it without a question.
    """
    if not sys.stdin.isatty():
        say(f"{what}.", f"There is no terminal to ask on, so {nothing_done}. {how_without}")
        raise typer.Exit(int(ExitCode.USAGE))
    if not confirmed(f"{what}. {question}"):
        say(f"{nothing_done[0].upper()}{nothing_done[1:]}.")
        raise typer.Exit(int(ExitCode.DONE))


def confirmed(question: str, *, default: bool = False) -> bool:
    """Ask a question on the terminal that is answered by yes or no; Enter alone is the `default`.

    Raises:
        typer.Abort: Ctrl-C was pressed.
    """
    return answer_of(lambda: typer.confirm(one_line(mask(question)), default=default, err=True))


def chosen(question: str, options: Sequence[str]) -> str:
    """Ask on the terminal which of several is meant. The answer is its name or its number.

    Raises:
        typer.Abort: Ctrl-C was pressed.
    """
    by_place = {str(place): option for place, option in enumerate(options, 1)}
    listed = ", ".join(f"{place} {option}" for place, option in by_place.items())
    while True:
        answer = answer_of(lambda: str(typer.prompt(one_line(mask(f"{question} {listed}")), err=True))).strip()
        if answer in options or answer in by_place:
            return answer if answer in options else by_place[answer]
        say(f"{answer!r} is not one of them.")


def answer_of(ask: Callable[[], _Answer]) -> _Answer:
    """The answer to a question. Ctrl-C is no answer, even when Python loses the exception that it raises.

    Python loses it in a destructor that runs at that moment; the next key would then count as the answer.

    Raises:
        typer.Abort: Ctrl-C was pressed.
    """
    pressed: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        answer = ask()
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise typer.Abort
    return answer
