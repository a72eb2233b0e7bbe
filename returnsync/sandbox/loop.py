"""Loop as docs/platforms/loop.md describes it; where that is unclear, the most harmful answer.

Sections are those of that page.
"""

from __future__ import annotations

import base64
import binascii
import copy
import json
import re
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from returnsync.sandbox import wire
from returnsync.sandbox.loop_records import LoopAccount, details_of, label_fields, line_item, loop_return
from returnsync.sandbox.records import SKU
from returnsync.sandbox.wire import Answer, Call, Operation, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from returnsync.sandbox.counts import Counts

__all__ = ["Loop", "LoopAccount"]

_STATES: Final = frozenset({"open", "closed", "cancelled", "expired", "review"})
# The states of a list that asks for none: without cancelled returns and those in review (section 2).
_USUAL_STATES: Final = frozenset({"open", "closed", "expired"})
_FILTERS: Final = frozenset({"created_at", "updated_at"})
_LONGEST: Final = timedelta(days=120)
_DAY: Final = timedelta(days=1)
_DEFAULT_SIZE: Final = 100
_LARGEST_SIZE: Final = 750
# Refusals have different forms, depending on whether the gateway or the API refuses (section 1, Errors).
_GATEWAY_401: Final = {"error": {"code": "401", "http_code": "GEN-UNAUTHORIZED", "message": "Unauthorized."}}
_RETURNS_401: Final = {"errors": "Unauthorized."}
_NOTHING_FOUND: Final = {"error": {"message": "No return was found."}}
_ACTIONS: Final = ("process", "flag", "cancel", "close", "remove", "note")


