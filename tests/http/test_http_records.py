"""Records with the same content in different forms."""

import pytest
from pydantic import AliasChoices, Field, ValidationError

from returnsync.http.records import Record, has, items_in, look_up, read_each


class Part(Record):
    name: str | None = None


class Whole(Record):
    order_number: str | None = None
    code: str | None = Field(default=None, validation_alias=AliasChoices("code", "short_code"))
    part: Part | None = None
    parts: list[Part] | None = None


@pytest.mark.parametrize(
    "name", ["order_number", "orderNumber", "OrderNumber", "ORDER-NUMBER", "order number ", "order_number "]
)
def test_a_name_is_read_however_it_is_written(name):
    assert Whole.model_validate({name: "1001"}).order_number == "1001"


def test_the_exact_name_wins_over_one_that_is_like_it():
    assert Whole.model_validate({"orderNumber": "1", "order_number": "2"}).order_number == "2"
    assert Whole.model_validate({"order_number": None, "orderNumber": "1"}).order_number is None
    assert Whole.model_validate({"shortCode": "1", "code": "2"}).code == "2"
    assert Whole.model_validate({"ShortCode": "1"}).code == "1"


def test_two_names_that_differ_in_writing_alone_and_disagree_are_refused():
    assert Whole.model_validate({"orderNumber": "1", "OrderNumber": "1"}).order_number == "1"
    assert Whole.model_validate({"orderNumber": "1", "OrderNumber": None}).order_number == "1"
    with pytest.raises(ValidationError):
        Whole.model_validate({"orderNumber": "1", "OrderNumber": "2"})


@pytest.mark.parametrize(
    ("given", "name"), [({"name": "a"}, "a"), ([{"name": "a"}], "a"), ([], None), ("", None), (None, None)]
)
def test_a_list_of_one_or_none_where_one_object_is_meant(given, name):
    part = Whole.model_validate({"part": given}).part
    assert (part and part.name) == name


@pytest.mark.parametrize("given", [[{}, {}], "x", 5, True, [5]])
def test_what_is_not_one_object_is_refused(given):
    with pytest.raises(ValidationError):
        Whole.model_validate({"part": given})


def test_one_object_where_a_list_is_meant_is_a_list_of_one_if_it_is_one_of_its_items():
    assert Whole.model_validate({"parts": {"Name": "a"}}).parts == [Part(name="a")]
    assert Whole.model_validate({"parts": ""}).parts is None
    for given in ({}, {"0": {"name": "a"}}, "x"):
        with pytest.raises(ValidationError):
            Whole.model_validate({"parts": given})


def test_a_raw_record_is_looked_into_in_the_same_way():
    assert look_up({"UpdatedAt": 1}, "updated_at") == 1
    assert look_up({"UpdatedAt": 1, "updated_at": None}, "updated_at") is None
    assert [look_up(odd, "x") for odd in (None, [], "x", 5)] == [None] * 4
    assert (has({"Next ": None}, "next"), has({}, "next"), has([], "next")) == (True, False, False)


def test_a_list_of_rows_or_one_row_alone():
    assert items_in([1], "id") == [1]
    assert items_in({"Id": 1}, "id") == [{"Id": 1}]
    assert [items_in(odd, "id") for odd in ({}, {"a": 1}, None, 5, "x")] == [None] * 5


def test_a_row_that_cannot_be_read_costs_itself_alone():
    assert read_each(Part, [{"name": "a"}, 5, None, {"name": []}, {"name": "b"}]) == [Part(name="a"), Part(name="b")]
