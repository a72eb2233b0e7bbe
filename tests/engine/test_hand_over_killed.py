"""`kill -9` while a label is mailed, at every stage of the dialogue with a real server through TLS."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from killing import RUN, walk
from mail.conftest import CERTIFICATE, PASSWORD, certificate

from returnsync.sandbox import Sandbox, World
from returnsync.sandbox.mail import MailServer
from returnsync.sandbox.world import monta_order

if TYPE_CHECKING:
    from pathlib import Path

    from shop import Ran, Shop

SEED = 29
# Seconds from the kill to the next runs: half a minute, and two more after the pause of a doubt.
LATER = (31, 1000, 2000)


def prepared(shop: Shop, server: MailServer) -> Shop:
    """A shop of one return that mails its labels to that server."""
    shop.source = {"hand_over": ["email"]}
    shop.warehouse = {"concurrency": 1}
    shop.more = {
        "mail": {
            "host": "localhost",
            "port": server.port,
            "username": server.user,
            "password": "env:MAIL_PASSWORD",
            "ca_file": str(CERTIFICATE),
            "from": "Shop <returns@shop.example>",
        }
    }
    shop.sandbox.monta.add(monta_order("1001"))
    shop.sandbox.returnista.give_back("1001")
    return shop


def killed_at(like: Shop, folder: Path, number: int) -> tuple[Shop, MailServer, list[str], Ran]:
    """The shop after a run that was killed at that step, and the next runs."""
    with Sandbox(World.empty()) as sandbox, MailServer(certificate(), password=PASSWORD) as server:
        shop = prepared(type(like)(folder, sandbox), server)
        _, steps = walk(shop, *RUN, number=number)
        for seconds in LATER if number else ():
            last, _ = walk(shop, *RUN, shift=seconds)
        return shop, server, steps, last if number else None


@pytest.fixture(autouse=True)
def password(monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)


def points(like: Shop, folder: Path) -> list[int]:
    """The steps of one run from the label's file to the end of the hand-over, by their numbers."""
    folder.mkdir()
    _, server, steps, _ = killed_at(like, folder, 0)
    assert len(server.mails) == 1
    return list(range(steps.index("label file in place") + 1, len(steps) + 1))


def holds(like: Shop, folder: Path, number: int) -> None:
    """Assert that the consumer has the label once, or twice with one message id if the first sending was in doubt."""
    folder.mkdir()
    shop, server, steps, last = killed_at(like, folder, number)
    assert last.json["exit_code"] == 0, (steps[-1], last.err)
    assert (last.json["held"], last.json["waiting"]) == (0, 0), steps[-1]
    shop.assert_nothing_twice()
    was_written_down = "email: intent written" in steps and "email: outcome written" not in steps
    assert len(server.mails) in ((1, 2) if was_written_down else (1,)), steps[-1]
    assert len({mail.message_id for mail in server.mails}) == 1


def test_a_killed_run_mails_each_label_for_sure_and_not_a_third_time(shop, tmp_path):
    found = points(shop, tmp_path / "whole")
    for number in random.Random(SEED).sample(found, 2):
        holds(shop, tmp_path / str(number), number)


@pytest.mark.prove
def test_a_run_killed_at_any_step_mails_each_label_for_sure_and_not_a_third_time(shop, tmp_path):
    for number in points(shop, tmp_path / "whole"):
        holds(shop, tmp_path / str(number), number)
