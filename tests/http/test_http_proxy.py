"""Through a proxy: a lost answer is unclear; only without a tunnel was a request surely never sent."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from scripted_server import Act, Server, answer, drip, hang_up, reset, silence

from returnsync.clock import elapsed
from returnsync.errors import AccountUnavailable, NotSent, Refused, Unclear

HOST = "warehouse.test"
URL = f"https://{HOST}"

# A key and a certificate for a host that cannot exist; they give access to nothing.
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBbftcIVOSAZU5d51
TzWguD1oK2p69hjzh0FJ8voOvIqhRANCAARlkSF/jaZa5TwlASo453ZT8axjdhb0
yZQMQWQcD6Zu49wdN4Przv19bX3OCukdK3041d1lH8UA3+wPfzRXfWSs
-----END PRIVATE KEY-----
"""
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBgTCCASagAwIBAgIBATAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA53YXJlaG91
c2UudGVzdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowGTEXMBUG
A1UEAwwOd2FyZWhvdXNlLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARl
kSF/jaZa5TwlASo453ZT8axjdhb0yZQMQWQcD6Zu49wdN4Przv19bX3OCukdK304
1d1lH8UA3+wPfzRXfWSso10wWzAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQE
AwIChDAdBgNVHQ4EFgQUAzcJzyCn01sauF/qftf1qr9XbaswGQYDVR0RBBIwEIIO
d2FyZWhvdXNlLnRlc3QwCgYIKoZIzj0EAwIDSQAwRgIhAMLvCtoqMVrQpgeta9Ss
dUBB4b/8gB5fjjjyKmT2XMbtAiEAwkyZajuwGUWTs+ZPV12mQKTrE2zlEsexkf6k
Q5PPpb8=
-----END CERTIFICATE-----
"""
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass
class Tunnel(Server):
    """A proxy and, at the other end of its tunnels, the warehouse with TLS: requests in `seen` arrived whole."""

    keys: Path = Path()
    tunnels: int = 0
    """How many tunnels were requested."""
    connect: Act = ESTABLISHED
    """The answer to a request for a tunnel."""

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                if not (byte := connection.recv(1)):
                    return
                head += byte
            self.tunnels += head.startswith(f"CONNECT {HOST}:443 ".encode())
            if callable(self.connect):
                self.connect(connection)
            else:
                connection.sendall(self.connect)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.keys / "certificate.pem", self.keys / "key.pem")
            inside = context.wrap_socket(connection, server_side=True)
            self.connections.append(inside)
            super()._serve(inside)


@pytest.fixture
def proxy(tmp_path, monkeypatch) -> Iterator[Tunnel]:
    (tmp_path / "key.pem").write_text(KEY)
    (tmp_path / "certificate.pem").write_text(CERTIFICATE)
    running = Tunnel(keys=tmp_path)
    for name in ("NO_PROXY", "no_proxy", "https_proxy", "ALL_PROXY", "all_proxy", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", running.url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "certificate.pem"))
    yield running
    running.close()


def good_bye(connection: socket.socket) -> None:
    """End TLS normally, without an answer."""
    assert isinstance(connection, ssl.SSLSocket)
    connection.unwrap()
    raise ConnectionError


def refuse(status: int) -> Act:
    def act(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 %d Refused\r\nContent-Length: 0\r\n\r\n" % status)
        hang_up(connection)

    return act


EFFECTS = [("POST", "returnforecast"), ("GET", "returnforecast", "CODE", "returnlabel")]


@pytest.mark.parametrize("effect", EFFECTS, ids=["create", "label"])
@pytest.mark.parametrize("lose", [good_bye, hang_up, reset, silence])
def test_an_effect_whose_answer_is_lost_in_the_tunnel_is_unclear_and_reaches_the_warehouse_once(
    proxy, make, waits, effect, lose
):
    proxy.play(lose)
    client = make(URL, read_timeout=0.3)
    with pytest.raises(Unclear):
        client.send(*effect)
    assert [seen.method for seen in proxy.seen] == [effect[0]]
    assert waits == []
    assert client.requests == 1


@pytest.mark.parametrize("lose", [good_bye, hang_up, reset])
def test_so_it_is_on_a_tunnel_that_served_before(proxy, make, lose):
    proxy.play(answer(), lose)
    client = make(URL)
    client.get("order")
    with pytest.raises(Unclear):
        client.send("POST", "returnforecast")
    assert [seen.method for seen in proxy.seen] == ["GET", "POST"]


def test_a_read_whose_answer_is_lost_in_the_tunnel_is_made_again(proxy, make):
    proxy.play(good_bye, answer(200, {"a": 1}))
    assert make(URL).get("order").json() == {"a": 1}
    assert len(proxy.seen) == 2


def test_an_answer_through_the_tunnel_means_what_it_means_without_one(proxy, make):
    proxy.play(answer(200, {"a": 1}), answer(400, {"no": 1}), answer(500))
    client = make(URL)
    assert client.send("POST", "a").json() == {"a": 1}
    with pytest.raises(Refused):
        client.send("POST", "a")
    with pytest.raises(Unclear):
        client.send("POST", "a")
    assert proxy.tunnels == 1


def test_an_effect_after_a_pause_goes_through_a_new_tunnel_and_a_read_through_the_one_that_is_there(
    proxy, make, monkeypatch
):
    started = elapsed()
    client = make(URL)
    client.send("POST", "a")
    monkeypatch.setattr("returnsync.clock.elapsed", lambda: started + 60)
    client.get("a")
    assert proxy.tunnels == 1
    monkeypatch.setattr("returnsync.clock.elapsed", lambda: started + 120)
    client.send("POST", "a")
    assert proxy.tunnels == 2
    assert [seen.method for seen in proxy.seen] == ["POST", "GET", "POST"]


@pytest.mark.parametrize("status", [403, 407, 502, 503])
def test_a_tunnel_that_is_refused_means_never_sent(proxy, make, waits, status):
    proxy.connect = refuse(status)
    client = make(URL)
    with pytest.raises(NotSent):
        client.send("POST", "returnforecast")
    assert proxy.seen == []
    assert (proxy.tunnels, len(waits)) == (4, 3)
    assert client.requests == 0


def test_a_tunnel_that_is_made_at_the_second_attempt_carries_the_effect_once(proxy, make, waits):
    def then_let_through(connection: socket.socket) -> None:
        proxy.connect = ESTABLISHED
        refuse(502)(connection)

    proxy.connect = then_let_through
    make(URL).send("POST", "returnforecast")
    assert [seen.method for seen in proxy.seen] == ["POST"]
    assert (proxy.tunnels, len(waits)) == (2, 1)


def test_a_proxy_that_refuses_the_connection_was_sent_nothing(proxy, make, waits, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as free:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free.getsockname()[1]}")
    client = make(URL)
    with pytest.raises(NotSent):
        client.send("POST", "returnforecast")
    assert (proxy.tunnels, len(waits)) == (0, 3)
    assert client.requests == 0


@pytest.mark.parametrize("lose", [hang_up, reset])
def test_a_proxy_that_leaves_before_it_answers_is_rather_unclear_than_never_sent(proxy, make, waits, lose):
    """The client cannot tell that from a lost answer, and a second call may cost a second label."""
    proxy.connect = lose
    with pytest.raises(Unclear):
        make(URL).send("POST", "returnforecast")
    assert (proxy.tunnels, waits) == (1, [])


def test_a_warehouse_behind_the_tunnel_that_cannot_prove_itself_is_sent_nothing(proxy, make, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(AccountUnavailable, match="certificate"):
        make(URL).send("POST", "returnforecast")
    assert proxy.seen == []


# ---- its own deadline


def test_a_proxy_that_drips_its_answer_to_the_wish_for_a_tunnel_was_sent_nothing(proxy, make):
    proxy.connect = drip(b"HTTP/1.1 200 Connection established\r\nX-Wait: ")
    client = make(URL, exchange_timeout=0.2, attempts=1)
    with pytest.raises(NotSent, match="exchange_timeout"):
        client.send("POST", "returnforecast")
    assert (proxy.tunnels, client.requests) == (1, 0)


def test_a_handshake_in_the_tunnel_that_never_ends_was_sent_nothing(proxy, make):
    proxy.connect = drip(ESTABLISHED, b"")
    client = make(URL, exchange_timeout=0.2, attempts=1)
    with pytest.raises(NotSent, match="exchange_timeout"):
        client.send("POST", "returnforecast")
    assert (proxy.tunnels, client.requests) == (1, 0)


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 X\r\nX-Wait: ", b"HTTP/1.1 200 X\r\n\r\n{}"])
def test_an_effect_whose_answer_drips_through_the_tunnel_is_unclear_when_its_time_is_up(proxy, make, start):
    proxy.play(drip(start, b" "))
    with pytest.raises(Unclear, match="exchange_timeout"):
        make(URL, exchange_timeout=0.3).send("POST", "returnforecast")
    assert len(proxy.seen) == 1
