"""One masking of secrets and of consumer data, applied where text is shown or logged.

Secrets are registered when they are resolved, for the whole process: whatever is printed or logged afterwards goes
through `mask`. A server may quote a consumer; text from outside is therefore shown only through a `Masker`, which also
knows the consumer of that one return.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from returnsync import text as texts
from returnsync.fragments import Fragments

if TYPE_CHECKING:
    from returnsync.model import Return

MASK = "•••"

# Shorter fragments occur by chance in ordinary words; masking them would only make texts unreadable.
_SHORTEST_SECRET = 4
_SHORTEST_PERSONAL = 3

# It begins at the beginning of a word only: tried from every character, a long body without blanks would take minutes.
_EMAIL = re.compile(r"(?<![^\s@<>\"'])[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+")

# As it stands in a path, of which the rest is still told. A domain has at most 253 characters; without that bound, a
# long body without blanks would take minutes here, too.
_EMAIL_IN_PATH = re.compile(r"(?<![^\s@<>\"'/])[^\s@<>\"'/]+%40[^\s@<>\"'/]{1,253}\.[^\s@<>\"'/]+")

# Control characters but line feed and tab, and those that turn the direction of writing round.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# No platform need have told us the number that a warehouse quotes. Its own numbers rarely begin with a 0 or a plus.
_PHONE = re.compile(r"(?<![\w+])(?:\+|00?)\d(?:[ ()./-]{0,2}\d){7,13}(?!\d)")

_secrets: set[str] = set()


def register_secret(value: str) -> None:
    """From now on mask `value`, as it is or encoded, in everything that is shown or logged."""
    if len(value) >= _SHORTEST_SECRET:
        _secrets.update((value, base64.b64encode(value.encode()).decode(), quote(value, safe=""), _in_json(value)))


def mask(text: str) -> str:
    """`text` without registered secrets, anything that looks like an e-mail address, and what steers a terminal."""
    for secret in sorted(_secrets, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, MASK)
    return printable(_EMAIL.sub(MASK, _EMAIL_IN_PATH.sub(MASK, text)))


def printable(text: str) -> str:
    """`text` without the characters that would steer a terminal instead of being shown on it."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", text)


class Masker:
    """A server's words about one return: masked of secrets and of that return's consumer.

    What that consumer's data is, is worked out once for many texts. `Masker(None)` shows nothing of any text, since
    nobody knows whose words they are.
    """

    def __init__(self, ret: "Return | None") -> None:
        """Read the consumer's data out of the return; `None` is a return that is not known."""
        self._personal = None if ret is None else Fragments(_personal(ret))

    def __call__(self, text: str) -> str:
        """`text`, masked; empty where no return is known."""
        if self._personal is None:
            return ""
        # Each is looked for in the text as it came: what one of them masks must not hide a part of another's.
        spans = [match.span() for pattern in (_EMAIL, _PHONE) for match in pattern.finditer(text)]
        for secret in _secrets:
            spans.extend(_every(secret, text))
        spans.extend(self._personal.spans(text))
        return printable(_without(text, spans))


def _every(wanted: str, text: str) -> Iterator[tuple[int, int]]:
    """Where each occurrence begins and ends, those that overlap included."""
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


def _personal(ret: "Return") -> Iterable[str]:
    """Every fragment of the consumer's data that a server could quote: whole values and the words in them."""
    for line in ret.lines:
        if line.comment:
            # Whole, or as it was cleaned and cut on the way: its single words are everybody's.
            for comment in filter(None, texts.forms(line.comment)):
                yield from (comment, printable(comment), _in_json(comment))
    values = []
    if ret.consumer is not None:
        values += [ret.consumer.first_name, ret.consumer.last_name, ret.consumer.email]
    for address in ret.addresses():
        values += [address.name, address.street, address.house_number, address.city, address.postal_code, address.phone]
    for value in values:
        if not value:
            continue
        for fragment in (value, value.replace(" ", ""), *value.split()):
            if len(fragment) >= _SHORTEST_PERSONAL:
                yield fragment
                yield _in_json(fragment)


def _in_json(text: str) -> str:
    """A text as it stands inside JSON: a body of an unknown shape is shown as it came."""
    return json.dumps(text)[1:-1]
