"""Renders `config.example.toml`, `docs/configuration.md` and `docs/platforms/index.md` from the code.

python -m returnsync.config.example            writes all three
python -m returnsync.config.example --check    exits 1 and names the files that are stale
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from returnsync.config import abilities
from returnsync.config.described import (
    Adapter,
    Key,
    built_in_platforms,
    built_in_warehouses,
    call_keys,
    log_keys,
    mail_keys,
    notify_keys,
    source_keys,
    top_keys,
    warehouse_keys,
)
from returnsync.config.draft import line
from returnsync.config.reference import page

_HEAD = """\
#:schema ./returnsync.schema.json
# A sample configuration of returnsync. Copy it to returnsync.toml and fill in your accounts.
#
# The first line is for editors. To write the file that it names: returnsync config schema > returnsync.schema.json
# Keys behind a # are optional: shown with their default, or with an example where there is none.
# Paths are relative to this file. Secrets are references: env:NAME, file:PATH, command:PROGRAM, keyring:SERVICE/USER.
# Every key is explained in docs/configuration.md.
"""

_LOG = """\
# A log file of what returnsync does, line by line. There is none without this table.
# [log]"""
_NOTIFY = """\
# Who is notified of each run. Nobody is without this table.
# [notify]"""
_MAIL = """\
# The account through which labels are mailed to consumers, for sources that have "email" in their hand_over.
# [mail]"""


def sample() -> str:
    """A configuration for one account of every built-in kind; it loads without a problem as it stands."""
    parts = [_HEAD, *(_key(key, optional=not key.sampled) for key in top_keys())]
    parts += ["", _LOG, *(_key(key, optional=True) for key in log_keys())]
    parts += ["", _NOTIFY, *(_key(key, optional=True) for key in notify_keys())]
    parts += ["", _MAIL, *(_key(key, optional=True) for key in mail_keys())]
    for group, adapters, common in (
        ("warehouses", built_in_warehouses(), warehouse_keys()),
        ("sources", built_in_platforms(), source_keys()),
    ):
        first = ""
        for adapter in adapters:
            parts += ["", f"[{group}.{adapter.name}]", *_account(adapter, common, first)]
            first = first or adapter.name
        if group == "warehouses":
            parts += ["", f"# How calls are made: these keys fit every account, not only {first}."]
            parts += [_key(key, optional=True) for key in call_keys()]
    return "\n".join(parts) + "\n"


def _account(adapter: Adapter, common: tuple[Key, ...], first: str) -> Iterator[str]:
    """One account: required settings, then optional ones. Optional ones that all have are shown only at the first."""
    own = {key.name: key for key in adapter.keys}
    shared = [own.pop(key.name, key) for key in common]
    yield from (_key(key, optional=False) for key in (*shared, *own.values()) if key.sampled)
    yield from (_key(key, optional=True) for key in own.values() if not key.sampled)
    if first:
        yield f"# … and every optional key that is shown at {first}"
    else:
        yield from (_key(key, optional=True) for key in shared if not key.sampled)


def _key(key: Key, *, optional: bool) -> str:
    """One key, with its gist to the right if it fits there, else above."""
    return line(f"{'# ' if optional else ''}{key.name} = {key.default or key.example}", key.gist)


def _rendered() -> dict[str, str]:
    return {
        "config.example.toml": sample(),
        "docs/configuration.md": page(),
        "docs/platforms/index.md": abilities.page(),
    }


def main(arguments: list[str], root: Path) -> int:
    """Write the generated files under `root`, or with `--check` only say which of them are stale; the exit code."""
    stale = 0
    for name, text in _rendered().items():
        path = root / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if "--check" in arguments:
            sys.stderr.write(f"{name} is stale; run: python -m returnsync.config.example\n")
            stale = 1
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parents[2]))
