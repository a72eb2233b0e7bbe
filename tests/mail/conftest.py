from __future__ import annotations

import ssl
import threading
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from returnsync.mail.account import MailAccount
from returnsync.mail.settings import MailSettings
from returnsync.sandbox.mail import MailServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CERTIFICATE = Path(__file__).parent / "data" / "localhost.pem"
"""A key and a certificate for localhost; they give access to nothing."""

PASSWORD = "Zonnebloempit"


def certificate() -> ssl.SSLContext:
    """The certificate by which a server proves that it is localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def mail_to(address: str, text: str = "Beste,\n.\nTot ziens\n") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Shop <returns@shop.example>"
    message["To"] = address
    message["Message-ID"] = "<shop-nl-1.label.1@shop.example>"
    message.set_content(text)
    return message


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer(certificate(), password=PASSWORD) as running:
        yield running


SHORT = {"read_timeout": 1, "exchange_timeout": 2}
"""Seconds to wait for a server that falls silent. Where the server answers, the defaults leave it enough time."""


def patience(way: str) -> dict[str, int]:
    """The settings of an account whose server goes wrong in that way."""
    return SHORT if way == "silence" else {}


@pytest.fixture
def account() -> Iterator[Callable[..., MailAccount]]:
    """Makes the account at a server; settings that are named replace the fitting ones."""
    made: list[MailAccount] = []

    def make(server: MailServer, password: str = PASSWORD, **settings: Any) -> MailAccount:
        fitting = {
            "host": "localhost",
            "port": server.port,
            "username": server.user,
            "password": "env:MAIL_PASSWORD" if settings.get("username", True) else None,
            "ca_file": str(CERTIFICATE),
            "from": "Shop <returns@shop.example>",
            "read_timeout": 30,
            "exchange_timeout": 30,
        }
        made.append(MailAccount(MailSettings(**(fitting | settings)), lambda: password, threading.Event()))
        return made[-1]

    yield make
    for one in made:
        one.close()
