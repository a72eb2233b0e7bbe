import random
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from returnsync.sandbox import World
from returnsync.sandbox.returnless import Returnless, ReturnlessAccount
from returnsync.sandbox.returnless_records import REQUESTED, day, item, parcel, return_order, status

NOON = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
ALL = "customer,customer_address,return_order_items,shipments,sales_order"
PARTS = set(ALL.split(","))


@pytest.fixture
def world() -> World:
    """Returns 00 to 19, a minute apart from noon on; the last is a request."""
    world = World.empty()
    for index in range(20):
        fields = {"state": REQUESTED} if index == 19 else {}
        made = NOON + timedelta(minutes=index)
        record = return_order(order=str(1000 + index), id=f"{index:02}", created=made, shipments=[parcel("3S1")])
        world.returnless.records.append(record | fields)
    return world


@pytest.fixture
def returnless(sandbox):
    return sandbox.returnless


@pytest.fixture
def ask(sandbox, client):
    """One request with the key, to a path after the version."""

    def asked(path="return-orders", method="GET", *, version="2025-01", key="sandbox.returnless.key", **params):
        address = f"{sandbox.url}{sandbox.returnless.base}/{version}/{path}"
        headers = {"Authorization": f"Bearer {key}"}
        return client.session.request(method, address, headers=headers, params=params, timeout=5)

    return asked


def ids(answer):
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["data"]]


# --- who may ask ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "wrong"])
def test_without_the_key_it_is_401(ask, key):
    answer = ask(key=key)
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})


def test_an_unknown_version_is_404(ask):
    assert ask(version="2019-01").status_code == 404


def test_the_account_shows_that_the_key_is_good(ask):
    assert ask("account").json()["data"]["name"] == "Lindeboom"


# --- lists ---------------------------------------------------------------------------------------------------------


def test_a_page_has_fifteen_rows_unless_it_is_asked_for_more_and_the_newest_come_first(ask):
    assert ids(ask()) == [f"{index:02}" for index in range(19, 4, -1)]
    assert len(ids(ask(per_page=20))) == 20


@pytest.mark.parametrize("size", ["0", "101", "x", "-1"])
def test_a_page_has_at_most_a_hundred_rows(ask, size):
    assert ask(per_page=size).status_code == 422


def test_requests_are_among_the_returns_unless_filtered_out(ask):
    assert "19" in ids(ask())
    assert "19" not in ids(ask(**{"filter[return_type]": "return"}))
    assert ids(ask(**{"filter[return_type]": "request"})) == ["19"]


@pytest.mark.parametrize(
    ("sign", "found"),
    [("", ["02"]), ("[eq]", ["02"]), ("[lt]", ["00", "01"]), ("[lte]", ["00", "01", "02"])],
)
def test_times_are_compared(ask, sign, found):
    params = {f"filter[created_at]{sign}": "2026-11-05T13:02:00+01:00", "sort": "created_at"}
    assert ids(ask(**params)) == found


def test_all_conditions_must_be_met(ask):
    bounds = {"filter[created_at][gte]": "2026-11-05T12:18:00Z", "filter[created_at][gt]": "2026-11-05T12:00:00Z"}
    assert ids(ask(**bounds, **{"filter[return_type]": "return"})) == ["18"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("filter[updated_at][gte]", "2026-11-05T12:00:00Z", 400),
        ("filter[created_at][near]", "2026-11-05T12:00:00Z", 400),
        ("filter[created_at][gte]", "yesterday", 422),
        ("filter[return_type]", "all", 400),
        ("filter[colour]", "red", 400),
        ("sort", "updated_at", 400),
        ("include", "customer,colour", 422),
    ],
)
def test_what_it_does_not_know_is_refused_with_a_message(ask, name, value, code):
    answer = ask(**{name: value})
    assert answer.status_code == code
    assert answer.json()["message"]


def test_the_filter_for_an_order_is_kept_to_ignored_or_refused(ask, returnless):
    wanted = {"filter[order_number]": "1003"}
    assert len(ids(ask(**wanted))) == 15
    returnless.order_filter = "kept"
    assert ids(ask(**wanted)) == ["03"]
    returnless.order_filter = "refused"
    assert ask(**wanted).status_code == 400


