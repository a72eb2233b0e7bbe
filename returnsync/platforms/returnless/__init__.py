"""Returnless: returns that a merchant's form or rules approved, with statuses that the merchant defines.

The facts, and how certain they are, are in the project's page on Returnless (docs/platforms/returnless.md), whose
sections are named here. Only GET is ever sent.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field

from returnsync import clock
from returnsync.errors import AccountRefused, BadAnswer, Refused
from returnsync.http.auth import Bearer
from returnsync.http.client import Reader
from returnsync.http.records import read_each
from returnsync.model import Finding, Reason, Return, ReturnId, ReturnStatus, SourceId, UnreadableRecord
from returnsync.platforms.capabilities import Capabilities
from returnsync.platforms.glimpse import Names
from returnsync.platforms.interface import Found, LookBack, Page, Platform, SourceSettings
from returnsync.platforms.records import UntranslatableError, bare, key_of, read_page, unreadable
from returnsync.platforms.returnless import wire
from returnsync.platforms.returnless.calls import NOT_TAKEN, Calls, Filter, Listed
from returnsync.platforms.returnless.translation import Words, folded, names_of, reason_of, translate
from returnsync.platforms.trust import listing
from returnsync.platforms.windows import CreationSettings, windows
from returnsync.secrets import SecretOf, SecretRef

__all__ = ["Returnless", "ReturnlessSettings"]

# A long backlog is read in weeks, so that each week is finished once it was read; older returns in longer windows.
_BACKLOG_WINDOW, _LONGEST_WINDOW = timedelta(days=7), timedelta(days=15)
_RIGHTS = "Check `api_key`, `base_url` and `version`, and that the key may read returns."


class ReturnlessSettings(CreationSettings):
    """The settings of an account at Returnless."""

    platform: Literal["returnless"] = Field(description="The kind of platform.", examples=["returnless"])
    api_key: SecretRef = Field(
        description="API key of the account, made in its panel.", examples=["env:RETURNLESS_API_KEY"]
    )
    base_url: str = Field(
        default="https://api-v2.returnless.com", description="The address of the API, without the version."
    )
    version: str = Field(
        default="2025-01",
        description="The version of the API, which is a part of each address.",
        examples=["2025-01"],
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
    )
    done_statuses: tuple[str, ...] = Field(
        default=(),
        description="Return statuses, by label or id, that mean that everything is done. `returnsync check` lists "
        "those that the account has.",
        examples=[["Afgehandeld"]],
    )
    cancelled_statuses: tuple[str, ...] = Field(
        default=(),
        description="Return statuses, by label or id, that mean that nothing comes back.",
        examples=[["Geannuleerd"]],
    )
    unapproved_states: tuple[str, ...] = Field(
        default=("request",),
        description="Beginnings of a `state` that mean not approved yet.",
        examples=[["request"]],
    )
    test_records: bool = Field(default=False, description="Announce test records too.", examples=[False])

    selecting: ClassVar[tuple[str, ...]] = (
        *("done_statuses", "cancelled_statuses", "unapproved_states", "test_records"),
    )

    def words(self) -> Words:
        """The meanings of the merchant's words."""
        unapproved, done, cancelled = (
            tuple(filter(None, map(folded, words)))
            for words in (self.unapproved_states, self.done_statuses, self.cancelled_statuses)
        )
        return Words(unapproved, frozenset(done), frozenset(cancelled))


