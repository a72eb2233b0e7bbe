"""Return reasons: the platform's words, and the pairings with the warehouse's own reasons. Pure but for `load`."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from returnsync.errors import ConfigError
from returnsync.model import Reason

_SLUG = re.compile(r"[_\-\s]+")


class Pairing(BaseModel):
    """A warehouse reason that a platform's reason is paired with: its id, its main reason's id, and its words."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    id: int
    parent_id: int | None = None
    label: str = ""


class _File(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    sources: dict[str, dict[str, Pairing]] = {}
    platforms: dict[str, dict[str, Pairing]] = {}


@dataclass(frozen=True)
class Pairings:
    """All pairings: by source, then by platform; the source's own win."""

    sources: Mapping[str, Mapping[str, Pairing]] = field(default_factory=dict)
    platforms: Mapping[str, Mapping[str, Pairing]] = field(default_factory=dict)

    def find(self, source: str, platform: str, reason: Reason) -> Iterator[Pairing]:
        """The pairings of a reason, the best first: its own before that of its main reason."""
        for key in keys(reason):
            for table in (self.sources.get(source, {}), self.platforms.get(platform, {})):
                if key in table:
                    yield table[key]

    def ids(self) -> frozenset[int]:
        """Every id that a pairing names."""
        tables = (*self.sources.values(), *self.platforms.values())
        return frozenset(pairing.id for table in tables for pairing in table.values())

    def __bool__(self) -> bool:
        """Whether there is any pairing at all."""
        return any(self.sources.values()) or any(self.platforms.values())


def load(path: Path) -> Pairings:
    """Read the pairings; a file that does not exist has none.

    Raises:
        ConfigError: the file cannot be read or holds something else.
    """
    try:
        content = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Pairings()
    except ValidationError as error:
        problems = tuple(f"{path}: {'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise ConfigError(f"The reasons in {path} are not as they should be.", "Mend these.", problems) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"The reasons in {path} cannot be read: {error}.", "Mend the file or move it away."
        ) from error
    return Pairings(content.sources, content.platforms)


def keys(reason: Reason) -> Iterator[str]:
    """The keys under which a reason may be paired: its own, then its main reason's."""
    yield reason.key
    if reason.parent is not None:
        yield from keys(reason.parent)


def words(reason: Reason) -> str:
    """A reason in words, the main reason first: `Too small: sleeve too short`."""
    own = reason.label or readable(reason.key)
    return own if reason.parent is None else f"{words(reason.parent)}: {own}"


def readable(key: str) -> str:
    """A key as words: `sub_return_reasons.sleeve_too_short` → `sleeve too short`."""
    return _SLUG.sub(" ", key.rpartition(".")[2]).strip()
