"""A sandbox in a process of its own, and a configuration for it."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from processes import INSTALLED, FailedError, environment, python

from returnsync.sandbox import World

# Monta's own limit is 4,500 requests in 5 minutes, and returnsync keeps to 80 % of it; a thousand new returns at once
# take 4,000. The stand-in has no limit, so the program is measured and not the waiting.
_LIMITS = '{ "5m" = 10_000_000 }'


# Order numbers of the sandbox's plain returns begin here.
FIRST_ORDER = 100_001


@dataclass(frozen=True, slots=True)
class Stand:
    """A running sandbox, and the folder in which returnsync works with it."""

    url: str
    folder: Path
    env: Mapping[str, str]

    @property
    def config(self) -> Path:
        """The configuration for it."""
        return self.folder / "returnsync.toml"

    @property
    def run(self) -> list[Any]:
        """The command that a user types; with `--yes`, because the guard refuses this many new returns at once."""
        return [INSTALLED, "run", "--yes", "--json", "--config", self.config]

    def establish(self) -> None:
        """Make it a shop that has announced before: a new state makes one more read for each of its first creates."""
        (self.folder / "labels" / "monta").mkdir(parents=True)
        fill = python(Path(__file__).with_name("fill.py"), self.folder / "returnsync.db", "20")
        subprocess.run(fill, check=True, env=self.env, cwd=self.folder)

    def counts(self) -> dict[str, Any]:
        """The counts of the requests to the stand-ins, and of their effects."""
        with urlopen(f"{self.url}/counts") as answer:  # noqa: S310 - our own sandbox on loopback
            counts: dict[str, Any] = json.load(answer)
            return counts


@contextmanager
def sandbox(folder: Path, returns: int, latency: float = 0.0, **settings: object) -> Iterator[Stand]:
    """Start a sandbox with this number of plain returns; `settings` are set for the warehouse in its configuration."""
    folder.mkdir(parents=True)
    world = World.empty()
    secrets = {"username": world.username, "password": world.password, "returnista_token": world.token}
    env = environment(folder.parent, **{f"SANDBOX_{name.upper()}": value for name, value in secrets.items()})
    command = python("-m", "returnsync", "sandbox", "--port", "0", "--returns", str(returns), "--latency", str(latency))
    config = folder / "returnsync.toml"
    with config.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--example-config", "--platform", "returnista"],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
            cwd=folder,
        )
    try:
        # The configuration is printed before the address.
        url = _address(process)
        _set(config, {"limits": _LIMITS, **settings})
        _take_from_variables(config, secrets)
        yield Stand(url, folder, env)
    finally:
        process.terminate()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def _address(process: subprocess.Popen[str]) -> str:
    for line in process.stderr or ():
        if line.startswith("Counts: "):
            return line.removeprefix("Counts: ").strip().rstrip("/")
    raise FailedError("the sandbox did not start")


def _take_from_variables(config: Path, secrets: Mapping[str, str]) -> None:
    """Let the secrets come from the environment: no program is to be started for them in what is measured."""
    text = config.read_text(encoding="utf-8")
    for name, value in secrets.items():
        text = text.replace(f'"command:echo {value}"', f'"env:SANDBOX_{name.upper()}"')
    config.write_text(text, encoding="utf-8")


def _set(config: Path, settings: Mapping[str, object]) -> None:
    table = "[warehouses.monta]\n"
    lines = "".join(f"{key} = {value}\n" for key, value in settings.items())
    config.write_text(config.read_text(encoding="utf-8").replace(table, table + lines, 1), encoding="utf-8")
