"""Moments in the future, kind by kind: each that something waits for is found, and counts as now from then on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kept import keep

from returnsync import clock
from returnsync.model import SourceId
from returnsync.state import moments, sources
from returnsync.state.sources import Mark

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
BOUND = NOW + timedelta(days=1)
FAR = NOW + timedelta(days=400)
SHOP = SourceId("shop-nl")

_ANNOUNCEMENT = (
    "INSERT INTO announcements (code, warehouse, source, return_id, order_number, progress, {0}, created, updated) "
    "VALUES ('C-1', 'monta', 'shop-nl', 'r-1', '1001', '{1}', :at, :now, :now)"
)
_RETURN = (
    "INSERT INTO returns (source, id, number, status, created, updated, hash, body, first_seen, read_at, is_open, "
    "unplanned) VALUES ('shop-nl', 'r-1', 'R-1', 'approved', :now, :now, '', '', :now, :at, 1, 0)"
)
_ASIDE = (
    "INSERT INTO set_aside (source, record, raw, problem, first_seen, tried_at, released, due_at) "
    "VALUES ('shop-nl', 'r-1', '', '', :now, :now, 0, :at)"
)
_CREATE = (
    "INSERT INTO effects (warehouse, code, kind, generation, intent_at, request, outcome, recheck_at) "
    "VALUES ('monta', 'C-1', 'create', 1, :now, '', 'made', :at)"
)
# What has a moment → how it is written, and where it is kept.
KINDS = {
    "a pause": (_ANNOUNCEMENT.format("due_at", "waiting"), "SELECT due_at FROM announcements"),
    "a pause of what is held": (_ANNOUNCEMENT.format("due_at", "held"), "SELECT due_at FROM announcements"),
    "since when it waits": (
        _ANNOUNCEMENT.format("waiting_since", "waiting"),
        "SELECT waiting_since FROM announcements",
    ),
    "since when what is due waited": (
        _ANNOUNCEMENT.format("waiting_since", "due"),
        "SELECT waiting_since FROM announcements",
    ),
    "a read": (
        _RETURN,
        "SELECT read_at FROM returns",
    ),
    "a record to be read again": (
        _ASIDE,
        "SELECT due_at FROM set_aside",
    ),
    "a look to come": (
        _CREATE,
        "SELECT recheck_at FROM effects",
    ),
    "a label to try": (
        "INSERT INTO label_calls (warehouse, stop, try_at) VALUES ('monta', 'unclear', :at)",
        "SELECT try_at FROM label_calls",
    ),
    "a delivery": ("UPDATE sources SET delivered_at = :at", "SELECT delivered_at FROM sources"),
    "a refusal": ("UPDATE sources SET refused_at = :at", "SELECT refused_at FROM sources"),
}


def write(db: Any, sql: str, at: datetime) -> None:
    with db.transaction() as q:
        keep(q, SHOP)
        db.connection.execute(sql, {"at": clock.stamp(at), "now": clock.stamp(NOW)})


@pytest.mark.parametrize(("sql", "where"), KINDS.values(), ids=KINDS)
def test_moments_in_the_future_count_as_now_and_moments_that_may_be_right_stay(db, sql, where):
    write(db, sql, FAR)
    with db.transaction() as q:
        assert (moments.after(q, BOUND), moments.after(q, FAR)) == (1, 0)
        moments.believe_none_after(q, FAR, NOW, ())
        assert db.connection.execute(where).fetchone()[0] == clock.stamp(FAR)
        moments.believe_none_after(q, BOUND, NOW, ())
        assert db.connection.execute(where).fetchone()[0] == clock.stamp(NOW)
        assert moments.after(q, BOUND) == 0


def test_runs_of_a_clock_that_was_ahead_do_not_push_out_the_newer_ones(db):
    write(db, "INSERT INTO runs (id, started) VALUES ('ahead', :at)", FAR)
    with db.transaction() as q:
        moments.believe_none_after(q, BOUND, NOW, ())
    assert db.connection.execute("SELECT started FROM runs").fetchone()[0] == clock.stamp(NOW)


@pytest.mark.parametrize(
    "look_back",
    [
        "UPDATE marks SET deep_from = :at",
        "UPDATE marks SET look_began = :at",
        "UPDATE marks SET look_to = :at",
    ],
)
def test_a_mark_that_is_right_stays_where_only_the_look_back_is_from_the_future(db, look_back):
    # The newest known return may be later than the mark: returns of a window that was not read whole are also saved.
    write(db, KINDS["a read"][0], NOW)
    mark = NOW - timedelta(days=3)
    with db.transaction() as q:
        sources.set_mark(q, SHOP, Mark(mark, mark))
        db.connection.execute(look_back, {"at": clock.stamp(FAR)})
        assert moments.after(q, BOUND) == 1
        moments.believe_none_after(q, BOUND, NOW, ())
        assert sources.mark_of(q, SHOP) == Mark(mark, mark)


@pytest.mark.parametrize("is_known", [True, False])
def test_a_mark_from_the_future_goes_back_to_the_newest_that_is_known_or_to_the_start(db, is_known):
    if is_known:
        write(db, KINDS["a read"][0], NOW)
    with db.transaction() as q:
        sources.set_mark(q, SHOP, Mark(FAR, FAR))
        moments.believe_none_after(q, BOUND, NOW, ())
        assert sources.mark_of(q, SHOP) == (Mark(NOW, NOW) if is_known else None)
