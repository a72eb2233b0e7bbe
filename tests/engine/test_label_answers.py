"""The meaning of an answer to a label call: every status × made or not × other evidence. No code ever gets two."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from certainty import (
    BODIES,
    DOUBT,
    JSON,
    PAGE,
    REFUSED,
    SETTLED,
    TEXT,
    Clocks,
    Door,
    assert_each_paid_label_is_in_hand,
    assert_nothing_twice,
    give_back,
    give_back_each,
    labels_of,
    rarely,
    run_after,
    stands,
)

from returnsync.sandbox import Fault, wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shop import Shop

SUCCESSES = (200, 201, 202, 203, 204, 206)
STATUSES = (
    *SUCCESSES,
    *(300, 301, 302, 303, 305, 307, 308),
    *range(400, 419),
    *(420, 421, 422, 423, 424, 425, 426, 428, 429, 431, 444, 449, 451, 494, 499),
    *(500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, 520, 521, 522, 523, 524, 525, 526, 530, 598, 599),
)
NOT_SENT, NOT_MADE, IS_REFUSED, SHUT, IN_DOUBT = "not sent", "not allowed", "refused", "account shut", "in doubt"
EXIT = {NOT_SENT: 75, NOT_MADE: 78, IS_REFUSED: 1, SHUT: 78, IN_DOUBT: 1}
SHUTTING = (401, 402, 423, 426, 451)
ALWAYS = 2
"""How many cells of each meaning are always tried."""


def meaning(status: int, body: str) -> str:
    match status, body:
        case ((407 | 429), _):
            return NOT_SENT
        case _ if status in SHUTTING:
            return SHUT
        case ((403 | 404), "page"):
            return SHUT
        case 403, _:
            return NOT_MADE
        case ((400 | 404), ("json" | "text")):
            return IS_REFUSED
        case _:
            return IN_DOUBT


@dataclass(frozen=True)
class Cell:
    status: int
    body: str
    made: bool
    fills: bool
    """Whether a label puts its tracking code on the forecast."""
    lists: bool
    """Whether the order's labels are listed."""

    def __str__(self) -> str:
        shown = "+".join([*["tracking"] * self.fills, *["listed"] * self.lists]) or "nothing shows"
        return f"{self.status} {self.body}-{'made' if self.made else 'not made'}-{shown}"

    @property
    def meaning(self) -> str:
        return meaning(self.status, self.body)

    @property
    def cannot_be_told(self) -> bool:
        """Whether the server says that it made none, but made one and shows it nowhere: nobody can know that."""
        return self.made and self.meaning != IN_DOUBT and not (self.fills or self.lists)

    @property
    def end(self) -> tuple[str, str]:
        if self.meaning == IN_DOUBT or self.made:
            return DOUBT
        return SETTLED


def every_cell() -> Iterator[Cell]:
    for status, body, made, fills, lists in product(STATUSES, BODIES, *[(False, True)] * 3):
        cell = Cell(status, body, made, fills, lists)
        # A 204 has no body.
        if not cell.cannot_be_told and (status != 204 or body == "empty"):
            yield cell


def cells() -> Iterator[Any]:
    """The whole matrix; a few cells of each meaning, drawn with a seed, are always tried."""
    every, chance = list(every_cell()), random.Random(22)
    kinds: dict[tuple[str, bool], list[Cell]] = {}
    for cell in every:
        kinds.setdefault((cell.meaning, cell.made), []).append(cell)
    always = {cell for kind in kinds.values() for cell in chance.sample(kind, ALWAYS)}
    for cell in every:
        yield pytest.param(cell, id=str(cell), marks=() if cell in always else pytest.mark.prove)


