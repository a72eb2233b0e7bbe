"""The stand-ins as they were when a state file was made: saved as data, and restored for a test."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from unittest import mock

from returnsync.sandbox import Sandbox, World
from returnsync.sandbox.monta_forecasts import Forecast
from returnsync.sandbox.returnista import Returnista

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from returnsync.sandbox.wire import Answer, Call, Operation

# The data of each stand-in besides Returnista, by the names of its attributes.
_HELD = {"sendcloud": ("returns",), "channable": ("returns", "orders"), "erp": ("numbers",)}


class Accounts(Returnista):
    """Returnista with any number of accounts, each with its own return orders."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.accounts: dict[str, dict[str, Any]] = {}

    def use(self, account: str) -> None:
        """Act on one account from now on."""
        self.account_id = account
        self.return_orders = self.accounts.setdefault(account, {})

    def operations(self) -> Sequence[Operation]:
        return [replace(operation, handle=self._with_account(operation.handle)) for operation in super().operations()]

    def _with_account(self, handle: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        def handled(call: Call) -> Answer:
            if call.values.get("account") in self.accounts:
                self.use(call.values["account"])
            return handle(call)

        return handled


@contextmanager
def running_sandbox() -> Iterator[Sandbox]:
    """A sandbox, empty, whose Returnista has several accounts."""
    with mock.patch("returnsync.sandbox.server.Returnista", Accounts):
        sandbox = Sandbox(World.empty())
    with sandbox:
        yield sandbox


def put_down(sandbox: Sandbox, made: datetime) -> str:
    """All data of the stand-ins as JSON; of each label only its code."""
    return json.dumps(
        {
            "made": made.isoformat(),
            "returnista": sandbox.returnista.accounts,
            **{name: {key: getattr(getattr(sandbox, name), key) for key in keys} for name, keys in _HELD.items()},
            "orders": sandbox.monta.orders,
            "forecasts": [asdict(item) | {"created": item.created.isoformat()} for item in sandbox.monta.forecasts],
            "labels": [label.code for label in sandbox.monta.labels],
        },
        indent=1,
    )


def put_up(sandbox: Sandbox, content: dict[str, Any]) -> None:
    """Fill the stand-ins with the data of `put_down`, without labels: a test counts those that are made from now on."""
    sandbox.returnista.accounts = content["returnista"]
    for name, keys in _HELD.items():
        for key in keys:
            setattr(getattr(sandbox, name), key, content[name][key])
    sandbox.monta.orders.update(content["orders"])
    sandbox.monta.forecasts = [
        Forecast(**item | {"created": datetime.fromisoformat(item["created"])}) for item in content["forecasts"]
    ]
