"""Tokens for a pair of keys: fetched when needed, shared, renewed in time, and never shown."""

import base64
import contextlib
import logging
import threading
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict
from scripted_server import Server, answer, cut, hang_up, reset

from returnsync.errors import (
    AccountRefused,
    AccountUnavailable,
    BadAnswer,
    CallError,
    ConfigError,
    ExitCode,
    NotSent,
    Refused,
    Unclear,
)
from returnsync.http.client import Reader
from returnsync.http.oauth import ClientCredentials, TokenAuth
from returnsync.http.retry import RetryPolicy
from returnsync.redact import mask

KEY, SECRET = "public-k3y", "private-s3cret"
PAIR = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()


def token(word: str, lasts: object = 3600) -> bytes:
    return answer(200, {"access_token": word, "token_type": "Bearer", "expires_in": lasts})


def used(server: Server) -> list[str]:
    """The credentials that each request carried."""
    return [seen.headers.get("authorization", "") for seen in server.seen]


def sent(auth: TokenAuth) -> str:
    request = PreparedRequest()
    request.headers = CaseInsensitiveDict()
    return auth(request).headers["Authorization"]


def together(*calls) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def chain(error: BaseException | None) -> str:
    """Everything that an exception could show, with its causes and contexts."""
    shown = ""
    while error is not None:
        shown += f"{error!r} {error} {vars(error)!r}\n"
        error = error.__cause__ or error.__context__
    return shown


@pytest.fixture
def auth(other):
    return ClientCredentials("shop", f"{other.url}/oauth2/token", KEY, SECRET)


@pytest.fixture
def client(make, auth):
    return make(auth=auth)


@pytest.fixture
def clock(monkeypatch):
    """The seconds that have passed; tests add to them."""
    hands = types.SimpleNamespace(now=1000.0)
    monkeypatch.setattr("returnsync.http.oauth.time", types.SimpleNamespace(monotonic=lambda: hands.now))
    return hands


# ---- how a token is asked for


def test_the_token_is_asked_for_with_both_keys_in_basic_and_nothing_else(client, other):
    other.play(token("t0ken-1"))
    client.get("returns")
    asked = other.seen[0]
    assert (asked.method, asked.target) == ("POST", "/oauth2/token")
    assert asked.headers["authorization"] == f"Basic {PAIR}"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.body == b"grant_type=client_credentials"


@pytest.mark.parametrize(("path", "asked"), [("", "/"), ("/", "/"), ("/token", "/token"), ("/a/token/", "/a/token/")])
def test_the_address_is_taken_as_it_was_written(make, other, path, asked):
    other.play(token("t0ken-1"))
    make(auth=ClientCredentials("shop", other.url + path, KEY, SECRET)).get("returns")
    assert other.seen[0].target == asked


def test_nothing_is_asked_for_before_the_first_request(client, other):
    assert client.requests == 0
    assert other.seen == []


def test_requests_carry_the_token(client, server, other):
    other.play(token("t0ken-1"))
    client.get("returns")
    assert used(server) == ["Bearer t0ken-1"]


# ---- how long it is used


def test_one_token_serves_many_requests(client, server, other):
    other.play(token("t0ken-1"))
    for number in range(5):
        client.get("returns", str(number))
    assert used(server) == ["Bearer t0ken-1"] * 5
    assert len(other.seen) == 1


def test_one_token_serves_many_threads(client, server, other):
    other.play(token("t0ken-1"))
    together(*[lambda: [client.get("a") for _ in range(10)]] * 8)
    assert used(server) == ["Bearer t0ken-1"] * 80
    assert len(other.seen) == 1


def test_a_token_is_renewed_a_minute_before_it_expires(client, server, other, clock):
    other.play(token("t0ken-1", 3600), token("t0ken-2", 3600))
    client.get("a")
    clock.now += 3539
    client.get("a")
    assert len(other.seen) == 1
    clock.now += 1
    client.get("a")
    assert used(server) == ["Bearer t0ken-1", "Bearer t0ken-1", "Bearer t0ken-2"]


