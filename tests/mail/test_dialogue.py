"""The outcome of a mail, for each thing that the server may do at each stage of the dialogue."""

import socket
from contextlib import nullcontext

import pytest
from mail.conftest import PASSWORD, certificate, mail_to, patience

from returnsync.errors import AccountRefused, AccountUnavailable, NotSent, Refused, Unclear
from returnsync.mail.account import UnmailableError
from returnsync.sandbox.mail import MailFault, MailServer

OF_THE_ACCOUNT = ("connect", "ehlo", "starttls", "auth", "mail")


@pytest.fixture
def told():
    """The number of mails that the server had, each time that the end of a mail was about to be sent."""
    return []


def test_a_mail_comes_as_it_was_made(server, account, told):
    account(server).send(mail_to("jo@example.com"), lambda: told.append(len(server.mails)))
    (mail,) = server.mails
    assert (mail.sender, mail.recipients, mail.message_id) == (
        "returns@shop.example",
        ("jo@example.com",),
        "<shop-nl-1.label.1@shop.example>",
    )
    assert mail.message.get_content().replace("\r\n", "\n") == "Beste,\n.\nTot ziens\n"
    assert told == [0]  # it was noted before the server could take the mail


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_login_and_mail_go_through_tls(account, security):
    with MailServer(certificate(), implicit=security == "tls", password=PASSWORD) as server:
        account(server, security=security).send(mail_to("jo@example.com"), lambda: None)
        assert len(server.mails) == 1


def test_one_connection_serves_all_mails(server, account):
    mailing = account(server)
    for number in range(3):
        mailing.send(mail_to(f"jo{number}@example.com"), lambda: None)
    assert (len(server.mails), mailing.connections) == (3, 1)


def test_a_connection_that_the_server_gave_up_meanwhile_is_made_again(server, account):
    mailing = account(server)
    mailing.send(mail_to("jo@example.com"), lambda: None)
    server.add(MailFault("mail", "drop", times=1))
    mailing.send(mail_to("an@example.com"), lambda: None)
    assert (len(server.mails), mailing.connections, mailing.trouble) == (2, 2, None)


@pytest.mark.parametrize("stage", OF_THE_ACCOUNT)
@pytest.mark.parametrize(
    ("way", "reply", "error"),
    [
        ("reply", "451 4.3.0 later", AccountUnavailable),
        ("reply", "421 4.3.2 closing", AccountUnavailable),
        ("reply", "554 5.7.1 go away", AccountRefused),
        ("drop", "", AccountUnavailable),
        ("silence", "", AccountUnavailable),
    ],
)
def test_before_the_recipient_it_is_the_accounts_trouble(server, account, told, stage, way, reply, error):
    server.add(MailFault(stage, way, reply))
    mailing = account(server, **patience(way))
    with pytest.raises(error) as caught:
        mailing.send(mail_to("jo@example.com"), lambda: told.append(1))
    assert caught.value.next_step
    assert (told, server.mails) == ([], [])
    before = list(server.stages)
    with pytest.raises(error):
        mailing.send(mail_to("an@example.com"), lambda: told.append(1))
    assert server.stages == before  # the server is not asked again in this command


@pytest.mark.parametrize("stage", ["rcpt", "data"])
@pytest.mark.parametrize(
    ("way", "reply", "error"),
    [
        ("reply", "451 4.7.1 greylisted", NotSent),
        ("reply", "550 5.1.1 no such user", Refused),
        ("reply", "421 4.3.2 closing", NotSent),
        ("drop", "", NotSent),
        ("silence", "", NotSent),
    ],
)
def test_before_the_last_dot_it_is_surely_not_sent(server, account, told, stage, way, reply, error):
    server.add(MailFault(stage, way, reply, times=1))
    mailing = account(server, **patience(way))
    with pytest.raises(error):
        mailing.send(mail_to("jo@example.com"), lambda: told.append(1))
    assert (told, server.mails) == ([], [])


@pytest.mark.parametrize(
    ("way", "reply", "error", "taken"),
    [
        ("reply", "251 2.0.0 Taken", None, 0),
        ("reply", "451 4.3.0 later", NotSent, 0),
        ("reply", "421 4.3.2 closing", NotSent, 0),
        ("reply", "354 go on", Unclear, 0),
        ("reply", "hello", Unclear, 0),
        ("reply", "554 5.6.0 no", Refused, 0),
        ("drop", "", Unclear, 1),
        ("silence", "", Unclear, 1),
    ],
)
def test_after_the_last_dot_only_an_answer_makes_it_sure(server, account, told, way, reply, error, taken):
    server.add(MailFault("dot", way, reply, times=1))
    with pytest.raises(error) if error else nullcontext():
        account(server, **patience(way)).send(mail_to("jo@example.com"), lambda: told.append(1))
    assert (told, len(server.mails)) == ([1], taken)


