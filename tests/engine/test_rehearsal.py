"""A rehearsal: with `only`, a source plans everything and delivers only the named orders. Then the guard takes over."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from dying import dying
from killing import Scenario, kill_at, not_killed
from shop import later

from returnsync.config.load import load
from returnsync.engine.context import Context
from returnsync.engine.deliver import effects
from returnsync.engine.deliver.attempting import load as load_delivery
from returnsync.engine.deliver.delivery import Stopped
from returnsync.engine.plan import Measure, keep_back, make_plan, measure
from returnsync.model import SourceId
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.world import monta_line, monta_order, request, return_order
from returnsync.state import announcements, moments, sources
from returnsync.state.ledger import Kind
from returnsync.state.opening import open_file

if TYPE_CHECKING:
    from shop import Shop

PLATFORMS = tuple(platform.name for platform in Sandbox(World.empty()).platforms)
# Platforms in every run of the tests: one that writes `#`, one with parts, one with a single order in each return.
OFTEN = ("returnista", "channable", "loop")
KEPT_BACK = "not-in-only"

pytestmark = pytest.mark.usefixtures("old_state")


@pytest.fixture(autouse=True)
def morning():
    """The guard counts by days, and a test that begins shortly before midnight would be in two days."""
    with time_machine.travel(datetime.now(UTC).replace(hour=6, minute=0), tick=True):
        yield


def come(shop: Shop, *numbers: int) -> list[str]:
    """Put in shipped orders of two units, each with an approved return of one unit; gives the ids of the returns."""
    made = []
    for number in numbers:
        shop.sandbox.monta.add(monta_order(str(number), monta_line(quantity=2)))
        now = datetime.now(UTC)
        made.append(shop.sandbox.returnista.add(return_order(request(order=f"#{number}"), created=now, updated=now)))
    return made


def announced(shop: Shop) -> list[str]:
    return sorted(forecast.order for forecast in shop.forecasts)


def waiting(shop: Shop) -> dict[str, str]:
    """Order number → cause, for everything that waits."""
    return {item["order_number"]: item["cause"] for item in shop("held", "--waiting", "--json").json}


def stands(shop: Shop, number: str) -> tuple[str, str, str]:
    """The progress, step and cause of the announcement of an order."""
    (item,) = [
        item
        for story in shop("show", number, "--json").json
        for item in story["announcements"]
        if item["order_number"] == number
    ]
    return item["progress"], item["step"], item["cause"]


# -- only that order ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "platform", [name if name in OFTEN else pytest.param(name, marks=pytest.mark.prove) for name in PLATFORMS]
)
def test_everything_is_planned_and_that_order_alone_delivered_on_every_platform(shop, platform):
    shop = replace(shop, platforms=(platform,), source={"own_label": "replace", "only": ["no such order"]})
    # There are more reads than some platforms allow in ten seconds, and the test is not about limits.
    shop.source["limits"] = {"1h": 1000}
    for number in ("1001", "1002"):
        shop.sandbox.monta.add(monta_order(number))
        shop.platform().give_back(number, created=datetime.now(UTC) - timedelta(hours=2))
    first = shop.run()
    assert (first["exit_code"], first["announced"], first["waiting"], first["held"]) == (0, 0, 2, 0)
    known = waiting(shop)
    assert set(known.values()) == {KEPT_BACK}
    shop.source["only"] = [max(known)]  # as the platform writes it
    assert (shop.run()["labelled"], announced(shop)) == (1, ["1002"])
    del shop.source["only"]
    last = shop.run()
    assert (last["exit_code"], last["announced"], last["labelled"], last["waiting"]) == (0, 1, 1, 0)
    shop.assert_nothing_twice()


def test_a_return_of_two_orders_is_delivered_for_the_named_one_alone(shop):
    for number in ("1001", "1002"):
        shop.sandbox.monta.add(monta_order(number))
    shop.sandbox.returnista.add(return_order(request(order="#1001"), request(order="#1002")))
    shop.source["only"] = ["#1002"]
    shop.run()
    assert (announced(shop), waiting(shop), len(shop.labels())) == (["1002"], {"#1001": KEPT_BACK}, 1)


def test_a_source_without_it_is_not_limited_by_that_of_another(shop):
    shop = replace(shop, platforms=("returnista", "loop"), source={"only": ["#1001"]})
    come(shop, 1001, 1002)
    shop.sandbox.monta.add(monta_order("2001"))
    shop.platform("loop").give_back("2001")
    ran = shop.run()
    assert announced(shop) == ["1001", "2001"]
    assert [source.get("only") for source in ran["sources"].values()] == [["#1001"], None]


def test_a_number_that_is_written_differently_delivers_nothing(shop):
    come(shop, 1001)
    shop.source["only"] = ["1001", "##1001", "#1001a", "#10010", "#100", "#1O01", "#01001"]
    assert (shop.run()["exit_code"], announced(shop)) == (0, [])


def test_case_counts_and_blanks_around_a_number_do_not(shop):
    shop.sandbox.monta.add(monta_order("A1"))
    shop.sandbox.monta.add(monta_order("a1"))
    for number in (" #A1 ", "#a1"):
        shop.sandbox.returnista.add(return_order(request(order=number)))
    shop.source["only"] = ["#A1\u00a0"]
    ran = shop.run()
    assert announced(shop) == ["A1"]
    assert not any("no return" in text for text in ran["warnings"])


def test_a_name_more_delivers_that_order_too_and_one_less_sends_nothing_more_for_it(shop):
    come(shop, 1001, 1002)
    shop.source["only"] = ["#1001"]
    shop.sandbox.faults.add(Fault("monta.label", "status", status=400))
    shop.run()
    shop.source["only"] = ["#1002"]
    shop.sandbox.faults.clear()
    shop("held", "retry", "--all")
    shop.run()
    assert announced(shop) == ["1001", "1002"]
    assert stands(shop, "#1001") == ("waiting", "label", KEPT_BACK)
    assert [label.code for label in shop.sandbox.monta.labels] == [shop.forecasts[1].code]
    shop.source["only"] = ["#1002", "#1001"]
    shop.run()
    assert (len(shop.labels()), waiting(shop)) == (2, {})


def test_days_of_a_rehearsal_are_no_days_of_waiting_for_the_order(shop):
    shop.sandbox.returnista.add(return_order(request(order="#1001")))
    shop.run()
    assert waiting(shop) == {"#1001": "order-unknown"}
    shop.source["only"] = ["#9"]
    with later(days=10):
        shop.run()
        assert waiting(shop) == {"#1001": KEPT_BACK}
    del shop.source["only"]
    for minutes in (0, 6):
        with later(days=20, minutes=minutes):
            shop.run()
            assert waiting(shop) == {"#1001": "order-unknown"}


def test_days_of_a_rehearsal_are_none_for_replay_either(shop):
    shop.sandbox.returnista.add(return_order(request(order="#1001")))
    shop.run()
    shop.source["only"] = ["#9"]
    with later(days=10):
        shop.run()
    del shop.source["only"]
    with later(days=20):
        shop("replay", "#1001")
    with later(days=20, minutes=6):
        shop.run()
        assert waiting(shop) == {"#1001": "order-unknown"}


def test_a_persons_statement_that_a_change_was_dealt_with_outlasts_a_rehearsal(shop):
    (code,) = come(shop, 1001)
    shop.run()
    record = shop.sandbox.returnista.return_orders[code]
    record["returnRequests"].append(request("OTHER", "#1001"))
    shop.sandbox.returnista.touch(code)
    shop.run()
    assert shop.causes() == {"#1001": "changed-after-announcement"}
    shop.source["only"] = ["#9"]
    assert shop("held", "retry", "#1001").code == 0
    shop.run()
    assert stands(shop, "#1001") == ("waiting", "update", KEPT_BACK)
    with later(minutes=5):
        record["returnRequests"][0]["returnReasonComment"] = "Jo"
        shop.sandbox.returnista.touch(code)
        assert shop.run()["exit_code"] == 0
        assert stands(shop, "#1001") == ("waiting", "update", KEPT_BACK)


# -- it is reported ----------------------------------------------------------------------------------------------------


def test_every_run_says_so_on_the_terminal_in_json_and_in_the_log(shop):
    shop.more = {"log": {"file": "returnsync.log"}}
    shop.source["only"] = ["#1001"]
    come(shop, 1001, 1002, 1003)
    for _ in range(2):
        ran = shop("run", "--json")
        told = "Rehearsal: shop-nl delivers only #1001, as `only` in [sources.shop-nl] says."
        assert told in ran.err
        assert (ran.code, [text[: len(told)] for text in ran.json["warnings"]]) == (0, [told])
        source = ran.json["sources"]["shop-nl"]
        assert (source["only"], source["kept_back"]) == (["#1001"], 2)
    dry = shop("run", "--dry-run")
    assert told in dry.err
    assert "Kept back, since `only` of shop-nl names other orders: 2." in dry.out
    assert (shop.folder / "returnsync.log").read_text(encoding="utf-8").count(told) == 2
    del shop.source["only"]
    shop.run()
    ran = shop("run", "--json")
    assert ("only" in ran.json["sources"]["shop-nl"], "warnings" in ran.json, ran.err) == (False, False, "")


def test_a_quiet_run_says_so_when_it_is_new_and_once_a_day(shop):
    shop.source["only"] = ["#1001"]
    come(shop, 1001, 1002)
    said = []
    for hours in (0, 1, 23, 25):
        with later(hours=hours):
            said.append("Rehearsal: shop-nl delivers only #1001," in shop("run", "--quiet").err)
    assert said == [True, False, False, True]


def test_status_and_check_say_so_with_what_is_kept_back(shop):
    shop.source["only"] = ["#1001", "#1002"]
    come(shop, 1001, 1002, 1003)
    shop.run()
    status = shop("status", "--json").json
    assert (status["sources"][0]["only"], status["sources"][0]["kept_back"]) == (["#1001", "#1002"], 1)
    told = "shop-nl delivers only #1001 and #1002,"
    assert [told in text for text in status["warnings"]] == [True]
    assert told in re.sub(r"\s+", " ", shop("status").out)
    (found,) = [item for item in shop("check", "--json").json if item["subject"] == "only"]
    assert (found["ok"], found["warning"], told in found["text"]) == (True, True, True)
    assert "docs/how-to/go-live.md" in found["next_step"]


def test_of_a_long_list_the_first_names_are_reported_and_the_number_of_the_others(shop):
    shop.source["only"] = [f"#{number}" for number in range(1, 601)]
    first, unknown = shop.run()["warnings"]
    assert "delivers only #1, #2, #3, #4, #5 and 595 more," in first
    assert "'#5' and 595 more: no return" in unknown


def test_a_name_of_no_known_return_is_reported_with_what_it_may_be_meant_for(shop):
    for number in ("1001", "1002"):
        shop.sandbox.monta.add(monta_order(number))
    shop.sandbox.returnista.add(return_order(request(order="#1001"), request(order="#1002")))
    shop.source["only"] = ["1001", "#77"]
    told = (
        "Rehearsal: `only` of shop-nl names '1001' and '#77': no return of that order number is known. "
        "For '1001', did you mean '#1001'?"
    )
    assert shop.run()["warnings"][1] == told
    assert told in shop("run", "--quiet").err
    assert told in shop("status", "--json").json["warnings"]
    assert [item["text"] for item in shop("check", "--json").json if item["subject"] == "only"][1] == told
    shop.source["only"] = ["#1001"]
    assert len(shop.run()["warnings"]) == 1


def test_what_is_sent_to_others_names_no_order(shop):
    file = shop.folder / "message"
    program = shop.folder / "keep"
    program.write_text(f"#!/bin/sh\ncat > {file}\n", encoding="utf-8")
    program.chmod(0o700)
    shop.more = {"notify": {"command": str(program)}}
    shop.source["only"] = ["#1001", "#77"]
    shop.run()
    message = file.read_text(encoding="utf-8")
    assert "shop-nl delivers only 2 orders," in message
    assert "names 2 orders of which no return is known" in message
    assert not re.search("#1001|#77", message)


def test_the_story_of_what_is_kept_back_says_why_and_what_to_do(shop):
    come(shop, 1002)
    shop.source["only"] = ["#1001"]
    shop.run()
    assert stands(shop, "#1002") == ("waiting", "announce", KEPT_BACK)
    shown = re.sub(r"\s+", " ", shop("held", "--waiting").out)
    assert "not-in-only: Its source delivers only the orders that `only` names" in shown
    assert "write its order number, as it is shown here, into `only`" in shown
    shop.source["only"] = ["#1002"]
    shop.run()
    assert "The setting `only` no longer keeps it back, so it goes on." in shop("show", "#1002").out


def test_a_dry_run_shows_the_rest_and_changes_nothing(shop):
    come(shop, 1001, 1002)
    shop.source["only"] = ["#7"]
    shop.run()
    shop.source["only"] = ["#1001"]
    come(shop, 1003)
    before = shop.state.read_bytes()
    ran = shop.run("--dry-run")
    decided = {item["code"][:12]: (item["would"], item.get("cause")) for item in ran["decisions"]}
    rest = dict.fromkeys(("shop-nl-1002", "shop-nl-1003"), ("wait", KEPT_BACK))
    assert decided == {"shop-nl-1001": ("announce", None), **rest}
    assert (shop.state.read_bytes(), announced(shop)) == (before, [])


# -- nothing else is sent ----------------------------------------------------------------------------------------------


def test_replay_of_another_order_sends_nothing_and_says_what_to_write(shop):
    come(shop, 1001, 1002)
    shop.source["only"] = ["#1001"]
    for dry in ((), ("--dry-run",)):
        ran = shop("replay", "#1002", *dry)
        assert (ran.code, announced(shop)) == (1, [])
        assert "nothing is sent for order '#1002', since `only` in [sources.shop-nl] names other orders" in ran.err
        assert 'add "#1002" to `only`' in ran.err
    assert stands(shop, "#1002") == ("waiting", "announce", KEPT_BACK)
    assert shop("replay", "#1001").code == 0
    assert announced(shop) == ["1001"]


def test_of_a_list_the_named_ones_are_replayed_and_the_others_told(shop):
    come(shop, 1001, 1002, 1003)
    shop.source |= {"only": ["#1001"], "guard_first": 1}
    (shop.folder / "list").write_text("#1001\n#1002\n#1003\n", encoding="utf-8")
    ran = shop("replay", "--from", str(shop.folder / "list"), "--json")
    assert (ran.code, announced(shop), len(ran.json["not_done"])) == (1, ["1001"], 2)


def test_a_settled_order_that_is_not_named_needs_nothing_more_and_gets_no_new_label(shop):
    come(shop, 1001)
    shop.run()
    shop.source["only"] = ["#1002"]
    assert shop("replay", "#1001").code == 0
    ran = shop("replay", "#1001", "--new-label", "--yes")
    assert (ran.code, len(shop.sandbox.monta.labels)) == (1, 1)
    assert "nothing is sent for order '#1001'" in ran.err
    shop.source["only"] = ["#1001"]
    assert shop("replay", "#1001", "--new-label", "--yes").code == 0
    assert len(shop.sandbox.monta.labels) == 2


@pytest.mark.parametrize("sent_by", ["a setting", "a person's word"])
def test_a_change_of_another_order_is_sent_once_it_may_be(shop, sent_by):
    shop.source["send_updates"] = sent_by == "a setting"
    (identity,) = come(shop, 1001)
    shop.run()
    shop.source["only"] = ["#1002"]
    one_more_unit(shop, identity)
    shop.run()
    assert shop("replay", "#1001", "--update").code == 1
    assert shop.sandbox.counts.effects("updates") == 0
    del shop.source["only"]
    if sent_by == "a setting":
        assert shop.run()["updated"] == 1
    else:
        shop.run()
        assert shop.causes() == {"#1001": "changed-after-announcement"}  # a request that was refused is not kept


def test_what_a_person_retries_or_takes_back_waits_and_that_is_said(shop):
    shop.sandbox.returnista.add(return_order(request(order="#1001", sku="NOT-ORDERED")))
    shop.sandbox.monta.add(monta_order("1001"))
    shop.run()
    assert shop.causes() == {"#1001": "line-unmatched"}
    shop.source["only"] = ["#1002"]
    assert "1 of them waits nevertheless, since `only`" in shop("held", "retry", "--all").out
    shop.run()
    assert waiting(shop) == {"#1001": KEPT_BACK}
    del shop.source["only"]
    shop.run()
    shop("held", "release", "--all", "--yes")
    shop.source["only"] = ["#1002"]
    taken = shop("held", "take-back", "--all", "--json").json
    assert taken["kept_back"] == taken["codes"] != []
    shop.run()
    assert waiting(shop) == {"#1001": KEPT_BACK}


DIED = {False: "call about to be made", True: "call answered"}
"""The step at which a run died, by whether the call was made."""


@pytest.mark.parametrize("was_made", [True, False])
def test_a_create_in_flight_of_another_order_is_settled_by_reading_and_not_sent_again(shop, was_made):
    shop.warehouse["settle_after"] = 600
    come(shop, 1001)
    with dying(f"create: {DIED[was_made]}"):
        shop("run")
    assert in_flight(shop) == 1
    shop.source["only"] = ["#1002"]
    for minutes in (12,) if was_made else (1, 12):  # what is not shown has to be looked for twice
        with later(minutes=minutes):
            shop.run()
    assert (in_flight(shop), len(shop.forecasts), shop.labels()) == (0, int(was_made), [])
    with later(minutes=13):
        assert stands(shop, "#1001") == ("waiting", "label" if was_made else "announce", KEPT_BACK)
        del shop.source["only"]
        shop.run()
        assert stands(shop, "#1001")[0] == "settled"
    assert (len(shop.forecasts), len(shop.labels())) == (1, 1)


def test_a_run_does_not_wait_for_what_it_would_not_send(shop):
    come(shop, 1001)
    shop.warehouse["settle_after"] = 30
    with dying(f"create: {DIED[False]}"):
        shop("run")
    shop.source["only"] = ["#1002"]
    began = datetime.now(UTC)
    shop.run()
    assert waiting(shop) == {"#1001": "in-flight"}
    assert datetime.now(UTC) - began < timedelta(seconds=20)


@pytest.mark.parametrize("was_made", [True, False])
def test_a_change_in_flight_of_another_order_is_settled_by_reading_and_not_sent_again(shop, was_made):
    shop.warehouse["settle_after"] = 600
    shop.source["send_updates"] = True
    (identity,) = come(shop, 1001)
    shop.run()
    one_more_unit(shop, identity)
    with dying(f"update: {DIED[was_made]}"):
        shop("run")
    assert in_flight(shop) == 1
    shop.source["only"] = ["#1002"]
    for minutes in (12,) if was_made else (1, 12):
        with later(minutes=minutes):
            shop.run()
    assert (in_flight(shop), shop.sandbox.counts.effects("updates")) == (0, int(was_made))
    with later(minutes=13):
        assert stands(shop, "#1001") == ("waiting", "update", KEPT_BACK)
        del shop.source["only"]
        shop.run()
        assert stands(shop, "#1001")[0] == "settled"
    assert shop.sandbox.counts.effects("updates") == 1


def one_more_unit(shop: Shop, identity: str) -> None:
    """Let the consumer send back one more of the same article."""
    asked = shop.sandbox.returnista.return_orders[identity]["returnRequests"]
    shop.sandbox.returnista.touch(identity, returnRequests=[*asked, {**asked[0], "id": "one more"}])


def in_flight(shop: Shop) -> int:
    with closing(sqlite3.connect(shop.state)) as state:
        return int(state.execute("SELECT count(*) FROM effects WHERE outcome IS NULL").fetchone()[0])


@pytest.fixture
def ctx(shop, monkeypatch):
    """The context of a run that finds an order in flight, while `only` names another one."""
    for name, value in shop.environment.items():
        monkeypatch.setenv(name, value)
    come(shop, 1001)
    with dying(f"create: {DIED[False]}"):
        shop("run")
    shop.source["only"] = ["#1002"]
    shop.write_config()
    with closing(Context(load(shop.config), open_file(shop.state))) as context:
        yield context


def test_what_is_in_flight_stays_as_it_is_and_is_not_planned(ctx, shop):
    keep_back(ctx)
    assert make_plan(ctx).actions == ()
    assert stands(shop, "#1001") == ("due", "announce", "")


def test_whatever_leads_there_no_intent_is_written_for_another_order(ctx, shop):
    with ctx.db.reading() as q:
        (item,) = announcements.to_do(q, datetime.now(UTC))
    delivery = load_delivery(ctx, ctx.db, item.code)
    for kind in (Kind.UPDATE, Kind.LABEL):
        with pytest.raises(Stopped):
            effects.claim(delivery, kind, {})
        with ctx.db.transaction() as q:
            assert effects.claim_within(q, delivery, kind, {}) is None
    assert in_flight(shop) == 1


def rehearsed(shop: Shop) -> None:
    replace(shop, source={"only": ["#1001"]}).process("run")


@pytest.mark.prove
@pytest.mark.parametrize(
    "scenario",
    [
        {"name": "a rehearsal", "source": {"only": ["#1001"]}},
        {"name": "the run after one", "prepare": rehearsed},
    ],
    ids=lambda scenario: scenario["name"],
)
def test_rule_4_a_rehearsal_killed_at_any_step_is_finished_by_the_next_run(shop, scenario):
    world = World.empty()
    world.orders = [monta_order(number) for number in ("1001", "1002")]
    world.return_orders = [return_order(request(order=f"#{number}"), id=f"r-{number}") for number in (1001, 1002)]
    reference = not_killed(Scenario(world=world, **scenario), shop, shop.folder / "reference")
    assert len(reference.after.forecasts) == (1 if "source" in scenario else 2)
    kill_at([(reference, number) for number in range(1, len(reference.steps) + 1)], shop)


# -- the guard ---------------------------------------------------------------------------------------------------------


def test_the_guard_counts_what_is_let_pass_and_a_list_as_always(shop):
    shop.source |= {"guard_first": 2, "only": ["#1001"]}
    come(shop, *range(1001, 1007))
    assert (shop.run()["exit_code"], announced(shop)) == (0, ["1001"])
    shop.source["only"] = [f"#{number}" for number in range(1001, 1006)]
    ran = shop.run()
    assert (ran["exit_code"], ran["announced"], len(ran["refused"])) == (1, 0, 1)
    assert shop.run("--yes")["announced"] == 4


@pytest.mark.parametrize(("more", "code"), [(3, 0), (4, 1)])
def test_taking_it_out_is_measured_as_a_first_run(shop, more, code):
    """Not as ten times the rehearsed number, which would allow ten, nor by `guard_new`, which would allow one."""
    shop.source |= {"guard_first": 3, "guard_new": 1, "only": ["#1001"]}
    come(shop, 1001, *range(2000, 2000 + more))
    for _ in range(2):
        assert shop.run()["exit_code"] == 0
    del shop.source["only"]
    ran = shop.run()
    assert (ran["exit_code"], len(shop.forecasts)) == (code, 1 if code else 1 + more)
    if code:
        assert shop.run()["exit_code"] == 1  # a refusal lasts
        assert "its first run would announce 4 returns at once, more than guard_first = 3 allows" in ran["refused"][0]
        assert shop.run("--yes")["announced"] == more


@pytest.fixture
def usual(shop):
    """Two new returns are a usual day, and more than four are too many; `guard_first` is three."""
    shop.source |= {"guard_new": 2, "guard_factor": 2, "guard_first": 3}
    come(shop, 1001, 1002)
    assert shop.run()["exit_code"] == 0
    return shop


@pytest.mark.parametrize(("new", "refused"), [(3, 0), (4, 1)])
def test_after_a_usual_time_it_is_measured_as_a_first_run_too_whatever_a_usual_day_is(usual, new, refused):
    """Without a rehearsal four would pass: two of a usual day, times two."""
    usual.source["only"] = ["#3000"]
    with later(hours=2):
        come(usual, *range(3000, 3001 + new))
        assert usual.run()["announced"] == 1
        del usual.source["only"]
        ran = usual.run()
        assert (ran["announced"], len(ran.get("refused", []))) == ((new, 0) if not refused else (0, 1))
        if refused:
            assert "its first run without `only` would announce 4 returns" in ran["refused"][0]


def test_what_was_usual_before_a_rehearsal_is_so_again_once_all_was_delivered(usual):
    """Four are more than `guard_first`, but not more than the two of a usual day, times two."""
    usual.source["only"] = ["#1001"]
    with later(hours=2):
        usual.run()
        del usual.source["only"]
        usual.run()
        come(usual, *range(3000, 3004))
        assert usual.run()["announced"] == 4
        come(usual, *range(4000, 4013))
        assert "times its largest day (6)" in usual.run()["refused"][0]


def test_a_rehearsal_is_no_way_past_what_the_guard_refused(usual):
    """Neither the number for a first run nor the days that pass meanwhile let it pass."""
    usual.source["guard_first"] = 100
    with later(hours=2):
        come(usual, *range(3000, 3008))
        assert len(usual.run()["refused"]) == 1
    usual.source["only"] = ["#3000"]
    for days in (1, 5):
        with later(days=days):
            usual.run()
    assert "3000" in announced(usual)
    del usual.source["only"]
    with later(days=6):
        ran = usual.run()
        assert (ran["announced"], "its largest day (2)" in ran["refused"][0]) == (0, True)
        assert usual.run("--yes")["announced"] == 7
        assert usual.run()["exit_code"] == 0


def test_a_rehearsal_does_not_count_as_a_usual_day(usual):
    usual.source |= {"only": [f"#{number}" for number in range(3000, 3003)], "guard_first": 100}
    with later(hours=2):
        come(usual, *range(3000, 3003))
        assert usual.run()["announced"] == 3
        del usual.source["only"]
        come(usual, *range(4000, 4005))
        assert "its largest day (2)" in usual.run()["refused"][0]


def test_a_first_delivery_without_it_that_was_cut_short_goes_on_by_the_measure_of_a_first_one(usual):
    usual.source["only"] = ["#1001"]
    with later(hours=2):
        usual.run()
    del usual.source["only"]
    with later(hours=3):
        usual.sandbox.faults.add(Fault("returnista.list", "status", status=500))
        usual.run()
        usual.sandbox.faults.clear()
        come(usual, *range(3000, 3004))
        assert len(usual.run()["refused"]) == 1


def test_the_days_up_to_a_rehearsal_are_kept_while_the_guard_refuses_and_lets_pass(tmp_path):
    """Delivered on day 0, `only` since day 3, refused since day 4, and the number fits on day 6: that makes 3 days."""
    day = datetime(2026, 11, 1, tzinfo=UTC)
    shop_nl = SourceId("shop-nl")
    with closing(open_file(tmp_path / "state.db")) as db:
        with db.transaction() as q:
            sources.save(q, sources.KnownSource(shop_nl, "shop-nl", "returnista", "a", day, ""))
        steps = (sources.count_delivery, sources.delivered_unhindered), (sources.deliver_only_some,), (sources.refused,)
        for days, now in ((0, steps[0]), (3, steps[1]), (4, steps[2]), (5, steps[1])):
            with time_machine.travel(day + timedelta(days=days), tick=False), db.transaction() as q:
                for step in now:
                    step(q, shop_nl)
        with time_machine.travel(day + timedelta(days=6), tick=False), db.transaction() as q:
            sources.not_refused_any_more(q, *sources.all_known(q))
            (known,) = sources.all_known(q)
            assert measure(known, 30, day + timedelta(days=6)) == Measure(30, 3, after_only=True)
            # If a clock was ahead when the rehearsal began, the rehearsal counts as begun now.
            assert moments.after(q, day + timedelta(days=2)) == 1
            moments.believe_none_after(q, day + timedelta(days=2), day + timedelta(days=1), ())
            assert [known.only_since for known in sources.all_known(q)] == [day + timedelta(days=1)]


def test_a_dry_run_with_it_leaves_no_trace_for_the_guard(usual):
    usual.source["only"] = ["#3000"]
    with later(hours=2):
        come(usual, *range(3000, 3004))
        usual.run("--dry-run")
        del usual.source["only"]
        assert usual.run()["announced"] == 4


@pytest.mark.parametrize(
    "at", [*(pytest.param(number, marks=pytest.mark.prove) for number in range(1, 40)), "create: call answered"]
)
def test_a_rehearsal_that_died_is_one_to_the_guard(usual, at):
    usual.source |= {"only": ["#3000"], "guard_factor": 10}
    with later(hours=2):
        come(usual, *range(3000, 3005))
        with dying(at):
            usual("run")
        with closing(sqlite3.connect(usual.state)) as state:
            is_known = state.execute("SELECT only_since IS NOT NULL FROM sources").fetchone()[0]
        was_sent = "3000" in announced(usual)
        del usual.source["only"]
        is_refused = "refused" in usual.run()
    assert (is_known, is_refused) in [(True, True), (False, False)]
    assert is_known or not was_sent
    assert is_known or at != "create: call answered"
