import subprocess
import sys
from pathlib import Path

import pytest

from returnsync.errors import ConfigError
from returnsync.platforms.interface import Platform
from returnsync.platforms.registry import PLATFORMS
from returnsync.platforms.returnista import Returnista
from returnsync.warehouses.interface import Warehouse
from returnsync.warehouses.monta import Monta
from returnsync.warehouses.registry import WAREHOUSES

ROOT = Path(__file__).parents[2]

BOTH = pytest.mark.parametrize(
    ("find", "group", "base"),
    [
        (PLATFORMS.find, "returnsync.platforms", Platform),
        (WAREHOUSES.find, "returnsync.warehouses", Warehouse),
    ],
    ids=["platform", "warehouse"],
)


def test_our_own_kinds_are_found_without_looking_at_other_packages(monkeypatch):
    def unexpected(**_params):
        pytest.fail("entry points were looked up")

    monkeypatch.setattr("importlib.metadata.entry_points", unexpected)
    assert PLATFORMS.find("returnista") is Returnista
    assert WAREHOUSES.find("monta") is Monta


@pytest.mark.parametrize(
    ("table", "find"), [(PLATFORMS.built_in, PLATFORMS.find), (WAREHOUSES.built_in, WAREHOUSES.find)]
)
def test_the_table_and_the_classes_agree_on_the_kind(table, find):
    assert [find(kind).kind for kind in table] == list(table)


def test_only_the_adapter_that_is_asked_for_is_imported():
    code = (
        "import sys; from returnsync.platforms.registry import PLATFORMS; from returnsync.warehouses import registry\n"
        "assert 'returnsync.platforms.returnista' not in sys.modules\n"
        "PLATFORMS.find('returnista')\n"
        "assert 'returnsync.warehouses.monta' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@BOTH
def test_an_unknown_kind_lists_those_there_are(find, group, base, package):
    package(group, mine=type("Mine", (base,), {}))
    with pytest.raises(ConfigError, match=r"There is no .* 'typo'") as caught:
        find("typo")
    assert caught.value.next_step.startswith("Write one of: ")
    assert "mine" in caught.value.next_step


@BOTH
def test_another_package_can_bring_its_own(find, group, base, package):
    mine = type("Mine", (base,), {})
    package(group, mine=mine)
    assert find("mine") is mine


@BOTH
def test_what_another_package_brings_must_be_of_the_right_kind(find, group, base, package):
    assert base
    package(group, mine=dict)
    with pytest.raises(ConfigError, match="but is not one"):
        find("mine")


@BOTH
def test_a_package_that_cannot_be_imported_is_named(find, group, base, package):
    assert base
    package(group)
    with pytest.raises(ConfigError, match=r"'absent' \(another_package:absent\) cannot be loaded: AttributeError"):
        find("absent")
