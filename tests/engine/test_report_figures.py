"""The figures of `report`, compared with ones worked out by hand, and the same after a return is erased."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from followed import HOUR, MADE, following

from returnsync.engine.ask.hours import took
from returnsync.model import Cause, SourceId, UnreadableRecord
from returnsync.state import erasing, set_aside, sources
from returnsync.state.sources import KnownSource

if TYPE_CHECKING:
    from shop import Shop

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def report(shop: Shop, *arguments: str) -> dict[str, Any]:
    with time_machine.travel(NOW, tick=False):
        ran = shop("report", "--json", *arguments)
    assert ran.code == 0, ran.err
    return ran.json


def twenty(shop: Shop) -> None:
    """Twenty returns, announced 1, 2, … 20 hours after a run found them approved; all but one get a label later."""
    with following(shop.state) as state:
        for hours in range(1, 21):
            item = state.plan(state.add(reason="too small"))
            announced = state.announce(item, MADE + HOUR + hours * HOUR)
            if hours < 20:
                state.label(announced, announced.announced_at + HOUR / 2)


@pytest.mark.parametrize(
    ("hours", "median", "most"),
    [
        ([3.0], 3.0, 3.0),
        ([4.0, 1.0], 2.5, 4.0),
        ([float(number) for number in range(1, 11)], 5.5, 10.0),
        ([float(number) for number in range(1, 21)], 10.5, 19.0),
        ([float(number) for number in range(1, 101)], 50.5, 95.0),
    ],
)
def test_the_median_and_what_95_of_100_took_at_most(hours, median, most):
    assert took(hours[::-1]) == (len(hours), median, most)


def test_of_nothing_there_is_no_median():
    assert took([]) is None


def test_hours_are_from_the_first_run_that_found_it_approved_to_announcement_and_first_label(shop):
    twenty(shop)
    every, of_shop = report(shop)["hours"]
    announced = {"number": 20, "median": 10.5, "percentile_95": 19.0}
    labelled = {"number": 19, "median": 10.5, "percentile_95": 19.5}
    assert every == {"source": None, "announced": announced, "labelled": labelled}
    assert of_shop == {"source": "shop-nl", "announced": announced, "labelled": labelled}


def test_a_second_label_makes_the_first_no_later(shop):
    with following(shop.state) as state:
        announced = state.announce(state.plan(state.add()), MADE + 2 * HOUR)
        labelled = state.label(announced, MADE + 3 * HOUR)
        state.label(labelled, MADE + 90 * HOUR)
    found = report(shop)
    assert found["hours"][0]["labelled"] == {"number": 1, "median": 2.0, "percentile_95": 2.0}
    assert found["labels"] == [{"month": "2026-11", "carrier": "PostNL", "number": 2}]


def test_what_was_found_announced_says_nothing_of_how_long_it_took(shop):
    with following(shop.state) as state:
        state.announce(state.plan(state.add()), MADE + 9 * HOUR, event="adopted")
    assert report(shop)["hours"] == []


def test_hours_are_shown_by_source_and_a_removed_source_keeps_its_name(shop):
    with following(shop.state) as state:
        state.announce(state.plan(state.add()), MADE + 3 * HOUR)
        state.announce(state.plan(state.add(source=SourceId("gone"))), MADE + 5 * HOUR)
    found = report(shop)
    medians = [(row["source"], row["announced"]["median"]) for row in found["hours"]]
    assert medians == [(None, 3.0), ("gone", 4.0), ("shop-nl", 2.0)]


def test_returns_are_counted_on_the_day_on_which_they_were_made_by_state(shop):
    with following(shop.state) as state:
        announced = state.announce(state.plan(state.add()), MADE + 2 * HOUR)
        state.label(announced, MADE + 3 * HOUR)
        state.plan(state.add(created=MADE + DAY))
        state.hold(state.plan(state.add(created=MADE + DAY)), MADE + 2 * DAY, Cause.LINE_UNMATCHED)
        state.add(created=MADE + DAY)
        state.add(created=datetime(2001, 1, 1, tzinfo=UTC))
    found = report(shop)
    there = [{name: value for name, value in day.items() if value} for day in found["days"]]
    assert there == [
        {"day": "2026-11-10", "labelled": 1},
        {"day": "2026-11-11", "waiting": 1, "held": 1, "unplanned": 1},
    ]
    assert found["states"] == {
        "waiting": 1, "held": 1, "announced": 0, "labelled": 1, "left_alone": 0, "withdrawn": 0, "released": 0,
        "unplanned": 1,
    }  # fmt: skip


def test_a_day_is_that_of_this_machines_zone(shop, monkeypatch):
    made = (datetime.now(UTC) - 3 * DAY).replace(hour=23, minute=30)
    with following(shop.state) as state:
        state.add(created=made)
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "JST-9")
        time.tzset()
        found = shop("report", "--json").json["days"]
    time.tzset()
    assert [day["day"] for day in found] == [(made + DAY).date().isoformat()]


def test_what_a_platform_made_ahead_of_time_counts_as_of_today(shop):
    ahead = datetime(9999, 12, 31, 21, 59, tzinfo=UTC)
    with following(shop.state) as state:
        state.add(created=ahead)
    assert [day["day"] for day in report(shop)["days"]] == ["2026-11-29"]


def test_a_time_before_all_others_is_one_without_returns(shop):
    assert report(shop, "--until", "0001-01-03")["days"] == []


def test_the_states_add_up_to_what_returns_lists(shop):
    with following(shop.state) as state:
        state.label(state.announce(state.plan(state.add()), MADE + 2 * HOUR), MADE + 3 * HOUR)
        state.announce(state.plan(state.add()), MADE + 2 * HOUR)
        state.hold(state.plan(state.add()), MADE + 2 * DAY, Cause.NO_ITEMS)
        state.plan(state.add())
        state.add()
    found = report(shop)["states"]
    for name, number in found.items():
        states = ("waiting", "due") if name == "waiting" else (name,)
        told = shop("returns", "--count", "--json", *(word for one in states for word in ("--state", one)))
        assert told.json == number, name


def test_held_returns_are_shown_by_cause_with_their_age(shop):
    with following(shop.state) as state:
        for age in (HOUR, 2 * DAY, 30 * DAY):
            state.hold(state.plan(state.add(created=NOW - 40 * DAY)), NOW - age, Cause.LINE_UNMATCHED)
        state.hold(state.plan(state.add()), NOW - 5 * DAY, Cause.NO_ITEMS)
    first, second = report(shop)["held"]
    assert first == {
        "cause": "line-unmatched",
        "number": 3,
        "oldest": "2026-10-30T12:00:00.000000Z",
        "ages": {"under_1_day": 1, "1_to_3_days": 1, "3_to_7_days": 0, "1_to_4_weeks": 0, "longer": 1},
    }
    assert (second["cause"], second["number"], second["ages"]["3_to_7_days"]) == ("no-items", 1, 1)


PAIRS = '[sources.shop-nl."too small"]\nid = 3\n\n[sources.shop-nl.late]\ntext_only = true\n'


def test_reasons_are_shown_by_source_with_how_they_are_paired_and_no_account_is_asked(shop):
    with following(shop.state) as state:
        for reason in ("too small", "too small", "late", "ugly", None):
            state.add(reason=reason)
    (shop.folder / "reasons.toml").write_text(PAIRS)
    found = [(row["words"], row["seen"], row["standing"]) for row in report(shop)["reasons"]]
    assert found == [("too small", 2, "paired"), ("late", 1, "text only"), ("ugly", 1, "unpaired")]
    assert shop.sandbox.counts.requests == 0


def test_a_reason_that_names_the_consumer_is_masked(shop):
    with following(shop.state) as state:
        state.add(reason="as Voorbeeld said")
    (row,) = report(shop)["reasons"]
    assert (row["words"], row["key"]) == ("as ••• said", "as ••• said")


def test_labels_are_counted_by_month_and_carrier_of_a_year_unless_a_time_is_named(shop):
    with following(shop.state) as state:
        for month, carrier in ((12, "PostNL"), (1, "DHL"), (1, "DHL"), (1, "PostNL")):
            made = datetime(2025 if month == 12 else 2026, month, 15, tzinfo=UTC)
            announced = state.announce(state.plan(state.add(created=made)), made + 2 * HOUR)
            state.label(announced, made + 3 * HOUR, carrier)
        old = datetime(2025, 11, 30, tzinfo=UTC)
        state.label(state.announce(state.plan(state.add(created=old)), old + HOUR), old + HOUR)
    told = {(row["month"], row["carrier"]): row["number"] for row in report(shop)["labels"]}
    assert told == {("2026-01", "DHL"): 2, ("2026-01", "PostNL"): 1, ("2025-12", "PostNL"): 1}
    since = report(shop, "--since", "2025-11-01", "--until", "2025-12-31")["labels"]
    assert [(row["month"], row["number"]) for row in since] == [("2025-12", 1), ("2025-11", 1)]


def test_requests_are_compared_with_the_limits_of_each_account(shop):
    shop.warehouse["limits"] = {"1h": 50, "1d": 240}
    shop.run()
    made = shop.sandbox.counts.as_dict()["systems"]
    found = {row["account"]: (row["requests"], row["limit"]) for row in shop("report", "--json").json["requests"]}
    assert found["monta"] == (made.get("monta", 0), 240)


def test_a_source_narrows_every_figure(shop):
    with following(shop.state) as state:
        twenty_one = state.plan(state.add(source=SourceId("gone"), reason="late"))
        state.label(state.announce(twenty_one, MADE + 2 * HOUR), MADE + 3 * HOUR)
        state.hold(state.plan(state.add(source=SourceId("gone"))), MADE + 2 * HOUR, Cause.NO_ITEMS)
        state.add(reason="ugly")
        with state.at(MADE) as q:
            sources.save(q, KnownSource(SourceId("gone"), "gone", "returnista", "account", MADE, ""))
    of_shop, of_gone = report(shop, "--source", "shop-nl"), report(shop, "--source", "gone")
    assert (of_shop["states"]["unplanned"], of_shop["states"]["labelled"]) == (1, 0)
    assert (of_shop["hours"], of_shop["held"], of_shop["labels"]) == ([], [], [])
    assert [row["words"] for row in of_shop["reasons"]] == ["ugly"]
    assert (of_gone["states"]["labelled"], of_gone["states"]["held"], of_gone["reasons"]) == (1, 1, [])
    assert [row["cause"] for row in of_gone["held"]] == ["no-items"]
    assert report(shop, "--source", "gone", "--source", "shop-nl")["states"] == report(shop)["states"]


def test_the_figures_are_the_same_after_every_return_was_erased(shop):
    twenty(shop)
    before = report(shop)
    with following(shop.state) as state, state.db.transaction() as q:
        for row in list(state.db.connection.execute("SELECT source, id FROM returns")):
            erasing.erase(q, row["source"], row["id"], "")
        assert state.db.connection.execute("SELECT count(*) FROM history").fetchone()[0] == 0
        assert state.db.connection.execute("SELECT count(*) FROM announcements WHERE at_rest = 1").fetchone()[0] == 20
    assert report(shop) == before


def test_a_return_that_can_no_longer_be_read_costs_the_figures_nothing_else(shop):
    twenty(shop)
    before = report(shop)
    with closing(sqlite3.connect(shop.state)) as db, db:
        db.execute("UPDATE returns SET body = '{' WHERE id = 'r0001'")
    after = report(shop)
    assert [row.pop("seen") for row in after["reasons"]] == [19]
    assert [row.pop("seen") for row in before["reasons"]] == [20]
    assert after == before


def test_a_record_that_cannot_be_read_counts_as_held_on_the_day_on_which_it_came(shop):
    came = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
    with following(shop.state) as state, state.at(came) as q:
        set_aside.keep(q, SourceId("shop-nl"), UnreadableRecord("x", "{}", "it has no id"))
    found = report(shop)
    assert [(day["day"], day["held"]) for day in found["days"]] == [("2026-11-20", 1)]
    assert [(row["cause"], row["number"]) for row in found["held"]] == [("unreadable", 1)]
