import re
import subprocess
import sys
from pathlib import Path

from returnsync.config.described import (
    built_in_platforms,
    built_in_warehouses,
    call_keys,
    log_keys,
    notify_keys,
    source_keys,
    warehouse_keys,
)
from returnsync.config.example import main, sample
from returnsync.config.reference import page

ROOT = Path(__file__).parents[2]


def test_the_generated_files_are_not_stale(capsys):
    assert main(["--check"], ROOT) == 0, capsys.readouterr().err


def test_the_sample_loads_as_it_stands(config_file):
    settings = config_file.load(sample()).settings
    assert {one.kind for one in settings.warehouses.values()} == {one.kind for one in built_in_warehouses()}
    assert {one.platform for one in settings.sources.values()} == {one.kind for one in built_in_platforms()}


def test_the_sample_loads_with_every_optional_key_switched_on(config_file):
    text, count = re.subn(r"^# (\w+ = |\[)", r"\1", sample(), flags=re.MULTILINE)
    assert count > 15
    config_file.load(text)


def test_the_sample_and_the_page_know_every_key():
    adapters = (*built_in_platforms(), *built_in_warehouses())
    keys = (
        *source_keys(),
        *warehouse_keys(),
        *call_keys(),
        *log_keys(),
        *notify_keys(),
        *(key for one in adapters for key in one.keys),
    )
    for key in keys:
        assert re.search(rf"^(# )?{key.name} = ", sample(), re.MULTILINE), key.name
        assert f"| `{key.name}` |" in page() or key.name in ("kind", "platform")


def test_every_setting_says_what_it_means():
    adapters = (*built_in_platforms(), *built_in_warehouses())
    keys = (
        *source_keys(),
        *warehouse_keys(),
        *call_keys(),
        *log_keys(),
        *notify_keys(),
        *(key for one in adapters for key in one.keys),
    )
    assert [key.name for key in keys if not key.description or not key.type] == []


def test_check_names_the_stale_file_and_changes_nothing(tmp_path, capsys):
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    stale = tmp_path / "docs/configuration.md"
    stale.write_text("old")
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err.startswith("docs/configuration.md is stale")
    assert stale.read_text() == "old"
    assert main([], tmp_path) == 0
    assert stale.read_text() == page()


def test_it_runs_as_a_module():
    command = [sys.executable, "-m", "returnsync.config.example", "--check"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def test_loading_a_valid_file_imports_nothing_that_only_errors_need(config_file):
    config_file.load(sample())
    code = (
        "import sys; from pathlib import Path; from returnsync.config.load import load\n"
        "load(Path(sys.argv[1]))\n"
        "print(*{'difflib', 'returnsync.config.explain', 'returnsync.config.lines'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code, str(config_file.path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
