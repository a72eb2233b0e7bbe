"""From the platform's order number to the warehouse's, by rules in order. Pure."""

import re
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from returnsync.model import OrderNumber, WarehouseOrderNumber


class _Rule(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class StripPrefix(_Rule):
    """Take a text off the front, where it stands there."""

    strip_prefix: str = Field(min_length=1)

    def apply(self, number: str) -> str:
        """`number` without the prefix."""
        return number.removeprefix(self.strip_prefix)


class Replace(_Rule):
    """Rewrite a number that a pattern fits as a whole or in part; others pass unchanged."""

    pattern: str = Field(min_length=1)
    replace: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        return pattern

    def apply(self, number: str) -> str:
        """`number` with the first place that fits rewritten."""
        return re.sub(self.pattern, self.replace, number, count=1)


OrderNumberRule = Annotated[StripPrefix | Replace, Field(union_mode="left_to_right")]


def to_warehouse(number: OrderNumber, rules: tuple[OrderNumberRule, ...]) -> WarehouseOrderNumber:
    """What the warehouse calls the order that the platform calls `number`: every rule once, in order."""
    text = number.strip()
    for rule in rules:
        text = rule.apply(text)
    return WarehouseOrderNumber(text.strip())
