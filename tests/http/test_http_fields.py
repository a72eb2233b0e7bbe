"""The values that a field of a record from outside may have, and those that count as absent."""

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from returnsync.http import fields
from returnsync.http.decoding import OddValue

REFUSED = "refused"
NAN = OddValue("NaN")


def read(kind, value):
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return REFUSED


PLACEHOLDERS = (
    *(
        "",
        " ",
        "\u00a0",
        "-",
        "--",
        "—",
        "/",
        "#",
        "?",
        ".",
        "...",
        "N/A",
        "n/a",
        "NA",
        "n.a.",
        "none",
        "None",
        "(none)",
    ),
    *("null", "NULL", "<null>", "undefined", "nil", "NaN", "about:blank", "0", "0000000", "n.v.t.", "unknown"),
)


@pytest.mark.parametrize("text", PLACEHOLDERS, ids=repr)
def test_a_placeholder_is_no_tracking_number_no_address_and_no_date(text):
    assert [read(kind, text) for kind in (fields.Tracking, fields.Link, fields.AnyDate)] == [None, None, None]


@pytest.mark.parametrize(
    "number", ["3SABC123", " 3SABC123 ", "00340434161094042557", "NA123456785NL", 340434161094042557]
)
def test_a_tracking_number_is_one(number):
    assert read(fields.Tracking, number) == str(number).strip()


@pytest.mark.parametrize("number", ["3S\ufffdBC", "3S\x00BC", True, NAN, 1.5], ids=repr)
def test_a_tracking_number_that_lost_a_character_is_refused(number):
    assert read(fields.Tracking, number) is REFUSED


ADDRESSES = {
    "https://labels.example/1.pdf": True,
    " HTTP://labels.example/1.pdf?sig=abc== ": True,
    "https://labels.example/0": True,
    "https://labels.example": True,
    **dict.fromkeys(
        ("labels.example/1.pdf", "/1.pdf", "ftp://labels.example/1.pdf", "javascript:void(0)", "data:,x"), False
    ),
    **dict.fromkeys(
        ("https://", "http://null/", "https://labels.example/null", "https://t.example/?nr=undefined"), False
    ),
    **dict.fromkeys(("https://labels.example/n/a", "https://t.example/?nr=N/A"), False),
    **dict.fromkeys(("https://[", "https://a b/", "https://labels.example/\x00"), False),
}


@pytest.mark.parametrize(("address", "is_one"), ADDRESSES.items())
def test_an_address_is_one_on_the_web_that_leads_somewhere(address, is_one):
    assert read(fields.Link, address) == (address.strip() if is_one else None)


DATES = {
    **dict.fromkeys(
        ("2026-11-02T10:00:00", "2026-11-02", "20261102", "2-11-2026 10:00:00", "2026-11-02 10:00 CET"), True
    ),
    **dict.fromkeys(("1767225600", "1767225600000", "/Date(1767225600000)/", "1971-01-01"), True),
    **dict.fromkeys(("0001-01-01T00:00:00", "0001-01-01T00:00:00+01:00", "0000-00-00", "1-1-0001 00:00:00"), False),
    **dict.fromkeys(("1753-01-01", "1899-12-30T00:00:00Z", "1900-01-01T00:00:00", "01/01/1900", "1970-01-01"), False),
    **dict.fromkeys(("1970-01-01T01:00:00+01:00", "0", "-62135596800", "/Date(-62135596800000)/", "9999-12-31"), False),
    **dict.fromkeys(("yes", "true", "soon", "12:30"), REFUSED),
}


@pytest.mark.parametrize(("date", "counts"), DATES.items(), ids=str)
def test_a_date_whose_presence_counts_is_one_after_1970_in_any_form(date, counts):
    found = read(fields.AnyDate, date)
    assert found is REFUSED if counts is REFUSED else (found is not None) is counts


