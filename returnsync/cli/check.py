"""`returnsync check`: is everything set up correctly? With `--order`: what becomes of an order number?"""

import shlex
import shutil
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from returnsync.cli import options
from returnsync.cli.answer import Answer
from returnsync.cli.examples import examples
from returnsync.cli.session import answering, reading
from returnsync.errors import ExitCode, ReturnsyncError
from returnsync.redact import mask, masked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from returnsync.engine.context import Context
    from returnsync.engine.orders import NumberCheck, WarehouseAnswer
    from returnsync.model import Finding

EXAMPLES = examples(
    ("Is everything set up correctly?", "returnsync check"),
    ("Only one source and its warehouse", "returnsync check --source shop-nl"),
    ("What becomes of an order number", "returnsync check --order '#20417' --source shop-nl"),
    ends_with={
        ExitCode.NEEDS_PERSON: "with --order: at a source, no return of this order can be announced",
        ExitCode.TEMPORARY: "everything that fails may heal by itself",
        ExitCode.CONFIG: "something fails that does not heal by itself",
    },
    docs="docs/configuration.md",
)

_Order = Annotated[
    str | None,
    typer.Option(
        "--order",
        metavar="ORDER",
        callback=options.as_text,
        help="Instead, show what the rules make of this order number, and what the warehouse shows for it.",
        show_default=False,
    ),
]
_Sources = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="SOURCE", help="Only this source. Repeatable.", show_default=False),
]


def check(
    config: options.Config = None,
    order: _Order = None,
    source: _Sources = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Check configuration, accounts, carriers, clock and disk.

    It only reads. A line begins with ok, with warn (it works as it is, and may still be wrong) or with FAIL. What can
    be done about it is written below the line. Only FAIL changes the exit code.
    """
    with (
        answering(verbose=verbose, as_json=as_json) as answer,
        reading(config, verbose=verbose, sources=source or ()) as ctx,
    ):
        raise typer.Exit(int(_everything(ctx, answer) if order is None else _order(ctx, order, answer)))


def _everything(ctx: "Context", answer: Answer) -> ExitCode:
    from returnsync.cli.screen import console, print_hint, print_paragraph
    from returnsync.engine.ask import check as findings

    found, out = [], console()
    for subject, finding in chain(findings(ctx), _log(ctx), _notify(ctx)):
        found.append({"about": subject, **asdict(finding), "text": mask(finding.text)})
        if not answer.as_json:
            print_paragraph(out, f"{subject}: {finding.subject}: {finding.text}", first=f"{_word(finding)} ")
            if finding.next_step:
                print_hint(out, finding.next_step, indent=5, first="→ ")
    answer.give(found)
    wrong = [item for item in found if not item["ok"]]
    if any(not item["temporary"] for item in wrong):
        return ExitCode.CONFIG
    return ExitCode.TEMPORARY if wrong else ExitCode.DONE


def _log(ctx: "Context") -> "Iterator[tuple[str, Finding]]":
    """Whether the log can be written, if one is configured."""
    from returnsync.cli.log_file import trouble
    from returnsync.model import Finding

    settings = ctx.config.settings.log
    if settings is None:
        return
    wrong = trouble(settings)
    next_step = "" if wrong is None else "Give this user the right to it, or name another file in [log]."
    yield "log", Finding("file", ok=wrong is None, text=wrong or settings.file, next_step=next_step)


def _notify(ctx: "Context") -> "Iterator[tuple[str, Finding]]":
    """Whether what `[notify]` names exists and can be used. Nothing is sent."""
    from returnsync.model import Finding

    settings = ctx.config.settings.notify
    if settings is None:
        return
    for about, address in (("ping", settings.ping_url), ("webhook", settings.webhook)):
        if address is None:
            continue
        from returnsync.config.notify_settings import message_address

        try:
            message_address(address, ctx.config.base, about, ctx.stop)
            yield "notify", Finding(about, ok=True, text="the address can be used; nothing was sent")
        except ReturnsyncError as error:
            yield "notify", Finding(about, ok=False, text=error.what, next_step=error.next_step)
    if settings.command is not None:
        program = shlex.split(settings.command)[0]
        found = shutil.which(program)
        text = (
            f"{found} can be started; it was not started now"
            if found
            else f"there is no program {program} that this user may start"
        )
        next_step = "" if found else "Write its full path: under cron, PATH has only a few folders."
        yield "notify", Finding("command", ok=found is not None, text=text, next_step=next_step)
    if settings.metrics is not None:
        from returnsync.notify.metrics import same_series, trouble

        file = Path(settings.metrics)
        wrong = trouble(file)
        next_step = (
            "" if wrong is None else "Create the folder so that the exporter can read it and this user can write to it."
        )
        yield "notify", Finding("metrics", ok=wrong is None, text=wrong or settings.metrics, next_step=next_step)
        other = same_series(file, ctx.config.path.stem)
        if other is not None:
            text = f"{other} also has series of a configuration {ctx.config.path.stem}; the exporter refuses both files"
            next_step = (
                "Remove that file if nothing writes it any more. Otherwise give each configuration a name of its own."
            )
            yield "notify", Finding("metrics", ok=True, warning=True, text=text, next_step=next_step)


def _word(finding: "Finding") -> str:
    """The first word of a line. A warning does not change the exit code."""
    return "FAIL" if not finding.ok else "warn" if finding.warning else "ok  "


def _order(ctx: "Context", number: str, answer: Answer) -> ExitCode:
    from returnsync.cli.screen import console
    from returnsync.engine.orders import check_numbers
    from returnsync.engine.summary import worst

    found, out = [], console()
    for checked in check_numbers(ctx.db, ctx.numbers, ctx.accounts, ctx.chosen, number):
        found.append(checked)
        if not answer.as_json:
            _print(out, checked)
    answer.give(masked([checked.as_json() for checked in found]))
    return worst({checked.exit_code for checked in found})


def _print(out: "Console", checked: "NumberCheck") -> None:
    """Print the number at one source, what each rule makes of it, and what each warehouse shows for it."""
    from returnsync.cli.screen import print_hint, print_paragraph

    print_paragraph(out, f"{checked.source}: {checked.number}")
    for applied in checked.applied:
        note = f"  ({applied.note})" if applied.note else ""
        print_paragraph(out, f"{applied.rule}  becomes  {applied.number}{note}", indent=5)
    if not checked.verdict.ok:
        print_paragraph(out, f"{checked.source}: {checked.verdict.text}", first="FAIL ")
        print_hint(out, checked.verdict.next_step, indent=5, first="→ ")
    for answer in checked.answers:
        seen = f"{_order_in_words(answer)}: " if answer.order else ""
        text = f"{answer.warehouse}: order {checked.result}: {seen}{answer.verdict.text}"
        print_paragraph(out, text, first="ok   " if answer.verdict.ok else "FAIL ")
        if answer.verdict.next_step:
            print_hint(out, answer.verdict.next_step, indent=5, first="→ ")


def _order_in_words(answer: "WarehouseAnswer") -> str:
    order = answer.order
    if order is None:
        return ""
    lines = "1 line" if len(order.lines) == 1 else f"{len(order.lines)} lines"
    parts = (
        "deleted" if order.deleted else "shipped" if order.shipped else "not shipped",
        f"channel {order.channel or '(none)'}",
        lines,
    )
    return ", ".join(parts)
