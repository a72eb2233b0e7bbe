"""Channels and carriers that may be wrong: the results of `check`, and the warnings of each run."""

from __future__ import annotations

import pytest
from shop import Shop, later

from returnsync.sandbox import Fault
from returnsync.sandbox.records import monta_order, request, return_order

NO_CHANNEL = {"channel": ""}
WARNING = "monta: this account has 2 sales channels and none is set"


def reads(shop: Shop) -> int:
    return shop.sandbox.counts.calls("monta.info")


def warned(shop: Shop, *arguments: str) -> bool:
    """Whether a run warns; it must do so once in the log and once in `--json`, or in neither."""
    ran = shop("run", "--json", *arguments)
    told = ran.json.get("warnings", [])
    assert ran.code == ran.json["exit_code"]
    assert ran.err.count(WARNING) == len(told) == sum(WARNING in text for text in told)
    assert len(told) <= 1
    return bool(told)


# -- each run ----------------------------------------------------------------------------------------------------------


def test_several_channels_and_none_set_is_warned_of_by_each_run_also_idle_ones_until_it_is_set(shop):
    shop.warehouse |= NO_CHANNEL
    shop.sandbox.monta.add(monta_order("1001"))
    shop.sandbox.returnista.add(return_order(request(order="#1001")))
    assert [warned(shop) for _ in range(3)] == [True] * 3
    shop.warehouse["channel"] = "Webshop NL"
    assert not warned(shop)
    assert [forecast.order for forecast in shop.forecasts] == ["1001"]


def test_a_warning_names_the_setting_and_is_no_failure(shop):
    shop.warehouse |= NO_CHANNEL
    ran = shop("run")
    assert (ran.code, ran.out) == (0, "")
    assert "Set `channel` of [warehouses.monta]" in ran.err
    assert [shop("run", "--quiet").err.count("Set `channel` of") for _ in range(2)] == [1, 0]


def test_channels_are_counted_once_a_day(shop):
    shop.warehouse |= NO_CHANNEL
    for hours, so_far in ((0, 1), (1, 1), (23.9, 1), (24.1, 2), (25, 2)):
        with later(hours=hours):
            assert warned(shop)
        assert reads(shop) == so_far


def test_a_channel_that_is_new_is_found_the_next_day_and_one_that_is_gone_too(shop):
    shop.warehouse |= NO_CHANNEL
    channels = shop.sandbox.monta.channels
    other = channels.pop("Webshop BE")
    assert not warned(shop)
    channels["Webshop BE"] = other
    assert not warned(shop)
    with later(days=1.1):
        assert warned(shop)
    channels.clear()
    with later(days=2.2):
        assert not warned(shop)


def test_with_a_channel_set_nothing_is_asked(shop):
    assert not warned(shop)
    assert reads(shop) == 0


def test_another_account_is_counted_again(shop):
    shop.warehouse |= NO_CHANNEL
    assert warned(shop)
    del shop.sandbox.monta.channels["Webshop BE"]
    assert warned(shop)
    shop.config.with_name("user").write_text(shop.sandbox.world.username, encoding="utf-8")
    shop.warehouse["username"] = f"file:{shop.config.with_name('user')}"
    assert not warned(shop)
    assert reads(shop) == 2


@pytest.mark.parametrize(("status", "next_read"), [(500, 1.1), (403, 1.1), (404, 24.1)])
def test_a_read_that_fails_harms_nothing_and_is_not_made_by_every_run(shop, status, next_read):
    shop.warehouse |= NO_CHANNEL
    shop.sandbox.faults.add(Fault("monta.info", "status", status=status, times=1))
    assert [warned(shop), warned(shop)] == [False, False]
    assert reads(shop) == 1
    with later(hours=next_read):
        assert warned(shop)
    assert reads(shop) == 2


def test_a_read_that_fails_leaves_what_was_known(shop):
    shop.warehouse |= NO_CHANNEL
    assert warned(shop)
    shop.sandbox.faults.add(Fault("monta.info", "reset"))
    with later(days=2):
        assert warned(shop)


def test_a_failed_read_is_only_reported_to_a_caller_that_asks(shop):
    shop.warehouse |= NO_CHANNEL
    shop.sandbox.faults.add(Fault("monta.info", "status", status=500))
    ran = shop("run", "--verbose")
    assert "its channels could not be read" in ran.err
    assert ran.code == 0


def test_a_clock_that_went_back_reads_again(shop):
    shop.warehouse |= NO_CHANNEL
    with later(days=400):
        warned(shop)
    # This run also warns about moments that the clock wrote while it was ahead.
    assert shop("run").err.count(WARNING) == 1
    assert reads(shop) == 2
    assert warned(shop)


def test_a_dry_run_warns_too_and_remembers_nothing(shop):
    shop.warehouse |= NO_CHANNEL
    assert [warned(shop, "--dry-run"), warned(shop, "--dry-run")] == [True, True]
    assert reads(shop) == 2


# -- check -------------------------------------------------------------------------------------------------------------


