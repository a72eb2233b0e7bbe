"""Causes that lie with the announcement, which Monta calls a return forecast."""

from collections.abc import Mapping

from returnsync.cli.causes.explanation import Explanation
from returnsync.model import Cause

FORECASTS: Mapping[Cause, Explanation] = {
    Cause.FORECAST_REFUSED: Explanation(
        "The warehouse refused the forecast.",
        (
            "The warehouse refused the forecast (HTTP …).",
            "That is so for this order alone, … times by now, while others were served.",
        ),
        "Monta did not take the announcement. Its own words stand below the entry. Nothing was made.",
        "Correct what its words name, then retry. Where the entry says that this order alone is refused, as whole "
        "accounts are, ask Monta's support; a retry looks first whether the announcement stands there.",
    ),
    Cause.FORECAST_IN_DOUBT: Explanation(
        "It is not certain whether the forecast was made; the warehouse did not say for a day.",
        ("It is not certain whether the warehouse made forecast …: for a day ….",),
        "The answer to the announcement was lost, and for a day Monta answered other questions, but not whether this "
        "forecast stands there: each time with an error, a web page or something else that is not its own word for "
        '"not there". Or no clock told how far apart two looks for it were. Nothing is sent a second time meanwhile.',
        "Look for the forecast on its order in Monta's portal, and send the answer that fails, which stands below the "
        "entry, to Monta's support. Runs look again, at growing intervals up to a day; once there is an answer, the "
        "return goes on by itself. `returnsync held retry CODE` has the next run look.",
    ),
    Cause.ECHO_DIFFERS: Explanation(
        "The warehouse made the forecast, but not as it was sent.",
        ("The warehouse made forecast …, but not as it was sent: ….",),
        "Monta's answer shows lines left out, or other units or reasons. The forecast stands there like that, and no "
        "label was asked for.",
        "Correct it in Monta's portal, then retry: code, order, lines, units and reasons are compared again, and if "
        "they are right, the label follows. What nobody corrected is held again, as "
        "[forecast-differs](#forecast-differs).",
    ),
    Cause.FORECAST_DIFFERS: Explanation(
        "The forecast under our code is gone, or holds something else than the return.",
        (
            "Forecast … stands at the warehouse, but not as this return has it: ….",
            "Forecast … is no longer at the warehouse.",
        ),
        "It was announced, and somebody changed or removed the forecast since, or what was made never was what was "
        "sent. The entry names what differs.",
        "Correct it in Monta's portal, then retry. If it is gone and the goods still come, announce them by hand "
        "there. Then, and also where it was removed on purpose, release it.",
    ),
    Cause.FORECAST_DOUBLED: Explanation(
        "The forecast under our code stands at the warehouse more than once.",
        ("Forecast … stands … times at the warehouse.",),
        "A person or another tool made the second one; or an announcement whose answer was lost came through after "
        "all, long after it was looked for twice and sent again. Such an order is looked at once more, a day later.",
        "Remove all but one of them in Monta's portal, then retry.",
    ),
    Cause.CHANGED_AFTER: Explanation(
        "Lines or units changed at the platform after the announcement.",
        ("Its lines or units changed after it was announced.",),
        "The forecast at Monta still has what was announced ([what counts as a "
        "change](how-to/lines.md#what-is-a-change)).",
        "Change the forecast in Monta's portal to match, then retry: it is compared, and if it is right, the return is "
        "settled. With `send_updates = true` such changes are sent to Monta instead.",
    ),
    Cause.UPDATE_REFUSED: Explanation(
        "The warehouse refused a change of the forecast.",
        ("The warehouse refused the change of the forecast (HTTP …).",),
        "Only with `send_updates = true`: the return changed, and Monta did not take the change. Its words stand below "
        "the entry. The forecast stands as it was.",
        "Change it in Monta's portal by hand, then retry.",
    ),
    Cause.CANCELLED_AFTER: Explanation(
        "The return was rejected or cancelled, or lost an order, after the announcement.",
        (
            "The platform shows it as …, after it was announced.",
            "Return … no longer contains order …",
            "Forecast … still stands at the warehouse.",
            (
                "Forecast … stands at the warehouse again, although the return was taken back: an earlier call came "
                "through late."
            ),
        ),
        "The warehouse still expects the parcel. Monta's API has no known way to take a forecast back, so a person "
        "does.",
        "Remove the forecast in Monta's portal, then retry: when it is gone, the entry goes too. Where the return "
        "names another order instead, look at [moved-order](#moved-order) first.",
    ),
    Cause.APPROVED_AGAIN: Explanation(
        "The return was announced, withdrawn at the warehouse, and approved again.",
        ("It was announced, taken back at the warehouse, and is approved again.",),
        "A code is never used twice at Monta, so it is not announced again by itself.",
        "Announce it by hand in Monta's portal, then release it.",
    ),
    Cause.MOVED_ORDER: Explanation(
        "The return names another order than before, and its first announcement still stands.",
        (
            "Return … names order … now; it is announced as … for order ….",
            "Return … names order … now. It was perhaps announced as … for order …, which is not certain yet.",
        ),
        "The return was announced for one order, and its platform names another one now; or an article that was "
        "announced for one of its orders is shown on another. Two announcements would be two labels for one parcel, so "
        "the second waits. The first is held as well, mostly as "
        "[cancelled-after-announcement](#cancelled-after-announcement); the entry names its code. A number that is "
        "only [written otherwise](how-to/order-numbers.md#a-number-that-changes-later) is never held.",
        "- It is another order: remove the first forecast in Monta's portal and retry the first code; or release that, "
        "if the forecast is to stay there. The second one is announced by the next run, or by `returnsync replay`.\n- "
        "It is the same order under another number: the forecast is right. Have the [rules](how-to/order-numbers.md) "
        "lead both numbers to one, a [table](how-to/order-numbers.md#a-table) does for single orders, then retry this "
        "entry: the first code is kept, and both entries go.\n- It may still be in doubt whether the first one was "
        "made: it is looked for, and you need do nothing meanwhile.",
    ),
}
