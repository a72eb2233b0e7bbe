"""`returnsync replay ORDER`: one order again, step by step."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from returnsync import clock
from returnsync.cli import options
from returnsync.cli.confirm import go_on_or_leave
from returnsync.cli.session import acting, answering, print_troubles
from returnsync.errors import ExitCode
from returnsync.redact import masked

if TYPE_CHECKING:
    from returnsync.engine.context import Context


def replay(
    order: Annotated[
        str, typer.Argument(callback=options.as_text, help="Order number, return number, return id or code.")
    ],
    config: options.Config = None,
    dry_run: options.DryRun = False,
    new_label: Annotated[
        bool, typer.Option("--new-label", help="Make one more label, which is billed. Asks first.")
    ] = False,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
    log_json: options.LogJson = False,
) -> None:
    """Take one order again: fetched anew, planned, delivered. Ignores pauses, never repeats what was done."""
    from returnsync.engine.finish import broken_off
    from returnsync.engine.replay import replay as one_again

    began = clock.now()

    def without_returns(ctx: "Context | None", code: ExitCode) -> dict[str, Any]:
        return {**broken_off(began, ctx, code), "returns": []}

    with answering(verbose=verbose, as_json=as_json, when_broken_off=partial(without_returns, None)) as answer:
        if new_label and not dry_run and not yes:
            _ask()
        with acting(config, dry_run=dry_run, verbose=verbose, log_json=log_json, tells_held=True) as ctx:
            answer.when_broken_off = partial(without_returns, ctx)
            replayed = one_again(ctx, order, new_label=new_label)
            print_troubles(replayed.summary)
            from returnsync.engine.ask import stories

            story_rows = stories(ctx, order, ctx.run_id, replayed.touched)
            if as_json:
                answer.give({**masked(replayed.summary.as_json()), "returns": story_rows})
            else:
                from returnsync.cli.report import print_summary
                from returnsync.cli.story import print_story

                for story in story_rows:
                    print_story(story)
                print_summary(ctx, replayed.summary)
            raise typer.Exit(int(replayed.summary.exit_code))


def _ask() -> None:
    """A label costs money: without a terminal to ask on, it takes the explicit word."""
    what = "A new label is billed, as the warehouse bills every label that it makes"
    go_on_or_leave(what, "Ask it for one?", "no label was asked for", "To ask for it without a question, add --yes")
