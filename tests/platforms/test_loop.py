"""Loop: the contract of every platform, and its own translations."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync import clock
from returnsync.errors import AccountRefused, AccountUnavailable, BadAnswer, NotSent, Refused, Unclear
from returnsync.http.auth import HeaderAuth
from returnsync.http.client import Reader
from returnsync.http.retry import RetryPolicy
from returnsync.model import OwnLabel, Reason, Return, ReturnId, ReturnStatus, UnreadableRecord
from returnsync.platforms.contract import PlatformContract
from returnsync.platforms.contract.between import Between, Canned
from returnsync.platforms.loop import Loop, LoopSettings
from returnsync.platforms.loop.calls import PAGE_SIZE
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.loop_records import destination, details_of, exchange, label, line_item, loop_return
from returnsync.sandbox.records import line_id_of

KEY = World().loop.api_key
LONG_AGO = timedelta(days=90)


class TestLoop(PlatformContract):
    platform = Loop
    settings = {"review": True}
    secrets = {"api_key": KEY}
    statuses = {
        ReturnStatus.APPROVED: "open",
        ReturnStatus.REQUESTED: "review",
        # There is no label, so nothing is on its way.
        ReturnStatus.COMPLETED: "closed",
        ReturnStatus.CANCELLED: "cancelled",
    }
    page_size = PAGE_SIZE
    forbidden = ("/process", "/flag", "/cancel", "/close", "/remove", "/note", "/labels", "/grade")
    status_field, created_field, updated_field = "state", "created_at", "updated_at"
    spare_fields = (
        *("customer", "outcome", "total", "edited_at", "exchanges"),
        *("line_items.0.title", "line_items.0.barcode", "line_items.0.return_comment"),
    )
    precision = timedelta(seconds=1)
    error_bodies = (b'{"error": {"message": "jo@example.com lives here"}}',)
    wrong_bodies = (
        b'{"error": {"message": "No."}}',
        b'{"error": {"code": "401", "http_code": "GEN-UNAUTHORIZED", "message": "Unauthorized."}}',
        b'{"errors": "Unauthorized."}',
        b'{"errors": {"message": "No.", "code": "UNPROCESSABLE_RETURN"}}',
        b'{"message": "No."}',
        b'{"returns": null}',
        b"true",
    )

    def start(self):
        self.sandbox = Sandbox(World.empty()).__enter__()
        self.loop = self.sandbox.loop
        self.count = 0
        return self.sandbox.url + self.loop.base

    def stop(self):
        self.sandbox.__exit__(None, None, None)
        assert self.sandbox.counts.effects("forbidden") == 0
        assert self.sandbox.counts.calls("unrouted") == 0

    def add(self, wish):
        self.count += 1
        return self.loop.add(
            loop_return(
                id=str(70_000_000 + self.count),
                order=wish.orders[0],
                state=wish.word or "open",
                created=wish.created,
                updated=wish.updated,
            )
        )

    def touch(self, return_id, at):
        self.loop.touch(return_id, at=at)

    def records(self, content):
        # A listing asks once for each state, and most of the answers are empty.
        return (content.get("returns") or None) if isinstance(content, dict) else None


# ---- its own translations


@pytest.fixture
def between(sandbox):
    server = Between(sandbox.url + sandbox.loop.base)
    yield server
    server.close()


@pytest.fixture
def account(between):
    """Opens the account in the sandbox, with the settings of a test; every request is noted in `between`."""
    readers = []

    def opened(**settings):
        made = LoopSettings.model_validate(
            {
                "platform": "loop",
                "warehouse": "monta",
                "start_from": datetime(2026, 1, 1, tzinfo=UTC),
                "api_key": "env:KEY",
                "base_url": between.url,
                **settings,
            }
        )
        auth = HeaderAuth("X-Authorization", KEY)
        readers.append(Reader("shop-us", made.base_url, auth, retry=RetryPolicy(attempts=1)))
        return Loop("shop-us", made, readers[-1])

    yield opened
    for reader in readers:
        reader.close()


@pytest.fixture
def read(account):
    """One record as a return."""

    def translated(*lines, settings=(), **fields):
        ret = account(**dict(settings)).read(loop_return(*lines, **fields))
        assert isinstance(ret, Return), ret
        return ret

    return translated


def ago(**time):
    return (clock.now() - timedelta(**time)).replace(microsecond=0)


def queries(between, path="/list"):
    targets = [urlsplit(seen.target) for seen in between.seen]
    return [dict(parse_qsl(target.query, keep_blank_values=True)) for target in targets if target.path.endswith(path)]


def listed(platform, since=None):
    return [ret for page in platform.changes(since or ago(days=1)) for ret in page.returns]


# ---- how it is listed


def test_each_state_is_a_pass_of_its_own_and_asks_for_pages(account, between):
    list(account().changes(ago(days=1)))
    asked = queries(between)
    assert [query["state"] for query in asked] == ["open", "review", "closed", "cancelled", "expired"]
    assert {(query["filter"], query["paginate"], query["pageSize"]) for query in asked} == {
        ("updated_at", "true", "250")
    }


@pytest.mark.parametrize("settings", [{}, {"review": False, "approved_statuses": ["open", "Review"]}])
def test_returns_in_review_are_listed_unless_nobody_wants_them(account, between, sandbox, settings):
    identity = sandbox.loop.add(loop_return(state="review"))
    assert [ret.id for ret in listed(account(**settings))] == [identity]
    assert listed(account(review=False)) == []
    assert [query["state"] for query in queries(between)].count("review") == 1


def test_a_backlog_is_read_in_windows_that_leave_nothing_out(account, between):
    since = ago(days=100)
    list(account().changes(since))
    bounds = [
        (datetime.fromisoformat(query["from"]), datetime.fromisoformat(query["to"])) for query in queries(between)[::5]
    ]
    assert bounds[0][0] < since
    assert bounds[-1][1] > clock.now() + timedelta(minutes=30)
    assert all(end - start < timedelta(days=120) for start, end in bounds)
    assert all(following < end for (_, end), (following, _) in pairwise(bounds))


def test_the_bounds_are_written_in_the_form_that_is_known_to_work(account, between):
    list(account().changes(datetime(2026, 3, 1, 10, 20, 30, 999_999, tzinfo=UTC)))
    assert queries(between)[0]["from"] == "2026-03-01T10:20:29.000Z"
    assert all(query["to"].endswith(".000Z") for query in queries(between))


def test_the_mark_moves_with_each_window_that_was_read_whole(account):
    since = ago(days=40)
    marks = [page.mark for page in account().changes(since)]
    assert [mark is not None for mark in marks] == [False, False, False, False, True] * 3
    assert marks[4] == since + timedelta(days=15)
    assert marks[-1] <= clock.now()


def test_a_window_whose_last_pass_fails_moves_no_mark(account, sandbox):
    sandbox.faults.add(Fault("loop.list", "status", call=4, status=503))
    pages = account().changes(ago(days=1))
    assert [next(pages).mark for _ in range(3)] == [None, None, None]
    with pytest.raises(Unclear):
        next(pages)


def test_a_return_that_changes_its_state_between_two_passes_is_listed_by_then_or_next_time(account, sandbox):
    identity = sandbox.loop.add(loop_return(state="closed", updated=ago(minutes=30)))
    moved = []

    def move():
        if sandbox.counts.calls("loop.list") == 2 and not moved:
            moved.append(sandbox.loop.touch(identity, word="open"))

    sandbox.loop.on_list = move
    pages = list(account().changes(ago(days=1)))
    seen = [ret.id for page in pages for ret in page.returns]
    assert identity in [*seen, *(ret.id for ret in listed(account(), pages[-1].mark))]


def test_a_label_that_comes_later_ends_the_wait_when_the_return_is_listed_again(account, sandbox):
    identity = sandbox.loop.add(loop_return(created=ago(minutes=20)))
    assert [ret.status for ret in listed(account())] == [ReturnStatus.REQUESTED]
    sandbox.loop.give_label(identity, label())
    assert [(ret.status, ret.own_label.tracking_code) for ret in listed(account())] == [
        (ReturnStatus.APPROVED, "JVGLTEST0001")
    ]


def test_of_the_link_only_the_cursor_is_taken_and_sent_with_what_was_asked(account, between, sandbox):
    for index in range(PAGE_SIZE + 3):
        sandbox.loop.add(loop_return(id=str(index), created=ago(hours=9, seconds=index), updated=ago(hours=1)))
    assert len({ret.id for ret in listed(account())}) == PAGE_SIZE + 3
    first, edge, second = queries(between)[:3]
    assert second == {**first, "cursor": second["cursor"]}
    assert edge["filter"] == "created_at"


def test_returns_of_one_second_at_a_pages_end_are_not_lost(account, sandbox):
    made = ago(hours=9)
    for index in range(PAGE_SIZE + 100):
        sandbox.loop.add(loop_return(id=str(index), created=made, updated=ago(hours=1)))
    assert len({ret.id for ret in listed(account())}) == PAGE_SIZE + 100


def test_more_returns_of_one_second_than_can_be_read_are_reported_and_not_skipped(account, sandbox):
    made = ago(hours=9)
    for index in range(760):
        sandbox.loop.add(loop_return(id=str(index), created=made, updated=ago(hours=1)))
    with pytest.raises(AccountUnavailable):
        listed(account())


@pytest.mark.parametrize("made", [None, "x", 5, "0001-01-01", "9999-12-31T23:59:59Z"])
def test_a_page_whose_last_row_has_no_readable_time_is_followed_by_the_next(account, between, sandbox, made):
    for index in range(PAGE_SIZE + 1):
        sandbox.loop.add(loop_return(id=str(index), created=ago(hours=9, seconds=index), updated=ago(hours=1)))

    def spoil(content):
        if content["returns"]:
            content["returns"][-1]["created_at"] = made

    between.edit = spoil
    pages = list(account().changes(ago(days=1)))
    records = {item.id for page in pages for item in page.returns} | {
        item.key for page in pages for item in page.unreadable
    }
    assert len(records) == PAGE_SIZE + 1


def test_a_full_page_without_a_word_on_the_next_is_not_the_last(account, between, sandbox):
    for index in range(PAGE_SIZE + 1):
        sandbox.loop.add(loop_return(id=str(index), created=ago(hours=9, seconds=index), updated=ago(hours=1)))
    between.edit = lambda content: content.pop("nextPageUrl")
    with pytest.raises(BadAnswer):
        listed(account())


def test_a_bare_array_is_the_whole_list_and_is_reported(account, sandbox, caplog):
    identity = sandbox.loop.add(loop_return())
    sandbox.loop.ignores_paginate = True
    pages = list(account().changes(ago(days=1)))
    assert [ret.id for page in pages for ret in page.returns] == [identity]
    assert pages[-1].mark is not None
    assert "ignored the wish for pages" in caplog.text


@pytest.mark.parametrize(
    "body", [{"errors": "Unauthorized."}, {"error": {"code": "401", "message": "x"}}, {"error": "unauthorized"}]
)
def test_unauthorized_with_http_200_is_a_refused_key(account, sandbox, body):
    sandbox.loop.error_200 = body
    platform = account()
    for call in (lambda: listed(platform), lambda: platform.one(ReturnId("1")), lambda: list(platform.check())):
        with pytest.raises(AccountRefused) as told:
            call()
        assert "scope" in told.value.next_step


@pytest.mark.parametrize("body", [{"error": {"message": "x"}}, {"errors": {"message": "x"}}, {"message": "x"}, "true"])
def test_any_other_error_with_http_200_is_for_the_next_run(account, sandbox, body):
    sandbox.loop.error_200 = body
    with pytest.raises(BadAnswer):
        listed(account())


def test_a_missing_scope_is_reported_as_what_it_may_be(account, sandbox):
    sandbox.loop.account.scopes = frozenset()
    for call in (lambda: listed(account()), lambda: list(account().check())):
        with pytest.raises(AccountRefused) as told:
            call()
        assert "scope `returns`" in told.value.next_step


# ---- status


@pytest.mark.parametrize(
    ("labels", "status", "raw"),
    [
        ((), ReturnStatus.APPROVED, "open"),
        (("new",), ReturnStatus.APPROVED, "open (label new)"),
        (("pre_transit",), ReturnStatus.APPROVED, "open (label pre_transit)"),
        (("IN_TRANSIT",), ReturnStatus.IN_TRANSIT, "open (label in_transit)"),
        (("new", "out_for_delivery"), ReturnStatus.IN_TRANSIT, "open (label new, out_for_delivery)"),
        (("delivered", "new"), ReturnStatus.APPROVED, "open (label delivered, new)"),
        (("delivered", "Delivered"), ReturnStatus.DELIVERED, "open (label delivered)"),
        (("failure",), ReturnStatus.APPROVED, "open (label failure)"),
    ],
)
def test_an_open_return_is_approved_and_stands_as_its_labels_say(read, labels, status, raw):
    made = tuple(label(f"T{index}", word) for index, word in enumerate(labels))
    ret = read(labels=made, created=ago(hours=2))
    assert (ret.status, ret.raw_status) == (status, raw)


@pytest.mark.parametrize(
    ("labels", "age", "status"),
    [
        (("new",), timedelta(days=5), ReturnStatus.APPROVED),
        (("in_transit",), timedelta(days=5), ReturnStatus.IN_TRANSIT),
        (("delivered", "new"), timedelta(days=5), ReturnStatus.APPROVED),
        (("delivered",), timedelta(days=5), ReturnStatus.DELIVERED),
        (("delivered",), LONG_AGO, ReturnStatus.DELIVERED),
        (("in_transit",), LONG_AGO, ReturnStatus.COMPLETED),
        ((), timedelta(days=5), ReturnStatus.COMPLETED),
        ((), timedelta(minutes=5), ReturnStatus.COMPLETED),
    ],
)
def test_a_closed_return_is_announced_while_a_label_of_it_is_on_its_way(read, labels, age, status):
    made = tuple(label(f"T{index}", word) for index, word in enumerate(labels))
    assert read(state="closed", labels=made, created=clock.now() - age).status is status


def test_how_old_a_closed_return_may_be_is_a_setting(read):
    assert read(state="closed", labels=(label(),), created=ago(days=5), settings={"closed_days": 5}).status is (
        ReturnStatus.COMPLETED
    )


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("review", ReturnStatus.REQUESTED),
        ("cancelled", ReturnStatus.CANCELLED),
        ("expired", ReturnStatus.CANCELLED),
        ("Expired", ReturnStatus.CANCELLED),
        ("processing", ReturnStatus.UNKNOWN),
        ("needs review", ReturnStatus.UNKNOWN),
    ],
)
def test_other_states_are_what_the_facts_say_or_unknown(read, word, status):
    ret = read(state=word, labels=(label(),))
    assert (ret.status, ret.raw_status) == (status, word)


def test_approved_statuses_say_what_approved_is(read):
    settings = {"approved_statuses": ["Processing", "REVIEW"]}
    found = {word: read(state=word, settings=settings).status for word in ("processing", "review", "open")}
    assert found == {
        "processing": ReturnStatus.APPROVED,
        "review": ReturnStatus.APPROVED,
        "open": ReturnStatus.UNKNOWN,
    }


def test_a_return_waits_for_the_label_that_loop_makes(read):
    ret = read(created=ago(minutes=5))
    assert (ret.status, ret.raw_status) == (ReturnStatus.REQUESTED, "open (no label yet)")
    assert read(created=ago(minutes=5), labels=(label(),)).status is ReturnStatus.APPROVED
    assert read(created=ago(minutes=61)).status is ReturnStatus.APPROVED


def test_a_label_without_number_and_address_is_still_waited_for(read):
    pending = label(tracking_number="N/A", status="pending", url="", carrier="")
    assert read(created=ago(minutes=5), labels=(pending,)).status is ReturnStatus.REQUESTED


@pytest.mark.parametrize("settings", [{"wait_for_label_minutes": 0}, {"own_label": "replace"}])
def test_nothing_is_waited_for_where_loops_label_is_not_wanted(read, settings):
    assert read(created=ago(minutes=5), settings=settings).status is ReturnStatus.APPROVED


@pytest.mark.parametrize("minutes", [-1, 301])
def test_the_wait_ends_while_the_return_is_still_listed_again(account, minutes):
    with pytest.raises(ValueError, match="wait_for_label_minutes"):
        account(wait_for_label_minutes=minutes)


# ---- lines


def test_one_entry_is_one_unit_and_equal_ones_are_added_up(read):
    ret = read(line_item("A"), line_item("A", unit=2), line_item("B"))
    assert [(line.sku, line.quantity) for line in ret.lines] == [("A", 2), ("B", 1)]
    assert ret.lines[0].order_line_ids == (line_id_of("1001", "A"),)


def test_units_with_different_reasons_stay_apart(read):
    ret = read(line_item("A"), line_item("A", unit=2, reason="Damaged"))
    assert [line.quantity for line in ret.lines] == [1, 1]


@pytest.mark.parametrize("quantity", [3, "3"])
def test_a_quantity_is_used_if_ever_there_is_one(read, quantity):
    assert [line.quantity for line in read(line_item(quantity=quantity)).lines] == [3]


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "many"])
def test_a_quantity_that_is_none_is_never_guessed(account, quantity):
    assert isinstance(account().read(loop_return(line_item(quantity=quantity))), UnreadableRecord)


def test_an_article_that_goes_out_in_exchange_is_no_line(read):
    assert [line.sku for line in read(line_item("A"), exchanges=[exchange(sku="B")]).lines] == ["A"]


def test_a_return_without_lines_is_set_aside_unless_it_is_over(account):
    for state, labels in (("open", ()), ("review", ()), ("closed", (label(),))):
        assert isinstance(account().read(loop_return(state=state, labels=labels, line_items=[])), UnreadableRecord)
    for state in ("cancelled", "expired", "closed"):
        assert isinstance(account().read(loop_return(state=state, line_items=None)), Return)


@pytest.mark.parametrize(
    ("child", "parent", "reason"),
    [
        (" Too Small ", " Fit", Reason("too small", "Too Small", Reason("fit", "Fit"))),
        ("Too small", "", Reason("too small", "Too small")),
        ("N/A", "Fit", Reason("fit", "Fit")),
        ("", None, None),
    ],
)
def test_reasons_are_texts_in_two_levels(read, child, parent, reason):
    (line,) = read(line_item(reason=child, parent=parent)).lines
    assert line.reason == reason


def test_reasons_have_other_names_in_the_details(account):
    record = loop_return()
    assert account().read(details_of(record)) == account().read(record)


@pytest.mark.parametrize("absent", ["", "N/A", "n/a", " ", None])
def test_what_stands_for_nothing_is_nothing_everywhere(read, absent):
    ret = read(
        line_item(comment=absent, barcode=absent, outcome=absent, provider_line_item_id=absent, reason=absent),
        customer=absent,
        destination_id=absent,
        tracking_number=absent,
        label_url=absent,
        label_status=absent,
        carrier=absent,
    )
    (line,) = ret.lines
    assert (line.comment, line.barcode, line.resolution, line.order_line_ids) == ("", "", "", ())
    assert line.reason == Reason("fit", "Fit")
    assert (ret.consumer, ret.own_label, ret.carrier, ret.aliases) == (None, None, "", ())
    assert ret.raw_status == "open"


@pytest.mark.parametrize("absent", ["", "N/A", None])
@pytest.mark.parametrize("name", ["id", "state", "order_name", "created_at", "updated_at"])
def test_a_record_without_what_it_cannot_do_without_is_set_aside(account, name, absent):
    assert isinstance(account().read({**loop_return(), name: absent}), UnreadableRecord)


# ---- numbers


def test_the_order_number_is_the_orders_name_as_loop_wrote_it(read):
    ret = read(order="#1001")
    assert (ret.order_numbers(), ret.order_ref(ret.order_numbers()[0])) == (("#1001",), "#1001")


@pytest.mark.parametrize("written", ["5123", 5123])
@pytest.mark.parametrize("name", ["provider_order_number", "provider_order_id"])
def test_another_number_can_be_asked_for_and_changes_no_code(read, name, written):
    ret = read(settings={"order_number_from": name}, **{name: written})
    assert (ret.order_numbers(), ret.order_ref(ret.order_numbers()[0])) == (("#1001",), "5123")


def test_a_return_without_the_number_that_is_wanted_is_set_aside(account):
    kept = account(order_number_from="provider_order_number").read(loop_return(provider_order_number="N/A"))
    assert isinstance(kept, UnreadableRecord)
    assert "provider_order_number" in kept.problem


@pytest.mark.parametrize("identity", [70011223, "70011223"])
def test_ids_are_texts_however_they_are_written(read, identity):
    ret = read(id=identity)
    assert (ret.id, ret.number) == ("70011223", "70011223")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-03-02T09:14:07.120Z", datetime(2026, 3, 2, 9, 14, 7, tzinfo=UTC)),
        ("2026-03-02 09:14:07", datetime(2026, 3, 2, 9, 14, 7, tzinfo=UTC)),
        ("2026-03-02T09:14:07+01:00", datetime(2026, 3, 2, 8, 14, 7, tzinfo=UTC)),
    ],
)
def test_times_are_utc_and_whole_seconds(read, written, moment):
    ret = read(created_at=written, updated_at=written)
    assert (ret.created, ret.updated) == (moment, moment)


def test_a_time_that_is_none_is_not_quoted(account):
    kept = account().read(loop_return(created_at="yesterday"))
    assert isinstance(kept, UnreadableRecord)
    assert "yesterday" not in kept.problem


# ---- labels


def test_the_first_label_with_a_number_or_an_address_is_the_own_one(read):
    pending = label(tracking_number="N/A", status="pending", url="", carrier="")
    ret = read(labels=(pending, label("T2"), label("T3", url=None), label("T2")))
    assert ret.own_label == OwnLabel("T2", "", "https://labels.example/T2.pdf")
    assert (ret.aliases, ret.carrier) == (("T2", "T3"), "DHL")


def test_the_flat_fields_count_where_there_is_no_list_of_labels(read):
    flat = {"labels": [], "tracking_number": 123, "label_status": "in_transit", "label_url": "", "carrier": "UPS"}
    ret = read(**flat)
    assert (ret.own_label, ret.status, ret.carrier) == (OwnLabel("123"), ReturnStatus.IN_TRANSIT, "UPS")


def test_a_label_status_alone_is_no_label(read):
    assert read(label_status="new").own_label is None


# ---- destinations


@pytest.fixture
def places(sandbox):
    sandbox.loop.account.destinations = [destination(321), destination(902, "donate")]


@pytest.mark.usefixtures("places")
def test_a_donated_return_is_not_coming(account, between):
    platform = account()
    assert platform.read(loop_return(destination_id="321")).not_coming == ""
    assert "donated" in platform.read(loop_return(destination_id=902)).not_coming
    assert len(queries(between, "/destinations")) == 1


@pytest.mark.usefixtures("places")
def test_destinations_are_read_only_when_a_return_names_one(account, between):
    account().read(loop_return())
    account(destinations=["321"]).read(loop_return(destination_id="321"))
    assert between.seen == []


def test_only_configured_destinations_are_announced(account):
    platform = account(destinations=["321"])
    assert platform.read(loop_return(destination_id="321")).not_coming == ""
    assert platform.read(loop_return(destination_id=None)).not_coming == ""
    assert "322" in platform.read(loop_return(destination_id=322)).not_coming


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize("body", [None, b'{"error": {"code": "401", "message": "Unauthorized."}}'])
def test_a_key_that_may_not_read_destinations_goes_on_without(account, between, sandbox, body):
    sandbox.loop.account.scopes = frozenset({"returns"})
    if body:
        sandbox.faults.add(Fault("loop.destinations", "status", status=200, body=body, content_type="application/json"))
    platform = account()
    for _ in range(2):
        assert platform.read(loop_return(destination_id="902")).not_coming == ""
    assert len(queries(between, "/destinations")) == 1


@pytest.mark.parametrize("body", [b"5", b"null", b"[]", b'{"destinations": 5}', b'{"destinations": [{}]}', b"<html>"])
def test_destinations_that_cannot_be_read_cost_only_the_returns_that_name_one(account, sandbox, body):
    sandbox.faults.add(Fault("loop.destinations", "status", status=200, body=body, content_type="application/json"))
    platform = account()
    assert isinstance(platform.read(loop_return(destination_id="902")), UnreadableRecord)
    assert isinstance(platform.read(loop_return()), Return)


# ---- one return, and the check


@pytest.mark.usefixtures("places")
def test_a_single_return_is_the_same_as_listed(account, sandbox):
    sandbox.loop.add(
        loop_return(
            line_item(comment="sleeves"), line_item("B"), labels=(label(), label("T2")), destination_id="321", id="7"
        )
    )
    assert [account().one(ReturnId("7"))] == listed(account())


@pytest.mark.parametrize("identity", ["x", "", "sha256:ab", "1.5", "٣", "1 2"])
def test_what_is_no_number_is_not_asked_for(account, between, identity):
    assert account().one(ReturnId(identity)) is None
    assert between.seen == []


@pytest.mark.parametrize(
    "answer",
    [Canned(200, b'{"error": {"message": "No return"}}'), Canned(404, b"{}"), Canned(200, b'{"error": {"code": 404}}')],
)
def test_a_return_that_is_not_there_is_none_in_every_shape(account, between, answer):
    between.always = answer
    assert account().one(ReturnId("70011223")) is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": {"code": "429", "message": "slow down"}}',
        b'{"message": "x"}',
        b'{"errors": {"message": "x"}}',
        b"[]",
        b"null",
        b'{"id": 5}',
    ],
)
def test_any_other_answer_never_says_that_a_return_is_gone(account, between, body):
    between.always = Canned(200, body)
    with pytest.raises(BadAnswer):
        account().one(ReturnId("70011223"))


@pytest.mark.parametrize("written", ["1001", "#1001"])
@pytest.mark.parametrize("typed", ["1001", "#1001", " 1001 "])
def test_an_order_is_found_with_and_without_its_sign(account, sandbox, typed, written):
    identity = sandbox.loop.add(loop_return(order=written))
    assert [ret.id for ret in account().find(typed)] == [identity]


def test_a_return_and_an_order_of_the_same_number_are_both_found(account, sandbox):
    first = sandbox.loop.add(loop_return(order="#1001"))
    sandbox.loop.add(loop_return(order="#2002", id="1001"))
    assert [ret.id for ret in account().find("1001")] == [first, "1001"]


def test_what_was_not_asked_for_is_not_found(account, between):
    between.always = Canned(200, json.dumps(details_of(loop_return(order="#9"))).encode())
    assert list(account().find("1001")) == []


def test_a_number_that_the_server_does_not_take_finds_nothing(account):
    assert list(account().find("9" * 25)) == []


def test_a_known_return_that_the_server_does_not_take_is_never_told_as_gone(account):
    with pytest.raises(Refused):
        account().one(ReturnId("9" * 25))


@pytest.mark.usefixtures("places")
def test_the_check_reads_one_row_and_names_the_donations(account, between):
    assert [(finding.ok, "902" in finding.text) for finding in account().check()] == [(True, False), (True, True)]
    assert [query["pageSize"] for query in queries(between)] == ["1"]


@pytest.mark.usefixtures("places")
def test_the_check_tells_of_a_destination_that_is_not_there(account):
    (_, finding) = account(destinations=["321", "99"]).check()
    assert (finding.ok, "99" in finding.text, bool(finding.next_step)) == (False, True, True)


def test_the_check_says_what_a_key_cannot_do(account, sandbox):
    sandbox.loop.account.scopes = frozenset({"returns"})
    (_, finding) = account().check()
    assert (finding.ok, "destinations:read" in finding.text) == (True, True)


def test_the_key_goes_in_the_header_of_loops_own(account, between):
    list(account().check())
    assert {seen.headers.get("x-authorization") for seen in between.seen} == {KEY}
    assert all("authorization" not in seen.headers for seen in between.seen)


def test_after_too_many_requests_the_rest_is_for_the_next_run(account, between):
    between.always = Canned(429)
    with pytest.raises(NotSent):
        listed(account())


# ---- anything at all

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=6), parts, max_size=3),
    max_leaves=6,
)
_WHOLE = loop_return(labels=(label(),))


@given(st.dictionaries(st.sampled_from(sorted(_WHOLE)), _JSON, max_size=4))
def test_no_record_whatsoever_breaks_the_reading(changes):
    settings = LoopSettings.model_validate(
        {
            "platform": "loop",
            "warehouse": "monta",
            "start_from": datetime(2026, 1, 1, tzinfo=UTC),
            "api_key": "env:KEY",
            # The destinations are named, so that nothing is looked up.
            "destinations": ["1"],
        }
    )
    with Reader("shop-us", settings.base_url, None, retry=RetryPolicy(attempts=1)) as reader:
        platform = Loop("shop-us", settings, reader)
        assert isinstance(platform.read({**_WHOLE, **changes}), Return | UnreadableRecord)
        for change in changes.values():
            assert isinstance(platform.read({**_WHOLE, "line_items": [change]}), Return | UnreadableRecord)
            assert isinstance(platform.read(change), UnreadableRecord)
