"""The client of one account: what it sends, what it reads, and where it never goes."""

import base64
import gzip
import logging
import socket
import ssl
import subprocess
import sys
import threading
import tracemalloc
from datetime import UTC, datetime

import pytest
import urllib3
from requests.auth import AuthBase
from scripted_server import answer, cut, hang_up, reset, silence
from urllib3.exceptions import SSLError

from returnsync.errors import (
    AccountRefused,
    AccountUnavailable,
    BadAnswer,
    ConfigError,
    NotSent,
    Refused,
    Unclear,
)
from returnsync.http.auth import Bearer, HeaderAuth
from returnsync.http.client import Reader
from returnsync.http.retry import RetryPolicy

# ---- what is sent


@pytest.mark.parametrize(
    ("segment", "sent"),
    [
        ("a/b", "a%2Fb"),
        ("#1", "%231"),
        ("100%", "100%25"),
        ("x y", "x%20y"),
        ("a?b&c=d", "a%3Fb%26c%3Dd"),
        ("é", "%C3%A9"),
        ("a+b;c", "a%2Bb%3Bc"),
        ("%2e%2e", "%252e%252e"),
        ("a\\b\n", "a%5Cb%0A"),
    ],
)
def test_any_segment_arrives_as_it_is(make, server, segment, sent):
    make(server.url + "/api/v0/").get("orders", segment)
    assert server.seen[0].target == f"/api/v0/orders/{sent}"


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_a_segment_that_would_change_the_path_is_refused(make, server, segment):
    with pytest.raises(ValueError, match="segment"):
        make().get("orders", segment)
    with pytest.raises(ValueError, match="segment"):
        make().send("POST", segment)
    assert server.seen == []


def test_query_parameters_keep_their_order_and_may_repeat(make, server):
    make().get("orders", params=[("b", "2026-01-01T00:00:00+00:00"), ("a", "x y"), ("a", "&")])
    assert server.seen[0].target == "/orders?b=2026-01-01T00%3A00%3A00%2B00%3A00&a=x+y&a=%26"


def test_an_effect_sends_its_json_and_a_read_sends_no_body(make, server):
    client = make()
    client.send("POST", "returns", json={"code": "é"})
    client.get("returns")
    sent, read = server.seen
    assert (sent.method, sent.body, sent.headers["content-type"]) == ("POST", b'{"code":"\\u00e9"}', "application/json")
    assert (read.method, read.body) == ("GET", b"")
    assert "content-type" not in read.headers


def test_requests_carry_credentials_and_our_name(make, server):
    make().get("a")
    headers = server.seen[0].headers
    assert headers["authorization"] == "Basic " + base64.b64encode(b"user:s3cr3t-word").decode()
    assert headers["user-agent"].startswith("returnsync/")


def test_public_reads_send_no_credentials_and_count_for_the_account(make, other):
    client = make()
    client.get("orders")
    client.without_credentials(other.url + "/public").get("portal")
    (seen,) = other.seen
    assert (seen.target, "authorization" in seen.headers) == ("/public/portal", False)
    assert client.requests == 2


def test_any_authentication_made_for_requests_works(make, server):
    class Custom(AuthBase):
        def __call__(self, r):
            r.headers["X-Key"] = f"{r.method} {r.url}"
            return r

    make(auth=Custom()).get("a")
    assert server.seen[0].headers["x-key"] == f"GET {server.url}/a"


def test_netrc_is_never_read(make, server, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password else\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    make(auth=None).get("a")
    assert "authorization" not in server.seen[0].headers


def test_cookies_are_not_kept(make, server):
    server.play(answer(200, b"{}", Set_Cookie="session=1"))
    client = make()
    client.get("a")
    client.get("b")
    assert "cookie" not in server.seen[1].headers


def test_one_connection_serves_many_requests(make, server):
    client = make()
    for number in range(5):
        client.get(str(number)).json()
    assert len(server.connections) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.test",
        "ftp://api.example.test",
        "api.example.test",
        "https://user:word@api.example.test",
        "https://api.example.test?x=1",
        "https://api.example.test:port",
        "https://[::1",
        "http://127.evil.test",
        "",
    ],
)
def test_an_address_that_credentials_may_not_go_to_is_refused(make, url):
    with pytest.raises(ConfigError, match="base_url"):
        make(url)


