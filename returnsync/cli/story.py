"""Prints the story of a return: what comes back, the state of each announcement, and what happened when."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from rich.console import Console

from returnsync.cli.report import local
from returnsync.cli.screen import console, print_hint, print_paragraph
from returnsync.model import Cause

# Characters that control a terminal, begin a line or are invalid. JSON itself escapes those of ASCII.
_NOT_SHOWN = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def print_story(story: Mapping[str, Any], *, with_history: bool = True) -> None:
    """Print one return, or one record that could not be read, as `show --json` gives it."""
    out = console()
    is_return = story["status"] or story["announcements"]
    what = f"{'Return' if is_return else 'Record'} {story['return_id']} of {story['source']}"
    print_paragraph(out, f"{what}: {story['status']}" if is_return else what, style="bold")
    if story["return_number"] not in ("", story["return_id"]):
        print_paragraph(out, f"Its number is {story['return_number']}.", indent=2)
    if story["erased_at"]:
        print_paragraph(out, f"Its personal data were erased on {local(story['erased_at'])}.", indent=2)
    for line in story["lines"]:
        reasons = f" ({', '.join(line['reasons'])})" if line["reasons"] else ""
        text = f"{line['quantity']} × {line['sku'] or line['title']} of order {line['order_number']}{reasons}"
        print_paragraph(out, text, indent=2)
    for record in story["set_aside"]:
        _print_aside(out, record)
    for item in story["announcements"]:
        _print_announcement(out, item)
    if with_history:
        _print_history(out, story)


def print_raw(story: Mapping[str, Any]) -> None:
    """Print the platform's own records of a return, as `show --raw --json` gives them: indented JSON, masked."""
    out = console()
    read_now = len(story["raw"]) - story["raw_kept"]
    if read_now:
        at = f"The platform's own record, as read just now at {local(story['raw_read_at'])}:"
        print_paragraph(out, at, indent=2, style="bold")
        if story["erased_at"]:
            print_paragraph(
                out, "Its personal data were erased here, so the record is masked even with --private.", indent=2
            )
    for record in story["raw"][:read_now]:
        _print_json(out, record)
    if story["raw_error"]:
        what = f"The platform's own record could not be read: {story['raw_error']['what']}"
        print_paragraph(out, what, indent=2)
    if story["raw_kept"]:
        kept = "The platform's own record that cannot be read, as it is kept here:"
        print_paragraph(out, kept, indent=2, style="bold")
    for record in story["raw"][read_now:]:
        _print_json(out, record)


def _print_json(out: Console, record: Any) -> None:
    """Print JSON that stays the same when it is pasted, and in which nothing controls the terminal."""
    text = json.dumps(record, indent=2, ensure_ascii=False)
    for line in _NOT_SHOWN.sub(lambda found: json.dumps(found[0])[1:-1], text).split("\n"):
        out.file.write(f"  {line}\n")


def _said(item: Mapping[str, Any]) -> str:
    """The answer, and who gave it; empty if there was none."""
    who = {
        Cause.ADDRESS_REFUSED: "mail server",
        Cause.HAND_OVER_FAILED: "other side",
        Cause.HAND_OVER_REFUSED: "program",
    }.get(item["cause"], "warehouse")
    return f"The {who} said: {item['answer']}" if item["answer"] else ""


def _print_announcement(out: Console, item: Mapping[str, Any]) -> None:
    is_done = item["progress"] == "settled" and item["labels"]
    state = "labelled" if is_done else item["progress"].replace("_", " ")
    out.print(f"  {item['code']}: {state} {item['cause']}".rstrip(), style="bold", markup=False)
    for text in (item["what"], _said(item)):
        if text:
            print_paragraph(out, text, indent=4)
    if item["due_at"]:
        print_paragraph(out, f"Next try: {local(item['due_at'])}, or with the first run after that.", indent=4)
    if item["next_step"]:
        print_hint(out, item["next_step"], indent=4, first="→ ")
    if item["sent"]:
        _print_sent(out, item["warehouse"], item["sent"])
    for label in item["labels"]:
        removed = f", removed {local(label['removed_at'])}" if label["removed_at"] else ""
        out.print(f"    label {label['path']}{removed}", markup=False)
        if label["tracking_link"]:
            out.print(f"    tracking {label['tracking_link']}", markup=False)


def _print_sent(out: Console, warehouse: str, sent: Mapping[str, Any]) -> None:
    """Print what was sent to the warehouse, each part with the rule that made it."""
    made = "".join(f", made {rule['number']} by {rule['rule']}" for rule in sent["order_rules"])
    print_paragraph(out, f"order at {warehouse}: {sent['order_number']}{made}", indent=4)
    for line in sent["lines"]:
        article = f"{line['quantity']} × {line['sku'] or line['order_line_id']}"
        article += f", found by {line['matched_by']}" if line["matched_by"] else ""
        reason = f"; reason {line['reason']!r}, {line['reason_by']}" if line["reason"] else ""
        print_paragraph(out, f"announced: {article}{reason}", indent=4)
    if sent["now"]:
        shown = ", ".join(f"{line['quantity']} × {line['sku']}" for line in sent["now"])
        print_paragraph(out, f"the platform shows now: {shown}", indent=4)
    if sent["carrier"]:
        why = f", {sent['carrier_by']}" if sent["carrier_by"] else ""
        print_paragraph(out, f"carrier: {sent['carrier']}{why}", indent=4)


def _print_aside(out: Console, record: Mapping[str, Any]) -> None:
    """Print a record that could not be read: what is known of it, what is wrong, and what to do."""
    known = {"order": record["order_number"], "parcel": record["tracking_number"], "made": local(record["created"])}
    known_by = ", ".join(f"{name} {value}" for name, value in known.items() if value)
    state = "released" if record["is_released"] else f"held {record['cause']}"
    out.print(f"  {record['code']}: {state}", style="bold", markup=False)
    for text in (known_by, record["what"], f"Tried {record['tries']} times, last {local(record['tried_at'])}."):
        if text:
            print_paragraph(out, text, indent=4)
    if not record["is_released"]:
        print_hint(out, record["next_step"], indent=4, first="→ ")


def _print_history(out: Console, story: Mapping[str, Any]) -> None:
    told = {item["what"] for item in story["announcements"]}
    happened = [(entry["at"], entry["code"], _sentence(entry, told)) for entry in story["history"]]
    if story["created"] and happened:
        happened.insert(0, (story["created"], "", "Made at the platform."))
    several = len(story["announcements"]) > 1
    for at, code, text in happened:
        which = f"{code}: " if several and code else ""
        print_paragraph(out, f"{which}{text}", indent=2, first=f"{local(at)}  ")


def _sentence(entry: Mapping[str, Any], told: Collection[str]) -> str:
    """What happened. The reason is left out if it is still true, since it stands above then."""
    text, why = str(entry["text"]), entry["detail"].get("what")
    return f"{text.removesuffix(f': {why}')}." if why in told and text.endswith(f": {why}") else text
