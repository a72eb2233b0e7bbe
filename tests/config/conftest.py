import sys
import tomllib
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from types import ModuleType

import pytest
from toml_schema import mistakes

from returnsync.config.load import Loaded, load
from returnsync.errors import ConfigError

VALID = """\
state = "returnsync.db"
labels = "labels"
reasons = "reasons.toml"

[warehouses.monta]
kind = "monta"
username = "env:MONTA_USERNAME"
password = "env:MONTA_PASSWORD"
carrier = "PostNL"
channel = "Webshop NL"
request_labels = true
unmapped_reason = "hold"
base_url = "https://api-v6.monta.nl"

[sources.shop-nl]
platform = "returnista"
warehouse = "monta"
account_id = "0190a000-0000-7000-8000-00000000000a"
token = "env:RETURNISTA_TOKEN"
start_from = 2026-11-01
own_label = "replace"
send_updates = true
announce_delivered = true
id = "shop"
base_url = "https://core.returnista.com/api/v0"
order_number = [{ strip_prefix = "#" }, { pattern = '^EXC-(.+)$', replace = '\\1' }]
carriers = { postnl_parcel = "PostNL", dpd = "DPD" }
"""


class ConfigFile:
    """A configuration file in a folder of its own, and the result of loading it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self, text: str = VALID) -> Loaded:
        """Load a text. What the loader accepts, the schema for editors accepts, too: whatever the test is about."""
        self.path.write_text(text, encoding="utf-8")
        loaded = load(self.path)
        assert mistakes(tomllib.loads(text)) == []
        return loaded

    def error(self, text: str) -> ConfigError:
        with pytest.raises(ConfigError) as caught:
            self.load(text)
        return caught.value

    def problems(self, text: str) -> list[str]:
        """The problems, without the folder before them: `returnsync.toml:LINE: KEY: TEXT`."""
        return [problem.removeprefix(f"{self.path.parent}/") for problem in self.error(text).problems]

    def problem(self, text: str) -> str:
        problems = self.problems(text)
        assert len(problems) == 1, problems
        return problems[0]


@pytest.fixture
def config_file(tmp_path: Path) -> ConfigFile:
    return ConfigFile(tmp_path / "returnsync.toml")


@pytest.fixture
def valid() -> str:
    return VALID


@pytest.fixture
def package(monkeypatch):
    """Registers objects as if another package had brought them."""

    def bring(group, **objects):
        module = ModuleType("another_package")
        vars(module).update(objects)
        monkeypatch.setitem(sys.modules, "another_package", module)
        entries = EntryPoints(EntryPoint(name, f"another_package:{name}", group) for name in (*objects, "absent"))
        monkeypatch.setattr("importlib.metadata.entry_points", entries.select)

    return bring
