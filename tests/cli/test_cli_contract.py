"""The contract with cron and scripts: exit codes, what is printed where, and what JSON looks like."""

import re
import tomllib
from datetime import UTC, datetime, timedelta

import pytest
from filelock import FileLock
from shop import later
from typer.testing import CliRunner

from returnsync.cli.app import app
from returnsync.config.load import load
from returnsync.engine import run as engine_run
from returnsync.engine.deliver import attempting
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.world import monta_order, request, return_order

# A reference to a secret that does not exist.
NOWHERE = "env:NOT_SET_ANYWHERE"


@pytest.fixture
def world() -> World:
    """Three returns: one comes through, one waits for its order, one needs a person."""
    world = World.empty()
    world.orders += [monta_order("1001"), monta_order("1003", Deleted=True)]
    world.return_orders += [return_order(request(order=f"#{number}")) for number in (1001, 1002, 1003)]
    return world


def leave(shop, *numbers: int) -> None:
    """Keep only these returns of the world."""
    rows = shop.sandbox.returnista.return_orders
    for identity, row in list(rows.items()):
        if row["purchaseOrderNumbers"] not in [[f"#{number}"] for number in numbers]:
            del rows[identity]


def plain(*arguments: str, env: dict[str, str | None] | None = None):
    return CliRunner().invoke(app, list(arguments), env=env, catch_exceptions=False)


# -- exit codes --------------------------------------------------------------------------------------------------------


def test_0_when_nothing_needs_a_person(shop):
    leave(shop, 1001, 1002)  # one comes through, one waits and heals by itself
    assert shop("run").code == 0


def test_1_when_some_are_held(shop):
    assert shop("run").code == 1
    assert shop("run").code == 1  # and so it stays


@pytest.mark.parametrize(
    "command",
    [("run", "--no-such"), ("replay",), ("show",), ("held", "retry"), ("held", "release"), ("nonsense",),
     ("report",), ("replay", "#1001", "--new-label")],
)  # fmt: skip
def test_2_for_a_command_line_that_makes_no_sense(shop, command):
    shop.run()
    before = shop.sandbox.counts.requests
    ran = shop(*command)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err
    assert shop.sandbox.counts.requests == before


def test_70_for_a_fault_of_ours_without_a_traceback(shop, monkeypatch):
    def broken(*_args):
        raise KeyError("something private")

    monkeypatch.setattr(engine_run, "make_plan", broken)
    ran = shop("run")
    assert ran.code == 70
    assert "Traceback" not in ran.err
    assert "something private" not in ran.err
    assert "Traceback" in shop("run", "--verbose").err


def test_70_for_a_fault_at_one_return_while_the_others_go_on(shop, monkeypatch):
    leave(shop, 1001)
    shop.sandbox.monta.add(monta_order("1004"))
    shop.sandbox.returnista.add(return_order(request(order="#1004")))
    real = attempting.deliver_one

    def broken(delivery):
        if delivery.announcement.order_number == "#1001":
            raise KeyError
        real(delivery)

    monkeypatch.setattr(attempting, "deliver_one", broken)
    ran = shop("run")
    assert (ran.code, "Traceback" in ran.err) == (70, False)
    assert len(shop.labels()) == 1


@pytest.mark.usefixtures("old_state")
def test_70_for_a_fault_at_what_an_earlier_run_left_while_the_others_go_on(shop, monkeypatch):
    shop.warehouse["attempts"] = 1
    shop.sandbox.faults.add(Fault("monta.create", "reset-after", times=1))
    shop.sandbox.faults.add(Fault("monta.forecast", "status", status=500))
    assert shop("run").code == 75
    shop.sandbox.faults.clear()
    shop.sandbox.monta.add(monta_order("1004"))
    later = datetime.now(UTC)
    shop.sandbox.returnista.add(return_order(request(order="#1004"), created=later, updated=later))

    def broken(_delivery, _effect):
        raise KeyError

    with monkeypatch.context() as patched:
        patched.setattr("returnsync.engine.deliver.recovery.resolve_create", broken)
        ran = shop("run")
    assert (ran.code, "Traceback" in ran.err) == (70, False)
    assert len(shop.labels()) == 1
    shop("run")
    assert len(shop.labels()) == 2
    shop.assert_nothing_twice()


