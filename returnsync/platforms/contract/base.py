"""The base of the contract's tests: what a test class gives, and the server in between."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from returnsync import clock
from returnsync.http.client import Reader
from returnsync.http.retry import RetryPolicy
from returnsync.model import Return, ReturnStatus, SourceId, UnreadableRecord
from returnsync.platforms.contract.between import Between
from returnsync.platforms.contract.expect import expect, same, whole
from returnsync.platforms.interface import Page, Platform, SourceSettings

_REQUIRED = (
    *("platform", "settings", "secrets", "statuses", "page_size", "forbidden"),
    *("status_field", "created_field", "updated_field"),
    *("start", "stop", "add", "touch", "records"),
)
SOURCE = SourceId("shop")
MOST_PAGES = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """A return that the stand-in is to have: one unit of one article for each order."""

    orders: tuple[str, ...] = ("1001",)
    """One order where the platform's records have no more: see `Capabilities.several_orders`."""
    word: str = ""
    """The platform's own word for its status; empty for an approved one."""
    created: datetime = field(default_factory=lambda: whole(clock.now() - timedelta(hours=2)))
    updated: datetime = field(default_factory=lambda: whole(clock.now() - timedelta(hours=1)))


@dataclass(slots=True)
class Listed:
    """The results of one listing, page by page and in total."""

    pages: list[Page] = field(default_factory=list)

    @property
    def returns(self) -> dict[str, Return]:
        """The returns by id; of a return that came more than once, the last copy."""
        return {ret.id: ret for page in self.pages for ret in page.returns}

    @property
    def unreadable(self) -> list[UnreadableRecord]:
        """The records that could not be read."""
        return [record for page in self.pages for record in page.unreadable]

    @property
    def marks(self) -> list[datetime]:
        """The marks, in order."""
        return [page.mark for page in self.pages if page.mark is not None]


