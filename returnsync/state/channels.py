"""How many sales channels a warehouse account has, as it was read last. Each function runs inside a transaction."""

from dataclasses import dataclass
from datetime import datetime

from returnsync import clock
from returnsync.model import WarehouseName
from returnsync.state.database import Queries


@dataclass(frozen=True, slots=True)
class KnownChannels:
    """Their number, and from when on it counts as read."""

    number: int
    read_at: datetime


def known(q: Queries, warehouse: WarehouseName, account: str) -> KnownChannels | None:
    """What was read of this account; `None` where nothing was, or the warehouse's account was another then."""
    row = q.channels_of(warehouse=warehouse, account=account)
    return None if row is None else KnownChannels(row["number"], clock.parse(row["read_at"]))


def save(q: Queries, warehouse: WarehouseName, account: str, read: KnownChannels) -> None:
    """Remember what was read, in place of what was known before."""
    q.save_channels(warehouse=warehouse, account=account, number=read.number, at=clock.stamp(read.read_at))
