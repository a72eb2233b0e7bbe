"""A text after it is decoded, and where in the original its characters were."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.decoded import decoded


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("M&uuml;ller", "Müller"),
        ("M&#252;ller and M&#xFC;ller", "Müller and Müller"),
        ("O&#39;Hara", "O'Hara"),
        ("M%C3%BCller%20Laan", "Müller Laan"),
        ("M%FCller", "Müller"),
        ("%4D%C3%BC%6C%6C%65%72%FF", "Müllerÿ"),
        ("%FF%F0%9F%98%80%FC", "ÿ😀ü"),
        ("M\\u00fcller \\ud83d\\ude00", "Müller 😀"),
        ("a\\nb", "a\nb"),
        ("M&amp;uuml;ller", "Müller"),
        ("M%2526uuml%253Bller", "Müller"),
    ],
)
def test_it_reads_as_it_was_before_it_was_quoted(text, reads):
    found = decoded(text)
    assert found is not None
    assert found.text == reads


@pytest.mark.parametrize("text", ["", "Müller", "100 %", "a & b", "C:\\new", "&nothing;"])
def test_what_is_not_encoded_is_left_alone(text):
    found = decoded(text)
    assert found is None or found.text != text


@given(st.text(alphabet="aü&;#%C3BuUamp\\0xF0n 1", max_size=40))
def test_each_character_comes_from_a_stretch_of_the_text_in_order(text):
    found = decoded(text)
    if found is None:
        return
    assert len(found.text) == len(found.begins) == len(found.ends)
    assert found.begins == sorted(found.begins)
    assert all(0 <= begin < end <= len(text) for begin, end in zip(found.begins, found.ends, strict=True))


def test_a_long_text_takes_time_in_proportion_to_its_length():
    began = time.perf_counter()
    for text in ("%" * 200_000, "&" * 200_000, "%C3%BC" * 50_000, "&amp;" * 50_000, "\\u00fc" * 50_000):
        decoded(text)
    assert time.perf_counter() - began < 5
