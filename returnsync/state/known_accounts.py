"""The accounts that are remembered, each as a digest. Each function runs inside a transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from returnsync import clock
from returnsync.model import Code, WarehouseName
from returnsync.state.database import Queries


class Side(StrEnum):
    """What an account is for."""

    WAREHOUSE = "warehouse"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """The account that a name stands for: a warehouse's, where something was announced, or a source's."""

    account: str
    """Its digest; empty where an older version announced, which kept none."""
    since: datetime


def all_known(q: Queries) -> dict[tuple[Side, str], KnownAccount]:
    """Every account that is remembered, by the name of its warehouse or the lasting id of its source."""
    return {
        (Side(row["side"]), row["name"]): KnownAccount(row["account"], clock.parse(row["since"]))
        for row in q.known_accounts()
    }


def remember(q: Queries, side: Side, name: str, account: str) -> None:
    """Remember an account, unless one is remembered under that name already."""
    q.remember_account(side=side.value, name=name, account=account, at=clock.stamp(clock.now()))


def accept(q: Queries, side: Side, name: str, account: str) -> None:
    """From now on that name stands for another account than the one that is remembered."""
    q.accept_account(side=side.value, name=name, account=account, at=clock.stamp(clock.now()))


class Create(NamedTuple):
    """A create that this state made, or may have made."""

    code: Code
    request: str
    """What its intent keeps; empty where an older version adopted what it found."""
    is_doubtful: bool
    """Whether its forecast may be missing there: the outcome is not known, or it was withdrawn."""


def newest_creates(q: Queries, warehouse: WarehouseName, most: int) -> list[Create]:
    """The newest creates whose forecasts are at a warehouse, then those whose forecasts may be missing."""
    return [
        Create(Code(row["code"]), row["request"], bool(row["doubtful"]))
        for row in q.newest_creates(warehouse=warehouse, most=most)
    ]


def has_announced(q: Queries, warehouse: WarehouseName, codes: Iterable[str]) -> bool:
    """Whether any of these codes is one that this state announced at a warehouse."""
    return any(q.was_created_at(warehouse=warehouse, code=code) is not None for code in codes)
