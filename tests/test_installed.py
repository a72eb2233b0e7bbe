"""The message for a missing optional part says how to install it, from the same place as returnsync itself."""

import json
import sys

import pytest

from returnsync.installed import how_to_add


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Makes returnsync look installed by `installer` from `origin`, in an environment with the file `made_by`."""

    def do(installer, origin, made_by=""):
        noted = tmp_path / "returnsync-0.1.0.dist-info"
        noted.mkdir()
        (noted / "METADATA").write_text("Metadata-Version: 2.1\nName: returnsync\nVersion: 0.1.0\n")
        (noted / "INSTALLER").write_text(f"{installer}\n")
        if origin is not None:
            (noted / "direct_url.json").write_text(origin if isinstance(origin, str) else json.dumps(origin))
        if made_by:
            (tmp_path / made_by).touch()
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setattr("sys.prefix", str(tmp_path))
        for module in ("jinja2", "pygal"):
            monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed

    return do


FOLDER = {"url": "file:///home/me/return%20sync", "dir_info": {}}
GIT = {"url": "https://git.example/r.git", "vcs_info": {"vcs": "git", "requested_revision": "v2", "commit_id": "abc"}}
PIP = f"{sys.executable} -m pip install"


@pytest.mark.parametrize(
    ("installer", "origin", "made_by", "command"),
    [
        ("pip", None, "", f"{PIP} 'returnsync[sandbox]'"),
        ("pip", "no JSON", "", f"{PIP} 'returnsync[sandbox]'"),
        ("pip", FOLDER, "", f"{PIP} '/home/me/return sync[sandbox]'"),
        ("pip", {**FOLDER, "dir_info": {"editable": True}}, "", f"{PIP} --editable '/home/me/return sync[sandbox]'"),
        ("pip", GIT, "", f"{PIP} 'returnsync[sandbox] @ git+https://git.example/r.git@v2'"),
        (
            "pip",
            {"url": "file:///srv/returnsync-0.1.0.whl", "archive_info": {}},
            "",
            f"{PIP} 'returnsync[sandbox] @ file:///srv/returnsync-0.1.0.whl'",
        ),
        ("uv", None, "", f"uv pip install --python {sys.executable} 'returnsync[sandbox]'"),
        ("uv", FOLDER, "uv-receipt.toml", "uv tool install --force '/home/me/return sync[sandbox]'"),
        ("pip", FOLDER, "pipx_metadata.json", "pipx install --force '/home/me/return sync[sandbox]'"),
        ("pip", None, "pipx_metadata.json", "pipx install --force 'returnsync[sandbox]'"),
    ],
)
def test_a_missing_part_is_added_the_way_that_returnsync_was_installed(install, installer, origin, made_by, command):
    install(installer, origin, made_by)
    assert how_to_add("sandbox") == command


def test_the_parts_that_are_there_are_named_too(install, monkeypatch):
    install("pip", None)
    assert how_to_add("report") == f"{PIP} 'returnsync[report,sandbox]'"
    monkeypatch.delitem(sys.modules, "pygal")
    assert how_to_add("keyring") == f"{PIP} 'returnsync[keyring,report,sandbox]'"
