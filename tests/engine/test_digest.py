"""Digests: one message for each source or warehouse with something new, retried by later runs until it is accepted."""

from __future__ import annotations

import json
import re
import shlex
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from certainty import give_back_each
from weeks import MONTA
from werkzeug import Request, Response

from returnsync.engine.deliver import attempting
from returnsync.engine.news import sending
from returnsync.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_httpserver import HTTPServer
    from shop import Shop

MINUTES = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def shop(shop, clock):
    shop.sandbox.returnista.return_orders.clear()
    clock.move_to(datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0))
    return shop


@pytest.fixture
def received(shop: Shop, httpserver: HTTPServer) -> list[dict[str, Any]]:
    """The messages that an address received."""
    found: list[dict[str, Any]] = []

    def take(request: Request) -> Response:
        found.append(json.loads(request.data))
        return Response("thanks")

    httpserver.expect_request("/hook", method="POST").respond_with_handler(take)
    shop.more["notify"] = {"webhook": httpserver.url_for("/hook")}
    return found


def hold(shop: Shop, *numbers: str, word: str = "Unheard-of") -> None:
    at = datetime.now(UTC) - MINUTES
    for number in numbers:
        shop.sandbox.returnista.give_back(number, word=word, created=at, updated=at)


def unmatched(shop: Shop, number: str) -> None:
    at = datetime.now(UTC) - MINUTES
    shop.sandbox.returnista.give_back(number, sku="NEVER-ORDERED", created=at, updated=at)


def causes(message: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(event["kind"], event["cause"], event["state"]) for event in message["events"]]


def test_a_new_cause_is_sent_once_in_one_message_for_its_source_without_an_order_number(shop, received):
    hold(shop, "4001", "4002")
    shop.run()
    shop.run()
    (message,) = received
    assert (message["version"], message["subject"]) == (1, "shop-nl")
    assert causes(message) == [("held", "status-unknown", "new")]
    assert message["text"] == "shop-nl: 2 held (status-unknown). See: returnsync held --cause status-unknown"
    assert "4001" not in json.dumps(message)


def test_what_lasts_is_sent_daily_and_once_when_it_is_over(shop, received, clock):
    hold(shop, "4001")
    for _ in range(5):
        shop.run()
        clock.shift(8 * HOUR)
    assert [causes(message)[0][2] for message in received] == ["new", "lasts"]
    (item,) = shop.held()
    shop("held", "release", item["code"], "--yes")
    for _ in range(6):
        shop.run()
        clock.shift(HOUR)
    assert [causes(message) for message in received[2:]] == [[("held", "status-unknown", "over")]]


def test_of_one_source_there_is_at_most_one_message_an_hour_and_nothing_is_lost_by_that(shop, received, clock):
    hold(shop, "4001")
    shop.run()
    clock.shift(10 * MINUTES)
    shop.source["guard_first"] = 1
    give_back_each(shop, 3)
    for _ in range(5):
        shop.run()
        clock.shift(10 * MINUTES)
    assert len(received) == 1
    clock.shift(10 * MINUTES)
    shop.run()
    assert [causes(message) for message in received[1:]] == [[("guard", "", "new")]]


def test_an_account_that_is_out_has_a_message_of_its_own_after_a_while_and_one_when_it_is_well(shop, received, clock):
    hold(shop, "4001")
    give_back_each(shop, 8)
    shop.sandbox.faults.add(*(Fault(route, "status", status=503) for route in MONTA))
    for _ in range(5):
        shop.run()
        clock.shift(10 * MINUTES)
    shop.sandbox.faults.clear()
    for _ in range(12):
        shop.run()
        clock.shift(10 * MINUTES)
    assert [message["subject"] for message in received] == ["shop-nl", "monta", "monta"]
    assert [causes(message) for message in received[1:]] == [[("out", "", "new")], [("out", "", "over")]]


def away(shop: Shop) -> dict[str, Any]:
    """From now on no receiver accepts messages; gives the settings of before."""
    whole = dict(shop.more["notify"])
    shop.more["notify"] = {"webhook": "http://127.0.0.1:9/hook"}
    return whole


def test_what_was_over_before_its_message_could_be_sent_is_reported_once_the_receiver_is_back(shop, received, clock):
    shop.run()
    whole = away(shop)
    shop.sandbox.faults.add(Fault("returnista.list", "status", status=401))
    clock.shift(5 * MINUTES)
    shop.run()
    shop.sandbox.faults.clear()
    for _ in range(6):
        clock.shift(5 * MINUTES)
        shop.run()
    shop.more["notify"] = whole
    for _ in range(6):
        clock.shift(5 * MINUTES)
        shop.run()
    (message,) = received
    assert causes(message) == [("refused", "", "over")]
    assert "401" in message["text"]


