"""How this copy of returnsync was installed, and therefore how to add a missing optional part."""

import json
import shlex
import sys
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_NAME = "returnsync"
# Each optional part, and a module that exists where the part is installed.
_PARTS = {"keyring": "keyring", "mail": "jinja2", "report": "pygal", "sandbox": "uvicorn"}


def how_to_add(extra: str) -> str:
    """The command that adds an optional part to this very environment, from the place where returnsync came from.

    It also names the parts that are already there, since some installers rebuild the environment.
    """
    there = [name for name, module in _PARTS.items() if name != extra and find_spec(module) is not None]
    is_editable, what = _requirement(",".join(sorted([extra, *there])))
    options = ["--editable"] if is_editable else []
    environment = Path(sys.prefix)
    if (environment / "uv-receipt.toml").exists():
        command = ["uv", "tool", "install", "--force"]
    elif (environment / "pipx_metadata.json").exists():
        command = ["pipx", "install", "--force"]
    elif _installer() == "uv":
        # Such an environment need not have a pip of its own.
        command = ["uv", "pip", "install", "--python", sys.executable]
    else:
        command = [sys.executable, "-m", "pip", "install"]
    return shlex.join([*command, *options, what])


def _requirement(extra: str) -> tuple[bool, str]:
    """Whether it is installed as editable, and what to name to the installer."""
    origin = _origin()
    url = origin.get("url", "")
    if "dir_info" in origin and url.startswith("file:"):
        return bool(origin["dir_info"].get("editable")), f"{unquote(urlsplit(url).path)}[{extra}]"
    if "vcs_info" in origin:
        info = origin["vcs_info"]
        version = info.get("requested_revision") or info.get("commit_id", "")
        url = f"{info.get('vcs', 'git')}+{url}" + (f"@{version}" if version else "")
    folder = origin.get("subdirectory")
    if folder:
        url = f"{url}#subdirectory={folder}"
    return False, f"{_NAME}[{extra}]" + (f" @ {url}" if url else "")


def _origin() -> dict[str, Any]:
    """The installer's record of where returnsync came from; empty where that was a package index."""
    try:
        noted = json.loads(_noted("direct_url.json") or "{}")
    except ValueError:
        return {}
    return noted if isinstance(noted, dict) else {}


def _installer() -> str:
    return (_noted("INSTALLER") or "").strip()


def _noted(file: str) -> str | None:
    try:
        return distribution(_NAME).read_text(file)
    except PackageNotFoundError:
        return None
