"""A listing of a source that changes while it is read: no approved return is missed, and the mark never runs ahead."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shop import Shop

from returnsync import clock
from returnsync.config.load import load
from returnsync.engine.context import Context
from returnsync.engine.pull import pull
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.world import request, return_order
from returnsync.state import opening, returns, sources

# A history: the number of rows at each of some moments; then the changes just before each list request is answered.
GROUPS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from([1, 2, 7, 49, 50, 51, 60, 101])), min_size=1, max_size=4)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(0, 400)),
        st.tuples(st.just("move many"), st.integers(1, 60)),
        st.tuples(st.just("new"), st.integers(1, 60)),
        st.tuples(st.just("fail"), st.just(0)),
        st.tuples(st.just("nothing"), st.just(0)),
    ),
    max_size=10,
)
PLAIN = return_order(request(order="#1"))


class Merchant:
    """A source in the sandbox and a state beside it, which can be compared."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.platform = sandbox.returnista
        self.began = datetime.now(UTC) - timedelta(hours=1)
        self.made = 0
        (folder / "token.secret").write_text(sandbox.world.token)
        self.shop = Shop(folder, sandbox, source={"token": "file:token.secret"})
        self.shop.write_config()

    def add(self, number: int, at: datetime) -> None:
        for _ in range(number):
            # The ids are not in the order of time.
            identity = f"{(self.made * 7919) % 100_003:06d}"
            self.made += 1
            self.platform.add({**PLAIN, "id": identity, "createdAt": stamp(at), "updatedAt": stamp(at)})

    def happen(self, kind: str, number: int) -> None:
        rows = list(self.platform.return_orders)
        now = datetime.now(UTC)
        if kind == "move":
            self.platform.touch(rows[number % len(rows)], at=now)
        elif kind == "move many":
            for identity in rows[:number]:
                self.platform.touch(identity, at=now)
        elif kind == "new":
            self.add(number, now)
        elif kind == "fail":
            self.sandbox.faults.add(Fault("returnista.list", "status-after", status=500, times=1))

    def pull(self) -> str | None:
        """Read once, as a run does; give what went wrong, if anything did."""
        ctx = Context(load(self.shop.config), opening.open_file(self.shop.state))
        try:
            (source,) = ctx.chosen
            pull(ctx, source)
            return ctx.tally.source(source.name).error
        finally:
            ctx.close()

    def check_mark(self) -> datetime | None:
        """Give the mark, after a check that everything that changed before it is in state, in its present version."""
        db = opening.open_reading(self.shop.state)
        try:
            with db.reading() as q:
                mark = sources.mark_of(q, "shop-nl")
                if mark is None:
                    return None
                with self.platform.lock:
                    before = [
                        row for row in self.platform.return_orders.values() if row["updatedAt"] < stamp(mark.mark)
                    ]
                missed = [row["id"] for row in before if returns.get(q, "shop-nl", row["id"]) is None]
                assert missed == [], "the mark passed what was never saved"
                return mark.mark
        finally:
            db.close()

    def missing(self) -> set[str]:
        db = opening.open_reading(self.shop.state)
        try:
            with db.reading() as q:
                return {key for key in self.platform.return_orders if returns.get(q, "shop-nl", key) is None}
        finally:
            db.close()


def stamp(moment: datetime) -> str:
    return clock.stamp_ms(moment)


def live_through(groups: list[tuple[int, int]], events: list[tuple[str, int]]) -> None:
    with Sandbox(World.empty()) as sandbox, tempfile.TemporaryDirectory() as folder:
        merchant = Merchant(sandbox, Path(folder))
        for moment, number in groups:
            merchant.add(number, merchant.began + timedelta(seconds=moment))
        script = iter(events)

        def on_list() -> None:
            # The mark must also be right during the reading: the process may be killed now.
            merchant.check_mark()
            if (event := next(script, None)) is not None:
                merchant.happen(*event)

        merchant.platform.on_list = on_list
        merchant.pull()
        merchant.check_mark()
        merchant.pull()
        merchant.check_mark()
        merchant.platform.on_list = None
        sandbox.faults.clear()
        assert merchant.pull() is None
        assert merchant.missing() == set()
        merchant.check_mark()


@settings(max_examples=12)
@given(groups=GROUPS, events=EVENTS)
def test_whatever_moves_while_it_is_read_every_return_ends_up_in_state_and_no_mark_passes_one(groups, events):
    live_through(groups, events)


@pytest.mark.prove
@given(groups=GROUPS, events=EVENTS)
def test_the_same_over_many_more_histories(groups, events):
    live_through(groups, events)


def merchant_with_backlog(sandbox: Sandbox, folder: Path, rows: int) -> Merchant:
    """Rows an hour apart, oldest first: together much longer than the overlap of two readings."""
    merchant = Merchant(sandbox, folder)
    for at in range(rows):
        merchant.add(1, datetime.now(UTC) - timedelta(hours=rows - at))
    return merchant


def test_a_page_that_fails_keeps_the_pages_before_it_and_the_next_run_goes_on_from_there(sandbox, tmp_path):
    merchant = merchant_with_backlog(sandbox, tmp_path, 170)
    sandbox.faults.add(Fault("returnista.list", "status", status=500, call=3))
    assert merchant.pull() is not None
    mark = merchant.check_mark()
    assert len(merchant.missing()) == 170 - 99  # two pages that share the row at their edge
    assert mark is not None
    assert mark > datetime.now(UTC) - timedelta(hours=73)

    before = sandbox.counts.calls("returnista.list")
    assert merchant.pull() is None
    assert merchant.missing() == set()
    # The remaining rows and a few hours of overlap are two pages; from the beginning it would be four.
    assert sandbox.counts.calls("returnista.list") - before == 2


def test_a_first_page_that_fails_leaves_no_mark_at_all(sandbox, tmp_path):
    merchant = merchant_with_backlog(sandbox, tmp_path, 60)
    sandbox.faults.add(Fault("returnista.list", "status", status=500, call=1))
    assert merchant.pull() is not None
    assert merchant.check_mark() is None
    assert len(merchant.missing()) == 60
    assert merchant.pull() is None
    assert merchant.missing() == set()


def test_nothing_new_costs_one_request(sandbox, tmp_path):
    merchant = merchant_with_backlog(sandbox, tmp_path, 120)
    merchant.pull()
    before = sandbox.counts.calls("returnista.list")
    merchant.pull()
    assert sandbox.counts.calls("returnista.list") - before == 1


def test_a_row_that_is_listed_again_and_again_is_saved_once(sandbox, tmp_path):
    merchant = merchant_with_backlog(sandbox, tmp_path, 3)
    merchant.pull()
    db = opening.open_file(merchant.shop.state)
    writes = db.connection.execute("SELECT count(*) FROM history").fetchone()[0]
    merchant.pull()
    merchant.pull()
    assert db.connection.execute("SELECT count(*) FROM history").fetchone()[0] == writes == 3
    db.close()