def test_an_outage_within_the_hour_of_another_message_is_reported_once_it_is_over(shop, received, clock):
    hold(shop, "4001")
    shop.run()
    shop.sandbox.faults.add(Fault("returnista.list", "status", status=503))
    for _ in range(9):
        clock.shift(5 * MINUTES)
        shop.run()
    shop.sandbox.faults.clear()
    for _ in range(20):
        clock.shift(5 * MINUTES)
        shop.run()
    assert [causes(message) for message in received[1:]] == [[("out", "", "over")]]
    assert received[1]["text"].startswith("Over: ")


def test_an_account_that_stays_out_is_reported_daily(shop, received, clock):
    shop.run()
    shop.sandbox.faults.add(Fault("returnista.list", "status", status=503))
    for _ in range(20):
        clock.shift(3 * HOUR)
        shop.run()
    assert [causes(message) for message in received] == [[("out", "", "new")], *[[("out", "", "lasts")]] * 2]


def test_a_fault_of_ours_is_reported_without_the_code_of_a_return(shop, received, clock, monkeypatch):
    shop.run()
    give_back_each(shop, 3, first=7001)

    def broken(_: object) -> None:
        raise ValueError

    monkeypatch.setattr(attempting, "deliver_one", broken)
    clock.shift(5 * MINUTES)
    shop.run()
    (message,) = received
    assert message["text"].startswith("a fault in returnsync itself (ValueError).")
    assert "3 times" in message["text"]
    assert "7001" not in json.dumps(message)


def test_no_order_number_is_in_a_message_about_an_account_that_is_out(shop, received, clock):
    shop.run()
    give_back_each(shop, 6, first=7001)
    shop.sandbox.faults.add(*(Fault(route, "status", status=500) for route in MONTA))
    for _ in range(6):
        clock.shift(10 * MINUTES)
        shop.run()
    assert [message["subject"] for message in received] == ["monta"]
    assert not any(str(number) in json.dumps(received) for number in range(7001, 7007))


def test_a_receiver_that_is_taken_out_of_the_configuration_is_not_said_to_work_again(shop, clock):
    shop.more["notify"] = {"webhook": "http://127.0.0.1:9/hook"}
    hold(shop, "4001")
    for _ in range(5):
        shop("run", "--quiet")
        clock.shift(10 * MINUTES)
    del shop.more["notify"]
    assert "works again" not in "".join(shop("run", "--quiet").err for _ in range(5))