@pytest.mark.parametrize("lasts", ["3600", 3600.5, None, [], {}, "soon"])
def test_a_lifetime_may_be_text_and_one_that_is_not_said_is_a_little_while(client, server, other, lasts):
    other.play(token("t0ken-1", lasts))
    client.get("a")
    client.get("a")
    assert used(server) == ["Bearer t0ken-1", "Bearer t0ken-1"]


@pytest.mark.parametrize("lasts", [0, -5, 59, "30"])
def test_a_token_that_ends_at_once_serves_one_request(client, server, other, lasts):
    other.play(token("t0ken-1", lasts), token("t0ken-2", lasts))
    client.get("a")
    client.get("a")
    assert used(server) == ["Bearer t0ken-1", "Bearer t0ken-2"]


def test_every_token_is_fetched_by_one_thread_only_also_when_it_is_renewed(client, server, other, clock):
    other.play(token("t0ken-1"), token("t0ken-2"))
    client.get("a")
    clock.now += 3600
    together(*[lambda: client.get("a")] * 8)
    assert used(server)[1:] == ["Bearer t0ken-2"] * 8
    assert len(other.seen) == 2


# ---- a token that the API refuses


def test_a_refused_token_is_renewed_and_the_read_made_again(client, server, other):
    other.play(token("t0ken-1"), token("t0ken-2"))
    server.play(answer(401), answer(200, {"a": 1}))
    assert client.get("a").json() == {"a": 1}
    assert used(server) == ["Bearer t0ken-1", "Bearer t0ken-2"]


def test_a_second_refusal_stops_the_account(client, server, other):
    other.play(token("t0ken-1"), token("t0ken-2"))
    server.play(answer(401), answer(401))
    with pytest.raises(AccountRefused) as caught:
        client.get("a")
    assert caught.value.account == "shop"
    assert len(server.seen) == len(other.seen) == 2


def test_each_read_may_renew_the_token_once(client, server, other):
    other.play(token("t0ken-1"), token("t0ken-2"), token("t0ken-3"))
    server.play(answer(401), answer(), answer(401), answer())
    client.get("a")
    client.get("b")
    assert used(server) == [f"Bearer t0ken-{number}" for number in (1, 2, 2, 3)]


@pytest.mark.parametrize("status", [400, 403, 404])
def test_another_refusal_than_401_renews_nothing(client, server, other, status):
    other.play(token("t0ken-1"))
    server.play(answer(status))
    with pytest.raises(Refused):
        client.get("a")
    assert len(server.seen) == len(other.seen) == 1


def test_a_renewal_counts_among_the_attempts_of_a_read(make, auth, server, other):
    other.play(token("t0ken-1"))
    server.play(answer(401))
    with pytest.raises(AccountRefused):
        make(auth=auth, attempts=1).get("a")
    assert len(server.seen) == len(other.seen) == 1


def test_an_effect_is_not_made_again_after_a_401(client, server, other):
    other.play(token("t0ken-1"))
    server.play(answer(401))
    with pytest.raises(AccountRefused):
        client.send("POST", "a")
    assert len(server.seen) == 1


def test_a_late_refusal_of_an_old_token_leaves_the_new_one_alone(client, server, other):
    """A server may accept only its latest token: dropping that token would break the calls of other threads."""
    arrived, renewed = threading.Event(), threading.Event()

    def refuse_late(connection):
        arrived.set()
        renewed.wait(10)
        connection.sendall(answer(401))

    other.play(token("t0ken-1"), token("t0ken-2"))
    client.get("first")  # until the first call succeeds, no other thread asks
    server.play(refuse_late, answer(401))
    slow = threading.Thread(target=lambda: client.get("slow"))
    slow.start()
    assert arrived.wait(10)
    client.get("quick")
    renewed.set()
    slow.join()
    assert [(seen.target, seen.headers["authorization"]) for seen in server.seen[1:]] == [
        ("/slow", "Bearer t0ken-1"),
        ("/quick", "Bearer t0ken-1"),
        ("/quick", "Bearer t0ken-2"),
        ("/slow", "Bearer t0ken-2"),
    ]
    assert len(other.seen) == 2


# ---- no token available


