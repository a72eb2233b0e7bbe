"""Nothing private leaves: secrets and consumer data are unique marks, and every server quotes them back."""

import json
import logging
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from shop import later

from returnsync import redact
from returnsync.engine import run as engine_run
from returnsync.sandbox import Fault, World
from returnsync.sandbox.world import consumer, monta_order, request, return_order, shipment

SECRETS = {"username": "mark-user-4711", "password": "mark-pass:wörd-4712", "token": "mark.token.4713"}
PERSON = {
    "first": "Markfirst4714",
    "last": "van Marklast4715-Zoë",
    "email": "mark.mail-4716@mark4717.example",
    "street": "Markstreet4718",
    "house": "Q4719",
    "postal": "4720MQ",
    "city": "Markcity4721",
    "phone": "+31 6 4722 4723 9",
    "comment": 'Marked "4724" comment: the zip is broken, call Markaunt4725',
    "sender": "Marksender4726",
}
# Parts and forms of them that must not be shown either: cut, split at a blank, without blanks, or escaped as in JSON.
MARKS = [
    *SECRETS.values(),
    "Markfirst4714", "Marklast4715", "mark.mail-4716", "mark4717", "Markstreet4718", "Q4719", "4720MQ", "Markcity4721",
    "47224723", "4722 4723", "Markaunt4725", "Marksender4726",
]  # fmt: skip
ROUTES = ("returnista.list", "monta.order", "monta.forecasts", "monta.create", "monta.label")


def quoting(shape: str) -> bytes:
    """An answer of a server that quotes everything that it was sent or knows."""
    home = f"{PERSON['street']} {PERSON['house']}, {PERSON['postal']} {PERSON['city']}"
    said = f"refused for {', '.join(PERSON.values())}; {home}; with {' / '.join(SECRETS.values())}"
    authorization = f"Authorization: Basic {BASIC}; Bearer {SECRETS['token']}"
    match shape:
        case "text":
            return f"{said}. {authorization}".encode()
        case "known":
            return json.dumps(
                {"OrderInvalidReasons": [{"Code": 7, "Message": said}], "Message": authorization}
            ).encode()
        case _:
            return json.dumps(
                {"sent": {"person": PERSON, "with": SECRETS, "by": authorization}, "trace": said}
            ).encode()


BASIC = "bWFyay11c2VyLTQ3MTE6bWFyay1wYXNzOnfDtnJkLTQ3MTI="


def assert_no_mark(text: str) -> None:
    folded = text.casefold()
    shown = [mark for mark in (*MARKS, BASIC) if mark.casefold() in folded]
    assert not shown, (shown, text[:3000])


@pytest.fixture
def world() -> World:
    world = World(**SECRETS)
    home = {"street": f"{PERSON['street']} {PERSON['house']}", "city": PERSON["city"], "postalCode": PERSON["postal"]}
    person = consumer(PERSON["first"], PERSON["last"], email=PERSON["email"], postalCode=PERSON["postal"])
    person["phone"] = person["phoneNumber"] = PERSON["phone"]
    person["shippingAddress"] |= {**home, "phone": PERSON["phone"]}
    sender = {"firstName": PERSON["sender"], "lastName": PERSON["last"], "houseNumber": PERSON["house"], **home}
    for number in ("1001", "1002"):
        world.orders.append(monta_order(number, by=person))
        wish = request(order=f"#{number}", comment=PERSON["comment"])
        world.return_orders.append(return_order(wish, by=person, shipments=[shipment(sender=sender)]))
    return world


@pytest.fixture
def shop(shop, monkeypatch):
    monkeypatch.setattr(engine_run, "_WAIT_FOR_CERTAINTY", timedelta(0))
    return shop


def everything_told(shop, monkeypatch) -> str:
    """The output of all commands, each started without knowing any secret, like a separate process."""
    told = ""
    for command in (
        ("run",), ("run", "-v"), ("run", "--log-json", "-v"), ("run", "--json"), ("run", "--dry-run"), ("held",),
        ("held", "--json"), ("show", "1001"), ("show", "#1001", "--json"), ("show", "#1002"), ("status",),
        ("status", "--json"), ("replay", "#1001"), ("replay", "#1002", "--json", "-v"), ("check",), ("check", "--json"),
    ):  # fmt: skip
        monkeypatch.setattr(redact, "_secrets", set())
        logging.getLogger("returnsync").handlers = [logging.NullHandler()]
        ran = shop(*command)
        assert "A fault in returnsync itself" not in ran.err
        told += ran.out + ran.err
    return told


