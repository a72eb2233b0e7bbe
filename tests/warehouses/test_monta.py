"""Monta: the requests, the addresses, and the results and errors that come back."""

import json
from datetime import UTC, datetime

import pytest

from returnsync.errors import (
    AccountRefused,
    AccountUnavailable,
    BadAnswer,
    CallError,
    HoldError,
    NotAllowed,
    NotSent,
    Refused,
    Unclear,
)
from returnsync.model import (
    Cause,
    Code,
    Forecast,
    ForecastLine,
    NewForecast,
    NewForecastLine,
    WarehouseOrderLine,
    WarehouseOrderNumber,
    WarehouseReason,
)
from returnsync.platforms.contract.between import Canned
from returnsync.sandbox import Fault, World
from returnsync.sandbox.world import monta_line, monta_order
from returnsync.warehouses.monta import Monta
from returnsync.warehouses.monta.refusals import words_of

ORDER = WarehouseOrderNumber("1001")
CODE = Code("shop-nl-1001-K3JQ2V5Z7XW4M6AB")
LINE = NewForecastLine("9920011", "SHIRT-BL-M", 1, "Too small", 2447, None, "Sleeves are short")
FORECAST = NewForecast(CODE, ORDER, (LINE,))


@pytest.fixture
def world():
    world = World.empty()
    world.orders.append(monta_order("1001", monta_line(line_id="9920011", quantity=2)))
    return world


@pytest.fixture
def monta(account, between):
    """An account after its list of reasons, which is read before anything else, was answered."""
    opened = account()
    opened.reasons()
    between.seen.clear()
    return opened


@pytest.fixture
def asked(between):
    """The requests so far: method and address below Monta's own."""
    return lambda: [(seen.method, seen.target.removeprefix("/monta")) for seen in between.seen]


@pytest.fixture
def says(between):
    """Let Monta answer like this from now on."""

    def answer(body, status=200, content_type="application/json"):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        between.always = Canned(status, raw, content_type=content_type)

    return answer


# ---- what is sent, and where


def test_every_call_goes_to_the_address_that_the_dossier_has(account, asked):
    monta = account()
    monta.order(ORDER)
    monta.forecasts(ORDER)
    monta.forecast(CODE)
    monta.create(FORECAST)
    monta.update(FORECAST)
    monta.label(CODE, "PostNL")
    monta.reasons()
    list(monta.check())
    monta.channels()
    assert asked() == [
        ("GET", "/returnreasons"),
        ("GET", "/order/1001"),
        ("GET", "/order/1001/returnforecasts"),
        ("GET", f"/returnforecast/{CODE}"),
        ("POST", "/returnforecast"),
        ("PUT", "/returnforecast"),
        ("GET", f"/returnforecast/{CODE}/returnlabel?shipperCode=PostNL"),
        ("GET", "/health"),
        ("GET", "/info"),
    ]


def test_the_channel_goes_with_the_order_where_one_is_configured(account, asked):
    account(channel="Webshop NL & co").order(ORDER)
    assert asked()[-1] == ("GET", "/order/1001?channel=Webshop+NL+%26+co")


@pytest.mark.parametrize(
    ("number", "sent"),
    [("#1001", "%231001"), ("10/01", "10%2F01"), ("10 01", "10%2001"), ("1001?x=1", "1001%3Fx%3D1"), ("é", "%C3%A9")],
)
def test_order_numbers_are_percent_encoded(monta, asked, number, sent):
    assert monta.order(WarehouseOrderNumber(number)) is None
    monta.create(FORECAST)
    assert asked()[0] == ("GET", f"/order/{sent}")


def test_a_strange_order_number_reaches_the_order_that_has_it(monta, sandbox):
    sandbox.monta.add(monta_order("#10/01 ?", "A"))
    assert monta.order(WarehouseOrderNumber("#10/01 ?")).number == "#10/01 ?"


def test_a_forecast_is_created_with_exactly_the_body_that_the_dossier_has(monta, between):
    monta.create(FORECAST)
    assert json.loads(between.seen[0].body) == {
        "Code": "shop-nl-1001-K3JQ2V5Z7XW4M6AB",
        "WebshopOrderId": "1001",
        "Lines": [
            {
                "WebshopOrderLineId": "9920011",
                "ReturnQuantity": 1,
                "ReturnReason": "Too small",
                "RelatieRetourOorzaakId": 2447,
                "RelatieRetourOorzaakParentId": None,
                "CustomerComment": "Sleeves are short",
            }
        ],
        "CauseDescription": None,
        "Comment": None,
        "GeneralComment": None,
        "TrackAndTraceCode": None,
        "TrackAndTraceLink": None,
    }
    assert between.seen[0].headers["content-type"] == "application/json"


def test_tracking_parent_and_missing_comment_have_their_places(monta, between):
    line = NewForecastLine("9920011", "SHIRT-BL-M", 1, "Other", 2448, 2447)
    monta.create(NewForecast(CODE, ORDER, (line,), "3SABC", "https://t.example/3SABC"))
    body = json.loads(between.seen[-1].body)
    assert (body["TrackAndTraceCode"], body["TrackAndTraceLink"]) == ("3SABC", "https://t.example/3SABC")
    assert (body["Lines"][0]["RelatieRetourOorzaakParentId"], body["Lines"][0]["CustomerComment"]) == (2447, None)


def test_one_call_makes_one_effect(monta, sandbox):
    monta.create(FORECAST)
    monta.update(FORECAST)
    monta.label(CODE, "PostNL")
    effects = sandbox.counts.as_dict()["effects"]
    assert {name: number for name, number in effects.items() if number} == {"forecasts": 1, "updates": 1, "labels": 1}


@pytest.mark.parametrize(
    ("route", "call"),
    [
        ("monta.create", lambda monta: monta.create(FORECAST)),
        ("monta.update", lambda monta: monta.update(FORECAST)),
        ("monta.label", lambda monta: monta.label(CODE, "PostNL")),
    ],
)
@pytest.mark.parametrize("kind", ["status", "status-after", "reset", "reset-after", "cut", "html", "wrong-type"])
def test_an_effect_that_went_wrong_is_unclear_and_never_repeated(monta, sandbox, route, call, kind):
    if route != "monta.create":
        monta.create(FORECAST)
    sandbox.faults.add(Fault(route, kind))
    with pytest.raises(Unclear):
        call(monta)
    assert sandbox.counts.calls(route) == 1


# ---- orders


def test_an_order_comes_with_what_announcing_needs(monta, sandbox):
    sandbox.monta.add(
        monta_order("1002", monta_line("A", 3, line_id="l-1"), monta_line("B", line_id=None), channel="Webshop BE")
    )
    order = monta.order(WarehouseOrderNumber("1002"))
    assert (order.number, order.channel, order.shipped, order.deleted) == ("1002", "Webshop BE", True, False)
    assert order.lines == (WarehouseOrderLine("l-1", "A", 3), WarehouseOrderLine("", "B", 1))


@pytest.mark.parametrize(
    ("fields", "shipped", "deleted"),
    [
        ({"Shipped": None, "Deleted": None}, False, False),
        ({"Shipped": "", "Deleted": False}, False, False),
        ({"Shipped": "2026-03-02T10:15:40.12", "Deleted": True}, True, True),
        ({}, False, False),
    ],
)
def test_shipped_and_deleted_are_read_in_every_form(monta, says, fields, shipped, deleted):
    says({"WebshopOrderId": 1001, "Lines": None, **fields})
    order = monta.order(ORDER)
    assert (order.number, order.shipped, order.deleted, order.lines) == ("1001", shipped, deleted, ())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"Order not found"),
        (404, b'"Order not found"'),
        (404, b""),
        (400, b'{"OrderInvalidReasons": [{"Code": 23, "Message": "No order found"}]}'),
        (400, b'{"OrderInvalidReasons": [{"Code": 1, "Message": "x"}, {"Code": 23, "Message": null}]}'),
        (400, b'{"OrderInvalidReasons": [{"Code": "23", "Message": "No order found"}]}'),
        (400, b'{"orderInvalidReasons": {"code": 23, "message": "\\ud83d \xff"}}'),
    ],
)
def test_an_unknown_order_is_none_in_every_form(monta, says, status, body):
    says(body, status)
    assert monta.order(ORDER) is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"OrderInvalidReasons": [{"Code": 1, "Message": "already exists"}]}',
        b'{"OrderInvalidReasons": "23"}',
        b"23",
        b"not a word of JSON",
        b'{"Code": 23}',
    ],
)
def test_any_other_400_on_an_order_holds_it(monta, says, body):
    says(body, 400)
    with pytest.raises(HoldError) as held:
        monta.order(ORDER)
    assert held.value.cause == Cause.LOOKUP_REFUSED
    assert held.value.foreign == words_of(body.decode())


