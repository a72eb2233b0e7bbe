"""One masking of secrets and of consumer data, applied where text is shown or logged.

Secrets are registered when they are resolved, for the whole process: whatever is printed or logged afterwards goes
through `mask`. A server may quote a consumer; text from outside is therefore shown only through `mask_for`, which also
knows the consumer of that one return.
"""

import base64
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from returnsync.model import Return

MASK = "•••"

# Shorter fragments occur by chance in ordinary words; masking them would only make texts unreadable.
_SHORTEST_SECRET = 4
_SHORTEST_PERSONAL = 3

# Texts are sent to warehouses cut to this length.
_CUT = 200

_EMAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+")

_secrets: set[str] = set()


def register_secret(value: str) -> None:
    """From now on mask `value`, and its Base64 form, in everything that is shown or logged."""
    if len(value) >= _SHORTEST_SECRET:
        _secrets.add(value)
        _secrets.add(base64.b64encode(value.encode()).decode())


def mask(text: str) -> str:
    """`text` without registered secrets and without anything that looks like an e-mail address."""
    for secret in sorted(_secrets, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, MASK)
    return _EMAIL.sub(MASK, text)


def mask_for(text: str, ret: "Return | None") -> str:
    """A server's words about one return: masked of secrets and of that return's consumer.

    Where no return is known (`None`) nothing of the text may be shown: the answer is an empty text.
    """
    if ret is None:
        return ""
    text = mask(text)
    for value in sorted(set(_personal(ret)), key=len, reverse=True):
        text = re.sub(re.escape(value), MASK, text, flags=re.IGNORECASE)
    return text


def _personal(ret: "Return") -> Iterable[str]:
    """Every fragment of the consumer's data that a server could quote: whole values and the words in them."""
    for line in ret.lines:
        if line.comment:
            # Whole, or as it was cut on the way: its single words are everybody's.
            yield line.comment
            yield line.comment[:_CUT]
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
