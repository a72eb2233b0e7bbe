"""What becomes of a listing that cannot be had or cannot be trusted: the same for every platform."""

from collections.abc import Iterator
from contextlib import contextmanager

from returnsync.errors import AccountRefused, AccountUnavailable, Refused
from returnsync.http.paging import ListingError


@contextmanager
def listing(source: str, title: str, rights: str) -> Iterator[None]:
    """Around each step of a listing; `rights` says what to check when the platform refuses it.

    Raises:
        AccountRefused: the platform refuses the list.
        AccountUnavailable: it goes in circles, or brings something else than what was asked for.
    """
    try:
        yield
    except Refused as error:
        raise AccountRefused(
            source, f"{title} refuses the list of returns (HTTP {error.status}).", rights, foreign=error.foreign
        ) from error
    except ListingError as error:
        raise AccountUnavailable(
            source,
            f"{title}'s list cannot be trusted: {error}.",
            "Nothing was skipped: the mark stays. Report this to the makers of returnsync if it goes on.",
        ) from error
