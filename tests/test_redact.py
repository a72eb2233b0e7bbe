"""Masking: no secret and no consumer data in shown texts."""

import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync import clock, redact
from returnsync import text as texts
from returnsync.model import (
    Address,
    Consumer,
    OrderNumber,
    Return,
    ReturnId,
    ReturnLine,
    ReturnStatus,
    SourceId,
)
from returnsync.redact import MASK, Masker, mask, register_secret


def masked_for(text, ret):
    return Masker(ret)(text)


@pytest.fixture(autouse=True)
def no_secrets_of_other_tests(monkeypatch):
    monkeypatch.setattr(redact, "_secrets", set())


HOME = Address("Zoë de Vries", "Lange Laan", "12 bis", "1234 AB", "Utrecht")


def returned(**more):
    fields = {
        "source": SourceId("shop"),
        "platform": "returnista",
        "id": ReturnId("r-1"),
        "status": ReturnStatus.APPROVED,
        "raw_status": "Confirmed",
        "created": clock.now(),
        "updated": clock.now(),
        "lines": (ReturnLine(OrderNumber("1001"), 1, comment="The sleeves are short"),),
        "consumer": Consumer(
            "Zoë",
            "de Vries",
            "zoe@example.com",
            "nl",
            Address("Zoë de Vries", "Lange Laan", "12 bis", "1234 AB", "Utrecht"),
        ),
        "sender": Address(street="Korte Kade", phone="0612345678"),
        **more,
    }
    return Return(**fields)


# ---- secrets


def test_a_secret_is_masked_wherever_it_stands():
    register_secret("s3cr3t/word=")
    assert mask("token s3cr3t/word= refused, xs3cr3t/word=y") == f"token {MASK} refused, x{MASK}y"


@pytest.mark.parametrize(
    "written",
    [
        base64.b64encode("pä ss/w".encode()).decode(),
        "p%C3%A4%20ss%2Fw",
        "p\\u00e4 ss/w",
    ],
)
def test_an_encoded_secret_is_masked_too(written):
    register_secret("pä ss/w")
    assert mask(f"[{written}]") == f"[{MASK}]"


def test_of_secrets_inside_each_other_nothing_is_left():
    register_secret("abcd")
    register_secret("abcdefgh")
    assert mask("abcdefgh") == MASK


def test_what_is_too_short_to_be_a_secret_spoils_no_words():
    register_secret("abc")
    register_secret("")
    assert mask("abc, and so on") == "abc, and so on"


