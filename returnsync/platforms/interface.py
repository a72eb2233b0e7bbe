"""What the engine asks of a platform.

A platform only reads. It is given a `Reader`, which cannot send anything that makes a change, so that this rule does
not depend on each module's code.
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
    """The results of one request of a listing.

    `mark` is the moment up to which everything has now been read, or `None` while that is not known. The engine commits
    it together with the records, so it can never pass a record that was not saved.
    """

    returns: tuple[Return, ...]
    unreadable: tuple[UnreadableRecord, ...] = ()
    mark: datetime | None = None
    skipped: int = 0
    """Records that are skipped on purpose, such as drafts and those of test stores."""


@dataclass(frozen=True, slots=True)
class LookBack:
    """How far before the last mark a listing begins: on each run, and once an hour."""

    usual: timedelta = timedelta(minutes=10)
    deep: timedelta = timedelta(hours=6)


Found = Return | UnreadableRecord | None
"""The result of reading one return; `None` when the platform no longer has it, or when it is skipped on purpose."""


class Platform(ABC):
    """One account on a return platform. Implementations translate; they keep no state between runs."""

    kind: ClassVar[str]
    title: ClassVar[str]
    settings: ClassVar[type[SourceSettings]]
    capabilities: ClassVar[Capabilities]
    named_in_records: ClassVar[Names] = Names()
    """The names of the fields by which a person may recognise a record that cannot be read."""
    account_key: ClassVar[str]
    """The setting that names the account at the platform.

    Two sources that share it are the same account under a new name. A secret is compared by its reference.
    """
    account_ids: ClassVar[tuple[str, ...]] = ()
    """The settings that name the account permanently. Empty where only keys identify it, since keys rotate.

    Once something of a source was announced, they must not change without a confirmation.
    """
    default_rules: ClassVar[tuple[dict[str, str], ...]] = ()
    default_limits: ClassVar[dict[str, int]] = {}

    @abstractmethod
    def __init__(self, source_id: str, settings: Any, reader: Reader) -> None:
        """Read with `reader` as `settings` say; every `Return` carries `source_id`. No request is made yet."""

    @classmethod
    @abstractmethod
    def auth(cls, settings: Any, secret: SecretOf) -> Any:
        """The authentication of this account: an `AuthBase` of `requests`, or `ClientCredentials`.

        `secret` resolves a setting that is a reference.
        """

    @classmethod
    def look_back(cls, settings: Any) -> LookBack:  # noqa: ARG003 - some have a setting for it
        """How far before the last mark to begin."""
        return LookBack()

    @abstractmethod
    def changes(self, since: datetime) -> Iterator[Page]:
        """Everything that changed (or was created, where listings go by creation) at or after `since`, page by page.

        Raises:
            CallError: a page could not be read; earlier pages stay valid.
            AccountError: the account cannot be used at all.
        """

    def earlier(self, since: datetime, until: datetime) -> Iterator[Page]:  # noqa: ARG002 - only some need it
        """Returns created between two moments, listed again to see what became of them, the earliest first.

        This is only for listings by creation; there it runs once an hour, after `changes`. A page's `mark` says up to
        where the period has been read: a reading that was interrupted goes on there. Raises as `changes` does.
        """
        yield from ()

    def read(self, record: object) -> Found:
        """One record as it came, as a return.

        Every record of a listing or a single read goes through here, which is how `own_records` finds out whose record
        each one is. A platform that reads its records elsewhere works, but `show --raw` cannot show them.
        """
        raise NotImplementedError

    @abstractmethod
    def one(self, return_id: ReturnId) -> Found:
        """Read one return again, by the id that its `Return` or its `UnreadableRecord` carried."""

    def each(self, return_ids: Sequence[ReturnId]) -> Iterator[tuple[ReturnId, Found | CallError]]:
        """Read several returns again, and give each with its result; a call that failed for now gives its error.

        There is one read for each, unless a platform knows a cheaper way. Where ids are made from contents, a return
        that no longer exists may be given as the only record with its time of creation, which has another id. Raises
        `AccountError` when the account cannot be used.
        """
        for return_id in return_ids:
            try:
                yield return_id, self.one(return_id)
            except CallError as error:
                yield return_id, error

    def complete(self, ret: Return, known: Return | None = None) -> Return:  # noqa: ARG002 - only some need it
        """A new or changed return, with the details that only further reads give.

        It is not called for unchanged returns, nor for one that is over before anything of it was announced. `known` is
        the return as it was completed before.

        Raises:
            UntranslatableError: it cannot be completed as it is; it is set aside and retried.
            CallError: it cannot be completed for now.
        """
        return ret

    @abstractmethod
    def find(self, number: str) -> Iterator[Return | UnreadableRecord]:
        """The returns whose order number or own number is `number`; for `replay`."""

    def reasons(self) -> Sequence[Reason] | None:
        """The return reasons that the account offers, main reasons only; `None` where no list exists.

        Raises:
            CallError, AccountError: the list could not be read.
        """
        return None

    @abstractmethod
    def check(self) -> Iterator[Finding]:
        """Test credentials and account with the cheapest read that there is."""
