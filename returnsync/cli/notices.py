"""Reports a run to others, as `[notify]` and `--heartbeat` say: from the moment the configuration is read."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import typer

from returnsync import clock
from returnsync.cli.new_file import refuse_own, write_over_earlier
from returnsync.errors import ExitCode, LockedError, ReturnsyncError
from returnsync.redact import mask, masked

if TYPE_CHECKING:
    from returnsync.config.load import Loaded
    from returnsync.config.notify_settings import NotifySettings
    from returnsync.engine.context import Context
    from returnsync.engine.summary import Summary
    from returnsync.notify.ping import Ping

logger = logging.getLogger("returnsync.notify")

_PING = "notify.ping_url"
_WEBHOOK = "notify.webhook"
_COMMAND = "notify.command"
_METRICS = "notify.metrics"


class Notices:
    """The notices of one run. A context manager that may be entered more than once: the first exit counts.

    It is entered before the lock is taken, since that may fail, and again when the state is open. Nothing that goes
    wrong here is raised: each part logs it as one warning.
    """

    def __init__(
        self,
        began: datetime,
        *,
        quiet: bool,
        heartbeat: Path | None = None,
        when_loaded: "Callable[[Loaded], None] | None" = None,
    ) -> None:
        """For a run that began at `began`; its configuration is not known yet.

        `heartbeat` is the file that a run replaces if it did its work. When a configuration is found, `when_loaded` is
        called with it, before anything is locked or opened.
        """
        self._quiet, self._heartbeat, self._when_loaded = quiet, heartbeat, when_loaded
        self.summary: Summary | None = None
        """What the run did, once it has ended."""
        self._began = began
        self._loaded: Loaded | None = None
        self._ctx: Context | None = None
        self._ping: Ping | None = None
        self._fared: dict[str, str] = {}
        """What went wrong with each receiver that was tried, by its setting; empty if nothing did."""
        self.holds_lock = False
        """Whether the run has the lock of its state. If another run has it, that one is reported instead."""

    def of(self, loaded: "Loaded") -> AbstractContextManager[object]:
        """From now on the configuration is known.

        Raises:
            ConfigError: the heartbeat would replace a file that returnsync works with.
        """
        self._loaded = loaded
        if self._when_loaded is not None:
            self._when_loaded(loaded)
        if self._heartbeat is not None:
            refuse_own(self._heartbeat, loaded)
        return self

    def within(self, ctx: "Context") -> AbstractContextManager[object]:
        """The run begins: from now on its state can be read, and there is a log."""
        self._ctx = ctx
        if self._heartbeat is not None:
            from returnsync.engine import news

            ctx.heartbeat = news.name_of_heartbeat(self._heartbeat)
        self._begin(self._loaded)
        return self

    def _begin(self, loaded: "Loaded | None") -> None:
        settings = loaded.settings.notify if loaded else None
        if loaded is None or settings is None or settings.ping_url is None:
            return
        with self._harmless(_PING):
            from returnsync.config.notify_settings import message_address
            from returnsync.notify.ping import Ping

            address = partial(message_address, settings.ping_url, loaded.base, _PING)
            ping = Ping(_PING, address, settings.timeout, partial(self._tell, _PING))
            ping.start()
            self._ping = ping

    def __enter__(self) -> None:
        """Nothing is sent here."""

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Send the notices: the run ended, or was broken off."""
        loaded, self._loaded = self._loaded, None
        settings = loaded.settings.notify if loaded else None
        another_works = isinstance(exc, LockedError) and not self.holds_lock
        if loaded is None or another_works:
            return
        code = _code_of(exc)
        if self._heartbeat is not None and self._ctx is not None:
            with self._harmless(self._ctx.heartbeat):
                self._replace_heartbeat(self._heartbeat, self._ctx.heartbeat, code)
        if settings is not None:
            self._tell_as_set(loaded, settings, code, exc)
        with self._harmless("notify"):
            self._keep_how_they_fared()

    def _replace_heartbeat(self, file: Path, name: str, code: ExitCode) -> None:
        from returnsync.notify import heartbeat

        if not heartbeat.is_due(code, came_to_end=self.summary is not None):
            return
        try:
            write_over_earlier(file, heartbeat.text(clock.now(), code), heartbeat.MARK)
            self._tell(name, "")
        except ReturnsyncError as error:
            self._tell(name, f"The heartbeat was not written. {error.what}")

    def _tell_as_set(
        self, loaded: "Loaded", settings: "NotifySettings", code: ExitCode, exc: BaseException | None
    ) -> None:
        """Tell whoever `[notify]` names."""
        if self._ctx is None:
            self._begin(loaded)  # the run was broken off before it began
        with self._harmless(_METRICS):
            self._write_metrics(loaded, settings, code)
        with self._harmless(_WEBHOOK):
            self._send_to_address(loaded, settings)
        with self._harmless(_COMMAND):
            self._send_to_program(settings)
        with self._harmless(_PING):
            self._end_ping(settings, code, exc)

    def _send_to_address(self, loaded: "Loaded", settings: "NotifySettings") -> None:
        """Only for a run that ended: what was sent is remembered in the state, which may be what failed."""
        if settings.webhook is None or self._ctx is None or self.summary is None:
            return
        from returnsync.config.notify_settings import message_address
        from returnsync.engine import news
        from returnsync.state.told import Channel

        find = partial(message_address, settings.webhook, loaded.base, _WEBHOOK)
        send = news.to_address(_WEBHOOK, find, settings.timeout, partial(self._tell, _WEBHOOK))
        news.send_digests(self._ctx, self.summary, Channel.WEBHOOK, send)

    def _send_to_program(self, settings: "NotifySettings") -> None:
        """The same for a program as for an address."""
        if settings.command is None or self._ctx is None or self.summary is None:
            return
        from returnsync.engine import news
        from returnsync.state.told import Channel

        send = news.to_program(_COMMAND, settings.command, settings.timeout, partial(self._tell, _COMMAND))
        news.send_digests(self._ctx, self.summary, Channel.COMMAND, send)

    def _end_ping(self, settings: "NotifySettings", code: ExitCode, exc: BaseException | None) -> None:
        if self._ping is None:
            return
        self._fared.setdefault(_PING, "")
        is_success = code is ExitCode.DONE or (code is ExitCode.NEEDS_PERSON and settings.ping_held == "ok")
        self._ping.end("" if is_success else f"/{int(code)}", self._body(code, exc))

    def _write_metrics(self, loaded: "Loaded", settings: "NotifySettings", code: ExitCode) -> None:
        if settings.metrics is None:
            return
        from returnsync.notify import metrics

        # A name that is not valid UTF-8 could not be written.
        config = loaded.path.stem.encode(errors="replace").decode()
        now = clock.now()
        run = metrics.RunFigures((now - self._began).total_seconds(), now.timestamp(), int(code))
        try:
            metrics.write(Path(settings.metrics), metrics.text(config, run, _figures(self._ctx)))
            self._tell(_METRICS, "")
        except OSError as error:
            why = error.strerror or error
            self._tell(_METRICS, f"The metrics file {settings.metrics} cannot be written ({why}).")

    def _body(self, code: ExitCode, exc: BaseException | None) -> bytes:
        """What `run --json` prints for this run."""
        from returnsync.engine.finish import broken_off

        content: dict[str, Any]
        content = self.summary.as_json() if self.summary else broken_off(self._began, self._ctx, code)
        if not isinstance(exc, typer.Exit):
            error = exc if isinstance(exc, ReturnsyncError) else ReturnsyncError(f"Stopped: {type(exc).__name__}.")
            content = {**content, "exit_code": int(code), "error": error.as_json()}
        return json.dumps(masked(content)).encode()

    @contextmanager
    def _harmless(self, name: str) -> Iterator[None]:
        """Report whatever fails inside as a failure of this receiver: the run goes on, and ends as it would have."""
        try:
            yield
        except Exception as fault:  # noqa: BLE001 - that is the promise
            self._tell(name, f"{name}: it failed ({type(fault).__name__}). The run goes on without it.")

    def _tell(self, name: str, problem: str) -> None:
        """Note how a receiver fared. What went wrong is logged as a warning; under cron it is printed if it lasts."""
        self._fared[name] = self._fared.get(name) or problem
        if problem:
            self._warn(problem)

    def _keep_how_they_fared(self) -> None:
        """Keep it for the next run to print: this run has printed its news already."""
        if self._ctx is None or self._ctx.dry_run or not self._fared:
            return
        from returnsync.state import told

        with self._ctx.db.transaction() as q:
            for name, problem in self._fared.items():
                told.note_receiver(q, name, problem)

    def _warn(self, text: str) -> None:
        if logger.hasHandlers():
            logger.warning("%s", text)
        elif not self._quiet:
            # The run ended before the log was set up.
            typer.echo(mask(text), err=True)


def _figures(ctx: "Context | None") -> Any:
    """The figures of the state; `None` if it cannot be read."""
    if ctx is None:
        return None
    from returnsync.engine.ask import figures_of

    try:
        return figures_of(ctx)
    except ReturnsyncError:
        return None  # the state fails, which the run itself reports


def _code_of(exc: BaseException | None) -> ExitCode:
    """The exit code of a command that ends with this exception."""
    if exc is None:
        return ExitCode.DONE
    if isinstance(exc, typer.Exit):
        return ExitCode(exc.exit_code)
    if isinstance(exc, KeyboardInterrupt | typer.Abort):
        return ExitCode.SIGINT
    return exc.exit_code if isinstance(exc, ReturnsyncError) else ExitCode.FAULT
