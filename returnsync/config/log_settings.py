"""The settings of `[log]`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from returnsync.folders import real_path
from returnsync.paths import ConfigPath
from returnsync.toml_model import TomlModel
from returnsync.usable import usable

# The endings of the files beside a state file that belong to it; the empty one is the state file itself.
_BESIDE_STATE = ("", "-wal", "-shm", "-journal", "-limits", "-limits-wal", "-limits-shm", "-limits-journal", ".lock")


class LogSettings(TomlModel):
    """Where the log goes, and how much of it is kept. Without this table there is none."""

    file: ConfigPath = Field(
        min_length=1,
        description="The file for JSON lines: one for each effect, request, retry and warning. It is created so that "
        "only its owner can read it.",
        examples=["returnsync.log"],
    )
    max_megabytes: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="At this size the file is renamed to `FILE.1`, that one to `FILE.2`, and so on.",
    )
    keep: int = Field(
        default=5,
        ge=1,
        le=100,
        description="How many of the renamed files are kept. The oldest is removed.",
    )


def taken_by(name: str, raw: Mapping[str, Any], others: Mapping[str, str], folder: Path) -> str | None:
    """Which of the settings `others`, each given with its default, names that file, or the state that it belongs to."""
    file = real_path(Path(name))
    for key, default in others.items():
        try:
            own = real_path(folder / usable(str(raw.get(key, default))))
        except ValueError:
            continue  # the setting itself is reported as a problem
        endings = _BESIDE_STATE if key == "state" else ("",)
        if own.name and file in [own.with_name(own.name + ending) for ending in endings]:
            return key
    return None
