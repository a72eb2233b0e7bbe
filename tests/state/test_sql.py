"""PostgreSQL accepts the SQL too, and every named query is used by the code."""

import ast
import re
from importlib.resources import files
from pathlib import Path

import pytest

import returnsync
from returnsync.state.opening import open_file

SQL = Path(str(files("returnsync.state") / "sql"))
FILES = sorted(SQL.glob("*/*.sql"))
SQLITE_ONLY = re.compile(
    r"\b(json_\w+|glob|pragma|autoincrement|strftime|julianday|unixepoch|rowid|ifnull|iif|"
    r"insert\s+or|replace\s+into|update\s+or|without\s+rowid|strict|collate\s+nocase|typeof|randomblob|"
    r"last_insert_rowid|group_concat|instr|printf|indexed\s+by|regexp|"
    r"integer\s+primary\s+key|blob|real|vacuum|attach)\b|\b(datetime|date|time|changes|total)\s*\(|==|\[\w+\]|`|\"",
    re.IGNORECASE,
)


def statements(text):
    """SQL without comments and without texts in quotes."""
    return re.sub(r"'[^']*'", "''", re.sub(r"--[^\n]*", "", text))


def test_there_are_files_to_look_at():
    assert len(FILES) >= 6


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_is_written_that_only_sqlite_takes(file):
    assert [found[0] for found in SQLITE_ONLY.finditer(statements(file.read_text(encoding="utf-8")))] == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT json_each(x)",
        "INSERT OR IGNORE INTO t",
        "PRAGMA user_version",
        "a INTEGER PRIMARY KEY AUTOINCREMENT",
        "datetime('now')",
        "strftime('%Y', a)",
        "SELECT rowid",
        "IFNULL(a, b)",
        "a == b",
        "a GLOB 'x*'",
        'SELECT "a"',
    ],
)
def test_the_list_of_words_would_notice(text):
    assert SQLITE_ONLY.search(statements(text))


def named(folder="queries"):
    text = "\n".join(file.read_text(encoding="utf-8") for file in SQL.glob(f"{folder}/*.sql"))
    return re.findall(r"^-- name: (\w+)", text, re.MULTILINE)


def used():
    """The names that the code of the package uses on a `q`."""
    found = set()
    for file in Path(returnsync.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "q":
                found.add(node.attr)
    return found


def test_every_named_query_is_used_and_every_used_one_exists():
    assert sorted([*named(), *named("fills")]) == sorted(used())


def test_no_two_queries_have_one_name():
    names = [*named(), *named("fills")]
    assert len(names) == len(set(names))


def test_sql_is_only_in_files():
    words = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s\w+\sSET|DELETE\s+FROM)\b", re.DOTALL)
    for file in (Path(returnsync.__file__).parent / "state").glob("*.py"):
        texts = [
            node.value
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        assert [text for text in texts if words.search(text)] == [], file.name


def test_every_query_is_one_that_the_schema_takes(tmp_path):
    opened = open_file(tmp_path / "returnsync.db")
    for name in named():
        text = getattr(opened.queries, name).sql
        parameters = dict.fromkeys(re.findall(r"(?<!:):(\w+)", text), "1")
        opened.connection.execute("BEGIN")
        opened.connection.execute(text, parameters).fetchall()
        opened.connection.execute("ROLLBACK")
    opened.close()
