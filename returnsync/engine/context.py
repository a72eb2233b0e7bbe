"""What one command works with: the accounts it may use, the state, the labels, and whether it may act."""

import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from returnsync.config import reasons_file
from returnsync.config.csv_tables import CsvTable
from returnsync.config.load import Loaded
from returnsync.engine.numbers import Numbers
from returnsync.engine.observer import Observer, Silence
from returnsync.engine.policy import SourcePolicy
from returnsync.engine.summary import Tally
from returnsync.errors import AccountError, AccountRefused, CallError, ConfigError, ExitCode
from returnsync.http.account import CallSettings
from returnsync.http.client import Reader, Sender
from returnsync.http.limits import AccountLimiter, parse_limits
from returnsync.http.retry import RetryBudget, RetryPolicy
from returnsync.labels import LabelFolder
from returnsync.mapping.line_rules import LineRules
from returnsync.mapping.order_rules import HOLE, OrderNumberRule, StripPrefix
from returnsync.mapping.pairings import Pair, Pairings
from returnsync.model import (
    Channel,
    Reason,
    SourceId,
    WarehouseName,
    WarehouseReason,
)
from returnsync.platforms.interface import Platform, SourceSettings
from returnsync.platforms.registry import PLATFORMS
from returnsync.secrets import SecretOf
from returnsync.state.database import Database
from returnsync.state.history import Story
from returnsync.warehouses.interface import Warehouse, WarehouseSettings
from returnsync.warehouses.registry import WAREHOUSES


@dataclass(frozen=True)
class Source:
    """One account on a platform, ready to be read."""

    name: str
    id: SourceId
    settings: SourceSettings
    kind: type[Platform]
    policy: SourcePolicy
    rules: tuple[OrderNumberRule, ...]

    skus: CsvTable | None = None
    """Its table of SKUs, where it has one."""

    def line_rules(self) -> LineRules:
        """How its articles are found on orders, with its table of SKUs as the file has it now.

        Raises:
            AccountRefused: the table cannot be read; nothing of this source can be announced.
        """
        try:
            skus = self.skus.read() if self.skus else {}
        except ConfigError as error:
            what = " ".join((error.what, "; ".join(error.problems))).strip()
            raise AccountRefused(self.name, f"{self.name}: {what}", error.next_step) from error
        settings = self.settings
        return LineRules(
            skus=skus,
            ignore_case=settings.sku_case == "ignore",
            ignore_zeros=settings.sku_leading_zeros == "ignore",
            fill=settings.repeated_sku == "fill",
            bundles=settings.bundles,
        )

    @property
    def account(self) -> str:
        """What names the account at its platform."""
        return str(getattr(self.settings, self.kind.account_key))


