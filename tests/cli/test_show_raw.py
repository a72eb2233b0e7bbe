"""`show --raw` shows the platform's own record of one return, masked, and nothing of other returns."""

from __future__ import annotations

import copy
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from shop import Shop, later, own_logging

from returnsync.redact import MASK
from returnsync.sandbox import Fault, Sandbox, World
from returnsync.sandbox.channable_records import order, returned
from returnsync.sandbox.world import monta_order, request, return_order, shipment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shop import Ran

PLATFORMS = tuple(platform.name for platform in Sandbox(World.empty()).platforms)
LISTED_ALONE = ("sendcloud", "returnly")
# Platforms in every run of the tests: one with single reads, one whose returns come in parts, one that is only listed.
OFTEN = ("returnista", "channable", "sendcloud")
EACH = [name if name in OFTEN else pytest.param(name, marks=pytest.mark.prove) for name in PLATFORMS]
MADE = datetime.now(UTC) - timedelta(hours=2)
NAME, PHONE = "Vandertestzwirn", "+31 6 12345678"
NUMBERS = ("471001", "471002")
MINE = NUMBERS[1]


@pytest.fixture(scope="module", params=EACH)
def filled(request, tmp_path_factory) -> Iterator[Shop]:
    """A shop of each platform, with two returns made at once that a run has read."""
    with Sandbox(World.empty()) as sandbox:
        source = {"own_label": "replace", "limits": {"1h": 1000}}
        shop = Shop(tmp_path_factory.mktemp("shop"), sandbox, (request.param,), source, {"request_labels": False})
        for number in NUMBERS:
            sandbox.monta.add(monta_order(number))
            shop.platform().give_back(number, created=MADE)
        with own_logging():
            shop.run()
        yield shop


@pytest.fixture
def each(filled) -> Iterator[Shop]:
    """The same shop with the records as they were; a test must not change its state."""
    rows, before = copy.deepcopy(filled.platform().rows()), content(filled)
    filled.sandbox.counts.reset()
    yield replace(filled, source=dict(filled.source), warehouse=dict(filled.warehouse))
    assert content(filled) == before
    filled.sandbox.faults.clear()
    filled.platform().rows().clear()
    filled.platform().rows().update(rows)


@pytest.fixture
def one(shop) -> Shop:
    """A return at Returnista that a run has read."""
    shop.sandbox.monta.add(monta_order(MINE))
    label = shipment(label_url="https://labels.example/l/1.pdf?X-Amz-Signature=s1gn", tracking="3SABC0000001")
    record = return_order(request(order=f"#{MINE}", comment="Jo, bel 0612345678"), created=MADE, shipments=[label])
    shop.sandbox.returnista.return_orders[record["id"]] = record
    shop.run()
    return shop


def record_of(shop: Shop, number: str = MINE) -> dict[str, Any]:
    """The record of an order as its platform has it."""
    (record,) = (record for record in shop.platform().rows().values() if number in json.dumps(record))
    return record


def story(shop: Shop, *more: str, number: str = MINE) -> dict[str, Any]:
    (found,) = shop("show", number, "--raw", "--json", *more).json
    return found


def raw(shop: Shop, *more: str) -> Any:
    """The only record that `show --raw` gives."""
    (record,) = story(shop, *more)["raw"]
    return record


def asked(shop: Shop) -> dict[str, int]:
    """The number of requests to the platform by route, since they were last counted."""
    routes = shop.sandbox.counts.as_dict()["routes"]
    shop.sandbox.counts.reset()
    return routes


def content(shop: Shop) -> list[str]:
    with closing(sqlite3.connect(shop.state)) as state:
        return list(state.iterdump())


def leaves(value: Any) -> set[str]:
    """The values in a record, each as a text: the stand-ins sometimes write numbers as texts, as the vendors do."""
    if isinstance(value, dict | list):
        return {leaf for inner in (value.values() if isinstance(value, dict) else value) for leaf in leaves(inner)}
    return {str(value)}


# ---- the record of this return, and of no other


def test_it_is_the_platforms_own_record_and_nothing_of_the_others_of_its_page(each):
    mine, others = record_of(each), [record_of(each, number) for number in NUMBERS if number != MINE]
    ran = each("show", MINE, "--raw", "--json")
    routes = asked(each)
    (story,) = ran.json
    (shown,) = story["raw"]
    private = each("show", MINE, "--raw", "--private")
    assert len(leaves(shown) & leaves(mine)) > 12
    assert any(MINE in leaf for leaf in leaves(shown))
    assert MASK in leaves(shown)
    told = {*(number for number in NUMBERS if number != MINE), *(str(other["id"]) for other in others if "id" in other)}
    assert [one for one in told if one in ran.out + private.out] == []
    (route,) = routes
    assert route.startswith(each.platforms[0])
    assert routes[route] == 1 or each.platforms[0] in LISTED_ALONE


