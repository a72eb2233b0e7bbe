"""What to do, given what the warehouse shows: adopt, create, or hold. Pure: nothing here makes a call."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from returnsync import text
from returnsync.engine.reasons import PairedReason
from returnsync.errors import BadAnswer, HoldError
from returnsync.mapping import lines as order_lines
from returnsync.mapping.line_match import Placed
from returnsync.model import (
    Announcement,
    Cause,
    Code,
    Forecast,
    ForecastLine,
    NewForecast,
    NewForecastLine,
    OwnLabel,
    Reason,
    WarehouseOrder,
)


@dataclass(frozen=True, slots=True)
class Create:
    """Our announcement is not at the warehouse yet: create this."""

    forecast: NewForecast
    cut: int
    """How many texts were cut to the warehouse's maximum length."""


@dataclass(frozen=True, slots=True)
class Adopt:
    """Our announcement is at the warehouse already, with the same content."""

    forecast: NewForecast
    found: Forecast


_REASONS = "reasons"


def build(
    announcement: Announcement,
    placed: Sequence[Placed],
    order: WarehouseOrder,
    pair: Callable[[Reason], PairedReason],
    own_label: OwnLabel | None,
) -> Create:
    """What is sent to announce units that are `placed` on lines of `order`: one line for each order line and reason.

    Raises:
        HoldError: a reason has no pair where one is required.
    """
    alike: dict[tuple[str, PairedReason], list[Placed]] = {}
    for share in placed:
        paired = pair(share.line.reason) if share.line.reason else PairedReason("")
        sent = paired._replace(words=text.clean(paired.words))
        alike.setdefault((share.place.id, sent), []).append(share)
    made = [_line(shares, sent) for (_, sent), shares in alike.items()]
    lines = tuple(replace(line, reason=text.cut(line.reason), comment=text.cut(line.comment)) for line in made)
    were_cut = sum(
        (one.reason != whole.reason) + (one.comment != whole.comment) for one, whole in zip(lines, made, strict=True)
    )
    tracking = own_label or OwnLabel()
    forecast = NewForecast(
        code=announcement.code,
        order_number=order.number,
        lines=lines,
        tracking_code=_whole(tracking.tracking_code),
        tracking_link=_whole(tracking.tracking_link),
    )
    return Create(forecast, were_cut)


def _whole(tracking: str) -> str:
    """A tracking code or link; empty where it is too long, since a part of one leads nowhere or to another parcel."""
    cleaned = text.clean(tracking)
    return cleaned if text.units(cleaned) <= text.TEXT_LIMIT else ""


def _line(placed: Sequence[Placed], sent: PairedReason) -> NewForecastLine:
    """The line for units that go on one order line for one reason."""
    place = placed[0].place
    units = sum(one.quantity for one in placed)
    comment = order_lines.joined_texts(text.clean(one.line.comment) for one in placed)
    return NewForecastLine(place.id, place.sku, units, sent.words, sent.id, sent.parent_id, comment)


def decide(
    create: Create, order: WarehouseOrder, existing: Sequence[Forecast], own_codes: Collection[str]
) -> Create | Adopt:
    """Decide whether to create, given all `existing` forecasts of the order; `own_codes` are our source's other codes.

    Raises:
        HoldError: our forecast is there twice or with other content; somebody else's covers the same goods; more units
            come back than are left.
    """
    code = create.forecast.code
    ours = [forecast for forecast in existing if forecast.code == code]
    if len(ours) > 1:
        raise doubled(code, len(ours))
    if ours:
        return adopt(create, ours[0])
    check_units(create, order, existing, own_codes)
    return create


def adopt(create: Create, found: Forecast) -> Adopt:
    """Adopt the forecast that exists under our code.

    Raises:
        HoldError: it has other content.
    """
    wrong = differences(create.forecast, found)
    if wrong:
        raise differs(create.forecast.code, wrong)
    return Adopt(create.forecast, found)


def check_units(
    create: Create, order: WarehouseOrder, existing: Sequence[Forecast], own_codes: Collection[str]
) -> None:
    """Check that the order's other forecasts, those of other codes, leave enough units for what is wanted.

    Raises:
        HoldError: somebody else's covers the same goods; more units come back than are left.
    """
    beside = [forecast for forecast in existing if forecast.code != create.forecast.code]
    order_lines.check_units(
        create.forecast.lines,
        order,
        own_others=[forecast for forecast in beside if forecast.code in own_codes],
        others=[forecast for forecast in beside if forecast.code not in own_codes],
    )