KEYS = {"": None, " ": None, "-": None, "NA": "NA", "NULL": "NULL", "none": "none", "0": "0", "--": "--", " A ": " A ",
        "A\n": "A", 23: "23", 7.0: "7"}  # fmt: skip


@pytest.mark.parametrize(("given", "found"), KEYS.items(), ids=repr)
def test_of_an_id_or_sku_only_blanks_and_a_dash_are_none(given, found):
    assert read(fields.Key, given) == found


@pytest.mark.parametrize("odd", [True, False, 1.5, 1e300, NAN, "A\ufffd", "A\0B", [], {}], ids=repr)
def test_what_decides_something_is_readable_to_the_last_character_or_refused(odd):
    assert [read(kind, odd) for kind in (fields.Key, fields.Word, fields.Id)] == [REFUSED] * 3


def test_an_order_number_is_taken_as_it_is_written():
    texts = (" #1001 ", "NA", "10\x0001", "", "-")
    assert [read(fields.OrderNumber, text) for text in texts] == [" #1001 ", "NA", "10\x0001", "", ""]
    assert [read(fields.OrderNumber, odd) for odd in (True, NAN, 1.5, "10\ufffd1", None)] == [REFUSED] * 5


QUANTITIES = {"1": 1, "1.0": 1, " 2 ": 2, "2.00": 2, 4.0: 4, 3: 3}


@pytest.mark.parametrize(("given", "units"), QUANTITIES.items(), ids=repr)
def test_units_are_whole_numbers_however_they_are_written(given, units):
    assert read(fields.Quantity, given) == units


@pytest.mark.parametrize(
    "odd", [True, False, None, "", "-", "1.5", 1.5, "1,0", "1e3", 0, -1, "0", 1e300, NAN, "two", [1]], ids=repr
)
def test_an_invalid_number_of_units_is_refused(odd):
    assert read(fields.Quantity, odd) is REFUSED


def test_in_free_text_nothing_odd_costs_anything():
    texts = ("a\ufffdb", "a\0b\n", 5, 1.5, NAN, None)
    assert [read(fields.Text, text) for text in texts] == ["a\ufffdb", "a\0b\n", "5", "1.5", None, None]


def test_yes_and_no_are_read_in_the_usual_spellings():
    assert [read(fields.Flag, given) for given in (True, "true", "1", 1, "yes")] == [True] * 5
    assert [read(fields.Flag, given) for given in (False, "false", "0", 0, "no")] == [False] * 5
    assert [read(fields.Flag, given) for given in (None, "", "-", "N/A")] == [None] * 4


@pytest.mark.parametrize("odd", [True, False, NAN, [], ["x"], {}, {"x": 1}], ids=repr)
def test_free_text_that_is_none_is_absent_and_a_text_that_settings_may_name_is_refused(odd):
    assert read(fields.Text, odd) == {"['x']": "x", "{'x': 1}": "1"}.get(repr(odd))
    assert read(fields.Words, odd) == (fields.UNREADABLE_WORDS if odd is True or odd is NAN else read(fields.Text, odd))
    assert read(fields.StatusText, odd) == (None if odd is NAN else REFUSED)


@pytest.mark.parametrize(
    ("value", "yes"),
    [
        (None, False),
        (False, False),
        (0, False),
        ("", False),
        ("no", False),
        ("0001-01-01", False),
        (True, True),
        (2, True),
        ("2026-11-29", True),
        ("soon", True),
        ({"x": 1}, True),
    ],
)
def test_a_flag_of_no_certain_type_is_set_where_it_is_odd(value, yes):
    assert fields.is_set(value) is yes


@pytest.mark.parametrize("odd", [True, 1.5, NAN, [], {"x": 1}, "a\0b"], ids=repr)
def test_what_decides_nothing_is_absent_where_it_cannot_be_read(odd):
    assert read(fields.Key, odd) is REFUSED
    assert read(Annotated[fields.Key, fields.ODD_IS_ABSENT], odd) is None
    assert read(Annotated[fields.Key, fields.ODD_IS_ABSENT], "x") == "x"
