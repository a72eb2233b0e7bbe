"""One run inside this process, with everything counted that SQLite does for it in the state file."""

import contextlib
import io
import json
import sys
from collections import Counter
from pathlib import Path

from returnsync.cli.app import app
from returnsync.state import database


def main(config: str) -> None:
    """Print the counts, and what the run said, as one JSON object."""
    counts: Counter[str] = Counter()
    open_file = database.open_file

    def step() -> int:
        counts["steps"] += 1
        return 0

    def statement(sql: str) -> None:
        counts["statements"] += 1
        counts["commits"] += sql == "COMMIT"

    def counted(path: Path) -> database.Database:
        db = open_file(path)
        # Called after every single instruction of SQLite's virtual machine: a row that is read takes some of them.
        db.connection.set_progress_handler(step, 1)
        db.connection.set_trace_callback(statement)
        return db

    database.open_file = counted
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = app(["run", "--json", "--config", config], standalone_mode=False)
    print(json.dumps({"exit_code": code, **counts, "run": json.loads(out.getvalue())}))


if __name__ == "__main__":
    main(sys.argv[1])
