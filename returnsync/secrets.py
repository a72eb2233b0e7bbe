"""Secrets by reference: the configuration names where a secret is, never the secret itself.

    env:NAME             the environment variable NAME
    file:PATH            the first line of a file, or of a named pipe
    command:PROGRAM …    the first line that a program prints (no shell)
    keyring:SERVICE/USER the system's keyring; needs the extra `returnsync[keyring]`

A reference is resolved late, when the account that needs it is used. The secret is then registered for masking.
"""

import os
import re
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import IO, TYPE_CHECKING, Any, Protocol, Self, cast

from pydantic_core import core_schema

from returnsync.errors import ConfigError, Interrupted
from returnsync.redact import register_secret
from returnsync.usable import usable

if TYPE_CHECKING:
    import subprocess

KINDS = ("env:", "file:", "command:", "keyring:")
REFERENCE = f"^({'|'.join(KINDS)}) *[^ ]"
"""A regular expression that matches every reference, and some strings that are none."""
_LARGEST = 64 * 1024
# How long a program, a pipe or a keyring may take, and how often we check meanwhile whether we were asked to stop.
_SECONDS = 30.0
_BEAT = 0.05


class SecretOf(Protocol):
    """Resolves the reference in one setting of an account."""

    def __call__(self, key: str) -> str:
        """The secret behind the setting named `key`."""


class SecretRef(str):
    """A reference to a secret, checked for its form when the configuration is read."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> core_schema.CoreSchema:
        """Let pydantic check the form."""
        return core_schema.no_info_after_validator_function(cls.parse, core_schema.str_schema())

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: Any) -> dict[str, Any]:
        """The pattern of a reference, for editors."""
        return {"type": "string", "pattern": REFERENCE}

    @classmethod
    def parse(cls, text: str) -> Self:
        """Check the form of a reference.

        Raises:
            ValueError: when it is no reference; the text itself is not repeated, since it may be the secret.
        """
        kind = next((kind for kind in KINDS if text.startswith(kind)), None)
        if kind is None or not text[len(kind) :].strip():
            raise ValueError("write a reference such as env:NAME, file:PATH or command:PROGRAM, not the secret itself")
        return cls(text)

    def resolve(self, base: Path, where: str, stop: threading.Event | None = None) -> str:
        """Fetch the secret. `base` is the folder that a relative path starts from, `where` the key that asks for it.

        Raises:
            ConfigError: nothing, or only an empty text, is found there, or nothing is found within 30 seconds.
            Interrupted: `stop` was set meanwhile.
        """
        kind, _, what = self.partition(":")
        fetch_from = {"env": _from_env, "file": _from_file, "command": _from_command, "keyring": _from_keyring}[kind]
        value = fetch_from(what.strip(), base, _Deadline(where, stop or threading.Event()))
        if not value:
            raise ConfigError(f"{where}: {kind}:{_shown(kind, what)} gives an empty secret.", "Put the secret there.")
        register_secret(value)
        return value


def exists(reference: str, base: Path) -> bool | None:
    """Whether the variable or the file of a reference exists; `None` where only resolving it can tell."""
    kind, _, what = reference.partition(":")
    if kind == "env":
        return what.strip() in os.environ
    return (base / Path(what.strip()).expanduser()).exists() if kind == "file" else None


class _Deadline:
    """How long the setting `where` waits for its secret; when we are asked to stop, the wait ends at once."""

    def __init__(self, where: str, stop: threading.Event) -> None:
        """The time begins now. `where` is the key in the configuration, for messages."""
        self.where = where
        self._stop = stop
        self._until = monotonic() + _SECONDS

    def check(self) -> None:
        """Do nothing while there is time.

        Raises:
            TimeoutError: the time is up.
            Interrupted: we were asked to stop.
        """
        if self._stop.is_set():
            raise Interrupted(self.where, f"{self.where}: asked to stop while waiting for the secret.")
        if monotonic() > self._until:
            raise TimeoutError(f"nothing within {_SECONDS:g} s")


def _read_pipe(pipe: int, deadline: _Deadline, writer_ended: Callable[[], bool] = lambda: False) -> bytes:
    """What comes through a pipe until its other end is closed, or until `writer_ended` and the pipe is empty.

    Raises:
        TimeoutError, Interrupted: as `_Deadline.check`.
        OSError: it is too much, or cannot be read.
    """
    import selectors

    content = b""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            deadline.check()
            # Asked before the pipe is read: everything written before the end is in the pipe by then.
            ended = writer_ended()
            if selector.select(0 if ended else _BEAT):
                part = os.read(pipe, _LARGEST)
                ended = not part
                content += part
                _check_size(content)
            if ended:
                return content


def _check_size(content: bytes) -> None:
    if len(content) > _LARGEST:
        raise OSError(0, f"more than {_LARGEST:,} bytes")


# A name that a shell accepts for a variable.
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _shown(kind: str, what: str) -> str:
    """The part of a reference that may be shown: a command's arguments could contain a secret of their own."""
    if kind == "command" and len(what.split()) > 1:
        return what.split(maxsplit=1)[0] + " …"
    return what.strip()


