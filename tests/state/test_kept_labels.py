"""Labels that could not be written: kept in state byte for byte, until they are in a file."""

import aiosql
import pytest

from returnsync.model import Code, Label, WarehouseName
from returnsync.state import kept_labels, ledger
from returnsync.state.database import SQL
from returnsync.state.ledger import Kind

MONTA, CODE, OTHER = WarehouseName("monta"), Code("shop-1001-X"), Code("shop-1002-X")
LABEL = Label(bytes(range(256)), "pdf", "https://t.example")


@pytest.fixture
def effect(db):
    with db.transaction() as q:
        return ledger.write_intent(q, MONTA, CODE, Kind.LABEL, "{}")


def test_a_kept_label_comes_back_byte_for_byte(db, effect):
    with db.transaction() as q:
        kept_labels.keep(q, effect, LABEL)
        kept_labels.keep(q, effect, Label(b"something else", "zpl"))
    with db.reading() as q:
        assert kept_labels.of(q, MONTA, CODE) == [(effect.generation, LABEL)]
        assert kept_labels.of(q, MONTA, OTHER) == []
        assert kept_labels.of(q, WarehouseName("other"), CODE) == []
        assert kept_labels.unusable(q) == []


def test_what_is_no_label_is_listed_without_its_bytes(db, effect):
    with db.transaction() as q:
        kept_labels.keep(q, effect, Label(b"<html>", kept_labels.UNUSABLE))
    with db.reading() as q:
        assert kept_labels.unusable(q) == [(MONTA, CODE, effect.generation)]


def test_what_is_in_a_file_is_forgotten(db, effect):
    with db.transaction() as q:
        kept_labels.keep(q, effect, LABEL)
        kept_labels.forget(q, MONTA, CODE, effect.generation)
    with db.reading() as q:
        assert kept_labels.of(q, MONTA, CODE) == []


def test_the_same_bytes_are_known_under_another_code_of_the_same_warehouse(db, effect):
    with db.transaction() as q:
        ledger.save_label(q, effect, file="monta/a.pdf", sha256="digest", tracking_link="")
    with db.reading() as q:
        assert ledger.code_with_content(q, MONTA, "digest", OTHER) == CODE
        assert ledger.code_with_content(q, MONTA, "digest", CODE) is None
        assert ledger.code_with_content(q, MONTA, "another", OTHER) is None
        assert ledger.code_with_content(q, WarehouseName("other"), "digest", OTHER) is None
        assert list(ledger.label_files(q)) == [(MONTA, CODE, "monta/a.pdf")]


def test_looking_for_the_same_bytes_reads_no_other_labels(db):
    asked = aiosql.from_path(SQL / "queries" / "ledger.sql", "sqlite3").code_with_content.sql
    with db.reading():
        plan = db.connection.execute(
            f"EXPLAIN QUERY PLAN {asked}", {"warehouse": "monta", "sha256": "digest", "not_code": "code"}
        ).fetchall()
    assert [row["detail"] for row in plan if row["detail"].startswith("SEARCH")] == [
        "SEARCH labels USING INDEX labels_by_content (warehouse=? AND sha256=?)",
        "SEARCH announcements USING INDEX announcements_by_content (<expr>=?)",
    ]
