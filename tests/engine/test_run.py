"""One run, end to end: real command, real HTTP, real database."""

import pytest

from returnsync.sandbox import World


@pytest.fixture
def world() -> World:
    return World.day()


def test_a_day_of_returns_is_announced_and_labelled_once(shop):
    first = shop.run()
    assert first["exit_code"] == 1  # some need a person
    assert first["announced"] == 33
    assert first["labelled"] == len(shop.labels())
    shop.assert_nothing_twice()


def test_a_second_run_does_nothing_twice_and_asks_once(shop):
    shop.run()
    before = shop.sandbox.counts.as_dict()
    second = shop.run()
    assert (second["announced"], second["labelled"]) == (0, 0)
    assert shop.sandbox.counts.as_dict()["effects"] == before["effects"]
    assert second["requests"] == {"shop-nl": 1}


def test_held_returns_are_listed_with_their_cause_and_nothing_else(shop):
    shop.run()
    assert sorted(item["cause"] for item in shop.held()) == [
        "label-refused",
        "label-wanted",
        "line-ambiguous",
        "line-unmatched",
        "order-deleted",
        "status-unknown",
        "too-many-units",
    ]
    for item in shop.held():
        assert item["next_step"], item
