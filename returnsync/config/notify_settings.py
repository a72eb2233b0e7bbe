"""The settings of `[notify]`: where else a run is reported."""

import shlex
import threading
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from returnsync.errors import ConfigError
from returnsync.http.message import Address
from returnsync.paths import ConfigPath
from returnsync.redact import register_secret
from returnsync.secrets import KINDS, SecretRef
from returnsync.toml_model import TomlModel

_ENDING = ".prom"
# A path up to this length is easy to guess, and masking it would make texts unreadable.
_SHORTEST_PATH = 8


def _address_or_reference(text: str) -> str:
    """Check the form. An error does not repeat the text, which may be the secret."""
    if text.startswith(KINDS):
        return SecretRef.parse(text)
    try:
        Address.parse(text, "address")
    except ConfigError as error:
        what = error.what.removeprefix("The address ").rstrip(".")
        raise ValueError(f"{what}; write an https address, or a reference to one such as env:PING_URL") from None
    return text


def _for_the_exporter(path: str) -> str:
    if not path.endswith(_ENDING) or Path(path).name == _ENDING:
        raise ValueError(
            'must end in .prom, since the exporter reads no other files; write e.g. metrics = "returnsync.prom"'
        )
    return path


def _a_program(command: str) -> str:
    try:
        if shlex.split(command):
            return command
    except ValueError as error:
        raise ValueError(f"is no command line ({error})") from None
    raise ValueError("names no program")


class NotifySettings(TomlModel):
    """Where else a run is reported. Each part is off unless it is set here."""

    ping_url: Annotated[str, AfterValidator(_address_or_reference)] | None = Field(
        default=None,
        description="The address of a dead man's switch, or a reference to it. When a run begins, it sends a request "
        "to `/start` below that address. At its end it sends its summary: after a success to the address "
        "itself, otherwise to `/` and its exit code.",
        examples=["env:PING_URL"],
    )
    ping_held: Literal["ok", "fail"] = Field(
        default="ok",
        description="Whether exit code 1 (something is held) is a success or a failure for the ping. With `fail`, "
        "every run sends a failure for as long as something is held.",
    )
    webhook: Annotated[str, AfterValidator(_address_or_reference)] | None = Field(
        default=None,
        description="An address, or a reference to it, to which messages are posted. There is one for each source or "
        "warehouse with something new: JSON, with its text under `text`.",
        examples=["env:WEBHOOK_URL"],
    )
    command: Annotated[str, AfterValidator(_a_program)] | None = Field(
        default=None,
        description="A program that gets the same messages on its standard input. It is started once for each message, "
        "without a shell.",
        examples=["/usr/local/bin/tell-us"],
    )
    timeout: float = Field(
        default=5.0,
        gt=0,
        le=60,
        description="Seconds that one message may take in all; a run waits at most this long at its end. Each message "
        "is tried once.",
        examples=[5.0],
    )
    metrics: Annotated[ConfigPath, AfterValidator(_for_the_exporter)] | None = Field(
        default=None,
        description="The file that each run writes for Prometheus' node exporter; it must end in `.prom`.",
        examples=["/var/lib/node_exporter/returnsync.prom"],
    )


def message_address(text: str, base: Path, where: str, stop: threading.Event) -> Address:
    """The address that the setting named `where` stands for, masked from now on; relative paths start from `base`.

    Raises:
        ConfigError: the secret cannot be found, or is not an address for messages. The error does not repeat it.
        Interrupted: `stop` was set.
    """
    url = SecretRef(text).resolve(base, where, stop) if text.startswith(KINDS) else text
    register_secret(url.strip())
    address = Address.parse(url, where)
    if len(address.path) > _SHORTEST_PATH:
        register_secret(address.path)
    return address
