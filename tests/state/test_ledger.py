"""The ledger: one row is the right to make one call, however many ask for it, and however often, at the same time."""

import itertools
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.model import Code, WarehouseName
from returnsync.state import ledger
from returnsync.state.ledger import Kind, Outcome
from returnsync.state.opening import copy_aside, open_file

MONTA = WarehouseName("monta")
CODE = Code("shop-nl-1001-K3JQ2V5Z7XW4M6AB")
BLOCKING = (None, Outcome.MADE, Outcome.ADOPTED, Outcome.DOUBT)
FREE = (Outcome.REFUSED, Outcome.NOT_MADE)


def claim(db, kind=Kind.LABEL, code=CODE, warehouse=MONTA, **more):
    with db.transaction() as q:
        return ledger.write_intent(q, warehouse, code, kind, "{}", **more)


def settle(db, effect, outcome):
    with db.transaction() as q:
        ledger.write_outcome(q, effect, outcome)


def newest(db, kind=Kind.LABEL):
    with db.reading() as q:
        return ledger.newest(q, MONTA, CODE, kind)


def test_the_first_intent_gets_the_right(db):
    effect = claim(db)
    assert (effect.generation, effect.outcome, effect.kind) == (1, None, Kind.LABEL)
    assert newest(db) == effect


@pytest.mark.parametrize("outcome", BLOCKING)
def test_an_effect_in_flight_made_or_in_doubt_blocks_the_next(db, outcome):
    effect = claim(db)
    if outcome is not None:
        settle(db, effect, outcome)
    assert claim(db) is None
    assert newest(db).generation == 1


@pytest.mark.parametrize("outcome", FREE)
def test_an_effect_that_changed_nothing_lets_the_next_generation_through(db, outcome):
    settle(db, claim(db), outcome)
    assert claim(db).generation == 2


@pytest.mark.parametrize("earlier", [Outcome.MADE, Outcome.DOUBT, Outcome.ADOPTED])
def test_what_was_made_blocks_also_when_a_later_one_was_refused(db, earlier):
    settle(db, claim(db), earlier)
    settle(db, claim(db, again=True), Outcome.REFUSED)
    assert claim(db) is None


@pytest.mark.parametrize("outcome", [Outcome.MADE, Outcome.ADOPTED, Outcome.DOUBT])
def test_again_means_that_a_person_asked_for_another_one(db, outcome):
    settle(db, claim(db), outcome)
    assert claim(db, again=True).generation == 2


def test_again_never_passes_one_in_flight(db):
    claim(db)
    assert claim(db, again=True) is None


def test_kinds_codes_and_warehouses_do_not_block_each_other(db):
    assert claim(db, Kind.LABEL)
    assert claim(db, Kind.CREATE)
    assert claim(db, Kind.UPDATE)
    assert claim(db, code=Code("other"))
    assert claim(db, warehouse=WarehouseName("other"))


def test_an_outcome_is_written_once(db):
    effect = claim(db)
    settle(db, effect, Outcome.REFUSED)
    settle(db, effect, Outcome.MADE)
    assert newest(db).outcome is Outcome.REFUSED


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.DOUBT])
def test_only_a_doubt_is_settled_by_evidence(db, outcome):
    effect = claim(db)
    settle(db, effect, outcome)
    with db.transaction() as q:
        ledger.end_doubt(q, effect, Outcome.MADE if outcome is not Outcome.MADE else Outcome.REFUSED)
    assert newest(db).outcome is outcome


def test_a_doubt_is_settled_by_evidence(db):
    effect = claim(db)
    settle(db, effect, Outcome.DOUBT)
    with db.transaction() as q:
        ledger.end_doubt(q, effect, Outcome.MADE)
    assert newest(db).outcome is Outcome.MADE


def test_a_first_look_in_vain_is_kept_by_every_clock(db):
    effect = claim(db)
    at = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    look = ledger.Look(at, "this boot", 1234.5, at - timedelta(hours=3))
    with db.transaction() as q:
        ledger.looked_in_vain(q, effect, look)
    assert newest(db).first_look == look


def test_a_create_that_is_sent_again_after_two_looks_in_vain_is_due_to_be_looked_at_a_day_later(db):
    lost = claim(db, Kind.CREATE)
    with db.transaction() as q:
        ledger.looked_in_vain(q, lost, ledger.Look(lost.intent_at, "boot", 0.0, None))
    settle(db, lost, Outcome.NOT_MADE)
    again = claim(db, Kind.CREATE)
    settle(db, again, Outcome.MADE)
    with db.reading() as q:
        assert ledger.to_recheck(q, again.intent_at + timedelta(hours=23)) == []
        assert [effect.generation for effect in ledger.to_recheck(q, again.intent_at + timedelta(hours=25))] == [2]


def test_a_create_that_surely_was_not_sent_the_first_time_needs_no_other_look(db):
    settle(db, claim(db, Kind.CREATE), Outcome.NOT_MADE)
    again = claim(db, Kind.CREATE)
    settle(db, again, Outcome.MADE)
    with db.reading() as q:
        assert ledger.to_recheck(q, again.intent_at + timedelta(days=2)) == []


