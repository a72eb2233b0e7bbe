"""One deadline for each exchange, whatever the server does; and a stop that ends reads at once."""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted_server import answer, cut, drip, reset

from returnsync.errors import BadAnswer, Interrupted, NotSent, Unclear
from returnsync.http.client import Reader
from returnsync.http.retry import RetryPolicy

HEAD = b"HTTP/1.1 200 X\r\nContent-Type: application/json\r\n"

# The beginning of an answer, and the bytes that drip after it: no receive ever waits for long, and none ever ends.
UNFINISHED = {
    "status line": drip(b"HTTP/1.1 200 "),
    "one header": drip(HEAD + b"X-Wait: "),
    "headers": drip(HEAD, b"X-W: 1\r\n"),
    "further answers": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}
UNFINISHED_BODIES = {
    "body with a length": drip(HEAD + b"Content-Length: 1000000\r\n\r\n", b" "),
    "body without a length": drip(HEAD + b'\r\n{"whole": true}', b" "),
    "body of a connection that closes": drip(HEAD + b'Connection: close\r\n\r\n{"whole": true}', b" "),
    "body in chunks": drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
}
EVERY = UNFINISHED | UNFINISHED_BODIES
TIME = {"exchange_timeout": 0.15}


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server with TLS that accepts connections and sends nothing, not even in the handshake."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def unknown_names(monkeypatch) -> Iterator[threading.Event]:
    """Name lookups last until this event is set; then every name is this machine."""
    answered = threading.Event()
    real = socket.getaddrinfo

    def look_up(_host, *more):
        answered.wait()
        return real("127.0.0.1", *more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield answered
    answered.set()


# ---- the deadline


@pytest.mark.parametrize("act", UNFINISHED.values(), ids=UNFINISHED)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_an_effect_whose_answer_drips_is_unclear_and_not_repeated(make, server, act, method):
    server.play(act)
    with pytest.raises(Unclear, match="exchange_timeout") as caught:
        make(**TIME).send(method, "a")
    assert not isinstance(caught.value, BadAnswer)
    assert len(server.seen) == 1


@pytest.mark.parametrize("act", UNFINISHED_BODIES.values(), ids=UNFINISHED_BODIES)
def test_an_effect_that_succeeded_by_its_status_and_whose_body_drips_is_a_bad_answer(make, server, act):
    server.play(act)
    with pytest.raises(BadAnswer, match="exchange_timeout") as caught:
        make(**TIME).send("POST", "a")
    assert caught.value.status == 200
    assert len(server.seen) == 1


@pytest.mark.parametrize("act", EVERY.values(), ids=EVERY)
def test_a_read_whose_answer_drips_is_made_again_on_another_connection(make, server, act):
    server.play(act, answer(200, {"a": 1}))
    client = make(**TIME)
    assert client.get("a").json() == {"a": 1}
    assert client.requests == len(server.seen) == len(server.connections) == 2


@pytest.mark.parametrize("act", EVERY.values(), ids=EVERY)
def test_a_connection_that_served_before_has_a_deadline_too(make, server, act):
    server.play(answer(), act, answer(200, {"b": 1}))
    client = make(attempts=1, **TIME)
    client.get("a")
    with pytest.raises(Unclear):
        client.get("b")
    assert client.get("b").json() == {"b": 1}
    assert len(server.connections) == 2


def test_a_refusal_whose_body_drips_is_no_refusal(make, server):
    """The part that was not read could have said something else."""
    server.play(drip(b"HTTP/1.1 404 X\r\n\r\nNot found", b" "))
    with pytest.raises(Unclear) as caught:
        make(attempts=1, **TIME).get("a")
    assert caught.value.status == 404


def test_an_answer_that_takes_many_receives_is_whole_within_its_time(make, server):
    def slowly(connection):
        for byte in answer(200, {"a": 1}):
            connection.sendall(bytes([byte]))

    server.play(slowly)
    assert make().get("a").json() == {"a": 1}


def test_a_handshake_that_never_ends_was_sent_nothing(make, silent):
    client = make(silent, attempts=1, **TIME)
    with pytest.raises(NotSent, match="exchange_timeout"):
        client.send("POST", "a")
    assert client.requests == 0


def test_many_addresses_that_take_no_connection_have_one_deadline_together(make, monkeypatch):
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        place = full.getsockname()
        for _ in range(4):  # these fill the backlog; a further connection is not even refused
            queued = waiting.enter_context(socket.socket())
            queued.settimeout(0)
            queued.connect_ex(place)
        addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place)] * 1000
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: addresses)
        with pytest.raises(NotSent):
            make("https://warehouse.test", attempts=1, **TIME).send("POST", "a")


