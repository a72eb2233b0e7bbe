"""An address that is signed again whenever it is listed is no change: an idle run writes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from shop import later

from returnsync.sandbox import loop_records, returnless_records
from returnsync.sandbox.returnly_records import line_item, rma, shipping_label
from returnsync.sandbox.world import monta_order, request, return_order, shipment

if TYPE_CHECKING:
    from shop import Shop

ADDRESS = "https://labels.example/l/1.pdf"


def put_in(shop: Shop) -> str:
    """Put in a return of order 1001 with the address of a label or of a tracking page, if its platform gives one."""
    sandbox = shop.sandbox
    match shop.platforms[0]:
        case "returnista":
            label = shipment(label_url=ADDRESS, tracking="3S1", trackingUrl="https://tracking.example/3S1")
            return sandbox.returnista.add(return_order(request(), shipments=[label]))
        case "returnly":
            return sandbox.returnly.add(rma(line_item(order="#1001", label="41"), labels=[shipping_label()]))
        case "returnless":
            parcel = returnless_records.parcel("3S1", label_url=ADDRESS)
            return sandbox.returnless.add(
                returnless_records.return_order(returnless_records.item(), order="#1001", shipments=[parcel])
            )
        case "loop":
            identity = sandbox.loop.give_back("1001")
            sandbox.loop.give_label(identity, loop_records.label())
            return identity
        case _:
            return shop.platform().give_back("1001")


@pytest.fixture(params=["returnista", "sendcloud", "returnly", "returnless", "loop"])
def shop(request, shop: Shop) -> Shop:
    """Shops on all platforms except Channable, whose records have no such address."""
    shop = replace(shop, platforms=(request.param,), source={"own_label": "replace"})
    shop.sandbox.monta.add(monta_order("1001"))
    shop.sandbox.sign_addresses()
    return shop


def listed_again(shop: Shop, identity: str) -> None:
    """Let it be listed once more: some platforms list earlier returns again, others only changed ones."""
    if shop.platforms[0] in ("returnista", "returnly", "loop"):
        shop.platform().touch(identity)


def kept(shop: Shop, *columns: str) -> list[Any]:
    with closing(sqlite3.connect(shop.state)) as db:
        stories = db.execute("SELECT event, detail FROM history ORDER BY at, seq").fetchall()
        return [*stories, *db.execute(f"SELECT {', '.join(columns)} FROM returns").fetchall()]  # noqa: S608 - names of columns, written here


def test_an_idle_run_writes_nothing_of_it(shop: Shop):
    identity = put_in(shop)
    assert shop.run()["announced"] == 1
    before = kept(shop, "hash", "body")
    assert "X-Amz-Signature" in str(before)
    for minutes in (2, 4):
        with later(minutes=minutes):
            listed_again(shop, identity)
            tally = shop.run()["sources"]["shop-nl"]
            assert (tally["listed"], tally["changed"]) == (1, 0)
    assert kept(shop, "hash", "body") == before


def test_a_state_of_an_earlier_version_is_not_taken_for_changed(shop: Shop):
    identity = put_in(shop)
    shop.run()
    with closing(sqlite3.connect(shop.state)) as db, db:
        # That version computed the hash of everything, including the signature.
        db.execute("UPDATE returns SET hash = 'reckoned another way'")
    before = kept(shop, "body", "unplanned")
    with later(minutes=2):
        listed_again(shop, identity)
        again = shop.run()
    assert again["sources"]["shop-nl"]["listed"] == 1
    assert (again["sources"]["shop-nl"]["changed"], again["announced"], again["held"]) == (0, 0, 0)
    assert kept(shop, "body", "unplanned") == before
