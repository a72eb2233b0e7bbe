"""A consumer asks for erasing: one command erases their data, and nothing is done again because of that."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from test_retention import NAME, NUMBER, PRIVATE, STREET, found_in, given_back

from returnsync.engine import upkeep
from returnsync.labels import LabelFolder, removal
from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_order

if TYPE_CHECKING:
    from shop import Shop


@pytest.fixture
def shop(shop) -> Shop:
    return replace(shop, more={"log": {"file": "log.jsonl"}})


@pytest.fixture
def labelled(shop) -> Shop:
    given_back(shop)
    assert shop.run()["labelled"] == 1
    return shop


def numbers(shop: Shop) -> list[str]:
    """All names that `show` accepts for the return."""
    (story,) = shop("show", NUMBER, "--json").json
    return [NUMBER, f"#{NUMBER}", story["return_number"], story["return_id"], story["announcements"][0]["code"]]


@pytest.mark.parametrize("name", range(5))
def test_what_is_kept_of_a_consumer_goes_by_whatever_show_takes(labelled, name):
    wanted = numbers(labelled)[name]
    assert found_in(labelled, *PRIVATE)
    ran = labelled("purge", wanted, "--yes", "--json")
    assert ran.code == 0, ran.err
    (label,) = labelled.labels()
    assert ran.json["label_files_kept"] == [str(label)]
    assert (ran.json["returns"][0]["order_numbers"], ran.json["gone"]) == (["#1001"], True)
    assert found_in(labelled, *PRIVATE) == {}


def test_label_files_go_where_that_is_said(labelled):
    (label,) = labelled.labels()
    ran = labelled("purge", NUMBER, "--labels", "--yes")
    assert f"Removed: label file monta/{label.name}." in " ".join(ran.out.split())
    assert labelled.labels() == []


def test_a_purged_return_is_never_announced_or_labelled_again(labelled):
    labelled("purge", NUMBER, "--labels", "--yes")
    (identity,) = labelled.platform().rows()
    for _ in range(3):
        labelled.platform().touch(identity)
        ran = labelled.run()
        assert (ran["announced"], ran["labelled"], ran["exit_code"]) == (0, 0, 0)
    assert labelled("replay", NUMBER, "--json").code == 0
    assert len(labelled.sandbox.monta.labels) == len(labelled.forecasts) == 1
    assert found_in(labelled, *PRIVATE) == {}


def test_show_says_when_it_was_erased_and_that_a_person_asked(labelled):
    labelled("purge", NUMBER, "--yes")
    (story,) = labelled("show", NUMBER, "--json").json
    assert story["erased_at"]
    assert story["history"][-1]["event"] == "personal data erased, as a person asked"
    shown = labelled("show", NUMBER).out
    assert "Its personal data were erased" in shown


def test_without_a_terminal_it_needs_the_explicit_option(labelled):
    ran = labelled("purge", NUMBER)
    assert (ran.code, "add --yes" in ran.err) == (2, True)
    assert "order #1001" in ran.err
    assert found_in(labelled, NAME)


def test_a_dry_run_erases_nothing_and_removes_no_file(labelled):
    ran = labelled("purge", NUMBER, "--labels", "--dry-run")
    assert (ran.code, "Would be erased" in ran.out) == (0, True)
    assert found_in(labelled, NAME)
    assert len(labelled.labels()) == 1


def test_what_is_not_known_is_reported_and_nothing_erased(labelled):
    ran = labelled("purge", "4711", "--yes")
    assert (ran.code, "Nothing is known by the name '4711'" in ran.err) == (2, True)


def test_what_is_held_is_refused_until_it_is_released(shop):
    given_back(shop)
    shop.sandbox.monta.orders.clear()
    shop.sandbox.monta.add(monta_order(NUMBER, "OTHER"))
    shop.run()
    (held,) = shop.held()
    ran = shop("purge", NUMBER, "--yes")
    assert (ran.code, f"{held['code']} is held" in ran.err) == (1, True)
    assert "returnsync held release" in ran.err
    assert shop("held", "release", held["code"], "--yes").code == 0
    assert shop("purge", NUMBER, "--yes").code == 0
    assert found_in(shop, *PRIVATE) == {}


def test_what_waits_is_refused(shop):
    shop.platform().give_back(NUMBER)
    shop.run()
    ran = shop("purge", NUMBER, "--yes")
    assert (ran.code, "is waiting" in ran.err) == (1, True)


def test_what_is_in_flight_is_refused(shop):
    given_back(shop)
    shop.sandbox.faults.add(Fault("monta.label", "status", status=402))
    shop.run()
    ran = shop("purge", NUMBER, "--yes")
    assert (ran.code, "Nothing was erased" in ran.err) == (1, True)


def test_of_several_returns_of_one_order_each_is_erased_or_none(shop):
    given_back(shop)
    shop.sandbox.monta.orders[NUMBER][0]["Lines"][0]["OrderedQuantity"] = 2
    assert shop.run()["labelled"] == 1
    later_one = shop.platform().give_back(NUMBER, created=datetime.now(UTC) - timedelta(minutes=5), word="Requested")
    shop.platform().touch(later_one)
    shop.run()
    assert shop("purge", NUMBER, "--yes").code == 1
    assert found_in(shop, NAME)
    shop.platform().touch(later_one, word="Rejected")
    shop.run()
    ran = shop("purge", NUMBER, "--yes", "--json")
    assert (ran.code, len(ran.json["returns"])) == (0, 2)
    assert found_in(shop, *PRIVATE) == {}


def test_a_record_that_was_released_is_erased_and_is_still_found_by_its_order(shop):
    identity = given_back(shop)
    record = shop.platform().rows()[identity]
    record["createdAt"] = "no time"
    shop.run()
    (held,) = shop.held()
    assert held["cause"] == "unreadable"
    assert shop("purge", identity, "--yes").code == 1
    assert shop("held", "release", held["code"], "--yes").code == 0
    assert shop("purge", identity, "--yes").code == 0
    assert found_in(shop, *PRIVATE) == {}
    assert shop("show", identity, "--json").json[0]["set_aside"][0]["order_number"] == "#1001"


def test_a_released_record_that_was_erased_is_held_again_only_once_it_says_something_else(shop):
    identity = given_back(shop)
    record = shop.platform().rows()[identity]
    record["returnRequests"] = "none that can be read"
    shop.run()
    shop("held", "release", identity, "--yes")
    shop("purge", identity, "--yes")
    for _ in range(3):
        assert shop.run()["held"] == 0
        assert found_in(shop, *PRIVATE) == {}
    record["returnRequests"] = "something else"
    shop.platform().touch(identity)
    assert shop.run()["held"] == 1


def test_where_the_state_cannot_be_rewritten_that_is_reported_with_what_to_do(labelled, monkeypatch):
    monkeypatch.setattr(upkeep, "rooms_to_write_anew", lambda _: [upkeep.Room(labelled.state, 2**30, 2**20)])
    ran = labelled("purge", NUMBER, "--yes", "--json")
    assert (ran.code, json.loads(ran.out)["gone"]) == (75, False)
    assert "could not be rewritten" in ran.err
    assert "purge it once more" in ran.err


def test_the_file_is_rewritten_once_and_not_for_every_request(labelled, monkeypatch):
    assert labelled("purge", NUMBER, "--yes").code == 0
    monkeypatch.setattr(upkeep, "rooms_to_write_anew", lambda _: [upkeep.Room(labelled.state, 2**30, 2**20)])
    given_back(labelled, "1002")
    labelled.run()
    assert labelled("purge", "1002", "--yes", "--json").json["gone"]
    assert found_in(labelled, *PRIVATE) == {}


def test_while_another_program_reads_what_was_erased_that_is_reported(labelled):
    with closing(sqlite3.connect(labelled.state)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM returns").fetchone()
        ran = labelled("purge", NUMBER, "--yes", "--json")
        assert (ran.code, ran.json["gone"]) == (75, False)
        assert "Another program reads the state" in ran.err
    assert labelled("purge", NUMBER, "--yes", "--json").json["gone"]
    assert found_in(labelled, *PRIVATE) == {}


def test_what_came_for_a_label_and_is_in_no_file_yet_is_not_thrown_away(shop, monkeypatch):
    given_back(shop)
    page = b"<html>no label</html>"
    shop.sandbox.faults.add(Fault("monta.label", "html", body=page))

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(LabelFolder, "keep_unusable", full)
        shop.run()
    (held,) = shop.held()
    assert shop("held", "release", held["code"], "--yes").code == 0
    ran = shop("purge", NUMBER, "--yes")
    assert (ran.code, "is not in a file yet" in ran.err) == (1, True)
    with closing(sqlite3.connect(shop.state)) as state:
        assert state.execute("SELECT count(*) FROM kept_labels").fetchone() == (1,)


def test_a_name_with_a_part_that_is_not_shown_erases_nobody(labelled):
    given_back(labelled, "1002")
    labelled.run()
    for name in ("•••", "#•••", "shop-nl-•••"):
        ran = labelled("purge", name, "--yes")
        assert (ran.code, "Nothing was erased" in ran.err) == (2, True)
    assert not any(json.loads(line)["erased_at"] for line in labelled("export").out.splitlines())


def test_what_came_for_a_label_and_is_none_is_named_among_what_stays(shop):
    given_back(shop)
    shop.sandbox.faults.add(Fault("monta.label", "html", body=f"<html>{NAME}</html>".encode()))
    shop.run()
    (held,) = shop.held()
    assert shop("held", "release", held["code"], "--yes").code == 0
    (file,) = shop("purge", NUMBER, "--yes", "--json").json["label_files_kept"]
    assert file.endswith(".unusable.bin")
    assert shop("purge", NUMBER, "--labels", "--yes", "--json").json["label_files_kept"] == []
    assert found_in(shop, *PRIVATE) == {}


def test_a_record_that_can_no_longer_be_read_brings_nothing_back(labelled):
    labelled("purge", NUMBER, "--yes")
    (identity,) = labelled.platform().rows()
    record = labelled.platform().rows()[identity]
    record["returnRequests"] = "none that can be read"
    labelled.platform().touch(identity)
    for _ in range(3):
        assert labelled.run()["held"] == 1
        assert found_in(labelled, *PRIVATE) == {}
    assert labelled("held", "release", identity, "--yes").code == 0
    assert labelled.run()["held"] == 0
    record["returnRequests"] = "something else"
    labelled.platform().touch(identity)
    assert labelled.run()["held"] == 1
    assert found_in(labelled, *PRIVATE) == {}


@pytest.mark.parametrize("platform", ["returnista", "loop"])
def test_what_a_refusal_of_a_new_label_says_is_not_kept_where_it_may_name_the_consumer(shop, platform):
    mine = replace(shop, platforms=(platform,), source={"own_label": "replace"})
    given_back(mine)
    assert mine.run()["labelled"] == 1
    assert mine("purge", NUMBER, "--yes").code == 0
    body = f"Address of {NAME}, {STREET} 12 is not valid".encode()
    mine.sandbox.faults.add(Fault("monta.label", "status", status=400, body=body))
    assert mine("replay", NUMBER, "--new-label", "--yes").code == 1
    assert found_in(mine, *PRIVATE) == {}
    for command in (("held",), ("held", "--json"), ("show", NUMBER)):
        ran = mine(*command)
        assert NAME not in ran.out + ran.err


def test_what_a_platform_says_of_its_consumer_in_a_reason_goes_with_the_consumer(shop):
    identity = given_back(shop)
    shop.platform().rows()[identity]["returnRequests"][0]["returnReason"]["key"] = f"other: {NAME}"
    shop.run()
    assert shop("purge", NUMBER, "--yes").code == 0
    assert found_in(shop, *PRIVATE) == {}
    for command in (("show", NUMBER), ("export",), ("map-reasons", "--list"), ("check",)):
        ran = shop(*command)
        assert NAME not in ran.out + ran.err, command


def test_a_return_that_a_held_record_may_be_is_refused(shop):
    mine = replace(shop, platforms=("sendcloud",), source={"own_label": "replace"})
    given_back(mine)
    assert mine.run()["labelled"] == 1
    with closing(sqlite3.connect(mine.state)) as state:
        ((source, home),) = state.execute("SELECT source, id FROM returns").fetchall()
        at = "2026-11-01T00:00:00.000000Z"
        aside = (source, "record", "[]", "unclear", "identity-unclear", at, at, at)
        state.execute(
            "INSERT INTO set_aside (source, record, raw, problem, cause, first_seen, tried_at, due_at, tries, released)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, 0)",
            aside,
        )
        state.execute("INSERT INTO candidates (source, record, home) VALUES (?, 'record', ?)", [source, home])
        state.commit()
    ran = mine("purge", home, "--yes")
    assert (ran.code, "is held" in ran.err) == (1, True)


def test_why_it_is_refused_names_nobody(shop):
    identity = given_back(shop)
    shop.platform().rows()[identity]["returnRequests"][0]["purchaseOrderNumber"] = f"1001 {NAME}"
    shop.run()
    ran = shop("purge", identity, "--yes")
    assert (ran.code, NAME in ran.err) == (1, False)


def test_a_label_file_that_cannot_be_removed_is_reported_and_goes_the_next_time(labelled, monkeypatch):
    def refused(*_: object) -> list[str]:
        raise PermissionError(13, "Permission denied", str(labelled.labels()[0]))

    with monkeypatch.context() as patch:
        patch.setattr(removal, "remove", refused)
        ran = labelled("purge", NUMBER, "--labels", "--yes")
    assert (ran.code, "Permission denied" in ran.err, len(labelled.labels())) == (78, True, 1)
    assert labelled("purge", NUMBER, "--labels", "--yes").code == 0
    assert (labelled.labels(), found_in(labelled, *PRIVATE)) == ([], {})


def test_a_record_that_was_released_with_its_return_and_erased_stays_released(labelled):
    (identity,) = labelled.platform().rows()
    labelled.platform().rows()[identity]["returnRequests"] = "none that can be read"
    labelled.platform().touch(identity)
    assert labelled.run()["held"] == 1
    assert labelled("held", "release", identity, "--yes").code == 0
    assert labelled("purge", identity, "--yes").code == 0
    for _ in range(3):
        ran = labelled.run()
        assert (ran["sources"]["shop-nl"]["listed"], ran["held"]) == (1, 0)
    assert found_in(labelled, *PRIVATE) == {}