@pytest.mark.parametrize("cell", list(cells()))
def test_no_answer_to_a_label_call_buys_a_second_label_or_loses_the_first(shop: Shop, clock: Any, cell: Cell):
    shop.sandbox.monta.fills_tracking, shop.sandbox.monta.lists_labels = cell.fills, cell.lists
    code = give_back(shop)
    body, content_type = BODIES[cell.body]
    kind = "status-after" if cell.made else "status"
    fault = Fault("monta.label", kind, times=1, status=cell.status, body=body, content_type=content_type)
    shop.sandbox.faults.add(fault)

    ended = run_after(shop, clock)
    assert ended["exit_code"] == EXIT[cell.meaning], ended
    progress, cause = stands(shop)[code]
    assert shop.sandbox.counts.calls("monta.label") == 1
    match cell.meaning:
        case "refused":
            assert (progress, cause) == REFUSED
        case "in doubt":
            assert progress == "held"
            assert cause == "label-in-doubt" or (cell.status in SUCCESSES and cause == "label-unusable")
        case _:
            assert progress == "waiting", cause

    run_after(shop, clock, minutes=11)
    run_after(shop, clock, hours=3)
    if cell.meaning == IS_REFUSED:
        assert shop.sandbox.counts.calls("monta.label") == 1
        shop("held", "retry", "--all")
    ended = run_after(shop, clock, days=2)

    assert_nothing_twice(shop)
    assert_each_paid_label_is_in_hand(shop)
    assert (len(shop.forecasts), ended["waiting"]) == (1, 0)
    progress, cause = stands(shop)[code]
    assert progress == cell.end[0], cause
    assert cause == cell.end[1] or (cell.status in SUCCESSES and cause == "label-unusable")
    assert labels_of(shop)[code] == (1 if cell.made or cell.end == SETTLED else 0)
    assert ended["exit_code"] == (0 if cell.end == SETTLED else 1)


@pytest.mark.parametrize("kind", [rarely("reset"), "reset-after", rarely("cut")])
def test_a_lost_answer_to_a_label_call_is_held_and_never_asked_again(shop, clock, kind):
    code = give_back(shop)
    shop.sandbox.faults.add(Fault("monta.label", kind, times=1))
    run_after(shop, clock)
    shop("held", "retry", "--all")
    run_after(shop, clock, days=2)
    assert stands(shop)[code][0] == "held"
    assert shop.sandbox.counts.calls("monta.label") == 1
    assert_each_paid_label_is_in_hand(shop)


@pytest.mark.parametrize(("fills", "lists"), [(True, False), (False, True)])
def test_a_label_that_shows_is_named_in_what_is_held(shop, clock, fills, lists):
    shop.sandbox.monta.fills_tracking, shop.sandbox.monta.lists_labels = fills, lists
    give_back(shop)
    shop.sandbox.faults.add(Fault("monta.label", "status-after", times=1, status=503))
    run_after(shop, clock)
    [held] = shop.held()
    [label] = shop.sandbox.monta.labels
    assert label.tracking in " ".join([held["what"], held["next_step"]])


# -- the account is shut -----------------------------------------------------------------------------------------------

SHUT_ANSWERS = [
    pytest.param(status, answer, id=f"{status}", marks=() if status in {402, 404} else pytest.mark.prove)
    for status, answer in [*((status, JSON) for status in SHUTTING), (403, PAGE), (404, PAGE)]
]


@pytest.fixture
def door(shop: Shop) -> Door:
    shop.warehouse["concurrency"] = 1
    return Door(shop.sandbox)


@pytest.mark.parametrize(("status", "answer"), SHUT_ANSWERS)
def test_an_account_that_is_shut_gets_no_more_calls_in_that_run_and_holds_nothing(shop, clock, door, status, answer):
    codes = give_back_each(shop, 3)
    door.refuse(codes, status, answer)
    ended = run_after(shop, clock)
    assert ended["exit_code"] == 78
    assert ended["error"]["next_step"]
    assert len(door.labels()) == 1
    assert door.calls[-1][0] == "monta.label", "another call followed"
    assert shop.held() == []

    door.instead.clear()
    run_after(shop, clock, minutes=10)
    run_after(shop, clock, minutes=10)
    assert stands(shop) == dict.fromkeys(codes, SETTLED)
    assert_nothing_twice(shop)


