"""How the state file of schema 3 was made: only by the program of commit 5041535.

It runs only against that program, and is kept as the record of how the file was made:

    git worktree add ../then 5041535 && cp -r tests/upgrade ../then/tests && cd ../then && make setup
    PYTHONPATH=tests .venv/bin/python tests/upgrade/make_state.py FOLDER

The real commands run over real HTTP against the sandbox; no row is written by hand. What a fault, a kill, a person or a
change of settings can cause is caused in that way. All people and orders are invented. Afterwards FOLDER contains

    returnsync.toml    the configuration that knows every source
    combinations.txt   every combination that is in the file, and how it was reached
    state.tar.xz       the state file, the label files, the tables, and `outside.json`: what the stand-ins held then

A combination is a progress and a cause, with the outcome of every create, update and label call (`combinations.py`).
The stages below combine them like this, as far as the program can reach them:

    unannounced.py   every cause before the announcement × no create, a refused one, one that was not made
    announced.py     every cause after it × no label, one made, in doubt, refused, not made; beside the first three also
                     due again after `held retry`, released, and waiting where the look at the warehouse failed
    labelled.py      pauses, refused accounts, and labels that a person asks for again: several generations
    updates.py       every outcome of an update, and everything that can happen to one whose outcome is not known
    in_flight.py     creates and labels in flight, beside every state in which a process can die
    portal.py        what only Sendcloud shows: vanished after the announcement, too heavy, handed in at a store
    beside.py        adopted forecasts, parts, records that cannot be read, returns never planned, a run without an end

Left out, since they cannot be reached: a create in flight of what is held for anything but `lookup-refused` (a create
is settled before anything else happens to its return), and an announced return that waits for `order-unknown` or
`order-not-shipped` (a comparison keeps its own cause while it waits).
"""

from __future__ import annotations

import argparse
import io
import sqlite3
import sys
import tarfile
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import announced
import beside
import in_flight
import labelled
import portal
import time_machine
import unannounced
import updates
from combinations import written
from maker import Maker
from outside import put_down, running_sandbox
from shop import Shop

from returnsync import clock
from returnsync.state.database import migrations

if TYPE_CHECKING:
    from combinations import Combination

SCHEMA = 3
BEGAN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
# The text in place of the address of the sandbox, which has another port each time.
ADDRESS = "http://127.0.0.1:1"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    if migrations()[-1][0] != SCHEMA:
        sys.exit(f"This program has another schema than {SCHEMA}: run it with that of commit 5041535.")
    # A run does not really wait to settle a call, so the call stays in flight for the next command.
    clock.wait = lambda _stop, _seconds: None
    with (
        tempfile.TemporaryDirectory() as place,
        time_machine.travel(BEGAN, tick=True) as traveller,
        running_sandbox() as sandbox,
    ):
        m = Maker(Shop(Path(place), sandbox), traveller)
        # A day passes in `portal`, so it comes first. The run that is killed between reading and planning comes last.
        for stage in (portal, announced, unannounced, labelled, updates, in_flight, beside):
            stage.make(m)
        m.configure(list(m.sources))
        m.shop.write_config()
        table = _verified(m)
        _keep(m, folder, table)


def _verified(m: Maker) -> dict[Combination, str]:
    """Every intended combination, with how it was reached; exits if one is not in the file."""
    found = {number.lstrip("#"): combination for number, combination in m.combinations().values()}
    table: dict[Combination, str] = {}
    for case in m.cases:
        table.setdefault(case.wanted, case.how)
    told = [
        f"{case.how}\n    wanted {case.wanted}\n    found  {found.get(case.number)}"
        for case in m.cases
        if found.get(case.number) != case.wanted
    ]
    wrong = len(told)
    told += [f"not listed: {combination}" for combination in sorted(set(found.values()) - set(table))]
    told.append(f"{len(m.cases)} returns, {len(table)} combinations, {len(m.sources)} sources")
    print("\n".join(told))  # noqa: T201 - a script tells what it made
    if wrong:
        sys.exit(f"{wrong} did not come out as listed; nothing was kept.")
    return table


def _keep(m: Maker, folder: Path, table: dict[Combination, str]) -> None:
    """Put everything into the folder, with the whole state in one file, without a log beside it."""
    made = datetime.now(UTC)
    place = m.shop.folder
    with closing(sqlite3.connect(m.shop.state)) as state:
        state.execute("PRAGMA journal_mode = DELETE")
        state.execute("VACUUM")
    (place / "outside.json").write_text(put_down(m.sandbox, made), encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "combinations.txt").write_text(written(table.items()), encoding="utf-8")
    config = m.shop.config.read_text(encoding="utf-8").replace(m.sandbox.url, ADDRESS)
    (folder / "returnsync.toml").write_text(config, encoding="utf-8")

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = int(made.timestamp())
        return entry

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz", preset=9) as archive:
        for name in ("returnsync.db", "labels", "orders.csv", "adopted.csv", "outside.json"):
            archive.add(place / name, name, filter=plain)
    (folder / "state.tar.xz").write_bytes(packed.getvalue())


if __name__ == "__main__":
    main()
