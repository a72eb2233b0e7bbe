"""Helpers of the tests of certainty: returns on orders, the calls at the warehouse, and a machine's two clocks."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from returnsync import clock as product_clock
from returnsync.engine.plan.codes import code_for
from returnsync.model import OrderNumber, ReturnId, SourceId
from returnsync.sandbox import wire
from returnsync.sandbox.world import monta_line, monta_order, request, return_order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shop import Shop
    from starlette.types import Receive, Scope, Send

    from returnsync.sandbox import Sandbox

SETTLED = ("settled", "")
DOUBT = ("held", "label-in-doubt")
REFUSED = ("held", "label-refused")

# Answers of a server: body and content type.
JSON = (b'{"ErrorMessage": "Not now."}', "application/json")
TEXT = (b"Not now.", "text/plain")
PAGE = (b"<!doctype html><html><head><title>Sign in</title></head><body>Sign in</body></html>", "text/html")
EMPTY = (b"", "text/plain")
BODIES = {"json": JSON, "text": TEXT, "page": PAGE, "empty": EMPTY}


def rarely(*values: Any) -> Any:
    """A case that is only tried in `make prove`."""
    return pytest.param(*values, marks=pytest.mark.prove)


def give_back(shop: Shop, number: str = "1001", *, name: str = "", ordered: int = 1) -> str:
    """Put in a shipped order unless it exists, and an approved return of one unit; give its code."""
    if number not in shop.sandbox.monta.orders:
        shop.sandbox.monta.add(monta_order(number, monta_line(quantity=ordered)))
    at = datetime.now(UTC)
    record = return_order(request(order=f"#{number}"), id=name or f"return-{number}", created=at, updated=at)
    identity = shop.sandbox.returnista.add(record)
    return code_for(SourceId("shop-nl"), ReturnId(identity), OrderNumber(f"#{number}"))


def give_back_each(shop: Shop, count: int, first: int = 1001) -> list[str]:
    """Put in `count` returns, each of an order of its own."""
    return [give_back(shop, str(number)) for number in range(first, first + count)]


def in_flight(shop: Shop) -> list[tuple[str, str]]:
    """The calls without an outcome, each with when it was looked for."""
    with closing(sqlite3.connect(shop.state)) as state:
        return state.execute("SELECT kind, coalesce(looked_at, '') FROM effects WHERE outcome IS NULL").fetchall()


def stands(shop: Shop) -> dict[str, tuple[str, str]]:
    """Code → progress and cause, for every announcement."""
    with closing(sqlite3.connect(shop.state)) as state:
        rows = state.execute("SELECT code, progress, cause FROM announcements")
        return {code: (progress, cause or "") for code, progress, cause in rows}


def labels_of(shop: Shop) -> Counter[str]:
    """Code → how many labels were made, and billed."""
    return Counter(label.code for label in shop.sandbox.monta.labels)


def assert_nothing_twice(shop: Shop) -> None:
    assert max(Counter(forecast.code for forecast in shop.forecasts).values(), default=0) <= 1, "announced twice"
    assert max(labels_of(shop).values(), default=0) <= 1, "a second label was bought"


def assert_each_paid_label_is_in_hand(shop: Shop) -> None:
    """Assert that the bytes of every label that was made are on disk, or its return is held for that label."""
    on_disk = {file.read_bytes() for file in shop.labels()}
    held = {item["code"] for item in shop.held() if item["cause"] in ("label-in-doubt", "label-unusable")}
    lost = {label.code for label in shop.sandbox.monta.labels if label.data not in on_disk} - held
    assert not lost, "paid for, and neither on disk nor held"


def run_after(shop: Shop, clock: Any, **time_passed: float) -> dict[str, Any]:
    """Make one run after that time."""
    clock.shift(timedelta(**time_passed))
    ended = shop("run", "--json")
    assert "Traceback" not in ended.err, ended.err
    return ended.json


def back_up(shop: Shop) -> None:
    with closing(sqlite3.connect(shop.state)) as state, closing(sqlite3.connect(shop.folder / "backup")) as copy:
        state.backup(copy)


def lose_state(shop: Shop, *, labels: bool = False) -> None:
    """Remove the state, and with `labels` the folder of labels too."""
    for name in ("", "-wal", "-shm"):
        (shop.folder / f"returnsync.db{name}").unlink(missing_ok=True)
    if labels:
        shutil.rmtree(shop.folder / "labels", ignore_errors=True)


def restore(shop: Shop, *, labels: bool = False) -> None:
    """Restore the backup; with `labels`, the folder of labels is removed."""
    lose_state(shop, labels=labels)
    shutil.copy(shop.folder / "backup", shop.state)


class Door:
    """The calls at the warehouse, in order; and a server before it that answers in its place for some codes.

    A fault of the sandbox's schedule depends on the number of the call, this depends on the code that it is for.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.calls: list[tuple[str, str]] = []
        """Route and path of every call at the warehouse."""
        self.instead: dict[str, wire.Answer] = {}
        """Code → the answer to a label call for it, which makes no label."""
        self._counts = sandbox.counts
        self._app = sandbox._app  # noqa: SLF001  # it has no place of its own for this
        self._real = self._app.run
        self._app.run = self._run

    async def _run(self, operation: wire.Operation, lock: Any, scope: Scope, receive: Receive, send: Send) -> None:
        if operation.name.startswith("monta."):
            self.calls.append((operation.name, scope["path"]))
        if operation.name == "monta.label" and (answer := self.instead.get(scope["path"].split("/")[-2])):
            self._counts.hit(operation.name)
            operation = wire.Operation(operation.name, operation.method, operation.path, lambda _call: answer)
            lock = None
        await self._real(operation, lock, scope, receive, send)

    def refuse(self, codes: Iterable[str], status: int, answer: tuple[bytes, str]) -> None:
        """From now on, answer label calls for these codes like this."""
        self.instead |= {code: wire.Answer(status, *answer, {}) for code in codes}

    def labels(self) -> list[str]:
        """The codes that label calls were for, in order."""
        return [path.split("/")[-2] for route, path in self.calls if route == "monta.label"]


class Clocks:
    """A machine's two clocks: the wall clock, which can be set, and the one that counts from the start of the machine.

    The warehouse has a third one, which is right. `traveller` moves all of them.
    """

    def __init__(self, traveller: Any, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        self._traveller = traveller
        self._stepped = 0.0
        self._started = 0.0
        self._starts = 0
        self._patch = monkeypatch
        monkeypatch.setattr(product_clock, "elapsed", lambda: time.time() - self._stepped - self._started)
        monkeypatch.setattr(product_clock, "boot", lambda: f"start {self._starts}")
        shop.sandbox.monta.now = self._right
        shop.sandbox.monta.date = self._right

    def _right(self) -> datetime:
        return datetime.now(UTC) - timedelta(seconds=self._stepped)

    def shift(self, passed: timedelta) -> None:
        """Let time pass on every clock."""
        self._traveller.shift(passed)

    def step_wall(self, **step: float) -> None:
        """Set the wall clock; no time passes."""
        seconds = timedelta(**step).total_seconds()
        self._traveller.shift(seconds)
        self._stepped += seconds

    def restart(self) -> None:
        """Restart the machine, whose second clock then counts from zero."""
        self._starts += 1
        self._started = time.time() - self._stepped
