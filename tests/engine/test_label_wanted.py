"""A return that was made without a shipment: it is announced, and a setting decides whether it gets a label."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from shop import Shop, later

from returnsync import clock
from returnsync.sandbox import Fault, World
from returnsync.sandbox.world import monta_order, request, return_order, shipment

WANTED = {"#1001": "label-wanted"}


@pytest.fixture
def world() -> World:
    """One return without a shipment, and a plain one."""
    world = World.empty()
    world.orders = [monta_order("1001"), monta_order("1002")]
    world.return_orders = [without_shipment("1001", "r-1"), return_order(request(order="#1002"))]
    return world


def without_shipment(number: str, identity: str) -> dict[str, Any]:
    """A return of two days ago, which a later run no longer lists by itself."""
    fields = {"created": datetime.now(UTC) - timedelta(days=2), "shipments": [], "createdWithoutShipment": True}
    return return_order(request(order=f"#{number}"), id=identity, **fields)


def shown_as(shop: Shop, **fields: Any) -> None:
    """Let the platform show the first return differently from now on."""
    shop.sandbox.returnista.touch("r-1", **fields)


def label_calls(shop: Shop) -> int:
    return shop.sandbox.counts.calls("monta.label")


def held(shop: Shop) -> dict[str, str]:
    (item,) = shop.held()
    return item


def as_an_older_version_left_it(shop: Shop, progress: str = "", cause: str = "") -> None:
    """Remove the flag from each kept return, and give held announcements the state that the older version gave them."""
    with closing(sqlite3.connect(shop.state)) as state, state:
        state.execute("""UPDATE returns SET body =
            replace(replace(body, ',"without_shipment":true', ''), ',"without_shipment":false', '')""")
        if progress:
            state.execute(
                "UPDATE announcements SET progress = ?, cause = ?, due_at = ? WHERE cause = 'label-wanted'",
                (progress, cause, clock.stamp(clock.now())),
            )


def test_it_is_announced_and_held_before_its_label_and_others_go_on(shop):
    done = shop.run()
    assert (done["announced"], done["labelled"], done["held"], done["exit_code"]) == (2, 1, 1, 1)
    assert shop.causes() == WANTED
    assert "`label_without_shipment = true`" in held(shop)["next_step"]
    assert "`label_without_shipment = false` (none is) in [sources.shop-nl]" in held(shop)["next_step"]
    assert label_calls(shop) == 1
    assert shop.run()["requests"] == {"shop-nl": 1}  # no request is made for it meanwhile
    assert shop.causes() == WANTED


@pytest.mark.parametrize(("setting", "labels"), [(True, 2), (False, 1)])
def test_once_the_setting_is_written_what_was_held_goes_on_by_itself(shop, setting, labels):
    shop.run()
    shop.source["label_without_shipment"] = setting
    done = shop.run()
    assert (done["announced"], done["labelled"], done["exit_code"]) == (0, labels - 1, 0)
    assert shop.run()["exit_code"] == 0
    assert label_calls(shop) == len(shop.labels()) == labels
    assert len(shop.forecasts) == 2
    shop.assert_nothing_twice()


@pytest.mark.parametrize(("setting", "labels"), [(True, 2), (False, 1)])
def test_where_the_setting_is_written_nothing_is_held(shop, setting, labels):
    shop.source["label_without_shipment"] = setting
    assert shop.run()["exit_code"] == 0
    assert label_calls(shop) == len(shop.labels()) == labels


def test_where_no_labels_are_asked_for_nothing_is_held_and_what_was_held_is_settled(shop):
    shop.run()
    shop.warehouse["request_labels"] = False
    assert shop.run()["exit_code"] == 0
    shop.sandbox.monta.add(monta_order("1003"))
    shop.sandbox.returnista.add(without_shipment("1003", "r-3"))
    shop.sandbox.returnista.touch("r-3")
    done = shop.run()
    assert (done["announced"], done["exit_code"], label_calls(shop)) == (1, 0, 1)


def test_a_retry_buys_no_label_and_one_that_is_asked_for_by_name_is_made(shop):
    shop.run()
    code = held(shop)["code"]
    shop("held", "retry", code)
    shop.run()
    shop("replay", "#1001")
    assert (shop.causes(), label_calls(shop)) == (WANTED, 1)
    assert shop("replay", code, "--new-label", "--yes").code == 0
    assert (shop.causes(), label_calls(shop)) == ({}, 2)
    shop.assert_nothing_twice()


@pytest.mark.parametrize("parcel", [{"label_url": "https://labels.example/1.pdf"}, {"tracking": "3STEST00000001"}])
def test_a_parcel_that_has_a_label_of_the_platform_is_announced_with_it_and_never_held(shop, parcel):
    shown_as(shop, shipments=[shipment(**parcel)])
    done = shop.run()
    assert (done["announced"], done["labelled"], done["exit_code"]) == (2, 1, 0)


def test_a_label_of_the_platform_that_comes_later_lets_it_go_on(shop):
    shop.run()
    shown_as(shop, shipments=[shipment(tracking="3STEST00000001")])
    assert shop.run()["exit_code"] == 0
    assert label_calls(shop) == 1


def test_one_that_turns_out_to_have_a_shipment_gets_its_label(shop):
    shop.run()
    shown_as(shop, createdWithoutShipment=False)
    assert (shop.run()["labelled"], shop.causes()) == (1, {})


def test_one_that_has_its_label_is_not_touched_when_it_is_shown_without_a_shipment(shop):
    shown_as(shop, createdWithoutShipment=False)
    shop.run()
    shown_as(shop, createdWithoutShipment=True)
    done = shop.run()
    assert (done["sources"]["shop-nl"]["changed"], done["exit_code"], label_calls(shop)) == (1, 0, 2)


def test_a_dry_run_says_that_it_would_be_announced_and_never_that_a_label_would_be_bought(shop):
    done = shop.run("--dry-run")
    assert [("carrier" in item, item["would"]) for item in done["decisions"] if "1001" in item["code"]] == [
        (False, "announce")
    ]
    shop.run()
    shop("held", "retry", "--cause", "label-wanted")
    (decision,) = shop.run("--dry-run")["decisions"]
    assert (decision["would"], decision["cause"]) == ("hold", "label-wanted")


def test_one_that_is_cancelled_while_it_is_held_is_held_for_that(shop):
    shop.run()
    shown_as(shop, status="Cancelled")
    shop.run()
    assert shop.causes() == {"#1001": "cancelled-after-announcement"}


# -- what an older version left ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("progress", "cause"), [("due", ""), ("waiting", "call-failed"), ("held", "label-refused")], ids=str
)
def test_after_an_upgrade_what_still_waits_for_its_label_is_read_again_and_held(shop, progress, cause):
    shop.run()
    as_an_older_version_left_it(shop, progress, cause)
    with later(days=2):
        if progress == "held":
            shop("held", "retry", held(shop)["code"])
        shop.run()
    assert (shop.causes(), label_calls(shop)) == (WANTED, 1)


def test_after_an_upgrade_a_replay_reads_the_return_before_its_label(shop):
    shop.run()
    as_an_older_version_left_it(shop, "held", "label-refused")
    shop("replay", "#1001")
    assert (shop.causes(), label_calls(shop)) == (WANTED, 1)


def test_after_an_upgrade_what_is_held_before_its_announcement_stays_as_it_is(shop):
    shop.sandbox.monta.orders["1001"][0]["Deleted"] = True
    shop.run()
    before = shop("show", "#1001", "--json").json
    as_an_older_version_left_it(shop)
    with later(days=1):
        assert shop.run()["sources"]["shop-nl"]["changed"] == 0
    assert shop("show", "#1001", "--json").json == before


def test_after_an_upgrade_one_with_a_shipment_gets_its_label_in_the_first_run(shop):
    shop.sandbox.faults.add(Fault("monta.label", "status", status=429, times=2))
    shown_as(shop, createdWithoutShipment=False)
    shop.run()
    assert label_calls(shop) == 2
    as_an_older_version_left_it(shop)
    with later(days=1):
        done = shop.run()
        assert (done["labelled"], done["exit_code"]) == (2, 0)
        assert shop.run()["requests"] == {"shop-nl": 1}  # and it is no longer read again
    shop.assert_nothing_twice()


def test_after_an_upgrade_nothing_is_bought_until_the_return_could_be_read_again(shop):
    shop.run()
    as_an_older_version_left_it(shop, "due")
    shop.sandbox.faults.add(Fault("returnista.one", "status", status=500, times=1))
    with later(days=1):
        assert (shop.run()["exit_code"], shop.causes(), label_calls(shop)) == (0, {}, 1)
    with later(days=3):
        shop.run()
        assert (shop.causes(), label_calls(shop)) == (WANTED, 1)


def test_after_an_upgrade_one_that_its_platform_no_longer_has_is_held(shop):
    shop.run()
    as_an_older_version_left_it(shop, "due")
    shop.sandbox.returnista.remove("r-1")
    with later(days=2):
        shop.run()
    assert (shop.causes(), label_calls(shop)) == ({"#1001": "vanished-at-platform"}, 1)


@pytest.mark.parametrize("routes", [("one",), ("list", "one")], ids=" ".join)
def test_after_an_upgrade_one_that_cannot_be_read_for_a_day_is_held_and_goes_on_once_it_was(shop, routes):
    unread_for_a_day(shop, *routes)
    shop.source["label_without_shipment"] = True
    shop.sandbox.faults.clear()
    for days in (5, 6):
        with later(days=days):
            shop.run()
    assert (shop.causes(), label_calls(shop)) == ({}, 2)


def test_after_an_upgrade_one_that_is_gone_after_a_day_in_which_it_could_not_be_read_is_held_for_that(shop):
    unread_for_a_day(shop, "list", "one")
    shop.sandbox.faults.clear()
    shop.sandbox.returnista.remove("r-1")
    with later(days=5):
        shop.run()
    assert (shop.causes(), label_calls(shop)) == ({"#1001": "vanished-at-platform"}, 1)


def unread_for_a_day(shop: Shop, *routes: str) -> None:
    """Make a return of an earlier version that could not be read for a day, and is held for that."""
    shop.run()
    as_an_older_version_left_it(shop, "due")
    shop.sandbox.faults.add(*(Fault(f"returnista.{route}", "status", status=500) for route in routes))
    for hours in (48, 49, 80):
        with later(hours=hours):
            shop.run()
    assert (shop.causes(), label_calls(shop)) == (WANTED, 1)


def test_an_upgrade_touches_nothing_that_has_its_label_and_changes_no_return(shop):
    shown_as(shop, createdWithoutShipment=False)
    shop.run()
    as_an_older_version_left_it(shop)
    done = shop.run()
    assert (done["sources"]["shop-nl"]["changed"], done["requests"], done["exit_code"]) == (0, {"shop-nl": 1}, 0)
