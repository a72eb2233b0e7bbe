"""A configuration for a running sandbox: for its demo, or printed for people who try things out."""

import os
import shlex
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from returnsync.errors import NotThereError
from returnsync.folders import open_private
from returnsync.platforms.registry import PLATFORMS

if TYPE_CHECKING:
    from returnsync.sandbox import Sandbox
    from returnsync.sandbox.wire import ReturnPlatform

Reference = Callable[[str, str], str]
"""Gives the reference to a secret, of its name and its value."""

# The default of `guard_first`.
_USUAL_GUARD = 500


def configuration(
    sandbox: "Sandbox", head: str, reference: Reference, only: Collection[str] | None = None, most: int = 0
) -> str:
    """A whole configuration for a running sandbox, of all its platforms or `only` some; `head` is its comment.

    The guard lets `most` returns of each source pass in a first run.
    """
    from returnsync.config.draft import draft

    content: dict[str, Any] = {"state": "returnsync.db", "labels": "labels"}
    content["warehouses"] = {"monta": _warehouse(sandbox, reference)}
    guard = {"guard_first": most} if most > _USUAL_GUARD else {}
    content["sources"] = {
        platform.source: _source(sandbox, platform, reference) | guard for platform in chosen(sandbox, only)
    }
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
    if sandbox.mail is not None:
        yield "Mail", {"host": "127.0.0.1", "port": str(sandbox.mail.port), "security": "plain"}


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
