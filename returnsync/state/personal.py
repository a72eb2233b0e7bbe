"""Which parts of the state are personal data, or texts that may hold some, and what stays of them once erased. Pure.

The data stay that tell one return from another and show what was done for it: ids, codes, order numbers, articles,
units, reasons, the country, tracking codes, outcomes, and hashes in place of what is compared.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from returnsync import clock
from returnsync.model import Address, Consumer, OwnLabel, Reason, Return, ReturnLine
from returnsync.redact import Masker
from returnsync.state.sent import forecast_in

_DIGEST = "sha256:"

# Hex digits that are kept of the hash of a link, which is compared only with the few labels of one order.
_LINK_LENGTH = 16

# Hex digits that are kept of the hash of a listing, which is compared only with one other hash of the same return.
_HASH_LENGTH = 32

# If the warehouse's clock is this close to ours, its time adds nothing to ours (engine/deliver/evidence.py).
_CLOCKS_AGREE = timedelta(hours=1)


def erased(ret: Return) -> Return:
    """A return without its consumer's data and the addresses of its label and tracking. Doing it twice changes nothing.

    The country stays, since the carrier depends on it if a label is wanted once more. The words of reasons, statuses
    and channels stay too, without what they say about the consumer, who cannot be masked in them later. Of a title only
    a hash stays, and only where the line has no other name. The platform's list of events goes too, since it takes much
    room. Without it, a copy with the same time of change and other content may be the older one
    (engine/pull/sorting.py).
    """
    mask = Masker(ret).values
    return replace(
        ret,
        raw_status=mask(ret.raw_status),
        channel=mask(ret.channel),
        brand=mask(ret.brand),
        carrier=mask(ret.carrier),
        lines=tuple(_line(line, mask) for line in ret.lines),
        consumer=_consumer(ret),
        sender=None,
        own_label=None if ret.own_label is None else OwnLabel(ret.own_label.tracking_code),
        history=(),
    )


def _line(line: ReturnLine, mask: Callable[[str], str]) -> ReturnLine:
    has_name = bool(line.order_line_ids or line.sku or line.barcode)
    return replace(
        line,
        title="" if has_name else _digest(line.title),
        comment="",
        reason=None if line.reason is None else _reason(line.reason, mask),
        resolution=mask(line.resolution),
    )


def _reason(reason: Reason, mask: Callable[[str], str]) -> Reason:
    parent = None if reason.parent is None else _reason(reason.parent, mask)
    return Reason(mask(reason.key), mask(reason.label), parent)


def _consumer(ret: Return) -> Consumer | None:
    country = next((address.country for address in ret.addresses() if address.country.strip()), "")
    return Consumer(address=Address(country=country)) if country else None


def _digest(text: str) -> str:
    if not text or text.startswith(_DIGEST):
        return text
    return _DIGEST + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def erased_request(request: str, intent_at: datetime) -> str:
    """The request of an intent without the consumer's comments and the tracking page.

    It keeps the order, the lines with their units and reasons, and the warehouse's time if it differs from ours.
    """
    told: dict[str, Any] = json.loads(request) if request else {}
    forecast = forecast_in(told)
    if "order_number" not in forecast:
        return request
    lines = [_erased_line(line) for line in forecast.get("lines", ())]
    kept: dict[str, Any] = {"lines": lines}
    at = told.get("server_time")
    if at and abs(clock.parse(at) - intent_at) > _CLOCKS_AGREE:
        kept["server_time"] = at
    # The number comes first and after a blank, since state/sent.py finds requests by exactly this text.
    number = json.dumps(forecast["order_number"], ensure_ascii=False)
    return f'{{"order_number": {number},{_short(kept)[1:]}'


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def carrier_kept(request: str) -> str:
    """The carrier in the request for a label; empty where its name would have to be escaped in JSON."""
    told: dict[str, Any] = json.loads(request) if request else {}
    carrier = str(told.get("carrier", ""))
    # It is put between quotes as it is (migration 0016).
    return carrier if json.dumps(carrier, ensure_ascii=False) == f'"{carrier}"' else ""


def _erased_line(line: dict[str, Any]) -> dict[str, Any]:
    # If the order line is known, so is the article.
    gone = {"comment", "sku"} if line.get("order_line_id") else {"comment"}
    return {name: value for name, value in line.items() if name not in gone and value is not None}


def erased_hash(digest: str) -> str:
    """The part of a listing's hash that still shows whether the return is listed differently later."""
    return digest[:_HASH_LENGTH]


def digest_of_link(link: str) -> str:
    """The digest that is kept of a tracking link once it is erased; empty for an empty link."""
    return hashlib.sha256(link.encode("utf-8", "surrogatepass")).hexdigest()[:_LINK_LENGTH] if link else ""
