import json
from datetime import UTC, datetime

import pytest
import requests

from returnsync.sandbox import KINDS, Fault, Faults, Fired, Sandbox, retry_after
from returnsync.sandbox.twisted import odd_body, twist, with_text

ROUTES = ("monta.create", "monta.label", "monta.order")


@pytest.fixture
def faults():
    return Faults(ROUTES)


# --- what each kind does -------------------------------------------------------------------------------------------


def test_status_answers_before_any_effect(sandbox, client):
    sandbox.faults.add(Fault("monta.create", "status", status=503, body=b"down", headers=retry_after(7)))
    answer = client.announce()
    assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (503, "down", "7")
    assert sandbox.monta.forecasts == []


def test_status_after_answers_after_the_effect(sandbox, client):
    sandbox.faults.add(Fault("monta.create", "status-after", status=500))
    assert client.announce().status_code == 500
    assert len(sandbox.monta.forecasts_of("shop-1")) == 1


def test_a_status_without_a_body_is_sent_without_one(sandbox, client):
    sandbox.faults.add(Fault("monta.create", "status-after", status=204))
    answer = client.announce()
    assert (answer.status_code, answer.content) == (204, b"")


def test_delay_holds_the_effect_back_and_it_still_comes(sandbox, client):
    sandbox.faults.add(Fault("monta.create", "delay", delay=0.15))
    with pytest.raises(requests.ReadTimeout):
        client.announce(timeout=0.05)
    assert sandbox.monta.forecasts == []
    while not sandbox.monta.forecasts:
        client.monta("/health")
    assert len(sandbox.monta.forecasts_of("shop-1")) == 1


def test_delay_after_holds_the_answer_back_when_the_effect_is_there(sandbox, client):
    sandbox.faults.add(Fault("monta.create", "delay-after", delay=3600))
    with pytest.raises(requests.ReadTimeout):
        client.announce(timeout=0.05)
    assert len(sandbox.monta.forecasts_of("shop-1")) == 1


def test_reset_breaks_the_connection_before_the_effect(sandbox, client):
    sandbox.faults.add(Fault("monta.create", "reset"))
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        client.announce()
    assert sandbox.monta.forecasts == []


def test_reset_after_breaks_the_connection_when_the_effect_is_there(sandbox, client):
    client.announce()
    sandbox.faults.add(Fault("monta.label", "reset-after", call=1))
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        client.label()
    assert len(sandbox.monta.labels_of("shop-1")) == 1
    assert sandbox.faults.fired == [Fired("monta.label", 1, "reset-after")]


