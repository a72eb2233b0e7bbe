"""An effect is sent on a connection that is new or has just answered: an idle one may be closed at that moment."""

import contextlib
import socket

import pytest
from scripted_server import answer, silence

from returnsync.errors import Unclear
from returnsync.http.client import Reader

EFFECTS = [("POST", "returnforecast"), ("PUT", "returnforecast"), ("GET", "returnforecast", "CODE", "returnlabel")]


@pytest.fixture
def shift(monkeypatch):
    """Lets seconds pass on the clock that cannot be set."""
    moment = [1_000.0]
    monkeypatch.setattr("returnsync.clock.elapsed", lambda: moment[0])

    def passed(seconds):
        moment[0] += seconds

    return passed


@pytest.mark.parametrize("effect", EFFECTS, ids=["create", "update", "label"])
@pytest.mark.parametrize(("idle", "connections"), [(0, 1), (5, 1), (5.1, 2), (3_600, 2)])
def test_an_effect_goes_out_on_a_connection_that_answered_within_five_seconds_or_a_new_one(
    make, server, shift, effect, idle, connections
):
    client = make()
    client.get("order")
    shift(idle)
    client.send(*effect)
    assert len(server.connections) == connections
    assert len(server.seen) == 2


def test_reads_go_on_using_a_connection_however_long_it_was_idle_and_make_it_fresh_again(make, server, shift):
    client = make()
    for _ in range(3):
        client.get("order")
        shift(60)
    client.get("order")
    shift(4)
    client.send("POST", "returnforecast")
    assert len(server.connections) == 1


def test_each_answer_counts_whatever_it_says(make, server, shift):
    client = make()
    server.play(answer(), answer(500), answer())
    client.get("order")
    shift(4)
    with pytest.raises(Unclear):
        client.send("POST", "returnforecast")
    shift(4)
    client.send("POST", "returnforecast")
    assert len(server.connections) == 1


def test_an_effect_never_meets_a_server_that_closes_idle_connections(make, server, shift):
    """The server hangs up on the second request of its first connection."""

    def hang_up_on_the_next(connection: socket.socket) -> None:
        connection.sendall(answer())
        with contextlib.suppress(OSError):
            connection.recv(1)
        raise ConnectionError

    server.play(hang_up_on_the_next, answer(200, {"made": 1}))
    client = make()
    client.get("order")
    shift(6)
    assert client.send("POST", "returnforecast").json() == {"made": 1}
    assert [seen.method for seen in server.seen] == ["GET", "POST"]


def test_a_client_that_only_reads_keeps_its_connection(make, server, shift):
    client = make(kind=Reader)
    for _ in range(3):
        client.get("order")
        shift(3_600)
    assert len(server.connections) == 1


def test_an_effect_that_was_lost_leaves_a_new_connection_to_the_next(make, server, shift):
    server.play(silence)
    client = make(read_timeout=0.05)
    with pytest.raises(Unclear):
        client.send("POST", "returnforecast")
    shift(60)
    client.send("POST", "returnforecast")
    assert len(server.connections) == 2
