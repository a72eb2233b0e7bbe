"""The warehouse's numbers for announcements: rules with their tables, and with what other systems answer to lookups.

A lookup that fails costs the one return a wait. One that is refused is also trouble of its source, told once; so is a
table that cannot be read, and then nothing of the source is announced.
"""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from returnsync.config.csv_tables import CsvTable
from returnsync.engine.orders.lookups import Lookups
from returnsync.engine.sources import Source, read_table
from returnsync.engine.summary import Tally
from returnsync.errors import (
    AccountError,
    AccountRefused,
    CallError,
    HoldError,
    Interrupted,
    Refused,
    WaitError,
)
from returnsync.mapping.order_numbers import Answered, Applied, apply_each, folded, to_warehouse
from returnsync.mapping.order_rules import Lookup, Table
from returnsync.model import Announcement, Cause, Finding, OrderNumber, WarehouseOrderNumber
from returnsync.state.database import Database, Queries


@dataclass(frozen=True, slots=True)
class Lead:
    """Where an order number leads."""

    given: OrderNumber
    number: WarehouseOrderNumber
    """What the rules made of it, or those of them that could be applied."""
    is_complete: bool = True
    """Whether every rule could be applied."""
    is_listed: bool = True
    """Whether every table of the rules has the number."""

    def is_same_order(self, other: "Lead") -> bool:
        """Whether both lead to one order: by what the rules make of them, else by how they are written.

        How they are written counts only where a table or a lookup does not know one of them. Where the rules know both
        and make different numbers of them, they are different orders, however alike they look.
        """
        if self.is_complete == other.is_complete and folded(self.number) == folded(other.number):
            return bool(folded(self.number))
        if all(lead.is_complete and lead.is_listed for lead in (self, other)):
            return False
        return bool(folded(self.given)) and folded(self.given) == folded(other.given)


class Numbers:
    """Turns order numbers of every source. Safe to share between threads."""

    def __init__(self, lookups: Lookups, tally: Tally) -> None:
        """Prepare; tables are read and lookups opened when they are first needed.

        A lookup that is refused is told to `tally`.
        """
        self.lookups = lookups
        self._tally = tally
        self._lock = threading.Lock()
        self._tables: dict[str, CsvTable] = {}
        self._reported: set[str] = set()

    def of(self, db: Database, source: Source, announcement: Announcement) -> WarehouseOrderNumber:
        """What the warehouse calls the order of an announcement; asked elsewhere where a rule says so.

        Raises:
            HoldError: a table or a lookup does not know it, or it cannot be asked for.
            WaitError: a lookup failed, or is refused; the latter is told as trouble of the source.
            AccountRefused: of the source: a table cannot be read, or a secret is not there. Nothing of it can be
                announced.
            Interrupted: we were asked to stop.
        """
        try:
            return to_warehouse(raw_number(announcement), source.rules, _Asking(self, db, source, keeping=True))
        except (AccountError, CallError) as error:
            if isinstance(error, AccountError):
                if error.account == source.name or isinstance(error, Interrupted):
                    # nothing of the source can be announced, or a signal came
                    raise
                # the lookup cannot be used in this run: all its returns wait
                self._report(source, error)
            if isinstance(error, Refused):
                # It may be about this very number, so in the end a person must look.
                raise WaitError(Cause.ORDER_NUMBER_UNKNOWN, error.what, foreign=error.foreign) from error
            # it heals by itself, however long that takes
            raise WaitError(Cause.LOOKUP_FAILED, error.what, foreign=error.foreign, give_up=False) from error

    def apply_each(self, db: Database, source: Source, number: OrderNumber) -> Iterator[Applied]:
        """What each rule makes of a number. Asks as a run would, and keeps nothing.

        Raises:
            HoldError: as `of`.
            CallError, AccountError: a lookup failed or is refused, or what it needs cannot be read.
        """
        return apply_each(number, source.rules, _Asking(self, db, source, keeping=False))

    def known(self, db: Database, source: Source, announcement: Announcement) -> WarehouseOrderNumber:
        """As far as the number is known without a call: equal ones surely lead to one order."""
        return self.lead(db, source, raw_number(announcement)).number

    def known_steps(self, db: Database, source: Source, announcement: Announcement) -> list[Applied]:
        """What each rule makes of the number of an announcement, up to the first that cannot tell without a call."""
        steps: list[Applied] = []
        try:
            steps.extend(apply_each(raw_number(announcement), source.rules, _Remembering(self, db, source)))
        except (_NotAsked, HoldError, AccountRefused):
            return steps
        return steps

    def lead(self, db: Database, source: Source, number: OrderNumber) -> "Lead":
        """Where a number leads, as far as that is known without a call."""
        text, is_complete, is_listed = number.strip(), True, True
        try:
            for applied in apply_each(number, source.rules, _Remembering(self, db, source)):
                text = applied.number
                is_listed = is_listed and not (applied.note and isinstance(applied.rule, Table))
        except (_NotAsked, HoldError, AccountRefused):
            is_complete = False  # whoever works on the announcement meets it again, and says so
        return Lead(number, WarehouseOrderNumber(text), is_complete, is_listed)

    def forget(self, q: Queries, source: Source, announcement: Announcement) -> None:
        """Forget what lookups answered to the number of an announcement: somebody may have corrected it there.

        What is announced stays on its order, and no other system need be up for it to be compared.
        """
        if announcement.announced_at is not None:
            return
        forgetting = _Forgetting(self, q, source)
        try:
            for _ in apply_each(raw_number(announcement), source.rules, forgetting):
                pass
        except (_NotAsked, HoldError, AccountRefused):
            pass  # nothing was remembered from there on

    def _report(self, source: Source, error: AccountError) -> None:
        """Report that a lookup is refused, or out of reach for this run: once, however many returns meet it."""
        with self._lock:
            if error.account in self._reported:
                return
            self._reported.add(error.account)
        tally = self._tally.source(source.name)
        tally.error = tally.error or error.what
        self._tally.trouble(error)

    def check(self, source: Source) -> Iterator[Finding]:
        """Whether the tables of a source can be read, and the secrets of its lookups are there. Asks nobody.

        Raises:
            AccountRefused: one is not.
        """
        for rule in source.rules:
            if isinstance(rule, Table):
                yield Finding("order numbers", ok=True, text=f"{len(self.table(source, rule))} in {rule.table}")
            elif isinstance(rule, Lookup):
                self.lookups.open(source, rule)
                yield Finding("order numbers", ok=True, text=f"looked up at {rule.asked}; try one with --order")

    def look_at_tables(self, source: Source) -> None:
        """Read every table of a source's rules. Raises `AccountRefused` of the source when one cannot be read."""
        for rule in source.rules:
            if isinstance(rule, Table):
                self.table(source, rule)

    # -- for the rules -------------------------------------------------------------------------------------------------

    def table(self, source: Source, rule: Table) -> Mapping[str, str]:
        """The table of a rule, read anew when its file changed. Raises `AccountRefused` when it cannot be read."""
        with self._lock:
            table = self._tables.setdefault(rule.table, CsvTable(Path(rule.table)))
        return read_table(source, table)


