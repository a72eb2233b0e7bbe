"""The labels that Monta lists for an order: nothing in the list may vanish, and nothing else may pass for a list."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from returnsync.errors import AccountRefused, BadAnswer, HoldError, Unclear
from returnsync.model import Code, NewForecast, NewForecastLine, ShownLabel, WarehouseOrderNumber
from returnsync.platforms.contract.between import Canned
from returnsync.sandbox import World
from returnsync.sandbox.world import monta_line, monta_order

ORDER = WarehouseOrderNumber("1001")
CODE = Code("shop-nl-1001-K3JQ2V5Z7XW4M6AB")
FORECAST = NewForecast(CODE, ORDER, (NewForecastLine("9920011", "A", 1, "Too small"),))
LINK = "https://t.example/1"
ROW = {
    "ShipperDescription": "DPD",
    "TrackAndTraceCode": "05210001",
    "TrackAndTraceLink": LINK,
    "Created": "2026-03-02T10:15:40.12",
    "DeliveryStatusCode": "NotYetEnRoute",
}
READ = ShownLabel(LINK, "05210001", datetime(2026, 3, 2, 10, 15, 40, 120_000, tzinfo=UTC))
UNREADABLE = ShownLabel("", "", None)


@pytest.fixture
def world():
    world = World.empty()
    shipped = datetime(2026, 7, 1, 10, tzinfo=UTC)
    world.orders.append(monta_order("1001", monta_line("A", line_id="9920011"), shipped=shipped))
    return world


@pytest.fixture
def unasked(account):
    """The account before any request was made."""
    return account()


@pytest.fixture
def monta(unasked):
    unasked.reasons()
    return unasked


@pytest.fixture
def listed(monta, between):
    """The list of an order's labels as it is read when Monta answers like this."""

    def read(body, status=200):
        between.always = Canned(status, body if isinstance(body, bytes) else json.dumps(body).encode())
        return list(monta.labels_of_order(ORDER))

    return read


def test_an_order_lists_the_labels_of_every_return_and_those_packed_with_it(monta, sandbox, between):
    made = datetime(2026, 7, 2, 10, tzinfo=UTC)
    sandbox.monta.now = lambda: made
    sandbox.monta.enclosed_labels.append("1001")
    monta.create(FORECAST)
    link = monta.label(CODE, "PostNL").tracking_link
    between.seen.clear()
    packed, ours = monta.labels_of_order(ORDER)
    assert [(seen.method, seen.target) for seen in between.seen] == [("GET", "/monta/order/1001/returnlabels")]
    assert (packed.tracking_link, packed.created) == ("", datetime(2026, 7, 1, 12, tzinfo=UTC))
    assert (ours.tracking_link, ours.tracking_code) == (link, sandbox.monta.labels[0].tracking)
    # Amsterdam's summer time is read as if it were UTC: that is later than it really was, never earlier.
    assert ours.created == made + timedelta(hours=2)


@pytest.mark.parametrize("kind", ["utc", "none"])
def test_a_time_that_is_not_amsterdams_is_not_too_early_either(monta, sandbox, kind):
    made = datetime(2026, 7, 2, 10, tzinfo=UTC)
    sandbox.monta.now, sandbox.monta.label_times = lambda: made, kind
    monta.create(FORECAST)
    monta.label(CODE, "PostNL")
    assert [shown.created for shown in monta.labels_of_order(ORDER)] == [made if kind == "utc" else None]


def test_an_order_that_shows_no_labels_and_one_that_monta_does_not_know_have_none(monta, sandbox):
    sandbox.monta.lists_labels = False
    monta.create(FORECAST)
    monta.label(CODE, "PostNL")
    assert list(monta.labels_of_order(ORDER)) == []
    sandbox.monta.remove("1001")
    assert list(monta.labels_of_order(ORDER)) == []
    sandbox.monta.order_not_found = 404
    assert [list(monta.labels_of_order(ORDER)) for _quoted in range(2)] == [[], []]


