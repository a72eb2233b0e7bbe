"""Return reasons in a run: what is sent for each, what is held, and what goes on by itself."""

from dataclasses import replace

import pytest
from shop import Shop

from returnsync.sandbox import Fault, World
from returnsync.sandbox.channable_records import order, returned
from returnsync.sandbox.world import monta_order, request, return_order

SMALL = "return_reasons.too_small"
HOLD = {"unmapped_reason": "hold"}


@pytest.fixture
def world() -> World:
    world = World.empty()
    world.orders = [monta_order("1001")]
    world.return_orders = [return_order(request(order="#1001", reason_key=SMALL))]
    return world


def pair(shop: Shop, text: str) -> None:
    (shop.folder / "reasons.toml").write_text(text, encoding="utf-8")


def sent(shop: Shop) -> list[tuple[str, int | None, int | None]]:
    """The words, the id and the main reason's id of every line at the warehouse."""
    return [
        (line["ReturnReason"], line["RelatieRetourOorzaakId"], line["RelatieRetourOorzaakParentId"])
        for forecast in shop.forecasts
        for line in forecast.body["Lines"]
    ]


def calls(shop: Shop, operation: str) -> int:
    return shop.sandbox.counts.calls(operation)


def test_a_paired_reason_goes_with_its_id_its_main_reason_and_words(shop):
    pair(shop, f'[platforms.returnista."{SMALL}"]\nid = 2447\nparent_id = 2449\n')
    done = shop.run()
    assert sent(shop) == [("Too small", 2447, 2449)]
    assert "unpaired_reasons" not in done


def test_a_pair_of_the_source_goes_before_that_of_its_platform(shop):
    pair(shop, f'[platforms.returnista."{SMALL}"]\nid = 2448\n[sources.shop-nl."{SMALL}"]\nid = 2447\nwords = "RR-1"\n')
    shop.run()
    assert sent(shop) == [("RR-1", 2447, None)]


def test_an_unpaired_reason_goes_as_words_alone_counted_and_listed(shop):
    done = shop.run()
    assert sent(shop) == [("Too small", None, None)]
    assert done["unpaired_reasons"] == [
        {"source": "shop-nl", "channel": "", "key": SMALL, "words": "Too small", "lines": 1}
    ]
    assert calls(shop, "monta.reasons") == 1  # to see that Monta answers; the pairs need no read


def test_the_summary_names_what_went_as_words_alone(shop):
    told = shop("run").out
    assert "1 line was announced with its return reason as text only" in told
    assert "Too small" in told
    assert "returnsync map-reasons" in told


def test_the_summary_names_the_five_reasons_of_the_most_lines_and_counts_the_others(shop):
    for place, count in enumerate((1, 1, 1, 2, 3, 4, 5)):
        for index in range(count):
            number = f"2{place}0{index}"
            shop.sandbox.monta.add(monta_order(number))
            shop.sandbox.returnista.add(return_order(request(order=f"#{number}", reason_key=f"words_{place}")))
    told = " ".join(shop("run").out.split())
    assert "since they are not paired: Words 6, Words 5, Words 4, Words 3, " in told
    assert " and 3 more." in told


def test_words_alone_by_choice_are_no_lack(shop):
    shop.warehouse = HOLD
    pair(shop, f'[sources.shop-nl."{SMALL}"]\ntext_only = true\n')
    done = shop.run()
    assert sent(shop) == [("Too small", None, None)]
    assert "unpaired_reasons" not in done


def test_a_reason_that_the_warehouse_no_longer_offers_is_never_sent(shop):
    pair(shop, f'[sources.shop-nl."{SMALL}"]\nid = 99\nwarehouse_label = "Te krap"\n')
    done = shop.run()
    assert sent(shop) == [("Too small", None, None)]
    assert [reason["key"] for reason in done["unpaired_reasons"]] == [SMALL]


def test_a_reason_that_the_warehouse_no_longer_offers_is_held_where_pairs_are_demanded(shop):
    shop.warehouse = HOLD
    pair(shop, f'[sources.shop-nl."{SMALL}"]\nid = 99\nwarehouse_label = "Te krap"\n')
    shop.run()
    (held,) = shop.held()
    assert (held["cause"], sent(shop)) == ("reason-unpaired", [])
    assert "99 'Te krap', which the warehouse no longer offers" in held["what"]
    assert "map-reasons" in held["next_step"]


def test_a_new_pair_lets_what_was_held_for_it_go_on_with_the_next_run(shop):
    shop.warehouse = HOLD
    shop.run()
    assert (shop.causes(), sent(shop)) == ({"#1001": "reason-unpaired"}, [])
    pair(shop, f'[sources.shop-nl."{SMALL}"]\nid = 2447\n')
    assert shop.run()["labelled"] == 1
    assert (shop.causes(), sent(shop)) == ({}, [("Too small", 2447, None)])
    shop.assert_nothing_twice()


