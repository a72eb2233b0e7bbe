"""A configuration written from chosen settings: only those, each with its purpose."""

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from pydantic import BaseModel

from returnsync.config.settings import Settings
from returnsync.config.written import written, written_key
from returnsync.mail.settings import MailSettings
from returnsync.platforms.registry import PLATFORMS
from returnsync.warehouses.registry import WAREHOUSES

_COMMENT_COLUMN = 38
_WIDTH = 120

Table = Mapping[str, Any]


def draft(head: str, content: Mapping[str, Any]) -> str:
    """The TOML of a configuration; where a key occurs first, it has the first sentence of its description.

    `content` is like a parsed file: the keys at the top, `warehouses` and `sources` by name, and `mail` if it is there.
    `head` is the comment at the top of the file, each line with its #.

    Raises:
        ConfigError: an account names a platform or a kind of warehouse that is not installed.
    """
    explained: set[str] = set()
    top = {key: value for key, value in content.items() if not isinstance(value, Mapping)}
    parts = [head.rstrip(), "", *_keys(top, Settings, explained)]
    for name, table in content["warehouses"].items():
        model: type[BaseModel] = WAREHOUSES.find(table["kind"]).settings
        parts += ["", f"[warehouses.{written_key(name)}]", *_keys(table, model, explained)]
    for name, table in content["sources"].items():
        model = PLATFORMS.find(table["platform"]).settings
        parts += ["", f"[sources.{written_key(name)}]", *_keys(table, model, explained)]
    if "mail" in content:
        parts += ["", "[mail]", *_keys(content["mail"], MailSettings, explained)]
    return "\n".join(parts) + "\n"


def line(pair: str, gist: str) -> str:
    """A key and its value, with its purpose to the right if that fits, else above."""
    beside = f"{pair:<{_COMMENT_COLUMN}} # {gist}"
    if len(pair) <= _COMMENT_COLUMN and len(beside) <= _WIDTH:
        return beside
    return "\n".join([*(f"# {part}" for part in wrap(gist, _WIDTH - 2)), pair])


def gist(description: str) -> str:
    """The first sentence of a description, without its full stop."""
    return description.split(". ", maxsplit=1)[0].removesuffix(".")


def _keys(table: Table, model: type[BaseModel], explained: set[str]) -> Iterator[str]:
    gists = {field.alias or name: gist(field.description or "") for name, field in model.model_fields.items()}
    for key, value in table.items():
        pair, about = f"{written_key(key)} = {written(value)}", gists.get(key, "")
        yield line(pair, about) if about and about not in explained else pair
        explained.add(about)
