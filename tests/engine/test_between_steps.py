"""Changes between any two steps: returns change, orders disappear, calls take effect late, settings are edited."""

from __future__ import annotations

import threading
import tomllib
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from returnsync import clock as product_clock
from returnsync.platforms import returnista
from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_line, monta_order, request, return_order
from returnsync.warehouses.monta import Monta

pytestmark = pytest.mark.usefixtures("old_state")

if TYPE_CHECKING:
    from shop import Shop

SETTLED = ("settled", "")
IN_FLIGHT = ("waiting", "in-flight")
CANCELLED_AFTER = ("held", "cancelled-after-announcement")
CHANGED_AFTER = ("held", "changed-after-announcement")


def give_back(shop: Shop, number: str = "1001", *, ordered: int = 1, **fields: Any) -> str:
    """Put in a shipped order, and an approved return of one unit of it; give the return's id."""
    shop.sandbox.monta.add(monta_order(number, monta_line(quantity=ordered)))
    return shop.sandbox.returnista.add(return_order(request(order=f"#{number}"), **fields))


def one_more_unit(shop: Shop, identity: str) -> None:
    requests = shop.sandbox.returnista.return_orders[identity]["returnRequests"]
    shop.sandbox.returnista.touch(identity, returnRequests=[*requests, {**requests[0], "id": "one more"}])


def becomes(shop: Shop, identity: str, status: str) -> None:
    shop.sandbox.returnista.touch(identity, status=status)


def announcement(shop: Shop, number: str = "1001") -> dict[str, Any]:
    [found] = shop("show", f"#{number}", "--json").json[0]["announcements"]
    return found


def stands(shop: Shop, number: str = "1001") -> tuple[str, str]:
    found = announcement(shop, number)
    return found["progress"], found["cause"]


def code_of(shop: Shop, number: str = "1001") -> str:
    return announcement(shop, number)["code"]


def effects(shop: Shop) -> tuple[int, int, int]:
    """The numbers of forecasts, updates and labels that the stand-in made; none is doubled, and nothing forbidden."""
    counts = shop.sandbox.counts
    assert counts.effects("duplicate_forecasts") == counts.effects("extra_labels") == counts.effects("forbidden") == 0
    return counts.effects("forecasts"), counts.effects("updates"), counts.effects("labels")


def calls(shop: Shop, route: str) -> int:
    return shop.sandbox.counts.calls(route)


def fail(shop: Shop, *faults: Fault) -> None:
    shop.sandbox.faults.add(*faults)


def leave_in_flight(shop: Shop, number: str = "1001", kind: Any = "reset") -> None:
    """Leave a create in flight whose answer is lost: with `reset` it was not made, with `reset-after` it was."""
    fail(shop, Fault("monta.create", kind, call=calls(shop, "monta.create") + 1))
    fail(shop, Fault("monta.forecast", "status", status=503, times=1))
    shop("replay", f"#{number}")
    assert stands(shop, number) == IN_FLIGHT


# -- a call that takes effect late -------------------------------------------------------------------------------------


@pytest.fixture
def looks(monkeypatch) -> list[tuple[datetime, bool]]:
    """The looks for a forecast at the warehouse: when, and whether it was found."""
    seen: list[tuple[datetime, bool]] = []
    look = Monta.forecast

    def watched(monta: Monta, code: Any) -> Any:
        found = look(monta, code)
        seen.append((datetime.now(UTC), found is not None))
        return found

    monkeypatch.setattr(Monta, "forecast", watched)
    return seen


@pytest.mark.usefixtures("clock")
def test_a_forecast_that_a_slow_warehouse_makes_after_the_first_look_is_found_by_the_second(shop, looks, monkeypatch):
    shop.warehouse = {"read_timeout": 0.5}
    give_back(shop)
    fail(shop, Fault("monta.create", "delay", call=1, delay=0.8))
    made = threading.Event()

    def now() -> datetime:
        made.set()
        return datetime.now(UTC)

    shop.sandbox.monta.now = now
    leap = product_clock.wait

    def wait(stop: threading.Event, seconds: float) -> None:
        """Within half a minute, the warehouse makes it."""
        assert made.wait(10)
        leap(stop, seconds)

    monkeypatch.setattr(product_clock, "wait", wait)
    assert shop.run()["exit_code"] == 0
    assert [found for _, found in looks[:2]] == [False, True]
    assert looks[1][0] - looks[0][0] >= timedelta(seconds=30)
    assert calls(shop, "monta.create") == 1
    assert effects(shop) == (1, 0, 1)
    assert stands(shop) == SETTLED


