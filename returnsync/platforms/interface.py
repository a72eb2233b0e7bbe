"""What the engine asks of a platform.

A platform only reads. It is handed a `Reader`, which cannot send anything that changes something, so that this rule
does not hang on each module's good will.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from returnsync.errors import CallError
from returnsync.http.client import Reader
from returnsync.model import Finding, Reason, Return, ReturnId, UnreadableRecord
from returnsync.platforms.capabilities import Capabilities
from returnsync.platforms.glimpse import Names
from returnsync.platforms.source_settings import ASKED_FIRST, IN_SAMPLE, ConfigPath, Moment, SourceSettings
from returnsync.secrets import SecretOf

__all__ = [
    "ASKED_FIRST",
    "IN_SAMPLE",
    "ConfigPath",
    "Found",
    "LookBack",
    "Moment",
    "Page",
    "Platform",
    "SourceSettings",
]


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
class LookBack:
    """How far before the last mark a listing begins: on each run, and once an hour."""

    usual: timedelta = timedelta(minutes=10)
    deep: timedelta = timedelta(hours=6)


Found = Return | UnreadableRecord | None
"""What reading one return gave; `None` when the platform no longer has it, or it is none of our business."""


class Platform(ABC):
    """One account on a return platform. Implementations translate; they keep no state between runs."""

    kind: ClassVar[str]
    title: ClassVar[str]
    settings: ClassVar[type[SourceSettings]]
    capabilities: ClassVar[Capabilities]
    named_in_records: ClassVar[Names] = Names()
    """What the fields are called that tell a person which return a record is that cannot be read."""
    account_key: ClassVar[str]
    """The setting that names the account at the platform: two sources that share it are one account renamed. A secret
    counts by its reference."""
    account_ids: ClassVar[tuple[str, ...]] = ()
    """The settings that name the account for good: once something of a source was announced, they must not change
    unasked. None where only keys tell, which rotate."""
    default_rules: ClassVar[tuple[dict[str, str], ...]] = ()
    default_limits: ClassVar[dict[str, int]] = {}

    @abstractmethod
    def __init__(self, source_id: str, settings: Any, reader: Reader) -> None:
        """Read with `reader` what `settings` describe; every `Return` carries `source_id`. No request is made yet."""

    @classmethod
    @abstractmethod
    def auth(cls, settings: Any, secret: SecretOf) -> Any:
        """The authentication of this account: an `AuthBase` of `requests`, or `ClientCredentials`.

        `secret` resolves a setting that is a reference.
        """

    @classmethod
    def look_back(cls, settings: Any) -> LookBack:  # noqa: ARG003 - some let a setting say
        """How far before the last mark to begin."""
        return LookBack()

    @abstractmethod
    def changes(self, since: datetime) -> Iterator[Page]:
        """Everything that changed (or was made, where listings go by creation) at or after `since`, page by page.

        Raises:
            CallError: a page could not be read; what was yielded before stays valid.
            AccountError: the account cannot be used at all.
        """

    def earlier(self, since: datetime, until: datetime) -> Iterator[Page]:  # noqa: ARG002 - only some need it
        """What was made between two moments, listed again to see what became of it, the earliest first.

        Only where listings go by creation; there, once an hour, after `changes`. A page's `mark` says up to where of
        the span everything has been read: a reading that is broken off goes on there. Raises as `changes` does.
        """
        yield from ()

    def read(self, record: object) -> Found:
        """One record as it came, as a return.

        Whatever a listing or a single read brings goes through here, which is how `own_records` tells whose record each
        is. A platform that reads its records elsewhere works, and `show --raw` cannot show them.
        """
        raise NotImplementedError

    @abstractmethod
    def one(self, return_id: ReturnId) -> Found:
        """One return anew, by the id that its `Return` or its `UnreadableRecord` carried."""

    def each(self, return_ids: Sequence[ReturnId]) -> Iterator[tuple[ReturnId, Found | CallError]]:
        """Several returns anew, each with what came of it; one that failed for now comes as its error.

        One read each, unless a platform knows a cheaper way. Where ids are made of contents, one that is not there may
        come as the only record of its instant, which has another id. Raises `AccountError` when the account cannot be
        used.
        """
        for return_id in return_ids:
            try:
                yield return_id, self.one(return_id)
            except CallError as error:
                yield return_id, error

    def complete(self, ret: Return, known: Return | None = None) -> Return:  # noqa: ARG002 - only some need it
        """A new or changed return with what only further reads can tell, asked for once and not for the unchanged.

        Nor for one that is over before anything was announced of it. `known` is the return as it was completed before.

        Raises:
            UntranslatableError: it can be completed now by nothing; it is set aside and tried again.
            CallError: the same, for now.
        """
        return ret

    @abstractmethod
    def find(self, number: str) -> Iterator[Return | UnreadableRecord]:
        """The returns that carry `number` as order number or as their own number; for `replay`."""

    def reasons(self) -> Sequence[Reason] | None:
        """The return reasons that the account offers, main reasons only; `None` where no list can be had.

        Raises:
            CallError, AccountError: the list could not be read.
        """
        return None

    @abstractmethod
    def check(self) -> Iterator[Finding]:
        """Try credentials and account with the cheapest read there is."""
