"""What all shapes of JSON share: they have only the keys that are named, and the keys are described."""

from typing import Annotated, NotRequired

from pydantic import ConfigDict, Field
from typing_extensions import TypeAliasType, TypedDict


class Shape(TypedDict):
    """An object with these keys and no others."""

    __pydantic_config__ = ConfigDict(  # type: ignore[misc] # where pydantic looks for it; mypy takes it for a key
        extra="forbid", strict=True, use_attribute_docstrings=True
    )


_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$"

Moment = TypeAliasType(
    "Moment",
    Annotated[
        str,
        Field(
            pattern=_MOMENT,
            description="A moment in UTC: 2026-11-22T09:30:00.000000Z.",
            json_schema_extra={"format": "date-time"},
        ),
    ],
)
"""A moment in UTC: 2026-11-22T09:30:00.000000Z."""

SomeMoment = Moment | None
"""The same, or `null` where there was none."""


class Error(Shape):
    """Why a command failed."""

    what: str
    """What happened, in a sentence."""
    next_step: str
    """What to do about it; empty where there is nothing to do."""
    problems: list[str]
    """Further things that are wrong, one text each: in the configuration, or at other accounts."""


class Failure(Shape):
    """What a command prints that failed, also in place of a list."""

    exit_code: int
    """The exit code of the command."""
    error: Error
    """Why."""


# Keys that a class inherits do not bring their docstrings along.
_Code = Annotated[int, Field(description="Only where the command failed after all: its exit code.")]
_Why = Annotated[Error, Field(description="Only where the command failed after all: why.")]


class MayFail(Shape):
    """An object that says so where the command failed after it had something to tell."""

    exit_code: NotRequired[_Code]
    error: NotRequired[_Why]
