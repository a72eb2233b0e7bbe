"""Order numbers, reasons and carriers: what each becomes at the warehouse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from returnsync.errors import ConfigError
from returnsync.mapping import carriers, reasons
from returnsync.mapping.order_numbers import OrderNumberRule, to_warehouse
from returnsync.mapping.reasons import Pairing, Pairings
from returnsync.model import OrderNumber, Reason

RULES = TypeAdapter(tuple[OrderNumberRule, ...])


def becomes(number, *rules):
    return to_warehouse(OrderNumber(number), RULES.validate_python(rules))


# ---- order numbers


@pytest.mark.parametrize(
    ("number", "rules", "result"),
    [
        ("#1001", [], "#1001"),
        ("#1001", [{"strip_prefix": "#"}], "1001"),
        ("1001", [{"strip_prefix": "#"}], "1001"),
        ("##1001", [{"strip_prefix": "#"}], "#1001"),
        ("1#001", [{"strip_prefix": "#"}], "1#001"),
        ("EXC-77", [{"pattern": "^EXC-(.+)$", "replace": r"\1"}], "77"),
        ("XEXC-77", [{"pattern": "^EXC-(.+)$", "replace": r"\1"}], "XEXC-77"),
        ("a-a-a", [{"pattern": "a", "replace": "b"}], "b-a-a"),
        ("#EXC-77", [{"strip_prefix": "#"}, {"pattern": "^EXC-", "replace": ""}], "77"),
        ("#EXC-77", [{"pattern": "^EXC-", "replace": ""}, {"strip_prefix": "#"}], "EXC-77"),
        (" #1001 ", [{"strip_prefix": "#"}], "1001"),
        ("# 1001", [{"strip_prefix": "#"}], "1001"),
        ("1001", [{"pattern": "$", "replace": "-NL"}], "1001-NL"),
        ("#", [{"strip_prefix": "#"}], ""),
    ],
)
def test_rules_are_applied_once_and_in_order(number, rules, result):
    assert becomes(number, *rules) == result


@pytest.mark.parametrize(
    "rule",
    [{}, {"strip_prefix": ""}, {"pattern": "(", "replace": ""}, {"pattern": "a"}, {"strip_prefix": "#", "x": 1}, "#"],
)
def test_a_rule_that_is_none_is_refused(rule):
    with pytest.raises(ValidationError):
        RULES.validate_python([rule])


@given(st.text())
def test_without_rules_only_blanks_at_the_ends_go(number):
    assert becomes(number) == number.strip()


# ---- reasons


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("sub_return_reasons.sleeve_too_short", "sleeve too short"),
        ("return_reasons.doesnt_look_good", "doesnt look good"),
        ("TOO-SMALL", "TOO SMALL"),
        ("plain", "plain"),
        ("a.b.c_d", "c d"),
        ("", ""),
        ("_x_", "x"),
    ],
)
def test_a_key_can_be_read(key, words):
    assert reasons.readable(key) == words


def test_a_reason_in_words_names_the_main_reason_first():
    main = Reason("return_reasons.too_small", "Too small")
    assert reasons.words(main) == "Too small"
    assert reasons.words(Reason("sub.sleeve_too_short", parent=main)) == "Too small: sleeve too short"
    assert reasons.words(Reason("sub.x", "Sleeve", parent=Reason("main_key"))) == "main key: Sleeve"


MAIN, SUB = Reason("main"), Reason("sub", parent=Reason("main"))
ONE, TWO, THREE, FOUR = (Pairing(id=number) for number in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("sources", "platforms", "found"),
    [
        ({"shop": {"sub": ONE, "main": TWO}}, {"returnista": {"sub": THREE, "main": FOUR}}, [ONE, THREE, TWO, FOUR]),
        ({"shop": {"main": TWO}}, {"returnista": {"sub": THREE, "main": FOUR}}, [THREE, TWO, FOUR]),
        ({"shop": {"main": TWO}}, {"returnista": {"main": FOUR}}, [TWO, FOUR]),
        ({}, {"returnista": {"main": FOUR}}, [FOUR]),
        ({"other": {"sub": ONE}}, {"loop": {"sub": THREE}}, []),
        ({}, {}, []),
    ],
)
def test_the_reason_itself_goes_before_its_main_reason_and_the_source_before_its_platform(sources, platforms, found):
    assert list(Pairings(sources, platforms).find("shop", "returnista", SUB)) == found


def test_a_main_reason_is_never_paired_by_one_of_its_sub_reasons():
    assert list(Pairings({"shop": {"sub": ONE}}, {}).find("shop", "returnista", MAIN)) == []


@pytest.mark.parametrize(
    ("pairings", "any_at_all"),
    [
        (Pairings(), False),
        (Pairings({"shop": {}}, {"returnista": {}}), False),
        (Pairings({"shop": {"a": ONE}}, {}), True),
        (Pairings({}, {"returnista": {"a": ONE}}), True),
    ],
)
def test_it_is_known_whether_anything_is_paired(pairings, any_at_all):
    assert bool(pairings) is any_at_all


def test_the_file_of_pairings_is_read(tmp_path):
    file = tmp_path / "reasons.toml"
    file.write_text(
        '[sources.shop."return_reasons.too_small"]\nid = 2447\nparent_id = 1\nlabel = "Te klein"\n'
        "[platforms.returnista.damaged]\nid = 2453\n",
        encoding="utf-8",
    )
    found = reasons.load(file)
    small = Pairing(id=2447, parent_id=1, label="Te klein")
    assert list(found.find("shop", "returnista", Reason("return_reasons.too_small"))) == [small]
    assert list(found.find("else", "returnista", Reason("damaged"))) == [Pairing(id=2453)]
    assert found.ids() == {2447, 2453}


def test_without_a_file_nothing_is_paired(tmp_path):
    assert not reasons.load(tmp_path / "reasons.toml")


@pytest.mark.parametrize(
    "content",
    [b"[sources", b"[sources.shop.a]\nid = 'x'\n", b"[sorces.shop.a]\nid = 1\n", b"[sources.shop.a]\n", b"\xff\xfe"],
)
def test_a_file_of_pairings_that_is_none_is_told_with_its_place(tmp_path, content):
    file = tmp_path / "reasons.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as told:
        reasons.load(file)
    assert str(file) in told.value.what
    assert told.value.next_step


# ---- carriers


def test_a_carrier_is_the_one_mapped_else_the_default():
    table = {"postnl_parcel": "PostNL", "": "DPD"}
    assert carriers.choose("postnl_parcel", table, "UPS") == "PostNL"
    assert carriers.choose("PostNL_Parcel", table, "UPS") == "UPS"
    assert carriers.choose("", {}, "UPS") == "UPS"
