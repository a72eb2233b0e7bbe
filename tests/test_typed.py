"""A name that a person typed or pasted means the name that it looks like, and no other."""

import pytest

from returnsync import typed

PASTED = ("EX-1001", " EX-1001\t", "EX-1001\u00a0", "\ufeffEX-\u200b1001", "#EX-1001", "# EX-1001", "EX\u20131001",
          "\uff25\uff38-\uff11\uff10\uff10\uff11", "\u0415\u0425-1001", "ex\u22121001")  # fmt: skip


@pytest.mark.parametrize("text", PASTED, ids=ascii)
@pytest.mark.parametrize("known", ["EX-1001", "#EX-1001"])
def test_a_pasted_name_means_the_name_that_it_looks_like(text, known):
    assert typed.meant(text, [(1, [known, "another"]), (2, ["EX-1002"])]) == [1]


def test_a_name_as_it_is_written_comes_before_one_that_looks_like_it():
    assert typed.meant("ex-1", [(1, ["EX-1"]), (2, ["ex-1"])]) == [2]


@pytest.mark.parametrize("text", ["", " ", "#", "\u200b", "\uff03"], ids=ascii)
def test_nothing_means_nothing(text):
    assert typed.meant(text, [(1, ["", " ", "#", "-"])]) == []


@pytest.mark.parametrize(
    ("text", "known"), [("1001", "01001"), ("1O01", "1001"), ("1001", "10 01-"), ("EX1001", "EX-1001")]
)
def test_another_name_is_not_meant(text, known):
    assert typed.meant(text, [(1, [known])]) == []
