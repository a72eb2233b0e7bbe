"""The deliveries that one thread makes in sequence: the announcements of one order, and those of one return."""

from hypothesis import given
from hypothesis import strategies as st

from returnsync.engine.deliver.workers import together
from returnsync.engine.plan import Planned
from returnsync.model import Code, ReturnId, SourceId, Step, WarehouseName, WarehouseOrderNumber


def planned(number, order, ret, source="shop"):
    return Planned(
        Code(f"code-{number}"),
        SourceId(source),
        ReturnId(ret),
        Step.ANNOUNCE,
        never_tried=True,
        is_last=False,
        warehouse=WarehouseName("monta"),
        order_number=WarehouseOrderNumber(order),
    )


def codes(groups):
    return [[int(item.code.removeprefix("code-")) for item in group] for group in groups]


def test_the_announcements_of_one_order_are_together():
    assert codes(together([planned(1, "A", "r1"), planned(2, "B", "r2"), planned(3, "A", "r3")])) == [[1, 3], [2]]


def test_the_announcements_of_one_return_are_together():
    assert codes(together([planned(1, "A", "r1"), planned(2, "B", "r2"), planned(3, "C", "r1")])) == [[1, 3], [2]]


def test_returns_that_share_an_order_bring_their_other_orders_along():
    actions = [planned(1, "A", "r1"), planned(2, "B", "r2"), planned(3, "C", "r3"), planned(4, "A", "r2")]
    assert codes(together(actions)) == [[1, 2, 4], [3]]


def test_one_id_at_two_sources_is_two_returns():
    assert codes(together([planned(1, "A", "r1"), planned(2, "B", "r1", source="other")])) == [[1], [2]]


@given(st.lists(st.tuples(st.sampled_from("ABCDEF"), st.sampled_from("uvwxyz"))))
def test_nothing_is_lost_and_nothing_that_belongs_together_is_apart(pairs):
    actions = [planned(number, order, ret) for number, (order, ret) in enumerate(pairs)]
    groups = together(actions)
    assert sorted(number for group in codes(groups) for number in group) == list(range(len(actions)))
    for first, one in enumerate(groups):
        for other in groups[first + 1 :]:
            assert {item.order_number for item in one}.isdisjoint(item.order_number for item in other)
            assert {item.return_id for item in one}.isdisjoint(item.return_id for item in other)
    assert all(group == sorted(group) for group in codes(groups))
