"""What commands print for a person: the summary of a run, what is held, where things stand."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console

from returnsync import clock
from returnsync.cli.screen import console, print_hint, print_paragraph, print_table
from returnsync.engine.summary import EVENTS, NOT_KNOWN, Summary

if TYPE_CHECKING:
    from returnsync.engine.context import Context


def print_summary(ctx: "Context", summary: Summary) -> None:
    """The summary of a run."""
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
    requests = ", ".join(f"{name} {number}" for name, number in summary.requests.items()) or "none"
    stands = "" if summary.dry_run else f" Waiting: {summary.waiting}. Held: {summary.held}."
    print_paragraph(out, f"{done}.{stands}")
    took = (summary.finished - summary.started).total_seconds()
    print_paragraph(out, f"Requests: {requests}. Took {took:.1f} s.", style="dim")
    if tally.unpaired_reasons and not summary.dry_run:
        lines = sum(reason["lines"] for reason in tally.unpaired_reasons)
        said = ", ".join(dict.fromkeys(str(reason["words"]) for reason in tally.unpaired_reasons))
        went = "1 line went with its return reason" if lines == 1 else f"{lines} lines went with their return reasons"
        print_paragraph(out, f"{went} in words alone, for want of a pair: {said}.")
        print_hint(out, "Pair them: returnsync map-reasons")
    if tally["erased"]:
        returned = "1 return" if tally["erased"] == 1 else f"{tally['erased']} returns"
        print_paragraph(out, f"Personal data erased, as `retention_days` says: {returned}.")
    if tally["labelled"]:
        print_paragraph(out, f"Labels lie in {ctx.labels.path}")
    if summary.held and not summary.dry_run:
        print_hint(out, "What needs you: returnsync held")


def _would(summary: Summary) -> str:
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


def print_decisions(decisions: Iterable[dict[str, object]]) -> None:
    """What a dry run would have done, one line an announcement."""
    rows = []
    for decision in sorted(decisions, key=lambda item: (str(item["would"]), str(item["code"]))):
        detail = decision.get("what") or decision.get("lines") or decision.get("carrier") or ""
        if isinstance(detail, list):
            detail = ", ".join(f"{line['quantity']} × {line['sku'] or line['order_line']}" for line in detail)
        if decision.get("lines") and decision.get("carrier"):
            detail = f"{detail}; label by {decision['carrier']} ({decision['chosen_by']})"
        rows.append((str(decision["would"]), str(decision["code"]), str(detail)))
    print_table(console(), ("would", "code", "detail"), rows)


def print_held(found: Iterable[dict[str, str]]) -> None:
    """What is held, grouped by cause."""
    out = console()
    cause = ""
    for item in found:
        if item["cause"] != cause:
            if cause:
                out.print()
            cause = item["cause"]
            print_paragraph(out, f"{cause}: {item['meaning']}" if item["meaning"] else cause, style="bold")
            if item["docs"]:
                print_paragraph(out, f"More: {item['docs']}", indent=2, style="dim")
        order = item["order_number"] or item["tracking_number"] or item["return_id"]
        made = f"  made {local(item['created'])[:10]}" if item["created"] else ""
        print_paragraph(out, f"{order}  {item['source']}  {item['code']}{made}", indent=2)
        print_paragraph(out, item["what"], indent=4)
        if item["answer"]:
            print_paragraph(out, f"the warehouse said: {item['answer']}", indent=4)
        print_hint(out, item["next_step"], indent=4, first="→ ")


def print_story(story: dict[str, Any]) -> None:
    """One return: what comes back, how far each announcement is, and what happened when."""
    out = console()
    if story["status"] or story["announcements"]:
        out.print(f"Return {story['return_id']} of {story['source']}: {story['status']}", style="bold", markup=False)
    else:
        out.print(f"Record {story['return_id']} of {story['source']}", style="bold", markup=False)
    if story["erased_at"]:
        print_paragraph(out, f"Its personal data were erased: {local(story['erased_at'])}.", indent=2)
    for line in story["lines"]:
        reasons = f" ({', '.join(line['reasons'])})" if line["reasons"] else ""
        text = f"{line['quantity']} × {line['sku'] or line['title']} of order {line['order_number']}{reasons}"
        print_paragraph(out, text, indent=2)
    for record in story["set_aside"]:
        _print_aside(out, record)
    for item in story["announcements"]:
        _print_announcement(out, item)
    told = {item["what"] for item in story["announcements"]}
    for entry in story["history"]:
        # What holds it now is told above, whole.
        known = {key: value for key, value in entry["detail"].items() if not (key == "what" and value in told)}
        known |= {key: local(value) for key, value in known.items() if key == "until" and value}
        detail = ", ".join(f"{key}: {_short(value)}" for key, value in known.items() if value)
        text = f"{entry['event']}{f' ({detail})' if detail else ''}"
        print_paragraph(out, text, indent=2, first=f"{local(entry['at'])}  ")


def _print_announcement(out: Console, item: dict[str, Any]) -> None:
    out.print(f"  {item['code']}: {item['progress']} {item['cause']}".rstrip(), style="bold", markup=False)
    for text in (item["what"], f"the warehouse said: {item['answer']}" if item["answer"] else ""):
        if text:
            print_paragraph(out, text, indent=4)
    if item["next_step"]:
        print_hint(out, item["next_step"], indent=4, first="→ ")
    for label in item["labels"]:
        removed = f", removed {local(label['removed_at'])}" if label["removed_at"] else ""
        out.print(f"    label {label['path']}{removed}", markup=False)
        if label["tracking_link"]:
            out.print(f"    tracking {label['tracking_link']}", markup=False)


def _print_aside(out: Console, record: dict[str, Any]) -> None:
    """A record that could not be read: what it tells of itself, what is wrong, what to do."""
    known = {"order": record["order_number"], "parcel": record["tracking_number"], "made": local(record["created"])}
    known_by = ", ".join(f"{name} {value}" for name, value in known.items() if value)
    state = "released" if record["is_released"] else f"held {record['cause']}"
    out.print(f"  {record['code']}: {state}", style="bold", markup=False)
    for text in (known_by, record["what"], f"Tried {record['tries']} times, last {local(record['tried_at'])}."):
        if text:
            print_paragraph(out, text, indent=4)
    if not record["is_released"]:
        print_hint(out, record["next_step"], indent=4, first="→ ")


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
    from returnsync.engine.ask import kept_in_words

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
            print_hint(out, f"One that waits for that, and what the warehouse said: returnsync show {code}")
    for source in content["sources"]:
        if source["refused_since"] and source["configured"]:
            since = local(source["refused_since"])
            print_hint(
                out,
                f"{source['name']}: refused by the guard since {since}, since it looks like an accident. If it is "
                f"right: returnsync run --yes --source {source['name']}",
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
        return "at work, or killed"
    return f"{(clock.parse(run['finished']) - clock.parse(run['started'])).total_seconds():.1f} s"


def local(stamp: str | None, without: str = "") -> str:
    """A moment as the clock on the wall shows it, with the name of its zone."""
    return f"{clock.parse(stamp).astimezone():%Y-%m-%d %H:%M:%S %Z}" if stamp else without
