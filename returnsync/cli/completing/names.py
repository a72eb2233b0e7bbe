"""Names from the state: order numbers, codes and keys, as far as they can be shown and typed safely.

Order numbers come from a platform, where anybody may have written them. A text that a shell could take for more than a
word is never offered, and neither is one that may name a consumer.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from returnsync.cli.completing.offer import Offer, Which
from returnsync.errors import ReturnsyncError
from returnsync.model import Cause
from returnsync.state import glance
from returnsync.state.database import Queries
from returnsync.state.glance import Seen

_MOST = 50
_UNREADABLE = (OSError, ReturnsyncError)
_HASH = 17
"""How many characters of a code are its hash and the separator before it."""

# A first character that begins no option, then characters without a special meaning inside a word of a shell.
_PLAIN = re.compile(r"#?[A-Za-z0-9][A-Za-z0-9._/:+#-]{0,79}")
# Names of three letters or more are masked.
_LETTERS = re.compile(r"[^\W\d_]{3}")
_LETTER = re.compile(r"[^\W\d_]")
_ID = re.compile(r"(sha256:)?[0-9a-f-]{8,}")


def orders(state: Path, which: Which, begins: str) -> list[Offer]:
    """Order numbers of what is meant, its codes if the beginning of one is typed, and records by their keys.

    The list is empty if the state cannot be read: it is missing, damaged, busy, or of another version.
    """
    found: dict[str, Offer] = {}
    with suppress(*_UNREADABLE), glance.glancing(state) as q:
        for seen in _meant(q, which, begins):
            for name in _names(seen, begins):
                if name.startswith(begins) and name not in found and _may_be_shown(q, seen, name):
                    found[name] = Offer(name, _in_words(seen))
    return list(found.values())


def keys(state: Path, cause: Cause) -> list[Offer]:
    """The keys of records that are held for a cause."""
    found: list[Offer] = []
    with suppress(*_UNREADABLE), glance.glancing(state) as q:
        records = (seen for seen in glance.held(q, _MOST) if not seen.order_number and seen.cause == cause)
        found += (Offer(seen.code, _in_words(seen)) for seen in records if _may_be_shown(q, seen, seen.code))
    return found


def _meant(q: Queries, which: Which, begins: str) -> Iterable[Seen]:
    """Those that begin like this, or else those most likely to be meant; at most `_MOST` of each kind."""
    first = glance.released(q, _MOST) if which is Which.RELEASED else glance.held(q, _MOST)
    if begins:
        known = glance.beginning(q, begins.removeprefix("#"), _MOST)
        return [*(seen for seen in known if which in (Which.ANY, seen.progress)), *first]
    if which is not Which.ANY:
        return first
    latest = (seen for source in glance.sources(q) for seen in glance.latest(q, source, _MOST))
    return [*first, *glance.unfinished(q, _MOST), *latest]


def _names(seen: Seen, begins: str) -> Iterator[str]:
    """Its order number, without the `#` that begins a comment in a shell unless one is typed; and its code."""
    number = seen.order_number.removeprefix("#")
    if number:
        yield f"#{number}" if begins.startswith("#") else number
    if begins or not number:
        yield seen.code


def _may_be_shown(q: Queries, seen: Seen, name: str) -> bool:
    """Whether a name is a plain word, and reveals nothing about a person."""
    if not _PLAIN.fullmatch(name):
        return False
    if not seen.order_number:
        return bool(_ID.fullmatch(name)) or not _LETTERS.search(name)
    front = seen.code[:-_HASH].removeprefix(seen.source.replace("_", "-")[:12])
    told = f"{seen.order_number} {front}"
    if not _LETTER.search(told):
        return True
    from returnsync.redact import Masker
    from returnsync.state import erasing, returns

    ret = returns.get(q, seen.source, seen.return_id)
    if ret is None or erasing.erased_at(q, seen.source, seen.return_id) is not None:
        return False  # it is no longer known whether the letters name a person
    # Names of persons that are masked have at least three letters.
    return not _LETTERS.search(told) or bool(Masker(ret).values(name) == name)


def _in_words(seen: Seen) -> str:
    """Its progress and cause: `held: order-deleted`."""
    progress = (seen.progress or "record").replace("_", " ")
    return f"{progress}: {seen.cause}" if seen.cause else progress
