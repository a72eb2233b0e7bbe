"""A merchant's set-up in the sandbox, and ways to run the real command against it."""

import json
import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine
import tomli_w
from pydantic import ValidationError
from typer.testing import CliRunner

from returnsync.cli import schemas
from returnsync.cli.app import app
from returnsync.sandbox import Sandbox
from returnsync.sandbox.wire import ReturnPlatform
from returnsync.state import migrations

# Retries would make tests wait: each test about retries sets its own number.
_FAST = {"attempts": 1, "connect_timeout": 2.0, "read_timeout": 5.0}


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Shop:
    """A merchant's set-up: an account on one platform or several, one at Monta, all in the sandbox, and a folder.

    `source` replaces values in the first platform's table, which is called `shop-nl` whatever platform it is.
    """

    folder: Path
    sandbox: Sandbox
    platforms: tuple[str, ...] = ("returnista",)
    source: dict[str, Any] = field(default_factory=dict)
    warehouse: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "returnsync.toml"

    @property
    def state(self) -> Path:
        return self.folder / "returnsync.db"

    @property
    def environment(self) -> dict[str, str]:
        world = self.sandbox.world
        secrets = {
            _variable(platform, key): secret
            for platform in self.sandbox.platforms
            for key, secret in platform.secrets().items()
        }
        cache = str(self.folder / "cache")
        return {"SHOP_USER": world.username, "SHOP_PASSWORD": world.password, "XDG_CACHE_HOME": cache, **secrets}

    def platform(self, name: str = "") -> ReturnPlatform:
        """The stand-in of a platform, the first of this shop unless another is named."""
        return next(one for one in self.sandbox.platforms if one.name == (name or self.platforms[0]))

    def _tables(self) -> dict[str, dict[str, Any]]:
        """The tables of the sources."""
        tables = {}
        for platform in map(self.platform, self.platforms):
            tables["shop-nl" if not tables else platform.source] = {
                "platform": platform.name,
                "warehouse": "monta",
                "start_from": datetime.now(UTC) - timedelta(days=30),
                **platform.settings(),
                **{key: f"env:{_variable(platform, key)}" for key in platform.secrets()},
                **platform.addresses(self.sandbox.url),
                **_FAST,
            }
        return tables

    def write_config(self) -> Path:
        """Write the configuration as it is now; `source`, `warehouse` and `more` replace values of the plain one."""
        sources = self._tables()
        sources["shop-nl"] |= self.source
        content = {
            "warehouses": {
                "monta": {
                    "kind": "monta",
                    "username": "env:SHOP_USER",
                    "password": "env:SHOP_PASSWORD",
                    "carrier": "PostNL",
                    "channel": next(iter(self.sandbox.world.channels)),
                    "base_url": self.sandbox.monta_url,
                    **_FAST,
                    # So short that a lost call is settled within the run that lost it.
                    "settle_after": 30,
                    **self.warehouse,
                }
            },
            "sources": sources,
            **self.more,
        }
        self.config.write_text(tomli_w.dumps(content), encoding="utf-8")
        return self.config

    def __call__(self, *arguments: str) -> Ran:
        """Run a command inside this process."""
        self.write_config()
        result = CliRunner().invoke(
            app, [*arguments, "--config", str(self.config)], env=self.environment, catch_exceptions=False
        )
        ran = Ran(result.exit_code, result.stdout, result.stderr)
        hold_to_schema(arguments, ran)
        return ran

    def run(self, *arguments: str) -> dict[str, Any]:
        """Make one run inside this process; give its `--json` output."""
        return self("run", "--json", *arguments).json

    def held(self) -> list[dict[str, str]]:
        """Everything that is held now."""
        return self("held", "--json").json

    def causes(self) -> dict[str, str]:
        """Order number → cause, for everything that is held."""
        return {item["order_number"]: item["cause"] for item in self.held()}

    def process(self, *arguments: str, program: tuple[str, ...] = ("-m", "returnsync"), **environment: str) -> Ran:
        """Run a command as a process of its own, as cron does."""
        self.write_config()
        done = subprocess.run(
            [sys.executable, *program, *arguments, "--config", str(self.config)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **self.environment, **environment},
            timeout=120,
        )
        ran = Ran(done.returncode, done.stdout, done.stderr)
        hold_to_schema(arguments, ran)
        return ran

    def labels(self) -> list[Path]:
        """The label files on disk, without files that are no usable labels."""
        beside = (".unusable", ".handed-over")
        files = (self.folder / "labels").glob("*/*")
        return sorted(file for file in files if not any(part in file.name for part in beside))

    @property
    def forecasts(self) -> list[Any]:
        """Every forecast that is at Monta."""
        return list(self.sandbox.monta.forecasts)

    def assert_nothing_twice(self) -> None:
        """Assert, by the counts of the stand-in, that nothing was announced or labelled twice."""
        codes = [forecast.code for forecast in self.forecasts]
        assert len(codes) == len(set(codes)), "a code was announced twice"
        labelled = [label.code for label in self.sandbox.monta.labels]
        assert len(labelled) == len(set(labelled)), "a forecast got two labels"


