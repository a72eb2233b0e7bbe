import base64
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import pytest

from returnsync.sandbox import Fault, World
from returnsync.sandbox.world import monta_line, monta_order


def announcement(code="shop-1", order="1001", **line):
    return {
        "Code": code,
        "WebshopOrderId": order,
        "Lines": [{"WebshopOrderLineId": "9920011", "ReturnQuantity": 1, "ReturnReason": "Too small", **line}],
    }


# --- who may ask ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("auth", [None, ("sandbox", "wrong"), ("other", "sandbox-password")])
def test_without_the_right_login_everything_but_health_is_401_with_problem_details(client, auth):
    answer = client.monta("/order/1001", auth=auth)
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["status"] == 401


@pytest.mark.parametrize(("auth", "logged_in"), [(("sandbox", "sandbox-password"), True), (("sandbox", "no"), False)])
def test_health_is_200_either_way_and_says_who_is_logged_in(client, auth, logged_in):
    answer = client.monta("/health", auth=auth)
    assert answer.status_code == 200
    assert answer.json() == {"Health": {"Description": "OK", "LoggedIn": logged_in}}


def test_a_login_that_cannot_be_decoded_is_no_login(client):
    assert client.monta("/order/1001", auth=None, headers={"Authorization": "Basic %%%"}).status_code == 401


# --- orders --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["a/b", "#1001", "100%", "two words", "a%2Fb", "naïve", "returnforecasts"])
def test_an_order_number_is_one_path_segment_whatever_is_in_it(sandbox, client, number):
    sandbox.monta.add(monta_order(number))
    path = f"/order/{quote(number, safe='')}"
    assert client.monta(path).json()["WebshopOrderId"] == number
    assert client.monta(path + "/returnforecasts").json() == []
    assert client.monta(path + "/returnlabels").json() == []


def test_a_slash_that_is_not_encoded_is_another_address(sandbox, client):
    sandbox.monta.add(monta_order("a/b"))
    assert client.monta("/order/a/b").status_code == 404


@pytest.mark.parametrize("path", ["/order/9", "/order/9/returnforecasts", "/order/9/returnlabels"])
def test_an_unknown_order_is_400_with_code_23(client, path):
    answer = client.monta(path)
    assert answer.status_code == 400
    assert [reason["Code"] for reason in answer.json()["OrderInvalidReasons"]] == [23]


