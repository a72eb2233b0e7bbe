"""What Monta lists by day and by change: nothing in a list may vanish, and nothing else may pass for an empty one."""

import json
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from returnsync.errors import BadAnswer, HoldError
from returnsync.model import ReceivedLine, ReceivedReturn, WarehouseOrderNumber
from returnsync.platforms.contract.between import Canned
from returnsync.sandbox import World
from returnsync.sandbox.world import monta_line, monta_order

DAY = date(2026, 11, 5)
NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)
LINE = "9920011"


@pytest.fixture
def world():
    world = World.empty()
    world.orders.append(monta_order("1001", monta_line("A", quantity=9, line_id=LINE)))
    return world


@pytest.fixture
def monta(account):
    return account()


def codes(monta, since=DAY, until=DAY):
    return [one.code for page in monta.forecasts_made(since, until) for one in page]


def announce(sandbox, *made, at=NOON):
    sandbox.monta.now = lambda: at
    for code in made:
        sandbox.monta.announce(code, "1001", {LINE: 1})


# --- forecasts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first_page", [0, 1])
@pytest.mark.parametrize("list_end", ["empty", 404])
def test_every_forecast_is_listed_once_however_pages_are_numbered_and_end(sandbox, monta, first_page, list_end):
    sandbox.monta.first_page, sandbox.monta.list_end, sandbox.monta.page_size = first_page, list_end, 2
    made = [f"shop-{number}" for number in range(5)]
    announce(sandbox, *made)
    assert codes(monta) == made


@pytest.mark.parametrize("hour", [0, 22, 23])
def test_the_first_and_the_last_day_count_in_utc_and_in_amsterdam(sandbox, monta, hour):
    announce(sandbox, "early", at=datetime(2026, 11, 1, hour, 30, tzinfo=UTC))
    announce(sandbox, "late", at=datetime(2026, 11, 5, hour, 30, tzinfo=UTC))
    assert codes(monta, date(2026, 11, 1), DAY) == ["early", "late"]


def test_a_long_time_is_asked_for_in_windows_of_a_month_at_most(sandbox, monta, between):
    announce(sandbox, "old", at=datetime(2026, 8, 10, 12, tzinfo=UTC))
    announce(sandbox, "new")
    assert codes(monta, date(2026, 8, 7), DAY) == ["old", "new"]
    asked = [dict(parse_qsl(urlsplit(one.target).query)) for one in between.seen]
    spans = [date.fromisoformat(one["endDate"]) - date.fromisoformat(one["startDate"]) for one in asked]
    assert max(spans) <= timedelta(days=31)


def test_two_forecasts_under_one_code_are_two(sandbox, monta):
    announce(sandbox, "shop-1", "shop-1")
    assert codes(monta) == ["shop-1", "shop-1"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Canned(404, b"<html>404 Not Found</html>", content_type="text/html"), BadAnswer),
        (Canned(404, b"", content_type="text/plain"), BadAnswer),
        (Canned(200, b'{"nothing": "here"}'), BadAnswer),
        (Canned(400, b'{"Message": "no"}'), HoldError),
    ],
)
def test_an_answer_that_is_no_list_is_not_taken_as_an_empty_one(monta, between, answer, expected):
    between.always = answer
    with pytest.raises(expected):
        codes(monta)


def test_an_odd_row_costs_only_itself(monta, between):
    rows = [{"Id": 1, "Code": "a"}, "odd", {"Id": {"x": 1}, "Code": 7}]
    between.always = Canned(200, json.dumps(rows).encode())
    assert codes(monta) == ["a", "7"]


# --- received -------------------------------------------------------------------------------------------------------


def test_what_was_received_names_its_order_and_the_forecast_that_it_was_matched_with(sandbox, monta):
    announce(sandbox, "shop-1", at=datetime.now(UTC))
    sandbox.monta.receive("1001", {LINE: 2}, code="shop-1")
    sandbox.monta.receive("1001", {LINE: 1})
    lines = (ReceivedLine(LINE, "A", 2),), (ReceivedLine(LINE, "A", 1),)
    found = monta.received_since(datetime.now(UTC) - timedelta(days=1)).returns
    assert [(one.order_number, one.code, one.lines) for one in found] == [
        ("1001", "shop-1", lines[0]),
        ("1001", "", lines[1]),
    ]
    assert tuple(monta.received_of(WarehouseOrderNumber("1001"))) == found


@pytest.mark.parametrize("days", [7, 90])
def test_no_more_than_seven_days_are_asked_for_and_it_is_reported_since_when(monta, days):
    receipts = monta.received_since(datetime.now(UTC) - timedelta(days=days))
    assert timedelta(days=6.7) < datetime.now(UTC) - receipts.since < timedelta(days=7)


def test_fewer_days_are_asked_for_as_they_are(monta):
    since = datetime.now(UTC) - timedelta(days=2)
    assert monta.received_since(since).since == since


def test_an_order_that_is_not_known_received_nothing(monta):
    assert monta.received_of(WarehouseOrderNumber("9999")) == ()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"Returns": None}, ()),
        ({"returns": [{"id": 7, "forecastCode": "c", "lines": []}]}, (ReceivedReturn("7", "", "c", ()),)),
        ([{"Id": 7, "ForecastCode": None, "Lines": "?"}], (ReceivedReturn("7", "", "", None),)),
        (
            {"Returns": [{"Id": 7, "Lines": [{"ReturnedQuantity": "many"}]}]},
            (ReceivedReturn("7", "", "", (ReceivedLine("", "", None),)),),
        ),
    ],
)
def test_what_was_received_is_read_as_far_as_it_can_be(monta, between, content, expected):
    between.always = Canned(200, json.dumps(content).encode())
    assert monta.received_of(WarehouseOrderNumber("1001")) == expected
