"""Sendcloud: the contract of every platform, its own translations, its windows, and its two ways to log in."""

import itertools
import json
import logging
import re
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync import clock
from returnsync.errors import (
    AccountError,
    AccountRefused,
    AccountUnavailable,
    BadAnswer,
    CallError,
    ConfigError,
    ReturnsyncError,
)
from returnsync.http.client import Reader
from returnsync.http.retry import RetryPolicy
from returnsync.model import Address, Reason, Return, ReturnId, ReturnStatus, UnreadableRecord
from returnsync.platforms.contract import PlatformContract
from returnsync.platforms.contract.between import Between, Canned
from returnsync.platforms.contract.calls import QUOTED
from returnsync.platforms.sendcloud import Sendcloud, SendcloudSettings, words
from returnsync.platforms.sendcloud.steps import slug_of
from returnsync.platforms.sendcloud.translation import identity
from returnsync.redact import register_secret
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.sendcloud_records import item, local_time, parcel_return, step
from returnsync.sandbox.sendcloud_records import slug_of as stand_in_slug_of

DAY = timedelta(days=1)
KEYS = Sandbox(World.empty()).sendcloud.secrets()


class TestSendcloud(PlatformContract):
    platform = Sendcloud
    settings = {}
    secrets = KEYS
    statuses = {
        ReturnStatus.APPROVED: "open/announced",
        ReturnStatus.IN_TRANSIT: "open/shipment-on-route",
        ReturnStatus.REQUESTED: "requested/no-label",
        ReturnStatus.REJECTED: "request_rejected/no-label",
        ReturnStatus.CANCELLED: "open/cancelled",
        ReturnStatus.DELIVERED: "open/delivered",
    }
    page_size = 40
    forbidden = ("/cancel", "/validate", "announce-synchronously", "/returns/", "return-portal", "/documents/")
    status_field, created_field = "status", "created_at"
    spare_fields = (
        *("id", "brand_id", "refund", "tracking_url", "weight", "dimensions", "collo_count", "errors"),
        # The items and the product have the same data.
        *("reason", "shipping_option", "parcel_items.0.return_reason_id"),
        *("to_address", "images", "insurance", "label_cost", "contract", "return_fee"),
        *(f"from_address.{name}" for name in ("name", "address_line_1", "house_number", "email", "phone_number")),
        *(
            f"parcel_items.0.{name}"
            for name in ("description", "return_message", "variant_id", "product_id", "manufacturer_product_id_std")
        ),
        *("parcel_items.0.price", "parcel_items.0.properties", "parcel_items.0.weight"),
    )
    updated_field = "status_history.0.carrier_update_timestamp"
    error_bodies = (
        json.dumps({"errors": [{"field": "x", "code": "required", "message": QUOTED}]}).encode(),
        json.dumps({"errors": [{"status": "401", "code": "x", "detail": QUOTED, "source": {}}]}).encode(),
        json.dumps({"errors": [{"field": "returns", "code": 409, "message": QUOTED}]}).encode(),
        json.dumps({"error": {"code": 1, "request": "api/v3/returns", "message": QUOTED}}).encode(),
    )
    wrong_bodies = (b'{"next": null, "data": {}}', b'{"data": null}', b'{"returns": []}', b'{"errors": []}')

    def start(self):
        self.sandbox = Sandbox(World.empty()).__enter__()
        self.sendcloud = self.sandbox.sendcloud
        self.inside = {}
        return self.sandbox.url + self.sendcloud.base

    def stop(self):
        self.sandbox.__exit__(None, None, None)
        assert self.sandbox.counts.effects("forbidden") == 0
        assert self.sandbox.counts.calls("unrouted") == 0

    def add(self, wish):
        status, _, parcel = (wish.word or "open/announced").partition("/")
        (order,) = wish.orders
        record = parcel_return(order=order, status=status, parcel=parcel, created=wish.created, updated=wish.updated)
        self.inside[identity(record)] = self.sendcloud.add(record)
        return identity(record)

    def touch(self, return_id, at):
        self.sendcloud.touch(self.inside[return_id], at=at)

    def records(self, content):
        return content.get("data") if isinstance(content, dict) else None

    def key(self, record):
        return identity(record)


# ---- the account of a test


@pytest.fixture
def stand_in(sandbox):
    return sandbox.sendcloud


@pytest.fixture
def between(sandbox):
    server = Between(sandbox.url + sandbox.sendcloud.base)
    yield server
    server.close()


@pytest.fixture
def account(between, sandbox):
    """Opens the account in the sandbox, with the settings of a test; every request is noted in `between`."""
    readers = []

    def opened(**settings):
        made = settings_of(
            base_url=between.url, token_url=sandbox.sendcloud.addresses(sandbox.url)["token_url"], **settings
        )
        readers.append(
            Reader(
                "portal",
                made.base_url,
                Sendcloud.auth(made, KEYS.__getitem__),
                retry=RetryPolicy(attempts=2, sleep=lambda *_: None),
            )
        )
        return Sendcloud("portal", made, readers[-1])

    yield opened
    for reader in readers:
        reader.close()


def settings_of(**settings):
    common = {
        "platform": "sendcloud",
        "warehouse": "monta",
        "start_from": datetime(2024, 1, 1, tzinfo=UTC),
        "public_key": "env:PUBLIC",
        "secret_key": "env:SECRET",
    }
    return SendcloudSettings.model_validate({**common, **settings})


def read(record, **settings):
    """One record as a return, without any request."""
    made = settings_of(**settings)
    with Reader("portal", made.base_url, None, retry=RetryPolicy(attempts=1)) as reader:
        return Sendcloud("portal", made, reader).read(record)


