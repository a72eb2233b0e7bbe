"""Acts of a person, by a command or in the configuration: each does what it says, and nothing else."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import typer
from terminal import on_terminal
from typer.testing import CliRunner

from returnsync.cli.app import app
from returnsync.cli.confirm import confirmed
from returnsync.engine.pull import budget, singly
from returnsync.errors import Unclear
from returnsync.platforms.returnista import Returnista
from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_line, monta_order, request, return_order, shipment

if TYPE_CHECKING:
    import subprocess

    from shop import Shop

SETTLED = ("settled", "")
VANISHED = ("held", "vanished-at-platform")
NEW_LABEL = ("replay", "#1001", "--new-label", "--yes")


def give_back(shop: Shop, number: str = "1001", *, ordered: int = 1, comment: str = "", **fields: Any) -> str:
    """Put in a shipped order, and an approved return of one unit of it; give the return's id."""
    shop.sandbox.monta.add(monta_order(number, monta_line(quantity=ordered)))
    return shop.sandbox.returnista.add(return_order(request(order=f"#{number}", comment=comment), **fields))


def requests_of(shop: Shop, identity: str) -> list[dict[str, Any]]:
    return shop.sandbox.returnista.return_orders[identity]["returnRequests"]


def announcement(shop: Shop, number: str = "1001") -> dict[str, Any]:
    [found] = shop("show", f"#{number}", "--json").json[0]["announcements"]
    return found


def stands(shop: Shop, number: str = "1001") -> tuple[str, str]:
    found = announcement(shop, number)
    return found["progress"], found["cause"]


def code_of(shop: Shop, number: str = "1001") -> str:
    return announcement(shop, number)["code"]


def labels_listed(shop: Shop) -> list[str]:
    return [label["file"] for label in announcement(shop)["labels"]]


def retry_all(shop: Shop) -> None:
    assert shop("held", "retry", "--all").code == 0


def calls(shop: Shop, route: str) -> int:
    return shop.sandbox.counts.calls(route)


def fail(shop: Shop, *faults: Fault) -> None:
    shop.sandbox.faults.add(*faults)


def fail_next(shop: Shop, route: str, status: int) -> None:
    fail(shop, Fault(route, "status", call=calls(shop, route) + 1, status=status))


# -- held retry --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ["returnista.list", "returnista.one"])
def test_retry_of_an_unknown_status_announces_nothing_while_the_platform_is_down(shop, clock, route):
    identity = give_back(shop, status="AwaitingMoonrise")
    shop.run()
    retry_all(shop)
    fail(shop, Fault(route, "status", status=500))
    for _ in range(2):
        clock.shift(timedelta(minutes=5))
        shop.run()
        assert stands(shop) == ("held", "status-unknown")
    shop.sandbox.faults.clear()
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert stands(shop) == ("held", "status-unknown")
    assert calls(shop, "monta.create") == 0
    shop.sandbox.returnista.touch(identity, status="Confirmed")
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert stands(shop) == SETTLED


def test_retry_of_an_unknown_status_goes_on_by_the_statuses_that_are_configured_now(shop):
    give_back(shop, status="AwaitingMoonrise")
    shop.run()
    shop.source["approved_statuses"] = ["Confirmed", "AwaitingMoonrise"]
    retry_all(shop)
    shop.run()
    assert stands(shop) == SETTLED


def vanished(shop: Shop) -> dict[str, Any]:
    """Make a return that waited for its order, and is gone when the order comes; give its record."""
    identity = give_back(shop)
    shop.sandbox.monta.remove("1001")
    shop.run()
    record = shop.sandbox.returnista.return_orders[identity]
    shop.sandbox.returnista.remove(identity)
    shop.sandbox.monta.add(monta_order("1001"))
    shop("replay", identity)
    assert stands(shop) == VANISHED
    return record


def test_retry_of_a_vanished_return_announces_nothing_until_a_read_finds_it(shop, clock):
    shop.source["start_from"] = datetime.now(UTC) - timedelta(days=30)
    record = vanished(shop)
    # By now it is so old that no listing shows it, so it is read singly.
    clock.shift(timedelta(days=61))
    for status in (500, 400, 404):
        retry_all(shop)
        fail_next(shop, "returnista.one", status)
        shop.run()
        assert stands(shop) == VANISHED
    assert len(shop.sandbox.faults.fired) == 3
    assert calls(shop, "monta.create") == 0
    shop.sandbox.returnista.add(record)
    retry_all(shop)
    shop.run()
    assert stands(shop) == SETTLED