class _InvalidError(Exception):
    """Something that Loop answers with 422."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class Loop(wire.ReturnPlatform):
    """The stand-in. Its data may be changed from any thread by its methods, or by hand under `lock`."""

    name = "loop"
    title = "Loop"
    source = "shop-us"
    prefix = "/loop"
    base = "/loop/api/v1"

    def __init__(self, account: LoopAccount, counts: Counts) -> None:
        """Hold a copy of the account."""
        self.lock = threading.RLock()
        self.account = copy.deepcopy(account)
        # Called before each list is read, so that a test can move rows under a client that pages.
        self.on_list: Callable[[], object] | None = None
        # A body that every list and single read is answered with, and HTTP 200 (section 1, Errors).
        self.error_200: object = None
        # Whether `paginate` does nothing, so that a list is a bare array.
        self.ignores_paginate = False
        self._counts = counts
        self._lists = 0
        self._records: dict[str, Record] = {}
        for record in self.account.records:
            self.add(record)

    def secrets(self) -> dict[str, str]:
        """Give the account's secrets, by the setting that refers to each."""
        return {"api_key": self.account.api_key}

    # --- what a test does to it ------------------------------------------------------------------------------------

    def add(self, record: Record) -> str:
        """Put a copy of a return in; give its id. Raises ValueError when the id exists already."""
        with self.lock:
            return wire.put_in(self._records, record)

    def give_back(
        self,
        *orders: str,
        sku: str = SKU,
        word: str = "",
        created: datetime | None = None,
        updated: datetime | None = None,
    ) -> str:
        """Put a plain return in; see `wire.ReturnPlatform`. A return at Loop is of one order, written with a `#`.

        It has no label of Loop's.
        """
        if len(orders) > 1:
            raise ValueError("a return at Loop is of one order")
        order = f"#{(orders or ('1001',))[0]}"
        with self.lock:
            identity = str(70_011_223 + len(self._records))
            made = loop_return(
                line_item(sku, order), id=identity, order=order, state=word or "open", created=created, updated=updated
            )
            return self.add(made)

    def rows(self) -> dict[str, Record]:
        """Give the records themselves; see `wire.ReturnPlatform`."""
        return self._records

    def touch(self, identity: str, *, at: datetime | None = None, word: str = "", **changes: object) -> None:
        """Change fields of a return and move its `updated_at` to a time, now when none is given."""
        if word:
            changes["state"] = word
        with self.lock:
            moved = {"updated_at": wire.iso_z(at or datetime.now(UTC))}
            self._records[identity] |= moved | copy.deepcopy(changes)

    def give_label(self, identity: str, *labels: Record) -> None:
        """Let Loop make its labels, which it does after the return; no source says whether `updated_at` moves then."""
        with self.lock:
            self._records[identity] |= copy.deepcopy(label_fields(labels))

    def remove(self, identity: str) -> None:
        """Take a return away."""
        with self.lock:
            del self._records[identity]

    # --- what it is asked ------------------------------------------------------------------------------------------

    def operations(self) -> Sequence[Operation]:
        """Name the operations (section 5)."""
        warehouse = "/api/v1/warehouse/return"
        returns, places = self._guarded("returns", self._list), self._guarded("destinations:read", self._places)
        forbidden = self._guarded("returns", self._forbidden)
        return (
            Operation("loop.list", "GET", warehouse + "/list", returns),
            Operation("loop.one", "GET", warehouse + "/details", self._guarded("returns", self._one)),
            Operation("loop.destinations", "GET", "/api/v1/destinations", places),
            *(Operation(f"loop.{word}", "POST", f"{warehouse}/{{id}}/{word}", forbidden) for word in _ACTIONS),
            Operation("loop.make-label", "POST", "/api/v1/returns/{id}/labels", forbidden),
            Operation("loop.give-label", "POST", "/api/v1/labels", forbidden),
            Operation("loop.label-status", "PUT", "/api/v1/labels/{id}", forbidden),
            Operation("loop.grade", "POST", "/api/v1/dispositioning/grade", forbidden),
        )

    def _guarded(self, scope: str, handle: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        """Check key and scope before anything else; a missing scope is 401 too, for a valid key (section 1)."""

        def guarded(call: Call) -> Answer:
            if not wire.same_secret(call.headers.get("x-authorization"), self.account.api_key):
                return wire.json_answer(_GATEWAY_401, 401)
            if scope not in self.account.scopes:
                return wire.json_answer(_RETURNS_401 if scope == "returns" else _GATEWAY_401, 401)
            try:
                return handle(call)
            except _InvalidError as error:
                body = {"message": "The given data was invalid.", "errors": {error.name: [str(error)]}}
                return wire.json_answer(body, 422)

        return guarded

    def _list(self, call: Call) -> Answer:
        """List returns: a bare array of all, or a page of them with `paginate=true` (section 2)."""
        if self.on_list is not None:
            self.on_list()
        if self.error_200 is not None:
            return wire.json_answer(self.error_200)
        rows = self._rows(call)
        if call.first("paginate") != "true" or self.ignores_paginate:
            return wire.json_answer(rows)
        size = _size(call)
        before = _cursor_read(call.first("cursor"))
        if before is not None:
            # The cursor is only a time of creation: other returns of that same second are skipped.
            rows = [row for row in rows if _second(row) < before]
        page, more = rows[:size], len(rows) > size
        url = f"https://api.loopreturns.com/api/v1/warehouse/return/list?pageSize={size}&cursor="
        answer = {"returns": page, "nextPageUrl": url + _cursor_written(page[-1]) if more else None}
        return wire.json_answer({**answer, "previousPageUrl": None})

    def _rows(self, call: Call) -> list[Record]:
        """Find the requested returns, newest first; those of one second change places with every request."""
        key = call.first("filter") or "created_at"
        if key not in _FILTERS:
            raise _InvalidError("filter", "The selected filter is invalid.")
        state = call.first("state")
        if state is not None and state not in _STATES:
            raise _InvalidError("state", "The selected state is invalid.")
        states = _USUAL_STATES if state is None else {state}
        since, until = _window(call)
        self._lists += 1
        # No source says whether the bounds themselves are included: here they are not.
        found = [
            row
            for row in self._records.values()
            if str(row["state"]).casefold() in states and since < wire.parse_instant(row[key]) < until
        ]
        found.sort(key=lambda row: str(row["id"]), reverse=self._lists % 2 == 0)
        found.sort(key=_second, reverse=True)
        return found

    def _one(self, call: Call) -> Answer:
        """Give one return; for an order with several, the latest. If there is none, it is an error with HTTP 200."""
        if self.error_200 is not None:
            return wire.json_answer(self.error_200)
        asked = [(name, value) for name in ("return_id", "order_id", "order_name") if (value := call.first(name))]
        if len(asked) != 1:
            raise _InvalidError("return_id", "Exactly one of return_id, order_id and order_name is required.")
        name, value = asked[0]
        if name != "order_name" and not re.fullmatch("[0-9]{1,20}", value):
            raise _InvalidError(name, f"The {name} must be an integer.")
        field = "id" if name == "return_id" else name
        found = [row for row in self._records.values() if row[field] == value]
        return wire.json_answer(details_of(max(found, key=_second)) if found else _NOTHING_FOUND)

    def _places(self, _call: Call) -> Answer:
        return wire.json_answer({"destinations": self.account.destinations})

    def _forbidden(self, _call: Call) -> Answer:
        """Count what a sync tool must never do: refund, cancel, write to the merchant, buy labels (section 5)."""
        self._counts.effect("forbidden")
        return wire.json_answer(True)  # noqa: FBT003  # the whole answer of an action


def _size(call: Call) -> int:
    text = call.first("pageSize") or str(_DEFAULT_SIZE)
    if not re.fullmatch("[1-9][0-9]{0,5}", text) or int(text) > _LARGEST_SIZE:
        raise _InvalidError("pageSize", f"The pageSize must be between 1 and {_LARGEST_SIZE}.")
    return int(text)


def _window(call: Call) -> tuple[datetime, datetime]:
    """Read the window: one day from `from` without `to`; the last day without `from`, whatever `to` is (section 2)."""
    since, until = _moment(call, "from"), _moment(call, "to")
    if since is None:
        now = datetime.now(UTC)
        return now - _DAY, now
    if until is None:
        return since, since + _DAY
    if until - since > _LONGEST:
        raise _InvalidError("to", "The date range must not exceed 120 days.")
    return since, until


def _moment(call: Call, name: str) -> datetime | None:
    text = call.first(name)
    try:
        return wire.parse_instant(text) if text else None
    except ValueError:
        raise _InvalidError(name, f"The {name} is not a valid date.") from None


def _second(row: Record) -> datetime:
    return wire.parse_instant(row["created_at"]).replace(microsecond=0)


def _cursor_written(row: Record) -> str:
    text = json.dumps({"created_at": _second(row).strftime("%Y-%m-%d %H:%M:%S"), "forward": True})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _cursor_read(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return wire.parse_instant(json.loads(base64.urlsafe_b64decode(text + "=="))["created_at"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise _InvalidError("cursor", "The cursor is invalid.") from None
