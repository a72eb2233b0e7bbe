"""The JSON Schemas of settings classes. A schema accepts every TOML table that its class accepts.

pydantic writes most of a schema. Some of its schemas refuse values that the class accepts: a number, for example, may
also be written as a string. For such types the schema here is wider, or accepts any value.
"""

import re
from collections.abc import Iterable
from enum import Enum
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonRef, JsonSchemaMode, models_json_schema

from returnsync.config.schema_choices import Schema, by_own_key
from returnsync.platforms.source_settings import IN_SAMPLE, MOMENT
from returnsync.secrets import REFERENCE

_HOW_TO_REFER = (
    "Not the secret itself but a reference to it: `env:NAME`, `file:PATH`, `command:PROGRAM …` or "
    "`keyring:SERVICE/USER`."
)

# The types of pydantic's core schemas for which the schema accepts all that the class accepts, some of them by a method
# below. For any other type the schema accepts any value. A set, for example, also takes a list with repetitions, which
# pydantic's schema refuses.
_KNOWN = frozenset(
    {
        *("any", "str", "int", "float", "bool", "literal", "enum", "date", "time", "datetime", "list", "tuple", "dict"),
        *("model", "model-fields", "model-field", "nullable", "default", "union", "tagged-union"),
        *("function-after", "function-before", "function-plain", "function-wrap", "definitions", "definition-ref"),
    }
)
# Options that change a string before its length and pattern are checked: those of one string, and those of a class.
_CHANGING = ("strip_whitespace", "to_lower", "to_upper", "coerce_numbers_to_str")
_CHANGING_ALL = ("str_strip_whitespace", "str_to_lower", "str_to_upper", "coerce_numbers_to_str")
# Patterns that mean the same in pydantic, Python and JavaScript: characters, classes, repeats, groups, alternatives.
_READ_ALIKE = re.compile(
    r"(?!.*--)(?:[\w @/:#,.^$*+?{}|)-]|\((?!\?)|\\[.*+?(){}|^$/\\]|\[\^?[\w @/:#,.+*?-]+\])*", re.ASCII
)


def of_models(models: Iterable[type[BaseModel]]) -> tuple[dict[type[BaseModel], Schema], dict[str, Schema]]:
    """The schema of each model, and the definitions to which the schemas refer, by name."""
    mode: JsonSchemaMode = "validation"
    each = [(model, mode) for model in dict.fromkeys(models)]
    references, made = models_json_schema(each, schema_generator=_Generator)
    definitions: dict[str, Schema] = made.get("$defs", {})
    found = {}
    for model, _mode in each:
        reference = references[model, mode]
        found[model] = definitions.get(reference.get("$ref", "").removeprefix("#/$defs/"), reference)
    return found, definitions


