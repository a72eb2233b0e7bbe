"""A placeholder in place of a tracking number or an address is no label of the platform's own, on any platform."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from returnsync.http.client import Reader
from returnsync.http.retry import RetryPolicy
from returnsync.model import OwnLabel, Return
from returnsync.platforms.registry import PLATFORMS
from returnsync.sandbox import loop_records, records, returnless_records, returnly_records, sendcloud_records

SETTINGS: dict[str, dict[str, Any]] = {
    "returnista": {"account_id": "a", "token": "env:T"},
    "sendcloud": {"public_key": "env:T", "secret_key": "env:T"},
    "returnly": {"token": "env:T"},
    "returnless": {"api_key": "env:T"},
    "loop": {"api_key": "env:T"},
}


def of_returnista(tracking: object, link: object) -> Any:
    parcel = {"label_url": link, "tracking": tracking, "trackingUrl": link}
    return records.return_order(shipments=[records.shipment(**parcel)])


def of_sendcloud(tracking: object, link: object) -> Any:
    label = {"label_printer": link, "normal_printer": [link]}
    given = {"tracking_number": tracking, "tracking_url": link, "label_url": link, "label": label}
    return sendcloud_records.parcel_return(**given)


def of_returnly(tracking: object, link: object) -> Any:
    label = returnly_records.shipping_label(tracking=tracking, pdf_url=link)
    return returnly_records.rma(returnly_records.line_item(label="41"), labels=[label])


def of_returnless(tracking: object, link: object) -> Any:
    parcel = returnless_records.parcel(tracking, tracking_url=link, label_url=link)
    return returnless_records.return_order(shipments=[parcel])


def of_loop(tracking: object, link: object) -> Any:
    return loop_records.loop_return(labels=(loop_records.label(tracking, url=link),))


GIVEN: dict[str, Callable[[object, object], Any]] = {
    "returnista": of_returnista,
    "sendcloud": of_sendcloud,
    "returnly": of_returnly,
    "returnless": of_returnless,
    "loop": of_loop,
}


def read(name: str, record: Any) -> Return:
    kind = PLATFORMS.find(name)
    common = {"platform": name, "warehouse": "monta", "start_from": datetime(2026, 1, 1, tzinfo=UTC)}
    settings = kind.settings.model_validate({**common, **SETTINGS[name]})
    # It is read without a request: no server listens there.
    reader = Reader("shop", "http://127.0.0.1:9", None, retry=RetryPolicy())
    found = kind("shop", settings, reader).read(record)
    reader.close()
    assert isinstance(found, Return), found
    return found


def test_every_platform_that_has_labels_of_its_own_is_tried():
    assert set(GIVEN) == {name for name in PLATFORMS.built_in if PLATFORMS.find(name).capabilities.own_labels}


@pytest.mark.parametrize("name", GIVEN)
def test_a_placeholder_is_no_label_of_the_platforms_own(name):
    for nothing in ("", " ", "-", "--", "N/A", "none", "null", "undefined", "about:blank", "#", "0", None):
        ret = read(name, GIVEN[name](nothing, nothing))
        assert (ret.own_label, ret.aliases) == (None, ()), repr(nothing)


@pytest.mark.parametrize("name", GIVEN)
def test_a_label_address_is_one_on_the_web(name):
    for nowhere in ("javascript:void(0)", "labels/1.pdf", "ftp://labels.example/1.pdf", "https://labels.example/null"):
        assert read(name, GIVEN[name](None, nowhere)).own_label is None, nowhere


@pytest.mark.parametrize("name", GIVEN)
def test_a_tracking_number_is_a_label_whatever_its_address_says(name):
    assert read(name, GIVEN[name](" 3SABC0001 ", "-")).own_label == OwnLabel("3SABC0001")
    label = read(name, GIVEN[name](None, "https://labels.example/1.pdf")).own_label
    assert label is not None
    assert (label.tracking_code, label.label_url) == ("", "https://labels.example/1.pdf")