NOT_SHIPPED = (
    "0001-01-01T00:00:00",
    "0001-01-01T00:00:00+01:00",
    "1900-01-01T00:00:00",
    "1970-01-01T00:00:00",
    "-",
    "N/A",
)


@pytest.mark.parametrize("date", NOT_SHIPPED)
def test_a_date_that_is_not_set_is_not_shipped_however_it_is_written(monta, says, date):
    says({"WebshopOrderId": "1001", "Shipped": date, "Deleted": "-", "Lines": []})
    order = monta.order(ORDER)
    assert (order.shipped, order.deleted) == (False, False)


@pytest.mark.parametrize(
    ("field", "value"),
    [("Shipped", "perhaps"), ("Shipped", 1.5), ("Deleted", 2), ("Deleted", "perhaps"), ("Lines", "x")],
)
def test_what_decides_and_cannot_be_read_of_an_order_is_held_by_its_name_and_never_guessed(monta, says, field, value):
    says({"WebshopOrderId": "1001", "Shipped": "2026-03-02", "Lines": [], field: value})
    with pytest.raises(HoldError) as held:
        monta.order(ORDER)
    assert held.value.cause == Cause.LOOKUP_REFUSED
    assert field in held.value.what


@pytest.mark.parametrize(
    ("given", "shipped", "deleted"),
    [
        ({"Shipped": False, "Deleted": "nee"}, False, False),
        ({"Shipped": True, "Deleted": "0001-01-01T00:00:00"}, True, False),
        ({"Shipped": "2026-03-02", "Deleted": "2026-03-03T10:00:00"}, True, True),
        ({"Shipped": "2026-03-02", "Deleted": "J"}, True, True),
    ],
)
def test_a_flag_and_a_date_say_the_same_in_an_order(monta, says, given, shipped, deleted):
    says({"WebshopOrderId": "1001", "Lines": [], **given})
    order = monta.order(ORDER)
    assert (order.shipped, order.deleted) == (shipped, deleted)


@pytest.mark.parametrize(
    ("origin", "channel"),
    [({"Name": "Webshop NL"}, "Webshop NL"), (["x"], ""), (True, ""), ("Webshop NL", "Webshop NL")],
)
def test_an_odd_channel_costs_nothing_where_nobody_asks_for_it(monta, says, origin, channel):
    says({"WebshopOrderId": "1001", "Origin": origin, "Lines": []})
    assert monta.order(ORDER).channel == channel


@pytest.mark.parametrize(("status", "body"), [(204, b""), (200, b"null"), (200, b"[]")])
def test_nothing_at_all_is_no_order_and_no_product(monta, says, status, body):
    says(body, status)
    assert monta.order(ORDER) is None
    assert list(monta.skus_of_barcode("8712345678906")) == []


def test_a_list_of_one_order_is_that_order_and_an_empty_one_is_none(monta, says):
    says([{"WebshopOrderId": "1001", "Lines": []}])
    assert monta.order(ORDER).number == "1001"
    says([])
    assert monta.order(ORDER) is None


def test_an_order_is_read_however_it_is_written(monta, says):
    """A column of fixed width leaves blanks at the end, and a single line may come without a list around it."""
    line = {"webshopOrderLineId": "7001  ", "sku": "A ", "orderedQuantity": "2.0"}
    says({"webshop_order_id": "1001 ", "Origin ": " Webshop NL ", "shipped": "2026-03-02T10:15:40", "lines": line})
    order = monta.order(ORDER)
    assert (order.number, order.channel, order.shipped) == ("1001", "Webshop NL", True)
    assert order.lines == (WarehouseOrderLine("7001", "A", 2),)


@pytest.mark.parametrize("units", [b"null", b"NaN", b"1e999", b'""', b'"-"', b"1.5", b"true", b"9" * 40])
def test_units_of_an_order_that_are_not_shown_are_not_none(monta, says, units):
    says(
        b'{"WebshopOrderId": "1001", "Lines": [{"WebshopOrderLineId": "-", "Sku": "NULL", "OrderedQuantity": '
        + units
        + b"}]}"
    )
    assert monta.order(ORDER).lines == (WarehouseOrderLine("", "NULL", None),)


