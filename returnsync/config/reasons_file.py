"""The file of pairs, `reasons.toml`: read with the line of every problem, written whole or not at all.

    [platforms.sendcloud.31]
    platform_label = "Size too small"
    id = 2447
    warehouse_label = "Te klein"

    [sources.marketplaces."artikel is beschadigd".channels.bol]
    id = 2453

People also edit it by hand, even while `map-reasons` is open: changes are applied to the content of the file when they
are written, not to its earlier content.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from returnsync.config.problems import KeyPath, Problem, did_you_mean
from returnsync.config.toml_file import TomlFile, placed
from returnsync.errors import ConfigError, NoRoomError
from returnsync.folders import give, make_private
from returnsync.mapping.pairings import Choice, Pair, Pairings, Place, Scope
from returnsync.mapping.reasons import folded
from returnsync.system_errors import NO_ROOM

_HEAD = """\
# Pairs of return reasons, by source or by platform, each under the platform's own key of the reason.
# Written by `returnsync map-reasons`, and may be edited by hand: docs/how-to/reasons.md. Comments are not kept.

"""
_FILE = TomlFile("file of paired reasons", "Correct the file; docs/how-to/reasons.md explains every key.")
_SCOPES: tuple[Scope, ...] = ("platforms", "sources")


class _Pair(Choice):
    """A pair as the file has it, with the choices for single channels."""

    platform_label: str = ""
    main: str = ""
    channels: dict[str, Choice] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.is_made and not self.channels:
            raise ValueError("needs the `id` of a reason of the warehouse, or `text_only = true`")
        for name, choice in self.channels.items():
            if not choice.is_made:
                raise ValueError(f"needs an `id` or `text_only = true` for its channel {name!r}")
        return self


def load(path: Path) -> Pairings:
    """Read the pairs; a file that does not exist has none.

    Raises:
        ConfigError: the file cannot be read or has problems; it lists all of them, each with its line.
    """
    try:
        content = _FILE.read(path)
    except FileNotFoundError:
        return Pairings()
    problems: list[Problem] = []
    pairs = list(_pairs(content.raw, problems))
    if problems:
        raise _FILE.error(path, placed(content.text, problems))
    return Pairings(pairs)


def change(path: Path, edits: Sequence[Pair | Place]) -> Pairings:
    """Apply changes to the file as it is now, and write it whole or not at all.

    Raises:
        ConfigError: the file as it is now cannot be read, or it cannot be written. It is as it was.
        NoRoomError: the disk is full. It is as it was.
    """
    try:
        place = path.resolve()  # a link stays one
        if place.exists() and not place.is_file():
            raise ConfigError(
                f"The reasons cannot be written to {path}: it is not a file but a folder, a device or a pipe.",
                "Name a file with `reasons`; it is created if it does not exist.",
            )
        make_private(place.parent)
        with _alone(place.parent):
            pairings = load(place).edited(edits)
            _replace(place, _rendered(pairings).encode())
    except OSError as error:
        what = f"The reasons cannot be written to {path} ({error.strerror}); the file was not changed."
        if error.errno in NO_ROOM:
            raise NoRoomError(what, "Make room on its disk, and try again.") from error
        raise ConfigError(what, "Make the folder writable, and try again.") from error
    return pairings


def _pairs(raw: Mapping[str, Any], problems: list[Problem]) -> Iterator[Pair]:
    """Every valid pair in the file; the problems of the others go into `problems`."""
    for scope, owners in raw.items():
        if scope not in _SCOPES:
            question = did_you_mean(scope, _SCOPES)
            problems.append(
                Problem((scope,), f"is unknown here; pairs are in platforms or sources. {question}".strip())
            )
        elif not isinstance(owners, dict):
            problems.append(Problem((scope,), "must be a table"))
        else:
            for name, table in owners.items():
                yield from _of_owner("sources" if scope == "sources" else "platforms", name, table, problems)


def _of_owner(scope: Scope, name: str, table: Any, problems: list[Problem]) -> Iterator[Pair]:
    if not isinstance(table, dict):
        problems.append(Problem((scope, name), "must be a table, with a table for each reason in it"))
        return
    problems += _doubled((scope, name), table, "reason")
    for key, content in table.items():
        at = (scope, name, key)
        if not isinstance(content, dict):
            problems.append(Problem(at, "must be a table"))
            continue
        try:
            pair = _Pair.model_validate(content)
        except ValidationError as error:
            from returnsync.config.explain import explain

            problems += explain(error, _Pair, at, content)
            continue
        problems += _doubled((*at, "channels"), pair.channels, "channel")
        if pair.is_made:
            choice = Choice(**{field: getattr(pair, field) for field in Choice.model_fields})
            yield Pair(Place(scope, name, key), choice, pair.platform_label, pair.main)
        for channel, choice in pair.channels.items():
            yield Pair(Place(scope, name, key, channel), choice, pair.platform_label, pair.main)


def _doubled(at: KeyPath, names: Mapping[str, Any], what: str) -> Iterator[Problem]:
    """Keys or channels that are equal when compared without case and blanks."""
    seen: dict[str, str] = {}
    for name in names:
        if folded(name) in seen:
            text = f"is the same {what} as {seen[folded(name)]!r}: neither case nor blanks count"
            yield Problem((*at, name), text)
        seen.setdefault(folded(name), name)


def _rendered(pairings: Pairings) -> str:
    import tomli_w

    tables: dict[str, Any] = {scope: {} for scope in _SCOPES}
    spelled: dict[Place, str] = {}
    for pair in pairings:
        place = pair.place
        key = spelled.setdefault(place.folded._replace(channel=""), place.key)
        table = tables[place.scope].setdefault(place.name, {}).setdefault(key, {})
        labels = {"platform_label": pair.platform_label, "main": pair.main}
        table |= {name: text for name, text in labels.items() if text}
        choice = pair.choice.model_dump(exclude_defaults=True)
        if place.channel:
            table.setdefault("channels", {})[place.channel] = choice
        else:
            table |= choice
    return _HEAD + tomli_w.dumps({scope: table for scope, table in tables.items() if table})


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One writer at a time; the lock is on the folder itself, so that no lock file is left behind."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(place: Path, content: bytes) -> None:
    """Write to a temporary file beside it, sync that, and move it into place."""
    aside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        with aside.open("wb") as file:
            give(file.fileno())
            if place.exists():
                before = place.stat()
                with suppress(PermissionError):  # only root may, and has to: else its owner could no longer read it
                    os.fchown(file.fileno(), before.st_uid, before.st_gid)
                os.fchmod(file.fileno(), before.st_mode & 0o777)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(place)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise
