"""How many sales channels a warehouse account has, as last read. Each function runs inside a transaction."""

from dataclasses import dataclass
from datetime import datetime

from returnsync import clock
from returnsync.model import WarehouseName
from returnsync.state.database import Queries


@dataclass(frozen=True, slots=True)
class KnownChannels:
    """The number of channels, and the moment from which it counts as read."""

    number: int
    read_at: datetime


def known(q: Queries, warehouse: WarehouseName, account: str) -> KnownChannels | None:
    """What was read of this account; `None` where nothing was, or the warehouse had another account then."""
    row = q.channels_of(warehouse=warehouse, account=account)
    return None if row is None else KnownChannels(row["number"], clock.parse(row["read_at"]))


def save(q: Queries, warehouse: WarehouseName, account: str, read: KnownChannels) -> None:
    """Remember what was read, in place of what was known before."""
    q.save_channels(warehouse=warehouse, account=account, number=read.number, at=clock.stamp(read.read_at))