def test_a_mail_that_is_refused_costs_the_next_one_nothing(server, account):
    server.add(MailFault("rcpt", reply="550 5.1.1 no such user", about="jo@"))
    mailing = account(server)
    with pytest.raises(Refused) as caught:
        mailing.send(mail_to("jo@example.com"), lambda: None)
    assert (caught.value.status, caught.value.foreign) == (550, "5.1.1 no such user")
    mailing.send(mail_to("an@example.com"), lambda: None)
    assert len(server.mails) == 1


def test_what_must_not_be_sent_any_more_is_not_taken(server, account):
    def no() -> None:
        raise KeyError("claimed elsewhere")

    with pytest.raises(KeyError):
        account(server).send(mail_to("jo@example.com"), no)
    assert server.mails == []


def test_a_server_that_answers_byte_by_byte_is_left_at_the_deadline(account):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        fake = type("Fake", (), {"port": listening.getsockname()[1], "user": "returns"})()
        mailing = account(fake, exchange_timeout=0.3, security="plain")
        with pytest.raises(AccountUnavailable):
            mailing.send(mail_to("jo@example.com"), lambda: None)


def test_a_certificate_that_nobody_vouches_for_is_refused(server, account):
    with pytest.raises(AccountRefused, match="cannot be verified") as caught:
        account(server, ca_file="").send(mail_to("jo@example.com"), lambda: None)
    assert "ca_file" in caught.value.next_step


def test_a_wrong_password_is_reported_once(server, account):
    mailing = account(server, password="other")
    with pytest.raises(AccountRefused, match="answered 535") as caught:
        mailing.send(mail_to("jo@example.com"), lambda: None)
    assert "password" in caught.value.next_step


def test_a_server_without_starttls_gets_neither_password_nor_mail(account):
    with MailServer() as server:
        with pytest.raises(AccountRefused, match="no STARTTLS"):
            account(server).send(mail_to("jo@example.com"), lambda: None)
        assert "auth" not in server.stages
        assert "mail" not in server.stages


def test_a_domain_of_other_letters_goes_everywhere(server, account):
    account(server).send(mail_to("jan@münchen.example"), lambda: None)
    assert server.mails[0].recipients == ("jan@xn--mnchen-3ya.example",)


def test_two_mails_in_a_row_without_an_answer_are_the_accounts_trouble(server, account):
    server.add(MailFault("dot", "drop"))
    mailing = account(server)
    for number in range(2):
        with pytest.raises(Unclear):
            mailing.send(mail_to(f"jo{number}@example.com"), lambda: None)
    with pytest.raises(AccountUnavailable, match="2 mails in a row"):
        mailing.send(mail_to("jo3@example.com"), lambda: None)
    assert len(server.mails) == 2


def test_what_is_tried_out_goes_to_nobody_else(server, account):
    mailing = account(server, bcc="archive@shop.example", test_to="me@shop.example")
    mailing.send(mail_to("me@shop.example"), lambda: None)
    assert server.mails[0].recipients == ("me@shop.example",)


@pytest.mark.parametrize("settings", [{"host": "smtp..example.com"}, {"username": "jörg"}])
def test_letters_that_cannot_be_sent_are_reported_as_such(server, account, settings):
    with pytest.raises(AccountRefused, match="letters that cannot be sent"):
        account(server, **settings).send(mail_to("jo@example.com"), lambda: None)


def test_a_name_that_a_server_quotes_is_not_repeated(server, account):
    server.add(MailFault("rcpt", reply="550 5.1.1 user cooldude77 unknown"))
    with pytest.raises(Refused) as caught:
        account(server).send(mail_to("cooldude77@example.com"), lambda: None)
    assert "cooldude77" not in caught.value.foreign


@pytest.mark.parametrize("takes_utf8", [True, False])
def test_an_address_of_other_letters_goes_only_where_they_are_taken(account, takes_utf8):
    with MailServer(takes_utf8=takes_utf8) as server:
        mailing = account(server, security="plain", username="")
        if takes_utf8:
            mailing.send(mail_to("jörg@example.com"), lambda: None)
            assert server.mails[0].recipients == ("jörg@example.com",)
        else:
            with pytest.raises(UnmailableError):
                mailing.send(mail_to("jörg@example.com"), lambda: None)
            assert server.mails == []


def test_a_copy_goes_by_the_envelope_alone_and_costs_nothing_where_it_is_refused(server, account):
    mailing = account(server, bcc="archive@shop.example")
    mailing.send(mail_to("jo@example.com"), lambda: None)
    assert server.mails[0].recipients == ("jo@example.com", "archive@shop.example")
    assert b"archive" not in server.mails[0].content
    server.add(MailFault("rcpt", reply="550 5.1.1 no such user", about="archive@"))
    mailing.send(mail_to("an@example.com"), lambda: None)
    assert server.mails[1].recipients == ("an@example.com",)