@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_keys_stop_the_account_at_once_and_nothing_is_asked_of_the_api(client, server, other, waits, status):
    other.play(*[answer(status, {"error": "invalid_client"})] * 4)
    with pytest.raises(AccountRefused) as caught:
        client.get("a")
    assert caught.value.account == "shop"
    assert caught.value.exit_code is ExitCode.CONFIG
    assert "both keys" in caught.value.next_step
    assert len(other.seen) == 1
    assert server.seen == []
    assert waits == []


def test_keys_that_are_refused_when_a_token_is_renewed_stop_the_account(client, server, other):
    other.play(token("t0ken-1"), answer(401))
    server.play(answer(401))
    with pytest.raises(AccountRefused, match="access token"):
        client.get("a")
    assert len(server.seen) == 1
    assert len(other.seen) == 2


@pytest.mark.parametrize("failure", [answer(503), answer(500), answer(408), answer(425), answer(429), reset, hang_up])
def test_a_passing_failure_of_the_token_server_is_tried_again(client, server, other, failure):
    other.play(failure, failure, token("t0ken-1"))
    server.play(answer(200, {"a": 1}))
    assert client.get("a").json() == {"a": 1}
    assert used(server) == ["Bearer t0ken-1"]
    assert len(other.seen) == 3


def test_a_token_answer_that_is_cut_is_asked_for_again(client, server, other):
    other.play(cut(), token("t0ken-1"))
    client.get("a")
    assert used(server) == ["Bearer t0ken-1"]


@pytest.mark.parametrize(
    ("failure", "kind", "status"),
    [
        (answer(503), Unclear, 503),
        (answer(408), Unclear, 408),
        (answer(429), NotSent, 429),
        (reset, Unclear, None),
        (cut(), BadAnswer, 200),
    ],
)
def test_a_token_server_that_keeps_failing_is_left_to_the_next_run(client, server, other, failure, kind, status):
    other.play(*[failure] * 4)
    with pytest.raises(kind) as caught:
        client.get("a")
    assert isinstance(caught.value, CallError)
    assert caught.value.exit_code is ExitCode.TEMPORARY
    assert caught.value.status == status
    assert len(other.seen) == 4
    assert server.seen == []


def test_attempts_are_shared_by_the_token_and_the_read(client, server, other):
    other.play(answer(503), answer(503), token("t0ken-1"))
    server.play(*[answer(503)] * 4)
    with pytest.raises(Unclear):
        client.get("a")
    assert len(other.seen) == 3
    assert len(server.seen) == 2


def test_the_wait_that_the_token_server_asks_for_is_kept(client, other, waits):
    other.play(answer(429, b"", Retry_After="7"), answer(503, b"", Retry_After="9"), token("t0ken-1"))
    client.get("a")
    assert waits[0] >= 7
    assert waits[1] >= 9


def test_a_token_server_that_is_down_for_long_ends_within_the_time_for_trying_again(make, auth, server, other):
    other.play(*[answer(503, b"", Retry_After="30")] * 4)
    with pytest.raises(AccountUnavailable) as caught:
        make(auth=auth, budget=40.0).get("a")
    assert caught.value.exit_code is ExitCode.TEMPORARY
    assert server.seen == []


def test_a_token_server_that_cannot_be_reached_is_left_to_the_next_run(make, server):
    with contextlib.closing(Server()) as gone:
        url = gone.url
    client = make(auth=ClientCredentials("shop", url, KEY, SECRET))
    with pytest.raises(NotSent):
        client.get("a")
    assert client.requests == 0
    assert server.seen == []