def returned(*items, **fields):
    ret = read(parcel_return(*items, **fields))
    assert isinstance(ret, Return), ret
    return ret


def line_of(**fields):
    (line,) = returned(item(**fields)).lines
    return line


def queries(between):
    return [dict(parse_qsl(urlsplit(seen.target).query, keep_blank_values=True)) for seen in between.seen]


def numbers(pages):
    return [ret.order_numbers()[0] for page in pages for ret in page.returns]


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# ---- identity


def test_an_id_begins_with_the_instant_of_creation_and_shows_no_postal_code():
    record = parcel_return(order="1001", created=at("2026-11-25 10:41:00.118204"))
    assert re.fullmatch(r"20261125T104100\.118204Z-[a-z2-7]{10}", identity(record))
    assert record["from_address"]["postal_code"][:4] not in identity(record).partition("-")[2]


def test_an_id_is_the_same_for_ever():
    """It is part of every code at the warehouse: a change in how it is made would announce everything twice."""
    record = {
        "created_at": "2026-09-14T19:02:41.118204+02:00",
        "order_number": "#NL-20931",
        "from_address": {"postal_code": "3521 AB"},
    }
    assert identity(record) == "20260914T170241.118204Z-bsuyrpszz3"


@pytest.mark.parametrize(
    "change",
    [
        {"id": 4711},
        {"status": "requested"},
        {"status_history": [step("cancelled", at("2026-11-25 12:00"))]},
        {"label_url": "https://panel.sendcloud.sc/api/v3/parcels/7/documents/label", "tracking_number": "3S1"},
        {"brand_id": 12},
        {"parcel_items": [item(quantity=3)]},
        {"created_at": "2026-11-25T10:41:00.118204Z"},
        {"created_at": "2026-11-25T05:41:00.118204-05:00"},
    ],
    ids=str,
)
def test_nothing_that_may_change_changes_the_id(change):
    record = parcel_return(created=at("2026-11-25 10:41:00.118204"))
    assert identity({**record, **change}) == identity(record)


@pytest.mark.parametrize(
    "change",
    [
        {"order_number": "#1001"},
        {"order_number": ""},
        {"created_at": "2026-11-25T10:41:00.118205Z"},
        {"from_address": {"postal_code": "1234AB"}},
    ],
    ids=str,
)
def test_each_part_of_the_id_tells_returns_apart(change):
    record = parcel_return(order="1001", created=at("2026-11-25 10:41:00.118204"))
    assert identity({**record, **change}) != identity(record)


def test_an_order_number_that_is_left_out_is_an_empty_one():
    record = parcel_return(order="")
    assert identity({**record, "order_number": None}) == identity(record)
    del record["order_number"]
    assert identity(record) is not None


@pytest.mark.parametrize(
    "change",
    [{"created_at": "soon"}, {"created_at": None}, {"order_number": ["1"]}, {"from_address": {}}, {"from_address": 5}],
    ids=str,
)
def test_a_record_that_cannot_be_told_apart_from_others_is_set_aside_under_a_hash_never_under_the_servers_id(change):
    kept = read({**parcel_return(), "id": 4711, **change})
    assert isinstance(kept, UnreadableRecord)
    assert kept.key.startswith("sha256:")


@pytest.mark.parametrize(
    "change", [{"status": {}}, {"parcel_items": "none"}, {"parcel_items": [item(quantity=0)]}], ids=str
)
def test_a_record_that_cannot_be_read_keeps_the_key_that_it_will_have_as_a_return(change):
    record = {**parcel_return(), "id": 4711, **change}
    kept = read(record)
    assert isinstance(kept, UnreadableRecord)
    assert (kept.key, json.loads(kept.raw)) == (identity(record), record)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_whatever_comes_instead_of_a_record_is_kept(record):
    assert isinstance(read(record), UnreadableRecord)


@given(st.dictionaries(st.sampled_from(sorted(parcel_return())), JSON, min_size=1, max_size=3))
def test_a_record_with_anything_in_its_fields_is_a_return_or_kept(change):
    found = read({**parcel_return(created=at("2026-11-25 10:41")), **change})
    assert isinstance(found, Return | UnreadableRecord)


# ---- the two statuses


@pytest.mark.parametrize(
    ("status", "parcel", "wanted"),
    [
        ("open", "announced", ReturnStatus.APPROVED),
        (None, "announced", ReturnStatus.APPROVED),
        ("", "announced-uncollected", ReturnStatus.APPROVED),
        ("open", "ready-to-send", ReturnStatus.APPROVED),
        ("open", "to-sorting", ReturnStatus.IN_TRANSIT),
        ("open", "delivery-failed", ReturnStatus.IN_TRANSIT),
        ("open", "collect-error", ReturnStatus.IN_TRANSIT),
        ("open", "awaiting-customer-pickup", ReturnStatus.IN_TRANSIT),
        ("open", "announcing", ReturnStatus.REQUESTED),
        ("open", "cancelling", ReturnStatus.REQUESTED),
        ("open", "cancelled-upstream", ReturnStatus.REQUESTED),
        ("open", "delivered", ReturnStatus.DELIVERED),
        ("open", "collected-by-customer", ReturnStatus.DELIVERED),
        ("open", "no-label", ReturnStatus.UNKNOWN),
        ("open", "announcement-failed", ReturnStatus.UNKNOWN),
        ("open", "returned-to-sender", ReturnStatus.UNKNOWN),
        ("open", "unknown", ReturnStatus.UNKNOWN),
        ("open", "teleported", ReturnStatus.UNKNOWN),
        ("open", "cancelled", ReturnStatus.CANCELLED),
        ("requested", "cancelled", ReturnStatus.CANCELLED),
        ("closed", "cancelled", ReturnStatus.CANCELLED),
        ("requested", "announced", ReturnStatus.REQUESTED),
        ("awaiting_payment", "no-label", ReturnStatus.REQUESTED),
        ("payment_failed", "announced", ReturnStatus.REQUESTED),
        ("request_rejected", "announced", ReturnStatus.REJECTED),
        ("closed", "announced", ReturnStatus.UNKNOWN),
    ],
)
def test_the_return_says_whether_it_may_come_and_its_parcel_whether_it_does(status, parcel, wanted):
    ret = returned(status=status, parcel=parcel)
    assert (ret.status, ret.raw_status) == (wanted, f"{status or 'open'}/{parcel}")


