"""From what the warehouse shows to what is done: adopt, create, or hold. Pure; nothing here makes a call."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from returnsync import text
from returnsync.errors import BadAnswer, HoldError, WaitError
from returnsync.mapping import lines as order_lines
from returnsync.mapping import pairings, reasons
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
    WarehouseOrderNumber,
    WarehouseReason,
)

# Longest code and order number that the warehouse takes, in UTF-16 code units.
NUMBER_LIMIT = 50


@dataclass(frozen=True, slots=True)
class Create:
    """Nothing of ours stands there yet: announce this."""

    forecast: NewForecast
    cut: int
    """How many texts were cut to the warehouse's length."""


@dataclass(frozen=True, slots=True)
class Adopt:
    """Our announcement stands there already, with the same content."""

    forecast: NewForecast
    standing: Forecast


_REASONS = "reasons"

PairedReason = tuple[str, int | None, int | None]
"""Words, id and main reason's id at the warehouse."""


def check_number(raw: str, number: WarehouseOrderNumber) -> None:
    """An order number that cannot be asked for is held, before any call is made with it.

    Raises:
        HoldError: it is empty, longer than 50 UTF-16 code units, `.` or `..`, or has control characters.
    """
    if not number or number in (".", "..") or text.units(number) > NUMBER_LIMIT or not number.isprintable():
        raise HoldError(
            Cause.ORDER_NUMBER_UNUSABLE,
            f"Order number {raw!r} becomes {number!r}, which cannot be an order number at the warehouse.",
            "Set `order_number` rules for this source that make the warehouse's number of it, "
            "then: returnsync held retry <CODE>.",
        )


def check_order(order: WarehouseOrder | None, asked: WarehouseOrderNumber, channel: str) -> WarehouseOrder:
    """The order, fit to announce a return on.

    Raises:
        WaitError: not known or not shipped yet; both heal by themselves.
        HoldError: deleted, of another channel, or not the one that was asked for.
    """
    if order is None:
        raise WaitError(Cause.ORDER_UNKNOWN, f"The warehouse does not know order {asked} (yet).")
    if order.number != asked:
        raise HoldError(
            Cause.ORDER_AMBIGUOUS,
            f"Asked for order {asked}, the warehouse showed order {order.number}.",
            "Look both up in the portal; adjust the source's `order_number` rules, then: returnsync held retry <CODE>.",
        )
    if channel and order.channel != channel:
        raise HoldError(
            Cause.CHANNEL_DIFFERS,
            f"Order {asked} belongs to channel {order.channel or '(none)'}, not to {channel}.",
            "Check `channel` of this warehouse, or the source's `order_number` rules, "
            "then: returnsync held retry <CODE>.",
        )
    if order.deleted:
        raise HoldError(
            Cause.ORDER_DELETED,
            f"Order {asked} is deleted at the warehouse.",
            "Restore it there, then: returnsync held retry <CODE>. Else: returnsync held release <CODE>.",
        )
    if not order.shipped:
        raise WaitError(Cause.ORDER_NOT_SHIPPED, f"Order {asked} is not shipped yet.")
    return order


def build(
    announcement: Announcement,
    placed: Sequence[Placed],
    order: WarehouseOrder,
    pair: Callable[[Reason], PairedReason],
    own_label: OwnLabel | None,
) -> Create:
    """What announcing units that are `placed` on lines of `order` would send: one line an order line and reason.

    Raises:
        HoldError: a reason that has no pairing where one is demanded.
    """
    alike: dict[tuple[str, PairedReason], list[Placed]] = {}
    for share in placed:
        words, reason_id, parent_id = pair(share.line.reason) if share.line.reason else ("", None, None)
        sent = text.clean(words), reason_id, parent_id
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
    """A tracking code or link; nothing where it is too long, since a part of one leads nowhere or to another parcel."""
    cleaned = text.clean(tracking)
    return cleaned if text.units(cleaned) <= text.TEXT_LIMIT else ""


def _line(placed: Sequence[Placed], sent: PairedReason) -> NewForecastLine:
    """The line for units that go on one order line for one reason."""
    place, (words, reason_id, parent_id) = placed[0].place, sent
    units = sum(one.quantity for one in placed)
    comment = order_lines.joined_texts(text.clean(one.line.comment) for one in placed)
    return NewForecastLine(place.id, place.sku, units, words, reason_id, parent_id, comment)


def decide(
    create: Create, order: WarehouseOrder, standing: Sequence[Forecast], own_codes: Collection[str]
) -> Create | Adopt:
    """Whether to create, given every forecast that stands on the order; `own_codes` are our source's other codes.

    Raises:
        HoldError: our forecast stands there twice or with other content; somebody else's covers the same goods; more
            units come back than are left.
    """
    code = create.forecast.code
    ours = [forecast for forecast in standing if forecast.code == code]
    if len(ours) > 1:
        raise HoldError(
            Cause.FORECAST_DOUBLED,
            f"Forecast {code} stands {len(ours)} times at the warehouse.",
            "Remove all but one in the portal, then: returnsync held retry <CODE>.",
        )
    if ours:
        if wrong := differences(create.forecast, ours[0]):
            raise differs(code, wrong)
        return Adopt(create.forecast, ours[0])
    check_units(create, order, standing, own_codes)
    return create


