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
        ("BOTTLE-1,5L;SKU-15\n", {"BOTTLE-1,5L": "SKU-15"}),
        ("BOTTLE-1,5L\tSKU-15\n", {"BOTTLE-1,5L": "SKU-15"}),
        ("1001,2001\n", {"1001": "2001"}),
        ("1001,2001\t\n", {"1001": "2001"}),
        ('"a,1","b ""x"""\n', {"a,1": 'b "x"'}),
        ("a,b,\nc,d,,\n", {"a": "b", "c": "d"}),
        ("a,b\na,b\n", {"a": "b"}),
        ("a\tb\nc\td\t\t\n", {"a": "b", "c": "d"}),
        ("a\t;b\n", {"a": "b"}),
        ('"a;1",b\n', {"a;1": "b"}),
        ('5" pipe;b\n', {'5" pipe': "b"}),
        ('="01001";="W-1"\r\n', {"01001": "W-1"}),
        ('"=""01001""","W-1"\r\n', {"01001": "W-1"}),
        ("'01001;'W-1\n", {"01001": "W-1"}),
        ("''01001,b\n", {"'01001": "b"}),
        ('="a ""x""",b\n', {'a "x"': "b"}),
        ("sep=;\r\na;b,c\r\n", {"a": "b,c"}),
        ("\ufeffSEP=,\na,b\n", {"a": "b"}),
        ('"sep=;"\na;b\n', {"a": "b"}),
        ("sep=|\na|b\n", {"a": "b"}),
        ("sep=\t\na\tb\n", {"a": "b"}),
        ("sep=\\t\na\tb\n", {"a": "b"}),
        ("sep=;;\na;b;\n", {"a": "b"}),
        ('="";="";\na;b;\'\n', {"a": "b"}),
    ],
)
def test_two_columns_are_read_as_spreadsheets_write_them(text, table):
    assert parse(text) == table


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\n", [1]),
        ("1,23E+15;1001\n", [1]),
        ("a,\n", [1]),
        (",b\n", [1]),
        ("a,b,c\n", [1]),
        ("a,b\na,c\n", [2]),
        ("x,y\n\na\n,b\nc,d,e\nx,z\n", [3, 4, 5, 6]),
        ('a,b\nc,"d\ne,f\n', [2]),
        ('a,b\nc,"d\ne",f\ng\n', [2, 4]),
        ("a,b\n8.71234E+12,c\n", [2]),
        ("a;b\n8,71234E+12;c\n#N/A;d\nf;#NAAM?\ng;####\nErr:502;h\n", [2, 3, 4, 5, 6]),
        ("a,b\n=A1,c\n", [2]),
        ("sep=;\n\na\n", [3]),
        ("sep=\na,b\n", [1]),
        ("sep=semicolon\na,b\n", [1]),
        ("a,b\n" + "x" * 200_000 + ",y\nc\n", [2, 3]),
    ],
)
def test_every_row_that_is_wrong_is_reported_with_its_line(text, lines):
    with pytest.raises(TableError) as told:
        parse(text)
    assert [line for line, _ in told.value.problems] == lines
    assert all(problem for _, problem in told.value.problems)


def test_a_key_with_two_values_names_the_line_of_the_first():
    with pytest.raises(TableError, match="line 3: gives 'a' another value than line 1"):
        parse("a,b\nc,d\na,e\n")


def test_a_number_that_a_spreadsheet_shortened_says_what_to_do():
    with pytest.raises(TableError, match=r"line 1: holds '1.23E\+15'.*format the column as text"):
        parse("1.23E+15;W-1\n")


CELL = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)


# Cells that a spreadsheet marks as text, or has damaged, are tested above.
UNMARKED = CELL.filter(lambda cell: cell[0] not in "'=#" and "E+" not in cell.upper() and not cell.startswith("Err:"))


@given(st.dictionaries(UNMARKED.filter(lambda key: key != "0"), UNMARKED), st.sampled_from(",;\t"))
def test_what_a_spreadsheet_writes_comes_back(table, delimiter):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(table.items())
    # The delimiter is found in the first filled line.
    assert parse(f"0{delimiter}0\n{out.getvalue()}") == {"0": "0", **table}


@given(CELL.filter(lambda cell: cell.casefold() != "sep"), CELL, st.sampled_from(",;\t"))
def test_whatever_is_marked_as_text_comes_back(key, value, delimiter):
    out = io.StringIO()
    formula = '="' + key.replace('"', '""') + '"'
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerow([formula, f"'{value}"])
    assert parse(out.getvalue()) == {key: value}


@given(st.text())
def test_any_text_is_a_table_or_is_told_why_not(text):
    try:
        table = parse(text)
    except TableError as error:
        assert error.problems  # noqa: PT017 - either is right
    else:
        assert all(key.strip() == key and value for key, value in table.items())
