"""A state restored from before a label: it is never bought a second time, whatever evidence of it is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from certainty import (
    DOUBT,
    JSON,
    SETTLED,
    assert_nothing_twice,
    back_up,
    give_back,
    labels_of,
    lose_state,
    restore,
    run_after,
    stands,
)
from test_restored import taken_at

from returnsync.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shop import Shop


def before_it_was_seen(shop: Shop, clock: Any) -> None:
    run_after(shop, clock)
    back_up(shop)
    give_back(shop)
    run_after(shop, clock, hours=1)


def before_a_label_was_wanted(shop: Shop, clock: Any) -> None:
    give_back(shop)
    shop.warehouse["request_labels"] = False
    run_after(shop, clock)
    back_up(shop)
    shop.warehouse["request_labels"] = True
    shop("replay", "#1001")
    if not shop.sandbox.monta.labels:  # if it is settled without a label, a person asks for one
        shop("replay", "#1001", "--new-label", "--yes")


def after_an_answer(status: int, *, minutes: int, retry: bool = False) -> Callable[[Shop, Any], None]:
    """A backup that was taken just after the label call got this answer and made no label."""

    def live(shop: Shop, clock: Any) -> None:
        give_back(shop)
        body, content_type = JSON
        shop.sandbox.faults.add(
            Fault("monta.label", "status", times=1, status=status, body=body, content_type=content_type)
        )
        run_after(shop, clock)
        back_up(shop)
        if retry:
            shop("held", "retry", "--all")
        for _ in range(2):
            run_after(shop, clock, minutes=minutes)

    return live


def at(step: str) -> Callable[[Shop, Any], None]:
    def live(shop: Shop, clock: Any) -> None:
        give_back(shop)
        taken_at(step)(shop, clock)

    return live


MOMENTS: dict[str, Callable[[Shop, Any], None]] = {
    "before it was seen": before_it_was_seen,
    "before a label was wanted": before_a_label_was_wanted,
    "create in flight": at("create: call about to be made"),
    "label in flight": at("label: call about to be made"),
    "label not sent": after_an_answer(429, minutes=10),
    "label refused": after_an_answer(400, minutes=0, retry=True),
    "labels not allowed": after_an_answer(403, minutes=20),
    "account shut": after_an_answer(402, minutes=20),
}


class Shows(NamedTuple):
    """Whether a label puts its tracking on the forecast; whether the order's labels are listed, with which times."""

    fills: bool
    lists: bool
    times: str


SHOWS = {
    "listed by Amsterdam": Shows(fills=False, lists=True, times="amsterdam"),
    "listed by UTC": Shows(fills=False, lists=True, times="utc"),
    "listed without times": Shows(fills=False, lists=True, times="none"),
    "tracking": Shows(fills=True, lists=False, times="none"),
}


def histories() -> Iterator[Any]:
    """Every moment × what shows the label × file kept or lost; one or two of each moment are always tried."""
    for row, moment in enumerate(MOMENTS):
        for index, shows in enumerate(SHOWS):
            for keeps in (False, True):
                often = index == row % 4 and not (keeps and row % 3)
                name = f"{moment}-{shows}-{'file kept' if keeps else 'file lost'}"
                yield pytest.param(moment, shows, keeps, id=name, marks=() if often else pytest.mark.prove)


def live_on(shop: Shop, clock: Any) -> None:
    """Make runs, with a person who retries everything that is held."""
    for hours in (1, 30):
        run_after(shop, clock, hours=hours)
        shop("held", "retry", "--all")
        shop("replay", "#1001")
    run_after(shop, clock, hours=2)


@pytest.mark.parametrize(("moment", "shows", "keeps_files"), list(histories()))
def test_a_restored_state_buys_no_second_label(shop, clock, moment, shows, keeps_files):
    monta = shop.sandbox.monta
    monta.fills_tracking, monta.lists_labels, monta.label_times = SHOWS[shows]
    MOMENTS[moment](shop, clock)
    [code] = labels_of(shop)
    assert stands(shop)[code] == SETTLED
    restore(shop, labels=not keeps_files)
    assert stands(shop).get(code) != SETTLED or moment == "before a label was wanted"

    live_on(shop, clock)
    assert_nothing_twice(shop)
    if moment == "before a label was wanted" and stands(shop)[code] == SETTLED:
        return  # it gets no label until a person asks for one
    assert stands(shop)[code] == (SETTLED if keeps_files else DOUBT)


