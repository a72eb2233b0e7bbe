"""The sales channels of a warehouse account: a warning where an order number may match two orders, and a check.

Reading an order does not show whether its number exists in a second channel as well. So each run warns about an account
with several channels and none configured, until `channel` is set. It is not known whether carriers for returns are
listed by channel at all, so whatever the check does not find there is a warning only.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta

from returnsync import clock
from returnsync.engine.context import Context
from returnsync.engine.deliver import rules_of
from returnsync.engine.sources import Source
from returnsync.errors import AccountError, CallError, Interrupted, Refused
from returnsync.mapping.carriers import ChosenBy, choose, country_of
from returnsync.mapping.channels import called, carriers_of, titles
from returnsync.model import Channel, Finding, WarehouseName
from returnsync.state import channels as state
from returnsync.state import returns
from returnsync.state.channels import KnownChannels

logger = logging.getLogger("returnsync.channels")

# A new channel is rare. What could not be read is tried again sooner, but not by every run: a server that is down
# would delay each of them.
_READ_AGAIN = timedelta(days=1)
_TRY_AGAIN = timedelta(hours=1)

# Carriers named by returns of this period are among those that may be used.
_RECENT = timedelta(days=30)


def warn_of_several(ctx: Context) -> None:
    """Warn, in the log and in the summary, about each account with several channels and no `channel` configured."""
    for name in ctx.warehouses:
        if ctx.accounts.warehouse_settings(name).channel:
            continue
        number = _refresh_number(ctx, name)
        if number > 1:
            text = (
                f"{name}: this account has {number} sales channels and none is set, so an order number may fit two "
                f"orders. Set `channel` of [warehouses.{name}] to the one that its orders belong to."
            )
            logger.warning("%s", text)
            ctx.tally.warnings.append(text)


def _refresh_number(ctx: Context, name: WarehouseName) -> int:
    """Read how many channels there are, at most once a day, and save it; 0 where that could never be read."""
    account, now = _account(ctx, name), clock.now()
    with ctx.db.reading() as q:
        known = state.known(q, name, account)
    number = known.number if known else 0
    if known and known.read_at <= now < known.read_at + _READ_AGAIN:
        # read today
        return number
    if ctx.stop.is_set() or ctx.accounts.is_broken(name):
        # no time left, or the account cannot be used
        logger.debug("%s: its channels are not read in this run", name)
        return number
    again = _READ_AGAIN
    try:
        number = len(ctx.accounts.channels(name))
    except Interrupted:
        # a signal came while they were read
        return number
    except (AccountError, CallError) as error:
        logger.info("%s: its channels could not be read: %s", name, error.what)
        again = _READ_AGAIN if isinstance(error, Refused) else _TRY_AGAIN
    with ctx.db.transaction() as q:
        state.save(q, name, account, KnownChannels(number, now - _READ_AGAIN + again))
    return number


def _account(ctx: Context, name: WarehouseName) -> str:
    """What tells a warehouse's account from another: the login, as a reference."""
    settings = ctx.accounts.warehouse_settings(name)
    return str(getattr(settings, "username", settings.base_url))


# -- the check ---------------------------------------------------------------------------------------------------------


def check_channels(ctx: Context, name: WarehouseName) -> Iterator[Finding]:
    """What the account's channels show about the configuration.

    Raises:
        CallError, AccountError: they could not be read.
    """
    channels = ctx.accounts.channels(name)
    yield _channel(name, ctx.accounts.warehouse_settings(name).channel, channels)
    if ctx.accounts.warehouse_settings(name).request_labels:
        yield from _carriers(ctx, name, channels)


