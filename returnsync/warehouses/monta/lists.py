"""Monta's lists of forecasts by day of creation, and of received returns (docs/warehouses/monta.md).

Both show what exists at the warehouse, whoever made it. Odd values in a row count as absent, and a row that is not one
is left out. Sections are those of that page.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from pydantic import ValidationError, field_validator

from returnsync import clock
from returnsync.errors import BadAnswer, Refused
from returnsync.http.answer import Answer
from returnsync.http.fields import Key, Number, or_none
from returnsync.http.paging import ListingError, NumberPager
from returnsync.http.records import has, items_in, look_up
from returnsync.model import ListedForecast, Receipts, ReceivedLine, ReceivedReturn
from returnsync.warehouses.monta.answers import rows_in
from returnsync.warehouses.monta.refusals import is_not_found, read_refused, says_not_there
from returnsync.warehouses.monta.wire import Wire

Read = Callable[..., Answer]
"""Reads a path with parameters, in the way of the account."""

# "One client uses windows of one month" (section 3).
_LONGEST_WINDOW: Final = timedelta(days=28)
# Lists by change refuse dates more than 7 days back (section 3.6). The date is written without a zone, and may be read
# as UTC or as Amsterdam's, which is at most two hours ahead; one more hour allows for clocks that differ.
_LOOK_BACK: Final = timedelta(days=7) - timedelta(hours=3)


class _Listed(Wire):
    """A forecast in the list's own form (section 3.3), of which only the code is compared."""

    id: Key = None
    return_forecast_id: Key = None
    code: Key = None

    _odd_is_not_shown = field_validator("*", mode="wrap")(or_none)


class _Line(Wire):
    """A line of a received return (section 3.6)."""

    webshop_order_line_id: Key = None
    sku: Key = None
    returned_quantity: Number = None

    _odd_is_not_shown = field_validator("*", mode="wrap")(or_none)


class _Received(Wire):
    """A received return (section 3.6)."""

    id: Key = None
    webshop_order_id: Key = None
    forecast_code: Key = None

    _odd_is_not_shown = field_validator("*", mode="wrap")(or_none)


def forecasts_made(read: Read, since: date, until: date) -> Iterator[Sequence[ListedForecast]]:
    """Every forecast made on the days `since` to `until`, both included, a page at a time, each once.

    `GET /returnforecast?startDate&endDate&page` (sections 2 and 3). It is not known whether the last day is included,
    so the day after it is requested as well. Nor is it known whether a day is Amsterdam's, so the day before the first
    is requested, too.

    Raises:
        HoldError: the list is refused.
        CallError, AccountError: it could not be read.
    """
    start, end = since - timedelta(days=1), until + timedelta(days=2)
    shown: set[str] = set()
    while start < end:
        stop = min(start + _LONGEST_WINDOW, end)
        for page in _pages(read, start, stop):
            new = [one for one in page if one.id not in shown]
            shown.update(one.id for one in new)
            yield new
        start = stop


def _pages(read: Read, start: date, end: date) -> Iterator[Sequence[ListedForecast]]:
    pager = NumberPager()
    while not pager.finished:
        params = [("startDate", start.isoformat()), ("endDate", end.isoformat())]
        if pager.page is not None:
            params.append(("page", str(pager.page)))
        page = _page(read, params)
        try:
            pager.learn([one.id for one in page])
        except ListingError as error:
            raise BadAnswer(f"Monta's list of return forecasts cannot be read to its end: {error}.") from error
        yield page


def _page(read: Read, params: list[tuple[str, str]]) -> Sequence[ListedForecast]:
    try:
        answer = read("returnforecast", params=params)
    except Refused as error:
        if says_not_there(error):
            return ()  # the end of a list may be a 404 in words (section 2, Paging)
        raise _refused("the list of return forecasts", error) from error
    rows = rows_in(answer, "return forecasts", "Code", "Lines")
    return [_listed(row) for row in rows if isinstance(row, dict)]


def _listed(row: object) -> ListedForecast:
    try:
        given = _Listed.model_validate(row)
    except ValidationError:
        given = _Listed()
    code = given.code or ""
    return ListedForecast(given.id or given.return_forecast_id or code, code)


def received_since(read: Read, since: datetime) -> Receipts:
    """The returns that changed since then: `GET /return/updated_since/{datetime}?status=any`, at most 7 days back.

    Raises as `forecasts_made` does.
    """
    begins = max(since, clock.now() - _LOOK_BACK)
    try:
        answer = read("return", "updated_since", f"{begins:%Y-%m-%dT%H:%M:%S}", params=[("status", "any")])
    except Refused as error:
        if says_not_there(error):
            return Receipts(begins, ())
        raise _refused("the list of received returns", error) from error
    return Receipts(begins, received_in(answer))


def received_in(answer: Answer) -> tuple[ReceivedReturn, ...]:
    """The returns in an answer: `{"Returns": […]}`, or a bare list of them.

    Raises:
        BadAnswer: it is neither.
    """
    if answer.is_nothing:
        return ()
    content = answer.json()
    given = look_up(content, "Returns") if has(content, "Returns") else content
    rows = items_in([] if given is None else given, "ForecastCode", "Lines")
    if rows is None:
        raise BadAnswer("Monta answered with something other than a list of received returns.")
    return tuple(_received(row) for row in rows if isinstance(row, dict))


def _received(row: object) -> ReceivedReturn:
    try:
        given = _Received.model_validate(row)
    except ValidationError:
        given = _Received()
    lines = items_in(look_up(row, "Lines"), "ReturnedQuantity")
    return ReceivedReturn(
        id=given.id or "",
        order_number=given.webshop_order_id or "",
        code=given.forecast_code or "",
        lines=None if lines is None else tuple(map(_line, lines)),
    )


def _line(row: object) -> ReceivedLine:
    try:
        given = _Line.model_validate(row if isinstance(row, dict) else {})
    except ValidationError:
        given = _Line()
    return ReceivedLine(given.webshop_order_line_id or "", given.sku or "", given.returned_quantity)


def _refused(what: str, error: Refused) -> Exception:
    if is_not_found(error):
        # A gateway also answers 404: that is not an empty list.
        return BadAnswer(
            f"Asked for {what}, the answer was a 404 that is not Monta's own.",
            status=error.status,
            foreign=error.foreign,
        )
    return read_refused(what, error)
