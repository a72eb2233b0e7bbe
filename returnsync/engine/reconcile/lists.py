"""What each warehouse lists: the forecasts that were made, and the returns that were received."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.reconcile.differences import COMPARE_LATER
from returnsync.errors import AccountError, CallError, HoldError, ReturnsyncError
from returnsync.model import Receipts, WarehouseName
from returnsync.state import reconciling
from returnsync.warehouses.interface import WarehouseAccount


@dataclass(frozen=True)
class Lists:
    """What one warehouse listed; `None` for what it does not list, or what could not be read."""

    forecasts: Mapping[str, int] | None = None
    """How many forecasts were made under each code."""
    receipts: Receipts | None = None


def read_lists(ctx: Context, since: datetime) -> dict[WarehouseName, Lists]:
    """Read the lists of all warehouses of the chosen sources. What fails is reported; the others are read."""
    found: dict[WarehouseName, Lists] = {}
    for name in _warehouses(ctx, since):
        ctx.observer.phase(f"listing {name}")
        try:
            account = ctx.accounts.warehouse(name)
        except AccountError as error:
            ctx.tally.trouble(error)
            continue
        found[name] = Lists(_forecasts(ctx, name, account, since), _receipts(ctx, name, account, since))
    return found


def _warehouses(ctx: Context, since: datetime) -> Sequence[WarehouseName]:
    """The warehouses to which the chosen sources send, and those at which they announced something since then."""
    chosen = {source.id for source in ctx.chosen}
    with ctx.db.reading() as q:
        earlier = {name for source, name in reconciling.warehouses_since(q, since) if source in chosen}
    for name in sorted(earlier - set(ctx.config.settings.warehouses)):
        ctx.tally.warnings.append(f"{name} is not configured any more, so what was announced there was not compared.")
    return sorted({*ctx.warehouses, *(name for name in earlier if name in ctx.config.settings.warehouses)})


def _forecasts(
    ctx: Context, name: WarehouseName, account: WarehouseAccount, since: datetime
) -> Mapping[str, int] | None:
    try:
        pages = account.forecasts_made(since.date(), clock.now().date())
        if pages is None:
            _is_not_listed(ctx, name, "the forecasts that were made")
            return None
        counted = Counter[str]()
        for page in pages:
            counted.update(one.code for one in page)
            ctx.observer.listed(name, len(page))
    except (CallError, AccountError, HoldError) as error:
        _could_not_be_read(ctx, name, "the forecasts that were made", error)
        return None
    return counted


def _receipts(ctx: Context, name: WarehouseName, account: WarehouseAccount, since: datetime) -> Receipts | None:
    try:
        receipts = account.received_since(since)
    except (CallError, AccountError, HoldError) as error:
        _could_not_be_read(ctx, name, "the returns that were received", error)
        return None
    if receipts is None:
        _is_not_listed(ctx, name, "the returns that were received")
    return receipts


def _is_not_listed(ctx: Context, name: WarehouseName, what: str) -> None:
    ctx.tally.warnings.append(f"{name} does not list {what}, so these were not compared.")


def _could_not_be_read(ctx: Context, name: WarehouseName, what: str, error: ReturnsyncError) -> None:
    """Report it with the other troubles; a refusal of the list alone counts as temporary."""
    if isinstance(error, AccountError):
        ctx.tally.trouble(error)
        return
    told = CallError(f"{name}: {what} could not be read, so these were not compared. {error.what}")
    told.next_step = COMPARE_LATER
    ctx.tally.trouble(told)