@pytest.mark.parametrize(
    ("flag", "is_flyer"),
    [(True, True), ("true", True), (1, True), (False, False), (None, False), ("-", False), ({}, False), ("odd", False)],
)
def test_a_line_is_a_flyer_where_the_warehouse_says_so_and_an_odd_word_costs_nothing(monta, says, flag, is_flyer):
    says({"WebshopOrderId": "1001", "Lines": [{"Sku": "A", "OrderedQuantity": 1, "IsFlyer": flag}]})
    assert monta.order(ORDER).lines == (WarehouseOrderLine("", "A", 1, is_flyer),)


@pytest.mark.parametrize(
    "line", [b'{"Sku": "A\xff"}', b'{"WebshopOrderLineId": NaN, "Sku": "A"}', b"null", b"5", b"[]"]
)
def test_an_order_line_that_may_be_any_article_holds_the_returns_of_that_order(monta, says, line):
    says(b'{"WebshopOrderId": "1001", "Lines": [' + line + b"]}")
    with pytest.raises(HoldError) as held:
        monta.order(ORDER)
    assert held.value.cause == Cause.LINE_AMBIGUOUS
    assert "retry" in held.value.next_step


def test_a_list_where_one_order_was_asked_for_is_ambiguous(monta, says):
    says([{"WebshopOrderId": "1001"}, {"WebshopOrderId": "1001"}])
    with pytest.raises(HoldError) as held:
        monta.order(ORDER)
    assert held.value.cause == Cause.ORDER_AMBIGUOUS
    assert "channel" in held.value.next_step


@pytest.mark.parametrize("body", [b"5", b'"text"', b"{}", b"<html>", b'{"WebshopOrderId": null, "Lines": 5}'])
def test_an_order_that_cannot_be_read_is_a_bad_answer(monta, says, body):
    says(body)
    with pytest.raises(BadAnswer):
        monta.order(ORDER)


# ---- forecasts


@pytest.mark.parametrize("shape", ["create", "list"])
def test_an_orders_forecasts_are_read_in_both_shapes(monta, sandbox, shape):
    sandbox.monta.forecast_shape = shape
    monta.create(FORECAST)
    by_line = shape == "create"
    assert list(monta.forecasts(ORDER)) == [
        Forecast(
            CODE,
            (ForecastLine("9920011" if by_line else "", "" if by_line else "SHIRT-BL-M", 1, 2447, "Too small"),),
            "1001" if by_line else "",
        )
    ]


def test_empty_text_and_null_are_the_same(monta, says):
    made, read_back = ({"Code": CODE, "WebshopOrderId": "1001", "TrackAndTraceCode": empty,
                        "Lines": [{"WebshopOrderLineId": "9920011", "ReturnQuantity": 1, "ReturnReason": empty}]}
                       for empty in (None, ""))  # fmt: skip
    says(made)
    first = monta.create(FORECAST)
    says(read_back)
    assert monta.forecast(CODE) == first
    assert (first.tracking_code, first.lines[0].reason) == ("", "")


def test_numbers_where_texts_were_are_read(monta, says):
    says({"Code": 10027, "Lines": [{"WebshopOrderLineId": 9920011, "ReturnQuantity": 1}]})
    assert monta.forecast(Code("10027")) == Forecast("10027", (ForecastLine("9920011", "", 1),))


def test_the_echo_of_a_forecast_is_what_monta_wrote(monta, says):
    says({"Code": CODE, "WebshopOrderId": "1001", "Lines": None})
    assert monta.create(FORECAST) == Forecast(CODE, (), "1001")


