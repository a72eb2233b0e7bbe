"""Paid labels are kept: labels that cannot be written, and answers that are no usable label."""

import base64
import json
import os
import sqlite3
import stat
from contextlib import closing, contextmanager

import pytest

from returnsync.sandbox import Fault, World
from returnsync.sandbox.pdf import label_pdf


@pytest.fixture
def world():
    return World.bulk(3)


@pytest.fixture
def full(monkeypatch):
    """A disk on which no label can be written, during a block."""
    real = os.fsync

    def fsync(handle):
        if stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(28, "No space left on device")
        real(handle)

    @contextmanager
    def lasting():
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", fsync)
            yield

    return lasting


def kept_in_state(shop):
    with closing(sqlite3.connect(shop.state)) as state:
        return state.execute("SELECT code, extension, content FROM kept_labels").fetchall()


def bought(shop):
    return {label.code: label.data for label in shop.sandbox.monta.labels}


def on_disk(shop):
    return {file.name.removesuffix(".pdf"): file.read_bytes() for file in shop.labels()}


def test_the_first_label_that_cannot_be_written_stops_the_run_and_its_bytes_are_kept(shop, full):
    shop.warehouse = {"concurrency": 1}
    with full():
        ran = shop("run")
    assert ran.code == 78
    ((code, content),) = bought(shop).items()
    assert f"The label of forecast {code} was made" in ran.err
    assert "No space left on device" in ran.err
    assert kept_in_state(shop) == [(code, "pdf", base64.b64encode(content).decode())]
    assert on_disk(shop) == {}


def test_several_label_calls_in_hand_when_one_cannot_be_written_keep_what_they_bring(shop, full):
    with full():
        assert shop("run").code == 78
    assert {code for code, *_ in kept_in_state(shop)} == set(bought(shop))


def test_the_next_run_writes_what_was_kept_before_anything_else_and_buys_none_of_it_again(shop, full):
    with full():
        shop("run")
        assert shop("run").code == 78  # the disk is still full: the label stays in state, and nothing more is bought
    assert len(kept_in_state(shop)) == len(bought(shop))
    (code, *_), *_ = kept_in_state(shop)
    assert shop("run").code == 0
    assert on_disk(shop) == bought(shop)
    assert len(bought(shop)) == 3
    assert kept_in_state(shop) == []
    shop.assert_nothing_twice()
    (shown,) = shop("show", code, "--json").json
    (label,) = shown["announcements"][0]["labels"]
    assert (label["file"], label["tracking_link"][:8]) == (f"monta/{code}.pdf", "https://")


def test_a_dry_run_writes_no_label_that_was_kept(shop, full):
    with full():
        shop("run")
    before = kept_in_state(shop)
    assert shop("run", "--dry-run").code == 0
    assert on_disk(shop) == {}
    assert kept_in_state(shop) == before


def test_what_was_kept_is_not_written_twice_where_a_run_died_after_its_file(shop, full):
    shop.warehouse = {"concurrency": 1}
    with full():
        shop("run")
    ((code, content),) = bought(shop).items()
    (shop.folder / "labels" / "monta" / f".{code}-0123abcd").write_bytes(content)
    shop("run")
    assert [file.name for file in shop.labels() if code in file.name] == [f"{code}.pdf"]


def test_a_label_that_a_killed_run_left_aside_is_adopted_and_a_dry_run_leaves_it_there(shop, full):
    shop.warehouse = {"concurrency": 1}
    with full():
        shop("run")
    ((code, content),) = bought(shop).items()
    with closing(sqlite3.connect(shop.state)) as state, state:
        state.execute("DELETE FROM kept_labels")
    aside = shop.folder / "labels" / "monta" / f".{code}-0123abcd"
    aside.write_bytes(content)
    shop("run", "--dry-run")
    assert shop.labels() == [aside]
    assert shop("run").code == 0
    assert on_disk(shop) == bought(shop)
    shop.assert_nothing_twice()


BODIES = {
    "a page": b"<html>sign in</html>",
    "half of JSON": b'{"EncodedData": "JVBERi0',
    "no file": b'{"EncodedData": null}',
    "half of a PDF": json.dumps({"EncodedData": base64.b64encode(b"%PDF-1.7 half").decode()}).encode(),
}


@pytest.mark.parametrize("name", BODIES)
def test_what_came_and_is_no_label_is_beside_the_labels_and_is_named_by_held(shop, name):
    shop.sandbox.faults.add(Fault("monta.label", "wrong-type", body=BODIES[name], times=1))
    assert shop("run").code == 1
    (held,) = shop.held()
    assert held["cause"] == "label-unusable"
    place = shop.folder / "labels" / "monta" / f"{held['code']}.unusable.bin"
    assert str(place) in held["what"]
    assert place.read_bytes() == (b"%PDF-1.7 half" if name == "half of a PDF" else BODIES[name])
    assert len(on_disk(shop)) == 2
    shop("run")
    shop("held", "retry", "--all")
    shop("run")
    assert shop.sandbox.counts.effects("labels") <= 3


def test_what_cannot_even_be_written_beside_the_labels_is_kept_in_state_until_it_can(shop, full):
    shop.warehouse = {"concurrency": 1}
    shop.sandbox.faults.add(Fault("monta.label", "wrong-type", body=BODIES["a page"], times=1))
    with full():
        shop("run")
    (held,) = shop.held()
    assert "is kept in the state file" in held["what"]
    assert kept_in_state(shop) == [(held["code"], "unusable", base64.b64encode(BODIES["a page"]).decode())]
    shop("run")
    assert kept_in_state(shop) == []
    place = shop.folder / "labels" / "monta" / f"{held['code']}.unusable.bin"
    assert str(place) in held["what"]
    assert place.read_bytes() == BODIES["a page"]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_the_same_bytes_under_another_code_are_no_label_of_it(shop, concurrency):
    shop.warehouse = {"concurrency": concurrency}
    shop.sandbox.monta.label_bytes = label_pdf("PostNL", "always the same")
    assert shop("run").code == 1
    ((labelled, _),) = on_disk(shop).items()
    held = shop.held()
    assert [item["cause"] for item in held] == ["label-unusable"] * 2
    assert all(f"that of forecast {labelled}, byte for byte" in item["what"] for item in held)
    beside = [file.read_bytes() for file in (shop.folder / "labels").glob("*/*.unusable.bin")]
    assert beside == [shop.sandbox.monta.label_bytes] * 2
