"""Keeps a command that runs on the sandbox from every configuration that would reach something real.

`returnsync sandbox … COMMAND` sets a variable in the environment of the command. Each configuration that the command
reads is checked against it in that very reading, whichever file it comes from.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from returnsync.config.settings import Settings
from returnsync.errors import ConfigError

VARIABLE = "RETURNSYNC_SANDBOX"


def environment(monta_url: str, mail_port: int | None) -> dict[str, str]:
    """What the environment of a command has to hold, so that it reaches this sandbox only."""
    return {VARIABLE: json.dumps([monta_url, mail_port])}


def refuse_outside(settings: Settings, path: Path) -> None:
    """Refuse settings with which something real would hear of made-up returns; only where the variable is set.

    Platforms are only read, and so may be anywhere.

    Raises:
        ConfigError: a warehouse, the mail server, a receiver of messages or a program is not the sandbox's.
    """
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return
    monta_url, mail_port = json.loads(wanted)
    outside = list(_outside(settings, monta_url, mail_port))
    if outside:
        raise ConfigError(
            f"{path} is not for this sandbox: {', '.join(outside)} would reach something else. Nothing was done.",
            f"Name a new file with --config, or write the sandbox's addresses into it (base_url = "
            f'"{monta_url}"). If it was written for another port, start the sandbox with that: --port.',
        )


def _outside(settings: Settings, monta_url: str, mail_port: int | None) -> Iterator[str]:
    for name, warehouse in settings.warehouses.items():
        if not f"{warehouse.base_url}/".startswith(f"{monta_url}/"):
            yield f"[warehouses.{name}]"
    if settings.mail is not None and (settings.mail.host, settings.mail.at_port) != ("127.0.0.1", mail_port):
        yield "[mail]"
    for name, source in settings.sources.items():
        if "command" in source.methods:
            yield f"hand_over_command of [sources.{name}]"
    if settings.notify is not None:
        for key in ("ping_url", "webhook", "command"):
            if getattr(settings.notify, key) is not None:
                yield f"{key} of [notify]"
