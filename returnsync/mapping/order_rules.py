"""The rules for order numbers, as written in a source's settings. Pure.

Each rule contains what it does to a number by itself; `order_numbers` applies them in order.
"""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from returnsync.errors import HoldError
from returnsync.mapping import patterns
from returnsync.model import Cause
from returnsync.paths import ConfigPath
from returnsync.secrets import SecretRef
from returnsync.toml_model import TomlModel

HOLE = "{number}"
"""Where the number is put in the address of a lookup."""

# How many characters of an order number are shown.
_SHOWN = 60

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")

_HEADERS_OF_THE_CALL = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})

_NO_NUMBER = {bool: "true or false", list: "a list", dict: "an object", float: "a fraction"}
"""JSON values that are neither a text nor a whole number, in words."""


class _Rule(TomlModel):
    shown: ClassVar[tuple[str, ...]]
    """The keys that say what the rule does; other keys may contain its credentials."""

    def __str__(self) -> str:
        """The rule as a person writes it."""
        given = {key: getattr(self, key) for key in self.shown if key in self.model_fields_set}
        return "{ " + ", ".join(f"{key} = {_written(value)}" for key, value in given.items()) + " }"


class StripPrefix(_Rule):
    """Remove a text from the beginning, where it is there."""

    shown = ("strip_prefix",)

    strip_prefix: str = Field(min_length=1, description="The text that is removed from the beginning.", examples=["#"])

    def apply(self, number: str) -> str:
        """`number` without the prefix."""
        return number.removeprefix(self.strip_prefix)


class StripSuffix(_Rule):
    """Remove a text from the end, where it is there."""

    shown = ("strip_suffix",)

    strip_suffix: str = Field(min_length=1, description="The text that is removed from the end.", examples=["-NL"])

    def apply(self, number: str) -> str:
        """`number` without the suffix."""
        return number.removesuffix(self.strip_suffix)


class Replace(_Rule):
    """Rewrite a number that matches a pattern, wholly or in part; others pass unchanged."""

    shown = ("pattern", "replace")

    pattern: str = Field(
        min_length=1, max_length=patterns.LENGTH_LIMIT, description="A regular expression.", examples=["^EXC-(.+)$"]
    )
    replace: str = Field(
        max_length=patterns.LENGTH_LIMIT,
        description=r"What replaces the part that matches; `\1` is the first group of `pattern`.",
        examples=[r"\1"],
    )

    @field_validator("pattern")
    @classmethod
    def _can_be_used(cls, pattern: str) -> str:
        patterns.check_pattern(pattern)
        return pattern

    @model_validator(mode="after")
    def _names_what_is_there(self) -> Self:
        patterns.check_replacement(self.pattern, self.replace)
        return self

    def apply(self, number: str) -> str:
        """`number` with the first match rewritten.

        Raises:
            HoldError: the search for the match takes too long.
        """
        rewritten = patterns.rewritten(self.pattern, self.replace, number)
        if rewritten is None:
            raise HoldError(
                Cause.ORDER_NUMBER_UNUSABLE,
                f"The rule {self} took too long on order number {_cut(number)!r} and was stopped.",
                "Simplify its pattern, above all a repeat within a repeat such as (a+)+, "
                "then: returnsync held retry <CODE>.",
            )
        return rewritten


class Case(_Rule):
    """Write all letters in upper case, or all in lower case."""

    shown = ("case",)

    case: Literal["upper", "lower"] = Field(description="Upper or lower case.")

    def apply(self, number: str) -> str:
        """`number` in the case of the rule."""
        return number.upper() if self.case == "upper" else number.lower()


class Table(_Rule):
    """Look a number up in a file of two columns: the platform's number and the warehouse's."""

    shown = ("table", "missing")

    table: ConfigPath = Field(min_length=1, description="The CSV file.", examples=["orders.csv"])
    missing: Literal["pass", "hold"] = Field(
        default="pass",
        description="What happens to a number that is not in the table: `pass` keeps it, `hold` holds the return.",
    )


