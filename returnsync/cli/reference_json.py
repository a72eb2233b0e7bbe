"""The part of docs/reference.md on JSON: what each command prints, as JSON Schema."""

import re
from collections.abc import Iterable, Iterator

from returnsync.cli import schemas
from returnsync.cli.schemas.writing import written

_HEAD = """\
## JSON

With `--json` a command prints one object or one list on one line of stdout, at its end; everything else goes to stderr.
It is ASCII under every locale: other characters are escaped, as `\\u20ac`. A command that fails prints one object with
`exit_code` and `error`, even in place of a list: for example when the configuration cannot be used, the state file is
locked or damaged, or credentials are refused. `check` is different: it lists what is wrong in the same way as what is
right. A command line that is wrong is reported on stderr only.

Below is a JSON Schema (draft 2020-12) of what each command prints. It describes this version; a later one may add keys.
All moments are in UTC."""


def sections() -> Iterator[str]:
    """The part on JSON."""
    yield _HEAD
    yield table(("key of `error`", "meaning"), _keys("run", "Error"))
    shown: dict[str, str] = {}
    for name, printed in schemas.PRINTED.items():
        yield f"### {_heading(name)}"
        same = shown.setdefault(str(printed), name)
        if same != name:
            yield f"The same as [{_heading(same)}](#{anchor(same)})."
            continue
        if name == "run":
            yield from _run()
        text = written(schemas.schema_of(name))
        yield f"<details><summary>JSON Schema</summary>\n\n```json\n{text}\n```\n\n</details>"


def _run() -> Iterator[str]:
    yield "`replay --json` prints the same and `returns`. Both have all these keys even when they fail."
    yield table(("key", "meaning"), _keys("run"))
    yield "Each source:"
    yield table(("key", "meaning"), _keys("run", "RunOfSource"))


def _keys(command: str, part: str = "") -> Iterator[tuple[str, str]]:
    """The keys of an object, each with what it means."""
    schema = schemas.schema_of(command)
    properties = (schema["$defs"][part] if part else schema)["properties"]
    return ((f"`{key}`", one["description"]) for key, one in properties.items())


def _heading(command: str) -> str:
    return "A line of `export`" if command == "export" else f"`{command} --json`"


def anchor(command: str) -> str:
    """The anchor of the JSON of a command on the page."""
    return re.sub(r"[^\w\- ]", "", _heading(command).lower()).replace(" ", "-")


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table as Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
