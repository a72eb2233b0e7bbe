"""What each exit code, and each word for progress and step, means, in a line.

`reference` puts them on its page. What each cause means is in `causes`, and what each key of JSON means in `schemas`.
"""

from collections.abc import Mapping

from returnsync.errors import ExitCode
from returnsync.model import Progress, Step

EXIT_CODES: Mapping[ExitCode, str] = {
    ExitCode.DONE: "Done, and nothing needs a person. The same when you answer a question with no.",
    ExitCode.NEEDS_PERSON: "Something needs a person: returns are held, the guard refused a source, or `only` keeps "
    "back what was named. `check --order`, `labels verify`, `map-reasons --check` and `reconcile` end with it "
    "when they find something, and `purge` when it refuses.",
    ExitCode.USAGE: "The command was called wrongly, it names something that does not exist or cannot be used, or it "
    "has a question and there is no terminal to ask on.",
    ExitCode.FAULT: "A fault in returnsync itself. Run it again with `--verbose` and report it.",
    ExitCode.TEMPORARY: "Temporary: an account cannot be used now, calls for some returns failed, another command or "
    "a backup has the state locked, a disk is full, or a clock is wrong. The next run tries again.",
    ExitCode.CONFIG: "A person must correct the configuration, the credentials, or the files and rights that "
    "returnsync needs on this machine.",
    ExitCode.SIGINT: "Stopped by Ctrl-C. A create, change or label call that had begun was finished first; reads were "
    "broken off.",
    ExitCode.SIGTERM: "Stopped by `SIGTERM`. A create, change or label call that had begun was finished first; reads "
    "were broken off.",
}

IN_SHORT: Mapping[ExitCode, str] = {
    ExitCode.DONE: "done, and nothing needs a person",
    ExitCode.NEEDS_PERSON: "something needs a person: held, refused, kept back, or different",
    ExitCode.USAGE: "called wrongly, or something that was named does not exist",
    ExitCode.FAULT: "a fault in returnsync itself",
    ExitCode.TEMPORARY: "temporary: the next run tries again",
    ExitCode.CONFIG: "configuration, credentials or files must be corrected",
    ExitCode.SIGINT: "stopped by Ctrl-C; a create or label call that had begun was finished",
    ExitCode.SIGTERM: "stopped by SIGTERM; a create or label call that had begun was finished",
}
"""The exit codes, one line each, for `--help`."""

PROGRESS: Mapping[Progress, str] = {
    Progress.DUE: "The next run does something for it.",
    Progress.WAITING: "It is tried again by itself; nobody has to do anything.",
    Progress.HELD: "A person must correct or decide something.",
    Progress.SETTLED: "Announced, and labelled and handed over where that is wanted. There is nothing to do.",
    Progress.LEFT_ALONE: "It was never announced, and is not to be.",
    Progress.WITHDRAWN: "It was rejected or cancelled, and the warehouse has no forecast of it.",
    Progress.RELEASED: "A person took it out of returnsync's hands.",
}

STEPS: Mapping[Step, str] = {
    Step.ANNOUNCE: "It is to be announced at the warehouse.",
    Step.COMPARE: "It is announced. The warehouse's forecast is compared with what the platform shows.",
    Step.UPDATE: "It changed after the announcement. It is compared, and the change is sent only with `send_updates` "
    "or `replay --update`.",
    Step.LABEL: "It is announced as the platform shows it. Its label comes next.",
    Step.HAND_OVER: "Its label is in the folder of labels, and is handed over to the consumer next.",
    Step.NONE: "Nothing, unless its platform shows something else or a person asks for more.",
}
