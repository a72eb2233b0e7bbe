"""The gate before an account: one thread asks first, and a refusal of it counts for the others."""

import itertools
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from returnsync.errors import AccountRefused, AccountUnavailable, Unclear
from returnsync.http.gate import Gate

THREADS = 8


class Server:
    """Counts the requests, and how many there are at once; each waits until it may be answered."""

    def __init__(self, error=None):
        self.error = error
        self.asked = 0
        self.most = 0
        self.answers = threading.Event()
        self._now = 0
        self._lock = threading.Lock()

    def ask(self):
        with self._lock:
            self.asked += 1
            self._now += 1
            self.most = max(self.most, self._now)
        self.answers.wait(5)
        with self._lock:
            self._now -= 1
        if self.error:
            raise self.error
        return "answer"


@pytest.fixture
def in_turn():
    """No thread is interrupted while it computes, so the lines of one thread follow each other without a gap."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(60)
    yield
    sys.setswitchinterval(interval)


def all_at_once(gate, server):
    """The results of eight threads that all arrive before the first one is answered."""
    came = itertools.count(1)

    def ask():
        if next(came) == THREADS:
            server.answers.set()
        try:
            return gate.call(server.ask)
        except (AccountRefused, AccountUnavailable, Unclear) as error:
            return error

    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result() for future in [pool.submit(ask) for _ in range(THREADS)]]


@pytest.mark.usefixtures("in_turn")
@pytest.mark.parametrize("error", [AccountRefused("shop", "refused"), AccountUnavailable("shop", "out of reach")])
def test_an_account_that_cannot_be_used_is_asked_once_however_many_threads_want_to(error):
    server = Server(error)
    assert set(all_at_once(Gate(), server)) == {server.error}
    assert server.asked == 1


def test_a_caller_after_a_refusal_may_ask_once_more():
    """A command that checks several things one after the other, such as `check`, gets the answer to each."""
    gate, refused, right = Gate(), Server(AccountRefused("shop", "refused")), Server()
    refused.answers.set()
    right.answers.set()
    with pytest.raises(AccountRefused):
        gate.call(refused.ask)
    assert gate.call(right.ask) == "answer"


def test_a_gate_may_close_for_good_on_a_refusal():
    gate, refused, right = Gate(AccountRefused), Server(AccountRefused("shop", "refused")), Server()
    refused.answers.set()
    with pytest.raises(AccountRefused):
        gate.call(refused.ask)
    with pytest.raises(AccountRefused):
        gate.call(right.ask)
    assert right.asked == 0


def test_once_one_was_let_in_all_are():
    gate, server = Gate(), Server()
    server.answers.set()
    assert gate.call(server.ask) == "answer"
    server.answers.clear()
    both = threading.Barrier(2)

    def together():
        both.wait(5)
        return "answer"

    with ThreadPoolExecutor(2) as pool:
        assert [future.result() for future in [pool.submit(gate.call, together) for _ in range(2)]] == ["answer"] * 2


@pytest.mark.usefixtures("in_turn")
def test_a_call_that_fails_for_itself_keeps_nobody_from_asking():
    server = Server(Unclear("lost"))
    all_at_once(Gate(), server)
    assert server.asked == THREADS


def test_a_gate_that_was_closed_gives_the_reason_and_asks_nobody():
    gate, server, reason = Gate(), Server(), AccountUnavailable("shop", "left alone")
    gate.close(reason)
    with pytest.raises(AccountUnavailable) as raised:
        gate.call(server.ask)
    assert raised.value is reason
    assert server.asked == 0
