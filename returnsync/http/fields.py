"""Types for the fields of records from outside: which values each accepts, and which count as absent.

Fields that decide something (ids, order numbers, SKUs, status words) must be readable to the last character, else their
record cannot be read. Free text decides nothing, and neither do most other fields, so an odd value there does no harm.
A placeholder is an absent value.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from returnsync import clock
from returnsync.http.decoding import OddValue
from returnsync.model import UNREADABLE_COUNTRY, UNREADABLE_WORDS

# Above this, a float cannot tell one whole number from the next.
_EXACT = 2**53
_WHOLE_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.0+)?", re.ASCII)
# Letters and digits only: blanks, dashes, brackets and dots are removed before the comparison.
_PLACEHOLDERS = frozenset(
    [
        "na",
        "none",
        "null",
        "undefined",
        "nil",
        "nan",
        "false",
        "empty",
        "aboutblank",
        "unknown",
        "notavailable",
        "notapplicable",
        "notracking",
        "tbd",
        "tba",
        "nvt",
        "geen",
        "onbekend",
        "leeg",
    ]
)
_YES, _NO = frozenset({"1", "true", "yes", "y", "ja", "j"}), frozenset({"0", "false", "no", "n", "nee"})
# What programs put at the end of an address for a value that they do not have.
_NO_ENDINGS = frozenset({"null", "undefined", "none", "nan", "-", "n/a"})
# Characters that cannot be stored or compared: control characters, halves of surrogate pairs, and U+FFFD for lost ones.
_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)", re.ASCII)
_TICKS = re.compile(r"(?:/Date\()?(-?\d{1,16})(?:[+-]\d{4})?(?:\)/)?", re.ASCII)
# Nothing that is read here was made, shipped or delivered earlier; an absent date is written as 0001, 1753, 1900 or
# 1970.
_FIRST_YEAR, _NEVER = 1971, 9999
_SECONDS_OF_A_YEAR = 31_536_000


def is_placeholder(text: str) -> bool:
    """Whether a text means nothing: blanks, `-`, `N/A`, `none`, `null`, `about:blank`, zeros and similar texts.

    For tracking numbers, addresses and dates. A SKU may really be `NA` or `NULL`: see `Key`.
    """
    bare = "".join(filter(str.isalnum, text)).casefold()
    return not bare.strip("0") or bare in _PLACEHOLDERS


def is_readable(text: str) -> bool:
    """Whether a text contains no control character and no character that was lost."""
    return _UNREADABLE.search(text) is None


def moment(value: object) -> datetime | None:
    """A time of a record; `None` for what is no date, and for a date that means none (year 1, 1900, 1970, 9999)."""
    try:
        found = clock.parse(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and _FIRST_YEAR <= found.year < _NEVER else None


def or_none(value: object, read: ValidatorFunctionWrapHandler) -> object:
    """Treat a value that cannot be read as absent."""
    try:
        return read(value)
    except ValidationError:
        return None


def _text(value: object) -> str | None:
    """Free text: numbers as they are written, and all texts of a list or an object, joined.

    A name that came in a list must be masked all the same.
    """
    if value is None or isinstance(value, str):
        return value
    return " ".join(_texts_in(value)) or None


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(part)


def _words(value: object) -> str | None:
    """The words of a reason, which decide what it is paired with: unreadable words are not the same as none."""
    text = _text(value)
    is_lost = text is None and value not in (None, False, [], {})
    return UNREADABLE_WORDS if is_lost else text


def _country(value: object) -> object:
    """A country. It may decide the carrier, and so the price of the label: an odd value is not the same as none."""
    if value is None or (isinstance(value, str) and is_readable(value.strip())):
        return value
    return UNREADABLE_COUNTRY


def _or_unreadable(value: object, read: ValidatorFunctionWrapHandler) -> object:
    try:
        return read(value)
    except ValidationError:
        return read(dict.fromkeys(("country_code", "country", "shipping_address"), True))


def _status_text(value: object) -> object:
    if isinstance(value, OddValue):
        return None
    return _text(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _word(value: object) -> object:
    """A text that decides something; a whole number is accepted, too."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    if isinstance(value, bool | float | OddValue):
        raise PydanticCustomError("no_word", "neither a text nor a whole number")
    if isinstance(value, str) and not is_readable(value):
        value = value.strip()
        if not is_readable(value):
            raise PydanticCustomError("unreadable_text", "a text with characters that cannot be read")
    return str(value) if isinstance(value, int) else value


def _key(value: object) -> object:
    word = _word(value)
    return None if isinstance(word, str) and word.strip() in ("", "-") else word


def _order_number(value: object) -> object:
    """Accept control characters: such a number is held before any call with it, and the cause says why."""
    if isinstance(value, str) and "\ufffd" not in value:
        return "" if value.strip() == "-" else value
    return _word(value)


def _tracking(value: object) -> object:
    if value is False:
        return None
    word = _word(value.strip() if isinstance(value, str) else value)
    if not isinstance(word, str) or "://" in word:
        return _link(word)  # some write the address of the parcel's page where its number belongs
    # Every carrier's numbers have digits: a text without any means a number that does not exist yet.
    return word if not is_placeholder(word) and re.search(r"\d", word) else None


