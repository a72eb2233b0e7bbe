"""Channable: returns that marketplaces registered, one record for each article.

The facts, and how certain they are, are in the project's page on Channable (docs/platforms/channable.md), whose
sections are named here. Only GET is ever sent. Above all, the status call is never made: it decides whether a consumer
is refunded, and cannot be undone.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from returnsync import clock
from returnsync.errors import Refused
from returnsync.http.answer import Answer
from returnsync.http.auth import Bearer
from returnsync.http.client import Reader
from returnsync.http.paging import OffsetPager
from returnsync.mapping import barcodes
from returnsync.model import Finding, Return, ReturnId, ReturnStatus, SourceId, UnreadableRecord
from returnsync.platforms.capabilities import Capabilities
from returnsync.platforms.channable import wire
from returnsync.platforms.channable.calls import PAGE_SIZE, Project, is_number, paged, remember, rows
from returnsync.platforms.channable.translation import (
    VERDICTS,
    Handling,
    OrderHint,
    OrderNumberField,
    SkuField,
    compared,
    folded,
    is_test,
    names,
    order_hint,
    sku_of,
    translate,
)
from returnsync.platforms.glimpse import Names
from returnsync.platforms.interface import Found, LookBack, Page, Platform, SourceSettings
from returnsync.platforms.records import bare, key_of, read_page, unreadable
from returnsync.platforms.trust import listing
from returnsync.platforms.windows import windows
from returnsync.secrets import SecretOf, SecretRef

__all__ = ["Channable", "ChannableSettings"]

_WEEK, _SECOND = timedelta(days=7), timedelta(seconds=1)
_RIGHTS = "Check `company_id` and `project_id`, and that the token was made for this company."
# Answers that only say that nothing has this name.
_NOTHING = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)


class ChannableSettings(SourceSettings):
    """The settings of a project at Channable."""

    platform: Literal["channable"] = Field(description="The kind of platform.", examples=["channable"])
    company_id: int = Field(description="The company's number; it is in Channable's addresses.", examples=[1], ge=1)
    project_id: int = Field(description="The project's number; it is in the same addresses.", examples=[2], ge=1)
    token: SecretRef = Field(
        description="API token of the company, made by one of its owners; it is valid for a year.",
        examples=["env:CHANNABLE_TOKEN"],
    )
    base_url: str = Field(default="https://api.channable.com", description="The address of the API.")
    order_number_from: tuple[OrderNumberField, ...] = Field(
        default=("platform_order_id", "item_order_id", "channel_order_id", "channel_order_id_internal"),
        description="Which of its numbers the warehouse knows an order by: the first that has a value is used.",
        examples=[["channel_order_id"]],
        min_length=1,
    )
    sku_from: tuple[SkuField, ...] = Field(
        default=("article_number", "reference_code", "id", "ean"),
        description="Which field of an order's product holds the SKU: the first that has a value is used.",
        examples=[["reference_code", "id"]],
        min_length=1,
    )
    channels: dict[str, Handling] = Field(
        default_factory=dict,
        description="What happens to the returns of a marketplace: announce (the default), wait (not announced as "
        "long as the setting says so), or skip.",
        examples=[{"zalando": "skip"}],
    )
    approved_statuses: tuple[str, ...] = Field(
        default=("new",),
        description="Statuses that mean the consumer may send it. Other unknown statuses are held.",
        examples=[["new"]],
    )
    test_returns: bool = Field(default=False, description="Announce test and demo returns too.", examples=[False])

    selecting: ClassVar[tuple[str, ...]] = ("channels", "approved_statuses", "test_returns", "order_number_from")

    @field_validator("approved_statuses")
    @classmethod
    def _no_verdict(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse verdicts: `accepted` looks like approval, but means that the goods were received and are refunded."""
        if any(folded(word) in VERDICTS for word in words):
            raise ValueError("accepted, keeps and the like are verdicts: such a return is over, or does not come")
        return words


