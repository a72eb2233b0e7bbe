import random
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from returnsync.sandbox import Sandbox, World
from returnsync.sandbox.loop_records import day, destination, label, line_item, loop_return

NOON = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
DAY = {"from": "2026-11-05T00:00:00.000Z", "to": "2026-11-06T00:00:00.000Z"}
PAGED = {**DAY, "paginate": "true"}


@pytest.fixture
def world():
    """Returns 1 to 12, made a second apart from noon on; the last is cancelled, the one before it is in review."""
    world = World.empty()
    for index in range(1, 13):
        state = {11: "review", 12: "cancelled"}.get(index, "open")
        created = NOON + timedelta(seconds=index)
        world.loop.records.append(loop_return(id=str(index), order=f"#{1000 + index}", state=state, created=created))
    world.loop.destinations.append(destination(902, "donate"))
    return world


@pytest.fixture
def sandbox(world):
    with Sandbox(world) as running:
        yield running


@pytest.fixture
def ask(sandbox):
    with requests.Session() as session:
        session.trust_env = False

        def asked(path, method="GET", key="sandbox.loop.key", **params):
            headers = {"X-Authorization": key}
            url = sandbox.url + sandbox.loop.base + path
            return session.request(method, url, headers=headers, params=params, timeout=5)

        yield asked


@pytest.fixture
def listed(ask):
    return lambda **params: ask("/warehouse/return/list", **params)


def ids(answer):
    assert answer.status_code == 200, answer.text
    rows = answer.json()
    return sorted(int(row["id"]) for row in (rows["returns"] if isinstance(rows, dict) else rows))


# --- who may ask ---------------------------------------------------------------------------------------------------


def test_a_wrong_key_is_refused_in_the_form_of_the_gateway(ask):
    answer = ask("/warehouse/return/list", key="wrong")
    assert (answer.status_code, answer.json()["error"]["http_code"]) == (401, "GEN-UNAUTHORIZED")


@pytest.mark.parametrize("path", ["/warehouse/return/list", "/warehouse/return/details", "/destinations"])
def test_a_missing_scope_is_401_for_a_valid_key(sandbox, ask, path):
    sandbox.loop.account.scopes = frozenset()
    assert ask(path).status_code == 401


# --- the list ------------------------------------------------------------------------------------------------------


def test_without_paginate_a_list_is_a_bare_array(listed):
    assert isinstance(listed(**DAY).json(), list)


def test_cancelled_returns_and_those_in_review_are_left_out_unless_asked_for(listed):
    assert ids(listed(**PAGED)) == list(range(1, 11))
    assert ids(listed(**PAGED, state="cancelled")) == [12]
    assert ids(listed(**PAGED, state="review")) == [11]


def test_from_alone_is_a_day_and_to_alone_is_ignored(listed):
    assert ids(listed(**{"from": "2026-11-04T12:00:05Z"})) == [1, 2, 3, 4]
    assert ids(listed(to="2026-11-06")) == ids(listed())


def test_the_last_day_is_listed_where_nothing_is_said(sandbox, listed):
    sandbox.loop.give_back("7")
    assert len(ids(listed())) == 1


@pytest.mark.parametrize(
    "params",
    [
        {"from": "2026-01-01", "to": "2026-05-02"},
        {"from": "yesterday"},
        {**DAY, "to": "x"},
        {**DAY, "state": "done"},
        {**DAY, "filter": "closed_at"},
        {**PAGED, "pageSize": 751},
        {**PAGED, "pageSize": "x"},
        {**PAGED, "cursor": "x"},
    ],
)
def test_what_it_does_not_take_is_422(listed, params):
    answer = listed(**params)
    assert (answer.status_code, list(answer.json())) == (422, ["message", "errors"])


def test_120_days_are_taken(listed):
    assert listed(**{"from": "2026-01-01", "to": "2026-05-01"}).status_code == 200


def test_the_filter_says_which_time_counts(sandbox, listed):
    sandbox.loop.touch("3", at=NOON + timedelta(days=3))
    assert 3 in ids(listed(**PAGED))
    assert 3 not in ids(listed(**PAGED, filter="updated_at"))


def test_the_bounds_themselves_are_not_inside(listed):
    assert ids(listed(**{"from": "2026-11-05T12:00:02Z", "to": "2026-11-05T12:00:05Z"})) == [3, 4]


def test_the_link_to_the_next_page_has_the_cursor_and_drops_what_was_asked(listed):
    link = urlsplit(listed(**PAGED, state="open", pageSize=4).json()["nextPageUrl"])
    assert (link.netloc, set(parse_qs(link.query))) == ("api.loopreturns.com", {"pageSize", "cursor"})


def test_pages_follow_by_cursor_until_there_is_no_link(listed):
    seen, cursor = [], None
    for _ in range(3):
        page = listed(**PAGED, pageSize=4, cursor=cursor).json()
        seen += [row["id"] for row in page["returns"]]
        cursor = page["nextPageUrl"] and parse_qs(urlsplit(page["nextPageUrl"]).query)["cursor"][0]
    assert (sorted(map(int, seen)), cursor) == (list(range(1, 11)), None)


