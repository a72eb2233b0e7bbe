"""The accounts that are remembered, and what follows where a name in the configuration means another one now.

    remembered of      identified by
    a warehouse        its address and the settings that its kind names, such as the user name
    a source           its platform, and the account id where the platform has a lasting one

An account is remembered from the first intent of a create on. A warehouse that is another account after that may belong
to the same merchant under new credentials; then the earlier announcements are there. Where they are not, going on would
announce again what exists elsewhere, and settle what is in flight there as never made.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from returnsync.engine.sources import Source, starts_too_late
from returnsync.engine.summary import Tally
from returnsync.errors import (
    AccountError,
    AccountRefused,
    AccountUnavailable,
    CallError,
    ConfigError,
    HoldError,
)
from returnsync.http.origin import Origin
from returnsync.model import Code, WarehouseName, WarehouseOrderNumber
from returnsync.secrets import SecretOf, SecretRef
from returnsync.state import known_accounts as state
from returnsync.state.database import Database, Queries
from returnsync.state.known_accounts import Create, KnownAccount, Side
from returnsync.state.sent import forecast_in
from returnsync.warehouses.interface import Warehouse, WarehouseSettings

logger = logging.getLogger("returnsync.accounts")

_LOOKED_FOR = 5
# After this many failed looks with none answered, the server counts as down: two where it answers nothing else either,
# three where it does. The next run begins with other announcements, so that odd orders do not keep an account from
# being recognised.
_MAY_FAIL, _MAY_FAIL_WHERE_IT_ANSWERS = 2, 3


class KnownAccounts:
    """What one command knows of the remembered accounts. It has no lock: callers in several threads take turns."""

    def __init__(self, db: Database, tally: Tally, *, remembers: bool) -> None:
        """Prepare; nothing is read yet. With `remembers` off, everything is decided the same and nothing is written."""
        self._db = db
        self._tally = tally
        self._remembers = remembers
        self._known: dict[tuple[Side, str], KnownAccount] | None = None
        self._refusals: dict[str, AccountRefused | None] = {}
        self.recognised: dict[WarehouseName, str] = {}
        """The warehouses that have new credentials and belong to the same merchant, each with a text that says so."""

    def of(self, side: Side, name: str) -> KnownAccount | None:
        """The account that is remembered under a name, if there is one; its `account` may be empty, for not known."""
        return self._all().get((side, name))

    def refusal_of(self, source: Source) -> AccountRefused | None:
        """Why a source is left alone: it is another account than before, or it starts more than a year ahead."""
        if source.id not in self._refusals:
            is_another = self.is_another(source)
            self._refusals[source.id] = _source_refused(source) if is_another else starts_too_late(source)
        return self._refusals[source.id]

    def is_another(self, source: Source) -> bool:
        """Whether a source has another platform or account than the one whose returns were announced."""
        known = self.of(Side.SOURCE, source.id)
        return known is not None and known.account not in ("", account_of_source(source))

    def is_changed(self, name: WarehouseName, account: str) -> bool:
        """Whether a warehouse is not the account that is remembered under its name, or is not known to be."""
        known = self.of(Side.WAREHOUSE, name)
        return known is not None and known.account != account

    def recognise(self, name: WarehouseName, account: str, warehouse: Warehouse, probes: int) -> None:
        """Return where a warehouse is the account that is remembered under its name, or the same merchant's.

        The newest announcements are looked for only where the account changed, or where an older version announced
        without remembering the account. Each further one of the `probes` begins with other announcements.

        Raises:
            AccountRefused: it shows none of the announcements.
            AccountError: it could not be seen whether it shows any.
        """
        known = self.of(Side.WAREHOUSE, name)
        if known is None or known.account == account:
            return
        with self._db.reading() as q:
            newest = state.newest_creates(q, name, _LOOKED_FOR)
        if known.account == "":
            # Nothing shows that the account changed, so announcements that may never have been made prove nothing.
            newest = [create for create in newest if not create.is_doubtful]
        first = (probes * _MAY_FAIL_WHERE_IT_ANSWERS) % len(newest) if newest else 0
        newest = newest[first:] + newest[:first]
        if known.account == "":
            self._fill_in(name, account, warehouse, newest)
            return
        if newest and not self._shows_any(name, warehouse, newest):
            raise _warehouse_refused(name)
        if newest:
            self._tell_recognised(name)
        self._save(state.accept, name, account)

    def _fill_in(self, name: WarehouseName, account: str, warehouse: Warehouse, newest: list[Create]) -> None:
        """Remember the account that an older version did not, unless it surely shows none of the announcements."""
        try:
            shows_any = not newest or self._shows_any(name, warehouse, newest)
        except AccountUnavailable:
            if not warehouse.answered:
                raise
            shows_any = True  # failures for odd orders prove nothing
        if not shows_any:
            raise _not_known(name)
        self._save(state.remember, name, account)

    def remember(self, q: Queries, source: Source, name: WarehouseName, account: str) -> None:
        """Remember a source and a warehouse, in the transaction that writes the intent of a create."""
        state.remember(q, Side.WAREHOUSE, name, account)
        state.remember(q, Side.SOURCE, source.id, account_of_source(source))

    def refuse_renamed(self, configured: Collection[WarehouseName], account_of: Callable[[WarehouseName], str]) -> None:
        """Check whether a warehouse was renamed: calls would be made again that were made under its old name.

        An account still configured under a known name was not renamed. Secrets are resolved only where a name vanished
        while a new one appeared.

        Raises:
            ConfigError: a new name is the account at which something was announced under a name that vanished.
        """
        known = {
            WarehouseName(name): known.account
            for (side, name), known in self._all().items()
            if side is Side.WAREHOUSE and known.account
        }
        still_there = {account for name, account in known.items() if name in configured}
        gone = {
            account: name
            for name, account in known.items()
            if name not in configured and account not in still_there and self._has_announced(name)
        }
        for new in configured if gone else ():
            if new in known:
                continue
            # A secret that cannot be resolved is reported when the warehouse is used.
            with suppress(AccountError):
                old = gone.get(account_of(new))
                if old is not None:
                    raise _renamed(old, new)

    def _has_announced(self, name: WarehouseName) -> bool:
        with self._db.reading() as q:
            return bool(state.newest_creates(q, name, 1))

    def _all(self) -> Mapping[tuple[Side, str], KnownAccount]:
        if self._known is None:
            with self._db.reading() as q:
                self._known = state.all_known(q)
        return self._known

    def _save(self, write: Callable[[Queries, Side, str, str], None], name: WarehouseName, account: str) -> None:
        if self._remembers:
            with self._db.transaction() as q:
                write(q, Side.WAREHOUSE, name, account)

    def _shows_any(self, name: WarehouseName, warehouse: Warehouse, newest: list[Create]) -> bool:
        """Whether a warehouse shows any of our announcements, by its code or on its order.

        Raises:
            AccountError: it shows none so far, and some reads were not answered.
        """
        failed: list[CallError | HoldError] = []
        is_answered = False
        for create in newest:
            try:
                if self._shows(name, warehouse, create.code, create.request):
                    return True
                is_answered = True
            except (CallError, HoldError) as error:
                failed.append(error)
                is_answered = is_answered or isinstance(error, HoldError)
            if not is_answered and len(failed) >= (_MAY_FAIL_WHERE_IT_ANSWERS if warehouse.answered else _MAY_FAIL):
                break
        if failed:
            raise warehouse.trouble or _not_seen(name, failed[-1]) from failed[-1]
        return False

    def _shows(self, name: WarehouseName, warehouse: Warehouse, code: Code, request: str) -> bool:
        if warehouse.forecast(code) is not None:
            return True
        if not request:
            return False  # adopted by an older version, which did not save its order number
        number = WarehouseOrderNumber(forecast_in(json.loads(request))["order_number"])
        shown = {forecast.code for forecast in warehouse.forecasts(number, order_seen=False)}
        with self._db.reading() as q:
            return bool(shown) and state.has_announced(q, name, shown)

    def _tell_recognised(self, name: WarehouseName) -> None:
        text = (
            f"{name}: its user name or address changed, and what was announced is there: it is the same merchant's "
            "account under new credentials, and everything goes on."
        )
        logger.warning("%s", text)
        self._tally.warnings.append(text)
        self.recognised[name] = text


def account_of_source(source: Source) -> str:
    """A digest that tells the account of a source from others for good; keys that rotate are not part of it."""
    ids = (str(getattr(source.settings, key)) for key in source.kind.account_ids)
    return _digest(source.settings.platform, *ids)


def account_of_warehouse(kind: type[Warehouse], settings: WarehouseSettings, secret: SecretOf) -> str:
    """A digest that tells the account of a warehouse from others: its address, and its login.

    A secret counts by its value, not by where it is stored.

    Raises:
        ConfigError: a secret is not where the configuration says.
    """
    origin = Origin.parse(settings.base_url)
    values = ((key, getattr(settings, key)) for key in kind.identified_by)
    ids = (secret(key) if isinstance(value, SecretRef) else str(value) for key, value in values)
    return _digest(settings.kind, origin.url + origin.path, *ids)


def asked_once(secret: SecretOf) -> SecretOf:
    """The same secrets, each resolved once, also where that fails: a program or a keyring may be slow."""
    found: dict[str, str | ConfigError] = {}

    def secret_of(key: str) -> str:
        if key not in found:
            try:
                found[key] = secret(key)
            except ConfigError as error:
                found[key] = error
        value = found[key]
        if isinstance(value, ConfigError):
            raise value
        return value

    return secret_of


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _warehouse_refused(name: WarehouseName) -> AccountRefused:
    return AccountRefused(
        name,
        f"{name}: this warehouse is not the account at which returns were announced so far: none of the newest "
        "announcements is there. Nothing was done for it.",
        "If you went from a test to a live account, start a new state; if it is the same merchant: "
        f"returnsync accept-account {name}. If it is a mistake, put the user name and the address back.",
    )


def _not_known(name: WarehouseName) -> AccountRefused:
    return AccountRefused(
        name,
        f"{name}: an older version announced at this warehouse, without remembering which account it was, and none of "
        "the newest announcements is there. Nothing was done for it.",
        f"If it is still the same account: returnsync accept-account {name}. If it went from a test to a live account, "
        "start a new state.",
    )


def _not_seen(name: WarehouseName, error: CallError | HoldError) -> AccountUnavailable:
    return AccountUnavailable(
        name,
        f"{name}: its user name or address changed, or was not remembered by an older version, and it could not be "
        f"checked whether what was announced is there. {error.what} Nothing was done for it.",
        f"The next run looks again. If you know that it is the same merchant: returnsync accept-account {name}",
        foreign=error.foreign,
    )


def _source_refused(source: Source) -> AccountRefused:
    return AccountRefused(
        source.name,
        f"{source.name}: this source has another platform or account than the one whose returns were announced so far. "
        "Nothing of it was read or delivered.",
        "If you went from a test to a live account, start a new state; if it is the same merchant: returnsync "
        f"accept-account {source.name}. An additional account needs a source of its own.",
    )


def _renamed(old: str, new: str) -> ConfigError:
    return ConfigError(
        f"Warehouse {new} looks like {old} under a new name: user name and address are the same. What was announced "
        f"under {old} can only go on there.",
        f'Give it its old name back: [warehouses.{old}], and `warehouse = "{old}"` in the sources that go there.',
    )
