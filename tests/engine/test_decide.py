"""Deciding to adopt, to create or to hold, depending on what the warehouse shows."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.engine.deliver.decision import (
    Adopt,
    Create,
    build,
    check_echo,
    decide,
    differences_now,
)
from returnsync.engine.orders import check_number, check_order
from returnsync.engine.reasons import PairedReason, pair_with
from returnsync.errors import HoldError, WaitError
from returnsync.mapping.line_match import find, spread
from returnsync.mapping.line_rules import LineRules
from returnsync.mapping.pairings import Choice, Pair, Pairings, Place
from returnsync.model import (
    Announcement,
    Cause,
    Code,
    Forecast,
    ForecastLine,
    NewForecast,
    NewForecastLine,
    OrderNumber,
    OwnLabel,
    Progress,
    Reason,
    ReturnId,
    ReturnLine,
    SourceId,
    Step,
    WarehouseName,
    WarehouseOrder,
    WarehouseOrderLine,
    WarehouseOrderNumber,
    WarehouseReason,
)

CODE, OTHER = Code("shop-1001-OURS"), Code("shop-1001-ALSO-OURS")
NUMBER = WarehouseOrderNumber("1001")
ORDER = WarehouseOrder(
    NUMBER,
    "Webshop NL",
    shipped=True,
    deleted=False,
    lines=(WarehouseOrderLine("l-1", "A", 3), WarehouseOrderLine("l-2", "B", 1)),
)
FORECAST = NewForecast(CODE, NUMBER, (NewForecastLine("l-1", "A", 1, "Too small", 2447, None, "short"),))
ANNOUNCEMENT = Announcement(
    CODE, WarehouseName("monta"), SourceId("shop"), ReturnId("r-1"), OrderNumber("#1001"), Progress.DUE, Step.ANNOUNCE
)
SHAPES = pytest.mark.parametrize("shape", ["created", "listed"])


def stands(code, quantity=1, line="l-1", sku="A", *, shape="created", reason=(2447, "Too small")):
    known = ("l-1" and line, "") if shape == "created" else ("", sku)
    return Forecast(code, (ForecastLine(*known, quantity, *reason),), "1001" if shape == "created" else "")


def decided(*forecasts, own=(), forecast=FORECAST):
    return decide(Create(forecast, 0), ORDER, forecasts, own)


def held(call, *arguments, **more):
    with pytest.raises(HoldError) as error:
        call(*arguments, **more)
    assert error.value.what
    assert error.value.next_step
    return error.value.cause


# ---- existing forecasts


def test_where_nothing_stands_it_is_created():
    assert decided() == Create(FORECAST, 0)


@SHAPES
def test_ours_with_the_same_content_is_adopted(shape):
    assert decided(stands(CODE, shape=shape)) == Adopt(FORECAST, stands(CODE, shape=shape))


@SHAPES
def test_ours_is_adopted_whoever_else_covers_the_goods(shape):
    assert isinstance(decided(stands(CODE, shape=shape), stands("RMA-1", shape=shape)), Adopt)


@SHAPES
def test_ours_twice_is_held_even_when_both_are_right(shape):
    assert held(decided, stands(CODE, shape=shape), stands(CODE, shape=shape)) == Cause.FORECAST_DOUBLED


@SHAPES
def test_ours_with_other_units_or_lines_is_held(shape):
    assert held(decided, stands(CODE, 2, shape=shape)) == Cause.FORECAST_DIFFERS
    assert held(decided, stands(CODE, line="l-2", sku="B", shape=shape)) == Cause.FORECAST_DIFFERS
    assert held(decided, Forecast(CODE, ())) == Cause.FORECAST_DIFFERS


@SHAPES
def test_somebody_elses_for_the_same_goods_holds_it(shape):
    assert held(decided, stands("RMA-1", shape=shape)) == Cause.COVERED_ELSEWHERE
    assert isinstance(decided(stands("RMA-1", line="l-2", sku="B", shape=shape)), Create)


@SHAPES
def test_our_own_other_announcements_are_subtracted(shape):
    two = replace(FORECAST, lines=(replace(FORECAST.lines[0], quantity=2),))
    assert isinstance(decided(stands(OTHER, 1, shape=shape), own={OTHER}, forecast=two), Create)
    assert held(decided, stands(OTHER, 2, shape=shape), own={OTHER}, forecast=two) == Cause.TOO_MANY_UNITS


@SHAPES
def test_what_looks_like_ours_and_is_not_in_our_books_is_somebody_elses(shape):
    assert held(decided, stands(OTHER, shape=shape)) == Cause.COVERED_ELSEWHERE


def test_more_than_was_ordered_is_held():
    assert (
        held(decided, forecast=replace(FORECAST, lines=(replace(FORECAST.lines[0], quantity=4),)))
        == Cause.TOO_MANY_UNITS
    )


def test_same_looks_at_units_alone():
    assert differences_now(FORECAST, None, stands(CODE)) == []
    assert differences_now(FORECAST, None, stands(CODE, 2)) == ["lines or units"]


# ---- order numbers


@pytest.mark.parametrize("number", ["1001", "x" * 50, "#1001", "10/01", "10 01", "é", "...", "-"])
def test_a_number_that_can_be_asked_for_is_let_through(number):
    check_number(number, WarehouseOrderNumber(number))


@pytest.mark.parametrize("number", ["", ".", "..", "x" * 51, "\U00020000" * 26, "10\n01", "10\x0001", "10\u200b01"])
def test_a_number_that_cannot_be_asked_for_is_held(number):
    assert held(check_number, "raw", WarehouseOrderNumber(number)) == Cause.ORDER_NUMBER_UNUSABLE


# ---- the order


@pytest.mark.parametrize(
    ("order", "channel", "error", "cause"),
    [
        (None, "", WaitError, Cause.ORDER_UNKNOWN),
        (replace(ORDER, shipped=False), "", WaitError, Cause.ORDER_NOT_SHIPPED),
        (replace(ORDER, number=WarehouseOrderNumber("1002")), "", HoldError, Cause.ORDER_AMBIGUOUS),
        (ORDER, "Webshop BE", HoldError, Cause.CHANNEL_DIFFERS),
        (replace(ORDER, channel=""), "Webshop NL", HoldError, Cause.CHANNEL_DIFFERS),
        (replace(ORDER, deleted=True), "", HoldError, Cause.ORDER_DELETED),
        (replace(ORDER, deleted=True, shipped=False), "", HoldError, Cause.ORDER_DELETED),
    ],
)
def test_an_order_that_is_not_fit_waits_or_is_held(order, channel, error, cause):
    with pytest.raises(error) as told:
        check_order(order, NUMBER, channel)
    assert told.value.cause == cause


@pytest.mark.parametrize("channel", ["", "Webshop NL"])
def test_an_order_that_is_fit_is_taken(channel):
    assert check_order(ORDER, NUMBER, channel) == ORDER


# ---- what is sent


def line(line_id="l-1", quantity=1, reason="small", comment="", **more):
    made = None if reason is None else Reason(reason, reason)
    return ReturnLine(OrderNumber("#1001"), quantity, (line_id,), reason=made, comment=comment, **more)


def built(*lines, pair=None, own_label=None):
    placed = spread([share for one in lines for share in find(one, ORDER, LineRules(), {})], ORDER)
    return build(ANNOUNCEMENT, placed, ORDER, pair or (lambda reason: PairedReason(reason.label)), own_label)


def shown(create):
    return [
        (one.order_line_id, one.sku, one.quantity, one.reason, one.reason_id, one.comment)
        for one in create.forecast.lines
    ]


def test_there_is_one_line_an_order_line_and_reason():
    create = built(line(), line("l-2"), line(reason="large"), line(reason=None))
    assert shown(create) == [
        ("l-1", "A", 1, "small", None, ""),
        ("l-2", "B", 1, "small", None, ""),
        ("l-1", "A", 1, "large", None, ""),
        ("l-1", "A", 1, "", None, ""),
    ]


def test_what_falls_together_is_added_up_and_no_comment_is_lost():
    create = built(line(comment="one", resolution="Refund"), line(comment="two", resolution="Exchange"), line())
    assert shown(create) == [("l-1", "A", 3, "small", None, "one / two")]


def test_reasons_of_one_word_and_different_ids_stay_apart():
    ids = {"a": 1, "b": 2}
    create = built(line(reason="a"), line(reason="b"), pair=lambda reason: PairedReason("Other", ids[reason.key]))
    assert [(one.reason, one.reason_id) for one in create.forecast.lines] == [("Other", 1), ("Other", 2)]


def test_the_number_and_the_line_ids_are_the_warehouses_own():
    create = built(line())
    assert (create.forecast.code, create.forecast.order_number) == (CODE, "1001")


@given(
    st.lists(
        st.tuples(st.sampled_from(["l-1", "l-2"]), st.integers(1, 9), st.sampled_from(["a", "b", None])), max_size=8
    )
)
def test_building_never_loses_or_invents_a_unit(lines):
    create = built(*(line(*one) for one in lines))
    assert sum(one.quantity for one in create.forecast.lines) == sum(quantity for _, quantity, _ in lines)


skus = st.sampled_from(["A", "A", "B", "C", "SET"])
articles = st.lists(
    st.tuples(skus, st.integers(1, 3), st.sampled_from([None, Reason("small"), Reason("large")])),
    min_size=1,
    max_size=4,
)
ordered = st.lists(st.tuples(skus, st.integers(0, 4)), min_size=1, max_size=5).map(
    lambda lines: replace(
        ORDER, lines=tuple(WarehouseOrderLine(f"l-{index}", *item) for index, item in enumerate(lines))
    )
)
others = st.lists(
    st.tuples(st.sampled_from(["l-0", "l-1", "l-2"]), st.integers(1, 2)).map(
        lambda item: Forecast(OTHER, (ForecastLine(item[0], "", item[1]),))
    ),
    max_size=2,
)


@given(ordered, articles, others)
def test_what_is_announced_is_what_came_back_and_no_unit_beyond_the_order_or_it_is_held(order, returned, others):
    rules = LineRules(fill=True, bundles={"SET": {"A": 1, "B": 2}})
    lines = [ReturnLine(OrderNumber("1"), units, sku=sku, reason=reason) for sku, units, reason in returned]
    try:
        shares = [share for one in lines for share in find(one, order, rules, {})]
        placed = spread(shares, order, None, others)
        create = build(ANNOUNCEMENT, placed, order, lambda reason: PairedReason(reason.key), None)
        assert decide(create, order, others, {OTHER}) is create
    except HoldError:
        return
    on_order, counted = {place.sku for place in order.lines}, Counter()
    for sku, units, reason in returned:
        for part, count in ({sku: 1} if sku in on_order else rules.bundles[sku]).items():
            counted[part, reason.key if reason else ""] += units * count
    sent = Counter()
    for one in create.forecast.lines:
        sent[one.sku, one.reason] += one.quantity
    assert sent == counted
    for place in order.lines:
        announced = sum(
            theirs.quantity for other in others for theirs in other.lines if theirs.order_line_id == place.id
        )
        units = sum(one.quantity for one in create.forecast.lines if one.order_line_id == place.id)
        assert units == 0 or units + announced <= place.ordered


def test_long_texts_are_cut_and_counted():
    create = built(line(reason="r" * 201, comment="c" * 200), line("l-2", comment="c" * 201))
    assert [(len(one.reason), len(one.comment)) for one in create.forecast.lines] == [(200, 200), (5, 200)]
    assert create.cut == 2


def test_an_own_label_goes_along_as_tracking():
    forecast = built(line(), own_label=OwnLabel("3S", "https://t.example", "https://l.example")).forecast
    assert (forecast.tracking_code, forecast.tracking_link) == ("3S", "https://t.example")


@pytest.mark.parametrize("link", ["https://t.example/" + "x" * 200, "\x00"])
def test_a_tracking_link_that_cannot_be_sent_whole_is_left_out(link):
    forecast = built(line(), own_label=OwnLabel("3S\n", link)).forecast
    assert (forecast.tracking_code, forecast.tracking_link) == ("3S", "")


def test_reasons_that_are_sent_in_the_same_words_are_one_line():
    create = built(line(reason="te\x0bklein"), line(reason="te klein"))
    assert [(one.reason, one.quantity) for one in create.forecast.lines] == [("te klein", 2)]


# ---- reasons


def paired(choices, *offered, unmapped="text"):
    pairings = Pairings(Pair(Place("sources", "shop", key), choice) for key, choice in choices.items())
    reasons = [WarehouseReason(reason_id, "") for reason_id in offered]
    return pair_with(lambda reason: pairings.find("shop", "returnista", reason), reasons, unmapped)


def test_a_reason_is_sent_with_its_pair_and_else_in_words():
    pair = paired({"small": Choice(id=1, parent_id=9, words="Te klein"), "large": Choice(id=2)}, 1, 2, 9)
    assert pair(Reason("small", "Too small")) == ("Te klein", 1, 9)
    assert pair(Reason("large", "Too large")) == ("Too large", 2, None)
    assert pair(Reason("other_thing")) == ("other thing", None, None)


def test_an_id_that_is_no_longer_offered_is_never_sent():
    assert paired({"a": Choice(id=1)}, 2)(Reason("a", "A")) == ("A", None, None)
    assert paired({"a": Choice(id=1)})(Reason("a", "A")) == ("A", None, None)


def test_a_reason_without_a_pair_is_held_where_one_is_demanded():
    pair = paired({"a": Choice(id=1), "words": Choice(text_only=True)}, 2, unmapped="hold")
    assert held(pair, Reason("a")) == Cause.REASON_UNPAIRED
    assert held(pair, Reason("b")) == Cause.REASON_UNPAIRED
    assert pair(Reason("words")) == ("words", None, None)


# ---- the echo


@pytest.mark.parametrize(
    ("echo", "named"),
    [
        (stands(CODE), ""),
        (stands(CODE, shape="listed"), ""),
        (stands(CODE, reason=(2447, " Too small ")), ""),
        (replace(stands(CODE), order_number=""), ""),
        (stands("else"), "code"),
        (replace(stands(CODE), order_number="1002"), "order"),
        (stands(CODE, 2), "lines or units"),
        (stands(CODE, 2, shape="listed"), "lines or units"),
        (stands(CODE, line="l-2"), "lines or units"),
        (Forecast(CODE, (), "1001"), "lines or units"),
        (stands(CODE, reason=(2448, "Too small")), "reasons"),
        (stands(CODE, reason=(None, "Too small")), "reasons"),
        (stands(CODE, reason=(2447, "")), "reasons"),
    ],
)
def test_an_echo_that_differs_is_held_with_what_differs(echo, named):
    told = check_echo(FORECAST, echo)
    if named:
        assert told.cause == Cause.ECHO_DIFFERS
        assert f"other {named}" in told.what
    else:
        assert told is None


def test_reasons_that_changed_places_are_a_difference():
    lines = (NewForecastLine("l-1", "A", 1, "small"), NewForecastLine("l-2", "B", 1, "large"))
    turned = Forecast(
        CODE, (ForecastLine("l-1", "", 1, None, "large"), ForecastLine("l-2", "", 1, None, "small")), "1001"
    )
    assert "reasons" in check_echo(replace(FORECAST, lines=lines), turned).what


def test_all_that_differs_is_named_at_once():
    told = check_echo(FORECAST, Forecast("else", (ForecastLine("l-2", "", 1, 1, "x"),), "1002"))
    assert all(name in told.what for name in ("code", "order", "lines or units", "reasons"))
