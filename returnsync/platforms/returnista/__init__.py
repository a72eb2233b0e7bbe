"""Returnista: return orders with their requests, consumer and shipments.

The facts, and how certain they are, are in the project's page on Returnista (docs/platforms/returnista.md), whose
sections and open questions are named here. Only GET is ever sent; `resend-confirmation-email`, a GET that mails the
consumer, is not among the paths used here.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from returnsync import clock
from returnsync.errors import BadAnswer, Refused
from returnsync.http.answer import Answer
from returnsync.http.auth import Bearer
from returnsync.http.client import Reader
from returnsync.http.paging import KeyPager, Row
from returnsync.http.records import items_in, look_up, read_each
from returnsync.model import Finding, Reason, Return, ReturnId, SourceId, UnreadableRecord
from returnsync.platforms.capabilities import Capabilities
from returnsync.platforms.glimpse import Names
from returnsync.platforms.interface import Found, Page, Platform, SourceSettings
from returnsync.platforms.records import ReadOnce, UntranslatableError, key_of, moment_of, read_page, unreadable
from returnsync.platforms.returnista import wire
from returnsync.platforms.returnista.translation import translate
from returnsync.platforms.trust import listing
from returnsync.secrets import SecretOf, SecretRef

__all__ = ["Returnista", "ReturnistaSettings"]

# With more than 50 the call fails; the number is not reduced (section 1).
PAGE_SIZE = 50

_EXPAND = [("expand", "consumer"), ("expand", "shipments"), ("expand", "returnRequests")]
# A catalogue of reasons has a few dozen; a server that gives more pages than this repeats itself.
_REASON_PAGES = 20
_RIGHTS = "Check `account_id`, and that the token's service user may read this account."
_PARTS = frozenset({"consumer", "shipments", "return_requests"})


class ReturnistaSettings(SourceSettings):
    """The settings of an account at Returnista."""

    platform: Literal["returnista"] = Field(description="The kind of platform.", examples=["returnista"])
    account_id: str = Field(
        description="The account's UUID; it is in the address of Returnista's back office.",
        examples=["0190a000-0000-7000-8000-000000000001"],
        min_length=1,
    )
    token: SecretRef = Field(
        description="API key of a service user of the account; ask Returnista for it.",
        examples=["env:RETURNISTA_TOKEN"],
    )
    base_url: str = Field(default="https://core.returnista.com/api/v0", description="The address of the API.")
    approved_statuses: tuple[str, ...] = Field(
        default=("Confirmed",),
        description="Statuses of a return order that mean approved and submitted. Other unknown statuses are held.",
        examples=[["Confirmed"]],
    )
    test_stores: bool = Field(
        default=False, description="Announce the returns of test stores (`uat`) too.", examples=[False]
    )

    label_without_shipment: bool | None = Field(
        default=None,
        description="Whether a return that Returnista made without a shipment (`createdWithoutShipment`) gets a label. "
        "`true`: the warehouse's label is asked for as for any other return, and billed. `false`: none is "
        "asked for, and the return is settled once it is announced. Without this setting, each such return is "
        "announced, then held as `label-wanted`.",
        examples=[False],
    )

    selecting: ClassVar[tuple[str, ...]] = ("approved_statuses", "test_stores")
    label_setting: ClassVar[str] = "label_without_shipment"

    @field_validator("account_id")
    @classmethod
    def _can_stand_in_a_path(cls, account_id: str) -> str:
        if account_id in (".", ".."):
            raise ValueError('is no UUID; write e.g. account_id = "0190a000-0000-7000-8000-000000000001"')
        return account_id


class Returnista(Platform):
    """One account at Returnista."""

    kind: ClassVar[str] = "returnista"
    title: ClassVar[str] = "Returnista"
    settings: ClassVar[type[SourceSettings]] = ReturnistaSettings
    # `updatedAt` may stay the same when only a shipment or a request changes (open question 7).
    named_in_records: ClassVar[Names] = Names(("purchase_order_number",), ("tracking_number",), ("created_at",))
    capabilities: ClassVar[Capabilities] = Capabilities(lists_changes=False, reasons_are_shared=True)
    account_key: ClassVar[str] = "account_id"
    account_ids: ClassVar[tuple[str, ...]] = ("account_id",)
    default_rules: ClassVar[tuple[dict[str, str], ...]] = ({"strip_prefix": "#"},)

    def __init__(self, source_id: str, settings: ReturnistaSettings, reader: Reader) -> None:
        """Read with `reader`; see `Platform`."""
        self._source = SourceId(source_id)
        self._settings = settings
        self._reader = reader
        self._reasons_are_whole = True
        self._reasons_by_id = ReadOnce(self._read_reasons_by_id, "its return reason could not be looked up")

    @classmethod
    def auth(cls, settings: ReturnistaSettings, secret: SecretOf) -> Bearer:  # noqa: ARG003 - part of the interface
        """The token of a service user (section 1)."""
        return Bearer(secret("token"))

    def changes(self, since: datetime) -> Iterator[Page]:
        """Return orders by `updatedAt`, ascending, read by key: page numbers would skip rows that move meanwhile."""
        until = clock.now()
        pager = KeyPager(since, PAGE_SIZE, until=until)
        first = True
        while (request := pager.next_request()) is not None:
            with listing(self._source, self.title, _RIGHTS):
                answer = self._list(f"updatedAt>={clock.stamp_ms(request.since)}", request.page)
                if first and answer.date is not None:
                    until = min(until, answer.date)
                first = False
                records, more = _records(answer)
                pager.learn([Row(key_of(record), moment_of(record, "updatedAt")) for record in records], more=more)
            mark = until if pager.finished else pager.safe_mark
            yield read_page(records, self.read, min(mark, until) if mark is not None else None)

    def one(self, return_id: ReturnId) -> Found:
        """Read one return order again (section 3.1)."""
        try:
            answer = self._reader.get("account", self._settings.account_id, "return-order", return_id, params=_EXPAND)
        except Refused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return self.read(answer.json(), is_whole=True)

    def complete(self, ret: Return, known: Return | None = None) -> Return:  # noqa: ARG002 - part of the interface
        """Read the single record where the list left an expansion out: it may have it (open question 8)."""
        if ret.lines:
            return ret
        found = self.one(ret.id)
        if isinstance(found, UnreadableRecord):
            raise UntranslatableError(found.problem)
        if found is None:
            raise UntranslatableError("it was listed without its parts, and is not there singly")
        return found

    def find(self, number: str) -> Iterator[Return | UnreadableRecord]:
        """Search by order number with and without a `#` before it, else by the return order's own id."""
        bare = number.removeprefix("#")
        found = [item for typed in dict.fromkeys((number, bare, f"#{bare}")) for item in self._of_order(typed)]
        # An id that consists only of dots and spaces is refused: an address could not contain it.
        if not found and number.strip(". "):
            found = [self._by_id(number)]
        yield from (item for item in found if item is not None)

    def _of_order(self, number: str) -> list[Found]:
        try:
            records, _ = _records(self._list(f"purchaseOrderNumber:{number}", 1))
        except Refused as error:
            if error.status == HTTPStatus.BAD_REQUEST:
                return []  # a typed number need not be an order number
            raise
        return [self.read(record) for record in records]

    def _by_id(self, text: str) -> Return | UnreadableRecord | None:
        try:
            return self.one(ReturnId(text))
        except Refused as error:
            if error.status == HTTPStatus.BAD_REQUEST:
                return None  # it is not an id either
            raise

    def reasons(self) -> Sequence[Reason] | None:
        """The catalogue of main reasons (section 2.4); sub-reasons are not listed. `None` where it may not be read."""
        found = [wire_reason for wire_reason in self._reasons_by_id.get().values() if wire_reason.id]
        return [Reason(one.key or one.id or "", one.description or "") for one in found] or None

    def check(self) -> Iterator[Finding]:
        """Make the cheapest call that tests key and account: one request (section 3.1)."""
        self._reader.get("account", self._settings.account_id, "return-requests", params=[("limit", "1")])
        yield Finding("credentials", ok=True, text="token and account are accepted")

    def _list(self, condition: str, page: int) -> Answer:
        # One condition per call: how to combine two is documented nowhere (section 1). Always `limit`, since sources
        # disagree on its default.
        params = [
            ("limit", str(PAGE_SIZE)),
            ("page", str(page)),
            ("filter", condition),
            ("sortBy", "updatedAt"),
            ("orderBy", "asc"),
            *_EXPAND,
        ]
        return self._reader.get("account", self._settings.account_id, "return-orders", params=params)

    def read(self, record: object, *, is_whole: bool = False) -> Found:
        """One record as a return; `None` for drafts, and for test stores unless the setting includes them.

        Unless it `is_whole`, a record without one of its expansions has no lines yet.
        """
        try:
            order = wire.ReturnOrder.model_validate(record)
            if order.status.lower() == "draft" or (order.store and order.store.uat and not self._settings.test_stores):
                return None
            return translate(
                order,
                self._source,
                self._settings.approved_statuses,
                self._reason_of,
                is_whole=is_whole or order.model_fields_set >= _PARTS,
            )
        except ValueError as error:
            return unreadable(record, error)

    def _reason_of(self, reason_id: str) -> wire.Reason | None:
        """A reason by its id, where a request does not contain its reason."""
        reason = self._reasons_by_id.for_record().get(reason_id)
        if reason is None and not self._reasons_are_whole:
            raise UntranslatableError("its return reason may be the one in the list that cannot be read")
        return reason

    def _read_reasons_by_id(self) -> dict[str, wire.Reason]:
        """The reasons by id, from an array or `data` (section 3.1)."""
        given = self._read_reasons()
        reasons = read_each(wire.Reason, given)
        self._reasons_are_whole = len(reasons) == len(given)
        if given and not reasons:
            raise BadAnswer("Returnista's list of return reasons cannot be read.")
        return {reason.id: reason for reason in reasons if reason.id}

    def _read_reasons(self) -> list[Any]:
        """An array or `data`; it is not known whether it has pages, so `hasMore` is followed (open question 10)."""
        found: list[Any] = []
        for page in range(1, _REASON_PAGES + 1):
            params = [("page", str(page))] if page > 1 else None
            try:
                answer = self._reader.get("return-reasons", params=params)
            except Refused:
                return found  # this account may not read them: only the ids are used
            if answer.is_nothing:
                break
            content = answer.json()
            items = items_in(look_up(content, "data") if isinstance(content, dict) else content, "id")
            if items is None:
                raise BadAnswer("Returnista answered with something other than a list of return reasons.")
            found += items
            if not items or look_up(content, "hasMore") is not True:
                break
        return found


def _records(answer: Answer) -> tuple[list[object], bool]:
    if answer.is_nothing:
        return [], False
    content = answer.json()
    records = items_in(look_up(content, "data"), "id")
    if records is None:
        raise BadAnswer("Returnista answered a list request without a list.")
    # Only an explicit `false` ends the list: to take a missing or garbled field for the end would lose further rows.
    return records, look_up(content, "hasMore") is not False
