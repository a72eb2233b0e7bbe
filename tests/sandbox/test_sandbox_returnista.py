from datetime import UTC, datetime

import pytest

from returnsync.sandbox import World
from returnsync.sandbox.world import request, return_order, shipment

NOON = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
ONE = datetime(2026, 11, 5, 13, 0, tzinfo=UTC)
PARTS = ["consumer", "shipments", "returnRequests"]


@pytest.fixture
def world() -> World:
    """Return orders 00 to 11, all changed at noon except the last, which changed at one o'clock."""
    world = World.empty()
    for index in range(12):
        wish = request(order=f"#{1000 + index}")
        updated = ONE if index == 11 else NOON
        world.return_orders.append(return_order(wish, id=f"{index:02}", created=NOON, updated=updated))
    return world


def ids(answer):
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["data"]]


def message(answer):
    return answer.json()["errors"][0]["message"]


# --- who may ask ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_the_token_it_is_401(client, token):
    answer = client.returnista("/return-reasons", token=token)
    assert (answer.status_code, message(answer)) == (401, "Unauthorized")


def test_an_unknown_account_is_404(client):
    assert client.returnista("/account/0190/return-orders").status_code == 404


# --- lists ---------------------------------------------------------------------------------------------------------


def test_a_page_has_ten_rows_unless_it_is_asked_for_more(client):
    page = client.list().json()
    assert (len(page["data"]), page["limit"], page["page"], page["nextPage"], page["hasMore"]) == (10, 10, 1, 2, True)


def test_the_last_page_has_no_next_one(client):
    page = client.list(page=2).json()
    assert (len(page["data"]), page["nextPage"], page["hasMore"]) == (2, None, False)


def test_a_page_beyond_the_last_is_empty(client):
    page = client.list(page=3).json()
    assert (page["data"], page["hasMore"]) == ([], False)


def test_above_fifty_a_page_it_fails_with_the_attested_message(client):
    assert client.list(limit=50).ok
    answer = client.list(limit=51)
    assert (answer.status_code, message(answer)) == (400, "Field: limit - The limit should not exceed 50")


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0},
        {"page": 0},
        {"page": "x"},
        {"sortBy": "status"},
        {"orderBy": "up"},
        {"filter": "colour:red"},
        {"filter": "status>Confirmed"},
        {"filter": "updatedAt>yesterday"},
        {"filter": "status"},
        {"filter": ""},
        {"filter": ["status:Confirmed", "updatedAt>2026-11-05T12:00:00Z"]},
    ],
)
def test_what_it_does_not_know_is_400_with_a_message(client, params):
    answer = client.list(**params)
    assert answer.status_code == 400
    assert message(answer).startswith("Field: ")


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("updatedAt>2026-11-05T12:00:00.000Z", ["11"]),
        ("updatedAt>=2026-11-05T13:00Z", ["11"]),
        ("updatedAt<2026-11-05T12:00:00Z", []),
        ("updatedAt:2026-11-05T13:00:00.000Z", ["11"]),
        ("createdAt>2026-11-05T11:59Z", [f"{index:02}" for index in range(12)]),
        ("createdAt<=2026-11-05", []),
        ("purchaseOrderNumber:#1003", ["03"]),
        ("purchaseOrderNumber:1003", []),
        ("status:confirmed", []),
        ("store:0190a000-0000-7000-8000-00000000000a", [f"{index:02}" for index in range(12)]),
    ],
)
def test_a_filter_is_one_condition(client, condition, found):
    assert sorted(ids(client.list(filter=condition, limit=50))) == found


@pytest.mark.parametrize("text", ["#1003", "1003"])
def test_search_finds_part_of_an_order_number(client, text):
    assert ids(client.list(search=text)) == ["03"]


def test_search_finds_the_consumer(client):
    assert len(ids(client.list(search="jo voorb", limit=50))) == 12


def test_rows_come_in_the_order_asked_for(client):
    assert ids(client.list(sortBy="updatedAt", orderBy="asc", limit=50))[-1] == "11"
    assert ids(client.list(sortBy="updatedAt", orderBy="desc", limit=50))[0] == "11"


def test_rows_of_one_timestamp_change_places_from_request_to_request(client):
    seen = [ids(client.list(sortBy="updatedAt", orderBy="asc", limit=50)) for _ in range(2)]
    assert seen[0] != seen[1]
    assert set(seen[0]) == set(seen[1])


