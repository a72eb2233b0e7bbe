"""`labels` lists the labels that came, copies one, and says whether all files are intact."""

from __future__ import annotations

import csv
import io
import os
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from shop import later

from returnsync.sandbox.world import monta_order, request, return_order

if TYPE_CHECKING:
    from shop import Shop

NUMBERS = ("1001", "1002")


@pytest.fixture
def shop(shop) -> Shop:
    """Two returns that were labelled, of which one is on its way."""
    for number in NUMBERS:
        shop.sandbox.monta.add(monta_order(number))
        record = return_order(request(order=f"#{number}"), created=datetime.now(UTC) - timedelta(hours=1))
        shop.sandbox.returnista.return_orders[record["id"]] = record
    assert shop.run()["labelled"] == 2
    return shop


def code_of(shop: Shop, number: str) -> str:
    (story,) = shop("show", number, "--json").json
    return str(story["announcements"][0]["code"])


def test_each_label_is_with_its_order_the_latest_first(shop):
    found = shop("labels", "--json").json
    assert sorted(row["order_number"] for row in found) == ["#1001", "#1002"]
    assert [row["saved_at"] for row in found] == sorted((row["saved_at"] for row in found), reverse=True)
    assert {row["carrier"] for row in found} == {"PostNL"}
    out = shop("labels").out
    assert all(f"monta/{row['code']}.pdf" in out for row in found)
    assert "example.com" not in out


def test_those_of_one_order_and_those_since_a_moment(shop):
    (row,) = shop("labels", "--order", "1002", "--json").json
    assert row["order_number"] == "#1002"
    assert shop("labels", "--order", "9999").code == 2
    with later(hours=2):
        assert shop("labels", "--since", "1h").out == "There is no such label.\n"
        assert len(list(csv.DictReader(io.StringIO(shop("labels", "--since", "3h", "--csv").out)))) == 2


def test_a_second_label_of_an_order_is_listed_too(shop):
    assert shop("replay", "1001", "--new-label", "--yes").code == 0
    found = shop("labels", "--order", "1001", "--json").json
    assert sorted(row["number"] for row in found) == ["1", "2"]


def test_what_was_never_seen_under_way_is_counted_by_carrier_and_month(shop):
    moved = next(iter(shop.sandbox.returnista.return_orders))
    shop.sandbox.returnista.touch(moved, word="Completed")
    with later(days=31):
        shop.run()
        (row,) = shop("labels", "--unused", "30d", "--json").json
        ran = shop("labels", "--unused", "30d")
    month = row["saved_at"][:7]
    assert row["status"] == "approved"
    assert any(line.split() == [month, "PostNL", "1"] for line in ran.out.splitlines()), ran.out
    assert shop("labels", "--unused", "30d", "--json").json == []


def test_a_copy_is_whole_only_for_its_owner_and_writes_nothing_over(shop, tmp_path):
    place = tmp_path / "copy.pdf"
    assert shop("labels", "copy", "1001", str(place)).out == f"{place}\n"
    (label,) = (file for file in shop.labels() if "1001" in file.name)
    assert place.read_bytes() == label.read_bytes()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    place.write_text("mine")
    ran = shop("labels", "copy", "1001", str(place))
    assert (ran.code, "was not overwritten" in ran.err, place.read_text()) == (2, True, "mine")


def test_a_copy_into_a_folder_keeps_its_name(shop, tmp_path):
    (tmp_path / "out").mkdir()
    copied = shop("labels", "copy", code_of(shop, "1002"), str(tmp_path / "out"), "--json").json["copied"]
    assert copied == [str(tmp_path / "out" / f"{code_of(shop, '1002')}.pdf")]


@pytest.mark.parametrize("order", ["9999", "1003"])
def test_without_a_label_nothing_is_copied(shop, tmp_path, order):
    record = return_order(request(order="#1003"), created=datetime.now(UTC))
    shop.sandbox.returnista.return_orders[record["id"]] = record
    shop.run()
    assert shop("labels", "copy", order, str(tmp_path / "copy.pdf")).code == 2
    assert not (tmp_path / "copy.pdf").exists()


def test_labels_that_are_whole_are_told_to_be(shop):
    ran = shop("labels", "verify")
    assert (ran.code, ran.out) == (0, "Whole: 2. Wrong: 0.\n")


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda file: file.unlink(), "It is not there."),
        (lambda file: file.write_bytes(file.read_bytes()[:-1]), "It was changed"),
        (lambda file: file.write_bytes(b""), "It was changed"),
        (lambda file: (file.unlink(), os.mkfifo(file)), "It was changed"),
        (lambda file: (file.rename(file.with_suffix(".x")), file.symlink_to(file.with_suffix(".x"))), "It was changed"),
    ],
)
def test_a_label_that_is_not_as_it_came_is_reported_with_what_to_do_and_is_not_copied(shop, tmp_path, spoil, what):
    (file,) = (file for file in shop.labels() if "1001" in file.name)
    spoil(file)
    ran = shop("labels", "verify")
    assert (ran.code, what in ran.err, "returnsync replay " in ran.err) == (1, True, True)
    assert ran.out == "Whole: 1. Wrong: 1.\n"
    told = shop("labels", "verify", "--json").json
    assert (told["whole"], [one["file"] for one in told["wrong"]]) == (1, [f"monta/{file.name}"])
    assert shop("labels", "copy", "1001", str(tmp_path / "copy.pdf")).code == 2


def test_a_label_that_was_removed_with_its_return_is_not_missed(shop):
    assert shop("purge", "1001", "--labels", "--yes").code == 0
    assert shop("labels", "verify").out == "Whole: 1. Wrong: 0.\n"
    assert shop("labels", "--order", "1001").out.count("  removed 20") == 1


def test_of_a_return_of_two_orders_the_label_of_the_one_that_is_named_is_copied(shop, tmp_path):
    for number in ("1003", "1004"):
        shop.sandbox.monta.add(monta_order(number))
    record = return_order(request(order="#1003"), request(order="#1004"), created=datetime.now(UTC))
    shop.sandbox.returnista.return_orders[record["id"]] = record
    assert shop.run()["labelled"] == 2
    for name, number in (("1003", "1003"), (code_of_order(shop, "#1004"), "1004")):
        (row,) = shop("labels", "--order", name, "--json").json
        assert row["order_number"] == f"#{number}"
        assert shop("labels", "copy", name, str(tmp_path / f"{number}.pdf")).code == 0
    assert shop("labels", "copy", record["id"], str(tmp_path / "both.pdf")).code == 2
    assert len(shop("labels", "copy", record["id"], str(tmp_path)).out.splitlines()) == 2


def code_of_order(shop: Shop, number: str) -> str:
    return next(row["code"] for row in shop("returns", "--json").json if row["order_number"] == number)


def test_a_return_that_can_no_longer_be_read_costs_the_list_nothing(shop):
    with closing(sqlite3.connect(shop.state)) as state, state:
        state.execute("UPDATE returns SET body = '{'")
    assert len(shop("labels", "--json").json) == 2