def differences(sent: NewForecast, found: Forecast) -> list[str]:
    """How a forecast at the warehouse differs from the one that was sent, in words; empty where it does not.

    Compared is what identifies the goods: code, order, lines, units and reasons. The consumer's comment is not
    compared, since a text field may come back trimmed. Empty and null count as equal.
    """
    same = {
        "code": found.code == sent.code,
        "order": found.order_number in ("", sent.order_number),
        "lines or units": order_lines.same_units(found, sent.lines),
        _REASONS: _same_reasons(sent, found),
    }
    return [name for name, is_same in same.items() if not is_same]


def differences_now(wanted: NewForecast, sent: NewForecast | None, found: Forecast) -> list[str]:
    """How the forecast at the warehouse differs from what is `wanted` now.

    Its reasons may also be those that were `sent`: a changed pair of reasons is no change of the return.
    """
    wrong = differences(wanted, found)
    return [] if wrong == [_REASONS] and sent is not None and _same_reasons(sent, found) else wrong


def differs(code: Code, wrong: Sequence[str]) -> HoldError:
    """The hold for a forecast under our code with other content than this return has."""
    return HoldError(
        Cause.FORECAST_DIFFERS,
        f"Forecast {code} at the warehouse differs from this return: {_others(wrong)}.",
        "Correct it in the warehouse's portal, then: returnsync held retry <CODE>.",
    )


def doubled(code: Code, number: int) -> HoldError:
    """The hold for more than one forecast under our code."""
    return HoldError(
        Cause.FORECAST_DOUBLED,
        f"The warehouse has forecast {code} more than once: {number} times.",
        "Remove all but one of them in the warehouse's portal, then: returnsync held retry <CODE>.",
    )


def echo_of(sent: NewForecast, answer: Forecast) -> Forecast:
    """The warehouse's answer to a create or an update, if it is about the forecast that was sent.

    Raises:
        BadAnswer: it is an error with a status of success, or about another code or order; then the result is unknown.
    """
    if answer.code == sent.code and answer.order_number in ("", sent.order_number):
        return answer
    raise BadAnswer(
        f"The warehouse was sent forecast {sent.code}, but answered with something that is not that forecast."
    )


def check_echo(sent: NewForecast, echo: Forecast) -> HoldError | None:
    """The hold for an echo that differs from what was sent, else `None`: unknown lines may be dropped silently.

    In any case the forecast exists as the echo shows it.
    """
    wrong = differences(sent, echo)
    if not wrong:
        return None
    return HoldError(
        Cause.ECHO_DIFFERS,
        f"The warehouse made forecast {sent.code}, but not as it was sent: {_others(wrong)}.",
        "Correct it in the warehouse's portal, then: returnsync held retry <CODE>.",
    )


def _others(wrong: Sequence[str]) -> str:
    return ", ".join(f"other {name}" for name in wrong)


def _same_reasons(sent: NewForecast, found: Forecast) -> bool:
    """Compare by order line, ids and words; in the list shape, which has SKUs only, by SKU and ids.

    It is not known whose words a list shows, ours or the warehouse's own (docs/warehouses/monta.md).
    Otherwise words are compared as they would be sent now: an earlier version may have sent them longer, or with line
    breaks.
    """
    if all(line.order_line_id for line in found.lines):
        return _reasons(found.lines) == _reasons(sent.lines)
    if all(line.sku for line in found.lines):
        return _reason_ids(found.lines) == _reason_ids(sent.lines)
    return True  # it shows neither, so its reasons cannot be compared


def _reasons(lines: Sequence[ForecastLine | NewForecastLine]) -> list[tuple[str, int, str]]:
    return sorted((line.order_line_id, line.reason_id or 0, text.as_sent(line.reason)) for line in lines)


def _reason_ids(lines: Sequence[ForecastLine | NewForecastLine]) -> list[tuple[str, int]]:
    return sorted((line.sku.strip(), line.reason_id or 0) for line in lines)