# ---- what is masked


def test_what_names_the_consumer_is_masked_wherever_it_stands_and_our_secrets_always(each):
    secrets = list(each.platform().secrets().values())
    record = record_of(each)
    text = json.dumps(record, ensure_ascii=False)
    record.update(json.loads(text.replace("Voorbeeld", NAME).replace("voorbeeld", NAME.lower())))
    if each.platforms == ("loop",):
        record["last_name"] = NAME  # otherwise only an e-mail address contains the name
    record["odd"] = {NAME: 1, "said": f"of {NAME}, {PHONE}", "deeper": [[{"tag": f"x{NAME}x"}]], "mail": "a@b.example"}
    record["ours"] = [{f"key {secret}": f"https://x.example/{secret}/y", "password": secret} for secret in secrets]
    masked = [each("show", MINE, "--raw", *more).out for more in ((), ("--json",))]
    private = each("show", MINE, "--raw", "--private", "--json").out
    assert [told for told in (NAME.lower(), PHONE[-8:], "a@b.example") if told in "".join(masked).lower()] == []
    assert [secret for secret in secrets if secret in "".join([*masked, private])] == []
    (shown,) = json.loads(private)[0]["raw"]
    assert (shown["odd"], len(shown["ours"])) == (record["odd"], len(secrets))


def test_what_somebody_wrote_and_what_opens_something_is_masked(one):
    shown = raw(one)
    assert shown["returnRequests"][0]["returnReasonComment"] == MASK
    assert shown["shipments"][0]["labelUrl"] == f"https://labels.example/{MASK}?{MASK}"
    assert shown["shipments"][0]["trackingNumber"] == "3SABC0000001"
    private = raw(one, "--private")
    assert private["returnRequests"][0]["returnReasonComment"] == "Jo, bel 0612345678"
    assert private["shipments"][0]["labelUrl"].endswith("?X-Amz-Signature=s1gn")


def test_an_erased_return_stays_masked_whoever_asks(one):
    assert one("purge", MINE, "--yes").code == 0
    before = content(one)
    for more in ((), ("--private",)):
        consumer = raw(one, *more)["consumer"]
        assert (consumer["firstName"], consumer["email"]) == (MASK, MASK)
    assert "the record is masked even with --private" in one("show", MINE, "--raw", "--private").out
    assert content(one) == before


# ---- how it is printed


def test_the_text_is_the_same_json_and_steers_no_terminal(one):
    record_of(one)["odd"] = "\x1b[2J\x9b31m\u202etxt.exe\u2028\r\n  Return 7 of shop-nl: labelled "
    out = one("show", MINE, "--raw").out
    heading, _, text = out.partition("The platform's own record, as read just now at ")
    assert "order at monta: " in heading
    assert not any(sign in text for sign in "\x1b\x9b\u202e\u2028\r")
    assert json.loads(text.partition("\n")[2]) == raw(one)
    assert all(line.startswith("  ") for line in text.splitlines()[1:])


def test_the_json_has_the_story_as_before_and_the_record_beside_it(one):
    (plain,) = one("show", MINE, "--json").json
    told = story(one)
    assert told.keys() - plain.keys() == {"raw", "raw_kept", "raw_read_at", "raw_error"}
    assert {key: told[key] for key in plain} == plain
    assert (told["raw_kept"], told["raw_error"], told["raw_read_at"] > plain["created"]) == (0, None, True)


def test_without_raw_nothing_is_asked_and_no_secret_is_needed(one):
    asked(one)
    one.source = {"token": "env:NOT_THERE"}
    one.warehouse = {"password": "env:NOT_THERE_EITHER"}
    assert one("show", MINE).code == 0
    assert asked(one) == {}


def test_private_goes_with_raw_alone(one):
    ran = one("show", MINE, "--private")
    assert (ran.code, "--raw" in ran.err) == (2, True)


# ---- where it cannot be had


def failed(shop: Shop, code: int) -> Ran:
    """Run `show --raw`, which fails with that exit code but still gives the story as JSON."""
    ran = shop("show", MINE, "--raw", "--json")
    (told,) = ran.json
    assert (ran.code, told["raw"], told["raw_error"]["exit_code"]) == (code, [], code)
    assert told["raw_error"]["what"] in ran.err
    assert told["announcements"]
    return ran


