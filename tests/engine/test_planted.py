"""A consumer's name in any text that a platform writes: nothing that comes out shows it but state and labels."""

from __future__ import annotations

import copy
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from returnsync.redact import MASK
from returnsync.sandbox import Fault
from returnsync.sandbox.sendcloud_records import item, parcel_return
from returnsync.sandbox.world import monta_order, request, return_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shop import Shop

NAME = "Vandertestzwirn"
SEED = 7

Path = tuple[str | int, ...]


def leaves(value: Any, at: Path = ()) -> Iterator[Path]:
    """The path of every text in a record."""
    if isinstance(value, str):
        yield at
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*at, key))


def planted(record: Any, path: Path, text: str) -> Any:
    """The record with a text behind the one that stands at a path."""
    changed = copy.deepcopy(record)
    part = changed
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = f"{part[path[-1]]}{text}"
    return changed


def of_returnista() -> dict[str, Any]:
    record = return_order(request(order="#1001", comment="too small"), updated=datetime.now(UTC))
    record["consumer"]["lastName"] = NAME
    return record


def of_sendcloud() -> dict[str, Any]:
    record = parcel_return(item("SHIRT-BL-M", "1001"))
    record["from_address"]["name"] = f"Jo {NAME}"
    return record


RECORDS = {"returnista": of_returnista, "sendcloud": of_sendcloud}
ALL = [(platform, path) for platform, make in RECORDS.items() for path in leaves(make())]
SLICE = random.Random(SEED).sample(ALL, 10)

COMMANDS = (
    ("run", "--dry-run", "--json"),
    ("run",),
    ("run", "--json"),
    ("held",),
    ("held", "--json"),
    ("status",),
    ("check",),
    ("show", "1001"),
    ("show", "1001", "--json"),
    ("replay", "1001", "--json"),
    ("map-reasons", "--list"),
    ("run", "--verbose"),
)


def leaks(shop: Shop, platform: str, path: Path, text: str) -> list[str]:
    """The commands whose output has the name, and the files that have it."""
    shop.platforms = (platform,)
    shop.more = {"log": {"file": "log.jsonl"}, "notify": {"metrics": "metrics.prom"}}
    shop.sandbox.monta.add(monta_order("1001"))
    record = planted(RECORDS[platform](), path, text)
    if platform == "returnista":
        shop.sandbox.returnista.return_orders[record["id"]] = record
    else:
        shop.sandbox.sendcloud.add(record)
    found = []
    for command in COMMANDS:
        ran = shop(*command)
        assert ran.code != 70, (command, ran.err)
        if NAME.casefold() in (ran.out + ran.err).casefold():
            found.append(" ".join(command))
    for file in ("log.jsonl", "metrics.prom"):
        place = shop.folder / file
        if place.exists() and NAME.casefold() in place.read_text(encoding="utf-8").casefold():
            found.append(file)
    return found


@pytest.mark.parametrize(
    ("platform", "path"), SLICE, ids=lambda part: part if isinstance(part, str) else ".".join(map(str, part))
)
def test_a_name_in_any_text_of_a_record_is_shown_nowhere(shop, platform, path):
    assert leaks(shop, platform, path, f" {NAME}") == []


@pytest.mark.parametrize("quoted", [NAME, "Vandertestzw&#105;rn"], ids=["plain", "as HTML"])
def test_the_name_that_the_warehouses_order_shows_is_masked_where_the_platform_tells_none(shop, quoted):
    shop.platforms = ("loop",)
    shop.sandbox.monta.add(monta_order("1001"))
    (order,) = shop.sandbox.monta.orders["1001"]
    order["ConsumerDetails"]["DeliveryAddress"]["LastName"] = NAME
    shop.sandbox.loop.give_back("1001")
    body = f'{{"Message": "Address of {quoted} is not valid"}}'.encode()
    shop.sandbox.faults.add(Fault("monta.create", "status", status=400, body=body))
    shop.run()
    (held,) = shop.held()
    assert held["answer"] == f"Address of {MASK} is not valid"
    assert NAME.encode() not in shop.state.read_bytes()


def test_a_consumer_who_is_called_as_the_warehouse_writes_changes_nothing_of_what_it_means(shop):
    record = of_returnista()
    record["consumer"] |= {"firstName": "Order", "lastName": "InvalidReasons"}
    shop.sandbox.returnista.return_orders[record["id"]] = record
    shop.run()
    (story,) = shop("show", "1001", "--json").json
    assert story["announcements"][0]["cause"] == "order-unknown"


@pytest.mark.prove
@pytest.mark.parametrize("text", [f" {NAME}", NAME, f"\n10:00:00Z error {NAME}"])
@pytest.mark.parametrize(
    ("platform", "path"), ALL, ids=lambda part: part if isinstance(part, str) else ".".join(map(str, part))
)
def test_a_name_in_each_text_of_a_record_is_shown_nowhere(shop, platform, path, text):
    assert leaks(shop, platform, path, text) == []