def test_75_when_the_platform_cannot_be_read_now(shop):
    shop.sandbox.faults.add(Fault("returnista.list", "status", status=503))
    assert shop("run").code == 75


def test_75_when_another_run_holds_the_lock_and_nothing_is_done(shop):
    with FileLock(shop.state.with_name("returnsync.db.lock")):
        ran = shop("run")
    assert (ran.code, ran.out) == (75, "")
    assert "Another returnsync" in ran.err
    assert shop.sandbox.counts.requests == 0


@pytest.mark.parametrize(("table", "key"), [("source", "token"), ("warehouse", "password")])
def test_78_when_credentials_are_refused(shop, table, key):
    (shop.folder / "wrong").write_text("wrong-secret")
    getattr(shop, table)[key] = "file:wrong"
    ran = shop("run")
    assert ran.code == 78
    assert "credentials" in ran.out + ran.err
    assert shop.forecasts == []


def test_78_when_a_secret_is_not_where_the_configuration_says(shop):
    shop.source["token"] = NOWHERE
    ran = shop("run")
    assert ran.code == 78
    assert "NOT_SET_ANYWHERE" in ran.out + ran.err


def test_78_when_the_state_is_no_database(shop):
    shop.state.write_bytes(b"not a database, and long enough to be looked at " * 50)
    ran = shop("run")
    assert (ran.code, "Traceback" in ran.err) == (78, False)
    assert shop.sandbox.counts.requests == 0


def test_78_wins_over_75_and_75_over_1(shop):
    shop.run()
    shop.sandbox.faults.add(Fault("returnista.list", "status", status=503, times=1))
    assert shop("run").code == 75
    shop.sandbox.faults.add(Fault("returnista.list", "status", status=503, times=1))
    shop.sandbox.faults.add(Fault("monta.order", "status", status=401))
    with later(days=1):
        assert shop("run").code == 78


