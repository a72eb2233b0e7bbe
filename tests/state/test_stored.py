"""Returns, announcements, marks, records set aside, runs and history, as they are kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from returnsync import clock
from returnsync.model import (
    Address,
    Announcement,
    Cause,
    Code,
    Consumer,
    OrderNumber,
    OwnLabel,
    Progress,
    Reason,
    Return,
    ReturnId,
    ReturnLine,
    ReturnStatus,
    SourceId,
    Step,
    UnreadableRecord,
    WarehouseName,
)
from returnsync.state import announcements, history, returns, runs, set_aside, sources
from returnsync.state.content import content_hash
from returnsync.state.sources import KnownSource, Mark

SHOP = SourceId("shop-nl")
MOMENT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
RETURN = Return(
    source=SHOP,
    platform="returnista",
    id=ReturnId("r-1"),
    status=ReturnStatus.APPROVED,
    raw_status="Confirmed",
    created=MOMENT - timedelta(hours=2),
    updated=MOMENT,
    number="R-1",
    lines=(
        ReturnLine(
            OrderNumber("#1001"),
            2,
            ("l-1", "u-1"),
            "SHIRT",
            "871",
            "Shirt",
            Reason("k", "l", Reason("p")),
            "é\n",
            "Refund",
        ),
    ),
    consumer=Consumer("Jo", "Voorbeeld", "jo@example.com", "nl", Address("Jo", "Straat", "12", "1234 AB")),
    sender=Address(street="Straat"),
    carrier="postnl",
    own_label=OwnLabel("3S", "https://t.example", "https://l.example"),
)
ANNOUNCEMENT = Announcement(
    Code("shop-nl-1001-X"),
    WarehouseName("monta"),
    SHOP,
    ReturnId("r-1"),
    OrderNumber("#1001"),
    Progress.DUE,
    Step.ANNOUNCE,
)


# ---- what comes back


def test_a_return_comes_back_as_it_was_saved(db):
    with db.transaction() as q:
        assert returns.save(q, RETURN) == (True, False)
        assert returns.get(q, SHOP, RETURN.id) == RETURN
        assert returns.get(q, SHOP, ReturnId("r-2")) is None


SIGNED = OwnLabel("3S", "https://t.example/?nr=3S&sig=1", "https://l.example/1.pdf?X-Amz-Signature=1")
NO_CODE = OwnLabel("", "https://t.example/?nr=3S&Expires=1&X-Amz-Signature=1", "https://l.example/1.pdf")


@pytest.mark.parametrize(
    ("before", "now", "changed"),
    [
        (SIGNED, replace(SIGNED, tracking_link="https://t.example/?nr=3S&sig=2"), False),
        (SIGNED, replace(SIGNED, label_url="https://l.example/1.pdf?X-Amz-Signature=2&more=x"), False),
        (SIGNED, replace(SIGNED, label_url="https://l.example/2.pdf?X-Amz-Signature=1"), True),
        (SIGNED, replace(SIGNED, label_url=""), True),
        (SIGNED, replace(SIGNED, tracking_link=""), True),
        (SIGNED, replace(SIGNED, tracking_code="3T"), True),
        (SIGNED, None, True),
        (None, SIGNED, True),
        (NO_CODE, replace(NO_CODE, tracking_link="https://t.example/?nr=3S&Expires=2&X-Amz-Signature=2"), False),
        (NO_CODE, replace(NO_CODE, tracking_link="https://t.example/?nr=3T&Expires=1&X-Amz-Signature=1"), True),
    ],
)
def test_an_address_is_another_by_its_path_and_not_by_its_signature(db, before, now, changed):
    with db.transaction() as q:
        returns.save(q, replace(RETURN, own_label=before))
        assert returns.save(q, replace(RETURN, own_label=now)) == (False, changed)
        assert returns.get(q, SHOP, RETURN.id).own_label == (now if changed else before)


def test_the_order_of_lines_and_of_other_names_is_no_change(db):
    lines = (*RETURN.lines, replace(RETURN.lines[0], order_line_ids=("l-2",)))
    ret = replace(RETURN, lines=lines, aliases=("3S1", "3S2"))
    with db.transaction() as q:
        returns.save(q, ret)
        assert returns.save(q, replace(ret, lines=lines[::-1], aliases=("3S2", "3S1"))) == (False, False)
        assert returns.save(q, replace(ret, lines=lines[:1])) == (False, True)


def test_a_hash_of_an_earlier_version_is_replaced_without_a_change(db):
    with db.transaction() as q:
        returns.save(q, RETURN, "reckoned another way")
        returns.planned(q, RETURN)
        assert returns.save(q, RETURN) == (False, False)
        assert not returns.is_unplanned(q, SHOP, RETURN.id)
        assert q.known_return(source=SHOP, id=RETURN.id)["hash"] == content_hash(RETURN)


def test_what_is_to_be_read_again_counts_as_changed_whatever_it_says(db):
    with db.transaction() as q:
        returns.save(q, RETURN)
        returns.read_again(q, SHOP, RETURN.id)
        assert returns.save(q, RETURN) == (False, True)


def test_only_a_change_of_content_is_a_change(db):
    with db.transaction() as q:
        returns.save(q, RETURN)
        assert returns.save(q, RETURN) == (False, False)
        assert returns.save(q, replace(RETURN, updated=MOMENT + timedelta(days=1))) == (False, False)
        assert returns.save(q, replace(RETURN, raw_status="confirmed")) == (False, True)


def test_a_return_is_planned_once_for_each_change(db):
    def unplanned(q):
        return [ret.id for ret in returns.unplanned(q, SHOP, "", 10)]

    with db.transaction() as q:
        returns.save(q, RETURN)
        assert unplanned(q) == ["r-1"]
        returns.planned(q, RETURN)
        returns.save(q, RETURN)
        assert unplanned(q) == []
        returns.save(q, replace(RETURN, status=ReturnStatus.CANCELLED))
        assert unplanned(q) == ["r-1"]


def test_unplanned_returns_come_in_batches_in_order(db):
    with db.transaction() as q:
        for number in range(5):
            returns.save(q, replace(RETURN, id=ReturnId(f"r-{number}")))
        assert [ret.id for ret in returns.unplanned(q, SHOP, "r-1", 2)] == ["r-2", "r-3"]


def test_final_returns_are_not_read_again(db):
    later, long_ago = clock.now() + timedelta(days=2), datetime(2000, 1, 1, tzinfo=UTC)
    with db.transaction() as q:
        for status in ReturnStatus:
            returns.save(q, replace(RETURN, id=ReturnId(status.value), status=status))
        found = set(returns.to_read_again(q, SHOP, later, long_ago, 100))
    assert found == {"requested", "approved", "in_transit", "delivered", "unknown"}


def test_a_return_is_found_by_everything_a_person_could_type(db):
    with db.transaction() as q:
        returns.save(q, RETURN)
        announcements.save(q, ANNOUNCEMENT)
        for typed in ("r-1", "R-1", "#1001", "shop-nl-1001-X"):
            assert returns.find(q, typed) == [(SHOP, "r-1")], typed
        assert returns.find(q, "1") == []


# ---- records set aside


UNREADABLE = UnreadableRecord("r-9", '{"id": "r-9"}', "status: missing")


def test_a_record_set_aside_stays_until_it_is_taken_back(db):
    with db.transaction() as q:
        set_aside.keep(q, SHOP, UNREADABLE)
        set_aside.keep(q, SHOP, replace(UNREADABLE, problem="lines: missing"))
        (kept,) = set_aside.every(q)
        assert (kept["record"], kept["problem"]) == ("r-9", "lines: missing")
        assert kept["first_seen"] <= kept["tried_at"]
        assert "raw" not in kept
        assert set_aside.count(q) == 1
        set_aside.take_back(q, SHOP, "r-9")
        assert set_aside.count(q) == 0


def due(q, after=timedelta(0), most=100):
    """The keys of the records that a run would try `after` that time."""
    with time_machine.travel(MOMENT + after, tick=False):
        return [record.key for record in set_aside.due(q, SHOP, clock.now(), "sha256:", most)]


def tried(q, after, key="r-9"):
    with time_machine.travel(MOMENT + after, tick=False):
        set_aside.tried_in_vain(q, SHOP, key)


def test_a_record_is_tried_by_the_next_run_then_hourly_for_a_day_then_daily(db):
    hour, second = timedelta(hours=1), timedelta(seconds=1)
    with db.transaction() as q:
        with time_machine.travel(MOMENT, tick=False):
            set_aside.keep_after_try(q, SHOP, UNREADABLE)
        assert (due(q), due(q, second)) == ([], ["r-9"])
        for hours in range(24):
            tried(q, hours * hour)
            assert (due(q, (hours + 1) * hour), due(q, (hours + 1) * hour + second)) == ([], ["r-9"])
        tried(q, 24 * hour)
        assert (due(q, 48 * hour), due(q, 48 * hour + second)) == ([], ["r-9"])


def test_what_a_person_asked_for_comes_first_then_what_has_waited_longest(db):
    with db.transaction() as q:
        for minutes, key in enumerate(("first", "second", "asked for")):
            with time_machine.travel(MOMENT + timedelta(minutes=minutes), tick=False):
                set_aside.keep(q, SHOP, replace(UNREADABLE, key=key))
        tried(q, timedelta(minutes=5), "asked for")
        set_aside.retry(q, SHOP, "asked for")
        assert due(q, timedelta(minutes=10)) == ["asked for", "first", "second"]
        assert due(q, timedelta(minutes=10), most=2) == ["asked for", "first"]


def test_a_try_noted_by_a_clock_that_was_years_ahead_does_not_make_a_record_wait(db):
    with db.transaction() as q:
        set_aside.keep(q, SHOP, UNREADABLE)
        tried(q, timedelta(days=3650))
        assert due(q) == ["r-9"]
        tried(q, timedelta(0))
        assert due(q) == []


def test_a_record_that_cannot_be_requested_or_was_released_is_never_due(db):
    with db.transaction() as q:
        set_aside.keep(q, SHOP, replace(UNREADABLE, key="sha256:0190"))
        set_aside.keep(q, SHOP, UNREADABLE)
        set_aside.release(q, SHOP, "r-9")
        assert due(q, timedelta(days=400)) == []


def test_the_same_record_shown_again_is_no_try_and_stays_released(db):
    with db.transaction() as q:
        set_aside.keep_after_try(q, SHOP, UNREADABLE, "hash")
        before = [dict(row) for row in set_aside.every(q)]
        set_aside.keep(q, SHOP, UNREADABLE, "hash")
        assert [dict(row) for row in set_aside.every(q)] == before
        set_aside.release(q, SHOP, "r-9")
        set_aside.keep(q, SHOP, UNREADABLE)
        assert set_aside.count(q) == 0
        set_aside.keep(q, SHOP, replace(UNREADABLE, raw="{}"))
        assert set_aside.count(q) == 1


# ---- announcements


def test_an_announcement_comes_back_as_it_was_saved(db):
    full = replace(
        ANNOUNCEMENT,
        progress=Progress.HELD,
        cause=Cause.LABEL_REFUSED,
        what="what",
        next_step="next",
        foreign="their words",
        due_at=MOMENT,
        waiting_since=MOMENT,
        attempts=3,
        announced_at=MOMENT,
        labelled_at=MOMENT,
        units="[]",
    )
    with db.transaction() as q:
        announcements.save(q, ANNOUNCEMENT)
        announcements.save(q, full)
        assert announcements.get(q, full.code) == full
        assert announcements.of_return(q, SHOP, ReturnId("r-1")) == [full]


@pytest.mark.parametrize(("word", "cause"), [("", None), ("label-refused", Cause.LABEL_REFUSED), ("not-wanted", None)])
def test_a_cause_that_this_version_does_not_know_reads_as_none_and_stops_nothing(db, word, cause):
    held = replace(ANNOUNCEMENT, progress=Progress.HELD, what="what", next_step="next")
    with db.transaction() as q:
        announcements.save(q, held)
    db.connection.execute("UPDATE announcements SET cause = ?", (word,))
    with db.reading() as q:
        assert list(announcements.held(q)) == [replace(held, cause=cause)]


def test_no_cause_is_kept_as_an_empty_word(db):
    with db.transaction() as q:
        announcements.save(q, ANNOUNCEMENT)
        history.Story("run").tell(q, SHOP, ReturnId("r-1"), "withdrawn", ANNOUNCEMENT.code, cause=ANNOUNCEMENT.cause)
        assert [entry["detail"] for entry in history.story_of(q, SHOP, ReturnId("r-1"))] == [{"cause": ""}]
    assert [row["cause"] for row in db.connection.execute("SELECT cause FROM announcements")] == [""]


@pytest.mark.parametrize(
    ("progress", "due", "to_do"),
    [
        (Progress.DUE, None, True),
        (Progress.WAITING, MOMENT, True),
        (Progress.WAITING, MOMENT + timedelta(microseconds=1), False),
        (Progress.WAITING, None, False),
        (Progress.HELD, MOMENT, False),
        (Progress.SETTLED, None, False),
        (Progress.LEFT_ALONE, None, False),
        (Progress.WITHDRAWN, None, False),
        (Progress.RELEASED, None, False),
    ],
)
def test_what_is_due_now_is_to_do_and_nothing_else(db, progress, due, to_do):
    with db.transaction() as q:
        announcements.save(q, replace(ANNOUNCEMENT, progress=progress, due_at=due))
        assert bool(announcements.to_do(q, MOMENT)) is to_do


def test_announcements_are_counted_where_they_stand(db):
    with db.transaction() as q:
        for number, progress in enumerate((Progress.HELD, Progress.HELD, Progress.WAITING, Progress.SETTLED)):
            announcements.save(q, replace(ANNOUNCEMENT, code=Code(f"c-{number}"), progress=progress))
        assert (announcements.count_held(q), announcements.count_waiting(q)) == (2, 1)
        assert [item.code for item in announcements.held(q)] == ["c-0", "c-1"]
        assert announcements.oldest_open(q) <= clock.now()


# ---- marks and sources


def mark(q):
    return sources.mark_of(q, SHOP)


def test_a_mark_only_moves_forward(db):
    with db.transaction() as q:
        assert mark(q) is None
        for step in (0, 5, 3, -1000, 4):
            sources.set_mark(q, SHOP, Mark(MOMENT + timedelta(seconds=step), MOMENT))
        assert mark(q).mark == MOMENT + timedelta(seconds=5)


def test_marks_of_a_microsecond_apart_are_told_apart(db):
    with db.transaction() as q:
        sources.set_mark(q, SHOP, Mark(MOMENT.replace(microsecond=10), MOMENT))
        sources.set_mark(q, SHOP, Mark(MOMENT.replace(microsecond=9), MOMENT))
        assert mark(q).mark.microsecond == 10


def test_the_guards_measure_is_the_largest_day_of_the_last_90(db):
    known = KnownSource(SHOP, "shop-nl", "returnista", "a", MOMENT, "")
    with db.transaction() as q:
        sources.save(q, known)
        for days, announced in ((0, 90), (1, 3), (1, 4), (80, 5)):
            with time_machine.travel(MOMENT + timedelta(days=days), tick=False):
                sources.count_day(q, SHOP, announced)
        for days, largest in ((-1, 0), (0, 90), (90, 90), (91, 7), (171, 0)):
            with time_machine.travel(MOMENT + timedelta(days=days), tick=False):
                assert sources.largest_day(q, SHOP) == largest


def test_a_day_is_one_of_utc(db):
    with db.transaction() as q:
        sources.save(q, KnownSource(SHOP, "shop-nl", "returnista", "a", MOMENT, ""))
        for hour, announced in ((23, 3), (24, 4)):
            with time_machine.travel(MOMENT.replace(hour=0, minute=30) + timedelta(hours=hour), tick=False):
                sources.count_day(q, SHOP, announced)
                assert sources.largest_day(q, SHOP) == announced


def test_a_source_is_past_its_first_delivery_once_all_of_it_could_be_delivered(db):
    known = KnownSource(SHOP, "shop-nl", "returnista", "a", MOMENT, "")
    with db.transaction() as q, time_machine.travel(MOMENT, tick=False):
        sources.save(q, known)
        sources.delivered_unhindered(q, SHOP)
        assert sources.all_known(q) == [replace(known, delivered_at=MOMENT)]
        sources.count_delivery(q, SHOP)
        assert sources.all_known(q) == [replace(known, delivered_at=MOMENT)]
        sources.delivered_unhindered(q, SHOP)
        sources.save(q, replace(known, name="renamed", policy="other"))
        assert sources.all_known(q) == [
            replace(known, name="renamed", policy="other", delivered_at=MOMENT, is_past_first=True)
        ]


def test_only_an_earlier_start_moves_a_mark_back(db):
    with db.transaction() as q:
        sources.set_mark(q, SHOP, Mark(MOMENT, MOMENT))
        sources.start_earlier(q, SHOP, MOMENT + timedelta(days=1))
        assert mark(q).mark == MOMENT
        sources.start_earlier(q, SHOP, MOMENT - timedelta(days=1))
        assert mark(q).mark == MOMENT - timedelta(days=1)


# ---- runs and history


def test_a_run_without_an_end_shows_as_such(db):
    with db.transaction() as q:
        runs.begin(q, "one", MOMENT, "run")
        runs.begin(q, "two", MOMENT + timedelta(minutes=1), "run")
        runs.finish(q, "one", MOMENT, 0, {"announced": 1})
        found = runs.last(q, 10)
    assert [(run["run"], run["exit_code"], run["summary"]) for run in found] == [
        ("two", None, None),
        ("one", 0, {"announced": 1}),
    ]


def test_old_runs_are_forgotten_and_the_history_stays(db, monkeypatch):
    monkeypatch.setattr(runs, "_KEEP", 3)
    with db.transaction() as q:
        for number in range(6):
            run = f"run-{number}"
            history.Story(run).tell(q, SHOP, ReturnId("r-1"), "announced")
            runs.begin(q, run, MOMENT + timedelta(minutes=number), "run")
            runs.finish(q, run, MOMENT, 0, {})
        assert [run["run"] for run in runs.last(q, 10)] == ["run-5", "run-4", "run-3"]
        assert len(history.story_of(q, SHOP, ReturnId("r-1"))) == 6


def test_the_story_of_a_return_is_told_in_order_and_apart_from_others(db):
    story = history.Story("run-1")
    with db.transaction() as q:
        for event in ("due", "create intended", "announced"):
            story.tell(q, SHOP, ReturnId("r-1"), event, "code", words="é")
        story.tell(q, SHOP, ReturnId("r-2"), "due")
        told = history.story_of(q, SHOP, ReturnId("r-1"))
    assert [(entry["event"], entry["detail"]) for entry in told] == [
        (event, {"words": "é"}) for event in ("due", "create intended", "announced")
    ]


def test_history_is_only_ever_added_to():
    """No query changes an entry. One removes entries, of an erased return, whose row then keeps their content."""
    from importlib.resources import files

    text = " ".join(
        file.read_text(encoding="utf-8") for file in (files("returnsync.state") / "sql" / "queries").iterdir()
    ).lower()
    assert "insert into history" in text
    assert "update history" not in text
    assert text.count("delete from history") == text.count("name: forget_history") == 1


def test_an_entry_is_never_overwritten(db):
    import sqlite3

    with db.transaction() as q:
        history.Story("run-1").tell(q, SHOP, ReturnId("r-1"), "due")
        with pytest.raises(sqlite3.IntegrityError):
            history.Story("run-1").tell(q, SHOP, ReturnId("r-1"), "another first entry of this run")
