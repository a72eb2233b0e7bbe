"""A consumer's name in any text of a platform or the warehouse: only state and labels contain it."""

from __future__ import annotations

import copy
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path as File
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from shop import later

from returnsync.redact import MASK
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.monta_forecasts import LINE_TEXTS, TEXTS, label_reference
from returnsync.sandbox.records import SKU, line_id_of
from returnsync.sandbox.world import monta_order, request, return_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shop import Shop

NAME = "Vandertestzwirn"
NUMBER = "1001"
SEED = 7

# There are more reads than some platforms allow in ten seconds, and the tests are not about limits.
SOURCE = {"own_label": "replace", "limits": {"1h": 10_000}}

Path = tuple[str | int, ...]


class Planting(NamedTuple):
    """The place of a text: a field of a platform's record, or of the warehouse's answer on a route."""

    platform: str
    path: Path = ()
    route: str = ""
    field: str = ""

    def __str__(self) -> str:
        return ".".join(map(str, (self.platform, *self.path, *filter(None, (self.route, self.field)))))


def leaves(value: Any, at: Path = ()) -> Iterator[Path]:
    """The path of every text in a record."""
    if isinstance(value, str):
        yield at
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*at, key))


def planted(record: Any, path: Path, text: str) -> Any:
    """The record with a text added to the one at a path."""
    changed = copy.deepcopy(record)
    part = changed
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = f"{part[path[-1]]}{text}"
    return changed


def named(record: Any) -> Any:
    """The record with a consumer who is called `NAME`."""
    text = json.dumps(record, ensure_ascii=False)
    for name in ("Voorbeeld", "voorbeeld"):
        text = text.replace(name, NAME)
    return json.loads(text)


def record_of(platform: str) -> Any:
    """A plain return of that consumer, as the platform keeps it."""
    stand_in = next(one for one in Sandbox(World.empty()).platforms if one.name == platform)
    identity = stand_in.give_back(NUMBER)
    return stand_in.rows()[identity]


PLATFORMS = tuple(platform.name for platform in Sandbox(World.empty()).platforms)
IN_RECORDS = [Planting(name, path) for name in PLATFORMS for path in leaves(record_of(name))]

# The text fields of the warehouse's answers, by route.
FIELDS = {
    "monta.order": {str(path[-1]) for path in leaves(monta_order(NUMBER))},
    "monta.forecasts": {"Code", "WebshopOrderId", "WebshopOrderLineId", *TEXTS, *LINE_TEXTS},
    "monta.create": {"Code", "WebshopOrderId", "WebshopOrderLineId"},
    "monta.label": {"FileExtension", "TrackAndTraceLink"},
    "monta.list": {"Code", "Comment", "TrackAndTraceCode", "ProductCode", "ReturnReason"},
    "monta.received": {"WebshopOrderId", "ForecastCode", "WebshopOrderLineId", "Sku", "Cause", "CreatedAt"},
    "monta.booked": {"WebshopOrderId", "ForecastCode", "WebshopOrderLineId", "Sku"},
    "monta.labels": {path[-1] for path in leaves(label_reference("PostNL", "3S1", "https://track.example/1", "2026"))},
}
# Without the lists of reasons, channels and carriers: they belong to the account, and are about no return.
FROM_THE_WAREHOUSE = [
    Planting("returnista", route=route, field=field) for route, fields in FIELDS.items() for field in sorted(fields)
]
ALL = [*IN_RECORDS, *FROM_THE_WAREHOUSE]
CHANCE = random.Random(SEED)
# The text of a reason is in the sheet of `map-reasons`, too.
REASONS = [at for at in IN_RECORDS if at.platform == "loop" and at.path[-1] == "return_reason"]
SLICE = [*CHANCE.sample(IN_RECORDS, 7), *CHANCE.sample(FROM_THE_WAREHOUSE, 4), *REASONS]

COMMANDS = (
    ("run", "--dry-run", "--json"),
    ("run",),
    ("run", "--json"),
    ("held",),
    ("held", "--json"),
    ("held", "--waiting"),
    ("returns",),
    ("returns", "--json", "--search", "1"),
    ("returns", "--csv"),
    ("export", "--csv"),
    ("labels",),
    ("labels", "--csv"),
    ("labels", "verify", "--json"),
    ("status",),
    ("status", "--json"),
    ("report", "--html", "-"),
    ("check",),
    ("show", NUMBER),
    ("show", NUMBER, "--json"),
    ("show", NUMBER, "--raw"),
    ("show", NUMBER, "--raw", "--json"),
    ("replay", NUMBER, "--json"),
    ("reconcile",),
    ("reconcile", "--json"),
    ("map-reasons", "--list"),
    ("map-reasons", "--export", "-"),
    ("run", "--verbose"),
)