def test_a_part_that_fails_by_a_fault_of_ours_is_reported_under_cron(shop, clock, monkeypatch):
    def broken(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr("returnsync.notify.metrics.text", broken)
    shop.more["notify"] = {"metrics": str(shop.folder / "x.prom")}
    told = ""
    for _ in range(5):
        told += shop("run", "--quiet").err
        clock.shift(10 * MINUTES)
    assert told.count("notify.metrics") == 1


def test_a_message_that_was_taken_is_not_sent_again_where_a_later_one_breaks_off(shop, received, clock, monkeypatch):
    shop.run()
    hold(shop, "4001")
    shop.sandbox.faults.add(*(Fault(route, "status", status=401) for route in MONTA))
    give_back_each(shop, 1)
    post, sent = sending.post, []

    def post_once(*given: Any, **more: Any) -> None:
        if sent:
            raise RuntimeError
        sent.append(given)
        post(*given, **more)

    monkeypatch.setattr(sending, "post", post_once)
    clock.shift(5 * MINUTES)
    shop.run()
    monkeypatch.setattr(sending, "post", post)
    clock.shift(5 * MINUTES)
    shop.run()
    assert sorted(message["subject"] for message in received) == ["monta", "shop-nl"]


def test_an_address_that_a_program_gives_costs_a_run_its_time_limit_and_no_more(shop):
    hold(shop, "4001")
    gone = shop.folder / "gone"
    script = f"import time, pathlib; time.sleep(30); pathlib.Path({str(gone)!r}).touch()"
    program = f"{shlex.quote(sys.executable)} -c {shlex.quote(script)}"
    shop.more["notify"] = {"webhook": f"command:{program}", "timeout": 0.2}
    ran = shop("run", "--json")
    assert (ran.code, ran.err.count("the secret did not come in time")) == (1, 1)
    assert not gone.exists()


@pytest.mark.parametrize("receiver", ["webhook", "ping_url", "metrics", "command"])
def test_a_receiver_that_keeps_failing_is_reported_by_cron_and_once_when_it_works_again(
    shop, httpserver, clock, receiver
):
    httpserver.expect_request(re.compile("/.*")).respond_with_data("ok")
    bad = {"metrics": str(shop.folder / "missing" / "x.prom"), "command": str(shop.folder / "missing")}
    good = {"metrics": str(shop.folder / "x.prom"), "command": takes(shop)}
    shop.more["notify"] = {receiver: bad.get(receiver, "http://127.0.0.1:9/hidden-4711")}
    hold(shop, "4001")
    told: list[str] = []
    for _ in range(8):
        ran = shop("run", "--quiet")
        assert ran.code == 1
        told += [line for line in ran.err.splitlines() if "held" not in line]
        clock.shift(10 * MINUTES)
    assert len(told) == 1
    assert "hidden-4711" not in told[0]
    shop.more["notify"] = {receiver: good.get(receiver, httpserver.url_for("/hook"))}
    after = [line for _ in range(5) for line in shop("run", "--quiet").err.splitlines()]
    assert after == [f"notify.{receiver} works again."]


RECEIVERS: dict[str, Callable[[Request], Response]] = {
    "refuses": lambda _: Response("no", status=403),
    "fails": lambda _: Response("no", status=500),
    "redirects": lambda _: Response("", status=302, headers={"Location": "http://127.0.0.1:9/elsewhere"}),
}


@pytest.mark.parametrize("how", [*RECEIVERS, "is not there", "a program that fails", "no program"])
def test_a_message_that_fails_changes_no_exit_code_and_is_sent_by_the_next_run(shop, received, httpserver, how):
    whole = dict(shop.more["notify"])
    if how in RECEIVERS:
        httpserver.expect_request("/bad").respond_with_handler(RECEIVERS[how])
        shop.more["notify"] = {"webhook": httpserver.url_for("/bad")}
    elif how == "is not there":
        shop.more["notify"] = {"webhook": "http://127.0.0.1:9/hook"}
    else:
        program = {"a program that fails": f"{shlex.quote(sys.executable)} -c 'raise SystemExit(3)'"}
        shop.more["notify"] = {"command": program.get(how, str(shop.folder / "missing"))}
    hold(shop, "4001")
    ran = shop("run", "--json")
    assert (ran.code, ran.err.count("could not be sent")) == (1, 1)
    shop.more["notify"] = whole if "program" not in how else {"command": takes(shop)}
    assert shop.run()["exit_code"] == 1
    assert len(received or taken(shop)) == 1


def test_a_page_for_people_is_as_good_an_answer_as_any(shop, received, httpserver):
    pages: list[bytes] = []

    def page(request: Request) -> Response:
        pages.append(request.data)
        return Response("<html>Thanks!</html>", content_type="text/html")

    httpserver.expect_request("/page").respond_with_handler(page)
    shop.more["notify"] = {"webhook": httpserver.url_for("/page")}
    hold(shop, "4001")
    for _ in range(2):
        assert shop.run()["exit_code"] == 1
    assert (len(pages), received) == (1, [])


def takes(shop: Shop) -> str:
    """A program that keeps its input."""
    file = f"pathlib.Path({str(shop.folder)!r}, f'taken-{{uuid.uuid4()}}')"
    text = f"import sys, uuid, pathlib; {file}.write_text(sys.stdin.read())"
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(text)}"


def taken(shop: Shop) -> list[dict[str, Any]]:
    return [json.loads(file.read_text(encoding="utf-8")) for file in shop.folder.glob("taken-*")]


def test_a_program_gets_the_same_message_on_its_standard_input(shop):
    shop.more["notify"] = {"command": takes(shop)}
    hold(shop, "4001")
    shop.run()
    shop.run()
    (message,) = taken(shop)
    assert causes(message) == [("held", "status-unknown", "new")]


def test_receivers_that_hang_cost_a_run_their_time_limit_and_no_more(shop, httpserver):
    """Two sources have news, so that there are two messages for each of the two receivers."""
    shop.platforms = ("returnista", "loop")
    shop.sandbox.faults.add(Fault("loop.list", "status", status=401))
    hold(shop, "4001")
    asked: list[float] = []

    def hang(_request: Request) -> Response:
        from time import monotonic, sleep

        asked.append(monotonic())
        sleep(1.0)
        return Response("late")

    httpserver.expect_request("/hang").respond_with_handler(hang)
    forever = f"{shlex.quote(sys.executable)} -c 'import time; time.sleep(60)'"
    shop.more["notify"] = {"webhook": httpserver.url_for("/hang"), "command": forever, "timeout": 0.4}
    ran = shop("run", "--json")
    assert ran.code == 78
    assert ran.err.count("could not be sent") == 2  # one for each receiver: there was no time for a second message
    assert len(asked) == 1


def test_a_dry_run_sends_nothing(shop, received):
    hold(shop, "4001")
    shop("run", "--dry-run")
    assert received == []
