"""The one place that masks secrets and consumer data, wherever text is shown or logged.

Secrets are registered for the whole process when they are resolved: everything that is printed or logged afterwards
goes through `mask`. A server may quote a consumer; text from outside is therefore shown only through a `Masker`, which
also knows the consumer of that one return.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from returnsync import text as texts
from returnsync.decoded import decoded
from returnsync.fragments import Fragments

if TYPE_CHECKING:
    from returnsync.model import Return

MASK = "•••"

# Shorter fragments occur by chance in ordinary words; masking them would only make texts unreadable.
_SHORTEST_SECRET = 4
_SHORTEST_PERSONAL = 3

# A match begins only at the beginning of a word: tried from every character, a long body without blanks takes minutes.
_EMAIL = re.compile(r"(?<![^\s@<>\"'])[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+")

# An address inside a path, of which the rest is still shown. A domain has at most 253 characters; without that bound, a
# long body without blanks would take minutes here, too.
_EMAIL_IN_PATH = re.compile(r"(?<![^\s@<>\"'/])[^\s@<>\"'/]+%40[^\s@<>\"'/]{1,253}\.[^\s@<>\"'/]+")

# Control characters except line feed and tab, and characters that reverse the direction of writing.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# The same after decoding: in a path, an address is one segment.
_EMAIL_DECODED = re.compile(r"(?<![^\s@<>\"'/])[^\s@<>\"'/]+@[^\s@<>\"'/]{1,253}\.[^\s@<>\"'/]+")

# A warehouse may quote a number that no platform gave us. The warehouse's own numbers rarely begin with a 0 or a plus.
_PHONE = re.compile("(?<![\\w+])(?:\\+|00?)\\d(?:[ ()./\u00a0\u2010-\u2015-]{0,2}\\d){7,13}(?!\\d)")

# This many last digits of a phone number are the same whether or not its country code is written.
_FIGURES_OF_PHONE = 8
_NO_FIGURE = re.compile(r"\D")

_PARTS_OF_NAME = re.compile(r"[\s,/\u2010-\u2015-]+")
# How German and Scandinavian letters are written where a keyboard does not have them.
_WRITTEN_OUT = str.maketrans(
    {
        "\u00e4": "ae",
        "\u00c4": "Ae",
        "\u00f6": "oe",
        "\u00d6": "Oe",
        "\u00fc": "ue",
        "\u00dc": "Ue",
        "\u00f8": "oe",
        "\u00d8": "Oe",
        "\u00e5": "aa",
    }
)

_LIKE_A_SECRET = re.compile(r"(?=[A-Za-z_]*\d)(?=\d*[A-Za-z_])[A-Za-z0-9_]{20,}", re.ASCII)

_LINE_ENDS = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")

_secrets: set[str] = set()


def looks_like_a_secret(name: str) -> bool:
    """Whether a name is rather a key of some service: long, without blanks, with letters and digits mixed."""
    return _LIKE_A_SECRET.search(name) is not None


def register_secret(value: str) -> None:
    """From now on mask `value`, as it is or encoded, in everything that is shown or logged."""
    if len(value) >= _SHORTEST_SECRET:
        _secrets.update((value, base64.b64encode(value.encode()).decode(), quote(value, safe=""), _in_json(value)))


def mask(text: str) -> str:
    """`text` masked: secrets, e-mail addresses, the consumer in hand, and characters that would steer a terminal."""
    known = _in_hand.get()
    if known is None:
        return as_kept(text)
    return printable(_without(known.without_order(text), _spans(known.without_order(text), known.personal)))


def masked(content: Any) -> Any:
    """JSON with every text in it masked: masking a finished document could break a quote or an escape."""
    if isinstance(content, str):
        return mask(content)
    if isinstance(content, dict):
        return {key: masked(value) for key, value in content.items()}
    return [masked(item) for item in content] if isinstance(content, list | tuple) else content


def without_secrets(text: str) -> str:
    """`text` without registered secrets, otherwise unchanged: for a person who asked to see personal data."""
    spans = list(_found(text, (), None))
    if (reads := decoded(text)) is not None:
        spans += ((reads.begins[begin], reads.ends[end - 1]) for begin, end in _found(reads.text, (), None))
    return _without(text, spans)


def one_line(text: str) -> str:
    """`text` on one line: each character that ends a line is shown as its escape, such as a backslash and an n."""
    return _LINE_ENDS.sub(lambda match: repr(match[0])[1:-1], text)


def as_kept(text: str) -> str:
    """A server's text as it is kept and read again: without our secrets and without e-mail addresses.

    The consumer is not masked, even inside `masking_for`: the meaning of the text has yet to be found out, and a person
    may have a name that is also a word of the server's.
    """
    return printable(_without(text, _spans(text, None)))


def printable(text: str) -> str:
    """`text` without the characters that would steer a terminal instead of being shown on it."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", text)


