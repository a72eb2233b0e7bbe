"""Check what a run needs on this machine: secrets, state and labels. Nothing is written."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from returnsync.engine.context import Context
from returnsync.errors import ReturnsyncError
from returnsync.folders import nearest, whose
from returnsync.labels import room
from returnsync.model import Finding
from returnsync.secrets import SecretRef

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_FILE = "file:"
_BESIDE_STATE = (".lock", "-limits", "-wal", "-shm")


def check_secrets(ctx: Context) -> Iterator[tuple[str, Finding, bool]]:
    """Every secret of the chosen sources, their warehouses and the mail account: the account, and whether it exists.

    All missing secrets are reported, each once. The third value says whether the account cannot be used without it.
    Secrets of `[notify]` are not resolved; only the rights of their files are checked.
    """
    settings: Mapping[str, Any] = {
        **{f"sources.{source.name}": source.settings for source in ctx.chosen},
        **{f"warehouses.{name}": ctx.config.settings.warehouses[name] for name in ctx.warehouses},
        **({"mail": ctx.config.settings.mail} if ctx.config.settings.mail else {}),
    }
    found = 0
    for table, account in settings.items():
        name = table.partition(".")[2] or table
        for key, reference in _references(account):
            try:
                reference.resolve(ctx.config.base, f"{table}.{key}", ctx.stop)
            except ReturnsyncError as error:
                yield name, Finding("secret", ok=False, text=error.what, next_step=error.next_step), True
                continue
            found += 1
            if (readable := _read_by_others(ctx, reference)) is not None:
                text = f"{table}.{key}: other users of this machine may read {readable}"
                yield (
                    name,
                    Finding("secret", ok=True, warning=True, text=text, next_step=f"chmod 600 {quote(str(readable))}"),
                    False,
                )
    for key, reference in _references(ctx.config.settings.notify) if ctx.config.settings.notify else ():
        if (readable := _read_by_others(ctx, reference)) is not None:
            text = f"notify.{key}: other users of this machine may read {readable}"
            next_step = f"chmod 600 {quote(str(readable))}"
            yield "notify", Finding("secret", ok=True, warning=True, text=text, next_step=next_step), False
    if found:
        yield "configuration", Finding("secrets", ok=True, text=f"{found} can be read"), False


def _references(account: Any) -> Iterator[tuple[str, SecretRef]]:
    for key in type(account).model_fields:
        value = getattr(account, key)
        if isinstance(value, SecretRef):
            yield key, value


def _read_by_others(ctx: Context, reference: SecretRef) -> Path | None:
    """The file of a secret that others may read; `None` where it is no file, or only its owner may read it."""
    if not reference.startswith(_FILE):
        return None
    file = ctx.config.base / Path(reference.removeprefix(_FILE).strip()).expanduser()
    try:
        mode = file.stat().st_mode
    except OSError:
        return None
    return file if stat.S_ISREG(mode) and mode & _FOR_OTHERS else None


def check_state(ctx: Context) -> Iterator[Finding]:
    """Whether the state file can be written, or created."""
    path = ctx.config.state_path
    if not path.exists():
        yield _made_by_the_first_run("file", path.parent, f"{path} is made by the first run")
        return
    if not os.access(path, os.R_OK | os.W_OK) or not os.access(path.parent, os.W_OK | os.X_OK):
        text = f"{path} cannot be written, or no file can be created beside it.{whose(path)}"
        yield Finding("file", ok=False, text=text, next_step="Run returnsync as the user who owns the state.")
        return
    for name in _BESIDE_STATE:
        beside = path.with_name(path.name + name)
        if beside.exists() and not os.access(beside, os.R_OK | os.W_OK):
            text = f"{beside} cannot be written.{whose(beside)}"
            yield Finding("file", ok=False, text=text, next_step="Run returnsync as the user who owns the state.")
            return
    mode = path.parent.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        text = f"every user of this machine can replace {path} with another file"
        yield Finding("file", ok=True, warning=True, text=text, next_step=f"chmod o-w {quote(str(path.parent))}")
        return
    yield Finding("file", ok=True, text=f"{path} can be written")


def check_labels(ctx: Context) -> Iterator[Finding]:
    """Whether label files can be written, into the existing folder or one that a run creates."""
    folder = ctx.labels.path
    if folder.exists() and not folder.is_dir():
        yield Finding("folder", ok=False, text=f"{folder} is not a folder", next_step="Name a folder with `labels`.")
        return
    if not room.is_enough_in(nearest(folder / "in it"), room.SIZE + room.ENOUGH):
        text = f"there is no room for labels in {folder}: {room.free_in(nearest(folder / 'in it'))}"
        next_step = "Make room on its disk, or point `labels` at a folder on another one."
        yield Finding("folder", ok=False, text=text, next_step=next_step)
        return
    if not folder.exists():
        yield _made_by_the_first_run("folder", folder.parent, f"{folder} is made by the first run that needs it")
        return
    places = [folder, *(folder / name for name in ctx.warehouses if (folder / name).exists())]
    for place in places:
        if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
            next_step = (
                f"Give this user the right to write into {place}: labels that could not be saved are not asked for."
            )
            text = f"no file can be created in {place}.{whose(place)}"
            yield Finding("folder", ok=False, text=text, next_step=next_step)
            return
    if folder.stat().st_mode & _FOR_OTHERS:
        text = f"other users of this machine may look into {folder}; only their owner can read the files themselves"
        yield Finding(
            "folder",
            ok=True,
            warning=True,
            text=text,
            next_step=f"If that is not intended: chmod 700 {quote(str(folder))}",
        )
        return
    yield Finding("folder", ok=True, text=f"{folder} can be written")


def _made_by_the_first_run(subject: str, folder: Path, text: str) -> Finding:
    """A missing file or folder is fine if a run could create it."""
    there = nearest(folder / "in it")
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Finding(subject, ok=True, text=text)
    what = f"nothing can be created in {there}.{whose(there)}" if there.is_dir() else f"{there} is not a folder"
    return Finding(
        subject, ok=False, text=what, next_step=f"Give this user the right to it, or name another place than {folder}."
    )
