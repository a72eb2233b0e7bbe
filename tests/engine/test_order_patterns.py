"""A pattern that would search for ever only holds the one return that it meets, wherever rules are applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from returnsync.sandbox.world import monta_order, request, return_order

if TYPE_CHECKING:
    from shop import Shop

STUCK = "#" + "a" * 45 + "b"


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A shop with one rule, which never ends on one of two order numbers."""
    shop.source["order_number"] = [{"strip_prefix": "#"}, {"pattern": "(a|aa)+$", "replace": ""}]
    for at, number in enumerate(("#1001", STUCK)):
        shop.sandbox.monta.add(monta_order(number.removeprefix("#"), "SHIRT-BL-M"))
        shop.sandbox.returnista.add(return_order(request(order=number), id=f"r-{at}"))
    return shop


def test_only_the_one_return_is_held_and_says_which_rule_to_simplify(shop: Shop):
    ran = shop.run()
    assert (ran["announced"], ran["held"], ran["exit_code"]) == (1, 1, 1)
    (held,) = shop.held()
    assert (held["order_number"], held["cause"]) == (STUCK, "order-number-unusable")
    assert '{ pattern = "(a|aa)+$", replace = "" }' in held["what"]
    assert "Simplify its pattern" in held["next_step"]


def test_a_dry_run_shows_it(shop: Shop):
    decisions = shop.run("--dry-run")["decisions"]
    assert sorted(one["would"] for one in decisions) == ["announce", "hold"]


def test_the_rule_can_be_fixed(shop: Shop):
    shop.run()
    shop.source["order_number"] = [{"strip_prefix": "#"}]
    assert shop("held", "retry", shop.held()[0]["code"]).code == 0
    assert shop.run()["announced"] == 1
    assert shop.held() == []


def test_a_check_and_a_replay_come_to_an_end_too(shop: Shop):
    (checked,) = shop("check", "--order", STUCK, "--json").json
    assert (checked["ok"], checked["exit_code"]) == (False, 1)
    assert "took too long" in checked["text"]
    shop("check")
    assert shop("replay", STUCK).code == 1
    assert list(shop.causes().values()) == ["order-number-unusable"]
