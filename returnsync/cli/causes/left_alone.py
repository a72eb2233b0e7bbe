"""Causes for which a return is left alone: it is none of returnsync's business."""

from collections.abc import Mapping

from returnsync.cli.causes.explanation import Explanation
from returnsync.model import Cause

LEFT_ALONE: Mapping[Cause, Explanation] = {
    Cause.BEFORE_START: Explanation(
        "The return was created before `start_from`.",
        ("It was created before `start_from`.",),
        "Returns from before that day were announced by whatever was used then. Where that day lies ahead, `run`, "
        "`check` and `status` name it. A source whose `start_from` is more than a year ahead, by the clock of this "
        "machine, is left alone with exit code 78, and nothing of it is read: what was known of it stays as it is "
        "until the date is corrected.",
        "Nothing, if that is meant. Else write an earlier date.",
    ),
    Cause.NOT_COMING: Explanation(
        "Nothing of the return comes to the warehouse, such as one handed in at a store.",
        (),
        "It was handed in at a store, donated, or its channel is set to be skipped. `show` says which.",
        "Nothing.",
    ),
    Cause.ALREADY_DELIVERED: Explanation(
        "The parcel was delivered before the return was announced.",
        ("It was delivered before it was announced.",),
        "The parcel was there before this source was read for the first time, or between two runs.",
        "Nothing. With `announce_delivered = true` such returns are announced all the same.",
    ),
    Cause.ALREADY_COMPLETED: Explanation(
        "The return was complete before it was announced.",
        ("It was complete before it was announced.",),
        "The shop dealt with it at the platform before this source was read.",
        "Nothing.",
    ),
}
