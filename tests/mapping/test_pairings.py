"""Pairs of return reasons: which one counts, and what is sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from returnsync.mapping import reasons
from returnsync.mapping.pairings import Choice, Pair, Pairings, PairStatus, Place, choice_of, drift, sent_as
from returnsync.model import Reason, WarehouseReason

MAIN, SUB = Reason("main", "Fit"), Reason("sub", "Too small", Reason("main", "Fit"))
SMALL, LARGE = WarehouseReason(1, "Te klein"), WarehouseReason(2, "Te groot")
OFFERED = (SMALL, LARGE)


def pair(scope, name, key, number=1, channel="", **more):
    return Pair(Place(scope, name, key, channel), Choice(id=number, **more))


def found(pairs, reason=SUB, channel=""):
    return [one.choice.id for one in Pairings(pairs).find("shop", "loop", reason, channel)]


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


def test_the_reason_itself_goes_before_its_main_reason_the_source_before_its_platform_the_channel_before_all():
    pairs = [
        pair("platforms", "loop", "main", 8),
        pair("platforms", "loop", "main", 7, "bol"),
        pair("sources", "shop", "main", 6),
        pair("sources", "shop", "main", 5, "bol"),
        pair("platforms", "loop", "sub", 4),
        pair("platforms", "loop", "sub", 3, "bol"),
        pair("sources", "shop", "sub", 2),
        pair("sources", "shop", "sub", 1, "bol"),
    ]
    assert found(pairs, channel="bol") == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found(pairs) == [2, 4, 6, 8]
    assert found(pairs, channel="amazon") == [2, 4, 6, 8]


def test_pairs_of_others_do_not_count():
    others = [pair("sources", "other", "sub"), pair("platforms", "returnly", "sub"), pair("sources", "loop", "sub")]
    assert found([*others, pair("platforms", "shop", "sub")]) == []


def test_a_main_reason_is_never_paired_by_one_of_its_sub_reasons():
    assert found([pair("sources", "shop", "sub")], MAIN) == []


def test_a_sub_reason_of_the_same_name_under_another_main_reason_is_another_reason():
    other = Reason("sub", "Too small", Reason("quality", "Quality"))
    for main in ("main", "Fit"):
        pairs = [pair("sources", "shop", "sub", 1)._replace(main=main)]
        assert (found(pairs), found(pairs, other)) == ([1], [])


def test_neither_case_nor_blanks_tell_keys_and_channels_apart():
    assert found([pair("sources", "shop", " SUB ", 1, "Bol  .com")], channel="bol .COM") == [1]


def test_a_reason_goes_with_id_main_reason_and_the_platforms_words():
    pairs = [pair("sources", "shop", "sub", 1, parent_id=2)]
    assert sent_as(pairs, SUB, OFFERED)[:4] == ("Fit: Too small", 1, 2, PairStatus.PAIRED)


def test_a_main_reason_that_is_no_longer_offered_is_not_sent():
    pairs = [pair("sources", "shop", "sub", 1, parent_id=9)]
    assert sent_as(pairs, SUB, OFFERED)[:4] == ("Fit: Too small", 1, None, PairStatus.PAIRED)


def test_words_of_its_own_go_instead_of_the_platforms():
    assert sent_as([pair("sources", "shop", "sub", words="RR-KLEIN")], SUB, OFFERED).words == "RR-KLEIN"


def test_the_main_reason_that_the_warehouse_tells_counts_before_the_one_that_was_paired():
    offered = [WarehouseReason(1, "Te klein", parent_id=7)]
    assert sent_as([pair("sources", "shop", "sub", 1, parent_id=9)], SUB, offered).parent_id == 7


def test_a_reason_that_is_no_longer_offered_is_not_sent_and_no_other_is_taken_in_its_place():
    pairs = [pair("sources", "shop", "sub", 3), pair("sources", "shop", "main", 1)]
    sent = sent_as(pairs, SUB, OFFERED)
    assert (sent.id, sent.parent_id, sent.pair_status) == (None, None, PairStatus.GONE)
    assert sent.pair == pairs[0]


def test_a_person_may_want_the_words_alone():
    pairs = [Pair(Place("sources", "shop", "sub"), Choice(text_only=True)), pair("sources", "shop", "main", 1)]
    assert sent_as(pairs, SUB, OFFERED)[:4] == ("Fit: Too small", None, None, PairStatus.TEXT_ONLY)


def test_a_pair_is_put_replaced_and_taken_out():
    first, other = pair("sources", "shop", "sub", 1), pair("sources", "shop", "main", 2)
    pairs = Pairings([first]).edited([other, pair("sources", "shop", "SUB", 3)])
    assert sorted(one.choice.id for one in pairs) == [2, 3]
    assert list(pairs.edited([Place("sources", "shop", "Sub")])) == [other]


def test_a_drift_shows_what_the_warehouse_calls_it_now():
    now = [WarehouseReason(1, "Valt klein")]
    assert drift(Choice(id=1, warehouse_label="Te klein"), now) == "Valt klein"
    assert drift(Choice(id=1, warehouse_label="Valt klein"), now) == ""
    assert drift(Choice(id=1), now) == ""
    assert drift(Choice(id=2, warehouse_label="Te groot"), now) == ""


def test_a_choice_keeps_the_warehouses_words_and_main_reason():
    offered = [WarehouseReason(9, "Maat"), WarehouseReason(1, "Te klein", parent_id=9)]
    choice = choice_of(offered[1], offered, "auto")
    assert choice == Choice(id=1, warehouse_label="Te klein", parent_id=9, warehouse_parent="Maat", chosen_by="auto")


@pytest.mark.parametrize("content", [{"id": 1, "text_only": True}, {"parent_id": 1}, {"id": "x"}, {"ids": 1}])
def test_a_choice_that_says_two_things_or_nothing_known_is_refused(content):
    with pytest.raises(ValidationError):
        Choice.model_validate(content)


KEYS = st.sampled_from(["sub", "main", "Sub", "other", " main"])
CHANNELS = st.sampled_from(["", "bol", "Bol", "amazon"])
PLACES = st.builds(
    Place, st.sampled_from(["sources", "platforms"]), st.sampled_from(["shop", "loop", "else"]), KEYS, CHANNELS
)
CHOICES = st.one_of(st.builds(Choice, id=st.integers(1, 4)), st.just(Choice(text_only=True)))
PAIRS = st.lists(st.builds(Pair, PLACES, CHOICES), max_size=12)


@given(PAIRS, st.sampled_from([SUB, MAIN]), CHANNELS, st.sets(st.sampled_from([1, 2, 3])))
def test_only_an_offered_reason_that_was_paired_is_ever_sent(pairs, reason, channel, ids):
    offered = [WarehouseReason(number, f"reason {number}") for number in ids]
    pairings = Pairings(pairs)
    sent = sent_as(pairings.find("shop", "loop", reason, channel), reason, offered)
    assert sent.words == reasons.words(reason)
    assert sent.id is None or (sent.id in ids and sent.id in {one.choice.id for one in pairings})
    assert (sent.pair_status is PairStatus.PAIRED) == (sent.id is not None)


@given(PAIRS, PAIRS)
def test_a_later_change_wins_and_the_others_stay(pairs, edits):
    changed = Pairings(pairs).edited(edits)
    last = {one.place.folded: one for one in [*pairs, *edits]}
    assert list(changed) == [last[place] for place in sorted(last)]