class Channable(Platform):
    """One project at Channable."""

    kind: ClassVar[str] = "channable"
    title: ClassVar[str] = "Channable"
    settings: ClassVar[type[SourceSettings]] = ChannableSettings
    # It is not known whether a status change moves `modified` (section "Open questions").
    named_in_records: ClassVar[Names] = Names(
        ("platform_order_id", "order_id", "channel_order_id", "channel_order_id_internal"), created=("created",)
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        lists_changes=False,
        several_orders=False,
        gives_parts=True,
        own_labels=False,
        article_numbers="barcode",
        reasons="texts",
    )
    account_key: ClassVar[str] = "project_id"
    account_ids: ClassVar[tuple[str, ...]] = ("company_id", "project_id")
    default_limits: ClassVar[dict[str, int]] = {"10s": 10}

    def __init__(self, source_id: str, settings: ChannableSettings, reader: Reader) -> None:
        """Read with `reader`; see `Platform`."""
        self._source = SourceId(source_id)
        self._settings = settings
        self._project = Project(reader, settings.company_id, settings.project_id)
        self._hints: dict[str, OrderHint] = {}

    @classmethod
    def auth(cls, settings: ChannableSettings, secret: SecretOf) -> Bearer:  # noqa: ARG003 - part of the interface
        """The company's token (section "Connection facts")."""
        return Bearer(secret("token"))

    @classmethod
    def look_back(cls, settings: Any) -> LookBack:  # noqa: ARG003 - part of the interface
        """Marketplaces are read every five minutes, or later when they slow Channable down (section "Marketplaces")."""
        return LookBack(usual=timedelta(minutes=15))

    def changes(self, since: datetime) -> Iterator[Page]:
        """Newest first, by offset, until a page is short: `total` counts the page (section "Connection facts").

        A backlog is read in weeks, so that each week is finished once it was read. The last window has no upper bound,
        and a return of any other window that changes meanwhile moves there.
        """
        until = latest = clock.now()
        spans = list(windows(since, until, _WEEK)) or [(since, until)]
        for start, end in spans:
            newest = end == spans[-1][1]
            for answer, records, whole in self._window(start, None if newest else end):
                if latest is until and answer.date is not None:
                    latest = min(until, answer.date)
                yield read_page(records, self.read, min(end, latest) if whole else None)

    def _window(self, start: datetime, end: datetime | None) -> Iterator[tuple[Answer, list[object], bool]]:
        """Each page of the returns changed in a window, with its records and whether the window is now read whole."""
        # It is unknown whether the filters include the exact moment, and how precise they are: add a second each way.
        times = [("last_modified_after", _written(start - _SECOND))]
        times += [("last_modified_before", _written(end + 2 * _SECOND))] if end else []
        pager = OffsetPager(PAGE_SIZE)
        while not pager.finished:
            with listing(self._source, self.title, _RIGHTS):
                answer = self._project.returns(*paged(pager.offset, *times))
                records = rows(answer, "returns")
                pager.learn([key_of(record) for record in records])
            yield answer, records, pager.finished

    def one(self, return_id: ReturnId) -> Found:
        """One return, read again; ids are numbers, so nothing else is asked for."""
        record = self._project.one_return(return_id) if is_number(return_id) else None
        return None if record is None else self.read(record)

    def complete(self, ret: Return, known: Return | None = None) -> Return:
        """Turn the barcode into a SKU through the order; it stays as it is where that is unclear (section "Linking").

        The SKU that an article was announced with is kept as long as its barcode is the same, so that an order that no
        longer exists changes nothing. A return that does not come costs no request.
        """
        before = known.lines[0] if known and known.lines and ret.lines else None
        if before and barcodes.folded(before.barcode) != barcodes.folded(ret.lines[0].barcode):
            before = None
        if before and before.sku not in ("", before.barcode):
            return replace(ret, lines=(replace(ret.lines[0], sku=before.sku), *ret.lines[1:]))
        if ret.status is ReturnStatus.CANCELLED or ret.not_coming or not ret.lines:
            return ret
        if ret.id not in self._hints:
            self.one(ret.id)
        line, hint, sku = ret.lines[0], self._hints.get(ret.id), ""
        if hint is not None:
            sku = sku_of(self._project.ordered(hint), line.barcode, hint.item_id, self._settings.sku_from)
        # In some shops, the barcode field contains a SKU.
        sku = sku or (before.sku if before else "") or line.barcode
        return replace(ret, lines=(replace(line, sku=sku), *ret.lines[1:]))

    def find(self, number: str) -> Iterator[Return | UnreadableRecord]:
        """Search by each number of order and return, with and without a `#`; which results fit is decided here.

        It is documented nowhere whether a search finds the return's own id.
        """
        typed, plain = compared(number), bare(number)
        found: dict[str, object] = {}
        for text in (plain, f"#{plain}") if typed else ():
            found |= {key_of(record): record for record in self._searched(text) if typed in names(record)}
        if typed not in found and is_number(typed):
            found[typed] = self._by_id(typed)
        for record in found.values():
            item = None if record is None else self.read(record)
            if item is not None:
                yield item

    def _searched(self, text: str) -> list[object]:
        try:
            return list(self._project.search_returns(text))
        except Refused as error:
            if error.status in _NOTHING:
                return []
            raise

    def _by_id(self, text: str) -> object:
        try:
            return self._project.one_return(text)
        except Refused as error:
            if error.status in _NOTHING:
                return None
            raise

    def check(self) -> Iterator[Finding]:
        """Make the cheapest read that tests token, company and project: a list of one."""
        with listing(self._source, self.title, _RIGHTS):
            rows(self._project.returns(("limit", "1")), "returns")
        yield Finding("credentials", ok=True, text="token, company and project are accepted")
        try:
            self._project.try_orders()
        except Refused as error:
            yield Finding(
                "orders",
                ok=False,
                text=f"the project's orders cannot be read (HTTP {error.status}); they are needed for the SKU of "
                "what comes back",
                next_step="Let the token read orders too; until then new returns cannot be completed.",
            )

    def read(self, record: object) -> Found:
        """One record as a return; `None` for test and demo returns, unless the setting includes them."""
        settings = self._settings
        try:
            given = wire.Record.model_validate(record)
            if is_test(given) and not settings.test_returns:
                return None
            ret = translate(
                given, self._source, settings.approved_statuses, settings.channels, settings.order_number_from
            )
        except ValueError as error:
            return unreadable(record, error)
        remember(self._hints, given.id, order_hint(given))
        return ret


def _written(moment: datetime) -> str:
    """A moment in the form that the filters take, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
