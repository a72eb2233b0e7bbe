import os
import re
import select
import shlex
import sys
import threading
import traceback
import types
from contextlib import suppress
from pathlib import Path

import pytest

from returnsync.errors import ConfigError, ExitCode, Interrupted
from returnsync.redact import MASK, mask
from returnsync.secrets import SecretRef

WHERE = "sources.shop-nl.token"


def resolve(text, base=Path()):
    return SecretRef.parse(text).resolve(base, WHERE)


def python(code, *arguments):
    """A reference to a command that runs `code`."""
    return "command:" + shlex.join([sys.executable, "-c", code, *arguments])


def refusal(text, base=Path()):
    with pytest.raises(ConfigError) as caught:
        resolve(text, base)
    assert caught.value.exit_code == ExitCode.CONFIG
    assert caught.value.next_step
    return caught.value


@pytest.mark.parametrize("text", ["", "s3cr3t", "env:", "env:  ", "ENV:X", "vault:x", " env:X"])
def test_an_invalid_reference_is_refused_without_repeating_it(text):
    with pytest.raises(ValueError, match="not the secret itself") as caught:
        SecretRef.parse(text)
    assert "s3cr3t" not in str(caught.value)


def test_a_variable_of_the_environment(monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", " tok-env \n")
    assert resolve("env:SHOP_TOKEN") == "tok-env"


def test_a_variable_that_is_not_set_is_reported_by_name_and_place(monkeypatch):
    monkeypatch.delenv("SHOP_TOKEN", raising=False)
    assert refusal("env:SHOP_TOKEN").what == f"{WHERE}: the environment variable SHOP_TOKEN is not set."


def test_an_empty_secret_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("SHOP_TOKEN", " ")
    assert refusal("env:SHOP_TOKEN").what == f"{WHERE}: env:SHOP_TOKEN gives an empty secret."
    (tmp_path / "empty").touch()
    assert "gives an empty secret" in refusal("file:empty", tmp_path).what
    assert "gives an empty secret" in refusal(python("pass")).what


def test_the_first_line_of_a_file(tmp_path, monkeypatch):
    (tmp_path / "token").write_text("tok-file\nsecond line\n")
    assert resolve("file:token", tmp_path) == "tok-file"
    assert resolve(f"file:{tmp_path}/token", Path("/elsewhere")) == "tok-file"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve("file:~/token", Path("/elsewhere")) == "tok-file"


def test_a_file_that_is_no_text_is_reported_by_path(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert refusal("file:binary", tmp_path).what.startswith(f"{WHERE}: the file {tmp_path}/binary cannot be read")


@pytest.mark.parametrize("kind", ["env", "file", "command", "keyring"])
def test_a_secret_that_stands_where_a_reference_belongs_is_not_repeated(kind, tmp_path):
    error = refusal(f"{kind}:tok-9f.s3cr3t", tmp_path)
    assert error.what.startswith(WHERE)
    assert "s3cr3t" not in error.what + error.next_step + "".join(error.problems)


def test_the_first_line_that_a_command_prints():
    assert resolve(python("print('tok-command'); print('more')")) == "tok-command"


def test_a_command_runs_without_a_shell(tmp_path):
    assert resolve(python("import sys; print(sys.argv[1])", f"$HOME;touch {tmp_path}/made")).startswith("$HOME;")
    assert not (tmp_path / "made").exists()


def test_a_command_that_asks_for_input_does_not_wait_for_it():
    assert "gives an empty secret" in refusal(python("import sys; print(sys.stdin.read())")).what


NOISY = "import sys; print('s3cr3t-out'); print('s3cr3t-err', file=sys.stderr); sys.exit(3)"


@pytest.mark.parametrize(
    "reference",
    [python(NOISY, "s3cr3t-argument"), "command:/no/such/program s3cr3t-argument"],
    ids=["fails", "missing"],
)
def test_a_wrong_command_shows_neither_arguments_nor_output(reference):
    error = refusal(reference)
    assert "s3cr3t" not in error.what + error.next_step + error.foreign + str(error)


def test_an_empty_answer_of_a_command_does_not_show_its_arguments():
    error = refusal(python("pass", "s3cr3t-argument"))
    assert "s3cr3t" not in error.what + error.next_step


def test_how_a_command_ended_is_reported():
    assert "(exit code 3)" in refusal(python(NOISY)).what
    assert "No such file" in refusal("command:/no/such/program").what


def test_the_keyring_is_an_extra_that_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert re.search(r"^Install it: .+\[([a-z]+,)*keyring(,[a-z]+)*\]", refusal("keyring:shop/me").next_step)


def test_a_keyring_without_a_backend_is_told_apart_from_one_that_is_locked(monkeypatch):
    class NoKeyringError(RuntimeError):
        """It has the name that the keyring library uses, which is not installed here."""

    def ask(*_):
        raise NoKeyringError

    monkeypatch.setitem(sys.modules, "keyring", types.SimpleNamespace(get_password=ask))
    told = refusal("keyring:shop/me")
    assert "there is no keyring here" in told.what
    assert "env:NAME or file:PATH" in told.next_step


@pytest.mark.parametrize("entry", ["shop", "/", "/me", "shop/"])
def test_an_entry_without_a_service_or_a_user_says_what_to_write(entry):
    assert refusal(f"keyring:{entry}").next_step == "Write keyring:SERVICE/USER."


@pytest.mark.parametrize("path", ["a\0b", "~no-such-user-here/x", "x" * 256, "x" * 5000])
def test_a_file_that_no_path_leads_to_is_reported_with_its_setting(path, tmp_path):
    assert refusal(f"file:{path}", tmp_path).what.startswith(f"{WHERE}: ")


def test_an_entry_of_the_keyring(monkeypatch):
    entries = {("a/service", "me"): "tok-keyring"}
    stand_in = types.SimpleNamespace(get_password=lambda service, user: entries.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", stand_in)
    assert resolve("keyring:a/service/me") == "tok-keyring"
    assert "the keyring has no entry other/me" in refusal("keyring:other/me").what


def test_a_resolved_secret_is_masked_from_then_on(monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", "tok-masked-later")
    assert mask("tok-masked-later") == "tok-masked-later"
    resolve("env:SHOP_TOKEN")
    assert mask("said tok-masked-later aloud") == f"said {MASK} aloud"


def test_not_even_a_traceback_shows_arguments_or_output_of_a_command():
    error = refusal(python(NOISY, "s3cr3t-argument"))
    assert error.__cause__ is None
    assert "s3cr3t-argument" not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    "reference",
    ["command:program 'unbalanced", python("import sys; sys.stdout.buffer.write(b'\\xff\\xfe')")],
    ids=["quotes", "bytes"],
)
def test_a_command_that_cannot_be_read_is_a_configuration_error(reference):
    refusal(reference)


# ---- no reference blocks a run, or fills its memory

SLEEPS = "import time; time.sleep(600)"


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("returnsync.secrets._SECONDS", 0.3)


def test_a_command_whose_child_keeps_its_output_open_has_given_its_secret_when_it_ends():
    child = f"import subprocess, sys; print('tok', flush=True); subprocess.Popen([sys.executable, '-c', {SLEEPS!r}])"
    assert resolve(python(child)) == "tok"


@pytest.mark.usefixtures("impatient")
def test_a_command_that_does_not_end_is_ended_with_all_that_it_started(tmp_path):
    pipe = tmp_path / "held by the child"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    child = f"import time; held = open({str(pipe)!r}, 'w'); time.sleep(600)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    try:
        assert "nothing within 0.3 s" in refusal(python(parent)).what
        with suppress(BlockingIOError):
            assert os.read(reader, 1) == b""  # no process has it open, or not yet
            return
        select.select([reader], [], [], 20)
        assert os.read(reader, 1) == b"", "who held it is gone"
    finally:
        os.close(reader)


def test_a_command_that_prints_without_end_is_ended():
    assert "more than 65,536 bytes" in refusal(python("while True: print('x' * 1000)")).what


def test_a_stop_ends_the_wait_for_a_command():
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    with pytest.raises(Interrupted):
        SecretRef.parse(python(SLEEPS)).resolve(Path(), WHERE, stop)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/"])
def test_what_is_no_file_is_not_read(device):
    assert "cannot be read" in refusal(f"file:{device}").what


def test_a_file_of_many_megabytes_is_not_read(tmp_path):
    with (tmp_path / "large").open("wb") as file:
        file.truncate(1 << 40)
    assert "more than 65,536 bytes" in refusal("file:large", tmp_path).what


@pytest.mark.usefixtures("impatient")
def test_a_pipe_that_nobody_writes_to_is_reported(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "nothing within 0.3 s" in refusal("file:pipe", tmp_path).what


def test_a_pipe_gives_the_secret_that_is_written_to_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=("tok-pipe\n",))
    writer.start()
    assert resolve("file:pipe", tmp_path) == "tok-pipe"
    writer.join()


@pytest.mark.usefixtures("impatient")
def test_a_keyring_that_waits_for_a_person_is_reported(monkeypatch):
    unlocked = threading.Event()
    monkeypatch.setitem(sys.modules, "keyring", types.SimpleNamespace(get_password=lambda *_: unlocked.wait()))
    assert "nothing within 0.3 s" in refusal("keyring:shop/me").what
    unlocked.set()


def test_a_keyring_that_fails_is_a_matter_of_settings(monkeypatch):
    def locked(*_):
        raise RuntimeError("locked")

    monkeypatch.setitem(sys.modules, "keyring", types.SimpleNamespace(get_password=locked))
    assert "the keyring cannot be read (RuntimeError)" in refusal("keyring:shop/me").what
