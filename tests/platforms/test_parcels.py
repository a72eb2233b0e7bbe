"""The weight and dimensions of a parcel as platforms give them; no value makes a return unreadable."""

import pytest

from returnsync.model import Parcel, SourceId
from returnsync.platforms.returnly import translation as returnly
from returnsync.platforms.returnly import wire as returnly_wire
from returnsync.platforms.sendcloud import translation as sendcloud
from returnsync.sandbox.returnly_records import line_item, rma, shipping_label
from returnsync.sandbox.sendcloud_records import parcel_return

SHOP = SourceId("shop")


def sent(**fields):
    return sendcloud.translate(parcel_return(**fields), SHOP, ()).parcel


@pytest.mark.parametrize(
    ("fields", "parcel"),
    [
        ({}, Parcel(800)),
        ({"weight": {"value": 2.1, "unit": "kg"}}, Parcel(2_100)),
        ({"weight": {"value": "16", "unit": "oz"}}, Parcel(454)),
        ({"weight": {"value": 0, "unit": "kg"}}, None),
        ({"weight": {"value": 2.1}}, None),
        *[({"weight": odd}, None) for odd in (None, 2.1, "2.1 kg", [], {}, {"value": {"x": 1}, "unit": []})],
        (
            {"dimensions": {"length": 38, "width": 26.5, "height": "3.2", "unit": "cm"}},
            Parcel(800, (380, 265, 32)),
        ),
        (
            {"weight": None, "dimensions": {"length": 1, "width": 1, "height": 1, "unit": "ft"}},
            Parcel(None, (305, 305, 305)),
        ),
        ({"dimensions": {"length": 38, "width": 0, "height": 3, "unit": "cm"}}, Parcel(800)),
        ({"dimensions": {"length": 38, "width": 26, "unit": "cm"}}, Parcel(800)),
        *[({"dimensions": odd}, Parcel(800)) for odd in (None, 5, "38x26x3", [1, 2, 3], {})],
        ({"collo_count": 2}, None),
        ({"collo_count": None}, Parcel(800)),
        ({"collo_count": {}}, None),
    ],
)
def test_sendcloud_tells_weight_and_sides_in_units_of_its_own(fields, parcel):
    assert sent(**fields) == parcel


@pytest.mark.parametrize(
    ("weight", "parcel"),
    [
        ("450.0", Parcel(450)),
        (450, Parcel(450)),
        *[(odd, None) for odd in (None, "", "0", "0.0", -1, "heavy", [], {}, True, "inf")],
    ],
)
def test_returnly_tells_the_weight_of_its_label_in_grams(weight, parcel):
    made = rma(line_item(label="41"), labels=[shipping_label(weight_grams=weight)])
    assert returnly.translate(returnly_wire.Return.model_validate(made), SHOP, ["authorized"]).parcel == parcel


def test_returnly_tells_nothing_without_a_label():
    made = returnly_wire.Return.model_validate(rma(line_item()))
    assert returnly.translate(made, SHOP, ["authorized"]).parcel is None
