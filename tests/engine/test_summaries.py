"""A list that leaves out parts of a return never removes the lines that are known."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from returnsync.sandbox import Fault, World
from returnsync.sandbox.world import monta_order

if TYPE_CHECKING:
    from shop import Shop

MADE = datetime.now(UTC) - timedelta(hours=2)
LISTED_AS_SUMMARIES = ("returnless", "returnista")
ONE = {"returnless": "returnless.one", "returnista": "returnista.one"}
OVER = {
    "returnless": {"completed": "Afgehandeld", "cancelled": "Geannuleerd"},
    "returnista": {"completed": "Complete", "cancelled": "Cancelled"},
}


@pytest.fixture
def world() -> World:
    return World.empty()


@pytest.fixture(params=LISTED_AS_SUMMARIES)
def shop(request, shop) -> Shop:
    shop = replace(shop, platforms=(request.param,), source={"own_label": "replace"})
    shop.sandbox.returnless.shape = "bare"
    shop.sandbox.returnista.list_leaves_out = frozenset({"shipments", "returnRequests"})
    return shop


def kept(shop: Shop) -> dict[str, Any]:
    """The only return in state."""
    with closing(sqlite3.connect(shop.state)) as state:
        [[body]] = state.execute("SELECT body FROM returns").fetchall()
    return json.loads(body)


def becomes(shop: Shop, identity: str, what: str) -> None:
    shop.platform().touch(identity, word=OVER[shop.platforms[0]][what], at=datetime.now(UTC))


def stands(shop: Shop) -> list[tuple[str, str]]:
    found = shop("show", "1001", "--json").json or shop("show", "#1001", "--json").json
    return [(item["progress"], item["cause"]) for item in found[0]["announcements"]]


@pytest.mark.parametrize(
    ("word", "end"), [("completed", ("left_alone", "already-completed")), ("cancelled", ("withdrawn", ""))]
)
def test_one_that_is_over_before_it_was_announced_keeps_its_lines_and_costs_no_read(shop, clock, word, end):
    identity = shop.platform().give_back("1001", created=MADE)
    shop.run()
    asked = shop.sandbox.counts.calls(ONE[shop.platforms[0]])
    clock.shift(timedelta(minutes=5))
    becomes(shop, identity, word)
    assert shop.run()["exit_code"] == 0
    assert (kept(shop)["status"], len(kept(shop)["lines"])) == (word, 1)
    assert stands(shop) == [end]
    assert shop.sandbox.counts.calls(ONE[shop.platforms[0]]) == asked


@pytest.mark.parametrize(
    ("word", "causes"),
    [("completed", []), ("cancelled", ["cancelled-after-announcement"])],
    ids=["completed", "cancelled"],
)
def test_one_that_is_over_after_it_was_announced_keeps_its_lines_and_is_reported(shop, clock, word, causes):
    shop.sandbox.monta.add(monta_order("1001"))
    identity = shop.platform().give_back("1001", created=MADE)
    assert shop.run()["announced"] == 1
    clock.shift(timedelta(minutes=5))
    becomes(shop, identity, word)
    shop.sandbox.faults.add(Fault(ONE[shop.platforms[0]], "status", status=500))  # nothing depends on a further read
    shop.run()
    assert (kept(shop)["status"], len(kept(shop)["lines"])) == (word, 1)
    assert [item["cause"] for item in shop.held()] == causes


@pytest.mark.parametrize("status", [429, 500])
def test_a_change_whose_further_read_fails_leaves_what_was_announced_as_it_is(shop, clock, status):
    shop.sandbox.monta.add(monta_order("1001"))
    identity = shop.platform().give_back("1001", created=MADE)
    assert shop.run()["announced"] == 1
    before = kept(shop)
    for _ in range(3):
        clock.shift(timedelta(minutes=5))
        shop.platform().touch(identity, at=datetime.now(UTC))
        shop.sandbox.faults.add(Fault(ONE[shop.platforms[0]], "status", status=status, times=1))
        shop.run()
        assert kept(shop) == before
        assert stands(shop) == [("settled", "")]
    shop.sandbox.faults.clear()
    clock.shift(timedelta(minutes=61))
    assert shop.run()["exit_code"] == 0
    shop.assert_nothing_twice()


@pytest.mark.parametrize("shop", ["returnista"], indirect=True)
def test_one_that_the_platform_emptied_is_held_and_neither_withdrawn_nor_changed(shop, clock):
    shop.sandbox.monta.add(monta_order("1001"))
    identity = shop.platform().give_back("1001", created=MADE)
    assert shop.run()["announced"] == 1
    clock.shift(timedelta(minutes=5))
    shop.sandbox.returnista.touch(identity, at=datetime.now(UTC), returnRequests=[])
    assert shop.run()["exit_code"] == 1
    assert [item["cause"] for item in shop.held()] == ["unreadable"]
    assert (len(kept(shop)["lines"]), stands(shop)) == (1, [("settled", "")])
