"""One run inside this process: the time of its phase of delivery, and the number of its waits for the disk."""

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
    """The phase of delivery: from the moment when the deliveries are known until the last one is done."""

    def __init__(self) -> None:
        """Begin with a phase that has not started."""
        self._lock = Lock()
        self._began = self._ended = 0.0
        self._left = 0

    def watch(self) -> None:
        """Let the observer of a run without a terminal, which prints nothing, report the progress."""

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
        """The seconds that it took."""
        return self._ended - self._began


def count(delivery: Delivery) -> Counter[str]:
    """Count the waits of the phase of delivery: commits of the state, and files and folders that are synced."""
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
    """Print the seconds of the delivery, the counts and the output of the run as one JSON object."""
    delivery = Delivery()
    delivery.watch()
    counts = count(delivery)
    with redirect_stdout(io.StringIO()) as out:
        app(["run", "--yes", "--json", "--config", config], standalone_mode=False)
    print(json.dumps({"seconds": delivery.seconds, "waits": counts, "run": json.loads(out.getvalue())}))


if __name__ == "__main__":
    main(sys.argv[1])