def test_cursors_lead_through_the_list(ask):
    seen, cursor = [], {}
    for _ in range(5):
        answer = ask(per_page=5, sort="created_at", **cursor)
        seen += ids(answer)
        if (text := answer.json()["meta"]["next_cursor"]) is None:
            break
        cursor = {"cursor": text}
    assert seen == [f"{index:02}" for index in range(20)]
    assert answer.json()["links"]["next"] is None


def test_the_link_to_the_next_page_has_the_cursor_and_no_filter(ask):
    content = ask(per_page=5, **{"filter[return_type]": "return"}).json()
    query = dict(parse_qsl(urlsplit(content["links"]["next"]).query))
    assert query == {"cursor": content["meta"]["next_cursor"]}


def test_the_cursor_may_be_in_the_link_alone(ask, returnless):
    returnless.meta_cursor = False
    content = ask().json()
    assert "next_cursor" not in content["meta"]
    assert "cursor=" in content["links"]["next"]


@pytest.mark.parametrize("cursor", ["", "nonsense", "é", "WzFd"])
def test_a_cursor_that_is_none_brings_the_first_page(ask, cursor):
    assert ids(ask(cursor=cursor)) == ids(ask())


def test_rows_of_one_second_change_places_from_request_to_request(ask, returnless):
    for row in returnless.return_orders.values():
        row["created_at"] = "2026-11-05T12:00:00+00:00"
    seen = [ids(ask(per_page=20)) for _ in range(2)]
    assert seen[0] != seen[1]
    assert set(seen[0]) == set(seen[1])


def test_rows_of_the_second_in_which_a_page_ends_are_on_no_page(ask, returnless):
    for identity in ("03", "04", "05", "06"):
        returnless.return_orders[identity]["created_at"] = "2026-11-05T12:04:00+00:00"
    first = ask(per_page=5, sort="created_at")
    second = ask(per_page=20, sort="created_at", cursor=first.json()["meta"]["next_cursor"])
    assert len({*ids(first), *ids(second)}) == 18


def test_rows_can_be_changed_while_a_client_reads(ask, returnless):
    returnless.on_list = lambda: returnless.return_orders.pop("19", None)
    assert ids(ask())[0] == "18"


# --- relations -----------------------------------------------------------------------------------------------------


def test_in_2023_relations_are_nested_and_the_order_comes_unasked(ask):
    (row,) = ask(version="2023-01", per_page=1).json()["data"]
    assert set(row["includes"]) == {"sales_order"}
    (row,) = ask(version="2023-01", per_page=1, include=ALL).json()["data"]
    assert set(row["includes"]) == PARTS
    assert PARTS.isdisjoint(row)
    assert row["includes"]["return_order_items"][0]["quantity"] == 1
    assert row["includes"]["shipments"][0]["tracking_number"] == "3S1"


def test_in_2025_relations_are_beside_the_fields_under_other_names(ask):
    (row,) = ask(per_page=1, include=ALL).json()["data"]
    assert {"items", "shipments", "customer", "customer_address", "sales_order"} <= set(row)
    assert row.keys().isdisjoint({"includes", "return_order_items"})
    assert row["items"][0]["quantity"] == "1"
    assert row["shipments"][0]["tracking_code"] == "3S1"
    assert "tracking_number" not in row["shipments"][0]


def test_a_bare_list_has_no_relations_whatever_is_asked_for(ask, returnless):
    returnless.shape = "bare"
    (row,) = ask(per_page=1, include=ALL).json()["data"]
    assert PARTS.isdisjoint(row)
    single = ask("return-orders/03", include=ALL).json()["data"]
    assert PARTS.intersection(single) == {"sales_order"}


def test_include_may_be_refused(ask, returnless):
    returnless.refuse_include = True
    assert ask(include=ALL).status_code == 422
    assert ask("return-orders/03", include=ALL).status_code == 422
    assert ask("return-orders/03").status_code == 200


