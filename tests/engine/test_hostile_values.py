"""Hostile values, end to end: order numbers, comments, records and labels that no system should send."""

import json
import logging
import os
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from shop import later

from returnsync.sandbox import Fault, World
from returnsync.sandbox.world import monta_order, request, return_order

GOOD = "1001"


@pytest.fixture
def world() -> World:
    """One plain return beside each hostile one; it must be delivered."""
    world = World.empty()
    world.orders.append(monta_order(GOOD))
    world.return_orders.append(return_order(request(order=f"#{GOOD}")))
    return world


def files_outside_labels(folder: Path) -> set[str]:
    """Everything in and beside the shop's folder, except the labels."""
    found = {str(path.relative_to(folder.parent)) for path in folder.parent.rglob("*")}
    return {name for name in found if "/labels/" not in name}


# Characters that would control a terminal instead of being shown on it.
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def verbose(shop):
    """A function that makes one run which logs everything; later commands in this process do not."""
    ran = shop("run", "-v")
    logging.getLogger("returnsync").handlers = []
    logging.getLogger("returnsync").setLevel(logging.WARNING)
    return ran


USABLE = ["../../x", "a/b", "100%", "%2e%2e", "x y", "a?b#c", "é", "\N{PACKAGE}", "x" * 50, "'; DROP TABLE effects; --"]
UNUSABLE = [
    "", ".", "..", "#", "x" * 51, "9" * 10_000, "10\n01", "10\r\n01", "\x1b[2J1001", "10\x0001", "\u202e1001", "\ufeff"
]  # fmt: skip


@pytest.mark.parametrize("number", USABLE, ids=repr)
def test_an_order_number_of_any_printable_characters_is_asked_for_as_it_is(shop, number):
    shop.sandbox.monta.add(monta_order(number))
    shop.sandbox.returnista.add(return_order(request(order=number)))
    before = files_outside_labels(shop.folder)
    assert shop.run()["labelled"] == 2
    assert {forecast.order for forecast in shop.forecasts} == {GOOD, number}
    assert [path.parent for path in shop.labels()] == [shop.folder / "labels" / "monta"] * 2
    made = files_outside_labels(shop.folder) - before
    assert {name.rpartition("/")[2] for name in made} <= {
        "returnsync.toml", "returnsync.db", "returnsync.db-wal", "returnsync.db-shm", "returnsync.db-limits",
        "returnsync.db-limits-wal", "returnsync.db-limits-shm", "returnsync.db.lock", "labels",
    }  # fmt: skip


@pytest.mark.parametrize("number", ["", "  "], ids=["empty", "blanks"])
def test_an_order_number_that_the_platform_does_not_show_is_told_as_that(shop, number):
    shop.sandbox.returnista.add(return_order(request(order=number)))
    shop("run")
    (held,) = shop.held()
    assert held["cause"] == "order-number-unusable"
    assert "The platform shows no order number" in held["what"]
    assert "at the platform" in held["next_step"]
    assert "order_number" not in held["next_step"]


@pytest.mark.parametrize("number", UNUSABLE, ids=lambda number: repr(number[:60]))
def test_an_order_number_that_cannot_be_asked_for_is_held_before_any_call_with_it(shop, number):
    shop.sandbox.returnista.add(return_order(request(order=number)))
    ran = shop("run")
    assert ran.code == 1
    assert shop.causes() == {number: "order-number-unusable"}
    assert shop.sandbox.counts.calls("monta.order") == 1
    assert [forecast.order for forecast in shop.forecasts] == [GOOD]
    code = shop.held()[0]["code"]
    for told in (ran, shop("held"), shop("show", code), shop("replay", code), shop("status"), verbose(shop)):
        assert "Traceback" not in told.out + told.err
        assert not STEERING.findall(told.out + told.err)


def test_an_id_or_a_servers_words_that_would_steer_a_terminal_are_shown_without_that(shop):
    shop.sandbox.returnista.add(return_order(request(order="#5"), id="\x1b]0;odd\x07\u202e"))
    body = "\x1b[2J nothing \x9b31m here".encode()
    shop.sandbox.faults.add(Fault("monta.order", "status", status=422, body=body))
    for told in (shop("run"), shop("held"), shop("show", "#5"), verbose(shop)):
        assert not STEERING.findall(told.out + told.err)