def hold_to_schema(arguments: Iterable[str], ran: Ran) -> None:
    """Assert that JSON which a test asks for has the keys that the reference describes, and no others."""
    words = list(arguments)
    command = schemas.command_of(words)
    if command == "export" and "--csv" not in words:
        lines = ran.out.splitlines()
    else:
        lines = [ran.out] if command and "--json" in words and ran.out else []
    for line in lines:
        try:
            schemas.adapter(command).validate_json(line)
        except ValidationError as error:
            raise AssertionError(f"`{command}` prints what cli/schemas does not describe: {error}") from error


def _variable(platform: ReturnPlatform, key: str) -> str:
    """The environment variable of a platform's secret."""
    return "SHOP_TOKEN" if platform.name == "returnista" else f"SHOP_{platform.name}_{key}".upper()


@contextmanager
def own_logging() -> Iterator[None]:
    """A command that runs inside this process sets up its own logging; the code after it begins without that."""
    ours = logging.getLogger("returnsync")
    before = ours.propagate, ours.level, list(ours.handlers)
    yield
    ours.propagate, ours.level, ours.handlers = before


def later(**time: float) -> Any:
    """The same machine, some time later: `with later(hours=2): …`."""
    return time_machine.travel(datetime.now(UTC) + timedelta(**time), tick=True)


@contextmanager
def put_back_after(shop: Shop) -> Iterator[None]:
    """Put the state as it is now back after the block."""
    kept = {file: file.read_bytes() for file in shop.folder.glob("returnsync.db*") if file.is_file()}
    yield
    for file in shop.folder.glob("returnsync.db*"):
        file.unlink()
    for file, content in kept.items():
        file.write_bytes(content)


def as_schema(state: sqlite3.Connection, number: int) -> None:
    """Remove from a state what schemas after `number` added: tables, columns, indexes and views."""
    now, indexes = _columns(state), _indexes(state)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as older:
        older.row_factory = sqlite3.Row
        for migration in migrations.shipped():
            if migration.number <= number:
                older.executescript(migration.script)
        then, earlier = _columns(older), _indexes(older)
        views = [row[0] for row in older.execute("SELECT sql FROM sqlite_master WHERE type = 'view'")]
    _drop_views_and_indexes(state, indexes.keys() - {name for name in earlier if indexes.get(name) == earlier[name]})
    for table, columns in now.items():
        if table not in then:
            state.execute(f"DROP TABLE {table}")
        for column in columns if table in then else ():
            if column not in then[table]:
                state.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    for name, statement in earlier.items():
        if indexes.get(name) != statement:
            state.execute(statement)
    for view in views:
        state.execute(view)
    state.execute(f"PRAGMA user_version = {number}")


def _columns(state: sqlite3.Connection) -> dict[str, list[str]]:
    tables = [row[0] for row in state.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: [row[1] for row in state.execute(f"PRAGMA table_info({table})")] for table in tables}


def _drop_views_and_indexes(state: sqlite3.Connection, indexes: Iterable[str]) -> None:
    for (view,) in state.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall():
        state.execute(f"DROP VIEW {view}")
    for name in indexes:
        state.execute(f"DROP INDEX {name}")


def _indexes(state: sqlite3.Connection) -> dict[str, str]:
    return dict(state.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))
