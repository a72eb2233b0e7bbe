"""Returnista: return orders with their requests, consumer and shipments.

Facts and how sure they are: the project's page on Returnista (docs/platforms/returnista.md). Only GET is ever sent;
`resend-confirmation-email`, a GET that mails the consumer, is not among the paths used here.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from returnsync import clock
from returnsync.errors import AccountRefused, AccountUnavailable, BadAnswer, CallError, Refused
from returnsync.http.answer import Answer
from returnsync.http.auth import Bearer
from returnsync.http.client import Reader
from returnsync.http.paging import KeyPager, ListingError, Row
from returnsync.mapping import lines as order_lines
from returnsync.model import (
    Address,
    Consumer,
    Finding,
    OrderNumber,
    OwnLabel,
    Reason,
    Return,
    ReturnId,
    ReturnLine,
    ReturnStatus,
    SourceId,
    UnreadableRecord,
)
from returnsync.platforms.interface import Capabilities, Page, Platform, SourceSettings
from returnsync.secrets import SecretOf, SecretRef

# Above 50 the call fails; it is not clamped (section 1).
PAGE_SIZE = 50

_EXPAND = [("expand", "consumer"), ("expand", "shipments"), ("expand", "returnRequests")]
_REFUSED_REQUESTS = frozenset({"rejected", "denied", "cancelled", "canceled"})
_STATUSES = {
    "pending": ReturnStatus.REQUESTED,
    "complete": ReturnStatus.COMPLETED,
    "completed": ReturnStatus.COMPLETED,
    "rejected": ReturnStatus.REJECTED,
    "denied": ReturnStatus.REJECTED,
    "cancelled": ReturnStatus.CANCELLED,
    "canceled": ReturnStatus.CANCELLED,
}
_SUB_REASON = "sub_return_reasons."


class ReturnistaSettings(SourceSettings):
    """An account at Returnista."""

    platform: Literal["returnista"] = Field(description="The kind of platform.", examples=["returnista"])
    account_id: str = Field(
        description="The account's UUID; it stands in the address of Returnista's back office.",
        examples=["0190a000-0000-7000-8000-000000000001"],
        min_length=1,
    )
    token: SecretRef = Field(
        description="API key of a service user of the account; ask Returnista for it.",
        examples=["env:RETURNISTA_TOKEN"],
    )
    base_url: str = Field(default="https://core.returnista.com/api/v0", description="Where the API lives.")
    approved_statuses: tuple[str, ...] = Field(
        default=("Confirmed",),
        description="Statuses of a return order that mean approved and submitted. Others that are not known are held.",
        examples=[["Confirmed"]],
    )
    test_stores: bool = Field(
        default=False, description="Announce the returns of test stores (`uat`) too.", examples=[False]
    )


class _Wire(BaseModel):
    """camelCase as Returnista writes it; tolerant of everything but a wrong type.

    Fields we do not know are ignored; fields that are missing or null have a default.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="ignore", defer_build=True, alias_generator=to_camel, coerce_numbers_to_str=True
    )


class _Address(_Wire):
    first_name: str | None = None
    last_name: str | None = None
    street: str | None = None
    house_number: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country_code: str | None = None


class _Consumer(_Wire):
    email: str | None = None
    locale: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    shipping_address: _Address | None = None


class _ShippingProduct(_Wire):
    key: str | None = None
    product_code: str | None = None
    name: str | None = None


class _Shipment(_Wire):
    status: str | None = None
    label_url: str | None = None
    tracking_url: str | None = None
    tracking_number: str | None = None
    shipping_product: _ShippingProduct | None = None
    sender: _Address | None = None


class _Reason(_Wire):
    id: str | None = None
    key: str | None = None
    description: str | None = None


class _Product(_Wire):
    name: str | None = None
    sku: str | None = None
    barcode: str | None = None


class _Request(_Wire):
    purchase_id: str | None = None
    parent_purchase_id: str | None = None
    purchase_order_number: str
    status: str | None = None
    requested_resolution: str | None = None
    return_reason_id: str | None = None
    return_reason_comment: str | None = None
    return_reason: _Reason | None = None
    product: _Product | None = None
    quantity: int | None = Field(default=None, ge=1)


class _Store(_Wire):
    uat: bool | None = None


class _ReturnOrder(_Wire):
    id: str = Field(pattern=r"[^. ]")
    status: str
    created_at: str
    updated_at: str
    store: _Store | None = None
    consumer: _Consumer | None = None
    shipments: list[_Shipment] | None = None
    return_requests: list[_Request] | None = None


