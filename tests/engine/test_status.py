"""`status`: every run with how it ended, the trouble of sources, and an exit code for monitoring."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from shop import later

from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_order, request, return_order

if TYPE_CHECKING:
    from shop import Shop

HOUR = timedelta(hours=1)


def give_back(shop: Shop, *numbers: str) -> None:
    for index, number in enumerate(numbers):
        shop.sandbox.monta.add(monta_order(number))
        identity = f"0195a000-0000-7000-8000-00000000{index:04d}"
        shop.sandbox.returnista.add(return_order(request(order=f"#{number}"), id=identity, updated=datetime.now(UTC)))


def give_back_at(shop: Shop, *numbers: int) -> None:
    """Put in returns of orders with these numbers; their ids depend on the numbers, so that it can be called again."""
    for number in numbers:
        shop.sandbox.monta.add(monta_order(str(number)))
        identity = f"0195a000-0000-7000-8000-1000{number:08d}"
        shop.sandbox.returnista.add(return_order(request(order=f"#{number}"), id=identity, updated=datetime.now(UTC)))


def status(shop: Shop) -> dict[str, Any]:
    content: dict[str, Any] = shop("status", "--json").json
    return content


def runs(shop: Shop) -> list[tuple[str, int]]:
    return [(run["command"], run["exit_code"]) for run in status(shop)["runs"]]


def test_every_run_ends_with_its_exit_code_and_replays_are_told_apart(shop):
    give_back(shop, "1001")
    shop("run")
    shop("replay", "1001")
    shop("replay", "nobody")
    shop.folder.joinpath("reasons.toml").write_text("no toml [", encoding="utf-8")
    assert shop("run").code == 78
    assert runs(shop) == [("run", 78), ("replay", 2), ("replay", 0), ("run", 0)]
    shown = shop("status").out
    assert "not finished" not in shown
    assert "replay" in shown


def test_a_fault_of_ours_ends_a_run_with_70_in_the_list_too(shop, monkeypatch):
    def broken(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr("returnsync.engine.run.recover", broken)
    assert shop("run").code == 70
    assert runs(shop) == [("run", 70)]


def test_a_refusal_of_the_guard_says_how_to_let_it_pass(shop):
    give_back(shop, "1001", "1002", "1003")
    shop.source = {"guard_first": 1}
    shop("run")
    shown = shop("status").out
    assert "shop-nl: refused by the guard since" in shown
    assert "returnsync run --yes --source shop-nl" in shown
    shop("run", "--yes")
    assert "refused" not in shop("status").out


def test_times_are_those_of_the_clock_on_the_wall_and_utc_in_json(shop):
    shop("run")
    (run,) = status(shop)["runs"]
    assert run["started"].endswith("Z")
    began = datetime.fromisoformat(run["started"]) + 9 * HOUR
    assert f"{began:%Y-%m-%d %H:%M:%S} JST" in shop.process("status", TZ="JST-9").out


def test_waiting_and_held_are_the_same_numbers_in_the_run_and_in_the_status_of_each_source(shop):
    give_back(shop, "1001", "1002", "1003")
    del shop.sandbox.monta.orders["1001"]
    shop.sandbox.monta.orders["1002"][0]["Deleted"] = True
    broken = shop.sandbox.returnista.add(return_order(request(order="#1004")))
    shop.sandbox.returnista.return_orders[broken]["createdAt"] = "once"
    done = shop.run()
    content = status(shop)
    (source,) = content["sources"]
    assert (done["waiting"], done["held"]) == (1, 2)
    assert (content["waiting"], content["held"]) == (1, 2)
    assert (source["announcements"]["waiting"], source["announcements"]["held"]) == (1, 2)


@pytest.mark.parametrize(
    ("every", "well_until", "stale_from"),
    [(timedelta(minutes=5), timedelta(minutes=59), timedelta(minutes=61)), (24 * HOUR, 71 * HOUR, 73 * HOUR)],
    ids=str,
)
def test_a_source_is_stale_after_three_of_its_longest_gaps_and_an_hour(shop, clock, every, well_until, stale_from):
    assert shop("status").code == 0  # there was no run yet, so nothing is late
    for _ in range(3):
        shop("run")
        clock.shift(every)
    clock.shift(well_until - every)
    assert shop("status").code == 0
    clock.shift(stale_from - well_until)
    ran = shop("status")
    assert (ran.code, "(stale)" in ran.out) == (75, True)


def test_a_source_that_fails_in_each_run_is_stale_while_another_is_not(shop, clock):
    shop.platforms = ("returnista", "loop")
    shop("run")
    shop.sandbox.faults.add(Fault("returnista.list", "status", status=401))
    for _ in range(8):
        clock.shift(timedelta(minutes=10))
        shop("run")
    stale = {source["name"]: source["stale"] for source in status(shop)["sources"]}
    assert stale == {"shop-nl": True, "shop-us": False}
    assert shop("status").code == 75


def test_while_the_warehouse_cannot_be_used_its_sources_become_stale(shop, clock):
    shop("run")
    shop.sandbox.faults.add(Fault("monta.order", "status", status=402))
    give_back(shop, "1001")
    for _ in range(8):
        clock.shift(timedelta(minutes=10))
        shop("run")
    ran = shop("status")
    assert (ran.code, "(stale)" in ran.out) == (75, True)
    assert "The last run: monta: Monta asks for a payment first" in ran.out


def test_a_source_of_which_every_run_failed_before_it_was_read_is_stale(shop, clock):
    (shop.folder / "reasons.toml").write_text("not = [toml", encoding="utf-8")
    for _ in range(5):
        assert shop("run").code == 78
        clock.shift(timedelta(minutes=30))
    (shop.folder / "reasons.toml").unlink()
    assert shop("status").code == 75


def test_something_held_ends_with_1(shop):
    give_back(shop, "1001")
    shop.sandbox.monta.orders["1001"][0]["Deleted"] = True
    shop("run")
    with later(minutes=1):
        assert shop("status").code == 1


def test_a_source_whose_labels_are_stopped_is_no_less_guarded_and_not_stale(shop, clock):
    shop.sandbox.monta.label_permission = False
    shop.source |= {"guard_new": 1, "guard_factor": 1}
    numbers = iter(range(1001, 1100))
    for _ in range(4):
        give_back_at(shop, next(numbers))
        shop("run")
        clock.shift(24 * HOUR)
    give_back_at(shop, *(next(numbers) for _ in range(6)))
    assert shop("run", "--json").json["refused"]
    assert not status(shop)["sources"][0]["stale"]


def test_a_fault_of_ours_in_each_run_is_no_success_of_its_sources(shop, clock, monkeypatch):
    def broken(*_: object) -> None:
        raise KeyError

    shop("run")
    give_back(shop, "1001")
    monkeypatch.setattr("returnsync.engine.deliver.on_order.with_forecasts", broken)
    for _ in range(5):
        clock.shift(HOUR)
        assert shop("run").code == 70
    assert shop("status").code == 75
