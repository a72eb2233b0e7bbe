"""What each exit code, and each word for progress and step means, in a line.

`reference` makes the page of them. What each cause means stands in `causes`, and each key of JSON in `schemas`.
"""

from collections.abc import Mapping

from returnsync.errors import ExitCode
from returnsync.model import Progress, Step

EXIT_CODES: Mapping[ExitCode, str] = {
    ExitCode.DONE: "Done, and nothing needs a person.",
    ExitCode.NEEDS_PERSON: "Done, and something needs a person: returns are held, the guard refused a source, or "
    "`only` keeps back what was replayed.",
    ExitCode.USAGE: "The command was called wrongly, or it names something that is not there.",
    ExitCode.FAULT: "A fault of returnsync's own. Run again with `--verbose` and report it.",
    ExitCode.TEMPORARY: "Temporary: an account could not be used, another command or a backup holds the state, its "
    "disk is full, or a clock is wrong. The next run goes on.",
    ExitCode.CONFIG: "Configuration, credentials or the state file: somebody must mend them.",
    ExitCode.SIGINT: "Stopped by Ctrl-C, after the create or label in hand was finished; a read was ended.",
    ExitCode.SIGTERM: "Stopped by `SIGTERM`, after the create or label in hand was finished; a read was ended.",
}

IN_SHORT: Mapping[ExitCode, str] = {
    ExitCode.DONE: "done, and nothing needs a person",
    ExitCode.NEEDS_PERSON: "done, and something needs a person: held, refused, or kept back",
    ExitCode.USAGE: "the command was called wrongly, or names something that is not there",
    ExitCode.FAULT: "a fault of returnsync's own",
    ExitCode.TEMPORARY: "temporary: the next run goes on",
    ExitCode.CONFIG: "configuration, credentials or the state file must be mended",
    ExitCode.SIGINT: "stopped by Ctrl-C, after the create or label in hand",
    ExitCode.SIGTERM: "stopped by SIGTERM, after the create or label in hand",
}
"""The exit codes on a line each, for `--help`."""

PROGRESS: Mapping[Progress, str] = {
    Progress.DUE: "Something is to be done in the next run.",
    Progress.WAITING: "It heals by itself and is tried again.",
    Progress.HELD: "A person must look.",
    Progress.SETTLED: "Announced, and labelled where a label is wanted. Nothing to do.",
    Progress.LEFT_ALONE: "Never announced, and not to be.",
    Progress.WITHDRAWN: "Rejected or cancelled, and no forecast of it stands.",
    Progress.RELEASED: "A person took it out of returnsync's hands.",
}

STEPS: Mapping[Step, str] = {
    Step.ANNOUNCE: "It is to be announced at the warehouse.",
    Step.COMPARE: "It is announced. What the warehouse has of it is compared with what the platform shows.",
    Step.UPDATE: "It is announced and changed since. It is compared, and the change is sent with `send_updates` only.",
    Step.LABEL: "It is announced as the platform shows it. Its label comes next.",
    Step.HAND_OVER: "Its label lies in the folder, and is brought to the consumer next.",
    Step.NONE: "Nothing, unless its platform shows something else or a person asks for more.",
}