def test_a_null_order_number_is_set_aside(shop):
    shop.sandbox.returnista.add(return_order(request(order="#5"), id="odd", purchaseOrderNumbers=[]))
    shop.sandbox.returnista.return_orders["odd"]["returnRequests"][0]["purchaseOrderNumber"] = None
    assert shop.run()["labelled"] == 1
    assert [item["cause"] for item in shop.held()] == ["unreadable"]


# Each with the text that is sent: at most 200 UTF-16 code units, and an emoji has two.
_FAMILY = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
_FLAG = "\N{REGIONAL INDICATOR SYMBOL LETTER N}\N{REGIONAL INDICATOR SYMBOL LETTER L}"
COMMENTS = {
    "10 kB": ("lang " * 2_000, ("lang " * 40).rstrip()),
    "emoji": ("\N{FACE WITH TEARS OF JOY}" * 500, "\N{FACE WITH TEARS OF JOY}" * 100),
    "families": (_FAMILY * 100, _FAMILY * 25),
    "combining": ("e\N{COMBINING ACUTE ACCENT}" * 500, "e\N{COMBINING ACUTE ACCENT}" * 100),
    "flags": (_FLAG * 300, _FLAG * 50),
    "controls": ("\x00\x07\x1b[31m" * 100, "[31m" * 50),
    "lines": ("te klein\r\n" * 100, ("te klein " * 23)[:200]),
}


@pytest.mark.parametrize("name", COMMENTS)
def test_a_long_comment_is_cut_at_200_units_and_that_is_reported(shop, name):
    comment, expected = COMMENTS[name]
    shop.sandbox.monta.add(monta_order("2002"))
    shop.sandbox.returnista.add(return_order(request(order="2002", comment=comment)))
    assert shop.run()["labelled"] == 2
    sent = next(forecast for forecast in shop.forecasts if forecast.order == "2002").lines[0]["CustomerComment"]
    assert sent == expected
    story = shop("show", "2002", "--json").json[0]
    requests = [entry["detail"]["request"] for entry in story["history"] if entry["event"] == "create intended"]
    assert [request["texts cut"] for request in requests] == [1]


@pytest.mark.parametrize(
    ("comment", "sent"), [("te\x0bklein", "te klein"), ("te\x00klein\n", "teklein"), ("\x07", None)]
)
def test_a_comment_from_a_word_processor_is_sent_without_its_control_characters(shop, comment, sent):
    (record,) = shop.sandbox.returnista.return_orders.values()
    record["returnRequests"][0]["returnReasonComment"] = comment
    assert shop.run()["labelled"] == 1
    assert shop.forecasts[0].lines[0]["CustomerComment"] == sent


def test_reason_words_are_cleaned_and_cut_as_comments_are_and_the_echo_is_what_was_sent(shop):
    (record,) = shop.sandbox.returnista.return_orders.values()
    record["returnRequests"][0]["returnReason"] = {"id": "b-1", "key": "r", "description": "Zu\x0bklein " + "😀" * 150}
    assert shop.run()["labelled"] == 1
    assert shop.forecasts[0].lines[0]["ReturnReason"] == "Zu klein " + "😀" * 95


def test_half_a_surrogate_pair_is_mended_and_the_return_goes_on(shop):
    """Programs that cut texts in UTF-16 leave half pairs, which neither a database nor a socket accepts."""
    record = return_order(request(order="2002", comment="HALF"), id="half")
    shop.sandbox.monta.add(monta_order("2002"))
    body = json.dumps({"data": [record], "hasMore": False}).replace("HALF", "kapot \\ud83d")
    shop.sandbox.faults.add(Fault("returnista.list", "wrong-type", body=body.encode(), times=1))
    assert shop.run()["labelled"] == 1
    assert shop.forecasts[0].lines[0]["CustomerComment"] == "kapot \ufffd"


def listed(shop, *records: Any, text: str | None = None) -> None:
    """Let the next list contain these records beside the good one."""
    (good,) = shop.sandbox.returnista.return_orders.values()
    body = json.dumps({"data": [*records, good], "hasMore": False}) if text is None else text
    shop.sandbox.faults.add(Fault("returnista.list", "wrong-type", body=body.encode(), times=1))


# Earlier than the good one: a list comes in order of change.
EARLIER = datetime.now(UTC) - timedelta(hours=3)


