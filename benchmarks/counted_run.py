"""One run inside this process, which counts everything that SQLite does in the state file for it."""

import contextlib
import io
import json
import sqlite3
import sys
from collections import Counter
from pathlib import Path
from threading import Lock

from returnsync.cli.app import app
from returnsync.state import connections


def main(config: str) -> None:
    """Print the counts and the output of the run as one JSON object."""
    counts: Counter[str] = Counter()
    counting = Lock()  # each thread may have a connection of its own
    connect = connections.connect

    def step() -> int:
        with counting:
            counts["steps"] += 1
        return 0

    def statement(sql: str) -> None:
        with counting:
            counts["statements"] += 1
            counts["commits"] += sql == "COMMIT"

    def counted(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        # It is called after every single instruction of SQLite's virtual machine; reading a row takes several of them.
        connection.set_progress_handler(step, 1)
        connection.set_trace_callback(statement)
        return connection

    connections.connect = counted
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = app(["run", "--json", "--config", config], standalone_mode=False)
    print(json.dumps({"exit_code": code, **counts, "run": json.loads(out.getvalue())}))


if __name__ == "__main__":
    main(sys.argv[1])
