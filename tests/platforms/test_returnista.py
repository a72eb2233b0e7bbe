"""Returnista: the contract of every platform, and its own translations."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from returnsync import clock
from returnsync.errors import AccountRefused, AccountUnavailable, Refused
from returnsync.http.auth import Bearer
from returnsync.http.client import Reader
from returnsync.http.retry import RetryPolicy
from returnsync.model import Address, Reason, Return, ReturnId, ReturnStatus, UnreadableRecord
from returnsync.platforms.contract import PlatformContract, Wish
from returnsync.platforms.contract.between import Between, Canned
from returnsync.platforms.records import UntranslatableError
from returnsync.platforms.returnista import Returnista, ReturnistaSettings
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.world import request, return_order, shipment


class TestReturnista(PlatformContract):
    platform = Returnista
    settings = {"account_id": World().account_id}
    secrets = {"token": World().token}
    statuses = {
        ReturnStatus.APPROVED: "Confirmed",
        ReturnStatus.REQUESTED: "Pending",
        ReturnStatus.COMPLETED: "Completed",
        ReturnStatus.REJECTED: "Rejected",
        ReturnStatus.CANCELLED: "Cancelled",
    }
    page_size = 50
    forbidden = ("resend-confirmation-email", "/accept", "/reject", "draft-return-order")
    status_field, created_field, updated_field = "status", "createdAt", "updatedAt"
    spare_fields = (
        *("consumer", "consumer.shippingAddress", "consumer.email", "purchaseOrderNumbers", "shipments.0.sender"),
        *("returnRequests.0.product.name", "returnRequests.0.product.barcode", "returnRequests.0.returnReasonComment"),
        *("returnRequests.0.requestedResolution", "returnRequests.0.purchasePrice"),
    )

    def start(self):
        self.sandbox = Sandbox(World.empty()).__enter__()
        self.returnista = self.sandbox.returnista
        return self.sandbox.returnista_url

    def stop(self):
        self.sandbox.__exit__(None, None, None)
        assert self.sandbox.counts.effects("forbidden") == 0

    def add(self, wish):
        requests = [request(order=number) for number in wish.orders]
        return self.returnista.add(
            return_order(
                *requests,
                id=f"0195a000-0000-7000-8000-{len(self.returnista.return_orders):012d}",
                status=wish.word or "Confirmed",
                created=wish.created,
                updated=wish.updated,
            )
        )

    def touch(self, return_id, at):
        self.returnista.touch(return_id, at=at)

    def records(self, content):
        return content.get("data") if isinstance(content, dict) else None


# ---- its own translations


@pytest.fixture
def account(between):
    """Opens the account in the sandbox, with the settings of a test; every request is noted in `between`."""
    readers = []

    def opened(**settings):
        made = ReturnistaSettings.model_validate(
            {
                "platform": "returnista",
                "warehouse": "monta",
                "start_from": datetime(2026, 1, 1, tzinfo=UTC),
                "account_id": World().account_id,
                "token": "env:TOKEN",
                "base_url": between.url,
                **settings,
            }
        )
        readers.append(Reader("shop-nl", made.base_url, Bearer(World().token), retry=RetryPolicy(attempts=1)))
        return Returnista("shop-nl", made, readers[-1])

    yield opened
    for reader in readers:
        reader.close()


@pytest.fixture
def between(sandbox):
    server = Between(sandbox.returnista_url)
    yield server
    server.close()


@pytest.fixture
def read(account):
    """One record as a return, from an account that has only this one."""
    platform = account()

    def translated(*requests, **fields):
        ret = platform.read(return_order(*requests, **fields))
        assert isinstance(ret, Return), ret
        return ret

    return translated


def queries(between, path):
    return [
        parse_qsl(urlsplit(seen.target).query, keep_blank_values=True)
        for seen in between.seen
        if urlsplit(seen.target).path.endswith(path)
    ]


def test_the_list_is_asked_for_as_the_dossier_has_it(account, between):
    list(account().changes(datetime(2026, 3, 1, tzinfo=UTC)))
    assert [seen.method for seen in between.seen] == ["GET"]
    assert between.seen[0].target == (
        "/returnista/api/v0/account/0190a000-0000-7000-8000-000000000001/return-orders"
        "?limit=50&page=1&filter=updatedAt%3E%3D2026-03-01T00%3A00%3A00.000Z&sortBy=updatedAt&orderBy=asc"
        "&expand=consumer&expand=shipments&expand=returnRequests"
    )


def test_a_page_never_asks_for_more_than_fifty(account, between, sandbox):
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    for index in range(120):
        sandbox.returnista.add(return_order(id=f"r-{index}", updated=moment + timedelta(seconds=index // 60)))
    assert sum(len(page.returns) for page in account().changes(moment)) >= 120
    list(account().find("1001"))
    limits = {value for query in queries(between, "return-orders") for name, value in query if name == "limit"}
    assert limits == {"50"}


def test_one_condition_a_call(account, between):
    list(account().changes(datetime(2026, 3, 1, tzinfo=UTC)))
    list(account().find("1001"))
    for query in queries(between, "return-orders"):
        assert [name for name, _ in query].count("filter") == 1


def test_requests_are_grouped_by_their_order_number(read):
    ret = read(request("A", "#1001"), request("B", "#1002"), request("C", "#1001"))
    assert [(line.order_number, line.sku) for line in ret.lines] == [("#1001", "A"), ("#1002", "B"), ("#1001", "C")]
    assert ret.order_numbers() == ("#1001", "#1002")


def test_the_order_number_stays_as_the_platform_wrote_it(read):
    assert read(request(order="#1004800")).order_numbers() == ("#1004800",)


def test_each_request_is_one_unit(read):
    ret = read(request("A", purchase_id="u1", parent="line-1"), request("A", purchase_id="u2", parent="line-1"))
    assert [(line.quantity, line.order_line_ids) for line in ret.lines] == [(2, ("line-1", "u1", "u2"))]


def test_units_without_a_common_line_stay_apart(read):
    ret = read(request("A", purchase_id="u1"), request("A", purchase_id="u2"))
    assert [(line.quantity, line.order_line_ids) for line in ret.lines] == [(1, ("u1",)), (1, ("u2",))]


def test_a_quantity_is_used_if_ever_there_is_one(read):
    assert [line.quantity for line in read(request(quantity=3)).lines] == [3]


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "many"])
def test_a_quantity_that_is_none_is_never_guessed(account, quantity):
    assert isinstance(account().read(return_order(request(quantity=quantity))), UnreadableRecord)


def test_a_sub_reason_is_the_key_and_no_comment(read):
    (line,) = read(request(comment="sub_return_reasons.sleeve_too_short")).lines
    assert line.reason == Reason(
        "sub_return_reasons.sleeve_too_short", parent=Reason("return_reasons.too_small", "Too small")
    )
    assert line.comment == ""


def test_free_text_is_a_comment_and_no_reason(read):
    (line,) = read(request(comment=" Sleeves are short ")).lines
    assert (line.reason, line.comment) == (Reason("return_reasons.too_small", "Too small"), "Sleeves are short")


def test_a_sub_reason_without_a_reason_stands_alone(read):
    (line,) = read(request(reason_key=None, comment="sub_return_reasons.other")).lines
    assert line.reason == Reason("sub_return_reasons.other")


def test_no_reason_at_all_is_none(read):
    assert [line.reason for line in read(request(reason_key=None)).lines] == [None]


def test_a_description_is_never_a_key(read):
    (line,) = read(request(returnReason={"description": "Te klein"}, returnReasonId="r-9")).lines
    assert line.reason == Reason("r-9")


@pytest.mark.parametrize("wrapped", [False, True], ids=["array", "data"])
def test_reasons_that_are_missing_are_looked_up_once_in_either_form(account, between, sandbox, wrapped):
    sandbox.returnista.reasons_wrapped = wrapped
    platform = account()
    for sku in ("A", "B"):
        ret = platform.read(return_order(request(sku, returnReason=None)))
        assert [line.reason for line in ret.lines] == [Reason("return_reasons.too_small", "Too small")]
    assert len(queries(between, "return-reasons")) == 1


def test_reasons_are_not_asked_for_when_each_request_has_its_own(account, between):
    account().read(return_order())
    assert between.seen == []


def test_a_reason_that_the_list_does_not_have_is_known_by_its_id(account):
    ret = account().read(return_order(request(returnReason=None, returnReasonId="r-unheard-of")))
    assert [line.reason for line in ret.lines] == [Reason("r-unheard-of")]


def test_an_account_that_may_not_read_reasons_goes_on_with_their_ids(account, sandbox):
    sandbox.faults.add(Fault("returnista.reasons", "status", status=403))
    ret = account().read(return_order(request(returnReason=None, returnReasonId="r-1")))
    assert [line.reason for line in ret.lines] == [Reason("r-1")]


@pytest.mark.parametrize("body", [b"5", b'"x"', b"null", b'[{"id": {}}]', b"<html>", b'{"data": 5}'])
def test_a_list_of_reasons_that_is_none_costs_only_the_returns_that_need_it(account, sandbox, body):
    sandbox.faults.add(Fault("returnista.reasons", "status", status=200, body=body, content_type="application/json"))
    platform = account()
    assert isinstance(platform.read(return_order(request(returnReason=None))), UnreadableRecord)
    assert isinstance(platform.read(return_order()), Return)


@pytest.mark.parametrize("word", ["denied", "Rejected", "CANCELLED", "canceled"])
def test_a_denied_request_is_no_line(read, word):
    ret = read(request("A", status=word), request("B"))
    assert (ret.status, [line.sku for line in ret.lines]) == (ReturnStatus.APPROVED, ["B"])


def test_a_return_with_all_requests_denied_is_rejected(read):
    ret = read(request("A", status="denied"), request("B", status="Rejected"))
    assert (ret.status, ret.lines, ret.raw_status) == (ReturnStatus.REJECTED, (), "Confirmed")


def test_a_cancelled_return_stays_cancelled_whatever_its_requests_say(read):
    assert read(request(status="denied"), status="Cancelled").status is ReturnStatus.CANCELLED


def test_a_return_without_requests_is_set_aside(account):
    record = return_order(returnRequests=[])
    assert isinstance(account().read(record), UnreadableRecord)


@pytest.mark.parametrize("word", ["draft", "Draft"])
def test_drafts_are_ignored(account, sandbox, word):
    sandbox.returnista.add(return_order(status=word))
    pages = list(account().changes(datetime.now(UTC) - timedelta(days=1)))
    assert [(page.returns, page.unreadable, page.skipped) for page in pages] == [((), (), 1)]


def test_returns_of_test_stores_are_dropped_unless_wanted(account):
    record = return_order(uat=True)
    assert account().read(record) is None
    assert isinstance(account(test_stores=True).read(record), Return)
    assert isinstance(account().read(return_order(uat=False)), Return)


@pytest.mark.parametrize(
    ("given", "own"),
    [
        ({}, False),
        ({"labelUrl": "", "trackingNumber": ""}, False),
        ({"status": "LabelCreated", "labelBarcode": "3S1", "trackingUrl": "https://t.example/"}, False),
        ({"labelUrl": "https://l.example/1.pdf"}, True),
        ({"trackingNumber": "3SABC"}, True),
    ],
)
def test_only_a_label_address_or_a_tracking_number_is_an_own_label(read, given, own):
    assert (read(shipments=[shipment() | given]).own_label is not None) is own


@pytest.mark.parametrize("yes", [True, "true", "Yes"])
def test_a_return_without_a_shipment_is_told_as_one(read, yes):
    assert read(createdWithoutShipment=yes).without_shipment is True


@pytest.mark.parametrize("no", [False, None, "", "-", "no", 5, 0.5, [], [True], {}, {"value": True}, "soon"])
def test_what_is_not_yes_is_a_return_like_any_other(read, no):
    assert read(createdWithoutShipment=no).without_shipment is False


def test_an_own_label_is_found_on_any_parcel(read):
    label = read(
        shipments=[shipment(), shipment(tracking="3SABC") | {"trackingUrl": "https://t.example/3SABC"}]
    ).own_label
    assert (label.tracking_code, label.tracking_link, label.label_url) == ("3SABC", "https://t.example/3SABC", "")


def test_a_return_is_delivered_only_when_all_its_parcels_are(read):
    there, under_way = shipment(status="DELIVERED"), shipment(status="New")
    assert read(shipments=[there, under_way]).status is ReturnStatus.APPROVED
    assert read(shipments=[there, there]).status is ReturnStatus.DELIVERED
    assert read(shipments=[]).status is ReturnStatus.APPROVED


@pytest.mark.parametrize("word", ["Confirmed", "confirmed", "CONFIRMED"])
def test_statuses_are_read_in_any_case(read, word):
    ret = read(status=word)
    assert (ret.status, ret.raw_status) == (ReturnStatus.APPROVED, word)


def test_approved_statuses_say_what_approved_is(account):
    platform = account(approved_statuses=["Labelled", "Complete"])
    found = {word: platform.read(return_order(status=word)).status for word in ("labelled", "COMPLETE", "Confirmed")}
    assert found == {
        "labelled": ReturnStatus.APPROVED,
        "COMPLETE": ReturnStatus.APPROVED,
        "Confirmed": ReturnStatus.UNKNOWN,
    }


@pytest.mark.parametrize("part", ["consumer", "shipments", "returnRequests"])
def test_a_part_that_the_list_leaves_out_is_fetched_singly(account, between, sandbox, part):
    record = return_order()
    sandbox.returnista.add(record)
    platform = account()
    whole = platform.read(record)
    listed = platform.read({name: value for name, value in record.items() if name != part})
    assert (listed.lines, between.seen) == ((), [])
    assert platform.complete(listed) == whole
    assert queries(between, record["id"]) == [
        [("expand", "consumer"), ("expand", "shipments"), ("expand", "returnRequests")]
    ]


def test_a_return_whose_parts_cannot_be_fetched_is_set_aside(account):
    record = return_order()
    del record["shipments"]
    platform = account()
    with pytest.raises(UntranslatableError, match="not there singly"):
        platform.complete(platform.read(record))


def test_the_house_number_comes_from_the_parcels_sender(read):
    sender = {
        "firstName": "Jo",
        "lastName": "Voorbeeld",
        "street": "Teststraat",
        "houseNumber": 12,
        "city": "Utrecht",
        "postalCode": "1234 AB",
        "countryCode": "NL",
    }
    ret = read(shipments=[shipment(), shipment(sender=sender)])
    assert ret.sender == Address("Jo Voorbeeld", "Teststraat", "12", "1234 AB", "Utrecht", "NL")
    assert ret.consumer.address.street == "Teststraat 12 bis"


@pytest.mark.parametrize(
    ("product", "carrier"),
    [
        ({"key": "postnl_parcel", "productCode": "RET-1", "name": "Parcel"}, "postnl_parcel"),
        ({"key": None, "productCode": "RET-1", "name": "Parcel"}, "RET-1"),
        ({"name": "Parcel"}, "Parcel"),
        (None, ""),
    ],
)
def test_the_carrier_wished_for_is_the_shipping_product(read, product, carrier):
    assert read(shipments=[shipment(shippingProduct=product)]).carrier == carrier


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-03-02T09:14:07.120Z", datetime(2026, 3, 2, 9, 14, 7, 120_000, UTC)),
        ("2026-03-02T09:14:07Z", datetime(2026, 3, 2, 9, 14, 7, 0, UTC)),
        ("2026-03-02T09:14Z", datetime(2026, 3, 2, 9, 14, 0, 0, UTC)),
        ("2026-03-02T09:14:07.1234567Z", datetime(2026, 3, 2, 9, 14, 7, 123_456, UTC)),
        ("2026-03-02T09:14:07", datetime(2026, 3, 2, 9, 14, 7, 0, UTC)),
        ("2026-03-02", datetime(2026, 3, 2, 0, 0, 0, 0, UTC)),
    ],
)
def test_every_form_of_time_is_read_as_utc(read, written, moment):
    ret = read(createdAt=written, updatedAt=written)
    assert (ret.created, ret.updated) == (moment, moment)


@pytest.mark.parametrize("name", ["createdAt", "updatedAt"])
@pytest.mark.parametrize("written", ["yesterday", "", "0001-01-01T00:00:00+05:00"])
def test_a_time_that_is_none_sets_the_record_aside_and_is_not_quoted(account, name, written):
    kept = account().read(return_order(**{name: written}))
    assert isinstance(kept, UnreadableRecord)
    assert "yesterday" not in kept.problem


@pytest.mark.parametrize("written", ["1001", "#1001"])
@pytest.mark.parametrize("typed", ["1001", "#1001"])
def test_an_order_is_found_with_and_without_its_sign(account, sandbox, typed, written):
    identity = sandbox.returnista.add(return_order(request(order=written)))
    assert [ret.id for ret in account().find(typed)] == [identity]


def test_the_check_is_one_cheap_request(account, between):
    assert [finding.ok for finding in account().check()] == [True]
    assert [seen.target.rpartition("/")[2] for seen in between.seen] == ["return-requests?limit=1"]


def test_a_wrong_account_id_is_reported_as_such(account):
    with pytest.raises(AccountRefused) as told:
        list(account(account_id="not-mine").changes(datetime.now(UTC)))
    assert "account_id" in told.value.next_step


def test_a_list_that_ignores_the_filter_is_not_trusted(account, between):
    old = return_order(updated=datetime(2026, 1, 1, tzinfo=UTC))
    body = json.dumps({"data": [old], "limit": 50, "page": 1, "hasMore": False}).encode()
    between.always = Canned(200, body)
    with pytest.raises(AccountUnavailable):
        list(account().changes(datetime(2026, 3, 1, tzinfo=UTC)))


def test_a_listing_goes_on_until_the_server_says_that_there_is_no_more(account, between, sandbox):
    sandbox.returnista.add(return_order())
    since = clock.now() - timedelta(days=1)
    between.edit = lambda content: content.pop("hasMore", None) if content["data"] else None
    assert len(list(account().changes(since))) > 1


def test_what_the_server_takes_neither_for_a_number_nor_for_an_id_finds_nothing(account, between):
    between.always = Canned(400, b'{"errors": [{"message": "Field: id - not a UUID"}]}')
    assert list(account().find("x")) == []


def test_a_known_return_that_the_server_does_not_take_is_never_told_as_gone(account, between):
    between.always = Canned(400, b'{"errors": [{"message": "Field: expand"}]}')
    with pytest.raises(Refused):
        account().one(ReturnId("x"))


# ---- the contract itself


def test_a_test_class_that_leaves_something_out_is_told_what():
    with pytest.raises(TypeError, match=r"TestHalf must give .*secrets.* start, stop, add, touch, records"):
        type("TestHalf", (PlatformContract,), {"platform": Returnista, "settings": {}})


def test_the_wish_for_a_return_is_one_approved_an_hour_ago():
    wish = Wish()
    assert clock.now() - timedelta(hours=1, minutes=1) < wish.updated < clock.now()
    assert wish.created < wish.updated
