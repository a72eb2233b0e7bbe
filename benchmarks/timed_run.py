"""One run inside this process: its phase of delivery timed alone, and its waits for the disk counted."""

import io
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from threading import Lock

from returnsync.cli.app import app
from returnsync.engine.observer import Silence
from returnsync.state.database import Database, Queries


class Delivery:
    """The phase of delivery: from when it is known what is to be delivered until the last of it is done."""

    def __init__(self) -> None:
        """It has not begun."""
        self._lock = Lock()
        self._began = self._ended = 0.0
        self._left = 0

    def watch(self) -> None:
        """Have the observer of a run without a terminal, which says nothing, tell how it goes."""

        def to_deliver(_observer: Silence, number: int) -> None:
            self._began, self._left = time.perf_counter(), number

        def delivered(_observer: Silence) -> None:
            with self._lock:
                self._left -= 1
                self._ended = time.perf_counter()

        Silence.to_deliver = to_deliver
        Silence.delivered = delivered

    @property
    def under_way(self) -> bool:
        """Whether something is still to be delivered."""
        return self._left > 0

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self._ended - self._began


def count(delivery: Delivery) -> Counter[str]:
    """Count what the phase of delivery waits for: commits of the state, and files and folders that are synced."""
    counts = Counter(commits=0, file_syncs=0)
    counting = Lock()
    transaction, fsync = Database.transaction, os.fsync

    def counted(what: str) -> None:
        if delivery.under_way:
            with counting:
                counts[what] += 1

    @contextmanager
    def counted_transaction(db: Database) -> Iterator[Queries]:
        with transaction(db) as q:
            yield q
        counted("commits")

    def counted_fsync(handle: int) -> None:
        fsync(handle)
        counted("file_syncs")

    Database.transaction = counted_transaction
    os.fsync = counted_fsync
    return counts


def main(config: str) -> None:
    """Print the seconds of the delivery, the counts, and what the run said, as one JSON object."""
    delivery = Delivery()
    delivery.watch()
    counts = count(delivery)
    with redirect_stdout(io.StringIO()) as out:
        app(["run", "--yes", "--json", "--config", config], standalone_mode=False)
    print(json.dumps({"seconds": delivery.seconds, "waits": counts, "run": json.loads(out.getvalue())}))


if __name__ == "__main__":
    main(sys.argv[1])
