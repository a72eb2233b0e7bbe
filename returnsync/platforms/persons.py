"""Which fields of a record are about a person, judged by their names. Pure.

Platforms have many names for the same thing, and a field may contain what its name does not say. So this only ever adds
to what is masked: code that shows a record also masks the known consumer of its return, wherever a text names them.
"""

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# A field with one of these words is about a person, whatever else is in its name.
_SURELY = frozenset(
    {
        *("firstname", "lastname", "middlename", "fullname", "surname", "username", "initial", "salutation", "gender"),
        *("email", "phone", "phonenumber", "telephone", "mobile", "fax", "street", "streetname", "housenumber"),
        *("zip", "zipcode", "postcode", "postal", "postalcode", "city", "birth", "birthday", "birthdate", "dob"),
        *("iban", "bic", "vat", "ssn", "bsn", "passport"),
    }
)
# A field with one of these names contains a person, or data about one.
_HOLDING = frozenset(
    {
        *("address", "customer", "consumer", "shopper", "buyer", "recipient", "receiver", "sender", "contact"),
        *("person", "company", "addr", "client", "user", "holder", "cardholder", "payer", "payee"),
        *("customername", "consumername", "companyname", "emailaddress"),
    }
)
_NAMES_OF_PERSONS = _HOLDING | {"first", "last", "middle", "full", "given", "family", "sur", "nick", "from"}
# Two words that mean a person together, whether or not they are separated.
_SURELY_TOGETHER = (
    *(("house", "number"), ("bank", "account"), ("bank", "number"), ("account", "number"), ("account", "holder")),
    *(("tax", "id"), ("tax", "number"), ("national", "id")),
)
# These mean a person whatever else is in the name, also inside a longer word.
_SURELY_INSIDE = ("birth", "bankaccount", "accountnumber", "accountholder")
# These mean a person inside a longer word.
_INSIDE = ("address", "email", "phone", "street", "customer", "consumer", "shopper", "firstname", "lastname", "postal")
_WRITTEN = frozenset(
    {
        *("comment", "remark", "note", "message", "feedback", "explanation", "answer", "memo", "reply"),
        *("instruction", "complaint"),
    }
)
_SECRET = frozenset(
    {
        *("token", "secret", "password", "passwd", "pwd", "passphrase", "passcode", "signature", "apikey"),
        *("credential", "authorization", "auth", "jwt", "bearer", "pin", "otp", "cookie", "session"),
    }
)
_SECRET_TOGETHER = (
    *(("api", "key"), ("access", "key"), ("private", "key"), ("access", "code"), ("security", "code")),
    *(("verification", "code"), ("pickup", "code"), ("unlock", "code"), ("session", "id")),
)
# Fields that say who used a program, and from where.
_AT_WORK = frozenset(("ip", "ipv", "author", "employee", "fingerprint"))
_AT_WORK_TOGETHER = (("user", "agent"), ("device", "id"), ("ip", "address"))
# Before a final `by`, these mean a time, a carrier or a sort order, not a person.
_BY_NOBODY = frozenset(("ship", "shipped", "deliver", "delivered", "return", "due", "sort", "group"))
_OF_THINGS = frozenset(
    {
        *("sku", "barcode", "ean", "gtin", "upc", "number", "code", "tracking", "reference", "rma", "key"),
        *("id", "uuid", "guid"),
    }
)
_IDS = frozenset(("id", "uuid", "guid"))
_FILES = frozenset(
    {
        *("label", "pdf", "zpl", "document", "image", "picture", "photo", "upload", "attachment", "file", "qr"),
        *("qrcode", "labelurl"),
    }
)
# A file may be in a field with one of these names, although it does not say so.
_CONTENT = frozenset(("data", "content", "base", "body"))
_OF_FILES = frozenset(
    ("carrier", "courier", "service", "method", "format", "size", "provider", "state", "title", "alt")
)
_ADDRESSES = frozenset(("url", "uri", "link", "href", "path", "location", "src"))
# Data beside a person that identifies nobody in particular.
_OF_NOBODY = frozenset(
    {
        *("country", "locale", "language", "currency", "order", "type", "status", "created", "updated"),
        *("price", "amount", "paid", "refund"),
    }
)
# Inside an object about a person, names and address lines may be called only this.
_INNER = frozenset(("name", "line"))
# Values shared by so many persons that they identify nobody, and that are everyday words.
_OF_MANY = frozenset(("gender", "salutation"))
# A record may be of any size and depth.
_MOST_PARTS = 10_000