# Commands that only read, each with its exit code on a state where one return is held.
READING = {
    ("held",): 1, ("held", "--json"): 1, ("status",): 1, ("status", "--json"): 1, ("show", "#1003"): 0,
    ("show", "1003", "--json"): 0, ("show", "nobody"): 2, ("check",): 0, ("check", "--json"): 0,
    ("replay", "nobody"): 2, ("run", "--dry-run"): 1, ("report", "--html", "-"): 0, ("report", "--json"): 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("command", "code"), READING.items(), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_commands_that_read_have_their_exit_codes_and_change_nothing_at_the_warehouse(shop, command, code):
    shop.run()
    before = shop.sandbox.counts.as_dict()["effects"]
    if command[0] == "check":
        shop.warehouse["channel"] = ""  # two channels, and none is named: a warning
    assert shop(*command).code == code
    assert shop.sandbox.counts.as_dict()["effects"] == before


def test_check_is_0_when_all_is_well_and_names_what_is_not(shop):
    assert shop("check").code == 0
    shop.source["account_id"] = "0190a000-0000-7000-8000-00000000dead"
    ran = shop("check")
    assert ran.code == 78
    assert "FAIL shop-nl" in ran.out


# -- the output --------------------------------------------------------------------------------------------------------

SUMMARY = {
    "run": str, "started": str, "finished": str, "exit_code": int, "sources": dict, "announced": int, "labelled": int,
    "updated": int, "withdrawn": int, "waiting": int, "held": int, "left_alone": int, "requests": dict,
}  # fmt: skip
ALSO = {"adopted": int, "labels_found": int, "handed_over": int, "unpaired_reasons": list}
SOURCE = {"listed": int, "new": int, "changed": int, "set_aside": int, "error": (str, type(None))}


@pytest.mark.usefixtures("old_state")
def test_run_json_has_exactly_the_keys_of_the_contract(shop):
    told = shop.run()
    assert set(told) == set(SUMMARY) | set(ALSO)
    assert {key for key, kind in {**SUMMARY, **ALSO}.items() if not isinstance(told[key], kind)} == set()
    (source,) = told["sources"].values()
    assert set(source) == set(SOURCE)
    assert {key for key, kind in SOURCE.items() if not isinstance(source[key], kind)} == set()
    assert told["requests"] == {"monta": 7, "shop-nl": 1}
    assert (told["announced"], told["labelled"], told["waiting"], told["held"]) == (1, 1, 1, 1)
    for moment in (told["started"], told["finished"]):
        assert datetime.fromisoformat(moment).utcoffset() == timedelta(0)


def test_run_json_counts_requests_as_the_servers_do(shop):
    told = shop.run()
    systems = shop.sandbox.counts.as_dict()["systems"]
    assert told["requests"] == {"monta": systems["monta"], "shop-nl": systems["returnista"]}


def test_a_dry_run_tells_what_it_would_do_and_changes_nothing(shop):
    told = shop.run("--dry-run")
    assert {item["would"] for item in told["decisions"]} == {"announce", "hold", "wait"}
    assert shop.forecasts == []
    assert not shop.state.exists()
    assert shop.run()["announced"] == 1


def test_held_json_lists_what_is_held_and_nothing_else(shop):
    shop.run()
    (item,) = shop.held()
    assert set(item) == {
        "source", "order_number", "return_number", "return_id", "code", "cause", "what", "answer", "next_step",
            "tracking_number", "created", "since", "meaning", "docs",
    }  # fmt: skip
    assert (item["source"], item["order_number"], item["cause"]) == ("shop-nl", "#1003", "order-deleted")
    assert item["code"].startswith("shop-nl-1003-")
    assert item["code"] in item["next_step"]


def test_nothing_held_is_an_empty_list(shop):
    leave(shop, 1001)
    shop.run()
    assert shop("held", "--json").json == []
    assert shop("held").code == 0


def test_quiet_prints_what_is_new_and_nothing_else(shop):
    ran = shop("run", "--quiet")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    shop.sandbox.faults.add(Fault("returnista.list", "status", status=401))
    ran = shop("run", "--quiet")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (78, "", 1)
    assert shop("run", "--quiet").err == ""


def test_cron_gets_what_happened_and_nothing_else(shop):
    first = shop.process("run")
    assert "1 announced" in first.out
    second = shop.process("run")
    assert (second.out, second.err) == ("", "")


def test_results_go_to_stdout_and_the_rest_to_stderr(shop):
    told = shop("run", "--json", "-v")
    assert told.json["announced"] == 1
    assert "debug" in told.err


def test_an_unknown_source_is_named_with_those_that_there_are(shop):
    ran = shop("run", "--source", "shop-be")
    assert ran.code == 2
    assert "shop-be" in ran.err
    assert "shop-nl" in ran.err
    assert shop.sandbox.counts.requests == 0


def test_only_the_source_asked_for_is_read(shop):
    shop.write_config()
    alive = tomllib.loads(shop.config.read_text())["sources"]["shop-nl"]
    shop.more["sources"] = {"shop-nl": alive, "shop-be": {**alive, "account_id": "another"}}
    assert set(shop.run("--source", "shop-nl")["sources"]) == {"shop-nl"}


@pytest.mark.parametrize("command", ["run", "status", "held", "check"])
def test_a_missing_configuration_lists_the_places_that_were_tried(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    nowhere = {"RETURNSYNC_CONFIG": None, "XDG_CONFIG_HOME": str(tmp_path / "user")}
    ran = plain(command, env=nowhere)
    assert (ran.exit_code, ran.stdout) == (78, "")
    assert "returnsync.toml: not found (this folder)" in ran.stderr
    assert str(tmp_path / "user" / "returnsync" / "returnsync.toml") in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("command", ["run", "status", "held", "check", "show", "replay"])
def test_every_problem_of_a_configuration_is_reported_at_once_by_every_command(tmp_path, command):
    path = tmp_path / "returnsync.toml"
    path.write_text('colour = "red"\n[sources.x]\nplatform = "nowhere"\n')
    ran = plain(command, *(["x"] if command in {"show", "replay"} else []), "--config", str(path))
    assert ran.exit_code == 78
    assert f"{path}:1: colour" in ran.stderr
    assert re.search(rf"{re.escape(str(path))}:3: .*nowhere", ran.stderr)
    assert "Traceback" not in ran.stderr


# -- init --------------------------------------------------------------------------------------------------------------

INIT = ("init", "--platform", "loop", "--carrier", "PostNL", "--no-try")


def test_the_example_that_init_prints_loads(tmp_path):
    ran = plain("init", "--example")
    assert ran.exit_code == 0
    path = tmp_path / "returnsync.toml"
    path.write_text(ran.stdout, encoding="utf-8")
    assert load(path).settings.sources


def test_init_writes_a_file_that_loads_and_never_over_another(tmp_path):
    path = tmp_path / "mine.toml"
    assert plain(*INIT, "--config", str(path)).exit_code == 0
    assert load(path).settings.warehouses
    path.write_text("# mine\n")
    ran = plain(*INIT, "--config", str(path))
    assert ran.exit_code == 2
    assert "not touched" in ran.stderr
    assert path.read_text() == "# mine\n"


def test_init_tells_when_it_cannot_write(tmp_path):
    ran = plain(*INIT, "--config", str(tmp_path / "no" / "such" / "folder.toml"))
    assert ran.exit_code == 78
    assert "Traceback" not in ran.stderr


# -- held retry, held release ------------------------------------------------------------------------------------------


def mend(shop) -> None:
    (order,) = shop.sandbox.monta.orders["1003"]
    order["Deleted"] = False


WAYS = {"code": lambda shop: (shop.held()[0]["code"],), "cause": lambda _: ("--cause", "order-deleted"),
        "all": lambda _: ("--all",)}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_what_is_retried_is_looked_at_by_the_next_run(shop, way):
    shop.run()
    mend(shop)
    shop.run()
    assert shop.causes() == {"#1003": "order-deleted"}  # a person has to decide
    assert shop("held", "retry", *WAYS[way](shop)).code == 0
    assert shop.run()["labelled"] == 1
    assert shop.held() == []


@pytest.mark.parametrize("way", WAYS)
def test_what_is_released_is_left_alone_for_good_and_stays_in_the_story(shop, way):
    shop.run()
    assert shop("held", "release", *WAYS[way](shop), "--yes").code == 0
    mend(shop)
    shop.sandbox.returnista.touch(next(iter(shop.sandbox.returnista.return_orders)))
    with later(days=2):
        assert shop.run()["exit_code"] == 0
    assert len(shop.forecasts) == 1
    assert "released" in shop("show", "#1003").out


@pytest.mark.parametrize("action", ["retry", "release"])
def test_an_unknown_code_among_others_changes_nothing(shop, action):
    shop.run()
    code = shop.held()[0]["code"]
    ran = shop("held", action, code, "no-such-code")
    assert ran.code == 2
    assert "no-such-code" in ran.err
    assert shop.causes() == {"#1003": "order-deleted"}
    mend(shop)
    shop.run()
    assert len(shop.forecasts) == 1


@pytest.mark.parametrize("action", ["retry", "release"])
def test_another_cause_means_nothing(shop, action):
    shop.run()
    shop("held", action, "--cause", "label-refused")
    assert shop.causes() == {"#1003": "order-deleted"}


DRY = [("held", "retry", "--all"), ("held", "release", "--all"), ("replay", "#1003"), ("replay", "#1001"), ("run",)]


@pytest.mark.parametrize("command", DRY, ids=" ".join)
def test_a_dry_run_of_any_command_changes_nothing_inside_or_outside(shop, command):
    shop.run()
    mend(shop)
    before = shop.state.read_bytes()
    effects = shop.sandbox.counts.as_dict()["effects"]
    assert shop(*command, "--dry-run").code in {0, 1}
    assert shop.state.read_bytes() == before
    assert shop.sandbox.counts.as_dict()["effects"] == effects
    assert shop.causes() == {"#1003": "order-deleted"}


def test_retry_tells_as_json_which_codes(shop):
    shop.run()
    code = shop.held()[0]["code"]
    assert shop("held", "retry", "--all", "--json").json == {"codes": [code], "dry_run": False}


# -- replay ------------------------------------------------------------------------------------------------------------


def test_replay_takes_one_order_by_any_of_its_names_and_nothing_twice(shop):
    shop.run()
    story = shop("show", "#1001", "--json").json[0]
    names = ("#1001", "1001", story["return_id"], story["announcements"][0]["code"])
    for name in names:
        assert shop("replay", name).code in {0, 1}
    shop.assert_nothing_twice()
    assert len(shop.forecasts) == 1


def test_replay_ignores_a_pause(shop):
    shop.run()
    shop.sandbox.monta.add(monta_order("1002"))
    assert shop.run()["announced"] == 0  # it waits
    assert shop("replay", "#1002", "--json").json["labelled"] == 1


# -- the guard ---------------------------------------------------------------------------------------------------------


def many(shop, number: int, first: int = 5000) -> None:
    for at in range(first, first + number):
        shop.sandbox.monta.add(monta_order(str(at)))
        now = datetime.now(UTC)
        shop.sandbox.returnista.add(
            return_order(request(order=f"#{at}"), created=now - timedelta(hours=1), updated=now)
        )


def assert_refused(shop, number: int) -> None:
    before = len(shop.forecasts)
    ran = shop("run")
    assert ran.code == 1
    assert f"announce {number}" in ran.out + ran.err  # the deliveries that it would have made
    assert "--yes" in ran.out + ran.err
    assert len(shop.forecasts) == before
    told = shop.run()
    assert (told["exit_code"], told["announced"], len(told["refused"])) == (1, 0, 1)


def test_a_first_run_with_too_many_is_refused_until_a_person_explicitly_allows_it(shop):
    leave(shop, 1001)
    many(shop, 5)
    shop.source["guard_first"] = 5
    assert_refused(shop, 6)
    assert shop.run("--yes")["labelled"] == 6
    assert shop("run").code == 0


def test_a_first_run_with_just_as_many_as_allowed_goes_on(shop):
    leave(shop, 1001)
    many(shop, 4)
    shop.source["guard_first"] = 5
    assert shop.run()["labelled"] == 5


def test_many_more_than_ever_before_are_refused_until_a_person_explicitly_allows_them(shop):
    leave(shop, 1001)
    shop.source |= {"guard_new": 3, "guard_factor": 2}
    assert shop.run()["labelled"] == 1
    many(shop, 4)
    assert_refused(shop, 4)
    assert shop.run("--yes")["labelled"] == 4
    many(shop, 4, first=6000)  # a day that a person let pass does not count as usual
    assert_refused(shop, 4)


def test_101_after_small_runs_are_refused_by_the_usual_settings(shop):
    leave(shop, 1001)
    assert shop.run()["labelled"] == 1
    many(shop, 101)
    assert_refused(shop, 101)


def test_a_refused_source_stops_no_other(shop):
    leave(shop)
    many(shop, 3)
    shop.sandbox.monta.add(monta_order("7000"))
    other = World(account_id="0190a000-0000-7000-8000-0000000000ff")
    other.return_orders.append(return_order(request(order="#7000")))
    with Sandbox(other) as elsewhere:
        shop.write_config()
        big = tomllib.loads(shop.config.read_text())["sources"]["shop-nl"]
        small = {**big, "account_id": other.account_id, "base_url": elsewhere.returnista_url}
        shop.more["sources"] = {"big": {**big, "guard_first": 2}, "small": small}
        told = shop.run()
    assert told["exit_code"] == 1
    assert [text.partition(":")[0] for text in told["refused"]] == ["big"]
    assert [forecast.order for forecast in shop.forecasts] == ["7000"]


# -- errors ------------------------------------------------------------------------------------------------------------


def test_a_renamed_source_is_noticed_before_anything_is_announced_twice(shop):
    shop.run()
    shop.write_config()
    renamed = tomllib.loads(shop.config.read_text())["sources"]["shop-nl"]
    shop.more["sources"] = {"shop": renamed}
    ran = shop("run")
    assert ran.code == 78
    assert 'id = "shop-nl"' in ran.err
    renamed["id"] = "shop-nl"
    assert shop("run").code == 1
    shop.assert_nothing_twice()


def test_verbose_brings_the_traceback_of_an_error_and_only_that(shop):
    shop.state.write_bytes(b"not a database, and long enough to be looked at " * 50)
    assert "Traceback" not in shop("run").err
    assert "Traceback" in shop("run", "--verbose").err
