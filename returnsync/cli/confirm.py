"""A question on the terminal, to which only a yes is one."""

import signal
from types import FrameType

import typer


def confirmed(question: str) -> bool:
    """Ask a question on the terminal; Ctrl-C is no answer, also where Python loses the exception that it raises.

    It does so in a destructor that happens to run just then: the next key would be taken for an answer.

    Raises:
        typer.Abort: Ctrl-C was pressed.
    """
    pressed: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        answer = typer.confirm(question, err=True)
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise typer.Abort
    return answer
