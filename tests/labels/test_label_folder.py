"""Label files: written whole or not at all, and readable only by their owner."""

import errno
import hashlib
import os
import socket
import stat
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from returnsync.errors import ExitCode, StateError
from returnsync.labels import LabelFolder
from returnsync.labels.room import ENOUGH, SIZE
from returnsync.model import Code, Label, WarehouseName

MONTA, CODE = WarehouseName("monta"), Code("shop-1001-X")
PDF = Label(b"%PDF-1.7 a label %%EOF", "pdf", "https://t.example")

PLENTY = {"f_blocks": 10**6, "f_bavail": 10**6, "f_frsize": 4096, "f_files": 10**6, "f_favail": 10**6}


@pytest.fixture
def folder(tmp_path):
    made = LabelFolder(tmp_path / "labels")
    made.prepare(MONTA)
    return made


def there(folder):
    """The files in the folder, once the reserved room is given back."""
    folder.close()
    return sorted(file.name for file in (folder.path / MONTA).iterdir())


def test_a_label_is_under_warehouse_and_code(folder):
    saved = folder.save(MONTA, CODE, PDF)
    assert saved.file == "monta/shop-1001-X.pdf"
    assert saved.sha256 == hashlib.sha256(PDF.content).hexdigest()
    assert (folder.path / saved.file).read_bytes() == PDF.content
    assert there(folder) == ["shop-1001-X.pdf"]


def test_labels_are_readable_by_their_owner_only(tmp_path):
    before = os.umask(0)
    try:
        folder = LabelFolder(tmp_path / "new" / "labels")
        folder.prepare(MONTA)
        saved = folder.save(MONTA, CODE, PDF)
    finally:
        os.umask(before)
    rights = {
        place: stat.S_IMODE(place.stat().st_mode)
        for place in (folder.path, folder.path / MONTA, folder.path / saved.file)
    }
    assert list(rights.values()) == [0o700, 0o700, 0o600]


def test_what_was_saved_is_found_again(folder):
    saved = folder.save(MONTA, CODE, PDF)
    (found,) = folder.find(MONTA, CODE)
    assert (found.file, found.sha256) == (saved.file, saved.sha256)
    assert abs(found.written - saved.written) < timedelta(seconds=5)
    assert list(folder.find(MONTA, Code("other"))) == []
    assert list(folder.find(WarehouseName("other"), CODE)) == []


@pytest.mark.parametrize("content", [b"", b"%PD", b"%PDF-1.7 half of it", b"<html>sign in"])
def test_a_file_that_is_no_label_proves_nothing(folder, content):
    (folder.path / MONTA / f"{CODE}.pdf").write_bytes(content)
    assert list(folder.find(MONTA, CODE)) == []


def _full(_handle):
    raise OSError(28, "No space left on device")


def test_half_a_label_is_never_under_its_name(folder, monkeypatch):
    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(OSError, match="No space"):
        folder.save(MONTA, CODE, PDF)
    assert there(folder) == []


def test_an_earlier_label_was_paid_for_too_and_is_kept_beside(folder):
    contents = [b"%PDF-1.7 number " + number + b" %%EOF" for number in (b"1", b"2", b"3")]
    saved = [folder.save(MONTA, CODE, Label(content, "pdf")) for content in contents]
    assert [label.file for label in saved] == ["monta/shop-1001-X.pdf"] * 3
    moved = [label.earlier_moved_to for label in saved]
    assert moved[0] == ""
    kept = {(folder.path / place).read_bytes() for place in (*moved[1:], saved[-1].file)}
    assert kept == set(contents)
    assert [found.sha256 for found in folder.find(MONTA, CODE)] == [saved[-1].sha256]


def test_file_and_folder_are_on_disk_before_it_counts_as_saved(folder, monkeypatch):
    synced = []
    real = os.fsync

    def fsync(handle):
        synced.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    folder.save(MONTA, CODE, PDF)
    assert synced == ["file", "folder"]


def _folder(place, _elsewhere):
    place.mkdir()
    (place / "inside").write_text("kept")


