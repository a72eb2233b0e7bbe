"""`check` tries what a run needs on this machine, reports each problem once, and says what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from rights import without_override
from typer.testing import CliRunner

from returnsync.cli.app import app
from returnsync.sandbox import Fault
from returnsync.sandbox.world import monta_order, request, return_order

if TYPE_CHECKING:
    from pathlib import Path

    from shop import Shop


def findings(shop: Shop, *, ok: bool = False) -> list[dict[str, Any]]:
    return [item for item in shop("check", "--json").json if item["ok"] is ok]


def about(shop: Shop, subject: str, name: str) -> dict[str, Any]:
    (found,) = [item for item in shop("check", "--json").json if (item["about"], item["subject"]) == (subject, name)]
    return found


def test_every_missing_secret_is_reported_once_and_all_at_once_each_with_what_to_do(shop):
    shop.platforms = ("returnista", "loop")
    shop.source = {"token": "env:MISSING_1"}
    shop.warehouse = {"username": "env:MISSING_2", "password": "env:MISSING_3"}
    wrong = findings(shop)
    assert [item["text"].rpartition(" variable ")[2] for item in wrong] == [
        "MISSING_1 is not set.", "MISSING_2 is not set.", "MISSING_3 is not set."
    ]  # fmt: skip
    assert all(item["next_step"] for item in wrong)
    assert about(shop, "shop-us", "credentials")["ok"]  # the other accounts are tried all the same


def test_an_account_that_is_refused_is_reported_once(shop):
    shop.sandbox.faults.add(
        *(Fault(route, "status", status=401) for route in ("monta.health", "monta.reasons", "monta.info"))
    )
    wrong = findings(shop)
    assert wrong
    assert len({item["text"] for item in wrong}) == len(wrong)
    assert all(item["next_step"] for item in wrong)


def test_what_is_wrong_with_its_channels_hides_nothing_of_its_reasons(shop):
    shop.sandbox.faults.add(Fault("monta.info", "status", status=400), Fault("monta.reasons", "status", status=402))
    said = {item["text"] for item in findings(shop)}
    assert any("400" in text for text in said), said
    assert any("402" in text for text in said), said


def test_a_secret_that_others_may_read_is_a_warning(shop):
    file = shop.folder / "token"
    file.write_text(shop.environment["SHOP_TOKEN"], encoding="utf-8")
    file.chmod(0o644)
    shop.source = {"token": "file:token"}
    warned = about(shop, "shop-nl", "secret")
    assert (warned["warning"], warned["next_step"]) == (True, f"chmod 600 {file}")
    file.chmod(0o600)
    assert shop("check").code == 0
    assert "other users" not in shop("check").out


def test_what_a_run_makes_is_fine_where_it_can_be_made(shop):
    assert about(shop, "state", "file")["ok"]
    assert about(shop, "labels", "folder")["ok"]
    assert not shop.state.exists()
    shop.run()
    assert "can be written" in about(shop, "state", "file")["text"]


@pytest.mark.parametrize("place", ["labels", "state"])
def test_a_file_where_a_folder_is_wanted_is_reported(shop, tmp_path, place):
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    shop.more = {place: str(file if place == "labels" else file / "returnsync.db")}
    ran = shop("check")
    assert (ran.code, "Traceback" in ran.err) == (78, False)


def test_a_folder_of_labels_into_which_nothing_may_be_written_is_reported_with_whose_it_is(shop):
    shop.run()
    folder: Path = shop.folder / "labels"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o500)
    try:
        (wrong,) = without_override(lambda: findings(shop))
    finally:
        folder.chmod(0o700)
    assert (wrong["about"], "belongs to" in wrong["text"]) == ("labels", True)


def test_a_state_beside_which_nothing_may_be_written_is_reported_with_whose_it_is(shop):
    shop.run()
    shop.folder.chmod(0o500)
    try:
        ran = without_override(lambda: shop("check", "--json"))
    finally:
        shop.folder.chmod(0o700)
    error = ran.json["error"]
    assert (ran.code, f"{shop.folder} belongs to" in error["what"]) == (78, True)
    assert "Run returnsync as the user who owns the state" in error["next_step"]


def test_a_source_under_a_new_name_is_reported_before_a_run_refuses_it(shop):
    shop.run()
    text = shop.write_config().read_text(encoding="utf-8").replace("[sources.shop-nl]", "[sources.shop-new]")
    other = shop.folder / "renamed.toml"
    other.write_text(text, encoding="utf-8")
    ran = CliRunner().invoke(app, ["check", "--config", str(other)], env=shop.environment)
    assert ran.exit_code == 78
    assert 'or set `id = "shop-nl"`' in ran.stdout


def test_whether_labels_may_be_made_is_reported_by_the_last_one(shop):
    assert "cannot be checked" in about(shop, "monta", "label permission")["text"]
    shop.sandbox.monta.add(monta_order("1001"))
    shop.sandbox.returnista.add(return_order(request(order="#1001")))
    shop.run()
    assert "the last label was made on" in about(shop, "monta", "label permission")["text"]


def test_mistakes_in_tables_are_reported_with_file_and_line(shop):
    shop.folder.joinpath("skus.csv").write_text("A,B\nC\n", encoding="utf-8")
    shop.folder.joinpath("orders.csv").write_text("1,2\n3\n", encoding="utf-8")
    shop.source = {"sku_table": "skus.csv", "order_number": [{"table": "orders.csv"}]}
    wrong = {item["text"] for item in findings(shop)}
    assert any("skus.csv:2" in text for text in wrong)
    assert any("orders.csv:2" in text for text in wrong)
