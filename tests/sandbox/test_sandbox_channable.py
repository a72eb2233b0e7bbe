import random
from datetime import UTC, datetime, timedelta

import pytest
import requests

from returnsync.sandbox import World
from returnsync.sandbox.channable import ChannableAccount
from returnsync.sandbox.channable_records import day, obfuscated, old_shape, order, product, returned

NOON = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
ACCOUNT = ChannableAccount()


@pytest.fixture
def world() -> World:
    """Returns 1 to 5, each made and changed an hour after the one before; the orders 1001 and 1002."""
    world = World.empty()
    for index in range(1, 6):
        when = NOON + timedelta(hours=index)
        world.channable.returns.append(returned(order=f"100{index}", id=index, created=when, modified=when))
    world.channable.orders += [order("1001"), order("1002", product("JEANS-32-34", quantity=2), "SHIRT-BL-M")]
    return world


@pytest.fixture
def ask(sandbox):
    """Sends a request to the project, with the right token and for JSON unless a test says otherwise."""
    session = requests.Session()
    session.trust_env = False

    def asked(path, method="GET", *, version="v1", project=ACCOUNT.project_id, headers=None, **params):
        address = f"{sandbox.url}/channable/{version}/companies/{ACCOUNT.company_id}/projects/{project}/{path}"
        right = {"Authorization": f"Bearer {ACCOUNT.token}", "Accept": "application/json"}
        return session.request(method, address, headers=right | (headers or {}), params=params, timeout=5)

    with session:
        yield asked


def ids(answer, name="returns"):
    assert answer.status_code == 200, answer.text
    return [record["id"] for record in answer.json()[name]]


# --- who may ask ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "Bearer wrong", f"Basic {ACCOUNT.token}"])
def test_without_the_token_it_is_401_told_under_error(ask, token):
    answer = ask("returns", headers={"Authorization": token})
    assert (answer.status_code, answer.json()) == (401, {"status": "error", "error": "Unauthorized"})


def test_another_project_is_403(ask):
    answer = ask("returns", project=1)
    assert (answer.status_code, answer.json()["status"]) == (403, "error")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", ""])
def test_a_request_that_does_not_accept_json_is_refused(ask, accept):
    assert ask("returns", headers={"Accept": accept}).status_code == 406


@pytest.mark.parametrize(
    ("path", "version"), [("returns", "v2"), ("returns/1", "v2"), ("orders", "v1"), ("orders/1001", "v1")]
)
def test_returns_are_under_v1_and_orders_under_v2_alone(ask, sandbox, path, version):
    assert ask(path, version=version).status_code == 404
    assert sandbox.counts.calls("unrouted") == 1


# --- lists ---------------------------------------------------------------------------------------------------------


def test_the_newest_come_first(ask):
    assert ids(ask("returns")) == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("params", "total", "found"),
    [({"limit": 2}, 2, [5, 4]), ({"limit": 2, "offset": 4}, 1, [1]), ({"offset": 5}, 0, []), ({"offset": 900}, 0, [])],
)
def test_total_counts_the_page(ask, params, total, found):
    answer = ask("returns", **params)
    assert (answer.json()["total"], ids(answer)) == (total, found)


def test_pages_shift_when_a_return_arrives(ask, sandbox):
    first = ids(ask("returns", limit=2))
    sandbox.channable.on_list = lambda: (
        sandbox.channable.add(returned(id=6)) if len(sandbox.channable.returns) < 6 else None
    )
    assert (first, ids(ask("returns", limit=2, offset=2))) == ([5, 4], [4, 3])


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"last_modified_after": "2026-11-05T16:00:00Z"}, [5]),
        ({"last_modified_after": "2026-11-05T15:59:59Z"}, [5, 4]),
        ({"last_modified_after": "2026-11-05T16:59:59+01:00"}, [5, 4]),
        ({"last_modified_after": "2026-11-05T15:59:59"}, [5, 4]),
        ({"last_modified_after": "2026-11-06"}, []),
        ({"last_modified_before": "2026-11-05T14:00:00Z"}, [1]),
        ({"start_date": "2026-11-05T15:00:00Z", "end_date": "2026-11-05T17:00:00Z"}, [4]),
        ({"retrieved_at_start": "2026-11-05T16:00:00Z"}, [5]),
        ({"errors": "true"}, []),
        ({"search": "1003"}, [3]),
        ({"search": "100"}, [5, 4, 3, 2, 1]),
        ({"search": "voorbeeld"}, [5, 4, 3, 2, 1]),
        ({"search": "nowhere"}, []),
    ],
)
def test_filters(ask, params, found):
    assert ids(ask("returns", **params)) == found


def test_a_search_may_also_be_for_whole_numbers(ask, sandbox):
    sandbox.channable.exact_search = True
    assert (ids(ask("returns", search="1003")), ids(ask("returns", search="100"))) == ([3], [])


def test_a_touch_moves_a_return_into_the_list_of_changes(ask, sandbox):
    sandbox.channable.touch("1", at=NOON + timedelta(days=1), word="keeps")
    answer = ask("returns", last_modified_after="2026-11-06T11:00:00Z")
    assert [(record["id"], record["status"]) for record in answer.json()["returns"]] == [(1, "keeps")]