class _NotAsked(Exception):
    """A lookup would have to be made to go on. No error."""


class _Remembering:
    """Tables, and what lookups answered before; no call is made."""

    def __init__(self, numbers: Numbers, db: Database, source: Source) -> None:
        self._numbers = numbers
        self._db = db
        self._source = source

    def table(self, rule: Table) -> Mapping[str, str]:
        return self._numbers.table(self._source, rule)

    def look_up(self, rule: Lookup, number: str) -> Answered:
        remembered = self._numbers.lookups.remembered(self._db, self._source, rule, number)
        if remembered is None:
            raise _NotAsked
        return Answered(remembered, "as it was answered before")


class _Asking(_Remembering):
    """The same, and what was not asked before is asked."""

    def __init__(self, numbers: Numbers, db: Database, source: Source, *, keeping: bool) -> None:
        super().__init__(numbers, db, source)
        self._keeping = keeping

    def look_up(self, rule: Lookup, number: str) -> Answered:
        try:
            return super().look_up(rule, number)
        except _NotAsked:
            given = self._numbers.lookups.ask(self._source, rule, number)
        if given and self._keeping:
            self._numbers.lookups.keep(self._db, self._source, rule, number, given)
        return Answered(given)


class _Forgetting:
    """Goes the way of the answers that are remembered, and forgets each."""

    def __init__(self, numbers: Numbers, q: Queries, source: Source) -> None:
        self._numbers = numbers
        self._q = q
        self._source = source

    def table(self, rule: Table) -> Mapping[str, str]:
        return self._numbers.table(self._source, rule)

    def look_up(self, rule: Lookup, number: str) -> Answered:
        remembered = self._numbers.lookups.forget(self._q, self._source, rule, number)
        if remembered is None:
            raise _NotAsked
        return Answered(remembered)


def raw_number(announcement: Announcement) -> OrderNumber:
    """The number by which its order is asked for, before any rule."""
    return OrderNumber(announcement.order_ref or announcement.order_number)
