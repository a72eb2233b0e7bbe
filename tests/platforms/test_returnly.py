"""Returnly: the contract of every platform, its own translations, and recorded exports."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from returnsync import clock
from returnsync.errors import AccountRefused, AccountUnavailable, BadAnswer, Unclear
from returnsync.http.client import Reader
from returnsync.http.retry import RetryPolicy
from returnsync.model import Address, OwnLabel, Reason, Return, ReturnId, ReturnStatus, UnreadableRecord
from returnsync.platforms.contract import PlatformContract
from returnsync.platforms.contract.between import Between, Canned
from returnsync.platforms.returnly import Returnly, ReturnlySettings
from returnsync.platforms.returnly.wire import joined
from returnsync.sandbox import Sandbox, World
from returnsync.sandbox.returnly_records import ReturnlyAccount, document, line_item, rma, shipping_label, write_export

TOKEN = ReturnlyAccount().token
MOMENT = datetime(2023, 3, 1, 9, 0, tzinfo=UTC)


class TestReturnly(PlatformContract):
    platform = Returnly
    settings = {}
    secrets = {"token": TOKEN}
    statuses = {
        ReturnStatus.APPROVED: "authorized",
        ReturnStatus.REQUESTED: "requested",
        ReturnStatus.IN_TRANSIT: "in_transit",
        ReturnStatus.DELIVERED: "delivered",
        ReturnStatus.COMPLETED: "refunded",
        ReturnStatus.CANCELLED: "canceled_by_merchant",
    }
    page_size = 10
    forbidden = ("refund", "webhook")
    status_field = "attributes.status"
    spare_fields = tuple(
        f"attributes.{name}"
        for name in ("rma", "shopper_address", "shopper_address.line1", "shopper_email", "shopper_message", "currency")
    )
    created_field, updated_field = "attributes.created_at", "attributes.updated_at"
    wrong_bodies = (
        b'{"errors": [{"title": "jo@example.com lives here"}]}',
        b'{"data": {}, "links": {"next": null}}',
        b'{"data": [], "included": 5, "links": {"next": null}}',
        b'{"data": [], "included": []}',
        b'{"data": [], "links": null}',
        b'{"data": [], "links": {"next": 5}}',
        b'{"data": [], "links": {"next": "/returns.json"}}',
        b'{"data": [], "links": {"next": "http://[?page=2"}}',
    )
    error_bodies = (b'{"errors": [{"status": "400", "title": "x", "detail": "jo@example.com lives here"}]}',)

    def start(self):
        self.sandbox = Sandbox(World.empty())
        self.returnly = self.sandbox.returnly
        self.sandbox.__enter__()
        return self.sandbox.url + self.returnly.base

    def stop(self):
        self.sandbox.__exit__(None, None, None)
        assert self.sandbox.counts.effects("forbidden") == 0
        assert self.sandbox.counts.calls("unrouted") == 0

    def add(self, wish):
        items = [line_item(order=number) for number in wish.orders]
        identity = str(500_001 + len(self.returnly.returns))
        status = wish.word or "authorized"
        return self.returnly.add(rma(*items, id=identity, status=status, created=wish.created, updated=wish.updated))

    def touch(self, return_id, at):
        self.returnly.touch(return_id, at=at)

    def records(self, content):
        return content.get("data") if isinstance(content, dict) else None


# ---- the account


def made_settings(**settings):
    common = {"platform": "returnly", "warehouse": "monta", "start_from": datetime(2023, 1, 1, tzinfo=UTC)}
    return {**common, **settings}


@pytest.fixture
def between(sandbox):
    server = Between(sandbox.url + sandbox.returnly.base)
    yield server
    server.close()


@pytest.fixture
def account(between):
    """Opens the account, over the API unless an export is given; every request is noted in `between`."""
    readers = []

    def opened(**settings):
        token = {} if "export" in settings else {"token": "env:TOKEN"}
        made = ReturnlySettings.model_validate(made_settings(base_url=between.url, **token, **settings))
        auth = Returnly.auth(made, lambda _key: TOKEN)
        readers.append(Reader("legacy", made.base_url, auth, retry=RetryPolicy(attempts=1)))
        return Returnly("legacy", made, readers[-1])

    yield opened
    for reader in readers:
        reader.close()


@pytest.fixture
def read(account):
    """One return, joined with its parts, from an account that has only this one."""
    platform = account()

    def translated(*items, **fields):
        ret = platform.read(rma(*items, **fields))
        assert isinstance(ret, Return), ret
        return ret

    return translated


def queries(between):
    return [dict(parse_qsl(urlsplit(seen.target).query)) for seen in between.seen]


def returns_of(pages):
    return {ret.id: ret for page in pages for ret in page.returns}


# ---- settings


def test_there_must_be_something_to_read():
    with pytest.raises(ValidationError, match="has nothing to read"):
        ReturnlySettings.model_validate(made_settings())


def test_an_export_needs_no_token_and_sends_none():
    made = ReturnlySettings.model_validate(made_settings(export="returnly/*.json"))
    assert Returnly.auth(made, lambda _key: pytest.fail("a secret was resolved")) is None


def test_an_export_is_found_from_the_folder_of_the_configuration():
    made = ReturnlySettings.model_validate(made_settings(export="old/*.json"), context={"folder": "/etc/returnsync"})
    assert made.export == "/etc/returnsync/old/*.json"


def test_two_exports_or_two_tokens_are_two_accounts():
    given = [{"export": "a/*.json"}, {"export": "b/*.json"}, {"token": "env:A"}, {"token": "env:B"}]
    accounts = [ReturnlySettings.model_validate(made_settings(**one)).account for one in given]
    assert accounts == ["a/*.json", "b/*.json", "env:A", "env:B"]


# ---- what is sent


def test_the_list_is_asked_for_as_the_documentation_has_it(account, between):
    list(account().changes(MOMENT))
    (seen,) = between.seen
    assert seen.target == (
        "/returnly/returns.json?page=1&include=return_line_items%2Cshipping_labels"
        "&min_updated_at=2023-03-01T08%3A59%3A59.000000Z"
    )
    assert {name: seen.headers[name] for name in ("x-api-token", "x-api-version", "content-type")} == {
        "x-api-token": TOKEN,
        "x-api-version": "2020-08",
        "content-type": "application/json",
    }


def many(sandbox, count=12, **fields):
    for index in range(count):
        item = line_item(order=f"#{1001 + index}")
        sandbox.returnly.add(rma(item, id=str(500_001 + index), created=MOMENT, updated=MOMENT, **fields))


@pytest.mark.parametrize(
    "link",
    [
        "http://old-api.returnly.example:8080/returns.json?page={page}",
        "https://api.returnly.com/returns.json?include=refunds&min_updated_at=2020-01-01&page={page}",
        "/returns.json?page={page}",
        "?page={page}",
    ],
)
def test_of_a_link_only_the_page_is_taken(account, between, sandbox, link):
    many(sandbox)
    sandbox.returnly.link = link
    assert len(returns_of(account().changes(MOMENT))) == 12
    first, second = queries(between)[:2]
    assert (first["page"], second["page"]) == ("1", "2")
    assert {**first, "page": ""} == {**second, "page": ""}


@pytest.mark.parametrize("link", ["https://x.example/?page%5Bnumber%5D=7", {"href": "/r?page[number]=7", "meta": {}}])
def test_a_link_in_the_forms_of_json_api_is_read_too(account, between, link):
    pages = [{"data": [], "links": {"next": link}}, {"data": [], "links": {}}]
    between.next = [Canned(200, json.dumps(page).encode()) for page in pages]
    list(account().changes(MOMENT))
    assert [query.get("page[number]", query.get("page")) for query in queries(between)] == ["1", "7"]


def test_one_page_is_read_once(account, between, sandbox):
    many(sandbox, 10)
    list(account().changes(MOMENT))
    assert len(between.seen) == 1


def test_pages_on_which_nothing_moved_are_read_once(account, between, sandbox):
    for index in range(21):
        sandbox.returnly.add(rma(id=str(index + 1), updated=MOMENT + timedelta(seconds=index)))
    assert len(returns_of(account().changes(MOMENT))) == 21
    assert len(between.seen) == 3


def test_rows_of_one_time_that_change_places_are_all_read(account, sandbox):
    many(sandbox, 35)
    pages = list(account().changes(MOMENT))
    assert len(returns_of(pages)) == 35
    assert [page.mark is not None for page in pages] == [False] * (len(pages) - 1) + [True]


def test_a_list_that_shows_a_row_twice_for_ever_still_ends(account, between, sandbox):
    many(sandbox)
    between.edit = lambda content: content["data"].append(content["data"][0])
    pages = list(account().changes(MOMENT))
    assert len(returns_of(pages)) == 12
    assert pages[-1].mark is not None


def test_rows_that_never_stop_coming_are_not_reported_as_read(account, between):
    def another_row_each_pass(content):
        content["data"] = [{"id": str(number)} for number in range(len(between.seen) // 2 + 1)]
        content["links"]["next"] = "?page=2" if len(between.seen) % 2 else None

    between.edit = another_row_each_pass
    pages = account().changes(MOMENT)
    marks = []
    with pytest.raises(AccountUnavailable, match="rows move faster"):
        marks.extend(page.mark for page in pages)
    assert set(marks) <= {None}


# ---- one, several, and what a person looks for


def test_several_returns_are_read_in_one_listing(account, between, sandbox):
    many(sandbox)
    ids = [ReturnId(text) for text in ("500001", "no-such", "500012")]
    found = dict(account().each(ids))
    assert {key: getattr(ret, "id", None) for key, ret in found.items()} == {
        "500001": "500001",
        "500012": "500012",
        "no-such": None,
    }
    # Rows of one time changed places, so each page was read once or a few times, but not once for each id.
    assert queries(between)[0]["min_updated_at"] == "2022-12-31T23:59:59.000000Z"


def test_a_listing_that_fails_is_no_return_that_is_gone(account, between, sandbox):
    many(sandbox)
    between.next = [None, Canned(503, b"down")]
    found = dict(account().each([ReturnId("no-such")]))
    assert isinstance(found[ReturnId("no-such")], Unclear)
    between.next = [None, Canned(503, b"down")]
    with pytest.raises(Unclear):
        account().one(ReturnId("no-such"))


@pytest.mark.parametrize("typed", ["1001", "#1001", " #1001 ", "7712345", "500123"])
def test_a_return_is_found_by_order_rma_and_id(account, sandbox, typed):
    sandbox.returnly.add(rma(rma="7712345"))
    sandbox.returnly.add(rma(line_item(order="#1002"), id="500124"))
    assert [ret.id for ret in account().find(typed)] == ["500123"]


def test_a_record_that_cannot_be_read_is_found_by_its_id(account, sandbox):
    sandbox.returnly.add(rma(line_item(units=0)))
    (found,) = account().find("500123")
    assert isinstance(found, UnreadableRecord)


def test_the_check_is_one_request_for_what_changes_from_now_on(account, between, sandbox):
    many(sandbox)
    assert [finding.ok for finding in account().check()] == [True]
    (query,) = queries(between)
    assert clock.now() - clock.parse(query["min_updated_at"]) < timedelta(minutes=1)


def test_a_refused_list_says_what_to_do(account, between):
    between.always = Canned(403, b"no")
    with pytest.raises(AccountRefused) as told:
        list(account().check())
    assert "export" in told.value.next_step


# ---- joining


def test_parts_are_joined_across_numbers_and_texts(account):
    content = document([rma(line_item(label="41"), labels=[shipping_label("41")])])
    for part in content["included"]:
        part["id"] = int(part["id"])
    (record,) = joined(content)
    ret = account().read(record)
    assert (len(ret.lines), ret.own_label.tracking_code) == (1, "3STEST00000041")


def test_a_part_that_two_returns_share_is_in_the_page_once(account):
    shared = shipping_label("41")
    returns = [rma(line_item(order=f"#{at}"), id=at, labels=[shared]) for at in ("1", "2")]
    content = document(returns)
    assert len(content["included"]) == 3
    labels = [account().read(record).own_label for record in joined(content)]
    assert labels == [OwnLabel("3STEST00000041", label_url="https://labels.example.com/41.pdf")] * 2


@pytest.mark.parametrize("gone", ["return_line_items", "shipping_labels"])
def test_a_return_whose_parts_did_not_come_is_set_aside_with_what_came(account, gone):
    content = document([rma(labels=[shipping_label()])])
    content["included"] = [part for part in content["included"] if part["type"] != gone]
    (record,) = joined(content)
    kept = account().read(record)
    assert isinstance(kept, UnreadableRecord)
    assert kept.problem == "a line item or a label that it names did not come with it"
    assert len(json.loads(kept.raw)["included"]) == 1


def test_a_label_that_only_a_line_names_is_found(account):
    record = rma(line_item(label="41"), labels=[shipping_label("41")])
    del record["relationships"]["shipping_labels"]
    (whole,) = joined(document([record]))
    assert account().read(whole).own_label.tracking_code == "3STEST00000041"


def test_a_label_that_only_a_line_names_and_that_did_not_come_sets_the_return_aside(account):
    assert isinstance(account().read(rma(line_item(label="41"))), UnreadableRecord)


@pytest.mark.parametrize("relationships", [None, {}, {"return_line_items": None}, {"return_line_items": {"data": []}}])
def test_a_return_without_lines_is_set_aside_unless_it_is_cancelled(account, relationships):
    record = {**rma(), "relationships": relationships}
    assert isinstance(account().read(record), UnreadableRecord)
    record["attributes"]["status"] = "cancelled"
    assert account().read(record).status is ReturnStatus.CANCELLED


# ---- translation


def test_a_return_becomes_what_it_says(read):
    item = line_item(units=2, sub_cause="Sleeves", product_name="Blue shirt")
    ret = read(item, rma="7712345", created=MOMENT, updated=MOMENT + timedelta(minutes=2), shopper_message=" Short ")
    assert (ret.id, ret.number, ret.raw_status) == ("500123", "7712345", "authorized")
    assert (ret.created, ret.updated) == (MOMENT, MOMENT + timedelta(minutes=2))
    assert ret.consumer.email == "jo.voorbeeld@example.com"
    assert ret.consumer.address == Address("Jo Voorbeeld", "Teststraat 12 bis", "", "1234 AB", "Utrecht", "NL")
    (line,) = ret.lines
    given = item["attributes"]
    assert (line.order_number, line.quantity) == ("#1001", 2)
    assert line.order_line_ids == (given["ext_order_line_item_id"],)
    assert (line.sku, line.barcode, line.title) == (given["sku"], given["product_upc"], "Blue shirt")
    assert line.comment == "Short"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("authorized", ReturnStatus.APPROVED),
        (" Authorized ", ReturnStatus.APPROVED),
        ("pending_refund", ReturnStatus.COMPLETED),
        ("canceled", ReturnStatus.CANCELLED),
        ("Cancelled", ReturnStatus.CANCELLED),
        ("canceled_by_merchant", ReturnStatus.CANCELLED),
        ("missed_delivery_deadline", ReturnStatus.UNKNOWN),
        ("delivered_late", ReturnStatus.UNKNOWN),
        ("", ReturnStatus.UNKNOWN),
    ],
)
def test_statuses_are_taken_as_documented(read, word, status):
    ret = read(status=word)
    assert (ret.status, ret.raw_status) == (status, word)


@pytest.mark.parametrize("word", ["incomplete", "Incomplete_RMA"])
def test_a_return_that_the_shopper_never_finished_is_ignored(account, sandbox, word):
    sandbox.returnly.add(rma(status=word))
    (page,) = account().changes(clock.now() - timedelta(days=1))
    assert (page.returns, page.unreadable, page.skipped) == ((), (), 1)


def test_approved_statuses_say_what_approved_is(account):
    platform = account(approved_statuses=["authorized", "Delivered_Late"])
    words = ("authorized", "delivered_late", "approved")
    found = [platform.read(rma(status=word)).status for word in words]
    assert found == [ReturnStatus.APPROVED, ReturnStatus.APPROVED, ReturnStatus.UNKNOWN]


@pytest.mark.parametrize("units", [2, 2.0, "2", "2.0"])
def test_whole_units_are_read_however_they_are_written(read, units):
    assert [line.quantity for line in read(line_item(units=units)).lines] == [2]


@pytest.mark.parametrize("units", [0, -1, 1.5, "1.5", "many", None])
def test_units_that_are_none_are_never_guessed(account, units):
    assert isinstance(account().read(rma(line_item(units=units))), UnreadableRecord)


def test_one_rma_spans_several_orders_and_each_has_the_message_once(read):
    items = [line_item("A", "#1001"), line_item("B", "#1002"), line_item("C", "#1001")]
    ret = read(*items, shopper_message="Both in one parcel")
    assert ret.order_numbers() == ("#1001", "#1002")
    assert [(line.sku, line.comment) for line in ret.lines] == [
        ("A", "Both in one parcel"),
        ("B", "Both in one parcel"),
        ("C", ""),
    ]


def test_rows_of_one_order_line_and_reason_are_added_up(read):
    ret = read(line_item(id="1"), line_item(id="2", units=2), line_item(id="3", cause="Too small"))
    assert [line.quantity for line in ret.lines] == [3, 1]


def test_a_return_without_an_rma_goes_by_its_id(read):
    assert read(rma=None).number == "500123"


@pytest.mark.parametrize(
    ("cause", "sub_cause", "reason"),
    [
        (" Too  large ", None, Reason("Too large", "Too large")),
        ("Too large", "Sleeves", Reason("Too large: Sleeves", "Sleeves", Reason("Too large", "Too large"))),
        (None, "Sleeves", Reason("Sleeves", "Sleeves")),
        (None, "", None),
    ],
)
def test_a_sub_reason_counts_together_with_its_main_reason(read, cause, sub_cause, reason):
    (line,) = read(line_item(cause=cause, sub_cause=sub_cause)).lines
    assert line.reason == reason


@pytest.mark.parametrize(
    ("attributes", "own"),
    [
        ({"tracking_number": "3S1"}, OwnLabel("3S1")),
        ({"pdf_url": "https://l.example/1.pdf"}, OwnLabel(label_url="https://l.example/1.pdf")),
        ({}, None),
        ({"tracking_number": "", "pdf_url": ""}, None),
    ],
)
def test_only_a_label_address_or_a_tracking_number_is_an_own_label(read, attributes, own):
    label = {"id": "41", "type": "shipping_labels", "attributes": {"carrier": "USPS", **attributes}}
    ret = read(labels=[label])
    assert (ret.own_label, ret.carrier) == (own, "USPS" if own else "")


def test_the_label_that_all_lines_name_is_the_returns(read):
    labels = [shipping_label("41", "3S41"), shipping_label("42", "3S42")]
    ret = read(line_item("A", label="42"), line_item("B", label="42"), labels=labels)
    assert (ret.own_label.tracking_code, ret.aliases) == ("3S42", ("3S41",))


def test_of_several_labels_the_first_with_a_tracking_number_counts_and_the_others_are_names(read):
    labels = [shipping_label("41", None), shipping_label("42", "3S42"), shipping_label("43", "3S43")]
    ret = read(line_item("A", label="41"), line_item("B"), labels=labels)
    assert (ret.own_label.tracking_code, ret.aliases) == ("3S42", ("3S43",))


@pytest.mark.parametrize("name", ["created_at", "updated_at"])
def test_a_time_that_is_none_sets_the_record_aside_and_is_not_quoted(account, name):
    kept = account().read(rma(**{name: "yesterday"}))
    assert isinstance(kept, UnreadableRecord)
    assert "yesterday" not in kept.problem


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_PATHS = [
    ("id",),
    ("attributes",),
    ("attributes", "status"),
    ("attributes", "shopper_address"),
    ("relationships",),
    ("relationships", "return_line_items"),
    ("relationships", "return_line_items", "data"),
    ("relationships", "return_line_items", "data", 0),
    ("relationships", "shipping_labels", "data", 0, "id"),
]
_PART_PATHS = [("id",), ("type",), ("attributes",), ("attributes", "units"), ("attributes", "shipping_label_id")]


def replaced(value, path, odd):
    *steps, last = path
    for step in steps:
        value = value[step]
    value[last] = odd


@given(path=st.sampled_from(_PATHS), part=st.sampled_from(_PART_PATHS), where=st.integers(0, 2), odd=_JSON)
def test_no_record_breaks_the_reading(path, part, where, odd):
    content = document([rma(line_item(label="41"), labels=[shipping_label("41")])])
    replaced(content["data"][0], path, odd) if where < 2 else replaced(content["included"][0], part, odd)
    if where == 1:
        content["included"].append(odd)
    settings = ReturnlySettings.model_validate(made_settings(export="x.json"))
    platform = Returnly("legacy", settings, None)
    for record in joined(content):
        assert isinstance(platform.read(record), Return | UnreadableRecord | None)


@given(content=_JSON)
def test_what_is_no_document_is_refused_and_nothing_else_happens(content):
    try:
        joined(content)
    except ValueError:
        return


# ---- recorded exports


@pytest.fixture
def export(tmp_path, account):
    """An account that reads the files of a folder; the folder has 25 returns in three of them."""
    folder = tmp_path / "old [2023]"
    returns = [rma(line_item(order=f"#{1001 + at}"), id=str(500_001 + at), created=MOMENT) for at in range(25)]
    write_export(folder, returns)
    return account(export=str(folder / "*.json")), folder


def test_an_export_is_read_whole_each_time_and_no_request_is_made(export, between):
    platform, _ = export
    began = clock.now()
    for since in (MOMENT, clock.now()):
        pages = list(platform.changes(since))
        assert len(returns_of(pages)) == 25
        assert [len(page.returns) for page in pages] == [5, 10, 10, 0]
        assert [page.mark is not None for page in pages] == [False, False, False, True]
        assert began <= pages[-1].mark <= clock.now()
    assert between.seen == []


def test_all_that_is_asked_of_an_export_comes_from_its_files(export, between):
    platform, _ = export
    assert platform.one(ReturnId("500003")).order_numbers() == ("#1003",)
    assert platform.one(ReturnId("no-such")) is None
    assert [ret.id for ret in platform.find("1003")] == ["500003"]
    (finding,) = platform.check()
    assert finding.ok
    assert finding.text.startswith("3 files with 25 returns; the service was closed in 2023")
    assert between.seen == []


def test_what_a_later_file_says_of_a_return_counts_and_comes_once(export):
    platform, folder = export
    later = [rma(line_item(order="#1003"), id="500003", status="refunded")]
    write_export(folder / "x", later)[0].rename(folder / "page-9.json")
    found = [ret for page in platform.changes(MOMENT) for ret in page.returns if ret.id == "500003"]
    assert [ret.raw_status for ret in found] == ["refunded"]
    assert platform.one(ReturnId("500003")).raw_status == "refunded"


def test_of_one_file_what_comes_later_counts(account, tmp_path):
    pages = [document([rma(status=word)]) for word in ("authorized", "refunded")]
    (tmp_path / "all.json").write_text(json.dumps(pages))
    (found,) = returns_of(account(export=str(tmp_path / "all.json")).changes(MOMENT)).values()
    assert found.raw_status == "refunded"


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"data": 5}', b'{"errors": []}', b"[[]]", b'"x"', b"\xff\xfe\x00", b"[" * 9999]
)
def test_a_file_that_is_no_export_is_named_after_the_others_were_read(export, body):
    platform, folder = export
    (folder / "page-0.json").write_bytes(body)
    (folder / "zz.json").write_bytes(body)
    with pytest.raises(AccountRefused) as told:
        list(platform.changes(MOMENT))
    assert told.value.what == "These files of the export cannot be read: page-0.json, zz.json."
    assert "Record them again" in told.value.next_step


def test_the_files_beside_one_that_is_no_export_are_read(export):
    platform, folder = export
    (folder / "zz.json").write_bytes(b"{")
    pages = []
    with pytest.raises(AccountRefused):
        pages.extend(platform.changes(MOMENT))
    assert len(returns_of(pages)) == 25
    assert [page.mark for page in pages] == [None, None, None]


@pytest.mark.parametrize("pattern", ["*.csv", "nowhere/*.json", "", "**x"])
def test_a_pattern_that_matches_no_file_is_reported(account, tmp_path, pattern):
    platform = account(export=f"{tmp_path}/{pattern}")
    for read in (lambda: list(platform.changes(MOMENT)), lambda: list(platform.check()), lambda: platform.one("1")):
        with pytest.raises(AccountRefused, match="has no files"):
            read()


def test_a_pattern_may_name_several_folders(account, tmp_path):
    for at in ("1", "2"):
        write_export(tmp_path / f"month-{at}", [rma(id=at)])
    (tmp_path / "month-1" / ".hidden.json").write_text("{")
    assert set(returns_of(account(export=f"{tmp_path}/month-*/*.json").changes(MOMENT))) == {"1", "2"}


def test_a_return_in_a_file_that_cannot_be_read_is_set_aside(account, tmp_path):
    write_export(tmp_path, [rma(line_item("A", units=0)), rma(id="500124")])
    page, _ = account(export=f"{tmp_path}/*.json").changes(MOMENT)
    assert ([ret.id for ret in page.returns], [record.key for record in page.unreadable]) == (["500124"], ["500123"])


def test_an_answer_that_does_not_say_whether_a_page_follows_is_none(account, between):
    between.always = Canned(200, b'{"data": []}')
    with pytest.raises(BadAnswer, match="whether a page follows"):
        list(account().changes(MOMENT))
