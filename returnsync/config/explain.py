"""Turns the errors of a settings class into words that say what to write instead."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from returnsync.config.problems import KeyPath, Problem, nearest
from returnsync.config.written import written
from returnsync.secrets import SecretRef

UNDATED = "must be a date or a moment, without quotes"
REFERENCE = "must be a reference such as env:NAME, file:PATH or command:PROGRAM, not the secret itself"

# By the first word of pydantic's error types, which are part of its published interface.
_WANTED = {
    "bool": "must be true or false, without quotes",
    "date": UNDATED,
    "datetime": UNDATED,
    "dict": "must be a table",
    "float": "must be a number, without quotes",
    "int": "must be a whole number, without quotes",
    "list": "must be a list",
    "model": "must be a table",
    "string": "must be a text in quotes",
    "tuple": "must be a list",
}
_BOUNDS = {
    "greater_than": ("gt", "must be more than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be less than"),
    "less_than_equal": ("le", "must be at most"),
}
_LENGTHS = {
    "string_too_long": ("max_length", "must have at most {} characters"),
    "string_too_short": ("min_length", "must not be empty"),
}


def example(key: str, field: FieldInfo) -> str:
    """`; write e.g. key = …` from the field's own first example, or nothing when it has none."""
    if field.examples:
        return f"; write e.g. {key} = {written(field.examples[0])}"
    return f'; write e.g. {key} = "env:{key.upper()}"' if is_secret(field) else ""


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a model, each by the key that a file has for it."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def is_secret(field: FieldInfo) -> bool:
    """Whether the field takes a reference to a secret."""
    return field.annotation is SecretRef or SecretRef in get_args(field.annotation)


def explain(error: ValidationError, model: type[BaseModel], at: KeyPath, raw: Mapping[str, Any]) -> list[Problem]:
    """The problems that `model` found in the table `raw`, which is at `at`."""
    found = _one_form_each([_Finding(detail, raw) for detail in error.errors(include_url=False, include_input=False)])
    missing = {finding.path for finding in found if finding.type == "missing"}
    problems = []
    for finding in found:
        if finding.type == "extra_forbidden":
            siblings = [str(path[-1]) for path in missing if path[:-1] == finding.path[:-1]]
            known = list(_fields(model)) if len(finding.path) == 1 else siblings
            near = nearest(str(finding.path[-1]), known)
            # A required key that is only misspelled is one mistake, not two.
            missing.discard((*finding.path[:-1], near or ""))
            problems.append(Problem(at + finding.path, _unknown(near, known)))
    for finding in found:
        if finding.type == "missing" and finding.path in missing:
            problems.append(Problem(at + finding.path, "is missing" + _hint(finding, model)))
        elif finding.type not in ("missing", "extra_forbidden"):
            problems.append(Problem(at + finding.path, _wrong(finding, model)))
    return problems


class _Finding:
    """One of pydantic's errors, with the names of union members told apart from the keys of the file."""

    def __init__(self, detail: Any, raw: Mapping[str, Any]) -> None:
        self.type: str = detail["type"]
        self.context: dict[str, Any] = detail.get("ctx", {})
        self.message: str = detail["msg"]
        self.path: KeyPath = ()
        self.fork: KeyPath = ()
        self.form = ""
        node: Any = raw
        last = len(detail["loc"]) - 1
        for position, part in enumerate(detail["loc"]):
            here = range(len(node)) if isinstance(node, list) else node
            if isinstance(node, dict | list) and part in here:
                node = node[part]
            elif position != last or self.type != "missing":
                self.fork, self.form = self.path, str(part)
                continue
            self.path = (*self.path, part)


def _one_form_each(found: list[_Finding]) -> list[_Finding]:
    """If a value may have one of several forms, the errors of the form that fits best, not those of all forms."""
    forms: dict[KeyPath, dict[str, int]] = {}
    for finding in found:
        if finding.form:
            counts = forms.setdefault(finding.fork, {})
            counts[finding.form] = counts.get(finding.form, 0) + 1
    best = {fork: min(counts, key=lambda form: counts[form]) for fork, counts in forms.items()}
    return [finding for finding in found if not finding.form or best[finding.fork] == finding.form]


def _wrong(finding: _Finding, model: type[BaseModel]) -> str:
    kind = finding.type
    if finding.path and is_secret(_fields(model)[str(finding.path[0])]):
        return REFERENCE + _hint(finding, model)
    if kind == "value_error":
        return str(finding.context.get("error", "is not valid"))
    if kind in ("literal_error", "enum"):
        return "must be one of " + str(finding.context["expected"]).replace("'", '"').replace(" or ", ", ")
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return f"{words} {finding.context[bound]}" + _hint(finding, model)
    if kind in _LENGTHS:
        bound, words = _LENGTHS[kind]
        return words.format(finding.context[bound]) + _hint(finding, model)
    wanted = _WANTED.get(kind.split("_")[0])
    return (wanted or finding.message.replace("Input should be", "must be")) + _hint(finding, model)


def _hint(finding: _Finding, model: type[BaseModel]) -> str:
    key = str(finding.path[0]) if finding.path else ""
    fields = _fields(model)
    return example(key, fields[key]) if key in fields else ""


def _unknown(near: str | None, known: list[str]) -> str:
    if near:
        return f"is unknown here; did you mean {near}?"
    return "is unknown here; remove it" + (f", or use one of {', '.join(known)}" if known else "")
