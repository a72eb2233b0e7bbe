from datetime import UTC, datetime
from pathlib import Path

import pytest

from returnsync.config.load import load
from returnsync.errors import ConfigError
from returnsync.mapping.order_rules import Replace, StripPrefix
from returnsync.platforms.returnista import ReturnistaSettings
from returnsync.warehouses.monta import MontaSettings


def test_every_key_of_the_contract_is_accepted(config_file):
    settings = config_file.load().settings
    monta, shop = settings.warehouses["monta"], settings.sources["shop-nl"]
    assert isinstance(monta, MontaSettings)
    assert (monta.carrier, monta.channel, monta.unmapped_reason) == ("PostNL", "Webshop NL", "hold")
    assert isinstance(shop, ReturnistaSettings)
    assert (shop.own_label, shop.send_updates, shop.announce_delivered, shop.id) == ("replace", True, True, "shop")
    assert shop.order_number == (StripPrefix(strip_prefix="#"), Replace(pattern="^EXC-(.+)$", replace=r"\1"))
    assert shop.carriers == {"postnl_parcel": "PostNL", "dpd": "DPD"}


def test_a_source_without_an_id_has_its_name_as_id(config_file, valid):
    loaded = config_file.load(valid.replace('id = "shop"\n', ""))
    assert loaded.settings.sources["shop-nl"].id == "shop-nl"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T06:30:00", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
        ("2026-11-01 06:30:00+01:00", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
    ],
)
def test_start_from_is_a_date_or_a_moment_and_always_aware(config_file, valid, written, moment):
    loaded = config_file.load(valid.replace("2026-11-01", written))
    start_from = loaded.settings.sources["shop-nl"].start_from
    assert start_from == moment
    assert start_from.tzinfo is not None


def test_relative_paths_start_from_the_folder_of_the_file(config_file, monkeypatch, tmp_path):
    loaded = config_file.load()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert loaded.base == tmp_path
    assert loaded.state_path == tmp_path / "returnsync.db"
    assert loaded.labels_path == tmp_path / "labels"
    assert loaded.reasons_path == tmp_path / "reasons.toml"


def test_paths_are_absolute_when_the_file_was_named_relatively(config_file, monkeypatch, tmp_path):
    config_file.load()
    monkeypatch.chdir(tmp_path)
    loaded = load(Path("returnsync.toml"))
    assert loaded.state_path == tmp_path / "returnsync.db"


def test_absolute_paths_and_the_home_folder_are_taken_as_they_are(config_file, valid, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    text = valid.replace('"returnsync.db"', '"/srv/state.db"').replace('"labels"', '"~/labels"')
    loaded = config_file.load(text)
    assert loaded.state_path == Path("/srv/state.db")
    assert loaded.labels_path == tmp_path / "home/labels"


def test_a_byte_order_mark_is_no_problem(config_file, valid):
    config_file.path.write_bytes(b"\xef\xbb\xbf" + valid.encode())
    assert load(config_file.path).settings.state == "returnsync.db"


def test_a_file_that_cannot_be_read_is_a_configuration_error(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


def test_secrets_are_resolved_only_when_asked_for(config_file, monkeypatch):
    monkeypatch.delenv("RETURNISTA_TOKEN", raising=False)
    loaded = config_file.load()
    monkeypatch.setenv("MONTA_PASSWORD", "correct horse")
    assert loaded.secrets_of_warehouse("monta")("password") == "correct horse"
    with pytest.raises(ConfigError, match=r"^sources\.shop-nl\.token: .*RETURNISTA_TOKEN is not set"):
        loaded.secrets_of_source("shop-nl")("token")


def test_a_relative_secret_file_is_beside_the_configuration(config_file, valid, tmp_path):
    (tmp_path / "token.txt").write_text("tok-from-file\n")
    loaded = config_file.load(valid.replace("env:RETURNISTA_TOKEN", "file:token.txt"))
    assert loaded.secrets_of_source("shop-nl")("token") == "tok-from-file"


def test_a_setting_that_is_no_reference_is_no_secret(config_file):
    with pytest.raises(ConfigError, match=r"sources\.shop-nl\.account_id: no secret"):
        config_file.load().secrets_of_source("shop-nl")("account_id")
