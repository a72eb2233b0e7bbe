"""Tests of records that are not as they should be."""

import copy
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from returnsync.errors import AccountError, CallError
from returnsync.model import OVER, Return
from returnsync.platforms.contract.base import Base
from returnsync.platforms.contract.between import Canned
from returnsync.platforms.contract.expect import expect, put, same
from returnsync.platforms.glimpse import Names, glimpse
from returnsync.platforms.interface import Platform
from returnsync.platforms.records import UntranslatableError, bare

# A placeholder in a record for bytes that Python's JSON writer would not write.
_MARK = "\ue000"
_NEVER_READ: dict[str, bytes] = {
    "no number": b"NaN",
    "minus infinity": b"-Infinity",
    "a number beyond all": b"1e999",
    "a number of forty digits": b"9" * 40,
    "bytes that are no UTF-8": b'"op\xffen"',
    "a raw control character": b'"op\x01en"',
    "half a surrogate pair": b'"op\\ud83den"',
    "lists too deep for a parser": b"[" * 5000 + b"]" * 5000,
}
_NO_DATES = ("0001-01-01T00:00:00Z", "1900-01-01T00:00:00", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "-", "")
_WRONG_VALUES: tuple[object, ...] = (None, "", "x", ".", -1, 1.5, True, [], ["x"], {}, {"x": 1})
QUOTED = "jo@example.com lives here"


class Oddities(Base, abstract=True):
    """A problem with one record does no harm to the others."""

    def test_one_broken_record_costs_the_others_nothing(self) -> None:
        """It is kept raw under its id, with its problem, and is quoted nowhere."""
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

    def test_a_record_that_cannot_be_read_still_tells_which_it_is(self) -> None:
        """`named_in_records` gives an order number and the time of creation."""
        if self.platform.named_in_records == Names():
            return
        wish = self.wish()
        broken = self.add(wish)
        with self.edited(partial(self._put_in, broken, self.status_field, {"odd": QUOTED})):
            (record,) = self.listed().unreadable
        seen = glimpse(record.raw, self.platform.named_in_records)
        expect(set(wish.orders) & {bare(number) for number in seen.order_numbers} != set(), "it names no order")
        same(seen.created, wish.created, "time of creation")

    def test_a_record_that_is_none_costs_the_others_nothing(self) -> None:
        """There is a text, a number, null or a list in the place of a record."""
        ids = list(self.add_many(2))
        odds: tuple[object, ...] = ("text", 5, None, [], {})
        for odd in odds:
            with self.edited(partial(_insert, odd)):
                listed = self.listed()
            same(sorted(listed.returns), sorted(ids), f"returns beside {odd!r}")
            same(len({record.key for record in listed.unreadable}), 1, f"unreadable records for {odd!r}")

    def test_a_value_that_nothing_can_take_costs_its_record_alone(self) -> None:
        """In a field that decides something, the value makes the record be set aside, and the page goes on."""
        ids = list(self.add_many(3))
        change = partial(self._put_in, ids[1], self.status_field, _MARK)
        for name, raw in _NEVER_READ.items():
            with self.edited(change, partial(_written, raw)):
                listed = self.listed()
            same(sorted(listed.returns), sorted((ids[0], ids[2])), f"returns beside {name}")
            same([record.key for record in listed.unreadable], [ids[1]], f"unreadable records for {name}")
            expect(bool(listed.marks), f"the mark does not pass {name}")
            listed.unreadable[0].raw.encode()

    def test_a_value_that_nothing_can_take_does_no_harm_where_nobody_reads_it(self) -> None:
        """An example is a price of NaN."""
        self.add(self.wish())
        plain = self.only()
        for name, raw in _NEVER_READ.items():
            with self.edited(lambda records: [record.update(zz_price={"value": _MARK}) for record in records],
                             partial(_written, raw)):  # fmt: skip
                same(self.only(), plain, f"return with {name} beside")

    def test_a_date_that_stands_for_none_costs_its_record_at_most(self) -> None:
        """Year 1, 1900 and 1970 are how servers write zero. The listing goes on, and its mark does not jump."""
        ids = list(self.add_many(3))
        for field in filter(None, (self.created_field, self.updated_field)):
            for date in _NO_DATES:
                with self.edited(partial(self._put_in, ids[1], field, date)):
                    listed = self.listed()
                expect({ids[0], ids[2]} <= set(listed.returns), f"{field} as {date!r} costs others")
                known = len(listed.returns) + len({record.key for record in listed.unreadable})
                same(known, len(ids), f"records with {field} as {date!r}")

    def _put_in(self, identity: str, path: str, value: object, records: list[Any]) -> None:
        for record in records:
            if self.key(record) == identity:
                put(record, path, value)

    def test_fields_that_nobody_knows_change_nothing(self) -> None:
        """Platforms add fields without an announcement."""
        self.add(self.wish())
        plain = self.only()
        with self.edited(_grow):
            same(self.only(), plain, "return")

    def test_fields_that_are_missing_or_odd_never_cost_the_listing(self) -> None:
        """Each record becomes a return, is set aside, or is skipped on purpose; nothing else may happen."""
        self.add(self.wish())
        seen: list[Any] = []
        with self.edited(lambda records: seen.append(copy.deepcopy(records[0]))):
            self.listed()
        for path in paths(seen[0]):
            for odd in (_GONE, *_WRONG_VALUES):
                with self.edited(partial(put_at, path, odd)):
                    listed = self.listed()
                kinds = len(listed.returns) + len({item.key for item in listed.unreadable})
                skipped = sum(page.skipped for page in listed.pages)
                expect(kinds == 1 or (kinds == 0 and skipped > 0), f"{path} as {odd!r} is lost")

    def test_an_odd_value_in_a_field_that_decides_nothing_costs_no_return(self) -> None:
        """It counts as absent, and what is announced and labelled stays the same."""
        self.add(self.wish())
        plain = _what_counts(self.only())
        for path in self.spare_fields:
            for odd in (*_WRONG_VALUES, ["x", "y"]):
                with self.edited(partial(_put_in_each, path, odd)):
                    listed = self.listed()
                problems = [record.problem for record in listed.unreadable]
                same(problems, [], f"what is wrong with {path} as {odd!r}")
                same([_what_counts(ret) for ret in listed.returns.values()], [plain], f"with {path} as {odd!r}")

    def test_a_return_that_lost_its_parts_never_counts_as_empty(self) -> None:
        """When any list inside a record is empty or missing, a return that is coming has lines, or is set aside."""
        self.add(self.wish())
        seen: list[Any] = []
        with self.edited(lambda records: seen.append(copy.deepcopy(records[0]))):
            self.listed()
        for path in paths(seen[0]):
            if not _is_list(seen[0], path):
                continue
            nothings: tuple[object, ...] = (_GONE, None, [])
            for nothing in nothings:
                platform = self.open()
                with self.edited(partial(put_at, path, nothing)):
                    listed = self.listed(platform=platform)
                for ret in listed.returns.values():
                    whole = _completed(platform, ret)
                    empty = whole is not None and not whole.lines and whole.status not in OVER
                    expect(not empty, f"with {path} as {nothing!r} it is coming and has no lines")

    def test_what_cannot_be_completed_for_now_fails_and_is_not_given_incomplete(self) -> None:
        """A return whose further reads fail is left for later; a return that needs none makes none."""
        self.add(self.wish())
        platform = self.open()
        (ret,) = self.listed(platform=platform).returns.values()
        before = len(self.between.seen)
        self.between.always = Canned(503, b"down", content_type="text/plain")
        try:
            platform.complete(ret)
        except (CallError, AccountError):
            expect(len(self.between.seen) > before, "it failed without a request")
        else:
            same(len(self.between.seen), before, "requests of a completion that went well while all of them fail")


