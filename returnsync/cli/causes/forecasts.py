"""Causes that lie with the announcement, which Monta calls a return forecast."""

from collections.abc import Mapping

from returnsync.cli.causes.explanation import Explanation
from returnsync.model import Cause

FORECASTS: Mapping[Cause, Explanation] = {
    Cause.FORECAST_REFUSED: Explanation(
        "The warehouse refused the forecast.",
        (
            "The warehouse refused the forecast (HTTP …).",
            "That happens only for this order, … times by now, while others were served.",
        ),
        "Monta did not accept the announcement. Its own words are below the entry. Nothing was created.",
        "Correct what Monta's words name, then retry. If the entry says that only this order is refused while others "
        "are served, ask Monta's support. A retry first looks whether Monta has the announcement.",
    ),
    Cause.FORECAST_IN_DOUBT: Explanation(
        "It is not certain whether the forecast was made, and for a day the warehouse did not say.",
        ("It is not certain whether the warehouse made forecast …: for a day ….",),
        "The answer to the announcement was lost. For a day Monta answered other requests, but did not say whether it "
        "has this forecast: each time there was an error, a web page or something else that is not its own answer for "
        '"not there". Or no clock could say how far apart two looks for it were. Nothing is sent a second time '
        "meanwhile.",
        "Look for the forecast on its order in Monta's portal, and send the answer below the entry to Monta's "
        "support. Runs look again, at intervals that grow to a day. Once there is an answer, the return goes on by "
        "itself. `returnsync held retry CODE` makes the next run look.",
    ),
    Cause.ECHO_DIFFERS: Explanation(
        "The warehouse made the forecast, but not as it was sent.",
        ("The warehouse made forecast …, but not as it was sent: ….",),
        "Monta's answer shows lines left out, or other units or reasons. The forecast exists there in that form, and "
        "no label was asked for.",
        "Correct it in Monta's portal, then retry: code, order, lines, units and reasons are compared again, and if "
        "they are right, the label follows. If nobody corrected it, it is held again, as "
        "[forecast-differs](#forecast-differs).",
    ),
    Cause.FORECAST_DIFFERS: Explanation(
        "The forecast under our code is gone, or differs from the return.",
        (
            "Forecast … at the warehouse differs from this return: ….",
            "Forecast … is no longer at the warehouse.",
        ),
        "Somebody changed or removed the forecast after the announcement, or it never was as it was sent. The entry "
        "names what differs.",
        "Correct it in Monta's portal, then retry. If it is gone and the goods still come, announce them by hand "
        "there, then release it. If it was removed on purpose, release it too.",
    ),
    Cause.FORECAST_DOUBLED: Explanation(
        "The warehouse has the forecast under our code more than once.",
        ("The warehouse has forecast … more than once: … times.",),
        "A person or another tool made the second one. Or an announcement whose answer was lost took effect after "
        "all, long after it was looked for twice and sent again; such an order is looked at once more, a day later.",
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
        "Only where changes are sent (`send_updates = true` or `replay --update`): the return changed, and Monta did "
        "not accept the change. Its words are below the entry. The forecast is unchanged.",
        "Change it in Monta's portal by hand, then retry.",
    ),
    Cause.CANCELLED_AFTER: Explanation(
        "The return was rejected or cancelled, or lost an order, after the announcement.",
        (
            "The platform shows it as …, after it was announced.",
            "Return … no longer contains order …",
            "Forecast … is still at the warehouse.",
            (
                "Forecast … is at the warehouse again, although the return was withdrawn: an earlier call took effect "
                "late."
            ),
        ),
        "The warehouse still expects the parcel. Monta's API has no known way to remove a forecast, so a person has "
        "to do it.",
        "Remove the forecast in Monta's portal, then retry: when it is gone, the entry goes too. If the return names "
        "another order instead, read [moved-order](#moved-order) first.",
    ),
    Cause.APPROVED_AGAIN: Explanation(
        "The return was announced, withdrawn at the warehouse, and approved again.",
        ("It was announced, withdrawn at the warehouse, and is approved again.",),
        "A code is never used twice at Monta, so it is not announced again by itself.",
        "Announce it by hand in Monta's portal, then release it.",
    ),
    Cause.MOVED_ORDER: Explanation(
        "The return names another order than before, and its first announcement still exists.",
        (
            "Return … names order … now; it is announced as … for order ….",
            "Return … names order … now. It was perhaps announced as … for order …, which is not certain yet.",
        ),
        "The return was announced for one order, and its platform now names another one. Or an article that was "
        "announced for one of its orders is now shown on another. Two announcements would be two labels for one "
        "parcel, so the second one is held. The first is held as well, usually as "
        "[cancelled-after-announcement](#cancelled-after-announcement); the entry names its code. A number that is "
        "only [written differently](how-to/order-numbers.md#a-number-that-changes-later) is never held.",
        "- If it is another order: remove the first forecast in Monta's portal, then retry the first code. If that "
        "forecast is to stay there, release the first code instead. The next run, or `returnsync replay`, then "
        "announces the second one.\n- If it is the same order under another number, the forecast is right. Make the "
        "[rules](how-to/order-numbers.md) lead both numbers to the same one (for single orders, a "
        "[table](how-to/order-numbers.md#a-table) does), then retry this entry: the first code is kept, and both "
        "entries go.\n- If it is not certain yet whether the first one was made, it is looked for. You need not do "
        "anything meanwhile.",
    ),
}
