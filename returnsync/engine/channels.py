"""The sales channels of a warehouse account: who they are in words, and a warning where an order number may fit two.

One read of an order cannot show that its number exists in a second channel as well. So an account with several channels
and none configured is warned of by every run, until `channel` is set.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.errors import AccountError, CallError, Interrupted, Refused
from returnsync.model import Channel, WarehouseName
from returnsync.state import channels as state
from returnsync.state.channels import KnownChannels

logger = logging.getLogger("returnsync.channels")

# A new channel is rare. What could not be read for now is tried again sooner, but not by every run: a server that is
# down would hold each of them up.
_READ_AGAIN = timedelta(days=1)
_TRY_AGAIN = timedelta(hours=1)

# What an account's list says is shown only where it looks like a code; a name is cut.
_CODE = re.compile(r"[\w-]{1,40}", re.ASCII)
_NAME = 40


def warehouses(ctx: Context) -> list[WarehouseName]:
    """The warehouses that the chosen sources send to, each once."""
    return sorted({WarehouseName(name) for source in ctx.chosen for name in source.settings.warehouses()})


def warn_of_several(ctx: Context) -> None:
    """Warn, in the log and in the summary, of each warehouse account with several channels of which none is set."""
    for name in warehouses(ctx):
        if ctx.warehouse_settings(name).channel:
            continue
        number = _number(ctx, name)
        if number > 1:
            text = (
                f"{name}: this account has {number} sales channels and none is set, so an order number may fit two "
                f"orders. Set `channel` of [warehouses.{name}] to the one that its orders belong to."
            )
            logger.warning("%s", text)
            ctx.tally.warnings.append(text)


def _number(ctx: Context, name: WarehouseName) -> int:
    """How many channels there are, read at most once a day; 0 where that could never be read."""
    account, now = _account(ctx, name), clock.now()
    with ctx.db.reading() as q:
        known = state.known(q, name, account)
    number = known.number if known else 0
    if known and known.read_at <= now < known.read_at + _READ_AGAIN:
        return number
    if ctx.stop.is_set() or ctx.is_broken(name):
        return number
    again = _READ_AGAIN
    try:
        number = len(ctx.channels(name))
    except Interrupted:
        return number
    except (AccountError, CallError) as error:
        logger.info("%s: its channels could not be read: %s", name, error.what)
        again = _READ_AGAIN if isinstance(error, Refused) else _TRY_AGAIN
    with ctx.db.transaction() as q:
        state.save(q, name, account, KnownChannels(number, now - _READ_AGAIN + again))
    return number


def _account(ctx: Context, name: WarehouseName) -> str:
    """What tells a warehouse's account from another: who logs in, by reference."""
    settings = ctx.warehouse_settings(name)
    return str(getattr(settings, "username", settings.base_url))


def called(channels: Sequence[Channel], name: str) -> Channel | None:
    """The one channel that goes by a name; the only one there is goes by any. `None` where it cannot be told."""
    found = channels if len(channels) == 1 else [channel for channel in channels if name and name in channel.names]
    return found[0] if len(found) == 1 else None


def titles(channels: Sequence[Channel]) -> Iterator[tuple[str, Channel]]:
    """Each channel with what to call it: which of its texts is its name is not known, so it is the first."""
    for place, channel in enumerate(channels, start=1):
        yield repr(channel.names[0][:_NAME]) if channel.names else f"channel {place}", channel


def carriers_of(channel: Channel) -> str:
    """The codes of the carriers that are enabled on a channel, in words."""
    codes = dict.fromkeys(code for code in channel.carriers if _CODE.fullmatch(code))
    return ", ".join(codes) or "none"