@pytest.mark.parametrize("status", [500, 404])
def test_replay_of_a_vanished_return_announces_nothing_until_a_read_finds_it(shop, status):
    record = vanished(shop)
    fail_next(shop, "returnista.one", status)
    shop("replay", code_of(shop))
    assert stands(shop) == VANISHED
    assert calls(shop, "monta.create") == 0
    shop.sandbox.returnista.add(record)
    assert shop("replay", code_of(shop)).code == 0
    assert stands(shop) == SETTLED


# -- --new-label -------------------------------------------------------------------------------------------------------


def with_a_change(shop: Shop) -> None:
    identity = give_back(shop, ordered=3)
    shop.run()
    requests = requests_of(shop, identity)
    shop.sandbox.returnista.touch(identity, returnRequests=[*requests, {**requests[0], "id": "one more"}])


def with_a_cancellation(shop: Shop) -> None:
    identity = give_back(shop)
    shop.run()
    shop.sandbox.returnista.touch(identity, status="Cancelled")


def with_an_echo_that_differs(shop: Shop) -> None:
    give_back(shop)
    monta = shop.sandbox.monta
    keep = monta._keep  # noqa: SLF001 - a warehouse that keeps something other than it was sent

    def garble(body: dict[str, Any]) -> Any:
        body["Lines"][0]["ReturnQuantity"] += 1
        return keep(body)

    monta._keep = garble  # noqa: SLF001 - as above


def with_nothing_announced(shop: Shop) -> None:
    give_back(shop, status="AwaitingMoonrise")


def with_its_order_deleted(shop: Shop) -> None:
    shop.sandbox.monta.orders["1001"][0]["Deleted"] = True


def with_its_reason_demanded(shop: Shop) -> None:
    shop.warehouse = {"unmapped_reason": "hold"}


def with_its_order_restored(shop: Shop) -> None:
    shop.sandbox.monta.orders["1001"][0]["Deleted"] = False
    shop.warehouse = {}


@pytest.mark.parametrize("hide", [with_its_order_deleted, with_its_reason_demanded])
def test_what_is_to_be_compared_gets_no_label_when_something_else_holds_it_meanwhile(shop, hide):
    with_an_echo_that_differs(shop)
    shop.run()
    hide(shop)
    shop("held", "retry", "--all")
    shop.run()
    assert stands(shop) in {("held", "order-deleted"), ("held", "reason-unpaired")}
    with_its_order_restored(shop)
    shop("held", "retry", "--all")
    shop.run()
    assert stands(shop) == ("held", "forecast-differs")
    assert calls(shop, "monta.label") == 0


@pytest.mark.parametrize("route", ["monta.order", "monta.forecast"])
def test_what_is_to_be_compared_gets_no_label_when_the_comparing_fails(shop, clock, route):
    with_an_echo_that_differs(shop)
    shop.run()
    shop("held", "retry", "--all")
    shop.sandbox.faults.add(Fault(route, "status", times=1))
    assert shop.run()["exit_code"] == 75
    clock.shift(timedelta(minutes=30))
    shop.run()
    assert stands(shop)[0] == "held"
    assert calls(shop, "monta.label") == 0


@pytest.mark.parametrize(
    ("prepare", "stays"),
    [
        (with_a_change, ("held", "changed-after-announcement")),
        (with_a_cancellation, ("held", "cancelled-after-announcement")),
        (with_an_echo_that_differs, ("held", "echo-differs")),
        (with_nothing_announced, ("held", "status-unknown")),
    ],
)
def test_a_new_label_is_refused_for_what_is_held_for_anything_but_its_label(shop, clock, prepare, stays):
    prepare(shop)
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert stands(shop) == stays
    before = calls(shop, "monta.label")
    refused = shop(*NEW_LABEL)
    assert refused.code == 2
    assert code_of(shop) in refused.err
    assert stands(shop) == stays
    assert calls(shop, "monta.label") == before


def test_a_new_label_is_asked_for_although_labels_are_switched_off(shop):
    shop.warehouse["request_labels"] = False
    give_back(shop)
    shop.run()
    assert calls(shop, "monta.label") == 0
    assert shop(*NEW_LABEL).code == 0
    assert calls(shop, "monta.label") == len(shop.labels()) == 1
    assert stands(shop) == SETTLED


