"""Order numbers: what the rules of a source make from the platform's number."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from returnsync.errors import HoldError
from returnsync.mapping.order_numbers import Answered, apply_each, to_warehouse
from returnsync.mapping.order_rules import OrderNumberRule
from returnsync.model import OrderNumber

RULES = TypeAdapter(tuple[OrderNumberRule, ...])
LOOKUP = {"lookup": "https://erp.example.com/orders/{number}", "find": "order.number"}


class Elsewhere:
    """One table and one ERP for all rules, and what was asked for."""

    def __init__(self, table=None, erp=None):
        self.rows = table or {}
        self.erp = erp or {}
        self.asked = []

    def table(self, _rule):
        return self.rows

    def look_up(self, _rule, number):
        self.asked.append(number)
        return Answered(self.erp.get(number, ""))


def rules_of(*rules):
    return RULES.validate_python(rules)


def becomes(number, *rules, **elsewhere):
    return to_warehouse(OrderNumber(number), rules_of(*rules), Elsewhere(**elsewhere))


@pytest.mark.parametrize(
    ("number", "rules", "result"),
    [
        ("#1001", [], "#1001"),
        ("#1001", [{"strip_prefix": "#"}], "1001"),
        ("1001", [{"strip_prefix": "#"}], "1001"),
        ("##1001", [{"strip_prefix": "#"}], "#1001"),
        ("1#001", [{"strip_prefix": "#"}], "1#001"),
        ("1001-NL", [{"strip_suffix": "-NL"}], "1001"),
        ("1001-NL-NL", [{"strip_suffix": "-NL"}], "1001-NL"),
        ("-NL1001", [{"strip_suffix": "-NL"}], "-NL1001"),
        ("EXC-77", [{"pattern": "^EXC-(.+)$", "replace": r"\1"}], "77"),
        ("XEXC-77", [{"pattern": "^EXC-(.+)$", "replace": r"\1"}], "XEXC-77"),
        ("a-a-a", [{"pattern": "a", "replace": "b"}], "b-a-a"),
        ("77", [{"pattern": r"(?P<n>\d+)", "replace": r"W\g<n>"}], "W77"),
        ("77", [{"pattern": r"(x)?(\d+)", "replace": r"\1\2"}], "77"),
        ("#EXC-77", [{"strip_prefix": "#"}, {"pattern": "^EXC-", "replace": ""}], "77"),
        ("#EXC-77", [{"pattern": "^EXC-", "replace": ""}, {"strip_prefix": "#"}], "EXC-77"),
        (" #1001 ", [{"strip_prefix": "#"}], "1001"),
        ("# 1001", [{"strip_prefix": "#"}], "1001"),
        ("1001", [{"pattern": "$", "replace": "-NL"}], "1001-NL"),
        ("#", [{"strip_prefix": "#"}], ""),
        ("nl-7", [{"case": "upper"}], "NL-7"),
        ("NL-7", [{"case": "lower"}], "nl-7"),
        ("nl-7", [{"strip_prefix": "NL-"}, {"case": "upper"}], "NL-7"),
        ("nl-7", [{"case": "upper"}, {"strip_prefix": "NL-"}], "7"),
    ],
)
def test_rules_are_applied_once_and_in_order(number, rules, result):
    assert becomes(number, *rules) == result


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"strip_prefix": ""},
        {"strip_suffix": ""},
        {"pattern": "(", "replace": ""},
        {"pattern": "a"},
        {"replace": "a"},
        {"pattern": "(a)", "replace": r"\2"},
        {"pattern": "(a)", "replace": r"\g<b>"},
        {"pattern": "(a)", "replace": "\\"},
        {"case": "title"},
        {"table": ""},
        {"table": "a.csv", "missing": "guess"},
        {"lookup": "https://erp.example.com/orders", "find": "a"},
        {**LOOKUP, "find": "a["},
        {**LOOKUP, "find": ""},
        {"lookup": LOOKUP["lookup"]},
        {**LOOKUP, "bearer": "the secret itself"},
        {**LOOKUP, "username": "env:U"},
        {**LOOKUP, "header": "X-Key"},
        {**LOOKUP, "key": "env:K"},
        {**LOOKUP, "header": "X Key", "key": "env:K"},
        {**LOOKUP, "bearer": "env:B", "header": "X-Key", "key": "env:K"},
        {**LOOKUP, "bearer": "env:B", "username": "env:U", "password": "env:P"},
        {"strip_prefix": "#", "x": 1},
        {"strip_prefix": "#", "case": "upper"},
        "#",
        None,
    ],
)
def test_a_rule_that_is_none_is_refused(rule):
    with pytest.raises(ValidationError):
        rules_of(rule)


# ---- tables and lookups


def test_a_table_says_which_number_stands_for_which_and_others_pass():
    rule = {"table": "orders.csv"}
    assert becomes("1", rule, table={"1": "W-1"}) == "W-1"
    assert becomes("2", rule, table={"1": "W-1"}) == "2"


def test_a_table_can_hold_what_is_not_in_it():
    with pytest.raises(HoldError) as held:
        becomes("#2", {"strip_prefix": "#"}, {"table": "orders.csv", "missing": "hold"}, table={"1": "W-1"})
    assert held.value.cause == "order-number-unknown"
    assert "'2'" in held.value.what
    assert "held retry <CODE>" in held.value.next_step


def test_a_lookup_is_asked_for_what_the_rules_before_it_left():
    there = Elsewhere(erp={"7": "W-7"})
    assert (
        to_warehouse(OrderNumber(" #7"), rules_of({"strip_prefix": "#"}, LOOKUP, {"strip_prefix": "W-"}), there) == "7"
    )
    assert there.asked == ["7"]


def test_a_number_that_a_lookup_does_not_know_holds_the_return():
    with pytest.raises(HoldError) as held:
        becomes("8", LOOKUP, erp={"7": "W-7"})
    assert held.value.cause == "order-number-unknown"


@pytest.mark.parametrize(
    ("find", "content", "number"),
    [
        ("order.number", {"order": {"number": "W-1"}}, "W-1"),
        ("order.number", {"order": {"number": 1001}}, "1001"),
        ("order.number", {"order": {"number": 0}}, "0"),
        ("order.number", {"order": {"number": " W-1 "}}, "W-1"),
        ("orders[0].number", {"orders": [{"number": "W-1"}, {"number": "W-2"}]}, "W-1"),
        ("[0]", ["W-1"], "W-1"),
        ("@", "W-1", "W-1"),
        ("order.number", {}, ""),
        ("order.number", None, ""),
        ("order.number", {"order": {"number": None}}, ""),
        ("order.number", {"order": {"number": "  "}}, ""),
        ("orders[*].number", {"orders": []}, ""),
    ],
)
def test_the_number_is_found_in_an_answer(find, content, number):
    (rule,) = rules_of({**LOOKUP, "find": find})
    assert rule.pick(content) == number


@pytest.mark.parametrize("found", [True, False, 1001.5, ["s3cr3t"], {"s3cr3t": 1}])
def test_what_is_neither_a_text_nor_a_whole_number_is_no_number_and_is_not_repeated(found):
    (rule,) = rules_of({**LOOKUP, "find": "a"})
    with pytest.raises(ValueError, match="where the order number should be") as told:
        rule.pick({"a": found})
    assert "s3cr3t" not in str(told.value)


def test_an_expression_that_cannot_be_applied_finds_no_number():
    (rule,) = rules_of({**LOOKUP, "find": "max(@)"})
    with pytest.raises(ValueError, match="cannot be applied"):
        rule.pick({"a": "b"})


# ---- rule by rule


def test_each_rule_is_shown_as_one_writes_it_and_the_number_after_it():
    rules = rules_of(
        {"strip_prefix": "#"},
        {"pattern": r"^EXC-(\d+)$", "replace": r"\1"},
        {"table": "orders.csv", "missing": "pass"},
        {**LOOKUP, "bearer": "env:ERP_TOKEN"},
    )
    found = list(apply_each(OrderNumber("#EXC-7"), rules, Elsewhere(erp={"7": "W-7"})))
    assert [(str(one.rule), one.number, one.note) for one in found] == [
        ('{ strip_prefix = "#" }', "EXC-7", ""),
        (r"{ pattern = '^EXC-(\d+)$', replace = '\1' }", "7", ""),
        ('{ table = "orders.csv", missing = "pass" }', "7", "not in the table"),
        ('{ lookup = "https://erp.example.com/…", find = "order.number" }', "W-7", ""),
    ]


def test_what_went_well_before_a_rule_failed_is_shown():
    found = apply_each(OrderNumber("#7"), rules_of({"strip_prefix": "#"}, LOOKUP), Elsewhere())
    assert next(found).number == "7"
    with pytest.raises(HoldError):
        next(found)


def test_neither_credentials_nor_the_query_of_an_address_are_shown():
    (rule,) = rules_of(
        {
            "lookup": "https://erp.example.com/x?key=s3cr3t&q={number}",
            "find": "a",
            "username": "command:pass s3cr3t",
            "password": "command:pass s3cr3t",
        }
    )
    assert str(rule) == '{ lookup = "https://erp.example.com/…", find = "a" }'


# ---- whatever the number


PLAIN = st.one_of(
    st.builds(lambda text: {"strip_prefix": text}, st.text(min_size=1)),
    st.builds(lambda text: {"strip_suffix": text}, st.text(min_size=1)),
    st.builds(
        lambda text, to: {"pattern": re.escape(text), "replace": re.escape(to)}, st.text(min_size=1), st.just("x")
    ),
    st.builds(lambda case: {"case": case}, st.sampled_from(["upper", "lower"])),
)


@given(st.text(), st.lists(PLAIN, max_size=4))
def test_plain_rules_never_fail_and_always_give_the_same(number, rules):
    first = becomes(number, *rules)
    assert first == becomes(number, *rules)
    assert first == first.strip()


@given(st.text())
def test_without_rules_only_blanks_at_the_ends_go(number):
    assert becomes(number) == number.strip()


@given(st.text(), st.text(min_size=1))
def test_stripping_only_ever_takes_off(number, part):
    assert number.strip().endswith(becomes(number, {"strip_prefix": part}))
    assert number.strip().startswith(becomes(number, {"strip_suffix": part}))


@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_a_table_maps_or_passes(number, table):
    key = number.strip()
    assert becomes(number, {"table": "t.csv"}, table=table) == table.get(key, key).strip()