def test_a_platform_that_is_down_is_for_later_and_a_return_that_it_has_no_longer_is_reported(each):
    routes = [route for route in each.sandbox.faults.routes if route.startswith(f"{each.platforms[0]}.")]
    each.sandbox.faults.add(*(Fault(route, "status", status=503) for route in routes))
    failed(each, 75)
    each.sandbox.faults.clear()
    rows, mine = each.platform().rows(), record_of(each)
    for key in [key for key, record in rows.items() if record is mine]:
        del rows[key]
    assert "the platform no longer has return" in failed(each, 2).err


def test_a_source_that_was_out_is_asked_once_and_not_again(one):
    one.sandbox.faults.add(Fault("returnista.list", "status", status=503))
    with later(minutes=5):
        assert one("run").code == 75
    one.source = {"attempts": 3}
    one.sandbox.faults.add(Fault("returnista.one", "status", status=503))
    asked(one)
    failed(one, 75)
    assert asked(one) == {"returnista.one": 1}
    text = one("show", MINE, "--raw")
    assert (text.code, "order at monta" in text.out, "as read just now" in text.out) == (75, True, False)
    assert "The platform's own record could not be read: " in text.out


def test_a_record_of_another_return_is_never_shown_for_it(one):
    other = return_order(request(order="#999001"), created=MADE)
    rows = one.sandbox.returnista.return_orders
    (mine,) = rows
    rows[mine] = other
    ran = failed(one, 2)
    assert (other["id"] in ran.out + ran.err, "999001" in ran.out + ran.err) == (False, False)


def test_only_the_secrets_of_its_source_are_needed(one):
    one.warehouse = {"password": "env:NOT_THERE"}
    assert raw(one)
    one.source = {"token": "env:NOT_THERE_EITHER"}
    assert "NOT_THERE_EITHER" in failed(one, 78).err


def test_a_source_that_is_no_longer_configured_is_reported(shop):
    shop.sandbox.monta.add(monta_order(MINE))
    shop.platforms = ("returnista", "loop")
    shop.sandbox.loop.give_back(MINE)
    shop.run()
    shop.platforms = ("returnista",)
    name = shop.sandbox.loop.source
    assert f"[sources.{name}]" in failed(shop, 2).err


def test_rate_limits_count_for_it(one):
    one.source = {"limits": {"1h": 1}, "retry_budget": 0.1}
    raw(one)
    assert failed(one, 75)


# ---- records that cannot be read, and returns of several records


def test_a_record_that_cannot_be_read_is_shown_as_it_was_kept(shop):
    record = return_order(request(order=f"#{MINE}"), created=MADE) | {"createdAt": "no time"}
    shop.sandbox.returnista.return_orders[record["id"]] = record
    shop.run()
    asked(shop)
    told = story(shop, number=record["id"])
    assert asked(shop) == {}
    assert (told["raw_kept"], told["raw_read_at"], told["raw_error"]) == (1, None, None)
    assert told["raw"][0]["consumer"]["lastName"] == MASK
    (private,) = story(shop, "--private", number=record["id"])["raw"]
    assert private["consumer"]["lastName"] == "Voorbeeld"
    assert "that cannot be read, as it is kept here" in shop("show", record["id"], "--raw").out
    assert shop("held", "release", record["id"], "--yes").code == 0
    assert shop("purge", record["id"], "--yes").code == 0
    out = shop("show", record["id"], "--raw", "--private").out
    assert ("Voorbeeld" in out, f"#{MINE}" in out) == (False, True)


def test_a_return_of_several_records_shows_each_of_them(shop):
    shop = replace(shop, platforms=("channable",))
    skus = ("SHIRT-BL-M", "SKIRT-BK-36")
    shop.sandbox.monta.add(monta_order(MINE, *skus))
    shop.sandbox.channable.add_order(order(MINE, *skus))
    ids = [shop.sandbox.channable.add(returned(sku, MINE, return_id="31005544", created=MADE)) for sku in skus]
    shop.sandbox.channable.add(returned(skus[0], MINE, return_id="31005545", created=MADE))
    shop.run()
    asked(shop)
    found = shop("show", "31005544", "--raw", "--json").json
    assert [[str(record["id"]) for record in one["raw"]] for one in found] == [sorted(ids)]
    assert asked(shop) == {"channable.one": 2}
