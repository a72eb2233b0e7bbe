import json
import random
from datetime import UTC, datetime, timedelta

import pytest
import requests

from returnsync.sandbox import Sandbox, World
from returnsync.sandbox.returnly_records import (
    ReturnlyAccount,
    day,
    document,
    line_item,
    rma,
    shipping_label,
    write_export,
)

NOON = datetime(2023, 3, 1, 12, 0, tzinfo=UTC)
ONE = datetime(2023, 3, 1, 13, 0, tzinfo=UTC)
PARTS = "return_line_items,shipping_labels"


@pytest.fixture
def world():
    """Returns 1 to 12 with a label each, changed at noon except the last, which changed at one o'clock."""
    world = World.empty()
    for index in range(1, 13):
        updated = ONE if index == 12 else NOON
        item = line_item(order=f"#{1000 + index}", label="41")
        record = rma(item, id=str(index), created=NOON, updated=updated, labels=[shipping_label("41")])
        world.returnly.records.append(record)
    return world


@pytest.fixture
def sandbox(world):
    with Sandbox(world) as running:
        yield running


@pytest.fixture
def ask(sandbox):
    with requests.Session() as session:
        session.trust_env = False

        def asked(path="/returns.json", method="GET", headers=None, **params):
            given = {"X-Api-Token": ReturnlyAccount().token, **(headers or {})}
            url = sandbox.url + sandbox.returnly.base + path
            return session.request(method, url, headers=given, params=params, timeout=5)

        yield asked


def ids(answer):
    assert answer.status_code == 200, answer.text
    return {str(row["id"]) for row in answer.json()["data"]}


# --- who may ask ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_the_token_it_is_401_in_plain_text(ask, token):
    answer = ask(page=1, headers={"X-Api-Token": token})
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "text/plain; charset=utf-8")


@pytest.mark.parametrize(("version", "status"), [("2020-08", 200), ("2019-01", 400)])
def test_a_version_is_the_one_that_is_known(ask, version, status):
    assert ask(page=1, headers={"X-Api-Version": version}).status_code == status


# --- lists ---------------------------------------------------------------------------------------------------------


def test_a_page_has_ten_rows_and_the_last_has_no_link(ask):
    assert len(ids(ask(page=1))) == 10
    last = ask(page=2)
    assert len(ids(last)) == 2
    assert last.json()["links"] == {"next": None}


def test_the_link_leads_elsewhere_and_carries_no_filter(ask):
    answer = ask(page=1, min_updated_at="2023-03-01T00:00:00.000000Z")
    assert answer.json()["links"]["next"] == "http://old-api.returnly.example:8080/returns.json?page=2"


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"page": 0},
        {"page": "x"},
        {"page": 1, "include": "everything"},
        {"page": 1, "min_updated_at": "yesterday"},
        {"page": 1, "max_updated_at": "2023-03-01"},
        {"page": 1, "status": "authorized"},
    ],
)
def test_what_it_does_not_know_is_400_as_json_api_has_it(ask, params):
    answer = ask(**params)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["status"] == "400"


@pytest.mark.parametrize(("since", "found"), [(NOON, 1), (NOON - timedelta(milliseconds=1), 10), (ONE, 0)])
def test_the_filter_leaves_the_very_moment_out(ask, since, found):
    assert len(ids(ask(page=1, min_updated_at=since.isoformat()))) == found


def test_rows_come_by_their_time_of_change(ask):
    assert "12" in ids(ask(page=2))


def test_rows_of_one_time_change_places_with_every_request(ask):
    seen = [json.dumps(ask(page=1).json()["data"]) for _ in range(3)]
    assert len(set(seen)) > 1


def test_rows_can_be_moved_while_a_client_reads(sandbox, ask):
    sandbox.returnly.on_list = lambda: sandbox.returnly.touch("1", at=ONE)
    assert ids(ask(page=1, min_updated_at=NOON.isoformat())) == {"1", "12"}


# --- related records -----------------------------------------------------------------------------------------------


def test_without_include_the_related_records_are_named_and_not_given(ask):
    content = ask(page=1).json()
    assert content["included"] == []
    assert content["data"][0]["relationships"].keys() == {"return_line_items", "shipping_labels"}


def test_a_related_record_comes_once_whoever_shares_it(ask):
    content = ask(page=1, include=PARTS).json()
    assert sorted(part["type"] for part in content["included"]) == ["return_line_items"] * 10 + ["shipping_labels"]


def test_only_what_is_asked_for_is_included(ask):
    content = ask(page=1, include="shipping_labels").json()
    assert {part["type"] for part in content["included"]} == {"shipping_labels"}


def test_ids_are_texts_and_numbers(ask):
    assert {type(row["id"]) for row in ask(page=1).json()["data"]} == {str, int}


def test_related_kinds_that_a_return_has_none_of_are_missing():
    assert rma()["relationships"].keys() == {"return_line_items"}


# --- the rest ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/returns.json", "/refunds.json", "/webhooks.json"])
def test_whatever_is_posted_is_counted_as_forbidden(sandbox, ask, path):
    assert ask(path, "POST").ok
    assert sandbox.counts.effects("forbidden") == 1


def test_a_return_of_several_orders_is_one_rma_with_their_signs(sandbox):
    identity = sandbox.returnly.give_back("1001", "1002", sku="A", word="in_transit", created=NOON, updated=ONE)
    record = sandbox.returnly.returns[identity]
    assert [part["attributes"]["ext_order_number"] for part in record["included"]] == ["#1001", "#1002"]
    assert (record["attributes"]["status"], record["attributes"]["updated_at"]) == (
        "in_transit",
        "2023-03-01T13:00:00.000Z",
    )


def test_a_touch_moves_the_time_of_change(sandbox):
    sandbox.returnly.touch("1", at=ONE, word="refunded")
    attributes = sandbox.returnly.returns["1"]["attributes"]
    assert (attributes["status"], attributes["updated_at"]) == ("refunded", "2023-03-01T13:00:00.000Z")


def test_an_id_that_is_there_already_is_refused(sandbox):
    with pytest.raises(ValueError, match="there is a return 1 already"):
        sandbox.returnly.add(rma(id="1"))


def test_an_export_is_written_page_by_page(tmp_path):
    returns = [rma(id=str(index)) for index in range(12)]
    files = write_export(tmp_path / "export", returns)
    assert [file.name for file in files] == ["page-001.json", "page-002.json"]
    first, last = (json.loads(file.read_text()) for file in files)
    assert (len(first["data"]), first["links"]["next"]) == (10, "https://api.returnly.com/returns.json?page=2")
    assert last == document(returns[10:])


def test_a_day_is_the_same_for_the_same_chance_and_its_returns_fit_its_orders():
    account, orders = day(random.Random(1), NOON)
    assert (account, orders) == day(random.Random(1), NOON)
    assert 8 <= len(account.records) <= 12
    known = {f"#{order['WebshopOrderId']}": order["Lines"][0] for order in orders}
    for record in account.records:
        assert record["attributes"]["updated_at"] <= "2023-03-01T12:00:00.000Z"
        for part in record["included"]:
            if part["type"] == "return_line_items":
                line = known[part["attributes"]["ext_order_number"]]
                assert part["attributes"]["ext_order_line_item_id"] == line["WebshopOrderLineId"]
