"""The warehouse's numbers for announcements: rules with their tables, and with the answers of lookups.

A lookup that fails makes that one return wait. One that is refused is also reported once, as trouble of its source. So
is a table that cannot be read, and then nothing of the source is announced.
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
    """What the rules make of an order number, as far as they could be applied."""

    given: OrderNumber
    number: WarehouseOrderNumber
    """The result of the rules, or of those that could be applied."""
    is_complete: bool = True
    """Whether every rule could be applied."""
    is_listed: bool = True
    """Whether every table among the rules has the number."""

    def is_same_order(self, other: "Lead") -> bool:
        """Whether both lead to one order: by the results of the rules, or else by how they are written.

        How they are written counts only where a table or a lookup does not know one of them. Where the rules know both
        and make different numbers of them, they are different orders, even if they look alike.
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

        A lookup that is refused is reported to `tally`.
        """
        self.lookups = lookups
        self._tally = tally
        self._lock = threading.Lock()
        self._tables: dict[str, CsvTable] = {}
        self._reported: set[str] = set()

    def of(self, db: Database, source: Source, announcement: Announcement) -> WarehouseOrderNumber:
        """The warehouse's number for the order of an announcement, looked up elsewhere where a rule says so.

        Raises:
            HoldError: a table or a lookup does not know it, or it cannot be asked for.
            WaitError: a lookup failed, or is refused; a refusal is also reported as trouble of the source.
            AccountRefused: a table cannot be read, or a secret is missing; then nothing of the source can be announced.
            Interrupted: we were asked to stop.
        """
        try:
            return to_warehouse(raw_number(announcement), source.rules, _Asking(self, db, source, keeping=True))
        except (AccountError, CallError) as error:
            if isinstance(error, AccountError):
                if error.account == source.name or isinstance(error, Interrupted):
                    # Nothing of the source can be announced, or a signal came.
                    raise
                # The lookup cannot be used in this run: all its returns wait.
                self._report(source, error)
            if isinstance(error, Refused):
                # The refusal may concern this very number, so in the end a person must look.
                raise WaitError(Cause.ORDER_NUMBER_UNKNOWN, error.what, foreign=error.foreign) from error
            # It resolves by itself, however long that takes.
            raise WaitError(Cause.LOOKUP_FAILED, error.what, foreign=error.foreign, give_up=False) from error

    def apply_each(self, db: Database, source: Source, number: OrderNumber) -> Iterator[Applied]:
        """What each rule makes of a number. Lookups are made as in a run, and their answers are not kept.

        Raises:
            HoldError: as `of`.
            CallError, AccountError: a lookup failed or is refused, or what it needs cannot be read.
        """
        return apply_each(number, source.rules, _Asking(self, db, source, keeping=False))

    def known(self, db: Database, source: Source, announcement: Announcement) -> WarehouseOrderNumber:
        """The number as far as it is known without a call: equal ones surely lead to one order."""
        return self.lead(db, source, raw_number(announcement)).number

    def known_steps(self, db: Database, source: Source, announcement: Announcement) -> list[Applied]:
        """What each rule makes of the number of an announcement, up to the first rule that needs a call."""
        steps: list[Applied] = []
        try:
            steps.extend(apply_each(raw_number(announcement), source.rules, _Remembering(self, db, source)))
        except (_NotAsked, HoldError, AccountRefused):
            return steps
        return steps

    def lead(self, db: Database, source: Source, number: OrderNumber) -> "Lead":
        """The result for a number, as far as it is known without a call."""
        text, is_complete, is_listed = number.strip(), True, True
        try:
            for applied in apply_each(number, source.rules, _Remembering(self, db, source)):
                text = applied.number
                is_listed = is_listed and not (applied.note and isinstance(applied.rule, Table))
        except (_NotAsked, HoldError, AccountRefused):
            is_complete = False  # the error comes again when the announcement is worked on, and is reported then
        return Lead(number, WarehouseOrderNumber(text), is_complete, is_listed)

    def forget(self, q: Queries, source: Source, announcement: Announcement) -> None:
        """Forget the answers of lookups for the number of an announcement: they may have been corrected since.

        An announced return stays on its order, so no other system needs to answer before it can be compared.
        """
        if announcement.announced_at is not None:
            return
        forgetting = _Forgetting(self, q, source)
        try:
            for _ in apply_each(raw_number(announcement), source.rules, forgetting):
                pass
        except (_NotAsked, HoldError, AccountRefused):
            pass  # no answer was kept from there on

    def _report(self, source: Source, error: AccountError) -> None:
        """Report once that a lookup is refused, or cannot be reached in this run, however many returns need it."""
        with self._lock:
            if error.account in self._reported:
                return
            self._reported.add(error.account)
        tally = self._tally.source(source.name)
        tally.error = tally.error or error.what
        self._tally.trouble(error)

    def check(self, source: Source) -> Iterator[Finding]:
        """Check that the tables of a source can be read and the secrets of its lookups exist. It makes no request.

        Raises:
            AccountRefused: one of them cannot.
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
        """The table of a rule, read again when its file changed. Raises `AccountRefused` when it cannot be read."""
        with self._lock:
            table = self._tables.setdefault(rule.table, CsvTable(Path(rule.table)))
        return read_table(source, table)


class _NotAsked(Exception):
    """A lookup would be needed to go on. This is no error."""


class _Remembering:
    """Tables, and earlier answers of lookups; no call is made."""

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
    """The same, and a lookup without an earlier answer is made."""

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
    """Follows the remembered answers, and forgets each."""

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
    """The number from which the rules start, for the order of an announcement."""
    return OrderNumber(announcement.order_ref or announcement.order_number)