@pytest.mark.parametrize(
    ("text", "created"),
    [
        ("2026-03-02T10:15:40", datetime(2026, 3, 2, 10, 15, 40, tzinfo=UTC)),
        ("2026-03-02 10:15", datetime(2026, 3, 2, 10, 15, tzinfo=UTC)),
        ("2026-03-02T10:15:40.1234567", datetime(2026, 3, 2, 10, 15, 40, 123_456, tzinfo=UTC)),
        ("2026-03-02T11:15:40.12+01:00", READ.created),
        (" 2026-03-02T10:15:40.12Z ", READ.created),
        # Values that cannot be read, …
        *((text, None) for text in (None, "", 20260302, True, ["2026-03-02T10:15:40"], "2026-03-02T99:99:99")),
        ("24-9-2026 0:34:18", None),
        # … dates that mean "no date", …
        *((f"{year}-01-01T00:00:00", None) for year in ("0001", "1900", "1970", "9999")),
        # … and a day without a time, which would be read as its beginning, before a label made in the afternoon.
        ("2026-03-02", None),
    ],
)
def test_the_time_of_an_entry_is_read_as_utc_and_never_too_early(listed, text, created):
    assert listed([{**ROW, "Created": text}]) == [ShownLabel(LINK, "05210001", created)]


@pytest.mark.parametrize(
    ("code", "link", "read"),
    [
        (5210001, f" {LINK} ", ("5210001", LINK)),
        ("-", "N/A", ("", "")),
        (None, None, ("", "")),
        ({}, 5, ("", "")),
    ],
)
def test_code_and_link_of_an_entry_are_read_as_far_as_they_can_be(listed, code, link, read):
    [shown] = listed([{**ROW, "TrackAndTraceCode": code, "TrackAndTraceLink": link}])
    assert ((shown.tracking_code, shown.tracking_link), shown.created) == (read, READ.created)


@pytest.mark.parametrize(
    "entry", [None, 5, "05210001", [], {}, {"Id": 1}, {"created": ROW["Created"], "CREATED": "2026-03-03T10:00:00"}]
)
def test_an_entry_that_cannot_be_read_counts_as_one_without_link_and_time_and_costs_the_others_nothing(listed, entry):
    assert listed([ROW, entry]) == [READ, UNREADABLE]
    assert listed([entry]) == [UNREADABLE]


def test_bytes_that_are_no_text_cost_no_entry(listed):
    assert listed(b'[{"TrackAndTraceLink": "\xff", "TrackAndTraceCode": NaN, "Created": "\xff"}]') == [UNREADABLE]


@pytest.mark.parametrize("field", ["TrackAndTraceCode", "TrackAndTraceLink", "ShipperDescription", "created"])
def test_one_entry_where_a_list_is_meant_is_a_list_of_one(listed, field):
    assert len(listed({field: ROW.get(field, ROW["Created"]), "DeliveredUtc": None})) == 1


def test_no_content_and_an_empty_list_are_no_labels(listed):
    assert (listed(b"", 204), listed([])) == ([], [])


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'"x"', b"5", b'{"Message": "x"}', b"<html>", b"[", b'[{"Cr'])
def test_an_answer_that_is_no_list_is_never_taken_as_an_empty_one(listed, body):
    with pytest.raises(BadAnswer):
        listed(body)


@pytest.mark.parametrize("body", [b'"No return labels"', b"Order not found", b"No return labels found for this order."])
def test_a_404_in_montas_words_means_none(listed, body):
    assert listed(body, 404) == []


@pytest.mark.parametrize("body", [b"", b"{}", b"404 page not found", b"<html>404</html>", b"Not Found"])
def test_any_other_404_leaves_open_whether_there_are_labels(listed, body):
    with pytest.raises(BadAnswer):
        listed(body, 404)


def test_a_refusal_to_show_them_is_held(listed):
    with pytest.raises(HoldError):
        listed({"ErrorMessage": "no"}, 400)


def test_a_403_is_this_lists_alone_where_anything_else_was_answered(listed):
    with pytest.raises(Unclear):
        listed({"title": "Forbidden"}, 403)


def test_a_403_is_the_accounts_where_nothing_else_was_answered(unasked, between):
    between.always = Canned(403, b"{}")
    with pytest.raises(AccountRefused):
        unasked.labels_of_order(ORDER)
