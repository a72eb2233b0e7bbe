"""What every command uses: configuration, state, lock, signals, and errors in words."""

import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import typer

from returnsync.cli import hints
from returnsync.cli.answer import Answer
from returnsync.errors import ConfigError, ExitCode, NotThereError, ReturnsyncError
from returnsync.folders import working_for_owner_of
from returnsync.frames import traceback_of
from returnsync.redact import mask, one_line
from returnsync.system_errors import in_words

if TYPE_CHECKING:
    from returnsync.cli.notices import Notices
    from returnsync.config.load import Loaded
    from returnsync.engine.context import Context
    from returnsync.engine.observer import Observer
    from returnsync.engine.summary import Summary
    from returnsync.state.database import Database

_SIGNALS = {signal.SIGINT: ExitCode.SIGINT, signal.SIGTERM: ExitCode.SIGTERM}


@contextmanager
def answering(
    *,
    verbose: bool = False,
    as_json: bool = False,
    when_broken_off: "Callable[[ExitCode], dict[str, Any]] | None" = None,
    tell: Callable[[ReturnsyncError], None] | None = None,
) -> Iterator[Answer]:
    """Collect what the command answers; print an error in words and leave with its exit code.

    A traceback is printed only with `verbose`. With `tell`, that function reports the error instead.

    What the command gives to the answer is printed at its very end. An error is included in it: beside what the command
    gave, else beside what `when_broken_off` makes.
    """
    answer = Answer(as_json=as_json, when_broken_off=when_broken_off)
    try:
        yield answer
    except typer.Exit:
        raise
    except (KeyboardInterrupt, typer.Abort):
        answer.fail(ExitCode.SIGINT, ReturnsyncError("Stopped.").as_json())
        raise typer.Exit(int(ExitCode.SIGINT)) from None
    except Exception as fault:  # noqa: BLE001 - the last place: a fault is printed in words
        error = fault if isinstance(fault, ReturnsyncError) else in_words(fault) or _fault(fault)
        (tell or print_error)(error)
        if verbose:
            typer.echo(mask(traceback_of(fault)), err=True)
        answer.fail(error.exit_code, error.as_json())
        raise typer.Exit(int(error.exit_code)) from None
    finally:
        answer.print()


def _fault(fault: Exception) -> ReturnsyncError:
    return ReturnsyncError(
        f"A fault in returnsync itself: {type(fault).__name__}.", "Run it again with --verbose and report it."
    )


@contextmanager
def needing(extra: str, what: str) -> Iterator[None]:
    """Import an optional part inside this context; `what` names it, in words.

    Raises:
        ConfigError: it is not installed; the error names the command that adds it.
    """
    try:
        yield
    except ImportError as error:
        from returnsync.installed import how_to_add

        raise ConfigError(f"This command needs {what}.", f"Install it: {how_to_add(extra)}") from error


def needing_sandbox() -> AbstractContextManager[None]:
    """Import the sandbox inside this context: it is an optional part."""
    return needing("sandbox", "the optional sandbox")


def print_error(error: ReturnsyncError) -> None:
    """An error on stderr: what happened, each problem, what to do next."""
    problems = (f"  {mask(problem)}" for problem in error.problems)
    # The user typed the path of the configuration, so it is not masked in the commands.
    _write(mask(error.what), *problems, *hints.lines(mask(error.next_step)))


def print_troubles(summary: "Summary", past_guard: str = "") -> None:
    """Print what stopped an account or a source in a run, also when its summary is not printed.

    `past_guard` says how to deliver what the guard refused, if that is not by `run`.
    """
    from returnsync.engine.guarding import what_to_do

    for trouble in summary.tally.troubles:
        print_error(trouble)
    for source, refused in summary.tally.refused.items():
        _write(mask(f"Refused: {refused}"), *hints.lines(mask(past_guard or what_to_do(source))))


def say(*lines: str) -> None:
    """Print lines on stderr, masked; the commands that they advise name the configuration."""
    _write(*(mask(line) if line.startswith(" ") else hints.in_one_line(mask(line)) for line in lines))


def _write(*lines: str) -> None:
    for line in lines:
        if line:
            typer.echo(one_line(line), err=True)


def said(*lines: str) -> bool:
    """As `say`; returns whether they were written, as far as that can be known here."""
    # What came from outside must not look like a line of ours.
    say(*(" ".join(line.split()) for line in lines))
    sys.stderr.flush()
    return getattr(sys.stderr, "failure", None) is None


