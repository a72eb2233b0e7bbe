"""Tests of what a return becomes, from a listing and from a single read."""

import copy
from datetime import UTC, timedelta, timezone
from typing import Any

from returnsync.errors import AccountRefused, CallError
from returnsync.model import OrderNumber, Return, ReturnId, ReturnStatus
from returnsync.platforms.contract.base import SOURCE, Base
from returnsync.platforms.contract.between import Canned
from returnsync.platforms.contract.expect import expect, failure_of, put, same
from returnsync.platforms.interface import Platform
from returnsync.platforms.own_records import own_records

_NO_WORD = "Zzyzx"
_STRANGE_NUMBERS = ("", " ", ".", "..", "#", "a/b", "a b", "%2e%2e", "é", "?x=1", "x" * 300, "no-such-return")


class Returns(Base, abstract=True):
    """Ids, times, status, orders and lines come through, however a return is read."""

    def test_it_says_what_it_is(self) -> None:
        """Kind, settings and account are declared as data, and fit each other."""
        declared = self.platform
        expect(bool(declared.kind and declared.title), "kind or title is empty")
        expect(hasattr(self._settings(), declared.account_key), "account_key names nothing of the settings")
        lacking = [key for key in declared.account_ids if not hasattr(self._settings(), key)]
        same(lacking, [], "account_ids that name nothing of the settings")
        expect(self.open() is not None, "the settings refuse the platform's own kind")

    def test_making_one_sends_nothing(self) -> None:
        """The first request is made by the first read."""
        self.open()
        same(len(self.between.seen), 0, "requests")

    def test_an_approved_return_has_all_that_an_announcement_needs(self) -> None:
        """Ids, times, status and lines come through."""
        wish = self.wish()
        identity = self.add(wish)
        ret = self.only()
        same((ret.source, ret.platform, ret.id), (SOURCE, self.platform.kind, identity), "source, platform and id")
        same((ret.status, ret.raw_status), (ReturnStatus.APPROVED, ret.raw_status or "(no word)"), "status")
        same((ret.created, ret.updated), (wish.created, wish.updated), "times")
        same(len(ret.lines), 1, "lines")
        same(ret.lines[0].quantity, 1, "units")
        expect(bool(ret.lines[0].sku or ret.lines[0].order_line_ids), "the line has neither SKU nor id")

    def test_every_time_is_aware_and_in_utc(self) -> None:
        """This holds for times in any zone."""
        wish = self.wish()
        self.add(wish)
        zone = timezone(timedelta(hours=5, minutes=30))

        def change(records: list[Any]) -> None:
            for record in records:
                for path, moment in ((self.created_field, wish.created), (self.updated_field, wish.updated)):
                    if path:
                        put(record, path, moment.astimezone(zone).isoformat(timespec="milliseconds"))

        with self.edited(change):
            ret = self.only()
        same((ret.created, ret.updated), (wish.created, wish.updated), "times")
        same((ret.created.tzinfo, ret.updated.tzinfo), (UTC, UTC), "zones")

    def test_an_unknown_status_is_unknown_and_keeps_its_word(self) -> None:
        """No status is assumed for it."""
        if not self.platform.capabilities.unknown_statuses:
            return  # the merchant defines the statuses, and other fields decide
        self.add(self.wish())

        def change(records: list[Any]) -> None:
            for record in records:
                put(record, self.status_field, _NO_WORD)

        with self.edited(change):
            ret = self.only()
        same((ret.status, _NO_WORD in ret.raw_status), (ReturnStatus.UNKNOWN, True), "status")

    def test_every_word_for_a_status_is_understood_in_any_case(self) -> None:
        """The words in `statuses` become the status that the test class gives for them."""
        for status, word in self.statuses.items():
            for written in (word, word.upper(), word.lower()):
                identity = self.add(self.wish(word=written))
                ret = self.open().one(ReturnId(identity))
                expect(isinstance(ret, Return) and ret.status is status, f"{written!r} became {ret!r}, not {status}")

    def test_a_cancelled_return_is_listed_as_cancelled(self) -> None:
        """It must not vanish, since its announcement has to be withdrawn."""
        if ReturnStatus.CANCELLED in self.statuses:
            self.add(self.wish(word=self.statuses[ReturnStatus.CANCELLED]))
            same(self.only().status, ReturnStatus.CANCELLED, "status")

    def test_a_return_of_several_orders_keeps_them_apart(self) -> None:
        """The announcements, one for each order, depend on this."""
        numbers = self.orders("1001", "1002", "1003")
        self.add(self.wish(*numbers))
        ret = self.only()
        same(sorted(ret.order_numbers()), [OrderNumber(number) for number in numbers], "orders")
        same([line.quantity for line in ret.lines], [1] * len(numbers), "units")

    def test_a_single_read_gives_what_the_listing_gives(self) -> None:
        """`replay` and the daily read of open returns depend on this."""
        identity = self.add(self.wish("1001", "1002"))
        same(self.open().one(ReturnId(identity)), self.only(), "return")

    def test_an_older_copy_is_told_from_the_newer(self) -> None:
        """The older one never replaces the newer one: its time of change shows which it is, or its history."""
        identity = self.add(self.wish())
        seen: list[Any] = []
        with self.edited(lambda records: seen.extend(copy.deepcopy(records))):
            older = self.only()
        self.touch(identity, self.ago(minutes=1))
        newer = self.only()
        same((older.is_older_than(newer), newer.is_older_than(older)), (True, False), "older and newer")

        def show_older(records: list[Any]) -> None:
            records[:] = seen if records else []

        with self.edited(show_older):
            expect(self.only().is_older_than(newer), "a copy that is listed late is not reported as older")
            if self.platform.capabilities.reads_singly:
                read = self.open().one(ReturnId(identity))
                expect(isinstance(read, Return) and not read.is_older_than(newer), "a single read gives what is listed")

    def test_a_return_that_is_not_there_is_none(self) -> None:
        """It is not an error: the platform may have removed it."""
        same(self.open().one(ReturnId("no-such-return")), None, "return")

    def test_its_own_record_is_handed_out_and_nobody_elses(self) -> None:
        """`show --raw` depends on this, since a page of a listing also shows the records of others."""
        ids = list(self.add_many(3))
        platform = self.open()
        for asked in (ids[1], ids[1], ids[0]):
            self.between.seen.clear()
            same(self._own(platform, asked), [asked], "own records")
            expect(len(self.between.seen) == 1 or not platform.capabilities.reads_singly, "more than one read")
        same(self._own(platform, "no-such-return"), [], "own records of a return that is not there")

    def _own(self, platform: Platform, asked: str) -> list[str]:
        """What identifies the platform's own records of a return."""
        ((_, records),) = own_records(platform, [ReturnId(asked)])
        if isinstance(records, CallError):
            raise records
        return [self.key(one.record) for one in records]

    def test_a_return_is_found_by_its_order_and_by_its_id(self) -> None:
        """This is what a person types into `replay`."""
        identity = self.add(self.wish("1001", "1002"))
        self.add(self.wish("1003"))
        for typed in (*self.orders("1001", "1002"), identity):
            found = [ret.id for ret in self.open().find(typed) if isinstance(ret, Return)]
            same(found, [identity], f"returns found by {typed}")

    def test_strange_numbers_find_nothing_and_break_nothing(self) -> None:
        """People paste all kinds of texts."""
        self.add(self.wish())
        for typed in _STRANGE_NUMBERS:
            same(list(self.open().find(typed)), [], f"returns found by {typed!r}")

    def test_its_list_of_reasons_has_each_once_or_there_is_none(self) -> None:
        """Pairs depend on the keys, in which case and blanks make no difference."""
        reasons = self.open().reasons()
        keys = [" ".join(reason.key.split()).casefold() for reason in reasons or ()]
        expect(reasons is None or all(keys), "a reason without a key")
        same(len(set(keys)), len(keys), "number of different keys")

    def test_a_check_of_a_good_account_is_fine(self) -> None:
        """For a refused account, it says what to do."""
        findings = list(self.open().check())
        expect(bool(findings) and all(finding.ok for finding in findings), f"not fine: {findings}")
        self.between.always = Canned(401, b"no", content_type="text/plain")
        expect(
            isinstance(failure_of(lambda: list(self.open().check())), AccountRefused), "401 is not reported as refused"
        )