def test_a_return_without_any_parcel_status_waits():
    for none in ([], None, [{"parent_status": ""}]):
        ret = returned(status_history=none)
        assert (ret.status, ret.raw_status, ret.updated) == (ReturnStatus.REQUESTED, "open", ret.created)


def test_every_documented_parcel_status_has_a_meaning_or_is_for_a_person():
    slugs = {
        *("ready-to-send", "announced", "to-sorting", "delayed", "sorted", "unsorted", "sorting", "delivery-failed"),
        *("delivery-forced", "delivered", "awaiting-customer-pickup", "announced-uncollected", "collect-error"),
        *("unsorted2", "undeliverable", "shipment-on-route", "driver-on-route", "picked-up-by-driver", "no-label"),
        *(
            "collected-by-customer",
            "announcing",
            "cancelling-upstream",
            "cancelling",
            "cancelled",
            "cancelled-upstream",
        ),
        *("unknown", "announcement-failed", "at-customs", "at-sorting-centre", "refused-by-recipient", "exception"),
        *("returned-to-sender", "delivery-method-changed", "delivery-date-changed", "delivery-address-changed"),
        "address-invalid",
    }
    for_a_person = {slug for slug in slugs if returned(parcel=slug).status is ReturnStatus.UNKNOWN}
    assert for_a_person == {
        *("no-label", "announcement-failed", "address-invalid", "undeliverable", "refused-by-recipient"),
        *("returned-to-sender", "exception", "unknown"),
    }
    assert set(words.OF_PARCEL) < slugs


@pytest.mark.parametrize(
    ("written", "slug"),
    [
        ("Ready to Ship", "ready-to-send"),
        ("READY_TO_SEND", "ready-to-send"),
        (" Ready to send ", "ready-to-send"),
        ("Announced: not collected", "announced-uncollected"),
        ("EN_ROUTE_TO_SORTING_CENTER", "to-sorting"),
        ("Being announced", "announcing"),
        ("at sorting centre", "at-sorting-centre"),
        ("cancelled", "cancelled"),
        (None, ""),
    ],
)
def test_a_parcel_status_is_understood_in_each_spelling(written, slug):
    assert slug_of(written) == slug


def test_the_newest_status_counts_wherever_it_stands():
    noon = at("2026-11-25 12:00")
    history = [step("announcing", noon), step("announced", noon + DAY, 1), step("to-sorting", noon + 2 * DAY, 2)]
    for steps in itertools.permutations(history):
        ret = returned(created=noon, steps=list(steps))
        assert (ret.raw_status, ret.updated) == ("open/to-sorting", noon + 2 * DAY)


def test_of_two_statuses_of_one_instant_the_later_in_the_list_counts():
    noon = at("2026-11-25 12:00")
    assert returned(created=noon, steps=[step("announced", noon), step("delivered", noon)]).status == "delivered"


def test_times_of_different_zones_are_compared_as_instants():
    noon = at("2026-11-25 12:00")
    east = step("announced", noon) | {
        "carrier_update_timestamp": noon.astimezone(timezone(timedelta(hours=9))).isoformat()
    }
    assert returned(created=noon, steps=[east, step("delivered", noon + timedelta(hours=1))]).status == "delivered"


def test_a_status_without_a_time_is_the_oldest_unless_it_is_the_last_that_can_be():
    noon = at("2026-11-25 12:00")
    untimed = {"carrier_update_timestamp": None}
    steps = [step("to-sorting", noon), step("announced", noon) | untimed]
    assert returned(created=noon, steps=steps).raw_status == "open/to-sorting"
    steps = [step("cancelled", noon) | untimed, step("announced", noon)]
    assert returned(created=noon, steps=steps).status is ReturnStatus.CANCELLED


@pytest.mark.parametrize("time", [{"ms": 1}, "yesterday", True], ids=str)
def test_a_record_whose_newest_status_is_not_known_is_set_aside(time):
    noon = at("2026-11-25 12:00")
    odd = step("delivered", noon) | {"carrier_update_timestamp": time}
    found = read(parcel_return(created=noon, steps=[step("announced", noon), odd]))
    assert isinstance(found, UnreadableRecord)
    assert "newest of them decides" in found.problem
    assert returned(created=noon, steps=[odd]).status == "delivered"
    rejected = returned(created=noon, steps=[step("announced", noon), odd], status="request-rejected")
    assert rejected.status is ReturnStatus.REJECTED


def test_an_id_that_cannot_be_read_is_never_passed_over_for_the_next_one():
    article = item("JEANS", "1001") | {"sku": "", "variant_id": {"id": 5}, "product_id": "SHIRT"}
    assert isinstance(read(parcel_return(article | {"item_id": None})), UnreadableRecord)
    assert read(parcel_return(article)).lines[0].sku == ""
    assert read(parcel_return(article | {"sku": "JEANS"})).lines[0].sku == "JEANS"


def test_no_reason_of_the_return_tells_nothing_of_an_item_whose_own_cannot_be_read():
    article = item("JEANS", "1001") | {"return_reason": {"id": {"x": 1}}, "return_reason_id": None}
    assert isinstance(read(parcel_return(article, reason={"id": 8})), UnreadableRecord)
    assert read(parcel_return(article, reason={"id": 11})).lines[0].reason.key == "11"


