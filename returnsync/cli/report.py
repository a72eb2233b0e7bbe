"""What commands print for a person: the summary of a run, what is held, where things stand."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from returnsync import clock
from returnsync.engine.summary import EVENTS, NOT_KNOWN
from returnsync.redact import mask, printable

if TYPE_CHECKING:
    from returnsync.engine.context import Context
from returnsync.engine.summary import Summary

_PLAIN_WIDTH = 160


class _Console(Console):
    """Shows what came from outside without the characters that would steer the terminal."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(printable(text), **options)


def console() -> Console:
    """Where results go: stdout, as wide as the terminal is, else wide enough for a line to stay a line."""
    made = _Console(highlight=False, soft_wrap=True)
    return made if made.is_terminal else _Console(highlight=False, soft_wrap=True, width=_PLAIN_WIDTH)


def print_summary(ctx: "Context", summary: "Summary") -> None:
    """The summary of a run."""
    tally, out = summary.tally, console()
    happened = [(event, tally[event]) for event in EVENTS if tally[event]]
    if summary.dry_run:
        print_decisions(tally.decisions)
    table = Table("source", "listed", "new", "changed", "set aside", "error", box=None, pad_edge=False)
    for name, source in sorted(tally.sources.items()):
        row = (source.listed, source.new, source.changed, source.set_aside)
        table.add_row(name, *map(str, row), escape(mask(source.error or "")))
    out.print(table)
    done = ", ".join(f"{number} {event.replace('_', ' ')}" for event, number in happened) or "Nothing done"
    if summary.dry_run:
        done = _would(summary)
    requests = ", ".join(f"{name} {number}" for name, number in summary.requests.items())
    stands = "" if summary.dry_run else f" Waiting: {summary.waiting}. Held: {summary.held}."
    out.print(f"{done}.{stands}")
    out.print(f"Requests: {requests}. Took {(summary.finished - summary.started).total_seconds():.1f} s.", style="dim")
    if tally.unpaired_reasons and not summary.dry_run:
        lines = sum(reason["lines"] for reason in tally.unpaired_reasons)
        said = ", ".join(dict.fromkeys(str(reason["words"]) for reason in tally.unpaired_reasons))
        went = "1 line went with its return reason" if lines == 1 else f"{lines} lines went with their return reasons"
        out.print(f"{went} in words alone, for want of a pair: {escape(said)}.")
        out.print(f"Pair them: returnsync map-reasons{_named(ctx)}", markup=False)
    if tally["labelled"]:
        out.print(f"Labels lie in {escape(str(ctx.labels.path))}.")
    if summary.held and not summary.dry_run:
        out.print(f"What needs you: returnsync held{_named(ctx)}", style="bold", markup=False)


def _would(summary: "Summary") -> str:
    """What a dry run found that a run would do; and of how much it could not find that out."""
    would = Counter(str(decision["would"]) for decision in summary.tally.decisions)
    unknown = would.pop(NOT_KNOWN, 0)
    found = ", ".join(f"{what} {number}" for what, number in sorted(would.items()))
    if unknown:
        of = "1 return" if unknown == 1 else f"{unknown} returns"
        text = f"What would be done for {of} is not known: the warehouse could not be asked"
        return f"Would {found}. {text}" if found else text
    if not found and summary.tally.troubles:
        return "What would be done is not known: not everything could be asked, as told above"
    return f"Would {found or 'do nothing'}"


def _named(ctx: "Context") -> str:
    """The configuration as the command line named it, for a command that is suggested."""
    return f" --config {ctx.named_config}" if ctx.named_config else ""


def print_decisions(decisions: Iterable[dict[str, object]]) -> None:
    """What a dry run would have done, one line an announcement."""
    table = Table("would", "code", "detail", box=None, pad_edge=False)
    for decision in sorted(decisions, key=lambda item: (str(item["would"]), str(item["code"]))):
        detail = decision.get("what") or decision.get("lines") or decision.get("carrier") or ""
        if isinstance(detail, list):
            detail = ", ".join(f"{line['quantity']} × {line['sku'] or line['order_line']}" for line in detail)
        if decision.get("lines") and decision.get("carrier"):
            detail = f"{detail}; label by {decision['carrier']} ({decision['chosen_by']})"
        table.add_row(str(decision["would"]), str(decision["code"]), escape(mask(str(detail))))
    console().print(table)


def print_held(found: Iterable[dict[str, str]]) -> None:
    """What is held, grouped by cause."""
    out = console()
    cause = ""
    for item in found:
        if item["cause"] != cause:
            if cause:
                out.print()
            cause = item["cause"]
            out.print(cause, style="bold")
        order = item["order_number"] or item["tracking_number"] or item["return_id"]
        made = f"  made {local(item['created'])[:10]}" if item["created"] else ""
        out.print(f"  {escape(order)}  {escape(item['source'])}  {escape(item['code'])}{made}")
        out.print(f"    {escape(mask(item['what']))}")
        if item["answer"]:
            out.print(f"    the warehouse said: {escape(item['answer'])}")
        out.print(f"    → {escape(item['next_step'])}")


