"""The fixtures that the tests of the engine share."""

from collections.abc import Iterator
from typing import Any

import pytest
from kill_run import leaping


@pytest.fixture
def clock() -> Iterator[Any]:
    """The time, which `shift` moves; where a run would wait, the time jumps forward."""
    with leaping() as traveller:
        yield traveller
