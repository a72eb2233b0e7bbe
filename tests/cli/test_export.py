"""`export` gives every known return, without personal data unless they are asked for."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from shop import later

from returnsync.mapping.spreadsheet import inert
from returnsync.redact import MASK
from returnsync.sandbox.world import monta_order, request, return_order

if TYPE_CHECKING:
    from shop import Ran, Shop


@pytest.fixture
def known(shop) -> Shop:
    """One return of two articles that was labelled, and one of an order that the warehouse does not have."""
    shop.sandbox.monta.add(monta_order("1001", "SHIRT-BL-M", "=SKIRT"))
    articles = (request("SHIRT-BL-M", order="#1001", comment="zu eng"), request("=SKIRT", order="#1001"))
    made = datetime.now(UTC) - timedelta(minutes=50)
    for record in (return_order(*articles), return_order(request(order="#Voorbeeld"), created=made)):
        shop.sandbox.returnista.return_orders[record["id"]] = record
    shop.run()
    return shop


def objects(ran: Ran) -> list[dict[str, object]]:
    assert ran.code == 0, ran.err
    return [json.loads(line) for line in ran.out.splitlines()]


def table(ran: Ran) -> list[dict[str, str]]:
    assert ran.code == 0, ran.err
    return list(csv.DictReader(io.StringIO(ran.out)))


def test_each_return_is_one_line_of_json_without_consumer_and_comment(known):
    ran = known("export")
    first, second = objects(ran)
    assert (first["status"], [line["sku"] for line in first["lines"]]) == ("approved", ["SHIRT-BL-M", "=SKIRT"])
    assert first["announcements"][0]["progress"] == "settled"
    assert second["lines"][0]["order_number"] == f"#{MASK}"
    assert not any(word in ran.out for word in ("Voorbeeld", "Teststraat", "zu eng", "example.com"))


def test_consumer_address_and_comments_come_where_they_are_asked_for(known):
    first, second = objects(known("export", "--private"))
    assert (first["consumer"]["last_name"], first["addresses"][0]["city"]) == ("Voorbeeld", "Utrecht")
    assert first["label_links"] == ["https://tracking.example/parcel?nr=05210000000001"]
    assert first["lines"][0]["comment"] == "zu eng"
    assert second["lines"][0]["order_number"] == "#Voorbeeld"


def test_the_table_has_a_row_an_article_and_no_cell_that_is_a_formula(known):
    rows = table(known("export", "--csv"))
    assert [row["sku"] for row in rows] == ["SHIRT-BL-M", "'=SKIRT", "SHIRT-BL-M"]
    assert rows[0]["code"] == rows[1]["code"] != rows[2]["code"]
    assert "last_name" not in rows[0]
    private = table(known("export", "--csv", "--private"))
    assert (private[0]["last_name"], private[0]["address_city"], private[0]["comment"]) == (
        "Voorbeeld",
        "Utrecht",
        "zu eng",
    )


@pytest.mark.parametrize(("since", "number"), [("2d", 2), ("30m", None), ("2h", 2), ("0h", 0), ("2020-01-01", 2)])
def test_only_what_was_made_since_a_moment_or_an_age(known, since, number):
    ran = known("export", "--since", since)
    if number is None:
        assert (ran.code, "neither a date, a time nor an age" in " ".join(ran.err.split())) == (2, True)
    else:
        assert len(objects(ran)) == number


def test_an_erased_return_is_shown_as_such(known):
    known.more = {"retention_days": 1}
    with later(days=181):
        known.run()
        first, _ = objects(known("export", "--private"))
    assert first["erased_at"]
    assert first["consumer"]["last_name"] == first["lines"][0]["comment"] == ""


def test_a_value_begins_no_line_of_the_table(known):
    record = return_order(request("A", order="#2"), created=datetime.now(UTC) - timedelta(minutes=5))
    record["returnRequests"][0]["product"]["name"] = "first\nsecond\x1b[31m"
    known.sandbox.returnista.return_orders[record["id"]] = record
    known.run()
    rows = table(known("export", "--csv"))
    assert rows[-1]["title"] == "first\\nsecond\N{REPLACEMENT CHARACTER}[31m"


@pytest.mark.parametrize(
    ("title", "written"),
    [("shirt;=1+1", "shirt;'=1+1"), ("a\t@b", "a\t'@b"), ("\uff1d1+1", "'\uff1d1+1"), ("\u200b=1", "'\u200b=1")],
    ids=["behind a semicolon", "behind a tab", "wide", "hidden"],
)
def test_no_cell_is_a_formula_whichever_sign_a_spreadsheet_takes_for_the_separator(title, written):
    assert inert(title) == written


def test_a_record_that_cannot_be_read_counts_among_what_is_kept(known):
    record = return_order(request("A", order="#2"), created=datetime.now(UTC) - timedelta(minutes=5))
    known.sandbox.returnista.return_orders[record["id"]] = record | {"returnRequests": "none"}
    known.run()
    assert known("status", "--json").json["personal_data"]["oldest"]


def test_a_traceback_tells_where_and_not_what(known, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise ValueError("Voorbeeld")

    monkeypatch.setattr("returnsync.engine.tell.status_of", broken)
    ran = known("status", "--verbose")
    assert (ran.code, "Traceback" in ran.err, "ValueError" in ran.err) == (70, True, True)
    assert "Voorbeeld" not in ran.err.replace('raise ValueError("Voorbeeld")', "")
