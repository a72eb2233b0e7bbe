"""Digests: one message for each source or warehouse that has something new, tried again until one is taken."""

from __future__ import annotations

import json
import shlex
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from certainty import give_back_each
from weeks import MONTA

from returnsync.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpserver import HTTPServer
    from shop import Shop

MINUTES = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def shop(shop, clock):
    shop.sandbox.returnista.return_orders.clear()
    clock.move_to(datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0))
    return shop


def hold(shop: Shop, *numbers: str, word: str = "Unheard-of") -> None:
    at = datetime.now(UTC) - MINUTES
    for number in numbers:
        shop.sandbox.returnista.give_back(number, word=word, created=at, updated=at)


@pytest.fixture
def received(shop: Shop, httpserver: HTTPServer) -> Iterator[list[dict[str, Any]]]:
    """The messages that an address got, each as it came."""
    found: list[dict[str, Any]] = []

    def take(request: Any) -> Any:
        from werkzeug import Response

        found.append(json.loads(request.data))
        return Response("thanks", status=200)

    httpserver.expect_request("/hook", method="POST").respond_with_handler(take)
    shop.more["notify"] = {"webhook": httpserver.url_for("/hook")}
    yield found


def causes(message: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(event["kind"], event["cause"], event["state"]) for event in message["events"]]


def test_a_new_cause_is_sent_once_in_one_message_for_its_source(shop, received):
    hold(shop, "4001", "4002")
    shop.run()
    shop.run()
    (message,) = received
    assert (message["version"], message["subject"]) == (1, "shop-nl")
    assert causes(message) == [("held", "status-unknown", "new")]
    assert message["text"] == "shop-nl: 2 held (status-unknown). See: returnsync held --cause status-unknown"
    assert "4001" not in json.dumps(message)
