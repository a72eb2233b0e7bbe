"""Order numbers that are looked up in another system: one client for each rule, and the answers so far.

An answer is kept for good, by source, rule and number. That a number is not known there is not kept.
"""

import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from returnsync.engine.sources import Source
from returnsync.errors import AccountError, AccountRefused, BadAnswer, ConfigError, HoldError, Refused
from returnsync.http.auth import Basic, Bearer, HeaderAuth
from returnsync.http.gate import Gate
from returnsync.http.refusals import OF_ACCOUNT
from returnsync.mapping.order_rules import Lookup
from returnsync.model import Cause
from returnsync.state import lookups as kept
from returnsync.state.database import Database, Queries

if TYPE_CHECKING:  # imported when a lookup is opened: most configurations have none
    from collections.abc import Callable

    from returnsync.engine.accounts import Accounts
    from returnsync.http.lookup import Asker

_NOT_FOUND = frozenset({404, 410})


class Lookups:
    """The lookups of every source. Safe to share between threads."""

    def __init__(self, accounts: "Callable[[], Accounts]", base: Path, stop: threading.Event) -> None:
        """Prepare; `accounts` opens a client when it is first needed. Paths of secrets are relative to `base`."""
        self._accounts = accounts
        self._base = base
        self._stop = stop
        self._lock = threading.Lock()
        self._askers: dict[tuple[str, Lookup], Asker] = {}
        self._gates: dict[tuple[str, Lookup], Gate] = {}

    def remembered(self, db: Database, source: Source, rule: Lookup, number: str) -> str | None:
        """The earlier answer of a lookup; `None` where there is none."""
        with db.reading() as q:
            return kept.answer(q, source.id, hash_of(rule), number)

    def keep(self, db: Database, source: Source, rule: Lookup, number: str, given: str) -> None:
        """Save an answer for good. In a dry run the state is a copy."""
        with db.transaction() as q:
            kept.keep(q, source.id, hash_of(rule), number, given)

    def forget(self, q: Queries, source: Source, rule: Lookup, number: str) -> str | None:
        """Delete an answer so that it is asked for again; returns it."""
        remembered = kept.answer(q, source.id, hash_of(rule), number)
        kept.forget(q, source.id, hash_of(rule), number)
        return remembered

    def ask(self, source: Source, rule: Lookup, number: str) -> str:
        """The answer of a lookup now; empty when it does not know the order.

        Raises:
            HoldError: the number cannot be asked for, or the answer is not a number.
            CallError: the request failed.
            AccountError: the lookup is refused, now or earlier in this run, and is not asked again. Or a secret is
                missing.
        """
        if number in ("", ".", "..") or not number.isprintable():
            raise _unusable(number)
        with self._lock:
            gate = self._gates.setdefault((source.id, rule), Gate(closes_on=AccountError))
        return gate.call(lambda: self._answer(source, rule, number))

    def _answer(self, source: Source, rule: Lookup, number: str) -> str:
        asker = self.open(source, rule)
        try:
            answer = asker.ask(number)
        except Refused as error:
            if error.status in _NOT_FOUND:
                return ""
            if error.status in OF_ACCOUNT:
                said, next_step = OF_ACCOUNT[error.status]
                what = f"{asker.account}: the lookup is refused: {said} (HTTP {error.status})."
                raise AccountRefused(asker.account, what, next_step, foreign=error.foreign) from error
            raise
        try:
            content = answer.json()
        except BadAnswer as error:
            raise BadAnswer(f"{asker.account}: {error.what}", status=error.status, foreign=error.foreign) from error
        try:
            return rule.pick(content)
        except ValueError as error:
            raise HoldError(
                Cause.ORDER_NUMBER_UNKNOWN,
                f"The lookup of order number {number!r} at {rule.asked} was answered with {error}.",
                "Correct `find` of that rule, then: returnsync held retry <CODE>.",
            ) from error

    def open(self, source: Source, rule: Lookup) -> "Asker":
        """The client of one rule; its secrets are resolved at the first call.

        Raises:
            AccountRefused: a secret is missing; the error names the source.
        """
        with self._lock:
            if (source.id, rule) not in self._askers:
                from returnsync.http.lookup import Asker

                lookups = [one for one in source.rules if isinstance(one, Lookup)]
                place = lookups.index(rule)
                name = f"{source.name}/lookup{place + 1 if place else ''}"
                try:
                    opened = self._accounts().lookup_client(Asker, name, source, rule.lookup, self._auth(source, rule))
                except ConfigError as error:
                    raise AccountRefused(source.name, error.what, error.next_step) from error
                self._askers[source.id, rule] = opened
            return self._askers[source.id, rule]

    def _auth(self, source: Source, rule: Lookup) -> HeaderAuth | None:
        where = f"sources.{source.name}.order_number[{source.rules.index(rule)}]"

        def secret(key: str) -> str:
            return str(getattr(rule, key).resolve(self._base, f"{where}.{key}", self._stop))

        if rule.bearer is not None:
            return Bearer(secret("bearer"))
        if rule.username is not None:
            return Basic(secret("username"), secret("password"))
        return HeaderAuth(rule.header, secret("key")) if rule.header else None


def hash_of(rule: Lookup) -> str:
    """A hash of where and how a lookup asks: another address, or another account there, has other answers."""
    return hashlib.sha256(rule.model_dump_json().encode()).hexdigest()


def _unusable(number: str) -> HoldError:
    return HoldError(
        Cause.ORDER_NUMBER_UNUSABLE,
        f"Order number {number!r} cannot be looked up: it is empty, `.` or `..`, or cannot be printed.",
        "Correct it at the platform, or set `order_number` rules before the lookup, "
        "then: returnsync held retry <CODE>.",
    )
