"""Tables of two columns, as people keep them."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.mapping.tables import TableError, parse


@pytest.mark.parametrize("text", ["", "\ufeff", "\n \n", ",\n;;\n"])
def test_a_table_without_a_row_is_none(text):
    with pytest.raises(TableError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("a,b", {"a": "b"}),
        ("a;b\nc;d\n", {"a": "b", "c": "d"}),
        ("a,b\r\nc,d\r\n", {"a": "b", "c": "d"}),
        ("a,b\rc,d", {"a": "b", "c": "d"}),
        ("\ufeffa,b\n", {"a": "b"}),
        ("\n\n a , b \n\n,\n", {"a": "b"}),
        ("a;b,c\n", {"a": "b,c"}),
        ("a,b;c\n", {"a": "b;c"}),
        ('"a,1","b ""x"""\n', {"a,1": 'b "x"'}),
        ("a,b,\nc,d,,\n", {"a": "b", "c": "d"}),
        ("a,b\na,b\n", {"a": "b"}),
    ],
)
def test_two_columns_are_read_as_spreadsheets_write_them(text, table):
    assert parse(text) == table


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\n", [1]),
        ("a,\n", [1]),
        (",b\n", [1]),
        ("a,b,c\n", [1]),
        ("a,b\na,c\n", [2]),
        ("x,y\n\na\n,b\nc,d,e\nx,z\n", [3, 4, 5, 6]),
        ('a,b\nc,"d\ne,f\n', [2]),
        ("a,b\n" + "x" * 200_000 + ",y\nc\n", [2, 3]),
    ],
)
def test_every_row_that_is_wrong_is_told_with_its_line(text, lines):
    with pytest.raises(TableError) as told:
        parse(text)
    assert [line for line, _ in told.value.problems] == lines
    assert all(problem for _, problem in told.value.problems)


def test_a_key_with_two_values_names_the_line_of_the_first():
    with pytest.raises(TableError, match="line 3: gives 'a' another value than line 1"):
        parse("a,b\nc,d\na,e\n")


CELL = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)


@given(st.dictionaries(CELL.filter(lambda key: key != "0"), CELL), st.sampled_from(",;"))
def test_what_a_spreadsheet_writes_comes_back(table, delimiter):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(table.items())
    # The first filled line tells the delimiter.
    assert parse(f"0{delimiter}0\n{out.getvalue()}") == {"0": "0", **table}


@given(st.text())
def test_any_text_is_a_table_or_is_told_why_not(text):
    try:
        table = parse(text)
    except TableError as error:
        assert error.problems  # noqa: PT017 - either is right
    else:
        assert all(key.strip() == key and value for key, value in table.items())
