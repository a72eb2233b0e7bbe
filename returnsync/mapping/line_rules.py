"""When two SKUs are the same, by the settings of a source, and what its bundles are made of. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
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
        """Which of `known` are the same SKU: the equal one, and only where there is none, all that are nearly equal.

        Blanks around never count. An empty SKU is like none.
        """
        bare = sku.strip()
        names = dict.fromkeys(name.strip() for name in known)
        if not bare or bare in names:
            return [bare] if bare else []
        if not (self.ignore_case or self.ignore_zeros):
            return []
        return [name for name in names if name and self._folded(name) == self._folded(bare)]

    def translated(self, sku: str, ordered: Iterable[str]) -> list[str]:
        """What the warehouse calls a platform's SKU; several where the table has nearly equal ones with several names.

        A SKU that is on the order (`ordered`) exactly as it stands is not changed by an entry that is merely like it.
        """
        bare = sku.strip()
        if bare not in self.skus and bare in {name.strip() for name in ordered}:
            return [bare]
        found = dict.fromkeys(self.skus[key].strip() for key in self.alike(bare, self.skus))
        return list(found) or ([bare] if bare else [])

    def parts(self, sku: str) -> list[Mapping[str, int]]:
        """What a bundle is made of; empty where the SKU is none, several where it is like several different ones."""
        by_name = {name.strip(): parts for name, parts in self.bundles.items()}
        found: list[Mapping[str, int]] = []
        for name in self.alike(sku, by_name):
            if by_name[name] not in found:
                found.append(by_name[name])
        return found

    def _folded(self, sku: str) -> str:
        folded = sku.casefold() if self.ignore_case else sku
        return folded.lstrip("0") if self.ignore_zeros else folded
