"""Random histories of rewriting, on every platform: no parcel gets two labels, and no return disappears.

Numbers, postal codes, SKUs and ids are respelt, lists show older versions and the same return twice, and records are
made again, split and joined, while runs die and calls fail.
"""

from __future__ import annotations

import copy
import sqlite3
import tempfile
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from certainty import lose_state
from dying import dying
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from kill_run import leaping
from rewriting import CANCELLED, SHAPES, listed
from watched import Watched

from returnsync.platforms.sendcloud.translation import identity as sendcloud_key
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.world import monta_line, monta_order

if TYPE_CHECKING:
    from shop import Shop

ROOMY = ("1001", "1002")
"""Orders with more units than ever come back: only the identity of a return prevents a second label."""
TIGHT = ("3001", "3002", "3003")
"""Orders of one unit of each article: a record that is made again or split is another return, without a unit left."""
SKUS = ("SHIRT-BL-M", "JEANS-32-34")
MANY = 50
SPELLINGS = ("{}", "#{}", " {} ", "00{}", "#0{}")
IDS: dict[str, Any] = {"as it was": str, "a number": int, "in blanks": " {} ".format, "gone": lambda _id: None}
ROUTES = ("list", "one", "monta.order", "monta.forecasts", "monta.create", "monta.label")
FAULTS = ("status", "status-after", "reset-after")
AT_REST = {"settled", "held", "withdrawn", "released", "left_alone"}
pick = st.randoms(use_true_random=False)


