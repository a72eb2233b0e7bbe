"""The figures as Markdown, and their place in a page."""

import os
import platform
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

BEGIN = "<!-- figures: begin, written by benchmarks/run.py -->"
END = "<!-- figures: end -->"

_GIB = 2**30
_KIB_PER_MIB = 1024


def write(path: Path, text: str) -> None:
    """Put the figures between the two markers of a page; the rest of the page stays.

    Raises:
        ValueError: the page does not have both markers.
    """
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{path} has no place for the figures: {BEGIN} … {END}")
    path.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


def render(found: dict[str, Any]) -> str:
    """Every part that was measured, each with the command that measures it."""
    parts = (
        f"### {_TITLES[part]}\n\n`python benchmarks/run.py --only {part}`\n\n{_RENDER[part](content)}"
        for part, content in found.items()
    )
    return "\n\n".join((_machine(), *parts)) + "\n"


def _machine() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} on {cores} cores with {memory:.0f} GiB of memory: "
        f"{platform.system()} {platform.machine()}, {platform.python_implementation()} {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _new(content: list[dict[str, Any]]) -> str:
    calls = _table(
        ("answers take", "new returns", "Monta requests each", "creates each", "label calls each", "made twice"),
        (
            (
                _ms(item["latency"]),
                f"{item['returns']:,}",
                _same(item, "monta_requests_per_return"),
                _same(item, "creates_per_return"),
                _same(item, "labels_per_return"),
                _same(item, "made_twice"),
            )
            for item in content
        ),
    )
    platform = (
        f"Returnista gets {_same(content[0], 'returnista_requests')} requests in all for "
        f"{content[0]['returns']:,} new returns: one for each page."
    )
    times = _table(
        ("answers take", "program", "returns per second", "CPU per return", "peak memory", "CPU against the loop"),
        (
            (_ms(item["latency"]), title, *_speed(item[name]), ratio)
            for item in content
            for name, title, ratio in (
                ("ours", "returnsync", f"**{item['cpu_ratio']:.2f}**"),
                ("unsynced", "the same, not waiting for the disk", f"{item['unsynced_cpu_ratio']:.2f}"),
                ("bare", "plain loop", "1"),
            )
        ),
    )
    rounds = ", ".join(f"{item['rounds']} with {_ms(item['latency'])}" for item in content)
    return f"{calls}\n\n{platform}\n\n{times}\n\nMedians; rounds in turn: {rounds}."


def _same(item: dict[str, Any], key: str) -> str:
    """A count that should be the same in every run; if it is not, all values that occurred."""
    return " or ".join(f"{value:g}" for value in sorted({calls[key] for calls in item["calls"]}))


def _delivery(content: dict[str, Any]) -> str:
    head = (
        "answers take",
        "returnsync",
        "plain loop",
        "returnsync against the loop",
        "nothing but waiting for answers",
        "returnsync of that",
        "plain loop of that",
    )
    times = _table(head, map(_delivery_row, content["pairs"]))
    rounds = ", ".join(f"{pair['rounds']} with {_ms(pair['latency'])}" for pair in content["pairs"])
    return (
        f"{times}\n\nReturns per second, {content['threads']} at a time, over {content['returns']:,} returns. "
        f"Medians; rounds in turn: {rounds}.\n\n"
        f"In its delivery each return waits for the disk {_waits(content, 'commits')} times to commit to the state, "
        f"and {_waits(content, 'file_syncs')} times for its label's file and folder."
    )


def _waits(content: dict[str, Any], what: str) -> str:
    """How often a return waits; if that is not the same in every run, all values that occurred."""
    return " or ".join(
        f"{value:g}" for value in sorted({run[what] for pair in content["pairs"] for run in pair["waits"]})
    )


def _delivery_row(pair: dict[str, Any]) -> tuple[str, ...]:
    ideal = pair["ideal"]
    shares = (
        ("", "", "") if ideal is None else (f"{ideal:.1f}", *(f"{pair[who] / ideal:.1%}" for who in ("ours", "bare")))
    )
    return (_ms(pair["latency"]), f"{pair['ours']:.1f}", f"{pair['bare']:.1f}", f"**{pair['ratio']:.2f}**", *shares)