def test_words_alone_that_are_wanted_now_let_it_go_on_too(shop):
    shop.warehouse = HOLD
    shop.run()
    shop.warehouse = {}
    assert shop.run()["labelled"] == 1


def test_what_is_held_for_a_pair_asks_the_warehouse_nothing_until_there_is_one(shop):
    shop.warehouse = HOLD
    shop.run()
    assert shop.run()["requests"].get("monta", 0) == 0


def test_a_pair_with_what_is_not_offered_lets_nothing_go_on(shop):
    shop.warehouse = HOLD
    shop.run()
    pair(shop, f'[sources.shop-nl."{SMALL}"]\nid = 99\n')
    assert shop.run()["announced"] == 0
    assert shop.causes() == {"#1001": "reason-unpaired"}


def test_of_several_reasons_all_must_be_paired_to_go_on(shop):
    shop.warehouse = HOLD
    world = shop.sandbox
    world.monta.add(monta_order("1002", "SHIRT-A", "SHIRT-B"))
    world.returnista.add(
        return_order(
            request("SHIRT-A", "#1002", reason_key=SMALL),
            request("SHIRT-B", "#1002", reason_key="return_reasons.too_large"),
        )
    )
    shop.run()
    pair(shop, f'[sources.shop-nl."{SMALL}"]\nid = 2447\n')
    shop.run()
    assert shop.causes() == {"#1002": "reason-unpaired"}


def test_a_warehouse_that_cannot_tell_its_reasons_lets_them_wait(shop):
    shop.warehouse = HOLD
    shop.run()
    pair(shop, f'[sources.shop-nl."{SMALL}"]\nid = 2447\n')
    shop.sandbox.faults.add(Fault("monta.reasons", "status", times=1))
    assert shop.run()["announced"] == 0
    assert shop.run()["announced"] == 1


def test_a_list_of_reasons_that_cannot_be_read_is_asked_for_once_a_run(shop):
    shop.warehouse = HOLD
    shop.sandbox.monta.add(monta_order("1002"))
    shop.sandbox.returnista.add(return_order(request(order="#1002", reason_key=SMALL)))
    shop.run()
    pair(shop, f'[sources.shop-nl."{SMALL}"]\nid = 2447\n')
    shop.sandbox.faults.add(Fault("monta.reasons", "status"))
    before = calls(shop, "monta.reasons")
    shop.run()
    assert calls(shop, "monta.reasons") == before + 1
    assert set(shop.causes().values()) == {"reason-unpaired"}


def test_a_mistake_in_the_file_is_reported_before_anything_is_done(shop):
    pair(shop, "[sources.shop-nl\n")
    assert shop("run").code == 78
    assert shop.sandbox.counts.requests == 0


def test_a_dry_run_shows_that_it_would_go_on_and_changes_nothing(shop):
    shop.warehouse = HOLD
    shop.run()
    pair(shop, f'[sources.shop-nl."{SMALL}"]\nid = 2447\n')
    assert [decision["would"] for decision in shop.run("--dry-run")["decisions"]] == ["announce"]
    assert shop.causes() == {"#1001": "reason-unpaired"}


class TestMarketplaces:
    """Channable: one text may have different meanings on different marketplaces."""

    @pytest.fixture
    def world(self) -> World:
        world = World.empty()
        world.orders = [monta_order(number) for number in ("1", "2")]
        world.channable.orders = [order(number) for number in ("1", "2")]
        for number, channel in ((1, "bol"), (2, "amazon")):
            why = {"reason": "Artikel  is beschadigd:"}
            world.channable.returns.append(returned(order=str(number), id=number, item=why, channel_name=channel))
        return world

    @pytest.fixture
    def shop(self, shop) -> Shop:
        return replace(shop, platforms=("channable",))

    def test_a_pair_may_count_for_one_channel(self, shop):
        key = "artikel is beschadigd"
        pair(shop, f'[sources.shop-nl."{key}"]\nid = 2453\n[sources.shop-nl."{key}".channels.BOL]\nid = 2448\n')
        shop.run()
        assert sorted(number for _, number, _ in sent(shop)) == [2448, 2453]

    def test_a_pair_of_one_channel_leaves_the_others_unpaired(self, shop):
        pair(shop, '[sources.shop-nl."artikel is beschadigd".channels.bol]\nid = 2448\n')
        done = shop.run()
        assert [reason["channel"] for reason in done["unpaired_reasons"]] == ["amazon"]
