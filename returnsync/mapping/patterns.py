"""Regular expressions of users, with limits on their length and on how long they may search. Pure.

An expression means what Python's `re` makes of it, but a search by `re` cannot be stopped. The search is therefore made
by `regex`, which can be stopped; syntax that the two read differently is rewritten for it.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

LENGTH_LIMIT = 500
"""The most characters that a pattern, or its replacement, may have."""

TIME_LIMIT = 0.1
"""The most seconds that one search may take. An ordinary one takes some microseconds."""

# `regex` expands repeats: a{1000} inside another such repeat would fill the memory before the search begins.
_WRITTEN_OUT_LIMIT = 20_000

_TOKEN = re.compile(
    r"(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\()|(?P<close>\))"
    r"|(?P<repeat>\{(?:(?P<least>\d+)(?:,\d*)?|,\d*)\})|(?P<one>\\N\{[^}]*\}|\\.|.)",
    re.DOTALL,
)


def check_pattern(pattern: str) -> None:
    """Check whether a pattern can be used.

    Raises:
        ValueError: it is not a regular expression, or repeats something too often; in words for the user.
    """
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is not a regular expression: {error}") from error
    if _written_out(pattern) > _WRITTEN_OUT_LIMIT:
        raise ValueError("repeats something too often; write a simpler one")
    import regex

    try:
        _compiled(pattern)
    except (regex.error, RecursionError) as error:
        raise ValueError(f"cannot be used as a regular expression: {error}") from error


def check_replacement(pattern: str, replacement: str) -> None:
    """Check whether the replacement for a usable pattern refers only to groups that the pattern has.

    Raises:
        ValueError: it does not; in words for the user.
    """
    given = re.compile(pattern)
    names = {number: name for name, number in given.groupindex.items()}
    groups = (f"(?P<{names[number]}>)" if number in names else "()" for number in range(1, given.groups + 1))
    try:
        # An expression with the same groups, which matches at once whatever the pattern would have searched for.
        re.sub("".join(groups), replacement, "")
    except (re.error, IndexError) as error:
        raise ValueError(f"has a `replace` that does not fit its `pattern`: {error}") from error


@lru_cache(maxsize=4096)
def rewritten(pattern: str, replacement: str, text: str) -> str | None:
    """`text` with the first match of the pattern replaced; `None` where the search takes too long.

    The results are cached: a plan and the delivery after it ask for the same number.
    """
    try:
        return _compiled(pattern).sub(replacement, text, count=1, timeout=TIME_LIMIT)
    except (TimeoutError, MemoryError):
        return None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> "regex.Pattern[str]":
    # Most configurations have no pattern, and should not load the library.
    import regex

    return regex.compile("".join(map(_as_regex_reads, _TOKEN.finditer(pattern))), regex.VERSION0)


def _as_regex_reads(token: re.Match[str]) -> str:
    """A part of a pattern in the form in which `regex` reads it as `re` does.

    `regex` would take `[[:alpha:]]` for letters, and `{e}` would let it accept similar texts.
    """
    if token["set"]:
        return "[" + re.sub(r"(\\.)|\[", lambda found: found[1] or r"\[", token["set"][1:], flags=re.DOTALL)
    return r"\{" if token["one"] == "{" else token[0]


def _written_out(pattern: str) -> int:
    """The length of a pattern after its required repeats are expanded: `a{3}` is as long as `aaa`."""
    sizes, last = [0], 0
    for token in _TOKEN.finditer(pattern):
        if token["open"]:
            sizes.append(0)
            last = 0
        elif token["close"] and len(sizes) > 1:
            last = sizes.pop()
            sizes[-1] += last
        elif token["repeat"]:
            more = last * max(int(token["least"] or 0) - 1, 0)
            sizes[-1] += more
            last += more
        else:
            last = 1
            sizes[-1] += 1
    return sum(sizes)
