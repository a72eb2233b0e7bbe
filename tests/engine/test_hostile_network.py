"""Servers that redirect elsewhere or never stop: no request or credentials go elsewhere, and memory stays bounded."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from shop import later

from returnsync.engine import run as engine_run
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.world import monta_order, request, return_order

ROUTES = (
    "returnista.list", "returnista.one", "returnista.reasons", "monta.order", "monta.forecasts", "monta.reasons",
    "monta.create", "monta.label",
)  # fmt: skip
EFFECTS = ("monta.create", "monta.label")


@pytest.fixture
def world() -> World:
    world = World.empty()
    world.orders.append(monta_order("1001"))
    world.return_orders.append(return_order(request(order="#1001", returnReason=None)))
    del world.return_orders[0]["shipments"]
    return world


@pytest.fixture
def shop(shop, monkeypatch):
    monkeypatch.setattr(engine_run, "_WAIT_FOR_CERTAINTY", timedelta(0))
    (shop.folder / "reasons.toml").write_text('[platforms.returnista]\n"return_reasons.too_small" = { id = 2447 }\n')
    return shop


@pytest.fixture
def elsewhere() -> Iterator[Sandbox]:
    """Another server, which answers the same calls."""
    with Sandbox(World.empty()) as other:
        yield other


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("route", ROUTES)
def test_no_redirect_takes_a_request_or_credentials_to_another_server(shop, elsewhere, route, status):
    place = f"{elsewhere.monta_url}/health"
    shop.sandbox.faults.add(Fault(route, "redirect", status=status, location=place))
    ran = shop("run")
    assert shop.sandbox.faults.fired
    assert ran.code in {0, 1, 75}
    assert "Traceback" not in ran.err
    assert elsewhere.counts.requests == 0
    shop.assert_nothing_twice()


@pytest.mark.parametrize(
    "location",
    ["//{host}/x", "http://{host}/x", "http://{own}@{host}/x", "http://{own}.{host}/x", "https://{own}/x",
     "file:///etc/passwd", "javascript:alert(1)", "", "http://[", "http://{own}:99999/x", "\\\\{host}\\x"],
)  # fmt: skip
def test_no_spelling_of_a_redirect_leads_elsewhere(shop, elsewhere, location):
    own = shop.sandbox.url.removeprefix("http://")
    place = location.format(host=elsewhere.url.removeprefix("http://"), own=own)
    shop.sandbox.faults.add(Fault("monta.order", "redirect", location=place))
    ran = shop("run")
    assert (ran.code, "Traceback" in ran.err) == (75, False)
    assert elsewhere.counts.requests == 0
    assert shop.forecasts == []


@pytest.mark.parametrize("route", EFFECTS)
def test_an_effect_is_not_sent_again_where_a_redirect_of_its_own_server_leads(shop, route):
    """If it were followed, the effect would be made a second time, or a POST would become a GET."""
    shop.sandbox.faults.add(Fault(route, "redirect", location=f"{shop.sandbox.monta_url}/health"))
    shop("run")
    assert shop.sandbox.counts.calls("monta.health") == 0


def test_a_redirect_of_a_platforms_read_on_its_own_server_is_followed(shop):
    place = f"{shop.sandbox.returnista_url}/return-reasons?page=1"
    shop.sandbox.faults.add(Fault("returnista.reasons", "redirect", location=place, times=1))
    assert shop.run()["labelled"] == 1
    assert shop.sandbox.counts.calls("returnista.reasons") == 2


# The reads at Monta that a run with a create in doubt and a `check` make.
READS = ("order", "forecasts", "forecast", "reasons", "info")


@pytest.mark.parametrize("status", [302, 307, 308])
@pytest.mark.parametrize("route", [f"monta.{read}" for read in READS])
def test_no_redirect_of_a_read_makes_a_label(shop, route, status):
    """A label call is a GET: if a redirect to its path were followed, any read would make a label that is billed."""
    assert shop.run()["labelled"] == 1
    (label,) = shop.sandbox.monta.labels
    place = f"{shop.sandbox.monta_url}/returnforecast/{label.code}/returnlabel?shipperCode=PostNL"
    shop.sandbox.monta.add(monta_order("1002"))
    shop.sandbox.faults.add(Fault("monta.create", "reset-after", times=1))  # so that it is looked for by its code
    shop.sandbox.faults.add(Fault(route, "redirect", status=status, location=place))
    with later(minutes=5):
        shop.platform().touch(shop.platform().give_back("1002"))
        ran = shop("run")
        checked = shop("check")
    assert "Traceback" not in ran.err + checked.err
    assert ran.code in {0, 75}
    assert route in {fired.route for fired in shop.sandbox.faults.fired}
    assert len(shop.sandbox.monta.labels_of(label.code)) == 1
    if route == "monta.order":
        waiting = shop("show", "1002").out
        assert "redirect" in waiting
        assert "base_url" in waiting


# Runs the command and prints the most memory that it used, in MiB.
MEASURED = """
import atexit, resource, sys
atexit.register(lambda: print("RSS", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr))
from returnsync.cli.app import main
main()
"""
MOST = 120
"""MiB more than a plain run: the cap of 20 MiB for an answer, some copies of it, and some variation."""


def memory_of_a_run(shop) -> tuple[int, int]:
    ran = shop.process("run", program=("-c", MEASURED))
    assert "Traceback" not in ran.err
    return ran.code, int(ran.err.rpartition("RSS ")[2])


@pytest.mark.parametrize(
    ("route", "code", "cause"), [("returnista.list", 75, None), ("monta.label", 1, "label-unusable")]
)
def test_an_answer_of_200_megabytes_is_left_off_early(shop, route, code, cause):
    shop.sandbox.faults.add(Fault(route, "huge", megabytes=200, times=1))
    huge_code, huge_memory = memory_of_a_run(shop)
    assert shop.sandbox.faults.fired
    _, plain_memory = memory_of_a_run(shop)
    assert huge_code == code
    assert huge_memory < plain_memory + MOST
    assert list(shop.causes().values()) == ([cause] if cause else [])
    shop.assert_nothing_twice()


@pytest.mark.parametrize("route", [route for route in ROUTES if route != "monta.create"])
def test_json_nested_without_end_is_an_answer_like_any_other_bad_one(shop, route):
    shop.sandbox.faults.add(Fault(route, "deep", levels=200_000, times=1))
    ran = shop("run")
    assert ran.code in {0, 1, 75}
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("piece", [b"[", b"a", b"@", b"a@", b"a@b.", b"%PDF-", "é".encode()])
def test_a_long_error_body_of_one_piece_again_and_again_is_no_fault_of_ours_and_takes_no_time(shop, piece):
    body = piece * (100_000 // len(piece))
    started = time.process_time()
    shop.sandbox.faults.add(Fault("monta.create", "status", status=400, body=body, times=1))
    ran = shop("run")
    assert (ran.code, "Traceback" in ran.err) == (1, False)
    assert shop.causes() == {"#1001": "forecast-refused"}
    assert "Traceback" not in shop("held").err
    assert time.process_time() - started < 3


ODD_ERRORS = [
    b"", b"null", b"5", b"[]", b'{"OrderInvalidReasons": 5}', b'{"OrderInvalidReasons": [null, 5, {"Code": "none"}]}',
    b'{"OrderInvalidReasons": [{"Code": true}]}', b"\xff\xfe\x00", b'{"Message": {"a": 1}}', b'{"title": ["x"]}',
]  # fmt: skip


@pytest.mark.parametrize("body", ODD_ERRORS)
@pytest.mark.parametrize("route", ["monta.order", "monta.forecasts", "monta.create", "monta.label"])
def test_a_refusal_in_no_shape_that_we_know_is_held_and_reported(shop, route, body):
    shop.sandbox.faults.add(Fault(route, "status", status=400, body=body, times=1))
    ran = shop("run")
    assert (ran.code, "Traceback" in ran.err) == (1, False)
    (held,) = shop.held()
    assert held["next_step"]
    json.dumps(held)


def test_a_server_that_drips_its_answer_is_left(shop):
    """A read timeout begins again with every byte, so it does not end such an answer."""
    shop.source["read_timeout"] = 0.2
    shop.sandbox.faults.add(Fault("returnista.list", "delay", delay=0.6, times=1))
    assert shop("run").code == 75
    with later(minutes=1):
        assert shop("run").code == 0
