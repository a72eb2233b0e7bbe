"""What is printed where the output is unusual: another encoding, closed, left by its reader, or on a full disk."""

import json
import os
import random
import subprocess
import sys

import pytest
from shop import Shop

from returnsync.sandbox import World
from returnsync.sandbox.world import monta_order, request, return_order

REASON = {"id": "b-size", "key": "size", "description": "Größe zu klein ✂ → 日本"}

# Commands with their exit codes on a state where one return is held. All of them can be called repeatedly.
COMMANDS = {
    ("run",): 1, ("run", "--yes", "--json"): 1, ("run", "--dry-run"): 1, ("run", "--verbose"): 1,
    ("run", "--dry-run", "--log-json", "--verbose"): 1, ("run", "--source", "Größe"): 2,
    ("replay", "#1001"): 0, ("replay", "#1001", "--json"): 0, ("replay", "#1003", "--new-label"): 2,
    ("held",): 1, ("held", "--json"): 1, ("held", "retry", "--cause", "order-ambiguous"): 0,
    ("held", "retry", "--cause", "nothing"): 2, ("held", "retry", "Größe"): 2,
    ("held", "release", "--all", "--dry-run", "--json"): 0, ("show", "#1001"): 0, ("show", "#1001", "--json"): 0,
    ("returns",): 0, ("returns", "--csv"): 0, ("labels",): 0, ("labels", "verify"): 0, ("held", "--waiting"): 0,
    ("show", "Größe"): 2, ("status",): 1, ("status", "--json"): 1, ("check",): 0, ("check", "--json"): 0,
    ("check", "--order", "#1001"): 0, ("check", "--order", "Größe", "--json"): 1, ("map-reasons",): 2,
    ("map-reasons", "--list"): 0, ("map-reasons", "--list", "--json"): 0, ("map-reasons", "--check"): 1,
    ("map-reasons", "--auto", "100"): 0, ("map-reasons", "--export", "-"): 0, ("nonsense",): 2, ("--help",): 0,
    ("run", "--help"): 0, ("--version",): 0, ("init", "--example"): 0,
    ("sandbox", "--port", "0", "--fault", "Größe"): 2,
}  # fmt: skip
# A run in which nothing happens prints nothing on stdout.
_SILENT = {("run",), ("run", "--verbose")}
_NEEDS_NO_CONFIGURATION = {"nonsense", "--help", "--version", "init", "sandbox"}

ENCODINGS = {
    "utf-8": {},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "iso-8859-1"},
    "posix": {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
}
_DECODED_AS = {"posix": "ascii"}
REDIRECTIONS = {
    "open": "",
    "stdout closed": ">&-",
    "stderr closed": "2>&-",
    "both closed": ">&- 2>&-",
    "all three closed": "<&- >&- 2>&-",
    "stdout full": "> /dev/full",
    "stderr full": "2> /dev/full",
    "both full": "> /dev/full 2>&1",
    "reader of stdout left": "",
    "reader of both left": "2>&1",
}
_BROKEN = [name for name in REDIRECTIONS if name != "open"]
KINDS = [*((encoding, "open") for encoding in ENCODINGS), *(("posix", name) for name in _BROKEN)]


@pytest.fixture
def world() -> World:
    """One return that is announced and one that is held, with a reason that only UTF-8 can encode."""
    world = World.empty()
    world.orders += [monta_order("1001"), monta_order("1003", Deleted=True)]
    for number in (1001, 1003):
        world.return_orders.append(return_order(request(order=f"#{number}", returnReason=REASON)))
    return world


def call(shop: Shop, command: tuple[str, ...], encoding: str, redirection: str) -> tuple[int, bytes, bytes]:
    """Run a command as a shell starts it."""
    named = () if command[0] in _NEEDS_NO_CONFIGURATION else ("--config", str(shop.config))
    write: int | None = None
    if redirection.startswith("reader"):
        read, write = os.pipe()
        os.close(read)
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", f'exec "$@" {REDIRECTIONS[redirection]}', "sh", sys.executable, "-m", "returnsync",
             *command, *named],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if write is None else write, stderr=subprocess.PIPE,
            env={**os.environ, **shop.environment, **ENCODINGS[encoding]}, check=False, timeout=60,
        )  # fmt: skip
    finally:
        if write is not None:
            os.close(write)
    return done.returncode, done.stdout or b"", done.stderr


def wrong_in(shop: Shop, command: tuple[str, ...], encoding: str, redirection: str) -> list[str]:
    """Everything that is wrong with the output or the exit code."""
    code, out, err = call(shop, command, encoding, redirection)
    full = redirection in {"stdout full", "both full"}
    # If the file cannot be written, this command fails: it has nothing else to do. Once there is room, it succeeds.
    expected = 75 if full and "--export" in command else COMMANDS[command]
    wrong = [f"exit code {code}, not {expected}: {err.decode(errors='replace')}"] if code != expected else []
    if any(words in err for words in (b"Traceback", b"Exception ignored", b"Logging error")):
        wrong.append(err.decode(errors="replace"))
    if redirection == "open" and not {"--export", "--example", "--csv"} & set(command):
        try:
            text = (out + err).decode(_DECODED_AS.get(encoding, encoding))
        except UnicodeDecodeError as error:
            wrong.append(f"not {encoding}: {error}")
        else:
            wrong += ["nothing is told"] if not text and command not in _SILENT else []
    if redirection == "open" and "--json" in command:
        json.loads(out)
    if (
        redirection == "stdout full"
        and COMMANDS[command] != 2
        and command not in _SILENT
        and b"No space left" not in err
    ):
        wrong.append("it is not told that results were lost")
    return wrong


def assert_right(shop: Shop, cells: list[tuple[tuple[str, ...], str, str]]) -> None:
    assert shop("run").code == 1
    wrong = {" ".join((*cell[0], *cell[1:])): found for cell in cells if (found := wrong_in(shop, *cell))}
    assert wrong == {}
    shop.assert_nothing_twice()
    assert shop.run()["exit_code"] == 1


def a_few() -> list[tuple[tuple[str, ...], str, str]]:
    """Cases that broke once, and some random ones; only a few and always the same, since starting a command is slow."""
    chance = random.Random(20)
    drawn = zip(chance.sample(list(COMMANDS), 4), chance.sample(_BROKEN, 4), strict=True)
    broke = [(("held",), "posix", "open"), (("show", "#1001"), "latin-1", "open"), (("run",), "utf-8", "stderr closed")]
    return [*broke, *((command, "ascii", redirection) for command, redirection in drawn)]


def test_no_encoding_and_no_broken_output_changes_how_a_command_ends(shop):
    assert_right(shop, a_few())


@pytest.mark.prove
@pytest.mark.parametrize(("encoding", "redirection"), KINDS)
def test_every_command_ends_as_it_should_whatever_its_output_is(shop, encoding, redirection):
    assert_right(shop, [(command, encoding, redirection) for command in COMMANDS])
