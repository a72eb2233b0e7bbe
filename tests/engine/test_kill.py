"""Killed anywhere, a run is finished by the next one. How that is tested is explained in `killing.py`."""

from __future__ import annotations

import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from killing import DOUBT, PDF, RUN, Reference, Scenario, kill_at, not_killed, sample, walk

from returnsync.engine.plan.codes import code_for
from returnsync.model import OrderNumber, ReturnId, SourceId
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.world import monta_line, monta_order, request, return_order, shipment

if TYPE_CHECKING:
    from collections.abc import Callable

    from shop import Shop


# -- scenarios ---------------------------------------------------------------------------------------------------------


def small_day() -> tuple[World, Callable[[Shop], None]]:
    """A small day: plain returns, two orders in one return, an own label, one held, one waiting, two to adopt."""
    world = World.empty()
    world.orders = [monta_order(number) for number in ("1001", "1002", "1003", "1004", "1007", "1008")]
    world.orders.append(monta_order("1005", Deleted=True))
    adopted = [return_order(request(order="#1007")), return_order(request(order="#1008"))]
    world.return_orders = [
        return_order(request(order="#1001")),
        return_order(request(order="#1002"), request(order="#1003")),
        return_order(request(order="#1004"), shipments=[shipment(tracking="3SOWN0000001")]),
        return_order(request(order="#1005")),
        return_order(request(order="#1006")),
        *adopted,
        return_order(request(order="#1009"), status="Pending"),
    ]

    def prepare(shop: Shop) -> None:
        """Two forecasts exist already, from a time that this state does not know; one has its label file."""
        for record, number in zip(adopted, ("1007", "1008"), strict=True):
            code = code_for(SourceId("shop-nl"), ReturnId(record["id"]), OrderNumber(f"#{number}"))
            units = {monta_order(number)["Lines"][0]["WebshopOrderLineId"]: 1}
            shop.sandbox.monta.announce(code, number, units, reason="Too small")
        folder = shop.folder / "labels" / "monta"
        folder.mkdir(parents=True)
        (folder / f"{code}.pdf").write_bytes(PDF)

    return world, prepare


def two_plain() -> World:
    world = World.empty()
    world.orders = [monta_order("1001", monta_line(quantity=2)), monta_order("1002")]
    world.return_orders = [return_order(request(order="#1001")), return_order(request(order="#1002"))]
    return world


def run_whole(shop: Shop) -> None:
    ran = shop.process(*RUN)
    assert ran.code == 0, ran


def then_one_more_unit(shop: Shop) -> None:
    run_whole(shop)
    row = next(iter(shop.sandbox.returnista.return_orders.values()))
    again = request(order="#1001", purchase_id=row["returnRequests"][0]["purchaseId"], id="one more unit")
    shop.sandbox.returnista.touch(row["id"], returnRequests=[*row["returnRequests"], again])


def dying_at(step: str) -> Callable[[Shop], None]:
    """Let a run die at the first step of this name, long enough ago, so that the run that recovers is killed next."""

    def prepare(shop: Shop) -> None:
        ran, _ = walk(shop, *RUN, number=_first(shop, step), shift=-90)
        assert ran.code == -signal.SIGKILL, ran

    return prepare


def answered_before(status: int) -> Callable[[Shop], None]:
    """Let a run get this answer to a label call, with no label made, long enough ago for another look."""

    def prepare(shop: Shop) -> None:
        shop.sandbox.faults.add(Fault("monta.label", "status", status=status, call=1))
        ran, _ = walk(shop, *RUN, shift=-90)
        assert ran.code == 78, ran

    return prepare


# The same in every shop of a scenario: if a platform gives no ids, codes are derived from it.
_MADE = datetime.now(UTC).replace(microsecond=120_000) - timedelta(hours=2)


def written_anew(shop: Shop) -> None:
    """Sendcloud rewrites the key data of one return, lists an older version of another beside it, and has a new one."""
    platform = shop.sandbox.sendcloud
    first, second = (platform.give_back(number, created=_MADE) for number in ("1001", "1002"))
    run_whole(shop)
    platform.copies.show_again(second)
    platform.copies.rewrite(first, number="#1001", postal_code="1234AB")
    platform.copies.rewrite(second, postal_code="1234AB")
    platform.touch(second, at=_MADE + timedelta(hours=1), word="open/cancelled")
    platform.give_back("1003", created=_MADE + timedelta(seconds=1))