def test_a_proxy_of_the_environment_serves_a_host_elsewhere(make, server, monkeypatch):
    def refuse(connection):
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        hang_up(connection)

    monkeypatch.setenv("HTTPS_PROXY", server.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server.play(refuse)
    with pytest.raises(NotSent):
        make("https://api.example.test", attempts=1).send("POST", "a")
    assert (server.seen[0].method, server.seen[0].target) == ("CONNECT", "api.example.test:443")
    assert "authorization" not in server.seen[0].headers


def test_a_ca_bundle_that_is_not_there_is_a_matter_of_settings(make, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with pytest.raises(ConfigError, match="CA bundle"):
        make("https://localhost:1").get("a")


# ---- what is read


def test_an_answer_gives_status_headers_date_and_json(make, server):
    server.play(answer(201, {"a": [1, 2.5]}, Date="Tue, 03 Nov 2026 10:00:00 GMT", X_Left="7"))
    got = make().send("POST", "a")
    assert (got.status, got.headers["x-left"], got.json()) == (201, "7", {"a": [1, 2.5]})
    assert got.date == datetime(2026, 11, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Nov 2026 10:00:00 GMT"])
def test_a_date_that_cannot_be_read_is_none(make, server, date):
    server.play(answer(200, b"{}", Date=date))
    assert make().get("a").date is None


def test_gzip_is_unpacked(make, server):
    server.play(answer(200, gzip.compress(b'{"a": 1}'), Content_Encoding="gzip"))
    assert make().get("a").json() == {"a": 1}


def test_a_chunked_body_is_read_whole(make, server):
    server.play(b'HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n4\r\n: 1}\r\n0\r\n\r\n')
    client = make()
    assert client.get("a").json() == {"a": 1}
    assert client.get("b").json() == {}
    assert len(server.connections) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!doctype html><h1>Maintenance of shop@example.test</h1>", "HTML"),
        (b"", "nothing in it"),
        (b"{'a': 1}", "broken"),
        (b'{"a": 1', "broken"),
        (b"\xff", "broken"),
        (b"[" * 200_000, "deep"),
        (b'{"a":' * 200_000, "deep"),
    ],
)
def test_improper_json_is_a_bad_answer_that_quotes_nothing(make, server, body, said):
    server.play(answer(200, body))
    with pytest.raises(BadAnswer, match=said) as caught:
        make().get("a").json()
    assert caught.value.status == 200
    assert "example.test" not in str(caught.value)


def test_half_a_surrogate_pair_becomes_a_mark_and_a_whole_one_its_character(make, server):
    server.play(answer(200, rb'["\ud83d\ude00", "x\ud83d", "\ude00y", "\\ud83d"]'))
    assert make().get("a").json() == ["😀", "x�", "�y", "\\ud83d"]


def test_text_is_read_in_its_charset_and_never_fails(make, server):
    server.play(answer(200, "é".encode("latin-1"), Content_Type="text/plain; charset=ISO-8859-1"))
    server.play(answer(200, b"\xff", Content_Type="text/plain; charset=no-such"))
    client = make()
    assert client.get("a").text() == "é"
    assert client.get("a").text() == "�"


# ---- bodies that are too large or cut


def flood(sent: list[int], head: bytes):
    def act(connection: socket.socket) -> None:
        connection.sendall(head)
        block = b"x" * 65_536
        for _ in range(200 * 16):
            connection.sendall(block)
            sent.append(len(block))
        raise ConnectionError

    return act


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 X\r\nContent-Length: 209715200\r\n\r\n",
        b"HTTP/1.1 200 X\r\n\r\n",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nc800000\r\n",
    ],
)
def test_a_body_of_200_mb_is_given_up_early_and_not_asked_for_again(make, server, head):
    sent: list[int] = []
    server.play(flood(sent, head))
    with pytest.raises(BadAnswer, match="larger"):
        make(max_body=1_000_000).get("a")
    assert sum(sent) < 20_000_000
    assert len(server.seen) == 1