def test_while_the_whole_account_is_shut_nothing_is_looked_at_and_nothing_bought(shop, clock, door):
    [code] = give_back_each(shop, 1)
    door.refuse([code], 402, JSON)
    run_after(shop, clock)
    door.instead.clear()
    routes = ("reasons", "order", "forecasts", "forecast", "labels", "create", "label")
    shop.sandbox.faults.add(*(Fault(f"monta.{route}", "status", status=402) for route in routes))
    for _ in range(6):
        assert run_after(shop, clock, hours=9)["exit_code"] == 78
    assert shop.held() == []
    assert len(door.labels()) == 1

    shop.sandbox.faults.clear()
    run_after(shop, clock, hours=9)
    assert run_after(shop, clock, hours=1)["exit_code"] == 0
    assert stands(shop)[code] == SETTLED
    assert_nothing_twice(shop)


@pytest.mark.parametrize("change", ["cancelled", "changed"])
def test_a_return_that_changes_while_the_label_of_a_shut_account_is_open_is_held_for_that(shop, clock, door, change):
    shop.warehouse["settle_after"] = 3600  # several runs look before it is certain
    [code] = give_back_each(shop, 1)
    door.refuse([code], 402, JSON)
    run_after(shop, clock)
    [identity] = shop.sandbox.returnista.return_orders
    first = shop.sandbox.returnista.return_orders[identity]["returnRequests"][0]
    what = {"status": "Cancelled"} if change == "cancelled" else {"returnRequests": [first, {**first, "id": "another"}]}
    clock.shift(timedelta(minutes=1))
    shop.sandbox.returnista.touch(identity, at=datetime.now(UTC), **what)
    door.instead.clear()
    cause = f"{change}-after-announcement"
    for minutes in (1, 1, 20, 20, 61, 1):
        assert run_after(shop, clock, minutes=minutes)["exit_code"] == 1
        assert stands(shop)[code] == ("held", cause)
    assert len(door.labels()) == 1


def test_the_label_file_of_a_return_that_was_taken_back_while_its_label_was_open_settles_that_and_nothing_else(
    shop, clock, door
):
    shop.warehouse["settle_after"] = 3600
    [code, other] = give_back_each(shop, 2)
    door.refuse([code, other], 402, JSON)
    run_after(shop, clock)
    run_after(shop, clock, minutes=20)
    for identity in shop.sandbox.returnista.return_orders:
        shop.sandbox.returnista.touch(identity, at=datetime.now(UTC), status="Cancelled")
    door.instead.clear()
    run_after(shop, clock, minutes=1)
    for one in (code, other):  # one label for both, which then no longer counts for the second one
        file = shop.folder / "labels" / "monta" / f"{one}.pdf"
        file.write_bytes(b"%PDF-1.7 one label %%EOF")
        os.utime(file, (time.time(), time.time()))
    for minutes in (1, 61, 61):
        assert run_after(shop, clock, minutes=minutes)["exit_code"] == 1
    assert set(stands(shop).values()) == {("held", "cancelled-after-announcement")}


def test_a_stop_that_turns_into_a_shut_account_keeps_no_announcement_waiting(shop, clock, door):
    shop.warehouse["concurrency"] = 1
    codes = give_back_each(shop, 3)
    door.refuse(codes, 403, JSON)
    run_after(shop, clock)
    door.refuse(codes, 402, JSON)
    run_after(shop, clock, minutes=15)
    later = [give_back(shop, str(number)) for number in (2001, 2002)]
    door.refuse(later, 402, JSON)
    for _ in range(2):
        run_after(shop, clock, minutes=15)
    assert {forecast.code for forecast in shop.forecasts} == {*codes, *later}


def test_a_list_of_labels_that_is_closed_to_the_account_keeps_nothing_else_waiting(shop, clock, door):
    shop.warehouse["concurrency"] = 1
    code = give_back(shop)
    shop.sandbox.monta.fills_tracking = False
    door.refuse([code], 429, TEXT)
    run_after(shop, clock)
    door.instead.clear()
    shop.sandbox.faults.add(Fault("monta.labels", "status", status=403))
    other = give_back(shop, "1002")
    run_after(shop, clock, minutes=10)
    assert stands(shop) == {code: ("waiting", "call-failed"), other: SETTLED}
    shop.sandbox.faults.clear()
    run_after(shop, clock, hours=1)
    assert stands(shop)[code] == SETTLED


