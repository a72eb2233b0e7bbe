"""Codes: our keys at the warehouse, the same on every machine and for ever."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.engine.plan.codes import code_for
from returnsync.model import OrderNumber, ReturnId, SourceId

# Codes as they are at warehouses already. A change of them would announce every open return a second time.
GOLDEN = {
    ("shop-nl", "0195a001-0000-7000-8000-000000000001", "#20417"): "shop-nl-20417-GF6S6LAWR7TUHY5W",
    ("shop-nl", "0195a001-0000-7000-8000-000000000001", "20417"): "shop-nl-20417-K3UVMQHFAXKV6N4J",
    ("shop-nl", "r-1", "#1001"): "shop-nl-1001-HCYA2ZPPY6ZQ255E",
    ("a", "b", "c"): "a-c-2M5SALACBS66DRFH",
    ("Winkel België & Co", "ré/1", "№ 12/34 — ünïcode"): "Winkel-Belgi-12-34-n-code-DBZFWTM4RZKDKKT6",
    ("x" * 40, "y" * 200, "z" * 50): "xxxxxxxxxxxx-zzzzzzzzzzzzzzzzzzzz-JN6MHCQXYD5VBPOE",
    ("shop", "1", ""): "shop-UASIAQJYUHXUJP7G",
    ("---", "1", "###"): "XPUEMLDTOKMAME5V",
}
parts = st.tuples(st.text(min_size=1, max_size=60), st.text(max_size=60), st.text(max_size=60))


def code(source, return_id, number):
    return code_for(SourceId(source), ReturnId(return_id), OrderNumber(number))


@pytest.mark.parametrize(("key", "wanted"), GOLDEN.items(), ids=GOLDEN.values())
def test_a_code_is_what_it_always_was(key, wanted):
    assert code(*key) == wanted


def test_a_code_is_the_same_in_any_process():
    program = "from returnsync.engine.plan.codes import code_for; print(code_for('shop-nl', 'r-1', '#1001'))"
    for seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == GOLDEN["shop-nl", "r-1", "#1001"]


@given(parts)
def test_a_code_fits_the_warehouse(key):
    assert re.fullmatch(r"[A-Za-z0-9](-?[A-Za-z0-9])*", code(*key))
    assert len(code(*key)) <= 50


@given(parts, parts)
def test_codes_are_equal_only_when_everything_is(one, other):
    assert (code(*one) == code(*other)) == (one == other)


@given(parts, st.integers(0, 2), st.text(min_size=1, max_size=3))
def test_a_code_differs_when_any_part_differs(key, at, more):
    changed = tuple(part + more if number == at else part for number, part in enumerate(key))
    assert code(*changed) != code(*key)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b", "c"), ("a", "bc", "")),
        (("a", "b-c", "d"), ("a-b", "c", "d")),
        (("shop", "1", "#1001"), ("shop", "1", "1001")),
        (("shop", "1", "1001"), ("Shop", "1", "1001")),
        (("shop", "1", "1001"), ("shop", "1", "1001 ")),
        (("shop", '1","1', ""), ("shop", "1", '1","')),
        (("shop", "é", "1"), ("shop", "e\u0301", "1")),
    ],
)
def test_parts_that_look_alike_are_told_apart(one, other):
    assert code(*one) != code(*other)


def test_half_a_surrogate_pair_makes_a_code_too():
    assert len(code("shop", "\ud83d", "1")) <= 50
