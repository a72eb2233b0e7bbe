"""What happens when a listing is refused or cannot be trusted: the same for every platform."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from returnsync.errors import AccountRefused, AccountUnavailable, Refused
from returnsync.http.paging import ListingError
from returnsync.http.refusals import OF_ACCOUNT


@contextmanager
def listing(source: str, title: str, rights: str) -> Iterator[None]:
    """Wrap each step of a listing; `rights` says what to check when the platform refuses it.

    Raises:
        AccountRefused: the platform refuses the list.
        AccountUnavailable: the list repeats itself, or brings something other than what was asked for.
    """
    try:
        yield
    except Refused as error:
        # The platform's own text on rights says more than a status does.
        is_about_rights = error.status == HTTPStatus.FORBIDDEN or error.status not in OF_ACCOUNT
        said, next_step = ("", rights) if is_about_rights else OF_ACCOUNT[error.status or 0]
        why = f": {said}" if said else ""
        raise AccountRefused(
            source,
            f"{title} refuses the list of returns{why} (HTTP {error.status}).",
            next_step,
            foreign=error.foreign,
        ) from error
    except ListingError as error:
        raise AccountUnavailable(
            source,
            f"{title}'s list cannot be trusted: {error}.",
            "Nothing was skipped: the mark does not move. Report this to the makers of returnsync if it lasts.",
        ) from error