def test_after_a_shut_account_a_label_is_asked_for_again_only_after_two_looks_settle_after_apart(shop, clock, door):
    shop.warehouse["settle_after"] = 600
    first, second = give_back_each(shop, 2)
    door.refuse([first, second], 402, JSON)
    run_after(shop, clock)
    [asked] = door.labels()
    door.instead.clear()
    for minutes in (1, 4, 4):
        run_after(shop, clock, minutes=minutes)
        assert door.labels().count(asked) == 1, "asked again before the second look"
    other = second if asked == first else first
    assert stands(shop)[other] == SETTLED, "the other one waited for it"
    run_after(shop, clock, minutes=11)
    assert door.labels().count(asked) == 2
    assert stands(shop) == dict.fromkeys([first, second], SETTLED)
    assert_nothing_twice(shop)


@pytest.mark.parametrize(("fills", "lists"), [(True, False), (False, True)])
def test_a_label_that_a_shut_account_made_all_the_same_is_held_and_not_bought_again(shop, clock, fills, lists):
    shop.sandbox.monta.fills_tracking, shop.sandbox.monta.lists_labels = fills, lists
    code = give_back(shop)
    shop.sandbox.faults.add(Fault("monta.label", "status-after", status=402, times=1, body=b"{}"))
    run_after(shop, clock)
    for _ in range(3):
        run_after(shop, clock, minutes=20)
    assert stands(shop)[code] == DOUBT
    assert shop.sandbox.counts.calls("monta.label") == 1


def test_a_label_that_a_shut_account_made_all_the_same_is_settled_by_its_file(shop, clock):
    code = give_back(shop)
    shop.sandbox.faults.add(Fault("monta.label", "status-after", status=402, times=1, body=b"{}"))
    run_after(shop, clock)
    place = shop.folder / "labels" / "monta" / f"{code}.pdf"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(shop.sandbox.monta.labels[0].data)
    os.utime(place, (time.time(), time.time()))
    run_after(shop, clock, seconds=0)
    run_after(shop, clock, minutes=20)
    assert stands(shop)[code] == SETTLED
    assert shop.sandbox.counts.calls("monta.label") == 1


def test_replay_does_not_ask_a_shut_account_for_the_label_again_before_settle_after(shop, clock, door):
    shop.warehouse["settle_after"] = 600
    [code] = give_back_each(shop, 1)
    door.refuse([code], 402, JSON)
    run_after(shop, clock)
    door.instead.clear()
    for minutes in (1, 4, 4):
        clock.shift(timedelta(minutes=minutes))
        shop("replay", "#1001")
        assert len(door.labels()) == 1
    clock.shift(timedelta(minutes=11))
    shop("replay", "#1001")
    assert stands(shop)[code] == SETTLED
    assert_nothing_twice(shop)


@pytest.mark.parametrize("days", [1, -1])
def test_a_step_of_the_wall_clock_makes_no_label_of_a_shut_account_certain(shop, clock, door, monkeypatch, days):
    shop.warehouse["settle_after"] = 600
    clocks = Clocks(clock, shop, monkeypatch)
    [code] = give_back_each(shop, 1)
    door.refuse([code], 402, JSON)
    run_after(shop, clocks)
    door.instead.clear()
    run_after(shop, clocks, minutes=1)
    clocks.step_wall(days=days)
    run_after(shop, clocks, minutes=1)
    shop("replay", "#1001")
    assert len(door.labels()) == 1
    run_after(shop, clocks, minutes=11)
    shop("replay", "#1001")
    assert stands(shop)[code] == SETTLED


@pytest.mark.parametrize("route", ["monta.labels", rarely("monta.forecast")])
def test_a_label_of_a_shut_account_that_can_never_be_looked_for_does_not_wait_for_ever(shop, clock, door, route):
    [code] = give_back_each(shop, 1)
    door.refuse([code], 402, JSON)
    run_after(shop, clock)
    door.instead.clear()
    shop.sandbox.faults.add(Fault(route, "status", status=503))
    for number in range(2001, 2007):
        give_back(shop, str(number))  # other reads are answered
        run_after(shop, clock, hours=9)
    assert stands(shop)[code] == DOUBT
    assert door.labels().count(code) == 1