class Kind(Enum):
    """What a field contains, judged by its name."""

    PLAIN = "plain"
    PERSON = "person"
    """A person, or data about one; so is everything inside it, unless it identifies nobody."""
    WRITTEN = "written"
    """A text that somebody wrote: it may say anything about anybody."""
    SECRET = "secret"  # noqa: S105 - a kind of field, not a secret
    """Something that gives access."""
    AT_WORK = "at work"
    """Who used a program, and from where. Its words are masked nowhere else, since often it is just `system`."""
    NUMBER = "number"
    """An id, or the number of a thing: never a phone number, however it looks."""
    LABEL = "label"
    """A label or another file, or its address, which shows a person to anybody who opens it."""


@lru_cache(maxsize=4096)
def kind_of(name: str) -> Kind:
    """What a field with this name contains."""
    words = _words(name)
    told, last = set(words), words[-1] if words else ""
    if (kind := _hidden(words)) is not None:
        return kind
    is_named = told & _HOLDING and not told & _OF_NOBODY
    is_sure = ("name" in told and told & _NAMES_OF_PERSONS) or last in _HOLDING
    if told & _SURELY or (last not in _IDS and (is_sure or is_named)):
        return Kind.PERSON
    if told & _FILES and last not in (_OF_NOBODY | _OF_THINGS) - {"code"}:
        return Kind.LABEL
    if told & _OF_THINGS:
        return Kind.NUMBER
    is_inside = any(stem in word for stem in _INSIDE for word in words)
    return Kind.PERSON if is_inside and not told & _OF_NOBODY else Kind.PLAIN


def _hidden(words: tuple[str, ...]) -> Kind | None:
    """What a field with these words contains, whatever its other words are; `None` where more must be examined."""
    told = set(words)
    if told & _SECRET or _stand_together(words, _SECRET_TOGETHER):
        return Kind.SECRET
    if told & _WRITTEN:
        return Kind.WRITTEN
    is_by = words[-1:] == ("by",) and not told & _BY_NOBODY
    if is_by or told & _AT_WORK or _stand_together(words, _AT_WORK_TOGETHER):
        return Kind.AT_WORK
    is_inside = any(stem in word for stem in _SURELY_INSIDE for word in words)
    return Kind.PERSON if is_inside or _stand_together(words, _SURELY_TOGETHER) else None


def may_hold_file(name: str) -> bool:
    """Whether a text in this field may be the content of a file."""
    return kind_of(name) is Kind.LABEL or not _CONTENT.isdisjoint(_words(name))


def tells_of_file(name: str) -> bool:
    """Whether a field inside a file or a label only describes it, and is never the file itself."""
    return kind_of(name) is Kind.NUMBER or not (_OF_NOBODY | _OF_FILES).isdisjoint(_words(name))


def holds_address(name: str) -> bool:
    """Whether a text in this field is an address or a path."""
    return not _ADDRESSES.isdisjoint(_words(name)) or name.lower().endswith(("url", "uri"))


def holds_person(name: str, beside: Iterable[str]) -> bool:
    """Whether a field is about a person; `beside` are the names of all fields of its object.

    A `name` is a person's where a field beside it is about a person; otherwise it may be that of an article.
    """
    if kind_of(name) is Kind.PERSON:
        return True
    return _words(name) == ("name",) and any(kind_of(other) is Kind.PERSON for other in beside)


def is_of_nobody(name: str) -> bool:
    """Whether a field inside a person does not identify that person.

    The person's own id does identify them. An id counts as nobody's only where it says what it is the id of, as
    `order_id` does.
    """
    return kind_of(name) in (Kind.PLAIN, Kind.NUMBER) and not _OF_NOBODY.isdisjoint(_words(name))


def texts_of_persons(record: object) -> list[str]:
    """The names, addresses and similar texts of persons in a record, whole, found by the names of its fields."""
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
                    left.append((value, is_person or (is_inside and not _is_passed_over(name))))
                elif _OF_MANY.isdisjoint(words) if is_person else (is_inside and not _INNER.isdisjoint(words[-1:])):
                    found.append(value)
        elif isinstance(part, str) and is_inside:
            found.append(part)
    return found


def _is_passed_over(name: str) -> bool:
    return is_of_nobody(name) or _words(name)[-1:] in {(one,) for one in _IDS}


def _stand_together(words: tuple[str, ...], pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether both words of any of the pairs are there, also as one word."""
    told = set(words)
    return any(told.issuperset(pair) or "".join(pair) in told for pair in pairs)


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case and singular: `phoneNumbers` and `phone_numbers` both have two words."""
    return tuple(_singular(word.lower()) for word in _WORD.findall(name))


def _singular(word: str) -> str:
    if word.endswith("addresses"):
        return word.removesuffix("es")
    return word if word.endswith(("ss", "us", "is")) else word.removesuffix("s")