@pytest.mark.usefixtures("unknown_names")
def test_a_name_that_is_not_found_in_time_was_sent_nothing(make, server):
    client = make(f"https://shop.test:{server.port}", attempts=1, connect_timeout=0.1)
    with pytest.raises(NotSent):
        client.send("POST", "a")
    assert server.connections == []


def test_of_several_addresses_the_first_that_answers_is_taken(make, server, monkeypatch):
    real = socket.getaddrinfo("127.0.0.1", server.port, 0, socket.SOCK_STREAM)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        refused = (*real[0][:4], closed.getsockname())
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [refused, *real])
    assert make(server.url.replace("127.0.0.1", "localhost")).get("a").json() == {}


# ---- a stop


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


def stopping(stop, act):
    """Do the same while the command is asked to stop."""

    def stopped(connection):
        stop.set()
        act(connection)

    return stopped


@pytest.mark.parametrize("act", EVERY.values(), ids=EVERY)
def test_a_stop_ends_a_read_at_once_and_it_is_not_made_again(make, server, stop, act):
    server.play(stopping(stop, act))
    client = make(stop=stop)
    with pytest.raises(Interrupted, match="asked to stop"):
        client.get("a")
    assert len(server.seen) == 1


def test_a_stop_ends_every_read_of_an_account(make, server, stop):
    gate = threading.Barrier(4, action=stop.set)

    def together(connection):
        gate.wait()
        drip(b"HTTP")(connection)

    server.play(answer(), *[together] * 4)
    client = make(stop=stop)
    client.get("a")  # until the first call is answered, the others wait for it
    ended = []

    def read():
        with contextlib.suppress(Interrupted):
            client.get("a")
            return
        ended.append(1)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == 4


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_an_effect_in_hand_at_a_stop_is_given_its_answer(make, server, stop, method):
    server.play(stopping(stop, lambda connection: connection.sendall(answer(201, {"made": 1}))))
    assert make(stop=stop).send(method, "a").json() == {"made": 1}


@pytest.mark.parametrize("act", EVERY.values(), ids=EVERY)
def test_an_effect_in_hand_at_a_stop_is_unclear_when_its_time_is_up(make, server, stop, act):
    server.play(stopping(stop, act))
    with pytest.raises(Unclear, match="exchange_timeout"):
        make(stop=stop, **TIME).send("POST", "a")
    assert len(server.seen) == 1


@pytest.mark.usefixtures("unknown_names")
def test_a_stop_ends_the_wait_for_a_name(make, stop):
    class Waiting(threading.Thread):
        def run(self):
            while not any(thread.name == "returnsync-lookup" for thread in threading.enumerate()):
                pass
            stop.set()

    Waiting().start()
    with pytest.raises(Interrupted):
        make("https://shop.test", stop=stop, connect_timeout=60.0).get("a")


def test_a_stop_ends_a_handshake(make, server, stop):
    def hear(connection):
        connection.recv(1)
        stop.set()
        drip(b"", b"")(connection)

    server.greet = hear
    with pytest.raises(Interrupted):
        make(server.url.replace("http", "https"), stop=stop).get("a")


def test_a_public_read_ends_with_a_stop_too(make, server, stop):
    server.play(stopping(stop, drip(b"HTTP")))
    with pytest.raises(Interrupted):
        make(stop=stop).without_credentials(server.url).get("a")


# ---- nothing is left behind


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are counted where Linux lists them")
def test_no_exchange_leaves_a_descriptor_open(server, silent):
    def descriptors():
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a listing that opens nothing twice

    def every_kind(client):
        closing = answer(200, b"{}", Connection="close")
        server.play(answer(), closing, *EVERY.values(), cut(), reset, answer(101), answer(500))
        for _ in range(len(server.script) + 2):
            with contextlib.suppress(Unclear, BadAnswer):
                client.get("a")

    def all_of_it():
        times = {"retry": RetryPolicy(attempts=1), "exchange_timeout": 0.05}
        with Reader("shop", server.url, None, **times) as client:
            every_kind(client)
        with Reader("shop", silent, None, **times) as client, contextlib.suppress(NotSent):
            client.get("a")
        server.wait_until_left()

    all_of_it()
    before = descriptors()
    all_of_it()
    assert descriptors() == before
