"""How a platform's own record is shown: without personal data, without credentials, and everything else as it is."""

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


def test_of_a_label_no_more_than_its_host_is_reported():
    record = {"label": {"url": "https://labels.example/l/1.pdf", "name": "Te klein"}, "label_status": "success"}
    assert as_shown(record) == {
        "label": {"url": f"https://labels.example/{MASK}", "name": "Te klein"},
        "label_status": "success",
    }


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://x.example/r/order77a8", f"https://x.example/r/{MASK}"),
        ("https://x.example/r/abcdefghijklmnop/x", f"https://x.example/r/{MASK}/x"),
        ("https://x.example/r;key=1/x?y=2", f"https://x.example/r;{MASK}"),
        ("https://x.example/r/%61bc12345", f"https://x.example/r/{MASK}"),
        ("https%3A%2F%2Fx.example%2Fr%2Fkey12", f"https%3A%2F%2F{MASK}"),
        ("https:\\/\\/x.example\\/r\\/key12345", f"https:\\/\\/x.example\\/r\\/{MASK}"),
        ("/r/key12345/x", f"/r/{MASK}/x"),
        ("see ../r/key12345", f"see ../r/{MASK}"),
        ("r/key12345", f"r/{MASK}"),
        ("x.example/r/key12345", f"x.example/r/{MASK}"),
        ("tel:+31-6", f"tel:{MASK}"),
        ("mailto:jo", f"mailto:{MASK}"),
        ("wa.me/316123", f"wa.me/{MASK}"),
        ("https://wa.me/316123", f"https://wa.me/{MASK}"),
        ("https://x.example/returns/new", "https://x.example/returns/new"),
        ("/returns/1001", "/returns/1001"),
    ],
)
def test_of_an_address_no_key_is_told_however_it_is_written(address, told):
    assert as_shown({"url": address}) == {"url": told}


@pytest.mark.parametrize("name", ["image", "pictures", "photo_url", "upload", "attachment", "file", "imageUrls"])
def test_of_the_address_of_a_file_no_more_than_its_host_is_reported(name):
    record = {name: ["https://x.example/my/home.jpg", "/my/home.jpg", "my/home.jpg"]}
    assert as_shown(record) == {name: [f"https://x.example/{MASK}", f"/{MASK}", MASK]}


SHORT = base64.b64encode(b"Jo Jansen, Kade 7, 1234 AB Vandertestdorp").decode()
LINES = "\r\n".join(base64.b64encode(bytes(range(240))).decode()[at : at + 76] for at in range(0, 320, 76))


@pytest.mark.parametrize(
    "record",
    [
        {"any": LINES},
        {"any": "^XA^FO50,50^FDJo Jansen^FS^XZ"},
        {"any": "%PDF-1.4 Jo Jansen"},
        *({name: SHORT} for name in ("label", "file", "document", "data", "labelData", "content", "zpl")),
        {"label": {"raw": "Jo Jansen, Kade 7"}},
        {"label": [SHORT]},
    ],
)
def test_the_content_of_a_label_is_masked_however_it_is_written(record):
    (name,) = record
    told = as_shown(record)[name]
    assert told in (MASK, [MASK], {"raw": MASK})


def test_a_file_inside_a_sentence_is_masked():
    assert as_shown({"any": f"see data:image/png;base64,{SHORT} here"}) == {"any": f"see {MASK} here"}


@pytest.mark.parametrize(
    "told",
    [
        *("NL91ABNA0417164300", "NL91 ABNA 0417 1643 00", "nl91abna0417164300", "192.0.2.17", "2001:db8::17"),
        *("2001:0db8:0000:0000:0000:0000:0000:0017", "jo@shop.example", "eyJhbGciOi.eyJzdWIi.c2ln-_"),
    ],
)
def test_what_is_a_persons_by_its_shape_is_masked_in_any_text(told):
    assert as_shown({"any": told, "other": f"it is {told} I think"}) == {"any": MASK, "other": f"it is {MASK} I think"}


PERSONAL = {
    "birthDate": "1990-01-02", "date_of_birth": "1990-01-02", "dob": "x", "apiKey": "x", "api_key": "x",
    "clientIp": "x", "ip": "x", "bankAccountNumber": "123456", "account_holder_name": "x",
    "bic": "ABNANL2A", "deviceId": "x",
    "taxIdNumber": "x", "tax_id_number": "x", "orderCustomerName": "x", "receiver": {"name": "x"},
    "client": {"name": "x"}, "user": {"name": "x"}, "created_by": "x", "instructions": "x", "session": "x",
    "user_agent": "x", "pin": 1234, "access_code": "x", "customer_phone": {"id": "x"},
}  # fmt: skip


@pytest.mark.parametrize("name", PERSONAL)
def test_a_field_of_a_person_is_masked_whatever_words_its_name_has(name):
    value = PERSONAL[name]
    told = dict.fromkeys(value, MASK) if isinstance(value, dict) else MASK
    assert as_shown({name: value, "id": 7}) == {name: told, "id": 7}
    assert as_shown({name: value}, private=True) == {name: value}


def test_what_an_operator_needs_is_shown():
    record = {
        "id": "b1946ac9-2492-4d23-87fe-1a2b3c4d5e6f",
        "order_id": 450789469,
        "orderNumber": "#1001",
        "return_number": "RMA-2026-000123",
        "order": {"id": "gid-450789469", "name": "#1001"},
        "lines": [
            {
                "id": "line-7781a", "sku": "SHIRT/BL-M/2026XL", "title": "Shirt, blue 42", "quantity": 2,
                "reason": "Te klein / too small", "reason_code": "size.too-small", "price": "14.95",
                "reason_option": {"label": "Doesn't fit", "key": "fit"},
            }
        ],
        "status": "in_transit",
        "created_at": "2026-11-22T09:30:00.000000Z",
        "handed_in": "2026-11-22 09:30:00+01:00",
        "carrier": "DHL Parcel", "shipped_by": "PostNL",
        "tracking_number": "3SABC1234567890", "trackingCodes": ["JVGL06250000123456789012", "1Z999AA10123456784"],
        "label": {"id": 77, "carrier": "DHL 24", "status": "made", "tracking_number": "3SABC12345", "price": "4.95"},
        "customer": {"country_code": "NL", "order_id": "450789469"},
        "version": "1.2.3",
    }  # fmt: skip
    assert as_shown(record) == record


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
