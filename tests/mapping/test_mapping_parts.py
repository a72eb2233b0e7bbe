"""One return made from its parts: no unit is lost or invented, whatever happens to which part at what time."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.mapping.lines import identity, units
from returnsync.mapping.parts import join
from returnsync.model import (
    Address,
    Consumer,
    OrderNumber,
    OwnLabel,
    Reason,
    Return,
    ReturnId,
    ReturnLine,
    ReturnStatus,
    SourceId,
)

S = ReturnStatus
HOME = ReturnId("bol:77")
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
COMING = {S.APPROVED, S.IN_TRANSIT, S.DELIVERED}
WITHDRAWN = {S.REJECTED, S.CANCELLED}
STILL = COMING | {S.COMPLETED}


def line(key="l-1", quantity=1, **more):
    return ReturnLine(OrderNumber("1"), quantity, (key,), **more)


def part(key, status=S.APPROVED, *lines, minute=0, **more):
    moment = NOON + timedelta(minutes=minute)
    made = {"created": moment, "updated": moment, "lines": lines, "raw_status": status.value, "group": HOME} | more
    return Return(SourceId("shop"), "channable", ReturnId(str(key)), status, **made)


lines = st.builds(
    ReturnLine,
    order_number=st.sampled_from([OrderNumber("1"), OrderNumber("2")]),
    quantity=st.integers(1, 4),
    order_line_ids=st.lists(st.sampled_from(["l-1", "l-2", "l-3"]), max_size=2, unique=True).map(tuple),
    sku=st.sampled_from(["", "A", "B"]),
    barcode=st.sampled_from(["", "871"]),
    reason=st.sampled_from([None, Reason("a"), Reason("b")]),
    comment=st.sampled_from(["", "x", "y"]),
)


def made_of(statuses, reasons=("",)):
    """One to six parts, each with an id of its own, some of them made in the same minute."""
    one = st.builds(
        lambda status, held, minute, why, alias: part(
            0, status, *held, minute=minute, not_coming=why, aliases=(alias,) if alias else ()
        ),
        st.sampled_from(sorted(statuses)),
        st.lists(lines, max_size=3),
        st.integers(0, 3),
        st.sampled_from(reasons),
        st.sampled_from(["", "3S1", "3S2"]),
    )
    return st.lists(one, min_size=1, max_size=6).map(
        lambda found: [replace(each, id=ReturnId(str(at))) for at, each in enumerate(found)]
    )


any_parts = made_of(set(S), ("", "", "", "it was skipped"))


def counted(items):
    found = Counter()
    for item in items:
        reason = item.reason.key if item.reason else ""
        found[item.order_number, identity(item), item.sku, reason] += item.quantity
    return found


def lines_of(parts, statuses=frozenset(S)):
    return [item for one in parts if one.status in statuses for item in one.lines]


# ---- units


@given(made_of(S))
def test_before_the_announcement_the_units_are_those_that_are_coming(parts):
    joined = join(HOME, parts, begun=False)
    if joined.status in COMING:
        assert counted(joined.lines) == counted(lines_of(parts, COMING))


@given(made_of(S))
def test_while_nothing_may_be_announced_every_order_is_still_named(parts):
    joined = join(HOME, parts, begun=False)
    if joined.status not in COMING:
        assert counted(joined.lines) == counted(lines_of(parts))


@given(made_of(COMING), st.booleans())
def test_of_parts_that_are_all_coming_no_unit_is_lost_or_invented(parts, begun):
    assert counted(join(HOME, parts, begun=begun).lines) == counted(lines_of(parts))


@given(made_of(S))
def test_after_the_announcement_the_units_are_those_that_were_not_withdrawn(parts):
    assert counted(join(HOME, parts, begun=True).lines) == counted(lines_of(parts, set(S) - WITHDRAWN))


@given(made_of(COMING))
def test_that_the_announcement_began_changes_no_unit(parts):
    assert units(join(HOME, parts, begun=True).lines) == units(join(HOME, parts, begun=False).lines)


@given(made_of(COMING), st.data())
def test_no_verdict_after_the_announcement_changes_a_unit(parts, data):
    before = join(HOME, parts, begun=True)
    judged = [replace(one, status=data.draw(st.sampled_from(sorted(STILL)))) for one in parts]
    after = join(HOME, judged, begun=True)
    assert after.lines == before.lines
    assert units(after.lines) == units(before.lines)


@given(made_of(COMING), st.data())
def test_a_part_withdrawn_after_the_announcement_takes_its_units_along_and_no_others(parts, data):
    at = data.draw(st.integers(0, len(parts) - 1))
    gone = replace(parts[at], status=data.draw(st.sampled_from(sorted(WITHDRAWN))))
    before = join(HOME, parts, begun=True)
    after = join(HOME, [*parts[:at], gone, *parts[at + 1 :]], begun=True)
    assert counted(before.lines) - counted(after.lines) == counted(gone.lines)
    assert counted(after.lines) - counted(before.lines) == Counter()


def test_once_every_part_is_withdrawn_nothing_is_left_and_the_status_says_so():
    joined = join(HOME, [part(1, S.CANCELLED, line()), part(2, S.CANCELLED, line("l-2"))], begun=True)
    assert joined.lines == ()
    assert joined.status is S.CANCELLED


def test_units_of_one_order_line_in_two_parts_are_added_up():
    joined = join(HOME, [part(1, S.APPROVED, line(quantity=1)), part(2, S.APPROVED, line(quantity=2))], begun=False)
    assert [(item.order_line_ids, item.quantity) for item in joined.lines] == [(("l-1",), 3)]


def test_what_is_done_before_the_announcement_is_not_announced():
    parts = [part(1, S.COMPLETED, line("l-1")), part(2, S.APPROVED, line("l-2"))]
    assert [item.order_line_ids for item in join(HOME, parts, begun=False).lines] == [("l-2",)]


# ---- parts that do not come


@given(any_parts, st.booleans())
def test_a_part_that_does_not_come_counts_only_where_none_does(parts, begun):
    coming = [one for one in parts if not one.not_coming]
    assert join(HOME, parts, begun=begun) == join(HOME, coming or parts, begun=begun)


@given(any_parts, st.booleans())
def test_a_return_does_not_come_when_no_part_of_it_does(parts, begun):
    assert bool(join(HOME, parts, begun=begun).not_coming) == all(one.not_coming for one in parts)


# ---- the order of parts


@given(any_parts, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_parts_does_not_matter(parts, begun, dice: random.Random):
    shuffled = [*parts]
    dice.shuffle(shuffled)
    assert join(HOME, shuffled, begun=begun) == join(HOME, parts, begun=begun)


@given(any_parts, st.booleans())
def test_the_parts_given_stay_as_they_were(parts, begun):
    given_parts = [*parts]
    join(HOME, given_parts, begun=begun)
    assert given_parts == parts


# ---- the status

BEFORE = [S.UNKNOWN, S.REQUESTED, S.APPROVED, S.IN_TRANSIT, S.DELIVERED, S.COMPLETED, S.REJECTED, S.CANCELLED]
AFTER = [S.UNKNOWN, S.APPROVED, S.IN_TRANSIT, S.DELIVERED, S.REQUESTED, S.COMPLETED, S.REJECTED, S.CANCELLED]


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("status", list(S))
def test_a_single_part_gives_the_return_its_status(status, begun):
    joined = join(HOME, [part(1, status, line())], begun=begun)
    assert (joined.status, joined.raw_status) == (status, status.value)


@pytest.mark.parametrize(("table", "begun"), [(BEFORE, False), (AFTER, True)], ids=["before", "after"])
def test_of_two_statuses_the_first_in_the_table_decides(table, begun):
    assert set(table) == set(S)
    for at, stronger in enumerate(table):
        for weaker in table[at:]:
            for pair in ([part(1, stronger), part(2, weaker)], [part(1, weaker), part(2, stronger)]):
                assert join(HOME, pair, begun=begun).status is stronger, (stronger, weaker)


@given(any_parts, st.booleans())
def test_the_status_is_always_that_of_a_part(parts, begun):
    assert join(HOME, parts, begun=begun).status in {one.status for one in parts}


@given(made_of(S))
def test_one_part_still_coming_keeps_what_was_announced_alive(parts):
    statuses = {one.status for one in parts}
    if statuses & COMING and S.UNKNOWN not in statuses:
        assert join(HOME, parts, begun=True).status in COMING


@given(made_of(S))
def test_nothing_is_announced_while_one_part_is_not_clear(parts):
    if {one.status for one in parts} & {S.REQUESTED, S.UNKNOWN}:
        assert join(HOME, parts, begun=False).status in {S.REQUESTED, S.UNKNOWN}


def test_each_word_of_the_platform_is_reported_once():
    parts = [part(1, S.APPROVED), part(2, S.CANCELLED, minute=1), part(3, S.APPROVED, minute=2)]
    assert join(HOME, parts, begun=False).raw_status == "approved + cancelled"


# ---- all the rest


@given(any_parts, st.booleans())
def test_the_return_has_a_name_and_times_of_its_own(parts, begun):
    joined = join(HOME, parts, begun=begun)
    counting = [one for one in parts if not one.not_coming] or parts
    assert (joined.id, joined.source, joined.platform) == (HOME, "shop", "channable")
    assert joined.created == min(one.created for one in counting)
    assert joined.updated == max(one.updated for one in counting)


def test_the_return_is_called_what_its_first_part_is_called():
    parts = [part(1, minute=5, number="later"), part(2, minute=1, number="first")]
    assert join(HOME, parts, begun=False).number == "first"


@given(made_of(S), st.booleans())
def test_every_name_by_which_a_part_may_be_looked_for_is_kept_once(parts, begun):
    joined = join(HOME, parts, begun=begun)
    assert sorted(joined.aliases) == sorted({alias for one in parts for alias in one.aliases})


def test_consumer_sender_and_label_come_from_the_first_part_that_has_them():
    consumer, sender, label = Consumer("Jo"), Address("Jo"), OwnLabel("3S1")
    parts = [
        part(1),
        part(2, minute=1, sender=sender),
        part(3, minute=2, consumer=consumer, own_label=label),
        part(4, minute=3, consumer=Consumer("Other"), sender=Address("Other"), own_label=OwnLabel("3S2")),
    ]
    joined = join(HOME, parts, begun=False)
    assert (joined.consumer, joined.sender, joined.own_label) == (consumer, sender, label)


@pytest.mark.parametrize(("marks", "joined"), [((True, True), True), ((True, False), False), ((False, False), False)])
def test_a_return_is_anonymised_once_all_its_parts_are(marks, joined):
    parts = [part(at, anonymised=mark) for at, mark in enumerate(marks)]
    assert join(HOME, parts, begun=False).anonymised is joined


@given(any_parts, st.booleans())
def test_joining_what_is_joined_changes_nothing(parts, begun):
    once = join(HOME, parts, begun=begun)
    assert counted(join(HOME, [once], begun=False).lines) == counted(once.lines)
    assert join(HOME, [once], begun=False).status is once.status