def receive(shop: Shop) -> None:
    """Let the warehouse book a return that was not announced, and more units than were announced."""
    monta, line = shop.sandbox.monta, line_id_of(NUMBER, SKU)
    monta.receive(NUMBER, {line: 1})
    for forecast in monta.forecasts[:1]:
        monta.receive(NUMBER, {line: 2}, code=forecast.code)


def leaks(shop: Shop, at: Planting, text: str) -> list[str]:
    """The commands whose output contains the name, and the files that contain it."""
    shop.platforms = (at.platform,)
    shop.source = dict(SOURCE)
    shop.more = {"log": {"file": "log.jsonl"}, "notify": {"metrics": "metrics.prom"}}
    shop.sandbox.monta.add(named(monta_order(NUMBER)))
    if at.platform == "loop":
        text = text.replace(NAME, f"jo.{NAME}@example.com")  # it only has the consumer's e-mail address
    identity, rows = shop.platform().give_back(NUMBER), shop.platform().rows()
    record = named(rows[identity])
    rows[identity] = planted(record, at.path, text) if at.path else record
    if at.route:
        shop.sandbox.faults.add(Fault(at.route, "text", text=text, in_field=at.field))
    found = []
    for command in COMMANDS:
        if command == ("reconcile",):
            receive(shop)
        ran = shop(*command)
        assert ran.code != 70, (command, ran.err)
        if NAME.casefold() in (ran.out + ran.err).casefold():
            found.append(" ".join(command))
    kept = {shop.state.name, "returnsync.toml"}
    for place in shop.folder.rglob("*"):
        if place.is_file() and place.name.split("-")[0] not in kept and place not in shop.labels():
            found += [place.name] * (NAME.casefold() in place.read_bytes().decode(errors="replace").casefold())
    return found


@pytest.mark.parametrize("at", SLICE, ids=str)
def test_a_name_in_any_text_of_a_record_or_an_answer_is_shown_nowhere(shop, at):
    assert leaks(shop, at, f" {NAME}") == []


@pytest.mark.parametrize("status", [200, 404, 500])
@pytest.mark.parametrize("platform", ["returnista", "returnless"])
def test_a_name_in_an_id_is_shown_nowhere_where_a_return_is_asked_for_by_it(shop, platform, status):
    """It is read again beside the listing, which no longer shows it, for `replay` and for `show --raw`."""
    shop.platforms, shop.more = (platform,), {"log": {"file": "log.jsonl"}}
    shop.source = {**SOURCE, "start_from": datetime.now(UTC) - timedelta(days=30)}
    identity, rows = shop.platform().give_back(NUMBER), shop.platform().rows()
    record = planted(named(rows.pop(identity)), ("id",), NAME)
    rows[record["id"]] = record
    shop("run")
    if status != 200:
        shop.sandbox.faults.add(Fault(f"{platform}.one", "status", status=status))
    said = ""
    for command in (["show", NUMBER, "--raw"], ["replay", record["id"]], ["run"], ["held", "retry", "--all"], ["run"]):
        with later(days=61):
            ran = shop(*command)
        said += ran.out + ran.err
    log = (shop.folder / "log.jsonl").read_text()
    routes = [line["route"] for line in map(json.loads, log.splitlines()) if line.get("event") == "request"]
    asked = [route for route in routes if route.endswith(record["id"].replace(NAME, MASK))]
    assert len(asked) == shop.sandbox.counts.calls(f"{platform}.one") > 1
    assert NAME.casefold() not in (said + log).casefold()


@pytest.mark.parametrize("items", [[], [{"quantity": "many"}]], ids=["none", "unreadable"])
def test_a_name_in_an_id_is_shown_nowhere_where_a_record_cannot_be_read(shop, items):
    shop.platforms, shop.more = ("returnless",), {"log": {"file": "log.jsonl"}}
    identity, rows = shop.platform().give_back(NUMBER), shop.platform().rows()
    record = planted(named(rows.pop(identity)), ("id",), NAME)
    rows[record["id"]] = record | {"return_order_items": items}
    ran = shop("run", "--verbose")
    log = (shop.folder / "log.jsonl").read_text()
    assert "is set aside" in ran.err
    assert NAME.casefold() not in (ran.out + ran.err + log).casefold()


@pytest.mark.prove
@pytest.mark.parametrize("text", [NAME, f"\n10:00:00Z error {NAME}"], ids=["joined", "a line"])
@pytest.mark.parametrize("at", ALL, ids=str)
def test_a_name_in_each_text_of_a_record_and_an_answer_is_shown_nowhere(shop, at, text):
    assert leaks(shop, at, text) == []