class _Generator(GenerateJsonSchema):
    """pydantic's generator, changed for TOML and so that no schema refuses what its class accepts."""

    ignored_warning_kinds = {"non-serializable-default"}  # noqa: RUF012 - pydantic's own attribute

    def build_schema_type_to_method(self) -> Any:
        """The method for each type of core schema."""
        methods = super().build_schema_type_to_method()
        return {kind: method if kind in _KNOWN else _anything for kind, method in methods.items()}

    def generate_inner(self, schema: Any) -> Schema:
        """The schema of any part; for a key of a table also with its description."""
        if schema["type"] not in _KNOWN and "ref" not in schema:
            return {}  # without what the type adds: an IP address, for example, says "string" and also takes a number
        made = super().generate_inner(schema)
        made.pop(IN_SAMPLE, None)
        if schema["type"] == "model-field":
            if made.get("pattern") == REFERENCE:
                made["description"] = " ".join(filter(None, (made.get("description"), _HOW_TO_REFER)))
            if made.get("anyOf", [])[: len(MOMENT)] == MOMENT:
                made.pop("examples", None)  # they would be strings, and editors would offer them in quotes
        return made

    def sort(self, value: Schema, parent_key: str | None = None) -> Schema:  # noqa: ARG002 - pydantic's own signature
        """Keep the order in which the settings are declared."""
        return value

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's own signature
        """No: such a title would only repeat the name of the key."""
        return False

    # -- tables and lists

    def model_schema(self, schema: Any) -> Schema:
        """A table, with the rules for its keys."""
        cls, fields = schema["cls"], schema["schema"]
        if fields["type"] != "model-fields":
            return {}  # a validator may change the table before its keys are checked
        made = super().model_schema(schema)
        if "title" not in cls.model_config:
            del made["title"]
        # The schema has only one name for each key, and the class may accept others.
        by_name = cls.model_config.get("populate_by_name") or cls.model_config.get("validate_by_name")
        if by_name or any(isinstance(field.get("validation_alias"), list) for field in fields["fields"].values()):
            made.pop("required", None)
            made.pop("additionalProperties", None)
        return made

    def default_schema(self, schema: Any) -> Schema:
        """A value with a default. An empty default is left out: it means that there is none."""
        made = super().default_schema(schema)
        if made.get("default", 0) in (None, "", [], {}):
            del made["default"]
        return made

    def nullable_schema(self, schema: Any) -> Schema:
        """The same without null, which TOML does not have."""
        return self.generate_inner(schema["schema"])

    def tagged_union_schema(self, schema: Any) -> Schema:
        """One of several tables, without `oneOf`: a value may match the schemas of several, and the class picks one."""
        choices: list[Schema] = super().tagged_union_schema(schema)["oneOf"]
        references = [JsonRef(choice["$ref"]) for choice in choices if "$ref" in choice]
        tables = [self.get_schema_from_definitions(reference) or {} for reference in references]
        told_apart = by_own_key(tables) if len(tables) == len(choices) else None
        return told_apart or {"anyOf": choices}

    # -- single values

    def str_schema(self, schema: Any) -> Schema:
        """A string. Its length and pattern are left out where a validator could read them otherwise than the class."""
        if any(schema.get(key) for key in _CHANGING) or any(getattr(self._config, key, False) for key in _CHANGING_ALL):
            return {}
        made = super().str_schema(schema)
        if not _READ_ALIKE.fullmatch(made.get("pattern", "")):
            del made["pattern"]
        return made

    def int_schema(self, schema: Any) -> Schema:
        """A whole number, or any value unless the type is strict."""
        return super().int_schema(schema) if schema.get("strict") else {}

    def float_schema(self, schema: Any) -> Schema:
        """A number, or any value unless the type is strict."""
        return super().float_schema(schema) if schema.get("strict") else {}

    def bool_schema(self, schema: Any) -> Schema:
        """True or false, or any value unless the type is strict."""
        return super().bool_schema(schema) if schema.get("strict") else {}

    def enum_schema(self, schema: Any) -> Schema:
        """One of several strings, or any value where a member is no string or `_missing_` accepts other values."""
        only_words = all(isinstance(member.value, str) for member in schema["members"])
        reads_others = any("_missing_" in vars(one) for one in schema["cls"].__mro__ if one is not Enum)
        return super().enum_schema(schema) if only_words and not reads_others else {}

    def date_schema(self, schema: Any) -> Schema:  # noqa: ARG002 - pydantic's own signature
        """A date or a date-time. pydantic also accepts a string or a number."""
        return {"anyOf": [*MOMENT, {"type": ["string", "number"]}]}

    def datetime_schema(self, schema: Any) -> Schema:
        """As `date_schema`."""
        return self.date_schema(schema)

    def time_schema(self, schema: Any) -> Schema:  # noqa: ARG002 - pydantic's own signature
        """A time of day. pydantic also accepts a string or a number."""
        return {"anyOf": [{"type": "string", "format": "time-local"}, {"type": ["string", "number"]}]}

    # -- values that a validator may change first: what `json_schema_input_type` of the validator says, else any value

    def function_before_schema(self, schema: Any) -> Schema:
        """What a `BeforeValidator` accepts."""
        # pydantic 2.10 keeps it among the metadata.
        in_metadata = schema.get("metadata", {}).get("pydantic_js_input_core_schema")
        declared = schema.get("json_schema_input_schema", in_metadata)
        return {} if declared is None else self.generate_inner(declared)

    def function_wrap_schema(self, schema: Any) -> Schema:
        """What a `WrapValidator` accepts."""
        return self.function_before_schema(schema)

    def function_plain_schema(self, schema: Any) -> Schema:
        """What a `PlainValidator` accepts."""
        return self.function_before_schema(schema)


def _anything(_schema: Any) -> Schema:
    return {}
