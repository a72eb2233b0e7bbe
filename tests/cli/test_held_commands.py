"""`held retry`, `held release` and `held take-back`: what they ask, which names they accept, and what follows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from shop import as_schema, later
from terminal import on_terminal

from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_order, request, return_order

if TYPE_CHECKING:
    from shop import Shop


def give_back(shop: Shop, number: str = "1001", *, deleted: bool = False, **fields: Any) -> str:
    """Make a return of an order that exists, or was deleted; gives its id."""
    if number not in shop.sandbox.monta.orders:
        shop.sandbox.monta.add(monta_order(number, Deleted=deleted))
    return shop.sandbox.returnista.add(return_order(request(order=f"#{number}"), **fields))


def give_back_now(shop: Shop, number: str = "1001", **fields: Any) -> str:
    """Make a return that the next listing shows beside the earlier ones."""
    return give_back(shop, number, updated=datetime.now(UTC), **fields)


def mend(shop: Shop, number: str = "1001") -> None:
    (order,) = shop.sandbox.monta.orders[number]
    order["Deleted"] = False


def stands(shop: Shop, number: str = "1001") -> list[tuple[str, str]]:
    stories = shop("show", number, "--json").json
    return [(item["progress"], item["cause"]) for story in stories for item in story["announcements"]]


def bought(shop: Shop) -> tuple[int, int]:
    shop.assert_nothing_twice()
    return len(shop.forecasts), len(shop.sandbox.monta.labels)


def release(shop: Shop, *which: str) -> None:
    assert shop("held", "release", *(which or ("--all",)), "--yes").code == 0


def take_back(shop: Shop, *which: str) -> None:
    assert shop("held", "take-back", *(which or ("--all",))).code == 0


@pytest.fixture
def held(shop: Shop) -> Shop:
    """A return whose order was deleted, and a settled one."""
    give_back(shop, deleted=True)
    give_back(shop, "1002")
    shop.run()
    assert shop.causes() == {"#1001": "order-deleted"}
    return shop


# -- a release asks ----------------------------------------------------------------------------------------------------


def test_without_a_terminal_a_release_takes_yes_and_else_changes_nothing(held):
    before = held.state.read_bytes()
    ran = held("held", "release", "--all")
    assert (ran.code, held.state.read_bytes()) == (2, before)
    assert "This releases 1 entry: order-deleted 1." in ran.err
    assert "--yes" in ran.err
    dry = held("held", "release", "--all", "--dry-run", "--json")
    assert (dry.code, len(dry.json["codes"])) == (0, 1)
    assert held.causes() == {"#1001": "order-deleted"}


def test_at_a_terminal_a_release_asks_how_many_of_which_causes_and_does_what_is_answered(held):
    give_back_now(held, id="0195a000-0000-7000-8000-000000000001")
    held.run()
    code, shown = on_terminal(held, "held", "release", "1001", question="[y/N]", answer="n")
    asked = " ".join(shown.split())
    assert code == 0
    assert "This releases 2 entries: order-deleted 2. 1001 means 2 of them." in asked
    assert stands(held) == [("held", "order-deleted")] * 2
    assert on_terminal(held, "held", "release", "1001", question="[y/N]", answer="y")[0] == 0
    assert stands(held) == [("released", "order-deleted")] * 2


# -- a release is taken back -------------------------------------------------------------------------------------------

WAYS = [("1001",), ("--cause", "order-deleted"), ("--all", "--source", "shop-nl")]


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_what_is_taken_back_is_looked_at_by_the_next_run_as_if_it_never_was_released(held, way):
    release(held)
    mend(held)
    assert held.run()["exit_code"] == 0
    assert bought(held) == (1, 1)
    take_back(held, *way)
    assert stands(held) == [("waiting", "release-taken-back")]
    assert held.run()["labelled"] == 1
    assert bought(held) == (2, 2)
    assert "A person took the release back: it is looked at again." in held("show", "1001").out


def test_what_is_still_wrong_is_held_for_it_again_and_can_be_released_again(held):
    for _ in range(2):
        release(held)
        take_back(held)
        assert held.run()["held"] == 1
    assert held.causes() == {"#1001": "order-deleted"}


@pytest.mark.parametrize(
    ("meanwhile", "stand"),
    [
        ("cancelled", [("withdrawn", "")]),
        ("gone", [("held", "vanished-at-platform")]),
        ("down", [("waiting", "release-taken-back")]),
    ],
)
def test_what_its_platform_no_longer_has_or_cannot_show_is_not_announced(held, meanwhile, stand):
    release(held)
    mend(held)
    identity = next(iter(held.sandbox.returnista.return_orders))
    if meanwhile == "cancelled":
        held.sandbox.returnista.touch(identity, word="Cancelled")
    elif meanwhile == "gone":
        held.sandbox.returnista.remove(identity)
    else:
        held.sandbox.faults.add(*(Fault(f"returnista.{route}", "status", status=503) for route in ("list", "one")))
    take_back(held)
    with later(minutes=5):
        held.run()
        held("replay", "1001")
    assert (stands(held), bought(held)) == (stand, (1, 1))
    held.sandbox.faults.clear()
    with later(minutes=10):
        held.run()
    assert bought(held) == ((2, 2) if meanwhile == "down" else (1, 1))


def test_a_read_that_fails_once_is_made_again_by_the_next_run(held):
    release(held)
    mend(held)
    take_back(held)
    held.sandbox.faults.add(Fault("returnista.one", "status", times=1, status=500))
    with later(minutes=5):
        held.run()
        assert stands(held) == [("waiting", "release-taken-back")]
    with later(minutes=10):
        held.run()
    assert bought(held) == (2, 2)


def test_the_guard_counts_what_is_taken_back(held):
    for number in ("1003", "1004", "1005"):
        give_back_now(held, number, deleted=True)
    held.run()
    release(held)
    for number in ("1001", "1003", "1004", "1005"):
        mend(held, number)
    take_back(held)
    held.source = {"guard_first": 3, "guard_new": 3, "guard_factor": 1}
    ran = held("run", "--json")
    assert (ran.code, bought(held)) == (1, (1, 1))
    assert "4 returns would be announced" in ran.json["refused"][0]


def test_a_label_in_doubt_stays_in_doubt_and_none_is_bought(shop):
    give_back(shop)
    shop.sandbox.faults.add(Fault("monta.label", "reset-after", call=1))
    shop.run()
    assert shop.causes() == {"#1001": "label-in-doubt"}
    release(shop)
    shop.run()
    take_back(shop, "--cause", "label-in-doubt")
    for _ in range(2):
        shop.run()
        assert shop.causes() == {"#1001": "label-in-doubt"}
        assert bought(shop) == (1, 1)


def test_a_create_in_flight_is_resolved_once_it_is_taken_back(shop):
    give_back(shop)
    shop.warehouse = {"settle_after": 600}
    shop.sandbox.faults.add(Fault("monta.create", "reset", call=1))
    shop.run()
    assert stands(shop) == [("waiting", "in-flight")]
    # A person can only release what is held, so the warehouse does not answer looks for a day.
    shop.sandbox.faults.add(*(Fault(f"monta.{route}", "status", status=500) for route in ("forecast", "forecasts")))
    for hours in (1, 26, 27):
        with later(hours=hours):
            shop.run()
    assert shop.causes() == {"#1001": "forecast-in-doubt"}
    shop.sandbox.faults.clear()
    release(shop)
    with later(hours=28):
        shop.run()
        assert bought(shop) == (0, 0)
        take_back(shop)
        shop.run()
    with later(hours=29):
        shop.run()
    assert (stands(shop), bought(shop)) == ([("settled", "")], (1, 1))


def hide(shop: Shop) -> None:
    """Let the platform show nothing from now on."""
    shop.sandbox.faults.add(*(Fault(f"returnista.{route}", "status", status=503) for route in ("list", "one")))


def test_with_a_create_in_flight_nothing_is_bought_before_its_platform_was_read(shop):
    identity = give_back(shop)
    shop.warehouse = {"settle_after": 600}
    shop.sandbox.faults.add(Fault("monta.create", "reset", call=1))
    shop.run()
    shop.sandbox.faults.add(*(Fault(f"monta.{route}", "status", status=500) for route in ("forecast", "forecasts")))
    for hours in (1, 26, 27):
        with later(hours=hours):
            shop.run()
    assert shop.causes() == {"#1001": "forecast-in-doubt"}
    shop.sandbox.faults.clear()
    release(shop)
    shop.sandbox.returnista.touch(identity, word="Cancelled")
    hide(shop)
    with later(hours=28):
        take_back(shop)
        shop.run()
        shop("replay", "1001")
    with later(hours=40):
        shop.run()
    assert (stands(shop), bought(shop)) == ([("waiting", "release-taken-back")], (0, 0))
    shop.sandbox.faults.clear()
    with later(hours=41):
        shop.run()
    assert (stands(shop), bought(shop)) == ([("withdrawn", "")], (0, 0))


@pytest.mark.parametrize("was_announced", [False, True])
def test_what_could_not_be_read_for_a_day_is_held_and_goes_on_by_itself_once_it_was(held, was_announced):
    mend(held)
    if was_announced:
        held.sandbox.faults.add(Fault("monta.label", "status", times=1, status=400))
        held.run()
    release(held)
    take_back(held)
    hide(held)
    with later(days=1, hours=1):
        assert held.run()["held"] == 1
        (item,) = held.held()
        assert (item["cause"], "returnsync check" in item["next_step"]) == ("release-taken-back", True)
        before = bought(held)
        held("held", "retry", "--all")
    with later(days=1, hours=2):
        held.run()
        assert (held.causes(), bought(held)) == ({"#1001": "release-taken-back"}, before)
    held.sandbox.faults.clear()
    with later(days=2):
        held.run()
    assert (stands(held), bought(held)) == ([("settled", "")], (2, 2))


def test_what_an_earlier_version_took_back_waits_to_be_read_after_an_upgrade_too(held):
    release(held)
    mend(held)
    take_back(held)
    with closing(sqlite3.connect(held.state)) as state, state:
        state.execute("UPDATE announcements SET due_at = NULL, cause = '' WHERE progress = 'waiting'")
        as_schema(state, 11)
    hide(held)
    with later(minutes=5):
        held.run()
        assert (stands(held), bought(held)) == ([("waiting", "release-taken-back")], (1, 1))
    held.sandbox.faults.clear()
    with later(minutes=10):
        held.run()
    assert (stands(held), bought(held)) == ([("settled", "")], (2, 2))


def test_what_could_not_be_read_for_a_day_and_is_gone_is_held_for_that(held):
    release(held)
    take_back(held)
    hide(held)
    with later(days=1, hours=1):
        held.run()
    held.sandbox.faults.clear()
    held.sandbox.returnista.remove(next(iter(held.sandbox.returnista.return_orders)))
    with later(days=2):
        held.run()
    assert (held.causes(), bought(held)) == ({"#1001": "vanished-at-platform"}, (1, 1))


def test_no_label_is_made_by_name_for_what_was_taken_back_and_not_read_since(shop):
    known = give_back_now(shop)
    shop.sandbox.faults.add(Fault("monta.label", "status", status=400, times=1))
    shop("run")
    shop("held", "release", "1001", "--yes")
    shop.sandbox.returnista.return_orders[known]["status"] = "Cancelled"
    shop.sandbox.faults.add(
        Fault("returnista.list", "status", status=503), Fault("returnista.one", "status", status=503)
    )
    take_back(shop, "1001")
    ran = shop("replay", "1001", "--new-label", "--yes")
    assert "No label was asked for" in ran.err
    assert shop.sandbox.monta.labels == []


def test_what_is_gone_when_its_platform_is_back_is_held_for_that_although_it_was_tried_again_meanwhile(shop):
    identity = give_back(shop)
    shop.sandbox.faults.add(Fault("monta.label", "status", times=1, status=400))
    shop.run()
    release(shop)
    take_back(shop)
    hide(shop)
    with later(days=1, hours=1):
        shop.run()
        shop("held", "retry", "--all")
    shop.sandbox.faults.clear()
    shop.sandbox.returnista.remove(identity)
    with later(days=2):
        shop.run()
    assert (shop.causes(), bought(shop)) == ({"#1001": "vanished-at-platform"}, (1, 0))


def test_a_clock_that_is_set_back_a_minute_after_a_release_was_taken_back_tells_of_no_moment_ahead(shop):
    give_back(shop, deleted=True)
    shop.run()
    release(shop)
    with later(minutes=2):
        take_back(shop)
    with later(minutes=1):
        assert "lay" not in shop("run").err


def test_what_is_of_a_source_that_is_no_longer_configured_is_not_taken_back(shop):
    shop = replace(shop, platforms=("returnista", "loop"))
    give_back(shop, deleted=True)
    shop.platform("loop").give_back("1001")
    shop.run()
    release(shop)
    shop.platforms = ("returnista",)
    before = stands(shop)
    ran = shop("held", "take-back", "--all")
    assert (ran.code, stands(shop)) == (2, before)
    assert "Nothing was changed." in ran.err
    take_back(shop, "--all", "--source", "shop-nl")
    assert ("waiting", "release-taken-back") in stands(shop)


@pytest.mark.parametrize("status", ["Cancelled", "Confirmed"])
def test_what_was_announced_and_labelled_stays_so(shop, status):
    identity = give_back(shop)
    shop.run()
    shop.sandbox.returnista.touch(identity, word="Cancelled")
    with later(minutes=5):
        shop.run()
    assert shop.causes() == {"#1001": "cancelled-after-announcement"}
    release(shop)
    shop.sandbox.returnista.touch(identity, word=status)
    take_back(shop)
    with later(minutes=10):
        shop.run()
    stand = ("settled", "") if status == "Confirmed" else ("held", "cancelled-after-announcement")
    assert (stands(shop), bought(shop)) == ([stand], (1, 1))


@pytest.mark.parametrize("cause", ["unreadable", "order-deleted"])
def test_a_record_that_cannot_be_read_is_taken_back_together_with_its_return(held, cause):
    identity = next(iter(held.sandbox.returnista.return_orders))
    record = held.sandbox.returnista.return_orders[identity]
    right, record["createdAt"] = record["createdAt"], "the day before yesterday"
    held.sandbox.returnista.touch(identity)
    with later(minutes=5):
        held.run()
    assert {item["cause"] for item in held.held()} == {"unreadable", "order-deleted"}
    release(held, identity)
    assert held.held() == []
    take_back(held, "--cause", cause)
    with later(minutes=10):
        held.run()
    assert [item["cause"] for item in held.held()] == ["unreadable"]
    record["createdAt"] = right
    mend(held)
    held("held", "retry", "--all")
    with later(minutes=15):
        held.run()
    assert (held.held(), bought(held)) == ([], (2, 2))


# -- names, causes and sources -----------------------------------------------------------------------------------------

NUMBERS = ["1001", " #1001 ", "1001\u00a0", "\u200b1001", "\uff11\uff10\uff10\uff11"]


def test_whatever_show_takes_is_taken(held):
    [entry] = held.held()
    dashes = entry["code"].lower().replace("-", "\u2013")
    for name in (*NUMBERS, entry["code"], dashes, entry["return_id"], entry["return_number"]):
        assert held("show", name).code == 0
        for arguments in (("retry", name, "--dry-run"), ("release", name, "--yes"), ("take-back", name)):
            told = held("held", *arguments, "--json")
            assert (told.code, told.json["codes"]) == (0, [entry["code"]]), arguments
        held.run()


def test_an_order_is_meant_by_its_number_at_the_warehouse(shop):
    shop.source = {"order_number": [{"pattern": "^#EX-(.+)$", "replace": r"\1"}]}
    shop.sandbox.monta.add(monta_order("77", Deleted=True))
    shop.sandbox.monta.add(monta_order("78"))
    for number in ("#EX-77", "#EX-78"):
        shop.sandbox.returnista.add(return_order(request(order=number)))
    shop.run()
    assert shop("held", "retry", "77").code == 0
    for number in ("77", "78"):
        [story] = shop("show", number, "--json").json
        assert story["lines"][0]["order_number"] == f"#EX-{number}"
    assert shop("replay", "78").code == 0


def test_a_name_that_means_nothing_that_is_held_says_what_it_is_and_changes_nothing(held):
    before = held.state.read_bytes()
    for command, more in (("retry", ()), ("release", ("--yes",))):
        ran = held("held", command, "1001", "1002", "no-such", "", *more)
        assert (ran.code, held.state.read_bytes()) == (2, before)
        assert "Not held: '1002' is settled; 'no-such' is not known; '' is not known. Nothing was changed." in ran.err
    ran = held("held", "take-back", "1001")
    assert (ran.code, "Not released: '1001' is held." in ran.err) == (2, True)


def test_only_the_order_that_is_named_is_meant_of_a_return_with_several(shop):
    for number in ("1001", "1003"):
        shop.sandbox.monta.add(monta_order(number, Deleted=True))
    shop.sandbox.returnista.add(return_order(request(order="#1001"), request(order="#1003")))
    shop.run()
    [other] = [entry for entry in shop.held() if entry["order_number"] == "#1003"]
    release(shop, "1001")
    assert shop.held() == [other]
    take_back(shop, other["return_id"])
    assert {progress for progress, _ in stands(shop, "1001")} == {"waiting", "held"}


def test_a_key_that_is_at_several_sources_asks_for_the_source(shop):
    shop.more = {}
    shop = replace(shop, platforms=("returnista", "loop"))
    shop.sandbox.monta.add(monta_order("1001", Deleted=True))
    shop.sandbox.returnista.add(return_order(request(order="#1001")))
    shop.platform("loop").give_back("1001")
    shop.run()
    assert len(shop.held()) == 2
    other = shop.platform("loop").source
    for command, more in (("retry", ()), ("release", ("--yes",)), ("take-back", ())):
        ran = shop("held", command, "1001", *more)
        assert ran.code == 2
        if command != "take-back":
            assert f"'1001' is known at several sources: {', '.join(sorted(('shop-nl', other)))}." in ran.err
            assert "--source" in ran.err
    release(shop, "1001", "--source", other)
    assert [entry["source"] for entry in shop.held()] == ["shop-nl"]
    assert shop("held", "retry", "--all", "--source", "nowhere").code == 2


@pytest.mark.parametrize("command", [(), ("retry",), ("release", "--yes"), ("take-back",)], ids=str)
def test_an_unknown_cause_ends_with_2_and_the_nearest_that_is_known(held, command):
    ran = held("held", *command, "--cause", "order-deletd")
    assert ran.code == 2
    assert "order-deleted" in ran.err
    assert held.causes() == {"#1001": "order-deleted"}


def test_only_one_way_to_say_which_is_taken(held):
    by_cause = ("--cause", "order-deleted")
    for command in ("retry", "release", "take-back"):
        for which in ((*by_cause, "--all"), ("1001", "--all"), ("1001", *by_cause), ()):
            assert held("held", command, *which).code == 2
    assert held.causes() == {"#1001": "order-deleted"}


def test_the_list_can_be_of_one_cause(held):
    give_back_now(held, "1003", status="AwaitingMoonrise")
    held.run()
    for cause in ("order-deleted", "status-unknown"):
        ran = held("held", "--cause", cause, "--json")
        assert (ran.code, [entry["cause"] for entry in ran.json]) == (1, [cause])
    ran = held("held", "--cause", "label-refused")
    assert (ran.code, ran.out) == (0, "Nothing is held for label-refused.\n")