def test_the_time_of_change_is_never_before_the_creation():
    noon = at("2026-11-25 12:00")
    assert returned(created=noon, updated=noon - timedelta(milliseconds=7)).updated == noon


@pytest.mark.parametrize("approved", ["no-label", "No label", "NO_LABEL", "open/no-label"])
def test_approved_statuses_add_parcel_statuses(approved):
    found = read(parcel_return(parcel="no-label"), approved_statuses=[approved])
    assert (found.status, found.raw_status) == (ReturnStatus.APPROVED, "open/no-label")
    for others in ({"status": "requested"}, {"status": "request_rejected"}, {"status": "closed"}):
        found = read(parcel_return(parcel="no-label", **others), approved_statuses=[approved])
        assert found.status is not ReturnStatus.APPROVED


def test_a_pair_as_it_is_shown_adds_a_status_of_the_return():
    found = read(parcel_return(status="Accepted", parcel="announced"), approved_statuses=["Accepted/announced"])
    assert found.status is ReturnStatus.APPROVED
    found = read(parcel_return(status="Accepted", parcel="no-label"), approved_statuses=["Accepted/announced"])
    assert found.status is ReturnStatus.UNKNOWN


@pytest.mark.parametrize("parcel", ["cancelled", "delivered", "announcing", "to-sorting"])
def test_approved_statuses_never_overrule_what_is_known(parcel):
    record = parcel_return(parcel=parcel)
    assert read(record, approved_statuses=[parcel]) == read(record)


def test_goods_handed_in_at_a_store_do_not_come():
    assert returned(delivery_option="in_store").not_coming
    for option in ("drop_off_point", "drop_off_labelless", "pickup", None, "by_drone"):
        assert not returned(delivery_option=option).not_coming


# ---- lines, reasons, the rest


def test_a_return_without_items_tells_its_order_and_its_reason_and_nothing_of_what_comes_back():
    for none in ([], None):
        ret = returned(order="#1001", parcel_items=none, reason={"id": 11, "description": "Bedacht"})
        (line,) = ret.lines
        assert (line.order_number, line.quantity, line.reason) == ("#1001", 0, Reason("11", "Changed my mind"))
        assert not ret.lists_items


def test_one_that_is_over_and_lists_no_items_has_no_lines():
    for none in ([], None):
        assert returned(parcel_items=none, parcel="cancelled").lines == ()
        assert returned(parcel_items=none, status="request_rejected").lines == ()


@pytest.mark.parametrize("odd", [True, 1.5, {"id": True}, ["x", "y"]], ids=repr)
def test_an_odd_reason_costs_a_return_only_where_no_other_tells_why(odd):
    assert returned(item(), reason=odd).lines[0].reason.key == "31"
    other = item(return_reason=odd, return_reason_id="11")
    assert returned(other).lines[0].reason == Reason("11", "Changed my mind")
    assert isinstance(read(parcel_return(item(reason=None), reason=odd)), UnreadableRecord)


@pytest.mark.parametrize("written", [11, "11", {"id": 11}, [{"id": "11"}]], ids=repr)
def test_a_reason_may_be_given_only_by_its_number(written):
    assert returned(item(reason=None), reason=written).lines[0].reason == Reason("11", "Changed my mind")
    assert returned(item(return_reason=written)).lines[0].reason.key == "11"


@pytest.mark.parametrize("odd", [True, 1.5, {"id": 7}, [], "47\ufffd1"], ids=repr)
def test_a_brand_that_cannot_be_read_costs_a_return_only_where_brands_decide(account, stand_in, odd):
    record = parcel_return(brand_id=odd)
    stand_in.add(record)
    assert isinstance(account().one(identity(record)), Return)
    found = account(brands={"4711": "monta-b"}).one(identity(record))
    assert isinstance(found, UnreadableRecord)
    assert "brand_id" in found.problem


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "many", None])
def test_a_quantity_that_is_none_is_never_guessed(quantity):
    assert isinstance(read(parcel_return(item(quantity=quantity))), UnreadableRecord)


def test_units_and_what_they_are_known_by_come_through():
    line = line_of(
        item_id="885501", sku=" TS-BLU-M ", quantity=2, description="T-shirt", return_message=" Valt klein ",
        manufacturer_product_id_std="8712345678906",
    )  # fmt: skip
    assert (line.quantity, line.order_line_ids, line.sku, line.barcode) == (2, ("885501",), "TS-BLU-M", "8712345678906")
    assert (line.title, line.comment, line.resolution) == ("T-shirt", "Valt klein", "money")


def test_items_of_one_order_line_and_reason_are_added_up():
    ret = returned(item("A", quantity=2), item("A"), item("A", reason=30), item("B"))
    assert [(line.sku, line.quantity) for line in ret.lines] == [("A", 3), ("A", 1), ("B", 1)]


@pytest.mark.parametrize(
    ("given_sku", "sku"),
    [
        ({"sku": "S", "variant_id": "V", "product_id": "P"}, "S"),
        ({"sku": "", "variant_id": "V", "product_id": "P"}, "V"),
        ({"sku": None, "variant_id": None, "product_id": 7741}, "7741"),
        ({"sku": " ", "variant_id": None, "product_id": None}, ""),
    ],
)
def test_an_article_without_a_sku_is_known_by_its_variant_or_product(given_sku, sku):
    assert returned(item() | given_sku).lines[0].sku == sku


@pytest.mark.parametrize("code", ["", None, "1234567", "123456789012345", "MPN-1", "87123456789x6"])
def test_only_what_looks_like_a_gtin_is_a_barcode(code):
    assert line_of(manufacturer_product_id_std=code).barcode == ""


