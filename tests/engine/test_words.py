"""Messages that name the cause: a text that only looks like a number, the source, the file, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner
from weeks import MONTA

from returnsync.cli.app import app
from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_order, request, return_order

if TYPE_CHECKING:
    from shop import Shop


def what(shop: Shop, number: str) -> str:
    (story,) = shop("show", number, "--json").json
    (item,) = story["announcements"]
    return str(item["what"])


def held(shop: Shop) -> dict[str, str]:
    (item,) = shop.held()
    return item


@pytest.mark.parametrize(
    ("number", "named"),
    [("1\u041e01", "U+041E"), ("1001\u200b", "U+200B"), ("10\u00a001", "U+00A0"), ("10\u201301", "U+2013")],
)
def test_a_character_of_an_order_number_that_looks_like_another_is_named_at_the_first_look(shop, number, named):
    shop.sandbox.returnista.add(return_order(request(order=number)))
    shop.run()
    assert named in shop("show", number).out


def test_an_order_number_of_plain_or_accented_characters_is_not_suspected(shop):
    shop.sandbox.returnista.add(return_order(request(order="Bestelling-é-1")))
    shop.run()
    assert "U+" not in what(shop, "Bestelling-é-1")


@pytest.mark.parametrize(("returned", "ordered"), [("\u0410rtikel", "Artikel"), ("Artikel", "\u0410rtikel")])
def test_a_sku_that_looks_like_one_on_the_order_is_reported_with_the_character_that_differs(shop, returned, ordered):
    shop.sandbox.monta.add(monta_order("1001", ordered))
    shop.sandbox.returnista.add(return_order(request(returned, "#1001", purchase_id="nowhere")))
    shop.run()
    entry = held(shop)
    assert (entry["cause"], "U+0410" in entry["what"]) == ("line-unmatched", True)
    assert "`sku_table`" in entry["next_step"]


def test_an_error_of_a_listing_names_its_source(shop):
    shop = replace(shop, platforms=("returnista", "loop"))
    shop.sandbox.faults.add(Fault("returnista.list", "wrong-type"), Fault("loop.list", "wrong-type"))
    sources = shop.run()["sources"]
    assert {name: name in source["error"] for name, source in sources.items()} == {"shop-nl": True, "shop-us": True}


def test_a_dry_run_that_could_not_ask_the_warehouse_says_of_how_many_it_knows_nothing(shop):
    shop.sandbox.monta.add(monta_order("1001"))
    shop.sandbox.returnista.add(return_order(request(order="#1001")))
    shop.sandbox.faults.add(*(Fault(route, "status", status=401) for route in MONTA))
    shop.run()
    shown = shop("run", "--dry-run").out
    assert "Would do nothing" not in shown
    assert "not known: the warehouse could not be asked" in shown


def test_a_dry_run_that_could_not_read_its_source_does_not_say_that_it_would_do_nothing(shop):
    shop.sandbox.faults.add(Fault("returnista.list", "status", status=503))
    shown = shop("run", "--dry-run").out
    assert "Would do nothing" not in shown
    assert "not known" in shown


def test_a_file_that_the_variable_names_is_reported(shop, tmp_path):
    shop.more["unheard_of"] = 1
    missing = tmp_path / "none.toml"
    for path, told in (
        (shop.write_config(), "$RETURNSYNC_CONFIG"),
        (missing, f"{missing}: not found ($RETURNSYNC_CONFIG)"),
    ):
        ran = CliRunner().invoke(app, ["run"], env={**shop.environment, "RETURNSYNC_CONFIG": str(path)})
        assert (ran.exit_code, told in ran.stderr) == (78, True)