def test_cut_announces_more_than_it_sends(sandbox, client):
    sandbox.faults.add(Fault("monta.create", "cut"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        client.announce()
    assert len(sandbox.monta.forecasts_of("shop-1")) == 1


def test_html_answers_200_with_a_page_when_the_effect_is_there(sandbox, client):
    sandbox.faults.add(Fault("monta.create", "html"))
    answer = client.announce()
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!doctype html>")
    assert len(sandbox.monta.forecasts_of("shop-1")) == 1


def test_wrong_type_answers_json_in_which_nothing_has_its_type(sandbox, client):
    sandbox.faults.add(Fault("returnista.list", "wrong-type"))
    answer = client.list(expand="returnRequests")
    assert answer.headers["content-type"].startswith("application/json")
    page = answer.json()
    assert isinstance(page["data"], dict)
    assert (page["limit"], page["hasMore"], page["nextPage"]) == ("10", "no", 0)
    assert page["data"]["0"]["status"] is None


def test_wrong_type_answers_what_it_is_given(sandbox, client):
    sandbox.faults.add(Fault("monta.reasons", "wrong-type", body=b'[{"Id":"2447"}]'))
    assert client.monta("/returnreasons").json() == [{"Id": "2447"}]


def test_redirect_sends_the_client_to_another_host_before_the_effect(sandbox, client):
    sandbox.faults.add(Fault("monta.create", "redirect"))
    answer = client.announce(allow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "http://127.0.0.2:9/")
    assert sandbox.monta.forecasts == []


def test_huge_streams_so_many_megabytes_of_json(sandbox, client):
    sandbox.faults.add(Fault("monta.order", "huge", megabytes=3))
    answer = client.monta("/order/1001", stream=True)
    assert answer.headers["content-type"].startswith("application/json")
    assert sum(map(len, answer.iter_content(1 << 16))) > 3 << 20


def test_a_client_that_stops_reading_a_huge_body_costs_nothing(sandbox, client):
    sandbox.faults.add(Fault("monta.order", "huge"))
    with client.monta("/order/1001", stream=True) as answer:
        assert answer.raw.read(10)
    assert client.monta("/health").ok


def test_deep_answers_json_that_a_parser_gives_up_on(sandbox, client):
    sandbox.faults.add(Fault("monta.order", "deep"))
    answer = client.monta("/order/1001")
    with pytest.raises(RecursionError):
        json.loads(answer.text)


# --- when it fires -------------------------------------------------------------------------------------------------


def test_a_fault_fires_on_the_call_it_names_and_no_other(sandbox, client):
    sandbox.faults.add(Fault("monta.order", "status", call=2, status=429))
    assert [client.monta("/order/1001").status_code for _ in range(3)] == [200, 429, 200]


def test_a_fault_without_a_call_fires_every_time(sandbox, client):
    sandbox.faults.add(Fault("monta.order", "status"))
    assert [client.monta("/order/1001").status_code for _ in range(3)] == [500, 500, 500]


def test_a_fault_fires_so_often_and_is_gone(sandbox, client):
    sandbox.faults.add(Fault("monta.order", "status", times=2))
    assert [client.monta("/order/1001").status_code for _ in range(3)] == [500, 500, 200]
    assert sandbox.faults.pending == []
    assert [fired.call for fired in sandbox.faults.fired] == [1, 2]


def test_clear_drops_what_has_not_fired(sandbox, client):
    sandbox.faults.add(Fault("monta.order", "status"))
    client.monta("/order/1001")
    sandbox.faults.clear()
    assert client.monta("/order/1001").ok
    assert len(sandbox.faults.fired) == 1


def test_a_fault_comes_before_the_login(sandbox, client):
    sandbox.faults.add(Fault("monta.order", "status", status=502))
    assert client.monta("/order/1001", auth=("nobody", "")).status_code == 502


def test_of_several_faults_the_first_that_fits_fires(faults):
    faults.add(Fault("monta.label", "reset", call=2), Fault("monta.label", "status"))
    assert [faults.take("monta.label", call).kind for call in (1, 2, 3)] == ["status", "reset", "status"]


# --- how it is written ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("monta.label:3:reset-after", Fault("monta.label", "reset-after", call=3)),
        ("monta.create:*:status=429", Fault("monta.create", "status", status=429)),
        ("monta.order:1:delay=2.5", Fault("monta.order", "delay", call=1, delay=2.5)),
        ("monta.order:1:huge=5", Fault("monta.order", "huge", call=1, megabytes=5)),
        ("monta.order:1:deep=9", Fault("monta.order", "deep", call=1, levels=9)),
        (
            "monta.order:1:redirect=https://a.example:1/b",
            Fault("monta.order", "redirect", 1, location="https://a.example:1/b"),
        ),
        (
            "monta.order:*:status=503,times=2,retry-after=Sun, 06 Nov 1994 08:49:37 GMT",
            Fault("monta.order", "status", None, 2, 503, {"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}),
        ),
    ],
)
def test_a_fault_is_read_from_a_command_line(faults, text, fault):
    assert faults.parse(text) == fault


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_written(faults, kind):
    value = "=1" if kind.startswith("delay") or kind == "text" else ""
    assert faults.parse(f"monta.label:1:{kind}{value}").kind == kind


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "expected ROUTE:CALL:KIND"),
        ("monta.label", "expected ROUTE:CALL:KIND"),
        ("monta.label:3", "expected ROUTE:CALL:KIND"),
        ("monta.nothing:3:reset", "unknown route 'monta.nothing'; routes: monta.create, monta.label, monta.order"),
        ("monta.label:3:explode", "unknown kind 'explode'.*kinds: status, status-after, delay"),
        ("monta.label:x:reset", "'x' is not a call number or \\*"),
        ("monta.label:0:reset", "call counts from 1"),
        ("monta.label:1:status=teapot", "'teapot' is not a status"),
        ("monta.label:1:status=99", "status 99 is not between 200 and 599"),
        ("monta.label:1:delay", "delay needs seconds"),
        ("monta.label:1:delay=-1", "'-1' is not a number of seconds"),
        ("monta.label:1:reset=5", "reset takes no value"),
        ("monta.label:*:reset,times=0", "times counts from 1"),
    ],
)
def test_what_is_no_fault_is_refused_in_words(faults, text, why):
    with pytest.raises(ValueError, match=why):
        faults.parse(text)


