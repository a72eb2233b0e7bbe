"""A disk that is full at any write, of the state or of labels: nothing is bought twice, and no paid label is lost."""

from __future__ import annotations

import os
import random
import sqlite3
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from certainty import assert_each_paid_label_is_in_hand, assert_nothing_twice, give_back_each, stands
from shop import later

from returnsync.state.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shop import Shop

RETURNS = 2
WRITES = {"state": 13, "labels": 2}
"""How many writes there are in the run of this test."""

_DRAWN = random.Random(22)  # no secret


class Disk:
    """Counts the writes of one kind, and is full from one of them on: only for that one, or until it is cleared."""

    def __init__(self, kind: str, number: int, *, lasting: bool) -> None:
        self.met = 0
        self._kind, self._number, self._lasting = kind, number, lasting
        self._passed = 0

    def is_full(self, kind: str) -> bool:
        if kind != self._kind:
            return False
        self._passed += 1
        full = self._passed >= self._number if self._lasting else self._passed == self._number
        self.met += full
        return full


@contextmanager
def full(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the disk be full during the block; SQLite and the system report it in their own ways."""
    transaction, fsync = Database.transaction, os.fsync

    @contextmanager
    def full_transaction(db: Database) -> Iterator[Any]:
        with transaction(db) as q:
            yield q
            if disk.is_full("state"):
                raise _full_database()

    def full_fsync(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode) and disk.is_full("labels"):
            raise OSError(28, "No space left on device")
        fsync(handle)

    with monkeypatch.context() as patched:
        patched.setattr(Database, "transaction", full_transaction)
        patched.setattr(os, "fsync", full_fsync)
        yield


def _full_database() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
    return error


def cells() -> Iterator[Any]:
    """Every write; in `make test` only some, drawn with a fixed seed."""
    for kind, number in WRITES.items():
        for lasting in (False, True):
            drawn = {_DRAWN.randint(1, number) for _ in range(3)}
            for write in range(1, number + 1):
                marks = () if write in drawn else pytest.mark.prove
                name = f"{kind}-{write}-{'until cleared' if lasting else 'once'}"
                yield pytest.param(kind, write, lasting, id=name, marks=marks)


@pytest.mark.parametrize(("kind", "write", "lasting"), list(cells()))
def test_a_disk_that_is_full_at_a_write_costs_no_label_and_no_return(
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    write: int,
    lasting: bool,  # noqa: FBT001 - as pytest gives it
) -> None:
    shop.warehouse["concurrency"] = 1
    codes = give_back_each(shop, RETURNS)
    disk = Disk(kind, write, lasting=lasting)
    with full(disk, monkeypatch):
        ran = shop("run")
    assert "Traceback" not in ran.err, ran.err
    assert disk.met, "there is no such write"
    # The last label may be written into the reserved room, and then nothing is left that could be stopped.
    assert ran.code in {"state": (75,), "labels": (78, 0)}[kind], ran.err
    for hours in (1, 30):
        with later(hours=hours):
            assert shop("run").code == 0, shop.held()
    assert stands(shop) == dict.fromkeys(codes, ("settled", ""))
    assert_nothing_twice(shop)
    assert_each_paid_label_is_in_hand(shop)
    assert len(shop.labels()) == RETURNS