def test_no_order_line_id_is_made_up():
    assert line_of(item_id=None).order_line_ids == ()


@pytest.mark.parametrize("number", ["#1001", " 1001", "NL/1", ""])
def test_the_order_number_stays_as_it_was_written(number):
    assert returned(order=number).order_numbers() == (number,)


@pytest.mark.parametrize(
    ("of_item", "of_return", "reason"),
    [
        ({"return_reason": {"id": 31, "description": "x"}}, {"id": 11}, Reason("31", "Size too small")),
        ({"return_reason": {"id": 31, "description": "Te klein"}}, None, Reason("31", "Size too small")),
        ({"return_reason": None, "return_reason_id": "30"}, {"id": 11}, Reason("30", "Size too large")),
        ({"return_reason": {}, "return_reason_id": None}, {"id": 11}, Reason("11", "Changed my mind")),
        ({"return_reason": None, "return_reason_id": ""}, None, Reason("8", "No reason")),
        ({"return_reason": {"id": 99, "description": "New one"}}, None, Reason("99", "New one")),
        ({"return_reason": None, "return_reason_id": "99"}, {"id": 1}, Reason("99")),
        ({"return_reason": None, "return_reason_id": None}, {"id": None, "description": "x"}, Reason("8", "No reason")),
    ],
)
def test_a_reason_is_its_number_that_of_the_item_first(of_item, of_return, reason):
    (line,) = returned(item(**of_item), reason=of_return).lines
    assert line.reason == reason


def test_a_description_that_differs_is_logged_without_its_words(caplog):
    with caplog.at_level(logging.DEBUG):
        line_of(return_reason={"id": 31, "description": "Geheim van Jo"})
    assert "31" in caplog.text
    assert "Jo" not in caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "https://panel.sendcloud.sc/api/v3/parcels/90000001/documents/label",
        "https://panel.sendcloud.sc/api/v2/labels/label_printer/90000001",
        "https://panel.sendcloud.sc/api/v2/labels/normal_printer/90000001?start_from=0",
    ],
)
def test_a_label_gives_its_parcels_id_in_either_form_of_its_address(url):
    for fields in ({"label": {"label_printer": url}}, {"label_url": url}, {"label": {"normal_printer": [url]}}):
        plain = {"label": None, "label_url": None, "tracking_number": None, "tracking_url": None}
        ret = returned(**plain | fields)
        assert ret.aliases == ("90000001",)
        assert ret.own_label.label_url == url


def test_ids_and_tracking_number_help_to_recognise_and_no_more():
    ret = returned(id=4711, tracking_number="3S1", label={"label_printer": "https://x.example/label"}, label_url=None)
    assert (ret.number, ret.aliases) == ("4711", ("4711", "3S1"))
    assert returned().number == ""


def test_only_a_label_address_or_a_tracking_number_is_an_own_label():
    none = {"label": None, "label_url": None, "tracking_number": None, "tracking_url": "https://t.example/"}
    assert returned(**none).own_label is None
    assert returned(**none | {"tracking_number": "3S1"}).own_label.tracking_code == "3S1"


def test_the_sender_is_the_consumer():
    ret = returned(
        from_address={
            "name": "Jo Voorbeeld", "address_line_1": "Lindelaan", "address_line_2": "bis", "house_number": 7,
            "postal_code": "3521 AB", "city": "Utrecht", "country_code": "NL", "email": "jo@example.org",
            "phone_number": "+31600000000",
        }
    )  # fmt: skip
    home = Address("Jo Voorbeeld", "Lindelaan bis", "7", "3521 AB", "Utrecht", "NL", "+31600000000")
    assert (ret.consumer.address, ret.consumer.email) == (home, "jo@example.org")


def test_the_carrier_wished_for_is_the_product_else_the_option():
    assert returned().carrier == "postnl:standard/return"
    assert returned(shipping_product={"code": None}, shipping_option={"code": "dpd:x"}).carrier == "dpd:x"
    assert returned(shipping_product=None, shipping_option=None).carrier == ""


def test_a_return_without_a_parcel_of_sendclouds_before_it_is_like_any_other():
    """Its order was imported and not sent by Sendcloud. The record does not show that, and no request asks for it."""
    assert returned(order="NL-20931").status is ReturnStatus.APPROVED


def test_brands_may_have_warehouses_of_their_own():
    made = settings_of(brands={"4711": "warehouse-b"})
    assert made.warehouses() == ("monta", "warehouse-b")
    assert made.warehouse_of(returned(brand_id=4711)) == "warehouse-b"
    assert made.warehouse_of(returned(brand_id=4712)) == "monta"
    assert made.warehouse_of(returned(brand_id=None)) == "monta"


# ---- how it is asked


def test_the_list_is_asked_for_as_documented_with_a_day_of_slack(account, between):
    since = clock.now() - timedelta(hours=5)
    list(account().changes(since))
    (query,) = queries(between)
    assert urlsplit(between.seen[0].target).path == "/sendcloud/api/v3/returns"
    assert (sorted(query), query["page_size"]) == (["from_date", "page_size", "to_date"], "40")
    assert query["from_date"] == f"{since - DAY:%Y-%m-%d %H:%M:%S}"
    assert abs(at(query["to_date"]) - clock.now() - DAY) < timedelta(seconds=5)


def test_every_page_is_asked_for_with_both_dates(account, between, stand_in):
    for number in range(100):
        stand_in.give_back(str(number), created=clock.now() - timedelta(minutes=number + 1))
    assert len(set(numbers(account().changes(clock.now() - DAY)))) == 100
    asked = queries(between)
    assert [("cursor" in query) for query in asked] == [False, True, True]
    assert len({(query["from_date"], query["to_date"], query["page_size"]) for query in asked}) == 1
    assert len({query.get("cursor") for query in asked}) == 3