def found(shop: Shop, subject: str) -> list[tuple[bool, str, str]]:
    """The findings of `check` about a subject: whether it warns, its text, and what to do. It never fails for it."""
    ran = shop("check", "--json")
    assert ran.code == 0
    lines = [item for item in ran.json if item["about"] == "monta" and item["subject"] == subject]
    assert all(item["ok"] for item in lines)
    assert all(bool(item["next_step"]) == item["warning"] for item in lines)
    return [(item["warning"], item["text"], item["next_step"]) for item in lines]


@pytest.mark.parametrize(
    ("channel", "field", "gone", "warning", "text"),
    [
        ("", None, 0, True, "this account has 2 and none is set: an order number may fit two orders"),
        ("", None, 1, False, "only one, none needed"),
        ("", None, 2, False, "the warehouse lists none"),
        ("Webshop NL", None, 0, False, "Webshop NL"),
        ("Webshop NL", "Name", 0, False, "Webshop NL"),
        ("Webshop DE", None, 0, False, "Webshop DE"),
        ("Webshop DE", "Name", 0, True, "Webshop DE is not among those that the warehouse lists"),
        ("Webshop DE", "Name", 1, True, "Webshop DE is not among those that the warehouse lists"),
    ],
)
def test_check_says_whether_a_channel_is_to_be_set_and_whether_it_is_listed(shop, channel, field, gone, warning, text):
    shop.warehouse["channel"] = channel
    shop.sandbox.monta.origin_name = field
    for name in list(shop.sandbox.monta.channels)[2 - gone :]:
        del shop.sandbox.monta.channels[name]
    [(warns, said, next_step)] = found(shop, "channel")
    assert (warns, said) == (warning, text)
    assert not warning or "`channel` of [warehouses.monta]" in next_step


def test_check_compares_every_carrier_that_settings_can_come_to_with_the_configured_channel(shop):
    shop.sandbox.monta.origin_name = "Name"
    shop.warehouse["channel"] = "Webshop BE"
    shop.source |= {"carriers": {"a": "UPS", "b": "SEL", "c": "UPS"}, "carriers_by_country": {"DE": "SEL", "BE": "DPD"}}
    lines = {text: warns for warns, text, _ in found(shop, "carrier")}
    assert lines == {
        "PostNL (`carrier`) is not listed on 'Webshop BE' (which has DPD, UPS)": True,
        "UPS (`carriers` of shop-nl) is enabled": False,
        "SEL (`carriers` of shop-nl, `carriers_by_country` of shop-nl) is not listed on 'Webshop BE' "
        "(which has DPD, UPS)": True,
        "DPD (`carriers_by_country` of shop-nl) is enabled": False,
    }


def test_what_another_channel_lacks_counts_for_nothing_where_the_configured_one_can_be_told_apart(shop):
    shop.sandbox.monta.origin_name = "Name"
    assert found(shop, "carrier") == [(False, "PostNL (`carrier`) is enabled", "")]


def test_without_a_channel_that_can_be_told_apart_each_is_compared(shop):
    lines = found(shop, "carrier")
    assert [text for _, text, _ in lines] == ["PostNL (`carrier`) is not listed on channel 2 (which has DPD, UPS)"]


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("PostNLBuspakje", "Did you mean PostNlBuspakje? Upper and lower case count."),
        ("dhlfypakket", "Did you mean DHLFYPakket? Upper and lower case count."),
        ("GLS", "Check its spelling against the warehouse's own list of carriers."),
    ],
)
@pytest.mark.parametrize("listed", [True, False])
def test_a_carrier_that_nobody_knows_is_reported_with_what_may_be_meant(shop, code, hint, listed):
    shop.sandbox.monta.lists_carriers = listed
    shop.warehouse["carrier"] = code
    text = f"{code} (`carrier`) is neither listed by the warehouse nor known otherwise"
    assert found(shop, "carrier") == [(True, text, hint)]


def test_a_carrier_that_only_the_warehouse_knows_is_fine(shop):
    for codes in shop.sandbox.monta.channels.values():
        codes.append("postnl")
    shop.warehouse["carrier"] = "postnl"
    assert found(shop, "carrier") == [(False, "postnl (`carrier`) is enabled", "")]


def test_where_no_carriers_are_listed_nothing_is_compared(shop):
    shop.sandbox.monta.lists_carriers = False
    assert [warns for warns, _, _ in found(shop, "carrier")] == [False]


def test_where_no_labels_are_asked_for_carriers_count_for_nothing(shop):
    shop.warehouse |= {"request_labels": False, "carrier": "GLS"}
    assert found(shop, "carrier") == []


def test_a_warning_is_printed_as_one_with_its_next_step_and_changes_no_exit_code(shop):
    shop.warehouse |= NO_CHANNEL
    ran = shop("check")
    lines = ran.out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("warn monta: channel:"))
    assert lines[place + 1].startswith("     → Set `channel`")
    assert ran.code == 0
    assert "FAIL" not in ran.out


def test_check_reads_the_list_once_and_not_at_all_without_a_login(shop):
    shop("check")
    assert reads(shop) == 1
    shop.sandbox.monta.password = "another"
    ran = shop("check")
    assert (ran.code, reads(shop), ran.out.count("FAIL monta")) == (78, 1, 1)
