"""The sources of a configuration, each ready to be worked on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from returnsync import clock
from returnsync.config.csv_tables import CsvTable
from returnsync.config.load import Loaded
from returnsync.errors import AccountRefused, ConfigError
from returnsync.mapping.line_rules import LineRules
from returnsync.mapping.order_rules import OrderNumberRule, StripPrefix
from returnsync.model import OrderNumber, Return, SourceId, WarehouseName
from returnsync.platforms.interface import Platform, SourceSettings
from returnsync.platforms.named_orders import is_named
from returnsync.platforms.registry import PLATFORMS

# A start further ahead than any shop plans (leap years included) is a typing error, or the clock is years behind.
_FURTHEST_START = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class SourcePolicy:
    """The settings of a source that decide what is announced, and where."""

    warehouse: WarehouseName
    start_from: datetime
    announce_delivered: bool
    send_updates: bool
    choose: Callable[[Return], str] | None = None
    """Gives the warehouse of each return, where the settings send some returns elsewhere."""
    table: str = ""
    """The table of the configuration that has these settings."""
    approved_statuses: tuple[str, ...] | None = None
    """The statuses that mean approved, from the settings; `None` where the source has no such setting."""
    without_items: Literal["", "hold", "whole-order"] = ""
    """What is done about a return that lists no items; empty where its platform has no setting for it."""
    same_skus: LineRules = field(default_factory=LineRules)
    """Which spellings of a SKU count as the same; without the source's table of SKUs."""

    def warehouse_of(self, ret: Return) -> WarehouseName:
        """The warehouse that a return goes to."""
        return WarehouseName(self.choose(ret)) if self.choose else self.warehouse


@dataclass(frozen=True)
class Source:
    """One account on a platform, with what its settings decide."""

    name: str
    id: SourceId
    settings: SourceSettings
    kind: type[Platform]
    policy: SourcePolicy
    rules: tuple[OrderNumberRule, ...]
    """The rules that turn the platform's order numbers into the warehouse's."""
    skus: CsvTable | None = None
    """Its table of SKUs, where it has one."""

    def line_rules(self) -> LineRules:
        """How its articles are found on orders, with its table of SKUs as the file has it now.

        Raises:
            AccountRefused: the table cannot be read; nothing of this source can be announced.
        """
        settings = self.settings
        return replace(
            self.policy.same_skus,
            skus=read_table(self, self.skus) if self.skus else {},
            fill=settings.repeated_sku == "fill",
            bundles=settings.bundles,
        )

    def may_deliver(self, number: OrderNumber) -> bool:
        """Whether an order is delivered: each is, unless `only` names others."""
        return is_named(self.settings.only, number)

    @property
    def account(self) -> str:
        """What identifies the account at its platform."""
        return str(getattr(self.settings, self.kind.account_key))


def configured(config: Loaded) -> dict[SourceId, Source]:
    """Every source of a configuration by its `id`."""
    sources = (_source(name, settings) for name, settings in config.settings.sources.items())
    return {source.id: source for source in sources}


def yet_to_start(source: Source) -> str:
    """A sentence that says from when on a source announces; empty where it has started."""
    start = source.settings.start_from
    if start <= clock.now():
        return ""
    return (
        f"{source.name}: its `start_from` is in the future. It begins on {_as_written(start)}; nothing created before "
        "then is announced."
    )


def starts_too_late(source: Source) -> AccountRefused | None:
    """Why a source is left alone whose start lies more than a year ahead; `None` where it does not."""
    start, now = source.settings.start_from, clock.now()
    if start <= now + _FURTHEST_START:
        return None
    return AccountRefused(
        source.name,
        f"{source.name}: its `start_from`, {_as_written(start)}, is more than a year ahead; this machine's clock says "
        f"{_as_written(now)}. Nothing of it was read or delivered.",
        f"Write the date from which its returns are to be announced, such as start_from = {now:%Y-%m-%d}, into "
        f"[sources.{source.name}]. If it is the clock that is wrong, set it by NTP. The next run then goes on.",
    )


def _as_written(moment: datetime) -> str:
    """A moment in the time zone in which it was written, with that zone; a date without a time was read as UTC."""
    if not moment.utcoffset():
        return f"{moment:%Y-%m-%d %H:%M} UTC"
    return moment.isoformat(sep=" ", timespec="minutes")


def read_table(source: Source, table: CsvTable) -> Mapping[str, str]:
    """A table of a source, read again when its file changed.

    Raises:
        AccountRefused: the table cannot be read; the error names the source.
    """
    try:
        return table.read()
    except ConfigError as error:
        what = " ".join((error.what, "; ".join(error.problems))).strip()
        raise AccountRefused(source.name, f"{source.name}: {what}", error.next_step) from error


def _source(name: str, settings: SourceSettings) -> Source:
    kind = PLATFORMS.find(settings.platform)
    rules = settings.order_number
    if rules is None:
        rules = tuple(StripPrefix(**rule) for rule in kind.default_rules)
    policy = SourcePolicy(
        warehouse=WarehouseName(settings.warehouse),
        start_from=settings.start_from,
        announce_delivered=settings.announce_delivered,
        send_updates=settings.send_updates,
        without_items=settings.about_returns_without_items(),
        choose=settings.warehouse_of if len(settings.warehouses()) > 1 else None,
        table=f"[sources.{name}]",
        approved_statuses=getattr(settings, "approved_statuses", None),
        same_skus=LineRules(
            ignore_case=settings.sku_case == "ignore", ignore_zeros=settings.sku_leading_zeros == "ignore"
        ),
    )
    skus = CsvTable(Path(settings.sku_table)) if settings.sku_table else None
    return Source(name, SourceId(settings.id or name), settings, kind, policy, rules, skus)
