"""A shop over simulated days: returns come in, runs follow each other at equal intervals, and every run is noted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from certainty import assert_nothing_twice, give_back

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shop import Shop

MONTA = tuple(f"monta.{route}" for route in ("reasons", "order", "forecasts", "forecast", "create", "labels", "label"))


@dataclass
class Week:
    """Runs of one shop, each `step` after the last."""

    shop: Shop
    clock: Any
    step: timedelta
    number: int = 5000
    runs: list[dict[str, Any]] = field(default_factory=list)
    incoming: timedelta = timedelta(hours=6)
    """The time between two new returns."""
    _since: timedelta = timedelta(0)

    def run(self) -> dict[str, Any]:
        """Make the next run, with the returns that came in until then."""
        self.clock.shift(self.step)
        self._since += self.step
        while self._since >= self.incoming:
            self._since -= self.incoming
            give_back(self.shop, str(self.number))
            self.number += 1
        ran = self.shop.run()
        self.runs.append(ran)
        return ran

    def run_for(self, time: timedelta) -> Sequence[dict[str, Any]]:
        """Make all runs of that time."""
        return [self.run() for _ in range(int(time / self.step))]

    def requests(self, runs: Sequence[dict[str, Any]], account: str = "monta") -> list[int]:
        """The number of requests to an account, for each of these runs."""
        return [ran["requests"].get(account, 0) for ran in runs]

    def assert_all_is_well(self, *odd: str) -> None:
        """Assert that every return that came in has one label, except those of the orders that are `odd`."""
        assert_nothing_twice(self.shop)
        assert self.shop.held() == []
        labelled = {label.code for label in self.shop.sandbox.monta.labels}
        announced = {forecast.order: forecast.code for forecast in self.shop.forecasts}
        numbers = {record["returnRequests"][0]["purchaseOrderNumber"].lstrip("#") for record in self._records()}
        assert {number for number in numbers if announced.get(number) not in labelled} == set(odd)

    def _records(self) -> list[Any]:
        return list(self.shop.sandbox.returnista.return_orders.values())
