"""How long and how often a call is retried."""

import logging
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from scripted_server import answer, reset

from returnsync.clock import now
from returnsync.errors import AccountUnavailable, Interrupted, NotSent, Unclear
from returnsync.http.retry import Again, RetryBudget, RetryPolicy, retry_after

DATE = datetime(2026, 11, 3, 10, tzinfo=UTC)


def http(moment):
    return format_datetime(moment, usegmt=True)


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [
        ("7", 7),
        (" 1.5 ", 1.5),
        ("0", 0),
        (http(DATE + timedelta(seconds=30)), 30),
        (http(DATE - timedelta(hours=1)), 0),
        ("-5", 0),
        ("soon", 0),
        ("1e9", 0),
        ("nan", 0),
        ("٣", 0),
        ("9" * 5000, 0),
        ("", 0),
    ],
)
def test_retry_after_is_read_in_both_forms_and_garbage_asks_nothing(wish, seconds):
    assert retry_after({"Retry-After": wish, "Date": http(DATE)}) == seconds


def test_a_date_without_the_servers_clock_is_measured_by_ours():
    assert 50 < retry_after({"Retry-After": http(now() + timedelta(seconds=60))}) <= 60


@pytest.mark.parametrize(("wish", "bounds"), [("7", (7, 7)), ("3600", (60, 60)), ("0", (0.5, 1)), ("soon", (0.5, 1))])
@pytest.mark.parametrize("status", [429, 503])
def test_the_servers_retry_after_is_a_floor_up_to_our_cap(make, server, waits, wish, bounds, status):
    server.play(answer(status, b"", Retry_After=wish))
    make().get("a")
    assert len(waits) == 1
    assert bounds[0] <= waits[0] <= bounds[1]


def test_waits_grow_and_vary(make, server):
    runs = []
    for _ in range(5):
        waits: list[float] = []
        server.play(*[answer(500)] * 3)
        make(sleep=lambda _stop, wait, waits=waits: waits.append(wait)).get("a")
        runs.append(waits)
    assert all(first < 1.01 and second >= 1 and third >= 2 for first, second, third in runs)
    assert len({tuple(run) for run in runs}) == 5


def test_pauses_stop_growing_at_twenty_seconds_however_often_it_failed():
    waits: list[float] = []
    policy = RetryPolicy(attempts=1200, budget=RetryBudget(1e9), sleep=lambda _stop, wait: waits.append(wait))

    def attempt():
        raise Again(Unclear("lost"))

    with pytest.raises(Unclear):
        policy.call("shop", threading.Event(), attempt)
    assert len(waits) == 1199
    assert waits[5] < max(waits) == waits[-1] == 20


def test_a_wait_that_does_not_fit_into_the_budget_is_not_begun(make, server, waits):
    server.play(answer(429, "slow down", Retry_After="30"))
    with pytest.raises(AccountUnavailable, match="20 s") as caught:
        make(budget=20).get("a")
    assert (caught.value.account, caught.value.foreign) == ("shop", "slow down")
    assert "next run" in caught.value.next_step
    assert isinstance(caught.value.__cause__, NotSent)
    assert waits == []
    assert len(server.seen) == 1


def test_the_budget_is_shared_by_all_calls(make, server, waits):
    client = make(budget=100)
    server.play(answer(429, b"", Retry_After="50"), answer(), answer(429, b"", Retry_After="60"))
    client.get("a")
    with pytest.raises(AccountUnavailable):
        client.get("b")
    assert waits == [50]


def test_an_account_without_a_budget_still_makes_its_first_attempts(make, server):
    client = make(budget=0)
    assert client.get("a").json() == {}
    server.play(answer(500))
    with pytest.raises(AccountUnavailable):
        client.get("a")
    assert client.get("a").json() == {}


def test_repeated_attempts_are_charged_for_their_time():
    budget = RetryBudget(10)
    budget.charge(4)
    assert budget.left == 6
    assert not budget.take(6.5)
    assert budget.take(6)
    budget.charge(1)
    assert budget.left == 0
    assert not budget.take(0)


@pytest.mark.parametrize("act", [answer(429), answer(500), reset])
def test_a_stop_during_a_wait_ends_the_call_and_no_fault_of_the_server_is_reported_by_it(make, server, act):
    stop = threading.Event()

    def sleep(event, _wait):
        event.set()

    server.play(act)
    with pytest.raises(Interrupted, match="asked to stop"):
        make(stop=stop, sleep=sleep).get("a")
    assert stop.is_set()
    assert len(server.seen) == 1


def test_a_stop_ends_a_real_wait(make, server):
    stop = threading.Event()

    def act(connection):
        connection.sendall(answer(429, b"", Retry_After="60"))
        stop.set()

    server.play(act)
    with pytest.raises(Interrupted):
        make(stop=stop, sleep=threading.Event.wait).send("POST", "a")
    assert len(server.seen) == 1


def test_after_a_stop_no_read_is_begun_and_an_effect_is_made_but_not_repeated(make, server):
    stop = threading.Event()
    stop.set()
    client = make(stop=stop)
    with pytest.raises(Interrupted):
        client.get("a")
    assert (server.seen, client.requests) == ([], 0)
    assert client.send("POST", "a").json() == {}
    server.play(answer(429))
    with pytest.raises(Interrupted):
        client.send("POST", "a")
    assert len(server.seen) == 2


def test_only_what_says_so_is_tried_again():
    calls = []

    def attempt():
        calls.append(1)
        if len(calls) == 1:
            raise Again(Unclear("lost"))
        raise KeyError("a fault of ours")

    with pytest.raises(KeyError):
        RetryPolicy(sleep=lambda _stop, _wait: None).call("shop", threading.Event(), attempt)
    assert len(calls) == 2


def test_the_last_failure_is_what_a_call_ends_with():
    failures = [Unclear("first"), NotSent("second"), Unclear("third")]

    def attempt():
        raise Again(failures.pop(0))

    with pytest.raises(Unclear, match="third"):
        RetryPolicy(attempts=3, sleep=lambda _stop, _wait: None).call("shop", threading.Event(), attempt)


def test_each_retry_has_one_line_with_its_reason_and_its_pause(make, server, waits, caplog):
    caplog.set_level(logging.INFO, "returnsync.http")
    server.play(answer(503), reset, answer(429), answer(200), answer(500), answer(200))
    client = make()
    client.get("a")
    client.get("b")
    lines = [record for record in caplog.records if getattr(record, "event", "") == "retry"]
    assert [line.pause for line in lines] == [round(wait, 3) for wait in waits]
    assert [(line.account, line.attempt) for line in lines] == [("shop", 2), ("shop", 3), ("shop", 4), ("shop", 2)]
    assert [line.reason for line in lines] == [
        "shop: GET /a was answered with 503.",
        "shop: the connection was lost before the answer (Protocol).",
        "shop: GET /a was answered with 429.",
        "shop: GET /b was answered with 500.",
    ]


def test_what_is_not_tried_again_has_no_line_of_a_retry(make, server, caplog):
    caplog.set_level(logging.INFO, "returnsync.http")
    server.play(answer(503), answer(500))
    with pytest.raises(AccountUnavailable):
        make(budget=0).get("a")
    with pytest.raises(Unclear):
        make().send("POST", "a")
    assert caplog.records == []
