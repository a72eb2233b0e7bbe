"""Our key of an announcement at the warehouse. Pure."""

import base64
import hashlib
import json
import re

from returnsync.model import Code, OrderNumber, ReturnId, SourceId

# 12 + 1 + 20 + 1 + 16 = 50, the warehouse's limit.
_SOURCE_LENGTH = 12
_ORDER_LENGTH = 20
_HASH_BYTES = 10
_CODE = re.compile("(?:[A-Za-z0-9-]{1,33}-)?[A-Z2-7]{16}")


def code_for(source: SourceId, return_id: ReturnId, order_number: OrderNumber) -> Code:
    """The code of the announcement of one return for one order: the same on every machine and for ever.

    It is made of the source's `id`, the platform's key of the return and its *raw* order number, never a mapped one. Of
    these a setting can change only the `id`. It is readable at the front, and ends in 80 bits of a hash that makes it
    unique: `shop-nl-20417-K3JQ2V5Z7XW4M6AB`.
    """
    key = json.dumps([source, return_id, order_number], ensure_ascii=True)
    digest = base64.b32encode(hashlib.sha256(key.encode()).digest()[:_HASH_BYTES]).decode()
    front = [_plain(source)[:_SOURCE_LENGTH], _plain(order_number)[:_ORDER_LENGTH]]
    return Code("-".join([*(part.strip("-") for part in front if part.strip("-")), digest]))


def may_be_of(source: SourceId, code: str) -> bool:
    """Whether a code has the form that `code_for` gives the codes of a source, whether the state knows it or not."""
    front = _plain(source)[:_SOURCE_LENGTH].strip("-")
    return code.startswith(f"{front}-" if front else "") and _CODE.fullmatch(code) is not None


def _plain(text: str) -> str:
    return re.sub("[^A-Za-z0-9]+", "-", text).strip("-")
