"""A label given to a program of the user: once, with the data that it needs, and with none of our secrets."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from killing import RUN, walk
from shop import later, put_back_after

from returnsync.sandbox import Sandbox, World
from returnsync.sandbox.mail import MailServer
from returnsync.sandbox.world import monta_order

if TYPE_CHECKING:
    from pathlib import Path

    from shop import Shop


@pytest.fixture
def program(shop: Shop) -> Program:
    """A program that notes its input, and ends as a test says."""
    made = Program(shop.folder)
    made.ends("exit 0")
    shop.source = {"hand_over": ["command"], "hand_over_command": [str(made.file), "--to", "bucket"]}
    return made


class Program:
    """A shell script in the shop's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "hand over"

    def ends(self, with_: str) -> None:
        """From now on it ends with this command."""
        noted = self.folder / "given"
        self.file.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{noted}.arguments"\ncat >> "{noted}.json"\necho >> "{noted}.json"\n'
            f'env >> "{noted}.environment"\n{with_}\n',
            encoding="utf-8",
        )
        self.file.chmod(stat.S_IRWXU)

    def given(self) -> list[dict[str, Any]]:
        """Its input, each time."""
        file = self.folder / "given.json"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def noted(self, what: str) -> str:
        return (self.folder / f"given.{what}").read_text()


def give_back(shop: Shop, number: str = "1001") -> str:
    shop.sandbox.monta.add(monta_order(number))
    return str(shop.sandbox.returnista.give_back(number, updated=datetime.now(UTC)))


def test_the_program_gets_the_file_and_what_it_needs_to_know_once(shop, program):
    identity = give_back(shop)
    ran = shop.run()
    assert (ran["handed_over"], ran["exit_code"]) == (1, 0)
    shop.run()
    (told,) = program.given()
    (label,) = shop.labels()
    assert program.noted("arguments") == f"--to bucket {label}\n"
    assert told["version"] == 1
    assert (told["order_number"], told["return_id"], told["label"]) == ("#1001", identity, str(label))
    assert told["consumer"]["email"]
    assert told["items"] == [{"title": told["items"][0]["title"], "quantity": 1}]


def test_it_gets_none_of_our_secrets(shop, program):
    give_back(shop)
    ran = shop.process("run", "--json", ALSO_HERE="yes")
    assert ran.json["handed_over"] == 1
    environment = program.noted("environment")
    assert "ALSO_HERE=yes" in environment
    for name in ("SHOP_USER", "SHOP_PASSWORD", "SHOP_TOKEN"):
        assert name not in environment


def test_75_waits_and_it_is_started_again(shop, program):
    program.ends("exit 75")
    give_back(shop)
    assert (shop.run()["waiting"], shop.causes()) == (1, {})
    program.ends("exit 0")
    with later(minutes=2):
        assert shop.run()["handed_over"] == 1
    assert [told["attempt"] for told in program.given()] == [1, 2]


def test_another_exit_code_is_held_with_what_it_said_last_masked(shop, program):
    identity = give_back(shop)
    last_name = shop.sandbox.returnista.return_orders[identity]["consumer"]["lastName"]
    program.ends(f'echo first >&2; echo "No bucket for {last_name}" >&2; exit 3')
    give_back(shop, "1002")
    assert shop.run()["handed_over"] == 0
    assert set(shop.causes().values()) == {"hand-over-refused"}
    answers = [entry["answer"] for entry in shop.held()]
    assert all(answer.startswith("No bucket for ") and last_name not in answer for answer in answers)
    program.ends("exit 0")
    assert shop("held", "retry", "--all").code == 0
    assert shop.run()["handed_over"] == 2


def test_one_that_does_not_end_is_ended_and_held_in_doubt(shop, program):
    program.ends("sleep 600")
    shop.source["hand_over_timeout"] = 0.3
    give_back(shop)
    shop.run()
    assert shop.causes() == {"#1001": "hand-over-in-doubt"}
    with later(days=1):
        shop.run()
    assert len(program.given()) == 1


def test_one_that_cannot_be_started_holds_nothing_and_says_so(shop, program):
    shop.source["hand_over_command"] = ["/nowhere/at/all"]
    give_back(shop)
    ran = shop("run")
    assert (ran.code, "cannot be started" in ran.err, shop.causes()) == (78, True, {})
    shop.source["hand_over_command"] = [str(program.file)]
    assert shop.run()["handed_over"] == 1