@pytest.mark.parametrize("quoted", [NAME, "Vandertestzw&#105;rn"], ids=["plain", "as HTML"])
def test_the_name_that_the_warehouses_order_shows_is_masked_where_the_platform_tells_none(shop, quoted):
    shop.platforms = ("loop",)
    shop.sandbox.monta.add(monta_order(NUMBER))
    (order,) = shop.sandbox.monta.orders[NUMBER]
    order["ConsumerDetails"]["DeliveryAddress"]["LastName"] = NAME
    shop.sandbox.loop.give_back(NUMBER)
    body = f'{{"Message": "Address of {quoted} is not valid"}}'.encode()
    shop.sandbox.faults.add(Fault("monta.create", "status", status=400, body=body))
    shop.run()
    (held,) = shop.held()
    assert held["answer"] == f"Address of {MASK} is not valid"
    assert NAME.encode() not in shop.state.read_bytes()


def test_the_name_that_the_order_shows_is_masked_where_the_label_is_refused_in_a_later_run(shop):
    shop.platforms = ("loop",)
    shop.source = dict(SOURCE)
    shop.sandbox.monta.add(named(monta_order(NUMBER)))
    shop.sandbox.loop.give_back(NUMBER)
    shop.sandbox.faults.add(Fault("monta.label", "status", status=429, call=1))
    assert shop.run()["waiting"] == 1
    body = f'{{"Message": "Address of {NAME} is not valid"}}'.encode()
    shop.sandbox.faults.add(Fault("monta.label", "status", status=400, body=body))
    with later(minutes=2):
        shop.run()
    (held,) = shop.held()
    assert held["answer"] == f"Address of {MASK} is not valid"
    assert NAME.encode() not in shop.state.read_bytes()


def test_words_that_may_name_anybody_are_not_kept(shop):
    shop.platforms = ("loop",)
    shop.source = dict(SOURCE)
    shop.sandbox.monta.add(named(monta_order(NUMBER)))
    shop.sandbox.loop.give_back(NUMBER)
    shop.sandbox.faults.add(Fault("monta.label", "status", status=429, call=1))
    shop.run()
    shop.sandbox.faults.add(Fault("monta.label", "status", status=400, body=NAME.encode()))
    shop.sandbox.faults.add(Fault("monta.order", "reset"))
    with later(minutes=2):
        shop.run()
    (held,) = shop.held()
    assert (held["answer"], NAME.encode() in shop.state.read_bytes()) == ("", False)


def test_a_consumer_who_is_called_as_the_warehouse_writes_changes_nothing_of_what_it_means(shop):
    record = return_order(request(order="#1001", comment="too small"))
    record["consumer"] |= {"firstName": "Order", "lastName": "InvalidReasons"}
    shop.sandbox.returnista.return_orders[record["id"]] = record
    shop.run()
    (story,) = shop("show", NUMBER, "--json").json
    assert story["announcements"][0]["cause"] == "order-unknown"


@pytest.mark.skipif(not File("/proc").is_dir(), reason="this system does not list its processes in /proc")
def test_neither_a_consumer_nor_a_secret_is_in_the_arguments_of_a_process(shop):
    processes = shop.folder / "processes"
    program = shop.folder / "secret"
    program.write_text(
        f"#!/bin/sh\ncat /proc/*/cmdline >> {processes} 2>/dev/null\necho {shop.sandbox.world.password}\n"
    )
    program.chmod(0o700)
    shop.warehouse = {"password": f"command:{program}"}
    shop.sandbox.monta.add(named(monta_order(NUMBER)))
    record = named(return_order(request(order=NUMBER)))
    shop.sandbox.returnista.return_orders[record["id"]] = record
    ran = shop.process("run", "--json")
    assert (ran.code, ran.json["labelled"]) == (0, 1)
    seen = processes.read_bytes()
    assert b"returnsync" in seen
    for private in (NAME, shop.sandbox.world.password, shop.sandbox.world.token):
        assert private.encode() not in seen


@pytest.mark.parametrize("record", [{"createdAt": "no time"}, {"returnRequests": "none"}], ids=["time", "articles"])
def test_a_record_that_cannot_be_read_is_shown_without_the_person_whom_its_fields_name(shop, record):
    whole = named(return_order(request(order=f"#{NUMBER} {NAME}"))) | record
    shop.sandbox.returnista.return_orders[whole["id"]] = whole
    shop.run()
    (held,) = shop.held()
    assert held["order_number"] in ("", f"#{NUMBER} {MASK}")
    for command in (("held",), ("show", NUMBER), ("show", str(whole["id"]), "--json"), ("purge", whole["id"])):
        ran = shop(*command)
        assert NAME not in ran.out + ran.err, command
    assert shop("held", "release", held["code"], "--yes").code == 0
    assert shop("held", "--json").json == []
