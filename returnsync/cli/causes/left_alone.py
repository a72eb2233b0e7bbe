"""Causes for which a return is left alone: returnsync does nothing for it."""

from collections.abc import Mapping

from returnsync.cli.causes.explanation import Explanation
from returnsync.model import Cause

LEFT_ALONE: Mapping[Cause, Explanation] = {
    Cause.BEFORE_START: Explanation(
        "The return was created before `start_from`.",
        ("It was created before `start_from`.",),
        "Earlier returns were announced by whatever was used at that time. If `start_from` is in the future, `run`, "
        "`check` and `status` say so. A source whose `start_from` is more than a year ahead, by the clock of this "
        "machine, is not read, and runs end with exit code 78. What is known of it does not change until the date is "
        "corrected.",
        "Nothing, if that is intended. Otherwise write an earlier date.",
    ),
    Cause.NOT_COMING: Explanation(
        "Nothing of the return comes to the warehouse; for example, it was handed in at a store.",
        (),
        "It was handed in at a store, donated, or its channel is set to be skipped. `show` says which.",
        "Nothing.",
    ),
    Cause.ALREADY_DELIVERED: Explanation(
        "The parcel was delivered before the return was announced.",
        ("It was delivered before it was announced.",),
        "The parcel was there before this source was read for the first time, or between two runs.",
        "Nothing. With `announce_delivered = true` such returns are announced nevertheless.",
    ),
    Cause.ALREADY_COMPLETED: Explanation(
        "The return was complete before it was announced.",
        ("It was complete before it was announced.",),
        "The shop dealt with it at the platform before this source was read.",
        "Nothing.",
    ),
}
