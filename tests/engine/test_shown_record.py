"""How a platform's own record is shown: nothing of a person, nothing that opens anything, and all the rest as it is."""

import base64
import json
from typing import Any

import pytest

from returnsync.engine.ask.shown_record import shown
from returnsync.http.decoding import decode_json
from returnsync.redact import MASK, register_secret


def as_shown(record: Any, *, private: bool = False) -> Any:
    (found,) = shown([record], None, (), private=private)
    return found


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://labels.example/l/1.pdf?X-Amz-Signature=abc", f"https://labels.example/l/1.pdf?{MASK}"),
        ("https://labels.example/l/1#t=abc", f"https://labels.example/l/1#{MASK}"),
        ("https://jo:pw@labels.example/l/1", MASK),
        ("https://files.example/a1B2c3D4e5F6g7H8i9J0k1/x.png", f"https://files.example/{MASK}/x.png"),
        ("//files.example/x?token=abc", f"//files.example/x?{MASK}"),
        ("see /x?token=abc or later", f"see /x?{MASK} or later"),
        ("https://shop.example/returns", "https://shop.example/returns"),
        ("N/A, either/or", "N/A, either/or"),
    ],
)
def test_what_opens_an_address_is_masked(address, told):
    assert as_shown({"link": address, "other": [address]}) == {"link": told, "other": [told]}
    assert as_shown({"link": address}, private=True) == {"link": address}


def test_of_a_label_no_more_than_its_host_is_told():
    record = {"label": {"url": "https://labels.example/l/1.pdf", "name": "Te klein"}, "label_status": "success"}
    assert as_shown(record) == {
        "label": {"url": f"https://labels.example/{MASK}", "name": "Te klein"},
        "label_status": "success",
    }


def test_a_file_inside_the_record_is_masked():
    file = base64.b64encode(bytes(range(256))).decode()
    assert as_shown({"a": file, "b": f"data:application/pdf;base64,{file}"}) == {"a": MASK, "b": MASK}


def test_numbers_stay_numbers_unless_they_are_a_persons():
    record = {"quantity": 2, "price": 4.95, "ok": True, "none": None, "phone": 31612345678, "note": 7}
    assert as_shown(record) == {**record, "phone": MASK, "note": MASK}


@pytest.mark.parametrize("name", ["id", "barcode", "tracking_number", "uuid"])
def test_an_id_that_looks_like_a_phone_number_is_shown(name):
    record = {name: "0612345678901", "first": "0612345678", "said": "call 06 12345678"}
    assert as_shown(record) == {name: "0612345678901", "first": MASK, "said": f"call {MASK}"}
    assert as_shown({"odd": "01951779-3dd3-710f-8305-67ed706d9a30"})["odd"].startswith("0195")


def test_two_names_that_are_masked_are_still_two():
    record = {"customer": {"first_name": "Vandertest"}, "said": {"Vandertest": 1, "vandertest": 2}}
    assert as_shown(record)["said"] == {MASK: 1, f"{MASK}'": 2}


def test_a_secret_is_masked_in_every_place_and_spelling():
    register_secret("s3cret/of=ours")
    record = {
        "s3cret/of=ours": ["x s3cret/of=ours", "s3cret%2Fof%3Dours", base64.b64encode(b"s3cret/of=ours").decode()]
    }
    text = json.dumps(as_shown(record, private=True), ensure_ascii=False)
    assert text.count(MASK) == 4
    assert "s3cret" not in text


def test_odd_values_and_deep_ones_cost_nothing():
    assert as_shown(decode_json('{"a": NaN, "b": 1e999}')) == {"a": "NaN", "b": "1e999"}
    assert "nested too deeply" in json.dumps(as_shown(decode_json("[" * 400 + "]" * 400)))
    assert [as_shown(odd) for odd in ("text", 5, None, [])] == ["text", 5, None, []]