@pytest.mark.parametrize("keeps_files", [True, False])
def test_a_lost_state_buys_no_second_label(shop, clock, keeps_files):
    shop.sandbox.monta.fills_tracking = False
    code = give_back(shop)
    run_after(shop, clock)
    lose_state(shop, labels=not keeps_files)
    live_on(shop, clock)
    assert_nothing_twice(shop)
    assert stands(shop)[code] == (SETTLED if keeps_files else DOUBT)


# -- labels of others --------------------------------------------------------------------------------------------------


def not_sent_at_first(shop: Shop, clock: Any, number: str = "1001", **how: Any) -> str:
    """Announce a return whose label is requested by a later run, so that the labels of the order are looked at."""
    code = give_back(shop, number, **how)
    shop.sandbox.faults.add(Fault("monta.label", "status", times=1, status=429))
    run_after(shop, clock)
    assert stands(shop)[code][0] == "waiting"
    return code


@pytest.mark.parametrize("times", ["amsterdam", "utc"])
def test_a_label_packed_with_the_order_does_not_hold_it(shop, clock, times):
    shop.sandbox.monta.label_times = times
    shop.sandbox.monta.enclosed_labels.append("1001")
    code = not_sent_at_first(shop, clock)
    run_after(shop, clock, minutes=10)
    assert shop.sandbox.counts.calls("monta.labels") >= 1
    assert stands(shop)[code] == SETTLED
    assert_nothing_twice(shop)


@pytest.mark.parametrize("times", ["amsterdam", "utc", "none"])
def test_the_label_of_another_return_of_its_order_does_not_hold_it(shop, clock, times):
    shop.sandbox.monta.label_times = times
    other = give_back(shop, ordered=3, name="other")
    run_after(shop, clock)
    code = not_sent_at_first(shop, clock, name="late")
    run_after(shop, clock, minutes=10)
    assert stands(shop) == {other: SETTLED, code: SETTLED}
    assert_nothing_twice(shop)


def test_a_label_that_somebody_else_made_for_its_order_long_before_does_not_hold_it(shop, clock):
    give_back(shop, "2001")
    run_after(shop, clock)
    code = not_sent_at_first(shop, clock)
    foreign = replace(
        shop.sandbox.monta.labels[0],
        code="made-by-hand",
        order="1001",
        link="https://tracking.example/parcel?nr=by-hand",
        created=datetime.now(UTC) - timedelta(days=1),
    )
    shop.sandbox.monta.labels.append(foreign)
    run_after(shop, clock, minutes=10)
    assert stands(shop)[code] == SETTLED


def test_a_label_that_somebody_else_made_for_its_order_since_then_holds_it(shop, clock):
    """It cannot be told from one of ours whose answer was lost."""
    give_back(shop, "2001")
    run_after(shop, clock)
    code = not_sent_at_first(shop, clock)
    link = "https://tracking.example/parcel?nr=by-hand"
    foreign = replace(shop.sandbox.monta.labels[0], code="made-by-hand", order="1001", link=link)
    shop.sandbox.monta.labels.append(replace(foreign, created=datetime.now(UTC)))
    run_after(shop, clock, minutes=10)
    assert stands(shop)[code] == DOUBT
    assert labels_of(shop)[code] == 0


@pytest.mark.parametrize("answer", [503, 403, 404])
def test_where_the_orders_labels_cannot_be_looked_at_none_is_bought_yet(shop, clock, answer):
    code = not_sent_at_first(shop, clock)
    page = b"<!doctype html><html><body>gateway</body></html>"
    shop.sandbox.faults.add(Fault("monta.labels", "status", status=answer, body=page, content_type="text/html"))
    run_after(shop, clock, minutes=10)
    assert labels_of(shop)[code] == 0
    shop.sandbox.faults.clear()
    for _ in range(2):
        run_after(shop, clock, hours=3)
    assert stands(shop)[code] == SETTLED
    assert_nothing_twice(shop)


def test_the_orders_labels_are_not_asked_for_where_it_was_announced_in_the_same_run(shop, clock):
    for number in range(1001, 1004):
        give_back(shop, str(number))
    assert run_after(shop, clock)["labelled"] == 3
    assert shop.sandbox.counts.calls("monta.labels") == 0
