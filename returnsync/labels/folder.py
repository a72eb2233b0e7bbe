"""The folder of the label files: `labels/<warehouse>/<code>.<extension>`, readable by their owner only.

A label costs money, so its file is on disk and synced before the ledger says that it was made; a whole label under the
right code proves that it was. Anything else under such a name (a link, a folder, a named pipe) proves nothing, and
makes room for a label. Content that a warehouse sent as a label but that is not one is kept beside the labels, as
`<code>.unusable.bin`.
"""

import hashlib
import logging
import os
import threading
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from returnsync import clock
from returnsync.errors import StateError
from returnsync.folders import make_private, sync
from returnsync.labels import files, room
from returnsync.labels.files import LabelFile
from returnsync.labels.kinds import EXTENSIONS, is_label
from returnsync.labels.room import Reserve
from returnsync.labels.witness import Witness
from returnsync.model import Code, Label, WarehouseName

logger = logging.getLogger("returnsync.labels")
steps = logging.getLogger("returnsync.steps")


class LabelFolder:
    """The folder of the labels. Threads may share one; only one process at a time saves or sweeps."""

    def __init__(self, path: Path) -> None:
        """`path` is created when the first label comes."""
        self.path = path
        self.witness = Witness(path)
        """The record of what was handed over."""
        self._probed: set[WarehouseName] = set()
        self._probing = threading.Lock()
        self._reserves: dict[WarehouseName, Reserve] = {}
        self._failed: dict[WarehouseName, str] = {}
        self._asides: dict[WarehouseName, tuple[str, ...]] = {}
        self._came: dict[tuple[WarehouseName, str], Code] = {}

    def prepare(self, warehouse: WarehouseName) -> None:
        """Make sure that a label can be written, before one is paid for.

        Raises:
            StateError: the folder cannot be made or written, there is no room, or an earlier label of this run could
                not be written.
        """
        folder = self.path / warehouse
        if warehouse in self._failed:
            raise StateError(
                f"A label could not be written to {folder} ({self._failed[warehouse]}), so no more labels are asked "
                "for.",
                "Make room there and make sure that it can be written, then run again. Labels that were paid for are "
                "kept.",
            )
        try:
            with self._probing:
                if warehouse not in self._probed or not folder.is_dir() or not os.access(folder, os.W_OK):
                    make_private(folder)
                    self._set_room_aside(warehouse, folder)
                    self._probed.add(warehouse)
            has_room = room.is_enough_in(folder)
        except OSError as error:
            if error.errno in room.FULL:
                raise room.none_in(folder) from error
            raise StateError(
                f"Labels cannot be written to {folder} ({error.strerror}).",
                "Make the folder writable, or point `labels` elsewhere. No label was asked for.",
            ) from error
        if not has_room:
            raise room.none_in(folder)

    def is_full(self, warehouse: WarehouseName) -> bool:
        """Whether a label could not be written, or only into reserved room: then no more labels are to be asked for."""
        return warehouse in self._failed

    def save(self, warehouse: WarehouseName, code: Code, label: Label) -> LabelFile:
        """Write a label whole or not at all: aside, synced, then moved into place, with the folder synced, too.

        Raises:
            OSError: it could not be written under its name; `prepare` raises from now on, until one can be. If the
                label was already whole, it stays aside, for `find`.
        """
        folder = self.path / warehouse
        place = self._place(warehouse, code, label.extension)
        aside = files.aside_for(folder, code, label.content)
        steps.debug("label file about to be written")
        try:
            make_private(folder)
            had_room = self._write(warehouse, aside, label.content)
            # It is whole now: whatever happens from here on, it is not thrown away.
            steps.debug("label file written aside")
            _move(aside, place)
        except OSError as error:
            self._asides.pop(warehouse, None)  # it may be there
            self._failed[warehouse] = error.strerror or type(error).__name__
            raise
        if had_room:
            self._failed.pop(warehouse, None)
        steps.debug("label file in place")
        digest = hashlib.sha256(label.content).hexdigest()
        return LabelFile(f"{warehouse}/{place.name}", digest, clock.now(), files.moved_to(place))

    def _write(self, warehouse: WarehouseName, place: Path, content: bytes) -> bool:
        """Write a whole file. False: only into reserved room, so that no more labels are to be asked for.

        Raises:
            OSError: it could not be written there, either.
        """
        try:
            files.write_new(place, content)
        except FileExistsError:
            raise
        except OSError as error:
            reserve = self._reserves.get(warehouse)
            if reserve is None or not reserve.give_back():
                raise
            self._failed[warehouse] = error.strerror or type(error).__name__
            self._probed.discard(warehouse)  # room is reserved again before any other label
            files.write_new(place, content)
            return False
        return True

    def _set_room_aside(self, warehouse: WarehouseName, folder: Path) -> None:
        """Reserve room. This also shows that a file can be created, which the rights alone do not. Raises OSError."""
        reserve = self._reserves.setdefault(warehouse, Reserve(folder / files.room_name()))
        reserve.give_back()  # the folder may be a new one
        reserve.take()

    def close(self) -> None:
        """Give the reserved room back."""
        for reserve in self._reserves.values():
            reserve.give_back()

    def find(self, warehouse: WarehouseName, code: Code) -> Iterator[LabelFile]:
        """The whole labels under a code, then those that a killed run left aside. Nothing is moved.

        Anything else under its name is logged, and is not a label.
        """
        for extension in EXTENSIONS:
            place = self._place(warehouse, code, extension)
            try:
                read = files.read(place)
            except OSError:
                continue
            if read is None:
                logger.warning(
                    "%s does not count as a label: it is a link, a folder, a named pipe, or far too large. "
                    "If it is in place of a label, put the file itself there.",
                    place,
                )
            elif is_label(read[0], extension):
                digest = hashlib.sha256(read[0]).hexdigest()
                yield LabelFile(f"{warehouse}/{place.name}", digest, read[1], files.moved_to(place))
        for name in self._names_aside(warehouse):
            if files.code_of_aside(name) == code:
                yield from self._found_aside(warehouse, code, name)

    def adopt(self, file: LabelFile) -> LabelFile:
        """Move a label that a killed run left aside to its name; one that is already there is returned unchanged.

        Raises:
            OSError: it could not be moved; it is where it was.
        """
        if not file.aside:
            return file
        place = self.path / file.file
        warehouse = WarehouseName(place.parent.name)
        self._asides.pop(warehouse, None)
        _move(place.parent / file.aside, place)
        return LabelFile(file.file, file.sha256, file.written, files.moved_to(place))

    def left_aside(self, warehouse: WarehouseName) -> frozenset[Code]:
        """The codes for which a killed run left a file aside, whole or not."""
        return frozenset(filter(None, map(files.code_of_aside, self._names_aside(warehouse))))

    def sweep(self, warehouse: WarehouseName, needed: Collection[Code]) -> None:
        """Clear away what killed runs left aside; for a command that holds the lock, before it asks for labels.

        A whole label is removed only if another file of its code has the same bytes, since it was paid for. Where its
        code is `needed`, because nothing proves its label yet, it stays for `find`. Otherwise it is moved beside the
        label of the code, as an earlier label is.

        Raises:
            OSError: something cannot be removed or moved.
        """
        folder = self.path / warehouse
        for name in self._names_aside(warehouse):
            code = files.code_of_aside(name)
            if code is None:
                (folder / name).unlink(missing_ok=True)  # reserved room
            else:
                _clear(folder / name, code, is_needed=code in needed)
        self._asides.pop(warehouse, None)

    def content(self, file: str) -> bytes | None:
        """The content of a label's file, which is named relative to this folder; `None` where it cannot be read."""
        try:
            read = files.read(self.path / file)
        except OSError:
            return None
        return None if read is None else read[0]

    def keep_unusable(self, warehouse: WarehouseName, code: Code, content: bytes) -> str:
        """Keep content that came as a label but is not one, and return its file, relative to the labels folder.

        Raises:
            OSError: it could not be written.
        """
        folder = self.path / warehouse
        number = 1
        while True:
            place = folder / (f"{code}.unusable.bin" if number == 1 else f"{code}.unusable-{number}.bin")
            try:
                make_private(folder)
                self._write(warehouse, place, content)
                sync(folder)
            except FileExistsError:
                number += 1
            except OSError as error:
                self._failed[warehouse] = error.strerror or type(error).__name__
                raise
            else:
                steps.debug("label: what cannot be used is kept")
                return f"{warehouse}/{place.name}"

    def unusable(self, warehouse: WarehouseName, code: Code) -> list[str]:
        """The files of content that came for a code but is not a label, relative to the labels folder."""
        found = (self.path / warehouse).glob(f"{code}.unusable*.bin")
        return sorted(f"{warehouse}/{file.name}" for file in found)

    def came_before(self, warehouse: WarehouseName, code: Code, sha256: str) -> Code | None:
        """Another code with a label of the same bytes since this folder was opened; also records this code."""
        first = self._came.setdefault((warehouse, sha256), code)
        return None if first == code else first

    def has_link(self, warehouse: WarehouseName, code: Code) -> bool:
        """Whether there is a link under a code: somebody may have moved a label elsewhere."""
        return any(self._place(warehouse, code, extension).is_symlink() for extension in EXTENSIONS)

    def _place(self, warehouse: WarehouseName, code: Code, extension: str) -> Path:
        return self.path / warehouse / f"{code}.{extension}"

    def _names_aside(self, warehouse: WarehouseName) -> tuple[str, ...]:
        """What killed runs left, listed once: the folder may have many labels, and this process knows its own files."""
        names = self._asides.get(warehouse)
        if names is None:
            names = self._asides[warehouse] = _left_in(self.path / warehouse)
        return names

    def _found_aside(self, warehouse: WarehouseName, code: Code, name: str) -> Iterator[LabelFile]:
        with suppress(OSError):
            read = files.read_aside(self.path / warehouse / name)
            if read is not None:
                content, written, kind = read
                place = self._place(warehouse, code, kind)
                digest = hashlib.sha256(content).hexdigest()
                yield LabelFile(f"{warehouse}/{place.name}", digest, written, files.moved_to(place), aside=name)


def _clear(aside: Path, code: Code, *, is_needed: bool) -> None:
    """Remove a file that was written aside, or move it beside the labels, unless it is a label that is still needed."""
    try:
        found = files.read_aside(aside)
    except OSError:
        return  # it cannot be read now, so it is not known what it is
    if found is None:
        logger.debug("removed half a label that a killed run left: %s", aside.name)
        aside.unlink(missing_ok=True)
        return
    place = aside.parent / f"{code}.{found[2]}"
    if any(files.holds(other, found[0]) for other in (place, *files.earlier(place))):
        aside.unlink()
    elif not is_needed:
        aside.rename(files.beside(place))
        sync(aside.parent)


def _move(aside: Path, place: Path) -> None:
    files.make_room(place)
    steps.debug("label file: room made")
    aside.replace(place)
    steps.debug("label file moved")
    sync(place.parent)


def _left_in(folder: Path) -> tuple[str, ...]:
    """The names of files that were written aside, and of reserved room."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name.startswith(".")]
    except OSError:
        return ()
    return tuple(sorted(name for name in names if files.is_ours(name)))
