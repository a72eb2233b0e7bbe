"""`run --quiet`: an error that ends a run is printed when it is new, then again at intervals; cron mails the output.

What a finished run met is remembered in the state. An error that ends a run may come from the state itself, so that it
was printed is remembered in a small file of its own: in the user's cache folder, else beside the state.
"""

import hashlib
import json
import os
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from returnsync import clock
from returnsync.cli.session import said
from returnsync.errors import BusyError, ExitCode, LockedError, ReturnsyncError
from returnsync.folders import make_private, write_by_rename

if TYPE_CHECKING:
    from returnsync.config.load import Loaded
    from returnsync.engine.context import Context
    from returnsync.engine.summary import Summary

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MOST_A_DAY = 3
_CLOCKS_AGREE = timedelta(minutes=5)


class Quiet:
    """Prints on stderr what a run under cron has to report, without repeating it at each run."""

    def __init__(self, config: Path | None, *, dry_run: bool) -> None:
        """`config` is the file that the command line names. A dry run remembers nothing."""
        from returnsync.config.place import VARIABLE

        named = config or Path(os.environ.get(VARIABLE) or ".")
        try:
            place = named.absolute()
        except OSError:
            place = named  # the working folder is gone
        digest = hashlib.sha256(os.fsencode(place)).hexdigest()[:16]
        self._file_name = f"told-{digest}.json"
        # On a terminal, a person started it: everything is printed and nothing remembered, so that cron reports it too.
        self._by_hand = dry_run or sys.stderr.isatty()
        self._beside_state: Path | None = None
        self.ctx: Context | None = None
        """The state and everything else, once it could be opened."""

    def loaded(self, config: "Loaded") -> None:
        """Note the configuration: what was printed may be remembered beside its state."""
        self._beside_state = config.state_path.parent

    def ended(self, summary: "Summary") -> None:
        """A run ended or was stopped: print what is new, and remember it once it was written."""
        from returnsync.cli import logs
        from returnsync.engine import news
        from returnsync.state.told import Channel

        ctx = self.ctx
        if ctx is None:
            return
        also = {"log": text} if (text := logs.problem()) else {}
        found = news.gather(ctx, summary, Channel.CRON, also=also, by_hand=self._by_hand)
        if said(*found.lines) and not self._by_hand:
            news.remember(ctx, Channel.CRON, found)
            self._nothing_ends_runs()

    def broken_off(self, error: ReturnsyncError) -> None:
        """An error ended the run, or kept it from beginning: print it, if that is due."""
        from returnsync.engine.news import in_one_line, kind_of

        if isinstance(error, LockedError) and error.holder is not None:
            _, since = error.holder
            # If the clock was far ahead when that run began, this must not stay silent.
            if -_CLOCKS_AGREE <= clock.now() - since <= _HOUR:
                return  # the other run is working, as it should
            self._tell("locked", f"{error.what} {error.next_step}", _DAY)
        elif isinstance(error, LockedError) and not isinstance(error, BusyError):
            # The holder has not written its process id yet, or is a version that does not.
            lasts = "" if self._by_hand else "This has been so for an hour. "
            self._tell("locked-unsigned", f"{error.what} {lasts}{error.next_step}", _DAY, _HOUR)
        elif self.ctx is None and error.exit_code is ExitCode.CONFIG:
            # configuration or state cannot be opened: nothing at all is done until somebody corrects it
            self._tell(kind_of(error), in_one_line(error), _HOUR)
        else:
            self._tell(kind_of(error), in_one_line(error), _DAY)

    # -- what was printed ----------------------------------------------------------------------------------------------

    def _tell(self, key: str, text: str, again: timedelta, patience: timedelta | None = None) -> None:
        """Print something that ends runs: when it is new, then each time that `again` has passed.

        With `patience` it is new only once it has ended runs for that long, with no finished run in between.
        """
        if self._by_hand:
            said(text)
            return
        now = clock.now()
        told = self._read()
        before = told.get(key, {})
        today = now.astimezone().date().isoformat()
        times = before.get("times", 0) if before.get("day") == today else 0
        at = _moment(before.get("at"))
        is_new = at is None or at > now or before.get("is_over", False)
        if patience is not None and is_new:
            since = None if before.get("is_over") else _moment(before.get("since"))
            if since is None or not patience <= now - since:
                began = now if since is None or since > now else since
                self._write(told | {key: before | {"since": clock.stamp(began), "is_over": False}})
                return
        if again is _HOUR and at is not None and timedelta(0) <= now - at < _HOUR:
            return  # even if a run succeeded in between
        if is_new and again is not _HOUR and times >= _MOST_A_DAY:
            return  # it comes and goes
        if not is_new and at is not None and now - at < again:
            return
        if said(text):
            told[key] = {"at": clock.stamp(now), "day": today, "times": times + 1, "is_over": False}
            self._write(told)

    def _nothing_ends_runs(self) -> None:
        """A run finished: an error that ends a later one is new again."""
        told = self._read()
        if any(not item.get("is_over") for item in told.values()):
            self._write({key: item | {"is_over": True} for key, item in told.items()})

    def _places(self) -> list[Path]:
        folders = []
        given = Path(os.environ.get("XDG_CACHE_HOME", ""))
        with suppress(RuntimeError):
            folders.append((given if given.is_absolute() else Path.home() / ".cache") / "returnsync")
        if self._beside_state is not None:
            folders.append(self._beside_state)
        return [folder / self._file_name for folder in folders]

    def _read(self) -> dict[str, Any]:
        """What was printed, from the place that was written last."""
        found: list[tuple[float, dict[str, Any]]] = []
        for place in self._places():
            with suppress(OSError, ValueError):
                content = json.loads(place.read_text(encoding="utf-8"))
                if isinstance(content, dict):
                    found.append((place.stat().st_mtime, content))
        _, newest = max(found, key=lambda one: one[0], default=(0, {}))
        return {key: item for key, item in newest.items() if isinstance(item, dict) and _is_sound(item)}

    def _write(self, told: dict[str, Any]) -> None:
        """Keep it where that is possible; if it is not, the next run prints it again."""
        for place in self._places():
            with suppress(OSError):
                make_private(place.parent)
                write_by_rename(place, json.dumps(told).encode())
                return


def _is_sound(item: dict[str, Any]) -> bool:
    """Whether an entry has the form in which it is written here."""
    return isinstance(item.get("times", 0), int) and isinstance(item.get("is_over", False), bool)


def _moment(text: object) -> datetime | None:
    with suppress(ValueError):
        return clock.parse(text) if isinstance(text, str) else None
    return None
