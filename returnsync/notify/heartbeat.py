"""The heartbeat: a small file that a run replaces at its end, for a health check that looks at how old it is.

It is replaced only by a run that came to its end with an exit code after which the next run goes on by itself. A run
that an error broke off has not done its work, whatever its exit code says: one that finds the lock taken ends with 75
as well, and a lock that is never released would look healthy.
"""

import json
from datetime import datetime

from returnsync import clock
from returnsync.errors import ExitCode

MARK = '{"command": "returnsync run", '
"""How the content begins. A file that has something else in it is not replaced."""
_GOES_ON = (ExitCode.DONE, ExitCode.NEEDS_PERSON, ExitCode.TEMPORARY)


def is_due(code: ExitCode, *, came_to_end: bool) -> bool:
    """Whether a run that ends with `code` replaces the file: it did its work, and the next one goes on by itself."""
    return came_to_end and code in _GOES_ON


def text(ended: datetime, code: ExitCode) -> str:
    """The content: one line of JSON, with the moment in UTC and the exit code."""
    return f'{MARK}"at": {json.dumps(clock.stamp(ended))}, "exit_code": {int(code)}}}\n'