def _from_env(name: str, _base: Path, deadline: _Deadline) -> str:
    if not _VARIABLE.fullmatch(name):
        raise ConfigError(
            f"{deadline.where}: the text after env: is not the name of an environment variable.",
            "Write only the name, such as env:MONTA_PASSWORD, and set that variable to the secret. If the secret "
            "itself is written there, remove it, and have it replaced if others may have read the file.",
        )
    value = os.environ.get(name)
    if value is None:
        raise ConfigError(
            f"{deadline.where}: the environment variable {name} is not set.",
            f"Set {name}; under cron, set it in the crontab or refer to a file with file:PATH.",
        )
    return value.strip()


def _from_file(name: str, base: Path, deadline: _Deadline) -> str:
    try:
        path = base / usable(name)
    except ValueError as error:
        raise ConfigError(
            f"{deadline.where}: the path of its file {error}.", "Write another path after file:."
        ) from error
    try:
        return _first_line(_content(path, deadline))
    except (FileNotFoundError, NotADirectoryError):
        # The path is not repeated: it may be a secret that was written where the path belongs.
        raise ConfigError(
            f"{deadline.where}: the file that it names does not exist; relative paths start from {base}.",
            "Create it, readable by this user only, with the secret as its first line; or correct the path after "
            "file:.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{deadline.where}: the file {path} cannot be read ({_reason(error)}).",
            "Create it, readable by this user only, with the secret as its first line.",
        ) from error


def _content(path: Path, deadline: _Deadline) -> bytes:
    """The content of a file, or of a named pipe such as a shell's `<(…)`; a device is not read."""
    # Opening a pipe that nobody writes to would wait for ever.
    place = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        mode = os.fstat(place).st_mode
        if stat.S_ISFIFO(mode):
            return _read_pipe(place, deadline)
        if not stat.S_ISREG(mode):
            raise OSError(0, "not a regular file")
        content = os.read(place, _LARGEST + 1)
        _check_size(content)
        return content
    finally:
        os.close(place)


def _from_command(command: str, _base: Path, deadline: _Deadline) -> str:
    import shlex
    import subprocess

    try:
        # It gets a session of its own, so that it can be ended together with everything that it started.
        process = subprocess.Popen(  # noqa: S603 - the user's own configuration names the program, without a shell
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        printed = _printed(process, deadline)
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, "")
        return _first_line(printed)
    except FileNotFoundError:
        # The command is not repeated: it may be a secret that was written where a program belongs.
        raise ConfigError(
            f"{deadline.where}: the program of its command was not found (No such file or directory).",
            "Write its full path after command:, and run it by hand as the same user.",
        ) from None
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        code = f"exit code {error.returncode}" if isinstance(error, subprocess.CalledProcessError) else ""
        # Not chained: the exception carries the arguments and the output, and either may be the secret.
        raise ConfigError(
            f"{deadline.where}: the command {command.split(maxsplit=1)[0]} did not give a secret "
            f"({code or _reason(error)}).",
            "Run it by hand as the same user; it must print the secret as its first line and exit with 0.",
        ) from None


def _printed(process: "subprocess.Popen[bytes]", deadline: _Deadline) -> bytes:
    """What a program had printed when it ended, also where something that it started keeps the pipe open."""
    import signal
    import subprocess

    stdout = cast("IO[bytes]", process.stdout)
    try:
        printed = _read_pipe(stdout.fileno(), deadline, lambda: process.poll() is not None)
        while process.poll() is None:
            deadline.check()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_BEAT)
        return printed
    finally:
        if process.poll() is None:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        stdout.close()


def _from_keyring(entry: str, _base: Path, deadline: _Deadline) -> str:
    from returnsync import keyring_entry

    return keyring_entry.read(entry, deadline.where, deadline.check)


def _first_line(content: bytes) -> str:
    lines = content.decode("utf-8-sig").splitlines()
    return lines[0].strip() if lines else ""


def _reason(error: Exception) -> str:
    """The reason, without the arguments and the output that the exception carries."""
    if isinstance(error, TimeoutError):
        return str(error)
    return error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
