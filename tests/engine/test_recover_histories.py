"""Random histories: returns come and change, calls fail, runs die, files are lost, people act; the rules hold.

Here an exception at one of its named steps plays a run that dies, so that thousands can die; `test_kill.py` uses real
processes.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from certainty import BODIES, back_up, lose_state, restore
from dying import dying
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

from returnsync import clock as product_clock
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.world import monta_line, monta_order, request, return_order

if TYPE_CHECKING:
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
LABEL_STATUSES = (
    *(200, 202, 307, 400, 401, 402, 403, 404, 405, 407, 408, 409, 410, 418, 422, 423, 425, 426, 429, 451),
    *(500, 502, 503, 504, 520, 599),
)
LOST = ("reset", "reset-after", "status", "status-after", "cut", "html")
"""Faults after which it is not known whether a call was made; two of them do not make it."""
SPELLINGS = ("{}", "#{}", " {} ", "00{}", "#0{}")
LATE = timedelta(minutes=5)
"""For this time after it was made, no read shows a forecast that is shown late."""
SETTLE_AFTER = 600
AT_REST = {"settled", "held", "withdrawn", "released", "left_alone"}


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
        self.forgotten: set[str] = set()
        """Codes whose label files were lost, or that a person took in hand."""
        self.stepped = 0.0
        """How far the clock on the wall is from the right time, in seconds."""
        product_clock.elapsed = lambda: time.time() - self.stepped
        monta = self.sandbox.monta
        monta.now = monta.date = lambda: datetime.now(UTC) - timedelta(seconds=self.stepped)

    def teardown(self) -> None:
        """Whatever happened: when nothing goes wrong any more, everything comes to rest."""
        try:
            self.sandbox.faults.clear()
            for _ in range(3):
                self.clock.shift(timedelta(days=2))
                self.check(self.shop("run", "--json").code, whole=True)
            with closing(sqlite3.connect(self.shop.state)) as state:
                assert (
                    state.execute("SELECT * FROM effects WHERE outcome IS NULL AND kind <> 'update'").fetchall() == []
                )
                for progress, cause in state.execute("SELECT progress, cause FROM announcements"):
                    assert progress in AT_REST or cause in ("not-approved", "order-unknown"), (progress, cause)
                settled = {row[0] for row in state.execute("SELECT code FROM announcements WHERE progress = 'settled'")}
            on_disk = {file.read_bytes() for file in self.shop.labels()}
            for label in self.sandbox.monta.labels:
                in_hand = label.data in on_disk or label.code not in settled or label.code in self.forgotten
                assert in_hand or self.wished[label.code], "a label was paid for, and its bytes are not on disk"
            self.moves.check(self.shop.state)
        finally:
            self.stack.close()

    @invariant()
    def every_change_of_an_announcement_is_one_of_the_table(self) -> None:
        self.moves.check(self.shop.state)

    # -- what happens at the platform ----------------------------------------------------------------------------------

    @initialize(send_updates=st.booleans(), code_in_use=st.sampled_from(["second", 400, 409]), shows_late=st.booleans())
    def begin(self, send_updates: bool, code_in_use: Any, shows_late: bool) -> None:  # noqa: FBT001 - as hypothesis gives it
        """One return is announced and labelled already: something to lose."""
        self.shop.source = {"send_updates": send_updates}
        self.sandbox.monta.code_in_use = code_in_use
        if shows_late:
            self.sandbox.monta.visible_after = LATE
            self.shop.warehouse["settle_after"] = SETTLE_AFTER
        self.consumer_returns(number=NUMBERS[0], sku=SKUS[0], approved=True, two=False)
        self.run()

    @rule(number=st.sampled_from(NUMBERS), sku=st.sampled_from(SKUS), approved=st.booleans(), two=st.booleans())
    def consumer_returns(self, number: str, sku: str, approved: bool, two: bool) -> None:  # noqa: FBT001 - as hypothesis gives it
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

    @precondition(lambda self: self.returns)
    @rule(data=st.data(), spelling=st.sampled_from(SPELLINGS), other=st.sampled_from(["", *NUMBERS]))
    def its_number_is_written_otherwise(self, data: st.DataObject, spelling: str, other: str) -> None:
        """The first of its orders: in another spelling, or as `other` one."""
        identity = data.draw(st.sampled_from(self.returns))
        requests = self.sandbox.returnista.return_orders[identity]["returnRequests"]
        first = requests[0]["purchaseOrderNumber"]
        several = len({one["purchaseOrderNumber"] for one in requests}) > 1
        number = spelling.format(first.strip().lstrip("#0") if several or not other else other)
        changed = [
            {**one, "purchaseOrderNumber": number} if one["purchaseOrderNumber"] == first else one for one in requests
        ]
        self.sandbox.returnista.touch(identity, at=datetime.now(UTC), returnRequests=changed)

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

    @rule(kind=st.sampled_from(LOST))
    def a_new_return_whose_create_gets_no_answer(self, kind: Any) -> None:
        self.returns_of_a_new_order()
        self.sandbox.faults.add(Fault("monta.create", kind, times=1))
        self.check(self.shop("run", "--json").code)
        self.sandbox.faults.clear()

    @rule(status=st.sampled_from(LABEL_STATUSES), body=st.sampled_from(sorted(BODIES)), made=st.booleans())
    def a_new_return_whose_label_call_is_answered_so(self, status: int, body: str, made: bool) -> None:  # noqa: FBT001 - as hypothesis gives it
        self.returns_of_a_new_order()
        content, content_type = BODIES[body]
        kind = "status-after" if made else "status"
        fault = Fault("monta.label", kind, times=1, status=status, body=content, content_type=content_type)
        self.sandbox.faults.add(fault)
        self.check(self.shop("run", "--json").code)
        self.sandbox.faults.clear()

    def returns_of_a_new_order(self) -> None:
        """A return with which nothing is wrong: it comes as far as its label, unless a call of it fails."""
        number = str(2_000 + len(self.returns))
        self.sandbox.monta.add(monta_order(number, *(monta_line(sku, ORDERED) for sku in SKUS)))
        self.consumer_returns(number=number, sku=SKUS[0], approved=True, two=False)

    @rule(status=st.sampled_from(LABEL_STATUSES), made=st.booleans())
    def run_while_every_label_call_is_answered_so(self, status: int, made: bool) -> None:  # noqa: FBT001 - as hypothesis gives it
        self.sandbox.faults.add(Fault("monta.label", "status-after" if made else "status", status=status))
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
    def the_state_is_lost(self, with_labels: bool) -> None:  # noqa: FBT001 - as hypothesis gives it
        self.everything_made_shows(with_labels=with_labels)
        lose_state(self.shop, labels=with_labels)
        self.moves.begin_from(self.shop.state)

    @precondition(lambda self: self.shop.state.exists())
    @rule()
    def the_state_is_copied(self) -> None:
        back_up(self.shop)

    @precondition(lambda self: (self.shop.folder / "backup").exists())
    @rule(with_labels=st.booleans())
    def the_copy_of_the_state_comes_back(self, with_labels: bool) -> None:  # noqa: FBT001 - as hypothesis gives it
        self.everything_made_shows(with_labels=with_labels)
        restore(self.shop, labels=with_labels)
        self.moves.begin_from(self.shop.state)

    @rule(with_labels=st.booleans())
    def the_state_is_set_back_by_one_run(self, with_labels: bool) -> None:  # noqa: FBT001 - as hypothesis gives it
        """A copy is taken, a return is announced and labelled, and the copy comes back."""
        if not self.shop.state.exists():
            return
        back_up(self.shop)
        self.returns_of_a_new_order()
        self.check(self.shop("run", "--json").code)
        self.the_copy_of_the_state_comes_back(with_labels=with_labels)

    @precondition(lambda self: self.sandbox.monta.code_in_use != "second")
    @rule(with_labels=st.booleans())
    def the_state_is_lost_and_what_it_made_does_not_show_at_first(self, with_labels: bool) -> None:  # noqa: FBT001 - as hypothesis gives it
        self.the_state_is_lost(with_labels=with_labels)
        self.sandbox.faults.add(
            Fault("monta.forecasts", "status", times=1, status=200, body=b"[]", content_type="application/json"),
            Fault("monta.forecast", "status", times=1, status=404, body=b"Return forecast not found"),
        )
        self.check(self.shop("run", "--json").code)
        self.sandbox.faults.clear()

    def everything_made_shows(self, *, with_labels: bool) -> None:
        """A state that knows nothing of a create can find it only once it shows."""
        self.clock.shift(self.sandbox.monta.visible_after)
        if with_labels:
            self.forgotten |= {label.code for label in self.sandbox.monta.labels}

    @precondition(lambda self: self.shop.labels())
    @rule(data=st.data())
    def a_label_file_is_lost(self, data: st.DataObject) -> None:
        file = data.draw(st.sampled_from(self.shop.labels()))
        self.forgotten |= {label.code for label in self.sandbox.monta.labels if label.data == file.read_bytes()}
        file.unlink()

    @rule()
    def everything_held_is_retried(self) -> None:
        self.check(self.shop("held", "retry", "--all", "--json").code)

    @precondition(lambda self: self.shop.state.exists())
    @rule(data=st.data())
    def one_that_is_held_is_released(self, data: st.DataObject) -> None:
        codes = sorted({item["code"] for item in self.shop.held()})
        if codes:
            code = data.draw(st.sampled_from(codes))
            self.forgotten.add(code)
            self.check(self.shop("held", "release", code, "--yes").code)

    @precondition(lambda self: self.shop.state.exists())
    @rule()
    def every_release_is_taken_back(self) -> None:
        self.check(self.shop("held", "take-back", "--all").code)

    @precondition(lambda self: self.shop.state.exists())
    @rule()
    def a_person_says_that_no_label_in_doubt_was_made(self) -> None:
        in_doubt = {item["code"] for item in self.shop.held() if item["cause"] == "label-in-doubt"}
        if in_doubt:
            self.wished.update(in_doubt)
            self.check(self.shop("held", "resolve", "label-in-doubt", "--none-made", "--yes").code)

    @precondition(lambda self: self.sandbox.monta.forecasts)
    @rule(data=st.data(), new_label=st.booleans())
    def one_is_replayed(self, data: st.DataObject, new_label: bool) -> None:  # noqa: FBT001 - as hypothesis gives it
        code = self.draw_code(data)
        if new_label:
            self.wished[code] += 1
        self.replay(code, *(["--new-label", "--yes"] if new_label else []))

    @precondition(lambda self: self.sandbox.monta.forecasts)
    @rule(data=st.data(), days=st.sampled_from([1, -1]))
    def one_is_replayed_while_the_clock_on_the_wall_is_wrong(self, data: st.DataObject, days: int) -> None:
        code = self.draw_code(data)
        self.step_wall(days)
        self.replay(code)
        self.step_wall(-days)

    def draw_code(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted({forecast.code for forecast in self.sandbox.monta.forecasts})))

    def replay(self, code: str, *options: str) -> None:
        ended = self.shop("replay", code, *options, "--json").code
        if ended != 2:  # a state that was lost knows no code
            self.check(ended)

    def step_wall(self, days: int) -> None:
        step = timedelta(days=days)
        self.clock.shift(step)
        self.stepped += step.total_seconds()

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
            self.no_return_is_announced_twice_on_one_order()

    def no_return_is_announced_twice_on_one_order(self) -> None:
        with closing(sqlite3.connect(self.shop.state)) as state:
            known = dict(state.execute("SELECT code, return_id FROM announcements"))
        made = Counter((known[one.code], one.order) for one in self.sandbox.monta.forecasts if one.code in known)
        assert max(made.values(), default=0) <= 1, "a return was announced twice on one order"


def play(shop: Shop, **how: Any) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        lambda: History(shop), settings=settings(deadline=None, suppress_health_check=checks, **how)
    )


def test_rules_1_to_4_hold_in_random_histories(shop):
    play(shop, max_examples=15, stateful_step_count=20, derandomize=True)


@pytest.mark.prove
def test_rules_1_to_4_hold_in_many_random_histories(shop):
    play(shop, max_examples=300, stateful_step_count=30)
