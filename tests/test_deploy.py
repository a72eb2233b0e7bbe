"""What lies in deploy/: units and image keep what their page says, and the unit's command works as it is set up."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from packaging.requirements import Requirement

from returnsync import clock
from returnsync.errors import ExitCode
from returnsync.http.account import CallSettings
from returnsync.platforms.source_settings import SourceSettings
from returnsync.sandbox.world import monta_order

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "how-to" / "service.md").read_text("utf-8")
WORST_SCORE = 1.5
ANALYZE = shutil.which("systemd-analyze")

# -- the units ---------------------------------------------------------------------------------------------------------


class Unit:
    """A unit file: each key may stand several times, and an empty value takes back what stood before."""

    def __init__(self, name: str) -> None:
        self.text = (DEPLOY / name).read_text("utf-8")
        self.values: dict[str, list[str]] = {}
        for line in self.text.splitlines():
            if line and not line.startswith(("#", "[")):
                key, _, value = line.partition("=")
                self.values.setdefault(key, []).append(value)

    def one(self, key: str) -> str:
        (value,) = self.values[key]
        return value


SERVICE = Unit("returnsync.service")
TIMER = Unit("returnsync.timer")

HARDENED = {
    "AmbientCapabilities": "",
    "CapabilityBoundingSet": "",
    "DevicePolicy": "closed",
    "DynamicUser": "yes",
    "KeyringMode": "private",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "NoNewPrivileges": "yes",
    "PrivateDevices": "yes",
    "PrivateTmp": "yes",
    "PrivateUsers": "yes",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHome": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectProc": "invisible",
    "ProtectSystem": "strict",
    "RemoveIPC": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "StateDirectoryMode": "0700",
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "EPERM",
    "UMask": "0077",
}
SECONDS = {"s": 1, "min": 60, "h": 3600}


def seconds(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(s|min|h)", text).groups()
    return int(number) * SECONDS[unit]


def fenced(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def configuration() -> dict[str, Any]:
    (text,) = fenced("toml")
    return tomllib.loads(text)


def credentials() -> dict[str, str]:
    """The files that systemd copies, by their names in the copy."""
    return dict(value.split(":") for value in SERVICE.values["LoadCredential"])


def test_every_restriction_is_there_and_none_is_taken_back():
    assert {key: SERVICE.one(key) for key in HARDENED} == HARDENED
    assert SERVICE.values["SystemCallFilter"] == ["@system-service", "~@privileged @resources"]


def test_what_needs_nobody_fails_no_unit_and_everything_else_does():
    allowed = {int(code) for code in SERVICE.one("SuccessExitStatus").split()}
    assert allowed == {ExitCode.NEEDS_PERSON, ExitCode.TEMPORARY, ExitCode.SIGTERM}


def test_a_stop_leaves_time_for_a_call_and_for_a_program_that_hands_over():
    longest = CallSettings.model_fields["exchange_timeout"].default
    program = SourceSettings.model_fields["hand_over_timeout"].default
    assert seconds(SERVICE.one("TimeoutStopSec")) > longest + program
    assert SERVICE.one("KillMode") == "mixed"
    assert "KillSignal" not in SERVICE.values, "SIGTERM, which a run knows, is what systemd sends"


def test_a_run_that_hangs_is_ended_after_a_while():
    assert seconds(SERVICE.one("TimeoutStartSec")) == 3600
    assert SERVICE.one("Type") == "oneshot"


def test_what_tells_that_the_machine_was_not_started_anew_can_be_read():
    assert clock._BOOT_ID.is_relative_to("/proc/sys")  # noqa: SLF001 - the unit has to keep it in sight
    assert SERVICE.one("ProcSubset") == "all"


def test_the_program_is_the_one_that_the_page_installs():
    program = shlex.split(SERVICE.one("ExecStart"))[0]
    assert program == "/opt/returnsync/.venv/bin/returnsync"
    assert f"sudo {Path(program).with_name('pip')} install" in PAGE


def test_each_secret_of_the_configuration_on_the_page_is_a_credential_beside_it():
    settings = configuration()
    tables = [*settings["warehouses"].values(), *settings["sources"].values()]
    secrets = {value.removeprefix("file:") for table in tables for value in map(str, table.values()) if ":" in value}
    secrets -= {value for value in secrets if value.startswith("20")}  # a moment
    assert secrets == {"monta-username", "monta-password", "returnista-token"}
    assert credentials() == {name: f"/etc/returnsync/{name}" for name in {"returnsync.toml", *secrets}}
    assert SERVICE.one("Environment") == "RETURNSYNC_CONFIG=%d/returnsync.toml"


def test_what_is_written_lies_in_the_folder_of_the_state():
    folder = Path("/var/lib") / SERVICE.one("StateDirectory")
    settings = configuration()
    assert {Path(settings[key]).parent for key in ("state", "labels", "reasons")} == {folder}


def test_the_timer_starts_it_every_five_minutes_at_a_moment_of_the_machines_own():
    assert TIMER.one("OnCalendar") == "*:0/5"
    assert 0 < seconds(TIMER.one("RandomizedDelaySec")) < 300
    assert (TIMER.one("FixedRandomDelay"), TIMER.one("Persistent")) == ("yes", "no")
    assert TIMER.one("WantedBy") == "timers.target"


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(ANALYZE), *arguments], capture_output=True, text=True, check=False, timeout=60, env={"LC_ALL": "C.UTF-8"}
    )
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze is too old for it")
    return done


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not here")
def test_systemd_rates_the_service_as_the_page_says(tmp_path):
    threshold = f"--threshold={WORST_SCORE * 10:.0f}"
    rate = ("security", "--offline=true", "--no-pager", threshold)
    done = analyze(*rate, str(DEPLOY / "returnsync.service"))
    assert done.returncode == 0, done.stdout
    plain = tmp_path / "plain.service"
    plain.write_text("[Service]\nType=oneshot\nExecStart=/bin/true\n")
    assert analyze(*rate, str(plain)).returncode != 0, "nothing would be noticed"


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not here")
def test_systemd_knows_every_key_and_value_of_the_units(tmp_path):
    for unit in ("returnsync.service", "returnsync.timer"):
        text = (DEPLOY / unit).read_text("utf-8")
        (tmp_path / unit).write_text(text.replace(SERVICE.one("ExecStart"), "/bin/true"))
    names = [str(tmp_path / unit) for unit in ("returnsync.service", "returnsync.timer")]

    def said() -> list[str]:
        lines = analyze("verify", "--man=no", *names).stderr.splitlines()
        # One that is older than the list of system calls that it comes with complains of that list.
        return [line for line in lines if "returnsync" in line and "Failed to parse system call" not in line]

    assert said() == []
    with (tmp_path / "returnsync.service").open("a") as service:
        service.write("NoSuchKey=yes\n")
    assert len(said()) == 1, "nothing would be noticed"


def test_the_command_of_the_unit_works_on_copies_that_can_only_be_read(shop, tmp_path):
    """As systemd makes them: the configuration and its secrets in a folder of their own, which is gone afterwards."""
    written = {key: str(tmp_path / "var" / key) for key in ("state", "labels", "reasons")}
    world = shop.sandbox.world
    secrets = {
        "monta-username": world.username,
        "monta-password": world.password,
        "returnista-token": shop.sandbox.returnista.token,
    }
    shop.more = written
    shop.warehouse = {"username": "file:monta-username", "password": "file:monta-password"}
    shop.source = {"token": "file:returnista-token"}
    etc, copies = shop.folder / "etc", shop.folder / "copies"
    etc.mkdir()
    shop.write_config().rename(etc / "returnsync.toml")
    for name, secret in secrets.items():
        (etc / name).write_text(f"{secret}\n")
    copies.mkdir()
    for name, source in credentials().items():
        (copies / name).write_bytes((etc / Path(source).name).read_bytes())
        (copies / name).chmod(0o400)
    copies.chmod(0o500)

    def returnsync(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        variable, _, place = SERVICE.one("Environment").partition("=")
        return subprocess.run(
            [sys.executable, "-m", "returnsync", *arguments],
            env={"PYTHONPATH": str(ROOT), "HOME": "/nonexistent", variable: place.replace("%d", str(folder))},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    shop.sandbox.monta.add(monta_order("1001"))
    shop.sandbox.returnista.give_back("1001")
    ran = returnsync(copies, *shlex.split(SERVICE.one("ExecStart"))[1:])
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert len(shop.forecasts) == 1
    copies.chmod(0o700)
    shutil.rmtree(copies)
    by_hand = returnsync(etc, "status", "--json")
    assert (by_hand.returncode, json.loads(by_hand.stdout)["held"]) == (0, 0)
    assert returnsync(etc, "check").returncode == 0
    assert sorted(path.name for path in etc.iterdir()) == sorted(credentials())


# -- the image ---------------------------------------------------------------------------------------------------------


class Step(NamedTuple):
    """One instruction of the Dockerfile."""

    word: str
    rest: str


def steps() -> list[Step]:
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [Step(*line.split(maxsplit=1)) for line in lines if line.strip()]


STEPS = steps()


def every(word: str) -> list[str]:
    return [step.rest for step in STEPS if step.word == word]


def last_stage() -> list[Step]:
    begins = max(number for number, step in enumerate(STEPS) if step.word == "FROM")
    return STEPS[begins:]


def test_what_builds_is_left_behind_and_both_stages_have_one_python():
    first, second = every("FROM")
    assert first == f"{second} AS build"
    assert second.startswith("python:3.13-slim")
    copied = [step.rest for step in last_stage() if step.word == "COPY"]
    assert copied == ["--from=build /opt/returnsync /opt/returnsync"]


def test_the_user_is_a_number_other_than_root():
    (user,) = [step.rest for step in last_stage() if step.word == "USER"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert STEPS.index(Step("USER", user)) > max(n for n, step in enumerate(STEPS) if step.word == "RUN")


def test_no_shell_stands_between_the_container_and_the_run():
    (entrypoint,), (command,) = every("ENTRYPOINT"), every("CMD")
    assert json.loads(entrypoint) == ["/opt/returnsync/bin/returnsync"]
    assert json.loads(command) == ["run", "--quiet", "--heartbeat", "/data/heartbeat.json"]
    assert {"SHELL", "HEALTHCHECK", "VOLUME", "ADD"}.isdisjoint(step.word for step in STEPS)


def test_no_secret_is_built_in():
    assert every("ENV") == ["RETURNSYNC_CONFIG=/etc/returnsync/returnsync.toml"]
    assert every("ARG") == []


def test_only_what_is_copied_is_given_to_whoever_builds():
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    sources = {
        name.removeprefix("./").rstrip("/")
        for rest in every("COPY")
        if "--from" not in rest
        for name in rest.split()[:-1]
    }
    assert let_in == sources
    assert [name for name in sources if not (ROOT / name).exists()] == []


def pinned(name: str) -> dict[str, str]:
    """What a list pins, by name: version and hashes as they stand there."""
    text = (ROOT / name).read_text("utf-8")
    return {
        block.partition("==")[0]: block for block in re.findall(r"^\S+==.*(?:\n    --hash=.*)+", text, re.MULTILINE)
    }


def needed(name: str, extras: Iterable[str] = ()) -> set[str]:
    """Everything that a distribution needs in the image, itself included."""
    machine = {"python_version": "3.13", "python_full_version": "3.13.0", "sys_platform": "linux", "os_name": "posix"}
    found, open_ = set(), [(name, tuple(extras))]
    while open_:
        key = open_.pop()
        if key in found:
            continue
        found.add(key)
        for text in requires(key[0]) or ():
            one = Requirement(text)
            if one.marker is None or any(one.marker.evaluate(machine | {"extra": each}) for each in ("", *key[1])):
                open_.append((re.sub(r"[-_.]+", "-", one.name).lower(), tuple(sorted(one.extras))))
    return {each for each, _ in found}


def test_the_image_has_what_a_run_and_mails_need_in_the_versions_that_are_tested():
    image, tested = pinned("requirements.lock"), pinned("requirements-dev.lock")
    assert set(image) == needed("returnsync", ["mail"]) - {"returnsync"}
    assert {name: block for name, block in image.items() if tested[name] != block} == {}
    assert "--require-hashes --requirement requirements.lock" in " ".join(every("RUN"))


def test_the_page_stops_a_container_no_sooner_than_the_unit():
    (given,) = re.findall(r"--stop-timeout (\d+)", PAGE)
    assert int(given) == seconds(SERVICE.one("TimeoutStopSec"))


def test_the_job_of_kubernetes_keeps_what_unit_and_image_do():
    yaml = pytest.importorskip("yaml", reason="nothing here reads YAML")
    (text,) = fenced("yaml")
    job = yaml.safe_load(text)
    spec = job["spec"]
    work = spec["jobTemplate"]["spec"]
    pod = work["template"]["spec"]
    (container,) = pod["containers"]
    assert (job["kind"], spec["schedule"], spec["concurrencyPolicy"]) == ("CronJob", "*/5 * * * *", "Forbid")
    assert (work["backoffLimit"], pod["restartPolicy"]) == (0, "Never")
    assert work["activeDeadlineSeconds"] == seconds(SERVICE.one("TimeoutStartSec"))
    assert pod["terminationGracePeriodSeconds"] == seconds(SERVICE.one("TimeoutStopSec"))
    user = pod["securityContext"]
    assert f"{user['runAsUser']}:{user['runAsGroup']}" == every("USER")[0]
    assert user["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert {"command", "args", "env"}.isdisjoint(container), "the image says what is run, and no secret is a variable"
    mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounted.items() >= {"data": every("WORKDIR")[-1], "config": "/etc/returnsync"}.items()
    assert {volume["name"] for volume in pod["volumes"]} == set(mounted)


def test_the_page_and_the_changelog_name_the_files_that_are_there():
    assert {file.name for file in DEPLOY.iterdir()} == {"Dockerfile", "returnsync.service", "returnsync.timer"}
    assert [file.name for file in DEPLOY.iterdir() if f"../../deploy/{file.name}" not in PAGE] == []
    assert os.access(DEPLOY / "Dockerfile", os.R_OK)