def test_a_page_that_ends_within_a_second_loses_the_rest_of_it(sandbox, listed):
    for index in (21, 22, 23):
        sandbox.loop.add(loop_return(id=str(index), created=NOON + timedelta(hours=1)))
    page = listed(**PAGED, pageSize=2).json()
    cursor = parse_qs(urlsplit(page["nextPageUrl"]).query)["cursor"][0]
    rest = listed(**PAGED, pageSize=100, cursor=cursor)
    assert ids(rest) == list(range(1, 11))


def test_rows_can_be_moved_while_a_client_reads(sandbox, listed):
    sandbox.loop.on_list = lambda: sandbox.loop.touch("5", word="closed")
    assert ids(listed(**PAGED, state="closed")) == [5]


def test_errors_can_come_with_200(sandbox, listed, ask):
    sandbox.loop.error_200 = {"errors": "Unauthorized."}
    for answer in (listed(**PAGED), ask("/warehouse/return/details", return_id=1)):
        assert (answer.status_code, answer.json()) == (200, {"errors": "Unauthorized."})


def test_it_can_ignore_the_request_for_pages(sandbox, listed):
    sandbox.loop.ignores_paginate = True
    assert isinstance(listed(**PAGED).json(), list)


# --- one return ----------------------------------------------------------------------------------------------------


def test_details_have_other_names_and_types(sandbox, ask):
    sandbox.loop.give_label("3", label())
    shown = ask("/warehouse/return/details", return_id=3).json()
    assert (shown["id"], shown["created_at"], shown["provider_order_number"]) == (3, "2026-11-05 12:00:03", 1003)
    assert {"reason", "parent_reason"} <= shown["line_items"][0].keys()
    assert "return_reason" not in shown["line_items"][0]
    assert shown["labels"] == [label()]


def test_details_are_found_by_the_exact_name_of_the_order(ask):
    assert ask("/warehouse/return/details", order_name="#1003").json()["id"] == 3
    assert ask("/warehouse/return/details", order_name="1003").json() == {"error": {"message": "No return was found."}}


def test_of_an_order_with_several_returns_there_is_only_the_latest(sandbox, ask):
    sandbox.loop.add(loop_return(line_item("B", "#1003"), id="77", order="#1003", created=NOON + timedelta(days=2)))
    assert ask("/warehouse/return/details", order_name="#1003").json()["id"] == 77


def test_what_is_not_there_is_an_error_with_200(ask):
    answer = ask("/warehouse/return/details", return_id=99)
    assert (answer.status_code, list(answer.json())) == (200, ["error"])


@pytest.mark.parametrize("params", [{}, {"return_id": "x"}, {"return_id": "1", "order_name": "#1001"}])
def test_exactly_one_number_is_asked_for(ask, params):
    assert ask("/warehouse/return/details", **params).status_code == 422


# --- the rest ------------------------------------------------------------------------------------------------------


def test_destinations_have_numbers_for_ids(ask):
    assert [(place["id"], place["type"]) for place in ask("/destinations").json()["destinations"]] == [(902, "donate")]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", f"/warehouse/return/3/{word}") for word in ("process", "flag", "cancel", "close", "remove", "note")),
        ("POST", "/returns/3/labels"),
        ("POST", "/labels"),
        ("PUT", "/labels/9"),
        ("POST", "/dispositioning/grade"),
    ],
)
def test_calls_that_a_sync_tool_must_never_make_are_counted(sandbox, ask, method, path):
    assert ask(path, method).json() is True
    assert sandbox.counts.effects("forbidden") == 1


def test_right_after_a_return_was_made_there_is_no_label(sandbox):
    sandbox.loop.add(made := loop_return(id="50"))
    assert (made["tracking_number"], made["carrier"], made["label_url"], made["labels"]) == ("N/A", "", None, [])


def test_a_return_given_back_is_of_one_order_and_written_as_the_shop_does(sandbox, ask):
    identity = sandbox.loop.give_back("2002")
    assert ask("/warehouse/return/details", order_name="#2002").json()["id"] == int(identity)
    with pytest.raises(ValueError, match="one order"):
        sandbox.loop.give_back("1", "2")


def test_an_id_that_is_there_already_is_refused(sandbox):
    with pytest.raises(ValueError, match="there is a return 3 already"):
        sandbox.loop.add(loop_return(id="3"))


def test_what_is_removed_is_gone(sandbox, listed):
    sandbox.loop.remove("3")
    assert 3 not in ids(listed(**PAGED))


def test_a_day_is_small_and_the_same_each_time():
    account, orders = day(random.Random(1), NOON)
    again, _ = day(random.Random(1), NOON)
    assert account == again
    assert 8 <= len(account.records) <= 12
    assert {record["state"] for record in account.records} == {"open", "closed", "cancelled"}
    assert len({record["id"] for record in account.records}) == len(account.records)
    known = {order["WebshopOrderId"] for order in orders}
    unknown = [record for record in account.records if record["order_name"].removeprefix("#") not in known]
    assert len(unknown) == 1