def broken(**fields: Any) -> dict[str, Any]:
    return {**return_order(request(order="2002"), id="odd", created=EARLIER), **fields}


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in broken().items() if name not in names}


SET_ASIDE = {
    "null": None,
    "a text": "return",
    "a number": 7,
    "a list": [],
    "an empty object": {},
    "no id": without("id"),
    "null id": broken(id=None),
    "empty id": broken(id=""),
    "dots as id": broken(id=".."),
    "an object as id": broken(id={"a": 1}),
    "no status": without("status"),
    "status of a wrong type": broken(status=["Confirmed"]),
    "no createdAt": without("createdAt"),
    "createdAt in words": broken(createdAt="yesterday"),
    "createdAt a number": broken(createdAt=1767225600),
    "createdAt before all calendars": broken(createdAt="0001-01-01T00:00:00+05:00"),
    "updatedAt in words": broken(updatedAt="soon"),
    "updatedAt null": broken(updatedAt=None),
    "updatedAt after all calendars": broken(updatedAt="9999-12-31T23:59:59-05:00"),
    "requests a text": broken(returnRequests="one"),
    "requests of null": broken(returnRequests=[None]),
    "requests empty": broken(returnRequests=[]),
    "requests null": broken(returnRequests=None),
    "not a number": float("nan"),
    "shipments an object": broken(shipments={}),
    "quantity not a number": broken(returnRequests=[request(order="2002", quantity=float("nan"))]),
    "quantity beyond all numbers": broken(returnRequests=[request(order="2002", quantity=float("inf"))]),
    "quantity of forty digits": broken(returnRequests=[request(order="2002", quantity=10**39)]),
    "quantity true": broken(returnRequests=[request(order="2002", quantity=True)]),
    "an id of nothing that can be read": broken(id="odd\ufffd"),
    "an order number that lost a character": broken(returnRequests=[request(order="20\ufffd2")]),
    "a SKU with a control character": broken(returnRequests=[request(order="2002", product={"sku": "A\0B"})]),
    "deeply nested": broken(status=json.loads("[" * 900 + "]" * 900)),
    "quantity zero": broken(returnRequests=[request(order="2002", quantity=0)]),
    "quantity negative": broken(returnRequests=[request(order="2002", quantity=-1)]),
    "quantity half": broken(returnRequests=[request(order="2002", quantity=0.5)]),
    "quantity in words": broken(returnRequests=[request(order="2002", quantity="two")]),
}


@pytest.mark.parametrize("name", SET_ASIDE)
def test_a_record_that_cannot_be_read_is_set_aside_and_the_others_go_on(shop, name):
    record = SET_ASIDE[name]
    listed(shop, record)
    shop.sandbox.faults.add(Fault("returnista.one", "status", status=200, body=json.dumps(record).encode()))
    ran = shop("run", "--json")
    assert "Traceback" not in ran.err
    assert (ran.code, ran.json["labelled"]) == (1, 1)
    assert ran.json["sources"]["shop-nl"]["set_aside"] == 1
    assert [item["cause"] for item in shop.held()] == ["unreadable"]
    assert shop("run").code == 1  # it is tried again, and nothing gets worse
    with later(days=2):
        assert shop("run").code == 1
    shop.assert_nothing_twice()
    assert len(shop.forecasts) == 1


def test_a_record_set_aside_is_taken_back_once_it_can_be_read(shop):
    shop.sandbox.monta.add(monta_order("2002"))
    shop.sandbox.returnista.add(return_order(request(order="2002"), id="odd"))
    shop.sandbox.returnista.return_orders["odd"]["status"] = None
    assert shop("run").code == 1
    shop.sandbox.returnista.return_orders["odd"]["status"] = "Confirmed"
    assert shop("run").code == 0
    assert shop.held() == []
    assert len(shop.labels()) == 2


def test_one_id_twice_in_a_page_is_one_return_the_last_one_wins(shop):
    shop.sandbox.monta.add(monta_order("2002"))
    listed(shop, broken(status="Pending"), broken())
    ran = shop.run()
    assert (ran["announced"], ran["labelled"]) == (2, 2)
    shop.assert_nothing_twice()


