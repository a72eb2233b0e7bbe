"""A label that is being saved when its process dies: in the end it exists exactly once, with nothing left beside it."""

import logging
from contextlib import contextmanager

import pytest

from returnsync.labels import LabelFolder
from returnsync.model import Code, Label, WarehouseName

MONTA, CODE, OTHER = WarehouseName("monta"), Code("shop-1001-X"), Code("shop-1001-X-0123abcd")
FIRST = Label(b"%PDF-1.7 first %%EOF", "pdf")
SECOND = Label(b"%PDF-1.7 second %%EOF", "pdf")
steps = logging.getLogger("returnsync.steps")
STEPS = [
    "label file about to be written",
    "label file written aside",
    "label file: room made",
    "label file moved",
    "label file in place",
]


class Killed(BaseException):
    """No code handles it, just as no code can handle a kill."""


@contextmanager
def killed_at(step):
    class AtStep(logging.Handler):
        def emit(self, record):
            if record.getMessage() == step:
                raise Killed

    handler, level = AtStep(), steps.level
    steps.addHandler(handler)
    steps.setLevel(logging.DEBUG)
    try:
        with pytest.raises(Killed):
            yield
    finally:
        steps.removeHandler(handler)
        steps.setLevel(level)


@pytest.fixture
def path(tmp_path):
    LabelFolder(tmp_path / "labels").prepare(MONTA)
    return tmp_path / "labels"


def there(path):
    return {file.name: file.read_bytes() for file in (path / MONTA).iterdir() if not file.name.startswith(".room-")}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("before", [None, FIRST], ids=["first", "second"])
def test_a_label_is_there_exactly_once_whatever_step_its_process_died_at(path, step, before):
    if before is not None:
        LabelFolder(path).save(MONTA, CODE, before)
    with killed_at(step):
        LabelFolder(path).save(MONTA, CODE, SECOND)
    folder = LabelFolder(path)
    digests = {file.sha256: file for file in folder.find(MONTA, CODE)}
    known = set() if before is None else {digest_of(path, before)}
    for digest in digests.keys() - known:
        folder.adopt(digests[digest])
    folder.sweep(MONTA, {CODE})
    was_written = step != STEPS[0]
    assert {**there(path)} == expected(before, SECOND if was_written else None)
    assert len(set(digests) - known) == was_written


def digest_of(path, label):
    elsewhere = LabelFolder(path.parent / "elsewhere")
    return elsewhere.save(MONTA, CODE, label).sha256


def expected(before, after):
    if before is None:
        return {} if after is None else {f"{CODE}.pdf": after.content}
    if after is None:
        return {f"{CODE}.pdf": before.content}
    return {f"{CODE}.pdf": after.content, f"{CODE}.1.pdf": before.content}


def test_looking_for_labels_moves_none(path):
    with killed_at("label file written aside"):
        LabelFolder(path).save(MONTA, CODE, FIRST)
    before = there(path)
    (found,) = LabelFolder(path).find(MONTA, CODE)
    assert (found.file, found.aside) == (f"monta/{CODE}.pdf", next(iter(before)))
    assert there(path) == before
    assert LabelFolder(path).left_aside(MONTA) == {CODE}


def test_what_an_earlier_version_left_aside_is_found_too(path):
    (path / MONTA / f".{CODE}-0123abcd").write_bytes(FIRST.content)
    folder = LabelFolder(path)
    (found,) = folder.find(MONTA, CODE)
    assert folder.adopt(found).file == f"monta/{CODE}.pdf"
    assert there(path) == {f"{CODE}.pdf": FIRST.content}


def test_a_file_aside_belongs_to_its_own_code_alone(path):
    (path / MONTA / f".{OTHER}-0123abcd").write_bytes(FIRST.content)
    assert list(LabelFolder(path).find(MONTA, CODE)) == []
    assert len(list(LabelFolder(path).find(MONTA, OTHER))) == 1


def test_half_a_file_aside_is_no_label_although_it_looks_like_a_whole_one(path):
    linearized = b"%PDF-1.7 first page %%EOF and what follows %%EOF"
    with killed_at("label file written aside"):
        LabelFolder(path).save(MONTA, CODE, Label(linearized, "pdf"))
    aside = path / MONTA / next(iter(there(path)))
    aside.write_bytes(linearized[:25])
    folder = LabelFolder(path)
    assert list(folder.find(MONTA, CODE)) == []
    folder.sweep(MONTA, {CODE})
    assert there(path) == {}


def test_a_sweep_removes_no_whole_label_that_is_nowhere_else(path):
    folder = LabelFolder(path)
    folder.save(MONTA, CODE, FIRST)
    leftovers = {
        f".{CODE}-00000001": FIRST.content,  # in place already
        f".{CODE}-00000002": SECOND.content,  # paid for, and only here
        f".{CODE}-00000003": SECOND.content[:9],
        f".{OTHER}-00000004": SECOND.content,  # still needed
        ".probe-00000005": b"",
        ".room-00000006": bytes(100),
        ".keep-this": b"a person's own",
    }
    for name, content in leftovers.items():
        (path / MONTA / name).write_bytes(content)
    LabelFolder(path).sweep(MONTA, {OTHER})
    assert there(path) == {
        f"{CODE}.pdf": FIRST.content,
        f"{CODE}.1.pdf": SECOND.content,
        f".{OTHER}-00000004": SECOND.content,
        ".keep-this": b"a person's own",
    }


def test_a_label_that_cannot_be_moved_to_its_name_stays_aside_for_the_next_run(path, monkeypatch):
    def refused(*_):
        raise OSError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr("os.replace", refused)
        patched.setattr("pathlib.Path.replace", refused)
        with pytest.raises(OSError, match="Permission denied"):
            LabelFolder(path).save(MONTA, CODE, FIRST)
    (found,) = LabelFolder(path).find(MONTA, CODE)
    LabelFolder(path).adopt(found)
    assert there(path) == {f"{CODE}.pdf": FIRST.content}
