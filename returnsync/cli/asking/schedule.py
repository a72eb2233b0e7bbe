"""What starts a run every five minutes: a line for cron, and a service with its timer for systemd, ready to paste."""

import getpass
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
    environment = f"EnvironmentFile={_for_systemd(str(file))}\n" if variables else ""
    parts = ["By cron, every five minutes (crontab -e):", ""]
    parts += [f"{name}=…" for name in variables]
    parts += [f"*/5 * * * * {command.replace('%', chr(92) + '%')}", ""]
    parts += ["Or by systemd:", ""]
    if variables:
        parts += [
            f"# Write {', '.join(f'{name}=…' for name in variables)} into {file}, one a line, readable by you only."
        ]
    service = _SERVICE.format(user=getpass.getuser(), command=_for_systemd(command), variables=environment)
    return "\n".join([*parts, service])


def program() -> str:
    """How a shell of another folder starts this very returnsync."""
    own = Path(sys.argv[0])
    if own.name == "returnsync" and own.exists():
        return shlex.quote(str(own.absolute()))
    found = shutil.which("returnsync", path=str(Path(sys.executable).parent))
    return shlex.quote(found) if found else f"{shlex.quote(sys.executable)} -m returnsync"


def _for_systemd(text: str) -> str:
    # A % begins a specifier there, and a $ a variable.
    return text.replace("%", "%%").replace("$", "$$")
