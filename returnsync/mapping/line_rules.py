"""When two SKUs are the same, by the settings of a source, and what its bundles are made of. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache


class Names:
    """Some SKUs, without the blanks around them, in which those that are the same as one are found."""

    def __init__(self, names: Iterable[str], fold: Callable[[str], str] | None) -> None:
        """`fold` leaves of a SKU what counts of it; `None` where all of it does."""
        self._names = dict.fromkeys(name.strip() for name in names)
        self._fold = fold

    @cached_property
    def _folded(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for name in filter(None, self._names if self._fold else ()):
            found.setdefault(self._fold(name) if self._fold else name, []).append(name)
        return found

    def __contains__(self, sku: object) -> bool:
        """Whether a SKU is one of them as it stands."""
        return sku in self._names

    def alike(self, sku: str) -> Sequence[str]:
        """Which are the same SKU: the equal one, and only where there is none, all that are nearly equal.

        Blanks around never count. An empty SKU is like none.
        """
        bare = sku.strip()
        if not bare or bare in self._names:
            return [bare] if bare else []
        return self._folded.get(self._fold(bare), ()) if self._fold else ()


@lru_cache(maxsize=16)
def _names(names: tuple[str, ...], fold: Callable[[str], str] | None) -> Names:
    return Names(names, fold)


@dataclass(frozen=True)
class LineRules:
    """How the articles of a source are found on the warehouse's orders."""

    skus: Mapping[str, str] = field(default_factory=dict)
    """The platform's SKU → the warehouse's; what is not in it stays as it is."""
    ignore_case: bool = False
    ignore_zeros: bool = False
    fill: bool = False
    """Whether units of a SKU that stands on several lines fill them one after the other; else that is ambiguous."""
    bundles: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """A bundle's SKU → the SKUs in one, with how many of each."""

    def alike(self, sku: str, known: Iterable[str]) -> list[str]:
        """Which of `known` are the same SKU, as `Names` says. Asked again among the same ones, it costs little."""
        return list(_names(tuple(known), self._fold).alike(sku))

    def translated(self, sku: str, ordered: Iterable[str]) -> list[str]:
        """What the warehouse calls a platform's SKU; several where the table has nearly equal ones with several names.

        A SKU that is on the order (`ordered`) exactly as it stands is not changed by an entry that is merely like it.
        """
        bare = sku.strip()
        if bare not in self.skus and bare in _names(tuple(ordered), self._fold):
            return [bare]
        found = dict.fromkeys(self.skus[key].strip() for key in self._table.alike(bare))
        return list(found) or ([bare] if bare else [])

    def folded(self, sku: str) -> str | None:
        """What counts of a SKU: the same text for those that are the same; `None` for an empty one."""
        bare = sku.strip()
        return None if not bare else f"={self._fold(bare) if self._fold else bare}"

    def parts(self, sku: str) -> list[Mapping[str, int]]:
        """What a bundle is made of; empty where the SKU is none, several where it is like several different ones."""
        found: list[Mapping[str, int]] = []
        for name in self._bundled.alike(sku) if self.bundles else ():
            if (parts := self._parts[name]) not in found:
                found.append(parts)
        return found

    @cached_property
    def _table(self) -> Names:
        return Names(self.skus, self._fold)

    @cached_property
    def _bundled(self) -> Names:
        return Names(self.bundles, self._fold)

    @cached_property
    def _parts(self) -> Mapping[str, Mapping[str, int]]:
        return {name.strip(): parts for name, parts in self.bundles.items()}

    @property
    def _fold(self) -> Callable[[str], str] | None:
        return _FOLDS[self.ignore_case, self.ignore_zeros]


def _without_zeros(sku: str) -> str:
    return sku.lstrip("0")


def _without_either(sku: str) -> str:
    return sku.casefold().lstrip("0")


_FOLDS: Mapping[tuple[bool, bool], Callable[[str], str] | None] = {
    (False, False): None,
    (True, False): str.casefold,
    (False, True): _without_zeros,
    (True, True): _without_either,
}
"""What counts of a SKU, by whether its case and its leading zeros are ignored."""
