"""Channable: the contract of every platform, and its own translations."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from returnsync import clock
from returnsync.errors import AccountRefused, BadAnswer, Refused, Unclear
from returnsync.http.auth import Bearer
from returnsync.http.client import Reader
from returnsync.http.retry import RetryPolicy
from returnsync.model import Address, Consumer, Reason, Return, ReturnId, ReturnStatus, UnreadableRecord
from returnsync.platforms.channable import Channable, ChannableSettings
from returnsync.platforms.channable.translation import names
from returnsync.platforms.contract import PlatformContract
from returnsync.platforms.contract.between import Between, Canned
from returnsync.platforms.contract.calls import QUOTED
from returnsync.platforms.records import UntranslatableError
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.channable import ChannableAccount
from returnsync.sandbox.channable_records import gtin_of, obfuscated, old_shape, order, product, returned

ACCOUNT = ChannableAccount()
PROJECT = f"companies/{ACCOUNT.company_id}/projects/{ACCOUNT.project_id}"


class TestChannable(PlatformContract):
    platform = Channable
    settings = {"company_id": ACCOUNT.company_id, "project_id": ACCOUNT.project_id}
    secrets = {"token": ACCOUNT.token}
    statuses = {
        ReturnStatus.APPROVED: "new",
        ReturnStatus.REQUESTED: "processing",
        ReturnStatus.UNKNOWN: "manual",
        ReturnStatus.COMPLETED: "accepted",
        ReturnStatus.CANCELLED: "keeps",
    }
    page_size = 100
    forbidden = ("/status", "/returns/test", "/shipment")
    status_field, created_field, updated_field = "status", "created", "modified"
    spare_fields = (
        *("data.customer", "data.customer.email", "data.address", "data.address.house_number", "log", "error"),
        *("data.item.title", "data.item.comment"),
    )
    precision = timedelta(seconds=1)
    error_bodies = (
        json.dumps({"status": "error", "message": QUOTED}).encode(),
        json.dumps({"status": "error", "error": QUOTED}).encode(),
        json.dumps({"detail": [{"loc": ["query", 0, "limit"], "msg": QUOTED, "type": "int_parsing"}]}).encode(),
    )
    wrong_bodies = (
        b'{"status": "error", "message": "no"}',
        b'{"total": 0, "error_count": 0, "returns": null}',
        b'{"total": 0, "error_count": 0, "orders": []}',
    )

    def start(self):
        self.sandbox = Sandbox(World.empty()).__enter__()
        self.channable = self.sandbox.channable
        return self.sandbox.url + self.channable.base

    def stop(self):
        self.sandbox.__exit__(None, None, None)
        assert self.sandbox.counts.effects("forbidden") == 0

    def add(self, wish):
        (number,) = wish.orders
        self.channable.add_order(order(number))
        return self.channable.add(
            returned(
                order=number,
                id=self.channable.new_id(),
                status=wish.word or "new",
                created=wish.created,
                modified=wish.updated,
                meta={"channel_order_id": number},
            )
        )

    def touch(self, return_id, at):
        self.channable.touch(return_id, at=at)

    def records(self, content):
        return content.get("returns") if isinstance(content, dict) else None

    def test_an_approved_return_has_all_that_an_announcement_needs(self):
        """A return has no SKU (section "Linking a return to an order and a SKU"): `complete` reads it."""
        wish = self.wish()
        identity = self.add(wish)
        platform = self.open()
        (ret,) = self.listed(platform=platform).returns.values()
        assert (ret.id, ret.status, ret.raw_status) == (identity, ReturnStatus.APPROVED, "new")
        assert (ret.created, ret.updated) == (wish.created, wish.updated)
        assert [(line.quantity, line.sku) for line in platform.complete(ret).lines] == [(1, "SHIRT-BL-M")]


# ---- its own translations


@pytest.fixture
def between(sandbox):
    server = Between(sandbox.url + sandbox.channable.base)
    yield server
    server.close()


@pytest.fixture
def account(between):
    """Opens the project in the sandbox, with the settings of a test; every request is noted in `between`."""
    readers = []

    def opened(**settings):
        made = configured(base_url=between.url, **settings)
        readers.append(Reader("shop", made.base_url, Bearer(ACCOUNT.token), retry=RetryPolicy(attempts=1)))
        return Channable("shop", made, readers[-1])

    yield opened
    for reader in readers:
        reader.close()


def configured(**settings):
    return ChannableSettings.model_validate(
        {
            "platform": "channable",
            "warehouse": "monta",
            "start_from": datetime(2026, 1, 1, tzinfo=UTC),
            "company_id": ACCOUNT.company_id,
            "project_id": ACCOUNT.project_id,
            "token": "env:TOKEN",
            **settings,
        }
    )


@pytest.fixture
def read(account):
    """One record as a return, with the settings of a test."""

    def translated(record=None, **settings):
        ret = account(**settings).read(record or returned())
        assert isinstance(ret, Return), ret
        return ret

    return translated


@pytest.fixture
def completed(account, sandbox):
    """The SKU and the barcode of a record, after its order was read."""

    def line(record, *orders, **settings):
        for one in orders:
            sandbox.channable.add_order(one)
        platform = account(**settings)
        (found,) = platform.complete(platform.read(record)).lines
        return found.sku, found.barcode

    return line


def asked(between):
    """The paths below the project that were requested, with their queries."""
    paths = [urlsplit(seen.target) for seen in between.seen]
    return [
        (path.path.removeprefix("/channable/").replace(f"/{PROJECT}/", " "), parse_qsl(path.query)) for path in paths
    ]


def test_the_list_is_asked_for_with_all_that_changed_and_no_upper_bound(account, between):
    since = clock.now() - timedelta(days=6)
    list(account().changes(since))
    assert [seen.method for seen in between.seen] == ["GET"]
    # A second earlier, since it is not known whether the filter includes its own moment.
    after = (since - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert asked(between) == [("v1 returns", [("last_modified_after", after), ("limit", "100"), ("offset", "0")])]


def test_a_backlog_is_read_in_weeks_each_with_its_mark_and_the_last_without_an_end(account, between, sandbox):
    since = clock.now() - timedelta(days=20)
    for days in (19, 12, 5):
        at = clock.now() - timedelta(days=days)
        sandbox.channable.add(returned(id=6000 + days, created=at, modified=at))
    pages = list(account().changes(since))
    assert sorted(ret.id for page in pages for ret in page.returns) == ["6005", "6012", "6019"]
    assert [page.mark for page in pages[:2]] == [since + timedelta(days=7), since + timedelta(days=14)]
    assert ["last_modified_before" in dict(query) for _, query in asked(between)] == [True, True, False]


def test_a_full_page_is_followed_although_total_says_that_there_is_no_more(account, between, sandbox):
    for index in range(150):
        sandbox.channable.add(returned(id=5000 + index))
    pages = list(account().changes(clock.now() - timedelta(days=1)))
    assert {ret.id for page in pages for ret in page.returns} == {str(5000 + index) for index in range(150)}
    assert [dict(query)["offset"] for _, query in asked(between)] == ["0", "99"]
    assert json.loads(between.passed[0].body)["total"] == 100
    assert [page.mark is not None for page in pages] == [False, True]


def test_returns_that_arrive_or_go_while_one_reads_cost_no_other(account, sandbox):
    for index in range(250):
        sandbox.channable.add(returned(id=5000 + index, created=clock.now() - timedelta(hours=5, seconds=index)))
    moves = [
        lambda: sandbox.channable.add(returned(id=9000)),
        lambda: [sandbox.channable.remove(str(5000 + index)) for index in range(10)],
        list,
    ]

    def move():
        if moves:
            moves.pop()()

    sandbox.channable.on_list = move
    pages = list(account().changes(clock.now() - timedelta(days=1)))
    assert {ret.id for page in pages for ret in page.returns} >= {str(5000 + index) for index in range(10, 250)}


def test_the_overlap_is_a_quarter_of_an_hour(account):
    assert account().look_back(configured()).usual == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("new", ReturnStatus.APPROVED),
        ("processing", ReturnStatus.REQUESTED),
        ("manual", ReturnStatus.UNKNOWN),
        ("accepted", ReturnStatus.COMPLETED),
        ("rejected", ReturnStatus.COMPLETED),
        ("repaired", ReturnStatus.COMPLETED),
        ("exchanged", ReturnStatus.COMPLETED),
        ("complete", ReturnStatus.COMPLETED),
        ("keeps", ReturnStatus.CANCELLED),
        ("cancelled", ReturnStatus.CANCELLED),
        ("approved", ReturnStatus.UNKNOWN),
        ("", ReturnStatus.UNKNOWN),
    ],
)
def test_what_each_status_means(read, word, status):
    ret = read(returned(status=word))
    assert (ret.status, ret.raw_status) == (status, word)


def test_approved_statuses_say_what_approved_is(read):
    found = {word: read(returned(status=word), approved_statuses=["Manual"]).status for word in ("manual", "new")}
    assert found == {"manual": ReturnStatus.APPROVED, "new": ReturnStatus.UNKNOWN}


@pytest.mark.parametrize("word", ["accepted", " Accepted", "keeps", "cancelled", "complete"])
def test_a_verdict_can_never_be_set_to_mean_approved(word):
    with pytest.raises(ValidationError, match="verdicts"):
        configured(approved_statuses=["new", word])


def test_a_record_is_one_line_with_its_barcode_and_no_line_id(read):
    (line,) = read(returned("JEANS-32-34", item={"quantity": 2, "comment": " Te kort "})).lines
    assert (line.quantity, line.sku, line.barcode, line.order_line_ids) == (2, "", gtin_of("JEANS-32-34"), ())
    assert (line.title, line.comment) == ("Jeans 32 34", "Te kort")


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "many", None])
def test_a_quantity_that_is_none_is_never_guessed(account, quantity):
    assert isinstance(account().read(returned(item={"quantity": quantity})), UnreadableRecord)


NUMBERS = {"channel_order_id": "C1", "channel_order_id_internal": "I1", "platform_order_id": "880077"}


def numbered(item_order="X1", **numbers):
    return returned(item={"order_id": item_order}, meta={**dict.fromkeys(NUMBERS), **numbers})


@pytest.mark.parametrize(
    ("record", "raw", "chosen"),
    [
        (numbered(**NUMBERS), "C1", "880077"),
        (numbered(**(NUMBERS | {"platform_order_id": " "})), "C1", "X1"),
        (numbered(None, channel_order_id="C1", channel_order_id_internal="I1"), "C1", "C1"),
        (numbered(channel_order_id_internal="I1", platform_order_id="880077"), "880077", "880077"),
        (numbered(channel_order_id_internal="I1"), "X1", "X1"),
        (numbered(None, channel_order_id_internal="I1"), "I1", "I1"),
    ],
)
def test_the_order_is_asked_for_by_the_first_number_that_is_there(read, record, raw, chosen):
    ret = read(record)
    assert (ret.order_numbers(), ret.order_ref(raw)) == ((raw,), chosen)


def test_a_setting_chooses_the_number_to_ask_for_and_never_the_raw_one(read):
    record = numbered(**NUMBERS)
    found = {
        name: (
            read(record, order_number_from=[name]).order_numbers(),
            read(record, order_number_from=[name]).order_ref("C1"),
        )
        for name in (*NUMBERS, "item_order_id")
    }
    assert found == {
        "channel_order_id": (("C1",), "C1"),
        "channel_order_id_internal": (("C1",), "I1"),
        "platform_order_id": (("C1",), "880077"),
        "item_order_id": (("C1",), "X1"),
    }


def test_the_other_numbers_are_names_to_look_for(read):
    assert set(read(numbered(**NUMBERS)).aliases) == {"880077", "X1", "I1"}


@pytest.mark.parametrize("meta", [None, {}])
def test_a_return_of_no_order_is_set_aside(account, meta):
    record = returned()
    record["data"]["meta"] = meta
    kept = account().read(record)
    assert (kept.key, kept.problem) == (str(record["id"]), "it names no order")


def test_an_old_payload_without_meta_is_known_by_the_order_of_its_item(read):
    record = returned(item={"order_id": "X1"})
    del record["data"]["meta"]
    assert read(record).order_numbers() == ("X1",)


def test_records_of_one_marketplace_return_are_one_group(read):
    first, second = (read(returned(sku, return_id="31005544")) for sku in ("SHIRT-BL-M", "JEANS-32-34"))
    assert (first.group, second.group) == ("bol:31005544", "bol:31005544")
    assert first.id != second.id
    assert first.number == "31005544"


def test_one_number_at_two_marketplaces_is_two_groups(read):
    assert read(returned(return_id="1", channel_name="amazon")).group == "amazon:1"


@pytest.mark.parametrize("missing", [None, "", " "])
def test_without_the_marketplaces_number_a_record_stands_alone(read, missing):
    ret = read(returned(id=77, return_id=missing))
    assert (ret.group, ret.number) == ("", "77")


@pytest.mark.parametrize("name", ["is_test_return", "is_demo_return"])
def test_test_and_demo_returns_are_dropped_unless_wanted(account, name):
    record = returned(meta={name: True})
    assert account().read(record) is None
    assert isinstance(account(test_returns=True).read(record), Return)


@pytest.mark.parametrize("name", ["zalando", "Zalando"])
def test_a_channel_that_is_skipped_does_not_come_and_says_so(read, name):
    ret = read(returned(channel_name="zalando"), channels={name: "skip"})
    assert (ret.status, ret.not_coming) == (ReturnStatus.APPROVED, "The setting `channels` skips returns of zalando.")
    assert read(returned(), channels={name: "skip"}).not_coming == ""


def test_a_channel_that_waits_is_not_approved_yet(read):
    channels = {"amazon": "wait"}
    found = {
        word: read(returned(channel_name="amazon", status=word), channels=channels) for word in ("new", "accepted")
    }
    assert {word: ret.status for word, ret in found.items()} == {
        "new": ReturnStatus.REQUESTED,
        "accepted": ReturnStatus.COMPLETED,
    }
    assert found["new"].raw_status == "new"


def test_a_channel_can_be_handled_in_no_other_way():
    with pytest.raises(ValidationError):
        configured(channels={"bol": "ignore"})


def test_an_obfuscated_return_is_announced_without_its_consumer(read):
    ret = read(obfuscated(returned()))
    assert (ret.status, ret.anonymised, ret.consumer) == (ReturnStatus.APPROVED, True, None)
    assert [line.barcode for line in ret.lines] == [gtin_of("SHIRT-BL-M")]


def test_the_consumer_comes_through(read):
    assert read(returned(by=("Noor", "van der Test"))).consumer == Consumer(
        "Noor",
        "van der Test",
        read(returned(by=("Noor", "van der Test"))).consumer.email,
        address=Address("Noor van der Test", "Teststraat", "12 bis", "1234 AB", "Utrecht", "NL"),
    )


def test_the_older_shape_is_read_as_the_newer_is(read):
    record = returned()
    old, new = read(old_shape(record)), read(record)
    assert (old.consumer, old.created, old.updated) == (new.consumer, new.created, new.updated)


def test_an_address_in_one_line_is_used_where_there_is_no_other(read):
    record = returned()
    record["data"]["address"] |= {"street": "", "house_number": None}
    assert read(record).consumer.address.street == "Teststraat 12 bis"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Artikel is beschadigd", Reason("artikel is beschadigd", "Artikel is beschadigd")),
        ("  Not as \n pictured : ", Reason("not as pictured", "Not as \n pictured :")),
        ("", None),
        (":", None),
        (None, None),
    ],
)
def test_a_reason_is_known_by_its_words_whatever_their_case_and_blanks(read, text, reason):
    (line,) = read(returned(item={"reason": text})).lines
    assert line.reason == reason


@pytest.mark.parametrize("name", ["created", "modified"])
@pytest.mark.parametrize("written", ["yesterday", "", "0001-01-01T00:00:00+05:00"])
def test_a_time_that_is_none_sets_the_record_aside_and_is_not_quoted(account, name, written):
    kept = account().read(returned() | {name: written})
    assert isinstance(kept, UnreadableRecord)
    assert "yesterday" not in kept.problem


@given(
    record=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "status", "created", "modified", "data", "item", "meta", "channel_order_id"])
                | st.text(max_size=3),
                inner,
                max_size=6,
            )
        ),
        max_leaves=15,
    )
)
def test_no_record_is_ever_lost_or_breaks_the_reading(record):
    made = configured()
    with Reader("shop", "http://127.0.0.1:9", None, retry=RetryPolicy(attempts=1)) as reader:
        found = Channable("shop", made, reader).read(record)
    assert isinstance(found, Return | UnreadableRecord) or (isinstance(record, dict) and "data" in record)
    assert isinstance(names(record), set)


# ---- from a barcode to a SKU


def test_the_sku_is_that_of_the_product_with_the_barcode(completed):
    assert completed(returned(), order("1001", "JEANS-32-34", "SHIRT-BL-M")) == ("SHIRT-BL-M", gtin_of("SHIRT-BL-M"))


def test_else_that_of_the_product_with_the_id(completed):
    record = returned(item={"gtin": None})
    assert completed(record, order("1001", "JEANS-32-34", "SHIRT-BL-M")) == ("SHIRT-BL-M", "")


def test_else_that_of_the_only_product(completed):
    record = returned(item={"gtin": None, "id": None})
    assert completed(record, order("1001", "SHIRT-BL-M")) == ("SHIRT-BL-M", "")


@pytest.mark.parametrize(
    ("item", "only"),
    [
        ({"gtin": "8700000000000", "id": None}, {}),
        ({"gtin": None, "id": "99999"}, {}),
        ({"gtin": "8700000000000", "id": "99999"}, {}),
        ({"gtin": "SHIRT-XL", "id": None}, {}),
        ({"gtin": "8700000000000", "id": "99999"}, {"id": None}),
    ],
)
def test_the_only_product_is_not_it_where_its_barcode_or_id_is_another(completed, item, only):
    record = returned(item=item)
    assert completed(record, order("1001", product("SHIRT-BL-M", **only)))[0] == (item["gtin"] or "")


@pytest.mark.parametrize(
    ("item", "only"),
    [
        ({"gtin": "0" + gtin_of("SHIRT-BL-M"), "id": None}, {}),
        ({"gtin": "8700000000000", "id": None}, {"ean": None}),
        ({"gtin": None, "id": "99999"}, {"id": None}),
        ({"gtin": None, "id": "SHIRT-BL-M"}, {}),
        ({"gtin": "REF-1", "id": None}, {"reference_code": "REF-1"}),
    ],
)
def test_the_only_product_is_it_where_nothing_says_otherwise(completed, item, only):
    record = returned(item=item)
    assert completed(record, order("1001", product("SHIRT-BL-M", **only)))[0] == "SHIRT-BL-M"


def test_a_barcode_and_an_id_of_different_products_are_never_chosen_between(completed):
    record = returned(item={"gtin": "8711", "id": "2"})
    pair = [product("A", id="1", ean="8711"), product("B", id="2", ean="8712")]
    with pytest.raises(UntranslatableError, match="barcode is that of one product"):
        completed(record, order("1001", *pair))
    same = [product("A", id="1", ean="8711"), product("A", id="2", ean="8712")]
    record = returned(order="1002", item={"gtin": "8711", "id": "2"})
    assert completed(record, order("1002", *same)) == ("A", "8711")


@pytest.mark.parametrize("item_id", [None, "55120"])
@pytest.mark.parametrize(
    ("gtin", "ean"),
    [("012345678905", "0012345678905"), ("12345678905", "0012345678905"), ("00012345678905", "12345678905")],
)
def test_a_barcode_with_other_zeros_in_front_is_the_same_barcode(completed, gtin, ean, item_id):
    bought = product("A", id="55120", ean=ean), product("B", id="55121", ean="8711")
    assert completed(returned(item={"gtin": gtin, "id": item_id}), order("1001", *bought)) == ("A", gtin)


def test_a_barcode_with_other_zeros_in_front_contradicts_the_id_of_another_product(completed):
    bought = product("A", id="1", ean="0012345678905"), product("B", id="2", ean=None)
    record = returned(item={"gtin": "012345678905", "id": "2"})
    with pytest.raises(UntranslatableError, match="barcode is that of one product"):
        completed(record, order("1001", *bought))


@pytest.mark.parametrize("others", [(), ("JEANS-32-34",)])
@pytest.mark.parametrize("gtin", ["8700000000000", "SHIRT-XL", "JEANS-32-34"])
def test_an_id_chooses_no_product_that_has_another_barcode(completed, gtin, others):
    record = returned(item={"gtin": gtin, "id": "1"})
    with pytest.raises(UntranslatableError, match="has another barcode"):
        completed(record, order("1001", product("SHIRT-BL-M", id="1"), *others))


def test_an_id_chooses_no_product_without_a_barcode_where_another_one_is_called_so(completed):
    record = returned(item={"gtin": "JEANS-32-34", "id": "1"})
    with pytest.raises(UntranslatableError, match="has another barcode"):
        completed(record, order("1001", product("SHIRT-BL-M", id="1", ean=None), "JEANS-32-34"))


@pytest.mark.parametrize(
    ("gtin", "bought"), [("8700000000000", {"ean": None}), ("SHIRT-BL-M", {}), ("REF-1", {"reference_code": "REF-1"})]
)
def test_an_id_chooses_a_product_that_has_no_other_barcode(completed, gtin, bought):
    record = returned(item={"gtin": gtin, "id": "1"})
    pair = product("SHIRT-BL-M", id="1", **bought), product("JEANS-32-34", id="2")
    assert completed(record, order("1001", *pair)) == ("SHIRT-BL-M", gtin)


def test_of_two_products_of_one_id_the_one_without_another_barcode_is_it(completed):
    twins = product("A", id="1", ean="8711"), product("B", id="1", ean=None)
    assert completed(returned(item={"gtin": "8712", "id": "1"}), order("1001", *twins)) == ("B", "8712")


@pytest.mark.parametrize("gtin", [None, "8700000000000"])
def test_between_several_products_none_is_guessed(completed, gtin):
    record = returned(item={"gtin": gtin, "id": None})
    assert completed(record, order("1001", "JEANS-32-34", "SHIRT-BL-M")) == (gtin or "", gtin or "")


def test_two_products_of_one_barcode_are_told_apart_by_the_id_alone(completed):
    twins = [product("A", id="1", ean="8711"), product("B", id="2", ean="8711")]
    assert completed(returned(item={"gtin": "8711", "id": "2"}), order("1001", *twins)) == ("B", "8711")
    assert completed(returned(item={"gtin": "8711", "id": None}), order("1001", *twins)) == ("8711", "8711")


def test_two_products_of_one_sku_are_one(completed):
    twins = [product("A", id="1", ean="8711"), product("A", id="2", ean="8711")]
    assert completed(returned(item={"gtin": "8711", "id": None}), order("1001", *twins)) == ("A", "8711")


def test_a_sku_in_the_place_of_the_barcode_stays(completed):
    record = returned(item={"gtin": "SHIRT-BL-M", "id": None})
    assert completed(record, order("1001", "JEANS-32-34", "SHIRT-BL-M")) == ("SHIRT-BL-M", "SHIRT-BL-M")


def test_settings_say_which_field_is_the_sku(completed):
    bought = product(article_number=" ", reference_code="REF-1", id="55120")
    record = returned()
    assert completed(record, order("1001", bought))[0] == "REF-1"
    assert completed(record, order("1001", bought), sku_from=["article_number", "id"])[0] == "55120"
    assert completed(record, order("1001", bought), sku_from=["ean"])[0] == gtin_of("SHIRT-BL-M")
    assert completed(record, order("1001", bought), sku_from=["article_number"])[0] == gtin_of("SHIRT-BL-M")


def test_an_order_that_is_not_there_leaves_the_barcode(completed, between):
    assert completed(returned()) == (gtin_of("SHIRT-BL-M"),) * 2
    assert asked(between) == [("v2 orders/1001", [])]


def test_orders_are_read_under_v2_and_once(account, between, sandbox):
    sandbox.channable.add_order(order("1001", "SHIRT-BL-M", "JEANS-32-34"))
    platform = account()
    for sku in ("SHIRT-BL-M", "JEANS-32-34", "SHIRT-BL-M"):
        assert [line.sku for line in platform.complete(platform.read(returned(sku))).lines] == [sku]
    assert asked(between) == [("v2 orders/1001", [])]


def test_an_order_of_another_shop_system_is_searched_by_the_marketplaces_number(completed, between):
    record = returned(order="SHOP-7", meta={"channel_order_id": "C1"})
    others = [order("1", "KNIT-OC-S", channel_id="C11"), order("2", "DRESS-GR-38", channel_id="XC1")]
    assert completed(record, *others, order("3", channel_id="C1"))[0] == "SHIRT-BL-M"
    assert asked(between) == [("v2 orders", [("search", "C1"), ("limit", "100"), ("offset", "0")])]


def test_a_number_that_two_marketplaces_use_is_the_one_of_the_returns_own(completed):
    record = returned(item={"gtin": None, "id": None}, order="SHOP-7", meta={"channel_order_id": "C1"})
    own, other = order("1", "SHIRT-BL-M", channel_id="C1"), order("2", "DRESS-GR-38", channel_id="C1", channel_name="x")
    assert completed(record, own, other)[0] == "SHIRT-BL-M"


def test_of_two_orders_with_one_number_none_is_guessed(completed):
    record = returned(order="SHOP-7", meta={"channel_order_id": "C1"})
    assert completed(record, order("1", channel_id="C1"), order("2", channel_id="C1")) == (gtin_of("SHIRT-BL-M"),) * 2


def test_a_return_that_was_read_long_ago_is_read_again_for_its_order(account, between, sandbox):
    identity = sandbox.channable.give_back("1001")
    ret = account().one(ReturnId(identity))
    between.seen.clear()
    assert [line.sku for line in account().complete(ret).lines] == ["SHIRT-BL-M"]
    assert [path for path, _ in asked(between)] == [f"v1 returns/{identity}", "v2 orders/1001"]


def test_what_is_remembered_has_a_bound(account, between, sandbox):
    sandbox.channable.give_back("1001")
    platform = account()
    first = platform.read(next(iter(sandbox.channable.returns.values())))
    for index in range(600):
        platform.read(returned(id=index))
    platform.complete(first)
    assert asked(between)[0][0] == f"v1 returns/{first.id}"


def test_a_return_that_is_gone_meanwhile_keeps_its_barcode(account):
    ret = account().read(returned())
    assert [line.sku for line in account().complete(ret).lines] == [gtin_of("SHIRT-BL-M")]


def test_an_article_that_was_found_before_is_not_looked_up_again(account, between):
    platform = account()
    ret = platform.read(returned(status="accepted"))
    known = replace(ret, lines=(replace(ret.lines[0], sku="FOUND-BEFORE"),))
    assert [line.sku for line in platform.complete(ret, known).lines] == ["FOUND-BEFORE"]
    assert between.seen == []


@pytest.mark.parametrize(("found", "kept"), [("FOUND-BEFORE", "FOUND-BEFORE"), ("0012345678905", "0012345678905")])
def test_what_an_article_was_announced_as_stays_where_zeros_in_front_of_its_barcode_go(account, found, kept):
    platform = account()
    ret = platform.read(returned(item={"gtin": "012345678905", "id": None}))
    known = replace(ret, lines=(replace(ret.lines[0], sku=found, barcode="0012345678905"),))
    assert [line.sku for line in platform.complete(ret, known).lines] == [kept]


@pytest.mark.parametrize(
    "record",
    [
        returned(status="keeps"),
        returned(status="cancelled"),
        returned(channel_name="zalando"),
    ],
    ids=["keeps", "cancelled", "skipped"],
)
def test_a_return_that_can_never_be_announced_costs_no_request(account, between, record):
    platform = account(channels={"zalando": "skip"})
    ret = platform.read(record)
    assert (platform.complete(ret), between.seen) == (ret, [])


def test_an_accepted_return_has_the_sku_that_it_was_announced_with(completed):
    assert completed(returned(status="accepted"), order())[0] == completed(returned(), order())[0] == "SHIRT-BL-M"


@pytest.mark.parametrize(("status", "failure"), [(403, Refused), (422, Refused), (500, Unclear)])
def test_an_order_that_cannot_be_read_for_now_is_no_missing_one(account, sandbox, status, failure):
    sandbox.faults.add(Fault("channable.order", "status", status=status))
    platform = account()
    with pytest.raises(failure):
        platform.complete(platform.read(returned()))


def test_an_order_that_cannot_be_understood_is_reported_without_its_values(account, sandbox):
    sandbox.channable.add_order(order("1001", product(ean={"x": "secret"})))
    platform = account()
    with pytest.raises(UntranslatableError) as told:
        platform.complete(platform.read(returned()))
    assert str(told.value) == "its order at Channable cannot be read"


@pytest.mark.parametrize("body", [b"5", b"null", b'{"order": null}', b'{"order": []}', b"<html>"])
def test_an_answer_that_is_no_order_is_no_missing_one(account, between, body):
    platform = account()
    ret = platform.read(returned())
    between.always = Canned(200, body)
    with pytest.raises(BadAnswer):
        platform.complete(ret)


# ---- single reads, finding, checking


def test_one_return_is_the_object_under_return(account, between, sandbox):
    identity = sandbox.channable.give_back("1001")
    assert account().one(ReturnId(identity)).id == identity
    assert asked(between) == [(f"v1 returns/{identity}", [])]


@pytest.mark.parametrize("text", ["x", "", "..", "sha256:ab", "²", "1.5", "-1"])
def test_what_is_no_number_is_no_id_and_costs_no_request(account, between, text):
    assert (account().one(ReturnId(text)), between.seen) == (None, [])


@pytest.mark.parametrize("body", [b"5", b"null", b'{"return": null}', b"[]"])
def test_an_answer_that_is_no_return_is_not_taken_for_a_vanished_one(account, between, body):
    between.always = Canned(200, body)
    with pytest.raises(BadAnswer):
        account().one(ReturnId("1"))


def test_a_known_return_that_the_server_does_not_take_is_never_told_as_gone(account, between):
    between.always = Canned(422, b'{"detail": [{"loc": ["path", 1], "msg": "no", "type": "x"}]}')
    with pytest.raises(Refused):
        account().one(ReturnId("1"))


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("typed", ["880077", "#880077", "C1", " C1 ", "X1", "I1", "31005544", "90500"])
def test_a_return_is_found_by_each_of_its_numbers(account, sandbox, typed, exact):
    sandbox.channable.exact_search = exact
    record = numbered(**NUMBERS, channel_return_id="31005544") | {"id": 90500}
    sandbox.channable.add(record)
    sandbox.channable.add(returned(order="8800771", id=90501))
    assert [ret.id for ret in account().find(typed)] == ["90500"]


def test_a_return_is_found_whatever_the_case(account, sandbox):
    sandbox.channable.add(numbered(**NUMBERS) | {"id": 90500})
    assert [ret.id for ret in account().find("c1")] == ["90500"]


@pytest.mark.parametrize("written", ["1001", "#1001"])
@pytest.mark.parametrize("typed", ["1001", "#1001"])
def test_an_order_is_found_with_and_without_its_sign(account, sandbox, typed, written):
    sandbox.channable.exact_search = True
    identity = sandbox.channable.add(returned(order="SHOP-1", meta={"platform_order_id": written}))
    assert [ret.id for ret in account().find(typed)] == [identity]


def test_all_articles_of_one_return_are_found(account, sandbox):
    for index in (1, 2):
        sandbox.channable.add(returned(id=index, return_id="31005544"))
    assert sorted(ret.id for ret in account().find("31005544")) == ["1", "2"]


def test_a_record_that_cannot_be_read_is_found_too(account, sandbox):
    sandbox.channable.add(returned(id=5, item={"quantity": 0}))
    assert [type(found) for found in account().find("1001")] == [UnreadableRecord]


def test_a_search_that_brings_the_consumers_others_finds_none_of_them(account, sandbox):
    sandbox.channable.give_back("1001")
    assert list(account().find("Voorbeeld")) == []


def test_a_search_that_is_refused_goes_on_to_the_id(account, between, sandbox):
    identity = sandbox.channable.give_back("1001")
    between.next = [Canned(422, b"{}"), Canned(400, b"{}")]
    assert [ret.id for ret in account().find(identity)] == [identity]


def test_the_check_is_one_cheap_request_for_returns_and_one_for_orders(account, between):
    assert [finding.ok for finding in account().check()] == [True]
    assert asked(between) == [("v1 returns", [("limit", "1")]), ("v2 orders", [("limit", "1")])]


@pytest.mark.parametrize("setting", ["company_id", "project_id"])
def test_a_wrong_company_or_project_is_reported_as_such(account, setting):
    wrong = account(**{setting: 999})
    for call in (lambda: list(wrong.changes(datetime.now(UTC))), lambda: list(wrong.check())):
        with pytest.raises(AccountRefused) as told:
            call()
        assert "`project_id`" in told.value.next_step
