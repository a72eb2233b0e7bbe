"""Regular expressions of users: understood as by `re`, and stopped when they would never end."""

import re

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from returnsync.mapping.patterns import check_pattern, check_replacement, rewritten

# They include patterns that `re` and `regex` understand differently.
PIECES = [
    *("a", "b", "1", "e", "[", "]", "(", ")", "(?:", "|", "*", "+", "?", "{e}", "{1}", "{1,2}", "{,2}", "{}", "{i<=1}"),
    *("[[:alpha:]]", "[[ab]", "[]a]", "[^]a]", "[a&&b]", "[a--b]", "[a||b]", r"[\]\[]", r"\[", r"\{", "{", "}", ":"),
    *(
        ".",
        "^",
        "$",
        r"\d",
        r"\w",
        r"\b",
        "(?P<n>a)",
        "(?P=n)",
        "(?i:A)",
        "(?=a)",
        "(?<!a)",
        r"\N{DIGIT ONE}",
        "#",
        " ",
    ),
]


@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join), st.text("ab1e[]{}:i<=1|&-# ", max_size=8)
)
@pytest.mark.filterwarnings("ignore:Possible (nested set|set):FutureWarning")
def test_a_pattern_does_what_python_makes_of_it(pattern, text):
    try:
        wanted = re.sub(pattern, "_", text, count=1)
    except re.error:
        reject()
    check_pattern(pattern)
    assert rewritten(pattern, "_", text) == wanted


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a|aa)+$", "a" * 60 + "b"),
        ("(x+x+)+y", "x" * 5000),
        (r"^(.*?,){20}P", "1,2,3,4,5,6,7,8," * 20),
    ],
)
def test_a_search_that_would_not_end_is_stopped(pattern, text):
    check_pattern(pattern)
    assert rewritten(pattern, "", text) is None
    assert rewritten(pattern, "", "1001") == "1001"


@pytest.mark.parametrize(
    "pattern", ["(?:(?:a{1000}){1000}){1000}", "(?:(?:a|b){500,}){500}", "a{99999999}", "((((a|){99})*|b)*){9999}"]
)
def test_a_pattern_that_would_fill_the_memory_is_refused_when_it_is_read(pattern):
    with pytest.raises(ValueError, match="repeats something too often"):
        check_pattern(pattern)


@pytest.mark.parametrize(
    "pattern", [r"^(\d{10})-(\d{10})-(\d{10})-(\d{10})-(\d{10})$", "[A-Z]{3}(?:[0-9]{4,}){2}", "a{0,60000}"]
)
def test_ordinary_repeats_are_let_through(pattern):
    check_pattern(pattern)


def test_a_replacement_is_checked_without_searching():
    pattern = "(?:(?:(?:(?:){999}){999}){9})(?P<n>a)(b)"
    check_replacement(pattern, r"\g<n>\2")
    with pytest.raises(ValueError, match="invalid group reference 3"):
        check_replacement(pattern, r"\3")