ANY_GOODS = ForecastLine("", "", None)
ODD_FORECASTS = {
    b'{"Code": "RMA-1", "Lines": [{"WebshopOrderLineId": "7001", "ReturnQuantity": null}]}':
        Forecast("RMA-1", (ForecastLine("7001", "", None),)),
    b'{"Code": "RMA-1", "Lines": [{"WebshopOrderLineId": "7001"}]}':
        Forecast("RMA-1", (ForecastLine("7001", "", None),)),
    b'{"Code": "RMA-1", "Lines": {"Sku": "A", "ReturnQuantity": "1.0"}}':
        Forecast("RMA-1", (ForecastLine("", "A", 1),)),
    b'{"Code": "RMA-1", "Lines": [{"Sku": "A", "ReturnQuantity": NaN, "ReturnReason": {}}]}':
        Forecast("RMA-1", (ForecastLine("", "A", None),)),
    b'{"Code": "R\xff", "Lines": [{"WebshopOrderLineId": "-", "Sku": "A\xff", "ReturnQuantity": 1}]}':
        Forecast("", (ForecastLine("", "", 1),)),
    b'{"Code": "RMA-1", "TrackAndTraceCode": "-", "Lines": [null, 5]}': Forecast("RMA-1", (ANY_GOODS, ANY_GOODS)),
    b'{"Code": "RMA-1", "TrackAndTraceCode": "N/A", "Lines": "x"}': Forecast("RMA-1", (ANY_GOODS,)),
    b'{"Code": "RMA-1", "TrackAndTraceCode": "3SABC", "Lines": []}': Forecast("RMA-1", (), "", "3SABC"),
    b'{"code": "A", "CODE": "B", "Lines": [{"sku": "A", "SKU": "B", "ReturnQuantity": 1}]}':
        Forecast("", (ANY_GOODS,)),
    b"{}": Forecast("", (ANY_GOODS,)),
    b"null": Forecast("", (ANY_GOODS,)),
}  # fmt: skip


@pytest.mark.parametrize(("body", "found"), ODD_FORECASTS.items())
def test_an_odd_forecast_on_an_order_is_read_as_far_as_it_can_be_and_costs_the_others_nothing(monta, says, body, found):
    good = b'{"Code": "RMA-2", "Lines": [{"WebshopOrderLineId": "7002", "ReturnQuantity": 2}]}'
    says(b"[" + body + b", " + good + b"]")
    assert list(monta.forecasts(ORDER)) == [found, Forecast("RMA-2", (ForecastLine("7002", "", 2),))]


def test_no_content_is_no_forecasts_and_no_reasons(account, says):
    says(b"", 204)
    monta = account()
    assert (list(monta.forecasts(ORDER)), list(monta.reasons())) == ([], [])


def test_one_forecast_where_a_list_is_meant_is_a_list_of_one(monta, says):
    says({"Code": "RMA-1", "Lines": [{"WebshopOrderLineId": "7001", "ReturnQuantity": 1}]})
    assert list(monta.forecasts(ORDER)) == [Forecast("RMA-1", (ForecastLine("7001", "", 1),))]


@pytest.mark.parametrize("units", [b"null", b"NaN", b"true", b"1.5"])
def test_an_echo_of_our_own_is_never_guessed(monta, says, units):
    says(b'{"Code": "x", "Lines": [{"WebshopOrderLineId": "9920011", "ReturnQuantity": ' + units + b"}]}")
    with pytest.raises(Unclear):
        monta.create(FORECAST)


@pytest.mark.parametrize("code", [b"null", b'"-"', b'"x\xff"', b"NaN"])
def test_a_forecast_by_its_code_that_does_not_show_it_is_a_bad_answer(monta, says, code):
    says(b'{"Code": ' + code + b', "Lines": []}')
    with pytest.raises(BadAnswer):
        monta.forecast(CODE)


def test_a_reason_that_cannot_be_read_is_left_out_and_costs_the_others_nothing(account, says):
    says(
        b'[{"Id": NaN}, null, {"Id": true}, '
        b'{"Id": "2447", "description": "Te klein\xff", "Translations": {"en": 1e999}}]'
    )
    assert list(account().reasons()) == [WarehouseReason(2447, "Te klein\ufffd")]


def test_a_forecast_that_is_not_there_is_none(monta):
    assert monta.forecast(CODE) is None
    assert list(monta.forecasts(ORDER)) == []


# ---- who says that something is not there

