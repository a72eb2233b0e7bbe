"""Records that are not as they should be."""

import copy
from collections.abc import Iterator
from functools import partial
from typing import Any

from returnsync.platforms.contract.base import Base
from returnsync.platforms.contract.expect import expect, put, same

_WRONG_VALUES: tuple[object, ...] = (None, "", "x", ".", -1, 1.5, True, [], ["x"], {}, {"x": 1})
QUOTED = "jo@example.com lives here"


class Oddities(Base, abstract=True):
    """One record costs the others nothing."""

    def test_one_broken_record_costs_the_others_nothing(self) -> None:
        """It is kept raw under its id, with what is wrong, and quoted nowhere."""
        ids = list(self.add_many(3))

        def change(records: list[Any]) -> None:
            for record in records:
                if self.key(record) == ids[1]:
                    put(record, self.status_field, {"odd": QUOTED})

        with self.edited(change):
            listed = self.listed()
        same(sorted(listed.returns), sorted((ids[0], ids[2])), "returns")
        same([record.key for record in listed.unreadable], [ids[1]], "unreadable records")
        expect(QUOTED in listed.unreadable[0].raw, "the record is not kept raw")
        expect(bool(listed.unreadable[0].problem), "nothing says what is wrong")
        expect(QUOTED not in listed.unreadable[0].problem, "what is wrong quotes the record")
        expect(bool(listed.marks), "the mark does not pass a record that is kept")

    def test_a_record_that_is_none_costs_the_others_nothing(self) -> None:
        """Text, a number, null or a list where a record was agreed."""
        ids = list(self.add_many(2))
        odds: tuple[object, ...] = ("text", 5, None, [], {})
        for odd in odds:
            with self.edited(partial(_insert, odd)):
                listed = self.listed()
            same(sorted(listed.returns), sorted(ids), f"returns beside {odd!r}")
            same(len({record.key for record in listed.unreadable}), 1, f"unreadable records for {odd!r}")

    def test_fields_that_nobody_knows_change_nothing(self) -> None:
        """A platform adds fields without a word."""
        self.add(self.wish())
        plain = self.only()
        with self.edited(_grow):
            same(self.only(), plain, "return")

    def test_fields_that_are_missing_or_odd_never_cost_the_listing(self) -> None:
        """Each record is a return, set aside, or none of our business; there is no fourth."""
        self.add(self.wish())
        seen: list[Any] = []
        with self.edited(lambda records: seen.append(copy.deepcopy(records[0]))):
            self.listed()
        for path in _paths(seen[0]):
            for odd in (_GONE, *_WRONG_VALUES):
                with self.edited(partial(_put, path, odd)):
                    listed = self.listed()
                kinds = len(listed.returns) + len({item.key for item in listed.unreadable})
                skipped = sum(page.skipped for page in listed.pages)
                expect(kinds == 1 or (kinds == 0 and skipped > 0), f"{path} as {odd!r} is lost")


class _Gone:
    def __repr__(self) -> str:
        return "missing"


_GONE = _Gone()


def _grow(value: object) -> None:
    """Put a field that nobody knows into every object."""
    if isinstance(value, dict):
        for item in list(value.values()):
            _grow(item)
        value["zz_unknown"] = {"any": ["thing", 1, None]}
    elif isinstance(value, list):
        for item in value:
            _grow(item)


def _paths(value: object, *, deep: int = 4) -> Iterator[tuple[str | int, ...]]:
    """Where every field of a record stands, the parts of lists by the first of each."""
    parts: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list) and value:
        parts = [(0, value[0])]
    for name, item in parts:
        yield (name,)
        if deep:
            yield from ((name, *rest) for rest in _paths(item, deep=deep - 1))


def _put(path: tuple[str | int, ...], value: object, records: list[Any]) -> None:
    """Replace or remove one field of each record."""
    for record in records:
        place = record
        for step in path[:-1]:
            place = place[step]
        if value is _GONE:
            del place[path[-1]]
        else:
            place[path[-1]] = copy.deepcopy(value)


def _insert(odd: object, records: list[Any]) -> None:
    records.insert(1, odd)