def test_the_next_page_is_also_found_in_the_header(account, stand_in):
    stand_in.links_in_header = True
    for number in range(50):
        stand_in.give_back(str(number))
    assert len(set(numbers(account().changes(clock.now() - DAY)))) == 50


@pytest.mark.parametrize(
    "link",
    [
        '<http://x.example/?cursor=c1>; rel="next"',
        '<http://x.example/?cursor=c0>; rel="prev", <http://x.example/?page_size=40&cursor=c1>; rel="next"',
        "<http://x.example/?cursor=c1>; title=a; rel=next, <http://x.example/?cursor=c0>; rel=prev",
    ],
)
def test_only_the_cursor_of_the_link_that_says_next_is_taken(account, between, link):
    between.next = [Canned(200, b'{"data": []}', {"Link": link}), Canned(200, b'{"data": []}')]
    list(account().changes(clock.now() - timedelta(hours=1)))
    assert [query.get("cursor") for query in queries(between)] == [None, "c1"]


@pytest.mark.parametrize("link", ["http://x.example/returns", 5, ["x"], "http://x.example/?page=2"])
def test_a_next_page_that_cannot_be_asked_for_is_no_end_of_the_list(account, between, link):
    between.always = Canned(200, json.dumps({"next": link, "data": []}).encode())
    with pytest.raises(AccountUnavailable):
        list(account().changes(clock.now() - timedelta(hours=1)))


def test_of_the_slack_nothing_comes_through(account, stand_in):
    since = clock.now() - timedelta(hours=5)
    for number, moment in (("1", since - timedelta(microseconds=1)), ("2", since), ("3", since + timedelta(hours=1))):
        stand_in.give_back(number, created=moment)
    assert sorted(numbers(account().changes(since))) == ["2", "3"]


def test_nothing_is_listed_that_was_made_before_the_start(account, between, stand_in):
    start = clock.now() - timedelta(hours=5)
    stand_in.give_back("1", created=start - timedelta(hours=1))
    stand_in.give_back("2", created=start)
    platform = account(start_from=start)
    assert numbers(platform.changes(start - 30 * DAY)) == ["2"]
    assert numbers(platform.earlier(start - 30 * DAY, clock.now())) == ["2"]
    assert list(platform.earlier(start - 30 * DAY, start)) == []
    assert len(list(platform.find("1"))) == 0
    assert {at(query["from_date"]) for query in queries(between)} == {(start - DAY).replace(microsecond=0)}


def test_a_record_that_does_not_say_when_it_was_made_is_always_kept(account, between, stand_in):
    stand_in.give_back("1", created=clock.now() - timedelta(hours=20))
    between.edit = lambda content: content["data"][0].update(created_at="soon")
    pages = list(account().changes(clock.now() - timedelta(hours=1)))
    assert [len(page.unreadable) for page in pages] == [1]


def test_a_clock_of_theirs_that_is_ahead_hides_nothing(account, stand_in):
    stand_in.give_back("1", created=clock.now() + timedelta(minutes=20))
    assert numbers(account().changes(clock.now() - DAY)) == ["1"]


# ---- windows


def test_a_backlog_is_read_in_windows_of_a_week_the_earliest_first_each_with_its_mark(account, between, stand_in):
    since = clock.now() - timedelta(days=69, hours=23)
    for number, days in (("1", 69), ("2", 35), ("3", 1)):
        stand_in.give_back(number, created=clock.now() - timedelta(days=days))
    pages = list(account().changes(since))
    assert numbers(pages) == ["1", "2", "3"]
    assert [page.mark for page in pages[:-1]] == [since + week * 7 * DAY for week in range(1, 10)]
    assert clock.now() - pages[-1].mark < timedelta(seconds=10)
    spans = [at(query["to_date"]) - at(query["from_date"]) for query in queries(between)]
    assert max(spans) <= timedelta(days=9)


def test_the_mark_comes_with_the_last_page_of_a_window_only(account, stand_in):
    for number in range(90):
        stand_in.give_back(str(number), created=clock.now() - timedelta(days=40, minutes=number))
    pages = list(account().changes(clock.now() - timedelta(days=45)))
    assert [page.mark is not None for page in pages] == [False, False, *[True] * 7]


def test_a_return_at_the_edge_of_two_windows_comes_once(account, stand_in):
    since = clock.now() - timedelta(days=45)
    stand_in.give_back("1", created=since + 28 * DAY)
    assert numbers(account().changes(since)) == ["1"]


@pytest.mark.parametrize("longest", [4, 9, 20])
def test_a_window_that_is_refused_is_read_in_shorter_ones(account, stand_in, longest):
    stand_in.longest_window = timedelta(days=longest)
    since = clock.now() - timedelta(days=50)
    for days in range(50):
        stand_in.give_back(str(days), created=clock.now() - timedelta(days=days, hours=1))
    pages = list(account().changes(since))
    assert sorted(map(int, numbers(pages))) == list(range(50))
    marks = [page.mark for page in pages]
    assert marks == sorted(marks)


def test_what_is_too_long_is_found_out_once(account, sandbox, stand_in):
    stand_in.longest_window = timedelta(days=9)
    platform = account()
    list(platform.changes(clock.now() - timedelta(days=50)))
    before = sandbox.counts.calls("sendcloud.list")
    list(platform.changes(clock.now() - timedelta(days=3)))
    assert sandbox.counts.calls("sendcloud.list") == before + 1


def test_a_day_that_is_refused_stops_the_source(account, between, stand_in):
    stand_in.longest_window = timedelta(hours=1)
    with pytest.raises(AccountRefused) as told:
        list(account().changes(clock.now() - timedelta(days=50)))
    assert told.value.exit_code == 78
    assert len(between.seen) <= 6