IN_MONTAS_WORDS = [
    b"Return forecast page-shop-1001-ABC not found",
    b"Return forecast not found",
    b'"Return forecast not found"',
    b'"Not found"',
    b" Order not found. ",
]
NOT_IN_MONTAS_WORDS = [
    b"Not Found - Request ID: 01ABC", b"The page could not be found\n\nNOT_FOUND\n", b'"<html>gate</html>"', b'"Not f',
    b"The requested URL was not found on this server.", b"Tunnel abc not found", b"error\n<html>404</html>", b".",
    b"Return to home", b"In order to proceed, check the address", b"Forecast \xff\xfe", b"Order " + b"x" * 300,
    b"", b"  ", b'""', b"{}", b"[]", b"null", b"404", b'{"Message": "Not found"}', b'{"message": "no Route matched"}',
    b"404 page not found", b"default backend - 404", b"Not Found", b"404: Not Found", b"File not found.",
]  # fmt: skip
PAGES = [
    (b"<html><body>404 Not Found</body></html>", "text/html"),
    (b"404 Not Found", "text/html; charset=utf-8"),
    (b"\xef\xbb\xbf  <!DOCTYPE html>", "application/json"),
    (b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', "application/xml"),
]


@pytest.mark.parametrize("body", IN_MONTAS_WORDS)
def test_a_404_in_montas_words_says_that_a_forecast_is_not_there(monta, says, body):
    says(body, 404)
    assert monta.forecast(CODE) is None
    assert list(monta.forecasts(ORDER, order_seen=False)) == []


@pytest.mark.parametrize("body", NOT_IN_MONTAS_WORDS)
def test_any_other_404_leaves_open_whether_a_forecast_is_there(monta, says, body):
    says(body, 404)
    for look in (lambda: monta.forecast(CODE), lambda: monta.forecasts(ORDER, order_seen=False)):
        with pytest.raises(BadAnswer):
            look()


@pytest.mark.parametrize("body", IN_MONTAS_WORDS + NOT_IN_MONTAS_WORDS)
def test_any_404_but_a_page_means_no_forecasts_on_an_order_that_was_shown_just_before(monta, says, body):
    says(body, 404)
    assert list(monta.forecasts(ORDER)) == []


@pytest.mark.parametrize("status", [400, 404, 410])
@pytest.mark.parametrize(("page", "content_type"), PAGES)
def test_a_page_is_no_answer_to_any_read(monta, says, page, content_type, status):
    says(page, status, content_type)
    looks = (
        lambda: monta.order(ORDER),
        lambda: monta.forecasts(ORDER),
        lambda: monta.forecasts(ORDER, order_seen=False),
        lambda: monta.forecast(CODE),
        lambda: monta.skus_of_barcode("8712345678906"),
        monta.channels,
    )
    for look in looks:
        with pytest.raises(BadAnswer):
            look()


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize(("page", "content_type"), PAGES)
def test_a_page_in_answer_to_an_announcement_says_nothing_of_it(monta, says, page, content_type, status):
    says(page, status, content_type)
    for effect in (lambda: monta.create(FORECAST), lambda: monta.update(FORECAST)):
        with pytest.raises(Unclear) as unclear:
            effect()
        assert unclear.value.status == status


def test_code_23_is_montas_word_that_an_order_without_a_shown_order_has_no_forecasts(monta, says):
    says({"OrderInvalidReasons": [{"Code": 23, "Message": "No order found"}]}, 400)
    assert list(monta.forecasts(ORDER, order_seen=False)) == []


@pytest.mark.parametrize("answer", [{}, {"ErrorMessage": "An error has occurred."}, {"Code": "another"}])
def test_what_is_not_the_forecast_that_was_asked_for_is_no_answer(monta, says, answer):
    says(answer)
    with pytest.raises(BadAnswer):
        monta.forecast(CODE)


@pytest.mark.parametrize(
    ("body", "content_type", "trouble"),
    [
        (b"", "application/json", AccountRefused),
        (b'"Not found"', "application/json", AccountRefused),
        (b"<html>", "text/html", AccountUnavailable),
    ],
)
def test_an_account_that_answers_nothing_but_404_is_reported_as_such_and_never_as_an_unknown_order(
    account, says, body, content_type, trouble
):
    says(body, 404, content_type)
    monta = account()
    for number in range(5):
        with pytest.raises(BadAnswer):
            monta.order(WarehouseOrderNumber(f"100{number}"))
    assert isinstance(monta.trouble, trouble)
    with pytest.raises(trouble) as told:
        monta.order(ORDER)
    assert "base_url" in told.value.next_step


def test_an_order_that_is_known_clears_an_account_whose_reasons_are_missing(account, between):
    monta = account()
    between.next = [Canned(404, b""), Canned(404, b'"Order not found"')]
    with pytest.raises(BadAnswer):
        monta.order(WarehouseOrderNumber("1002"))
    assert monta.order(ORDER) is not None
    assert (monta.order(WarehouseOrderNumber("1002")), monta.trouble) == (None, None)


def test_a_missing_list_of_reasons_says_nothing_once_anything_else_was_answered(account, between):
    monta = account()
    between.next = [Canned(404, b"")]
    assert monta.order(ORDER) is not None
    assert monta.order(WarehouseOrderNumber("1002")) is None


def test_a_list_of_reasons_that_cannot_be_read_now_stops_no_look_at_an_order(account, between, asked):
    monta = account()
    between.next = [Canned(503, b""), Canned(503, b"")]
    assert monta.order(ORDER) is not None
    assert monta.order(ORDER) is not None
    assert [target for _, target in asked()].count("/returnreasons") == 2  # two attempts of one read


@pytest.mark.parametrize("call", ["forecast", "forecasts"])
def test_a_refusal_to_show_forecasts_is_held_and_never_taken_for_none(monta, says, call):
    says(b'{"ReturnForecastInvalidReasons": ["no"]}', 400)
    with pytest.raises(HoldError) as held:
        getattr(monta, call)(CODE)
    assert (held.value.cause, held.value.foreign) == (Cause.LOOKUP_REFUSED, "no")


@pytest.mark.parametrize("body", [b"{}", b"null", b'"x"', b'{"Code": 1, "Message": "x"}', b"[5]", b"<html>", b""])
def test_a_list_of_forecasts_that_is_none_is_never_taken_for_empty(monta, says, body):
    says(body)
    with pytest.raises(BadAnswer):
        monta.forecasts(ORDER)


def test_a_refused_forecast_brings_montas_words(monta, says):
    says({"ReturnForecastInvalidReasons": ["Line 1 is unknown", {"Code": 7, "Message": "and so is 2"}]}, 400)
    with pytest.raises(Refused) as refused:
        monta.create(FORECAST)
    assert refused.value.foreign == "Line 1 is unknown; and so is 2"
    assert "unknown" not in refused.value.what
    assert refused.value.status == 400


@pytest.mark.parametrize("status", [400, 409])
def test_a_create_under_a_code_that_exists_is_refused_in_montas_words_and_reads_nothing(monta, sandbox, asked, status):
    sandbox.monta.code_in_use = status
    monta.create(FORECAST)
    with pytest.raises(Refused) as refused:
        monta.create(FORECAST)
    assert refused.value.status == status
    assert refused.value.foreign == f"Return forecast with code '{CODE}' already exists"
    assert [method for method, _ in asked()] == ["POST", "POST"]


def test_an_effect_that_was_answered_with_429_was_not_made(monta, says):
    says(b"slow down", 429, "text/plain")
    for call in (lambda: monta.create(FORECAST), lambda: monta.label(CODE, "PostNL")):
        with pytest.raises(NotSent):
            call()


# ---- labels


def test_403_means_the_account_everywhere_but_on_a_label(account, monta, says):
    says({"title": "Forbidden", "detail": "This account may not generate shipping labels."}, 403)
    for call in (
        lambda: monta.order(ORDER),
        lambda: monta.forecast(CODE),
        lambda: monta.forecasts(ORDER),
        lambda: monta.create(FORECAST),
        lambda: monta.update(FORECAST),
        account().reasons,
    ):
        with pytest.raises(AccountRefused):
            call()
    with pytest.raises(NotAllowed) as refused:
        monta.label(CODE, "PostNL")
    assert refused.value.foreign == "Forbidden; This account may not generate shipping labels."


def test_a_carrier_that_is_not_allowed_is_refused_in_montas_words(monta):
    monta.create(FORECAST)
    with pytest.raises(Refused) as refused:
        monta.label(CODE, "Nobody")
    assert refused.value.foreign.startswith("Shipper 'Nobody' is not allowed")


def test_401_means_the_credentials_everywhere(monta, says):
    says(b"", 401)
    for call in (lambda: monta.order(ORDER), lambda: monta.create(FORECAST), lambda: monta.label(CODE, "PostNL")):
        with pytest.raises(AccountRefused):
            call()


# ---- what a refusal says


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"OrderInvalidReasons":[{"Code":1,"Message":"already exists"}]}', "already exists"),
        ('{"ErrorMessage":"No","InvalidReasons":["one","two"]}', "one; two; No"),
        ("Shipper DPD is not allowed.", "Shipper DPD is not allowed."),
        ('"Order not found"', "Order not found"),
        ('  "Order not found"  ', "Order not found"),
        ('{"Message":"Zero products found with sku A"}', "Zero products found with sku A"),
        ('{"title":"Bad Request","detail":"Why","status":400}', "Bad Request; Why"),
        ('{"OrderInvalidReasons":[{"Code":1,"Message":"same"},{"Code":2,"Message":"same"}],"Message":"same"}', "same"),
        ('{"OrderInvalidReasons":[{"Code":1,"Message":null},{"Code":2}]}', None),
        ('{"InvalidReasons":"text"}', None),
        ('{"Other":"thing"}', None),
        ("[1, 2]", None),
        ("{broken", None),
        ("", ""),
        ("[" * 100_000, None),
    ],
)
def test_every_shape_of_a_refusal_says_something(body, words):
    """`None` stands for the body as it is: no part of it is known to be a message."""
    assert words_of(body) == (body if words is None else words)