def test_an_unknown_order_can_be_a_404_with_a_bare_string_alternately_quoted(sandbox, client):
    sandbox.monta.order_not_found = 404
    answers = [client.monta("/order/9") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert [answer.text for answer in answers] == ['"Order not found"', "Order not found"]


@pytest.mark.parametrize(
    ("shipped", "written"),
    [
        (datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "2026-07-02T00:30:00"),
        (datetime(2026, 1, 1, 22, 30, 10, 120_000, tzinfo=UTC), "2026-01-01T23:30:10.12"),
    ],
)
def test_times_are_amsterdam_wall_clock_without_a_zone(sandbox, client, shipped, written):
    sandbox.monta.add(monta_order("timed", shipped=shipped))
    assert client.monta("/order/timed").json()["Shipped"] == written


def test_an_order_not_yet_shipped_has_null(sandbox, client):
    sandbox.monta.add(monta_order("new", shipped=None))
    assert client.monta("/order/new").json()["Shipped"] is None


def test_an_order_number_in_two_channels_answers_with_the_other_one_unless_the_channel_is_named(sandbox, client):
    sandbox.monta.add(monta_order("1001", "COAT", channel="Webshop BE"))
    assert client.monta("/order/1001").json()["Origin"] == "Webshop BE"
    assert client.monta("/order/1001?channel=Webshop NL").json()["Origin"] == "Webshop NL"
    assert client.monta("/order/1001?channel=Webshop DE").status_code == 400


def test_lines_may_have_no_id_share_a_sku_or_be_flyers(sandbox, client):
    lines = [monta_line("A", line_id=None), monta_line("A", line_id=None), monta_line("F", flyer=True)]
    sandbox.monta.add(monta_order("odd", *lines))
    got = client.monta("/order/odd").json()["Lines"]
    assert [line["WebshopOrderLineId"] for line in got[:2]] == [None, None]
    assert [line["Sku"] for line in got] == ["A", "A", "F"]
    assert got[2]["IsFlyer"] is True


# --- forecasts -----------------------------------------------------------------------------------------------------


def test_creating_answers_with_the_same_object_and_null_for_what_was_not_set(client):
    answer = client.announce()
    assert answer.status_code == 200
    assert answer.json() == {
        "Code": "shop-1",
        "WebshopOrderId": "1001",
        "Lines": [
            {
                "WebshopOrderLineId": "9920011",
                "ReturnQuantity": 1,
                "ReturnReason": "Too small",
                "RelatieRetourOorzaakId": None,
                "RelatieRetourOorzaakParentId": None,
                "CustomerComment": None,
            }
        ],
        "CauseDescription": None,
        "Comment": None,
        "GeneralComment": None,
        "TrackAndTraceCode": None,
        "TrackAndTraceLink": None,
    }


def test_reading_back_has_empty_text_where_creating_had_null(client):
    client.announce()
    read = client.monta("/returnforecast/shop-1").json()
    assert read["Comment"] == read["TrackAndTraceCode"] == read["Lines"][0]["CustomerComment"] == ""
    assert client.monta("/order/1001/returnforecasts").json() == [read]


def test_an_unknown_code_is_a_404_with_a_bare_string(client):
    answer = client.monta("/returnforecast/none")
    assert (answer.status_code, answer.text.strip('"')) == (404, "Return forecast not found")


def test_a_code_in_use_makes_a_second_forecast_which_is_counted(sandbox, client):
    assert [client.announce().status_code for _ in range(2)] == [200, 200]
    assert len(sandbox.monta.forecasts_of("shop-1")) == 2
    assert sandbox.counts.effects("duplicate_forecasts") == 1
    assert sandbox.counts.effects("forecasts") == 2


@pytest.mark.parametrize("status", [400, 409])
def test_a_code_in_use_may_be_refused_in_words_and_makes_nothing(sandbox, client, status):
    sandbox.monta.code_in_use = status
    assert client.announce().ok
    answer = client.announce()
    assert answer.status_code == status
    assert answer.json() == {"ReturnForecastInvalidReasons": ["Return forecast with code 'shop-1' already exists"]}
    assert len(sandbox.monta.forecasts) == sandbox.counts.effects("forecasts") == 1
    assert sandbox.counts.effects("duplicate_forecasts") == 0


@pytest.mark.parametrize("code_in_use", [400, 409])
def test_a_code_in_use_is_refused_also_while_no_read_shows_it(sandbox, client, code_in_use):
    sandbox.monta.code_in_use, sandbox.monta.visible_after = code_in_use, timedelta(minutes=5)
    client.announce()
    assert client.announce().status_code == code_in_use


def test_a_forecast_may_show_in_reads_only_a_while_after_it_was_made_though_a_label_is_made_at_once(sandbox, client):
    made = datetime(2026, 11, 5, 10, 0, tzinfo=UTC)
    sandbox.monta.now, sandbox.monta.visible_after = lambda: made, timedelta(minutes=5)
    client.announce()

    def codes(path, **window):
        return [row["Code"] for row in client.monta(path, params=window).json()]

    def shown():
        by_code = client.monta("/returnforecast/shop-1").ok
        listed = codes("/returnforecast", startDate="2026-11-01", endDate="2026-11-30")
        return by_code, codes("/order/1001/returnforecasts"), listed

    assert shown() == (False, [], [])
    assert client.label().ok
    sandbox.monta.now = lambda: made + timedelta(minutes=5)
    assert shown() == (True, ["shop-1"], ["shop-1"])


def test_a_forecast_of_an_order_that_was_removed_is_read_by_its_code_alone(sandbox, client):
    client.announce()
    client.label()
    sandbox.monta.remove("1001")
    assert client.monta("/returnforecast/shop-1").ok
    for path in ("/order/1001/returnforecasts", "/order/1001/returnlabels"):
        answer = client.monta(path)
        assert (answer.status_code, answer.json()["OrderInvalidReasons"][0]["Code"]) == (400, 23)


def test_a_number_as_code_comes_back_as_text(client):
    assert client.monta("/returnforecast", "POST", json=announcement(code=10027)).json()["Code"] == "10027"


@pytest.mark.parametrize("words", ["é" * 200, "😀" * 100, "one\r\ntwo\tthree"])
def test_texts_of_200_utf_16_units_are_taken_as_they_are(sandbox, client, words):
    assert client.monta("/returnforecast", "POST", json=announcement(CustomerComment=words)).ok
    assert sandbox.monta.forecasts[0].lines[0]["CustomerComment"] == words


@pytest.mark.parametrize("name", ["CustomerComment", "ReturnReason"])
@pytest.mark.parametrize("words", ["é" * 201, "😀" * 101, "te\x0bklein", "te\x00klein", "\x9b0m", "\ud83d", "\uffff"])
def test_a_text_that_is_too_long_or_that_xml_cannot_hold_is_refused(sandbox, client, name, words):
    answer = client.monta("/returnforecast", "POST", json=announcement(**{name: words}))
    assert answer.status_code == 400
    assert "maximum length of 200" in answer.text or "is an invalid character" in answer.text
    assert sandbox.monta.forecasts == []


@pytest.mark.parametrize("code", ["x" * 51, "😀" * 26])
def test_a_code_of_more_than_50_utf_16_units_is_refused(client, code):
    assert client.monta("/returnforecast", "POST", json=announcement(code=code)).status_code == 400


def test_line_ids_that_the_order_does_not_have_are_taken_without_a_word(sandbox, client):
    assert client.monta("/returnforecast", "POST", json=announcement(WebshopOrderLineId="0")).ok
    assert sandbox.monta.forecasts[0].lines[0]["WebshopOrderLineId"] == "0"


@pytest.mark.parametrize(
    "body",
    [
        announcement(order="9"),
        announcement(RelatieRetourOorzaakId=1),
        announcement(RelatieRetourOorzaakId="2447"),
        announcement(ReturnQuantity=0),
        announcement(ReturnQuantity="1"),
        announcement(code=""),
        {**announcement(), "Lines": []},
        {"Code": "shop-1"},
        [],
    ],
)
def test_what_is_no_forecast_is_400_and_makes_none(sandbox, client, body):
    answer = client.monta("/returnforecast", "POST", json=body)
    assert answer.status_code == 400
    assert next(iter(answer.json())).endswith("InvalidReasons")
    assert sandbox.monta.forecasts == []


def test_a_reason_may_ask_for_a_comment(sandbox, client):
    sandbox.monta.reasons_with_comment = {2448}
    body = announcement(RelatieRetourOorzaakId=2448)
    assert client.monta("/returnforecast", "POST", json=body).status_code == 400
    body = announcement(RelatieRetourOorzaakId=2448, CustomerComment="te kort")
    assert client.monta("/returnforecast", "POST", json=body).ok


def test_an_update_replaces_the_whole_forecast_with_its_tracking(sandbox, client):
    client.announce()
    client.label()
    assert client.monta("/returnforecast", "PUT", json=announcement(ReturnQuantity=2)).ok
    (forecast,) = sandbox.monta.forecasts_of("shop-1")
    assert forecast.lines[0]["ReturnQuantity"] == 2
    assert client.monta("/returnforecast/shop-1").json()["TrackAndTraceCode"] == ""
    assert sandbox.counts.effects("updates") == 1


def test_an_update_of_an_unknown_code_is_404(client):
    assert client.monta("/returnforecast", "PUT", json=announcement(code="none")).status_code == 404


def test_forecasts_of_an_order_may_come_in_the_other_shape(sandbox, client, world):
    sandbox.monta.forecast_shape = "list"
    line = world.orders[0]["Lines"][0]
    body = announcement(WebshopOrderLineId=line["WebshopOrderLineId"], RelatieRetourOorzaakId=2447)
    client.monta("/returnforecast", "POST", json=body)
    (listed,) = client.monta("/order/1001/returnforecasts").json()
    assert listed["Code"] == "shop-1"
    assert listed.keys().isdisjoint({"WebshopOrderId", "CauseDescription"})
    assert "WebshopOrderLineId" not in listed["Lines"][0]
    assert (listed["Lines"][0]["ProductCode"], listed["Lines"][0]["RelatieReturnReasonId"]) == (line["Sku"], 2447)


def test_a_forecast_made_by_hand_is_there_and_not_counted(sandbox, client):
    sandbox.monta.announce("RMA-7", "1001", {"9920011": 1})
    assert [row["Code"] for row in client.monta("/order/1001/returnforecasts").json()] == ["RMA-7"]
    assert sandbox.counts.effects("forecasts") == 0


def test_the_list_takes_the_days_of_amsterdam_and_leaves_the_end_out(sandbox, client):
    sandbox.monta.now = lambda: datetime(2026, 11, 5, 23, 30, tzinfo=UTC)
    client.announce()

    def codes(start, end):
        answer = client.monta("/returnforecast", params={"startDate": start, "endDate": end})
        return [row["Code"] for row in answer.json()]

    assert codes("2026-11-06", "2026-11-07") == ["shop-1"]
    assert codes("2026-11-05", "2026-11-06") == []


@pytest.mark.parametrize(
    "window", [{}, {"startDate": "2026-11-05"}, {"startDate": "5-11-2026", "endDate": "6-11-2026"}]
)
def test_the_list_needs_two_days(client, window):
    assert client.monta("/returnforecast", params=window).status_code == 400


@pytest.mark.parametrize(("first_page", "pages"), [(1, [["0", "1"], ["0", "1"], ["2"]]), (0, [["0", "1"], ["2"], []])])
def test_pages_of_the_list_begin_at_0_or_1_and_end_empty(sandbox, client, first_page, pages):
    sandbox.monta.page_size, sandbox.monta.first_page = 2, first_page
    for code in range(3):
        client.announce(str(code))
    window = {"startDate": "2000-01-01", "endDate": "2100-01-01"}
    answers = [client.monta("/returnforecast", params=window | page) for page in ({}, {"page": 1}, {"page": 2})]
    assert [[row["Code"] for row in answer.json()] for answer in answers] == pages


def test_the_list_may_end_with_a_404_in_words(sandbox, client):
    sandbox.monta.list_end = 404
    answer = client.monta("/returnforecast", params={"startDate": "2000-01-01", "endDate": "2100-01-01"})
    assert (answer.status_code, answer.text.strip('"')) == (404, "No return forecasts match the filters")


# --- received ------------------------------------------------------------------------------------------------------


def test_a_return_that_was_booked_is_listed_by_change_and_on_its_order_with_its_forecast(sandbox, client):
    client.announce()
    sandbox.monta.now = lambda: datetime(2026, 11, 5, 23, 30, tzinfo=UTC)
    sandbox.monta.receive("1001", {"9920011": 1}, code="shop-1")
    (row,) = client.monta("/return/updated_since/2026-11-06T00:30:00?status=any").json()["Returns"]
    assert (row["ForecastCode"], row["CreatedAt"]) == ("shop-1", "2026-11-06T00:30:00")
    assert [(line["WebshopOrderLineId"], line["ReturnedQuantity"]) for line in row["Lines"]] == [("9920011", 1)]
    assert client.monta("/order/1001/return").json()["Returns"] == [row]
    assert client.monta("/return/updated_since/2026-11-06T00:31:00").json() == {"Returns": []}
    (listed,) = client.monta("/returnforecast", params={"startDate": "2000-01-01", "endDate": "2100-01-01"}).json()
    assert (listed["ReturnId"], listed["Completed"]) == (row["Id"], True)


def test_a_return_that_nobody_announced_has_no_forecast(sandbox, client):
    sandbox.monta.receive("1001", {"9920011": 1})
    (row,) = client.monta("/order/1001/return").json()["Returns"]
    assert (row["ReturnForecastId"], row["ForecastCode"]) == (None, None)


@pytest.mark.parametrize(("since", "status"), [("2026-11-05T00:31:00", 200), ("2026-11-05T00:29:00", 400), ("x", 400)])
def test_returns_are_listed_by_change_for_seven_days(sandbox, client, since, status):
    sandbox.monta.now = lambda: datetime(2026, 11, 11, 23, 30, tzinfo=UTC)
    assert client.monta(f"/return/updated_since/{since}").status_code == status


# --- labels --------------------------------------------------------------------------------------------------------


def test_a_label_is_a_pdf_in_base64_with_a_link_and_no_code(sandbox, client):
    client.announce()
    answer = client.label().json()
    assert answer.keys() == {"EncodedData", "FileExtension", "TrackAndTraceLink"}
    data = base64.b64decode(answer["EncodedData"], validate=True)
    assert data.startswith(b"%PDF-")
    assert data.endswith(b"%%EOF\n")
    assert answer["FileExtension"] == "pdf"
    assert sandbox.monta.labels_of("shop-1")[0].data == data


def test_the_tables_of_the_pdf_point_where_its_objects_stand(client):
    client.announce()
    data = base64.b64decode(client.label().json()["EncodedData"])
    offsets = [int(found) for found in re.findall(rb"(\d{10}) 00000 n", data)]
    assert [data[offset:].split(b" ", 1)[0] for offset in offsets] == [b"1", b"2", b"3", b"4"]


def test_every_label_call_makes_another_label_and_each_is_counted(sandbox, client):
    client.announce()
    links = {client.label().json()["TrackAndTraceLink"] for _ in range(3)}
    assert len(links) == len(sandbox.monta.labels_of("shop-1")) == 3
    assert (sandbox.counts.effects("labels"), sandbox.counts.effects("extra_labels")) == (3, 2)
    references = client.monta("/order/1001/returnlabels").json()
    assert {reference["TrackAndTraceLink"] for reference in references} == links


def test_the_forecast_has_the_tracking_code_once_there_is_a_label(sandbox, client):
    client.announce()
    client.label()
    tracking = sandbox.monta.labels[0].tracking
    assert client.monta("/returnforecast/shop-1").json()["TrackAndTraceCode"] == tracking


def test_the_forecast_may_stay_without_the_tracking_code(sandbox, client):
    sandbox.monta.fills_tracking = False
    client.announce()
    client.label()
    assert client.monta("/returnforecast/shop-1").json()["TrackAndTraceCode"] == ""


@pytest.mark.parametrize("shipper", ["", "DHLFYPakket", "postnl", "PostNLBuspakje"])
def test_a_shipper_that_is_missing_or_not_enabled_is_400_in_plain_text(sandbox, client, shipper):
    client.announce()
    answer = client.label(shipper=shipper)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert sandbox.monta.labels == []


def test_shippers_are_enabled_by_the_channel_of_the_order(sandbox, client):
    sandbox.monta.add(monta_order("be", channel="Webshop BE"))
    client.announce("be", order="be")
    assert client.label("be", "PostNL").status_code == 400
    assert client.label("be", "DPD").ok


def test_an_account_without_label_permission_is_403_and_makes_none(sandbox, client):
    sandbox.monta.label_permission = False
    client.announce()
    answer = client.label()
    assert (answer.status_code, answer.json()["title"]) == (403, "Forbidden")
    assert sandbox.monta.labels == []


def test_a_label_fails_when_the_order_is_gone(sandbox, client):
    client.announce()
    sandbox.monta.remove("1001")
    assert client.label().status_code == 400


def test_a_label_for_an_unknown_code_is_404(client):
    assert client.label("none").status_code == 404


def test_a_label_may_be_of_another_type_or_not_what_it_says(sandbox, client):
    sandbox.monta.label_extension, sandbox.monta.label_bytes = "zpl", b"^XA^XZ"
    client.announce()
    answer = client.label().json()
    assert (answer["FileExtension"], base64.b64decode(answer["EncodedData"])) == ("zpl", b"^XA^XZ")


def test_labels_packed_with_the_parcel_are_among_those_of_the_order(sandbox, client):
    sandbox.monta.enclosed_labels.append("1001")
    client.announce()
    client.label()
    references = client.monta("/order/1001/returnlabels").json()
    assert len(references) == 2
    assert all("Code" not in reference for reference in references)


def test_the_list_of_an_orders_labels_may_show_none(sandbox, client):
    sandbox.monta.lists_labels = False
    sandbox.monta.enclosed_labels.append("1001")
    client.announce()
    client.label()
    assert client.monta("/order/1001/returnlabels").json() == []


@pytest.mark.parametrize(
    ("kind", "packed", "made"),
    [
        ("amsterdam", "2026-07-01T12:00:00", "2026-07-02T00:30:00"),
        ("utc", "2026-07-01T10:00:00", "2026-07-01T22:30:00"),
        ("none", None, None),
    ],
)
def test_the_times_of_an_orders_labels_name_no_zone_whichever_they_are_in(sandbox, client, kind, packed, made):
    sandbox.monta.label_times = kind
    sandbox.monta.add(monta_order("timed", shipped=datetime(2026, 7, 1, 10, tzinfo=UTC)))
    sandbox.monta.enclosed_labels.append("timed")
    sandbox.monta.now = lambda: datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    client.announce(order="timed")
    client.label()
    assert [row["Created"] for row in client.monta("/order/timed/returnlabels").json()] == [packed, made]


@pytest.mark.parametrize("status", [401, 402, 403, 404, 409, 423, 451, 500])
def test_a_label_may_be_made_and_a_page_answered(sandbox, client, status):
    page = b"<html><body>Blocked</body></html>"
    sandbox.faults.add(Fault("monta.label", "status-after", status=status, body=page, content_type="text/html"))
    client.announce()
    answer = client.label()
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (status, page, "text/html")
    assert len(sandbox.monta.labels_of("shop-1")) == 1


# --- the rest ------------------------------------------------------------------------------------------------------


def test_reasons_are_a_bare_array_with_translations_that_may_be_empty(client):
    reasons = client.monta("/returnreasons").json()
    assert reasons[0] == {"Id": 2447, "Description": "Te klein", "Translations": {"en": "Too small"}}
    assert reasons[1]["Translations"] == {}


def test_info_lists_the_shippers_of_each_channel(client):
    origins = client.monta("/info").json()["Origins"]
    assert [{option["ShipperCode"] for option in origin["ShipperOptions"]} for origin in origins] == [
        {"DPD", "PostNL", "PostNlBuspakje", "UPS", "SEL", "DHLParcelConnect"},
        {"DPD", "UPS"},
    ]


def test_a_product_is_found_by_its_encoded_sku(sandbox, client):
    sandbox.monta.add(monta_order("slash", "A/B 1"))
    assert client.monta("/product/A%2FB%201").json()["Sku"] == "A/B 1"


def test_an_unknown_product_is_404_with_a_message(client):
    answer = client.monta("/product/none")
    assert (answer.status_code, answer.json()) == (404, {"Message": "Zero products found with sku none"})


def test_products_are_found_by_barcode_or_sku_in_the_shape_that_is_wanted(sandbox, client):
    sandbox.monta.add(monta_order("1001", "A", "B"))
    a = client.monta("/product/A").json()
    (barcode,) = a["Barcodes"]
    sandbox.monta.barcodes["OTHER"].append(barcode)
    other = client.monta("/product/OTHER").json()
    wanted = {
        "bare": a,
        "wrapped": {"Product": a},
        "list": {"Products": [{"Product": a}, {"Product": other}]},
        "array": [a, other],
    }
    for shape, found in wanted.items():
        sandbox.monta.product_shape = shape
        assert client.monta(f"/product?barcode={barcode}").json() == found
    assert client.monta("/product?sku=A").json() == [a]


def test_no_product_with_a_barcode_is_404_with_a_message(client):
    answer = client.monta("/product?barcode=1")
    assert (answer.status_code, answer.json()) == (404, {"Message": "Zero products found with barcode 1"})


def test_the_date_of_its_answers_may_be_off_or_missing_also_where_they_go_wrong(sandbox, client):
    moment = datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)
    sandbox.monta.date = lambda: moment
    sandbox.faults.add(Fault("monta.label", "status", status=503))
    for answer in (client.monta("/health"), client.monta("/order/1001"), client.label()):
        assert answer.headers["date"] == "Mon, 03 Feb 2020 04:05:06 GMT"
    assert abs(parsedate_to_datetime(client.list().headers["date"]) - datetime.now(UTC)) < timedelta(days=1)
    sandbox.monta.date = lambda: None
    assert "date" not in client.monta("/health").headers


def test_a_fault_may_answer_with_a_date_of_its_own(sandbox, client):
    date = "Mon, 03 Feb 2020 04:05:06 GMT"
    sandbox.faults.add(Fault("monta.health", "status", status=503, headers={"Date": date}))
    assert client.monta("/health").headers["date"] == date


# --- several accounts at one address -------------------------------------------------------------------------------


def test_another_merchants_login_sees_its_own_orders_and_forecasts_alone(sandbox, client):
    other = sandbox.add_merchant(World(username="other", password="other-password", orders=[monta_order("2001")]))
    other.announce("theirs", "2001", {"9920011": 1})
    theirs = {"auth": ("other", "other-password")}
    assert client.monta("/order/2001", **theirs).status_code == 200
    assert client.monta("/returnforecast/theirs", **theirs).status_code == 200
    assert client.monta("/order/2001").status_code == 400
    assert client.monta("/returnforecast/theirs").status_code == 404
    assert client.monta("/order/2001", auth=("other", "sandbox-password")).status_code == 401