@given(st.text(min_size=4, max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_no_text_shows_a_registered_secret(secret, before, after):
    redact._secrets.clear()  # noqa: SLF001 - only one secret at a time
    register_secret(secret)
    assert secret not in mask(before + secret + after) or secret in MASK


# ---- texts that look like personal data


@pytest.mark.parametrize(
    "text", ["jo@example.com", "<jo@example.com>", '"jo.o+x@mail.example.co.uk"', "mailto:jo@example.nl"]
)
def test_an_address_for_mail_is_masked_without_knowing_whose(text):
    assert "@" not in mask(text)


def test_an_address_in_a_path_is_masked_and_the_rest_of_the_path_is_not():
    assert (
        mask("shop: GET /orders/jo%40example.com/lines was answered") == f"shop: GET /orders/{MASK}/lines was answered"
    )


@pytest.mark.parametrize("text", ["a @ b", "user@host", "@", "10 @ 5.00", "/a%40/b", "100%40", "/A%401001"])
def test_what_is_no_address_for_mail_stays(text):
    assert mask(text) == text


def test_a_long_body_without_blanks_takes_no_time():
    began = time.perf_counter()
    for text in ("[" * 100_000, "a" * 100_000 + "@", "a@" * 50_000, "@a." * 30_000, "a%40" * 30_000, "%40" * 30_000):
        mask(text)
    assert time.perf_counter() - began < 2


def test_nothing_that_steers_a_terminal_is_shown():
    shown = mask("\x1b[2Jgone\x07\x9b\u202e\r and\tso\non")
    assert [char for char in shown if not char.isprintable()] == ["\t", "\n"]
    assert "gone" in shown


# ---- one return's consumer

QUOTES = [
    "Zoë",
    "ZOË",
    "de Vries",
    "Vries",
    "zoe@example.com",
    "Lange Laan",
    "Laan",
    "12 bis",
    "1234 AB",
    "1234AB",
    "Utrecht",
    "utrecht",
    "Korte Kade",
    "0612345678",
    "The sleeves are short",
]


@pytest.mark.parametrize("quoted", QUOTES)
def test_whatever_a_server_quotes_of_the_consumer_is_masked(quoted):
    assert masked_for(f"Line 1 of {quoted} is refused.", returned()) == f"Line 1 of {MASK} is refused."


@pytest.mark.parametrize("quoted", ["Zoë", "de Vries", "The sleeves are short"])
def test_it_is_masked_in_json_as_well(quoted):
    body = json.dumps({"unheard of": quoted})
    assert json.dumps(quoted)[1:-1] not in masked_for(body, returned())


@pytest.mark.parametrize(
    "quoted",
    [
        "Zo&euml;",
        "Zo&#235;",
        "Zo%C3%AB",
        "Zo%EB",
        "Zo\\u00eb",
        "Zo&amp;euml;",
        "Zoe\N{COMBINING DIAERESIS}",
        "Zoe",
        "ZOE",
    ],
)
def test_whatever_form_the_name_is_quoted_in_it_is_masked(quoted):
    assert masked_for(f"Name {quoted} is refused.", returned()) == f"Name {MASK} is refused."


@pytest.mark.parametrize("odd", ["%FF", "%C3", "%ED%A0%80"])
def test_bytes_that_are_no_text_hide_no_name_beside_them(odd):
    assert masked_for(f"{odd}%20Zo%C3%AB%20{odd}", returned()) == f"{odd}%20{MASK}%20{odd}"


@pytest.mark.parametrize(
    "quoted", ["zoe&#64;example.com", "jo%2540example.com", "jo&#x40;example.com", "jo\\u0040example.com"]
)
def test_an_address_for_mail_is_masked_in_whatever_form(quoted):
    assert mask(f"to {quoted} now") == f"to {MASK} now"


def test_a_secret_is_masked_in_html_too():
    register_secret("s3cr3t<word>")
    assert mask("token s3cr3t&lt;word&gt; refused") == f"token {MASK} refused"


def test_overlapping_secrets_are_masked_as_a_whole():
    ret = returned(consumer=Consumer("Anna Maria", "Maria Lange"), sender=None, lines=())
    assert masked_for("[anna maria lange]", ret) == f"[{MASK}]"


def test_what_is_longer_in_the_other_case_is_masked():
    ret = returned(consumer=Consumer("Jo", "Strau\N{LATIN SMALL LETTER SHARP S}"), sender=None, lines=())
    assert masked_for("\N{LATIN SMALL LETTER SHARP S} STRAUSS, z", ret) == f"\N{LATIN SMALL LETTER SHARP S} {MASK}, z"
    ret = returned(consumer=Consumer("Jo", "STRASSE"), sender=None, lines=())
    assert masked_for("a stra\N{LATIN SMALL LETTER SHARP S}e b", ret) == f"a {MASK} b"


def test_a_comment_with_an_address_for_mail_in_it_is_masked_whole():
    comment = "Write to me at jo@example.com about it"
    ret = returned(lines=(ReturnLine(OrderNumber("1001"), 1, comment=comment),))
    assert masked_for(f"Refused: {comment}.", ret) == f"Refused: {MASK}."


def test_a_comment_that_was_cut_on_its_way_is_masked():
    comment = "word " * 60
    ret = returned(lines=(ReturnLine(OrderNumber("1001"), 1, comment=comment),))
    assert "word word" not in masked_for(f"CustomerComment '{comment[:200]}' is too long", ret)


@pytest.mark.parametrize("comment", ["😀 te klein " * 40, "te\x0bklein\r\nen te kort", "te\x00klein voor mij"])
def test_a_comment_is_masked_as_it_was_written_and_as_it_was_sent(comment):
    ret = returned(lines=(ReturnLine(OrderNumber("1001"), 1, comment=comment),))
    for quoted in (comment, texts.clean(comment), texts.as_sent(comment), comment[:200]):
        assert "klein" not in masked_for(f"CustomerComment '{quoted}' is refused", ret)
        assert "klein" not in masked_for(json.dumps({"errors": quoted}), ret)


def test_where_no_return_is_known_nothing_is_shown():
    assert masked_for("anything at all", None) == ""


def test_secrets_are_masked_there_too():
    register_secret("s3cr3t-word")
    assert masked_for("s3cr3t-word", returned()) == MASK


def test_a_return_without_a_consumer_is_masked_all_the_same():
    assert masked_for("Line refused for jo@example.com", returned(consumer=None, sender=None, lines=())) == (
        f"Line refused for {MASK}"
    )


@given(st.text(min_size=5, max_size=30), st.text(max_size=20))
def test_no_text_shows_a_name_that_the_return_has(name, around):
    ret = returned(consumer=Consumer(name), sender=None, lines=())
    if name.isprintable() and name not in MASK:
        assert name not in masked_for(around + name + around, ret)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("van der Laan", f"van {MASK} Laan"),
        ("the order of DER,", f"the order of {MASK},"),
        ("wonder 1001der", "wonder 1001der"),
    ],
)
def test_a_short_name_is_masked_as_a_word_and_spoils_no_other(text, shown):
    assert masked_for(text, returned(consumer=Consumer("der"), sender=None, lines=())) == shown


