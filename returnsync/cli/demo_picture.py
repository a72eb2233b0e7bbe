"""Renders docs/demo.svg, the picture of a terminal that the README shows, from what the demo really prints.

python -m returnsync.cli.demo_picture            runs the demo and writes the picture
"""

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from returnsync.folders import write_by_rename

FILE = Path("docs") / "demo.svg"

_COLUMNS = 116
_ROOT = Path(__file__).resolve().parents[2]
# What another demo prints otherwise: the sandbox's port, days, times, and where the program and its folder are.
_CHANGES = (
    (re.compile(r"http://127\.0\.0\.1:\d+"), "http://127.0.0.1:8099"),
    (re.compile(r"made \d{4}-\d\d-\d\d  held .*"), "made 2026-11-01  held less than a minute"),
    (re.compile(r"Took [\d.]+ s"), "Took 4.0 s"),
    (re.compile(r"[^\s']*/demo/"), "demo/"),
    (re.compile(r"^  \S*(?:returnsync|__main__\.py) ", re.MULTILINE), "  returnsync "),
)
_STYLES = (
    (re.compile(r"^\$ returnsync.*", re.MULTILINE), "bold cyan"),
    (re.compile(r"^Counted at .*", re.MULTILINE), "bold green"),
    (re.compile(r"→.*"), "yellow"),
    (re.compile(r"^\d+ announced.*", re.MULTILINE), "bold"),
)
# That of rich, without the font that it would fetch from elsewhere.
_FORMAT = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>What `make demo` prints</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def lasting(printed: str) -> str:
    """What a demo printed, with what changes from one demo to the next put to the same each time."""
    for changing, same in _CHANGES:
        printed = changing.sub(same, printed)
    return printed


def picture(printed: str) -> str:
    """The SVG of a terminal with the lasting text of a demo on it."""
    from rich.console import Console
    from rich.text import Text

    text = Text(lasting(printed).rstrip())
    for pattern, style in _STYLES:
        text.highlight_regex(pattern, style)
    screen = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    screen.print(text)
    return screen.export_svg(title="make demo", code_format=_FORMAT, unique_id="demo")


def main() -> int:
    """Run the demo in a folder of its own, and write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "returnsync", "demo"]
        done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=True)  # noqa: S603 - our own program
    write_by_rename(_ROOT / FILE, picture(done.stdout).encode(), 0o644)
    return 0


if __name__ == "__main__":
    sys.exit(main())
