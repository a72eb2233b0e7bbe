"""Articles of one marketplace return come as separate records, and are one announcement whenever they come."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from killing import Scenario, kill_at, not_killed
from shop import later

from returnsync.platforms import channable
from returnsync.platforms.channable import calls
from returnsync.sandbox import Fault, World
from returnsync.sandbox.channable_records import marketplace_number, obfuscated, order, returned
from returnsync.sandbox.world import monta_order

if TYPE_CHECKING:
    from shop import Shop

NUMBER, GROUP = "1001", "31005544"
SHIRT, SKIRT, COAT = SKUS = ("SHIRT-BL-M", "SKIRT-BK-36", "COAT-NV-XL")
# So old that a long look back does not list it, so that only changed records are listed again.
MADE = datetime.now(UTC) - timedelta(hours=12)
CHANGED_AFTER, CANCELLED_AFTER = "changed-after-announcement", "cancelled-after-announcement"


def ordered() -> World:
    """One order of three articles, at Channable and at the warehouse."""
    world = World.empty()
    world.orders = [monta_order(NUMBER, *SKUS)]
    world.channable.orders = [order(NUMBER, *SKUS)]
    return world


@pytest.fixture
def world() -> World:
    return ordered()


@pytest.fixture
def shop(shop) -> Shop:
    # Two runs make more reads than the default of ten in ten seconds, and no test waits.
    return replace(shop, platforms=("channable",), source={"limits": {"1h": 1000}})


def record(sku: str = SHIRT, **fields: Any) -> dict[str, Any]:
    return returned(sku, NUMBER, **{"return_id": GROUP, "created": MADE, **fields})


def give_back(shop: Shop, *skus: str, **fields: Any) -> list[str]:
    return [shop.sandbox.channable.add(record(sku, **fields)) for sku in skus]


def becomes(shop: Shop, identity: str, word: str) -> None:
    shop.sandbox.channable.touch(identity, word=word)


def announced(shop: Shop) -> list[list[str]]:
    """The articles of each forecast, after a check that nothing is doubled."""
    shop.assert_nothing_twice()
    names = {line["WebshopOrderLineId"]: line["Sku"] for line in monta_order(NUMBER, *SKUS)["Lines"]}
    return [sorted(names[line["WebshopOrderLineId"]] for line in forecast.lines) for forecast in shop.forecasts]


def causes(shop: Shop) -> list[str]:
    return [item["cause"] for item in shop.held()]


def not_known_yet(shop: Shop) -> None:
    """Let the warehouse not find the order once, so that nothing is sent."""
    shop.sandbox.faults.add(Fault("monta.order", "status", status=404, times=1))


def after_days(shop: Shop, clock: Any) -> None:
    """Make two runs, days apart: the first may still list known records, the second reads open returns one by one."""
    for _ in range(2):
        clock.shift(timedelta(days=2))
        shop.run()


def kept(shop: Shop) -> dict[str, Any]:
    """The only return in state."""
    with closing(sqlite3.connect(shop.state)) as state:
        [[body]] = state.execute("SELECT body FROM returns").fetchall()
    return json.loads(body)


# -- before the intent -------------------------------------------------------------------------------------------------


def test_articles_of_one_return_are_one_announcement(shop):
    give_back(shop, *SKUS)
    assert shop.run()["announced"] == 1
    assert announced(shop) == [sorted(SKUS)]


@pytest.mark.parametrize("spelling", ["#{}", " {} "])
def test_articles_whose_records_spell_their_order_in_two_ways_are_one_announcement(shop, spelling):
    give_back(shop, SHIRT)
    give_back(shop, SKIRT, meta={"channel_order_id": spelling.format(marketplace_number(NUMBER))})
    for _ in range(2):
        shop.run()
        (forecast,) = shop.forecasts
        assert sum(line["ReturnQuantity"] for line in forecast.lines) == 2


def test_articles_on_different_pages_are_one_announcement(shop, monkeypatch):
    monkeypatch.setattr(calls, "PAGE_SIZE", 2)
    monkeypatch.setattr(channable, "PAGE_SIZE", 2)
    give_back(shop, *SKUS)
    shop.run()
    assert announced(shop) == [sorted(SKUS)]


def test_articles_that_come_in_different_runs_before_the_intent_are_one_announcement(shop, clock):
    give_back(shop, SHIRT)
    not_known_yet(shop)
    assert shop.run()["announced"] == 0
    give_back(shop, SKIRT, modified=datetime.now(UTC))
    clock.shift(timedelta(days=2))
    shop.run()
    assert announced(shop) == [[SHIRT, SKIRT]]


def test_a_return_that_was_listed_again_unchanged_is_left_as_it_is(shop, clock):
    give_back(shop, SHIRT, SKIRT, modified=datetime.now(UTC))
    shop.run()
    clock.shift(timedelta(minutes=2))
    assert shop.run()["sources"]["shop-nl"]["changed"] == 0
    assert causes(shop) == []


def test_an_article_that_is_cancelled_in_time_is_not_announced(shop):
    give_back(shop, SHIRT)
    give_back(shop, SKIRT, status="cancelled")
    shop.run()
    assert announced(shop) == [[SHIRT]]


def test_articles_without_the_number_of_a_return_stand_alone(shop):
    give_back(shop, SHIRT, SKIRT, return_id=None)
    shop.run()
    assert sorted(announced(shop)) == [[SHIRT], [SKIRT]]


def test_an_article_that_was_done_before_the_announcement_is_no_change_after_it(shop, clock):
    first, _ = give_back(shop, SHIRT, SKIRT)
    not_known_yet(shop)
    shop.run()
    becomes(shop, first, "accepted")
    after_days(shop, clock)
    assert announced(shop) == [[SKIRT]]
    assert causes(shop) == []


# -- after the intent --------------------------------------------------------------------------------------------------


def test_an_article_that_comes_after_the_intent_is_announced_by_itself_once(shop, clock):
    give_back(shop, SHIRT, SKIRT)
    shop.run()
    give_back(shop, COAT, modified=datetime.now(UTC))
    for _ in range(3):
        clock.shift(timedelta(minutes=5))
        shop.run()
    assert announced(shop) == [[SHIRT, SKIRT], [COAT]]


def test_a_verdict_on_an_article_changes_nothing_and_is_never_announced(shop, clock):
    first, _ = give_back(shop, SHIRT, SKIRT)
    shop.run()
    becomes(shop, first, "accepted")
    clock.shift(timedelta(minutes=5))
    assert shop.run()["exit_code"] == 0
    assert announced(shop) == [[SHIRT, SKIRT]]


@pytest.mark.parametrize("word", ["keeps", "cancelled"])
def test_an_article_that_does_not_come_after_all_holds_the_return(shop, clock, word):
    first, _ = give_back(shop, SHIRT, SKIRT)
    shop.run()
    becomes(shop, first, word)
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert causes(shop) == [CHANGED_AFTER]


def test_a_return_all_of_whose_articles_are_cancelled_is_held_as_cancelled(shop, clock):
    both = give_back(shop, SHIRT, SKIRT)
    shop.run()
    for identity in both:
        becomes(shop, identity, "cancelled")
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert causes(shop) == [CANCELLED_AFTER]


def test_an_article_that_comes_after_the_return_was_released_stands_alone_and_is_not_lost(shop, clock):
    give_back(shop, SHIRT, status="manual")
    shop.run()
    assert shop("held", "release", "--all", "--yes").code == 0
    give_back(shop, SKIRT, modified=datetime.now(UTC))
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert announced(shop) == [[SKIRT]]


# -- personal data that was removed ------------------------------------------------------------------------------------


def test_articles_whose_personal_data_was_removed_are_announced_together_without_a_label(shop, monkeypatch):
    monkeypatch.setattr(calls, "PAGE_SIZE", 2)
    monkeypatch.setattr(channable, "PAGE_SIZE", 2)
    for sku in SKUS:
        shop.sandbox.channable.add(obfuscated(record(sku)))
    ran = shop.run()
    assert (ran["announced"], ran["labelled"]) == (1, 0)
    assert announced(shop) == [sorted(SKUS)]


@pytest.mark.parametrize("group", [GROUP, None])
def test_personal_data_that_is_removed_later_changes_nothing_that_is_known(shop, clock, group):
    [identity] = give_back(shop, SHIRT, return_id=group)
    not_known_yet(shop)
    shop.run()
    before = kept(shop)
    bare = obfuscated(shop.sandbox.channable.returns[identity])
    bare["data"]["item"]["gtin"] = None
    shop.sandbox.channable.touch(identity, **{key: bare[key] for key in ("obfuscated", "data")})
    clock.shift(timedelta(days=2))
    assert shop.run()["labelled"] == 1
    after = kept(shop)
    assert (after["consumer"], after["lines"]) == (before["consumer"], before["lines"])


# -- what vanishes -----------------------------------------------------------------------------------------------------


def test_an_article_that_vanishes_after_the_announcement_holds_the_return(shop, clock):
    first, _ = give_back(shop, SHIRT, SKIRT)
    shop.run()
    shop.sandbox.channable.remove(first)
    after_days(shop, clock)
    assert causes(shop) == [CHANGED_AFTER]


def test_an_article_that_was_gone_for_a_while_is_not_announced_a_second_time(shop, clock):
    first, _ = give_back(shop, SHIRT, SKIRT)
    shop.run()
    gone = shop.sandbox.channable.returns[first]
    shop.sandbox.channable.remove(first)
    after_days(shop, clock)
    assert causes(shop) == [CHANGED_AFTER]
    shop.sandbox.channable.add(gone)
    shop.sandbox.channable.touch(first, at=datetime.now(UTC))
    clock.shift(timedelta(minutes=5))
    assert shop.run()["exit_code"] == 0
    assert announced(shop) == [[SHIRT, SKIRT]]


def test_a_return_all_of_whose_articles_vanish_in_time_is_held_and_not_announced(shop, clock):
    both = give_back(shop, SHIRT, SKIRT)
    not_known_yet(shop)
    shop.run()
    for identity in both:
        shop.sandbox.channable.remove(identity)
    clock.shift(timedelta(days=2))
    shop.run()
    assert causes(shop) == ["vanished-at-platform"]
    assert announced(shop) == []


# -- by a person's word ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [NUMBER, marketplace_number(NUMBER), GROUP, "the id of a record"])
def test_a_return_of_several_articles_is_replayed_whole_by_every_name(shop, wanted):
    first, _ = give_back(shop, SHIRT, SKIRT)
    assert shop("replay", first if wanted == "the id of a record" else wanted).code == 0
    assert announced(shop) == [[SHIRT, SKIRT]]


def test_a_line_that_did_not_match_is_linked_again_when_a_person_asks(shop, clock):
    both = give_back(shop, SHIRT, SKIRT, item={"gtin": "unknown", "id": None})
    shop.run()
    assert causes(shop) == ["line-unmatched"]
    for identity, sku in zip(both, (SHIRT, SKIRT), strict=True):
        shop.sandbox.channable.returns[identity]["data"]["item"]["gtin"] = record(sku)["data"]["item"]["gtin"]
    assert shop("held", "retry", "--all").code == 0
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert announced(shop) == [[SHIRT, SKIRT]]


def test_a_dry_run_of_parts_changes_nothing(shop):
    give_back(shop, SHIRT, SKIRT)
    shop.run("--dry-run")
    assert announced(shop) == []
    assert shop("show", NUMBER).code == 2
    assert shop.run()["announced"] == 1


# -- state that dies or is lost ----------------------------------------------------------------------------------------


def test_a_lost_state_finds_what_was_announced_again(shop, clock):
    give_back(shop, SHIRT, SKIRT)
    shop.run()
    for file in shop.folder.glob("returnsync.db*"):
        file.unlink()
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert announced(shop) == [[SHIRT, SKIRT]]


def test_rule_4_a_run_killed_between_pages_of_one_return_announces_it_whole(shop):
    def prepare(prepared: Shop) -> None:
        for number in range(99):  # a page is a hundred
            prepared.sandbox.channable.add(
                returned(COAT, "9", id=number + 1, status="accepted", created=MADE - timedelta(minutes=1))
            )
        give_back(prepared, SHIRT)
        give_back(prepared, SKIRT, created=MADE - timedelta(minutes=2))

    scenario = Scenario("one return on two pages", ordered(), platform="channable", prepare=prepare)
    reference = not_killed(scenario, shop, shop.folder / "reference")
    points = [at for at, step in enumerate(reference.steps, start=1) if step in ("page read", "page saved")]
    kill_at([(reference, number) for number in points], shop)


def taken_back(shop: Shop) -> list[str]:
    """Make a return of two articles that was held, released and taken back; nothing prevents it any longer."""
    (order,) = shop.sandbox.monta.orders[NUMBER]
    order["Deleted"] = True
    ids = give_back(shop, SHIRT, SKIRT)
    shop.run()
    assert shop("held", "release", "--all", "--yes").code == 0
    order["Deleted"] = False
    assert shop("held", "take-back", "--all").code == 0
    return ids


@pytest.mark.parametrize("failing", [0, 1])
def test_what_was_taken_back_waits_until_each_of_its_parts_was_read(shop, failing):
    ids = taken_back(shop)
    for identity in ids:
        shop.sandbox.channable.touch(identity, at=MADE, word="cancelled")
    shop.sandbox.faults.add(Fault("channable.one", "status", status=500, about=str(ids[failing])))
    for minutes in (0, 5):
        with later(days=3, minutes=minutes):
            shop.run()
            assert (shop.forecasts, shop.labels()) == ([], [])
    shop.sandbox.faults.clear()
    with later(days=3, minutes=10):
        shop.run()
    assert (shop.forecasts, shop.causes()) == ([], {})


def test_what_was_taken_back_goes_on_once_each_of_its_parts_was_read_unchanged(shop):
    ids = taken_back(shop)
    shop.sandbox.faults.add(Fault("channable.one", "status", status=500, about=str(ids[1]), times=1))
    with later(days=3):
        shop.run()
        assert shop.forecasts == []
    with later(days=3, minutes=5):
        shop.run()
    assert len(shop.forecasts) == 1
