"""The scripted server, and clients of it that never really wait."""

import contextlib
from collections.abc import Iterator

import pytest
from scripted_server import Server

from returnsync.http.auth import Basic
from returnsync.http.client import Sender
from returnsync.http.retry import RetryBudget, RetryPolicy

CREDENTIALS = Basic("user", "s3cr3t-word")


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def other() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def waits() -> list[float]:
    """The seconds that clients would have waited."""
    return []


@pytest.fixture
def make(server, waits):
    """Makes clients of `server`, and closes them. A `kind` that follows redirects is a `Reader`, as a platform gets."""
    with contextlib.ExitStack() as clients:

        def client(url=None, *, attempts=4, budget=120.0, sleep=None, auth=CREDENTIALS, kind=Sender, **more):
            policy = RetryPolicy(
                attempts=attempts, budget=RetryBudget(budget), sleep=sleep or (lambda _stop, wait: waits.append(wait))
            )
            return clients.enter_context(kind("shop", server.url if url is None else url, auth, retry=policy, **more))

        yield client
