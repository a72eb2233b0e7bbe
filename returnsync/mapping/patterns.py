"""Regular expressions that users write, within limits: how long one may be, and how long one may search. Pure.

What an expression means is what Python's `re` makes of it, which cannot be stopped once it searches. The search is
therefore made by `regex`, which can; what the two read differently is rewritten for it.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

LENGTH_LIMIT = 500
"""The most characters that a pattern, and what is put in its place, may have."""

TIME_LIMIT = 0.1
"""The most seconds that one search may take. An ordinary one takes some millionths."""

# `regex` writes out what is repeated: a{1000} in another such repeat would fill the memory before anything is sought.
_WRITTEN_OUT_LIMIT = 20_000

_TOKEN = re.compile(
    r"(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\()|(?P<close>\))"
    r"|(?P<repeat>\{(?:(?P<least>\d+)(?:,\d*)?|,\d*)\})|(?P<one>\\N\{[^}]*\}|\\.|.)",
    re.DOTALL,
)


def check_pattern(pattern: str) -> None:
    """Whether a pattern can be used.

    Raises:
        ValueError: it is no regular expression, or repeats something too often; in words for the user.
    """
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is no regular expression: {error}") from error
    if _written_out(pattern) > _WRITTEN_OUT_LIMIT:
        raise ValueError("repeats something too often; write a simpler one")
    import regex

    try:
        _compiled(pattern)
    except (regex.error, RecursionError) as error:
        raise ValueError(f"cannot be used as a regular expression: {error}") from error


def check_replacement(pattern: str, replacement: str) -> None:
    """Whether what is put in the place of a pattern that can be used names only what is in it.

    Raises:
        ValueError: it does not; in words for the user.
    """
    given = re.compile(pattern)
    names = {number: name for name, number in given.groupindex.items()}
    groups = (f"(?P<{names[number]}>)" if number in names else "()" for number in range(1, given.groups + 1))
    try:
        # An expression with the same groups, which finds its place at once whatever the pattern would have sought.
        re.sub("".join(groups), replacement, "")
    except (re.error, IndexError) as error:
        raise ValueError(f"has a `replace` that does not fit its `pattern`: {error}") from error


@lru_cache(maxsize=4096)
def rewritten(pattern: str, replacement: str, text: str) -> str | None:
    """`text` with the first place that the pattern fits replaced; `None` where looking for it takes too long.

    The answers are kept: a plan asks for the same number as the delivery that follows it.
    """
    try:
        return _compiled(pattern).sub(replacement, text, count=1, timeout=TIME_LIMIT)
    except (TimeoutError, MemoryError):
        return None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> "regex.Pattern[str]":
    # Most configurations have no pattern, and need not pay for the library.
    import regex

    return regex.compile("".join(map(_as_regex_reads, _TOKEN.finditer(pattern))), regex.VERSION0)


def _as_regex_reads(token: re.Match[str]) -> str:
    """A part of a pattern as `regex` must have it to read what `re` reads.

    `[[:alpha:]]` would be letters to it, and `{e}` would let it take what is merely similar.
    """
    if token["set"]:
        return "[" + re.sub(r"(\\.)|\[", lambda found: found[1] or r"\[", token["set"][1:], flags=re.DOTALL)
    return r"\{" if token["one"] == "{" else token[0]


def _written_out(pattern: str) -> int:
    """How long a pattern is once what must be repeated is written out: `a{3}` is as long as `aaa`."""
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