# -- labels are not allowed --------------------------------------------------------------------------------------------


def test_where_labels_are_not_allowed_one_is_tried_in_each_run_and_announcements_go_on(shop, clock, door):
    shop.sandbox.monta.label_permission = False
    codes = give_back_each(shop, 3)
    ended = run_after(shop, clock)
    assert (ended["announced"], ended["labelled"], ended["exit_code"]) == (3, 0, 78)
    assert ended["error"]["next_step"]
    assert len(door.labels()) == 1
    assert stands(shop) == dict.fromkeys(codes, ("waiting", "labels-stopped"))
    for tried in (2, 3):
        assert run_after(shop, clock, hours=1)["exit_code"] == 78
        assert len(door.labels()) == len(set(door.labels())) == tried
    run_after(shop, clock, hours=1)
    assert door.labels()[3] == door.labels()[0], "not the one that was tried longest ago"
    assert shop.held() == []

    shop.sandbox.monta.label_permission = True
    run_after(shop, clock, hours=1)
    assert run_after(shop, clock, hours=1)["exit_code"] == 0
    assert stands(shop) == dict.fromkeys(codes, SETTLED)
    assert_nothing_twice(shop)


def test_a_new_return_is_announced_while_labels_are_not_allowed(shop, clock, door):
    shop.sandbox.monta.label_permission = False
    give_back(shop, "1001")
    run_after(shop, clock)
    new = give_back(shop, "1002")
    assert run_after(shop, clock, hours=1)["announced"] == 1
    run_after(shop, clock, hours=1)
    assert len(door.labels()) == 3
    assert new in door.labels()[1:], "one never tried comes first"


def test_an_order_refused_three_times_while_labels_of_others_were_made_in_between_is_held(shop, clock, door):
    refused = give_back(shop, "1001")
    door.refuse([refused], 403, JSON)
    run_after(shop, clock)
    for number in range(2001, 2006):
        give_back(shop, str(number))
        run_after(shop, clock, hours=1)
    assert stands(shop)[refused] == REFUSED
    # It may also have been tried once more before another one got the first label.
    asked = door.labels().count(refused)
    assert asked in {3, 4}
    run_after(shop, clock, hours=1)
    assert labels_of(shop).total() == 5
    assert run_after(shop, clock, hours=1)["exit_code"] == 1
    assert door.labels().count(refused) == asked


def test_an_order_is_not_held_however_often_it_is_refused_while_no_label_of_another_is_made(shop, clock, door):
    refused = give_back(shop, "1001")
    door.refuse([refused], 403, JSON)
    for _ in range(5):
        assert run_after(shop, clock, hours=5)["exit_code"] == 78
    assert stands(shop)[refused] == ("waiting", "labels-stopped")


# -- the same words for one order after the other ----------------------------------------------------------------------


def test_three_orders_refused_in_the_same_words_stop_label_calls_and_none_is_held(shop, clock, door):
    codes = give_back_each(shop, 4)
    door.refuse(codes, 400, TEXT)
    assert run_after(shop, clock)["exit_code"] == 78
    assert len(door.labels()) == 3
    assert stands(shop) == dict.fromkeys(codes, ("waiting", "labels-stopped"))
    run_after(shop, clock, hours=1)
    assert len(door.labels()) == 4

    door.instead.clear()
    run_after(shop, clock, hours=1)
    assert run_after(shop, clock, hours=1)["exit_code"] == 0
    assert stands(shop) == dict.fromkeys(codes, SETTLED)
    assert_nothing_twice(shop)


