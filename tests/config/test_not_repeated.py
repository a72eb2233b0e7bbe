"""A text in the wrong place of a configuration, which may be a secret, is not repeated."""

import pytest

from returnsync.config.load import load
from returnsync.errors import ConfigError
from returnsync.redact import looks_like_a_secret

SECRET = "sk_live_51HyTgkJhG8sdf7sdf6"


@pytest.mark.parametrize(
    "line",
    [f'{SECRET} = "x"', f'[sources.{SECRET}]\nplatform = "none"', f'token = "{SECRET}"', f"[{SECRET}]\na = 1"],
    ids=["a key", "a table", "a value", "a top table"],
)
def test_a_key_or_a_table_that_looks_like_a_secret_is_reported_by_its_line(line, tmp_path):
    file = tmp_path / "returnsync.toml"
    file.write_text(
        '[warehouses.monta]\nkind = "monta"\nusername = "env:U"\npassword = "env:P"\ncarrier = "PostNL"\n'
        f'[sources.shop]\nplatform = "returnista"\nwarehouse = "monta"\n{line}\n',
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as told:
        load(file)
    said = " ".join((told.value.what, told.value.next_step, *told.value.problems))
    assert SECRET not in said
    assert f"{file}:" in said


@pytest.mark.parametrize(
    "name", ["shop-nl-outlet-2026", "label_without_shipment", "0190a000-0000-7000-8000-000000000001"]
)
def test_ordinary_names_are_repeated(name):
    assert not looks_like_a_secret(name)