def test_a_small_packed_body_that_unpacks_to_200_mb_is_given_up_early(make, server):
    server.play(answer(200, gzip.compress(b"\0" * 200_000_000, 1), Content_Encoding="gzip"))
    client = make(max_body=1_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(BadAnswer, match="larger"):
            client.get("a")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


def test_an_endless_error_page_is_cut_and_its_status_counts(make, server):
    sent: list[int] = []
    server.play(flood(sent, b"HTTP/1.1 400 X\r\n\r\n"))
    with pytest.raises(Refused) as caught:
        make().get("a")
    assert caught.value.status == 400
    assert len(caught.value.foreign) <= 65_536


def test_a_read_whose_body_is_cut_is_made_again(make, server):
    server.play(cut(), answer(200, {"a": 1}))
    assert make().get("a").json() == {"a": 1}
    assert len(server.seen) == 2


def test_a_read_whose_body_stays_cut_is_a_bad_answer(make, server):
    server.play(*[cut()] * 4)
    with pytest.raises(BadAnswer, match="cut"):
        make().get("a")
    assert len(server.seen) == 4


def test_a_body_that_cannot_be_unpacked_is_a_bad_answer(make, server):
    server.play(answer(200, b"no gzip at all", Content_Encoding="gzip"))
    with pytest.raises(BadAnswer, match="unpacked"):
        make(attempts=1).get("a")


def test_an_effect_whose_body_is_cut_is_a_bad_answer_and_not_repeated(make, server):
    server.play(cut())
    with pytest.raises(BadAnswer):
        make().send("POST", "a")
    assert len(server.seen) == 1


# ---- the table


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 418, 422])
@pytest.mark.parametrize("effect", [False, True])
def test_a_refusal_is_final_and_carries_the_servers_words(make, server, status, effect):
    server.play(answer(status, {"code": 23, "who": "someone@example.test"}))
    client = make()
    with pytest.raises(Refused) as caught:
        client.send("POST", "a") if effect else client.get("a")
    assert caught.value.status == status
    assert '"code": 23' in caught.value.foreign
    assert "example.test" not in str(caught.value)
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [400, 404, 405, 410])
@pytest.mark.parametrize(
    ("page", "content_type"), [(b"<html>nginx</html>", "text/html"), (b" \n<?xml?>", ""), (b"gone", "text/html")]
)
def test_a_refusal_that_is_a_web_page_is_no_answer_of_the_api(make, server, status, page, content_type):
    answered = answer(status, page, Content_Type=content_type)
    server.play(answered, answered)
    client = make()
    with pytest.raises(BadAnswer, match="base_url"):
        client.get("a")
    with pytest.raises(Unclear):
        client.send("POST", "a")
    assert len(server.seen) == 2


@pytest.mark.parametrize("status", [404, 410])
def test_half_of_what_says_that_something_is_not_there_says_nothing(make, server, status):
    head = f"HTTP/1.1 {status} X\r\nContent-Type: text/plain\r\nContent-Length: 40\r\n\r\n"

    def act(connection):
        connection.sendall(head.encode() + b"Return forecast not")
        hang_up(connection)

    server.play(act)
    with pytest.raises(BadAnswer):
        make().get("a")


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504, 599])
def test_a_read_is_made_again_after_a_passing_failure(make, server, waits, status):
    server.play(answer(status), answer(status), answer(200, {"a": 1}))
    assert make().get("a").json() == {"a": 1}
    assert len(waits) == 2


@pytest.mark.parametrize(
    ("acts", "kind", "status"),
    [
        ([answer(503, "down")] * 4, Unclear, 503),
        ([answer(429, "slow")] * 4, NotSent, 429),
        ([reset] * 4, Unclear, None),
        ([hang_up] * 4, Unclear, None),
        ([b"what is this\r\n\r\n"] * 4, Unclear, None),
    ],
)
def test_a_read_that_keeps_failing_ends_after_four_attempts(make, server, acts, kind, status):
    server.play(*acts)
    with pytest.raises(kind) as caught:
        make().get("a")
    assert caught.value.status == status
    assert len(server.seen) == 4


def test_a_read_without_an_answer_is_made_again(make, server):
    server.play(silence, answer(200, {"a": 1}))
    assert make(read_timeout=0.05).get("a").json() == {"a": 1}


