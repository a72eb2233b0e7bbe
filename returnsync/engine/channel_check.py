"""Check of a warehouse's channels: is one set where there are several, and is every carrier that may be asked enabled?

Whether the carriers for returns are listed there at all is not known, so whatever is missing is a warning.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from returnsync import clock
from returnsync.engine.carrier import rules_of
from returnsync.engine.channels import called, carriers_of, titles
from returnsync.engine.context import Context, Source
from returnsync.mapping.carriers import ChosenBy, choose, country_of
from returnsync.model import Channel, Finding, WarehouseName
from returnsync.state import returns

_RECENT = timedelta(days=30)


def check_channels(ctx: Context, name: WarehouseName) -> Iterator[Finding]:
    """What the account's channels say about the configuration.

    Raises:
        CallError, AccountError: they could not be read.
    """
    channels = ctx.channels(name)
    yield _channel(name, ctx.warehouse_settings(name).channel, channels)
    if ctx.warehouse_settings(name).request_labels:
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
    # Which text is a channel's name is not known: one that is in none of them is another only where all have texts.
    if wanted and all(channel.names for channel in channels) and not _by_name(channels, wanted):
        return _doubtful(
            "channel",
            f"{wanted} is not among those that the warehouse lists",
            f"Check `channel` of [warehouses.{warehouse}]. If orders are found with it, all is well.",
        )
    return Finding("channel", ok=True, text=wanted or "only one, none needed")


def _by_name(channels: Sequence[Channel], wanted: str) -> list[Channel]:
    return [channel for channel in channels if wanted in channel.names]


def _carriers(ctx: Context, name: WarehouseName, channels: Sequence[Channel]) -> Iterator[Finding]:
    """One finding for each carrier that the configuration can come to, with the settings that it stands in."""
    known = {facts.code for facts in ctx.warehouse(name).carriers}
    listed = {code for channel in channels for code in channel.carriers}
    own = called(channels, ctx.warehouse_settings(name).channel)
    for code, places in _configured(ctx, name).items():
        where = f"{code} ({', '.join(places)})"
        lacking = [
            f"{title} (which has {carriers_of(channel)})"
            for title, channel in titles(channels)
            if own in (None, channel) and code not in channel.carriers
        ]
        if code not in known | listed:
            yield _unknown(code, where, sorted(known | listed))
        elif not listed:
            yield Finding("carrier", ok=True, text=f"{where} cannot be compared: the warehouse lists no carriers")
        elif lacking:
            yield _doubtful(
                "carrier",
                f"{where} is not listed on {', '.join(lacking)}",
                "Enable it on the channel in the portal, or change the setting. Whether carriers for returns are "
                "listed there is not known: if labels with it come, all is well.",
            )
        else:
            yield Finding("carrier", ok=True, text=f"{where} is enabled")


def _configured(ctx: Context, name: WarehouseName) -> dict[str, list[str]]:
    """Every carrier that settings name for this warehouse, each with the settings."""
    found = {ctx.warehouse_settings(name).carrier: ["`carrier`"]}
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
    """The carriers that no setting names, but what the platform called them in returns of the last 30 days."""
    rules = rules_of(source.settings, ctx.warehouse(name), ctx.warehouse_settings(name))
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
