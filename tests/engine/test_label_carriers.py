"""Which carrier's label is requested: by table, country, name or default. A misfit is held, a refusal is reported."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from shop import later

from returnsync.sandbox import Fault
from returnsync.sandbox.records import consumer, monta_order, request, return_order, shipment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shop import Shop

BUSPAKJE = {"postnl:standard/return": "PostNlBuspakje"}


def give_back(shop: Shop, wish: str = "", country: str = "NL", number: str = "1001") -> None:
    """Put in an approved return of one unit, whose consumer chose a shipping product and lives in a country."""
    person = consumer(order=f"#{number}")
    person["shippingAddress"]["countryCode"] = country
    parts = [shipment(shippingProduct={"key": wish})] if wish else []
    shop.sandbox.monta.add(monta_order(number))
    shop.sandbox.returnista.add(return_order(request(order=f"#{number}"), by=person, shipments=parts))


def shippers(shop: Shop) -> list[str]:
    """The carriers whose labels the stand-in made."""
    shop.assert_nothing_twice()
    return [label.shipper for label in shop.sandbox.monta.labels]


def calls(shop: Shop, route: str) -> int:
    return shop.sandbox.counts.calls(route)


# -- what decides ------------------------------------------------------------------------------------------------------

RULES = {"carriers": {"Express Parcel": "UPS", "dhl": "SEL"}, "carriers_by_country": {"be": "DHLParcelConnect"}}


ODD_COUNTRIES = {
    "country": lambda record: record["consumer"]["shippingAddress"].update(countryCode=["BE"]),
    "lost characters": lambda record: record["consumer"]["shippingAddress"].update(countryCode="\ufffd\ufffd"),
    "a number": lambda record: record["consumer"]["shippingAddress"].update(countryCode=31),
    "address": lambda record: record["consumer"].update(shippingAddress="x"),
}


@pytest.mark.parametrize("by_country", [True, False])
@pytest.mark.parametrize("odd", ODD_COUNTRIES)
def test_a_country_that_cannot_be_read_holds_the_return_only_where_the_carrier_goes_by_it(shop, odd, by_country):
    if by_country:
        shop.source |= RULES
    give_back(shop, country="BE")
    (record,) = shop.sandbox.returnista.return_orders.values()
    ODD_COUNTRIES[odd](record)
    shop.run()
    assert shop.causes() == ({"#1001": "carrier-unfit"} if by_country else {})
    assert shippers(shop) == ([] if by_country else ["PostNL"])


@pytest.mark.parametrize("table", [{}, {"dpd": "DPD"}], ids=["no table yet", "a table"])
def test_the_advice_for_another_carrier_is_a_line_that_the_configuration_takes(shop, table):
    shop.sandbox.faults.add(Fault("monta.label", "status", status=400, times=1))
    if table:
        shop.source["carriers"] = table
    give_back(shop, "postnl_parcel")
    shop.run()
    (held,) = shop.held()
    assert ('add `"postnl_parcel" = "DPD"` to `carriers`' in held["next_step"]) is bool(table)
    assert ('write `carriers = { "postnl_parcel" = "DPD" }`' in held["next_step"]) is not bool(table)


def test_a_country_that_is_lost_after_the_announcement_holds_its_label_and_a_retry_gets_it(shop):
    shop.source |= RULES
    shop.sandbox.faults.add(Fault("monta.label", "status", status=403, times=1))
    give_back(shop, country="BE")
    shop.run()
    (record,) = shop.sandbox.returnista.return_orders.values()
    ODD_COUNTRIES["country"](record)
    record["updatedAt"] = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    with later(minutes=10):
        shop.run()
        (held,) = shop.held()
        assert held["cause"] == "carrier-unfit"
        assert "by hand" not in held["next_step"]
        record["consumer"]["shippingAddress"]["countryCode"] = "BE"
        record["updatedAt"] = datetime.now(UTC).isoformat()
        assert shop("held", "retry", "1001").code == 0
    with later(minutes=20):
        shop.run()
    assert shippers(shop) == ["DHLParcelConnect"]
    shop.assert_nothing_twice()


def test_where_the_platforms_word_chooses_the_carrier_an_unreadable_country_holds_nothing(shop):
    shop.source |= RULES
    give_back(shop, "dhl:standard/return", country="BE")
    (record,) = shop.sandbox.returnista.return_orders.values()
    ODD_COUNTRIES["country"](record)
    shop.run()
    assert shippers(shop) == ["SEL"]


@pytest.mark.parametrize(
    ("wish", "country", "carrier", "by"),
    [
        ("express_parcel", "BE", "UPS", "carriers"),
        ("dhl:standard/return", "NL", "SEL", "carriers"),
        ("dpd", "BE", "DHLParcelConnect", "carriers_by_country"),
        ("dpd", "DE", "DPD", "name"),
        ("postnl_buspakje", "NL", "PostNlBuspakje", "name"),
        ("postnl_buspakje", "DE", "PostNL", "default"),
        ("", "NL", "PostNL", "default"),
    ],
)
def test_the_label_is_asked_of_the_carrier_that_the_first_rule_gives_and_the_story_says_which(
    shop, wish, country, carrier, by
):
    shop.source |= RULES
    give_back(shop, wish, country)
    [decision] = shop.run("--dry-run")["decisions"]
    assert (decision["would"], decision["carrier"], decision["chosen_by"]) == ("announce", carrier, by)
    assert shop.run()["labelled"] == 1
    assert shippers(shop) == [carrier]
    intents = [
        entry for entry in shop("show", "1001", "--json").json[0]["history"] if entry["event"] == "label intended"
    ]
    assert [entry["detail"]["request"] for entry in intents] == [{"carrier": carrier, "chosen_by": by}]


def test_a_dry_run_shows_whose_label_it_would_be(shop):
    give_back(shop, "dpd")
    assert "; label by DPD (name)" in shop("run", "--dry-run").out


def test_check_sees_the_carriers_that_returns_came_to_by_name(shop):
    channel = next(iter(shop.sandbox.world.channels))
    shop.sandbox.monta.channels = {channel: ["PostNL"]}
    give_back(shop, "dpd")
    shop.run()
    (line,) = [line for line in shop("check").out.splitlines() if "DPD" in line and "carrier" in line]
    assert line.startswith("warn monta: carrier: DPD (by name, for returns of shop-nl) is not listed")


# -- what does not fit -------------------------------------------------------------------------------------------------


@pytest.fixture
def portal(shop: Shop) -> Shop:
    """A shop with a portal that gives weights, whose own labels are replaced by mailbox parcels of the warehouse."""
    return replace(shop, platforms=("sendcloud",), source={"own_label": "replace", "carriers": dict(BUSPAKJE)})


def send(shop: Shop, weight: object = 2.1, unit: str = "kg", **fields: Any) -> str:
    shop.sandbox.monta.add(monta_order("1001"))
    identity = shop.sandbox.sendcloud.give_back("1001")
    shop.sandbox.sendcloud.returns[identity] |= {"weight": {"value": weight, "unit": unit}, **fields}
    return identity


def sent(shop: Shop) -> tuple[int, int]:
    """The numbers of creates and label calls at the warehouse."""
    return calls(shop, "monta.create"), calls(shop, "monta.label")


def test_a_mailbox_parcel_that_is_too_heavy_is_held_before_anything_was_sent(portal):
    send(portal)
    [decision] = portal.run("--dry-run")["decisions"]
    assert (decision["would"], decision["cause"]) == ("hold", "carrier-unfit")
    told = portal.run()
    assert (told["held"], told["announced"], sent(portal)) == (1, 0, (0, 0))
    [held] = portal.held()
    assert (held["cause"], held["what"]) == (
        "carrier-unfit",
        "The parcel weighs 2,100 g; PostNlBuspakje takes at most 2,000 g.",
    )
    assert "change the entry for 'postnl:standard/return' in `carriers` of [sources.shop-nl]" in held["next_step"]
    assert held["next_step"].endswith(f"returnsync held retry {held['code']}.")


def test_once_the_setting_leads_to_another_carrier_a_retry_announces_and_labels_it(portal):
    send(portal)
    portal.run()
    portal.source["carriers"] = {"postnl": "PostNL"}
    portal("held", "retry", "--all")
    portal.run()
    assert shippers(portal) == ["PostNL"]


def test_once_the_platform_corrects_the_weight_it_goes_on_by_itself(portal):
    identity = send(portal)
    portal.run()
    portal.sandbox.sendcloud.returns[identity]["weight"] = {"value": 2.0, "unit": "kg"}
    portal.run()
    assert shippers(portal) == ["PostNlBuspakje"]


@pytest.mark.parametrize(
    "fields",
    [
        {"weight": 2.0},
        {"weight": 0},
        {"weight": "much"},
        {"unit": "stone"},
        {"collo_count": 2},
        {"weight": 1, "dimensions": {"length": 3.2, "width": 26.5, "height": 38, "unit": "cm"}},
    ],
)
def test_a_parcel_at_the_limit_or_without_measures_passes(portal, fields):
    send(portal, **fields)
    portal.run()
    assert shippers(portal) == ["PostNlBuspakje"]


def test_a_parcel_that_is_too_large_is_held_with_both_measures(portal):
    send(portal, 1, dimensions={"length": 38, "width": 26.5, "height": 3.3, "unit": "cm"})
    portal.run()
    [held] = portal.held()
    assert "measures 380 × 265 × 33 mm; PostNlBuspakje takes at most 380 × 265 × 32 mm" in held["what"]
    assert sent(portal) == (0, 0)


@pytest.mark.parametrize("off", ["own label", "no labels"])
def test_nothing_is_compared_where_no_label_is_asked_for(portal, off):
    if off == "own label":
        portal.source["own_label"] = "keep"
    else:
        portal.warehouse["request_labels"] = False
    send(portal)
    assert portal.run()["announced"] == 1
    assert sent(portal) == (1, 0)


def test_what_is_announced_already_is_held_before_its_label_is_asked_for(portal):
    portal.source["carriers"] = {"postnl": "DHLFYPakket"}  # not enabled, so its label is refused
    send(portal)
    portal.run()
    assert [item["cause"] for item in portal.held()] == ["label-refused"]
    portal.source["carriers"] = dict(BUSPAKJE)
    portal("held", "retry", "--all")
    portal.run()
    assert [item["cause"] for item in portal.held()] == ["carrier-unfit"]
    assert sent(portal) == (1, 1)


def test_a_new_label_is_not_bought_of_a_carrier_that_does_not_take_the_parcel(portal):
    portal.source["carriers"] = {}
    send(portal)
    portal.run()
    assert shippers(portal) == ["PostNL"]
    portal.source["carriers"] = dict(BUSPAKJE)
    assert portal("replay", "1001", "--new-label", "--yes").code == 1
    assert shippers(portal) == ["PostNL"]
    assert [item["cause"] for item in portal.held()] == ["carrier-unfit"]
    portal("held", "retry", "--all")
    portal.run()
    assert (portal.held(), shippers(portal)) == ([], ["PostNL"])


# -- what is refused ---------------------------------------------------------------------------------------------------


def refused(shop: Shop, *, many: int = 1) -> dict[str, str]:
    for number in range(1001, 1001 + many):
        give_back(shop, number=str(number))
    shop.warehouse["carrier"] = "DHLFYPakket"
    shop.run()
    held = shop.held()
    assert [item["cause"] for item in held] == ["label-refused"] * many
    assert shippers(shop) == []
    return held[0]


NL = "DPD, PostNL, PostNlBuspakje, UPS, SEL, DHLParcelConnect"


@pytest.mark.parametrize("channel", ["Webshop NL", ""])
def test_a_refused_carrier_is_held_with_what_is_enabled_on_the_orders_channel(shop, channel):
    shop.sandbox.monta.origin_name = "Name"
    shop.warehouse["channel"] = channel
    held = refused(shop)
    assert held["what"].endswith(
        f"carrier DHLFYPakket (HTTP 400); none was made. Enabled on the order's channel are: {NL}."
    )
    assert "change `carrier` of [warehouses.monta]" in held["next_step"]
    assert "enabled on the order's channel" in held["next_step"]
    assert held["next_step"].endswith(f"returnsync held retry {held['code']}.")
    assert "not allowed" in held["answer"]


def test_where_the_channel_cannot_be_told_apart_each_is_listed(shop):
    assert f"Enabled are, by channel: channel 1: {NL}; channel 2: DPD, UPS." in refused(shop)["what"]


def test_an_only_channel_is_that_of_the_order_whatever_it_is_called(shop):
    del shop.sandbox.monta.channels["Webshop BE"]
    assert f"Enabled on the order's channel are: {NL}." in refused(shop)["what"]


def test_the_list_is_read_once_a_run(shop):
    refused(shop, many=2)
    assert calls(shop, "monta.info") == 1
    shop("held", "retry", "--all")
    shop.run()
    assert (len(shop.held()), calls(shop, "monta.info")) == (2, 2)


def test_where_no_carrier_is_refused_no_list_is_read(shop):
    give_back(shop)
    shop.run()
    assert (shippers(shop), calls(shop, "monta.info")) == (["PostNL"], 0)


@pytest.mark.parametrize("status", [500, 403, 404])
def test_a_list_that_cannot_be_read_costs_nothing_but_the_list(shop, status):
    shop.sandbox.faults.add(Fault("monta.info", "status", status=status))
    held = refused(shop, many=2)
    assert held["what"] == "The warehouse refused to make a label with carrier DHLFYPakket (HTTP 400); none was made."
    assert calls(shop, "monta.info") == 1
    assert shop.run()["exit_code"] == 1


def test_the_missing_right_to_make_labels_is_reported_and_no_return_is_held(shop):
    shop.sandbox.monta.label_permission = False
    give_back(shop)
    told = shop.run()
    assert "generate shipping labels" in told["error"]["next_step"]
    assert (told["exit_code"], told["announced"], shop.held(), calls(shop, "monta.info")) == (78, 1, [], 0)


def test_a_refusal_of_a_carrier_that_is_enabled_points_at_the_right_to_make_labels(shop):
    shop.sandbox.monta.origin_name = "Name"
    shop.sandbox.faults.add(Fault("monta.label", "status", status=400))
    give_back(shop)
    shop.run()
    [held] = shop.held()
    assert "It is among them, so the account may lack the right to make labels." in held["what"]


def test_a_list_without_carriers_says_nothing(shop):
    shop.sandbox.monta.lists_carriers = False
    assert refused(shop)["what"].endswith("(HTTP 400); none was made.")


def test_what_the_list_says_besides_codes_is_not_repeated(shop):
    shop.sandbox.monta.channels["Webshop BE"] = ["DPD", "\x1b[31m evil", "a" * 41, "jo@example.com"]
    assert f"channel 1: {NL}; channel 2: DPD." in refused(shop)["what"]


class _Watched(dict[str, list[str]]):
    """Channels that read the state when they are asked for."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.sandbox.monta.channels)
        self.state = shop.state
        self.seen: list[Any] = []

    def items(self) -> Any:
        with closing(sqlite3.connect(self.state)) as state:
            query = "SELECT outcome FROM effects WHERE kind = 'label'"
            self.seen += state.execute(query).fetchall()
        return super().items()


@pytest.fixture
def watched(shop: Shop) -> Iterator[_Watched]:
    shop.sandbox.monta.channels = _Watched(shop)
    return shop.sandbox.monta.channels


def test_that_no_label_was_made_is_kept_before_anything_else_is_read(shop, watched):
    refused(shop)
    assert watched.seen == [("refused",)]
