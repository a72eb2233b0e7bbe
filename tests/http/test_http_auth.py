"""Credentials: what they send, what they refuse, and that they are never shown."""

import base64

import pytest
from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from returnsync.errors import ConfigError
from returnsync.http.auth import Basic, Bearer, HeaderAuth
from returnsync.redact import mask


def header_of(auth, name="Authorization"):
    request = PreparedRequest()
    request.headers = CaseInsensitiveDict()
    return auth(request).headers[name]


def test_basic_sends_utf_8():
    sent = header_of(Basic("gebruiker", "wáchtwoord€ :x"))
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == "gebruiker:wáchtwoord€ :x"


def test_bearer_and_header_send_the_token():
    assert header_of(Bearer("abc")) == "Bearer abc"
    assert header_of(HeaderAuth("X-Authorization", "abc"), "x-authorization") == "abc"


@pytest.mark.parametrize("token", ["", "a b", "abc\n", "abc\r\nX-Evil: 1", "abc\0", "abc…", "\x7f"])
@pytest.mark.parametrize("kind", [Bearer, lambda token: HeaderAuth("X-Key", token)])
def test_a_token_that_breaks_a_header_is_refused_without_showing_it(kind, token):
    with pytest.raises(ConfigError) as caught:
        kind(token)
    assert "abc" not in str(caught.value) + caught.value.next_step


@pytest.mark.parametrize(
    ("user", "word"), [("", "x"), ("a:b", "x"), ("a\n", "x"), ("a", "abc\r\nX: y"), ("a", "abc\0")]
)
def test_a_user_name_or_password_that_breaks_a_header_is_refused(user, word):
    with pytest.raises(ConfigError) as caught:
        Basic(user, word)
    assert "abc" not in str(caught.value) + caught.value.next_step


@pytest.mark.parametrize("auth", [Basic("user", "s3cr3t-word"), Bearer("s3cr3t-word"), HeaderAuth("X", "s3cr3t-word")])
def test_nothing_shows(auth):
    assert "s3cr3t" not in f"{auth!r} {auth}"


def test_encoded_basic_credentials_are_masked_everywhere():
    sent = header_of(Basic("user-of-a-mask-test", "a-password"))
    assert sent.removeprefix("Basic ") not in mask(f"the server quotes: {sent}")


def test_headers_beside_the_secret_are_sent_too():
    auth = HeaderAuth("X-Api-Token", "abc", {"X-Api-Version": "2020-08"})
    assert auth.headers == {"X-Api-Version": "2020-08", "X-Api-Token": "abc"}
    assert header_of(auth, "X-Api-Version") == "2020-08"
    assert header_of(auth, "X-Api-Token") == "abc"


@pytest.mark.parametrize("name", ["X-Api-Token", "x-api-token", "X-API-TOKEN"])
def test_no_header_beside_it_stands_in_for_the_secret_or_is_sent_as_a_second_one(name):
    auth = HeaderAuth("X-Api-Token", "abc", {name: "other"})
    assert auth.headers == {"X-Api-Token": "abc"}
    assert header_of(auth, "X-Api-Token") == "abc"


def test_what_is_beside_the_secret_is_settled_when_it_is_set_up():
    beside = {"X-Version": "1"}
    auth = HeaderAuth("X-Key", "abc", beside)
    beside["X-Key"] = "other"
    assert auth.headers == {"X-Version": "1", "X-Key": "abc"}


def test_credentials_with_other_headers_beside_them_are_not_equal():
    assert HeaderAuth("X", "a", {"V": "1"}) == HeaderAuth("X", "a", {"V": "1"}) != HeaderAuth("X", "a", {"V": "2"})


def test_credentials_compare_by_what_they_send():
    assert Bearer("a") == Bearer("a") != Bearer("b")
    assert Basic("a", "b") != Bearer("b")
    assert len({Bearer("a"), Bearer("a")}) == 1