def test_a_new_label_keeps_the_earlier_files_beside_it_and_the_story_lists_them_all(shop):
    give_back(shop)
    shop.run()
    for _ in range(2):
        assert shop(*NEW_LABEL).code == 0
    code = code_of(shop)
    files = [f"monta/{code}.1.pdf", f"monta/{code}.2.pdf", f"monta/{code}.pdf"]
    assert labels_listed(shop) == files
    assert [(shop.folder / "labels" / file).read_bytes() for file in files] == [
        label.data for label in shop.sandbox.monta.labels
    ]
    shop.run()
    assert len(shop.sandbox.monta.labels) == 3


def test_a_new_label_of_an_order_with_several_announcements_is_refused_and_one_code_is_not(shop):
    shop.sandbox.monta.add(monta_order("1001", monta_line(quantity=2)))
    for identity in ("first", "second"):
        shop.sandbox.returnista.add(return_order(request(order="#1001"), id=identity))
    shop.run()
    refused = shop(*NEW_LABEL)
    assert refused.code == 2
    codes = sorted(forecast.code for forecast in shop.forecasts)
    assert all(code in refused.err for code in codes)
    assert calls(shop, "monta.label") == len(shop.labels()) == 2
    assert shop("replay", codes[0], "--new-label", "--yes").code == 0
    assert sorted(label.code for label in shop.sandbox.monta.labels) == [codes[0], codes[0], codes[1]]


@pytest.mark.parametrize("status", [400, 401, 429])
def test_a_new_label_that_is_refused_or_cannot_be_had_leaves_the_old_one_standing(shop, clock, status):
    give_back(shop)
    shop.run()
    [file] = shop.labels()
    first = file.read_bytes()
    fail_next(shop, "monta.label", status)
    assert shop(*NEW_LABEL).code == (78 if status == 401 else 1)
    # Runs never ask for another one by themselves.
    for _ in range(2):
        clock.shift(timedelta(days=1))
        shop.run()
    assert calls(shop, "monta.label") == 2
    assert shop.labels() == [file]
    assert file.read_bytes() == first
    assert labels_listed(shop) == [f"monta/{file.name}"]
    # A person who does not ask again has a return with its earlier label.
    retry_all(shop)
    shop.run()
    assert stands(shop) == SETTLED
    assert calls(shop, "monta.label") == 2
    # A person who asks again gets another one.
    assert shop(*NEW_LABEL).code == 0
    assert len(shop.labels()) == 2


def test_ctrl_c_at_the_question_for_a_new_label_ends_with_130_and_buys_none(shop):
    give_back(shop)
    shop.run()

    def ctrl_c(process: subprocess.Popen[bytes]) -> str:
        process.send_signal(signal.SIGINT)
        # If the signal came a moment before the command began to wait for an answer, an empty line wakes it.
        return ""

    code, shown = on_terminal(shop, *NEW_LABEL[:-1], question="[y/N]", answer=ctrl_c)
    assert code == 130
    assert "Traceback" not in shown
    assert calls(shop, "monta.label") == 1


# -- settings that are edited ------------------------------------------------------------------------------------------


def test_a_start_that_is_set_earlier_counts_for_known_and_for_unread_returns_in_the_next_run(shop, clock):
    now = datetime.now(UTC)
    shop.source["start_from"] = now - timedelta(hours=1)
    known = give_back(shop, "1001", created=now - timedelta(days=5))
    shop.sandbox.returnista.touch(known)
    give_back(shop, "1002", created=now - timedelta(days=4))
    give_back(shop, "1003", created=now - timedelta(days=20))
    shop.run()
    assert stands(shop) == ("left_alone", "before-start")
    assert shop("show", "#1002").code == 2
    shop.source["start_from"] = now - timedelta(days=10)
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert stands(shop, "1001") == stands(shop, "1002") == SETTLED
    assert shop("show", "#1003").code == 2


def test_announcing_what_is_delivered_counts_for_known_returns_in_the_next_run(shop, clock):
    give_back(shop, shipments=[{**shipment(), "status": "Delivered"}])
    shop.run()
    assert stands(shop) == ("left_alone", "already-delivered")
    shop.source["announce_delivered"] = True
    clock.shift(timedelta(minutes=5))
    shop.run()
    assert stands(shop) == SETTLED


