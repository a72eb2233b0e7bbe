"""Weights and lengths in the units of platforms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.mapping.measures import grams, millimetres, parcel
from returnsync.model import Parcel


@pytest.mark.parametrize(
    ("value", "unit", "weight"),
    [
        (0.8, "kg", 800),
        (2.3, "kg", 2_300),
        ("450.0", "g", 450),
        (2_000.4, "g", 2_000),
        (2_000.5, "g", 2_001),
        (1, "LBS", 454),
        ("16", " oz ", 454),
        (0, "kg", None),
        (0.0001, "kg", None),
        (-1, "kg", None),
        (True, "kg", None),
        (None, "kg", None),
        ("", "kg", None),
        ("heavy", "kg", None),
        ([1], "kg", None),
        (1, "stone", None),
        (1, None, None),
        (1, ["kg"], None),
        ("nan", "kg", None),
        ("snan", "kg", None),
        ("inf", "kg", None),
        (float("inf"), "kg", None),
        ("1e999999", "kg", None),
        ("1e-999999", "kg", None),
    ],
)
def test_a_weight_is_in_grams_and_nonsense_is_left_out(value, unit, weight):
    assert grams(value, unit) == weight


def test_a_number_too_long_to_be_written_is_no_weight():
    assert grams(10**5_000, "g") is None


@pytest.mark.parametrize(
    ("values", "unit", "sides"),
    [
        ((38, 26.5, 3.2), "cm", (380, 265, 32)),
        ((380, "265", 32), "mm", (380, 265, 32)),
        ((1, 0.5, 0.25), "m", (1_000, 500, 250)),
        ((14.96063, 10, 1), "in", (380, 254, 25)),
        ((1, 1, 1), "yd", (914, 914, 914)),
        ((1, 1, 1), "ft", (305, 305, 305)),
        ((38, 0, 3), "cm", None),
        ((38, None, 3), "cm", None),
        ((38, 26, 3), "", None),
        ((), "cm", None),
    ],
)
def test_sides_are_in_millimetres_and_only_given_when_each_one_is(values, unit, sides):
    assert millimetres(values, unit) == sides


def test_a_parcel_without_measures_is_none():
    assert parcel(None, None) is None
    assert parcel(1, None) == Parcel(1)
    assert parcel(None, (1, 2, 3)) == Parcel(None, (1, 2, 3))


ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2)


@given(ANYTHING, st.sampled_from(["kg", "g", "lbs", "oz"]) | ANYTHING)
def test_no_weight_is_too_odd_to_be_read(value, unit):
    weight = grams(value, unit)
    assert weight is None or 0 < weight <= 10**9