SAID = [
    (400, "known"), (400, "odd"), (401, "text"), (403, "odd"), (404, "text"), (422, "text"), (429, "known"),
    (500, "odd"), (200, "text"), (200, "odd"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "shape"), SAID)
def test_no_command_shows_what_a_server_quotes(shop, monkeypatch, status, shape):
    faults = [Fault(route, "status", status=status, body=quoting(shape), call=2) for route in ROUTES]
    shop.sandbox.faults.add(*faults)
    told = shop("run").err
    with later(minutes=10):
        told += everything_told(shop, monkeypatch)
    assert shop.sandbox.faults.fired
    assert_no_mark(told)
    assert "1001" in told  # something was printed


@pytest.mark.parametrize("route", ROUTES)
def test_no_command_shows_what_one_call_quotes_every_time(shop, monkeypatch, route):
    shop.sandbox.faults.add(Fault(route, "status", status=422, body=quoting("text")))
    told = everything_told(shop, monkeypatch)
    assert shop.sandbox.faults.fired
    assert_no_mark(told)


def test_a_record_that_cannot_be_read_is_reported_without_its_contents(shop, monkeypatch):
    for row in shop.sandbox.returnista.return_orders.values():
        row["returnRequests"][0]["quantity"] = PERSON["comment"]
        row["createdAt"] = PERSON["first"]
    shop.sandbox.faults.add(Fault("returnista.one", "status", status=422, body=quoting("text"), times=2))
    told = everything_told(shop, monkeypatch)
    assert "unreadable" in told
    assert shop.sandbox.faults.fired
    assert_no_mark(told)


def test_a_plain_run_and_its_story_show_no_consumer(shop, monkeypatch):
    told = everything_told(shop, monkeypatch)
    assert len(shop.labels()) == 2
    assert_no_mark(told)


def test_a_redirect_that_carries_marks_in_its_address_shows_none(shop, monkeypatch):
    address = f"http://127.0.0.2:9/?u={SECRETS['username']}&t={SECRETS['token']}&c={PERSON['city']}"
    shop.sandbox.faults.add(Fault("monta.order", "redirect", location=address))
    assert_no_mark(everything_told(shop, monkeypatch))


def test_the_marks_are_found_where_they_may_be(shop):
    """The other tests would pass if nothing were ever quoted. The state has the marks, readable only by its owner."""
    shop.sandbox.faults.add(Fault("monta.create", "status", status=400, body=quoting("text"), times=1))
    shop("run")
    content = b"".join(path.read_bytes() for path in shop.folder.glob("returnsync.db*"))
    assert PERSON["city"].encode() in content
    assert {path.stat().st_mode & 0o777 for path in shop.folder.glob("returnsync.db*")} == {0o600}


def test_our_secrets_are_not_even_in_the_state(shop):
    shop.sandbox.faults.add(Fault("monta.create", "status", status=400, body=quoting("odd"), times=1))
    shop("run")
    content = b"".join(path.read_bytes() for path in shop.folder.rglob("*") if path.is_file())
    assert [mark for mark in (*SECRETS.values(), BASIC) if mark.encode() in content] == []


def test_no_secret_and_no_consumer_is_in_the_process_list(shop):
    shop.sandbox.faults.add(Fault("monta.create", "delay", delay=3))
    shop.write_config()
    command = [sys.executable, "-m", "returnsync", "run", "--config", str(shop.config)]
    with subprocess.Popen(
        command, env={**os.environ, **shop.environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        until = time.monotonic() + 20
        while not shop.sandbox.faults.fired:  # it is in the middle of its work
            assert time.monotonic() < until
            time.sleep(0.01)
        seen = b""
        for place in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen += place.read_bytes().replace(b"\0", b" ")
            except OSError:
                continue  # it has ended meanwhile
        process.kill()
    assert b"returnsync run" in seen
    assert_no_mark(seen.decode(errors="replace"))
