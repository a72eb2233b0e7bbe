"""What starts a run every five minutes: a line for cron, and a service with its timer for systemd, ready to paste."""

import getpass
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

_SERVICE = """\
sudo tee /etc/systemd/system/returnsync.service >/dev/null <<'END'
[Unit]
Description=Take approved returns to the warehouse
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User={user}
ExecStart={command}
SuccessExitStatus=1 75
{variables}END
sudo tee /etc/systemd/system/returnsync.timer >/dev/null <<'END'
[Unit]
Description=Take approved returns to the warehouse every five minutes

[Timer]
OnCalendar=*:0/5
RandomizedDelaySec=30

[Install]
WantedBy=timers.target
END
sudo systemctl daemon-reload
sudo systemctl enable --now returnsync.timer"""


def schedule(config: Path, variables: Sequence[str]) -> str:
    """Both, for a configuration. `variables` are those of the environment that it refers to."""
    command = f"{program()} run --quiet --config {shlex.quote(str(config.absolute()))}"
    file = config.absolute().with_suffix(".env")
    # A % begins a specifier there. Nothing else has a meaning, but for the patterns that EnvironmentFile takes.
    environment = f"EnvironmentFile={str(file).replace('%', '%%')}\n" if variables else ""
    parts = ["By cron, every five minutes (crontab -e):", "", *(f"{name}=…" for name in variables)]
    # cron takes a % for the end of the line.
    parts += [f"*/5 * * * * {command.replace('%', chr(92) + '%')}", ""]
    parts += ["Or by systemd. A hardened service, and one in a container: docs/how-to/service.md", ""]
    if variables:
        lines = ", ".join(f"{name}=…" for name in variables)
        parts += [f"# Write {lines} into {file}, each on a line of its own, readable by you only."]
    return "\n".join([*parts, _SERVICE.format(user=_user(), command=_for_systemd(command), variables=environment)])


def _user() -> str:
    """Who is to run it: whoever runs this command, by number where the system has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def program() -> str:
    """How a shell of another folder starts this very returnsync."""
    own = Path(sys.argv[0])
    if own.name == "returnsync" and own.exists():
        return shlex.quote(str(own.absolute()))
    found = shutil.which("returnsync", path=str(Path(sys.executable).parent))
    return shlex.quote(found) if found else f"{shlex.quote(sys.executable)} -m returnsync"


def _for_systemd(command: str) -> str:
    r"""A command as ExecStart takes it, where % begins a specifier, $ a variable and \ an escape."""
    return command.replace("\\", "\\\\").replace("%", "%%").replace("$", "$$")
