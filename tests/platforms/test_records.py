"""Raw records: a key for each, and what is wrong with one, without its values."""

import json

import pytest
from pydantic import BaseModel, ValidationError

from returnsync.platforms.records import HASHED, UntranslatableError, key_of, unreadable


class Wire(BaseModel):
    email: int


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


def test_what_is_wrong_never_quotes_a_value():
    with pytest.raises(ValidationError) as wrong:
        Wire.model_validate({"email": "jo@example.com"})
    assert unreadable({}, wrong.value).problem == "email: int_parsing"
    assert unreadable({}, ValueError("jo@example.com")).problem == "it is not understood"
    assert unreadable({}, UntranslatableError("it has no lines")).problem == "it has no lines"
