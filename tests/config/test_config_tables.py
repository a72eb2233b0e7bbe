"""Tables beside the configuration: read when needed, and again when the file changed."""

import os

import pytest

from returnsync.config.csv_tables import CsvTable
from returnsync.errors import ConfigError


def write(file, text, at):
    file.write_text(text, encoding="utf-8")
    os.utime(file, (at, at))


def test_a_table_is_read_again_when_its_file_changed(tmp_path):
    file = tmp_path / "orders.csv"
    write(file, "1,W-1\n", 1000)
    table = CsvTable(file)
    assert table.read() == {"1": "W-1"}
    write(file, "1,W-2\n", 2000)
    assert table.read() == {"1": "W-2"}
    write(file, "1,W-10\n", 2000)
    assert table.read() == {"1": "W-10"}


def test_a_table_is_kept_while_its_file_stays(tmp_path):
    file = tmp_path / "orders.csv"
    write(file, "1,W-1\n", 1000)
    table = CsvTable(file)
    assert table.read() is table.read()


def test_every_wrong_row_is_reported_with_file_and_line_each_time(tmp_path):
    file = tmp_path / "orders.csv"
    write(file, "1,W-1\n2\n1,W-2\n", 1000)
    table = CsvTable(file)
    for _ in range(2):
        with pytest.raises(ConfigError) as told:
            table.read()
        first, second = told.value.problems
        assert first.startswith(f"{file}:2: ")
        assert second.startswith(f"{file}:3: ")


def test_a_fixed_table_is_read(tmp_path):
    file = tmp_path / "orders.csv"
    table = CsvTable(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        table.read()
    write(file, "1\n", 1000)
    with pytest.raises(ConfigError, match="has rows"):
        table.read()
    write(file, "1,W-1\n", 2000)
    assert table.read() == {"1": "W-1"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_is_read_in_the_encodings_in_which_spreadsheets_save_unicode(tmp_path, encoding):
    file = tmp_path / "orders.csv"
    file.write_bytes('="01001"\tcafé\r\n'.encode(encoding))
    assert CsvTable(file).read() == {"01001": "café"}


@pytest.mark.parametrize("content", [b"1,caf\xe9\n", None])
def test_what_is_no_text_file_is_reported_with_its_path(tmp_path, content):
    file = tmp_path / "orders.csv"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    with pytest.raises(ConfigError) as told:
        CsvTable(file).read()
    assert str(file) in told.value.what
    assert told.value.next_step


def test_a_path_that_can_be_none_is_reported(tmp_path):
    with pytest.raises(ConfigError):
        CsvTable(tmp_path / "a\0b").read()
