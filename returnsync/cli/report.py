"""What commands print for a person: the summary of a run, what is held, and the status."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from returnsync import clock
from returnsync.cli.screen import console, print_hint, print_paragraph, print_table
from returnsync.engine.summary import EVENTS, NOT_KNOWN, Summary

if TYPE_CHECKING:
    from returnsync.engine.context import Context

# Of the reasons that went in words alone, this many are named: those of the most lines.
_REASONS_SHOWN = 5


def print_summary(ctx: "Context", summary: Summary) -> None:
    """Print the summary of a run."""
    tally, out = summary.tally, console()
    happened = [(event, tally[event]) for event in EVENTS if tally[event]]
    if summary.dry_run:
        print_decisions(tally.decisions)
    rows = [
        (name, *map(str, (source.listed, source.new, source.changed, source.set_aside)), source.error or "")
        for name, source in sorted(tally.sources.items())
    ]
    print_table(out, ("source", "listed", "new", "changed", "set aside", "error"), rows)
    done = ", ".join(f"{number} {event.replace('_', ' ')}" for event, number in happened) or "Nothing done"
    if summary.dry_run:
        done = _would(summary)
    kept_back = [(name, source.kept_back) for name, source in sorted(tally.sources.items()) if source.only is not None]
    requests = ", ".join(f"{name} {number}" for name, number in summary.requests.items()) or "none"
    stands = "" if summary.dry_run else f" Waiting: {summary.waiting}. Held: {summary.held}."
    print_paragraph(out, f"{done}.{stands}")
    for name, number in kept_back:
        print_paragraph(out, f"Kept back, since `only` of {name} names other orders: {number}.")
    if any(number for _, number in kept_back) and not summary.dry_run:
        print_hint(out, "Which these are: returnsync held --waiting --cause not-in-only")
    took = (summary.finished - summary.started).total_seconds()
    print_paragraph(out, f"Requests: {requests}. Took {took:.1f} s.", style="dim")
    if tally.unpaired_reasons and not summary.dry_run:
        lines = sum(reason["lines"] for reason in tally.unpaired_reasons)
        words = Counter[str]()
        for reason in tally.unpaired_reasons:
            words[str(reason["words"])] += reason["lines"]
        more = f" and {len(words) - _REASONS_SHOWN} more" if len(words) > _REASONS_SHOWN else ""
        said = ", ".join(text for text, _ in words.most_common(_REASONS_SHOWN)) + more
        went = (
            "1 line was announced with its return reason"
            if lines == 1
            else f"{lines} lines were announced with their return reasons"
        )
        print_paragraph(out, f"{went} as text only, since they are not paired: {said}.")
        print_hint(out, "Pair them: returnsync map-reasons")
    if tally["erased"]:
        returned = "1 return" if tally["erased"] == 1 else f"{tally['erased']} returns"
        print_paragraph(out, f"Personal data erased, as `retention_days` says: {returned}.")
    if tally["labelled"]:
        print_paragraph(out, f"The labels are in {ctx.labels.path}")
    if summary.held and not summary.dry_run:
        print_hint(out, "What needs you: returnsync held")


def _would(summary: Summary) -> str:
    """What a run would do, as the dry run found; and for how many returns it could not find that out."""
    would = Counter(str(decision["would"]) for decision in summary.tally.decisions)
    unknown = would.pop(NOT_KNOWN, 0)
    found = ", ".join(f"{what} {number}" for what, number in sorted(would.items()))
    if unknown:
        of = "1 return" if unknown == 1 else f"{unknown} returns"
        text = f"What would be done for {of} is not known: the warehouse could not be asked"
        return f"Would {found}. {text}" if found else text
    if not found and summary.tally.troubles:
        return "What would be done is not known: not everything could be asked, as printed above"
    return f"Would {found or 'do nothing'}"


def print_decisions(decisions: Iterable[dict[str, object]]) -> None:
    """Print what a run would do, one line for each announcement."""
    rows = []
    for decision in sorted(decisions, key=lambda item: (str(item["would"]), str(item["code"]))):
        detail = decision.get("what") or decision.get("lines") or decision.get("carrier") or ""
        if isinstance(detail, list):
            detail = ", ".join(f"{line['quantity']} × {line['sku'] or line['order_line']}" for line in detail)
        if decision.get("lines") and decision.get("carrier"):
            detail = f"{detail}; label by {decision['carrier']} ({decision['chosen_by']})"
        rows.append((str(decision["would"]), str(decision["code"]), str(detail)))
    print_table(console(), ("would", "code", "detail"), rows)


def print_status(content: dict[str, Any]) -> None:
    """Print sources, counts and the last runs; times are in the local time zone."""
    from returnsync.engine.tell import kept_in_words

    out = console()
    rows = []
    for source in content["sources"]:
        counts = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in source["announcements"].items())
        name = source["name"] if source["configured"] else f"{source['name']} (no longer configured)"
        success = local(source["last_success"], "never") + (" (stale)" if source["stale"] else "")
        rows.append((name, local(source["read_up_to"], "never read"), success, counts or "none yet"))
    print_table(out, ("source", "read up to", "last success", "announcements"), rows)
    for item in content["out"]:
        what = "no labels are made" if item["kind"] == "labels" else "cannot be used"
        print_paragraph(out, f"{item['account']}: {what} since {local(item['since'])} ({item['why']})")
        for code in item["codes"]:
            print_hint(out, f"A return that waits for this, with what the warehouse said: returnsync show {code}")
    for source in content["sources"]:
        if source["refused_since"] and source["configured"]:
            since = local(source["refused_since"])
            print_hint(
                out,
                f"{source['name']}: refused by the guard since {since}, because it looks like an accident. If the "
                f"number is right: returnsync run --yes --source {source['name']}",
            )
    for text in content["warnings"]:
        print_paragraph(out, text)
    oldest = local(content["oldest_open"], "none")
    print_paragraph(out, f"Waiting: {content['waiting']}. Held: {content['held']}. Oldest open: {oldest}.")
    if kept := kept_in_words(content["personal_data"]):
        print_paragraph(out, f"Personal data: {kept}.")
    runs = [
        (
            run["run"],
            run["command"],
            local(run["started"]),
            _took(run),
            "" if run["exit_code"] is None else str(run["exit_code"]),
        )
        for run in content["runs"]
    ]
    print_table(out, ("run", "command", "started", "took", "exit code"), runs)
    last = next((run for run in content["runs"] if run["command"] == "run"), None)
    if last is not None and last["error"]:
        print_hint(out, f"The last run: {last['error']['what']} {last['error']['next_step']}".rstrip())
    for refused in last["refused"] if last else ():
        print_paragraph(out, f"The last run: {refused}")


def _took(run: dict[str, Any]) -> str:
    if not run["finished"]:
        return "still running, or killed"
    return f"{(clock.parse(run['finished']) - clock.parse(run['started'])).total_seconds():.1f} s"


def local(stamp: str | None, without: str = "") -> str:
    """A moment in the local time zone, with the name of the zone."""
    return f"{clock.parse(stamp).astimezone():%Y-%m-%d %H:%M:%S %Z}" if stamp else without
