"""Prints what is held or waits, grouped by cause."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from rich.console import Console

from returnsync import clock
from returnsync.cli.report import local
from returnsync.cli.screen import console, print_hint, print_paragraph


def print_held(found: Iterable[Mapping[str, Any]], more: Mapping[str, int], how: Sequence[str]) -> None:
    """Print what is held or waits, grouped by cause; if it waits, with the time of its next try.

    `more` says how many entries of each cause are left out, and `how` is the command that listed them.
    """
    out = console()
    for number, (cause, group) in enumerate(groupby(found, key=itemgetter("cause"))):
        items = list(group)
        if number:
            out.print()
        _print_cause(out, items)
        if left := more.get(cause):
            whole = shlex.join(["returnsync", *how, "--cause", cause, "--limit", str(len(items) + left)])
            print_hint(out, f"And {left} more of {cause}. All of them: {whole}", indent=2)


def _print_cause(out: Console, items: Sequence[Mapping[str, Any]]) -> None:
    cause, meaning, docs = (items[0][name] for name in ("cause", "meaning", "docs"))
    print_paragraph(out, f"{cause}: {meaning}" if meaning else cause, style="bold")
    if docs:
        print_paragraph(out, f"More: {docs}", indent=2, style="dim")
    for item in items:
        print_paragraph(out, _first_line(item), indent=2)
        print_paragraph(out, item["what"], indent=4)
        if item["answer"]:
            print_paragraph(out, f"the warehouse said: {item['answer']}", indent=4)
        print_hint(out, item["next_step"], indent=4, first="→ ")


def _first_line(item: Mapping[str, Any]) -> str:
    """Which entry it is, when its return was created, and for how long it has been held or has waited."""
    order = item["order_number"] or item["tracking_number"] or item["return_id"]
    parts = [order, item["source"], item["code"]]
    if item["created"]:
        parts.append(f"made {local(item['created'])[:10]}")
    parts.append(f"{'waits' if 'next_try' in item else 'held'} {age(item['since'])}")
    if item.get("next_try"):
        parts.append(f"next try {local(item['next_try'])}")
    return "  ".join(parts)


def age(since: str) -> str:
    """How long ago a moment was, in its largest unit: `3 days`, `5 hours`, `12 minutes`."""
    passed = max(clock.now() - clock.parse(since), timedelta(0))
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if number := passed // length:
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "less than a minute"