def _what_counts(ret: Return) -> object:
    """Everything that the announcement and the label are made from."""
    lines = [(line.order_number, line.quantity, line.order_line_ids, line.sku, line.reason) for line in ret.lines]
    return ret.id, ret.status, ret.created, lines, ret.carrier, ret.own_label and ret.own_label.tracking_code


def _put_in_each(path: str, value: object, records: list[Any]) -> None:
    for record in records:
        put(record, path, copy.deepcopy(value))


def _completed(platform: Platform, ret: Return) -> Return | None:
    try:
        return platform.complete(ret)
    except UntranslatableError:
        return None


def _is_list(record: Any, path: tuple[str | int, ...]) -> bool:
    for step in path:
        record = record[step]
    return isinstance(record, list)


def _written(raw: bytes, body: bytes) -> bytes:
    return body.replace(json.dumps(_MARK).encode(), raw)


class _Gone:
    def __repr__(self) -> str:
        return "missing"


_GONE = _Gone()


def _grow(value: object) -> None:
    """Put an unknown field into every object."""
    if isinstance(value, dict):
        for item in list(value.values()):
            _grow(item)
        value["zz_unknown"] = {"any": ["thing", 1, None]}
    elif isinstance(value, list):
        for item in value:
            _grow(item)


def paths(value: object, *, deep: int = 4) -> Iterator[tuple[str | int, ...]]:
    """The paths of all fields of a record; in a list, only those of its first item."""
    parts: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list) and value:
        parts = [(0, value[0])]
    for name, item in parts:
        yield (name,)
        if deep:
            yield from ((name, *rest) for rest in paths(item, deep=deep - 1))


def put_at(path: tuple[str | int, ...], value: object, records: list[Any]) -> None:
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
