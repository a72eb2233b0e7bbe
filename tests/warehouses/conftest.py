"""A Monta account that a test opens, with the stand-in that answers it."""

from contextlib import ExitStack

import pytest

from returnsync.http.auth import Basic
from returnsync.http.client import Sender
from returnsync.http.retry import RetryPolicy
from returnsync.platforms.contract.between import Between
from returnsync.warehouses.monta import Monta, MontaSettings


@pytest.fixture
def between(sandbox):
    """The sandbox in place of Monta; every request is noted, and answers are changed where a test says so."""
    server = Between(sandbox.monta_url)
    yield server
    server.close()


@pytest.fixture
def account(between):
    """Opens the account, with the settings of a test."""
    with ExitStack() as stack:

        def opened(**settings):
            common = {"kind": "monta", "username": "env:U", "password": "env:P", "carrier": "PostNL"}
            made = MontaSettings.model_validate({**common, "base_url": between.url, **settings})
            policy = RetryPolicy(attempts=2, sleep=lambda _stop, _seconds: None)
            auth = Basic("sandbox", "sandbox-password")
            return Monta("monta", made, stack.enter_context(Sender("monta", made.base_url, auth, retry=policy)))

        yield opened
