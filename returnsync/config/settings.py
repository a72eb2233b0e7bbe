"""The settings of one configuration file, composed from the adapters that the file names.

Each account is validated by the settings class of its own platform or warehouse. An adapter that no account names is
not even imported, and there is no schema that joins them all.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic_core import core_schema

from returnsync.config.checks import NAME, NAME_RULE, across
from returnsync.config.log_settings import LogSettings, taken_by
from returnsync.config.notify_settings import NotifySettings
from returnsync.config.problems import KeyPath, Problem, did_you_mean
from returnsync.errors import ConfigError
from returnsync.http.account import CallSettings
from returnsync.mail.settings import MailSettings
from returnsync.paths import PathText
from returnsync.platforms.registry import PLATFORMS
from returnsync.platforms.source_settings import IN_SAMPLE, SourceSettings
from returnsync.toml_model import TomlModel
from returnsync.warehouses.interface import WarehouseSettings
from returnsync.warehouses.registry import WAREHOUSES

_Table = Mapping[str, Any]
T = TypeVar("T", bound=BaseModel)


class _AsGiven:
    """Accepts accounts as they are: their own classes have already validated them."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> core_schema.CoreSchema:
        return core_schema.any_schema()


class Settings(TomlModel):
    """Everything that one configuration file says. Made by `compose`, which fills in the `id` of each source."""

    state: PathText = Field(
        default="returnsync.db",
        min_length=1,
        description="The file that remembers every return and every call; without it nothing is known of earlier runs.",
        examples=["returnsync.db"],
        json_schema_extra={IN_SAMPLE: True},
    )
    labels: PathText = Field(
        default="labels",
        min_length=1,
        description="The folder for label files.",
        examples=["labels"],
        json_schema_extra={IN_SAMPLE: True},
    )
    reasons: PathText = Field(
        default="reasons.toml",
        min_length=1,
        description="The pairs of return reasons, written by `returnsync map-reasons`.",
        examples=["reasons.toml"],
        json_schema_extra={IN_SAMPLE: True},
    )
    retention_days: int | None = Field(
        default=None,
        ge=1,
        le=36_500,
        description="How many days names, addresses and texts are kept after a return is done. Without it they are "
        "kept for ever. What is erased and what is kept: docs/privacy.md.",
        examples=[90],
    )
    retention_labels: bool = Field(
        default=False,
        description="Whether the label files of erased returns are removed too.",
        examples=[False],
    )
    log: Annotated[LogSettings | None, _AsGiven] = Field(
        default=None, description="Where the log goes, and how much of it is kept. Without it there is none."
    )
    notify: Annotated[NotifySettings | None, _AsGiven] = Field(
        default=None, description="Who is notified of each run. Without it nobody is."
    )
    mail: Annotated[MailSettings | None, _AsGiven] = Field(
        default=None, description="The account through which labels are mailed to consumers."
    )
    warehouses: Annotated[dict[str, WarehouseSettings], _AsGiven] = Field(
        description="The warehouse accounts, by name.", examples=[{}]
    )
    sources: Annotated[dict[str, SourceSettings], _AsGiven] = Field(
        description="The accounts on return platforms, by name.", examples=[{}]
    )

    @field_validator("state")
    @classmethod
    def _is_a_file(cls, state: str) -> str:
        if state.startswith(("postgresql:", "postgres:")):
            raise ValueError('a PostgreSQL database is not supported yet; write a file, e.g. state = "returnsync.db"')
        if "://" in state:
            raise ValueError('must be a file, not an address; write e.g. state = "returnsync.db"')
        return state


def compose(raw: _Table, folder: Path | None = None) -> tuple[Settings | None, list[Problem]]:
    """The settings in a parsed file; or `None`, with every problem in it.

    Relative paths in an account's settings start from `folder`.
    """
    problems: list[Problem] = []
    tables = {
        "log": _log(raw, problems, folder),
        "notify": _notify(raw, problems, folder),
        "mail": _one_table(MailSettings, "mail", 'host = "smtp.example.com"', raw, problems, folder),
    }
    accounts = {
        "warehouses": _accounts(raw, "warehouses", "kind", _of_warehouse, problems, folder),
        "sources": _accounts(raw, "sources", "platform", _of_platform, problems, folder),
    }
    problems += [*across(raw), *_sent_nowhere(raw, accounts["sources"]), *_one_account(raw, accounts["sources"])]
    problems += _handed_over_by_nobody(raw, accounts["sources"])
    settings = None
    try:
        settings = Settings.model_validate({**raw, **tables, **accounts})
    except ValidationError as error:
        problems += _explained(error, Settings, (), raw)
    return (None if problems else settings), problems


def _log(raw: _Table, problems: list[Problem], folder: Path | None) -> LogSettings | None:
    """The table `[log]`, if the file has one and it is valid; its problems go into `problems`."""
    log = _one_table(LogSettings, "log", 'file = "returnsync.log"', raw, problems, folder)
    if log is not None and (key := _is_taken(log.file, raw, folder)) is not None:
        problems.append(Problem(("log", "file"), f'is a file of `{key}`; write another, e.g. file = "returnsync.log"'))
    return log