class Lookup(_Rule):
    """Ask another system, such as an ERP, for the number under which the warehouse knows an order."""

    shown = ("lookup", "find")

    lookup: str = Field(
        description=f"The URL that is requested, with `{HOLE}` where the order number goes.",
        examples=[f"https://erp.example.com/orders/{HOLE}"],
    )
    find: str = Field(
        description="Where the number is in the response, as a JMESPath expression.", examples=["order.number"]
    )
    bearer: SecretRef | None = Field(default=None, description="The bearer token of the login.")
    username: SecretRef | None = Field(default=None, description="The user name of the login, with `password`.")
    password: SecretRef | None = Field(default=None, description="The password of the login, with `username`.")
    header: str = Field(
        default="",
        description="The name of the header that holds `key`, for a login by a header.",
        examples=["X-Api-Key"],
    )
    key: SecretRef | None = Field(default=None, description="The value of the header that `header` names.")

    @field_validator("lookup")
    @classmethod
    def _asks_for_the_number(cls, lookup: str) -> str:
        if HOLE not in lookup:
            raise ValueError(f"must contain {HOLE}, where the order number goes")
        return lookup

    @field_validator("find")
    @classmethod
    def _is_an_expression(cls, find: str) -> str:
        # Most configurations have no lookup, and should not load the library.
        import jmespath
        from jmespath.exceptions import JMESPathError

        try:
            jmespath.compile(find)
        except JMESPathError as error:
            raise ValueError("is not a JMESPath expression; write e.g. find = 'order.number'") from error
        return find

    @field_validator("header")
    @classmethod
    def _is_a_header(cls, header: str) -> str:
        if header.casefold() in _HEADERS_OF_THE_CALL:
            raise ValueError('is a header that every request already has; write e.g. header = "X-Api-Key"')
        if not _HEADER_NAME.fullmatch(header):
            raise ValueError('is not the name of a header; write e.g. header = "X-Api-Key"')
        return header

    @model_validator(mode="after")
    def _logs_in_one_way(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("needs both username and password, or neither")
        if (self.header == "") != (self.key is None):
            raise ValueError("needs both header and key, or neither")
        if sum(part is not None for part in (self.bearer, self.username, self.key)) > 1:
            raise ValueError("may use only one kind of login: bearer, username and password, or header and key")
        return self

    @property
    def asked(self) -> str:
        """Scheme and host of the address: its path or query may contain a key."""
        parts = urlsplit(self.lookup)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def __str__(self) -> str:
        """The rule as a person writes it, without its credentials."""
        return f"{{ lookup = {_written(f'{self.asked}/…')}, find = {_written(self.find)} }}"

    def pick(self, content: Any) -> str:
        """The number in an answer; empty where there is none.

        Raises:
            ValueError: the value is neither a text nor a whole number; the message quotes nothing.
        """
        import jmespath
        from jmespath.exceptions import JMESPathError

        try:
            found = jmespath.search(self.find, content)
        except (JMESPathError, TypeError, ValueError, ArithmeticError):  # the library also raises some of Python's own
            raise ValueError("something that `find` cannot be applied to") from None
        if found is None or found in ([], {}):
            return ""
        kind = _NO_NUMBER.get(type(found)) or ("" if isinstance(found, str | int) else "an unexpected value")
        if kind or "\ufffd" in str(found):
            raise ValueError(f"{kind or 'a text that cannot be read'} where the order number should be")
        return str(found).strip()


_FORMS: dict[str, tuple[str, ...]] = {
    "strip_prefix": (),
    "strip_suffix": (),
    "pattern": ("replace",),
    "case": (),
    "table": ("missing",),
    "lookup": ("find", "bearer", "username", "password", "header", "key"),
}
"""The key of each rule, and the other keys that it may have."""


def _form(given: Any) -> str | None:
    """The key that shows which rule is meant, also where it is missing or misspelled."""
    if isinstance(given, _Rule):
        return given.shown[0]
    if not isinstance(given, Mapping):
        return None
    for form, beside in _FORMS.items():
        if form in given or any(key in given for key in beside):
            return form
    from difflib import get_close_matches  # only a mistake needs it

    near = (get_close_matches(str(key).lower(), _FORMS, n=1) for key in given)
    return next((found[0] for found in near if found), None)


def _one_rule(given: Any) -> Any:
    """Allow one rule per table, so that their order is clear."""
    if not isinstance(given, Mapping | _Rule):
        raise ValueError('must be a table; write e.g. { strip_prefix = "#" }')  # noqa: TRY004 - pydantic's own way
    if _form(given) is None:
        raise ValueError(f"is not a rule; write a table with one of {', '.join(_FORMS)}")
    forms = [form for form in _FORMS if isinstance(given, Mapping) and form in given]
    if len(forms) > 1:
        raise ValueError(
            f"contains several rules ({', '.join(forms)}); write each in a table of its own, in their order"
        )
    return given


_AnyRule = Annotated[
    Annotated[StripPrefix, Tag("<strip_prefix>")]
    | Annotated[StripSuffix, Tag("<strip_suffix>")]
    | Annotated[Replace, Tag("<pattern>")]
    | Annotated[Case, Tag("<case>")]
    | Annotated[Table, Tag("<table>")]
    | Annotated[Lookup, Tag("<lookup>")],
    # In brackets, so that the name of a form is not confused with the key of the same name.
    Discriminator(lambda given: f"<{_form(given)}>"),
]
OrderNumberRule = Annotated[_AnyRule, BeforeValidator(_one_rule, json_schema_input_type=_AnyRule)]
Rules = tuple[OrderNumberRule, ...]


def _cut(number: str) -> str:
    """An order number as it is shown, however long it is."""
    return number if len(number) <= _SHOWN else f"{number[:_SHOWN]}…"


def _written(text: str) -> str:
    """A text as TOML writes it: a pattern is easier to read without doubled backslashes."""
    if "\\" in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)
