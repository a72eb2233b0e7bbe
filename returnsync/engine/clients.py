"""The HTTP clients of one command: one for each account, with its credentials, limits, retries and timeouts."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

from returnsync.engine.login import Login
from returnsync.errors import AccountRefused, ConfigError
from returnsync.http.account import CallSettings
from returnsync.http.client import Sender
from returnsync.http.limits import AccountLimiter, parse_limits
from returnsync.http.limits_file import limits_path
from returnsync.http.retry import RetryBudget, RetryPolicy
from returnsync.model import WarehouseName
from returnsync.secrets import SecretOf
from returnsync.warehouses.interface import Warehouse, WarehouseSettings
from returnsync.warehouses.registry import WAREHOUSES


class Clients:
    """Opens clients, and closes them all. It has no lock: callers in several threads must take turns."""

    def __init__(self, state: Path, stop: threading.Event) -> None:
        """Prepare; nothing is opened yet. Requests are counted beside the file `state`.

        Setting `stop` ends every wait.
        """
        self._limits = limits_path(state)
        self._stop = stop
        self._opened: dict[str, Any] = {}
        self._limiters: list[AccountLimiter] = []

    def __getitem__(self, name: str) -> Any:
        """The client of an open account, a `Reader` or a `Sender`; raises `KeyError` where it is not open."""
        return self._opened[name]

    def open(self, client: Any, name: str, settings: CallSettings, kind: Any, secret: SecretOf, **more: Any) -> Any:
        """Open a client of the class `client` for an account of a platform or a warehouse.

        Raises:
            AccountRefused: a secret is not where the configuration says.
        """
        login = Login(secret, settings)
        try:
            auth = kind.auth(settings, login)
        except ConfigError as error:
            raise AccountRefused(name, error.what, error.next_step) from error
        limiter = self._limiter(name, settings, kind, counted_as=login.name_at(settings.base_url))
        more |= {"limiter": limiter, "credentials": login.settings_in_words}
        return self.open_at(client, name, settings.base_url, auth, settings, **more)

    def open_warehouse(self, name: WarehouseName, settings: WarehouseSettings, secret: SecretOf) -> Warehouse:
        """Open a warehouse of the kind that its settings name, with its client, without a request. Raises as `open`."""
        kind = WAREHOUSES.find(settings.kind)
        patience = {"retry_401_once": kind.retry_401_once, "at_once": settings.concurrency}
        return kind(name, settings, self.open(Sender, name, settings, kind, secret, **patience))

    def open_at(self, client: Any, name: str, address: str, auth: Any, settings: CallSettings, **more: Any) -> Any:
        """Open a client for any address, with the retries and timeouts of `settings`; its requests count under `name`.

        Raises:
            ConfigError: credentials may not be sent to `address`.
        """
        opened = client(
            name,
            address,
            auth,
            retry=RetryPolicy(attempts=settings.attempts, budget=RetryBudget(settings.retry_budget)),
            stop=self._stop,
            connect_timeout=settings.connect_timeout,
            read_timeout=settings.read_timeout,
            exchange_timeout=settings.exchange_timeout,
            **more,
        )
        self._opened[name] = opened
        return opened

    @property
    def requests(self) -> dict[str, int]:
        """HTTP requests made so far, by account."""
        return {name: client.requests for name, client in sorted(self._opened.items())}

    @property
    def clock_offsets(self) -> dict[str, timedelta]:
        """How far each server's clock, by its last answer, is ahead of ours."""
        return {
            name: client.clock_offset
            for name, client in sorted(self._opened.items())
            if client.clock_offset is not None
        }

    def close(self) -> None:
        """Close every connection."""
        for client in self._opened.values():
            client.close()
        for limiter in self._limiters:
            limiter.close()

    def _limiter(self, name: str, settings: CallSettings, kind: Any, *, counted_as: str) -> AccountLimiter | None:
        """The counter of an account's requests; `None` where the account has no limits."""
        limits = settings.limits or kind.default_limits
        if not limits:
            return None
        limiter = AccountLimiter(
            self._limits, name, parse_limits(limits), max_wait=settings.retry_budget, counted_as=counted_as or name
        )
        self._limiters.append(limiter)
        return limiter