def check_units(
    create: Create, order: WarehouseOrder, standing: Sequence[Forecast], own_codes: Collection[str]
) -> None:
    """Whether the forecasts that stand on the order, our own under this code apart, leave room for what is wanted.

    Raises:
        HoldError: somebody else's covers the same goods; more units come back than are left.
    """
    beside = [forecast for forecast in standing if forecast.code != create.forecast.code]
    order_lines.check_units(
        create.forecast.lines,
        order,
        own_others=[forecast for forecast in beside if forecast.code in own_codes],
        others=[forecast for forecast in beside if forecast.code not in own_codes],
    )


def differences(sent: NewForecast, standing: Forecast) -> list[str]:
    """In what a forecast at the warehouse differs from the one that was sent, in words; empty where it does not.

    Compared is what decides about goods: code, order, lines, units and reasons. Not the consumer's comment: a text
    field may come back trimmed. Empty and null are the same.
    """
    same = {
        "code": standing.code == sent.code,
        "order": standing.order_number in ("", sent.order_number),
        "lines or units": order_lines.same_units(standing, sent.lines),
        _REASONS: _same_reasons(sent, standing),
    }
    return [name for name, is_same in same.items() if not is_same]


def differences_now(wanted: NewForecast, sent: NewForecast | None, standing: Forecast) -> list[str]:
    """In what the forecast that stands there differs from what is `wanted` now.

    Its reasons may also be those that were `sent`: pairs of reasons change, and that is no change of the return.
    """
    wrong = differences(wanted, standing)
    return [] if wrong == [_REASONS] and sent is not None and _same_reasons(sent, standing) else wrong


def differs(code: Code, wrong: Sequence[str]) -> HoldError:
    """A forecast under our code holds something else than this return."""
    return HoldError(
        Cause.FORECAST_DIFFERS,
        f"Forecast {code} stands at the warehouse, but not as this return has it: {_others(wrong)}.",
        "Correct it in the portal, then: returnsync held retry <CODE>.",
    )


def echo_of(sent: NewForecast, answer: Forecast) -> Forecast:
    """The warehouse's answer to a create or an update, where it is about the forecast that was sent.

    Raises:
        BadAnswer: it is an error under a status of success, or about another code or order: nothing is known then.
    """
    if answer.code == sent.code and answer.order_number in ("", sent.order_number):
        return answer
    raise BadAnswer(
        f"The warehouse was sent forecast {sent.code}, and answered with something else than that forecast."
    )


def check_echo(sent: NewForecast, echo: Forecast) -> HoldError | None:
    """Whether the warehouse understood exactly what was sent; lines that it does not know it may drop in silence.

    The forecast stands there as it is, whatever is found.
    """
    wrong = differences(sent, echo)
    if not wrong:
        return None
    return HoldError(
        Cause.ECHO_DIFFERS,
        f"The warehouse made forecast {sent.code}, but not as it was sent: {_others(wrong)}.",
        "Correct it in the portal, then: returnsync held retry <CODE>.",
    )


def _others(wrong: Sequence[str]) -> str:
    return ", ".join(f"other {name}" for name in wrong)


def _same_reasons(sent: NewForecast, standing: Forecast) -> bool:
    """By order line, ids and words. In the shape of lists, which knows lines by SKU: by that, and the ids alone.

    Whose words a list shows, ours or the warehouse's own, is not known (section 3.3 of Monta's facts). Elsewhere words
    are compared as they would be sent now: an earlier version may have sent them longer, or with breaks in them.
    """
    if all(line.order_line_id for line in standing.lines):
        return _reasons(standing.lines) == _reasons(sent.lines)
    if all(line.sku for line in standing.lines):
        return _reason_ids(standing.lines) == _reason_ids(sent.lines)
    return True  # it shows neither, so it cannot be compared in this


def _reasons(lines: Sequence[ForecastLine | NewForecastLine]) -> list[tuple[str, int, str]]:
    return sorted((line.order_line_id, line.reason_id or 0, text.as_sent(line.reason)) for line in lines)


def _reason_ids(lines: Sequence[ForecastLine | NewForecastLine]) -> list[tuple[str, int]]:
    return sorted((line.sku.strip(), line.reason_id or 0) for line in lines)


def pair_with(
    find: Callable[[Reason], Iterable[pairings.Pair]], offered: Collection[WarehouseReason], unmapped: str
) -> Callable[[Reason], PairedReason]:
    """How reasons become the warehouse's: `find` gives the pairs of one; an id that is not `offered` is never sent."""

    def pair(reason: Reason) -> PairedReason:
        sent = pairings.resolve(find(reason), reason, offered)
        if unmapped == "hold" and sent.standing in (pairings.Standing.UNPAIRED, pairings.Standing.GONE):
            raise _unpaired(reason, sent)
        return sent.words, sent.id, sent.parent_id

    return pair


def _unpaired(reason: Reason, sent: pairings.Sent) -> HoldError:
    what = "is paired with none of the warehouse's"
    if sent.pair is not None:
        choice = sent.pair.choice
        what = f"is paired with {choice.id} {choice.warehouse_label!r}, which the warehouse no longer offers"
    return HoldError(
        Cause.REASON_UNPAIRED,
        f"Return reason {reasons.words(reason)!r} {what}.",
        "Pair it: returnsync map-reasons. The next run then goes on by itself.",
    )
