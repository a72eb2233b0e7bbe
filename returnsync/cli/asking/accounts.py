"""Asks for the settings of one account: those that it needs, each checked as the configuration would check it."""

import tomllib
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from returnsync.cli.asking.asker import Asker, wrong_answer
from returnsync.cli.asking.secret_places import Secrets
from returnsync.config.described import Key, own_keys
from returnsync.config.explain import explain, is_secret
from returnsync.config.problems import Problem
from returnsync.platforms.interface import ASKED_FIRST


def ask_for(
    asker: Asker,
    secrets: Secrets,
    model: type[BaseModel],
    base: type[BaseModel],
    table: dict[str, Any],
    account: str,
    given: Mapping[str, str],
) -> dict[str, Any]:
    """The table of an account: what `table` has already, what the options gave, and what is still needed.

    `base` is the class that all accounts of its family share: its settings are not asked for here.

    Raises:
        NotThereError: an option gave what the configuration would refuse.
    """
    for name, text in given.items():
        if wrong := _wrong(model, name, text):
            raise wrong_answer(f"--set {name}", wrong)
        table = {**table, name: _value(model, name, text)}
    for key in sorted(own_keys(model, base), key=lambda key: not _is_first(model, key.name)):
        if key.name in table or not (key.required or (_can_be_asked(model, key) and _problems(model, table))):
            continue
        value = _ask(asker, secrets, model, key, account)
        if value not in ("", None):
            table[key.name] = value
    return table


def _ask(asker: Asker, secrets: Secrets, model: type[BaseModel], key: Key, account: str) -> Any:
    field = _fields(model)[key.name]
    if is_secret(field):
        usual = str(field.examples[0]) if field.examples else f"env:{account}_{key.name}".upper().replace("-", "_")
        return secrets.ask(asker, account, key.name, key.gist, usual)

    def check(text: str) -> str:
        return _wrong(model, key.name, text) if text or key.required else ""

    default = None if key.required else ""
    text = asker.text(f"--set {key.name}", f"{key.name} of {account}: {key.gist}", default, check)
    return _value(model, key.name, text) if text else ""


def _wrong(model: type[BaseModel], key: str, text: str) -> str:
    """What the configuration would refuse of a setting's text; empty where it takes it."""
    if key not in _fields(model):
        return f"is for a setting that does not exist; there are {', '.join(_fields(model))}"
    found = _problems(model, {key: _value(model, key, text)})
    return next((problem.text for problem in found if problem.path[:1] == (key,)), "")


def _value(model: type[BaseModel], key: str, text: str) -> Any:
    """A text as a setting takes it: what is no text there is written as in TOML."""
    field = _fields(model)[key]
    if _is_text(field.annotation) or is_secret(field):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _is_text(annotation: Any) -> bool:
    """Whether a setting takes a text as it is."""
    if get_origin(annotation) in (Union, UnionType, Annotated):
        return any(_is_text(part) for part in get_args(annotation))
    return annotation is str or (get_origin(annotation) is Literal and isinstance(get_args(annotation)[0], str))


def _can_be_asked(model: type[BaseModel], key: Key) -> bool:
    return key.sampled or _is_first(model, key.name)


def _is_first(model: type[BaseModel], name: str) -> bool:
    extra = _fields(model)[name].json_schema_extra
    return bool(isinstance(extra, dict) and extra.get(ASKED_FIRST))


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _problems(model: type[BaseModel], table: Mapping[str, Any]) -> list[Problem]:
    try:
        model.model_validate(dict(table), context={"folder": None})
    except ValidationError as error:
        return explain(error, model, (), table)
    return []
