"""A listing that is refused or cannot be trusted."""

import pytest

from returnsync.errors import (
    AccountRefused,
    AccountUnavailable,
    BadAnswer,
    ConfigError,
    ExitCode,
    NotSent,
    Refused,
    Unclear,
)
from returnsync.http.paging import ListingError
from returnsync.platforms.trust import listing


def raised(error: Exception) -> Exception:
    """The exception that a listing raises if one of its steps fails with `error`."""
    with pytest.raises(Exception) as caught, listing("shop-nl", "Returnista", "Check the token."):  # noqa: PT011 - any at all
        raise error
    return caught.value


def test_a_step_that_works_is_left_alone():
    with listing("shop-nl", "Returnista", "Check the token."):
        done = True
    assert done


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_a_refused_list_stops_the_source_and_says_what_to_check(status):
    error = raised(Refused("GET /returns", status=status, foreign="words of the server"))
    assert isinstance(error, AccountRefused)
    assert error.account == "shop-nl"
    assert error.what == f"Returnista refuses the list of returns (HTTP {status})."
    assert error.next_step == "Check the token."
    assert error.exit_code is ExitCode.CONFIG


def test_the_servers_words_are_kept_apart_from_ours():
    error = raised(Refused("GET /returns", status=403, foreign="jo@example.com may not"))
    assert error.foreign == "jo@example.com may not"
    assert "example" not in error.what + error.next_step + str(error)


def test_a_list_in_circles_is_left_to_the_next_run():
    error = raised(ListingError("the server gives the same page again"))
    assert isinstance(error, AccountUnavailable)
    assert error.account == "shop-nl"
    assert "Returnista's list cannot be trusted: the server gives the same page again." in error.what
    assert "the mark does not move" in error.next_step
    assert error.exit_code is ExitCode.TEMPORARY


@pytest.mark.parametrize("cause", [Refused("x", status=403), ListingError("x")])
def test_the_cause_stays_attached(cause):
    assert raised(cause).__cause__ is cause


@pytest.mark.parametrize(
    "error",
    [
        Unclear("x", status=503),
        BadAnswer("x"),
        NotSent("x", status=429),
        AccountRefused("shop-nl", "x"),
        AccountUnavailable("shop-nl", "x"),
        ConfigError("x"),
        ValueError("x"),
        KeyError("x"),
    ],
)
def test_any_other_failure_passes_unchanged(error):
    assert raised(error) is error