def test_so_reading_page_by_page_misses_rows_and_sees_others_twice(client):
    read = [
        one for page in (1, 2, 3) for one in ids(client.list(sortBy="updatedAt", orderBy="asc", limit=4, page=page))
    ]
    assert len(read) == 12
    assert len(set(read)) < 12


def test_rows_can_be_moved_while_a_client_reads(sandbox, client):
    sandbox.returnista.on_list = lambda: sandbox.returnista.touch("00", at=ONE)
    assert set(ids(client.list(filter="updatedAt>2026-11-05T12:00:00Z"))) == {"00", "11"}


# --- expansion -----------------------------------------------------------------------------------------------------


def test_without_expand_the_related_parts_are_absent(client):
    assert client.list().json()["data"][0].keys().isdisjoint(PARTS)


def test_expand_is_repeated_for_several_parts(client):
    assert set(PARTS) <= client.list(expand=PARTS).json()["data"][0].keys()


@pytest.mark.parametrize("params", [{"expand": ",".join(PARTS)}, {"expand[]": PARTS}])
def test_other_ways_to_write_expand_do_nothing(client, params):
    assert client.list(**params).json()["data"][0].keys().isdisjoint(PARTS)


def test_one_return_order_is_the_object_at_the_root(sandbox, client):
    path = f"/account/{sandbox.world.account_id}/return-order/03"
    assert client.returnista(path, params={"expand": PARTS}).json() == sandbox.returnista.return_orders["03"]
    assert "consumer" not in client.returnista(path).json()


def test_an_unknown_return_order_is_404(sandbox, client):
    assert client.returnista(f"/account/{sandbox.world.account_id}/return-order/99").status_code == 404


def test_requests_have_no_reason_and_no_consumer_unless_expanded(sandbox, client):
    path = f"/account/{sandbox.world.account_id}/return-requests"
    page = client.returnista(path, params={"limit": 1}).json()
    assert (len(page["data"]), page["hasMore"]) == (1, True)
    assert page["data"][0].keys().isdisjoint({"consumer", "returnReason"})
    expanded = client.returnista(path, params={"limit": 1, "expand": ["consumer", "returnReason"]}).json()
    assert {"consumer", "returnReason"} <= expanded["data"][0].keys()


# --- the rest ------------------------------------------------------------------------------------------------------


def test_reasons_are_a_bare_array_or_wrapped(sandbox, client):
    bare = client.returnista("/return-reasons").json()
    assert {"id", "key", "description", "details", "default"} == bare[0].keys()
    sandbox.returnista.reasons_wrapped = True
    assert client.returnista("/return-reasons").json() == {"data": bare}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "return-order/03/resend-confirmation-email"),
        ("PUT", "draft-return-order/03/accept"),
        ("PUT", "draft-return-order/03/reject"),
    ],
)
def test_calls_that_a_sync_tool_must_never_make_are_counted(sandbox, client, method, path):
    assert client.returnista(f"/account/{sandbox.world.account_id}/{path}", method).ok
    assert sandbox.counts.effects("forbidden") == 1


def test_a_touch_moves_the_time_of_change(sandbox):
    sandbox.returnista.touch("00", at=ONE, status="Complete")
    row = sandbox.returnista.return_orders["00"]
    assert (row["status"], row["updatedAt"]) == ("Complete", "2026-11-05T13:00:00.000Z")


def test_a_related_part_that_changes_leaves_the_time_of_change(sandbox):
    sandbox.returnista.relate("00", at=ONE, shipments=[shipment(tracking="3S1")])
    row = sandbox.returnista.return_orders["00"]
    assert row["shipments"][0]["trackingNumber"] == "3S1"
    assert (row["updatedAt"], row["relationUpdatedAt"]) == ("2026-11-05T12:00:00.000Z", "2026-11-05T13:00:00.000Z")


def test_an_id_that_is_there_already_is_refused(sandbox):
    with pytest.raises(ValueError, match="there is a return order 00 already"):
        sandbox.returnista.add(return_order(id="00"))


def test_what_is_removed_is_gone(sandbox, client):
    sandbox.returnista.remove("11")
    assert ids(client.list(filter="updatedAt>2026-11-05T12:00:00Z")) == []
