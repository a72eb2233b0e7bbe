"""The questions of `init`, in their order, and what is made of the answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from returnsync.cli.asking import answers
from returnsync.cli.asking.accounts import ask_for
from returnsync.cli.asking.asker import Asker
from returnsync.cli.asking.secret_places import PLACES, Secrets
from returnsync.cli.asking.trying import Tried, shown
from returnsync.cli.session import say
from returnsync.engine.ask import try_mail, try_platform, try_warehouse
from returnsync.mail.settings import MailSettings
from returnsync.platforms.registry import PLATFORMS
from returnsync.platforms.source_settings import SourceSettings
from returnsync.toml_model import TomlModel
from returnsync.warehouses.interface import WarehouseSettings
from returnsync.warehouses.registry import WAREHOUSES

if TYPE_CHECKING:
    from returnsync.model import Channel

Given = Mapping[str, Mapping[str, str]]
"""What `--set` gave: the settings of the tables `source`, `warehouse` and `mail`."""


@dataclass
class Answered:
    """What was answered, as a parsed configuration would be, and what the accounts said to it."""

    secrets: Secrets
    content: dict[str, Any] = field(default_factory=dict)
    tried: list[Tried] = field(default_factory=list)


def interview(asker: Asker, given: Given, base: Path, *, tries: bool) -> Answered:
    """Ask everything. With `tries` the credentials are tried, each time that they are complete. Nothing is written.

    Raises:
        NotThereError: an option gave what the configuration would refuse.
        typer.Abort: Ctrl-C was pressed.
    """
    secrets = Secrets(base, asker.choice("--secrets", "Where are the secrets kept?", PLACES))
    interview = _Interview(asker, given, Answered(secrets), tries=tries)
    kind = asker.choice("--warehouse", "Which warehouse?", _titles(WAREHOUSES)) if len(WAREHOUSES.kinds()) > 1 else ""
    kind = kind or WAREHOUSES.kinds()[0]
    sources: dict[str, Any] = {}
    interview.source(kind, sources)
    warehouse = interview.warehouse(kind)
    while asker.again("Another source?", usually=False):
        interview.next_source(kind, sources)
    content: dict[str, Any] = {"state": "returnsync.db", "labels": "labels"}
    if days := asker.text("--retention", answers.RETENTION, "", answers.check_retention):
        content["retention_days"] = int(days)
    mail = interview.hand_over(sources)
    interview.answered.content = {**content, "warehouses": {kind: warehouse}, "sources": sources, **mail}
    return interview.answered


def _titles(registry: Any) -> dict[str, str]:
    return {kind: str(getattr(registry.find(kind), "title", kind)) for kind in registry.kinds()}


class _Interview:
    """One part of the questions after the other."""

    def __init__(self, asker: Asker, given: Given, answered: Answered, *, tries: bool) -> None:
        self.answered = answered
        self._asker = asker
        self._given = given
        self._tries = tries

    def source(self, warehouse: str, sources: dict[str, Any]) -> None:
        """Ask for an account on a platform, and put it into `sources`."""
        asker = self._asker
        platform = asker.choice("--platform", "Which return platform?", _titles(PLATFORMS), None)
        kind = PLATFORMS.find(platform)
        check = answers.check_name({warehouse, *sources})
        question = "A name for this account; it is part of every code at the warehouse and must not change"
        name = asker.text("--source", question, "" if platform in sources else platform, check)
        start = asker.text("--start-from", answers.START, answers.today(), answers.check_start)
        table = {"platform": platform, "warehouse": warehouse, "start_from": answers.date_of(start)}
        given = self._given.get("source", {})
        table = self._account(
            lambda: ask_for(asker, self.answered.secrets, kind.settings, SourceSettings, table, name, given),
            lambda found: try_platform(
                name, _settings(kind.settings, {"id": name, **found}), self.answered.secrets.of(found, name)
            ),
            name,
        )
        default = answers.default_prefix(kind.default_rules)
        prefix = asker.text("--prefix", answers.PREFIX, default or "-", answers.check_prefix)
        if "order_number" not in given:
            table |= answers.rules_for(prefix, default)
        sources[name] = table

    def next_source(self, warehouse: str, sources: dict[str, Any]) -> None:
        """Ask for one more account; the options were about the first."""
        _Interview(type(self._asker)({}), {}, self.answered, tries=self._tries).source(warehouse, sources)

    def warehouse(self, kind: str) -> dict[str, Any]:
        """Ask for the account at the warehouse, with the carrier that it has."""
        asker, model = self._asker, WAREHOUSES.find(kind).settings
        channels: list[Channel] = []
        given = self._given.get("warehouse", {})

        def trial(found: dict[str, Any]) -> Any:
            tried, listed = try_warehouse(kind, _settings(model, found), self.answered.secrets.of(found, kind))
            channels[:] = listed
            return tried

        start = {"kind": kind, "carrier": "-"}
        table = self._account(
            lambda: ask_for(asker, self.answered.secrets, model, WarehouseSettings, start, kind, given), trial, kind
        )
        table["carrier"] = answers.ask_carrier(asker, channels)
        if channel := answers.ask_channel(asker, channels):
            table["channel"] = channel
        return table

    def hand_over(self, sources: dict[str, Any]) -> dict[str, Any]:
        """Ask how labels reach the consumers, and put it into each source; gives the table `mail`, if needed."""
        asker = self._asker
        method = asker.choice("--hand-over", "How do labels reach the consumers?", answers.HAND_OVER)
        if method == "folder":
            return {}
        for table in sources.values():
            table["hand_over"] = [method]
        if method == "command":
            program = asker.text("--set hand_over_command", "The program, by its whole path")
            for table in sources.values():
                table.setdefault("hand_over_command", [program])
            return {}
        return {"mail": self._account(self._mail, self._try_mail, "mail")}

    def _mail(self) -> dict[str, Any]:
        asker, secrets, given = self._asker, self.answered.secrets, self._given.get("mail", {})
        table = ask_for(asker, secrets, MailSettings, TomlModel, {}, "mail", given)
        if "security" not in table:
            table["security"] = asker.choice("--set mail.security", "How is the connection secured?", answers.SECURITY)
        if "username" not in table and (user := asker.text("--set mail.username", "Login name, if it needs one", "")):
            table["username"] = user
        if "username" in table and "password" not in table:
            table["password"] = secrets.ask(asker, "mail", "password", "of the mail account", "env:MAIL_PASSWORD")
        return table

    def _try_mail(self, found: dict[str, Any]) -> Any:
        return try_mail(_settings(MailSettings, found), self.answered.secrets.of(found, "mail"))

    def _account(
        self, ask: Callable[[], dict[str, Any]], trial: Callable[[dict[str, Any]], Any], name: str
    ) -> dict[str, Any]:
        """Ask for an account and try it, until it is accepted or the person goes on without."""
        while True:
            table = ask()
            if not self._tries or not self._asker.is_complete:
                return table
            if lacking := self.answered.secrets.lacking(table):
                say(f"{name} was not tried: {', '.join(lacking)} does not exist yet.")
                return table
            say(f"Trying {name} …")
            tried = shown(name, trial(table))
            if tried is Tried.ACCEPTED or not self._asker.again("Type them again?", usually=tried is Tried.REFUSED):
                self.answered.tried.append(tried)
                return table
            for value in table.values():
                self.answered.secrets.forget(str(value))


def _settings(model: Any, table: Mapping[str, Any]) -> Any:
    return model.model_validate(dict(table), context={"folder": None})