def test_after_a_failure_the_next_read_asks_for_a_token_again(client, server, other):
    other.play(*[answer(503)] * 4, token("t0ken-1"))
    with pytest.raises(Unclear):
        client.get("a")
    client.get("a")
    assert used(server) == ["Bearer t0ken-1"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_the_token_server_is_not_followed(client, server, other, status):
    other.play(answer(status, b"", Location=f"{server.url}/steal"))
    with pytest.raises(AccountRefused, match=str(status)):
        client.get("a")
    assert server.seen == []
    assert len(other.seen) == 1


# ---- an answer without a token


BODIES = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b'"t0ken-1"',
    b"t0ken-1",
    b"<html>t0ken-1</html>",
    b'{"access_token": null}',
    b'{"access_token": ""}',
    b'{"access_token": 5}',
    b'{"access_token": true}',
    b'{"access_token": ["t0ken-1"]}',
    b'{"access_token": "two words"}',
    b'{"access_token": "line\\n"}',
    b'{"access_token": "line\\r\\nX-Evil: 1"}',
    b'{"access_token": "t\xc3\xb6ken"}',
    b'{"access_token": "nul\\u0000"}',
    b'{"Access_Token": "t0ken-1"}',
    b'[{"access_token": "t0ken-1"}]',
    b'{"access_token": "t0ken-1"',
    b'{"access_token": "t0ken-1\xff"}',
    b"[" * 50_000,
    b"x" * 70_000,
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_an_answer_without_a_token_is_a_bad_answer_that_quotes_nothing(client, server, other, body):
    other.play(answer(200, body))
    with pytest.raises(BadAnswer) as caught:
        client.get("a")
    assert "t0ken" not in chain(caught.value)
    assert server.seen == []
    assert len(other.seen) == 1


@pytest.mark.parametrize("lasts", [b"NaN", b"1e999", b"9" * 40, b'"soon"', b"null"])
def test_an_odd_lifetime_costs_no_token(client, server, other, lasts):
    other.play(answer(200, b'{"access_token": "t0ken-1", "expires_in": ' + lasts + b"}"))
    server.play(answer(200, b"[]"))
    assert client.get("a").json() == []


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
contents = json | st.fixed_dictionaries({"access_token": json}, optional={"expires_in": json, "token_type": json})


@given(contents)
def test_whatever_comes_back_is_a_token_that_a_header_can_carry_or_a_bad_answer(content):
    with contextlib.closing(Server([answer(200, content)])) as keys:
        auth = TokenAuth(ClientCredentials("shop", keys.url, KEY, SECRET), threading.Event())
        with contextlib.closing(auth):
            try:
                header = sent(auth)
            except BadAnswer:
                return
    word = header.removeprefix("Bearer ")
    assert word == content["access_token"]
    assert word.isascii()
    assert word.isprintable()
    assert " " not in word


@given(st.one_of(st.integers(-(10**28), 10**28), st.floats(allow_nan=False, allow_infinity=False), st.booleans()))
def test_no_lifetime_breaks_anything(lasts):
    with contextlib.closing(Server([token("t0ken-1", lasts), token("t0ken-2", lasts)])) as keys:
        auth = TokenAuth(ClientCredentials("shop", keys.url, KEY, SECRET), threading.Event())
        with contextlib.closing(auth):
            assert sent(auth) == "Bearer t0ken-1"
            # A token that lasts longer than the minute of reserve and this test is not fetched again.
            assert sent(auth) == ("Bearer t0ken-1" if lasts > 90 else "Bearer t0ken-2") or 60 < lasts <= 90


# ---- where they go, and where they show


def test_keys_go_to_the_token_server_only_and_the_token_to_the_api_only(client, server, other):
    other.play(token("t0ken-1"), token("t0ken-2"))
    server.play(answer(401), answer(), answer(500), answer())
    client.get("a")
    client.get("b")
    for seen in server.seen:
        shown = repr(seen)
        assert not [word for word in (KEY, SECRET, PAIR, "Basic") if word in shown]
    for seen in other.seen:
        assert "t0ken" not in repr(seen)


def test_the_token_does_not_follow_a_redirect_to_another_server(client, server, other):
    other.play(token("t0ken-1"))
    server.play(answer(302, b"", Location=f"{other.url}/steal"))
    with pytest.raises(BadAnswer):
        client.get("a")
    assert len(other.seen) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://accounts.example.test/token",
        "http://127.evil.test/token",
        "ftp://127.0.0.1/token",
        "https://user:word@accounts.example.test/token",
        "https://accounts.example.test/token?x=1",
        "accounts.example.test/token",
        "",
    ],
)
def test_an_address_that_the_keys_may_not_go_to_is_refused(url):
    with pytest.raises(ConfigError):
        ClientCredentials("shop", url, KEY, SECRET)


