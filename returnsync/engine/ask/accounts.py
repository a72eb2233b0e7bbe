"""Accepting an account that is not the one remembered under its name, because a person says so."""

import logging
from dataclasses import dataclass
from datetime import datetime

from returnsync.engine.context import Context
from returnsync.engine.known_accounts import account_of_source
from returnsync.engine.sources import Source
from returnsync.errors import NotThereError
from returnsync.model import WarehouseName
from returnsync.state import known_accounts, sources
from returnsync.state.known_accounts import KnownAccount, Side

logger = logging.getLogger("returnsync.accounts")


@dataclass(frozen=True)
class ChangedAccount:
    """A name in the configuration whose account is not the one remembered."""

    name: str
    since: datetime
    """Since when the other account is remembered."""
    account: str
    """The digest of the new account."""
    source: Source | None
    """The source with that name; `None` for a warehouse."""


def changed_account(ctx: Context, name: str) -> ChangedAccount | None:
    """How the account of that name differs from the one remembered; `None` where it does not, or none is remembered.

    Raises:
        NotThereError: the configuration has no source and no warehouse of that name.
        AccountRefused: a secret is not where the configuration says.
    """
    source = next((source for source in ctx.sources.values() if source.name == name), None)
    is_warehouse = name in ctx.config.settings.warehouses
    if source is None and not is_warehouse:
        names = sorted({*ctx.config.settings.sources, *ctx.config.settings.warehouses})
        raise NotThereError(
            f"There is no source and no warehouse {name} in {ctx.config.path}.",
            f"The configured names are: {', '.join(names)}.",
        )
    changed = None
    if source is not None:
        known = ctx.accounts.known.of(Side.SOURCE, source.id)
        if ctx.accounts.known.is_another(source):
            changed = _changed(name, known, account_of_source(source), source)
    if changed is None and is_warehouse:
        known = ctx.accounts.known.of(Side.WAREHOUSE, name)
        changed = _changed(name, known, ctx.accounts.account_of(WarehouseName(name)), None)
    return changed


def _changed(name: str, known: KnownAccount | None, account: str, source: Source | None) -> ChangedAccount | None:
    if known is None or known.account == account:
        return None
    return ChangedAccount(name, known.since, account, source)


def accept_account(ctx: Context, changed: ChangedAccount) -> None:
    """Remember this account from now on. A source is read from its start, since the account has other returns."""
    with ctx.db.transaction() as q:
        if changed.source is None:
            known_accounts.accept(q, Side.WAREHOUSE, changed.name, changed.account)
        else:
            known_accounts.accept(q, Side.SOURCE, changed.source.id, changed.account)
            sources.start_earlier(q, changed.source.id, changed.source.settings.start_from)
    logger.info("%s: another account than before is accepted", changed.name)
