import pytest

from returnsync.config.place import find
from returnsync.errors import ConfigError, ExitCode


@pytest.fixture(autouse=True)
def empty_world(tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.delenv("RETURNSYNC_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def put(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_the_first_place_that_has_a_file_counts(tmp_path, monkeypatch):
    user = put(tmp_path / "user/returnsync/returnsync.toml")
    assert find() == user
    here = put(tmp_path / "here/returnsync.toml")
    assert find().resolve() == here
    variable = put(tmp_path / "variable.toml")
    monkeypatch.setenv("RETURNSYNC_CONFIG", str(variable))
    assert find() == variable
    option = put(tmp_path / "option.toml")
    assert find(option) == option


@pytest.mark.parametrize("folder", ["", "relative/folder"])
def test_without_an_absolute_xdg_folder_the_usual_one_counts(tmp_path, monkeypatch, folder):
    monkeypatch.setenv("XDG_CONFIG_HOME", folder)
    user = put(tmp_path / "home/.config/returnsync/returnsync.toml")
    assert find() == user


def test_a_missing_file_lists_every_place_in_order(tmp_path):
    with pytest.raises(ConfigError) as caught:
        find()
    assert caught.value.problems == (
        "returnsync.toml: not found (this folder)",
        f"{tmp_path}/user/returnsync/returnsync.toml: not found (the user's configuration)",
    )
    assert caught.value.exit_code == ExitCode.CONFIG


def test_a_file_asked_for_by_name_is_never_replaced_by_another(tmp_path, monkeypatch):
    put(tmp_path / "here/returnsync.toml")
    with pytest.raises(ConfigError) as caught:
        find(tmp_path / "typo.toml")
    assert caught.value.problems == (f"{tmp_path}/typo.toml: not found (--config)",)
    monkeypatch.setenv("RETURNSYNC_CONFIG", str(tmp_path / "other.toml"))
    with pytest.raises(ConfigError) as caught:
        find()
    assert caught.value.problems == (f"{tmp_path}/other.toml: not found ($RETURNSYNC_CONFIG)",)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ConfigError):
        find(tmp_path)