SPECIAL = {
    "named pipe": lambda place, _elsewhere: os.mkfifo(place),
    "folder": _folder,
    "link to a label": lambda place, elsewhere: place.symlink_to(elsewhere),
    "link to nothing": lambda place, _elsewhere: place.symlink_to("nowhere"),
    "link to itself": lambda place, _elsewhere: place.symlink_to(place.name),
    "socket": lambda place, _elsewhere: _socket(place),
    "huge file": lambda place, _elsewhere: _huge(place),
}


def _socket(place):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(place))


def _huge(place):
    with place.open("wb") as file:
        file.write(PDF.content)
        file.truncate((21 << 20) - len(PDF.content))
        file.seek(0, os.SEEK_END)
        file.write(PDF.content)


@pytest.fixture(params=SPECIAL)
def special(request, folder, tmp_path, monkeypatch):
    """Something other than a file is at the place of the label."""
    elsewhere = tmp_path / "elsewhere.pdf"
    elsewhere.write_bytes(PDF.content)
    monkeypatch.chdir(folder.path / MONTA)  # the name of a socket is short
    SPECIAL[request.param](Path(f"{CODE}.pdf"), elsewhere)
    return request.param


def test_what_is_no_file_neither_hangs_nor_counts_as_a_label_and_is_reported(folder, special, caplog):
    assert list(folder.find(MONTA, CODE)) == []
    assert f"{CODE}.pdf does not count as a label" in caplog.text
    assert folder.has_link(MONTA, CODE) is special.startswith("link")


@pytest.mark.usefixtures("special")
def test_what_is_no_file_makes_room_for_a_label_that_was_paid_for(folder):
    before = (folder.path / MONTA / f"{CODE}.pdf").lstat()
    saved = folder.save(MONTA, CODE, PDF)
    assert (folder.path / saved.file).read_bytes() == PDF.content
    assert not (folder.path / saved.file).is_symlink()
    assert (folder.path / saved.earlier_moved_to).lstat().st_ino == before.st_ino
    assert [found.file for found in folder.find(MONTA, CODE)] == [saved.file]


@pytest.mark.parametrize("made", [os.mkfifo, Path.touch, lambda place: place.symlink_to("nowhere")])
def test_a_folder_that_is_none_is_reported_before_a_label_is_paid_for(tmp_path, made):
    (tmp_path / "labels").mkdir()
    made(tmp_path / "labels" / MONTA)
    with pytest.raises(StateError, match="cannot be written"):
        LabelFolder(tmp_path / "labels").prepare(MONTA)


def test_a_folder_that_something_else_took_the_place_of_is_reported_too(folder):
    folder.close()
    (folder.path / MONTA).rmdir()
    (folder.path / MONTA).touch()
    with pytest.raises(StateError, match="cannot be written"):
        folder.prepare(MONTA)


def test_a_folder_that_cannot_be_written_is_reported_before_a_label_is_paid_for(tmp_path):
    (tmp_path / "labels").write_text("a file in the way")
    with pytest.raises(StateError) as told:
        LabelFolder(tmp_path / "labels").prepare(MONTA)
    assert "No label was asked for" in told.value.what + told.value.next_step
    assert told.value.exit_code == ExitCode.CONFIG


def test_preparing_sets_room_aside_once_and_closing_gives_it_back(folder):
    for _ in range(2):
        folder.prepare(MONTA)
    [room] = (folder.path / MONTA).iterdir()
    assert (room.stat().st_size, room.stat().st_mode & 0o777) == (SIZE, 0o600)
    assert there(folder) == []


def test_a_label_for_which_the_disk_has_no_room_is_written_into_what_was_set_aside_and_is_the_last(folder, monkeypatch):
    folder.prepare(MONTA)
    [room] = (folder.path / MONTA).iterdir()
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: _full(handle) if room.exists() else real(handle))
    saved = folder.save(MONTA, CODE, PDF)
    assert (folder.path / saved.file).read_bytes() == PDF.content
    with pytest.raises(StateError, match=r"No space left on device.*no more labels are asked for"):
        folder.prepare(MONTA)


