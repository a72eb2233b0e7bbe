"""`[mail]` and the settings of hand-overs: a wrong value is reported, with what to write instead."""

import pytest

MAIL = '\n[mail]\nhost = "smtp.example.com"\nfrom = "Shop <returns@shop.example>"\n'


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('security = "plain"', "only for this machine"),
        ('username = "returns"', "belong together"),
        ('password = "env:MAIL_PASSWORD"', "belong together"),
        ('password = "Zonnebloempit"\nusername = "returns"', "must be a reference"),
        ('reply_to = "an@shop.example, jo@shop.example"', "must be one address"),
        ('bcc = "shop"', "must be one address"),
        ('test_to = "jö@shop.example"', "only ASCII letters"),
        ("port = 0", "port: must be"),
        ('from_ = "an@shop.example"', "did you mean from?"),
    ],
)
def test_an_error_in_the_mail_account_is_reported_with_its_line(config_file, valid, lines, words):
    problem = config_file.problem(f"{valid}{MAIL}{lines}\n")
    assert (words in problem, "Zonnebloempit" in problem) == (True, False), problem


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_mails_may_go_in_the_clear_to_this_machine(config_file, valid, host):
    config_file.load(f'{valid}{MAIL.replace("smtp.example.com", host)}security = "plain"\n')


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('hand_over = ["email"]', "there is no table [mail]"),
        ('hand_over = ["command"]', "write hand_over_command ="),
        ('hand_over = ["post"]', "hand_over"),
        ('drop_off = { PostNL = "http://carrier.example/points" }', "must be an https address"),
        ('drop_off = { PostNL = "javascript:alert(1)" }', "must be an https address"),
        ("send_within_days = 0", "must be at least 1"),
        ('language = "it"', 'must be one of "en", "nl", "de", "fr"'),
    ],
)
def test_what_cannot_bring_a_label_to_its_consumer_is_reported_before_a_run(config_file, valid, line, words):
    problem = config_file.problem(f"{valid}\n{line}\n")
    assert words in problem
