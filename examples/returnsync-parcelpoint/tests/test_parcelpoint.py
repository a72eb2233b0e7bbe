"""ParcelPoint: the contract of every platform, and its own translations."""

from datetime import UTC, datetime
from typing import ClassVar

import pytest
from parcelpoint_standin import ParcelPoint as StandIn
from parcelpoint_standin import item
from returnsync.model import Reason, ReturnStatus
from returnsync.platforms.contract import PlatformContract

from returnsync_parcelpoint import PAGE_SIZE, ParcelPoint


class TestParcelPoint(PlatformContract):
    platform = ParcelPoint
    settings: ClassVar = {"shop": StandIn.shop}
    secrets: ClassVar = {"api_key": StandIn.api_key}
    statuses: ClassVar = {
        ReturnStatus.APPROVED: "accepted",
        ReturnStatus.REQUESTED: "asked",
        ReturnStatus.IN_TRANSIT: "sent",
        ReturnStatus.DELIVERED: "received",
        ReturnStatus.COMPLETED: "closed",
        ReturnStatus.REJECTED: "refused",
        ReturnStatus.CANCELLED: "cancelled",
    }
    page_size = PAGE_SIZE
    forbidden = ()
    status_field, created_field, updated_field = "state", "created_at", "changed_at"

    def start(self):
        self.stand_in = StandIn()
        return self.stand_in.url

    def stop(self):
        self.stand_in.close()

    def add(self, wish):
        items = [item(number) for number in wish.orders]
        word = wish.word or "accepted"
        return self.stand_in.add(*items, state=word, created=wish.created, changed=wish.updated)

    def touch(self, return_id, at):
        self.stand_in.touch(return_id, at)

    def records(self, content):
        return content.get("returns") if isinstance(content, dict) else None

    # ---- its own translations

    def test_a_draft_is_none_of_our_business(self):
        self.stand_in.add(state="Draft")
        listed = self.listed()
        assert (listed.returns, listed.unreadable, [page.skipped for page in listed.pages]) == ({}, [], [1])

    def test_approved_states_say_what_approved_is(self):
        for word in ("Checked", "accepted"):
            self.stand_in.add(state=word)
        statuses = [ret.status for ret in self.listed(platform=self.open(approved_states=["checked"])).returns.values()]
        assert statuses == [ReturnStatus.APPROVED, ReturnStatus.UNKNOWN]

    def test_units_of_one_line_and_reason_are_added_up(self):
        self.stand_in.add(item(line="7", note="short"), item(line="7", units=2, note="wide"))
        (line,) = self.only().lines
        assert (line.quantity, line.order_line_ids, line.comment) == (3, ("7",), "short / wide")
        assert line.reason == Reason("too-small", "Te klein")

    @pytest.mark.parametrize("units", [0, -1, 1.5, "many", None])
    def test_a_quantity_that_is_none_is_never_guessed(self, units):
        self.stand_in.add(item(units=units))
        assert [record.problem.partition(":")[0] for record in self.listed().unreadable] == ["items.0.units"]

    @pytest.mark.parametrize("given", [{"tracking_code": "3SABC"}, {"label_url": "https://label.example/1.pdf"}])
    def test_a_tracking_code_or_a_label_is_an_own_label(self, given):
        self.stand_in.add(**given)
        label = self.only().own_label
        assert {name: getattr(label, name) for name in given} == given

    def test_the_code_of_a_return_hangs_on_no_setting(self):
        self.stand_in.add(item("#1001"))
        first, *others = (
            next(iter(self.listed(platform=self.open(**more)).returns.values()))
            for more in ({}, {"approved_states": ["checked"]}, {"start_from": datetime(2026, 2, 1, tzinfo=UTC)})
        )
        assert (first.id, first.order_numbers()) == ("PP-00001", ("#1001",))
        assert {(ret.id, ret.order_numbers()) for ret in others} == {(first.id, first.order_numbers())}
