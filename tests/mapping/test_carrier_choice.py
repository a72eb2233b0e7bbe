"""Which carrier a label is requested from, and which parcels it takes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.mapping.carriers import (
    CarrierFacts,
    Choice,
    ChosenBy,
    Rules,
    choose,
    country_of,
    excess,
    loosely,
    setting,
)
from returnsync.model import Address, Consumer, Parcel, Return, ReturnId, ReturnStatus, SourceId
from returnsync.warehouses.monta.carriers import CARRIERS

KNOWN = (
    CarrierFacts("Post", ("Post NL", "parcel"), frozenset({"NL"})),
    CarrierFacts("Box", ("Post mailbox", "parcel")),
    CarrierFacts("Fast", ("Fast", "fast-express"), frozenset({"NL", "BE"})),
    CarrierFacts("Paperless", ()),
)
WORD, COUNTRY, NAME, DEFAULT = ChosenBy.TABLE, ChosenBy.COUNTRY, ChosenBy.NAME, ChosenBy.DEFAULT


def chosen(wish, country="", by_word=None, by_country=None):
    choice = choose(wish, country, Rules(by_word or {}, by_country or {}, KNOWN, "UPS"))
    return choice.code, choice.by


# ---- the source's own table


@pytest.mark.parametrize(
    ("wish", "table", "code"),
    [
        ("postnl_parcel", {"postnl_parcel": "A"}, "A"),
        ("postnl_parcel", {"PostNL Parcel": "A"}, "A"),
        ("PostNL-Parcel ", {"postnl_parcel": "A"}, "A"),
        ("postnl:standard/return", {"postnl": "A"}, "A"),
        ("Post_NL:standard:x", {"postnl": "A"}, "A"),
        ("postnl:standard", {"postnl": "A", "postnl:standard": "B"}, "B"),
        ("postnl:standard", {"postnl": "A", "POSTNL:STANDARD": "B"}, "B"),
        ("fast", {"FAST": "A", "fast": "B"}, "B"),
        ("fast", {"FAST": "A", "f-a-s-t": "A"}, "A"),
        ("", {"": "A"}, "A"),
    ],
)
def test_the_table_is_asked_exactly_then_loosely_then_by_the_carrier_part(wish, table, code):
    assert chosen(wish, "BE", table, {"BE": "C"}) == (code, WORD)


@pytest.mark.parametrize(
    ("wish", "table"),
    [
        ("fast", {"FAST": "A", "Fast": "B"}),
        ("slow:fast", {"fast": "A"}),
        ("fast/standard", {"fast": "A"}),
        ("", {"_": "A"}),
        ("-", {"_": "A"}),
        ("", {"fast": "A"}),
    ],
)
def test_what_the_table_does_not_say_for_certain_it_does_not_say(wish, table):
    assert chosen(wish, "BE", table, {"BE": "C"}) == ("C", COUNTRY)


# ---- the country


@pytest.mark.parametrize("country", ["BE", "be", " Be "])
def test_the_country_decides_for_what_the_table_does_not_name_in_any_case(country):
    assert chosen("fast", country, {"other": "A"}, {"be": "C", "DE": "D"}) == ("C", COUNTRY)


@pytest.mark.parametrize(("country", "table"), [("", {"": "C"}), ("NL", {"BE": "C"}), ("Be", {"BE": "C", "be": "D"})])
def test_a_country_that_is_not_given_or_not_clear_decides_nothing(country, table):
    assert chosen("unheard", country, {}, table) == ("UPS", DEFAULT)


def returned(**fields):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    status = ReturnStatus.APPROVED
    return Return(SourceId("s"), "p", ReturnId("r"), status, "", moment, moment, **fields)


@pytest.mark.parametrize(
    ("fields", "country"),
    [
        ({}, ""),
        ({"consumer": Consumer(address=Address(country="NL"))}, "NL"),
        ({"sender": Address(country=" BE "), "consumer": Consumer(address=Address(country="NL"))}, "BE"),
        ({"sender": Address(city="Gent"), "consumer": Consumer(address=Address(country="NL"))}, "NL"),
    ],
)
def test_a_parcel_comes_from_its_sender_else_from_the_consumers_address(fields, country):
    assert country_of(returned(**fields)) == country


# ---- the known carriers


@pytest.mark.parametrize("wish", ["Fast", "FAST", "fast_express", "Fast Express:standard", "fast:x"])
@pytest.mark.parametrize("country", ["", "be", "BE", "Belgium"])
def test_a_carrier_is_known_by_the_platforms_word(wish, country):
    assert chosen(wish, country) == ("Fast", NAME)


@pytest.mark.parametrize(
    ("wish", "country", "why"),
    [
        ("parcel", "", "the name of two"),
        ("parcel", "NL", "the name of two, of which only one says where it serves"),
        ("fast", "DE", "does not serve there"),
        ("Post NL", "BE", "does not serve there"),
        ("faster", "", "no name"),
        ("Paperless", "NL", "a carrier without names"),
        ("", "NL", "no wish"),
        ("_", "NL", "nothing that can be compared"),
        ("slow:fast", "NL", "only the part before the colon is a carrier"),
    ],
)
def test_what_is_not_certain_gets_the_default(wish, country, why):
    assert chosen(wish, country) == ("UPS", DEFAULT), why


WORDS = st.one_of(
    st.sampled_from(["", "parcel", "PARCEL", "fast", "Post NL", "post-nl:x", "NL", "be"]), st.text(max_size=8)
)
TABLES = st.dictionaries(WORDS, st.sampled_from(["T1", "T2"]), max_size=4)


@given(WORDS, WORDS, TABLES, st.dictionaries(WORDS, st.sampled_from(["C1", "C2"]), max_size=3))
def test_a_choice_is_always_configured_or_known_and_says_by_which_rule(wish, country, by_word, by_country):
    choice = choose(wish, country, Rules(by_word, by_country, KNOWN, "UPS"))
    allowed = {
        WORD: set(by_word.values()),
        COUNTRY: set(by_country.values()),
        NAME: {facts.code for facts in KNOWN if facts.names},
        DEFAULT: {"UPS"},
    }
    assert choice.code in allowed[choice.by]
    assert (choice.by is DEFAULT) == (choice.key == "") or choice.key == wish == ""


@given(WORDS, TABLES)
def test_what_the_table_names_exactly_is_always_what_it_says(wish, table):
    assert chosen(wish, "NL", {**table, wish: "T3"}, {"NL": "C"}) == ("T3", WORD)


@given(st.text(max_size=10))
def test_loose_words_stay_as_they_are_when_loosened_again(word):
    assert loosely(loosely(word)) == loosely(word) == loosely(f" {word}_-")


FOR_ALL = 'write `carriers = {{ "{0}" = "DPD" }}` (with the carrier that you want, for all \'{0}\' returns)'


@pytest.mark.parametrize(
    ("choice", "wish", "words"),
    [
        (Choice("A", WORD, "fast"), "fast:x", "change the entry for 'fast' in `carriers` of [sources.shop]"),
        (Choice("A", COUNTRY, "BE"), "x", "change the entry for 'BE' in `carriers_by_country` of [sources.shop]"),
        (Choice("A", NAME, "fast"), "fast:x", f"{FOR_ALL.format('fast:x')} in [sources.shop]"),
        (
            Choice("A", DEFAULT),
            "odd",
            f"change `carrier` of [warehouses.w], or {FOR_ALL.format('odd')} in [sources.shop]",
        ),
        (
            Choice("A", DEFAULT),
            "",
            "change `carrier` of [warehouses.w], or set `carriers_by_country` in [sources.shop]",
        ),
    ],
)
def test_the_message_names_the_setting_that_leads_to_another_carrier(choice, wish, words):
    assert setting(choice, wish, "shop", "w") == words


# ---- limits

SMALL = CarrierFacts("Small", (), heaviest=2_000, sides=(380, 265, 32))
LONG = CarrierFacts("Long", (), heaviest=31_000, longest_side=1_750, girth=3_000)
FLAT = CarrierFacts("Flat", (), sides=(900, 600))


@pytest.mark.parametrize(
    ("facts", "parcel", "told"),
    [
        (SMALL, Parcel(2_000, (380, 265, 32)), ""),
        (SMALL, Parcel(2_001), "The parcel weighs 2,001 g; Small takes at most 2,000 g."),
        (SMALL, Parcel(None, (32, 380, 265)), ""),
        (SMALL, Parcel(None, (33, 10, 33)), ""),
        (
            SMALL,
            Parcel(None, (33, 34, 33)),
            "The parcel measures 34 × 33 × 33 mm; Small takes at most 380 × 265 × 32 mm.",
        ),
        (SMALL, Parcel(None, (266, 266, 10)), "The parcel measures 266 × 266 × 10 mm"),
        (LONG, Parcel(None, (1_750, 300, 325)), ""),
        (
            LONG,
            Parcel(None, (10, 1_751, 10)),
            "The longest side of the parcel is 1,751 mm; Long takes at most 1,750 mm",
        ),
        (LONG, Parcel(None, (1_000, 500, 501)), "is 3,002 mm; Long takes at most 3,000 mm."),
        (FLAT, Parcel(None, (600, 900, 600)), ""),
        (
            FLAT,
            Parcel(None, (601, 900, 601)),
            "The parcel measures 900 × 601 × 601 mm; Flat takes at most 900 × 600 mm",
        ),
        (SMALL, Parcel(), ""),
        (SMALL, None, ""),
        (CarrierFacts("Any", ()), Parcel(10**6, (10**6, 1, 1)), ""),
    ],
)
def test_at_the_limit_a_parcel_passes_and_above_it_is_reported_with_both_figures(facts, parcel, told):
    found = excess(parcel, facts.code, (SMALL, LONG, FLAT))
    assert told in found
    assert bool(told) == bool(found)


def test_every_limit_that_is_exceeded_is_reported():
    told = excess(Parcel(40_000, (2_000, 900, 900)), "Long", (LONG,))
    assert [word in told for word in ("40,000 g", "2,000 mm", "5,600 mm")] == [True] * 3


def test_a_carrier_of_which_nothing_is_known_takes_everything():
    assert excess(Parcel(10**6), "Other", (SMALL,)) == ""


CODES = st.sampled_from([facts.code for facts in CARRIERS])
SIDES = st.tuples(*[st.integers(1, 5_000)] * 3)


@given(CODES, st.integers(1, 90_000), SIDES, st.tuples(*[st.integers(0, 2_000)] * 4))
def test_what_takes_a_parcel_takes_every_smaller_one(code, weight, sides, more):
    larger = tuple(side + extra for side, extra in zip(sides, more[1:], strict=True))
    if not excess(Parcel(weight + more[0], larger), code, CARRIERS):
        assert not excess(Parcel(weight, sides), code, CARRIERS)


@given(CODES, st.permutations((0, 1, 2)), SIDES)
def test_in_which_order_the_sides_are_told_counts_for_nothing(code, order, sides):
    turned = tuple(sides[place] for place in order)
    assert excess(Parcel(None, turned), code, CARRIERS) == excess(Parcel(None, sides), code, CARRIERS)


@pytest.mark.parametrize("facts", [facts for facts in CARRIERS if facts.heaviest], ids=lambda facts: facts.code)
def test_each_carrier_takes_its_heaviest_parcel_and_none_heavier(facts):
    assert not excess(Parcel(facts.heaviest), facts.code, CARRIERS)
    assert excess(Parcel(facts.heaviest + 1), facts.code, CARRIERS)
