"""Raw records: a key for each, and the problem of an unreadable one, without its values."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from returnsync.errors import AccountRefused, Interrupted, Unclear
from returnsync.model import Return, ReturnId, ReturnStatus, SourceId, UnreadableRecord
from returnsync.platforms.interface import Page
from returnsync.platforms.records import (
    HASHED,
    ReadOnce,
    UntranslatableError,
    bare,
    key_of,
    read_page,
    times,
    unreadable,
)

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Wire(BaseModel):
    email: int


def read(record):
    """Read as a platform does: an even number is a return, an odd one is unreadable, anything else is not for us."""
    if not isinstance(record, int):
        return None
    if record % 2:
        return unreadable({"id": record}, UntranslatableError("it is odd"))
    return Return(SourceId("shop"), "mine", ReturnId(str(record)), ReturnStatus.APPROVED, "ok", NOON, NOON)


@pytest.mark.parametrize("record", [{"id": "r-1"}, {"id": "r-1", "x": 1}])
def test_a_record_is_known_by_its_id(record):
    assert key_of(record) == "r-1"


@pytest.mark.parametrize(
    "record", [{}, {"id": ""}, {"id": "."}, {"id": ". ."}, {"id": 5.5}, {"id": True}, {"id": None}, [], "r-1", None]
)
def test_a_record_without_an_id_is_known_by_what_it_holds(record):
    assert key_of(record).startswith(HASHED)
    assert key_of(record) == key_of(json.loads(json.dumps(record)))
    assert key_of(record) != key_of({"another": "record"})


def test_a_number_is_an_id_too():
    assert key_of({"id": 90211}) == "90211"


def test_the_order_of_fields_makes_no_other_record():
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})


def test_the_id_may_have_another_name():
    assert key_of({"number": "r-1"}, "number") == "r-1"
    assert unreadable({"number": "r-1"}, ValueError(), "number").key == "r-1"


def test_a_record_set_aside_is_kept_as_it_came():
    record = {"id": "r-1", "name": "Zoë"}
    assert json.loads(unreadable(record, ValueError()).raw) == record


def test_an_error_never_quotes_a_value():
    with pytest.raises(ValidationError) as wrong:
        Wire.model_validate({"email": "jo@example.com"})
    assert unreadable({}, wrong.value).problem == "email: int_parsing"
    assert unreadable({}, ValueError("jo@example.com")).problem == "it is not understood"
    assert unreadable({}, UntranslatableError("it has no lines")).problem == "it has no lines"


@given(st.lists(st.one_of(st.integers(0, 50), st.text(max_size=2))))
def test_of_a_page_every_record_is_read_set_aside_or_counted(records):
    page = read_page(records, read)
    assert [item.id for item in page.returns] == [str(one) for one in records if isinstance(one, int) and not one % 2]
    assert [item.key for item in page.unreadable] == [str(one) for one in records if isinstance(one, int) and one % 2]
    assert page.skipped == sum(isinstance(one, str) for one in records)


def test_a_record_that_cannot_be_read_costs_the_others_nothing():
    page = read_page([2, 3, 4], read)
    assert [item.id for item in page.returns] == ["2", "4"]
    assert [(item.key, item.problem) for item in page.unreadable] == [("3", "it is odd")]
    assert isinstance(page.unreadable[0], UnreadableRecord)


def test_an_empty_page_can_still_move_the_mark():
    assert read_page([], read, NOON) == Page((), mark=NOON)


def test_a_page_without_a_mark_moves_none():
    assert read_page([2], read).mark is None


def test_records_are_read_once_each_and_may_come_one_by_one():
    asked = []

    def noted(record):
        asked.append(record)
        return read(record)

    assert len(read_page((number for number in (2, 4)), noted).returns) == 2
    assert asked == [2, 4]


def test_a_fault_of_ours_is_not_taken_for_a_bad_record():
    with pytest.raises(ZeroDivisionError):
        read_page([2], lambda record: 1 // (record - 2))


@pytest.mark.parametrize("typed", ["1001", "#1001", " #1001 ", "# 1001"])
def test_a_number_is_compared_without_its_sign(typed):
    assert bare(typed) == "1001"


def test_times_are_read_together_and_what_is_none_is_not_quoted():
    assert times("2026-11-01", "2026-11-02T10:00:00+01:00")[1] == datetime(2026, 11, 2, 9, tzinfo=UTC)
    with pytest.raises(UntranslatableError, match="is no date") as wrong:
        times("2026-11-01", "yesterday at Jo's")
    assert "Jo" not in str(wrong.value)


# ---- a list that records need


def reading(*outcomes):
    """A list that is read only once; `outcomes` are the results of each try to read it."""
    left = list(outcomes)

    def read_it():
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return ReadOnce(read_it, "its reason could not be looked up")


def test_a_list_that_records_need_is_read_once():
    reasons = reading({"1": "small"})
    assert reasons.for_record() == reasons.for_record() == reasons.get() == {"1": "small"}


def test_a_list_that_cannot_be_read_costs_the_records_that_need_it_and_one_try():
    reasons = reading(Unclear("shop: no answer"), {"1": "small"})
    for _ in range(2):
        with pytest.raises(UntranslatableError, match="could not be looked up"):
            reasons.for_record()


@pytest.mark.parametrize("error", [Interrupted("shop", "asked to stop"), AccountRefused("shop", "refused")])
def test_no_record_is_to_blame_where_we_were_stopped_or_the_account_is_refused(error):
    with pytest.raises(type(error)):
        reading(error).for_record()
