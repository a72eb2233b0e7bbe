"""A fault of ours that affects only one return: it is reported, with its traceback in the log."""

import logging

from returnsync.engine.summary import Tally
from returnsync.errors import ReturnsyncError
from returnsync.system_errors import in_words

logger = logging.getLogger("returnsync.faults")


def report_fault(tally: Tally, subject: str, error: Exception) -> None:
    """Report a fault at `subject`, a code or a return. The error's own text may be private, so it is not shown.

    What the operating system refused, such as a file, is reported as such.
    """
    refused = in_words(error)
    if refused is not None:
        logger.error("refused by the system", exc_info=error)
        tally.trouble(refused.about(subject))
        return
    logger.error("a fault in returnsync itself", exc_info=error)
    tally.trouble(
        ReturnsyncError(
            f"a fault in returnsync itself ({type(error).__name__}).",
            "Run again with --verbose and report it; this return is tried again by the next run.",
        ).about(subject)
    )
