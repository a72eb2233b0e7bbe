"""What the engine asks of a platform, and the settings that every source has.

A platform only reads. It is handed a `Reader`, which cannot send anything that changes something, so that this rule
does not hang on each module's good will.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from returnsync.http.account import CallSettings
from returnsync.http.client import Reader
from returnsync.mapping.order_numbers import OrderNumberRule
from returnsync.model import Finding, Return, ReturnId, UnreadableRecord
from returnsync.secrets import SecretOf


def _as_moment(value: object) -> object:
    """TOML knows bare dates and naive times: both are read as UTC."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    raise ValueError("write a date such as 2026-11-01, without quotes")


Moment = Annotated[datetime, BeforeValidator(_as_moment)]


class SourceSettings(CallSettings):
    """One account on a return platform; the table's name is the name of the source."""

    platform: str = Field(description="The kind of platform.", examples=["returnista"])
    warehouse: str = Field(description="The warehouse account that receives these returns.", examples=["monta"])
    start_from: Moment = Field(
        description="Nothing created before this moment is announced; `run` counts what it leaves out. "
        "Required, so that a first run cannot announce last year.",
        examples=[date(2026, 11, 1)],
    )
    id: str = Field(
        default="",
        description="The lasting identity of this source, part of every code at the warehouse. "
        "Defaults to the source's name; set it to the old name when you rename a source.",
        examples=["shop-nl"],
        max_length=40,
    )
    own_label: Literal["keep", "replace"] = Field(
        default="keep",
        description="When the platform itself gave a label or tracking number: keep it and announce with it, "
        "or replace it and ask the warehouse all the same.",
        examples=["keep"],
    )
    announce_delivered: bool = Field(
        default=False,
        description="Announce a return that was delivered before it was ever announced.",
        examples=[False],
    )
    send_updates: bool = Field(
        default=False,
        description="Send a change of lines or units after the announcement to the warehouse, "
        "instead of holding the return for a person.",
        examples=[False],
    )
    order_number: tuple[OrderNumberRule, ...] | None = Field(
        default=None,
        description="Rules that turn the platform's order number into the warehouse's, applied in order. "
        "When absent, the platform's own default applies (Returnista: a leading # is stripped).",
        examples=[[{"strip_prefix": "#"}, {"pattern": "^EXC-(.+)$", "replace": r"\1"}]],
    )
    carriers: dict[str, str] = Field(
        default_factory=dict,
        description="The platform's carrier or shipping product → the warehouse's carrier. "
        "What is not named here gets the warehouse's default.",
        examples=[{"postnl_parcel": "PostNL", "dpd": "DPD"}],
    )
    guard_new: int = Field(
        default=100,
        ge=1,
        description="Refuse to deliver when more announcements than this are new and they are also more than "
        "`guard_factor` times those of the largest earlier run.",
        examples=[100],
    )
    guard_factor: int = Field(default=10, ge=1, description="See `guard_new`.", examples=[10])
    guard_first: int = Field(
        default=500, ge=1, description="Refuse a first run with more new announcements than this.", examples=[500]
    )


@dataclass(frozen=True, slots=True)
class Page:
    """What one request of a listing brought.

    `mark` is the moment up to which everything has now been read, or `None` while that cannot be said; the engine
    commits it together with the records, so it can never pass one that was not saved.
    """

    returns: tuple[Return, ...]
    unreadable: tuple[UnreadableRecord, ...] = ()
    mark: datetime | None = None
    skipped: int = 0
    """Records that are none of our business, such as drafts and test stores."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can do; the engine asks instead of knowing platforms, and the docs table is made of it."""

    lists_changes: bool
    """Listing by time of change can be trusted; otherwise open returns are read again one by one once a day."""


class Platform(ABC):
    """One account on a return platform. Implementations translate; they keep no state between runs."""

    kind: ClassVar[str]
    title: ClassVar[str]
    settings: ClassVar[type[SourceSettings]]
    capabilities: ClassVar[Capabilities]
    account_key: ClassVar[str]
    """The setting that names the account at the platform: two sources that share it are one account renamed."""
    default_rules: ClassVar[tuple[dict[str, str], ...]] = ()
    default_limits: ClassVar[dict[str, int]] = {}
    overlap_minutes: ClassVar[int] = 10

    @abstractmethod
    def __init__(self, source_id: str, settings: Any, reader: Reader) -> None:
        """Read with `reader` what `settings` describe; every `Return` carries `source_id`. No request is made yet."""

    @classmethod
    @abstractmethod
    def auth(cls, settings: Any, secret: SecretOf) -> Any:
        """The authentication of this account for `requests`; `secret` resolves a setting that is a reference."""

    @abstractmethod
    def changes(self, since: datetime) -> Iterator[Page]:
        """Everything that changed at or after `since`, page by page as it is read.

        Raises:
            CallError: a page could not be read; what was yielded before stays valid.
            AccountError: the account cannot be used at all.
        """

    @abstractmethod
    def one(self, return_id: ReturnId) -> Return | UnreadableRecord | None:
        """One return anew, or `None` when the platform no longer has it (or it is none of our business)."""

    @abstractmethod
    def find(self, number: str) -> Iterator[Return | UnreadableRecord]:
        """The returns that carry `number` as order number or as their own number; for `replay`."""

    @abstractmethod
    def check(self) -> Iterator[Finding]:
        """Try credentials and account with the cheapest read there is."""