class Base:
    """What a test class gives (all of it, see `_REQUIRED`), and what the tests use."""

    platform: ClassVar[type[Platform]]
    settings: ClassVar[Mapping[str, object]]
    """What the platform's settings require besides the address and the secrets."""
    secrets: ClassVar[Mapping[str, str]]
    """The secret for each setting that is a reference to one."""
    statuses: ClassVar[Mapping[ReturnStatus, str]]
    """The platform's words; at least for approved, and for cancelled where it has one. Keys of `Wish.word`."""
    page_size: ClassVar[int]
    """How many records a page of the listing has at most."""
    forbidden: ClassVar[tuple[str, ...]]
    """Parts of addresses that must never be requested, as a request changes something; empty where there are none."""
    status_field: ClassVar[str]
    created_field: ClassVar[str]
    updated_field: ClassVar[str]
    """Where these are in a record that `records` finds: `state`, or `status_history.0.timestamp`.

    `updated_field` is empty where a record does not have it.
    """
    id_field: ClassVar[str] = "id"
    spare_fields: ClassVar[tuple[str, ...]] = ()
    """Fields, or whole parts of a record, that decide nothing: neither the announcement nor the label needs them.

    Whatever their value is, no return is lost.
    """
    precision: ClassVar[timedelta] = timedelta(milliseconds=1)
    """The finest unit of time that the platform writes wherever it shows a return."""
    error_bodies: ClassVar[tuple[bytes, ...]] = ()
    """Bodies of the platform's own errors; a body that quotes something quotes `QUOTED` of `contract.calls`."""
    wrong_bodies: ClassVar[tuple[bytes, ...]] = ()
    """Answers with status 200 to the listing that are errors all the same."""

    def start(self) -> str:
        """Start the stand-in, empty, and return its base address."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop the stand-in."""
        raise NotImplementedError

    def add(self, wish: Wish) -> str:
        """Add a return, and return its id at the platform."""
        raise NotImplementedError

    def touch(self, return_id: str, at: datetime) -> None:
        """Move a return's time of change, so that a listing by change shows it again."""
        raise NotImplementedError

    def records(self, content: Any) -> list[Any] | None:
        """The list of records itself inside an answer of the listing; `None` when the answer is something else."""
        raise NotImplementedError

    def key(self, record: Any) -> str:
        """What identifies a raw record, also where it cannot be read."""
        return str(record[self.id_field])

    def __init_subclass__(cls, *, abstract: bool = False) -> None:
        """Refuse a class that leaves something out; with `abstract`, a subclass has to give it."""
        super().__init_subclass__()
        missing = [name for name in _REQUIRED if getattr(cls, name, None) is getattr(Base, name, None)]
        if missing and not abstract:
            raise TypeError(f"{cls.__name__} must give {', '.join(missing)}: see returnsync.platforms.contract")

    between: Between
    waits: list[float]

    def setup_method(self) -> None:
        """Start the stand-in and the server in between."""
        self.between = Between(self.start())
        self.waits = []
        self._readers: list[Reader] = []

    def teardown_method(self) -> None:
        """Stop both."""
        for reader in self._readers:
            reader.close()
        self.between.close()
        self.stop()

    def open(self, **more: object) -> Platform:
        """The platform under test, with further settings; its waits are recorded instead of waited."""
        settings = self._settings(**more)
        return self.platform(SOURCE, settings, self.reader(settings))

    def reader(self, settings: SourceSettings) -> Reader:
        """A client as the platform gets it, with its credentials; its waits are recorded."""
        reader = Reader(
            "shop",
            settings.base_url,
            self.platform.auth(settings, self._secret),
            retry=RetryPolicy(attempts=3, sleep=lambda _stop, seconds: self.waits.append(seconds)),
        )
        self._readers.append(reader)
        return reader

    def _settings(self, **more: object) -> SourceSettings:
        references = {key: f"env:{key.upper()}" for key in self.secrets}
        common = {"platform": self.platform.kind, "warehouse": "monta", "start_from": datetime(2026, 1, 1, tzinfo=UTC)}
        return self.platform.settings.model_validate(
            {**common, "base_url": self.between.url, **references, **self.settings, **more}
        )

    def _secret(self, key: str) -> str:
        return self.secrets[key]

    def listed(self, since: datetime | None = None, platform: Platform | None = None) -> Listed:
        """A whole listing, by default of the last day."""
        found = Listed()
        for page in (platform or self.open()).changes(since or clock.now() - timedelta(days=1)):
            found.pages.append(page)
            expect(len(found.pages) < MOST_PAGES, f"the listing does not end after {MOST_PAGES} pages")
        return found

    def only(self, since: datetime | None = None) -> Return:
        """The only return in a listing."""
        listed = self.listed(since)
        same([record.problem for record in listed.unreadable], [], "unreadable records")
        same(len(listed.returns), 1, "returns")
        return next(iter(listed.returns.values()))

    @contextmanager
    def edited(
        self, change: Callable[[list[Any]], object], rewrite: Callable[[bytes], bytes] | None = None
    ) -> Iterator[None]:
        """Change the records of every listing's answer on their way, and then the bytes of each answer."""

        def edit(content: object) -> None:
            records = self.records(content)
            if records is not None:
                change(records)

        self.between.edit, self.between.rewrite = edit, rewrite
        yield
        self.between.edit = self.between.rewrite = None

    def ago(self, **time: float) -> datetime:
        """A moment in the past, as precise as the platform writes."""
        moment = clock.now() - timedelta(**time)
        return moment - (moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)) % self.precision

    def orders(self, *numbers: str) -> tuple[str, ...]:
        """These orders, or the first of them where the platform's records have no more than one."""
        return numbers if self.platform.capabilities.several_orders else (numbers[0],)

    def wish(self, *numbers: str, **more: Any) -> Wish:
        """A wish with times that the platform can write: created two hours ago, changed an hour ago."""
        times = {"created": self.ago(hours=2), "updated": self.ago(hours=1)}
        return Wish(self.orders(*numbers or ("1001",)), **{**times, **more})

    def add_many(self, count: int) -> dict[str, datetime]:
        """Add `count` approved returns, a second apart; return their times of change by id, the earliest first."""
        start = whole(clock.now() - timedelta(hours=6)).replace(microsecond=0)
        moments = [start + timedelta(seconds=index) for index in range(count)]
        created = start - timedelta(hours=1)
        return {
            self.add(Wish((f"{2000 + index}",), created=created, updated=when)): when
            for index, when in enumerate(moments)
        }
