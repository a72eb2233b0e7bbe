"""JSON that is nearly right: one odd value in it spoils nothing else."""

import json

import pytest

from returnsync.http.decoding import OddValue, decode_json, dump_json


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 31, "-" + "9" * 40])
def test_a_number_that_no_later_step_can_take_is_odd_and_keeps_how_it_was_written(written):
    assert decode_json(f'[1, {written}, "x"]') == [1, OddValue(written), "x"]


def test_an_odd_value_is_neither_a_text_nor_a_number():
    assert not isinstance(decode_json("NaN"), str | int | float | bool | list | dict)


def test_raw_control_characters_are_allowed_in_texts():
    assert decode_json('{"a": "x\x01y\tz\n"}') == {"a": "x\x01y\tz\n"}


@pytest.mark.parametrize(
    ("body", "content_type", "read"),
    [
        (b'"caf\xe9"', "application/json", "caf\ufffd"),
        (b'"caf\xe9"', "application/json; charset=iso-8859-1", "café"),
        (b'"caf\xe9"', "text/plain; charset=Windows-1252", "café"),
        ('"café"'.encode(), "application/json; charset=iso-8859-1", "café"),
        (b'"caf\xe9"', "application/json; charset=utf-7", "caf\ufffd"),
        (b'"caf\xe9"', "application/json; charset=rot13", "caf\ufffd"),
        (b'"caf\xe9"', "application/json; charset=no-such", "caf\ufffd"),
        (b'"\xed\xa0\xbd"', "application/json", "\ufffd" * 3),
        ('"café"'.encode("utf-16"), "application/json", "café"),
    ],
)
def test_bytes_that_are_no_utf_8_are_read_in_the_charset_that_is_named_else_marked(body, content_type, read):
    assert decode_json(body, content_type) == read


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_too_deeply_nested_values_are_cut_out_and_the_others_are_read(opening, closing):
    deep = opening * 5000 + "1" + closing * 5000
    first, second, third = decode_json(f'[{{"id": 1, "text": "]}}[\\""}}, {deep}, {{"id": 3}}]')
    assert (first, third) == ({"id": 1, "text": ']}["'}, {"id": 3})
    levels = 0
    while isinstance(second, list | dict):
        second = second[0] if isinstance(second, list) else second["a"]
        levels += 1
    assert (levels, isinstance(second, OddValue)) == (99, True)


@pytest.mark.parametrize(
    "body", ["", " ", "{", "[1,", '{"a": 1}}', "<html>", "[" * 5000, "[" * 5000 + "]" * 4000, b"\xff"]
)
def test_what_is_no_json_or_cut_is_refused(body):
    with pytest.raises(ValueError, match=r"nothing in it|broken|too deep"):
        decode_json(body)


def test_what_was_read_can_be_written_again_whatever_it_holds():
    given = decode_json('{"b": NaN, "a": "x\\ud83d\x00"}')
    assert json.loads(dump_json(given, sort=True)) == {"a": "x\ufffd\x00", "b": "NaN"}
    assert dump_json(given).encode()
    deep = decode_json("[" * 900 + "]" * 900)
    for _ in range(200):
        deep = [deep]
    assert "nested too deeply" in dump_json(deep)