def test_a_call_that_took_longer_than_half_a_minute_to_time_out_gets_its_second_look_all_the_same(
    shop, clock, looks, monkeypatch
):
    give_back(shop)
    fail(shop, Fault("monta.create", "reset", call=1))
    sent: list[datetime] = []
    create = Monta.create

    def slow(monta: Monta, forecast: Any) -> Any:
        sent.append(datetime.now(UTC))
        try:
            return create(monta, forecast)
        finally:
            clock.shift(timedelta(seconds=34))

    monkeypatch.setattr(Monta, "create", slow)
    assert shop.run()["exit_code"] == 0
    assert [found for _, found in looks] == [False, False]
    assert looks[0][0] - sent[0] >= timedelta(seconds=30)
    assert looks[1][0] - looks[0][0] >= timedelta(seconds=30)
    assert looks[1][0] <= sent[1]
    assert effects(shop) == (1, 0, 1)
    assert stands(shop) == SETTLED


def test_a_first_look_that_a_run_had_no_time_to_follow_up_is_followed_up_by_the_next_one(shop, clock, looks):
    give_back(shop)
    leave_in_flight(shop)
    looks.clear()
    clock.shift(timedelta(minutes=10))
    shop.run()
    assert [found for _, found in looks] == [False, False]
    assert looks[1][0] - looks[0][0] >= timedelta(seconds=30)
    assert calls(shop, "monta.create") == 2
    assert effects(shop) == (1, 0, 1)


# -- a return that changes while its create is in flight ---------------------------------------------------------------


@pytest.mark.parametrize("command", [("run",), ("replay", "#1001")])
@pytest.mark.parametrize(("kind", "end"), [("reset", ("withdrawn", "")), ("reset-after", CANCELLED_AFTER)])
def test_cancelled_in_flight_is_withdrawn_when_it_was_never_made_and_held_when_it_was(shop, clock, kind, end, command):
    identity = give_back(shop)
    leave_in_flight(shop, kind=kind)
    becomes(shop, identity, "Cancelled")
    clock.shift(timedelta(seconds=3))
    shop(*command)
    clock.shift(timedelta(seconds=31))
    shop(*command)
    assert stands(shop) == end
    assert calls(shop, "monta.create") == 1
    assert effects(shop) == (int(kind == "reset-after"), 0, 0)


@pytest.mark.parametrize("kind", ["reset", "reset-after"])
def test_an_order_that_goes_while_a_create_on_it_is_in_flight_stops_neither_the_run_nor_other_returns(
    shop, clock, kind
):
    give_back(shop, "1001")
    give_back(shop, "1002")
    leave_in_flight(shop, kind=kind)
    shop.sandbox.monta.remove("1001")
    for _ in range(2):
        clock.shift(timedelta(minutes=10))
        ran = shop("run", "--json")
        assert ran.code in (0, 1)
    assert stands(shop, "1002") == SETTLED
    # If it was not made, it waits for the order like any other. If it was made, an order that is gone gets no label.
    assert stands(shop, "1001") == (("waiting", "order-unknown") if kind == "reset" else ("held", "label-refused"))
    assert calls(shop, "monta.create") == 2
    assert effects(shop)[0] == 1 + (kind == "reset-after")


@pytest.mark.parametrize("kind", ["reset", "reset-after"])
def test_what_was_released_stays_released_although_its_create_was_in_flight(shop, clock, kind):
    give_back(shop)
    leave_in_flight(shop, kind=kind)
    fail(shop, Fault("monta.forecast", "status", status=400))
    for hours in (1, 25):
        clock.shift(timedelta(hours=hours))
        shop.run()
    assert stands(shop) == ("held", "forecast-in-doubt")
    assert shop("held", "release", "--all", "--yes").code == 0
    shop.sandbox.faults.clear()
    for _ in range(2):
        clock.shift(timedelta(hours=2))
        shop.run()
        shop("replay", "#1001")
    assert stands(shop)[0] == "released"
    assert calls(shop, "monta.create") == 1
    assert effects(shop)[2] == 0


def test_a_return_that_vanishes_while_its_create_is_in_flight_is_settled_before_anything_is_said_of_it(shop, clock):
    identity = give_back(shop)
    leave_in_flight(shop, kind="reset-after")
    fail(shop, Fault("monta.forecast", "status", status=503, times=1))
    shop.sandbox.returnista.remove(identity)
    clock.shift(timedelta(minutes=10))
    for command in (("replay", identity), ("run",)):
        assert shop(*command).code == 0
        assert stands(shop) == SETTLED
    assert effects(shop) == (1, 0, 1)


# -- a return that changes while it waits for a comparison -------------------------------------------------------------


