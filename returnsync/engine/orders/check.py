"""Check one order number: what each rule makes of it, and what the warehouse answers. It only reads."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from returnsync.engine.orders.fit import check_number, check_order
from returnsync.engine.orders.numbers import Numbers
from returnsync.engine.sources import Source
from returnsync.engine.summary import worst
from returnsync.errors import CallError, ExitCode, HoldError, ReturnsyncError, WaitError
from returnsync.mapping.order_numbers import Applied
from returnsync.model import Cause, OrderNumber, WarehouseName, WarehouseOrder, WarehouseOrderNumber
from returnsync.state.database import Database

if TYPE_CHECKING:
    from returnsync.engine.accounts import Accounts

# The place where the advice to retry or to release begins.
_RETRY = re.compile(r"(?:[,.]|\.?) [Tt]hen: returnsync held")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something can go on as it is, and what to do where it cannot."""

    exit_code: ExitCode
    text: str
    next_step: str = ""

    @property
    def ok(self) -> bool:
        """Whether it can go on."""
        return self.exit_code is ExitCode.DONE

    def as_json(self) -> dict[str, Any]:
        """The keys of the verdict, for the JSON object of its subject."""
        return {"ok": self.ok, "text": self.text, "next_step": self.next_step}


@dataclass(frozen=True, slots=True)
class WarehouseAnswer:
    """What one warehouse shows for a number; `order` is `None` where it does not know one, or could not be asked."""

    warehouse: WarehouseName
    order: WarehouseOrder | None
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        """As `--json` gives it; what is not known is `null`."""
        order = self.order
        return {
            "warehouse": self.warehouse,
            "order_number": order and order.number,
            "channel": order and order.channel,
            "shipped": order and order.shipped,
            "deleted": order and order.deleted,
            "lines": order and len(order.lines),
            **self.verdict.as_json(),
        }


@dataclass(frozen=True, slots=True)
class NumberCheck:
    """One order number at one source."""

    source: str
    number: OrderNumber
    applied: tuple[Applied, ...]
    result: WarehouseOrderNumber
    verdict: Verdict
    """Whether the rules made a number that can be asked for."""
    answers: tuple[WarehouseAnswer, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """Done when one of its warehouses has an order that can be announced on; the others need not have it."""
        if not self.verdict.ok:
            return self.verdict.exit_code
        codes = {answer.verdict.exit_code for answer in self.answers}
        return ExitCode.DONE if ExitCode.DONE in codes else worst(codes)

    def as_json(self) -> dict[str, Any]:
        """As `--json` gives it."""
        return {
            "source": self.source,
            "number": self.number,
            "steps": [{"rule": str(one.rule), "number": one.number, "note": one.note} for one in self.applied],
            "result": self.result,
            **self.verdict.as_json(),
            "warehouses": [answer.as_json() for answer in self.answers],
            "exit_code": int(self.exit_code),
        }


def check_numbers(
    db: Database, numbers: Numbers, accounts: "Accounts", sources: Iterable[Source], number: str
) -> Iterator[NumberCheck]:
    """Check one order number, as the platform writes it, at each of some sources."""
    for source in sources:
        yield _check(db, numbers, accounts, source, OrderNumber(number))


def _check(db: Database, numbers: Numbers, accounts: "Accounts", source: Source, number: OrderNumber) -> NumberCheck:
    made: list[Applied] = []
    verdict = Verdict(ExitCode.DONE, "")
    try:
        for applied in numbers.apply_each(db, source, number):
            made.append(applied)  # noqa: PERF402 - what was made before a rule fails is shown too
        result = _result(number, made)
        check_number(number, result)
    except ReturnsyncError as error:
        return NumberCheck(source.name, number, tuple(made), _result(number, made), _verdict(error))
    answers = tuple(_ask(accounts, WarehouseName(name), result) for name in dict.fromkeys(source.settings.warehouses()))
    return NumberCheck(source.name, number, tuple(made), result, verdict, answers)


def _result(number: OrderNumber, made: list[Applied]) -> WarehouseOrderNumber:
    return WarehouseOrderNumber(made[-1].number if made else number.strip())


def _ask(accounts: "Accounts", name: WarehouseName, number: WarehouseOrderNumber) -> WarehouseAnswer:
    order = None
    try:
        order = accounts.warehouse(name).order(number)
        check_order(order, number, accounts.warehouse_settings(name).channel)
    except ReturnsyncError as error:
        return WarehouseAnswer(name, order, _verdict(error))
    return WarehouseAnswer(name, order, Verdict(ExitCode.DONE, "a return of this order can be announced"))


def _verdict(error: ReturnsyncError) -> Verdict:
    # Nothing is held here, so there is nothing to retry and no code to name.
    next_step, *more = _RETRY.split(error.next_step, maxsplit=1)
    next_step += "." if more else ""
    if isinstance(error, WaitError) and error.cause is Cause.ORDER_UNKNOWN:
        next_step = (
            "Check whether the shop sent the order to the warehouse, and whether the rules make the warehouse's "
            "number of it. A return of this order waits until then."
        )
    if isinstance(error, HoldError | WaitError):
        # The number or its order does not fit.
        return Verdict(ExitCode.NEEDS_PERSON, error.what, next_step)
    if isinstance(error, CallError):
        # It could not be asked for now.
        return Verdict(ExitCode.TEMPORARY, error.what, "Try again later.")
    # An account or a table cannot be used.
    return Verdict(error.exit_code, error.what, next_step)