def test_items_and_shipments_are_lists_of_their_own(ask, returnless):
    returnless.add(return_order(*(item(f"A-{index}") for index in range(20)), id="many"))
    first = ask("return-orders/many/items")
    rest = ask("return-orders/many/items", cursor=first.json()["meta"]["next_cursor"])
    assert [len(ids(first)), len(ids(rest))] == [15, 5]
    assert [row["tracking_code"] for row in ask("return-orders/03/shipments").json()["data"]] == ["3S1"]


@pytest.mark.parametrize("path", ["return-orders/99", "return-orders/99/items", "return-orders/99/shipments"])
def test_an_unknown_return_is_404(ask, path):
    assert ask(path).status_code == 404


# --- the rest ------------------------------------------------------------------------------------------------------


def test_statuses_are_the_merchants_own(ask):
    rows = ask("return-statuses").json()["data"]
    assert [row["label"] for row in rows] == ["Aangemeld", "In behandeling", "Afgehandeld", "Geannuleerd"]
    assert all(row["id"].startswith("returnstatus_") for row in rows)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "return-orders"),
        ("POST", "return-orders/03/items"),
        ("POST", "return-orders/03/shipments"),
        ("PATCH", "return-orders/03/status"),
        ("PUT", "return-orders/03/return-status"),
        ("POST", "return-orders/03/approve"),
        ("POST", "return-orders/03/reject"),
        ("POST", "return-orders/03/notes"),
        ("PUT", "return-orders/03/meta-data"),
        ("POST", "return-orders/03/tags"),
        ("DELETE", "return-orders/03/tags"),
        ("PUT", "request-orders/03/approve"),
        ("PUT", "request-orders/03/approve-without-shipment"),
        ("PUT", "request-orders/03/reject"),
        ("PUT", "request-orders/03/free-shipping"),
    ],
)
def test_calls_that_a_sync_tool_must_never_make_are_counted(sandbox, ask, method, path):
    assert ask(path, method).ok
    assert sandbox.counts.effects("forbidden") == 1


def test_a_request_that_is_approved_keeps_its_id_and_its_time_of_creation(returnless):
    before = dict(returnless.return_orders["19"])
    returnless.touch("19", at=NOON, word="Aangemeld")
    after = returnless.return_orders["19"]
    assert (after["state"], after["status"]) == ("return-open", status("Aangemeld"))
    assert (after["id"], after["created_at"]) == (before["id"], before["created_at"])
    assert after["updated_at"] == "2026-11-05T12:00:00+00:00"


def test_a_return_is_given_back_with_the_shops_sign_before_its_number(returnless):
    identity = returnless.give_back("1001", sku="A", word="Geannuleerd", created=NOON)
    row = returnless.return_orders[identity]
    assert (row["sales_order"]["order_number"], row["status"]["label"]) == ("#1001", "Geannuleerd")
    assert row["created_at"] == "2026-11-05T12:00:00+00:00"


def test_a_return_has_one_order(returnless):
    with pytest.raises(ValueError, match="too many values"):
        returnless.give_back("1001", "1002")


def test_an_id_that_is_there_already_is_refused(returnless):
    with pytest.raises(ValueError, match="there is a return 00 already"):
        returnless.add(return_order(id="00"))


def test_what_is_removed_is_gone(ask, returnless):
    returnless.remove("19")
    assert "19" not in ids(ask())


def test_the_account_is_described_for_a_configuration(returnless):
    assert returnless.settings() == {"done_statuses": ["Afgehandeld"], "cancelled_statuses": ["Geannuleerd"]}
    assert returnless.secrets() == {"api_key": "sandbox.returnless.key"}
    assert returnless.addresses("http://x") == {"base_url": "http://x/returnless"}


def test_a_day_is_the_same_for_the_same_chance_and_belongs_to_orders_of_the_warehouse(sandbox):
    account, orders = day(random.Random(1), NOON)
    assert (account, orders) == day(random.Random(1), NOON)
    assert isinstance(account, ReturnlessAccount)
    numbers = {record["sales_order"]["order_number"].removeprefix("#") for record in account.records}
    assert numbers == {order["WebshopOrderId"] for order in orders}
    assert all(datetime.fromisoformat(record["created_at"]) < NOON for record in account.records)
    assert len(Returnless(account, sandbox.counts).return_orders) == 10
