"""The ping of a run: what is sent to which address, and that no receiver, whatever it does, changes the run."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from receiver import Receiver, receiving
from shop import Ran, Shop

from returnsync.http.message import Address
from returnsync.notify.ping import Ping
from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_order

# A secret part of every address. No answer contains it, and it must not be shown anywhere.
KEY = "0f3e-capability"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def shop(shop: Shop, receiver: Receiver) -> Shop:
    return pinging(shop, f"{receiver.url}/{KEY}")


def pinging(shop: Shop, url: str, **more: object) -> Shop:
    return replace(shop, more={"notify": {"ping_url": url, "timeout": 20.0, **more}})


def test_a_run_tells_when_it_begins_and_with_its_summary_when_it_succeeded(shop, receiver):
    shop.sandbox.monta.add(monta_order("1001"))
    shop.sandbox.returnista.give_back("1001")
    told = shop.run()
    assert (told["exit_code"], told["announced"]) == (0, 1)
    assert receiver.paths == [f"/{KEY}/start", f"/{KEY}"]
    assert receiver.came[0][1] == b""
    assert json.loads(receiver.came[1][1]) == told


@pytest.mark.parametrize(("ping_held", "end"), [("ok", ""), ("fail", "/1")])
def test_what_is_held_is_a_success_unless_the_setting_says_otherwise(shop, receiver, ping_held, end):
    shop.sandbox.returnista.give_back("1001", word="Unheard-of")
    assert pinging(shop, f"{receiver.url}/{KEY}", ping_held=ping_held)("run").code == 1
    assert receiver.paths == [f"/{KEY}/start", f"/{KEY}{end}"]


def test_a_failure_is_reported_by_its_exit_code_with_what_happened(shop, receiver):
    shop.sandbox.faults.add(Fault("returnista.list", "status", status=503))
    told = shop.run()
    assert told["exit_code"] == 75
    assert receiver.paths[-1] == f"/{KEY}/75"
    assert json.loads(receiver.came[-1][1]) == told


def test_a_run_that_was_broken_off_is_reported_with_its_error(shop, receiver):
    (shop.folder / "reasons.toml").write_text("[[")
    told = shop("run", "--json")
    assert told.code == 78
    assert receiver.paths == [f"/{KEY}/start", f"/{KEY}/78"]
    assert json.loads(receiver.came[-1][1])["error"] == told.json["error"]


@pytest.mark.parametrize("wrong", ["state", "lock"])
def test_a_state_that_cannot_be_opened_is_reported(shop, receiver, wrong):
    if wrong == "state":
        shop.state.write_text("no database" * 100)
    else:
        (shop.folder / "returnsync.db.lock").mkdir()
    assert shop("run").code == 78
    assert receiver.paths == [f"/{KEY}/start", f"/{KEY}/78"]


def test_a_source_that_is_not_there_is_reported_as_a_wrong_command_line(shop, receiver):
    assert shop("run", "--source", "elsewhere").code == 2
    assert receiver.paths[-1] == f"/{KEY}/2"


def test_a_run_that_finds_another_one_at_work_tells_nothing(shop, receiver):
    from returnsync.engine.lock import locked

    with locked(shop.state):
        assert shop("run").code == 75
    assert receiver.came == []


def test_a_dry_run_and_other_commands_tell_nothing(shop, receiver):
    for command in (("run", "--dry-run"), ("status",), ("check",), ("replay", "1001"), ("held",)):
        shop(*command)
    assert receiver.came == []


def test_a_run_that_a_signal_stops_tells_by_which(shop, receiver):
    shop.sandbox.faults.add(Fault("returnista.list", "delay", delay=30))
    shop.write_config()
    process = subprocess.Popen(
        [sys.executable, "-m", "returnsync", "run", "--config", str(shop.config)],
        env={**os.environ, **shop.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert receiver.has_one.wait(60)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143
    assert receiver.paths == [f"/{KEY}/start", f"/{KEY}/143"]


def test_the_address_may_be_a_secret_and_have_a_query(shop, receiver):
    (shop.folder / "ping").write_text(f"{receiver.url}/{KEY}/?create=1\n")
    assert pinging(shop, "file:ping")("run").code == 0
    assert receiver.paths == [f"/{KEY}/start?create=1", f"/{KEY}?create=1"]


def test_a_secret_that_is_not_there_is_one_warning(shop):
    told = pinging(shop, "env:NOT_THERE_9")("run")
    assert told.code == 0
    assert told.err.count("NOT_THERE_9 is not set") == 1


def test_a_secret_that_does_not_come_costs_its_time_and_is_one_warning(shop):
    mark = shop.folder / "started"
    mark.with_suffix(".sh").write_text(f"echo $$ > {mark}; exec sleep 600")
    told = pinging(shop, f"command:sh {mark}.sh", timeout=0.3)("run")
    assert (told.code, told.out) == (0, "")
    assert told.err.count("the secret did not arrive within 0.3 s") == 1
    program = mark.read_text().strip() if mark.exists() else ""
    assert not program or not Path(f"/proc/{program}").exists(), "the program still runs"


def test_a_long_summary_is_cut(receiver):
    warned = []
    ping = Ping("here", lambda _stop: Address.parse(receiver.url, "here"), 20.0, warned.append)
    ping.start()
    ping.end("/1", b"x" * 300_000)
    assert [(path, len(body)) for path, body in receiver.came] == [("/start", 0), ("/1", 100_000)]
    assert warned == []


def closed_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


AWKWARD = {
    "refuses": {"status": 503},
    "knows nothing of it": {"status": 404, "body": KEY.encode()},
    "redirects": {"status": 302, "headers": {"Location": "/elsewhere"}},
    "redirects for good": {"status": 308, "headers": {"Location": "https://203.0.113.7/"}},
    "is slow": {"is_silent": True},
    "answers HTML": {"headers": {"Content-Type": "text/html"}, "body": b"<html>" + b"x" * 200_000},
    "cuts its answer": {"headers": {"Content-Length": "500"}},
}


@pytest.mark.parametrize("kind", [*AWKWARD, "is not there"])
def test_an_awkward_receiver_changes_neither_exit_code_nor_output(shop, receiver, kind):
    vars(receiver).update(AWKWARD.get(kind, {}))
    url = receiver.url if kind in AWKWARD else closed_port()
    told = pinging(shop, f"{url}/{KEY}", timeout=0.5 if kind == "is slow" else 20.0)("run")
    assert (told.code, told.out) == (0, "")
    taken = kind in ("answers HTML", "cuts its answer")
    assert told.err.count("notify.ping_url") == (0 if taken else 1), told.err
    assert set(receiver.paths) <= {f"/{KEY}/start", f"/{KEY}"}


def test_quiet_says_nothing_of_a_ping_that_fails(shop):
    assert pinging(shop, closed_port())("run", "--quiet") == Ran(0, "", "")


def test_the_address_shows_nowhere(shop, receiver):
    receiver.status = 500
    shop.more["log"] = {"file": "returnsync.log"}
    told = shop("run", "--verbose", "--log-json")
    log = (shop.folder / "returnsync.log").read_text()
    routes = [line["route"] for line in map(json.loads, log.splitlines()) if line.get("account") == "notify.ping_url"]
    assert routes == ["/start", "/"]
    assert KEY not in log + told.out + told.err + shop("check", "--verbose").out


def test_check_tells_whether_the_address_is_there_and_sends_nothing(shop, receiver):
    assert "ok   notify: ping: the address can be used" in shop("check").out
    (shop.folder / "ping").write_text(f"ftp://example.com/{KEY}\n")
    for url, said in (("env:NOT_THERE_9", "NOT_THERE_9 is not set"), ("file:ping", "is not of the form https://")):
        told = pinging(shop, url)("check")
        assert told.code == 78
        assert said in told.out
        assert KEY not in told.out
    assert receiver.came == []


def test_a_run_without_it_loads_nothing_of_it(shop):
    program = (
        "import sys, runpy; sys.argv = ['returnsync', *sys.argv[1:]]\n"
        "try: runpy.run_module('returnsync', run_name='__main__')\n"
        "finally: print(*sys.modules)"
    )
    told = replace(shop, more={}).process("run", program=("-c", program))
    loaded = set(told.out.split())
    assert "returnsync.engine.run" in loaded
    assert {name for name in loaded if name.startswith(("returnsync.notify", "prometheus_client"))} == set()
