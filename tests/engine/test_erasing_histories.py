"""Random histories of rewriting in which consumers ask for erasing and months pass: nothing is done twice."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from rewriting import SHAPES
from test_respelt_histories import History, play

if TYPE_CHECKING:
    import sqlite3

    from shop import Shop


class Forgetting(History):
    """The same histories, with what is old erased by each run, and more of it whenever a consumer asks."""

    def __init__(self, like: Shop) -> None:
        super().__init__(like)
        self.shop.more = {"retention_days": 1}
        self.shop.source["start_from"] = datetime.now(UTC) - timedelta(days=30)

    @precondition(lambda self: self.parcels)
    @rule(data=st.data())
    def a_consumer_asks_to_be_forgotten(self, data: st.DataObject) -> None:
        number = self.parcels[data.draw(st.sampled_from(sorted(self.parcels)))]
        ended = self.shop("purge", number, "--yes").code
        if ended != 2:  # it was not read yet
            self.check(ended)

    @staticmethod
    def home_of(state: sqlite3.Connection, key: str) -> str:
        """Months later no list goes back to a record, so what was rewritten meanwhile is in sight by its instant."""
        known = state.execute("SELECT 1 FROM returns WHERE id LIKE ?", [f"{key.partition('-')[0]}-%"]).fetchone()
        try:
            return History.home_of(state, key)
        except AssertionError:
            assert known, f"record {key} is nowhere to be seen"
            return key

    @rule(days=st.sampled_from([2, 200]))
    def days_pass(self, days: int) -> None:
        self.clock.shift(timedelta(days=days))
        self.check(self.shop("run", "--json").code)


@pytest.fixture(params=sorted(SHAPES))
def shop(request, shop):
    return replace(shop, platforms=(request.param,))


def test_an_erased_return_is_never_announced_or_labelled_again(shop):
    play(shop, Forgetting, max_examples=2, stateful_step_count=16, derandomize=True, phases=(Phase.generate,))


@pytest.mark.prove
def test_the_same_over_many_more_histories(shop):
    play(shop, Forgetting, max_examples=60, stateful_step_count=30, phases=(Phase.generate,))
