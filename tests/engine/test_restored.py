"""A backup that is restored, and files that are left: what was bought is found again, and nothing is bought twice."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from returnsync.engine.plan.codes import code_for
from returnsync.model import OrderNumber, ReturnId, SourceId
from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_order, request, return_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from shop import Shop

SETTLED = ("settled", "")
DOUBT = ("held", "label-in-doubt")
SAVED_BY_HAND = b"%PDF-1.4 saved by hand %%EOF"


def give_back(shop: Shop) -> str:
    """Put in a shipped order, and an approved return of it; give the code that its announcement gets."""
    shop.sandbox.monta.add(monta_order("1001"))
    identity = shop.sandbox.returnista.add(return_order(request(order="#1001")))
    return code_for(SourceId("shop-nl"), ReturnId(identity), OrderNumber("#1001"))


def stands(shop: Shop) -> tuple[str, str]:
    [found] = shop("show", "#1001", "--json").json[0]["announcements"]
    return found["progress"], found["cause"]


def listed(shop: Shop) -> list[str]:
    """The label files that the story names."""
    [found] = shop("show", "#1001", "--json").json[0]["announcements"]
    return [label["file"] for label in found["labels"]]


def labels_made(shop: Shop) -> int:
    assert shop.sandbox.counts.effects("forecasts") == 1
    return shop.sandbox.counts.effects("labels")


def fail(shop: Shop, *faults: Fault) -> None:
    shop.sandbox.faults.add(*faults)


class Death(BaseException):
    """A run ends here at once."""


@contextmanager
def at_step(name: str, act: Callable[[], object]) -> Iterator[None]:
    """Do something the first time that a run passes a named step."""
    done: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage() == name and not done:
                done.append(name)
                act()

    steps, handler = logging.getLogger("returnsync.steps"), Handler(logging.DEBUG)
    level = steps.level
    steps.addHandler(handler)
    steps.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        steps.removeHandler(handler)
        steps.setLevel(level)
    assert done, f"no run came to {name!r}"


def die() -> None:
    raise Death


def run_that_dies_at(shop: Shop, step: str, *command: str) -> None:
    with at_step(step, die), pytest.raises(Death):
        shop(*(command or ("run",)))


def back_up(shop: Shop) -> None:
    with closing(sqlite3.connect(shop.state)) as state, closing(sqlite3.connect(shop.folder / "backup")) as copy:
        state.backup(copy)


def restore(shop: Shop) -> None:
    for name in ("", "-wal", "-shm"):
        (shop.folder / f"returnsync.db{name}").unlink(missing_ok=True)
    shutil.copy(shop.folder / "backup", shop.state)


# -- a backup that is restored -----------------------------------------------------------------------------------------


def taken_at(step: str) -> Callable[[Shop, Any], None]:
    """A backup that was taken during the run that announced and labelled."""

    def live(shop: Shop, _clock: Any) -> None:
        with at_step(step, lambda: back_up(shop)):
            shop.run()

    return live


def taken_when_not_made(shop: Shop, clock: Any) -> None:
    fail(shop, Fault("monta.label", "status", call=1, status=429))
    shop.run()
    back_up(shop)
    clock.shift(timedelta(minutes=6))
    shop.run()


def taken_when_refused(shop: Shop, _clock: Any) -> None:
    fail(shop, Fault("monta.label", "status", call=1, status=400))
    shop.run()
    back_up(shop)
    shop("held", "retry", "--all")
    shop.run()


def taken_when_the_account_was_refused(shop: Shop, _clock: Any) -> None:
    fail(shop, Fault("monta.label", "status", call=1, status=401))
    shop.run()
    back_up(shop)
    shop.run()


MOMENTS = {
    "create in flight": taken_at("create: call about to be made"),
    "label in flight": taken_at("label: call about to be made"),
    "label not made": taken_when_not_made,
    "label refused": taken_when_refused,
    "account refused": taken_when_the_account_was_refused,
}


@pytest.fixture(params=MOMENTS)
def restored(request: pytest.FixtureRequest, shop: Shop, clock: Any) -> Shop:
    """Announce and label, then restore a backup of another moment; label files and Monta stay as they are."""
    give_back(shop)
    MOMENTS[request.param](shop, clock)
    assert stands(shop) == SETTLED
    assert labels_made(shop) == len(shop.labels()) == 1
    restore(shop)
    assert stands(shop) != SETTLED
    return shop


def live_on(shop: Shop, clock: Any) -> None:
    """Make runs, with a person who retries everything that is held."""
    for _ in range(2):
        clock.shift(timedelta(hours=2))
        shop.run()
        shop("held", "retry", "--all")
        shop.run()
        shop("replay", "#1001")


@pytest.mark.parametrize("fills_tracking", [True, False])
def test_a_restored_backup_buys_no_second_label_when_the_file_exists(restored, clock, fills_tracking):
    if not fills_tracking:
        restored.sandbox.monta.forecasts[0].body |= {"TrackAndTraceCode": None, "TrackAndTraceLink": None}
    live_on(restored, clock)
    assert stands(restored) == SETTLED
    assert labels_made(restored) == 1
    assert listed(restored) == [f"monta/{restored.labels()[0].name}"]


def test_a_restored_backup_buys_no_second_label_when_the_forecast_shows_tracking(restored, clock):
    shutil.rmtree(restored.folder / "labels")
    live_on(restored, clock)
    assert stands(restored) == DOUBT
    assert labels_made(restored) == 1


def test_a_person_who_finds_the_label_in_the_portal_settles_what_a_restored_backup_left_in_doubt(restored, clock):
    [file] = restored.labels()
    shutil.rmtree(restored.folder / "labels")
    live_on(restored, clock)
    file.parent.mkdir(parents=True)
    file.write_bytes(restored.sandbox.monta.labels[0].data)
    live_on(restored, clock)
    assert stands(restored) == SETTLED
    assert labels_made(restored) == 1


def test_a_backup_from_before_the_return_was_seen_adopts_it_and_buys_no_second_label(shop, clock):
    shop.run()
    back_up(shop)
    give_back(shop)
    clock.shift(timedelta(hours=2))
    shop.run()
    restore(shop)
    live_on(shop, clock)
    assert stands(shop) == SETTLED
    assert labels_made(shop) == 1


# -- files as proof of a label call that was killed --------------------------------------------------------------------


def put_file(shop: Shop, code: str, *, age: timedelta) -> Path:
    place = shop.folder / "labels" / "monta" / f"{code}.pdf"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(SAVED_BY_HAND)
    written = (datetime.now(UTC) - age).timestamp()
    os.utime(place, (written, written))
    return place


def test_a_label_file_that_is_older_than_the_call_is_no_proof_of_it(shop):
    put_file(shop, give_back(shop), age=timedelta(hours=1))
    run_that_dies_at(shop, "label: call about to be made")
    shop.run()
    assert stands(shop) == DOUBT
    assert listed(shop) == []


def test_a_label_file_that_the_killed_call_wrote_is_proof_of_it(shop):
    code = give_back(shop)
    run_that_dies_at(shop, "label file in place")
    assert shop.run()["exit_code"] == 0
    assert stands(shop) == SETTLED
    assert labels_made(shop) == 1
    assert listed(shop) == [f"monta/{code}.pdf"]


def test_a_label_file_that_a_person_saves_after_the_call_was_killed_is_proof_of_it(shop):
    code = give_back(shop)
    run_that_dies_at(shop, "label: call about to be made")
    put_file(shop, code, age=timedelta(0))
    assert shop.run()["exit_code"] == 0
    assert stands(shop) == SETTLED
    assert labels_made(shop) == 0


def test_the_file_of_an_earlier_label_is_no_proof_of_a_new_one(shop):
    give_back(shop)
    shop.run()
    run_that_dies_at(shop, "label: call about to be made", "replay", "#1001", "--new-label", "--yes")
    shop.run()
    assert stands(shop) == DOUBT
    shop("held", "retry", "--all")
    shop.run()
    assert stands(shop) == DOUBT
    assert labels_made(shop) == 1


def test_a_new_label_whose_call_was_killed_after_its_file_is_settled_beside_the_earlier_one(shop):
    code = give_back(shop)
    shop.run()
    run_that_dies_at(shop, "label file in place", "replay", "#1001", "--new-label", "--yes")
    shop.run()
    assert stands(shop) == SETTLED
    assert labels_made(shop) == len(shop.labels()) == 2
    assert listed(shop) == [f"monta/{code}.1.pdf", f"monta/{code}.pdf"]


def test_a_label_after_one_that_was_killed_half_moved_is_listed_beside_the_earlier_one(shop):
    """It is killed when the earlier file was moved away, and before the new one is in its place."""
    code = give_back(shop)
    shop.run()
    run_that_dies_at(shop, "label file: room made", "replay", "#1001", "--new-label", "--yes")
    assert [file.name for file in shop.labels() if not file.name.startswith(".")] == [f"{code}.1.pdf"]
    shop.run()
    assert stands(shop) == SETTLED
    assert labels_made(shop) == len(shop.labels()) == 2
    assert listed(shop) == [f"monta/{code}.1.pdf", f"monta/{code}.pdf"]


@pytest.mark.parametrize("step", ["label file written aside", "label file moved"])
def test_a_label_whose_run_was_killed_while_it_was_saved_is_adopted_by_the_next_one(shop, step):
    code = give_back(shop)
    run_that_dies_at(shop, step)
    before = shop.labels()
    assert shop("run", "--dry-run").code == 0
    assert shop.labels() == before
    shop.run()
    assert stands(shop) == SETTLED
    assert [file.name for file in shop.labels()] == [f"{code}.pdf"]
    assert labels_made(shop) == 1


@pytest.mark.parametrize("made", [os.mkfifo, os.mkdir])
def test_what_is_in_the_way_of_a_label_costs_no_second_one(shop, made):
    code = give_back(shop)
    place = shop.folder / "labels" / "monta" / f"{code}.pdf"
    place.parent.mkdir(parents=True)
    made(place)
    assert shop.run()["labelled"] == 1
    assert place.read_bytes().startswith(b"%PDF-")
    assert shop.run()["exit_code"] == 0
    shop.assert_nothing_twice()