def test_a_start_that_is_set_later_does_not_touch_what_is_announced(shop, clock):
    identity = give_back(shop, "1001")
    give_back(shop, "1002", created=datetime.now(UTC) - timedelta(minutes=50))
    shop.warehouse["concurrency"] = 1
    fail(shop, Fault("monta.label", "status", call=2, status=429))
    shop.run()
    waits = next(number for number in ("1001", "1002") if stands(shop, number) == ("waiting", "call-failed"))
    shop.source["start_from"] = datetime.now(UTC)
    clock.shift(timedelta(minutes=10))
    shop.sandbox.returnista.touch(identity)
    shop.run()
    assert stands(shop, waits) == stands(shop, "1001") == stands(shop, "1002") == SETTLED
    assert shop.run()["exit_code"] == 0
    assert calls(shop, "monta.create") == 2


# -- records that cannot be read ---------------------------------------------------------------------------------------


@pytest.fixture
def many(shop: Shop) -> list[str]:
    """Put in more unreadable records than a run tries again; no listing shows them a second time."""
    created = datetime.now(UTC) - timedelta(hours=20)
    ids = [f"{number:03}" for number in range(budget.MOST + 20)]
    for number, identity in enumerate(ids):
        made = created + timedelta(minutes=number)
        record = return_order(request(order="#1"), id=identity, status="Pending", created=made)
        shop.sandbox.returnista.add({**record, "createdAt": "the day before yesterday"})
    shop.run()
    assert len(shop.held()) == len(ids) > 100
    return ids


def mend(shop: Shop, identity: str) -> None:
    record = shop.sandbox.returnista.return_orders[identity]
    record["createdAt"] = record["updatedAt"]


def stumble_over(monkeypatch: pytest.MonkeyPatch, ids: set[str]) -> None:
    """Let the platform fail whenever it is asked for one of these."""
    one = Returnista.one

    def failing(platform: Returnista, identity: Any) -> Any:
        if identity in ids:
            raise Unclear("the platform stumbles over this record")
        return one(platform, identity)

    monkeypatch.setattr(Returnista, "one", failing)


def unreadable(shop: Shop) -> set[str]:
    return {item["return_id"] for item in shop.held()}


def test_of_more_than_a_hundred_records_set_aside_each_gets_its_turn(shop, clock, many):
    asked = calls(shop, "returnista.one")
    mend(shop, many[0])
    mend(shop, many[-1])
    for minutes in (5, 5, 60):  # within an hour, no more than a hundred
        clock.shift(timedelta(minutes=minutes))
        shop.run()
    assert unreadable(shop) == set(many[1:-1])
    # A record that can be read again no longer counts, so another one was tried.
    assert calls(shop, "returnista.one") == asked + 2 * budget.MOST + 1


def test_records_whose_read_fails_do_not_starve_the_others(shop, clock, many, monkeypatch):
    last = many[budget.MOST :]
    stumble_over(monkeypatch, set(many) - set(last))
    for identity in last:
        mend(shop, identity)
    for _ in range(2):
        clock.shift(timedelta(minutes=61))
        assert shop("run").code == 1
    assert unreadable(shop) == set(many) - set(last)


def test_an_open_return_whose_daily_read_fails_does_not_starve_the_others(shop, clock, monkeypatch):
    monkeypatch.setattr(singly, "READ_AGAIN_MOST", 2)
    created = [datetime.now(UTC) - timedelta(hours=hours) for hours in (10, 9, 8)]
    ids = [give_back(shop, f"{at:%H}", status="Pending", created=at) for at in created]
    shop.run()
    stumble_over(monkeypatch, set(ids[:-1]))
    # Approved without a new time of change, so that the listing by change does not show it.
    shop.sandbox.returnista.return_orders[ids[-1]]["status"] = "Confirmed"
    clock.shift(timedelta(days=2))
    for _ in range(2):
        shop.run()
        clock.shift(timedelta(minutes=5))
    assert len(shop.forecasts) == 1


def test_an_unreadable_record_that_was_released_stays_away_until_it_changes(shop, clock):
    identity = give_back(shop)
    record = shop.sandbox.returnista.return_orders[identity]
    right, record["createdAt"] = record["createdAt"], "the day before yesterday"
    shop.run()
    assert shop("held", "release", identity, "--yes").code == 0
    # The listing shows it again in the next minutes, and a long look back after an hour: it is the same record.
    for minutes in (1, 70, 70):
        clock.shift(timedelta(minutes=minutes))
        assert shop("run").code == 0
        assert shop.held() == []
    record["createdAt"] = "yesterday"
    shop.sandbox.returnista.touch(identity)
    clock.shift(timedelta(minutes=1))
    assert shop("run").code == 1
    assert unreadable(shop) == {identity}
    record["createdAt"] = right
    clock.shift(timedelta(minutes=1))
    assert shop("run").code == 0
    assert stands(shop) == SETTLED


