"""The questions of `init`, in their order, and what is made of the answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from returnsync.cli.asking import answers
from returnsync.cli.asking.accounts import Form, fill
from returnsync.cli.asking.asker import Asker
from returnsync.cli.asking.secret_places import PLACES, Secrets
from returnsync.cli.asking.trying import Tried, shown
from returnsync.cli.session import say
from returnsync.engine.ask import try_mail, try_platform, try_warehouse
from returnsync.errors import ConfigError
from returnsync.mail.settings import MailSettings
from returnsync.model import Channel, Finding
from returnsync.platforms.registry import PLATFORMS
from returnsync.platforms.source_settings import SourceSettings
from returnsync.plugins import Registry
from returnsync.toml_model import TomlModel
from returnsync.warehouses.interface import WarehouseSettings
from returnsync.warehouses.registry import WAREHOUSES

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
    platform = asker.choice("--platform", "Which return platform?", _titles(PLATFORMS), None)
    secrets = Secrets(base, asker.choice("--secrets", "Where are the secrets kept?", PLACES))
    parts = _Parts(asker, given, Answered(secrets), tries=tries)
    kind = WAREHOUSES.kinds()[0]
    if len(WAREHOUSES.kinds()) > 1 or asker.has("--warehouse"):
        kind = asker.choice("--warehouse", "Which warehouse?", _titles(WAREHOUSES))
    parts.refuse_wrong_options(kind)
    sources: dict[str, Any] = {}
    parts.source(platform, kind, sources)
    warehouse = parts.warehouse(kind)
    while asker.again("Another source?", usually=False):
        parts.next_source(kind, sources)
    content: dict[str, Any] = {"state": "returnsync.db", "labels": "labels"}
    if days := asker.text("--retention", answers.RETENTION, "", answers.check_retention):
        content["retention_days"] = int(days)
    mail = parts.hand_over(sources)
    parts.answered.content = {**content, "warehouses": {kind: warehouse}, "sources": sources, **mail}
    return parts.answered


def _titles(registry: Registry[Any]) -> dict[str, str]:
    """Every installed kind with its title; one that cannot be loaded is no reason to refuse the others."""
    titles = {}
    for kind in registry.kinds():
        try:
            titles[kind] = str(getattr(registry.find(kind), "title", ""))
        except ConfigError as error:
            titles[kind] = error.what
    return titles


class _Parts:
    """The parts of the interview, each of which asks for one table of the configuration."""

    def __init__(self, asker: Asker, given: Given, answered: Answered, *, tries: bool) -> None:
        self.answered = answered
        self._asker = asker
        self._given = given
        self._tries = tries

    def refuse_wrong_options(self, warehouse: str) -> None:
        """Refuse what an option gave for a table that is asked for later, before anything is asked."""
        for table, model in (("warehouse", WAREHOUSES.find(warehouse).settings), ("mail", MailSettings)):
            Form(
                table, model, TomlModel, self.answered.secrets.base, {}, self._given.get(table, {}), f"{table}."
            ).given_values()

    def source(self, platform: str, warehouse: str, sources: dict[str, Any]) -> None:
        """Ask for an account on a platform, and put it into `sources`."""
        asker, given = self._asker, self._given.get("source", {})
        kind = PLATFORMS.find(platform)
        check = answers.check_name({warehouse, *sources})
        name = asker.text("--source", answers.NAME_OF_SOURCE, None if check(platform) else platform, check)
        start = asker.text("--start-from", answers.START, answers.today(), answers.check_start)
        known = {"platform": platform, "warehouse": warehouse, "start_from": answers.start_of(start)}
        secrets = self.answered.secrets
        form = Form(name, kind.settings, SourceSettings, secrets.base, known, given, unwritten={"id": name})
        table = self._account(form, lambda found: try_platform(name, form.settings(found), secrets.of(found, name)))
        if "order_number" not in table:
            default = answers.default_prefix(kind.default_rules)
            prefix = asker.text("--prefix", answers.PREFIX, default or "-", answers.check_prefix)
            table |= answers.rules_for(prefix, default)
        sources[name] = table

    def next_source(self, warehouse: str, sources: dict[str, Any]) -> None:
        """Ask for one more account; the options were about the first."""
        platform = self._asker.choice("", "Which return platform?", _titles(PLATFORMS), None)
        _Parts(type(self._asker)({}), {}, self.answered, tries=self._tries).source(platform, warehouse, sources)

    def warehouse(self, kind: str) -> dict[str, Any]:
        """Ask for the account at the warehouse, with the carrier that it has."""
        given, secrets = self._given.get("warehouse", {}), self.answered.secrets
        channels: list[Channel] = []
        # Which carriers there are is known once the account answers.
        known = {"kind": kind, "carrier": "-"}
        form = Form(kind, WAREHOUSES.find(kind).settings, WarehouseSettings, secrets.base, known, given, "warehouse.")

        def trial(found: dict[str, Any]) -> Sequence[Finding]:
            findings, listed = try_warehouse(kind, form.settings(found), secrets.of(found, kind))
            channels[:] = listed
            return findings

        table = self._account(form, trial)
        if "carrier" not in given:
            table["carrier"] = answers.ask_carrier(self._asker, channels)
        if "channel" not in given and (channel := answers.ask_channel(self._asker, channels)):
            table["channel"] = channel
        return table

    def hand_over(self, sources: dict[str, Any]) -> dict[str, Any]:
        """Ask how labels reach the consumers, and put it into each source; gives the table `mail`, if needed."""
        methods = {method for table in sources.values() for method in table.get("hand_over", ())}
        if not methods:
            methods = {self._asker.choice("--hand-over", "How do labels reach the consumers?", answers.HAND_OVER)}
            if methods != {"folder"}:
                sources.update({name: {**table, "hand_over": [*methods]} for name, table in sources.items()})
        without = [table for table in sources.values() if "command" in methods and "hand_over_command" not in table]
        if without:
            question = "The program, by its whole path"
            program = self._asker.text("--set hand_over_command", question, None, answers.check_program)
            for table in without:
                table["hand_over_command"] = [program]
        return {"mail": self._mail()} if "email" in methods else {}

    def _mail(self) -> dict[str, Any]:
        given, secrets = self._given.get("mail", {}), self.answered.secrets
        also = ("security", "port", "username")
        form = Form(
            "mail", MailSettings, TomlModel, secrets.base, {}, given, "mail.", also=also, when_needed=("password",)
        )
        return self._account(form, lambda found: try_mail(form.settings(found), secrets.of(found, "mail")))

    def _account(self, form: Form, trial: Callable[[dict[str, Any]], Sequence[Finding]]) -> dict[str, Any]:
        """Ask for an account and try it, until it is accepted or the person goes on without that."""
        secrets, table = self.answered.secrets, dict[str, Any]()
        while True:
            table = fill(form, self._asker, secrets, table)
            if not self._tries or not self._asker.is_complete:
                return table
            if lacking := secrets.lacking(table):
                say(f"{form.name} was not tried, because there is nothing yet at: {', '.join(lacking)}.")
                return table
            say(f"Trying {form.name} …")
            tried = shown(form.name, trial(table))
            if tried is not Tried.REFUSED or not self._asker.again("Type them again?", usually=True):
                self.answered.tried.append(tried)
                return table
            secrets.forget(table)
