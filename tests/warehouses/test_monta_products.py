"""Products at Monta by their barcode: whatever shape the answer has, the right SKUs or none."""

import json

import pytest

from returnsync.errors import AccountRefused, BadAnswer, CallError, HoldError
from returnsync.http.auth import Basic
from returnsync.http.client import Sender
from returnsync.http.retry import RetryPolicy
from returnsync.model import Cause
from returnsync.platforms.contract.between import Between, Canned
from returnsync.warehouses.monta import Monta, MontaSettings

BARCODE = "8712345678906"
PRODUCT = {"Sku": "A", "Description": "Shirt", "Barcodes": [BARCODE], "ProductId": 5}


@pytest.fixture
def between():
    server = Between()
    yield server
    server.close()


@pytest.fixture
def monta(between):
    settings = MontaSettings.model_validate(
        {"kind": "monta", "username": "env:U", "password": "env:P", "carrier": "PostNL", "base_url": between.url}
    )
    policy = RetryPolicy(attempts=1, sleep=lambda _stop, _seconds: None)
    with Sender("monta", between.url, Basic("sandbox", "sandbox-password"), retry=policy) as sender:
        opened = Monta("monta", settings, sender)
        between.next = [Canned(200, b"[]")]
        opened.reasons()  # which is read before anything else
        between.seen.clear()
        yield opened


@pytest.fixture
def skus(monta, between):
    """The SKUs of a barcode when Monta answers like this."""

    def found(body, status=200):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        between.always = Canned(status, raw)
        return monta.skus_of_barcode(BARCODE)

    return found


def other(sku="B", *barcodes):
    return {**PRODUCT, "Sku": sku, "Barcodes": list(barcodes or [BARCODE])}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (PRODUCT, ("A",)),
        ({"Product": PRODUCT}, ("A",)),
        ({"Products": [{"Product": PRODUCT}]}, ("A",)),
        ({"Products": [PRODUCT]}, ("A",)),
        ([PRODUCT], ("A",)),
        ([{"Product": PRODUCT}], ("A",)),
        ([PRODUCT, {"Product": other()}], ("A", "B")),
        ([PRODUCT, PRODUCT], ("A",)),
        ({**PRODUCT, "Sku": 4711}, ("4711",)),
    ],
)
def test_a_product_is_understood_in_each_shape_that_it_may_have(skus, body, expected):
    assert skus(body) == expected


@pytest.mark.parametrize(
    ("barcodes", "is_it"),
    [
        ([BARCODE], True),
        (["1", f" {BARCODE} "], True),
        ([int(BARCODE)], True),
        ([], True),
        (None, True),
        ([None, ""], True),
        (["8712345678907"], False),
        ([f"0{BARCODE}"], False),
    ],
)
def test_a_product_that_lists_other_barcodes_alone_is_not_the_one(skus, barcodes, is_it):
    assert skus({**PRODUCT, "Barcodes": barcodes}) == (("A",) if is_it else ())
    assert skus([other("B", "1"), {**PRODUCT, "Barcodes": barcodes}]) == (("A",) if is_it else ())


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"Message": f"Zero products found with barcode {BARCODE}"}, 404),
        ("Not found", 404),
        (b"not here", 404),
        ({"Message": f"Zero products found with barcode {BARCODE}"}, 400),
        ("Zero products found", 400),
        ({"Message": f"Zero products found with barcode {BARCODE}"}, 200),
        (None, 200),
        ([], 200),
        ({"Products": []}, 200),
        ({"Products": None}, 200),
        ({"Product": None}, 200),
    ],
)
def test_nothing_found_is_nothing_in_each_way_of_saying_so(skus, body, status):
    assert skus(body, status) == ()


@pytest.mark.parametrize("body", [{}, {"Message": "Welcome"}, "A", 5, [[5]], {"Products": [{"Sku": None}]}, b"<html>"])
def test_an_answer_that_is_no_product_is_no_answer(skus, body):
    with pytest.raises(BadAnswer):
        skus(body)


def test_a_lookup_that_is_refused_holds_the_return(skus):
    with pytest.raises(HoldError) as error:
        skus({"Message": "barcode is not valid"}, 400)
    assert (error.value.cause, error.value.foreign) == (Cause.LOOKUP_REFUSED, "barcode is not valid")


@pytest.mark.parametrize(("status", "kind"), [(401, AccountRefused), (403, AccountRefused), (500, CallError)])
def test_a_lookup_that_fails_says_so(skus, status, kind):
    with pytest.raises(kind):
        skus({}, status)


def test_a_barcode_is_asked_for_as_it_is(monta, between):
    between.always = Canned(404, b"none")
    monta.skus_of_barcode("A&B=1 +/#é")
    assert [seen.target for seen in between.seen] == ["/product?barcode=A%26B%3D1+%2B%2F%23%C3%A9"]
