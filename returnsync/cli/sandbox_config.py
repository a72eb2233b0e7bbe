"""A configuration for a running sandbox: for its demo, or printed for people who try things out."""

import os
import shlex
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from returnsync.errors import ConfigError, NotThereError
from returnsync.folders import open_private
from returnsync.platforms.registry import PLATFORMS

if TYPE_CHECKING:
    from returnsync.config.load import Loaded
    from returnsync.mail.settings import MailSettings
    from returnsync.sandbox import Sandbox
    from returnsync.sandbox.wire import ReturnPlatform

Reference = Callable[[str, str], str]
"""Gives the reference to a secret, of its name and its value."""


def configuration(sandbox: "Sandbox", head: str, reference: Reference, only: Collection[str] | None = None) -> str:
    """A whole configuration for a running sandbox, of all its platforms or `only` some; `head` is its comment."""
    from returnsync.config.draft import draft

    content: dict[str, Any] = {"state": "returnsync.db", "labels": "labels"}
    content["warehouses"] = {"monta": _warehouse(sandbox, reference)}
    content["sources"] = {platform.source: _source(sandbox, platform, reference) for platform in chosen(sandbox, only)}
    if sandbox.mail is not None:
        content["mail"] = {
            "host": "127.0.0.1",
            "port": sandbox.mail.port,
            "security": "plain",
            "from": "Example Shop <returns@shop.example>",
        }
    return draft(head, content)


def in_the_file(_name: str, value: str) -> str:
    """A reference that holds the sandbox's credential itself, which opens nothing but the sandbox."""
    return f"command:echo {shlex.quote(value)}"


def in_files_of(folder: Path) -> Reference:
    """References to files of a folder. Each file is written when its reference is asked for, for its owner only."""
    written: dict[str, str] = {}

    def reference(name: str, value: str) -> str:
        if name not in written:
            path = folder / f"{name}.secret"
            with os.fdopen(open_private(path, os.O_WRONLY | os.O_EXCL), "w", encoding="utf-8") as file:
                file.write(value + "\n")
            written[name] = f"file:{path.name}"
        return written[name]

    return reference


def credentials(sandbox: "Sandbox", only: Collection[str] | None = None) -> Iterator[tuple[str, dict[str, str]]]:
    """What each account is used with, by the keys of the configuration: first Monta's, then those of the platforms."""
    world = sandbox.world
    yield "Monta", {"base_url": sandbox.monta_url, "username": world.username, "password": world.password}
    for platform in chosen(sandbox, only):
        settings = {key: str(value) for key, value in platform.settings().items()}
        yield platform.title, {**platform.addresses(sandbox.url), **settings, **platform.secrets()}


def check_platforms(names: Collection[str]) -> None:
    """Refuse a platform that the sandbox has no stand-in for.

    Raises:
        NotThereError: there is none of that name.
    """
    for name in names:
        if name not in PLATFORMS.built_in:
            raise NotThereError(
                f"The sandbox has no platform {name!r}.", f"Write one of: {', '.join(PLATFORMS.built_in)}."
            )


def refuse_what_is_not_for(sandbox: "Sandbox", loaded: "Loaded") -> None:
    """Refuse a configuration with which a command would reach a real warehouse or a real mail server.

    Platforms are only read, so that they may be anywhere.

    Raises:
        ConfigError: a warehouse or the mail server is not this sandbox's.
    """
    settings = loaded.settings
    outside = [
        f"[warehouses.{name}]"
        for name, warehouse in settings.warehouses.items()
        if not f"{warehouse.base_url}/".startswith(f"{sandbox.monta_url}/")
    ]
    if settings.mail is not None and (sandbox.mail is None or _at(settings.mail) != ("127.0.0.1", sandbox.mail.port)):
        outside.append("[mail]")
    if outside:
        raise ConfigError(
            f"{loaded.path} is not for this sandbox: {', '.join(outside)} is elsewhere. No command was run.",
            f"Name a new file with --config, or write the sandbox's addresses into it: base_url = "
            f'"{sandbox.monta_url}".',
        )


def _at(mail: "MailSettings") -> tuple[str, int]:
    return mail.host, mail.at_port


def _warehouse(sandbox: "Sandbox", reference: Reference) -> dict[str, str]:
    return {
        "kind": "monta",
        "username": reference("username", sandbox.world.username),
        "password": reference("password", sandbox.world.password),
        "carrier": "PostNL",
        "channel": next(iter(sandbox.world.channels)),
        "base_url": sandbox.monta_url,
    }


def _source(sandbox: "Sandbox", platform: "ReturnPlatform", reference: Reference) -> dict[str, object]:
    return {
        "platform": platform.name,
        "warehouse": "monta",
        "start_from": (datetime.now(UTC) - timedelta(days=2)).replace(microsecond=0),
        **platform.settings(),
        **{key: reference(f"{platform.name}_{key}", value) for key, value in platform.secrets().items()},
        **platform.addresses(sandbox.url),
        **({"hand_over": ["email"]} if sandbox.mail is not None else {}),
    }


def chosen(sandbox: "Sandbox", only: Collection[str] | None) -> list["ReturnPlatform"]:
    """The stand-ins of all platforms, or of `only` some."""
    return [platform for platform in sandbox.platforms if not only or platform.name in only]
