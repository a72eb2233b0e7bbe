"""What each exit code, each word for progress and step, and each key of JSON means, in a line.

`reference` makes the page of them. What each cause means stands in `causes`.
"""

from collections.abc import Mapping

from returnsync.errors import ExitCode
from returnsync.model import Progress, Step

EXIT_CODES: Mapping[ExitCode, str] = {
    ExitCode.DONE: "Done, and nothing needs a person.",
    ExitCode.NEEDS_PERSON: "Done, and something needs a person: returns are held, or the guard refused a source.",
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
    ExitCode.NEEDS_PERSON: "done, and something needs a person: it is held, or the guard refused",
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
    Step.NONE: "Nothing, unless its platform shows something else or a person asks for more.",
}

RUN_KEYS: Mapping[str, str] = {
    "run": "The id of the run; log lines and the history of each return carry it too. Empty where none began.",
    "started": "When it began, in UTC.",
    "finished": "When it ended, in UTC.",
    "exit_code": "The exit code of the command.",
    "sources": "By the name of each source, an object with the keys of the second table.",
    "announced": "Forecasts made at the warehouse in this run.",
    "adopted": "Forecasts of ours that were found at the warehouse although this state did not know of them.",
    "labelled": "Labels made in this run.",
    "labels_found": "Announcements whose label was found as a file that an earlier run, or a person, had put there.",
    "updated": "Forecasts changed in this run (only with `send_updates`).",
    "withdrawn": "Announcements that were rejected or cancelled, and of which no forecast stands.",
    "left_alone": "Announcements that were found to be none of our business.",
    "waiting": "All that wait now, not only those of this run; `null` when the run was broken off.",
    "held": "All that are held now, unreadable records included; `null` when the run was broken off.",
    "requests": "HTTP requests made, by account name.",
    "unpaired_reasons": "Only when there are any: return reasons that were announced as words alone in this run, for "
    "want of a pair, each with its `source`, `channel`, `key`, `words` and number of `lines`.",
    "error": "Only when the exit code is neither 0 nor 1: why, an object as above.",
    "refused": "Only when the guard refused: one text a source.",
    "warnings": "Only when there are any: what works and may still be wrong, one text each.",
    "dry_run": "Only in a dry run: `true`.",
    "decisions": "Only in a dry run: what it would have done, one object an announcement.",
}

ERROR_KEYS: Mapping[str, str] = {
    "what": "What happened, in a sentence.",
    "next_step": "What to do about it; empty where there is nothing to do.",
    "problems": "Further things that are wrong, one text each: in the configuration, or at other accounts.",
}

SOURCE_KEYS: Mapping[str, str] = {
    "listed": "Records that were read.",
    "new": "Returns that were not known before.",
    "changed": "Returns whose content changed.",
    "set_aside": "Records that could not be read, or of which it is not clear which return they are.",
    "error": "Why the source could not be read whole, or `null`.",
    "only": "Only where the source has that setting: the orders that it delivers alone.",
    "kept_back": "Only beside `only`: how many announcements wait for it.",
}
