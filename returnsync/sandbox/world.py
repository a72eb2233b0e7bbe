"""The data that the stand-ins have when they start: none, a realistic day, or a large number of returns."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from returnsync.sandbox import (
    channable_records,
    day,
    loop_records,
    returnless_records,
    returnly_records,
    sendcloud_records,
)
from returnsync.sandbox.channable import ChannableAccount
from returnsync.sandbox.loop import LoopAccount
from returnsync.sandbox.records import (
    ACCOUNT_ID,
    CHANNEL,
    REASONS,
    consumer,
    monta_line,
    monta_order,
    reason,
    request,
    return_order,
    shipment,
)
from returnsync.sandbox.returnless import ReturnlessAccount
from returnsync.sandbox.returnly import ReturnlyAccount
from returnsync.sandbox.sendcloud import SendcloudAccount

if TYPE_CHECKING:
    from collections.abc import Callable

    from returnsync.sandbox.wire import Record

__all__ = ["World", "consumer", "monta_line", "monta_order", "reason", "request", "return_order", "shipment"]

# Codes in the vendor's own upper and lower case: `PostNlBuspakje` has a small l (docs/warehouses/monta.md, section 4).
CARRIERS = {
    "DPD": "DPD",
    "PostNL": "PostNL parcel",
    "PostNlBuspakje": "PostNL mailbox parcel",
    "UPS": "UPS",
    "SEL": "DHL Parcel",
    "DHLParcelConnect": "DHL Parcel Connect",
}

# Numeric ids, Dutch words, translations that may be empty (docs/warehouses/monta.md, section 3.8). The first and the
# last id are those of the published sample.
MONTA_REASONS: tuple[Record, ...] = (
    {"Id": 2447, "Description": "Te klein", "Translations": {"en": "Too small"}},
    {"Id": 2448, "Description": "Anders", "Translations": {}},
    {"Id": 2449, "Description": "Te groot", "Translations": {"en": "Too large", "de": "Zu groß"}},
    {"Id": 2450, "Description": "Niet zoals afgebeeld", "Translations": {"en": "Not as shown"}},
    {"Id": 2451, "Description": "Ik ben van gedachten veranderd", "Translations": {"en": "Changed my mind"}},
    {"Id": 2452, "Description": "Ander product ontvangen", "Translations": {"en": "Received another product"}},
    {"Id": 2453, "Description": "Beschadigd, defect of incompleet", "Translations": {}},
)


_DAYS: dict[str, Callable[[random.Random, datetime], tuple[Any, list[Record]]]] = {
    "sendcloud": sendcloud_records.day,
    "channable": channable_records.day,
    "returnly": returnly_records.day,
    "returnless": returnless_records.day,
    "loop": loop_records.day,
}


@dataclass
class World:
    """The data and credentials of every stand-in; the stand-ins take a copy, so a world serves any number of them."""

    account_id: str = ACCOUNT_ID
    token: str = "sandbox.returnista.token"  # noqa: S105  # opens nothing but the sandbox
    username: str = "sandbox"
    password: str = "sandbox-password"  # noqa: S105  # opens nothing but the sandbox

    return_orders: list[Record] = field(default_factory=list)
    return_reasons: list[Record] = field(default_factory=lambda: [reason(key) for key in REASONS])

    sendcloud: SendcloudAccount = field(default_factory=SendcloudAccount)
    channable: ChannableAccount = field(default_factory=ChannableAccount)
    returnly: ReturnlyAccount = field(default_factory=ReturnlyAccount)
    returnless: ReturnlessAccount = field(default_factory=ReturnlessAccount)
    loop: LoopAccount = field(default_factory=LoopAccount)

    # Monta: the first channel is the account's own; each channel has the shippers that are enabled on it.
    channels: dict[str, list[str]] = field(
        default_factory=lambda: {CHANNEL: list(CARRIERS), "Webshop BE": ["DPD", "UPS"]}
    )
    carriers: dict[str, str] = field(default_factory=lambda: dict(CARRIERS))
    orders: list[Record] = field(default_factory=list)
    reasons: list[Record] = field(default_factory=lambda: copy.deepcopy(list(MONTA_REASONS)))
    # Order numbers whose outbound parcel had a return label packed with it (docs/warehouses/monta.md, section 3.5).
    enclosed_labels: list[str] = field(default_factory=list)

    @classmethod
    def empty(cls) -> Self:
        """Give a world with accounts, reasons and carriers, and no orders and no returns."""
        return cls()

    @classmethod
    def day(cls, seed: int = 1, now: datetime | None = None) -> Self:
        """Give a realistic day at an invented clothing shop: about forty returns at Returnista, ten at each other."""
        now = now or datetime.now(UTC)
        chance = random.Random(seed)  # no secret
        world = cls(**day.build(chance, now)._asdict())
        for name, of in _DAYS.items():
            account, orders = of(chance, now)
            setattr(world, name, account)
            world.orders += orders
        return world

    @classmethod
    def bulk(cls, count: int, seed: int = 1, now: datetime | None = None) -> Self:
        """Give `count` plain approved returns over 20 hours, each of one shipped order with one or two lines."""
        chance = random.Random(seed)  # no secret
        now = now or datetime.now(UTC)
        world = cls()
        for index in range(count):
            number = str(100_000 + index)
            # Two minutes earlier, so that not even the last one was changed after `now`.
            created = now - timedelta(hours=20) * ((count - index) / count) - timedelta(minutes=2)
            person = consumer(order=f"#{number}")
            skus = [f"BULK-{chance.randrange(500):03d}-{size}" for size in "SM"[: chance.randint(1, 2)]]
            shipped = created - timedelta(days=chance.randint(2, 12))
            world.orders.append(monta_order(number, *skus, shipped=shipped, by=person))
            wishes = (
                request(sku, f"#{number}", reason_key=chance.choice(list(REASONS)))
                for sku in skus[: chance.randint(1, len(skus))]
            )
            world.return_orders.append(return_order(*wishes, created=created, by=person))
        return world
