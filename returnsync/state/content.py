"""The content of a return: what is compared to find out whether a listed return is new or changed. Pure.

So an idle run writes nothing. What platforms rewrite without a change is left out: the time of change, the history, the
order in which they list lines and other names, and the signature that some put on an address each time they show it.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from returnsync.model import OwnLabel, Return

# The names of query parameters with which file storage and web shops sign their addresses.
_OF_A_SIGNATURE = re.compile(
    r"x-(amz|goog|ms|oss|cos)-.*|.*(sig|sign|signature|token|hmac|nonce|jwt)|exp|expir(e|es|y|ation).*"
    r"|s[eiprtv]|sk(oid|tid|[etsv])|(ts|timestamp|policy|key-pair-id|awsaccesskeyid|googleaccessid)",
    re.IGNORECASE,
)


# The fields of a return that are columns of its row, beside its body.
_COLUMNS = ("source", "id", "number", "status", "created", "updated")


# The short names of the fields that most returns at rest have, in their text. Never change one; more may be added.
_SHORT = {
    "platform": "p",
    "raw_status": "w",
    "lines": "l",
    "consumer": "c",
    "address": "a",
    "country": "y",
    "carrier": "f",
    "own_label": "o",
    "tracking_code": "t",
    "without_shipment": "x",
    "aliases": "z",
    "order_number": "n",
    "order_ref": "m",
    "quantity": "q",
    "order_line_ids": "i",
    "sku": "s",
    "barcode": "b",
    "title": "h",
    "reason": "r",
    "key": "k",
    "label": "d",
    "parent": "u",
    "resolution": "e",
    "history": "j",
    "number": "N",
    "parcel": "P",
    "weight": "W",
    "brand": "B",
    "channel": "C",
}
_LONG = {short: name for name, short in _SHORT.items()}


@cache
def _adapter() -> TypeAdapter[Return]:
    return TypeAdapter(Return)


def dumped(ret: Return) -> str:
    """A return as the text that state keeps: fields with their default value are left out."""
    return _adapter().dump_json(ret, exclude_defaults=True).decode()


def parsed(body: str) -> Return:
    """A return from its text in state."""
    return _adapter().validate_json(body)


def dumped_at_rest(ret: Return) -> str:
    """A return as a short text for `of_row`: without the fields that are columns of its row, and with short names."""
    told = _adapter().dump_python(ret, mode="json", exclude_defaults=True, exclude=set(_COLUMNS))
    if ret.number == ret.id:
        told["number"] = ""  # it is the id, which need not be kept twice
    if ret.own_label is not None and ret.own_label.tracking_code and ret.own_label.tracking_code in ret.aliases:
        told["aliases"][ret.aliases.index(ret.own_label.tracking_code)] = None  # the same for the tracking code
    return json.dumps(_renamed(told, _SHORT), ensure_ascii=False, separators=(",", ":"))


def of_row(row: Any) -> Return:
    """A return from its row in state: its body, and from the columns what the body leaves out."""
    body: str = row["body"]
    if body.startswith('{"source"'):
        return parsed(body)
    told = _renamed(json.loads(body), _LONG)
    if "number" in told:
        told["number"] = row["id"]
    if None in told.get("aliases", ()):
        told["aliases"][told["aliases"].index(None)] = told["own_label"]["tracking_code"]
    return _adapter().validate_python({**{name: row[name] for name in _COLUMNS}, **told})


def _renamed(told: Any, names: Mapping[str, str]) -> Any:
    if isinstance(told, dict):
        return {names.get(name, name): _renamed(value, names) for name, value in told.items()}
    return [_renamed(value, names) for value in told] if isinstance(told, list) else told


def dumped_all(rets: Iterable[Return]) -> str:
    """Several returns as text; their order does not matter."""
    return json.dumps(sorted(map(dumped, rets)))


def parsed_all(text: str) -> list[Return]:
    """Several returns from their text in state."""
    return [parsed(body) for body in json.loads(text)]


def content_hash(ret: Return, *, timed: bool = False) -> str:
    """The hash of the content; `timed` includes the time of change, for records where nothing else shows a change."""
    own = ret.own_label
    plain = replace(
        ret,
        lines=tuple(sorted(ret.lines, key=repr)),
        aliases=tuple(sorted(ret.aliases)),
        own_label=None if own is None else _unsigned(own),
    )
    return _hash(plain, timed=timed)


def earlier_hashes(ret: Return) -> tuple[str, str]:
    """The hashes that earlier versions kept, without and with the time of change: unsorted, and with signatures."""
    return _hash(ret, timed=False), _hash(ret, timed=True)


def _hash(ret: Return, *, timed: bool) -> str:
    left_out = {"history"} if timed else {"history", "updated"}
    if not ret.without_shipment:
        left_out.add("without_shipment")  # versions that did not ask for it hashed without it
    if not ret.is_test:
        left_out.add("is_test")  # the same
    return hashlib.sha256(_adapter().dump_json(ret, exclude=left_out)).hexdigest()


def _unsigned(own: OwnLabel) -> OwnLabel:
    """A label with its addresses as they are compared: a query may be signed again whenever it is shown.

    A label file is identified by its path. So is a tracking page if the tracking code of its parcel is known. For any
    other page the rest of the query counts, since it may be all that names the parcel.
    """
    page = own.tracking_link
    return replace(
        own,
        label_url=_without_query(own.label_url),
        tracking_link=_without_query(page) if own.tracking_code else _without_signature(page),
    )


def _without_query(address: str) -> str:
    return re.split(r"[?#]", address, maxsplit=1)[0] or address


def _without_signature(address: str) -> str:
    path, _, query = address.partition("?")
    kept = [part for part in query.split("&") if not _OF_A_SIGNATURE.fullmatch(part.partition("=")[0])]
    return "?".join(filter(None, (path, "&".join(kept)))) or address
