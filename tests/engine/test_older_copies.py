"""An older copy never replaces a newer one: a list that lags behind undoes no cancellation, and revives nothing."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from rewriting import CANCELLED
from shop import later

from returnsync.platforms.contract.between import Between, Canned
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.world import monta_order
from returnsync.state import identity, opening

if TYPE_CHECKING:
    from collections.abc import Callable

    from shop import Shop

PLATFORMS = tuple(platform.name for platform in Sandbox(World.empty()).platforms)
# The platforms that cannot be asked for one record.
LISTED_ALONE = ("sendcloud", "returnly")


@pytest.fixture(params=PLATFORMS)
def shop(request, shop, sandbox) -> Shop:
    sandbox.monta.add(monta_order("1001"))
    return replace(shop, platforms=(request.param,), source={"own_label": "replace", "limits": {"1h": 1000}})


@pytest.fixture
def go_back(shop) -> Callable[[], None]:
    """Make a return that was cancelled before any run; the given function shows it again as it was before that."""
    made = shop.platform().give_back("1001", created=datetime.now(UTC) - timedelta(hours=2))
    before = copy.deepcopy(shop.platform().rows()[made])
    shop.platform().touch(made, word=CANCELLED[shop.platforms[0]])
    assert shop.run()["announced"] == 0

    def back() -> None:
        shop.platform().rows()[made] = copy.deepcopy(before)

    return back


@pytest.mark.parametrize("shop", LISTED_ALONE, indirect=True)
def test_where_one_record_cannot_be_asked_for_the_older_is_believed_an_hour_later_and_not_before(shop, go_back):
    go_back()
    # One platform lists it in every run, the other once an hour.
    for minutes, announced in ((1, 0), (62, int(shop.platforms[0] == "sendcloud")), (124, 1)):
        with later(minutes=minutes):
            assert shop.run()["exit_code"] == 0
            assert len(shop.forecasts) == announced, minutes


@pytest.mark.parametrize("shop", ["sendcloud"], indirect=True)
def test_an_older_copy_is_not_believed_where_the_newer_was_shown_in_between(shop, go_back):
    made, newer = next(iter(shop.platform().rows().items()))
    newer = copy.deepcopy(newer)
    go_back()
    shop.run()
    shop.platform().rows()[made] = newer
    with later(minutes=61):
        shop.run()
    go_back()
    with later(minutes=63):
        assert shop.run()["announced"] == 0


OFTEN = ("returnista", "channable")
READ_SINGLY = [
    pytest.param(name, marks=() if name in OFTEN else pytest.mark.prove)
    for name in PLATFORMS
    if name not in LISTED_ALONE
]


@pytest.mark.parametrize("shop", READ_SINGLY, indirect=True)
def test_where_one_record_can_be_asked_for_its_word_counts(shop, go_back):
    go_back()
    with later(hours=7):  # a listing by change looks this far back
        ran = shop.run()
        assert (ran["exit_code"], ran["announced"]) == (0, 1)
        known = opening.open_reading(shop.state)
        try:
            with known.reading() as q:
                assert identity.older_copies(q, "shop-nl") == {}
        finally:
            known.close()


@pytest.mark.parametrize("shop", ["channable"], indirect=True)
def test_its_word_is_asked_for_again_where_what_it_needs_besides_could_not_be_read(shop, go_back):
    go_back()
    busy = (Fault(f"channable.{route}", "status", status=429, times=1) for route in ("order", "orders"))
    shop.sandbox.faults.add(*busy)
    for hours, announced in ((12, 0), (24, 1)):  # a list by change shows it only in the first
        with later(hours=hours):
            assert shop.run()["announced"] == announced


@pytest.fixture
def lagging(shop, sandbox):
    """Returnista, with a list that shows what a test puts into it, while single reads show the newest version."""
    between = Between(sandbox.url + sandbox.returnista.base)
    shop.source["base_url"] = between.url
    yield between
    between.close()


def one_that_is_cancelled(sandbox: Sandbox) -> tuple[str, dict[str, object]]:
    """The id of a return, and its record as it was before it was cancelled."""
    made = sandbox.returnista.give_back("1001")
    older = copy.deepcopy(sandbox.returnista.return_orders[made])
    sandbox.returnista.touch(made, word="Cancelled")
    return made, older


def lag(between: Between, *older: dict[str, object]) -> None:
    def edit(content: object) -> None:
        if isinstance(content, dict) and isinstance(content.get("data"), list):
            content["data"] = [copy.deepcopy(record) for record in older]

    between.edit = edit


@pytest.mark.parametrize("shop", ["returnista"], indirect=True)
def test_a_list_that_lags_behind_is_not_believed_where_the_single_read_shows_the_newer(shop, lagging, sandbox):
    made, older = one_that_is_cancelled(sandbox)
    shop.run()
    lag(lagging, older)
    with later(minutes=70):  # a listing looks back this far once an hour
        ran = shop.run()
    assert (ran["exit_code"], ran["announced"]) == (0, 0)
    assert any(f"return-order/{made}" in seen.target for seen in lagging.seen)


@pytest.mark.parametrize("shop", ["returnista"], indirect=True)
def test_both_copies_in_one_list_are_the_newer(shop, lagging, sandbox):
    made, older = one_that_is_cancelled(sandbox)
    lag(lagging, older, sandbox.returnista.return_orders[made])
    ran = shop.run()
    assert (ran["exit_code"], ran["announced"]) == (0, 0)


@pytest.mark.parametrize("shop", ["returnista"], indirect=True)
def test_a_single_read_that_fails_leaves_the_newer_and_is_made_again(shop, lagging, sandbox):
    made, older = one_that_is_cancelled(sandbox)
    shop.run()
    lag(lagging, older)
    lagging.next = [None, Canned(500, b"down", content_type="text/plain")]
    for minutes in (70, 75):
        asked = len(lagging.seen)
        with later(minutes=minutes):
            assert shop.run()["announced"] == 0
        assert any(f"return-order/{made}" in seen.target for seen in lagging.seen[asked:]), minutes
        lag(lagging)  # nothing more is listed
