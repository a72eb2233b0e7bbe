"""What an answer to a label call means: the label was surely not made, may have been made, or the account is shut."""

import json

import pytest

from returnsync.errors import AccountShut, CallError, NotAllowed, NotSent, Refused, Unclear
from returnsync.http.auth import Basic
from returnsync.http.client import Sender
from returnsync.http.exchange import Reply
from returnsync.http.outcome import Failure
from returnsync.http.retry import Again, RetryPolicy
from returnsync.model import Code, NewForecast, NewForecastLine, WarehouseOrderNumber
from returnsync.sandbox import Fault, World
from returnsync.sandbox.world import monta_line, monta_order
from returnsync.warehouses.monta import Monta, MontaSettings
from returnsync.warehouses.monta.label_answers import meaning_of

CODE = Code("shop-nl-1001-K3JQ2V5Z7XW4M6AB")
FORECAST = NewForecast(CODE, WarehouseOrderNumber("1001"), (NewForecastLine("9920011", "A", 1, "Too small"),))

JSON = (b'{"ErrorMessage": "No", "InvalidReasons": ["never"]}', "application/json")
TEXT = (b"never; No", "text/plain")
EMPTY = (b"", "application/json")
BLANK = (b"\xef\xbb\xbf \r\n\t\x00", "text/plain")
NO_WORDS = (b'"  "', "application/json")
HTML = (b"<!doctype html><p>never", "text/html")
HTML_BY_ITS_TYPE = (b"never", "Text/HTML; charset=utf-8")
HTML_BY_ITS_START = (b"\xef\xbb\xbf\n <html>never", "application/json")
XML = (b'<?xml version="1.0"?><Error>never</Error>', "application/xml")

WITH_WORDS, WITHOUT_WORDS = (JSON, TEXT), (EMPTY, BLANK, NO_WORDS)
NO_PAGES, PAGES = (*WITH_WORDS, *WITHOUT_WORDS), (HTML, HTML_BY_ITS_TYPE, HTML_BY_ITS_START, XML)
SHUT_BY_ANYONE = {401, 402, 423, 426, 451}


def expected(status, body):
    """The documented table, written out a second time."""
    if status in (407, 429):
        return NotSent
    if status in SHUT_BY_ANYONE or (status in (403, 404) and body in PAGES):
        return AccountShut
    if status == 403:
        return NotAllowed
    if status in (400, 404) and body in WITH_WORDS:
        return Refused
    return Unclear


def meant(status, body, content_type, **headers):
    """The exception in the end, and whether the call itself may be retried."""
    reply = Reply(status, {"Content-Type": content_type, **headers}, body)
    found = meaning_of(Failure("monta", "GET", "/returnforecast/A/returnlabel", reply))
    return (found.failure, True) if isinstance(found, Again) else (found, False)


@pytest.mark.parametrize("body", [*NO_PAGES, *PAGES])
def test_every_status_means_what_the_table_says_whatever_body_it_comes_with(body):
    statuses = [*range(100, 200), *range(300, 600)]
    found = {status: type(meant(status, *body)[0]) for status in statuses}
    assert found == {status: expected(status, body) for status in statuses}


@pytest.mark.parametrize("body", [JSON, EMPTY, HTML])
def test_only_429_is_tried_again_within_the_call(body):
    assert [status for status in (*range(100, 200), *range(300, 600)) if meant(status, *body)[1]] == [429]


@pytest.mark.parametrize(("status", "body"), [(400, JSON), (404, TEXT), (403, JSON), (403, TEXT)])
def test_a_refusal_keeps_its_status_and_montas_words(status, body):
    refused, _again = meant(status, *body)
    assert refused.status == status
    assert sorted(refused.foreign.split("; ")) == ["No", "never"]
    assert "never" not in refused.what


@pytest.mark.parametrize("body", [JSON, TEXT, HTML, XML])
def test_what_is_unclear_keeps_status_and_words_and_whether_it_was_a_page(body):
    for status in (302, 400 if body in PAGES else 409, 410, 422, 500):
        unclear, _again = meant(status, *body)
        assert unclear.status == status
        assert "never" in unclear.foreign