class Returnista(Platform):
    """One account at Returnista."""

    kind: ClassVar[str] = "returnista"
    title: ClassVar[str] = "Returnista"
    settings: ClassVar[type[SourceSettings]] = ReturnistaSettings
    # `updatedAt` may stand still when only a shipment or a request changes (section 8, question 7).
    capabilities: ClassVar[Capabilities] = Capabilities(lists_changes=False)
    account_key: ClassVar[str] = "account_id"
    default_rules: ClassVar[tuple[dict[str, str], ...]] = ({"strip_prefix": "#"},)

    def __init__(self, source_id: str, settings: ReturnistaSettings, reader: Reader) -> None:
        """Read with `reader`; see `Platform`."""
        self._source = SourceId(source_id)
        self._settings = settings
        self._reader = reader
        self._reasons: dict[str, _Reason] | None = None

    @classmethod
    def auth(cls, settings: ReturnistaSettings, secret: SecretOf) -> Bearer:  # noqa: ARG003 - part of the interface
        """The token of a service user (section 1)."""
        return Bearer(secret("token"))

    def changes(self, since: datetime) -> Iterator[Page]:
        """Return orders by `updatedAt`, ascending, read by key: pages by number would skip what moves meanwhile."""
        until = clock.now()
        pager = KeyPager(since, PAGE_SIZE, until=until)
        first = True
        while (request := pager.next_request()) is not None:
            answer = self._list(f"updatedAt>={clock.stamp_ms(request.since)}", request.page)
            if first and answer.date is not None:
                until = min(until, answer.date)
            first = False
            records, more = _records(answer)
            try:
                pager.learn([Row(_key(record), _changed(record)) for record in records], more=more)
            except ListingError as error:
                raise AccountUnavailable(
                    self._source,
                    f"Returnista's list cannot be trusted: {error}.",
                    "Nothing was skipped: the mark stays. Report this to the makers of returnsync if it goes on.",
                ) from error
            mark = until if pager.finished else pager.safe_mark
            yield self._page(records, min(mark, until) if mark is not None else None)

    def one(self, return_id: ReturnId) -> Return | UnreadableRecord | None:
        """One return order anew (section 3.1)."""
        try:
            answer = self._reader.get("account", self._settings.account_id, "return-order", return_id, params=_EXPAND)
        except Refused as error:
            if error.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
                return None
            raise
        return self.read(answer.json())

    def find(self, number: str) -> Iterator[Return | UnreadableRecord]:
        """By order number as typed and with a `#` before it, else by the return order's own id."""
        found = False
        for typed in dict.fromkeys((number, f"#{number}")):
            records, _ = _records(self._list(f"purchaseOrderNumber:{typed}", 1))
            for record in records:
                found = True
                ret = self.read(record)
                if ret is not None:
                    yield ret
        if not found and (ret := self.one(ReturnId(number))) is not None:
            yield ret

    def check(self) -> Iterator[Finding]:
        """The cheapest call that shows key and account: one request (section 3.1)."""
        self._reader.get("account", self._settings.account_id, "return-requests", params=[("limit", "1")])
        yield Finding("credentials", ok=True, text="token and account are accepted")

    def _list(self, condition: str, page: int) -> Answer:
        # One condition a call: how to combine two is in no source (section 1). Always `limit`: the default is disputed.
        params = [
            ("limit", str(PAGE_SIZE)),
            ("page", str(page)),
            ("filter", condition),
            ("sortBy", "updatedAt"),
            ("orderBy", "asc"),
            *_EXPAND,
        ]
        try:
            return self._reader.get("account", self._settings.account_id, "return-orders", params=params)
        except Refused as error:
            raise AccountRefused(
                self._source,
                f"Returnista refuses the list of return orders (HTTP {error.status}).",
                "Check `account_id`, and that the token's service user may read this account.",
                foreign=error.foreign,
            ) from error

    def _page(self, records: Sequence[object], mark: datetime | None) -> Page:
        read = [self.read(record) for record in records]
        return Page(
            returns=tuple(item for item in read if isinstance(item, Return)),
            unreadable=tuple(item for item in read if isinstance(item, UnreadableRecord)),
            mark=mark,
            skipped=sum(item is None for item in read),
        )

    def read(self, record: object) -> Return | UnreadableRecord | None:
        """One record as a return; `None` for drafts and test stores, which are none of our business."""
        try:
            order = _ReturnOrder.model_validate(record)
            if order.status.lower() == "draft" or (order.store and order.store.uat and not self._settings.test_stores):
                return None
            if order.return_requests is None or order.consumer is None or order.shipments is None:
                order = self._whole(order)
            return self._translate(order)
        except (ValidationError, ValueError) as error:
            return UnreadableRecord(_key(record), json.dumps(record, ensure_ascii=False), _problem(error))

    def _whole(self, order: _ReturnOrder) -> _ReturnOrder:
        """The list left an expansion out: the single record may have it (section 8, question 8)."""
        try:
            answer = self._reader.get("account", self._settings.account_id, "return-order", order.id, params=_EXPAND)
            return _ReturnOrder.model_validate(answer.json())
        except CallError as error:
            raise ValueError("it came without its parts, and could not be read singly") from error

    def _translate(self, order: _ReturnOrder) -> Return:
        requests = order.return_requests or []
        kept = [request for request in requests if (request.status or "").lower() not in _REFUSED_REQUESTS]
        status = self._status(order)
        if requests and not kept and status is not ReturnStatus.CANCELLED:
            status = ReturnStatus.REJECTED
        if not requests and status not in (ReturnStatus.CANCELLED, ReturnStatus.REJECTED):
            raise ValueError("it has no return requests, so nothing says what comes back")
        shipments = order.shipments or []
        product = next((item.shipping_product for item in shipments if item.shipping_product), None)
        return Return(
            source=self._source,
            platform=self.kind,
            id=ReturnId(order.id),
            number=order.id,
            status=status,
            raw_status=order.status,
            created=clock.parse(order.created_at),
            updated=clock.parse(order.updated_at),
            lines=order_lines.add_up(self._line(request) for request in kept),
            consumer=_consumer(order.consumer),
            sender=next((_address(item.sender) for item in shipments if item.sender), None),
            carrier=(product.key or product.product_code or product.name or "") if product else "",
            own_label=_own_label(shipments),
        )

    def _status(self, order: _ReturnOrder) -> ReturnStatus:
        word = order.status.lower()
        if word in {approved.lower() for approved in self._settings.approved_statuses}:
            shipments = order.shipments or []
            delivered = shipments and all((item.status or "").lower() == "delivered" for item in shipments)
            return ReturnStatus.DELIVERED if delivered else ReturnStatus.APPROVED
        return _STATUSES.get(word, ReturnStatus.UNKNOWN)

    def _line(self, request: _Request) -> ReturnLine:
        product = request.product or _Product()
        comment = (request.return_reason_comment or "").strip()
        sub_reason = comment if comment.startswith(_SUB_REASON) else ""
        return ReturnLine(
            order_number=OrderNumber(request.purchase_order_number),
            # One row a returned article, without a quantity; `parentPurchaseId` is the line that a unit came from.
            quantity=request.quantity or 1,
            order_line_ids=tuple(dict.fromkeys(filter(None, (request.parent_purchase_id, request.purchase_id)))),
            sku=(product.sku or "").strip(),
            barcode=product.barcode or "",
            title=product.name or "",
            reason=self._reason(request, sub_reason),
            comment="" if sub_reason else comment,
            resolution=request.requested_resolution or "",
        )

    def _reason(self, request: _Request, sub_reason: str) -> Reason | None:
        """Sub-reason, then the reason's key, then its id: never the description, which changes with the language."""
        wire = request.return_reason
        if (wire is None or not wire.key) and request.return_reason_id:
            wire = self._reasons_by_id().get(request.return_reason_id, wire)
        main = None
        if wire is not None and (wire.key or wire.id):
            main = Reason(key=wire.key or wire.id or "", label=wire.description or "")
        elif request.return_reason_id:
            main = Reason(key=request.return_reason_id)
        return Reason(key=sub_reason, parent=main) if sub_reason else main

    def _reasons_by_id(self) -> dict[str, _Reason]:
        """The reasons, read once a run, only when a request lacks its own; array or `data` (section 3.1)."""
        if self._reasons is None:
            content: Any = self._read_reasons()
            items = content.get("data") if isinstance(content, dict) else content
            try:
                reasons = [_Reason.model_validate(item) for item in items or []]
            except ValidationError as error:
                raise BadAnswer("Returnista's list of return reasons cannot be read.") from error
            self._reasons = {reason.id: reason for reason in reasons if reason.id}
        return self._reasons

    def _read_reasons(self) -> Any:  # noqa: ANN401 - as parsed from JSON
        try:
            return self._reader.get("return-reasons").json()
        except Refused:
            return []  # this account may not read them: the ids have to do


