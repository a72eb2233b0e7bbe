"""Returnly: returns with their lines and labels, from recorded exports; the service itself was closed in 2023.

The facts, and how certain they are, are in the project's page on Returnly (docs/platforms/returnly.md), whose sections
are named here. Only GET is ever sent. The calls that refund or subscribe are POST; their addresses are not known, and
none is guessed.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from returnsync import clock
from returnsync.errors import CallError
from returnsync.http.auth import HeaderAuth
from returnsync.http.client import Reader
from returnsync.http.paging import CursorPager
from returnsync.model import Finding, Return, ReturnId, SourceId, UnreadableRecord
from returnsync.platforms.capabilities import Capabilities
from returnsync.platforms.glimpse import Names
from returnsync.platforms.interface import ASKED_FIRST, IN_SAMPLE, ConfigPath, Found, Page, Platform, SourceSettings
from returnsync.platforms.records import bare, key_of, read_page, unreadable
from returnsync.platforms.returnly import wire
from returnsync.platforms.returnly.export import Export
from returnsync.platforms.returnly.listing import Listing
from returnsync.platforms.returnly.translation import translate
from returnsync.secrets import SecretOf, SecretRef

__all__ = ["Returnly", "ReturnlySettings"]

_VERSION = {"X-Api-Version": "2020-08", "Content-Type": "application/json"}


class ReturnlySettings(SourceSettings):
    """The settings of a store at Returnly, or of its recorded export."""

    platform: Literal["returnly"] = Field(description="The kind of platform.", examples=["returnly"])
    export: ConfigPath = Field(
        default="",
        description="Recorded pages of the API, read in place of it: a pattern of files. "
        "Returnly was closed in 2023, so this is how its returns are read today.",
        examples=["returnly/*.json"],
        json_schema_extra={ASKED_FIRST: True},
    )
    token: SecretRef | None = Field(
        default=None,
        description="The store's API token. Required where `export` is not given.",
        examples=["env:RETURNLY_TOKEN"],
        json_schema_extra={IN_SAMPLE: True},
    )
    base_url: str = Field(default="https://api.returnly.com", description="The address of the API.")
    approved_statuses: tuple[str, ...] = Field(
        default=("authorized",),
        description="Statuses that mean approved. Other unknown statuses are held.",
        examples=[["authorized"]],
    )

    selecting: ClassVar[tuple[str, ...]] = ("approved_statuses",)

    @property
    def account(self) -> str:
        """What distinguishes this account from others: its export, or else the reference of its token."""
        return self.export or str(self.token)

    @model_validator(mode="after")
    def _has_something_to_read(self) -> Self:
        if not self.export and self.token is None:
            raise ValueError(
                'has nothing to read; write e.g. export = "returnly/*.json" for recorded pages, '
                'or token = "env:RETURNLY_TOKEN"'
            )
        return self


class Returnly(Platform):
    """One store at Returnly, from recorded pages of its API or over the API itself."""

    kind: ClassVar[str] = "returnly"
    title: ClassVar[str] = "Returnly"
    settings: ClassVar[type[SourceSettings]] = ReturnlySettings
    named_in_records: ClassVar[Names] = Names(("ext_order_number",), ("tracking_number",), ("created_at",))
    capabilities: ClassVar[Capabilities] = Capabilities(
        lists_changes=True, reasons="texts", reads_singly=False, finds="listed"
    )
    account_key: ClassVar[str] = "account"
    default_rules: ClassVar[tuple[dict[str, str], ...]] = ({"strip_prefix": "#"},)
    # No rate is published. One request per second was thought safe; this is 80 % of it (section 1).
    default_limits: ClassVar[dict[str, int]] = {"10s": 8}

    def __init__(self, source_id: str, settings: ReturnlySettings, reader: Reader) -> None:
        """Read the files of an export, else with `reader`; see `Platform`."""
        self._source = SourceId(source_id)
        self._settings = settings
        self._export = Export(source_id, settings.export) if settings.export else None
        self._listing = Listing(source_id, self.title, reader)

    @classmethod
    def auth(cls, settings: ReturnlySettings, secret: SecretOf) -> HeaderAuth | None:
        """The store's token, together with the version (section 1); `None` where no request is made."""
        return None if settings.export else HeaderAuth("X-Api-Token", secret("token"), _VERSION)

    def changes(self, since: datetime) -> Iterator[Page]:
        """Returns by their time of change. An export is read whole each time: files do not show when they came."""
        if self._export is None:
            for records, mark in self._listing.pages(since):
                yield read_page(records, self.read, mark)
            return
        began = clock.now()
        for records in self._export.pages():
            yield read_page(records, self.read)
        yield Page((), mark=began)

    def one(self, return_id: ReturnId) -> Found:
        """Read one return again: no single read is known, so it is searched for in the list (section 2)."""
        _, found = next(self.each([return_id]))
        if isinstance(found, CallError):
            raise found
        return found

    def each(self, return_ids: Sequence[ReturnId]) -> Iterator[tuple[ReturnId, Found | CallError]]:
        """Read several returns again, all from one reading of the list."""
        wanted = set(return_ids)
        try:
            for record in self._all():
                key = ReturnId(key_of(record))
                if key in wanted:
                    wanted.remove(key)
                    yield key, self.read(record)
                if not wanted:
                    return
        except CallError as error:
            yield from ((key, error) for key in wanted)
        else:
            yield from ((key, None) for key in wanted)

    def find(self, number: str) -> Iterator[Return | UnreadableRecord]:
        """Search the whole list by order number with and without a `#`, by RMA or by id; each return comes once."""
        typed = bare(number)
        found: dict[str, Return | UnreadableRecord] = {}
        for record in self._all() if typed else ():
            item = self.read(record)
            if isinstance(item, Return) and typed in {item.id, item.number, *_bare_numbers(item)}:
                found[item.id] = item
            elif isinstance(item, UnreadableRecord) and item.key == typed:
                found[item.key] = item
        yield from found.values()

    def check(self) -> Iterator[Finding]:
        """Read the list from now on, which is practically empty; or the files of the export."""
        if self._export is None:
            self._listing.page(clock.now(), CursorPager())
            yield Finding("credentials", ok=True, text="the token is accepted")
            return
        counts = [len(records) for records in self._export.pages()]
        text = f"{len(counts)} files with {sum(counts)} returns; the service was closed in 2023 and is not asked"
        yield Finding("export", ok=True, text=text)

    def _all(self) -> Iterator[object]:
        """Every record since `start_from`; of an export, every record."""
        if self._export is not None:
            for records in self._export.pages():
                yield from records
        else:
            for records, _ in self._listing.pages(self._settings.start_from):
                yield from records

    def read(self, record: object) -> Found:
        """One record, joined with its parts, as a return; `None` for one that the shopper never finished."""
        try:
            given = wire.Return.model_validate(record)
            return translate(given, self._source, self._settings.approved_statuses)
        except ValueError as error:
            return unreadable(record, error)


def _bare_numbers(ret: Return) -> Iterator[str]:
    return (bare(number) for number in ret.order_numbers())
