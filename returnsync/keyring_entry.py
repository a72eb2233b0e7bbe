"""Reads an entry of the system's keyring, with a limit on the waiting; the library for it is an optional part."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from returnsync.errors import ConfigError, Interrupted

if TYPE_CHECKING:
    from concurrent.futures import Future

_BEAT = 0.05


def read(entry: str, where: str, check: Callable[[], None]) -> str:
    """The secret of an entry `SERVICE/USER`, for the setting `where`; `check` ends the wait by raising an exception.

    Raises:
        ConfigError: the library is not there, or the keyring has no such entry, or cannot be read.
        Interrupted: as `check` raises it.
    """
    service, _, user = entry.rpartition("/")
    if not service or not user:
        raise ConfigError(
            f"{where}: the text after keyring: is not an entry of a keyring.", "Write keyring:SERVICE/USER."
        )
    try:
        value = _answer_in_time(lambda: _ask(service, user), check)
    except Interrupted:
        raise
    except Exception as error:  # each keyring has failures of its own
        raise _unreadable(error, f"keyring get {service} {user}", where) from error
    if value is None:
        raise ConfigError(f"{where}: the keyring has no entry {entry}.", f"Create it: keyring set {service} {user}")
    return value.strip()


def _ask(service: str, user: str) -> str | None:
    # The import already looks for this system's keyring.
    import keyring

    found: str | None = keyring.get_password(service, user)
    return found


def _unreadable(error: Exception, command: str, where: str) -> ConfigError:
    kind = type(error).__name__
    if isinstance(error, ImportError) and error.name == "keyring":
        from returnsync.installed import how_to_add

        return ConfigError(
            f"{where}: keyring: needs the optional keyring support.", f"Install it: {how_to_add('keyring')}"
        )
    if kind == "NoKeyringError":
        return ConfigError(
            f"{where}: there is no keyring here: the library found no backend ({kind}).",
            "Under cron and on servers there is often none; refer to the secret with env:NAME or file:PATH instead. "
            "Otherwise, install a backend, and unlock it for the user who runs this.",
        )
    reason = str(error) if isinstance(error, TimeoutError) else kind
    return ConfigError(
        f"{where}: the keyring cannot be read ({reason}).",
        f"Unlock it for the user who runs this, until this works: {command}",
    )


def _answer_in_time(ask: Callable[[], str | None], check: Callable[[], None]) -> str | None:
    """What a keyring answers. It may wait for somebody to type a password, and that wait cannot be ended.

    So it is asked in a thread of its own, which is abandoned when the time is up.

    Raises:
        TimeoutError, Interrupted: as `check` raises them.
        Exception: whatever the keyring raises.
    """
    from concurrent.futures import Future, wait

    answer: Future[str | None] = Future()
    threading.Thread(target=_fill, args=(answer, ask), name="returnsync-keyring", daemon=True).start()
    while not answer.done():
        check()
        wait([answer], _BEAT)
    return answer.result()


def _fill(answer: "Future[str | None]", ask: Callable[[], str | None]) -> None:
    try:
        answer.set_result(ask())
    except Exception as error:  # noqa: BLE001 - raised again in the thread that waits for it
        answer.set_exception(error)