# ---- reasons and check


def test_reasons_come_with_their_translations(account, says):
    says(
        [
            {"Id": 2447, "Description": "Te klein", "Translations": {"en": "Too small", "de": None, "fr": ""}},
            {"Id": 2448, "Description": None, "Translations": None},
            {"Id": 2449},
        ]
    )
    assert list(account().reasons()) == [
        WarehouseReason(2447, "Te klein", (("en", "Too small"),)),
        WarehouseReason(2448, ""),
        WarehouseReason(2449, ""),
    ]


@pytest.mark.parametrize("body", [b"{}", b"null", b'[{"Description": "x"}]', b"[5]", b"<html>"])
def test_a_list_of_reasons_that_is_none_is_never_taken_for_empty(account, says, body):
    says(body)
    with pytest.raises(BadAnswer):
        account().reasons()


def test_the_check_believes_logged_in_and_not_the_status(monta, between):
    between.next = [Canned(200, b'{"Health": {"Description": "OK", "LoggedIn": false}}')]
    findings = list(monta.check())
    assert [(finding.subject, finding.ok) for finding in findings] == [("credentials", False)]
    assert "password" in findings[0].next_step


@pytest.mark.parametrize("body", [b"{}", b"null", b"[]", b'{"Health": {"LoggedIn": "yes"}}', b'{"Health": null}'])
def test_a_health_that_says_nothing_is_no_login(monta, between, body):
    between.next = [Canned(200, body)]
    assert [finding.ok for finding in monta.check()] == [False]