@pytest.mark.parametrize(
    ("params", "place"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"offset": -1}, "offset"),
        ({"search": ""}, "search"),
        ({"last_modified_after": "yesterday"}, "last_modified_after"),
    ],
)
def test_what_it_does_not_take_is_422_with_a_list_of_details(ask, params, place):
    answer = ask("returns", **params)
    (detail,) = answer.json()["detail"]
    assert (answer.status_code, detail["loc"], set(detail)) == (422, ["query", place], {"loc", "msg", "type"})


# --- single reads --------------------------------------------------------------------------------------------------


def test_one_return_is_under_return(ask, sandbox):
    assert ask("returns/3").json() == {"return": sandbox.channable.returns["3"]}


def test_one_order_is_under_order_with_its_events(ask, sandbox):
    assert ask("orders/1002", version="v2").json() == {"order": sandbox.channable.orders["1002"], "events": []}


def test_orders_are_found_by_the_marketplaces_number(ask):
    assert ids(ask("orders", version="v2", search="C000001002"), "orders") == [1002]


@pytest.mark.parametrize(("path", "version"), [("returns/99", "v1"), ("orders/99", "v2")])
def test_what_is_not_there_is_404_in_the_envelope(ask, path, version):
    answer = ask(path, version=version)
    assert (answer.status_code, answer.json()["status"]) == (404, "error")


@pytest.mark.parametrize(("path", "version"), [("returns/x", "v1"), ("orders/x", "v2"), ("returns/%C2%B2", "v1")])
def test_an_id_that_is_no_number_is_422(ask, path, version):
    assert ask(path, version=version).status_code == 422


@pytest.mark.parametrize("path", ["returns/1/status", "returns/test", "orders/1001/return", "orders/1001/shipment"])
def test_calls_that_a_sync_tool_must_never_make_are_counted(ask, sandbox, path):
    assert ask(path, "POST").ok
    assert sandbox.counts.effects("forbidden") == 1


# --- what a test does to it ----------------------------------------------------------------------------------------


def test_what_is_given_back_has_an_order_that_tells_its_sku(ask, sandbox):
    identity = sandbox.channable.give_back("2001", sku="DRESS-GR-38", word="accepted", created=NOON, updated=NOON)
    record = ask(f"returns/{identity}").json()["return"]
    assert (record["status"], record["created"], record["modified"]) == ("accepted", *["2026-11-05T12:00:00+00:00"] * 2)
    bought = ask(f"orders/{record['data']['meta']['platform_order_id']}", version="v2").json()["order"]["data"][
        "products"
    ]
    assert [(one["article_number"], one["ean"]) for one in bought] == [("DRESS-GR-38", record["data"]["item"]["gtin"])]


def test_a_number_of_a_shops_own_is_that_of_a_shop_system(ask, sandbox):
    record = ask(f"returns/{sandbox.channable.give_back('EXC-7')}").json()["return"]
    assert (record["platform_name"], record["data"]["meta"]["platform_order_id"]) == ("magento", "EXC-7")


def test_several_orders_are_several_records(sandbox):
    before = len(sandbox.channable.returns)
    first = sandbox.channable.give_back("2001", "2002")
    assert len(sandbox.channable.returns) == before + 2
    assert sandbox.channable.returns[first]["data"]["meta"]["platform_order_id"] == "2001"


def test_an_id_that_is_there_already_is_refused(sandbox):
    with pytest.raises(ValueError, match="there is a return 1 already"):
        sandbox.channable.add(returned(id=1))


def test_what_is_removed_is_gone(ask, sandbox):
    sandbox.channable.remove("5")
    assert ids(ask("returns")) == [4, 3, 2, 1]


def test_the_older_shape_has_a_whole_house_number_and_times_without_a_zone():
    old = old_shape(returned(created=NOON))
    address = old["data"]["address"]
    assert (address["house_number"], address["address2"], old["created"]) == (12, "", "2026-11-05T12:00:00")
    assert "address_supplement" not in address


def test_an_obfuscated_return_keeps_nothing_of_its_consumer():
    assert "Voorbeeld" not in str(obfuscated(returned()))


# --- a day ---------------------------------------------------------------------------------------------------------


def made_up(seed):
    return day(random.Random(seed), NOON)


def test_a_day_is_the_same_for_the_same_chance():
    assert made_up(3) == made_up(3)
    assert made_up(3) != made_up(4)


@pytest.mark.parametrize("seed", range(5))
def test_a_day_is_small_and_in_the_past_with_an_order_for_each_return(seed):
    account, orders = made_up(seed)
    assert 8 <= len(account.returns) <= 12
    numbers = {one["WebshopOrderId"] for one in orders}
    assert {str(one["id"]) for one in account.orders} == numbers
    for record in account.returns:
        assert record["data"]["meta"]["platform_order_id"] in numbers
        assert datetime.fromisoformat(record["modified"]).replace(tzinfo=UTC) <= NOON
    assert len({record["id"] for record in account.returns}) == len(account.returns)


def test_a_day_has_one_of_each_awkward_kind():
    account, _ = made_up(1)
    words = {record["status"] for record in account.returns}
    assert words == {"new", "accepted", "keeps", "manual"}
    parts = [record["data"]["meta"]["channel_return_id"] for record in account.returns]
    assert parts.count("31005544") == 2
    assert sum(record["obfuscated"] for record in account.returns) == 1
    assert sum(record["data"]["meta"]["is_test_return"] for record in account.returns) == 1
    assert sum(isinstance(record["data"]["address"]["house_number"], int) for record in account.returns) == 1
