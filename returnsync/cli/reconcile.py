"""`returnsync reconcile`: list again what platforms and warehouses have, and compare it with what is known here."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from returnsync import clock
from returnsync.cli import options
from returnsync.cli.confirm import go_on_or_leave
from returnsync.cli.examples import examples
from returnsync.cli.kept_back import tell_kept_back
from returnsync.cli.session import acting, answering, print_error, reading, say
from returnsync.errors import ExitCode
from returnsync.model import Code
from returnsync.redact import masked

if TYPE_CHECKING:
    from returnsync.engine.reconcile import Compared, Difference

EXAMPLES = examples(
    ("What differs since a week ago?", "returnsync reconcile"),
    ("The last month, of one source", "returnsync reconcile --days 30 --source shop-nl"),
    ("Add to the state what is certain", "returnsync reconcile --adopt"),
    ends_with={
        ExitCode.NEEDS_PERSON: "something differs, or the warehouse refuses to show something",
        ExitCode.TEMPORARY: "not everything could be compared now",
    },
    docs="docs/how-to/reconcile.md",
)

# A warehouse that lists seven days is asked for a few hours less.
_AS_FAR_AS_ONE_CAN = timedelta(hours=6)
# At most this many of a kind are shown as text; all of them with --json.
_MOST_SHOWN = 50


def reconcile(
    days: Annotated[
        int, typer.Option("--days", metavar="NUMBER", min=1, max=366, help="Compare from this many days ago.")
    ] = 7,
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt",
            help="Add to the state what is certain: returns that were missed, and forecasts that are at the "
            "warehouse. Asks first. Nothing is sent.",
        ),
    ] = False,
    sources: options.OfSources = None,
    yes: options.Yes = False,
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """List everything again on both sides and show what differs.

    It changes nothing, outside or inside, unless --adopt is given. Each source is listed again without its mark. Each
    warehouse is asked for the forecasts of that period, for what it received (Monta lists the last seven days), and for
    the labels of the orders that were announced.
    """
    from returnsync.cli.progress import watching
    from returnsync.engine import reconcile as engine

    since = clock.now() - timedelta(days=days)
    with answering(verbose=verbose, as_json=as_json) as answer:
        with watching(shown=not as_json) as observer:
            with reading(config, verbose=verbose, sources=sources or (), observer=observer) as ctx:
                lists = engine.read_lists(ctx, since)
                before = ctx.tally, ctx.accounts.requests
            # The copy is made after the lists were read, so that it has whatever a run announces meanwhile.
            with acting(config, dry_run=True, verbose=verbose, sources=sources or (), observer=observer) as ctx:
                compared = engine.compare(ctx, lists, since).beside(*before)
        answer.give(masked(compared.as_json()))
        for error in compared.troubles:
            print_error(error)
        if not as_json:
            _print(compared)
        if adopt and compared.stopped_by is None:
            kept_back = _adopt(compared, config, sources or (), yes=yes, verbose=verbose)
            if not as_json:
                tell_kept_back(kept_back)
            answer.give(masked(compared.as_json()))
        raise typer.Exit(int(compared.exit_code))


def _adopt(compared: "Compared", config: Path | None, sources: Sequence[str], *, yes: bool, verbose: bool) -> int:
    """Ask, and adopt; return for how many of them `only` keeps back the next step."""
    from returnsync.engine import reconcile as engine
    from returnsync.engine.rehearsal import kept_back_among

    certain = compared.certain
    if not certain:
        say("Nothing is certain enough to be adopted.")
        return 0
    if not yes:
        go_on_or_leave(
            f"{_number(len(certain))} added to the state. Nothing is sent, and no label is asked for",
            "Add what is certain?",
            "nothing was added to the state",
            "To add it without a question, add --yes.",
        )
    with acting(config, verbose=verbose, sources=sources) as ctx:
        try:
            compared.held_since = engine.adopt(ctx, certain, compared.adopted)
        finally:
            compared.stopped_by = ctx.stopped_by
            compared.troubles += ctx.tally.troubles
        for error in ctx.tally.troubles:
            print_error(error)
        codes = [Code(one.code) for one in compared.adopted if one.code]
        kept_back = len(kept_back_among(ctx, codes))
    say(f"Adopted: {len(compared.adopted)} of {len(certain)}.")
    return kept_back


def _number(certain: int) -> str:
    return "1 difference is" if certain == 1 else f"{certain} differences are"


def _print(compared: "Compared") -> None:
    from returnsync.cli.report import local
    from returnsync.cli.screen import console, print_paragraph
    from returnsync.engine.reconcile import MEANINGS

    out = console()
    for kind, group in groupby(compared.differences, key=lambda one: one.kind):
        found = list(group)
        out.print(f"{kind.value}: {len(found)}", style="bold", markup=False)
        print_paragraph(out, MEANINGS[kind], indent=2)
        for one in found[:_MOST_SHOWN]:
            _print_one(one)
        if len(found) > _MOST_SHOWN:
            print_paragraph(out, f"{len(found) - _MOST_SHOWN} more. All of them: --json", indent=2)
    if not compared.differences:
        print_paragraph(out, "Nothing differs." if not compared.troubles else "Nothing differs in what was compared.")
    for text in compared.warnings:
        print_paragraph(out, text)
    print_paragraph(out, f"Compared since {local(clock.stamp(compared.since))}.")
    for name, at in sorted(compared.received_since.items()):
        if at - compared.since > _AS_FAR_AS_ONE_CAN:
            print_paragraph(out, f"{name} listed only what it received since {local(clock.stamp(at))}.")
    for text in (*_beside(compared), _requests(compared)):
        print_paragraph(out, text, style="dim")


def _print_one(one: "Difference") -> None:
    from returnsync.cli.screen import console, print_hint, print_paragraph

    out = console()
    where = one.source or one.warehouse
    names = [one.order_number and f"order {one.order_number}", one.number and f"return {one.number}", one.code]
    told = ", ".join(filter(None, names)) or one.return_id
    print_paragraph(out, f"{where}: {told}. {one.what}" if told else f"{where}: {one.what}", indent=2)
    if one.next_step:
        print_hint(out, one.next_step, indent=4, first="→ ")


def _beside(compared: "Compared") -> list[str]:
    """What was seen, but is no difference."""
    told = [
        f"{name}: {number} are newer than what was read last; the next run reads them."
        for name, number in sorted(compared.not_read_yet.items())
    ]
    return told + [
        f"{name}: {number} forecasts are by others, and were not compared."
        for name, number in sorted(compared.by_others.items())
        if number
    ]


def _requests(compared: "Compared") -> str:
    told = []
    for name, made in sorted(compared.requests.items()):
        day = compared.in_a_day.get(name)
        used = f" (in all {day['made']:,} of the {day['allowed']:,} allowed in a day)" if day else ""
        told.append(f"{name} {made}{used}")
    return f"Requests: {', '.join(told) or 'none'}."