@pytest.mark.parametrize("is_named", [True, False], ids=["the platform tells the name", "it does not"])
def test_what_the_warehouse_said_is_repeated_only_where_the_consumers_name_is_known(shop, door, is_named):
    codes = give_back_each(shop, 3)
    for identity, record in shop.sandbox.returnista.return_orders.items():
        person = record["consumer"] | {"firstName": "Zsuzsanna", "lastName": "Okonkwo"}
        if not is_named:
            person |= {"firstName": None, "lastName": None}
        shop.sandbox.returnista.touch(identity, consumer=person)
    door.refuse(codes, 400, (b"Address of Zsuzsanna Okonkwo is not served.", wire.TEXT))
    ended = shop("run", "--json")
    assert stands(shop) == dict.fromkeys(codes, ("waiting", "labels-stopped"))
    assert "in the same words" in ended.err
    assert ("is not served" in ended.err) == is_named
    assert "Zsuzsanna" not in ended.err + ended.out


def test_the_three_in_the_same_words_may_come_from_several_runs(shop, clock, door):
    codes = give_back_each(shop, 2)
    door.refuse(codes, 400, TEXT)
    assert run_after(shop, clock)["exit_code"] == 1
    assert set(stands(shop).values()) == {REFUSED}
    codes.append(give_back(shop, "1003"))
    door.refuse(codes, 400, TEXT)
    assert run_after(shop, clock, hours=1)["exit_code"] == 78
    assert stands(shop) == dict.fromkeys(codes, ("waiting", "labels-stopped"))


def test_one_of_the_three_is_held_when_it_is_refused_again_after_a_label_of_another(shop, clock, door):
    codes = give_back_each(shop, 3)
    door.refuse(codes, 400, TEXT)
    run_after(shop, clock)
    other = give_back(shop, "2001")
    for _ in range(3):
        run_after(shop, clock, hours=1)
    assert stands(shop) == {**dict.fromkeys(codes, REFUSED), other: SETTLED}
    made = door.labels().index(other)
    assert made <= 4, "one never tried comes first"
    assert sorted(door.labels()[made + 1 :]) == sorted(codes)


def test_orders_refused_in_different_words_are_each_held(shop, clock, door):
    codes = give_back_each(shop, 4)
    words = (b"Too heavy.", b"Country is not served.", b"Order is anonymised.", b"No address.")
    for code, text in zip(codes, words, strict=True):
        door.refuse([code], 400, (text, wire.TEXT))
    assert run_after(shop, clock)["exit_code"] == 1
    assert stands(shop) == dict.fromkeys(codes, REFUSED)
    assert len(door.labels()) == 4


def test_several_returns_of_one_order_refused_in_the_same_words_are_each_held_and_stop_nothing(shop, clock, door):
    codes = [give_back(shop, ordered=5, name=f"return {number}") for number in range(4)]
    door.refuse(codes, 400, TEXT)
    assert run_after(shop, clock)["exit_code"] == 1
    assert stands(shop) == dict.fromkeys(codes, REFUSED)
    assert len(door.labels()) == 4


def test_a_label_that_was_made_between_the_refusals_begins_their_count_again(shop, clock, door):
    codes = give_back_each(shop, 2)
    door.refuse(codes, 400, TEXT)
    run_after(shop, clock)
    give_back(shop, "2001")
    run_after(shop, clock, hours=1)
    late = give_back_each(shop, 2, first=3001)
    door.refuse(late, 400, TEXT)
    assert run_after(shop, clock, hours=1)["exit_code"] == 1
    assert {stands(shop)[code] for code in [*codes, *late]} == {REFUSED}


@pytest.mark.parametrize("status", [402, 403, rarely(503)])
def test_a_dry_run_asks_for_no_label_and_changes_nothing_while_label_calls_do_not_work(shop, clock, door, status):
    codes = give_back_each(shop, 4)
    door.refuse(codes, status, JSON)
    run_after(shop, clock)
    before, asked = stands(shop), len(door.labels())
    clock.shift(timedelta(hours=3))
    for command in (("run",), ("replay", "#1001")):
        assert shop(*command, "--dry-run").code != 70
        assert (stands(shop), len(door.labels())) == (before, asked)


# -- after a refusal ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fills", "lists"), [(True, False), (False, True)])
def test_a_retry_after_a_refusal_looks_whether_the_label_was_made_all_the_same(shop, clock, fills, lists):
    shop.sandbox.monta.fills_tracking, shop.sandbox.monta.lists_labels = fills, lists
    code = give_back(shop)
    shop.sandbox.faults.add(Fault("monta.label", "status-after", times=1, status=400))
    run_after(shop, clock)
    assert stands(shop)[code] == REFUSED
    shop("held", "retry", code)
    run_after(shop, clock)
    assert stands(shop)[code] == DOUBT
    assert labels_of(shop)[code] == 1


