"""What a platform shows after the announcement: the same units, however they are written, or a change."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.mapping.line_rules import LineRules
from returnsync.mapping.lines import identity, units
from returnsync.mapping.told import is_as_told
from returnsync.model import OrderNumber, ReturnLine

EXACT = LineRules()
LOOSE = LineRules(ignore_case=True, ignore_zeros=True)


def line(*line_ids, sku="", quantity=1, **more):
    return ReturnLine(OrderNumber("1"), quantity, line_ids, sku, **more)


def is_same(before, after, rules=EXACT):
    before, after = ([one] if isinstance(one, ReturnLine) else one for one in (before, after))
    found = is_as_told(units(before), after, rules)
    # The order of the two makes no difference.
    assert found == is_as_told(units(after), before, rules)
    return found


def as_noted_before(*lines):
    """The units as earlier versions noted them: with one name for each line."""
    return json.dumps(sorted((identity(one), one.quantity) for one in lines))


@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        (line(sku="A"), line("l-1", sku="A"), EXACT),
        (line("unit-1", sku="A"), line("l-1", "unit-1", sku="A"), EXACT),
        (line("l-1", sku="A"), line("l-1", sku="A-2026"), EXACT),
        (line("l-1", sku="A"), line("l-1"), EXACT),
        (line("l-1", sku="A"), line(" l-1 ", sku="A "), EXACT),
        (line(sku="shirt-m"), line(sku="SHIRT-M"), LOOSE),
        (line(sku="007"), line("l-1", sku="7"), LOOSE),
        (line(sku="A", barcode="871"), line(barcode="871"), EXACT),
        (line(sku="A", barcode="871"), line("l-1", barcode="871"), EXACT),
        (line(barcode="012345678905"), line(barcode="0012345678905"), EXACT),
        (line(sku="A", barcode="12345678905"), line("l-1", barcode="012345678905"), EXACT),
        (line(sku="A", quantity=2), [line("l-1", sku="A"), line("l-2", sku="A")], EXACT),
        ([line("l-1", sku="A"), line(sku="A")], [line("l-1", sku="A"), line("l-2", sku="A")], EXACT),
        ([line(sku="A"), line(sku="B")], [line("l-2", sku="B"), line("l-1", sku="A")], EXACT),
    ],
)
def test_an_id_that_comes_or_goes_and_another_spelling_are_no_change(before, after, rules):
    assert is_same(before, after, rules)


@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        (line("l-1", sku="A"), line("l-2", sku="A"), EXACT),
        (line("l-1", barcode="871"), line("l-2", barcode="871"), EXACT),
        (line(sku="A"), line(sku="B"), EXACT),
        (line(sku="A"), line("l-1", sku="B"), EXACT),
        (line(sku="A"), line(sku="a"), EXACT),
        (line(sku="7"), line(sku="07"), LineRules(ignore_case=True)),
        (line(sku="A", barcode="871"), line(sku="B", barcode="871"), EXACT),
        (line(barcode="871"), line(barcode="872"), EXACT),
        (line(barcode="A-7"), line(barcode="0A-7"), EXACT),
        (line(sku="A"), line("l-1"), EXACT),
        (line(title="Shirt"), line(sku="A", title="Shirt"), EXACT),
        (line(sku="A"), line("l-1", sku="A", quantity=2), EXACT),
        (line(sku="A", quantity=2), line("l-1", sku="A"), EXACT),
        (line(sku="A"), [line(sku="A"), line("l-2", sku="B")], EXACT),
        (
            [line("l-1", sku="A", quantity=2), line(sku="A")],
            [line("l-1", sku="A"), line("l-2", sku="A", quantity=2)],
            EXACT,
        ),
        (line(sku="A"), [], EXACT),
    ],
)
def test_another_line_or_another_number_of_units_is_a_change(before, after, rules):
    assert not is_same(before, after, rules)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (line("l-1", sku="A"), line("l-1", sku="B")),
        (line(sku="A"), line("l-1", sku="A")),
        (line(sku="A"), line("l-1", sku="a")),
        (line(barcode="871"), line("l-1", sku="A", barcode="871")),
        ([line("l-1", sku="A"), line(sku="B", quantity=3)], [line("l-1"), line("l-2", sku="B", quantity=3)]),
    ],
)
def test_what_an_earlier_version_noted_is_found_again(before, after):
    before, after = ([one] if isinstance(one, ReturnLine) else one for one in (before, after))
    assert is_as_told(as_noted_before(*before), after, LOOSE)
    assert not is_as_told(as_noted_before(*before), [*after, line("l-9", sku="Z")], LOOSE)
    assert not is_as_told(as_noted_before(*before), [replace(one, quantity=9) for one in after], LOOSE)


def test_of_what_an_earlier_version_noted_another_id_is_a_change():
    assert not is_as_told(as_noted_before(line("l-1", sku="A")), [line("l-2", sku="A")], LOOSE)
    assert not is_as_told(as_noted_before(line(sku="A")), [line("l-1", sku="B")], LOOSE)


# ---- any return

articles = st.lists(
    st.tuples(st.sampled_from(["A", "B", "C", "D"]), st.integers(1, 3)),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one[0],
).map(lambda some: [line(f"l-{sku}", sku=sku, quantity=count, barcode=f"87-{sku}") for sku, count in some])
spellings = st.sampled_from(
    [
        lambda one: one,
        lambda one: replace(one, order_line_ids=()),
        lambda one: replace(one, order_line_ids=(f"unit of {one.sku}", *one.order_line_ids)),
        lambda one: replace(one, sku=f" 0{one.sku.lower()}"),
        lambda one: replace(one, order_line_ids=(), sku=f"00{one.sku.lower()} "),
        lambda one: replace(one, sku=""),
        lambda one: replace(one, order_line_ids=(), sku=""),
        lambda one: replace(one, title="renamed", comment="more"),
    ]
)


@given(articles, st.lists(spellings, min_size=8, max_size=8), st.randoms())
def test_the_same_articles_are_no_change_however_each_is_written(some, how, chance):
    before = [write(one) for write, one in zip(how, some, strict=False)]
    after = [write(one) for write, one in zip(how[4:], some, strict=False)]
    chance.shuffle(after)
    assert is_same(before, after, LOOSE)


@given(articles, st.lists(spellings, min_size=4, max_size=4), st.data())
def test_one_unit_more_or_less_is_a_change_however_it_is_written(some, how, data):
    after = [write(one) for write, one in zip(how, some, strict=False)]
    at = data.draw(st.integers(0, len(after) - 1))
    after[at] = replace(after[at], quantity=after[at].quantity + data.draw(st.sampled_from([-1, 1])))
    assert not is_same(some, [one for one in after if one.quantity], LOOSE)


@given(articles, st.lists(spellings, min_size=4, max_size=4), st.data())
def test_another_article_is_a_change_however_the_others_are_written(some, how, data):
    after = [write(one) for write, one in zip(how, some, strict=False)]
    at = data.draw(st.integers(0, len(after) - 1))
    other = replace(some[at], order_line_ids=("l-Z",) if data.draw(st.booleans()) else (), sku="Z", barcode="87-Z")
    after[at] = other
    assert not is_same(some, after, LOOSE)