@pytest.mark.parametrize(
    "body",
    ["", "null", "[]", "5", '"x"', "{}", '{"data": null}', '{"data": {}}', '{"data": "x"}',
     '{"data": [{}', '{"data": NaN}', "\xff", "[" * 5000],
    ids=lambda body: repr(body[:25]),
)  # fmt: skip
def test_a_list_that_is_none_moves_no_mark_and_the_next_run_goes_on(shop, body):
    listed(shop, text=body)
    ran = shop("run")
    assert (ran.code, "Traceback" in ran.err) == (75, False)
    assert shop("status", "--json").json["sources"][0]["read_up_to"] is None
    assert shop.run()["labelled"] == 1


@pytest.mark.parametrize("more", ["true", None, 1, "no", {}], ids=repr)
def test_only_an_explicit_false_ends_a_list(shop, more):
    """A full page whose `hasMore` is garbled or missing is not taken as the last one."""
    (good,) = shop.sandbox.returnista.return_orders.values()
    page = [{**good, "id": f"first-{at}", "status": "Complete", "updatedAt": good["createdAt"]} for at in range(50)]
    body = json.dumps({"data": page, "limit": 50, "page": 1, **({} if more is None else {"hasMore": more})})
    shop.sandbox.faults.add(Fault("returnista.list", "wrong-type", body=body.encode(), times=1))
    assert shop.run()["labelled"] == 1


ODD_REASONS = ["5", "null", '{"data": 5}', '"x"', "[null]", '[{"id": {}}]', '{"data": "abc"}']


@pytest.mark.parametrize("body", ODD_REASONS)
def test_odd_return_reasons_cost_only_the_return_that_needs_them(shop, body):
    shop.sandbox.monta.add(monta_order("2002"))
    shop.sandbox.returnista.add(return_order(request(order="2002", returnReason=None), id="odd"))
    shop.sandbox.faults.add(Fault("returnista.reasons", "wrong-type", body=body.encode()))
    ran = shop("run", "--json")
    assert "Traceback" not in ran.err
    assert (ran.code, ran.json["labelled"]) == (1, 1)
    shop.sandbox.faults.clear()
    assert shop.run()["labelled"] == 1
    assert [line["ReturnReason"] for forecast in shop.forecasts for line in forecast.lines] == ["Too small"] * 2


ODD_AT_MONTA = ["5", "null", "[]", "{}", '"x"', "[null]", '{"Lines": 5}', '{"WebshopOrderId": "2002", "Lines": [null]}']
ONE_CALL = {"monta.order": "call-failed", "monta.forecasts": "call-failed"}


@pytest.mark.parametrize("body", ODD_AT_MONTA)
@pytest.mark.parametrize("route", ["monta.order", "monta.forecasts", "monta.create", "monta.label"])
def test_an_odd_answer_of_the_warehouse_never_ends_a_run_nor_makes_anything_twice(shop, route, body):
    shop.sandbox.faults.add(Fault(route, "wrong-type", body=body.encode(), times=1))
    ran = shop("run")
    assert ran.code in {0, 1, 75}
    assert "Traceback" not in ran.err
    with later(minutes=10):
        ran = shop("run")
    assert "Traceback" not in ran.err
    shop.assert_nothing_twice()
    held = list(shop.causes().values())
    assert len(shop.labels()) + len(held) == 1
    # A forecast that cannot be read may be for these goods.
    told = {"label-unusable", "echo-differs", "order-ambiguous", "line-ambiguous", "covered-elsewhere"}
    assert not set(held) - told


