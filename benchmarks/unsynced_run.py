"""A run that never waits for the disk, to show what these waits cost. Never use it for anything else."""

import os
import sqlite3
import sys
from pathlib import Path

from returnsync.cli.app import app
from returnsync.state import connections


def main(config: str) -> None:
    """Run once, past the guard, with the summary as JSON."""
    connect = connections.connect

    def unsynced(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    connections.connect = unsynced
    os.fsync = lambda _handle: None
    app(["run", "--yes", "--json", "--config", config])


if __name__ == "__main__":
    main(sys.argv[1])