@pytest.mark.parametrize("concurrency", [1, 4])
def test_three_orders_that_are_refused_in_the_same_words_at_the_same_time_all_wait(shop, clock, door, concurrency):
    shop.warehouse["concurrency"] = concurrency
    shop.sandbox.faults.add(Fault("monta.info", "delay", delay=0.1))  # it is read between a refusal and its hold
    codes = give_back_each(shop, 3)
    door.refuse(codes, 400, TEXT)
    assert run_after(shop, clock)["exit_code"] == 78
    assert stands(shop) == dict.fromkeys(codes, ("waiting", "labels-stopped"))
    for code in codes:
        assert "labels-stopped" in shop("show", code).out


@pytest.fixture
def general_link(shop: Shop) -> None:
    """Give every label the same link, the carrier's general page."""
    monta = shop.sandbox.monta
    monta.fills_tracking = False
    monta.general_link = "https://carrier.example/track"


@pytest.mark.usefixtures("general_link")
@pytest.mark.parametrize("together", [True, False], ids=["on one order", "on two orders"])
def test_a_link_that_another_label_of_ours_has_hides_no_label_that_a_shut_account_made(shop, clock, together):
    shop.warehouse["concurrency"] = 1
    first = give_back(shop, "1001", ordered=2)
    run_after(shop, clock)
    second = give_back(shop, "1001", name="second") if together else give_back(shop, "1002")
    shop.sandbox.faults.add(Fault("monta.label", "status-after", status=401, times=1, body=b"{}"))
    for minutes in (1, 20, 20):
        run_after(shop, clock, minutes=minutes)
    assert stands(shop) == {first: SETTLED, second: DOUBT}
    assert_nothing_twice(shop)


def test_a_wall_clock_that_was_ahead_at_the_announcement_hides_no_label_that_a_shut_account_made(
    shop, clock, monkeypatch
):
    shop.sandbox.monta.fills_tracking = False
    clocks = Clocks(clock, shop, monkeypatch)
    clocks.step_wall(days=1)
    code = give_back(shop)
    shop.sandbox.faults.add(Fault("monta.label", "status-after", status=401, times=1, body=b"{}"))
    run_after(shop, clocks)
    clocks.step_wall(days=-1)
    for _ in range(3):
        clocks.shift(timedelta(minutes=20))
        shop("replay", "#1001")
    assert stands(shop)[code] == DOUBT
    assert_nothing_twice(shop)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_label_calls_that_find_the_account_shut_each_time_keep_no_announcement_waiting(shop, clock, door, concurrency):
    shop.warehouse["concurrency"] = concurrency
    codes = give_back_each(shop, 8)
    door.refuse(codes, 402, JSON)
    for minutes in (0, 15, 15):
        assert run_after(shop, clock, minutes=minutes)["exit_code"] == 78
    assert len(shop.forecasts) == 8
    asked = len(door.labels())
    run_after(shop, clock, minutes=15)
    assert len(door.labels()) == asked + 1, "more than one label a run"

    door.instead.clear()
    for _ in range(3):
        run_after(shop, clock, minutes=15)
    assert stands(shop) == dict.fromkeys(codes, SETTLED)
    assert_nothing_twice(shop)


def test_an_order_at_whose_label_the_account_is_shut_three_times_while_others_get_theirs_is_held(shop, clock, door):
    odd = give_back(shop, "1001")
    door.refuse([odd], 423, JSON)
    others = []
    for number in range(2001, 2013):
        others.append(give_back(shop, str(number)))
        run_after(shop, clock, minutes=15)
    assert stands(shop)[odd] == REFUSED
    asked = [code for code in door.labels() if odd in code]
    assert len(asked) <= 4
    run_after(shop, clock, minutes=15)
    assert {code: stands(shop)[code] for code in others} == dict.fromkeys(others, SETTLED)