def test_one_that_says_much_and_reads_nothing_is_waited_for(shop, program):
    program.file.write_text("#!/bin/sh\nyes 0123456789 | head -c 3000000 >&2\nexit 0\n")
    give_back(shop)
    assert shop.run()["handed_over"] == 1


def test_a_run_that_is_killed_while_it_runs_does_not_start_it_again(shop, program, tmp_path):
    shop.warehouse = {"concurrency": 1}
    give_back(shop)
    _, steps = walk(shop, *RUN)
    at = steps.index("command: noted beside the labels") + 1
    with Sandbox(World.empty()) as sandbox:
        other = replace(shop, folder=tmp_path / "other", sandbox=sandbox)
        other.folder.mkdir()
        give_back(other)
        walk(other, *RUN, number=at)
        walk(other, *RUN, shift=1000)
        assert other.causes() == {"#1001": "hand-over-in-doubt"}
        given = program.given()
        other("held", "retry", "--all")
        walk(other, *RUN, shift=2000)
        assert program.given() == given


def test_a_program_that_is_ended_by_a_signal_is_in_doubt(shop, program):
    program.ends("kill -9 $$")
    give_back(shop)
    shop.run()
    (entry,) = shop.held()
    assert (entry["cause"], "signal 9" in entry["what"]) == ("hand-over-in-doubt", True)


def test_one_that_hangs_is_not_started_for_the_others_in_that_run(shop, program):
    program.ends("sleep 600")
    shop.source["hand_over_timeout"] = 0.3
    for number in range(1001, 1004):
        give_back(shop, str(number))
    assert shop("run").code == 75
    assert (len(program.given()), len(shop.causes())) == (1, 1)


def test_what_went_by_mail_does_not_go_again_where_the_program_failed(shop, program):
    with MailServer() as mail:
        shop.source["hand_over"] = ["email", "command"]
        address = {"host": "127.0.0.1", "port": mail.port, "security": "plain", "from": "returns@shop.example"}
        shop.more = {"mail": address}
        program.ends("exit 3")
        give_back(shop)
        shop.run()
        assert shop.causes() == {"#1001": "hand-over-refused"}
        program.ends("exit 0")
        ran = shop("labels", "send", "#1001", "--yes")
        assert (ran.code, ran.out.endswith(": sent by mail and by the program of its source.\n")) == (0, True)
        assert (len(mail.mails), len(program.given())) == (1, 2)
        assert shop("labels", "send", "#1001", "--yes").code == 0
        assert (len(mail.mails), len(program.given())) == (2, 3)


def test_after_a_state_was_put_back_a_program_in_doubt_is_only_started_if_a_person_asks(shop, program):
    with MailServer() as mail:
        shop.source["hand_over"] = ["command", "email"]
        address = {"host": "127.0.0.1", "port": mail.port, "security": "plain", "from": "returns@shop.example"}
        shop.more = {"mail": address}
        hand_over, shop.source["hand_over"] = shop.source["hand_over"], []
        give_back(shop)
        shop.run()
        shop.source["hand_over"] = hand_over
        with put_back_after(shop):
            assert shop("labels", "send", "#1001", "--yes").code == 0
        assert (len(program.given()), len(mail.mails)) == (1, 1)
        program.ends("kill -9 $$")
        assert shop("labels", "send", "#1001", "--yes").code == 1
        shop("held", "retry", "--all")
        shop.run()
        assert (len(program.given()), len(mail.mails)) == (2, 1)
        assert shop.causes() == {"#1001": "hand-over-in-doubt"}


def test_while_mails_are_tried_out_the_program_is_started_all_the_same(shop, program):
    with MailServer() as mail:
        shop.source["hand_over"] = ["email", "command"]
        address = {"host": "127.0.0.1", "port": mail.port, "security": "plain", "from": "returns@shop.example"}
        shop.more = {"mail": {**address, "test_to": "me@shop.example"}}
        give_back(shop)
        for days in (0, 4):
            with later(days=days):
                ran = shop.run()
        assert (len(program.given()), len(mail.mails), ran["held"], ran["waiting"]) == (1, 1, 0, 0)


@pytest.mark.usefixtures("program")
def test_check_looks_whether_the_program_can_be_started(shop):
    assert "can be started" in shop("check").out
    shop.source["hand_over_command"] = ["/nowhere/at/all"]
    ran = shop("check")
    assert (ran.code, "/nowhere/at/all" in ran.out) == (78, True)


def test_a_setting_without_a_program_is_refused(shop):
    shop.source = {"hand_over": ["command"]}
    ran = shop("run")
    assert (ran.code, "hand_over_command" in ran.err) == (78, True)