@dataclass
class Context:
    """Everything that the parts of the engine share during one command."""

    config: Loaded
    db: Database
    dry_run: bool = False
    observer: Observer = field(default_factory=Silence)
    stop: threading.Event = field(default_factory=threading.Event)
    tally: Tally = field(default_factory=Tally)
    run_id: str = field(default_factory=lambda: os.urandom(6).hex())
    stopped_by: ExitCode | None = None
    """The exit code of the signal that asked us to stop."""
    named_config: Path | None = None
    """The configuration file as the command line named it, for commands that are suggested."""
    only: frozenset[str] = frozenset()
    """Names of the sources to work on; empty means all."""

    def __post_init__(self) -> None:
        """Prepare what needs no I/O; accounts are opened when they are first used."""
        self.story = Story(self.run_id)
        self.labels = LabelFolder(self.config.labels_path)
        self.numbers = Numbers(self)
        self._lock = threading.RLock()
        self._reading_channels = threading.Lock()
        self._reading_products = threading.Lock()
        self._clients: dict[str, Reader] = {}
        self._limiters: list[AccountLimiter] = []
        self._platforms: dict[SourceId, Platform] = {}
        self._warehouses: dict[WarehouseName, Warehouse] = {}
        self._skus_of: dict[tuple[WarehouseName, str], tuple[str, ...]] = {}
        self._channels: dict[WarehouseName, Sequence[Channel] | AccountError | CallError] = {}
        self._broken: dict[str, AccountError] = {}

    @cached_property
    def sources(self) -> Mapping[SourceId, Source]:
        """The configured sources by their lasting id."""
        found = (self._source(name, settings) for name, settings in self.config.settings.sources.items())
        return {source.id: source for source in found}

    @property
    def chosen(self) -> Iterable[Source]:
        """The sources that this command works on."""
        return [source for source in self.sources.values() if not self.only or source.name in self.only]

    @cached_property
    def pairings(self) -> Pairings:
        """The reasons that are paired."""
        return reasons_file.load(self.config.reasons_path)

    def _source(self, name: str, settings: SourceSettings) -> Source:
        kind = PLATFORMS.find(settings.platform)
        rules = settings.order_number
        if rules is None:
            rules = tuple(StripPrefix(**rule) for rule in kind.default_rules)
        policy = SourcePolicy(
            warehouse=WarehouseName(settings.warehouse),
            start_from=settings.start_from,
            announce_delivered=settings.announce_delivered,
            send_updates=settings.send_updates,
            choose=settings.warehouse_of if len(settings.warehouses()) > 1 else None,
        )
        skus = CsvTable(Path(settings.sku_table)) if settings.sku_table else None
        return Source(name, SourceId(settings.id or name), settings, kind, policy, rules, skus)

    def warehouse_settings(self, name: WarehouseName) -> WarehouseSettings:
        """The settings of a warehouse.

        Raises:
            AccountRefused: the configuration no longer has it, while announcements still belong to it.
        """
        if name not in self.config.settings.warehouses:
            raise AccountRefused(
                name,
                f"Some announcements belong to warehouse {name}, which is not configured any more.",
                f"Put [warehouses.{name}] back, under that name: what was announced there can only go on there.",
            )
        return self.config.settings.warehouses[name]

    def platform(self, source: Source) -> Platform:
        """The source, opened: its secrets are resolved now.

        Raises:
            AccountRefused: a secret is not where the configuration says.
        """
        with self._lock:
            if source.id not in self._platforms:
                secret = self.config.secrets_of_source(source.name, self.stop)
                reader = self._open(Reader, source.name, source.settings, source.kind, secret)
                self._platforms[source.id] = source.kind(source.id, source.settings, reader)
            return self._platforms[source.id]

    def warehouse(self, name: WarehouseName) -> Warehouse:
        """The warehouse, opened: its secrets are resolved now.

        Raises:
            AccountError: a secret is not where the configuration says, or the account was stopped earlier in this run.
        """
        with self._lock:
            if name in self._broken:
                raise self._broken[name]
            if name not in self._warehouses:
                settings = self.warehouse_settings(name)
                kind = WAREHOUSES.find(settings.kind)
                secret = self.config.secrets_of_warehouse(name, self.stop)
                sender = self._open(Sender, name, settings, kind, secret, retry_401_once=kind.retry_401_once)
                self._warehouses[name] = kind(name, settings, sender)
            return self._warehouses[name]

    def give_up_on(self, name: str, error: AccountError) -> None:
        """Leave a warehouse, or the announcements of a source, alone for the rest of this run."""
        with self._lock:
            if name not in self._broken:
                self._broken[name] = error
                self.tally.trouble(error)

    def trying_once(self, name: WarehouseName) -> AbstractContextManager[None]:
        """Inside, in this thread, nothing is asked of a warehouse a second time. Raises as `warehouse`."""
        self.warehouse(name)
        return self._clients[name].trying_once()

    def tell_troubles(self) -> None:
        """Tell what the answers of a whole run show to be wrong with a warehouse, unless it was told already."""
        for name, warehouse in self._warehouses.items():
            if warehouse.trouble is not None:
                self.give_up_on(name, warehouse.trouble)

    def is_broken(self, name: str) -> bool:
        """Whether a warehouse or a source is left alone for the rest of this run."""
        return name in self._broken

    def leave_source_alone(self, source: Source, error: AccountError) -> None:
        """Read nothing more from a source in this run: whoever tries gets `error`."""
        self._clients[source.name].leave_alone(error)

    def requests_of(self, source: Source) -> int:
        """HTTP requests made so far to a source that is open."""
        return int(self._clients[source.name].requests)

    def offered_reasons(self, name: WarehouseName) -> tuple[WarehouseReason, ...]:
        """The return reasons that a warehouse offers. Raises as `Warehouse.reasons`, which reads them once a run."""
        return tuple(self.warehouse(name).reasons())

    def skus_of_barcode(self, name: WarehouseName, barcode: str) -> tuple[str, ...]:
        """The SKUs of the products that carry a barcode at a warehouse: asked once a run.

        Raises:
            HoldError, CallError, AccountError: as `Warehouse.skus_of_barcode`.
        """
        with self._reading_products:
            if (name, barcode) not in self._skus_of:
                self._skus_of[name, barcode] = tuple(self.warehouse(name).skus_of_barcode(barcode))
            return self._skus_of[name, barcode]

    def channels(self, name: WarehouseName) -> Sequence[Channel]:
        """The sales channels of a warehouse account: asked for once a run, also when that fails.

        Raises:
            CallError, AccountError: they could not be read. The warehouse is not given up for it.
        """
        with self._reading_channels:
            if name not in self._channels:
                try:
                    self._channels[name] = self.warehouse(name).channels()
                except (AccountError, CallError) as error:
                    self._channels[name] = error
            found = self._channels[name]
        if isinstance(found, AccountError | CallError):
            raise found
        return found

    def pairs_of(self, source: Source, reason: Reason, channel: str) -> list[Pair]:
        """The pairs of a reason of a source, the best first."""
        return list(self.pairings.find(source.name, source.settings.platform, reason, channel))

    @property
    def requests(self) -> dict[str, int]:
        """HTTP requests made so far, by account."""
        return {name: client.requests for name, client in sorted(self._clients.items())}

    @property
    def clock_offsets(self) -> dict[str, timedelta]:
        """How far each server's clock, by its last answer, is ahead of ours."""
        return {
            name: client.clock_offset
            for name, client in sorted(self._clients.items())
            if client.clock_offset is not None
        }

    def close(self) -> None:
        """Close every connection and the state."""
        for client in self._clients.values():
            client.close()
        for limiter in self._limiters:
            limiter.close()
        self.db.close()

    def _open(
        self,
        client: Any,
        name: str,
        settings: CallSettings,
        kind: Any,
        secret: SecretOf,
        **more: Any,
    ) -> Any:
        try:
            auth = kind.auth(settings, secret)
        except ConfigError as error:
            raise AccountRefused(name, error.what, error.next_step) from error
        limiter = self._limiter(name, settings.limits or kind.default_limits, settings.retry_budget)
        return self._client(client, name, settings.base_url, auth, settings, limiter=limiter, **more)

    def lookup_client(self, client: Any, name: str, source: Source, address: str, auth: Any) -> Any:
        """A client for lookups of a source, as patient as the source's own; `name` is what its requests count under.

        Raises:
            ConfigError: `address` is none that credentials may be sent to.
        """
        return self._client(client, name, address, auth, source.settings, hole=HOLE)

    def _client(self, client: Any, name: str, address: str, auth: Any, settings: CallSettings, **more: Any) -> Any:
        opened = client(
            name,
            address,
            auth,
            retry=RetryPolicy(attempts=settings.attempts, budget=RetryBudget(settings.retry_budget)),
            stop=self.stop,
            connect_timeout=settings.connect_timeout,
            read_timeout=settings.read_timeout,
            exchange_timeout=settings.exchange_timeout,
            **more,
        )
        self._clients[name] = opened
        return opened

    def _limiter(self, account: str, limits: Mapping[str, int], max_wait: float) -> AccountLimiter | None:
        if not limits:
            return None
        path = limits_path(self.config.state_path)
        limiter = AccountLimiter(path, account, parse_limits(limits), max_wait=max_wait)
        self._limiters.append(limiter)
        return limiter


def limits_path(state: Path) -> Path:
    """Where requests are counted: beside the state, but apart, since losing it is harmless."""
    return state.with_name(state.name + "-limits")
