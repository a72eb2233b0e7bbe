import random
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from returnsync.sandbox import World
from returnsync.sandbox.records import SKU, line_id_of
from returnsync.sandbox.sendcloud_records import day, item, manual_return, parcel_return

NOON = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
DATES = {"from_date": "2026-11-01 00:00:00", "to_date": "2026-11-10 00:00:00"}
KEYS = ("sandbox.sendcloud.public", "sandbox.sendcloud.secret")


@pytest.fixture
def world():
    """A hundred returns: ten at each of ten instants, an hour apart."""
    world = World.empty()
    for index in range(100):
        created = NOON + timedelta(hours=index // 10)
        world.sendcloud.records.append(parcel_return(order=f"{index:03}", created=created))
    return world


@pytest.fixture
def ask(sandbox):
    def asked(path="/returns", method="GET", auth=KEYS, **options):
        url = sandbox.url + sandbox.sendcloud.base + path
        return requests.request(method, url, auth=auth, timeout=5, **options)

    return asked


@pytest.fixture
def token(sandbox):
    def given(auth=KEYS, **form):
        url = sandbox.sendcloud.addresses(sandbox.url)["token_url"]
        return requests.post(url, data={"grant_type": "client_credentials", **form}, auth=auth, timeout=5)

    return given


def orders(answer):
    assert answer.status_code == 200, answer.text
    return [row["order_number"] for row in answer.json()["data"]]


def cursor_in(link):
    return parse_qs(urlsplit(link).query)["cursor"][0]


# --- who may ask ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("auth", [None, ("sandbox.sendcloud.public", "wrong"), ("wrong", "sandbox.sendcloud.secret")])
def test_without_both_keys_it_is_401_in_the_shape_of_json_api(ask, auth):
    answer = ask(params=DATES, auth=auth)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["status"], error["code"]) == (401, "401", "authentication_failed")


def test_both_keys_buy_a_token_and_the_token_opens_the_api(ask, token):
    given = token().json()
    assert (given["expires_in"], given["token_type"]) == (3600, "bearer")
    answer = ask(params=DATES, auth=None, headers={"Authorization": f"Bearer {given['access_token']}"})
    assert answer.status_code == 200


def test_a_token_is_good_until_it_expires(ask, token, sandbox):
    headers = {"Authorization": f"Bearer {token().json()['access_token']}"}
    sandbox.sendcloud.expire_tokens()
    assert ask(params=DATES, auth=None, headers=headers).status_code == 401


def test_no_token_without_both_keys_or_for_another_grant(token):
    assert token(auth=("sandbox.sendcloud.public", "wrong")).status_code == 401
    assert token(grant_type="password").status_code == 400


def test_an_integration_that_is_set_to_oauth2_takes_no_basic(ask, sandbox):
    sandbox.sendcloud.oauth_only = True
    assert ask(params=DATES).status_code == 401


def test_too_many_requests_have_an_empty_body(ask, sandbox):
    sandbox.sendcloud.busy = 1
    answer = ask(params=DATES)
    assert (answer.status_code, answer.content) == (429, b"")
    assert ask(params=DATES).ok


def test_a_get_with_a_body_is_refused(ask):
    assert ask(params=DATES, data=b"{}").status_code == 400


# --- the list ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["from_date", "to_date"])
def test_both_dates_are_demanded(ask, missing):
    answer = ask(params={name: value for name, value in DATES.items() if name != missing})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, missing)


@pytest.mark.parametrize(
    "text", ["2026-11-01", "2026-11-01T00:00:00Z", "2026-11-31 00:00:00", "", "1 2026-11-01 00:00:00"]
)
def test_dates_have_one_form(ask, text):
    assert ask(params={**DATES, "from_date": text}).status_code == 400


def test_dates_are_wall_clock_time_in_amsterdam_and_leave_out_both_ends(ask):
    # One o'clock in Amsterdam is noon in UTC.
    assert ask(params={"from_date": "2026-11-05 13:00:00", "to_date": "2026-11-05 15:00:00"}).json()["data"] != []
    found = orders(ask(params={"from_date": "2026-11-05 13:00:00", "to_date": "2026-11-05 15:00:00"}))
    assert sorted(found) == [f"{index:03}" for index in range(10, 20)]


def test_a_period_may_be_too_long(ask, sandbox):
    long = {"from_date": "2026-10-01 00:00:00", "to_date": "2026-11-20 00:00:00"}
    answer = ask(params=long)
    assert (answer.status_code, answer.json()["errors"][0]["source"]) == (400, {"parameter": "to_date"})
    sandbox.sendcloud.longest_window = None
    assert ask(params=long).ok


def test_a_page_has_forty_rows_and_never_more(ask):
    assert len(orders(ask(params=DATES))) == 40
    assert len(orders(ask(params={**DATES, "page_size": 7}))) == 7
    for size in ("41", "0", "x", "100"):
        assert ask(params={**DATES, "page_size": size}).status_code == 400


def test_the_link_to_the_next_page_is_plain_http_elsewhere_and_holds_no_dates(ask):
    link = ask(params=DATES).json()["next"]
    assert link.startswith("http://panel.sendcloud.sc/api/v3/returns?")
    assert sorted(parse_qs(urlsplit(link).query)) == ["cursor", "page_size"]


