"""Random histories: returns come and change, calls fail, runs die, files are lost, people act; the rules hold.

A run that dies is played here by an exception at one of its named steps, so that thousands can; `test_kill.py` does it
with real processes.
"""

from __future__ import annotations

import logging
import sqlite3
import tempfile
from collections import Counter
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from kill_run import leaping
from watched import Watched

from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.world import monta_line, monta_order, request, return_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shop import Shop

NUMBERS = ("1001", "1002", "1003")
SKUS = ("SHIRT", "SHOE")
ORDERED = 2
ROUTES = (
    *("returnista.list", "returnista.one", "monta.order", "monta.forecasts", "monta.forecast"),
    *("monta.create", "monta.update", "monta.label"),
)
FAULTS = (
    *(("status", status) for status in (401, 403, 404, 429, 500)),
    *((kind, 500) for kind in ("status-after", "reset", "reset-after", "cut", "html", "wrong-type")),
)
AT_REST = {"settled", "held", "withdrawn", "released", "left_alone"}


class Death(BaseException):
    """A run ends here, without another word."""


class Dying(logging.Handler):
    """Raises at the N-th step."""

    def __init__(self, number: int) -> None:
        super().__init__(logging.DEBUG)
        self._left = number

    def emit(self, _record: logging.LogRecord) -> None:
        self._left -= 1
        if self._left == 0:
            raise Death


@contextmanager
def dying(number: int) -> Iterator[None]:
    steps = logging.getLogger("returnsync.steps")
    handler = Dying(number)
    level = steps.level
    steps.addHandler(handler)
    steps.setLevel(logging.DEBUG)
    try:
        yield
    except Death:
        pass
    finally:
        steps.removeHandler(handler)
        steps.setLevel(level)