# A forecast by somebody else on the order, whose only line is that of 1001, and what happens to our return.
OTHERS = {
    "units null": (b'{"Code": "RMA-1", "Lines": [{"WebshopOrderLineId": "LINE", "ReturnQuantity": null}]}', "held"),
    "units missing": (b'{"Code": "RMA-1", "Lines": [{"WebshopOrderLineId": "LINE"}]}', "held"),
    "units no number": (b'{"Code": "RMA-1", "Lines": [{"Sku": "SHIRT-BL-M", "ReturnQuantity": NaN}]}', "held"),
    "line unreadable": (b'{"Code": "RMA-1", "Lines": [{"WebshopOrderLineId": "7\xff", "ReturnQuantity": 1}]}', "held"),
    "no lines": (b'{"Code": "RMA-1"}', "held"),
    "null": (b"null", "held"),
    "of other goods": (b'{"Code": "R\xff", "Lines": [{"Sku": "OTHER", "ReturnQuantity": 1e999}]}', "announced"),
    "of another line": (b'{"Code": NaN, "Lines": [{"WebshopOrderLineId": "x", "ReturnQuantity": ""}]}', "announced"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_an_odd_forecast_of_somebody_else_stops_ours_only_where_it_may_be_about_the_same_goods(shop, name):
    body, end = OTHERS[name]
    (line,) = shop.sandbox.monta.orders[GOOD][0]["Lines"]
    body = b"[" + body.replace(b"LINE", line["WebshopOrderLineId"].encode()) + b"]"
    shop.sandbox.faults.add(Fault("monta.forecasts", "wrong-type", body=body))
    ran = shop("run", "--json")
    assert "Traceback" not in ran.err
    if end == "announced":
        assert (ran.code, ran.json["labelled"]) == (0, 1)
    else:
        assert (ran.code, shop.causes()) == (1, {f"#{GOOD}": "covered-elsewhere"})


def test_a_list_of_one_where_one_object_is_meant_is_read(shop):
    shop.sandbox.monta.add(monta_order("2002"))
    record = broken()
    listed(shop, {**record, "consumer": [record["consumer"]], "shipments": ""})
    assert shop.run()["labelled"] == 2


# Extensions that the warehouse gives the file; its content is a PDF.
EXTENSIONS = ("pdf", "PDF", ".pdf", " pdf ", "../../evil", "pdf/../../evil", "exe", "", ".", "pdf\x00", "p" * 5000)


@pytest.mark.parametrize("extension", EXTENSIONS, ids=lambda value: repr(value)[:20])
def test_a_label_is_kept_by_its_content_and_what_it_is_called_names_no_place(shop, extension):
    shop.sandbox.monta.label_extension = extension
    before = files_outside_labels(shop.folder)
    assert shop("run").code == 0
    assert [path.suffix for path in shop.labels()] == [".pdf"]
    assert "evil" not in str(files_outside_labels(shop.folder) - before)
    assert shop.sandbox.counts.effects("labels") == 1


DATA = {
    "not base64": "%%%",
    "base64 of HTML": "PGh0bWw+",
    "empty": "",
    "null": None,
    "a number": 5,
    "a list": ["JVBERi0="],
    "half of base64": "JVBERi0xLjc",
    "letters beyond ASCII": "JVBERi0é",
}


@pytest.mark.parametrize("name", DATA)
def test_label_data_that_is_no_label_is_never_written(shop, name):
    body = {"EncodedData": DATA[name], "FileExtension": "pdf", "TrackAndTraceLink": None}
    shop.sandbox.faults.add(Fault("monta.label", "wrong-type", body=json.dumps(body).encode(), times=1))
    assert shop("run").code == 1
    assert shop.labels() == []
    assert shop.causes() == {f"#{GOOD}": "label-unusable"}
    with later(days=1):
        shop("run")
    assert shop.sandbox.counts.effects("labels") == 1


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_all_that_is_written_is_only_for_its_owner_whatever_the_umask(shop):
    shop.more = {"state": "data/deep/returnsync.db", "labels": "papers/deep/labels"}
    shop.write_config()
    before = os.umask(0)
    try:
        assert shop.process("run").code == 0
    finally:
        os.umask(before)
    made = [path for place in ("data", "papers") for path in [shop.folder / place, *(shop.folder / place).rglob("*")]]
    files = {path.name.rpartition("/")[2] for path in made if path.is_file()}
    assert {"returnsync.db", "returnsync.db-limits", "returnsync.db.lock"} <= files
    assert [name for name in files if name.endswith(".pdf")]
    wrong = [f"{path.relative_to(shop.folder)} {mode(path):o}" for path in made
             if mode(path) != (0o700 if path.is_dir() else 0o600)]  # fmt: skip
    assert wrong == []


def test_the_journals_beside_the_state_are_only_for_its_owner_while_it_is_open(shop):
    shop("run")
    seen: dict[str, int] = {}
    shop.sandbox.returnista.on_list = lambda: seen.update({path.name: mode(path) for path in shop.folder.glob("*.db*")})
    before = os.umask(0)
    try:
        shop("run")
    finally:
        os.umask(before)
    assert {"returnsync.db-wal", "returnsync.db-shm"} <= set(seen)
    assert set(seen.values()) == {0o600}, seen