class Masker:
    """A server's words about one return: masked of secrets and of that return's consumer.

    The consumer's data is collected once for many texts. `Masker(None)` shows nothing of any text, since nobody knows
    whom the text is about.
    """

    def __init__(self, ret: "Return | None", also: "Iterable[Return]" = ()) -> None:
        """Read the consumer's data from the return; `None` means that the return is not known.

        `also` are other readings of the same return, which may name its consumer differently.
        """
        self._ret = ret
        self._also = tuple(also)
        self._of_order: Fragments | None = None

    def know_of_order(self, texts: Iterable[str]) -> None:
        """Also mask the person whom the warehouse's order names: it is not stored, so nothing could mask it later."""
        self._of_order = Fragments(_fragments(texts))

    def without_order(self, text: str) -> str:
        """`text` without the person whom the warehouse's order names, as far as that order was read."""
        return text if self._of_order is None else _without(text, _spans(text, self._of_order))

    def names_nobody(self) -> bool:
        """Whether neither the platform nor the order has named anybody yet whom a text about it could quote."""
        return not self._of_order and (self._ret is None or not any(_names(self._ret)))

    @cached_property
    def personal(self) -> Fragments | None:
        """The consumer's data, in pieces; `None` where no return is known."""
        known = [ret for ret in (self._ret, *self._also) if ret is not None]
        return Fragments(text for ret in known for text in personal_texts(ret)) if known else None

    def __call__(self, text: str) -> str:
        """`text`, masked; empty where no return is known."""
        return "" if self.personal is None else printable(_without(text, _spans(text, self.personal, is_foreign=True)))

    def of_record(self, text: str, *, is_number: bool) -> str:
        """A text of the platform's own record, masked; also where no return is known.

        What looks like a phone number is masked only where it is part of a sentence or the whole text, since parts of
        ids look like one, too. It is never masked in the number of a thing (`is_number`).
        """
        told = self.without_order(text)
        is_foreign = not is_number and (" " in told.strip() or _PHONE.fullmatch(told.strip()) is not None)
        return _without(told, _spans(told, self.personal, is_foreign=is_foreign))

    def values(self, content: Any) -> Any:
        """Data that we keep about this return, masked, however deeply nested; also where no return is known."""
        if isinstance(content, str):
            # The code that prints it makes it printable: in JSON it stays as it was written, to be compared.
            told = self.without_order(content)
            return _without(told, _spans(told, self.personal))
        if isinstance(content, dict):
            return {key: self.values(value) for key, value in content.items()}
        return [self.values(value) for value in content] if isinstance(content, list | tuple) else content


_in_hand: ContextVar[Masker | None] = ContextVar("in_hand", default=None)


def in_hand() -> Masker | None:
    """The masker for the return that this thread works on; `None` where it works on none."""
    return _in_hand.get()


@contextmanager
def masking_for(known: Masker | None) -> Iterator[None]:
    """Inside the block, `mask` also masks what `known` does, in this thread: in every log line and every route.

    Do not use it across a `yield` of a generator: it would also apply to the code that reads the generator.
    """
    token = _in_hand.set(known)
    try:
        yield
    finally:
        _in_hand.reset(token)


