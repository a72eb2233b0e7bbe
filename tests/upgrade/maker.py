"""A merchant who uses the program: the real command against the sandbox, one source at a time.

A command is given the sources that it may know. Calls in flight at other sources stay in flight, and what is due or
waits there is left as it is. In the end, all sources are in the configuration.
"""

from __future__ import annotations

import copy
import os
import signal
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from combinations import Combination, of_file

from returnsync.engine.plan.codes import code_for
from returnsync.model import OrderNumber, ReturnId, SourceId
from returnsync.sandbox import Fault
from returnsync.sandbox.monta import Monta
from returnsync.sandbox.world import monta_line, monta_order, request, return_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shop import Ran, Shop

KILLED = str(Path(__file__).with_name("killed.py"))
FAST = {"attempts": 1, "connect_timeout": 2.0, "read_timeout": 5.0}
ORDERED = 3


@dataclass
class Case:
    """One return of one order: the combination that it is to reach, and how."""

    number: str
    wanted: Combination
    how: str
    group: str = ""
    """The group by which a stage sorts its cases."""
    end: str = ""
    """What a person does to it in the end: nothing for `held`; something else for `due`, `waiting` and `released`."""
    identity: str = ""


class Maker:
    """Everything that makes the state file: the shop, its sources, and the cases made so far."""

    def __init__(self, shop: Shop, clock: Any) -> None:
        """Start with no source."""
        self.shop, self.clock = shop, clock
        self.sandbox = shop.sandbox
        self.sources: dict[str, dict[str, Any]] = {}
        self.cases: list[Case] = []
        self._next = 10_000
        os.environ["SHOP_ERP"] = self.sandbox.erp.token
        monta = self.sandbox.monta
        # Asked for one channel, Monta may show the order of another: its documents do not rule that out.
        monta._find_order = lambda number, _channel=None: Monta._find_order(monta, number)  # noqa: SLF001 - it has no switch for it

    # -- the outside -------------------------------------------------------------------------------------------------

    def source(self, name: str, **settings: Any) -> str:
        """Add a source with an account of its own at Returnista."""
        account = f"0190a000-0000-7000-8000-{len(self.sources):012d}"
        self.sandbox.returnista.accounts[account] = {}
        plain = {"platform": "returnista", "account_id": account, "token": "env:SHOP_TOKEN"}
        return self.add_source(name, base_url=self.sandbox.returnista_url, **plain, **settings)

    def add_source(self, name: str, **settings: Any) -> str:
        """Add a source of any platform."""
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
        self.sources[name] = {"warehouse": "monta", "start_from": start, **FAST, **settings}
        return name

    def look_up(self, source: str, find: str) -> None:
        """Have the order numbers of a source looked up at the ERP."""
        lookup = {"lookup": self.sandbox.erp_url + "/orders/{number}", "find": find, "bearer": "env:SHOP_ERP"}
        self.sources[source]["order_number"] = [{"strip_prefix": "#"}, lookup]

    def case(self, wanted: Combination, how: str, **more: str) -> Case:
        """Remember one more case, under the next order number."""
        self._next += 1
        case = Case(str(self._next), wanted, how, **more)
        self.cases.append(case)
        return case

    def put_in(self, source: str, cases: Iterable[Case], **fields: Any) -> None:
        """For each case, put in a shipped order of three units of one article, and an approved return of one unit."""
        for case in cases:
            self.sandbox.monta.add(monta_order(case.number, monta_line(quantity=ORDERED)))
            self.give_back(source, case, **fields)

    def give_back(self, source: str, case: Case, reason: str | None = None, **fields: Any) -> None:
        """Put in only the return."""
        self.at(source)
        wish = request(order=f"#{case.number}", reason_key=reason)
        # Made so recently that an ordinary run lists it.
        made = {"created": datetime.now(UTC) - timedelta(minutes=3), **fields}
        case.identity = self.sandbox.returnista.add(return_order(wish, **made))

    def at(self, source: str) -> None:
        """Switch Returnista's stand-in to the account of a source."""
        self.sandbox.returnista.use(self.sources[source]["account_id"])

    def touch(self, source: str, cases: Iterable[Case], **changes: Any) -> None:
        """Let the platform show some returns differently from now on."""
        self.at(source)
        for case in cases:
            self.sandbox.returnista.touch(case.identity, **changes)

    def remove(self, source: str, case: Case) -> None:
        """Remove it from the platform."""
        self.at(source)
        self.sandbox.returnista.remove(case.identity)

    def one_more(self, source: str, cases: Iterable[Case], units: int = 2) -> None:
        """Let the consumers send back `units` units instead of one."""
        self.at(source)
        for case in cases:
            [wish, *_] = self.sandbox.returnista.return_orders[case.identity]["returnRequests"]
            wishes = [wish, *({**wish, "id": f"{case.number}-{unit}"} for unit in range(1, units))]
            self.sandbox.returnista.touch(case.identity, returnRequests=wishes)

    def order(self, case: Case) -> dict[str, Any]:
        """Its order at Monta, to be changed."""
        return self.sandbox.monta.orders[case.number][0]

    def code(self, source: str, case: Case) -> str:
        """The code of its announcement; for platforms other than Returnista, only once the state has it."""
        if self.sources[source]["platform"] != "returnista":
            return next(code for code, (number, _) in self.combinations().items() if number == case.number)
        lasting = SourceId(self.sources[source].get("id", source))
        return code_for(lasting, ReturnId(case.identity), OrderNumber(f"#{case.number}"))

    def forget_forecasts(self, source: str, cases: Iterable[Case]) -> None:
        """Remove the forecasts, as somebody may do in Monta's portal."""
        codes = {self.code(source, case) for case in cases}
        self.sandbox.monta.forecasts = [one for one in self.sandbox.monta.forecasts if one.code not in codes]

    # -- the program -------------------------------------------------------------------------------------------------

    def configure(self, sources: Sequence[str], **warehouse: Any) -> None:
        """Write a configuration that knows these sources."""
        world = self.sandbox.world
        plain = {
            "kind": "monta",
            "username": "env:SHOP_USER",
            "password": "env:SHOP_PASSWORD",
            "carrier": "PostNL",
            "base_url": self.sandbox.monta_url,
            "unmapped_reason": "hold",
            **FAST,
        }
        monta = {**plain, "channel": next(iter(world.channels)), **warehouse}
        # Without a channel, so that the number of channels of the account is read and kept.
        self.shop.more = {
            "warehouses": {"monta": monta, "monta-be": {**plain, "unmapped_reason": "text", **warehouse}},
            "sources": {name: copy.deepcopy(self.sources[name]) for name in sources},
        }

    def command(self, source: str, *arguments: str, faults: Iterable[Fault] = (), **warehouse: Any) -> Ran:
        """Run one command that knows only one source, with these faults."""
        self.configure([source], **warehouse)
        self.sandbox.faults.add(*faults)
        ran = self.shop(*arguments)
        self.sandbox.faults.clear()
        if ran.code not in (0, 1, 75, 78):
            raise RuntimeError(f"{source}: {arguments} ended with {ran.code}: {ran.err}")
        return ran

    def run(self, source: str, *faults: Fault, **warehouse: Any) -> Ran:
        """Make one run."""
        return self.command(source, "run", "--yes", faults=faults, **warehouse)

    def held(self, verb: str, source: str, cases: Iterable[Case]) -> None:
        """Call `held retry` or `held release` for all of these."""
        codes = [self.code(source, case) for case in cases]
        if codes:
            ran = self.command(source, "held", verb, *codes)
            if ran.code:
                raise RuntimeError(f"{source}: held {verb}: {ran.err}")

    def finish(self, source: str, cases: Sequence[Case], *faults: Fault, **warehouse: Any) -> None:
        """Do what a person does in the end; cases that are to wait are looked at by a run that meets `faults`."""
        self.held("release", source, [case for case in cases if case.end == "released"])
        waiting = [case for case in cases if case.end == "waiting"]
        if waiting:
            self.held("retry", source, waiting)
            self.run(source, *faults, **warehouse)
        self.held("retry", source, [case for case in cases if case.end == "due"])

    def die(self, source: str, step: str, *arguments: str, faults: Iterable[Fault] = (), **warehouse: Any) -> None:
        """Run a separate process that is killed at a step. Only a later command settles what it leaves in flight."""
        self.configure([source], **warehouse)
        self.sandbox.faults.add(*faults)
        moment = datetime.now(UTC).isoformat()
        ran = self.shop.process(*(arguments or ("run", "--yes")), program=(KILLED, moment, step))
        self.sandbox.faults.clear()
        if ran.code != -signal.SIGKILL:
            raise RuntimeError(f"{source}: it did not die at {step!r}: {ran}")

    def shift(self, **time: float) -> None:
        """Let time pass."""
        self.clock.shift(timedelta(**time))

    # -- the result --------------------------------------------------------------------------------------------------

    def combinations(self) -> dict[str, tuple[str, Combination]]:
        """Code → order number and combination, as the state has it."""
        with closing(sqlite3.connect(self.shop.state)) as state:
            return of_file(state)


def status(route: str, number: int, **more: Any) -> Fault:
    """A fault: that route answers with a status."""
    return Fault(f"monta.{route}", "status", status=number, **more)