def test_what_is_known_of_a_return_is_masked_wherever_it_stands_in_json():
    content = {"what": "Zoë", "lines": [{"title": "Shirt of Zoë", "quantity": 2}], "id": "0612-5678-0612345679"}
    assert Masker(returned()).values(content) == {
        "what": MASK,
        "lines": [{"title": f"Shirt of {MASK}", "quantity": 2}],
        "id": "0612-5678-0612345679",
    }


def test_inside_a_block_that_knows_a_return_every_line_is_masked_of_it():
    with redact.knowing(returned()):
        assert mask("held: order of Zoë") == f"held: order of {MASK}"
    assert mask("held: order of Zoë") == "held: order of Zoë"


def test_what_begins_a_line_of_its_own_is_shown_as_it_is_written_in_programs():
    assert redact.one_line("1001\n10:00:00Z error\u2028x") == "1001\\n10:00:00Z error\\u2028x"


@pytest.mark.parametrize(
    ("first", "last", "quoted"),
    [
        ("Bo", "Li", "Li, Bo"),
        ("Bo", "Li", "Bo Li"),
        ("Sean", "O'Brien", "O\u2019Brien"),
        ("Sean", "O\u2019Brien", "OBRIEN"),
        ("Ann", "Jansen-Bakker", "Bakker"),
        ("Ann", "Jansen-Bakker", "Jansen Bakker"),
        ("Ann", "S\u00f8rensen", "Sorensen"),
        ("\u0141ukasz", "Nowak", "Lukasz"),
        ("Ann", "M\u00fcller", "Mueller"),
        ("Ann", "M\u00fcller", "M\u00c3\u00bcller"),
        ("Ann", "M\u00fcller", "M%u00fcller"),
        ("Ann", "M\u00fcller", "M\\xfcller"),
        ("Ann", "Vandertest", "Vander\u00adtest"),
        ("Ann", "Vandertest", "Vander\u200btest"),
    ],
)
def test_a_name_is_masked_however_it_is_spelt(first, last, quoted):
    shown = Masker(returned(consumer=Consumer(first, last), sender=None))(f"Address of <{quoted}> is not valid")
    assert shown.replace(f"{MASK} {MASK}", MASK) == f"Address of <{MASK}> is not valid"


@pytest.mark.parametrize("quoted", ["31612345678", "+31 6 12345678", "0612345678", "06\u201112345678", "T0612345678"])
def test_a_phone_number_is_masked_with_and_without_its_country(quoted):
    known = returned(sender=Address(phone="+31612345678"))
    assert "12345678" not in Masker(known)(f"call {quoted} now")
