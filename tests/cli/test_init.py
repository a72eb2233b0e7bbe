"""`init` by asking, on a real pseudo-terminal, and by its options: it writes what was chosen, and asks for no label."""

import os
import shutil
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect
import pytest

from returnsync.cli.asking import schedule
from returnsync.config.load import load
from returnsync.platforms.registry import PLATFORMS
from returnsync.sandbox import Fault, Sandbox, World

RETURNSYNC = (sys.executable, "-m", "returnsync")
CTRL_C = "\x03"
MONTA = ("--set", "warehouse.username=env:MONTA_USER", "--set", "warehouse.password=env:MONTA_PASSWORD")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(World.empty(), with_mail=True) as running:
        yield running


@pytest.fixture(autouse=True)
def _as_new(sandbox):
    sandbox.counts.__init__()
    sandbox.faults.clear()


def credentials(sandbox: Sandbox) -> dict[str, str]:
    return {
        "MONTA_USER": sandbox.world.username,
        "MONTA_PASSWORD": sandbox.world.password,
        "KEY": sandbox.world.loop.api_key,
    }


def init(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command without a terminal."""
    return subprocess.run(
        [*RETURNSYNC, "init", *options],
        cwd=folder, env={**os.environ, **environment}, capture_output=True, stdin=subprocess.DEVNULL, text=True,
        timeout=60, check=False,
    )  # fmt: skip


def loop_at(sandbox: Sandbox) -> tuple[str, ...]:
    """Options for an account at Loop and one at Monta, both in the sandbox."""
    addresses = (
        "--set",
        f"base_url={sandbox.url}{sandbox.loop.base}",
        "--set",
        f"warehouse.base_url={sandbox.monta_url}",
    )
    accounts = ("--platform", "loop", "--secrets", "env", "--set", "api_key=env:KEY", *MONTA)
    return (*accounts, *addresses, "--carrier", "PostNL")


def content_of(folder: Path) -> dict[str, Any]:
    """The content of the file that was written, after a check that it loads."""
    load(folder / "returnsync.toml")
    return tomllib.loads((folder / "returnsync.toml").read_text())


def asked_for_a_label(sandbox: Sandbox) -> int:
    return sandbox.counts.calls("monta.label") + sum(sandbox.counts.as_dict()["effects"].values())


# -- on a terminal -----------------------------------------------------------------------------------------------------


@contextmanager
def asking(folder: Path, *options: str) -> Iterator[pexpect.spawn]:
    plain = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    words = ["-m", "returnsync", "init", *options]
    child = pexpect.spawn(
        sys.executable, words, env=plain, cwd=str(folder), dimensions=(50, 110), timeout=30, encoding="utf-8"
    )
    try:
        yield child
    finally:
        child.close()


def answer(child: pexpect.spawn, *answers: tuple[str, str]) -> None:
    for question, text in answers:
        child.expect_exact(question)
        child.sendline(text)


def test_a_person_is_asked_the_credentials_are_tried_and_only_what_was_chosen_is_written(sandbox, tmp_path):
    addresses = ("--set", f"base_url={sandbox.returnista_url}", "--set", f"warehouse.base_url={sandbox.monta_url}")
    with asking(tmp_path, *addresses) as child:
        answer(
            child,
            ("6  loop", "returnista"),
            ("Number or name [file]", ""),
            ("A name for this account", "not a name"),
            ("This must be 1 to 40 letters", "shop-nl"),
            ("on or after this day", "2026-11-01"),
            ("account_id of shop-nl", sandbox.world.account_id),
            ("token of shop-nl", "wrong"),
        )
        child.expect_exact("FAIL shop-nl")
        answer(
            child,
            ("Type them again?", ""),
            ("account_id of shop-nl", sandbox.world.account_id),
            ("token of shop-nl", sandbox.world.token),
            ("ok   shop-nl: credentials", ""),
            ("username of monta", sandbox.world.username),
            ("password of monta", sandbox.world.password),
            ("ok   monta: credentials", ""),
            ("2  PostNL", "2"),
            ("Sales channel", "Webshop NL"),
            ("Another source?", ""),
            ("Days to keep", "ninety"),
            ("This must be a whole number", "90"),
            ("How do labels reach the consumers?", ""),
        )
        child.expect(pexpect.EOF)
        shown = child.before
        child.wait()
    assert child.exitstatus == 0
    assert content_of(tmp_path) == {
        "state": "returnsync.db",
        "labels": "labels",
        "retention_days": 90,
        "warehouses": {
            "monta": {
                "kind": "monta",
                "carrier": "PostNL",
                "channel": "Webshop NL",
                "base_url": sandbox.monta_url,
                "username": "file:secrets/monta-username",
                "password": "file:secrets/monta-password",
            }
        },
        "sources": {
            "shop-nl": {
                "platform": "returnista",
                "warehouse": "monta",
                "start_from": load(tmp_path / "returnsync.toml").settings.sources["shop-nl"].start_from.date(),
                "account_id": sandbox.world.account_id,
                "base_url": sandbox.returnista_url,
                "token": "file:secrets/shop-nl-token",
            }
        },
    }
    secret = tmp_path / "secrets" / "shop-nl-token"
    assert secret.read_text() == f"{sandbox.world.token}\n"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert f"*/5 * * * * {sys.executable}" in shown or "*/5 * * * * " in shown
    assert "returnsync.timer" in shown
    assert asked_for_a_label(sandbox) == 0
    assert sandbox.world.token not in shown
    # Nothing else has to be done before the first run.
    check = subprocess.run([*RETURNSYNC, "check"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout


def test_ctrl_c_leaves_and_nothing_is_written(sandbox, tmp_path):
    with asking(tmp_path, "--platform", "loop", "--set", f"base_url={sandbox.url}{sandbox.loop.base}") as child:
        answer(child, ("Number or name [file]", ""), ("A name for this account", ""), ("on or after", ""))
        answer(child, ("api_key of loop", sandbox.world.loop.api_key))
        child.expect_exact("What only the platform writes")
        child.send(CTRL_C)
        child.expect(pexpect.EOF)
        child.wait()
    assert child.exitstatus == 130
    assert list(tmp_path.iterdir()) == []


def test_questions_that_an_option_answers_are_not_asked(sandbox, tmp_path):
    options = (*loop_at(sandbox), "--no-try", "--source", "shop", "--start-from", "2026-11-01", "--prefix", "#")
    with asking(tmp_path, *options, "--retention", "30", "--channel", "") as child:
        answer(child, ("Another source?", "n"), ("How do labels reach", ""))
        child.expect(pexpect.EOF)
        child.wait()
    assert child.exitstatus == 0
    assert content_of(tmp_path)["retention_days"] == 30


# -- without one -------------------------------------------------------------------------------------------------------


def test_everything_can_be_given_as_options(sandbox, tmp_path):
    done = init(tmp_path, *loop_at(sandbox), "--prefix", "EXC-", "--start-from", "2026-11-01", **credentials(sandbox))
    assert done.returncode == 0, done.stderr
    content = content_of(tmp_path)
    assert content["sources"]["loop"]["order_number"] == [{"strip_prefix": "EXC-"}]
    assert content["warehouses"]["monta"]["carrier"] == "PostNL"
    assert "ok   loop: credentials" in done.stderr
    assert "ok   monta: credentials" in done.stderr
    assert "MONTA_PASSWORD=…" in done.stdout  # the crontab has to set what the file refers to
    assert sandbox.world.password not in done.stdout + done.stderr
    assert asked_for_a_label(sandbox) == 0


def test_a_configuration_is_written_also_where_the_credentials_are_refused(sandbox, tmp_path):
    done = init(tmp_path, *loop_at(sandbox), **{**credentials(sandbox), "MONTA_PASSWORD": "wrong"})
    assert done.returncode == 78
    assert "FAIL monta" in done.stderr
    assert content_of(tmp_path)["sources"].keys() == {"loop"}


def test_a_configuration_is_written_also_where_an_account_cannot_be_reached(sandbox, tmp_path):
    sandbox.faults.add(Fault("loop.list", "status", status=503))
    done = init(tmp_path, *loop_at(sandbox), **credentials(sandbox))
    assert done.returncode == 75
    assert content_of(tmp_path)["sources"].keys() == {"loop"}


def test_an_account_whose_secret_does_not_exist_yet_is_not_tried_and_that_is_said(sandbox, tmp_path):
    options = ("--platform", "loop", "--carrier", "PostNL", "--set", f"base_url={sandbox.url}{sandbox.loop.base}")
    done = init(tmp_path, *options)
    assert done.returncode == 0
    assert "secrets/loop-api_key does not exist yet" in done.stderr
    assert content_of(tmp_path)["sources"]["loop"]["api_key"] == "file:secrets/loop-api_key"
    assert sandbox.counts.as_dict()["requests"] == 0


def test_every_answer_that_is_missing_is_named_at_once_and_nothing_is_written(tmp_path):
    done = init(tmp_path, "--platform", "channable")
    assert done.returncode == 2
    assert "--set company_id, --set project_id, --carrier" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_a_platform_the_known_ones_are_named(tmp_path):
    done = init(tmp_path)
    assert done.returncode == 2
    assert "--platform (returnista, sendcloud, channable, returnly, returnless, loop)" in done.stderr


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (("--platform", "nowhere"), "--platform"),
        (("--set", "colour=red"), "--set colour: the answer is for a setting that does not exist"),
        (("--set", "company_id"), "write KEY=VALUE"),
        (("--start-from", "yesterday"), "--start-from"),
        (("--retention", "0"), "--retention"),
        (("--secrets", "here"), "--secrets"),
        (("--hand-over", "pigeon"), "--hand-over"),
        (("--source", "a b"), "--source"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, tuple) else "",
)
def test_a_wrong_answer_is_refused_by_the_name_of_its_option(tmp_path, wrong, named):
    options = ("--platform", "loop", "--carrier", "PostNL", "--no-try")
    done = init(tmp_path, *(options if wrong[0] != "--platform" else options[2:]), *wrong)
    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_secret_is_no_answer_where_a_reference_is_wanted_and_is_not_repeated(tmp_path):
    done = init(tmp_path, "--platform", "loop", "--carrier", "PostNL", "--no-try", "--set", "api_key=hunter2hunter2")
    assert done.returncode == 2
    assert "hunter2" not in done.stdout + done.stderr


def test_labels_by_mail_are_set_up_with_their_account(sandbox, tmp_path):
    mail = {"host": "127.0.0.1", "from": "Shop <shop@example.com>", "security": "plain", "port": sandbox.mail.port}
    options = [word for key, value in mail.items() for word in ("--set", f"mail.{key}={value}")]
    done = init(tmp_path, *loop_at(sandbox), "--hand-over", "email", *options, **credentials(sandbox))
    assert done.returncode == 0, done.stderr
    assert "ok   mail: login" in done.stderr
    content = content_of(tmp_path)
    assert content["mail"] == mail
    assert content["sources"]["loop"]["hand_over"] == ["email"]
    assert sandbox.mail.mails == []


LOOP = ("--platform", "loop", "--no-try")
MAIL = ("--hand-over", "email", "--set", "mail.from=shop@example.com")


def test_a_program_may_be_given_by_its_path_alone(tmp_path):
    given = ("--carrier", "PostNL", "--hand-over", "command", "--set", "hand_over_command=/bin/true")
    assert init(tmp_path, *LOOP, *given).returncode == 0
    source = content_of(tmp_path)["sources"]["loop"]
    assert (source["hand_over"], source["hand_over_command"]) == (["command"], ["/bin/true"])


def test_a_setting_that_a_question_is_about_may_be_given_as_a_setting(tmp_path):
    mail = ("--set", "mail.host=smtp.example.com", "--set", "mail.from=shop@example.com")
    given = ("--set", "warehouse.carrier=DPD", "--set", 'hand_over=["email"]', "--set", "order_number=[]", *mail)
    assert init(tmp_path, *LOOP, *given).returncode == 0
    content = content_of(tmp_path)
    assert content["warehouses"]["monta"]["carrier"] == "DPD"
    assert content["sources"]["loop"]["hand_over"] == ["email"]
    assert content["sources"]["loop"]["order_number"] == []
    assert content["mail"]["host"] == "smtp.example.com"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--hand-over", "email"), "--set mail.host, --set mail.from"),
        (("--hand-over", "command"), "--set hand_over_command"),
        (("--set", "mail.hots=x"), "Did you mean host?"),
        ((*MAIL, "--set", "mail.host=far.example", "--set", "mail.security=plain"), "only for this machine"),
        ((*MAIL, "--set", "mail.host=h", "--set", "mail.password=env:P"), "username and password belong together"),
        (("--hand-over", "command", "--set", "hand_over_command=[[[[[" + "[" * 3000), "--set hand_over_command"),
        (("--retention", "9" * 5000), "--retention"),
        (("--set", "guard_new=" + "9" * 5000), "--set guard_new"),
        (("--start-from", "0001-01-01T00:00:00+14:00"), "--start-from"),
        (("--set", "api_key=env:A\nMAILTO=evil"), "--set api_key"),
        (("--set", "api_key=env:A B"), "--set api_key"),
        (("--prefix", "a\tb"), "--prefix"),
        (("--warehouse", "elsewhere"), "--warehouse"),
    ],
    ids=lambda part: part[-1][:30] if isinstance(part, tuple) else "",
)
def test_what_cannot_be_written_is_refused_in_words_and_nothing_is_written(tmp_path, given, said):
    done = init(tmp_path, *LOOP, "--carrier", "PostNL", *given)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["--carrier", "--channel", "--prefix"])
def test_bytes_that_are_no_utf_8_lead_to_a_file_that_can_be_read(tmp_path, name):
    words = [*RETURNSYNC, "init", *LOOP, *(("--carrier", "PostNL") if name != "--carrier" else ())]
    command = [os.fsencode(word) for word in words] + [name.encode(), b"Post\xff"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, done.stderr
    assert content_of(tmp_path)


def test_a_relative_path_is_tried_from_the_folder_of_the_configuration(tmp_path):
    pages = tmp_path / "shop" / "pages"
    pages.mkdir(parents=True)
    (pages / "one.json").write_text('{"data": [], "meta": {}}')
    given = ("--platform", "returnly", "--set", "export=pages/*.json", "--carrier", "PostNL")
    done = init(tmp_path, *given, "--config", "shop/returnsync.toml")
    assert "ok   returnly: export: 1 files" in done.stderr
    assert content_of(tmp_path / "shop")["sources"]["returnly"]["export"] == "pages/*.json"


def test_a_state_of_an_earlier_configuration_is_pointed_out(tmp_path):
    (tmp_path / "returnsync.db").touch()
    done = init(tmp_path, *LOOP, "--carrier", "PostNL")
    assert "returnsync.db exists in this folder and will be used" in done.stderr


@pytest.mark.parametrize("kind", PLATFORMS.built_in)
def test_every_platform_can_be_set_up_with_what_it_needs(tmp_path, kind):
    needed = {
        "channable": ("company_id=1", "project_id=2"),
        "returnista": ("account_id=x",),
        "returnly": ("export=*.json",),
    }
    given = [word for pair in needed.get(kind, ()) for word in ("--set", pair)]
    done = init(tmp_path, "--platform", kind, *given, "--carrier", "PostNL", "--no-try")
    assert done.returncode == 0, done.stderr
    assert content_of(tmp_path)["sources"][kind]["platform"] == kind


@pytest.mark.parametrize("way", ["file", "link", "folder"])
def test_an_existing_file_is_never_overwritten_and_nothing_is_asked(tmp_path, way):
    place = tmp_path / "returnsync.toml"
    if way == "folder":
        place.mkdir()
    elif way == "link":
        place.symlink_to(tmp_path / "nowhere")
    else:
        place.write_text("# mine\n")
    done = init(tmp_path, "--platform", "loop", "--carrier", "PostNL", "--no-try")
    assert done.returncode == 2
    assert "not touched" in done.stderr
    assert way != "file" or place.read_text() == "# mine\n"


# -- cron and systemd --------------------------------------------------------------------------------------------------


def test_the_service_that_is_printed_can_be_read_by_systemd(tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not there to read the units")
    text = schedule(tmp_path / "returnsync.toml", ["KEY"])
    for name in ("service", "timer"):
        body = text.split(f"returnsync.{name} >/dev/null <<'END'\n", 1)[1].split("\nEND\n", 1)[0]
        (tmp_path / f"returnsync.{name}").write_text(f"{body}\n")
    done = subprocess.run(
        [program, "verify", str(tmp_path / "returnsync.timer")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_service_of_somebody_without_a_name_is_run_by_number(tmp_path, monkeypatch):
    def nameless():
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert f"User={os.getuid()}\n" in schedule(tmp_path / "returnsync.toml", [])


def test_a_percent_sign_in_a_path_stays_one_for_cron_and_for_systemd(tmp_path):
    text = schedule(tmp_path / "100%" / "returnsync.toml", [])
    assert f"--config {tmp_path}/100\\%/returnsync.toml" in text
    assert f"--config {tmp_path}/100%%/returnsync.toml" in text