def _channel(warehouse: WarehouseName, wanted: str, channels: Sequence[Channel]) -> Finding:
    if not channels:
        return Finding("channel", ok=True, text="the warehouse lists none")
    if not wanted and len(channels) > 1:
        return _doubtful(
            "channel",
            f"this account has {len(channels)} and none is set: an order number may fit two orders",
            f"Set `channel` of [warehouses.{warehouse}] to the one that its orders belong to.",
        )
    # Which text is a channel's name is not known. So a name that is in none of them is doubtful only where all have
    # texts.
    if wanted and all(channel.names for channel in channels) and not _by_name(channels, wanted):
        return _doubtful(
            "channel",
            f"{wanted} is not among those that the warehouse lists",
            f"Check `channel` of [warehouses.{warehouse}]. If orders are found with it, nothing is wrong.",
        )
    return Finding("channel", ok=True, text=wanted or "only one, none needed")


def _by_name(channels: Sequence[Channel], wanted: str) -> list[Channel]:
    return [channel for channel in channels if wanted in channel.names]


def _carriers(ctx: Context, name: WarehouseName, channels: Sequence[Channel]) -> Iterator[Finding]:
    """One finding for each carrier that the configuration can lead to, with the settings that name it."""
    known = {facts.code for facts in ctx.accounts.known_carriers(name)}
    listed = {code for channel in channels for code in channel.carriers}
    own = called(channels, ctx.accounts.warehouse_settings(name).channel)
    for code, places in _configured(ctx, name).items():
        where = f"{code} ({', '.join(places)})"
        lacking = [
            f"{title} (which has {carriers_of(channel)})"
            for title, channel in titles(channels)
            if own in (None, channel) and code not in channel.carriers
        ]
        if code not in known | listed:
            # perhaps misspelt
            yield _unknown(code, where, sorted(known | listed))
        elif not listed:
            # nothing to compare with
            yield Finding("carrier", ok=True, text=f"{where} cannot be compared: the warehouse lists no carriers")
        elif lacking:
            # enabled on some channels, or on none
            yield _doubtful(
                "carrier",
                f"{where} is not listed on {', '.join(lacking)}",
                "Enable it on the channel in the warehouse's portal, or change the setting. It is not known whether "
                "carriers for returns are listed there: if labels with it are made, nothing is wrong.",
            )
        else:
            yield Finding("carrier", ok=True, text=f"{where} is enabled")


def _configured(ctx: Context, name: WarehouseName) -> dict[str, list[str]]:
    """Every carrier that settings name for this warehouse, each with those settings."""
    found = {ctx.accounts.warehouse_settings(name).carrier: ["`carrier`"]}
    for source in ctx.chosen:
        if name not in source.settings.warehouses():
            continue
        for setting in ("carriers", "carriers_by_country"):
            for code in dict.fromkeys(getattr(source.settings, setting).values()):
                found.setdefault(code, []).append(f"`{setting}` of {source.name}")
        for code in _named(ctx, source, name):
            found.setdefault(code, []).append(f"by name, for returns of {source.name}")
    return found


def _named(ctx: Context, source: Source, name: WarehouseName) -> list[str]:
    """The carriers that no setting names, but that the platform named in returns of the last 30 days."""
    rules = rules_of(source.settings, ctx.accounts.known_carriers(name), ctx.accounts.warehouse_settings(name))
    since = clock.now() - _RECENT
    with ctx.db.reading() as q:
        wishes = {
            (ret.carrier, country_of(ret))
            for ret in returns.each(q, source.id)
            if ret.created >= since and source.settings.warehouse_of(ret) == name
        }
    choices = (choose(wish, country, rules) for wish, country in sorted(wishes))
    return list(dict.fromkeys(choice.code for choice in choices if choice.by is ChosenBy.NAME))


def _unknown(code: str, where: str, codes: Sequence[str]) -> Finding:
    meant = [other for other in codes if other.casefold() == code.casefold()]
    next_step = (
        f"Did you mean {' or '.join(meant)}? Upper and lower case count."
        if meant
        else "Check its spelling against the warehouse's own list of carriers."
    )
    return _doubtful("carrier", f"{where} is neither listed by the warehouse nor known otherwise", next_step)


def _doubtful(subject: str, text: str, next_step: str) -> Finding:
    return Finding(subject, ok=True, text=text, next_step=next_step, warning=True)
