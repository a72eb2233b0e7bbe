"""ParcelPoint, an invented return platform, as a platform of returnsync."""

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import ClassVar, Literal

from pydantic import Field
from returnsync import clock
from returnsync.errors import BadAnswer, Refused
from returnsync.http.answer import Answer
from returnsync.http.auth import HeaderAuth
from returnsync.http.client import Reader
from returnsync.http.paging import KeyPager, Row
from returnsync.http.records import items_in, look_up
from returnsync.model import Finding, Return, ReturnId, SourceId, UnreadableRecord
from returnsync.platforms.capabilities import Capabilities
from returnsync.platforms.interface import Found, Page, Platform, SourceSettings
from returnsync.platforms.records import key_of, moment_of, read_page, unreadable
from returnsync.platforms.trust import listing
from returnsync.secrets import SecretOf, SecretRef

from returnsync_parcelpoint import wire
from returnsync_parcelpoint.translation import translate

__all__ = ["ParcelPoint", "ParcelPointSettings"]

# The most rows that a page may have; a larger limit is refused.
PAGE_SIZE = 100
_RIGHTS = "Check `shop`, and that the key may read returns."


class ParcelPointSettings(SourceSettings):
    """A shop at ParcelPoint."""

    platform: Literal["parcelpoint"] = Field(description="The kind of platform.", examples=["parcelpoint"])
    shop: str = Field(
        description="The shop's name at ParcelPoint.", examples=["lindeboom"], pattern=r"^[a-z0-9][a-z0-9-]*$"
    )
    api_key: SecretRef = Field(description="API key of the shop.", examples=["env:PARCELPOINT_API_KEY"])
    base_url: str = Field(default="https://api.parcelpoint.example/v1", description="Where the API lives.")
    approved_states: tuple[str, ...] = Field(
        default=("accepted",),
        description="States that mean approved. Others that are not known are held.",
        examples=[["accepted"]],
    )

    selecting: ClassVar[tuple[str, ...]] = ("approved_states",)


class ParcelPoint(Platform):
    """One shop at ParcelPoint."""

    kind: ClassVar[str] = "parcelpoint"
    title: ClassVar[str] = "ParcelPoint"
    settings: ClassVar[type[SourceSettings]] = ParcelPointSettings
    capabilities: ClassVar[Capabilities] = Capabilities(lists_by="change", lists_changes=True)
    account_key: ClassVar[str] = "shop"
    default_rules: ClassVar[tuple[dict[str, str], ...]] = ({"strip_prefix": "#"},)
    # 300 a minute are allowed.
    default_limits: ClassVar[dict[str, int]] = {"1m": 240}

    def __init__(self, source_id: str, settings: ParcelPointSettings, reader: Reader) -> None:
        """Read with `reader`; see `Platform`."""
        self._source = SourceId(source_id)
        self._settings = settings
        self._reader = reader

    @classmethod
    def auth(cls, settings: ParcelPointSettings, secret: SecretOf) -> HeaderAuth:
        """The key in one header, and the shop that it belongs to in another."""
        return HeaderAuth("X-Api-Key", secret("api_key"), beside={"X-Shop": settings.shop})

    def changes(self, since: datetime) -> Iterator[Page]:
        """Returns by `changed_at`, ascending, read by key: pages by number would skip returns that move meanwhile."""
        until = clock.now()
        pager = KeyPager(since, PAGE_SIZE, until=until)
        while (request := pager.next_request()) is not None:
            with listing(self._source, self.title, _RIGHTS):
                answer = self._list("changed_from", clock.stamp_ms(request.since), request.page)
                until = min(until, answer.date or until)
                records, more = _records(answer)
                pager.learn([Row(key_of(record), moment_of(record, "changed_at")) for record in records], more=more)
            mark = until if pager.finished else pager.safe_mark
            yield read_page(records, self.read, None if mark is None else min(mark, until))

    def one(self, return_id: ReturnId) -> Found:
        """Read one return again."""
        try:
            return self.read(self._reader.get("returns", return_id).json())
        except Refused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def find(self, number: str) -> Iterator[Return | UnreadableRecord]:
        """Find returns by order number, with and without a `#` before it, else by the return's own id."""
        bare = number.strip().removeprefix("#")
        if not bare.strip(". "):
            return  # an id of only dots and spaces cannot be part of an address
        found = [
            self.read(record) for typed in (bare, f"#{bare}") for record in _records(self._list("order", typed))[0]
        ]
        found = found or [self.one(ReturnId(number))]
        yield from (item for item in found if item is not None)

    def check(self) -> Iterator[Finding]:
        """Request the shortest possible list."""
        self._reader.get("returns", params=[("limit", "1")])
        yield Finding("credentials", ok=True, text="key and shop are accepted")

    def read(self, record: object) -> Found:
        """One record as a return; `None` for drafts, which the consumer has not submitted yet."""
        try:
            given = wire.Record.model_validate(record)
            if given.state.lower() == "draft":
                return None
            return translate(given, self._source, self._settings.approved_states)
        except ValueError as error:
            return unreadable(record, error)

    def _list(self, by: str, value: str, page: int = 1) -> Answer:
        return self._reader.get("returns", params=[(by, value), ("limit", str(PAGE_SIZE)), ("page", str(page))])


def _records(answer: Answer) -> tuple[list[object], bool]:
    """The records of a page, and whether another page follows: only `false` says that none does."""
    content = answer.json()
    records = items_in(look_up(content, "returns"), "id")
    if records is None:
        raise BadAnswer("ParcelPoint answered a list request without a list.")
    return records, look_up(content, "more") is not False