@pytest.mark.parametrize(("key", "secret"), [("", "x"), ("a:b", "x"), ("a\n", "x"), ("a", "abc\r\nX: y"), ("a", "x\0")])
def test_keys_that_break_a_header_are_refused_without_showing_them(key, secret):
    with pytest.raises(ConfigError) as caught:
        ClientCredentials("shop", "https://accounts.example.test/token", key, secret)
    assert "abc" not in chain(caught.value)


def test_each_request_for_a_token_has_one_line(client, server, other, caplog):
    caplog.set_level(logging.DEBUG)
    other.play(answer(503), token("t0ken-1"))
    server.play(answer())
    client.get("a")
    lines = [record for record in caplog.records if getattr(record, "event", "") == "request"]
    assert [(line.method, line.status) for line in lines] == [("POST", 503), ("POST", 200), ("GET", 200)]
    assert len(lines) == client.requests


def test_nothing_of_keys_and_token_shows_in_the_log(client, server, other, caplog):
    caplog.set_level(logging.DEBUG)
    other.play(answer(503, f"{KEY} {SECRET} {PAIR}"), token("t0ken-1"), token("t0ken-2"))
    server.play(answer(401, "t0ken-1"), answer(500, "t0ken-2"), answer())
    client.get("a")
    assert "GET /a 200" in caplog.text
    assert not [word for word in (KEY, SECRET, PAIR, "t0ken") if word in caplog.text]


def test_nothing_of_keys_and_token_shows_in_what_stands_for_them(client, auth, other):
    other.play(token("t0ken-1"))
    client.get("a")
    shown = f"{client!r} {auth!r} {auth}"
    assert not [word for word in (KEY, SECRET, PAIR, "t0ken") if word in shown]


@pytest.mark.parametrize("status", [400, 401, 429, 503])
def test_no_failure_shows_the_keys_even_where_the_token_server_quotes_them(make, auth, other, status):
    other.play(*[answer(status, f"{KEY} {SECRET} {PAIR}")] * 4)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any of ours
        make(auth=auth).get("a")
    assert not [word for word in (KEY, SECRET, PAIR) if word in chain(caught.value)]


@pytest.mark.parametrize("status", [401, 404, 429, 503])
def test_no_failure_shows_the_token_even_where_the_api_quotes_it(client, server, other, status):
    # Tokens that no other test of this process was given.
    first, second = f"quoted-{status}-t0ken-1", f"quoted-{status}-t0ken-2"
    other.play(token(first), token(second))
    quoted = second if status == 401 else first
    server.play(
        answer(status, {"you sent": f"Bearer {first}"}), *[answer(status, {"you sent": f"Bearer {quoted}"})] * 3
    )
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any of ours
        client.get("a")
    assert "t0ken" not in chain(caught.value)


def test_a_token_is_masked_from_the_moment_it_is_known(client, other):
    other.play(token("a-t0ken-of-a-mask-test"))
    client.get("a")
    assert "a-t0ken-of-a-mask-test" not in mask("the server quotes: a-t0ken-of-a-mask-test")


# ---- what is counted, and closed


def test_requests_for_tokens_are_counted(client, server, other):
    other.play(answer(503), token("t0ken-1"), token("t0ken-2"))
    server.play(answer(401), answer())
    client.get("a")
    assert client.requests == len(server.seen) + len(other.seen) == 5


def test_the_token_server_is_asked_through_one_connection(client, other):
    other.play(token("t0ken-1", 0), token("t0ken-2", 0), token("t0ken-3", 0))
    for _ in range(3):
        client.get("a")
    assert len(other.seen) == 3
    assert len(other.connections) == 1


def test_a_client_that_only_reads_may_ask_for_a_token(server, auth, other):
    other.play(token("t0ken-1"))
    with Reader("shop", server.url, auth, retry=RetryPolicy()) as reader:
        reader.get("a")
    assert [seen.method for seen in server.seen] == ["GET"]