def test_what_is_no_label_is_written_into_the_room_that_was_set_aside_too(folder, monkeypatch):
    folder.prepare(MONTA)
    [room] = (folder.path / MONTA).iterdir()
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: _full(handle) if room.exists() else real(handle))
    assert (folder.path / folder.keep_unusable(MONTA, CODE, b"no label")).read_bytes() == b"no label"


def test_where_so_much_room_cannot_be_set_aside_no_label_is_asked_for_and_nothing_is_left(folder, monkeypatch):
    folder.prepare(MONTA)
    folder.close()

    def full(_handle, _offset, _length):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(StateError, match="no room for labels") as told:
        LabelFolder(folder.path).prepare(MONTA)
    assert "Make room" in told.value.what + told.value.next_step
    assert there(folder) == []


@pytest.mark.parametrize("code", [errno.EOPNOTSUPP, errno.EINVAL])
def test_where_the_file_system_cannot_set_room_aside_by_one_call_it_is_written(folder, monkeypatch, code):
    folder.close()

    def unsupported(_handle, _offset, _length):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "posix_fallocate", unsupported)
    LabelFolder(folder.path).prepare(MONTA)
    [room] = (folder.path / MONTA).iterdir()
    assert room.stat().st_size == SIZE


def test_each_folder_that_is_made_is_on_disk_in_its_parent(tmp_path, monkeypatch):
    synced = []
    real = os.fsync

    def fsync(handle):
        synced.append(os.fstat(handle).st_ino)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    LabelFolder(tmp_path / "new" / "labels").prepare(MONTA)
    assert synced == [place.stat().st_ino for place in (tmp_path, tmp_path / "new", tmp_path / "new" / "labels")]


@pytest.mark.parametrize(
    "numbers",
    [
        {"f_bavail": ENOUGH // 4096 - 1},
        {"f_bavail": 0, "f_bfree": 10**6},  # the free room is reserved for root
        {"f_favail": 0},
    ],
)
def test_no_label_is_asked_for_where_there_is_no_room_for_one(folder, monkeypatch, numbers):
    monkeypatch.setattr(os, "statvfs", lambda _place: SimpleNamespace(**{**PLENTY, **numbers}))
    with pytest.raises(StateError, match="no room for labels") as told:
        folder.prepare(MONTA)
    assert "No label was asked for" in told.value.what + told.value.next_step


@pytest.mark.parametrize("numbers", [{}, {"f_blocks": 0, "f_bavail": 0}, {"f_files": 0, "f_favail": 0}])
def test_a_file_system_that_does_not_tell_its_room_is_taken_to_have_some(folder, monkeypatch, numbers):
    monkeypatch.setattr(os, "statvfs", lambda _place: SimpleNamespace(**{**PLENTY, **numbers}))
    folder.prepare(MONTA)


def test_after_a_label_that_could_not_be_written_no_more_are_asked_for_until_one_could(folder, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", _full)
        with pytest.raises(OSError, match="No space"):
            folder.save(MONTA, CODE, PDF)
    with pytest.raises(StateError, match=r"No space left on device.*no more labels are asked for"):
        folder.prepare(MONTA)
    folder.save(MONTA, CODE, PDF)
    folder.prepare(MONTA)


def test_what_cannot_be_used_is_beside_the_labels_and_never_over_another(folder):
    kept = [folder.keep_unusable(MONTA, CODE, content) for content in (b"<html>", PDF.content, b"<html>")]
    assert kept == [f"monta/{CODE}.unusable{number}.bin" for number in ("", "-2", "-3")]
    assert [(folder.path / place).read_bytes() for place in kept] == [b"<html>", PDF.content, b"<html>"]
    assert {stat.S_IMODE((folder.path / place).stat().st_mode) for place in kept} == {0o600}
    assert list(folder.find(MONTA, CODE)) == []


def test_bytes_that_came_under_another_code_are_reported_and_the_same_code_may_have_them_again(folder):
    other = Code("shop-1002-X")
    assert folder.came_before(MONTA, CODE, "digest") is None
    assert folder.came_before(MONTA, CODE, "digest") is None
    assert folder.came_before(MONTA, other, "digest") == CODE
    assert folder.came_before(WarehouseName("other"), other, "digest") is None