class History(RuleBasedStateMachine):
    """One shop on one platform, and how its records may be written anew."""

    def __init__(self, like: Shop) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.clock = self.stack.enter_context(leaping())
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        world = World.empty()
        world.orders = [monta_order(number, *(monta_line(sku, MANY) for sku in SKUS)) for number in ROOMY]
        world.orders += [monta_order(number, *(monta_line(sku, 1) for sku in SKUS)) for number in TIGHT]
        self.sandbox = self.stack.enter_context(Sandbox(world))
        self.shop = replace(like, folder=folder, sandbox=self.sandbox, warehouse={"concurrency": 1})
        self.shop.source = {"own_label": "replace", "sku_case": "ignore", "limits": {"1h": 10_000}}
        self.name = self.shop.platforms[0]
        self.shape = SHAPES[self.name]
        self.platform = self.shop.platform()
        self.list = listed(self.platform)
        self.moves = self.stack.enter_context(Watched())
        self.parcels: dict[str, str] = {}
        """Every record that was ever put in, and its order: each is one parcel of one unit."""
        self.made: dict[str, datetime] = {}
        self.versions: dict[str, list[Any]] = {}
        """What records were before."""
        self.ids: dict[str, str] = {}
        """Order-line ids as they were at first."""
        self.has_moved = False
        """Whether a record ever named another order than at first."""
        self.was_lost = False
        """Whether the state was lost: what is moved from then on was perhaps announced, and nobody knows any more."""
        self.in_hand: set[str] = set()
        """Codes that people released."""
        self.removed = 0
        """How many forecasts people removed at the warehouse."""

    def teardown(self) -> None:
        """When nothing goes wrong any more and the list is up to date, everything comes to rest and is in sight."""
        try:
            self.sandbox.faults.clear()
            self.list.show_newest()
            for _ in range(3):
                self.clock.shift(timedelta(days=2))
                self.check(self.shop("run", "--json").code)
            with closing(sqlite3.connect(self.shop.state)) as state:
                aside = {row[0] for row in state.execute("SELECT record FROM set_aside WHERE released = 0")}
                known = state.execute("SELECT return_id, progress, cause FROM announcements").fetchall()
                for return_id, progress, cause in known:
                    # What cannot be read now is held, and its return waits for it.
                    is_at_rest = progress in AT_REST or return_id in aside
                    assert is_at_rest or cause in ("not-approved", "order-unknown"), (return_id, progress, cause)
                self.every_return_is_in_sight(state)
        finally:
            self.stack.close()

    # -- what happens at the platform ----------------------------------------------------------------------------------

    @initialize(number=st.sampled_from((ROOMY[0], TIGHT[0])))
    def begin(self, number: str) -> None:
        """One return is announced and labelled already: something to lose."""
        self.put_in(number, SKUS[0])
        self.run()

    @rule(number=st.sampled_from(ROOMY), sku=st.sampled_from(SKUS), in_a_whole_second=st.booleans())
    def consumer_returns(self, number: str, sku: str, in_a_whole_second: bool) -> None:  # noqa: FBT001 - as hypothesis gives it
        self.put_in(number, sku, whole=in_a_whole_second)

    @precondition(lambda self: self.name == "sendcloud" and self.parcels)
    @rule(data=st.data())
    def another_article_is_returned_in_the_same_instant(self, data: st.DataObject) -> None:
        """The same article in the same instant is one return, by the rule that finds what was rewritten."""
        other = data.draw(st.sampled_from(sorted(self.made)))
        if list(self.made.values()).count(self.made[other]) == 1:
            sku = next(sku for sku in SKUS if sku != self.sku_of(other))
            identity = self.put_in(data.draw(st.sampled_from(ROOMY)), sku, created=self.made[other])
            # Of another consumer: with the same number, too, it would have the key of the first.
            self.platform.rows()[identity]["from_address"]["postal_code"] = "9876 ZX"

    def put_in(self, number: str, sku: str, *, whole: bool = False, created: datetime | None = None) -> str:
        self.clock.shift(timedelta(seconds=1))
        created = created or datetime.now(UTC).replace(microsecond=0 if whole else 1_000 + len(self.parcels))
        later = created + timedelta(milliseconds=1)
        identity = self.platform.give_back(number, sku=sku, created=created, updated=later)
        self.parcels[identity], self.made[identity] = number, created
        return identity

    def sku_of(self, identity: str) -> str:
        found: list[str] = []
        self.shape.write(self.platform.rows()[identity], "sku", lambda sku: found.append(sku.strip().upper()) or sku)
        return found[0]

    def rewrite(self, identity: str, name: str, value: Any) -> None:
        record = self.platform.rows()[identity]
        self.versions.setdefault(identity, []).append(copy.deepcopy(record))
        with self.platform.lock:
            self.shape.write(record, name, value)
        self.clock.shift(timedelta(seconds=1))
        self.platform.touch(identity, at=datetime.now(UTC))

    @precondition(lambda self: self.parcels)
    @rule(data=st.data(), spelling=st.sampled_from(SPELLINGS))
    def a_number_is_written_otherwise(self, data: st.DataObject, spelling: str) -> None:
        identity = data.draw(st.sampled_from(sorted(self.parcels)))
        self.rewrite(identity, "number", lambda _old: spelling.format(self.parcels[identity]))

    @precondition(lambda self: self.parcels)
    @rule(data=st.data())
    def a_number_is_empty_for_a_while(self, data: st.DataObject) -> None:
        identity = data.draw(st.sampled_from(sorted(self.parcels)))
        if self.name != "channable":  # which names an order in other fields then, and has that lead to Monta's anyway
            self.rewrite(identity, "number", lambda _old: "")

    @precondition(lambda self: self.roomy() and not self.was_lost)
    @rule(data=st.data())
    def a_return_names_another_order(self, data: st.DataObject) -> None:
        identity = data.draw(st.sampled_from(self.roomy()))
        if not self.is_known_by_its_instant(identity):
            return
        self.has_moved = True
        self.parcels[identity] = next(number for number in ROOMY if number != self.parcels[identity])
        self.rewrite(identity, "number", lambda _old: self.parcels[identity])
        if self.name == "channable":
            self.platform.rows()[identity]["data"]["meta"]["platform_order_id"] = self.parcels[identity]

    @precondition(lambda self: self.parcels and "sku" in self.shape.names)
    @rule(data=st.data(), case=st.sampled_from([str.lower, str.upper, " {} ".format]))
    def a_sku_is_written_otherwise(self, data: st.DataObject, case: Any) -> None:
        self.rewrite(data.draw(st.sampled_from(sorted(self.parcels))), "sku", lambda sku: case(sku.strip()))

    @precondition(lambda self: self.parcels and "id" in self.shape.names)
    @rule(data=st.data(), how=st.sampled_from(sorted(IDS)))
    def an_order_line_id_is_written_otherwise(self, data: st.DataObject, how: str) -> None:
        identity = data.draw(st.sampled_from(sorted(self.parcels)))
        self.rewrite(identity, "id", lambda old: IDS[how](self.ids.setdefault(identity, str(old))))

    @precondition(lambda self: self.name == "sendcloud" and self.parcels)
    @rule(
        data=st.data(),
        spelling=st.sampled_from(["{} {}", "{}{}", " {}  {} "]),
        case=st.sampled_from([str.lower, str.upper]),
    )
    def a_postal_code_is_written_otherwise(self, data: st.DataObject, spelling: str, case: Any) -> None:
        address = self.platform.rows()[data.draw(st.sampled_from(sorted(self.parcels)))]["from_address"]
        bare = "".join(address["postal_code"].split())
        address["postal_code"] = case(spelling.format(bare[:4], bare[4:]))

    @precondition(lambda self: self.parcels)
    @rule(data=st.data())
    def a_return_is_cancelled(self, data: st.DataObject) -> None:
        identity = data.draw(st.sampled_from(sorted(self.parcels)))
        self.versions.setdefault(identity, []).append(copy.deepcopy(self.platform.rows()[identity]))
        self.clock.shift(timedelta(seconds=1))
        self.platform.touch(identity, at=datetime.now(UTC), word=CANCELLED[self.name])

    @precondition(lambda self: self.versions)
    @rule(data=st.data())
    def a_return_is_as_it_was(self, data: st.DataObject) -> None:
        """In a list and where it is read singly."""
        identity = data.draw(st.sampled_from(sorted(self.versions)))
        which = data.draw(st.integers(0, len(self.versions[identity]) - 1))
        self.platform.rows()[identity] = copy.deepcopy(self.versions[identity][which])

    @precondition(lambda self: self.parcels)
    @rule(data=st.data(), instead=st.booleans())
    def the_list_goes_on_showing_a_return_as_it_is_now(self, data: st.DataObject, instead: bool) -> None:  # noqa: FBT001 - as hypothesis gives it
        identity = data.draw(st.sampled_from(sorted(self.parcels)))
        if self.is_known_by_its_instant(identity):
            self.list.show_again(identity, instead=instead)

    @rule()
    def the_list_is_up_to_date(self) -> None:
        self.list.show_newest()

    @rule(number=st.sampled_from(TIGHT))
    def a_record_is_made_anew(self, number: str) -> None:
        """Or is the first one of its order."""
        self.put_in(number, SKUS[0])

    @precondition(lambda self: self.shape.rows and self.tight())
    @rule(data=st.data())
    def an_article_is_added(self, data: st.DataObject) -> None:
        identity = data.draw(st.sampled_from(self.tight()))
        other = self.put_in(self.parcels[identity], SKUS[1])
        self.take_over(identity, other)
        self.platform.touch(other, at=datetime.now(UTC), word=CANCELLED[self.name])

    @precondition(lambda self: self.shape.rows and self.tight())
    @rule(data=st.data())
    def an_article_moves_to_a_record_of_its_own(self, data: st.DataObject) -> None:
        identity = data.draw(st.sampled_from(self.tight()))
        record = copy.deepcopy(self.platform.rows()[identity])
        if len(record[self.shape.rows]) == 1:
            return
        other = self.put_in(self.parcels[identity], SKUS[1])
        self.shape.once(record)
        self.replace(identity, record)
        self.platform.touch(other, at=datetime.now(UTC))

    def take_over(self, identity: str, other: str) -> None:
        record, theirs = (copy.deepcopy(self.platform.rows()[one]) for one in (identity, other))
        self.shape.join(record, theirs)
        self.replace(identity, record)

    def replace(self, identity: str, record: Any) -> None:
        self.versions.setdefault(identity, []).append(self.platform.rows()[identity])
        self.platform.rows()[identity] = record
        self.clock.shift(timedelta(seconds=1))
        self.platform.touch(identity, at=datetime.now(UTC))

    def is_known_by_its_instant(self, identity: str) -> bool:
        """Sendcloud: of a whole second, another number, or another key in the same listing, is another return."""
        return self.name != "sendcloud" or self.made[identity].microsecond > 0

    def roomy(self) -> list[str]:
        return sorted(identity for identity, number in self.parcels.items() if number in ROOMY)

    def tight(self) -> list[str]:
        return sorted(identity for identity, number in self.parcels.items() if number in TIGHT)

    # -- what returnsync, people and machines do -----------------------------------------------------------------------

    @rule()
    def run(self) -> None:
        self.check(self.shop("run", "--json").code)

    @rule(number=st.integers(1, 60))
    def run_that_dies(self, number: int) -> None:
        with dying(number):
            self.shop("run", "--json")
        self.check(0)

    @rule(route=st.sampled_from(ROUTES), kind=st.sampled_from(FAULTS))
    def run_with_a_fault(self, route: str, kind: Any) -> None:
        if route == "one" and self.name in ("sendcloud", "returnly"):  # which look for one in a list
            route = "list"
        named = route if "." in route else f"{self.name}.{route}"
        self.sandbox.faults.add(Fault(named, kind, times=1, status=500))
        self.check(self.shop("run", "--json").code)
        self.sandbox.faults.clear()

    @rule(minutes=st.sampled_from([1, 61, 400]))
    def time_passes(self, minutes: int) -> None:
        self.clock.shift(timedelta(minutes=minutes))

    @rule()
    def everything_held_is_retried(self) -> None:
        self.check(self.shop("held", "retry", "--all", "--json").code)

    @precondition(lambda self: self.shop.state.exists())
    @rule(data=st.data())
    def one_that_is_held_is_released(self, data: st.DataObject) -> None:
        if codes := sorted({item["code"] for item in self.shop.held()}):
            code = data.draw(st.sampled_from(codes))
            # Whatever stands of it is in a person's hands, and another order of the return goes on.
            self.in_hand.add(code)
            self.check(self.shop("held", "release", code, "--yes").code)

    @precondition(lambda self: self.shop.state.exists())
    @rule()
    def a_forecast_that_is_no_longer_wanted_is_removed_at_the_warehouse(self) -> None:
        wanted = [item["code"] for item in self.shop.held() if item["cause"] == "cancelled-after-announcement"]
        for code in wanted:
            standing = self.sandbox.monta.forecasts
            self.removed += len(standing)
            standing[:] = [forecast for forecast in standing if forecast.code != code]
            self.removed -= len(standing)
            self.check(self.shop("held", "retry", code).code)

    @precondition(lambda self: self.parcels)
    @rule(data=st.data(), spelling=st.sampled_from(SPELLINGS))
    def an_order_is_replayed(self, data: st.DataObject, spelling: str) -> None:
        number = self.parcels[data.draw(st.sampled_from(sorted(self.parcels)))]
        ended = self.shop("replay", spelling.format(number), "--json").code
        if ended != 2:  # no order is known by this spelling
            self.check(ended)

    @precondition(lambda self: not self.has_moved)
    @rule()
    def the_state_is_lost(self) -> None:
        self.was_lost = True
        lose_state(self.shop)
        self.moves.begin_from(self.shop.state)

    # -- what holds throughout -----------------------------------------------------------------------------------------

    @invariant()
    def every_change_of_an_announcement_is_one_of_the_table(self) -> None:
        self.moves.check(self.shop.state)

    def check(self, code: int) -> None:
        assert code in (0, 1, 75, 78), f"exit code {code}"
        self.shop.assert_nothing_twice()
        monta = self.sandbox.monta
        units = Counter[str]()
        for forecast in (one for one in monta.forecasts if one.code not in self.in_hand):
            units[forecast.order in ROOMY] += sum(line["ReturnQuantity"] for line in forecast.lines)
        for number in TIGHT:
            announced = sum(
                line["ReturnQuantity"] for one in monta.forecasts if one.order == number for line in one.lines
            )
            assert announced <= len(SKUS), f"more of order {number} was announced than was sold"
        assert units[True] <= len(self.roomy()), "goods were announced twice"
        labels = [label for label in monta.labels if label.code not in self.in_hand]
        assert len(labels) <= len(self.parcels) + self.removed, "a parcel got two labels"
        assert self.sandbox.counts.effects("forbidden") == 0

    def every_return_is_in_sight(self, state: sqlite3.Connection) -> None:
        """Each record is a return that is announced, held or left alone; and no two are one, unless they are held."""
        homes: dict[str, str] = {}
        for identity, record in self.platform.rows().items():
            key = sendcloud_key(record) if self.name == "sendcloud" else identity
            home = self.home_of(state, key)
            is_held = state.execute("SELECT 1 FROM set_aside WHERE record IN (?, ?)", [key, home]).fetchone()
            assert is_held or home not in homes, f"records {identity} and {homes[home]} are taken for one return"
            homes[home] = identity

    @staticmethod
    def home_of(state: sqlite3.Connection, key: str) -> str:
        for found in (
            "SELECT home FROM matches WHERE record = ?",
            "SELECT home FROM parts WHERE record = ?",
            "SELECT return_id FROM announcements WHERE return_id = ?",
            # Nothing is announced of it, so nothing says of which order.
            "SELECT id FROM returns WHERE id = ? AND status = 'cancelled'",
            "SELECT record FROM set_aside WHERE record = ?",
        ):
            if row := state.execute(found, [key]).fetchone():
                return str(row[0])
        # What a person released stays released under another key of its instant.
        instant = "SELECT record FROM set_aside WHERE released = 1 AND record LIKE ?"
        assert state.execute(instant, [f"{key.partition('-')[0]}-%"]).fetchone(), f"record {key} is nowhere to be seen"
        return key


@pytest.fixture(params=sorted(SHAPES))
def shop(request, shop):
    return replace(shop, platforms=(request.param,))


def play(shop: Shop, machine: type[History] = History, **how: Any) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        lambda: machine(shop), settings=settings(deadline=None, suppress_health_check=checks, **how)
    )


def test_nothing_that_is_written_differently_is_announced_twice_or_lost(shop):
    # A failing history is short already; looking for a shorter one takes minutes.
    play(shop, max_examples=4, stateful_step_count=16, derandomize=True, phases=(Phase.generate,))


@pytest.mark.prove
def test_the_same_over_many_more_histories(shop):
    play(shop, max_examples=80, stateful_step_count=30, phases=(Phase.generate,))