def _memory(content: list[dict[str, Any]]) -> str:
    rows = ((f"{item['returns']:,}", f"{item['memory_mib']:.1f} MiB") for item in content)
    table = _table(("new returns in one run", "peak memory"), rows)
    few, many = content[0], content[-1]
    each = _KIB_PER_MIB * (many["memory_mib"] - few["memory_mib"]) / (many["returns"] - few["returns"])
    return f"{table}\n\nThat is {each:.1f} KiB for each further return."


def _concurrency(content: list[dict[str, Any]]) -> str:
    rows = ((_ms(item["latency"]), f"{item['concurrency']}", *_speed(item)) for item in content)
    return _table(("answers take", "orders at a time", "returns per second", "CPU per return", "peak memory"), rows)


def _idle(content: dict[str, Any]) -> str:
    runs = content["runs"]
    counts = _table(
        ("returns in state", "state file", "requests", "effects", "SQL statements", "commits", "SQLite instructions"),
        (
            (
                f"{item['in_state']:,}",
                f"{item['state_mib']:.0f} MiB",
                ", ".join(f"{calls} × {route}" for route, calls in item["requests"].items() if calls),
                f"{item['effects']}",
                f"{item['statements']}",
                f"{item['commits']}",
                f"{item['steps']:,}",
            )
            for item in runs
        ),
    )
    times = _table(
        ("returns in state", "returnsync run", "import requests", "ratio of wall times", "of CPU times", "peak memory"),
        ((f"{item['in_state']:,}", *_against(item), f"{item['memory_mib']:.1f} MiB") for item in runs),
    )
    few, many = runs[0], runs[-1]
    growth = (
        f"From {few['in_state']:,} to {many['in_state']:,} returns in state the wall time grows by a factor of "
        f"{many['wall_ratio'] / few['wall_ratio']:.2f} (each against `import requests` at the same time; "
        f"medians of {many['rounds']} rounds in turn), "
        f"and SQLite's work by one of **{many['steps'] / few['steps']:.2f}**."
    )
    return f"{counts}\n\n{times}\n\n{growth}"


def _asking(content: dict[str, Any]) -> str:
    rows = ((f"`returnsync {item['command']}`", *_against(item)) for item in content["commands"])
    table = _table(("command", "wall", "import requests", "ratio of wall times", "of CPU times"), rows)
    rounds = content["commands"][0]["rounds"]
    return (
        f"With {content['in_state']:,} returns in state, {content['held']:,} of them held.\n\n{table}\n\n"
        f"Medians of {rounds} rounds in turn."
    )


def _start_up(content: list[dict[str, Any]]) -> str:
    rows = ((f"`{item['command']}`", *_against(item)) for item in content)
    table = _table(("command", "wall", "import typer", "ratio of wall times", "of CPU times"), rows)
    return f"{table}\n\nMedians of {content[0]['rounds']} rounds in turn."


def _speed(item: dict[str, Any]) -> tuple[str, str, str]:
    return f"{item['per_second']:.0f}", f"{item['cpu_ms']:.2f} ms", f"{item['memory_mib']:.1f} MiB"


def _against(item: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        f"{item['wall_ms']:.0f} ms",
        f"{item['other_wall_ms']:.0f} ms",
        f"**{item['wall_ratio']:.2f}**",
        f"{item['cpu_ratio']:.2f}",
    )


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:g} ms"


_TITLES = {
    "new": "New returns",
    "delivery": "Delivery alone",
    "memory": "Memory",
    "concurrency": "Orders at a time",
    "idle": "Nothing to do",
    "asking": "Commands that only read a full state",
    "start-up": "Start-up",
}
_RENDER = {
    "new": _new,
    "delivery": _delivery,
    "memory": _memory,
    "concurrency": _concurrency,
    "idle": _idle,
    "asking": _asking,
    "start-up": _start_up,
}
