"""The accounts of one command: each is opened when it is first used, and no longer used once it has failed.

What several returns share (reasons, channels, products) is read once per command.
"""

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from datetime import timedelta
from typing import Any

from returnsync.config.load import Loaded
from returnsync.engine.breakers import AccountBreaker
from returnsync.engine.clients import Clients
from returnsync.engine.known_accounts import KnownAccounts, account_of_warehouse, asked_once
from returnsync.engine.outages import is_outage
from returnsync.engine.sources import Source
from returnsync.engine.summary import Tally
from returnsync.engine.watched import Watched
from returnsync.errors import AccountError, AccountRefused, CallError, ConfigError
from returnsync.http.client import Reader
from returnsync.mapping.carriers import CarrierFacts
from returnsync.mapping.order_rules import HOLE
from returnsync.model import Channel, SourceId, WarehouseName, WarehouseOrderNumber, WarehouseReason
from returnsync.platforms.interface import Platform
from returnsync.secrets import SecretOf
from returnsync.state.breakers import Breaker, Kind
from returnsync.state.database import Queries
from returnsync.warehouses.interface import Warehouse, WarehouseAccount, WarehouseSettings
from returnsync.warehouses.registry import WAREHOUSES


class Accounts:
    """Opens the accounts of a configuration. Safe to share between threads; close it after use."""

    def __init__(self, config: Loaded, known: KnownAccounts, tally: Tally, stop: threading.Event) -> None:
        """Prepare; nothing is opened yet. What is wrong with an account is reported to `tally`, once.

        An account that is not the one that `known` remembers is not used.
        """
        self._config = config
        self.known = known
        self._tally = tally
        self._stop = stop
        self._lock = threading.RLock()
        self._reading_channels = threading.Lock()
        self._reading_products = threading.Lock()
        self._clients = Clients(config.state_path, stop)
        self._platforms: dict[SourceId, Platform] = {}
        self._opened: dict[WarehouseName, Warehouse] = {}
        self._warehouses: dict[WarehouseName, WarehouseAccount] = {}
        self._breakers: dict[WarehouseName, AccountBreaker] = {}
        self._skus_of: dict[tuple[WarehouseName, str], tuple[str, ...]] = {}
        self._channels: dict[WarehouseName, Sequence[Channel] | AccountError | CallError] = {}
        self._broken: dict[str, AccountError] = {}
        self._secrets: dict[WarehouseName, SecretOf] = {}
        self._recognised: dict[WarehouseName, str] = {}
        self._unrecognised: set[WarehouseName] = set()

    # -- sources -------------------------------------------------------------------------------------------------------

    def platform(self, source: Source) -> Platform:
        """The source's platform, opened. Its secrets are resolved at the first call.

        Raises:
            AccountRefused: a secret is not where the configuration says, or the source is left alone.
        """
        with self._lock:
            if source.id not in self._platforms:
                refusal = self.known.refusal_of(source)
                if refusal is not None:
                    raise refusal
                secret = self._config.secrets_of_source(source.name, self._stop)
                reader = self._clients.open(Reader, source.name, source.settings, source.kind, secret)
                self._platforms[source.id] = source.kind(source.id, source.settings, reader)
            return self._platforms[source.id]

    def read_no_more(self, source: Source, error: AccountError) -> None:
        """Read nothing more from a source in this command: every further read raises `error`."""
        self._clients[source.name].read_no_more(error)

    def try_once_until_answered(self, source: Source) -> None:
        """Do not retry requests to an open source until it has answered one."""
        self._clients[source.name].try_once_until_answered()

    def requests_of(self, source: Source) -> int:
        """HTTP requests made so far to a source that is open."""
        return int(self._clients[source.name].requests)

    def tells_time(self, source: Source) -> bool:
        """Whether the responses of a source carry the time of its server."""
        return bool(self._clients[source.name].clock_offset is not None)

    def lookup_client(self, client: Any, name: str, source: Source, address: str, auth: Any) -> Any:
        """A client for lookups, with the source's own retries and timeouts; its requests are counted under `name`.

        Raises:
            ConfigError: credentials may not be sent to `address`.
        """
        return self._clients.open_at(client, name, address, auth, source.settings, hole=HOLE)

    # -- warehouses ----------------------------------------------------------------------------------------------------

    def warehouse_settings(self, name: WarehouseName) -> WarehouseSettings:
        """The settings of a warehouse.

        Raises:
            AccountRefused: the configuration no longer has it, while announcements still belong to it.
        """
        if name not in self._config.settings.warehouses:
            raise AccountRefused(
                name,
                f"Some announcements belong to warehouse {name}, which is not configured any more.",
                f"Put [warehouses.{name}] back under that name. What was announced there can only go on there.",
            )
        return self._config.settings.warehouses[name]

    def known_carriers(self, name: WarehouseName) -> tuple[CarrierFacts, ...]:
        """The carriers that a warehouse's kind is known to have; the account itself need not be usable.

        Raises:
            AccountRefused: as `warehouse_settings`.
        """
        return WAREHOUSES.find(self.warehouse_settings(name).kind).carriers

    def warehouse(self, name: WarehouseName) -> WarehouseAccount:
        """The warehouse, opened. Its secrets are resolved at the first call. Its breaker records how each call ends.

        Raises:
            AccountError: a secret is not where the configuration says, the account is not the one that is remembered,
                or the warehouse was given up earlier in this command.
        """
        with self._lock:
            if name in self._broken:
                raise self._broken[name]
            if name not in self._warehouses:
                opened, account = self._open(name), self.account_of(name)
                try:
                    with self._clients[name].trying_once():
                        self.known.recognise(name, account, opened, self.breaker(name).probes_made)
                except AccountError as error:
                    self._unrecognised.add(name)
                    self.give_up_on(name, error)
                    if is_outage(error):
                        self.breaker(name).not_recognised(str(error.__cause__))
                    raise
                self._recognised[name] = account
                self._warehouses[name] = Watched(opened, self.breaker(name))
            return self._warehouses[name]

    def probe(self, name: WarehouseName, number: WarehouseOrderNumber | None) -> None:
        """Ask a warehouse one thing, once, before anything else. Then check whether its account changed.

        Raises:
            CallError, AccountError: as `Warehouse.probe`: it did not answer, or it cannot be used.
            AccountError: as `warehouse`.
        """
        with self._lock:
            opened, account = self._open(name), self.account_of(name)
            try:
                with self._clients[name].trying_once():
                    opened.probe(number)
            except Exception:
                if self.known.is_changed(name, account):
                    self._unrecognised.add(name)
                raise
        self.warehouse(name)

    def _open(self, name: WarehouseName) -> Warehouse:
        """The warehouse, opened, without a request. Raises as `warehouse_settings`, and where a secret is missing."""
        if name not in self._opened:
            settings = self.warehouse_settings(name)
            self._opened[name] = self._clients.open_warehouse(name, settings, self._secret_of(name))
        return self._opened[name]

    def account_of(self, name: WarehouseName) -> str:
        """A digest that tells the account of a warehouse from others; the warehouse need not be open.

        Raises:
            AccountRefused: as `warehouse_settings`; also where a secret is not where the configuration says.
        """
        settings = self.warehouse_settings(name)
        try:
            return account_of_warehouse(WAREHOUSES.find(settings.kind), settings, self._secret_of(name))
        except ConfigError as error:
            raise AccountRefused(name, error.what, error.next_step) from error

    def refuse_renamed_warehouse(self) -> None:
        """Check whether the configuration has a warehouse under a new name. Raises `ConfigError` if so."""
        self.known.refuse_renamed([WarehouseName(name) for name in self._config.settings.warehouses], self.account_of)

    def remember(self, q: Queries, source: Source, name: WarehouseName) -> None:
        """Remember the accounts of a source and of an open warehouse, in the transaction that writes a create."""
        self.known.remember(q, source, name, self._recognised[name])

    def is_left_alone(self, source: Source, name: WarehouseName) -> bool:
        """Whether nothing is done for announcements of a source at a warehouse, not even what needs no request.

        This is so where either is another account than before, or where the source starts too late. Both are reported.
        """
        refusal = self.known.refusal_of(source)
        if refusal is not None:
            self.give_up_on(source.name, refusal)
            return True
        if not self.is_broken(name):
            with suppress(AccountError):
                self.warehouse(name)
        return name in self._unrecognised

    def breaker(self, name: WarehouseName) -> AccountBreaker:
        """The breaker of a warehouse account. While it shows the account as out, the account is left alone."""
        with self._lock:
            if name not in self._breakers:
                known = Breaker(Kind.WAREHOUSE, name)
                self._breakers[name] = AccountBreaker(known, lambda error: self.give_up_on(name, error))
            return self._breakers[name]

    @property
    def breakers(self) -> Sequence[AccountBreaker]:
        """The breakers of the warehouses that were used in this command."""
        with self._lock:
            return tuple(self._breakers.values())

    def trying_once(self, name: WarehouseName) -> AbstractContextManager[None]:
        """Inside the block, this thread retries no request to a warehouse. Raises as `warehouse`."""
        self.warehouse(name)
        trying_once: AbstractContextManager[None] = self._clients[name].trying_once()
        return trying_once

    def offered_reasons(self, name: WarehouseName) -> tuple[WarehouseReason, ...]:
        """The return reasons that a warehouse offers. Raises as `Warehouse.reasons`, which reads them once."""
        return tuple(self.warehouse(name).reasons())

    def skus_of_barcode(self, name: WarehouseName, barcode: str) -> tuple[str, ...]:
        """The SKUs of the products that carry a barcode at a warehouse, read once.

        Raises:
            HoldError, CallError, AccountError: as `Warehouse.skus_of_barcode`.
        """
        with self._reading_products:
            if (name, barcode) not in self._skus_of:
                self._skus_of[name, barcode] = tuple(self.warehouse(name).skus_of_barcode(barcode))
            return self._skus_of[name, barcode]

    def channels(self, name: WarehouseName) -> Sequence[Channel]:
        """The sales channels of a warehouse account, read once, also when that fails.

        Raises:
            CallError, AccountError: they could not be read. The warehouse is not given up because of it.
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

    # -- what goes wrong -----------------------------------------------------------------------------------------------

    def give_up_on(self, name: str, error: AccountError) -> None:
        """Leave a warehouse, or the announcements of a source, alone for the rest of this command."""
        with self._lock:
            if name not in self._broken:
                self._broken[name] = error
                self._tally.trouble(error)

    def is_broken(self, name: str) -> bool:
        """Whether a warehouse or a source is left alone for the rest of this command."""
        return name in self._broken

    def tell_troubles(self) -> None:
        """Report what the answers of a whole run show to be wrong with a warehouse, unless it was reported already."""
        for name, warehouse in self._warehouses.items():
            if warehouse.trouble is not None:
                self.give_up_on(name, warehouse.trouble)
            for trouble in self.breaker(name).troubles:
                self._tally.trouble(trouble)

    # -- all of them ---------------------------------------------------------------------------------------------------

    @property
    def requests(self) -> dict[str, int]:
        """HTTP requests made so far, by account."""
        return self._clients.requests

    @property
    def clock_offsets(self) -> dict[str, timedelta]:
        """How far each server's clock, by its last answer, is ahead of ours."""
        return self._clients.clock_offsets

    def close(self) -> None:
        """Close every connection."""
        self._clients.close()

    def _secret_of(self, name: WarehouseName) -> SecretOf:
        return self._secrets.setdefault(name, asked_once(self._config.secrets_of_warehouse(name, self._stop)))
