"""The reasons that a platform offers, read from its stand-in."""

from dataclasses import replace

import pytest
from shop import Shop

from returnsync.config.load import load
from returnsync.engine.context import Context
from returnsync.errors import BadAnswer, CallError
from returnsync.mapping.reasons import own_words
from returnsync.model import Reason
from returnsync.platforms.sendcloud.words import REASONS
from returnsync.sandbox import Fault
from returnsync.sandbox.returnless_records import reason as returnless_reason
from returnsync.state import opening


@pytest.fixture
def offered(shop: Shop, monkeypatch):
    """The reasons that the platform of a shop offers."""

    def read(platform: str, **source) -> list[Reason] | None:
        at = replace(shop, platforms=(platform,), source=source)
        for name, value in at.environment.items():
            monkeypatch.setenv(name, value)
        ctx = Context(load(at.write_config()), opening.open_reading(at.state))
        try:
            return ctx.accounts.platform(next(iter(ctx.chosen))).reasons()
        finally:
            ctx.close()

    return read


def test_returnista_gives_its_catalogue(offered, sandbox):
    keys = [row["key"] for row in sandbox.returnista.return_reasons]
    assert [reason.key for reason in offered("returnista")] == keys


def test_a_catalogue_that_may_not_be_read_is_none(offered, sandbox):
    sandbox.faults.add(Fault("returnista.reasons", "status", status=403))
    assert offered("returnista") is None


def test_returnless_gives_the_merchants_own_under_the_key_that_returns_carry(offered):
    row = returnless_reason("too_small")
    assert Reason(row["id"], "Te klein") in offered("returnless")


def test_a_list_at_returnless_that_is_none_is_reported(offered, sandbox):
    sandbox.returnless.account.reasons = [{"id": {"not": "a text"}}]
    with pytest.raises(BadAnswer):
        offered("returnless")


def test_sendcloud_gives_its_documented_list(offered, sandbox):
    assert {reason.key: reason.label for reason in offered("sendcloud")} == REASONS
    assert sandbox.counts.calls("sendcloud.portal") == 0


def test_sendcloud_gives_what_only_a_brands_portal_offers_too_and_no_keys_go_there(offered, sandbox):
    found = {reason.key: own_words(reason) for reason in offered("sendcloud", brand_domains=["lindeboom"])}
    assert found == {**REASONS, "77": "Jeukt"}
    assert sandbox.counts.effects("forbidden") == 0


def test_a_brand_that_sendcloud_does_not_know_is_reported(offered):
    with pytest.raises(CallError) as told:
        offered("sendcloud", brand_domains=["elsewhere"])
    assert "'elsewhere'" in told.value.what


def test_settings_of_a_portal_that_are_none_are_reported(offered, sandbox):
    sandbox.faults.add(Fault("sendcloud.portal", "wrong-type"))
    with pytest.raises(BadAnswer):
        offered("sendcloud", brand_domains=["lindeboom"])


@pytest.mark.parametrize("platform", ["channable", "returnly", "loop"])
def test_where_no_list_can_be_had_there_is_none(offered, platform):
    assert offered(platform) is None