def knowing(ret: "Return | None") -> AbstractContextManager[None]:
    """Inside the block, `mask` knows a return, in this thread: its consumer is masked in every log line."""
    return masking_for(None if ret is None else Masker(ret))


def _spans(text: str, personal: Fragments | None, *, is_foreign: bool = False) -> Iterator[tuple[int, int]]:
    """The stretches to be masked, found in the text as it came and in its decoded form.

    Each kind is searched for by itself: the mask of one must not hide a part of another. What looks like a phone number
    is masked only in a text that `is_foreign`: our own ids and tracking numbers look like one, too.
    """
    phones = (_PHONE,) if is_foreign else ()
    yield from _found(text, (_EMAIL, _EMAIL_IN_PATH, *phones), personal)
    reads = decoded(text)
    if reads is not None:
        for begin, end in _found(reads.text, (_EMAIL_DECODED, *phones), personal):
            yield reads.begins[begin], reads.ends[end - 1]


def _found(text: str, patterns: Iterable[re.Pattern[str]], personal: Fragments | None) -> Iterator[tuple[int, int]]:
    for pattern in patterns:
        yield from (match.span() for match in pattern.finditer(text))
    for secret in tuple(_secrets):  # another thread may add one
        yield from _every(secret, text)
    if personal is not None:
        yield from personal.spans(text)


def _every(wanted: str, text: str) -> Iterator[tuple[int, int]]:
    """Where each occurrence begins and ends, including those that overlap."""
    begin = text.find(wanted)
    while begin >= 0:
        yield begin, begin + len(wanted)
        begin = text.find(wanted, begin + 1)


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with one mask for each stretch that the spans cover together."""
    shown: list[str] = []
    done = 0
    for begin, end in sorted(spans):
        if begin >= done:
            shown += text[done:begin], MASK
        done = max(done, end)
    return "".join(shown) + text[done:]


def personal_texts(ret: "Return") -> Iterable[str]:
    """Every fragment of the consumer's data that a server could quote: whole values and the words in them."""
    for line in ret.lines:
        if line.comment:
            # Only the whole comment, or its cleaned and cut forms: its single words are ordinary words.
            for comment in filter(None, texts.forms(line.comment)):
                yield from (comment, printable(comment), _in_json(comment))
    if ret.consumer is not None and ret.consumer.email:
        # Only the whole address: its parts are also the names of hosts.
        yield from (ret.consumer.email, _in_json(ret.consumer.email))
    values = list(_names(ret))
    for address in ret.addresses():
        values += [address.street, address.house_number, address.city, address.postal_code, address.phone]
        figures = _NO_FIGURE.sub("", address.phone)
        values.append(figures[-_FIGURES_OF_PHONE:] if len(figures) >= _FIGURES_OF_PHONE else "")
    yield from _fragments(filter(None, values))


def _names(ret: "Return") -> Iterable[str]:
    if ret.consumer is not None:
        first, last = ret.consumer.first_name, ret.consumer.last_name
        # A name of two letters is too short to be masked by itself.
        both = (f"{first} {last}", f"{last}, {first}", f"{last} {first}") if first and last else ()
        yield from (first, last, *both)
    yield from (address.name for address in ret.addresses())


def _fragments(values: Iterable[str]) -> Iterable[str]:
    """Whole values and the words in them."""
    for value in values:
        for fragment in (value, value.replace(" ", ""), *_PARTS_OF_NAME.split(value)):
            for written in {fragment, fragment.translate(_WRITTEN_OUT), _misread(fragment)}:
                if len(written) >= _SHORTEST_PERSONAL:
                    yield written
                    yield _in_json(written)


def _misread(text: str) -> str:
    """A text as it looks when its UTF-8 was read as Latin-1."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _in_json(text: str) -> str:
    """A text as it is written inside JSON: a body of an unknown shape is shown as it came."""
    return json.dumps(text)[1:-1]