class Returnless(Platform):
    """One account at Returnless."""

    kind: ClassVar[str] = "returnless"
    title: ClassVar[str] = "Returnless"
    settings: ClassVar[type[SourceSettings]] = ReturnlessSettings
    named_in_records: ClassVar[Names] = Names(("order_number",), ("tracking_number", "tracking_code"), ("created_at",))
    capabilities: ClassVar[Capabilities] = Capabilities(
        lists_by="creation", several_orders=False, unknown_statuses=False, reasons="ids"
    )
    account_key: ClassVar[str] = "api_key"
    default_rules: ClassVar[tuple[dict[str, str], ...]] = ({"strip_prefix": "#"},)
    # No rate is published; this one is a precaution (section 1).
    default_limits: ClassVar[dict[str, int]] = {"10s": 8}

    def __init__(self, source_id: str, settings: ReturnlessSettings, reader: Reader) -> None:
        """Read with `reader`; see `Platform`."""
        self._source = SourceId(source_id)
        self._settings = settings
        self._words = settings.words()
        self._calls = Calls(reader, settings.version)

    @classmethod
    def auth(cls, settings: ReturnlessSettings, secret: SecretOf) -> Bearer:  # noqa: ARG003 - part of the interface
        """The key as a bearer token (section 1)."""
        return Bearer(secret("api_key"))

    @classmethod
    def look_back(cls, settings: ReturnlessSettings) -> LookBack:
        """The latest days, and once an hour all open returns: a request that is approved keeps its time of creation."""
        return settings.look_back()

    def changes(self, since: datetime) -> Iterator[Page]:
        """Returns by `created_at`, in windows; the last has no upper bound, and each that is read whole has a mark."""
        until = clock.now()
        since = max(since, self._settings.start_from)
        spans = list(windows(since, until, _BACKLOG_WINDOW)) or [(since, until)]
        asked = False
        for start, end in spans:
            is_newest = end == spans[-1][1]
            for answer in self._trusted(self._calls.returns(start, None if is_newest else end)):
                if not asked and answer.date is not None:
                    until = min(until, answer.date)
                asked = True
                yield read_page(answer.records, self.read, min(end, until) if answer.is_last else None)

    def earlier(self, since: datetime, until: datetime) -> Iterator[Page]:
        """Older returns again, and requests that were approved meanwhile."""
        for start, end in windows(max(since, self._settings.start_from), until, _LONGEST_WINDOW):
            for answer in self._trusted(self._calls.returns(start, end)):
                yield read_page(answer.records, self.read, end if answer.is_last else None)

    def one(self, return_id: ReturnId) -> Found:
        """Read one return again, with all its parts (section 4)."""
        record = self._calls.one(return_id)
        return None if record is None else self.read(record, is_whole=True)

    def complete(self, ret: Return, known: Return | None = None) -> Return:  # noqa: ARG002 - part of the interface
        """A return, with the items, parcels or order that the list left out (section 8, rule 4)."""
        if ret.lines:
            return ret
        record = self._calls.one(ret.id)
        try:
            whole = None if record is None else self._whole(record)
        except UntranslatableError:
            raise
        except ValueError as error:
            raise UntranslatableError("the single record of it cannot be read") from error
        if whole is None:
            raise UntranslatableError("it was listed without its parts, and is not there singly")
        return whole

    def find(self, number: str) -> Iterator[Return | UnreadableRecord]:
        """Search by order number, else by id, else by the names of the returns of the last `open_days`.

        It is not known whether the filter for an order number works, is ignored or is refused (section 9).
        """
        typed = bare(number)
        if not typed.strip(". "):
            return  # a name that consists only of dots and spaces is refused: an address could not contain it
        found: list[Found] = []
        is_all = False
        for written in (typed, f"#{typed}"):
            if not found and not is_all:
                found, is_all = self._called(typed, ("filter[order_number]", written))
        found = found or [self._by_id(number.strip())]
        if not any(found) and not is_all:
            found, _ = self._called(typed)
        yield from (item for item in found if item is not None)

    def reasons(self) -> Sequence[Reason]:
        """The merchant's own reasons (section 3, "Reasons and statuses lists")."""
        rows = self._calls.rows("return-reasons")
        given = read_each(wire.Reason, rows)
        if rows and not given:
            raise BadAnswer("Returnless's list of return reasons cannot be read.")
        return [reason for one in given if (reason := reason_of(one)) is not None]

    def check(self) -> Iterator[Finding]:
        """Test key and rights with the cheapest requests, then show the statuses and what the settings make of them."""
        self._calls.account()
        next(self._trusted(self._calls.returns(clock.now())))
        yield Finding("credentials", ok=True, text="the key is accepted, and may read returns")
        rows = self._calls.rows("return-statuses")
        there = read_each(wire.Status, rows)
        if rows and not there:
            raise BadAnswer("Returnless's list of return statuses cannot be read.")
        yield Finding("statuses", ok=True, text=_statuses_with_meaning(there, self._words))
        known = {folded(word) for status in there for word in (status.id, status.label)}
        for setting in ("done_statuses", "cancelled_statuses"):
            for word in getattr(self._settings, setting):
                if folded(word) not in known:
                    text = f"`{setting}` names {word!r}, which the account does not have"
                    yield Finding("statuses", ok=False, text=text, next_step="Use a label or an id of those listed.")

    def read(self, record: object, *, is_whole: bool = False) -> Found:
        """One record as a return; `None` for test records, unless the setting includes them.

        Unless it `is_whole` (see `_whole`), it may come without its lines.
        """
        try:
            if is_whole:
                return self._whole(record)
            order = wire.ReturnOrder.model_validate(record)
            return None if self._is_test(order) else translate(order, self._source, self._words)
        except ValueError as error:
            return unreadable(record, error)

    def _is_test(self, order: wire.ReturnOrder) -> bool:
        return bool(order.is_test_record) and not self._settings.test_records

    def _whole(self, record: object) -> Return | None:
        """A single record as a return; missing items and parcels are requested.

        Raises:
            ValueError: it cannot be read; `UntranslatableError` when it does not say what comes back.
        """
        order = wire.ReturnOrder.model_validate(record)
        if self._is_test(order):
            return None
        parts: dict[str, object] = {}
        if not order.items:
            parts["return_order_items"] = self._calls.rows("return-orders", order.id, "items")
        if order.shipments is None:
            parts["shipments"] = self._calls.rows("return-orders", order.id, "shipments")
        if parts and isinstance(record, dict):
            order = wire.ReturnOrder.model_validate({**record, **parts})
        whole = translate(order, self._source, self._words)
        if not whole.lines and whole.status is not ReturnStatus.CANCELLED:
            raise UntranslatableError("it has no items or no order number, so nothing says what comes back")
        return whole

    def _called(self, typed: str, *filters: Filter) -> tuple[list[Found], bool]:
        """The returns of the last `open_days` with this name, and whether all returns of those days were searched."""
        since = clock.now() - timedelta(days=self._settings.open_days)
        found: dict[str, Found] = {}
        others = not filters
        try:
            for answer in self._trusted(self._calls.returns(since, None, *filters)):
                for record in answer.records:
                    names, tells_order = names_of(record)
                    if typed in names:
                        found[key_of(record)] = self._with_lines(self.read(record))
                    elif not filters or tells_order:
                        others = True  # the filter is ignored
                    elif (ret := self._with_lines(self.read(record))) and _is_of_order(ret, typed):
                        found[key_of(record)] = ret
                    else:
                        return list(found.values()), False  # not this one either, and each would need a single read
        except AccountRefused as error:
            if filters and isinstance(error.__cause__, Refused) and error.__cause__.status in NOT_TAKEN:
                return [], False
            raise
        return list(found.values()), others

    def _with_lines(self, item: Found) -> Found:
        return self.one(item.id) if isinstance(item, Return) and not item.lines else item

    def _by_id(self, text: str) -> Found:
        try:
            return self.one(ReturnId(text))
        except Refused as error:
            if error.status in NOT_TAKEN:
                return None  # a typed text need not be an id
            raise

    def _trusted(self, answers: Iterator[Listed]) -> Iterator[Listed]:
        while True:
            with listing(self._source, self.title, _RIGHTS):
                answer = next(answers, None)
            if answer is None:
                return
            yield answer


def _is_of_order(found: Found, typed: str) -> bool:
    return isinstance(found, Return) and typed in {bare(number) for number in found.order_numbers()}


def _statuses_with_meaning(there: Sequence[wire.Status], words: Words) -> str:
    """The statuses of an account, each with what the settings make of it."""

    def with_meaning(status: wire.Status) -> str:
        mine = {folded(status.id), folded(status.label)}
        meaning = "cancelled" if mine & words.cancelled else "done" if mine & words.done else "approved"
        return f"{status.label or 'without a label'} ({status.id or 'without an id'}) = {meaning}"

    return "; ".join(map(with_meaning, there)) or "the account has none"
