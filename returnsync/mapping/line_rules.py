"""When two SKUs are the same, by the settings of a source, and what its bundles consist of. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache


class Names:
    """Some SKUs, without the blanks around them, in which those that are the same as a given one are found."""

    def __init__(self, names: Iterable[str], fold: Callable[[str], str] | None) -> None:
        """`fold` returns the part of a SKU that is compared; `None` where all of it is."""
        self._names = dict.fromkeys(name.strip() for name in names)
        self._fold = fold

    @cached_property
    def _folded(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for name in filter(None, self._names if self._fold else ()):
            found.setdefault(self._fold(name) if self._fold else name, []).append(name)
        return found

    def __contains__(self, sku: object) -> bool:
        """Whether a SKU is exactly one of them."""
        return sku in self._names

    def alike(self, sku: str) -> Sequence[str]:
        """Those that are the same SKU: the equal one; only where there is none, all that are nearly equal.

        Blanks around a SKU never count. An empty SKU matches none.
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
    """How the articles of a source are found in the warehouse's orders."""

    skus: Mapping[str, str] = field(default_factory=dict)
    """The platform's SKU → the warehouse's; other SKUs stay as they are."""
    ignore_case: bool = False
    ignore_zeros: bool = False
    fill: bool = False
    """Whether units of a SKU that is on several lines fill them one after the other; else the line is ambiguous."""
    bundles: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """A bundle's SKU → the SKUs in one bundle, with the number of each."""

    def alike(self, sku: str, known: Iterable[str]) -> list[str]:
        """Those of `known` that are the same SKU, as `Names` says. Repeated calls with the same `known` are cheap."""
        return list(_names(tuple(known), self._fold).alike(sku))

    def translated(self, sku: str, ordered: Iterable[str]) -> list[str]:
        """The warehouse's name of a platform's SKU; several where nearly equal entries of the table give several names.

        A SKU that is on the order (`ordered`) exactly as it is written is not changed by an entry that is only similar.
        """
        bare = sku.strip()
        if bare not in self.skus and bare in _names(tuple(ordered), self._fold):
            return [bare]
        found = dict.fromkeys(self.skus[key].strip() for key in self._table.alike(bare))
        return list(found) or ([bare] if bare else [])

    def folded(self, sku: str) -> str | None:
        """The part of a SKU that is compared: the same text for SKUs that are the same; `None` for an empty one."""
        bare = sku.strip()
        return None if not bare else f"={self._fold(bare) if self._fold else bare}"

    def parts(self, sku: str) -> list[Mapping[str, int]]:
        """What a bundle consists of; empty where the SKU is none, several where it is like several different ones."""
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
"""The part of a SKU that is compared, by whether its case and its leading zeros are ignored."""