@pytest.mark.parametrize(
    "act",
    [answer(500), answer(503, b"", Retry_After="1"), answer(408), reset, hang_up, answer(302, b"", Location="/x")],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_an_effect_that_may_have_happened_is_never_repeated(make, server, waits, act, method):
    server.play(act)
    with pytest.raises(Unclear):
        make().send(method, "a")
    assert len(server.seen) == 1
    assert waits == []


def test_an_effect_without_an_answer_is_never_repeated(make, server):
    server.play(silence)
    with pytest.raises(Unclear):
        make(read_timeout=0.05).send("POST", "a")
    assert len(server.seen) == 1


def test_an_effect_on_a_connection_that_was_dropped_meanwhile_is_unclear(make, server):
    client = make()
    client.get("a")
    server.play(reset)
    with pytest.raises(Unclear):
        client.send("POST", "a")
    assert [seen.method for seen in server.seen] == ["GET", "POST"]


def test_an_effect_answered_with_429_is_sent_again(make, server):
    server.play(answer(429), answer(429), answer(201, {"a": 1}))
    assert make().send("POST", "a", json={"b": 2}).json() == {"a": 1}
    assert [seen.body for seen in server.seen] == [b'{"b":2}'] * 3


def test_an_effect_that_stays_answered_with_429_was_not_sent(make, server):
    server.play(*[answer(429)] * 4)
    with pytest.raises(NotSent) as caught:
        make().send("POST", "a")
    assert caught.value.status == 429


def test_an_effect_whose_connection_is_refused_is_sent_again(make, waits):
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    client = make(url)
    with pytest.raises(NotSent):
        client.send("POST", "a")
    assert len(waits) == 3
    assert client.requests == 0


def test_a_host_that_has_no_address_was_sent_nothing(make, monkeypatch):
    def unknown(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NotSent):
        make("https://api.example.test").send("POST", "a")


@pytest.mark.parametrize("effect", [False, True])
def test_refused_credentials_stop_the_account(make, server, effect):
    server.play(answer(401, {"who": "s3cr3t-word"}))
    client = make()
    with pytest.raises(AccountRefused) as caught:
        client.send("POST", "a") if effect else client.get("a")
    assert caught.value.account == "shop"
    assert len(server.seen) == 1


def test_a_401_can_be_forgiven_once_a_read(make, server):
    server.play(answer(401), answer(200, {"a": 1}), answer(401), answer(401))
    client = make(retry_401_once=True)
    assert client.get("a").json() == {"a": 1}
    with pytest.raises(AccountRefused):
        client.get("a")
    assert len(server.seen) == 4


def test_a_401_is_never_forgiven_an_effect(make, server):
    server.play(answer(401))
    with pytest.raises(AccountRefused):
        make(retry_401_once=True).send("POST", "a")
    assert len(server.seen) == 1


def test_a_certificate_that_cannot_be_verified_stops_the_account_at_once(make, monkeypatch, waits):
    def untrusted(*_args, **_kwargs):
        raise SSLError(ssl.SSLCertVerificationError("self-signed certificate"))

    monkeypatch.setattr(urllib3.HTTPConnectionPool, "urlopen", untrusted)
    with pytest.raises(AccountUnavailable, match="certificate"):
        make("https://localhost:1").send("POST", "a")
    assert waits == []


# ---- redirects


def test_a_read_follows_a_redirect_on_its_own_host(make, server):
    server.play(answer(301, b"", Location="/b?x=1"), answer(307, b"", Location=f"{server.url}/c"))
    client = make(kind=Reader)
    client.get("a")
    assert [seen.target for seen in server.seen] == ["/a", "/b?x=1", "/c"]
    assert client.requests == 3


def test_redirects_end_after_three(make, server):
    server.play(*[answer(302, b"", Location="/a")] * 9)
    with pytest.raises(BadAnswer, match="more than 3"):
        make(kind=Reader).get("a")
    assert len(server.seen) == 4


def test_a_redirect_to_another_server_is_not_followed_and_sends_it_nothing(make, server, other):
    places = [
        other.url,
        f"//127.0.0.1:{other.port}/",
        f"{server.url}@127.0.0.1:{other.port}/",
        f"http://127.0.0.1:{other.port}\\@127.0.0.1:{server.port}/",
        server.url.replace("http", "https"),
        server.url.replace("127.0.0.1", "localhost"),
        "http://[broken",
        "",
    ]
    server.play(*[answer(302, b"", Location=place) for place in places])
    client = make(kind=Reader)
    for _ in places:
        with pytest.raises(BadAnswer, match="another server"):
            client.get("a")
    assert other.seen == []
    assert len(server.seen) == len(places)


def test_a_redirect_cannot_smuggle_a_host_into_the_path(make, server, other):
    server.play(answer(302, b"", Location=f"{server.url}//127.0.0.1:{other.port}/x"))
    make(kind=Reader).get("a")
    assert other.seen == []
    assert len(server.seen) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_sender_follows_no_redirect_not_even_on_its_own_host(make, server, status):
    server.play(answer(status, b"", Location="/label/1001"))
    with pytest.raises(BadAnswer, match=r"never followed at a warehouse.*base_url") as caught:
        make().get("order", "1001")
    assert (caught.value.status, caught.value.foreign) == (status, "/label/1001")
    assert [seen.target for seen in server.seen] == ["/order/1001"]


@pytest.mark.parametrize("status", [101, 102, 103, 199, 304])
def test_a_status_that_carries_no_answer_is_none_and_what_follows_it_answers_no_other_request(make, server, status):
    server.play(f"HTTP/1.1 {status} X\r\n\r\n".encode() + answer(200, {"of": "the first"}), answer(200, {"of": "b"}))
    client = make()
    with pytest.raises(BadAnswer):
        client.get("a")
    assert client.get("b").json() == {"of": "b"}
    assert len(server.connections) == 2


# ---- what shows


def test_requests_are_counted_when_they_are_really_sent(make, server):
    server.play(answer(503), reset)
    client = make()
    client.get("a")
    client.send("POST", "b")
    assert client.requests == len(server.seen) == 4


def test_the_count_is_right_with_many_threads(make, server):
    client = make()
    threads = [threading.Thread(target=lambda: [client.get("a") for _ in range(20)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.requests == len(server.seen) == 160


def test_each_request_has_one_line_also_one_that_got_no_answer(make, server, caplog):
    caplog.set_level(logging.DEBUG, "returnsync.http")
    server.play(reset, answer(500), answer(200))
    make().get("orders", "1001")
    lines = [record for record in caplog.records if getattr(record, "event", "") == "request"]
    assert [(line.account, line.method, line.route, line.status, line.attempt) for line in lines] == [
        ("shop", "GET", "/orders/1001", None, 1),
        ("shop", "GET", "/orders/1001", 500, 2),
        ("shop", "GET", "/orders/1001", 200, 3),
    ]
    assert [line.reason for line in lines] == [
        "shop: the connection was lost before the answer (Protocol).", None, None
    ]  # fmt: skip
    assert all(0 <= line.seconds < 5 for line in lines)


def test_the_log_names_the_route_and_neither_query_nor_secrets_nor_bodies(make, server, caplog):
    caplog.set_level(logging.DEBUG, "returnsync")
    server.play(answer(500, "words of the server"), answer(200, {"body": "private"}))
    make().get("orders", "1001", params=[("email", "someone@example.test")])
    log = caplog.text
    assert "GET /orders/1001 500" in log
    assert "GET /orders/1001 200" in log
    assert [record.message for record in caplog.records if record.name == "returnsync.steps"] == [
        "request about to be sent",
        "answer received",
    ] * 2
    for private in ("example.test", "s3cr3t", "words of the server", "private", "Basic"):
        assert private not in log


@pytest.mark.parametrize(
    "acts", [[reset] * 4, [silence] * 4, [answer(500)] * 4, [cut()] * 4, [answer(401)], [answer(404)]]
)
def test_no_failure_shows_secrets_or_the_query_even_in_its_causes(make, server, acts):
    server.play(*acts)
    client = make(read_timeout=0.05)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any of ours
        client.get("a", params=[("email", "someone@example.test")])
    error = caught.value
    while error is not None:
        shown = repr(error) + str(error)
        assert "s3cr3t" not in shown
        assert "example.test" not in shown
        error = error.__cause__
    assert "s3cr3t" not in repr(client) + repr(vars(client))


def test_an_authentication_that_breaks_out_of_a_header_is_refused_without_showing_it(make, server):
    class Broken(AuthBase):
        def __call__(self, r):
            r.headers["X-Key"] = "s3cr3t\r\nX-Evil: 1"
            return r

    with pytest.raises(ConfigError) as caught:
        make(auth=Broken()).get("a")
    assert "s3cr3t" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert server.seen == []


def test_a_reader_cannot_send():
    assert not hasattr(Reader, "send")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "get", "GET ", ""])
def test_a_reader_refuses_to_send_anything_but_a_read_whoever_asks(server, method):
    class Sly(Reader):
        def change(self):
            return self._transport.exchange(method, "/returns", "/returns", b"{}")

    with Sly("shop", server.url, None, retry=RetryPolicy()) as client, pytest.raises(PermissionError, match="shop"):
        client.change()
    assert server.seen == []
    assert client.requests == 0


@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_a_sender_makes_effects_by_these_methods(make, server, method):
    make().send(method, "returns")
    assert [seen.method for seen in server.seen] == [method]


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "post"])
def test_a_sender_makes_no_effect_by_any_other_method(make, server, method):
    with pytest.raises(PermissionError, match=f"{method} was about to be sent"):
        make().send(method, "returns")
    assert server.seen == []


def test_importing_the_client_does_not_load_the_limiter():
    code = "import sys, returnsync.http.client; print(*(m for m in sys.modules if m == 'pyrate_limiter'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_headers_beside_a_secret_travel_with_it_and_never_replace_it(make, server):
    beside = {"X-Version": "2020-08", "authorization": "Bearer other", "AUTHORIZATION": ""}
    make(auth=HeaderAuth("Authorization", "s3cr3t", beside)).get("a")
    assert server.seen[0].headers["x-version"] == "2020-08"
    assert server.seen[0].headers["authorization"] == "s3cr3t"


def test_a_bearer_token_travels_as_it_is(make, server):
    make(auth=Bearer("abc.def")).get("a")
    assert server.seen[0].headers["authorization"] == "Bearer abc.def"
