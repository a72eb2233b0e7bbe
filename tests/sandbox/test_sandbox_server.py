import re
import socket
import threading
from email.utils import parsedate_to_datetime

import pytest
import requests

from returnsync.sandbox import UNROUTED, Fault, Sandbox, World, serve
from returnsync.sandbox.world import monta_order


def test_it_listens_on_loopback_once_entered_and_no_longer_once_left(world):
    with Sandbox(world) as sandbox:
        assert sandbox.url == f"http://127.0.0.1:{sandbox.port}"
        assert requests.get(sandbox.monta_url + "/health", timeout=5).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(sandbox.monta_url + "/health", timeout=5)
    assert "returnsync-sandbox" not in {thread.name for thread in threading.enumerate()}


def test_a_port_that_is_taken_is_an_error_where_it_is_entered(world, sandbox):
    with pytest.raises(OSError, match="in use"), Sandbox(world, port=sandbox.port):
        pass


def test_it_is_not_entered_twice_at_a_time(sandbox):
    with pytest.raises(RuntimeError, match="running already"), sandbox:
        pass


def test_it_has_no_address_before_it_is_entered(world):
    with pytest.raises(RuntimeError, match="before it is entered"):
        _ = Sandbox(world).url


def test_it_may_be_entered_again_with_what_it_held(world):
    sandbox = Sandbox(world)
    for _ in range(2):
        with sandbox:
            assert requests.get(sandbox.monta_url + "/health", timeout=5).ok
    assert sandbox.counts.calls("monta.health") == 2


def test_it_leaves_at_once_while_an_answer_is_held_back(world):
    held = Fault("monta.health", "delay-after", delay=3600)
    with Sandbox(world, faults=[held]) as sandbox, socket.create_connection(("127.0.0.1", sandbox.port)) as client:
        client.sendall(b"GET /monta/health HTTP/1.1\r\nHost: sandbox\r\n\r\n")
        client.settimeout(0.05)
        with pytest.raises(TimeoutError):
            client.recv(1)
    assert sandbox.counts.calls("monta.health") == 1


def test_it_sends_a_date_and_keeps_the_connection(sandbox):
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as client, client.makefile("rb") as answers:
        for _ in range(2):
            client.sendall(b"GET /monta/health HTTP/1.1\r\nHost: sandbox\r\n\r\n")
            head = b"".join(iter(answers.readline, b"\r\n")).decode()
            length = int(re.search(r"content-length: (\d+)", head)[1])
            assert b"LoggedIn" in answers.read(length)
            assert parsedate_to_datetime(re.search(r"date: (.+)\r\n", head)[1]).tzinfo is not None


def test_nothing_is_written_to_the_terminal(world, capfd):
    with Sandbox(world, faults=["monta.health:1:reset-after", "monta.health:2:cut"]) as sandbox:
        for _ in range(2):
            with pytest.raises(requests.RequestException):
                requests.get(sandbox.monta_url + "/health", timeout=5)
    assert capfd.readouterr() == ("", "")


def test_an_address_that_no_dossier_attests_is_404_and_counted(sandbox, client):
    assert client.monta("/returns").status_code == 404
    assert client.monta("/returnforecast/shop-1", "DELETE").status_code == 404
    assert sandbox.counts.calls(UNROUTED) == 2


def test_requests_are_counted_by_route_and_system(sandbox, client):
    client.monta("/health")
    client.monta("/order/1001")
    client.list()
    counts = sandbox.counts.as_dict()
    assert counts["routes"] == {"monta.health": 1, "monta.order": 1, "returnista.list": 1}
    assert counts["systems"] == {"monta": 2, "returnista": 1}
    assert counts["requests"] == sandbox.counts.requests == 3


def test_counts_begin_again_when_reset(sandbox, client):
    client.announce()
    sandbox.counts.reset()
    assert sandbox.counts.requests == sandbox.counts.effects("forecasts") == 0
    assert len(sandbox.monta.forecasts) == 1


def test_the_page_and_the_counts_tell_the_same_and_are_not_counted(sandbox, client):
    sandbox.faults.add(Fault("monta.label", "status", call=1))
    client.announce()
    client.label()
    counts = requests.get(sandbox.url + "/counts", timeout=5).json()
    assert counts["routes"] == {"monta.create": 1, "monta.label": 1}
    assert counts["effects"]["forecasts"] == 1
    assert counts["faults_fired"] == [{"route": "monta.label", "call": 1, "kind": "status"}]
    page = requests.get(sandbox.url, timeout=5)
    assert page.headers["content-type"].startswith("text/html")
    assert "<td>monta.create</td><td>1</td>" in page.text
    assert "<td>monta.label</td><td>status</td><td>1</td>" in page.text


def test_a_world_serves_several_sandboxes_without_mixing_them(world):
    one, two = Sandbox(world), Sandbox(world)
    one.monta.add(monta_order("2002"))
    one.returnista.touch(next(iter(one.returnista.return_orders)), status="Complete")
    assert "2002" not in two.monta.orders
    assert [row["status"] for row in two.returnista.return_orders.values()] == ["Confirmed"]


def test_serving_ends_when_it_is_told_to():
    stop, seen = threading.Event(), []

    def ready(sandbox):
        seen.append(requests.get(sandbox.monta_url + "/health", timeout=5).status_code)
        stop.set()

    serve(World.empty(), ready=ready, stop=stop)
    assert seen == [200]