def _records(answer: Answer) -> tuple[list[object], bool]:
    content = answer.json()
    if not isinstance(content, dict) or not isinstance(content.get("data"), list):
        raise BadAnswer("Returnista answered a list request without a list.")
    return content["data"], content.get("hasMore") is True


def _key(record: object) -> str:
    """The record's id, else a hash of it, so that it can be kept apart and found again."""
    if isinstance(record, dict) and isinstance(key := record.get("id"), str) and key.strip(". "):
        return key
    return "sha256:" + hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()


def _changed(record: object) -> datetime | None:
    try:
        return clock.parse(record["updatedAt"]) if isinstance(record, dict) else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _problem(error: Exception) -> str:
    """What is wrong with a record, without its values: they are a consumer's."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['type']}" for item in error.errors())
    return str(error) if not isinstance(error, UnicodeError) else "it is not valid text"


def _consumer(wire: _Consumer | None) -> Consumer | None:
    if wire is None:
        return None
    return Consumer(
        first_name=wire.first_name or "",
        last_name=wire.last_name or "",
        email=wire.email or "",
        locale=wire.locale or "",
        address=_address(wire.shipping_address),
    )


def _address(wire: _Address | None) -> Address | None:
    if wire is None:
        return None
    return Address(
        name=" ".join(filter(None, (wire.first_name, wire.last_name))),
        street=wire.street or "",
        house_number=wire.house_number or "",
        postal_code=wire.postal_code or "",
        city=wire.city or "",
        country=wire.country_code or "",
    )


def _own_label(shipments: Sequence[_Shipment]) -> OwnLabel | None:
    """A label address or a tracking number makes a label, not a status or a label type."""
    for item in shipments:
        if item.label_url or item.tracking_number:
            return OwnLabel(item.tracking_number or "", item.tracking_url or "", item.label_url or "")
    return None
