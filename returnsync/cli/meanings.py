"""What each exit code, each word for progress and step, each cause and each key of JSON means, in a line.

`reference` makes the page of them.
"""

from collections.abc import Mapping

from returnsync.errors import ExitCode
from returnsync.model import Cause, Progress, Step

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

WAITS: Mapping[Cause, str] = {
    Cause.NOT_APPROVED: "The platform has not approved the return yet.",
    Cause.ORDER_UNKNOWN: "The warehouse does not know the order (yet).",
    Cause.ORDER_NOT_SHIPPED: "The warehouse has not shipped the order yet.",
    Cause.LOOKUP_FAILED: "Its order number could not be looked up elsewhere; that is tried again later.",
    Cause.CALL_FAILED: "A call failed and surely changed nothing; it is made again later.",
    Cause.LABELS_STOPPED: "Label calls are stopped for the account; one at a time is tried until a label is made.",
    Cause.RELEASE_TAKEN_BACK: "Its release was taken back, and its platform is read first; held after a day.",
    Cause.IN_FLIGHT: "A call may or may not have taken effect; the warehouse is asked until that is certain.",
}

HELD: Mapping[Cause, str] = {
    Cause.STATUS_UNKNOWN: "The platform gives a status that is not known here.",
    Cause.NO_ITEMS: "The return lists no items, so nothing says what of its order comes back.",
    Cause.UNREADABLE: "A record of the platform cannot be understood; it is kept raw and tried again ever less often.",
    Cause.IDENTITY_UNCLEAR: "It is not clear whether a record is a known return that was rewritten, or another one.",
    Cause.ORDER_NUMBER_UNUSABLE: "The platform shows no order number, or the rules make none of it to ask for.",
    Cause.ORDER_NUMBER_UNKNOWN: "A table or a lookup of `order_number` does not know the order number.",
    Cause.LOOKUP_REFUSED: "The warehouse refused to show the order, its forecasts, or our forecast.",
    Cause.ORDER_AMBIGUOUS: "The order number does not lead to exactly the order that was asked for.",
    Cause.ORDER_DELETED: "The order is deleted at the warehouse.",
    Cause.CHANNEL_DIFFERS: "The order belongs to another sales channel than the configured one.",
    Cause.LINE_UNMATCHED: "A returned line is on no line of the order, or on one without an order-line id.",
    Cause.LINE_AMBIGUOUS: "A returned line fits several lines of the order, or several articles.",
    Cause.TOO_MANY_UNITS: "More units come back than were ordered and are not announced yet.",
    Cause.COVERED_ELSEWHERE: "Somebody else's forecast covers the same goods already.",
    Cause.REASON_UNPAIRED: "The return reason has no pairing, and `unmapped_reason` is `hold`.",
    Cause.CARRIER_UNFIT: "The parcel is too heavy or large for the carrier, or its country cannot be read.",
    Cause.FORECAST_DIFFERS: "The forecast under our code is gone, or holds something else than the return.",
    Cause.FORECAST_DOUBLED: "The forecast under our code stands at the warehouse more than once.",
    Cause.ECHO_DIFFERS: "The warehouse made the forecast, but not as it was sent.",
    Cause.FORECAST_REFUSED: "The warehouse refused the forecast.",
    Cause.FORECAST_IN_DOUBT: "It is not certain whether the forecast was made; the warehouse did not say for a day.",
    Cause.LABEL_WANTED: "No setting says whether a return made without a shipment gets a label, or it was not read.",
    Cause.LABEL_REFUSED: "The warehouse refused to make the label.",
    Cause.LABEL_IN_DOUBT: "It is not certain whether the label was made.",
    Cause.LABEL_UNUSABLE: "A label was probably made, but what came cannot be used; it is kept beside the labels.",
    Cause.CHANGED_AFTER: "Lines or units changed at the platform after the announcement.",
    Cause.CANCELLED_AFTER: "The return was rejected or cancelled, or lost an order, after the announcement.",
    Cause.APPROVED_AGAIN: "The return was announced, withdrawn at the warehouse, and approved again.",
    Cause.MOVED_ORDER: "The return names another order than before, and its first announcement still stands.",
    Cause.UPDATE_REFUSED: "The warehouse refused a change of the forecast.",
    Cause.VANISHED: "The platform no longer has the return. One that was announced may have been cancelled.",
}

LEFT_ALONE: Mapping[Cause, str] = {
    Cause.BEFORE_START: "The return was created before `start_from`.",
    Cause.NOT_COMING: "Nothing of the return comes to the warehouse, such as one handed in at a store.",
    Cause.ALREADY_DELIVERED: "The parcel was delivered before the return was announced.",
    Cause.ALREADY_COMPLETED: "The return was complete before it was announced.",
}

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
}


def causes() -> dict[Cause, str]:
    """Every cause with one line on what it means."""
    return {**WAITS, **HELD, **LEFT_ALONE}
