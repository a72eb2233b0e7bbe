"""Random histories with rehearsals: while `only` is set, nothing is sent for an order that it does not name."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test
from test_recover_histories import History

if TYPE_CHECKING:
    from collections.abc import Collection

    from shop import Shop


class Rehearsed(History):
    """As all histories, and now and then only some orders are delivered."""

    def __init__(self, like: Shop) -> None:
        super().__init__(like)
        self.seen: set[Any] = set()
        """What stood at the warehouse after the command before: forecasts as they stood, and labels."""

    def teardown(self) -> None:
        self.shop.source.pop("only", None)
        super().teardown()

    @precondition(lambda self: self.shop.state.exists())
    @rule(data=st.data())
    def a_rehearsal_begins(self, data: st.DataObject) -> None:
        numbers = sorted({number for number in self.order_numbers().values() if number.strip()})
        if numbers:
            chosen = data.draw(st.sets(st.sampled_from(numbers), min_size=1, max_size=2))
            self.shop.source["only"] = sorted({number.strip() for number in chosen})
        self.run()

    @rule()
    def a_rehearsal_ends(self) -> None:
        self.shop.source.pop("only", None)
        self.run()

    def check(self, code: int, *, whole: bool = False) -> None:
        super().check(code, whole=whole)
        monta = self.sandbox.monta
        stands = {(one.code, json.dumps(one.lines)) for one in monta.forecasts}
        stands |= {(label.code, str(at)) for at, label in enumerate(monta.labels)}
        new, self.seen = stands - self.seen, stands
        if names := self.shop.source.get("only"):
            self.assert_only(names, {code for code, _ in new})

    def assert_only(self, names: Collection[str], codes: set[str]) -> None:
        sent = {number.strip() for code, number in self.order_numbers().items() if code in codes}
        assert sent <= set(names), f"{sent} was sent, and only {names} may be"

    def order_numbers(self) -> dict[str, str]:
        with closing(sqlite3.connect(self.shop.state)) as state:
            return dict(state.execute("SELECT code, order_number FROM announcements"))


@pytest.mark.prove
def test_no_order_but_those_named_is_sent_in_random_histories(shop):
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        lambda: Rehearsed(shop),
        settings=settings(deadline=None, suppress_health_check=checks, max_examples=40, stateful_step_count=30),
    )
