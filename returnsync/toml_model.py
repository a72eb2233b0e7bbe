"""The base of everything that is read from a TOML file, where `true` is a boolean and 5 is a number."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema

_STRICT = frozenset({"bool", "int", "float"})


class TomlModel(BaseModel):
    """Settings that a person writes: no unknown key, and no text, boolean or number in place of another.

    `attempts = true` and `send_updates = "false"` are mistakes; a whole number is accepted where a fraction is.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Make numbers and booleans strict, also inside lists and tables; pydantic itself makes all types so or none.

        All would be too much: TOML has neither tuples nor our own types.
        """
        schema = handler(source)
        _make_strict(schema)
        return schema


def _make_strict(part: Any) -> None:
    """Mark every boolean and number in a schema, which consists of nested dictionaries and lists."""
    if isinstance(part, dict):
        if part.get("type") in _STRICT:
            part["strict"] = True
            if part["type"] == "float":
                part["allow_inf_nan"] = False
        for inner in part.values():
            _make_strict(inner)
    elif isinstance(part, list | tuple):
        for inner in part:
            _make_strict(inner)
