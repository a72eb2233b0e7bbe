"""The sheet of pairs: an exported sheet can be imported again, and errors are reported line by line."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.mapping.pair_sheet import COLUMNS, SheetError, parse, render
from returnsync.mapping.pairings import Choice, Pair, Place

HEAD = "belongs_to,name,channel,key,id,parent_id,words,text_only\n"

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12).map(str.strip)
FILLED = TEXT.filter(bool)
IDS = st.integers(0, 10**9)
CHOICES = st.one_of(
    st.builds(Choice, id=IDS, parent_id=st.one_of(st.none(), IDS), words=TEXT),
    TEXT.map(lambda words: Choice(text_only=True, words=words)),
    st.just(Choice()),
)
PLACES = st.builds(Place, st.sampled_from(["sources", "platforms"]), FILLED, FILLED, TEXT)
PAIRS = st.lists(st.builds(Pair, PLACES, CHOICES, TEXT, TEXT), unique_by=lambda pair: pair.place.folded, max_size=5)


def problems(text):
    with pytest.raises(SheetError) as told:
        parse(text)
    return told.value.problems


@given(PAIRS)
def test_what_is_written_is_read_again(pairs):
    read = parse(render((pair, {}) for pair in pairs))
    assert [(row.place, row.choice, row.platform_label, row.main) for row in read] == [tuple(pair) for pair in pairs]


@given(PAIRS)
def test_no_cell_begins_like_a_formula(pairs):
    for row in csv.reader(io.StringIO(render((pair, {}) for pair in pairs))):
        assert not any(cell[:1] in ("=", "+", "-", "@") for cell in row)


def test_every_column_that_is_written_may_be_read():
    assert parse(",".join(COLUMNS) + "\n") == []


def test_semicolons_and_a_mark_at_the_front_are_read_as_some_spreadsheets_write_them():
    rows = parse("\ufeff" + (HEAD + "source,shop,,sub,1,,,\r\n").replace(",", ";"))
    assert [(row.place, row.choice.id) for row in rows] == [(Place("sources", "shop", "sub"), 1)]


def test_a_first_line_that_names_the_separator_is_skipped():
    assert [row.line for row in parse("sep=;\r\n" + (HEAD + "source,shop,,sub,1,,,\r\n").replace(",", ";"))] == [3]


@pytest.mark.parametrize(
    ("cells", "key", "number"),
    [
        ("source,shop,,007,'2447", "007", 2447),
        ('source,shop,,\'007,="2447"', "007", 2447),
        ('\'source,="shop",,="007",2447,,,', "007", 2447),
        ("source,shop,,'t past niet,2447", "'t past niet", 2447),
        ("source,shop,,''t past niet,2447", "''t past niet", 2447),
    ],
)
def test_cells_that_a_spreadsheet_marked_as_text_are_read_without_the_mark(cells, key, number):
    (row,) = parse(HEAD + cells + "\n")
    assert (row.place, row.choice.id) == (Place("sources", "shop", key), number)


@pytest.mark.parametrize("key", ["007", "40-42", "3.10", "123456789012", "12E5", "-5", "1.2E+15", "#N/A", "###", "'0"])
def test_what_a_spreadsheet_would_write_another_way_goes_out_marked_as_text(key):
    sheet = render([(Pair(Place("sources", "shop", key), Choice(), "", ""), {})])
    assert f"'{key}" in sheet
    assert [row.place.key for row in parse(sheet)] == [key]


@pytest.mark.parametrize("cell", ["1,23E+15", "#NV", "#####", "Err:502"])
def test_a_key_that_a_spreadsheet_lost_is_reported(cell):
    ((line, why),) = problems(HEAD.replace(",", ";") + f"source;shop;;{cell};1\n")
    assert line == 2
    assert why.startswith(f"`key` holds {cell!r}")


def test_what_only_stands_there_to_be_read_may_come_back_as_a_spreadsheet_showed_it():
    head = HEAD.strip() + ",last_seen,suggestion\n"
    assert [row.choice.id for row in parse(head + "source,shop,,sub,1,,,,########,#NAME?,,\n")] == [1]


def test_a_quote_that_is_never_closed_swallows_no_rows():
    assert problems(HEAD + 'source,shop,,a,1,,"words,\nsource,shop,,b,1,,,\n')[0][0] == 2


def test_a_row_without_its_empty_cells_at_the_end_is_read():
    assert [row.choice.id for row in parse(HEAD + "source,shop,,sub,1\nsource,shop,,other\n")] == [1, None]


def test_empty_rows_count_for_nothing():
    assert parse(HEAD + ",,,,,,,\n\n") == []


@pytest.mark.parametrize("word", ["yes", "TRUE", "ja", "x", "1"])
def test_yes_may_be_written_in_several_ways(word):
    assert parse(f"{HEAD}source,shop,,sub,,,,{word}\n")[0].choice.text_only


def test_every_problem_is_reported_with_its_line():
    text = HEAD + (
        "source,shop,,a,x,,,\n"
        "shop,shop,,b,1,,,\n"
        "source,,,c,1,,,\n"
        "source,shop,,d,1,,,maybe\n"
        "source,shop,,e,1,,,yes\n"
        "source,shop,,f,,9,,\n"
        "source,shop,,g,1,,,,too many\n"
        "source,shop,,h,1,,,\n"
        "source,shop,, H ,2,,,\n"
    )
    assert [line for line, _ in problems(text)] == [2, 3, 4, 5, 6, 7, 8, 10]


@pytest.mark.parametrize("text", ["", "name,key\n", HEAD.replace("id,", "ids,", 1)])
def test_a_sheet_without_its_columns_is_none(text):
    assert all(line == 1 for line, _ in problems(text))


@given(st.text(max_size=200))
def test_whatever_is_read_either_is_a_sheet_or_says_why_not(text):
    try:
        said = parse(text) or ["no rows"]
    except SheetError as error:
        said = error.problems
    assert said