@pytest.mark.parametrize(
    ("status", "body", "named"),
    [
        (401, JSON, "password"), (401, HTML, "password"), (402, JSON, "invoice"), (423, TEXT, "blocked"),
        (426, JSON, "base_url"), (451, EMPTY, "blocked"), (403, HTML, "address"), (404, XML, "base_url"),
    ],
)  # fmt: skip
def test_an_account_that_is_shut_says_which_and_what_to_check(status, body, named):
    shut, _again = meant(status, *body)
    assert (shut.account, shut.exit_code) == ("monta", 78)
    assert f"HTTP {status}" in shut.what
    assert named in shut.next_step
    assert "never" not in shut.what + shut.next_step
    assert ("never" in shut.foreign) is (body != EMPTY)


# ---- over real HTTP


@pytest.fixture
def world():
    world = World.empty()
    world.orders.append(monta_order("1001", monta_line("A", line_id="9920011")))
    return world


@pytest.fixture
def monta(sandbox):
    made = MontaSettings.model_validate(
        {"kind": "monta", "username": "env:U", "password": "env:P", "carrier": "PostNL", "base_url": sandbox.monta_url}
    )
    policy = RetryPolicy(attempts=3, sleep=lambda _stop, _seconds: None)
    with Sender("monta", made.base_url, Basic("sandbox", "sandbox-password"), retry=policy) as sender:
        opened = Monta("monta", made, sender)
        opened.create(FORECAST)
        yield opened


CALLS = {
    400: (Refused, 1), 401: (AccountShut, 1), 402: (AccountShut, 1), 403: (NotAllowed, 1), 404: (Refused, 1),
    405: (Unclear, 1), 407: (NotSent, 1), 408: (Unclear, 1), 409: (Unclear, 1), 410: (Unclear, 1), 413: (Unclear, 1),
    415: (Unclear, 1), 422: (Unclear, 1), 423: (AccountShut, 1), 425: (Unclear, 1), 426: (AccountShut, 1),
    429: (NotSent, 3), 451: (AccountShut, 1), 499: (Unclear, 1), 500: (Unclear, 1), 503: (Unclear, 1),
    307: (Unclear, 1),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["status", "status-after"])
@pytest.mark.parametrize(("status", "meaning"), CALLS.items())
def test_a_label_call_means_it_whether_a_label_was_made_or_not_and_is_made_again_after_429_alone(
    monta, sandbox, kind, status, meaning
):
    error, calls = meaning
    body = json.dumps("No label for this one").encode()
    sandbox.faults.add(Fault("monta.label", kind, status=status, body=body, content_type="application/json"))
    with pytest.raises((AccountShut, CallError)) as caught:
        monta.label(CODE, "PostNL")
    assert type(caught.value) is error
    assert sandbox.counts.calls("monta.label") == calls


def test_a_carrier_of_monta_that_is_not_enabled_and_a_code_it_does_not_know_are_refused(monta):
    for code, carrier in ((CODE, "Nobody"), (Code("none"), "PostNL")):
        with pytest.raises(Refused):
            monta.label(code, carrier)


def test_an_account_without_the_right_to_make_labels_is_told_apart_from_a_refused_label(monta, sandbox):
    sandbox.monta.label_permission = False
    with pytest.raises(NotAllowed) as refused:
        monta.label(CODE, "PostNL")
    assert refused.value.status == 403
    assert refused.value.foreign == "Forbidden; This account may not generate shipping labels."


@pytest.mark.parametrize("call", ["create", "update"])
@pytest.mark.parametrize("answer", [(401, b"{}"), (402, b"{}"), (423, b"{}"), (451, b"{}"), (403, b"<html>no</html>")])
def test_an_announcement_that_meets_a_shut_account_is_left_open(monta, sandbox, call, answer):
    status, body = answer
    sandbox.faults.add(Fault(f"monta.{call}", "status", status=status, body=body))
    with pytest.raises(AccountShut) as shut:
        getattr(monta, call)(FORECAST)
    assert shut.value.status == status


@pytest.mark.parametrize("call", ["create", "update"])
@pytest.mark.parametrize(("status", "error"), [(407, NotSent), (409, Refused), (410, Refused), (422, Refused)])
def test_an_announcement_that_a_proxy_does_not_let_through_was_not_sent_and_other_refusals_are_as_ever(
    monta, sandbox, call, status, error
):
    sandbox.faults.add(Fault(f"monta.{call}", "status", status=status))
    before = sandbox.counts.calls(f"monta.{call}")
    with pytest.raises(CallError) as caught:
        getattr(monta, call)(FORECAST)
    assert type(caught.value) is error
    assert caught.value.status == status
    assert sandbox.counts.calls(f"monta.{call}") == before + 1
