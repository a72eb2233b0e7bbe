"""Old data are erased automatically if the user sets that, and nothing is done again because of it."""

from __future__ import annotations

import copy
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from killing import walk
from rewriting import SHAPES
from shop import as_schema, later

from returnsync.engine import upkeep
from returnsync.engine.erase import old
from returnsync.labels import removal
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.channable_records import order, returned
from returnsync.sandbox.world import monta_order

if TYPE_CHECKING:
    from shop import Shop

NUMBER = "1001"
PLATFORMS = tuple(platform.name for platform in Sandbox(World.empty()).platforms)
NAME, STREET, COMMENT = "Vandertestzwirn", "Proeflaanweg", "Knoopjeskapotgegaan"
PRIVATE = (NAME, STREET, COMMENT, "jo.voorbeeld@example.com", "relay-1@example.com", "tracking.example")
DAYS = 90


def named(record: Any) -> Any:
    text = json.dumps(record, ensure_ascii=False)
    for word, other in (("Voorbeeld", NAME), ("Teststraat", STREET), ("too small", COMMENT)):
        text = text.replace(word, other)
    return json.loads(text)


def given_back(shop: Shop, number: str = NUMBER) -> str:
    """Make a return that is announced and labelled, with all consumer data that the platform can give."""
    platform = shop.platform()
    shop.sandbox.monta.add(named(monta_order(number)))
    identity = platform.give_back(number, created=datetime.now(UTC) - timedelta(hours=2))
    rows = platform.rows()
    rows[identity] = named(rows[identity])
    platform.touch(identity)
    return identity


def found_in(shop: Shop, *words: str) -> dict[str, list[str]]:
    """The files that contain one of these words, in any spelling; not those of the stand-ins and the configuration."""
    found = {}
    for place in sorted(shop.folder.rglob("*")):
        if place.is_file():
            content = place.read_bytes().decode("utf-8", "replace").casefold()
            if has := [word for word in words if word.casefold() in content]:
                found[place.name] = has
    return found


@pytest.fixture
def shop(shop) -> Shop:
    return replace(
        shop,
        source={
            "own_label": "replace",
            "limits": {"1h": 10_000},
            "start_from": datetime.now(UTC) - timedelta(days=DAYS + 30),
        },
        more={"log": {"file": "log.jsonl"}, "notify": {"metrics": "metrics.prom"}},
    )


@pytest.fixture(params=PLATFORMS)
def each(request, shop) -> Shop:
    """A shop on every platform."""
    return replace(shop, platforms=(request.param,))


def with_retention(shop: Shop, **more: Any) -> Shop:
    shop.more = {"retention_days": DAYS, **shop.more, **more}
    return shop


def done(shop: Shop) -> None:
    """Announce and label one more return."""
    ran = shop.run()
    assert (ran["announced"], ran["labelled"], ran["exit_code"]) == (1, 1, 0), ran


def test_nothing_is_erased_until_the_setting_is_written(shop):
    given_back(shop)
    done(shop)
    with later(days=400):
        assert "erased" not in shop.run()
        (story,) = shop("show", NUMBER, "--json").json
    assert story["erased_at"] is None


def test_old_data_are_erased_from_every_file(each):
    given_back(each)
    done(each)
    assert found_in(each, *PRIVATE)
    with_retention(each)
    with later(days=181):
        ran = each.run()
    assert ran["erased"] == 1, ran
    assert found_in(each, *PRIVATE) == {}


