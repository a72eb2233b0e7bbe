"""The JSON that each command prints, described once: `docs/reference.md` shows it, and tests hold real output to it.

Nothing here is loaded when a command runs. When a command gets `--json`, or a key is added to what it prints, add it
here: tests fail when they meet a key that is not described.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from returnsync.cli.schemas import compared, figures, lists, runs, setting_up
from returnsync.cli.schemas.shape import Failure
from returnsync.cli.schemas.story import Story
from returnsync.cli.schemas.writing import tidied

PRINTED: Mapping[str, Any] = {
    "run": runs.Run,
    "replay": runs.Replay,
    "held": list[lists.Held] | Failure,
    "held retry": lists.Acted | Failure,
    "held release": lists.Acted | Failure,
    "held take-back": lists.Acted | Failure,
    "held resolve": lists.ResolvedLabels | lists.ResolvedRecord | Failure,
    "labels": list[lists.ListedLabel] | Failure,
    "labels copy": lists.Copied | Failure,
    "labels verify": lists.Verified | Failure,
    "labels send": runs.Run | Failure,
    "mail": lists.WrittenMails | Failure,
    "map-reasons": setting_up.Reasons
    | setting_up.Problems
    | setting_up.PairedByLikeness
    | setting_up.Imported
    | Failure,
    "returns": list[lists.ListedReturn] | int | Failure,
    "show": list[Story] | Failure,
    "status": runs.Status | Failure,
    "reconcile": compared.Reconciled | Failure,
    "report": figures.Report | Failure,
    "export": lists.Exported,
    "purge": lists.Purged | Failure,
    "check": list[setting_up.CheckedLine] | list[setting_up.CheckedNumber] | Failure,
    "accept-account": setting_up.Accepted | Failure,
}
"""What each command prints with `--json`, by its whole name; `export` prints one such object a line without it."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def command_of(words: Sequence[str]) -> str:
    """The whole name of the command in a command line, if it prints JSON; empty for another one."""
    name = words[0] if words else ""
    inner = {known.removeprefix(f"{name} ") for known in PRINTED if known.startswith(f"{name} ")}
    whole = next((f"{name} {word}" for word in words[1:] if word in inner), name)
    return whole if whole in PRINTED else ""


@cache
def adapter(command: str) -> TypeAdapter[Any]:
    """A reader for the output of a command; it raises if anything in the output is not described."""
    return TypeAdapter(PRINTED[command])


def schema_of(command: str) -> dict[str, Any]:
    """The JSON Schema of what a command prints."""
    of = command if command == "export" else f"{command} --json"
    made = adapter(command).json_schema()
    if PRINTED[command] is runs.Replay:
        # A class that inherits a key does not inherit its description.
        for key, one in adapter("run").json_schema()["properties"].items():
            made["properties"][key].setdefault("description", one["description"])
    return {"$schema": DIALECT, "title": f"returnsync {of}", **tidied(made)}
