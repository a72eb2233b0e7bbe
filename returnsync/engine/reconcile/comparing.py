"""Comparing everything: sources listed again, and what each warehouse lists, against one copy of the state."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from returnsync import clock
from returnsync.engine.ask import requests_in_a_day
from returnsync.engine.context import Context
from returnsync.engine.known_sources import know_sources
from returnsync.engine.probing import load_breakers
from returnsync.engine.reconcile.at_platforms import compare_sources
from returnsync.engine.reconcile.differences import COMPARE_LATER, Difference, Kind, ToAdopt
from returnsync.engine.reconcile.forecasts import compare_listed, compare_unlisted, count_others
from returnsync.engine.reconcile.known import Known, known_at
from returnsync.engine.reconcile.lists import Lists
from returnsync.engine.reconcile.receipts import compare_receipts
from returnsync.engine.reconcile.several_labels import compare_labels
from returnsync.engine.summary import Tally, error_of, worst
from returnsync.errors import AccountError, CallError, ExitCode, Refused, ReturnsyncError
from returnsync.model import WarehouseName


@dataclass
class Compared:
    """What was compared, and what differs."""

    since: datetime
    differences: list[Difference] = field(default_factory=list)
    not_read_yet: Mapping[str, int] = field(default_factory=dict)
    """How many returns of each source the next run reads by itself."""
    by_others: Counter[str] = field(default_factory=Counter)
    """How many forecasts each warehouse lists that do not belong to these sources."""
    received_since: dict[str, datetime] = field(default_factory=dict)
    """From when on each warehouse lists what it received; that may be later than asked for."""
    warnings: list[str] = field(default_factory=list)
    troubles: list[ReturnsyncError] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    in_a_day: dict[str, dict[str, int]] = field(default_factory=dict)
    """For each account with limits: the requests `made` in a day, by any command, and those `allowed`."""
    stopped_by: ExitCode | None = None
    adopted: set[ToAdopt] = field(default_factory=set)
    """What was taken into the state."""
    held_since: bool = False
    """Whether something that was adopted is held now."""

    def beside(self, tally: Tally, requests: Mapping[str, int]) -> Self:
        """The same, with the troubles, warnings and requests from reading the warehouses' lists."""
        self.troubles[:0] = tally.troubles
        self.warnings[:0] = tally.warnings
        self.requests.update(requests)
        return self

    @property
    def certain(self) -> list[ToAdopt]:
        """What may be taken into the state."""
        return list(dict.fromkeys(one.to_adopt for one in self.differences if one.to_adopt is not None))

    @property
    def counts(self) -> dict[str, int]:
        """The number of differences of each kind."""
        counted = Counter(one.kind for one in self.differences)
        return {kind.value: counted[kind] for kind in Kind}

    @property
    def exit_code(self) -> ExitCode:
        """The worst that applies: something differs, something could not be compared, a signal."""
        codes = {error.exit_code for error in self.troubles}
        if self.held_since or any(not self._is_settled(one) for one in self.differences):
            codes.add(ExitCode.NEEDS_PERSON)
        if self.stopped_by is not None:
            codes.add(self.stopped_by)
        return worst(codes)

    def _is_settled(self, one: Difference) -> bool:
        """Whether nothing differs any more. A cancelled return is known here then, but its forecast still exists."""
        return one.to_adopt in self.adopted and one.kind is not Kind.CANCELLED

    def as_json(self) -> dict[str, Any]:
        """The one object of `reconcile --json`; the caller masks secrets in its texts."""
        content: dict[str, Any] = {
            "since": clock.stamp(self.since),
            "received_since": {name: clock.stamp(at) for name, at in sorted(self.received_since.items())},
            "counts": self.counts,
            "differences": [{**one.as_json(), "adopted": one.to_adopt in self.adopted} for one in self.differences],
            "not_read_yet": dict(sorted(self.not_read_yet.items())),
            "by_others": dict(sorted(self.by_others.items())),
            "warnings": self.warnings,
            "requests": dict(sorted(self.requests.items())),
            "requests_in_a_day": dict(sorted(self.in_a_day.items())),
            "exit_code": int(self.exit_code),
        }
        if self.exit_code not in (ExitCode.DONE, ExitCode.NEEDS_PERSON):
            content["error"] = error_of(self.troubles, self.exit_code)
        return content


def compare(ctx: Context, lists: Mapping[WarehouseName, Lists], since: datetime) -> Compared:
    """Compare everything since a moment. `ctx` works on a copy of the state that was made after `lists` were read.

    So the copy knows what a run announces meanwhile. What could not be compared is listed in the troubles.

    Raises:
        ConfigError: a source or a warehouse was renamed.
    """
    know_sources(ctx)
    load_breakers(ctx)
    shown = compare_sources(ctx, since)
    compared = Compared(since, shown.differences, shown.not_read_yet)
    for name, listed in lists.items():
        if ctx.stop.is_set():
            break
        known = known_at(ctx, name, since, shown.unread)
        if listed.forecasts is not None:
            compared.by_others[name] = count_others(known, listed.forecasts)
        if listed.receipts is not None:
            compared.received_since[name] = listed.receipts.since
        compared.differences += _each(ctx, known, listed)
    # A cancelled return whose forecast is gone is reported as gone only.
    gone = {one.code for one in compared.differences if one.kind is Kind.GONE_THERE}
    compared.differences = [
        one for one in compared.differences if one.kind is not Kind.CANCELLED or one.code not in gone
    ]
    compared.differences.sort(key=lambda one: list(Kind).index(one.kind))
    compared.warnings += ctx.tally.warnings
    compared.troubles += ctx.tally.troubles
    compared.requests.update(ctx.accounts.requests)
    compared.in_a_day = requests_in_a_day(ctx)
    compared.stopped_by = ctx.stopped_by
    return compared


def _each(ctx: Context, known: Known, listed: Lists) -> list[Difference]:
    """Everything that differs at one warehouse; a failed request for one return or order does not affect the others."""
    forecasts, receipts = listed.forecasts, listed.receipts
    # A receipt under a code proves a forecast, too, however old it is; the list counts it as 0.
    received = dict.fromkeys((one.code for one in receipts.returns if one.code), 0) if receipts else {}
    parts: list[Iterable[Difference]] = [compare_listed(known, {**received, **(forecasts or {})})]
    if forecasts is not None:
        parts.append(compare_unlisted(known, forecasts))
    if receipts is not None:
        parts.append(compare_receipts(known, receipts))
    parts.append(compare_labels(known))
    found: list[Difference] = []
    try:
        for part in parts:
            found.extend(part)
    except AccountError as error:
        error.what += " What is left there was not compared."
        ctx.tally.trouble(error)
    for what, errors in known.failed.items():
        ctx.tally.trouble(_not_compared(known, what, errors))
    return found


def _not_compared(known: Known, what: str, errors: Sequence[ReturnsyncError]) -> ReturnsyncError:
    """The trouble for requests that failed; it is temporary if another try may help."""
    which = "one return or order" if len(errors) == 1 else f"{len(errors)} returns or orders"
    told = ReturnsyncError(
        f"{known.name}: the {what} of {which} could not be compared, such as this: {errors[0].what}",
        COMPARE_LATER,
    )
    may_heal = any(isinstance(error, CallError) and not isinstance(error, Refused) for error in errors)
    told.exit_code = ExitCode.TEMPORARY if may_heal else ExitCode.NEEDS_PERSON
    return told