def _notify(raw: _Table, problems: list[Problem], folder: Path | None) -> NotifySettings | None:
    """The table `[notify]`, as `_log`."""
    notify = _one_table(NotifySettings, "notify", 'metrics = "returnsync.prom"', raw, problems, folder)
    if notify is not None and notify.metrics and (key := _is_taken(notify.metrics, raw, folder)) is not None:
        text = f'is a file of `{key}`; write another, e.g. metrics = "returnsync.prom"'
        problems.append(Problem(("notify", "metrics"), text))
    return notify


def _one_table(
    model: type[T], key: str, first_line: str, raw: _Table, problems: list[Problem], folder: Path | None
) -> T | None:
    """A table that a file may have once, if the file has it and it is valid; its problems go into `problems`."""
    if key not in raw:
        return None
    table = raw[key]
    if not isinstance(table, dict):
        problems.append(Problem((key,), f"must be a table: [{key}], and below it {first_line}"))
        return None
    try:
        return model.model_validate(table, context={"folder": folder})
    except ValidationError as error:
        problems += _explained(error, model, (key,), table)
        return None


def _is_taken(file: str, raw: _Table, folder: Path | None) -> str | None:
    others = {key: Settings.model_fields[key].default for key in ("state", "reasons")}
    return taken_by(file, raw, others, folder or Path())


def _of_platform(kind: str) -> type[CallSettings]:
    return PLATFORMS.find(kind).settings


def _of_warehouse(kind: str) -> type[CallSettings]:
    return WAREHOUSES.find(kind).settings


def _accounts(
    raw: _Table,
    group: str,
    kind_key: str,
    settings_of: Callable[[str], type[CallSettings]],
    problems: list[Problem],
    folder: Path | None,
) -> dict[str, CallSettings]:
    """The valid accounts of one group; the problems of the others go into `problems`."""
    valid: dict[str, CallSettings] = {}
    tables = raw.get(group)
    if not isinstance(tables, dict) or not tables:
        problems.append(Problem((group,), f"is missing; write a table [{group}.NAME] with {kind_key} = … in it"))
        return valid
    for name, table in tables.items():
        at = (group, name)
        if not NAME.fullmatch(name):
            problems.append(Problem(at, NAME_RULE))
        if not isinstance(table, dict):
            problems.append(Problem(at, f"must be a table; put its keys under a name of your own: [{group}.NAME]"))
            continue
        try:
            kind = table.get(kind_key)
            model = settings_of(kind if isinstance(kind, str) else "")
            # A source's lasting identity is its name, unless the file says otherwise.
            content = {"id": name, **table} if group == "sources" else table
            valid[name] = model.model_validate(content, context={"folder": folder})
        except ConfigError as error:
            problems.append(Problem((*at, kind_key), _no_such_kind(kind_key, table, error)))
            continue
        except ValidationError as error:
            problems += _explained(error, model, at, table)
    return valid


def _sent_nowhere(raw: _Table, sources: Mapping[str, CallSettings]) -> Iterator[Problem]:
    """Sources that send some returns to another warehouse, beside their own, that the file does not have."""
    known = raw.get("warehouses")
    if not isinstance(known, dict):
        return
    for name, source in sources.items():
        others = source.warehouses() if isinstance(source, SourceSettings) else ()
        for wanted in others[1:]:
            if wanted not in known:
                question = did_you_mean(wanted, known)
                text = f"sends returns to {wanted!r}, but no [warehouses.…] has this name. {question}"
                yield Problem(("sources", name), text.strip())


def _handed_over_by_nobody(raw: _Table, sources: Mapping[str, CallSettings]) -> Iterator[Problem]:
    """Sources whose labels are to be handed over by a program or mail account that is not configured."""
    for name, source in sources.items():
        methods = source.methods if isinstance(source, SourceSettings) else ()
        if "command" in methods and not getattr(source, "hand_over_command", ()):
            text = 'names "command", and no program; write hand_over_command = ["/path/to/program"]'
            yield Problem(("sources", name, "hand_over"), text)
        if "email" in methods and "mail" not in raw:
            text = 'mails labels, and there is no table [mail]; write one, with host = "…" and from = "…" in it'
            yield Problem(("sources", name, "hand_over"), text)


def _one_account(raw: _Table, sources: Mapping[str, CallSettings]) -> Iterator[Problem]:
    """Two sources of one account where several keys together name the account; for one key, see `checks.across`."""
    seen: dict[tuple[str, str], str] = {}
    for name, source in sources.items():
        if not isinstance(source, SourceSettings):
            continue
        key = PLATFORMS.find(source.platform).account_key
        if key in raw["sources"][name]:
            continue
        account = (source.platform, str(getattr(source, key)))
        if account in seen:
            text = f"is the same account as [sources.{seen[account]}]; leave one of the two sources out"
            yield Problem(("sources", name), text)
        seen.setdefault(account, name)


def _explained(error: ValidationError, model: type[BaseModel], at: KeyPath, table: _Table) -> list[Problem]:
    from returnsync.config.explain import explain

    return explain(error, model, at, table)


def _no_such_kind(kind_key: str, table: _Table, error: ConfigError) -> str:
    kind = table.get(kind_key)
    if not isinstance(kind, str):
        return f"{'must be a text in quotes' if kind_key in table else 'is missing'}. {error.next_step}"
    known = PLATFORMS.built_in if kind_key == "platform" else WAREHOUSES.built_in
    return " ".join(filter(None, (error.what, error.next_step, did_you_mean(kind, known))))