def test_the_check_asks_for_nothing_but_the_login(monta, asked):
    assert all(finding.ok for finding in monta.check())
    assert asked() == [("GET", "/health")]


def test_no_answer_in_any_shape_is_another_kind_of_error(monta, says):
    calls = [
        lambda: monta.order(ORDER),
        lambda: monta.forecasts(ORDER),
        lambda: monta.forecast(CODE),
        lambda: monta.create(FORECAST),
        lambda: monta.label(CODE, "PostNL"),
        monta.reasons,
        monta.channels,
        lambda: list(monta.check()),
    ]
    bodies = [b"", b"null", b"5", b'"x"', b"[]", b"{}", b"[[]]", b"{", b"<html>", b"[" * 100_000, b"\xff\xfe", b"NaN"]
    for status in (200, 400, 403, 404, 500):
        for body in bodies:
            says(body, status)
            for call in calls:
                try:
                    call()
                except (CallError, HoldError, AccountRefused) as error:
                    assert error.what  # noqa: PT017 - success is as good as one of our errors


def test_limits_stay_below_what_is_published():
    published = {"5m": 4_500, "1h": 27_000, "1d": 270_000}
    assert Monta.default_limits.keys() == published.keys()
    for window, limit in Monta.default_limits.items():
        assert limit == published[window] * 0.8


def test_a_time_of_shipment_is_only_asked_whether_it_is_there(monta, sandbox):
    sandbox.monta.add(monta_order("1003", shipped=datetime(2026, 3, 1, tzinfo=UTC)))
    assert monta.order(WarehouseOrderNumber("1003")).shipped