def test_a_refusal_in_the_middle_of_a_window_loses_nothing(account, between, stand_in):
    for number in range(50):
        stand_in.give_back(str(number), created=clock.now() - timedelta(days=5, minutes=number))
    between.next = [None, Canned(400, b"")]
    assert len(set(numbers(account().changes(clock.now() - timedelta(days=10))))) == 50


def test_earlier_ones_are_listed_up_to_where_the_others_begin_and_say_how_far_they_came(account, stand_in):
    now = clock.now()
    for number, days in (("1", 50), ("2", 10), ("3", 3), ("4", 1)):
        stand_in.give_back(number, created=now - timedelta(days=days))
    pages = list(account().earlier(now - timedelta(days=60), now - timedelta(days=3)))
    assert numbers(pages) == ["1", "2"]
    ends = [now - timedelta(days=days) for days in (45, 30, 15, 3)]
    assert [page.mark for page in pages] == ends


def test_the_latest_days_are_read_each_run_and_all_open_ones_now_and_then():
    back = Sendcloud.look_back(settings_of(open_days=42))
    assert (back.usual, back.deep) == (timedelta(days=3), timedelta(days=42))


def test_a_change_of_an_older_return_shows_when_it_is_listed_again(account, stand_in):
    inside = stand_in.give_back("1", word="requested/no-label", created=clock.now() - timedelta(days=30))
    stand_in.touch(inside, word="open/announced")
    pages = account().earlier(clock.now() - timedelta(days=35), clock.now() - timedelta(days=10))
    assert [ret.status for page in pages for ret in page.returns] == [ReturnStatus.APPROVED]


# ---- one, several, and what people type


def test_one_is_read_from_the_days_around_its_creation(account, between, stand_in):
    created = clock.now() - timedelta(days=20)
    record = parcel_return(created=created)
    stand_in.add(record)
    stand_in.give_back("2", created=created)
    assert account().one(identity(record)).id == identity(record)
    (query,) = queries(between)
    assert at(query["to_date"]) - at(query["from_date"]) <= timedelta(days=2, seconds=1)


@pytest.mark.parametrize("word", ["no-such-return", "4711", "sha256:00", "20261399T000000.000000Z-aaaaaaaaaa", ".", ""])
def test_what_is_no_id_of_ours_is_not_asked_for(account, between, word):
    assert account().one(ReturnId(word)) is None
    assert between.seen == []


def test_a_return_that_is_no_longer_listed_is_none(account, stand_in):
    record = parcel_return(parcel="cancelled")
    stand_in.add(record)
    assert account().one(identity(record)).status is ReturnStatus.CANCELLED
    stand_in.hides_cancelled = True
    assert account().one(identity(record)) is None


def test_one_that_cannot_be_read_is_found_under_its_key(account, stand_in):
    record = parcel_return(item(quantity=0))
    stand_in.add(record)
    found = account().one(identity(record))
    assert isinstance(found, UnreadableRecord)
    assert found.key == identity(record)


def test_several_that_were_made_within_days_come_with_one_listing(account, between, stand_in):
    records = [parcel_return(order=str(days), created=clock.now() - timedelta(days=days)) for days in (1, 2, 4, 30)]
    for record in records:
        stand_in.add(record)
    gone = identity(parcel_return(order="gone", created=clock.now() - timedelta(days=3)))
    wanted = [*map(identity, records), gone, ReturnId("strange")]
    found = dict(account().each(wanted))
    assert {key for key in wanted if found[key] is None} == {gone, "strange"}
    assert all(found[identity(record)].id == identity(record) for record in records)
    assert len(between.seen) == 2


def test_a_listing_that_fails_costs_the_returns_that_it_was_for(account, between, stand_in):
    near, far = (parcel_return(order=f"{days}", created=clock.now() - timedelta(days=days)) for days in (1, 30))
    stand_in.add(near)
    stand_in.add(far)
    between.next = [Canned(503, b""), Canned(503, b"")]
    found = dict(account().each([identity(near), identity(far)]))
    assert isinstance(found[identity(far)], CallError)
    assert isinstance(found[identity(near)], Return)


def test_several_of_an_account_that_is_refused_stop_it(account, between):
    between.always = Canned(403, b"")
    with pytest.raises(AccountRefused):
        list(account().each([identity(parcel_return())]))


@pytest.mark.parametrize("written", ["1001", "#1001"])
@pytest.mark.parametrize("typed", ["1001", "#1001", " 1001 "])
def test_an_order_is_found_with_and_without_its_sign(account, stand_in, typed, written):
    record = parcel_return(order=written, created=clock.now() - timedelta(days=40))
    stand_in.add(record)
    stand_in.give_back("10012")
    assert [found.id for found in account().find(typed)] == [identity(record)]


def test_a_return_is_found_by_every_name_that_is_known_of_it(account, stand_in):
    stand_in.sends_ids = True
    record = parcel_return(created=clock.now() - timedelta(days=5))
    inside = stand_in.add(record)
    stand_in.give_back("2")
    parcel = record["label_url"].split("/")[-3]
    for typed in (inside, parcel, record["tracking_number"], identity(record)):
        assert [found.id for found in account().find(typed)] == [identity(record)], typed


def test_one_that_cannot_be_read_is_found_by_its_order(account, stand_in):
    record = parcel_return(item(quantity=0), order="#77")
    stand_in.add(record)
    assert [found.key for found in account().find("77")] == [identity(record)]


def test_a_return_without_an_order_is_found_by_nothing_that_is_nothing(account, stand_in):
    stand_in.add(parcel_return(order=""))
    for typed in ("", " ", "#", "# ", "."):
        assert list(account().find(typed)) == []