def test_effects_in_flight_are_listed_oldest_first(db):
    claim(db, Kind.CREATE)
    claim(db, Kind.LABEL, Code("other"))
    settle(db, claim(db, Kind.LABEL, Code("third")), Outcome.MADE)
    with db.reading() as q:
        assert [(effect.kind, effect.code) for effect in ledger.in_flight(q)] == [
            (Kind.CREATE, CODE),
            (Kind.LABEL, "other"),
        ]
        assert ledger.has_create_in_flight(q, CODE)
        assert not ledger.has_create_in_flight(q, Code("other"))


def test_a_code_is_created_once_whatever_the_code_around_it_does(db):
    settle(db, claim(db, Kind.CREATE), Outcome.MADE)
    second = claim(db, Kind.CREATE, again=True)
    with pytest.raises(sqlite3.IntegrityError):
        settle(db, second, Outcome.MADE)
    assert newest(db, Kind.CREATE).outcome is None


def test_one_adopted_counts_as_created(db):
    with db.transaction() as q:
        assert ledger.adopt(q, MONTA, CODE, Kind.CREATE).generation == 1
    assert claim(db, Kind.CREATE) is None
    assert newest(db, Kind.CREATE).outcome is Outcome.ADOPTED


def test_labels_are_noted_with_their_files(db):
    effect = claim(db)
    with db.transaction() as q:
        for sha256 in ("aa", "bb"):  # the second finds the first
            ledger.save_label(q, effect, file="monta/x.pdf", sha256=sha256, tracking_link="")
        assert ledger.label_hashes(q, MONTA, CODE) == {"aa"}
        assert [label["file"] for label in ledger.labels(q, MONTA, CODE)] == ["monta/x.pdf"]


def test_an_earlier_label_is_found_where_it_went(db):
    with db.transaction() as q:
        for code in (CODE, Code("other")):
            effect = ledger.write_intent(q, MONTA, code, Kind.LABEL, "{}")
            ledger.save_label(q, effect, file="monta/x.pdf", sha256="aa", tracking_link="")
        ledger.move_label(q, MONTA, CODE, "monta/x.pdf", "monta/x.1.pdf")
        assert [label["file"] for label in ledger.labels(q, MONTA, CODE)] == ["monta/x.1.pdf"]
        assert [label["file"] for label in ledger.labels(q, MONTA, Code("other"))] == ["monta/x.pdf"]


# ---- races for it


def test_of_many_threads_exactly_one_gets_the_right(path, db):
    rounds, racers = 20, 8
    connections = [open_file(path) for _ in range(racers)]
    barrier = threading.Barrier(racers)
    won = [[] for _ in range(rounds)]

    def race(connection):
        for number in range(rounds):
            barrier.wait()
            if claim(connection, code=Code(f"code-{number}")) is not None:
                won[number].append(threading.get_ident())

    threads = [threading.Thread(target=race, args=(connection,)) for connection in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for connection in connections:
        connection.close()
    assert [len(winners) for winners in won] == [1] * rounds
    with db.reading() as q:
        assert len(ledger.in_flight(q)) == rounds


_RACER = """
import sys
from pathlib import Path
from returnsync.state import ledger
from returnsync.state.opening import open_file

db = open_file(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(30):
    with db.transaction() as q:
        if ledger.write_intent(q, "monta", f"code-{number}", ledger.Kind.CREATE, "{}") is not None:
            print(number)
"""


def test_of_several_processes_exactly_one_gets_the_right(path):
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _RACER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    outputs = [racer.communicate(timeout=60)[0] for racer in racers]
    assert sorted(itertools.chain(*(map(int, output.split()) for output in outputs))) == list(range(30))


def test_the_database_itself_refuses_a_second_intent_in_flight(db):
    row = (
        "INSERT INTO effects (warehouse, code, kind, generation, intent_at, request) VALUES (?, ?, 'label', ?, '', '')"
    )
    db.connection.execute(row, (MONTA, CODE, 1))
    with pytest.raises(sqlite3.IntegrityError):
        db.connection.execute(row, (MONTA, CODE, 2))


@given(st.lists(st.tuples(st.sampled_from(["claim", "again", *Outcome])), max_size=25))
def test_at_most_one_is_ever_in_flight_and_none_follows_a_made_one_unasked(steps):
    """Any history of claims and outcomes keeps the two promises that rule 1 and rule 3 stand on."""
    db = copy_aside(Path("no-such-file"))
    current, spent = None, False
    for (step,) in steps:
        if step in ("claim", "again"):
            effect = claim(db, again=step == "again")
            assert (effect is not None) == (current is None and (step == "again" or not spent))
            current = effect or current
        elif current is not None:
            settle(db, current, step)
            spent = spent or step in BLOCKING
            current = None
        with db.reading() as q:
            assert len(ledger.in_flight(q)) == (current is not None)
    db.close()