def test_thirty_more_listings_of_what_was_erased_bring_nothing_back_and_do_nothing_again(each):
    identity = given_back(each)
    done(each)
    with_retention(each)
    platform, shape = each.platform(), SHAPES[each.platforms[0]]
    original = copy.deepcopy(platform.rows()[identity])
    spelt = (lambda _: f"#{NUMBER}", lambda _: f" {NUMBER} ", lambda _: f"00{NUMBER}")
    for index in range(30):
        with later(days=181, minutes=10 * index):
            record = platform.rows()[identity]
            match index % 5:
                case 1:
                    platform.touch(identity)
                case 2:
                    platform.rows()[identity] = copy.deepcopy(original)  # as it was
                case 3:
                    shape.write(record, "number", spelt[index // 5 % 3])
                    platform.touch(identity)
                case 4:
                    shape.write(record, "title", lambda _: f"Title {NAME}")
                    platform.touch(identity)
            ran = each.run()
            assert (ran["announced"], ran["labelled"], ran["updated"]) == (0, 0, 0), (index, ran)
            assert ran["exit_code"] == 0, (index, ran, each.held())
    each.assert_nothing_twice()
    assert len(each.forecasts) == len(each.sandbox.monta.labels) == 1
    assert found_in(each, *PRIVATE) == {}


def test_an_older_copy_of_the_same_time_of_change_brings_nothing_back_either(shop):
    """If two statuses have the same time, Sendcloud's history shows which is older, and that history was erased."""
    shop = replace(shop, platforms=("sendcloud",))
    identity = given_back(shop)
    done(shop)
    platform = shop.platform()
    older = copy.deepcopy(platform.rows()[identity])
    at = datetime.fromisoformat(max(step["carrier_update_timestamp"] for step in older["status_history"]))
    platform.touch(identity, at=at, word="open/delivered")
    shop.run()
    assert shop("purge", NUMBER, "--yes").code == 0
    (before,) = shop("show", NUMBER, "--json").json
    platform.rows()[identity] = older
    assert shop.run()["exit_code"] == 0
    (known,) = shop("show", NUMBER, "--json").json
    assert (known["status"], known["erased_at"]) == ("open/delivered", before["erased_at"])
    assert before["erased_at"] is not None


def test_what_an_earlier_version_left_of_an_erased_return_goes_once_it_is_upgraded(shop):
    """That is Sendcloud's list of events; the story of what was done stays as it was."""
    shop = with_retention(replace(shop, platforms=("sendcloud",)))
    given_back(shop)
    done(shop)
    with later(days=181):
        assert shop.run()["erased"] == 1
        (before,) = shop("show", NUMBER, "--json").json
    with closing(sqlite3.connect(shop.state)) as state, state:
        state.execute("""UPDATE returns SET body = substr(body, 1, length(body) - 1) || ',"j":["2026 sorted"]}'""")
        as_schema(state, 15)
    with later(days=181, minutes=10):
        assert shop.run()["erased"] == 1
        (after,) = shop("show", NUMBER, "--json").json
        assert "erased" not in shop.run()
    with closing(sqlite3.connect(shop.state)) as state:
        assert state.execute("SELECT body LIKE '%sorted%' FROM returns").fetchone() == (0,)
    told = [[(entry["event"], entry["code"]) for entry in story["history"]] for story in (before, after)]
    assert told[0] == told[1]
    assert [item["labels"] for item in after["announcements"]] == [item["labels"] for item in before["announcements"]]


def test_an_update_keeps_everything_until_the_setting_is_written(shop):
    finished(shop)
    kept = ("SELECT body FROM returns", "SELECT request, answer FROM effects", "SELECT * FROM history")
    with closing(sqlite3.connect(shop.state)) as state:
        before = [state.execute(query).fetchall() for query in kept]
        as_schema(state, 14)
        state.commit()
    with later(days=400):
        assert shop.run()["exit_code"] == 0
        with closing(sqlite3.connect(shop.state)) as state:
            assert [state.execute(query).fetchall() for query in kept] == before
        with_retention(shop)
        assert shop.run()["erased"] == 1
    assert found_in(shop, *PRIVATE) == {}


def test_the_carrier_of_a_label_is_still_known_once_its_return_was_erased(shop):
    finished(with_retention(shop))
    (before,) = shop("returns", "--json").json
    with later(days=DAYS + 1):
        assert shop.run()["erased"] == 1
        (after,) = shop("returns", "--json").json
    assert before["carrier"] == after["carrier"] == "PostNL"
    assert before["label"] == after["label"]


def test_what_happened_is_still_told_of_a_return_that_was_erased(shop):
    finished(with_retention(shop))
    told = [(entry["event"], entry["code"]) for entry in shop("show", NUMBER, "--json").json[0]["history"]]
    with later(days=DAYS + 1):
        shop.run()
        (story,) = shop("show", NUMBER, "--json").json
        shown = shop("show", NUMBER)
    assert [(entry["event"], entry["code"]) for entry in story["history"]] == told
    assert ("labelled" in shown.out, shown.code) == (True, 0)


# ---- when something is old


def finished(shop: Shop, number: str = NUMBER) -> str:
    """Make a return that is announced and labelled, and completed at its platform."""
    identity = given_back(shop, number)
    done(shop)
    shop.sandbox.returnista.touch(identity, word="Completed")
    assert shop.run()["exit_code"] == 0
    return identity


@pytest.mark.parametrize(("days", "erased"), [(DAYS - 1, 0), (DAYS + 1, 1)])
def test_a_return_that_its_platform_has_ended_is_erased_after_so_many_days(shop, days, erased):
    finished(with_retention(shop))
    with later(days=days):
        assert shop.run().get("erased", 0) == erased


@pytest.mark.parametrize(("days", "erased"), [(DAYS + 1, 0), (179, 0), (181, 1)])
def test_a_return_that_its_platform_may_still_change_is_kept_for_half_a_year(shop, days, erased):
    given_back(with_retention(shop))
    done(shop)
    with later(days=days):
        assert shop.run().get("erased", 0) == erased


def test_what_was_done_last_counts_not_what_the_platform_changed_last(shop):
    """The last act is a new label that a person asked for."""
    finished(with_retention(shop))
    with later(days=DAYS - 1):
        assert shop("replay", NUMBER, "--new-label", "--yes").code == 0
    with later(days=DAYS + 1):
        assert "erased" not in shop.run()
    with later(days=2 * DAYS):
        assert shop.run()["erased"] == 1


def test_what_is_held_is_never_erased_until_so_long_after_a_person_let_it_go(shop):
    identity = given_back(with_retention(shop))
    shop.sandbox.monta.orders[NUMBER][0]["Lines"][0]["Sku"] = "OTHER"
    shop.sandbox.monta.orders[NUMBER][0]["Lines"][0]["WebshopOrderLineId"] = "other"
    shop.run()
    assert list(shop.causes().values()) == ["line-unmatched"]
    shop.sandbox.returnista.touch(identity, word="Cancelled")
    shop.sandbox.returnista.return_orders[identity]["status"] = "Confirmed"
    with later(days=400):
        assert "erased" not in shop.run()
        assert shop("held", "release", "--all", "--yes").code == 0
        assert "erased" not in shop.run()
    with later(days=400 + 181):
        assert shop.run()["erased"] == 1
    assert found_in(shop, *PRIVATE) == {}


def test_a_waiting_return_is_never_erased(shop):
    shop.platform().give_back(NUMBER)
    with_retention(shop).warehouse = {"wait_for_order_days": 3000}
    shop.run()
    with later(days=400):
        ran = shop.run()
    assert (ran["waiting"], "erased" in ran) == (1, False)


def test_what_is_in_doubt_is_erased_only_once_it_is_in_a_persons_hands(shop):
    identity = given_back(with_retention(shop))
    shop.sandbox.faults.add(Fault("monta.label", "reset-after", call=1))
    shop.run()
    assert list(shop.causes().values()) == ["label-in-doubt"]
    shop.sandbox.returnista.touch(identity, word="Completed")
    with later(days=400):
        assert "erased" not in shop.run()
        assert shop("held", "release", "--all", "--yes").code == 0
    with later(days=400 + DAYS + 1):
        assert shop.run()["erased"] == 1


def test_a_label_that_was_in_doubt_before_another_one_was_made_keeps_nothing(shop):
    identity = given_back(with_retention(shop))
    shop.sandbox.faults.add(Fault("monta.label", "reset-after", call=1))
    shop.run()
    assert shop("replay", NUMBER, "--new-label", "--yes").code == 0
    shop.sandbox.returnista.touch(identity, word="Completed")
    with later(days=DAYS + 1):
        assert shop.run()["erased"] == 1
    assert found_in(shop, *PRIVATE) == {}


def test_a_record_that_a_person_released_today_keeps_its_return(shop):
    identity = finished(with_retention(shop))
    with later(days=DAYS - 2):
        shop.platform().rows()[identity]["returnRequests"] = "none that can be read"
        shop.platform().touch(identity)
        shop.run()
    with later(days=2 * DAYS):
        assert "erased" not in shop.run()
        assert shop("held", "release", identity, "--yes").code == 0
        assert "erased" not in shop.run()
    with later(days=4 * DAYS):
        assert shop.run()["erased"] == 1
    assert found_in(shop, *PRIVATE) == {}


def test_a_return_that_cannot_be_erased_does_not_stop_others(shop, monkeypatch):
    monkeypatch.setattr(old, "_BATCH", 1)
    first, _ = finished(with_retention(shop, retention_labels=True)), finished(shop, "1002")
    remove = old.remove_files

    def remove_or_fail(ctx: Any, source: Any, return_id: Any) -> list[str]:
        if return_id == first:
            raise PermissionError(13, "Permission denied")
        return remove(ctx, source, return_id)

    monkeypatch.setattr(old, "remove_files", remove_or_fail)
    with later(days=DAYS + 1):
        ran = shop.run()
    assert ran["erased"] == 1
    assert f"The label files of return {first} cannot be removed (Permission denied)" in ran["warnings"][0]


def test_a_row_that_cannot_be_read_costs_its_own_return_and_is_reported(shop):
    first, second = finished(with_retention(shop)), finished(shop, "1002")
    with closing(sqlite3.connect(shop.state)) as state:
        state.execute("UPDATE effects SET request = '{' WHERE code LIKE '%-1001-%' AND kind = 'create'")
        state.commit()
    with later(days=DAYS + 1):
        ran = shop.run()
        assert (ran["erased"], ran["exit_code"]) == (1, 70)
        asked = shop("purge", first, "--labels", "--yes")
    assert (asked.code, "cannot be read" in asked.err) == (70, True)
    assert len(shop.labels()) == 2, "nothing was erased, and so no file removed"
    assert NAME in str(shop("export", "--private").out.splitlines()[0])
    assert [json.loads(line)["erased_at"] is None for line in shop("export").out.splitlines()] == [True, False], second


def test_a_change_of_a_return_that_was_erased_is_held_and_clears_no_comment_at_the_warehouse(shop):
    with_retention(shop).source |= {"send_updates": True}
    identity = given_back(shop)
    shop.sandbox.monta.orders[NUMBER][0]["Lines"][0]["OrderedQuantity"] = 2
    shop.platform().rows()[identity]["returnRequests"][0]["returnReasonComment"] = COMMENT
    done(shop)
    with later(days=181):
        assert shop.run()["erased"] == 1
        SHAPES["returnista"].write(shop.platform().rows()[identity], "quantity", lambda _: 2)
        shop.platform().touch(identity)
        assert shop.run()["updated"] == 0
    assert list(shop.causes().values()) == ["forecast-differs"]
    (forecast,) = shop.forecasts
    assert forecast.lines[0]["CustomerComment"] == COMMENT


def test_a_return_that_was_left_alone_or_withdrawn_is_erased(shop):
    with_retention(shop)
    for number, word in (("1001", "Rejected"), ("1002", "Cancelled")):
        shop.platform().touch(given_back(shop, number), word=word)
    shop.run()
    with later(days=DAYS + 1):
        assert shop.run()["erased"] == 2
    assert found_in(shop, *PRIVATE) == {}


def test_while_no_server_agrees_with_the_clock_of_this_machine_nothing_is_erased(shop):
    """For a clock that is years ahead, everything would be old."""
    finished(with_retention(shop))
    shop.sandbox.monta.date = lambda: datetime.now(UTC) - timedelta(days=400)
    shop.sandbox.monta.reasons.clear()
    with later(days=400):
        for operation in ("returnista.list", "monta.reasons"):
            old = format_datetime(datetime.now(UTC) - timedelta(days=400), usegmt=True)
            shop.sandbox.faults.add(Fault(operation, "status", status=500, headers={"Date": old}))
        assert "erased" not in shop.run()


def test_each_run_erases_a_bounded_number_and_the_next_goes_on(shop, monkeypatch):
    monkeypatch.setattr(old, "_MOST", 2)
    monkeypatch.setattr(old, "_BATCH", 1)
    with_retention(shop)
    for number in ("1001", "1002", "1003"):
        finished(shop, number)
    with later(days=DAYS + 1):
        assert [shop.run().get("erased", 0) for _ in range(3)] == [2, 1, 0]


# ---- labels


def test_label_files_stay_unless_they_are_to_go(shop):
    finished(with_retention(shop))
    with later(days=DAYS + 1):
        shop.run()
        (story,) = shop("show", NUMBER, "--json").json
    (label,) = story["announcements"][0]["labels"]
    assert (len(shop.labels()), label["removed_at"], label["tracking_link"]) == (1, None, "")


def test_label_files_go_where_the_user_says_so_and_none_is_made_again(shop):
    finished(with_retention(shop, retention_labels=True))
    (file,) = shop.labels()
    with later(days=DAYS + 1):
        shop.run()
        (story,) = shop("show", NUMBER, "--json").json
        checked = shop("check").out
        assert shop.run()["labelled"] == 0
        replayed = shop("replay", NUMBER, "--json")
    assert (shop.labels(), replayed.code) == ([], 0)
    assert story["announcements"][0]["labels"][0]["removed_at"]
    assert file.name not in checked
    assert len(shop.sandbox.monta.labels) == 1


def test_a_label_file_that_cannot_be_removed_keeps_its_return_and_is_reported(shop, monkeypatch):
    finished(with_retention(shop, retention_labels=True))

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(removal, "remove", refused)
    with later(days=DAYS + 1):
        ran = shop.run()
    assert "erased" not in ran
    assert "cannot be removed (Permission denied)" in ran["warnings"][0]


def test_a_label_of_ours_is_known_by_the_hash_of_its_link(shop):
    """Another return of the order is labelled; its label in doubt is not confused with the erased one."""
    finished(with_retention(shop))
    with later(days=DAYS + 1):
        assert shop.run()["erased"] == 1
        shop.sandbox.monta.orders[NUMBER][0]["Lines"][0]["OrderedQuantity"] = 2
        shop.sandbox.monta.label_times = "none"  # so that only the link tells them apart
        shop.platform().touch(shop.platform().give_back(NUMBER))
        shop.sandbox.faults.add(Fault("monta.label", "status", status=423, call=2))
        ran = shop.run()
        assert (ran["announced"], ran["labelled"]) == (1, 0), ran
    with later(days=DAYS + 1, hours=1):
        shop.run()
    with later(days=DAYS + 1, hours=2):
        shop.run()
    assert len(shop.sandbox.monta.labels) == 2, shop.held()
    assert shop.held() == []


# ---- the file of the state


def test_the_state_is_rewritten_once_before_the_first_erasing(shop):
    finished(shop)
    with closing(sqlite3.connect(shop.state)) as state:
        # As an earlier version left it: deleted, and not overwritten.
        state.execute("PRAGMA secure_delete = OFF")
        state.execute("CREATE TABLE gone (text TEXT)")
        state.execute("INSERT INTO gone VALUES (?)", [NAME * 5000])
        state.commit()
        state.execute("DROP TABLE gone")
        state.commit()
    with_retention(shop)
    told = shop("check").out
    assert "rewrites the state file, once" in " ".join(told.split())
    with later(days=DAYS + 1):
        shop.run()
    assert found_in(shop, *PRIVATE) == {}
    assert "rewrites the state file" not in " ".join(shop("check").out.split())


def test_without_room_the_state_is_not_rewritten_and_the_run_goes_on(shop, monkeypatch):
    finished(shop)
    with_retention(shop)
    monkeypatch.setattr(upkeep, "rooms_to_write_anew", lambda _: [upkeep.Room(shop.state, 2**30, 2**20)])
    with later(days=DAYS + 1):
        ran = shop.run()
    assert (ran["exit_code"], ran["erased"]) == (0, 1)
    assert "1025 MiB for a while on the disk of" in ran["warnings"][0]


def test_data_that_are_overwritten_many_times_leave_nothing_in_the_file(shop):
    """Rows move between pages when they grow and shrink; the places that they leave are overwritten."""
    with_retention(shop)
    identities = [given_back(shop, str(number)) for number in range(1001, 1031)]
    shop.run()
    for index in range(3):
        for identity in identities:
            record = shop.platform().rows()[identity]
            record["returnRequests"][0]["returnReasonComment"] = f"{COMMENT} " * (40 * (index + 1))
            shop.platform().touch(identity, word="Completed" if index == 2 else "")
        with later(minutes=10 * (index + 1)):
            shop.run()
    with later(days=181):
        assert shop.run()["erased"] == 30
    assert found_in(shop, *PRIVATE) == {}


def test_nothing_stays_in_the_log_of_the_state_while_another_program_has_it_open(shop):
    finished(shop)
    with_retention(shop)
    with closing(sqlite3.connect(shop.state)) as reader, later(days=DAYS + 1):
        reader.execute("SELECT count(*) FROM returns").fetchone()
        assert shop.run()["erased"] == 1
        assert found_in(shop, *PRIVATE) == {}


def test_a_return_that_comes_in_parts_is_erased_with_them_and_nothing_of_them_comes_back(shop):
    parts = with_retention(replace(shop, platforms=("channable",)))
    skus = ("SHIRT-BL-M", "SKIRT-BK-36")
    parts.sandbox.monta.add(named(monta_order(NUMBER, *skus)))
    parts.sandbox.channable.add_order(order(NUMBER, *skus))
    made = datetime.now(UTC) - timedelta(hours=2)
    ids = [
        parts.sandbox.channable.add(named(returned(sku, NUMBER, return_id="31005544", created=made))) for sku in skus
    ]
    assert parts.run()["labelled"] == 1
    with later(days=181):
        assert parts.run()["erased"] == 1
        assert found_in(parts, *PRIVATE) == {}
        for identity in ids:
            SHAPES["channable"].write(parts.platform().rows()[identity], "comment", lambda _: COMMENT * 2)
            parts.platform().touch(identity, word="accepted")
        ran = parts.run()
    assert ran["sources"]["shop-nl"]["changed"] == 1, ran
    assert (ran["announced"], ran["labelled"]) == (0, 0)
    assert found_in(parts, *PRIVATE) == {}


# ---- killed at any step


def test_a_run_that_is_killed_while_it_erases_is_finished_by_the_next(shop):
    def prepared(folder: Any) -> Shop:
        folder.mkdir()
        return with_retention(replace(shop, folder=folder), retention_labels=True)

    first = prepared(shop.folder / "whole")
    with later(days=-DAYS - 2):
        finished(first, "1001")
    ran, steps = walk(first, "run", "--json")
    assert json.loads(ran.out)["erased"] == 1
    wanted = [number for number, name in enumerate(steps, start=1) if "anew" in name or "removed" in name]
    wanted += [number + 1 for number in wanted] + [steps.index("erased") + 1, steps.index("erased")]
    for number in sorted(set(wanted)):
        again = prepared(shop.folder / str(number))
        shop.sandbox.returnista.rows().clear()
        with later(days=-DAYS - 2):
            finished(again, str(2000 + number))
        died, _ = walk(again, "run", "--json", number=number)
        assert died.code == -9, died
        over = again.run()
        assert over["exit_code"] == 0, over
        assert (found_in(again, *PRIVATE), again.labels()) == ({}, []), steps[number - 1]
    shop.assert_nothing_twice()


# ---- how much room it takes


def bytes_each(shop: Shop, number: int) -> float:
    """The bytes that each of `number` returns takes in the state, indexes included, once the file is rewritten.

    The schema and the first page of each table do not count, since they exist without any return.
    """
    with closing(sqlite3.connect(shop.state)) as state:
        state.execute("VACUUM")
        tables = dict(state.execute("SELECT name, sum(pgsize) FROM dbstat WHERE name <> 'sqlite_schema' GROUP BY name"))
    page = 4096
    return sum(size - page for size in tables.values() if size > page) / number


@pytest.mark.prove
def test_a_return_that_was_erased_takes_little_room(each):
    """It has one article, and was announced and labelled."""
    number = 300
    with_retention(each).warehouse = {"limits": {"5m": 100_000}}
    for order_number in range(1001, 1001 + number):
        each.sandbox.monta.add(monta_order(str(order_number)))
        each.platform().give_back(
            str(order_number), created=datetime.now(UTC) - timedelta(seconds=order_number + 0.1234)
        )
    assert each.run("--yes")["labelled"] == number
    before = bytes_each(each, number)
    with later(days=181):
        assert each.run()["erased"] == number
    after = bytes_each(each, number)
    assert before > 3 * after
    assert after < 1536
