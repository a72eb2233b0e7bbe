"""A platform in a package of its own: installed beside returnsync, it is used, checked and tested like ours."""

import json
import os
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from shop import Shop

from returnsync.platforms.contract import PlatformContract
from returnsync.platforms.registry import PLATFORMS
from returnsync.sandbox import World
from returnsync.sandbox.world import monta_order

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "returnsync-parcelpoint"
PAGE = ROOT / "docs" / "how-to" / "add-a-platform.md"
# A link to a file, alone on its line, and the code under it.
SHOWN = re.compile(r"^\[[^\]\n]+\]\((\S+)\)\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The only folder in which the example is installed."""
    folder = tmp_path_factory.mktemp("installed")
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--no-compile", "--disable-pip-version-check")
    program = (sys.executable, "-m", "pip", "install", "--quiet", *options, "--target", folder, EXAMPLE)
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def environment(installed):
    return {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def stand_in(monkeypatch):
    """The example's own stand-in."""
    monkeypatch.syspath_prepend(EXAMPLE / "tests")
    from parcelpoint_standin import ParcelPoint

    running = ParcelPoint()
    yield running
    running.close()


class ShopThere(Shop):
    """A merchant whose returns are at the example's platform, and whose orders are at the sandbox's Monta."""

    stand_in = None

    @property
    def environment(self):
        return {**super().environment, "PARCELPOINT_API_KEY": self.stand_in.api_key}

    def _tables(self):
        account = {"shop": self.stand_in.shop, "api_key": "env:PARCELPOINT_API_KEY", "base_url": self.stand_in.url}
        start = {"start_from": datetime.now(UTC) - timedelta(days=30)}
        return {"shop-nl": {"platform": "parcelpoint", "warehouse": "monta", "attempts": 1, **account, **start}}


@pytest.fixture
def world():
    world = World.empty()
    world.orders = [monta_order("1001"), monta_order("1002")]
    return world


@pytest.fixture
def shop(tmp_path, sandbox, stand_in):
    there = ShopThere(tmp_path, sandbox)
    there.stand_in = stand_in
    return there


def test_it_is_listed_where_it_is_installed(environment):
    program = "from returnsync.platforms.registry import PLATFORMS; print(*PLATFORMS.kinds())"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    assert done.stdout.split() == [*PLATFORMS.built_in, "parcelpoint"]


@pytest.mark.usefixtures("installed")
def test_it_is_not_there_where_it_is_not_installed(shop):
    ran = shop.process("check")
    assert ran.code == 78
    assert "There is no platform 'parcelpoint'" in ran.err


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"approved_status": ["accepted"]}, "sources.shop-nl.approved_status: "),
        ({"shop": "Linde Boom"}, "sources.shop-nl.shop: "),
        ({"api_key": "the key itself"}, "sources.shop-nl.api_key: "),
    ],
    ids=["unknown key", "wrong value", "no reference"],
)
def test_its_settings_are_checked_as_ours_are(shop, environment, wrong, told):
    shop.source = wrong
    ran = shop.process("check", **environment)
    assert ran.code == 78
    assert told in ran.err
    assert "the key itself" not in ran.err


def test_a_configuration_for_it_is_made_by_asking_for_its_own_settings(environment, tmp_path):
    def init(*more):
        program = [
            sys.executable,
            "-m",
            "returnsync",
            "init",
            "--platform",
            "parcelpoint",
            "--carrier",
            "PostNL",
            *more,
        ]
        return subprocess.run(
            [*program, "--no-try"],
            cwd=tmp_path, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    assert "--set shop" in init().stderr
    done = init("--set", "shop=my-shop")
    assert done.returncode == 0, done.stderr
    source = tomllib.loads((tmp_path / "returnsync.toml").read_text())["sources"]["parcelpoint"]
    assert (source["shop"], source["api_key"]) == ("my-shop", "file:secrets/parcelpoint-api_key")


def test_its_settings_stand_in_the_schema_for_editors(environment):
    program = [sys.executable, "-m", "returnsync", "config", "schema"]
    done = subprocess.run(program, capture_output=True, text=True, check=True, env={**os.environ, **environment})
    account = json.loads(done.stdout)["properties"]["sources"]["additionalProperties"]
    assert "parcelpoint" in account["properties"]["platform"]["enum"]
    assert account["properties"]["shop"]["pattern"] == "^[a-z0-9][a-z0-9-]*$"
    assert account["properties"]["shop"]["description"] == "ParcelPoint: The shop's name at ParcelPoint."


def test_a_good_account_passes_the_check(shop, environment):
    ran = shop.process("check", **environment)
    assert ran.code == 0, ran.out + ran.err
    assert "key and shop are accepted" in ran.out


def test_its_returns_are_announced_and_labelled_once(shop, environment, stand_in):
    from parcelpoint_standin import item

    stand_in.add(item("#1001"), item("#1002"))
    first, second = (shop.process("run", "--json", **environment) for _run in range(2))
    assert first.code == second.code == 0, first.err + second.err
    assert [(ran.json["announced"], ran.json["labelled"]) for ran in (first, second)] == [(2, 2), (0, 0)]
    assert sorted(forecast.order for forecast in shop.forecasts) == ["1001", "1002"]
    assert len(shop.labels()) == 2
    shop.assert_nothing_twice()


def test_its_contract_holds_where_it_is_installed(environment, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", EXAMPLE / "tests"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    promises = [name for name in dir(PlatformContract) if name.startswith("test_")]
    assert passed
    assert int(passed[1]) > len(promises) > 30


# ---- the page that explains it


def unspaced(code: str) -> str:
    """Without what the formatter decides by indentation: blanks, line ends, a last comma."""
    return re.sub(r",(?=[)\]}])", "", re.sub(r"\s+", "", code))


def test_every_code_on_the_page_is_the_examples_own():
    text = PAGE.read_text(encoding="utf-8")
    shown = SHOWN.findall(text)
    assert sum(target.endswith(".py") for target, _code in shown) == text.count("```python\n")
    for target, code in shown:
        file = (PAGE.parent / target).resolve()
        assert file.is_relative_to(EXAMPLE)
        assert unspaced(code) in unspaced(file.read_text(encoding="utf-8")), f"{file.name}:\n{code}"


def test_the_page_shows_every_file_of_the_example():
    shown = {(PAGE.parent / target).resolve() for target, _code in SHOWN.findall(PAGE.read_text(encoding="utf-8"))}
    assert set(EXAMPLE.rglob("*.py")) <= shown
