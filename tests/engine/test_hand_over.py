"""A label is brought to its consumer: once, in time, and only because a setting or a person says so."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from mail.conftest import SHORT, patience
from shop import later, put_back_after

from returnsync.sandbox.mail import MailFault, MailServer
from returnsync.sandbox.world import monta_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shop import Shop


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def shop(shop: Shop, mail: MailServer) -> Shop:
    """A shop that mails its labels."""
    shop.source = {"hand_over": ["email"]}
    shop.more = {
        "mail": {
            "host": "127.0.0.1",
            "port": mail.port,
            "security": "plain",
            "from": "Example Shop <returns@shop.example>",
            "read_timeout": 30,
            "exchange_timeout": 30,
        }
    }
    return shop


def give_back(shop: Shop, number: str = "1001") -> str:
    shop.sandbox.monta.add(monta_order(number))
    return str(shop.sandbox.returnista.give_back(number, updated=datetime.now(UTC)))


def test_a_new_label_is_mailed_to_its_consumer_once(shop, mail):
    give_back(shop)
    ran = shop.run()
    assert (ran["labelled"], ran["handed_over"], ran["exit_code"]) == (1, 1, 0)
    (one,) = mail.mails
    ((name, content),) = one.attachments
    assert name == "return-label.pdf"
    assert [content] == [file.read_bytes() for file in shop.labels()]
    shop.run()
    assert len(mail.mails) == 1


def held(shop: Shop) -> dict[str, str]:
    return shop.causes()


def test_nothing_is_mailed_where_no_setting_says_so(shop, mail):
    shop.source = {}
    give_back(shop)
    assert shop.run()["labelled"] == 1
    assert mail.stages == []


def test_labels_from_before_the_setting_are_not_mailed(shop, mail):
    shop.source = {}
    give_back(shop)
    shop.run()
    shop.source = {"hand_over": ["email"]}
    give_back(shop, "1002")
    assert shop.run()["handed_over"] == 1
    (one,) = mail.mails
    assert "#1002" in str(one.message["Subject"])


def test_a_method_that_was_off_for_a_while_begins_again(shop, mail):
    shop.run()
    shop.source = {}
    give_back(shop)
    assert shop.run()["labelled"] == 1
    shop.source = {"hand_over": ["email"]}
    with later(minutes=5):
        shop.run()
    assert mail.mails == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (MailFault("connect", "drop"), 75),
        (MailFault("mail", reply="451 4.3.0 later"), 75),
        (MailFault("mail", reply="550 5.7.1 not you"), 78),
    ],
    ids=["down", "busy", "sender refused"],
)
def test_the_accounts_trouble_holds_nothing_and_is_reported_once(shop, mail, fault, code):
    give_back(shop)
    give_back(shop, "1002")
    mail.add(fault)
    ran = shop("run")
    assert (ran.code, ran.err.count("mail: could not")) == (code, 1)
    assert len(shop.labels()) == 2
    assert held(shop) == {}
    with later(hours=24):
        assert shop("run").code == code
    mail.heal()
    with later(hours=48):
        ran = shop.run()
    assert (ran["handed_over"], ran["exit_code"], len(mail.mails)) == (2, 0, 2)


def test_a_refused_address_is_held_and_the_others_are_mailed(shop, mail):
    mail.add(MailFault("rcpt", reply="550 5.1.1 no such user", times=1))
    give_back(shop)
    give_back(shop, "1002")
    ran = shop.run()
    assert (ran["labelled"], ran["handed_over"], ran["held"], ran["exit_code"]) == (2, 1, 1, 1)
    (entry,) = shop.held()
    assert (entry["cause"], entry["answer"]) == ("address-refused", "5.1.1 no such user")
    assert shop("held", "retry", entry["code"]).code == 0
    assert shop.run()["handed_over"] == 1
    assert len({one.message_id for one in mail.mails}) == 2


def test_a_greylisted_mail_waits_and_goes_later(shop, mail):
    mail.add(MailFault("rcpt", reply="451 4.7.1 greylisted", times=1))
    give_back(shop)
    ran = shop.run()
    assert (ran["handed_over"], ran["waiting"], ran["exit_code"]) == (0, 1, 0)
    shop.run()
    assert mail.mails == []
    with later(minutes=2):
        assert shop.run()["handed_over"] == 1


def test_a_mail_in_doubt_is_sent_once_more_under_the_same_id_and_then_held(shop, mail):
    mail.add(MailFault("dot", "drop", times=2))
    give_back(shop)
    assert shop.run()["waiting"] == 1
    with later(minutes=14):
        shop.run()
    assert len(mail.mails) == 1
    with later(minutes=16):
        shop.run()
    assert held(shop) == {"#1001": "hand-over-in-doubt"}
    with later(days=1):
        shop("held", "retry", "--all")
        shop.run()
        assert held(shop) == {"#1001": "hand-over-in-doubt"}
        assert len(mail.mails) == 2
        assert len({one.message_id for one in mail.mails}) == 1
        mail.heal()
        assert shop("labels", "send", "#1001", "--yes").code == 0
    assert len(mail.mails) == 3


def test_a_replay_does_not_send_the_repetition_before_its_time(shop, mail):
    mail.add(MailFault("dot", "drop", times=1))
    give_back(shop)
    shop.run()
    with later(minutes=10):
        shop("replay", "#1001")
        assert len(mail.mails) == 1
    with later(minutes=16):
        shop("replay", "#1001")
    assert len(mail.mails) == 2


def test_the_repetition_ends_the_doubt_where_it_is_taken(shop, mail):
    shop.more["mail"] |= SHORT
    mail.add(MailFault("dot", "silence", times=1, taken=False))
    give_back(shop)
    shop.run()
    with later(minutes=16):
        ran = shop.run()
    assert (ran["handed_over"], ran["waiting"], len(mail.mails)) == (1, 0, 1)


def test_a_label_that_could_not_go_in_time_is_held_and_goes_when_a_person_asks(shop, mail):
    mail.add(MailFault("connect", "drop"))
    give_back(shop)
    shop.run()
    mail.heal()
    with later(days=4):
        ran = shop.run()
        assert (ran["handed_over"], held(shop)) == (0, {"#1001": "not-handed-over"})
        assert shop("held", "retry", "#1001").code == 0
        assert (shop.run()["handed_over"], held(shop)) == (0, {"#1001": "not-handed-over"})
        assert shop("labels", "send", "#1001", "--yes").code == 0
        assert len(mail.mails) == 1


def test_test_to_gets_each_label_once_and_hands_nothing_over(shop, mail):
    shop.more["mail"]["test_to"] = "me@shop.example"
    give_back(shop)
    for _ in range(2):
        assert shop.run()["handed_over"] == 0
    assert [one.recipients for one in mail.mails] == [("me@shop.example",)]
    del shop.more["mail"]["test_to"]
    assert shop.run()["handed_over"] == 1
    assert mail.mails[1].recipients != ("me@shop.example",)


def test_what_was_only_tested_for_too_long_is_left_in_the_folder(shop, mail):
    shop.more["mail"]["test_to"] = "me@shop.example"
    give_back(shop)
    shop.run()
    with later(days=4):
        ran = shop.run()
    assert (ran["waiting"], ran["held"], len(mail.mails)) == (0, 0, 1)


def test_a_dry_run_mails_nothing_and_says_what_it_would(shop, mail):
    mail.add(MailFault("connect", "drop", times=1))
    give_back(shop)
    shop.run()
    stages = list(mail.stages)
    ran = shop.run("--dry-run")
    assert [(one["would"], one["method"]) for one in ran["decisions"]] == [("hand-over", "email")]
    assert mail.stages == stages


def test_a_return_that_was_cancelled_meanwhile_gets_no_label(shop, mail):
    mail.add(MailFault("connect", "drop", times=1))
    identity = give_back(shop)
    shop.run()
    shop.sandbox.returnista.touch(identity, word="Cancelled")
    shop.run()
    assert mail.mails == []
    assert held(shop) == {"#1001": "cancelled-after-announcement"}


def test_only_keeps_back_what_it_does_not_name(shop, mail):
    mail.add(MailFault("connect", "drop", times=1))
    give_back(shop)
    shop.run()
    shop.source["only"] = ["#1002"]
    shop.run()
    assert mail.mails == []
    del shop.source["only"]
    assert shop.run()["handed_over"] == 1


def test_a_method_that_was_off_while_a_label_waited_begins_again_too(shop, mail):
    mail.add(MailFault("rcpt", reply="451 later", times=1))
    give_back(shop)
    assert shop.run()["waiting"] == 1
    shop.source = {}
    assert shop.run()["waiting"] == 1  # it is not due yet
    shop.source = {"hand_over": ["email"]}
    with later(minutes=5):
        ran = shop.run()
    assert (ran["waiting"], mail.mails, sent(shop)) == (0, [], ["#1001"])


def test_the_label_of_an_adopted_forecast_is_not_mailed(shop, mail):
    shop.source = {}  # so that no attempt is noted for the label
    give_back(shop)
    shop.run()
    shop.source = {"hand_over": ["email"]}
    shop.state.unlink()
    for beside in shop.folder.glob("returnsync.db-*"):
        beside.unlink()
    ran = shop.run()
    assert (ran["adopted"], ran["labels_found"], ran["handed_over"], ran["exit_code"]) == (1, 1, 0, 0)
    assert (mail.mails, sent(shop)) == ([], ["#1001"])


def test_neither_log_nor_output_has_the_consumers_address(shop, mail):
    shop.more["log"] = {"file": "log.jsonl"}
    give_back(shop)
    ran = shop("run", "--verbose")
    (address,) = mail.mails[0].recipients
    assert address not in ran.out + ran.err + (shop.folder / "log.jsonl").read_text()


# -- what the mail is made of ------------------------------------------------------------------------------------------


def test_the_mail_says_what_comes_back_and_how(shop, mail):
    shop.source |= {"send_within_days": 14, "drop_off": {"PostNL": "https://carrier.example/points"}}
    give_back(shop)
    shop.run()
    (one,) = mail.mails
    plain = one.message.get_body(("plain",)).get_content()
    html = one.message.get_body(("html",)).get_content()
    for text in (plain, html):
        assert "https://carrier.example/points" in text
        assert "Example Shop" in text
        assert "#1001" in text
    assert html.startswith("<!doctype html>")
    assert one.message["Auto-Submitted"] == "auto-generated"
    assert str(one.message["From"]) == "Example Shop <returns@shop.example>"


def consumer(shop: Shop, identity: str, **changes: str) -> None:
    shop.sandbox.returnista.return_orders[identity]["consumer"] |= changes


@pytest.mark.parametrize("name", ["J" * 10_000, "\u05d0\u05d1 \u202egro", "<b>Jo</b>", "Jo\r\nBcc: all@shop.example"])
def test_any_name_can_be_mailed_and_begins_no_header(shop, mail, name):
    consumer(shop, give_back(shop), firstName=name)
    assert shop.run()["handed_over"] == 1
    (one,) = mail.mails
    assert len(one.recipients) == 1
    assert one.message["Bcc"] is None
    assert "<b>Jo</b>" not in one.message.get_body(("html",)).get_content()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b.example, c@d.example",
        "jo@example.com\r\nBcc: all@shop.example",
        "j\u00f6@example.com",
        "jo@x.nl\x85x",
    ],
)
def test_an_address_that_is_none_is_held_and_the_others_are_mailed(shop, mail, address):
    consumer(shop, give_back(shop), email=address)
    give_back(shop, "1002")
    ran = shop.run()
    assert (ran["labelled"], ran["handed_over"]) == (2, 1)
    assert held(shop) == {"#1001": "hand-over-unusable"}
    assert len(mail.mails) == 1


def test_templates_of_a_source_replace_those_of_returnsync(shop, mail):
    shop.source["mail_templates"] = "mails"
    (shop.folder / "mails" / "nl").mkdir(parents=True)
    (shop.folder / "mails" / "nl" / "subject.txt").write_text("Terug: {{ order }}\n")
    give_back(shop)
    shop.run()
    (one,) = mail.mails
    assert one.message["Subject"] == "Terug: #1001"
    assert "retourlabel" in one.message.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    "template",
    ["{{ nobody }}", "{{ items[0].__class__ }}{{ x.y }}", "{% for i in range(99999) %}xxx{% endfor %}", "{% if %}"],
)
def test_a_template_that_fails_holds_its_labels_and_says_which(shop, mail, template):
    shop.source["mail_templates"] = "mails"
    (shop.folder / "mails" / "nl").mkdir(parents=True)
    (shop.folder / "mails" / "nl" / "body.txt").write_text(template)
    give_back(shop)
    assert shop.run()["handed_over"] == 0
    (entry,) = shop.held()
    assert entry["cause"] == "hand-over-unusable"
    assert "nl/body.txt" in entry["what"]
    assert mail.mails == []
    checked = shop("check")
    assert checked.code == 78
    assert "nl/body.txt" in checked.out


def test_a_folder_of_templates_that_is_not_there_is_the_accounts_trouble(shop, mail):
    shop.source["mail_templates"] = "nowhere"
    give_back(shop)
    ran = shop("run")
    assert (ran.code, "nowhere" in ran.err) == (78, True)
    assert held(shop) == {}
    del shop.source["mail_templates"]
    assert shop.run()["handed_over"] == 1
    assert len(mail.mails) == 1


def test_a_label_whose_file_is_gone_is_held(shop, mail):
    mail.add(MailFault("connect", "drop", times=1))
    give_back(shop)
    shop.run()
    (file,) = shop.labels()
    file.unlink()
    shop.run()
    assert held(shop) == {"#1001": "hand-over-unusable"}
    assert mail.mails == []


# -- a person's request ------------------------------------------------------------------------------------------------


def sent(shop: Shop) -> list[str]:
    return [one["order_number"] for one in shop("labels", "--not-handed-over", "--json").json]


def test_labels_that_were_not_handed_over_are_listed_and_sent_by_labels_send(shop, mail):
    shop.source = {}
    give_back(shop)
    shop.run()
    assert sent(shop) == ["#1001"]
    assert shop("labels", "send", "#1001").code == 2  # there is no terminal to ask on
    assert mail.mails == []
    assert shop("labels", "send", "#1001", "--yes").code == 0
    assert (len(mail.mails), sent(shop)) == (1, [])
    (story,) = shop("show", "#1001", "--json").json
    assert "handed_over" in [step["event"] for step in story["history"]]


def test_labels_send_sends_once_more_and_not_in_a_dry_run(shop, mail):
    give_back(shop)
    shop.run()
    assert shop("labels", "send", "#1001", "--dry-run").code == 0
    assert len(mail.mails) == 1
    assert shop("labels", "send", "#1001", "--yes").code == 0
    assert len(mail.mails) == 2


def test_labels_send_waits_for_a_server_that_is_down_and_the_next_run_sends(shop, mail):
    shop.source = {}
    give_back(shop)
    shop.run()
    mail.add(MailFault("connect", "drop", times=1))
    assert shop("labels", "send", "#1001", "--yes").code == 75
    shop.run()
    assert len(mail.mails) == 1


def test_the_label_of_a_cancelled_return_is_not_sent_by_name_either(shop, mail):
    shop.source = {}
    identity = give_back(shop)
    shop.run()
    shop.sandbox.returnista.touch(identity, word="Cancelled")
    shop.run()
    ran = shop("labels", "send", "#1001", "--yes")
    assert (ran.code, "cancelled" in ran.err) == (2, True)
    assert mail.mails == []


def test_a_preview_writes_the_mail_and_sends_nothing(shop, mail):
    shop.source = {}
    give_back(shop)
    shop.run()
    ran = shop("mail", "--preview", "#1001", "--into", str(shop.folder / "out"), "--language", "fr", "--json")
    written = sorted(file.suffix for file in (shop.folder / "out").iterdir())
    assert (len(ran.json["written"]), written) == (3, [".eml", ".html", ".txt"])
    assert {file.stat().st_mode & 0o777 for file in (shop.folder / "out").iterdir()} == {0o600}
    assert mail.stages == []


def test_check_logs_in_and_says_that_mails_are_tried_out(shop, mail):
    shop.more["mail"]["test_to"] = "me@shop.example"
    ran = shop("check")
    assert "accepts this account" in ran.out
    assert "test_to" in ran.out
    assert mail.mails == []
    mail.add(MailFault("connect", "drop"))
    assert "could not" in shop("check").out


# -- labels from before ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [MailFault("connect", "drop", times=1), MailFault("dot", reply="451 later", times=1)],
    ids=["never attempted", "attempted once"],
)
def test_yesterdays_state_put_back_mails_nothing_a_second_time(shop, mail, fault):
    mail.add(fault)
    give_back(shop)
    shop.run()
    with put_back_after(shop), later(minutes=2):
        assert shop.run()["handed_over"] == 1
    with later(minutes=3):
        ran = shop.run()
    assert (ran["handed_over"], ran["held"], len(mail.mails)) == (0, 0, 1)
    assert sent(shop) == ["#1001"]
    assert shop("labels", "send", "#1001", "--yes").code == 0
    assert len(mail.mails) == 2


def test_a_request_that_was_carried_out_is_not_repeated_by_yesterdays_state(shop, mail):
    shop.source = {}
    give_back(shop)
    shop.run()
    mail.add(MailFault("connect", "drop", times=1))
    shop("labels", "send", "#1001", "--yes")
    with put_back_after(shop):
        shop.run()
    shop.run()
    assert len(mail.mails) == 1


@pytest.mark.parametrize("broken", [b"abc", b"\xff\xfe\n", b""])
def test_what_is_noted_beside_the_labels_is_read_whatever_a_power_cut_left_there(shop, mail, broken):
    give_back(shop)
    mail.add(MailFault("connect", "drop", times=1))
    shop.run()
    (shop.folder / "labels" / "monta" / ".handed-over").write_bytes(broken)
    with put_back_after(shop):
        shop.run()
    shop.run()
    assert len(mail.mails) == 1


def test_one_bad_address_does_not_keep_the_others_from_their_labels(shop, mail):
    for number in range(1001, 1007):
        consumer(shop, give_back(shop, str(number)), email=f"jo{number}@example.com")
    mail.add(
        *(MailFault("rcpt", "drop", about=f"jo{number}@") for number in (1001, 1002)),
        MailFault("rcpt", reply="421 closing", about="jo1003@"),
    )
    for hours in (0, 1, 2):
        with later(hours=hours):
            shop.run()
    assert sorted(one.recipients[0] for one in mail.mails) == [
        f"jo{number}@example.com" for number in (1004, 1005, 1006)
    ]


def test_a_return_that_has_arrived_needs_no_label_any_more(shop, mail):
    mail.add(MailFault("connect", "drop", times=1))
    identity = give_back(shop)
    shop.run()
    shop.sandbox.returnista.touch(identity, word="Completed")
    ran = shop.run()
    assert (ran["handed_over"], ran["held"], mail.mails) == (0, 0, [])
    assert sent(shop) == ["#1001"]


def test_no_mail_names_a_last_day_that_is_over(shop, mail):
    shop.source["send_within_days"] = 14
    mail.add(MailFault("connect", "drop", times=1))
    give_back(shop)
    shop.run()
    with later(days=25):
        shop("labels", "send", "#1001", "--yes")
    (one,) = mail.mails
    assert "uiterlijk" not in one.message.get_body(("plain",)).get_content()


def test_labels_send_ends_with_75_where_the_label_has_to_wait(shop, mail):
    shop.source = {}
    give_back(shop)
    shop.run()
    mail.add(MailFault("rcpt", reply="451 later", times=1))
    ran = shop("labels", "send", "#1001", "--yes")
    assert (ran.code, "Waiting: mail: the server answered 451" in ran.out) == (75, True)


def test_a_copy_that_is_refused_is_reported(shop, mail):
    shop.more["mail"]["bcc"] = "archive@shop.example"
    mail.add(MailFault("rcpt", reply="550 5.1.1 no", about="archive@"))
    give_back(shop)
    ran = shop("run")
    assert (ran.code, "bcc" in ran.err, len(mail.mails)) == (0, True, 1)


def test_an_attempt_that_a_killed_run_left_in_flight_is_in_doubt_also_after_a_persons_request(shop, mail):
    shop.more["mail"] |= SHORT
    mail.add(MailFault("dot", "silence", times=1))
    give_back(shop)
    shop.run()
    with closing(sqlite3.connect(shop.state)) as state, state:
        state.execute("UPDATE hand_overs SET outcome = NULL, outcome_at = NULL")
    assert shop("labels", "send", "#1001", "--yes").code == 0
    assert len(mail.mails) == 2


def test_labels_go_on_where_a_wrong_clock_wrote_when_the_method_began(shop, mail):
    shop.run()
    with closing(sqlite3.connect(shop.state)) as state, state:
        state.execute("UPDATE hand_over_methods SET since = '2099-01-01T00:00:00.000000Z'")
    give_back(shop)
    assert (shop.run()["handed_over"], len(mail.mails)) == (1, 1)


@pytest.mark.parametrize("what", ["hand_overs SET intent_at", "hand_over_words SET at"])
def test_a_moment_that_a_wrong_clock_wrote_stops_nothing(shop, mail, what):
    mail.add(MailFault("dot", "drop", times=1))
    give_back(shop)
    shop.run()
    with closing(sqlite3.connect(shop.state)) as state, state:
        ahead = datetime.now(UTC) + timedelta(days=400)
        state.execute(f"UPDATE {what} = '{ahead:%Y-%m-%dT%H:%M:%S.000000Z}'")
    for minutes in (16, 40, 80):
        with later(minutes=minutes):
            shop.run()
    assert len(mail.mails) == 2
    assert held(shop) == {}


def test_where_the_method_is_taken_out_what_waits_stays_in_the_folder(shop, mail):
    mail.add(MailFault("connect", "drop", times=1))
    give_back(shop)
    shop.run()
    shop.source = {}
    shop.run()
    assert (mail.mails, held(shop), sent(shop)) == ([], {}, ["#1001"])


def test_replay_tries_what_is_held_once_more_and_another_label_can_be_had(shop, mail):
    mail.add(MailFault("rcpt", reply="550 5.1.1 no such user", times=2))
    give_back(shop)
    shop.run()
    assert shop("replay", "#1001").code == 1
    assert held(shop) == {"#1001": "address-refused"}
    assert shop("replay", "#1001", "--new-label", "--yes").code == 0
    assert (len(mail.mails), len(shop.labels())) == (1, 2)


def test_an_address_for_trying_out_that_is_refused_is_no_consumers_fault(shop, mail):
    shop.more["mail"]["test_to"] = "me@shop.example"
    mail.add(MailFault("rcpt", reply="550 5.1.1 no such user", times=1), MailFault("dot", reply="451 later", times=1))
    give_back(shop)
    assert (shop("run").code, held(shop)) == (78, {})
    shop.run()
    with later(minutes=10):
        shop.run()
        assert len(mail.mails) == 1
        del shop.more["mail"]["test_to"]
        assert shop.run()["handed_over"] == 1
    assert mail.mails[0].message_id != mail.mails[1].message_id


@pytest.mark.parametrize(
    ("platform", "setting", "marks"),
    [
        ("returnista", "test_stores", lambda row: row.update(store={"id": "s", "name": "s", "uat": True})),
        ("channable", "test_returns", lambda row: row["data"]["meta"].update(is_test_return=True)),
        ("returnless", "test_records", lambda row: row.update(is_test_record=True)),
    ],
)
def test_the_label_of_a_test_shops_return_is_handed_over_to_nobody(shop, mail, platform, setting, marks):
    shop.platforms = (platform,)
    shop.source = {"hand_over": ["email"], setting: True, "own_label": "replace"}
    shop.sandbox.monta.add(monta_order("1001"))
    identity = shop.platform().give_back("1001", updated=datetime.now(UTC))
    marks(shop.platform().rows()[identity])
    ran = shop.run()
    assert (ran["labelled"], ran["handed_over"], ran["held"]) == (1, 0, 0)
    ran = shop("labels", "send", "1001", "--yes")
    assert (ran.code, "test shop" in ran.err, mail.mails) == (2, True, [])


def test_what_was_erased_is_not_sent_and_that_is_said(shop, mail):
    shop.source = {}
    give_back(shop)
    shop.run()
    assert shop("purge", "#1001", "--yes").code == 0
    ran = shop("labels", "send", "#1001", "--yes")
    assert (ran.code, "erased" in ran.err, mail.mails) == (2, True, [])


# -- whatever the server does once -------------------------------------------------------------------------------------

ANSWERS = ("451 later", "421 closing")
EVERY_FAULT = [
    *(
        MailFault(stage, way, reply, times=1)
        for stage in ("connect", "ehlo", "mail", "rcpt", "data", "dot")
        for way, reply in (*(("reply", answer) for answer in ANSWERS), ("drop", ""), ("silence", ""))
    ),
    MailFault("dot", "reply", "354 what", times=1),
]
SLICE = random.Random(29).sample(EVERY_FAULT, 5)


def goes_in_the_end(shop: Shop, mail: MailServer, fault: MailFault) -> None:
    shop.more["mail"] |= patience(fault.way)
    mail.add(fault)
    give_back(shop)
    for minutes in (0, 2, 18, 40, 120):
        with later(minutes=minutes):
            ran = shop.run()
    assert (ran["waiting"], ran["held"], ran["exit_code"]) == (0, 0, 0)
    perhaps_taken = fault.stage == "dot" and fault.way != "reply"
    assert len(mail.mails) == (2 if perhaps_taken else 1)
    assert len({one.message_id for one in mail.mails}) == 1
    shop.assert_nothing_twice()


@pytest.mark.parametrize("fault", SLICE, ids=lambda fault: f"{fault.stage} {fault.way} {fault.reply[:3]}")
def test_what_goes_wrong_once_loses_no_label_and_mails_none_twice(shop, mail, fault):
    goes_in_the_end(shop, mail, fault)


@pytest.mark.prove
@pytest.mark.parametrize("fault", EVERY_FAULT, ids=lambda fault: f"{fault.stage} {fault.way} {fault.reply[:3]}")
def test_whatever_goes_wrong_once_loses_no_label_and_mails_none_twice(shop, mail, fault):
    goes_in_the_end(shop, mail, fault)


@pytest.mark.parametrize("kind", ["greylists", "refuses the sender", "hangs up after the dot"])
def test_a_server_that_is_sick_for_a_day_costs_no_label(shop, mail, kind):
    mail.add(
        {
            "greylists": MailFault("rcpt", reply="451 4.7.1 greylisted"),
            "refuses the sender": MailFault("mail", reply="550 5.7.1 not you"),
            "hangs up after the dot": MailFault("dot", "drop", taken=False),
        }[kind]
    )
    for number in range(1001, 1006):
        give_back(shop, str(number))
    for hours in (0, 6, 12, 18):
        with later(hours=hours):
            shop.run()
    mail.heal()
    with later(hours=24):
        shop.run()
        for entry in shop.held():
            assert entry["cause"] == "hand-over-in-doubt"
            assert shop("labels", "send", entry["code"], "--yes").code == 0
    with later(hours=48):
        ran = shop.run()
    assert (ran["waiting"], ran["held"]) == (0, 0)
    assert len({one.message_id for one in mail.mails}) == len(mail.mails) == 5
