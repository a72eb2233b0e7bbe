"""A run that never waits for the disk: shows what it costs that returnsync does. Never to be used for anything else."""

import os
import sys
from pathlib import Path

from returnsync.cli.app import app
from returnsync.state import database


def main(config: str) -> None:
    """Run once, past the guard, with the summary as JSON."""
    open_file = database.open_file

    def unsynced(path: Path) -> database.Database:
        db = open_file(path)
        db.connection.execute("PRAGMA synchronous = OFF")
        return db

    database.open_file = unsynced
    os.fsync = lambda _handle: None
    app(["run", "--yes", "--json", "--config", config])


if __name__ == "__main__":
    main(sys.argv[1])