@pytest.mark.parametrize("command", [("run",), ("replay", "#1001")])
def test_a_cancellation_that_comes_while_a_change_is_to_be_compared_is_not_lost(shop, clock, command):
    identity = give_back(shop, ordered=3)
    shop.run()
    one_more_unit(shop, identity)
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert stands(shop) == CHANGED_AFTER
    # A person fixed it in the portal, and asks for another look; before that look, the consumer cancels.
    shop.sandbox.monta.forecasts[0].body["Lines"][0]["ReturnQuantity"] = 2
    assert shop("held", "retry", code_of(shop)).code == 0
    becomes(shop, identity, "Cancelled")
    for _ in range(2):
        clock.shift(timedelta(minutes=5))
        assert shop(*command).code == 1
        assert stands(shop) == CANCELLED_AFTER


def test_no_change_is_sent_for_a_return_that_was_cancelled_meanwhile(shop, clock):
    shop.source = {"send_updates": True}
    identity = give_back(shop, ordered=3)
    shop.run()
    one_more_unit(shop, identity)
    fail(shop, Fault("monta.order", "status", status=401))
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert stands(shop) == ("due", "changed-after-announcement")
    shop.sandbox.faults.clear()
    becomes(shop, identity, "Cancelled")
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert stands(shop) == CANCELLED_AFTER
    assert calls(shop, "monta.update") == 0


def test_withdrawn_after_the_announcement_and_approved_again_is_held_and_never_announced_again(shop, clock):
    identity = give_back(shop)
    shop.run()
    becomes(shop, identity, "Cancelled")
    clock.shift(timedelta(minutes=5))
    shop.run()
    shop.sandbox.monta.forecasts.clear()
    shop("held", "retry", code_of(shop))
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert stands(shop) == ("withdrawn", "")
    becomes(shop, identity, "Confirmed")
    clock.shift(timedelta(minutes=5))
    assert shop("run").code == 1
    assert stands(shop) == ("held", "approved-again")
    shop("held", "retry", "--all")
    clock.shift(timedelta(minutes=5))
    shop.run()
    shop("replay", "#1001")
    assert stands(shop) == ("held", "approved-again")
    assert calls(shop, "monta.create") == calls(shop, "monta.label") == 1


def test_cancelled_then_removed_by_hand_then_approved_again_is_not_taken_for_settled(shop, clock):
    identity = give_back(shop)
    shop.run()
    becomes(shop, identity, "Cancelled")
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert stands(shop) == CANCELLED_AFTER
    shop.sandbox.monta.forecasts.clear()
    becomes(shop, identity, "Confirmed")
    clock.shift(timedelta(minutes=5))
    assert shop("run").code == 1
    assert stands(shop) == ("held", "forecast-differs")
    assert calls(shop, "monta.create") == calls(shop, "monta.label") == 1


# -- a warehouse that is gone from the configuration -------------------------------------------------------------------


def rename_warehouse(shop: Shop, name: str) -> None:
    """Give the same account another name; the old name is gone."""
    account = tomllib.loads(shop.write_config().read_text())["warehouses"]["monta"]
    shop.more = {"warehouses": {name: account}}
    shop.source["warehouse"] = name


def log_in_as(shop: Shop, user: str) -> None:
    shop.sandbox.world.username = shop.sandbox.monta.username = user


def replace_warehouse(shop: Shop, name: str) -> None:
    """Use another account under another name; the old name is gone."""
    log_in_as(shop, name)
    rename_warehouse(shop, name)


def put_warehouse_back(shop: Shop) -> None:
    log_in_as(shop, "sandbox")
    shop.more = {}
    del shop.source["warehouse"]


@pytest.mark.parametrize("command", [("run",), ("replay", "#1001")])
def test_what_was_never_announced_goes_to_the_warehouse_under_its_new_name(shop, clock, command):
    give_back(shop)
    shop.sandbox.monta.remove("1001")
    shop.run()
    assert stands(shop) == ("waiting", "order-unknown")
    rename_warehouse(shop, "north")
    shop.sandbox.monta.add(monta_order("1001"))
    clock.shift(timedelta(hours=1))
    assert shop(*command).code == 0
    assert stands(shop) == SETTLED
    assert announcement(shop)["warehouse"] == "north"
    assert effects(shop) == (1, 0, 1)