@contextmanager
def acting(
    config: Path | None,
    *,
    dry_run: bool = False,
    verbose: bool = False,
    log_json: bool = False,
    quiet: bool = False,
    tells_held: bool = False,
    sources: Iterable[str] = (),
    observer: "Observer | None" = None,
    notices: "Notices | None" = None,
) -> Iterator["Context"]:
    """A command that may act: it holds the lock, unless it is a dry run, which works on a copy.

    `notices`, if given, reports the run to others. With `tells_held` the command itself prints what is held.
    """
    from returnsync.engine.lock import locked
    from returnsync.state import opening

    loaded = _load(config)
    with ExitStack() as stack:
        if dry_run:
            stack.enter_context(_leaving_nothing_new(loaded))
            db = opening.copy_aside(loaded.state_path)
        else:
            stack.enter_context(working_for_owner_of(loaded.state_path))
            if notices is not None:
                stack.enter_context(notices.of(loaded))
            stack.enter_context(locked(loaded.state_path))
            if notices is not None:
                notices.holds_lock = True
            db = opening.open_file(loaded.state_path)
        ctx = _context(loaded, db, dry_run=dry_run, sources=sources, observer=observer, named=config)
        stack.callback(ctx.close)
        _log(ctx, verbose=verbose, log_json=log_json, quiet=quiet, tells_held=tells_held)
        # A dry run changes no file, this one included. The lock is held until after it is closed.
        if not dry_run:
            stack.enter_context(_into_file(ctx, verbose=verbose, rotates=True))
        stack.enter_context(_signals(ctx))
        if notices is not None:
            stack.enter_context(notices.within(ctx))
        yield ctx


@contextmanager
def reading(
    config: Path | None, *, verbose: bool = False, sources: Iterable[str] = (), observer: "Observer | None" = None
) -> Iterator["Context"]:
    """A command that only reads: it takes no lock, and changes nothing except that it adds to the log."""
    from returnsync.state import opening

    loaded = _load(config)
    with _leaving_nothing_new(loaded):
        db = opening.open_reading(loaded.state_path)
        ctx = _context(loaded, db, dry_run=True, sources=sources, observer=observer, named=config)
        try:
            _log(ctx, verbose=verbose)
            with _into_file(ctx, verbose=verbose, rotates=False):
                yield ctx
        finally:
            ctx.close()


@contextmanager
def _leaving_nothing_new(loaded: "Loaded") -> Iterator[None]:
    """For a command that keeps no state: if there is none yet, remove the count of requests, whose owner is unknown."""
    from returnsync.http.limits_file import limits_path, remove_counts

    state = loaded.state_path
    counts = limits_path(state)
    had_counts = counts.exists()
    with working_for_owner_of(state):
        try:
            yield
        finally:
            if not had_counts and not state.exists():
                remove_counts(counts)


def _load(config: Path | None) -> "Loaded":
    from returnsync.config.load import load
    from returnsync.config.place import VARIABLE, find, is_named_by_variable

    hints.name_configuration(config)
    try:
        loaded = load(find(config))
    except ConfigError as error:
        if is_named_by_variable(config) and VARIABLE not in error.what:
            error.next_step = f"{error.next_step} The file is the one that ${VARIABLE} names.".strip()
        raise
    _refuse_what_is_no_file(loaded)
    return loaded


def _refuse_what_is_no_file(loaded: "Loaded") -> None:
    """Refuse it before anything is created beside the state: `state` must name a file, or nothing yet."""
    with suppress(OSError):  # opening it reports why it cannot be looked at
        if loaded.state_path.exists() and not loaded.state_path.is_file():
            raise ConfigError(
                f"{loaded.path}: `state` names {loaded.state_path}, which is not a file but a folder, a device or a "
                "pipe.",
                'Name a file, such as state = "returnsync.db"; the first run makes it.',
            )


def _context(
    loaded: "Loaded",
    db: "Database",
    *,
    dry_run: bool,
    sources: Iterable[str] = (),
    observer: "Observer | None" = None,
    named: Path | None = None,
) -> "Context":
    from returnsync.engine.context import Context
    from returnsync.engine.observer import Silence

    only = frozenset(sources)
    unknown = only - set(loaded.settings.sources)
    if unknown:
        raise NotThereError(
            f"There is no source {', '.join(sorted(unknown))} in {loaded.path}.",
            f"The configured sources are: {', '.join(sorted(loaded.settings.sources))}.",
        )
    ctx = Context(loaded, db, dry_run=dry_run, only=only, observer=observer or Silence())
    ctx.named_config = named
    return ctx


def _log(
    ctx: "Context", *, verbose: bool, log_json: bool = False, quiet: bool = False, tells_held: bool = False
) -> None:
    from returnsync.cli import logs

    logs.set_up(ctx.run_id, verbose=verbose, as_json=log_json, quiet=quiet, tells_held=tells_held)


def _into_file(ctx: "Context", *, verbose: bool, rotates: bool) -> AbstractContextManager[None]:
    """Log into the file that the configuration names, if it names one."""
    from returnsync.cli import logs

    settings = ctx.config.settings.log
    if settings is None:
        return nullcontext()
    if not rotates and not ctx.config.state_path.exists() and not Path(settings.file).exists():
        # Before the first run the owner of the log is not known. Another user could not add to this user's file.
        return nullcontext()
    return logs.into_file(ctx.run_id, settings, verbose=verbose, rotates=rotates)


@contextmanager
def _signals(ctx: "Context") -> Iterator[None]:
    """On SIGINT and SIGTERM, stop after the effect that has begun; a second signal changes nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _frame: FrameType | None) -> None:
        ctx.stopped_by = _SIGNALS[signal.Signals(number)]
        ctx.stop.set()

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