def _link(value: object) -> object:
    """A web address; `None` for any other text, and for an address that a server built without a value (`…/null`)."""
    if not isinstance(value, str):
        return None if isinstance(value, int | float | OddValue) else value
    text = value.strip()
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return None
    words = re.split(r"[/=]", text.rstrip("/#?=&").casefold())
    endings = {words[-1], "/".join(words[-2:])}
    is_address = parts.scheme in ("http", "https") and not is_placeholder(host) and not re.search(r"[\x00-\x20]", text)
    return text if is_address and not endings & _NO_ENDINGS else None


def _whole(value: object) -> object:
    """A whole number, also as text and with `.0`; `true` is not one."""
    if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value.strip()):
        return int(value.strip().partition(".")[0])
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise PydanticCustomError("no_whole_number", "not a whole number")


def _whole_or_none(value: object) -> object:
    return None if isinstance(value, str) and value.strip() in ("", "-") else _whole(value)


def _flag(value: object) -> object:
    if not isinstance(value, str):
        return value
    word = value.strip().casefold()
    if word in _YES or word in _NO:
        return word in _YES
    return None if is_placeholder(value) else value.strip()


def is_set(value: object) -> bool:
    """Whether a field of unknown type means yes: a flag that says so, a real date, or any odd value."""
    flag = _flag(value)
    try:
        return _date(flag) is not None if isinstance(flag, str) else bool(flag)
    except PydanticCustomError:
        return True


def _since(value: object) -> object:
    """Whether something became true, given by a flag or by the date on which it did."""
    flag = _flag(value)
    if flag is None or isinstance(flag, bool | int):
        return flag
    return _date(flag) is not None


def _date(value: object) -> object:
    """A date in any form, of which only its presence is used.

    Raises:
        PydanticCustomError: it is neither a date nor a placeholder.
    """
    if isinstance(value, bool):
        return "yes" if value else None  # a flag, where a date was meant
    text = "" if value is None else str(_word(value)).strip()
    if is_placeholder(text):
        return None
    try:
        years = [clock.parse(text).year]
    except ValueError:
        if ticks := _TICKS.fullmatch(text):
            # Since 1970, in seconds or milliseconds: in either unit, at least the seconds of a year must have passed.
            return text if int(ticks[1]) >= _SECONDS_OF_A_YEAR else None
        years = [int(year) for year in _YEAR.findall(text)]
    if not years:
        raise PydanticCustomError("no_date", "not a date")
    return text if any(_FIRST_YEAR <= year < _NEVER for year in years) else None


ODD_IS_ABSENT = WrapValidator(or_none)
"""For a field, or a whole part of a record, on which nothing depends: an unreadable value there counts as absent."""
Text = Annotated[str | None, BeforeValidator(_text)]
"""Free text: names, comments, titles, addresses. Odd values do no harm; the texts inside them are read all the same."""
Words = Annotated[str | None, BeforeValidator(_words)]
"""The words of a reason, by which it is paired; `UNREADABLE_WORDS` where the value contains none."""
Country = Annotated[str | None, BeforeValidator(_country)]
"""A country of an address; `UNREADABLE_COUNTRY` where the value is none."""
ODD_IS_UNREADABLE = WrapValidator(_or_unreadable)
"""For an address, or a part that contains one: if unreadable, its country is unreadable and everything else absent."""
StatusText = Annotated[str | None, BeforeValidator(_status_text)]
"""Words for people by which a setting may recognise something; a list, an object or `true` is refused."""
Word = Annotated[str, BeforeValidator(_word)]
"""A text that decides something, such as a status; a whole number is accepted as one, `true` and fractions are not."""
Id = Annotated[str, Field(pattern=r"[^. ]"), BeforeValidator(_key)]
"""The id of a record. It is used in addresses, so an id that consists only of dots and blanks is refused."""
Key = Annotated[str | None, BeforeValidator(_key)]
"""Another id, a SKU or a barcode. Only blanks and `-` count as absent: `NULL` may be a SKU."""
OrderNumber = Annotated[str, BeforeValidator(_order_number)]
"""The number of an order, exactly as it is written; `-` counts as empty."""
Tracking = Annotated[str | None, BeforeValidator(_tracking)]
"""A tracking number; placeholders count as absent."""
Link = Annotated[str | None, BeforeValidator(_link)]
"""A web address (http, https); any other text counts as absent."""
Quantity = Annotated[int, Field(ge=1), BeforeValidator(_whole)]
"""Units: a whole number from 1, also as `"1"` or 1.0."""
WholeNumber = Annotated[int, BeforeValidator(_whole)]
"""Any whole number, also as text."""
Number = Annotated[int | None, BeforeValidator(_whole_or_none)]
"""A whole number, also as text; blanks and `-` count as absent."""
Since = Annotated[bool | None, BeforeValidator(_since)]
"""Whether something became true, such as deleted: a flag, or the date on which it did, unless that date means none."""
Flag = Annotated[bool | None, BeforeValidator(_flag)]
"""Yes or no, in any of the usual spellings; placeholders count as absent."""
AnyDate = Annotated[str | None, BeforeValidator(_date)]
"""A date in any form, of which only its presence counts; placeholders and dates that mean none count as absent."""