def test_by_its_cursor_every_row_is_read_once(ask):
    found, cursor = [], None
    while True:
        answer = ask(params={**DATES, "cursor": cursor})
        found += orders(answer)
        if not answer.json()["next"]:
            break
        cursor = cursor_in(answer.json()["next"])
    assert len(found) == len(set(found)) == 100


def test_a_cursor_needs_the_dates_too(ask):
    cursor = cursor_in(ask(params=DATES).json()["next"])
    assert ask(params={"cursor": cursor}).status_code == 400


@pytest.mark.parametrize("cursor", ["x", "", "bz0x", "!!"])
def test_a_cursor_that_is_none_is_refused(ask, cursor):
    assert ask(params={**DATES, "cursor": cursor}).status_code == 400


def test_the_newest_come_first_and_what_is_of_one_instant_changes_places(ask):
    first, second = (orders(ask(params=DATES)) for _ in range(2))
    assert first != second
    assert set(first[:10]) == set(second[:10]) == {f"{index:03}" for index in range(90, 100)}


def test_the_link_may_be_in_the_header(ask, sandbox):
    sandbox.sendcloud.links_in_header = True
    answer = ask(params=DATES)
    assert (list(answer.json()), 'rel="next"' in answer.headers["Link"]) == (["data"], True)


def test_the_list_shows_no_id_unless_told_so(ask, sandbox):
    assert "id" not in ask(params=DATES).json()["data"][0]
    sandbox.sendcloud.sends_ids = True
    identity = ask(params=DATES).json()["data"][0]["id"]
    assert ask(f"/returns/{identity}").json()["id"] == identity


def test_one_that_is_not_there_is_404_without_a_word(ask):
    answer = ask("/returns/1")
    assert (answer.status_code, answer.content) == (404, b"")


def test_cancelled_ones_may_vanish(ask, sandbox):
    sandbox.sendcloud.touch("700001", word="open/cancelled")
    assert "000" in orders(ask(params={**DATES, "parent_parcel_status": "cancelled"}))
    sandbox.sendcloud.hides_cancelled = True
    assert orders(ask(params={**DATES, "parent_parcel_status": "cancelled"})) == []


def test_rows_can_be_changed_while_a_client_reads(ask, sandbox):
    sandbox.sendcloud.on_list = sandbox.sendcloud.returns.clear
    assert orders(ask(params=DATES)) == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/returns", 400),
        ("POST", "/returns/validate", 400),
        ("POST", "/returns/announce-synchronously", 400),
        ("PATCH", "/returns/700001/cancel", 409),
    ],
)
def test_calls_that_a_sync_tool_must_never_make_are_counted(ask, sandbox, method, path, status):
    assert ask(path, method).status_code == status
    assert sandbox.counts.effects("forbidden") == 1


# --- what a test does to it ----------------------------------------------------------------------------------------


def test_what_is_given_back_fits_the_order_at_the_warehouse(sandbox):
    row = sandbox.sendcloud.returns[sandbox.sendcloud.give_back("1001")]
    (goods,) = row["parcel_items"]
    assert (row["order_number"], row["status"], goods["sku"]) == ("1001", "open", SKU)
    assert goods["item_id"] == line_id_of("1001", SKU)


def test_a_return_belongs_to_one_order(sandbox):
    with pytest.raises(ValueError, match="unpack"):
        sandbox.sendcloud.give_back("1001", "1002")


def test_a_history_is_written_in_every_spelling_and_order(sandbox):
    histories = [sandbox.sendcloud.returns[sandbox.sendcloud.give_back("1")]["status_history"] for _ in range(6)]
    newest = [max(steps, key=lambda step: step["carrier_update_timestamp"]) for steps in histories]
    assert {step["parent_status"] for step in newest} == {"announced", "ANNOUNCED", "Announced"}
    assert {steps.index(step) for steps, step in zip(histories, newest, strict=True)} == {0, 1}


def test_a_touch_adds_to_the_history_and_gives_a_label_where_there_is_one_now(sandbox):
    identity = sandbox.sendcloud.give_back("1", word="requested/no-label")
    row = sandbox.sendcloud.returns[identity]
    assert row["tracking_number"] is None
    sandbox.sendcloud.touch(identity, at=NOON, word="open/announced")
    row = sandbox.sendcloud.returns[identity]
    assert (row["status"], len(row["status_history"]), bool(row["tracking_number"])) == ("open", 3, True)


def test_what_is_removed_is_gone_and_its_id_is_not_used_again(sandbox):
    identity = sandbox.sendcloud.give_back("1")
    sandbox.sendcloud.remove(identity)
    assert sandbox.sendcloud.give_back("1") != identity


def test_the_day_is_the_same_for_the_same_chance_and_has_an_order_for_each_return():
    (account, bought), (again, _) = (day(random.Random(1), NOON) for _ in range(2))
    assert account == again
    assert 8 <= len(account.records) <= 12
    known = {order["WebshopOrderId"] for order in bought}
    assert {row["order_number"].removeprefix("#") for row in account.records} == known
    assert all(datetime.fromisoformat(row["created_at"]) < NOON for row in account.records)


def test_arguments_of_a_builder_replace_its_defaults():
    assert item("A", quantity=3)["quantity"] == 3
    assert parcel_return(delivery_option="in_store")["delivery_option"] == "in_store"


def test_a_return_made_by_hand_has_its_order_and_no_items():
    assert "parcel_items" not in manual_return("1001")
    assert manual_return("1001", items=[])["parcel_items"] == []
    assert manual_return("1001")["order_number"] == "1001"