@pytest.mark.parametrize("status", [400, 403, 410, 500])
def test_a_single_read_that_is_refused_does_not_mean_that_the_return_vanished(shop, clock, status):
    # Too old for a listing to show it again: only the daily single read shows it.
    give_back(shop, created=datetime.now(UTC) - timedelta(hours=9))
    shop.sandbox.monta.remove("1001")
    shop.run()
    clock.shift(timedelta(days=2))
    fail_next(shop, "returnista.one", status)
    shop.run()
    assert shop.sandbox.faults.fired
    assert stands(shop) == ("waiting", "order-unknown")
    read = calls(shop, "returnista.one")
    shop.sandbox.monta.add(monta_order("1001"))
    clock.shift(timedelta(days=2))
    shop.run()
    assert calls(shop, "returnista.one") == read + 1, "it is still open"
    assert stands(shop) == SETTLED


def test_a_single_read_that_finds_nothing_means_that_the_return_vanished(shop, clock):
    identity = give_back(shop, created=datetime.now(UTC) - timedelta(hours=9))
    shop.sandbox.monta.remove("1001")
    shop.run()
    shop.sandbox.returnista.remove(identity)
    clock.shift(timedelta(days=2))
    assert shop("run").code == 1
    assert stands(shop) == VANISHED


# -- what commands show and how they end -------------------------------------------------------------------------------


def test_no_story_shows_what_the_consumer_wrote_neither_now_nor_before(shop, clock):
    identity = give_back(shop, comment="since my knee surgery")
    shop.run()
    [first] = requests_of(shop, identity)
    shop.sandbox.returnista.touch(identity, returnRequests=[{**first, "returnReasonComment": "after the funeral"}])
    clock.shift(timedelta(minutes=5))
    shop.run()
    told = shop("show", "#1001", "--json")
    assert told.json[0]["lines"][0]["comment"] == f"{len('after the funeral')} characters"
    shown = [told.out, shop("show", "#1001").out, shop("replay", "#1001").out, shop("replay", "#1001", "--json").out]
    assert not [text for text in shown if "knee" in text or "funeral" in text]


@pytest.mark.parametrize(("status", "code"), [(500, 75), (503, 75), (401, 78)])
@pytest.mark.parametrize("route", ["monta.health", "monta.info", "returnista.requests"])
def test_check_tells_what_heals_by_itself_from_what_does_not(shop, route, status, code):
    fail(shop, Fault(route, "status", status=status))
    assert shop("check").code == code
    failed = [finding for finding in shop("check", "--json").json if not finding["ok"]]
    assert [finding["temporary"] for finding in failed] == [code == 75]


@pytest.mark.parametrize("action", [("retry",), ("release", "--yes")], ids=["retry", "release"])
def test_options_before_retry_and_release_count(shop, action):
    give_back(shop, status="AwaitingMoonrise")
    shop.run()
    code = code_of(shop)
    arguments = ["held", "--json", "--config", str(shop.config), *action, code]
    done = CliRunner().invoke(app, arguments, env=shop.environment, catch_exceptions=False)
    assert done.exit_code == 0
    assert done.stdout == f'{{"codes": ["{code}"], "dry_run": false}}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [(text, f"No return was found by '{text}'") for text in ("1,x", "a b", "../../secrets")]
    + [(text, f"'{text}' cannot be a name. Nothing was done.") for text in ("..", "#")],
)
def test_replay_of_what_the_platform_takes_for_no_number_ends_with_2(shop, text, said):
    give_back(shop)
    fail(shop, Fault("returnista.list", "status", status=400), Fault("returnista.one", "status", status=400))
    ended = shop("replay", text)
    assert ended.code == 2
    assert said in ended.err


def test_ctrl_c_that_python_loses_is_no_answer(monkeypatch):
    def loses_it(*_question, **_how):
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            while True:  # until the signal is handled
                pass
        return True

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(typer, "confirm", loses_it)
    with pytest.raises(typer.Abort):
        confirmed("Make another one?")
    assert signal.getsignal(signal.SIGINT) is before