@pytest.mark.parametrize("command", [("run",), ("replay", "#1001")])
@pytest.mark.parametrize("kind", ["reset", "reset-after"])
def test_what_was_in_flight_at_a_warehouse_that_is_gone_is_reported_and_all_else_goes_on(shop, clock, kind, command):
    give_back(shop, "1001")
    leave_in_flight(shop, kind=kind)
    replace_warehouse(shop, "north")
    give_back(shop, "1002", created=datetime.now(UTC))
    clock.shift(timedelta(minutes=10))
    if command != ("run",):
        refused = shop(*command)
        assert refused.code == 78
        assert "[warehouses.monta]" in refused.err
    refused = shop("run")
    assert refused.code == 78
    assert "[warehouses.monta]" in refused.err
    assert stands(shop, "1002") == SETTLED
    assert announcement(shop, "1002")["warehouse"] == "north"
    assert stands(shop, "1001") == IN_FLIGHT
    assert calls(shop, "monta.create") == 2


def test_a_warehouse_that_is_put_back_goes_on_with_what_was_in_flight(shop, clock):
    give_back(shop)
    leave_in_flight(shop, kind="reset-after")
    replace_warehouse(shop, "north")
    clock.shift(timedelta(minutes=10))
    shop.run()
    put_warehouse_back(shop)
    clock.shift(timedelta(hours=1))
    assert shop.run()["exit_code"] == 0
    assert stands(shop) == SETTLED
    assert effects(shop) == (1, 0, 1)


def test_what_was_announced_at_a_warehouse_that_is_gone_is_reported_and_all_else_goes_on(shop, clock):
    give_back(shop, "1001")
    fail(shop, Fault("monta.label", "status", call=1, status=429))
    shop.run()
    assert stands(shop) == ("waiting", "call-failed")
    replace_warehouse(shop, "north")
    give_back(shop, "1002", created=datetime.now(UTC))
    clock.shift(timedelta(minutes=10))
    for command in (("run",), ("replay", "#1001")):
        refused = shop(*command)
        assert refused.code == 78
        assert "[warehouses.monta]" in refused.err
    assert stands(shop, "1002") == SETTLED
    assert announcement(shop, "1001")["warehouse"] == "monta"
    assert effects(shop) == (2, 0, 1)
    put_warehouse_back(shop)
    clock.shift(timedelta(hours=1))
    shop.run()
    assert stands(shop, "1001") == SETTLED
    assert effects(shop) == (2, 0, 2)


def test_what_is_settled_asks_for_no_warehouse_that_is_gone(shop, clock):
    give_back(shop)
    shop.run()
    replace_warehouse(shop, "north")
    clock.shift(timedelta(minutes=10))
    assert shop("run").code == 0
    assert shop("replay", "#1001").code == 0
    assert effects(shop) == (1, 0, 1)


# -- a listing that is broken off --------------------------------------------------------------------------------------


def test_a_long_look_back_that_was_broken_off_is_made_by_the_next_run(shop, clock):
    now = datetime.now(UTC)
    for minute in range(60):
        created = now - timedelta(hours=5) + timedelta(minutes=minute)
        record = return_order(request(order="#1"), id=f"{minute:03}", status="Pending", created=created)
        shop.sandbox.returnista.add(record)
    shop.run()
    # Its time of change is hours ago, but it is listed only now: only a long look back finds it, on its second page.
    give_back(shop, created=now - timedelta(hours=2))
    clock.shift(timedelta(minutes=61))
    fail(shop, Fault("returnista.list", "status", status=500, call=calls(shop, "returnista.list") + 2))
    assert shop.run()["exit_code"] == 75
    assert shop("show", "#1001").code == 2
    clock.shift(timedelta(minutes=1))
    assert shop.run()["exit_code"] == 0
    assert stands(shop) == SETTLED
    before = calls(shop, "returnista.list")
    clock.shift(timedelta(minutes=1))
    shop.run()
    assert calls(shop, "returnista.list") == before + 1, "a look back that was made counts as made"


def test_a_cap_on_pages_never_moves_the_mark_past_what_was_read(shop, monkeypatch):
    monkeypatch.setattr(returnista, "PAGE_SIZE", 2)
    monkeypatch.setattr(returnista, "KeyPager", partial(returnista.KeyPager, max_pages=3))
    now = datetime.now(UTC)
    changed = {f"{row}": now - timedelta(hours=10 * (8 - row)) for row in range(8)}
    for identity, at in changed.items():
        record = return_order(request(order="#1"), id=identity, status="Pending", created=at, updated=at)
        shop.sandbox.returnista.add(record)
    known: set[str] = set()
    for _ in range(8):
        ran = shop.run()
        known = {item["return_id"] for item in shop("show", "#1", "--json").json}
        [source] = shop("status", "--json").json["sources"]
        unread = [at for identity, at in changed.items() if identity not in known]
        if not unread:
            break
        assert ran["exit_code"] == 75
        assert product_clock.parse(source["read_up_to"]) <= min(unread)
    assert known == set(changed)
    assert ran["exit_code"] == 0