def print_story(story: dict[str, Any]) -> None:
    """One return: what comes back, how far each announcement is, and what happened when."""
    out = console()
    if story["status"] or story["announcements"]:
        out.print(f"Return {story['return_id']} of {story['source']}: {story['status']}", style="bold", markup=False)
    else:
        out.print(f"Record {story['return_id']} of {story['source']}", style="bold", markup=False)
    for line in story["lines"]:
        text = f"  {line['quantity']} × {line['sku'] or line['title']} of order {line['order_number']}"
        out.print(text, f"({', '.join(line['reasons'])})" if line["reasons"] else "", markup=False)
    for record in story["set_aside"]:
        _print_aside(out, record)
    for item in story["announcements"]:
        out.print(f"  {item['code']}: {item['progress']} {item['cause']}".rstrip(), style="bold", markup=False)
        for text in (item["what"], item["answer"], item["next_step"]):
            if text:
                out.print(f"    {mask(text)}", markup=False)
        for label in item["labels"]:
            out.print(f"    label {label['file']} {label['tracking_link']}", markup=False)
    for entry in story["history"]:
        detail = ", ".join(f"{key}: {_short(value)}" for key, value in entry["detail"].items() if value)
        out.print(f"  {local(entry['at'])}  {entry['event']}", f"({detail})" if detail else "", markup=False)


def _print_aside(out: Console, record: dict[str, Any]) -> None:
    """A record that could not be read: what it tells of itself, what is wrong, what to do."""
    known = {"order": record["order_number"], "parcel": record["tracking_number"], "made": local(record["created"])}
    known_by = ", ".join(f"{name} {value}" for name, value in known.items() if value)
    state = "released" if record["is_released"] else f"held {record['cause']}"
    out.print(f"  {record['code']}: {state}", style="bold", markup=False)
    for text in (known_by, record["what"], f"Tried {record['tries']} times, last {local(record['tried_at'])}."):
        if text:
            out.print(f"    {mask(text)}", markup=False)
    if not record["is_released"]:
        out.print(f"    {mask(record['next_step'])}", markup=False)


def _short(value: object) -> str:
    """A detail of the story as a few words."""
    if isinstance(value, dict):
        forecast = value.get("forecast", value)
        lines = forecast.get("lines") if isinstance(forecast, dict) else None
        if lines:
            return ", ".join(f"{line['quantity']} × {line['sku'] or line['order_line_id']}" for line in lines)
        return ", ".join(f"{key} {item}" for key, item in value.items())
    return str(value)


def print_status(content: dict[str, Any]) -> None:
    """Sources, counts and the last runs; times as the clock on the wall shows them."""
    out = console()
    table = Table("source", "read up to", "last success", "announcements", box=None, pad_edge=False)
    for source in content["sources"]:
        counts = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in source["announcements"].items())
        name = source["name"] if source["configured"] else f"{source['name']} (no longer configured)"
        success = local(source["last_success"], "never") + (" (stale)" if source["stale"] else "")
        table.add_row(escape(name), local(source["read_up_to"], "never read"), success, counts or "none yet")
    out.print(table)
    for item in content["out"]:
        what = "label calls stopped" if item["kind"] == "labels" else "out"
        out.print(escape(f"{item['account']}: {what} since {local(item['since'])} ({item['why']})"))
    for source in content["sources"]:
        if source["refused_since"] and source["configured"]:
            since = local(source["refused_since"])
            out.print(escape(f"{source['name']}: refused by the guard since {since}. Why: returnsync run --dry-run"))
            out.print(escape(f"  If it is right: returnsync run --yes --source {source['name']}"))
    for text in content["warnings"]:
        out.print(escape(mask(text)))
    oldest = local(content["oldest_open"], "none")
    out.print(f"Waiting: {content['waiting']}. Held: {content['held']}. Oldest open: {oldest}.")
    runs = Table("run", "command", "started", "finished", "exit code", box=None, pad_edge=False)
    for run in content["runs"]:
        finished = local(run["finished"], "at work, or killed")
        code = "" if run["exit_code"] is None else str(run["exit_code"])
        runs.add_row(run["run"], run["command"], local(run["started"]), finished, code)
    out.print(runs)


def local(stamp: str | None, without: str = "") -> str:
    """A moment as the clock on the wall shows it, with the name of its zone."""
    return f"{clock.parse(stamp).astimezone():%Y-%m-%d %H:%M:%S %Z}" if stamp else without