def test_an_unknown_route_is_refused_when_it_is_added_and_nothing_is_scheduled(faults):
    with pytest.raises(ValueError, match="unknown route"):
        faults.add(Fault("monta.label", "reset"), Fault("monta.lable", "reset"))
    assert faults.pending == []


def test_the_sandbox_takes_faults_as_they_are_written(world):
    assert Sandbox(world, faults=["monta.label:3:reset"]).faults.pending == [Fault("monta.label", "reset", call=3)]


def test_retry_after_has_two_forms():
    assert retry_after(120) == {"Retry-After": "120"}
    assert retry_after(datetime(2026, 11, 6, 8, 49, 37, tzinfo=UTC)) == {"Retry-After": "Fri, 06 Nov 2026 08:49:37 GMT"}


def test_twisting_leaves_no_type_as_it_was():
    assert twist({"a": [1, True, "x", None]}) == {"a": {"0": "1", "1": "yes", "2": None, "3": 0}}


def test_a_redirect_keeps_a_3xx_of_its_own(sandbox, client):
    sandbox.faults.add(Fault("monta.order", "redirect", status=302, location="/elsewhere"))
    answer = client.monta("/order/1001", allow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "/elsewhere")


@pytest.mark.parametrize("wrong", [{"kind": "explode"}, {"delay": -1.0}, {"delay": float("nan")}, {"megabytes": -1}])
def test_a_fault_that_could_not_happen_is_refused(wrong):
    with pytest.raises(ValueError, match=r"unknown kind|cannot be negative"):
        Fault(**{"route": "monta.label", "kind": "reset", **wrong})


def test_one_odd_record_is_the_last_of_its_list_in_what_decides_and_keeps_its_id():
    body = odd_body(
        b'{"data": [{"id": 1, "status": "a"}, {"id": 2, "status": "a", "lines": [{"units": 3}]}], "more": 1}'
    )
    assert (
        body
        == b'{"data": [{"id": 1, "status": "a"}, {"id": 2, "status": "a\xff", "lines": [{"units": NaN}]}], "more": 1}'
    )


def test_where_nothing_decides_all_of_a_record_is_odd():
    assert odd_body(b'[{"Id": 1, "Text": "a"}]') == b'[{"Id": NaN, "Text": "a\xff"}]'
    assert odd_body(b'{"Id": 1, "Lines": [{"Sku": "a"}]}') == b'{"Id": NaN, "Lines": [{"Sku": "a\xff"}]}'
    assert (odd_body(b"[]"), odd_body(b"no JSON")) == (b"[]", b"no JSON")


def test_a_text_stands_behind_each_text_or_those_of_one_field():
    body = b'{"Code": "a", "Lines": [{"Sku": "b", "Units": 1}], "Words": {"Sku": ["c"]}}'
    assert with_text(body, "!") == b'{"Code": "a!", "Lines": [{"Sku": "b!", "Units": 1}], "Words": {"Sku": ["c!"]}}'
    assert with_text(body, "!", "Sku") == (
        b'{"Code": "a", "Lines": [{"Sku": "b!", "Units": 1}], "Words": {"Sku": ["c!"]}}'
    )
    assert with_text(b"no JSON", "!") == b"no JSON!"


def test_the_sandbox_adds_a_text_to_the_answers_of_a_route(sandbox, client):
    sandbox.faults.add(sandbox.faults.parse("monta.reasons:1:text= Jansen"))
    assert all(reason["Description"].endswith(" Jansen") for reason in client.monta("/returnreasons").json())
    assert not any(reason["Description"].endswith(" Jansen") for reason in client.monta("/returnreasons").json())