class History(RuleBasedStateMachine):
    """One shop, and everything that may happen to it."""

    def __init__(self, like: Shop) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.clock = self.stack.enter_context(leaping())
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        world = World.empty()
        world.orders = [monta_order(number, *(monta_line(sku, ORDERED) for sku in SKUS)) for number in NUMBERS[:-1]]
        self.sandbox = self.stack.enter_context(Sandbox(world))
        self.shop = replace(like, folder=folder, sandbox=self.sandbox, warehouse={"concurrency": 1})
        self.moves = self.stack.enter_context(Watched())
        self.returns: list[str] = []
        self.wished: Counter[str] = Counter()
        """How many new labels people asked for, by code."""

    def teardown(self) -> None:
        """Whatever happened: when nothing goes wrong any more, everything comes to rest."""
        try:
            self.sandbox.faults.clear()
            for _ in range(2):
                self.clock.shift(timedelta(days=2))
                self.check(self.shop("run", "--json").code, whole=True)
            with closing(sqlite3.connect(self.shop.state)) as state:
                assert (
                    state.execute("SELECT * FROM effects WHERE outcome IS NULL AND kind <> 'update'").fetchall() == []
                )
                for progress, cause in state.execute("SELECT progress, cause FROM announcements"):
                    assert progress in AT_REST or cause in ("not-approved", "order-unknown"), (progress, cause)
            self.moves.check(self.shop.state)
        finally:
            self.stack.close()

    @invariant()
    def every_change_of_an_announcement_is_one_of_the_table(self) -> None:
        self.moves.check(self.shop.state)

    # -- what happens at the platform ----------------------------------------------------------------------------------

    @initialize(send_updates=st.booleans())
    def begin(self, send_updates: bool) -> None:  # noqa: FBT001  # as hypothesis gives it
        """One return is announced and labelled already: something to lose."""
        self.shop.source = {"send_updates": send_updates}
        self.consumer_returns(number=NUMBERS[0], sku=SKUS[0], approved=True, two=False)
        self.run()

    @rule(number=st.sampled_from(NUMBERS), sku=st.sampled_from(SKUS), approved=st.booleans(), two=st.booleans())
    def consumer_returns(self, number: str, sku: str, approved: bool, two: bool) -> None:  # noqa: FBT001
        at = datetime.now(UTC)
        numbers = [number, NUMBERS[0]] if two and number != NUMBERS[0] else [number]
        record = return_order(
            *(request(sku, f"#{one}") for one in numbers),
            id=f"return-{len(self.returns)}",
            status="Confirmed" if approved else "Pending",
            created=at,
            updated=at,
        )
        self.returns.append(self.sandbox.returnista.add(record))

    @precondition(lambda self: self.returns)
    @rule(data=st.data(), status=st.sampled_from(["Confirmed", "Cancelled", "AwaitingMoonrise", "Complete"]))
    def status_changes(self, data: st.DataObject, status: str) -> None:
        self.sandbox.returnista.touch(data.draw(st.sampled_from(self.returns)), at=datetime.now(UTC), status=status)

    @precondition(lambda self: self.returns)
    @rule(data=st.data(), units=st.integers(1, 3))
    def units_change(self, data: st.DataObject, units: int) -> None:
        identity = data.draw(st.sampled_from(self.returns))
        first = self.sandbox.returnista.return_orders[identity]["returnRequests"][0]
        requests = [{**first, "id": f"unit {unit}"} for unit in range(units)]
        self.sandbox.returnista.touch(identity, at=datetime.now(UTC), returnRequests=requests)

    # -- what returnsync does ------------------------------------------------------------------------------------------

    @rule()
    def run(self) -> None:
        self.check(self.shop("run", "--json").code, whole=not self.sandbox.faults.pending)

    @rule(route=st.sampled_from(ROUTES), how=st.sampled_from(FAULTS), after=st.integers(1, 3))
    def run_with_a_fault(self, route: str, how: tuple[Any, int], after: int) -> None:
        kind, status = how
        call = self.sandbox.counts.calls(route) + after
        self.sandbox.faults.add(Fault(route, kind, call=call, status=status))
        self.check(self.shop("run", "--json").code)
        self.sandbox.faults.clear()

    @rule(number=st.integers(1, 80))
    def run_that_dies(self, number: int) -> None:
        with dying(number):
            self.shop("run", "--json")
        self.check(0)

    # -- what people and machines do -----------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 31, 360, 3_600, 90_000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.shift(timedelta(seconds=seconds))

    @rule()
    def the_unknown_order_arrives(self) -> None:
        if NUMBERS[-1] not in self.sandbox.monta.orders:
            self.sandbox.monta.add(monta_order(NUMBERS[-1], *(monta_line(sku, ORDERED) for sku in SKUS)))

    @rule(with_labels=st.booleans())
    def the_state_is_lost(self, with_labels: bool) -> None:  # noqa: FBT001
        for file in [*self.shop.folder.glob("returnsync.db*"), *(self.shop.labels() if with_labels else ())]:
            file.unlink()

    @precondition(lambda self: self.shop.labels())
    @rule(data=st.data())
    def a_label_file_is_lost(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.shop.labels())).unlink()

    @rule()
    def everything_held_is_retried(self) -> None:
        self.check(self.shop("held", "retry", "--all", "--json").code)

    @precondition(lambda self: self.shop.state.exists())
    @rule(data=st.data())
    def one_that_is_held_is_released(self, data: st.DataObject) -> None:
        codes = sorted({item["code"] for item in self.shop.held()})
        if codes:
            self.check(self.shop("held", "release", data.draw(st.sampled_from(codes))).code)

    @precondition(lambda self: self.sandbox.monta.forecasts)
    @rule(data=st.data(), new_label=st.booleans())
    def one_is_replayed(self, data: st.DataObject, new_label: bool) -> None:  # noqa: FBT001
        code = data.draw(st.sampled_from(sorted({forecast.code for forecast in self.sandbox.monta.forecasts})))
        if new_label:
            self.wished[code] += 1
        ended = self.shop("replay", code, *(["--new-label", "--yes"] if new_label else []), "--json").code
        if ended != 2:  # a state that was lost knows no code
            self.check(ended)

    # -- what holds throughout -----------------------------------------------------------------------------------------

    def check(self, code: int, *, whole: bool = False) -> None:
        assert code in (0, 1, 75, 78), f"exit code {code}"
        forecasts = Counter(forecast.code for forecast in self.sandbox.monta.forecasts)
        assert max(forecasts.values(), default=0) <= 1, "a code was announced twice"
        for labelled, number in Counter(label.code for label in self.sandbox.monta.labels).items():
            assert number <= 1 + self.wished[labelled], "a label was bought that nobody asked for"
        assert self.sandbox.counts.effects("forbidden") == 0
        if whole:
            with closing(sqlite3.connect(self.shop.state)) as state:
                shown = {row[0] for row in state.execute("SELECT DISTINCT return_id FROM announcements")}
            assert shown == set(self.returns), "a return that the platform showed is not visible"


def play(shop: Shop, **how: Any) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        lambda: History(shop), settings=settings(deadline=None, suppress_health_check=checks, **how)
    )


def test_rules_1_to_4_hold_in_random_histories(shop):
    play(shop, max_examples=25, stateful_step_count=20, derandomize=True)


@pytest.mark.prove
def test_rules_1_to_4_hold_in_many_random_histories(shop):
    play(shop, max_examples=300, stateful_step_count=30)
