"""Which fields of a record tell of a person, by what they are called. Pure.

Platforms call one thing by many names, and a field may hold what its name does not say. So this only ever adds to what
is masked: whoever shows a record also masks the consumer that is known of its return, wherever a text names them.
"""

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_NAMES_OF_PERSONS = frozenset(
    ("first", "last", "middle", "full", "given", "family", "sur", "nick", "user", "from", "by")
)
# Whatever else stands in the name of a field, it tells of a person.
_SURELY = frozenset(
    {
        *("firstname", "lastname", "middlename", "fullname", "surname", "username", "initials", "salutation", "gender"),
        *("email", "phone", "phonenumber", "telephone", "mobile", "fax", "street", "streetname", "housenumber"),
        *("zip", "zipcode", "postcode", "postal", "postalcode", "city", "birthday", "birthdate", "iban", "vat"),
    }
)
# A field of such a name holds a person, or what is known of one.
_HOLDING = frozenset(
    {
        *("address", "customer", "consumer", "shopper", "buyer", "recipient", "sender", "contact", "person", "company"),
        *("customername", "consumername", "companyname", "emailaddress"),
    }
)
# The same inside a longer word, where nothing divides it.
_INSIDE = ("address", "email", "phone", "street", "customer", "consumer", "shopper", "firstname", "lastname", "postal")
_WRITTEN = frozenset(("comment", "remark", "note", "message", "feedback", "explanation", "answer", "memo", "reply"))
_SECRET = frozenset(("token", "secret", "password", "signature", "apikey", "credential", "authorization"))
_OF_THINGS = frozenset(
    {
        *("sku", "barcode", "ean", "gtin", "upc", "number", "code", "tracking", "reference", "rma", "key"),
        *("id", "uuid", "guid"),
    }
)
_IDS = frozenset(("id", "uuid", "guid"))
# What is told beside a person, and of nobody in particular.
_OF_NOBODY = frozenset(
    {
        *("country", "locale", "language", "currency", "order", "type", "status", "created", "updated"),
        *("price", "amount", "paid", "refund"),
    }
)
# Inside what holds a person, a name and the lines of an address are called no more than that.
_INNER = frozenset(("name", "line"))
# What is told of very many persons names none of them, and is a word of everybody's.
_OF_MANY = frozenset(("gender", "salutation"))
# A record may be as large and as deep as somebody made it.
_MOST_PARTS = 10_000


class Kind(Enum):
    """What a field holds, by what it is called."""

    PLAIN = "plain"
    PERSON = "person"
    """A person, or something that is known of one; so is all that stands in it, unless it is of nobody."""
    WRITTEN = "written"
    """What somebody wrote: it may say anything of anybody."""
    SECRET = "secret"  # noqa: S105 - a kind of field, and none
    """What opens something."""
    NUMBER = "number"
    """An id, or the number of a thing: never a phone number, however it looks."""
    LABEL = "label"
    """A label, or the address of one, which shows who sends the parcel to whoever opens it."""


@lru_cache(maxsize=4096)
def kind_of(name: str) -> Kind:
    """What a field of this name holds."""
    words = _words(name)
    told = set(words)
    if told & _SECRET:
        return Kind.SECRET
    if told & _WRITTEN:
        return Kind.WRITTEN
    if words and words[-1] in _IDS:
        return Kind.NUMBER
    is_sure = told & _SURELY or ("name" in told and told & _NAMES_OF_PERSONS) or {"house", "number"} <= told
    if is_sure or (told & _HOLDING and not told & _OF_NOBODY):
        return Kind.PERSON
    if told & _OF_THINGS:
        return Kind.NUMBER
    if told & {"label", "pdf", "document"}:
        return Kind.LABEL
    is_inside = any(stem in word for stem in _INSIDE for word in words)
    return Kind.PERSON if is_inside and not told & _OF_NOBODY else Kind.PLAIN


def holds_person(name: str, beside: Iterable[str]) -> bool:
    """Whether a field tells of a person; `beside` are the names of all fields of its object.

    A `name` is a person's where anything of a person stands beside it, and else perhaps that of an article.
    """
    if kind_of(name) is Kind.PERSON:
        return True
    return _words(name) == ("name",) and any(kind_of(other) is Kind.PERSON for other in beside)


def is_of_nobody(name: str) -> bool:
    """Whether a field that stands inside a person tells nothing by which that person is known."""
    words = _words(name)
    is_id = bool(words) and words[-1] in _IDS
    return kind_of(name) in (Kind.PLAIN, Kind.NUMBER) and (is_id or not _OF_NOBODY.isdisjoint(words))


def texts_of_persons(record: object) -> list[str]:
    """The names, addresses and the like of persons in a record, whole, by the names of its fields."""
    found: list[str] = []
    left: list[tuple[object, bool]] = [(record, False)]
    seen = 0
    while left and seen < _MOST_PARTS:
        part, is_inside = left.pop()
        seen += 1
        if isinstance(part, list):
            left += [(item, is_inside) for item in part]
        elif isinstance(part, Mapping):
            for name, value in part.items():
                words = _words(name)
                is_person = holds_person(name, part)
                if not isinstance(value, str):
                    left.append((value, is_person or (is_inside and not is_of_nobody(name))))
                elif _OF_MANY.isdisjoint(words) if is_person else (is_inside and not _INNER.isdisjoint(words[-1:])):
                    found.append(value)
        elif isinstance(part, str) and is_inside:
            found.append(part)
    return found


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    """The words of a name, in small letters, each in the singular: `phoneNumbers` and `phone_numbers` are two words."""
    return tuple(_singular(word.lower()) for word in _WORD.findall(name))


def _singular(word: str) -> str:
    if word.endswith("addresses"):
        return word.removesuffix("es")
    return word if word.endswith(("ss", "us", "is")) else word.removesuffix("s")