# ---- keys and tokens


def test_the_check_is_one_cheap_request(account, between):
    assert [finding.ok for finding in account().check()] == [True]
    (query,) = queries(between)
    assert query["page_size"] == "1"


def test_a_check_that_is_refused_tells_of_the_other_way_to_log_in(account, stand_in):
    stand_in.oauth_only = True
    with pytest.raises(AccountRefused) as told:
        list(account().check())
    assert "oauth2" in told.value.next_step
    assert [finding.ok for finding in account(auth="oauth2").check()] == [True]


def test_a_token_is_asked_for_once_for_many_calls(account, sandbox, stand_in):
    stand_in.oauth_only = True
    for number in range(100):
        stand_in.give_back(str(number))
    platform = account(auth="oauth2")
    assert len(set(numbers(platform.changes(clock.now() - DAY)))) == 100
    list(platform.find("5"))
    list(platform.check())
    assert sandbox.counts.calls("sendcloud.token") == 1
    assert sandbox.counts.calls("sendcloud.list") > 5


def test_a_token_that_is_refused_before_its_time_is_renewed_once(account, sandbox, stand_in):
    stand_in.oauth_only = True
    stand_in.give_back("1")
    platform = account(auth="oauth2")
    list(platform.check())
    stand_in.expire_tokens()
    assert numbers(platform.changes(clock.now() - DAY)) == ["1"]
    assert sandbox.counts.calls("sendcloud.token") == 2


def test_a_token_that_is_refused_again_stops_the_source(account, between, sandbox):
    between.always = Canned(401, b"")
    with pytest.raises(AccountRefused) as told:
        list(account(auth="oauth2").changes(clock.now() - DAY))
    assert told.value.exit_code == 78
    assert (len(between.seen), sandbox.counts.calls("sendcloud.token")) == (2, 2)


def test_the_keys_go_to_the_token_address_only_and_the_token_to_the_api_only(account, between):
    platform = account(auth="oauth2")
    list(platform.check())
    list(platform.changes(clock.now() - DAY))
    assert {seen.headers["authorization"] for seen in between.seen} == {"Bearer sandbox.sendcloud.token.1"}
    for seen in between.seen:
        assert not any(key in f"{seen.target} {seen.headers} {seen.body!r}" for key in KEYS.values())


def test_keys_that_are_refused_stop_the_source_before_the_api_is_asked(account, between, sandbox):
    sandbox.sendcloud.account.secret_key = "another"
    with pytest.raises(AccountRefused) as told:
        list(account(auth="oauth2").changes(clock.now() - DAY))
    assert between.seen == []
    assert "keys" in told.value.next_step


def test_a_redirect_of_the_token_address_is_not_followed(account, between, sandbox):
    other = Between()
    try:
        for status in (301, 302, 307, 308):
            fault = Fault("sendcloud.token", "redirect", status=status, location=other.url + "/oauth2/token")
            sandbox.faults.add(fault)
            with pytest.raises((AccountError, CallError)):
                list(account(auth="oauth2").changes(clock.now() - DAY))
        assert (other.seen, between.seen) == ([], [])
    finally:
        other.close()


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"access_token": 5}', b'{"access_token": "a\\r\\nb"}'])
def test_an_invalid_token_is_never_sent(account, between, sandbox, body):
    sandbox.faults.add(Fault("sendcloud.token", "status", status=200, body=body, content_type="application/json"))
    with pytest.raises(BadAnswer):
        list(account(auth="oauth2").changes(clock.now() - DAY))
    assert between.seen == []


def test_neither_keys_nor_token_are_in_a_log_or_an_error(account, between, caplog):
    for key in KEYS.values():
        register_secret(key)  # as is done when a reference is resolved
    told = []
    with caplog.at_level(logging.DEBUG):
        for way in ("basic", "oauth2"):
            platform = account(auth=way)
            list(platform.check())
            quoted = json.dumps(
                [*KEYS.values(), "sandbox.sendcloud.token.1", between.seen[-1].headers["authorization"]]
            )
            between.always = Canned(403, quoted.encode())
            with pytest.raises(ReturnsyncError) as caught:
                list(platform.changes(clock.now() - DAY))
            told.append(f"{caught.value} {caught.value.next_step} {caught.value.foreign} {platform!r}")
            between.always = None
    for secret in (KEYS["secret_key"], "sandbox.sendcloud.token.1"):
        assert secret not in " ".join(told) + caplog.text


def test_a_token_address_in_clear_text_is_refused():
    with pytest.raises(ConfigError):
        Sendcloud.auth(settings_of(auth="oauth2", token_url="http://account.example/token"), KEYS.__getitem__)


def test_no_consumer_is_in_a_log(account, stand_in, caplog):
    record = parcel_return(item(return_message="Valt klein"), order="1001", status={"odd": 1})
    stand_in.add(record)
    with caplog.at_level(logging.DEBUG):
        (page,) = account().changes(clock.now() - DAY)
    person = record["from_address"]
    told = caplog.text + page.unreadable[0].problem + page.unreadable[0].key
    assert not any(value and value in told for value in (person["name"], person["email"], person["postal_code"]))


def test_both_sides_read_the_spellings_alike():
    for slug in words.OF_PARCEL:
        for spelling in range(3):
            written = step(slug, clock.now(), spelling)["parent_status"]
            assert slug_of(written) == stand_in_slug_of(written) == slug


def test_times_are_read_as_the_stand_in_writes_them():
    moment = at("2026-07-01 10:00:00.000001")
    assert local_time(moment) == "2026-07-01T12:00:00.000001+02:00"
    assert returned(created=moment, updated=moment).created == moment