def moved_to_another_order(shop: Shop) -> None:
    """A return names another order after its announcement, and a person removed the first forecast."""
    run_whole(shop)
    row = shop.sandbox.returnista.return_orders["r-1001"]
    shop.sandbox.returnista.touch(
        "r-1001", returnRequests=[{**row["returnRequests"][0], "purchaseOrderNumber": "#1003"}]
    )
    shop.process(*RUN)
    code = code_for(SourceId("shop-nl"), ReturnId("r-1001"), OrderNumber("#1001"))
    shop.sandbox.monta.forecasts[:] = [one for one in shop.sandbox.monta.forecasts if one.code != code]
    shop.process("held", "retry", code)
    shop.process(*RUN)


_STEPS: list[str] = []


def _first(shop: Shop, step: str) -> int:
    """The number of the first step of a name, found in another shop of the same world."""
    if not _STEPS:
        folder = shop.folder / "to find the step"
        folder.mkdir()
        with Sandbox(shop.sandbox.world) as sandbox:
            _, steps = walk(replace(shop, folder=folder, sandbox=sandbox), *RUN)
        _STEPS[:] = steps
    return _STEPS.index(step) + 1


def scenarios() -> list[Scenario]:
    day, prepare = small_day()
    plain = two_plain()
    new_label = ("replay", "#1001", "--new-label", "--yes", "--json")
    found = [
        Scenario("a first day on an empty state", day, prepare=prepare),
        Scenario("a change that is sent", plain, source={"send_updates": True}, prepare=then_one_more_unit),
        Scenario("a new label by name", plain, new_label, prepare=run_whole, labels_each=2),
    ]
    found += [
        Scenario(f"recovering from a death at {step!r}", plain, prepare=dying_at(step))
        for step in (
            "create: call about to be made",
            "create: call answered",
            "label: call about to be made",
            "label file in place",
        )
    ]
    found += [
        Scenario("a label of an account that was shut", plain, prepare=answered_before(401)),
        Scenario("one label that is tried while they are stopped", plain, prepare=answered_before(403)),
    ]
    orders = World.empty()
    orders.orders = [monta_order(number, monta_line(quantity=3)) for number in ("1001", "1002", "1003")]
    moving = World.empty()
    moving.orders = orders.orders
    moving.return_orders = [return_order({**request(order="#1001"), "purchaseId": None}, id="r-1001")]
    found += [
        Scenario(
            "what Sendcloud writes anew",
            orders,
            source={"own_label": "replace"},
            platform="sendcloud",
            prepare=written_anew,
        ),
        Scenario("a return that names another order", moving, prepare=moved_to_another_order),
    ]
    return found


_REFERENCES: list[Reference] = []


@pytest.fixture
def references(shop) -> list[Reference]:
    """Every scenario without a kill; these runs are made once for all tests."""
    if not _REFERENCES:
        with ThreadPoolExecutor(max_workers=2) as pool:
            numbered = enumerate(scenarios())
            found = pool.map(lambda item: not_killed(item[1], shop, shop.folder / f"reference {item[0]}"), numbered)
            _REFERENCES.extend(found)
    return _REFERENCES


# -- tests -------------------------------------------------------------------------------------------------------------


def test_every_scenario_does_what_it_is_there_for(references):
    ends = [reference.after for reference in references]
    day = Counter(progress[:2] for progress in ends[0].progress.values())
    assert day == {
        ("settled", ""): 5,
        DOUBT: 1,
        ("held", "order-deleted"): 1,
        ("waiting", "order-unknown"): 1,
        ("waiting", "not-approved"): 1,
    }
    assert sum(lines[0][0][1] for lines in ends[1].forecasts.values()) == 3, "the change was not sent"
    assert sorted(ends[2].labels.values()) == [1, 2], "no new label was made"
    assert min(ends[5].progress.values())[:2] == DOUBT, "nothing is in doubt"
    assert all(sorted(end.labels.values()) == [1, 1] for end in ends[7:9]), "a label was not asked for again"
    assert sorted(ends[9].labels.values()) == [1, 1, 1], "the third return got no label"
    assert Counter(progress[:2] for progress in ends[9].progress.values()) == {
        ("settled", ""): 2,
        ("held", "cancelled-after-announcement"): 1,
    }
    assert sorted(progress[0] for progress in ends[10].progress.values()) == ["settled", "withdrawn"]
    for reference in references:
        assert max(len(forecasts) for forecasts in reference.after.forecasts.values()) == 1
    passed = {step for reference in references for step in reference.steps}
    for step in (
        "migration: about to be committed",
        "create: intent written",
        "update: intent written",
        "label file in place",
    ):
        assert step in passed


def test_rule_4_a_run_killed_at_any_kind_of_step_is_finished_by_the_next(references, shop):
    kill_at(sample(references, seed=1), shop)


@pytest.mark.prove
def test_rule_4_a_run_killed_at_any_step_is_finished_by_the_next(references, shop):
    everywhere = ((reference, number) for reference in references for number in range(1, len(reference.steps) + 1))
    kill_at(everywhere, shop)
