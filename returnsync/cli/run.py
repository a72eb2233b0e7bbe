"""`returnsync run`: one pass, for cron and by hand."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from returnsync import clock
from returnsync.cli import options
from returnsync.cli.examples import examples
from returnsync.cli.notices import Notices
from returnsync.cli.quiet import Quiet
from returnsync.cli.session import acting, answering, print_troubles
from returnsync.errors import ExitCode
from returnsync.redact import masked

EXAMPLES = examples(
    ("One pass over all sources", "returnsync run"),
    ("What would be done?", "returnsync run --dry-run"),
    ("From cron: only what is new and needs you", "returnsync run --quiet"),
    ("As a service, with a file for a health check", "returnsync run --quiet --heartbeat heartbeat.json"),
    ("Only one source, although the guard refuses it", "returnsync run --source shop-nl --yes"),
    ends_with={ExitCode.NEEDS_PERSON: "something is held, or the guard refused a source"},
    docs="docs/how-to/cron.md",
)


def run(
    config: options.Config = None,
    dry_run: options.DryRun = False,
    source: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="SOURCE", help="Only this source. Repeatable."),
    ] = None,
    as_json: options.AsJson = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="For cron: print only what is new and needs you.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Deliver even what the guard refuses.")] = False,
    heartbeat: Annotated[
        Path | None,
        typer.Option(
            "--heartbeat",
            metavar="FILE",
            readable=False,
            help="Replace this file at the end of each run that did its work and ended with 0, 1 or 75, so that a "
            "health check can look at its age. A run that was broken off, or found another at work, leaves it as it "
            "was.",
            show_default=False,
        ),
    ] = None,
    verbose: options.Verbose = False,
    log_json: options.LogJson = False,
) -> None:
    """Take approved returns to the warehouse.

    One pass: read the platforms, plan, deliver. Cron repeats it.
    """
    from returnsync.cli.progress import watching
    from returnsync.engine.finish import broken_off
    from returnsync.engine.run import run as one_run

    began = clock.now()
    telling = Quiet(config, dry_run=dry_run) if quiet else None
    notices = None
    if not dry_run:
        when_loaded = telling.loaded if telling else None
        notices = Notices(began, quiet=quiet, heartbeat=heartbeat, when_loaded=when_loaded)
    with (
        answering(
            verbose=verbose,
            as_json=as_json,
            when_broken_off=partial(broken_off, began, None),
            tell=telling.broken_off if telling else None,
        ) as answer,
        watching(shown=not (quiet or as_json or verbose)) as observer,
        acting(
            config,
            dry_run=dry_run,
            verbose=verbose,
            log_json=log_json,
            quiet=quiet,
            sources=source or (),
            observer=observer,
            notices=notices,
        ) as ctx,
    ):
        answer.when_broken_off = partial(broken_off, began, ctx)
        if telling:
            telling.ctx = ctx
        summary = one_run(ctx, past_guard=yes)
        if notices is not None:
            notices.summary = summary
        observer.end()
        if telling:
            telling.ended(summary)
        else:
            print_troubles(summary)
        if as_json:
            answer.give(masked(summary.as_json()))
        elif not quiet and (summary.tally.eventful or dry_run or sys.stdout.isatty()):
            # Imported here: a run from cron with nothing to print does not load the library that makes tables.
            from returnsync.cli.report import print_summary

            print_summary(ctx, summary)
        raise typer.Exit(int(summary.exit_code))
