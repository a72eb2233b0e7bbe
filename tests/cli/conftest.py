import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _logs_of_each_command_end_with_its_test() -> Iterator[None]:
    """Commands run inside this process: the logging of a --verbose one must not write into the next test's output."""
    yield
    logger = logging.getLogger("returnsync")
    logger.handlers = []
    logger.setLevel(logging.WARNING)
