"""Try accounts that no configuration has yet, as `init` asks for them. Only reads; a label is never asked for."""

import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from returnsync.engine.ask.check import failures_as_findings
from returnsync.engine.clients import Clients
from returnsync.errors import AccountError, CallError
from returnsync.http.account import CallSettings
from returnsync.http.client import Reader
from returnsync.mail.settings import MailSettings
from returnsync.model import Channel, Finding, WarehouseName
from returnsync.platforms.registry import PLATFORMS
from returnsync.platforms.source_settings import SourceSettings
from returnsync.secrets import SecretOf
from returnsync.warehouses.interface import WarehouseSettings

_Settings = TypeVar("_Settings", bound=CallSettings)

# A person waits for the answer.
_IMPATIENT = {"attempts": 1, "read_timeout": 10.0, "exchange_timeout": 20.0}


def try_platform(name: str, settings: SourceSettings, secret: SecretOf) -> list[Finding]:
    """What the account of a source answers to its credentials; one read, as `check` makes it."""
    kind = PLATFORMS.find(settings.platform)

    def check() -> Iterator[Finding]:
        with _clients() as clients:
            brief = _impatient(settings)
            yield from kind(settings.id, brief, clients.open(Reader, name, brief, kind, secret)).check()

    return [finding for _, finding in failures_as_findings(name, check)]


def try_warehouse(name: str, settings: WarehouseSettings, secret: SecretOf) -> tuple[list[Finding], Sequence[Channel]]:
    """What a warehouse account answers to its credentials, and its sales channels with their carriers.

    There are no channels where they cannot be read; that alone is no finding.
    """
    channels: list[Channel] = []

    def check() -> Iterator[Finding]:
        with _clients() as clients:
            opened = clients.open_warehouse(WarehouseName(name), _impatient(settings), secret)
            yield from opened.check()
            with suppress(AccountError, CallError):
                channels.extend(opened.channels())

    return [finding for _, finding in failures_as_findings(name, check)], channels


def try_mail(settings: MailSettings, secret: SecretOf) -> list[Finding]:
    """Whether the mail server lets the account in. Nothing is mailed."""
    from returnsync.mail.account import MailAccount

    def check() -> Iterator[Finding]:
        with closing(MailAccount(settings, partial(secret, "password"), threading.Event())) as account:
            account.check()
            yield Finding("login", ok=True, text=f"{settings.host}:{settings.at_port} accepts the login")

    return [finding for _, finding in failures_as_findings("mail", check)]


@contextmanager
def _clients() -> Iterator[Clients]:
    """Clients whose counts of requests are gone afterwards: there is no state yet that they belong to."""
    with tempfile.TemporaryDirectory() as folder:
        clients = Clients(Path(folder) / "trial.db", threading.Event())
        try:
            yield clients
        finally:
            clients.close()


def _impatient(settings: _Settings) -> _Settings:
    return settings.model_copy(update=_IMPATIENT)
