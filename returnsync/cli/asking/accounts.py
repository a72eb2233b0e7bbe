"""Asks for the settings of one account: those that it needs, each checked as the configuration would check it."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from returnsync.cli.asking.asker import Asker, listed, wrong_answer
from returnsync.cli.asking.secret_places import Secrets, wrong_reference
from returnsync.cli.session import say
from returnsync.config.described import Key, own_keys
from returnsync.config.explain import explain, is_secret
from returnsync.config.problems import Problem, did_you_mean
from returnsync.platforms.interface import ASKED_FIRST

_LONGEST = 10_000


@dataclass(frozen=True)
class Form:
    """What one account needs: settings that are known already, those that options gave, and those to ask for."""

    name: str
    model: type[BaseModel]
    shared: type[BaseModel]
    """The class that all accounts of the family share. Its settings are not asked for here."""
    folder: Path
    """The folder of the configuration, from which relative paths start."""
    start: Mapping[str, Any]
    given: Mapping[str, str]
    prefix: str = ""
    """What `--set` has before a key of this table."""
    also: tuple[str, ...] = ()
    """Settings to ask for although they are not required; an empty answer leaves each of them out."""
    when_needed: tuple[str, ...] = ()
    """Settings to ask for only while the configuration would refuse the table without them."""
    unwritten: Mapping[str, Any] = field(default_factory=dict)
    """What the loader adds before it checks the table."""

    def given_values(self) -> dict[str, Any]:
        """What the options gave, as the settings take it.

        Raises:
            NotThereError: the configuration would refuse it.
        """
        for key, text in self.given.items():
            if wrong := self.wrong(key, text):
                raise wrong_answer(self.option(key), wrong)
        return {key: self.value(key, text) for key, text in self.given.items()}

    def option(self, key: str) -> str:
        """The option that answers for a setting."""
        return f"--set {self.prefix}{key}"

    def to_ask(self) -> Iterator[Key]:
        """The settings that may be asked for, in the order of the questions."""
        keys = [key for key in own_keys(self.model, self.shared) if key.required or self._may_be_asked(key)]
        yield from sorted(keys, key=lambda key: not _has(self.field(key.name), ASKED_FIRST))

    def field(self, key: str) -> FieldInfo:
        """The declaration of a setting; KeyError where there is none of that name."""
        return {one.alias or name: one for name, one in self.model.model_fields.items()}[key]

    def settings(self, table: Mapping[str, Any]) -> Any:
        """A whole table as its model. Raises `ValidationError` where the configuration would refuse it."""
        return self.model.model_validate({**self.unwritten, **table}, context={"folder": self.folder})

    def problems(self, table: Mapping[str, Any]) -> list[Problem]:
        """What the configuration would refuse of a whole table."""
        try:
            self.settings(table)
        except ValidationError as error:
            return explain(error, self.model, (), table)
        return []

    def wrong(self, key: str, text: str) -> str:
        """What the configuration would refuse of a setting's text; empty where it takes it."""
        names = [one.alias or name for name, one in self.model.model_fields.items()]
        if key not in names:
            return f"is for a setting that does not exist. {did_you_mean(key, names)}".strip()
        if len(text) > _LONGEST:
            return "is too long"
        if is_secret(self.field(key)) and (wrong := wrong_reference(text)):
            return wrong
        found = self.problems({key: self.value(key, text)})
        return next((problem.text for problem in found if problem.path[:1] == (key,)), "")

    def value(self, key: str, text: str) -> Any:
        """A text as a setting takes it: what is no text there is written as in TOML."""
        declared = self.field(key)
        if _is_text(declared.annotation) or is_secret(declared):
            return text
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except (ValueError, RecursionError):
            # A list of one text need not be written as a list.
            is_list = get_origin(declared.annotation) is tuple
            return [text] if is_list and not text.startswith("[") else text

    def _may_be_asked(self, key: Key) -> bool:
        return key.name in (*self.also, *self.when_needed) or key.sampled or _has(self.field(key.name), ASKED_FIRST)


def fill(form: Form, asker: Asker, secrets: Secrets, before: Mapping[str, Any]) -> dict[str, Any]:
    """The whole table of an account, as the configuration accepts it, unless `asker` notes that an answer is missing.

    `before` are earlier answers, which are offered again.

    Raises:
        NotThereError: an option gave what the configuration would refuse.
        typer.Abort: Ctrl-C was pressed.
    """
    while True:
        table = {**form.start, **form.given_values()}
        asked = [key for key in form.to_ask() if key.name not in table]
        for key in asked:
            if not (key.required or key.name in form.also or form.problems(table)):
                continue
            value = _ask(form, key, asker, secrets, before.get(key.name))
            if value not in ("", None):
                table[key.name] = value
        problems = form.problems(table)
        if not problems or not asker.is_complete:
            return table
        told = [f"{'.'.join(map(str, problem.path))} {problem.text}".strip() for problem in problems]
        if not asked or not asker.is_person:
            raise wrong_answer(form.option(str(problems[0].path[0]) if problems[0].path else "KEY=VALUE"), told[0])
        say(*(f"This cannot be: {one}." for one in told))
        before = table


def _ask(form: Form, key: Key, asker: Asker, secrets: Secrets, before: Any) -> Any:
    """The answer for one setting, which `before` was answered so; empty where it is to be left out."""
    declared, option = form.field(key.name), form.option(key.name)
    if is_secret(declared):
        usual = str(declared.examples[0]) if declared.examples else ""
        return secrets.ask(asker, form.name, key.name, key.gist, usual, option)
    question = f"{key.name} of {form.name}: {key.gist}"
    if get_origin(declared.annotation) is Literal:
        options = listed([str(one) for one in get_args(declared.annotation)])
        return asker.choice(option, question, options, before or (None if key.required else str(declared.default)))

    def check(text: str) -> str:
        return form.wrong(key.name, text) if text or key.required else ""

    default = str(before) if before else None if key.required else ""
    text = asker.text(option, question, default, check)
    return form.value(key.name, text) if text else ""


def _is_text(annotation: Any) -> bool:
    """Whether a setting takes a text as it is."""
    if get_origin(annotation) in (Union, UnionType, Annotated):
        return any(_is_text(part) for part in get_args(annotation))
    return annotation is str or (get_origin(annotation) is Literal and isinstance(get_args(annotation)[0], str))


def _has(declared: FieldInfo, mark: str) -> bool:
    extra = declared.json_schema_extra
    return bool(isinstance(extra, dict) and extra.get(mark))
