"""A command on a real terminal, with an answer to its question."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from shop import Shop

ROWS = 50


def on_terminal(
    shop: Shop,
    *arguments: str,
    question: str = "",
    answer: str | Callable[[subprocess.Popen[bytes]], str] = "",
    stdout: IO[bytes] | None = None,
    columns: int = 80,
    **environment: str,
) -> tuple[int, str]:
    """Run a command on a terminal with that many columns; give its exit code and its output there.

    Once it has asked the question, the answer is typed; if the answer is a function, it is called then and gives the
    text. With a file for `stdout`, only stderr and stdin are the terminal.
    """
    command = [sys.executable, "-m", "returnsync", *arguments, "--config", str(shop.write_config())]
    plain = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    shown, is_asked = b"", False
    try:
        with subprocess.Popen(
            command,
            stdin=terminal,
            stdout=stdout or terminal,
            stderr=terminal,
            env={**plain, **shop.environment, "TERM": "xterm-256color", **environment},
        ) as process:
            os.close(terminal)
            with suppress(OSError):  # Linux reports the end of a terminal as an error
                while piece := os.read(master, 65536):
                    shown += piece
                    if question and not is_asked and question.encode() in shown:
                        typed = answer if isinstance(answer, str) else answer(process)
                        os.write(master, f"{typed}\n".encode())
                        is_asked = True
            return process.wait(timeout=60), shown.decode()
    finally:
        os.close(master)
