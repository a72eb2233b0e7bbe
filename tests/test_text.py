"""Texts for a warehouse: only characters that XML allows, on one line, and no longer than the warehouse allows."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from returnsync.text import TEXT_LIMIT, as_sent, clean, cut, forms, units

ANY = st.text(st.characters() | st.characters(categories=["Cs", "Cc", "Mn"]), max_size=600)
FAMILY = "👨\u200d👩\u200d👧"


def in_utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("te\x0bklein", "te klein"),
        ("te\x00klein", "teklein"),
        ("one\r\ntwo\tthree\x85four\u2028five", "one two three four five"),
        ("\x1b[31mred\x9b0m", "[31mred0m"),
        ("half \ud83d", "half"),
        ("\ude00half", "half"),
        ("\ud83d\ude00", "😀"),
        ("no\ufffe such\uffff", "no such"),
        ("  blanks around \n", "blanks around"),
        ("\x00\x07", ""),
        ("Größe ✂ → 日本 e\u0301", "Größe ✂ → 日本 e\u0301"),
    ],
)
def test_a_text_is_sent_on_one_line_without_what_xml_cannot_hold(given, sent):
    assert clean(given) == sent


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("x" * 201, "x" * 200),
        ("😀" * 101, "😀" * 100),
        ("x" + "😀" * 100, "x" + "😀" * 99),
        ("x" * 199 + "e\u0301", "x" * 199),
        ("x" * 196 + FAMILY, "x" * 196),
        ("x" * 198 + "👍🏽", "x" * 198),
        ("x" * 199 + " y", "x" * 199),
        ("e" + "\u0301" * 300, "e" + "\u0301" * 199),
        (FAMILY * 30, FAMILY * 25),
    ],
)
def test_a_text_ends_where_a_character_as_shown_ends(given, sent):
    assert cut(given) == sent


@given(ANY, st.integers(1, 300))
@example("\ud83d" * 3 + "\ude00", 1)
def test_what_is_sent_fits_and_is_the_beginning_of_the_clean_text(text, limit):
    sent = as_sent(text, limit)
    assert in_utf16(sent) <= limit
    assert clean(text).startswith(sent)
    assert clean(sent) == sent


@given(ANY)
def test_no_text_is_cut_that_fits(text):
    whole = clean(text)
    assert units(whole) == in_utf16(whole)
    assert (as_sent(text) == whole) is (in_utf16(whole) <= TEXT_LIMIT) or whole == ""


def test_a_text_may_be_quoted_as_written_as_sent_and_as_earlier_versions_sent_it():
    comment = "\v" + "😀" * 250
    assert {comment, "😀" * 250, "😀" * 100, comment[:200]} <= {*forms(comment)}
