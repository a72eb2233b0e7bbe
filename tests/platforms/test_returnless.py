"""Returnless: the contract of every platform, and its own translations and calls."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from returnsync import clock
from returnsync.errors import AccountRefused, AccountUnavailable, BadAnswer, Refused
from returnsync.http.auth import Bearer
from returnsync.http.client import Reader
from returnsync.http.retry import RetryPolicy
from returnsync.model import Address, Consumer, OwnLabel, Reason, Return, ReturnId, ReturnStatus, UnreadableRecord
from returnsync.platforms.contract import PlatformContract, Wish
from returnsync.platforms.contract.between import Between, Canned
from returnsync.platforms.records import UntranslatableError
from returnsync.platforms.returnless import Returnless, ReturnlessSettings
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.returnless_records import (
    REQUESTED,
    RETURNED,
    id_of,
    item,
    parcel,
    return_order,
    status,
    written,
)

KEY = World().returnless.api_key
LISTS = {"done_statuses": ["Afgehandeld"], "cancelled_statuses": ["Geannuleerd"]}
DAY = timedelta(days=1)


class TestReturnless(PlatformContract):
    platform = Returnless
    settings = LISTS
    secrets = {"api_key": KEY}
    statuses = {
        ReturnStatus.APPROVED: "Aangemeld",
        ReturnStatus.REQUESTED: REQUESTED,
        ReturnStatus.COMPLETED: "Afgehandeld",
        ReturnStatus.CANCELLED: "Geannuleerd",
    }
    page_size = 100
    forbidden = ("/approve", "/reject", "/notes", "/status?", "/meta-data", "/tags", "/request-orders")
    status_field, created_field, updated_field = "state", "created_at", "updated_at"
    spare_fields = ("return_number", "customer", "customer_address", "links", "free_shipping")
    precision = timedelta(seconds=1)
    shape = None

    def start(self):
        self.sandbox = Sandbox(World.empty()).__enter__()
        self.returnless = self.sandbox.returnless
        self.returnless.shape = self.shape
        return self.sandbox.url + self.returnless.base

    def stop(self):
        self.sandbox.__exit__(None, None, None)
        assert self.sandbox.counts.effects("forbidden") == 0
        assert self.sandbox.counts.calls("unrouted") == 0

    def add(self, wish):
        (order,) = wish.orders
        requested = wish.word.lower().startswith("request")
        return self.returnless.add(
            return_order(
                order=order,
                id=f"returnorder_{len(self.returnless.return_orders):06d}",
                state=wish.word if requested else RETURNED,
                label="Aangemeld" if requested else wish.word or "Aangemeld",
                created=wish.created,
                updated=wish.updated,
            )
        )

    def add_many(self, count):
        """They are a second apart by the time that this platform lists by, which is the time of creation."""
        start = (clock.now() - timedelta(hours=6)).replace(microsecond=0)
        moments = [start + timedelta(seconds=index) for index in range(count)]
        return {self.add(Wish((f"{2000 + at}",), created=when, updated=when)): when for at, when in enumerate(moments)}

    def touch(self, return_id, at):
        self.returnless.touch(return_id, at=at)

    def records(self, content):
        return content.get("data") if isinstance(content, dict) and isinstance(content.get("data"), list) else None


class TestReturnlessNested(TestReturnless):
    """The same tests with relations under `includes`, as version 2023-01 has them."""

    settings = LISTS | {"version": "2023-01"}


# ---- its own translations


@pytest.fixture
def returnless(sandbox):
    return sandbox.returnless


@pytest.fixture
def between(sandbox):
    server = Between(sandbox.url + sandbox.returnless.base)
    yield server
    server.close()


@pytest.fixture
def account(between):
    """Opens the account in the sandbox, with the settings of a test; every request is noted in `between`."""
    readers = []

    def opened(**settings):
        made = ReturnlessSettings.model_validate(
            {
                "platform": "returnless",
                "warehouse": "monta",
                "start_from": clock.now() - 120 * DAY,
                "api_key": "env:KEY",
                "base_url": between.url,
                **LISTS,
                **settings,
            }
        )
        readers.append(Reader("forms", made.base_url, Bearer(KEY), retry=RetryPolicy(attempts=1)))
        return Returnless("forms", made, readers[-1])

    yield opened
    for reader in readers:
        reader.close()


@pytest.fixture
def read(account):
    """One record as a return, from an account that has only this one."""
    platform = account()

    def translated(*items, **fields):
        ret = platform.read(return_order(*items, **fields))
        assert isinstance(ret, Return), ret
        return ret

    return translated


def asked(between):
    """The path of each request after the version, with its query."""
    return [
        (urlsplit(seen.target).path.split("/", 3)[3], dict(parse_qsl(urlsplit(seen.target).query)))
        for seen in between.seen
    ]


def paths(between):
    return [path for path, _ in asked(between)]


def listed(platform, since=None):
    return [ret for page in platform.changes(since or clock.now() - DAY) for ret in page.returns]


def test_the_list_is_asked_for_as_the_facts_have_it(account, between):
    list(account().changes(clock.now() - DAY))
    ((path, query),) = asked(between)
    assert urlsplit(between.seen[0].target).path == "/returnless/2025-01/return-orders"
    since = query.pop("filter[created_at][gte]")
    assert (path, query) == (
        "return-orders",
        {
            "filter[return_type]": "return",
            "sort": "created_at",
            "per_page": "100",
            "include": "customer,customer_address,return_order_items,shipments,sales_order",
        },
    )
    assert (len(since), since[-6:]) == (25, "+00:00")


def test_the_version_is_a_setting(account, between):
    list(account(version="2023-01").changes(clock.now() - DAY))
    assert between.seen[0].target.startswith("/returnless/2023-01/return-orders?")


@pytest.mark.parametrize("version", ["", ".", "..", "a/b", "2025 01"])
def test_a_version_that_is_no_part_of_an_address_is_refused(account, version):
    with pytest.raises(ValidationError):
        account(version=version)


def test_a_long_time_is_listed_in_windows_and_the_last_has_no_end(account, between):
    since = (clock.now() - 69.5 * DAY).replace(microsecond=0)
    pages = list(account().changes(since))
    bounds = [(query["filter[created_at][gte]"], query.get("filter[created_at][lt]")) for _, query in asked(between)]
    edges = [written(since + week * 7 * DAY) for week in range(10)]
    assert bounds == [*pairwise(edges), (edges[-1], None)]
    marks = [page.mark for page in pages]
    assert marks[:9] == [since + week * 7 * DAY for week in range(1, 10)]
    assert since + 69 * DAY < marks[-1] <= clock.now()


def test_nothing_from_before_the_start_is_asked_for(account, between):
    start = (clock.now() - 2 * DAY).replace(microsecond=0)
    platform = account(start_from=start)
    list(platform.changes(clock.now() - 50 * DAY))
    list(platform.earlier(clock.now() - 50 * DAY, clock.now() - DAY))
    assert {query["filter[created_at][gte]"] for _, query in asked(between)} == {written(start)}


def test_a_start_that_is_yet_to_come_asks_once_and_moves_no_mark_past_now(account, between):
    pages = list(account(start_from=clock.now() + DAY).changes(clock.now() - DAY))
    assert len(between.seen) == 1
    assert all(page.mark <= clock.now() for page in pages)


def test_earlier_returns_are_listed_again_and_say_how_far_they_came(account, returnless):
    made = clock.now() - 40 * DAY
    identity = returnless.add(return_order(created=made))
    assert listed(account()) == []
    pages = list(account().earlier(made - DAY, clock.now() - 3 * DAY))
    assert [ret.id for page in pages for ret in page.returns] == [identity]
    marks = [page.mark for page in pages]
    assert marks[:2] == [made + 14 * DAY, made + 29 * DAY]
    assert marks == sorted(marks)


def test_a_request_that_is_approved_later_shows_when_its_days_are_listed_again(account, returnless):
    made = clock.now() - 10 * DAY
    identity = returnless.add(return_order(state=REQUESTED, created=made))
    platform = account()
    assert next(iter(platform.earlier(made - DAY, made + DAY))).returns == ()
    returnless.touch(identity, word="Aangemeld")
    (page,) = platform.earlier(made - DAY, made + DAY)
    assert [(ret.id, ret.status) for ret in page.returns] == [(identity, ReturnStatus.APPROVED)]


def test_returns_made_in_the_second_in_which_a_page_ends_are_all_read(account, returnless):
    start = clock.now() - timedelta(hours=5)
    for index in range(240):
        # Forty returns per second, so that a page of a hundred ends within a second.
        returnless.add(return_order(id=f"r-{index:03}", created=start + timedelta(seconds=index // 40)))
    assert len({ret.id for ret in listed(account())}) == 240


def test_a_second_that_cannot_be_read_whole_moves_no_mark(account, returnless):
    for index in range(150):
        returnless.add(return_order(id=f"r-{index:03}", created=clock.now() - timedelta(hours=5)))
    marks = []
    with pytest.raises(AccountUnavailable, match="made in one second"):
        marks.extend(page.mark for page in account().changes(clock.now() - DAY))
    assert set(marks) <= {None}


def test_a_page_that_ends_with_records_without_a_time_loses_none(account, returnless, between):
    start = clock.now() - timedelta(hours=5)
    for index in range(130):
        returnless.add(return_order(id=f"r-{index:03}", created=start + timedelta(seconds=index)))

    def spoil(content):
        if len(content["data"]) == 100:
            content["data"][-1]["created_at"] = None
            content["data"].append(5)

    between.edit = spoil
    pages = list(account().changes(clock.now() - DAY))
    unreadable = {record.key for page in pages for record in page.unreadable}
    seen = {ret.id for page in pages for ret in page.returns} | unreadable
    assert len({key for key in seen if key.startswith("r-")}) == 130


def test_the_latest_days_are_listed_on_each_run_and_the_open_ones_once_an_hour(account):
    back = Returnless.look_back(account(open_days=20)._settings)  # noqa: SLF001 - as the engine has them
    assert (back.usual, back.deep) == (3 * DAY, 20 * DAY)


def test_the_cursor_is_taken_from_the_link_where_meta_has_none(account, returnless, between):
    returnless.meta_cursor = False
    start = clock.now() - timedelta(hours=5)
    for index in range(130):
        returnless.add(return_order(id=f"r-{index:03}", created=start + timedelta(seconds=index)))
    assert len({ret.id for ret in listed(account())}) == 130
    # The link itself has no filter: a client that follows it unchanged gets everything.
    assert {query["filter[return_type]"] for _, query in asked(between)} == {"return"}


@pytest.mark.parametrize("rest", ["", ', "meta": null, "links": []', ', "meta": {"total": 0}'])
def test_a_list_that_does_not_say_whether_it_goes_on_is_not_taken_for_whole(account, between, rest):
    between.always = Canned(200, f'{{"data": []{rest}}}'.encode())
    with pytest.raises(BadAnswer):
        list(account().changes(clock.now() - DAY))


# ---- relations: nested, inline, or not there


def test_all_shapes_give_the_same_return(account, returnless):
    returnless.add(return_order(item("A", quantity=2, comment="Valt klein"), item("B"), shipments=[parcel("3STEST1")]))
    found = []
    for shape in ("nested", "inline", "bare"):
        returnless.shape = shape
        platform = account()
        (ret,) = listed(platform)
        whole = platform.complete(ret)
        assert platform.one(whole.id) == whole
        found.append(whole)
    assert found[0] == found[1]
    # If no form of `include` gives the relations, the consumer is not known.
    assert found[2] == replace(found[0], consumer=None)
    assert [(line.sku, line.quantity) for line in found[0].lines] == [("A", 2), ("B", 1)]


def test_what_is_beside_the_fields_counts_before_what_is_nested(account):
    record = return_order(order="1001")
    record["includes"] = {"sales_order": {"order_number": "9"}, "shipments": [parcel("3STEST1")]}
    ret = account().read(record)
    assert (ret.order_numbers(), ret.own_label) == (("1001",), None)


def test_a_relation_that_is_null_beside_the_fields_is_taken_from_below(account):
    record = return_order(sales_order=None, includes={"sales_order": {"order_number": "1002"}})
    assert account().read(record).order_numbers() == ("1002",)


@pytest.mark.parametrize("shape", ["nested", "inline"])
def test_a_return_that_came_whole_is_completed_without_a_request(account, returnless, between, shape):
    returnless.shape = shape
    returnless.add(return_order())
    platform = account()
    (ret,) = listed(platform)
    between.seen.clear()
    assert platform.complete(ret) is ret
    assert between.seen == []


def test_a_list_without_relations_gives_returns_without_lines_and_one_read_more_for_each_part(
    account, returnless, between
):
    returnless.shape = "bare"
    identity = returnless.add(return_order())
    platform = account()
    (ret,) = listed(platform)
    assert (ret.id, ret.status, ret.lines) == (identity, ReturnStatus.APPROVED, ())
    between.seen.clear()
    assert [line.order_number for line in platform.complete(ret).lines] == ["1001"]
    one = f"return-orders/{identity}"
    assert paths(between) == [one, f"{one}/items", f"{one}/shipments"]


@pytest.mark.parametrize("part", ["return_order_items", "shipments", "sales_order"])
def test_one_part_that_is_missing_makes_the_return_be_read_singly(account, returnless, part):
    record = return_order(shipments=[parcel("3STEST1")])
    returnless.add(record)
    platform = account()
    ret = platform.read({name: value for name, value in record.items() if name != part})
    assert ret.lines == ()
    assert platform.complete(ret) == platform.read(record)


def test_long_lists_of_items_are_read_to_their_end(account, returnless, between):
    returnless.shape = "bare"
    identity = returnless.add(return_order(*(item(f"A-{index}") for index in range(130))))
    assert len(account().one(ReturnId(identity)).lines) == 130
    assert len([path for path in paths(between) if path.endswith("/items")]) == 2


def test_a_list_of_items_that_says_nothing_of_pages_has_one(account, returnless, between):
    returnless.shape = "bare"
    identity = returnless.add(return_order())

    def without_paging(content):
        if isinstance(content["data"], list):
            del content["meta"], content["links"]

    between.edit = without_paging
    assert len(account().one(ReturnId(identity)).lines) == 1


@pytest.mark.parametrize("gone", [{"return_order_items": []}, {"sales_order": {"order_number": None}}])
def test_a_return_without_items_or_order_is_set_aside_once_it_was_read_singly(account, returnless, gone):
    identity = returnless.add(return_order(**gone))
    platform = account()
    (ret,) = listed(platform)
    with pytest.raises(UntranslatableError, match="nothing says what comes back"):
        platform.complete(ret)
    assert isinstance(platform.one(ReturnId(identity)), UnreadableRecord)


def test_a_cancelled_return_without_items_stays_cancelled(account, returnless):
    returnless.add(return_order(label="Geannuleerd", return_order_items=[]))
    platform = account()
    (ret,) = listed(platform)
    assert (platform.complete(ret).status, platform.complete(ret).lines) == (ReturnStatus.CANCELLED, ())


def test_a_return_that_goes_before_it_is_completed_is_set_aside(account, returnless):
    returnless.shape = "bare"
    identity = returnless.add(return_order())
    platform = account()
    (ret,) = listed(platform)
    returnless.remove(identity)
    with pytest.raises(UntranslatableError, match="not there singly"):
        platform.complete(ret)


def test_parts_that_cannot_be_read_set_the_return_aside_and_quote_nothing(account, returnless, sandbox):
    returnless.shape = "bare"
    returnless.add(return_order())
    platform = account()
    (ret,) = listed(platform)
    body = b'{"data": [{"quantity": "jo@example.com"}]}'
    sandbox.faults.add(Fault("returnless.items", "status", status=200, body=body, content_type="application/json"))
    with pytest.raises(UntranslatableError) as told:
        platform.complete(ret)
    assert "@" not in str(told.value)


@pytest.mark.parametrize("shape", ["nested", "inline", "bare"])
def test_a_server_that_refuses_include_is_read_without(account, returnless, between, shape):
    returnless.shape, returnless.refuse_include = shape, True
    returnless.add(return_order(item("A", quantity=3)))
    platform = account()
    (ret,) = listed(platform)
    assert [(line.sku, line.quantity) for line in platform.complete(ret).lines] == [("A", 3)]
    # It is tried once, and remembered.
    assert ["include" in query for _, query in asked(between)] == [True] + [False] * (len(between.seen) - 1)


def test_a_refusal_that_is_not_about_include_does_not_count_against_it(account, returnless, between):
    returnless.add(return_order())
    between.next = [Canned(400, b"{}"), Canned(400, b"{}")]
    platform = account()
    with pytest.raises(AccountRefused):
        listed(platform)
    assert listed(platform)[0].lines
    assert "include" in asked(between)[-1][1]


# ---- statuses


def test_a_state_that_begins_like_a_request_is_not_approved(read):
    for state in ("request", "request-pending", "Request-Rejected"):
        assert read(state=state).status is ReturnStatus.REQUESTED
    assert read(state="return-requested").status is ReturnStatus.APPROVED


def test_which_states_are_requests_is_a_setting(account):
    platform = account(unapproved_states=["draft", ""])
    found = {state: platform.read(return_order(state=state)).status for state in ("drafted", "request-pending")}
    assert found == {"drafted": ReturnStatus.REQUESTED, "request-pending": ReturnStatus.APPROVED}


@pytest.mark.parametrize("name", ["id", "label"])
def test_statuses_are_named_by_id_or_label(account, name):
    platform = account(done_statuses=[f" {status('Klaar')[name].upper()} "], cancelled_statuses=[status("Weg")[name]])
    found = {label: platform.read(return_order(label=label)).status for label in ("klaar", "Weg", "Afgehandeld")}
    assert found == {
        "klaar": ReturnStatus.COMPLETED,
        "Weg": ReturnStatus.CANCELLED,
        "Afgehandeld": ReturnStatus.APPROVED,
    }


def test_a_request_is_none_whatever_its_status_is_called(read):
    assert read(state=REQUESTED, label="Afgehandeld").status is ReturnStatus.REQUESTED


@pytest.mark.parametrize(
    ("given", "raw"),
    [
        ({"id": "returnstatus_1", "label": "Nieuw"}, "return-open/Nieuw"),
        ({"id": "returnstatus_1"}, "return-open/returnstatus_1"),
        ({}, "return-open"),
        (None, "return-open"),
    ],
)
def test_state_and_status_are_kept_in_the_platforms_words(read, given, raw):
    ret = read(status=given)
    assert (ret.status, ret.raw_status) == (ReturnStatus.APPROVED, raw)


@pytest.mark.parametrize("state", [None, "", " "])
def test_a_return_without_a_state_is_never_taken_for_approved(account, state):
    assert isinstance(account().read(return_order(state=state)), UnreadableRecord)


def test_test_records_are_dropped_unless_wanted(account):
    record = return_order(is_test_record=True)
    assert account().read(record) is None
    assert isinstance(account(test_records=True).read(record), Return)


def test_a_test_record_that_is_read_singly_is_ignored(account, returnless):
    identity = returnless.add(return_order(is_test_record=True))
    assert account().one(ReturnId(identity)) is None


def test_only_what_decides_about_records_makes_the_source_be_read_again():
    assert ReturnlessSettings.selecting == (
        "done_statuses",
        "cancelled_statuses",
        "unapproved_states",
        "test_records",
    )


# ---- lines


def test_the_order_number_stays_as_the_platform_wrote_it(read):
    assert read(order="#NL-500123").order_numbers() == ("#NL-500123",)


def test_items_of_one_article_and_reason_are_added_up(read):
    ret = read(item("A", quantity=2), item("A", comment="x"), item("A", reason="too_large"))
    assert [(line.sku, line.quantity, line.reason.label) for line in ret.lines] == [
        ("A", 3, "Te klein"),
        ("A", 1, "Te groot"),
    ]


def test_an_article_is_known_by_sku_and_barcode_and_by_no_line(read):
    (line,) = read(item("A", product={"sku": " A ", "barcode": 8712345678906, "name": "Jas"})).lines
    assert (line.sku, line.barcode, line.title, line.order_line_ids) == ("A", "8712345678906", "Jas", ())


@pytest.mark.parametrize("missing", [None, "absent"])
def test_a_single_item_without_a_quantity_has_that_of_the_return(account, missing):
    record = return_order(item("A"), quantity=4)
    if missing is None:
        record["return_order_items"][0]["quantity"] = None
    else:
        del record["return_order_items"][0]["quantity"]
    assert [line.quantity for line in account().read(record).lines] == [4]


def test_several_items_without_a_quantity_are_never_guessed(account):
    record = return_order(item("A", quantity=None), item("B"), quantity=2)
    kept = account().read(record)
    assert isinstance(kept, UnreadableRecord)
    assert kept.problem == "an item has no quantity, so nothing says how many units come back"


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "many"])
def test_a_quantity_that_is_none_is_never_guessed(account, quantity):
    record = return_order()
    record["return_order_items"][0]["quantity"] = quantity
    assert isinstance(account().read(record), UnreadableRecord)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"id": "r-1", "system_name": "too_small", "label": "Te klein"}, Reason("r-1", "Te klein")),
        ({"id": 7, "label": "Te klein"}, Reason("7", "Te klein")),
        ({"system_name": "too_small", "label": "Te klein"}, Reason("too_small", "Te klein")),
        ({"label": "Te klein"}, Reason("Te klein", "Te klein")),
        ({"id": "r-1"}, Reason("r-1")),
        ({}, None),
        (None, None),
    ],
)
def test_a_reason_is_known_by_its_id_before_its_names(read, given, reason):
    (line,) = read(item(return_reason=given)).lines
    assert line.reason == reason


def test_the_comment_is_what_was_answered_in_free_text(read):
    answers = [{"answer": " Valt klein "}, {"answer": None, "option": {"answer": "Ja"}}, {"answer": "Mooi"}]
    (line,) = read(item(answers=answers)).lines
    assert line.comment == "Valt klein / Mooi"


# ---- parcels and persons


@pytest.mark.parametrize(
    ("parcels", "label"),
    [
        ([], None),
        ([parcel()], None),
        ([{"tracking_number": "3S1", "tracking_code": "3S2"}], OwnLabel("3S1")),
        ([{"tracking_number": "", "tracking_code": "3S2"}], OwnLabel("3S2")),
        (
            [parcel(), {"tracking_code": "3S2", "tracking_url": "https://t.example/"}],
            OwnLabel("3S2", "https://t.example/"),
        ),
        ([{"label_url": "https://l.example/1"}], OwnLabel(label_url="https://l.example/1")),
        ([{"shipping_label_link": "https://l.example/2"}], OwnLabel(label_url="https://l.example/2")),
        ([{"label": {"url": "https://l.example/3"}}], OwnLabel(label_url="https://l.example/3")),
        ([{"label": "paper", "url": "https://l.example/4", "status": {"label": "printed"}}], None),
    ],
)
def test_only_a_tracking_number_or_a_labels_address_is_an_own_label(read, parcels, label):
    assert read(shipments=parcels).own_label == label


@pytest.mark.parametrize(
    ("parcels", "carrier"),
    [
        ([parcel()], "PostNL parcel"),
        ([{"shipping_method": {"name": "Pakket"}, "carrier_name": "PostNL"}], "Pakket"),
        ([{}, {"carrier_name": "DPD"}], "DPD"),
        ([], ""),
    ],
)
def test_the_carrier_wished_for_is_the_method_else_the_carriers_name(read, parcels, carrier):
    assert read(shipments=parcels).carrier == carrier


@pytest.mark.parametrize("country", [{"iso_code": "NL", "name": "Netherlands"}, {"code": "NL"}, {"name": "NL"}, "NL"])
def test_the_person_and_where_they_live(read, country):
    home = {"street": "Dorpsstraat", "house_number": 7, "suffix": "B", "postal_code": "1234 AB", "city": "Voorbeeld"}
    ret = read(customer={"name": "Jo Test", "email": "jo@example.com"}, customer_address={**home, "country": country})
    address = Address("Jo Test", "Dorpsstraat", "7 B", "1234 AB", "Voorbeeld", "NL")
    assert ret.consumer == Consumer(last_name="Jo Test", email="jo@example.com", address=address)


def test_a_return_without_a_person_is_read_all_the_same(read):
    assert read(customer=None, customer_address=None).consumer is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02T09:14:07+00:00", datetime(2026, 3, 2, 9, 14, 7, tzinfo=UTC)),
        ("2026-03-02T09:14:07+01:00", datetime(2026, 3, 2, 8, 14, 7, tzinfo=UTC)),
        ("2026-03-02T09:14:07.123456Z", datetime(2026, 3, 2, 9, 14, 7, 123456, UTC)),
        ("2026-03-02 09:14:07", datetime(2026, 3, 2, 9, 14, 7, tzinfo=UTC)),
    ],
)
def test_every_form_of_time_is_read_as_utc(read, text, moment):
    ret = read(created_at=text, updated_at=None)
    assert (ret.created, ret.updated) == (moment, moment)


@pytest.mark.parametrize("name", ["created_at", "updated_at"])
@pytest.mark.parametrize("text", ["yesterday", "0001-01-01T00:00:00+05:00"])
def test_a_time_that_is_none_sets_the_record_aside_and_is_not_quoted(account, name, text):
    kept = account().read(return_order(**{name: text}))
    assert isinstance(kept, UnreadableRecord)
    assert text not in kept.problem


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
PLACES = sorted({*return_order(), "includes", "items"})


@given(where=st.sampled_from(PLACES), value=JSON, inside=st.sampled_from(["", "includes", "item", "shipment"]))
def test_whatever_stands_in_a_record_it_is_a_return_or_set_aside(where, value, inside):
    settings = ReturnlessSettings.model_validate(
        {
            "platform": "returnless",
            "warehouse": "monta",
            "start_from": datetime(2026, 1, 1, tzinfo=UTC),
            "api_key": "env:KEY",
        }
    )
    reader = Reader("forms", settings.base_url, None, retry=RetryPolicy(attempts=1))
    platform = Returnless("forms", settings, reader)
    record = return_order()
    places = {
        "": record,
        "includes": record.setdefault("includes", {}),
        "item": record["return_order_items"][0],
        "shipment": record["shipments"][0],
    }
    places[inside][where] = value
    for odd in (record, value):
        found = platform.read(odd)
        assert found is None or isinstance(found, Return | UnreadableRecord)
    reader.close()


# ---- one, find, check


@pytest.mark.parametrize("identity", ["", ".", "..", "...", "a/b", "é?", "x" * 300, "%2e%2e"])
def test_an_id_of_any_characters_is_asked_for_safely(account, identity):
    assert account().one(ReturnId(identity)) is None


def test_a_known_return_that_the_server_does_not_take_is_never_told_as_gone(account, between):
    between.always = Canned(422, b"{}")
    with pytest.raises(Refused):
        account().one(ReturnId("x"))


@pytest.mark.parametrize("content", [b"[]", b"5", b'{"data": []}', b"<html>"])
def test_a_single_read_that_brings_no_record_is_no_answer(account, between, content):
    between.always = Canned(200, content)
    with pytest.raises(BadAnswer):
        account().one(ReturnId("x"))


def test_a_single_record_may_be_without_data_around_it(account, between, returnless):
    identity = returnless.add(return_order())

    def unwrap(content):
        content |= content.pop("data")

    between.edit = unwrap
    assert account().one(ReturnId(identity)).id == identity


@pytest.mark.parametrize("written_as", ["1001", "#1001"])
@pytest.mark.parametrize("typed", ["1001", "#1001", " 1001 "])
@pytest.mark.parametrize("order_filter", ["kept", "ignored", "refused"])
@pytest.mark.parametrize("shape", ["nested", "inline"])
def test_an_order_is_found_however_it_is_written_and_filtered(
    account, returnless, shape, order_filter, typed, written_as
):
    returnless.shape, returnless.order_filter = shape, order_filter
    identity = returnless.add(return_order(order=written_as))
    returnless.add(return_order(order="11001"))
    found = list(account().find(typed))
    assert [(ret.id, len(ret.lines)) for ret in found] == [(identity, 1)]


def test_an_order_is_found_where_the_list_has_no_relations_but_keeps_to_the_filter(account, returnless):
    returnless.shape, returnless.order_filter = "bare", "kept"
    identity = returnless.add(return_order(order="#1001"))
    returnless.add(return_order(order="1002"))
    assert [(ret.id, len(ret.lines)) for ret in account().find("1001")] == [(identity, 1)]


def test_where_neither_relations_nor_filter_are_there_not_every_return_is_read_singly(account, returnless, between):
    returnless.shape = "bare"
    for number in range(20):
        returnless.add(return_order(order=str(number)))
    assert list(account().find("1001")) == []
    singles = [path for path in paths(between) if path.startswith("return-orders/") and path.count("/") == 1]
    assert len(singles) == 3


@pytest.mark.parametrize("order_filter", ["kept", "ignored", "refused"])
@pytest.mark.parametrize("shape", ["nested", "inline", "bare"])
def test_a_return_is_found_by_its_own_number_and_its_id(account, returnless, shape, order_filter):
    returnless.shape, returnless.order_filter = shape, order_filter
    record = return_order()
    returnless.add(record)
    returnless.add(return_order(order="1002"))
    for typed in (record["return_number"], f"#{record['return_number']}", record["id"]):
        assert [(ret.id, len(ret.lines)) for ret in account().find(typed)] == [(record["id"], 1)]


def test_a_return_older_than_its_open_days_is_found_by_its_id(account, returnless):
    identity = returnless.add(return_order(created=clock.now() - 100 * DAY))
    assert list(account().find("1001")) == []
    assert [ret.id for ret in account().find(identity)] == [identity]


def test_a_return_that_cannot_be_read_is_found_all_the_same(account, returnless):
    identity = returnless.add(return_order(quantity="some"))
    assert [record.key for record in account().find("1001")] == [identity]


def test_what_the_server_takes_neither_for_a_number_nor_for_an_id_finds_nothing(account, between):
    canned = Canned(200, b'{"data": [], "meta": {"next_cursor": null}}')
    # The filter for an order number is refused in both spellings, each with and without relations; then so is the id.
    between.next = [Canned(422, b"{}")] * 6
    between.always = canned
    assert list(account().find("x")) == []


def test_an_id_that_may_not_be_read_is_no_id_that_is_not_there(account, sandbox):
    sandbox.faults.add(Fault("returnless.one", "status", status=403))
    with pytest.raises(Refused):
        list(account().find("x"))


def test_what_is_no_record_hides_none_while_finding(account, returnless, between):
    identity = returnless.add(return_order())

    def add_odd(content):
        if isinstance(content["data"], list):
            content["data"].insert(0, "odd")

    between.edit = add_odd
    assert [found.id for found in account().find("1001")] == [identity]


def test_a_refused_account_is_reported_also_while_finding(account, between):
    between.always = Canned(403, b"{}")
    with pytest.raises(AccountRefused, match="403"):
        list(account().find("1001"))


def test_the_check_lists_what_the_account_has_and_what_the_settings_make_of_it(account, between):
    findings = list(account().check())
    assert [(finding.subject, finding.ok) for finding in findings] == [("credentials", True), ("statuses", True)]
    told = findings[1].text.split("; ")
    assert told[0] == f"Aangemeld ({status('Aangemeld')['id']}) = approved"
    assert [entry.rpartition(" = ")[2] for entry in told] == ["approved", "approved", "done", "cancelled"]
    assert paths(between) == ["account", "return-orders", "return-statuses"]


def test_the_check_names_each_status_that_the_account_does_not_have(account):
    findings = list(account(done_statuses=["AFGEHANDELD", "Klaar"], cancelled_statuses=["returnstatus_0"]).check())
    wrong = [finding for finding in findings if not finding.ok]
    assert [finding.text for finding in wrong] == [
        "`done_statuses` names 'Klaar', which the account does not have",
        "`cancelled_statuses` names 'returnstatus_0', which the account does not have",
    ]
    assert all(finding.next_step for finding in wrong)


def test_the_check_reads_every_page_of_statuses(account, returnless):
    returnless.account.statuses = [status(f"Status {index}") for index in range(130)]
    findings = list(account(done_statuses=["Status 129"], cancelled_statuses=[]).check())
    assert all(finding.ok for finding in findings)


def test_a_check_of_a_key_that_may_not_read_returns_says_so(account, sandbox):
    sandbox.faults.add(Fault("returnless.list", "status", status=403))
    with pytest.raises(AccountRefused) as told:
        list(account().check())
    assert "may read returns" in told.value.next_step


def test_a_wrong_version_is_reported_as_such(account):
    with pytest.raises(AccountRefused) as told:
        list(account(version="2019-01").changes(clock.now() - DAY))
    assert "`version`" in told.value.next_step


@pytest.mark.parametrize("body", [b'{"data": [5], "meta": {"next_cursor": null}}', b'{"data": 5}', b"[]"])
def test_a_list_of_statuses_that_is_none_is_reported(account, sandbox, body):
    sandbox.faults.add(Fault("returnless.statuses", "status", status=200, body=body, content_type="application/json"))
    with pytest.raises(BadAnswer):
        list(account().check())


def test_ids_of_the_sandbox_look_like_the_platforms(returnless):
    assert returnless.give_back("1001").startswith(id_of("returnorder", "x").partition("_")[0] + "_")
