"""Causes for which a return waits: each heals by itself."""

from collections.abc import Mapping

from returnsync.cli.causes.explanation import Explanation
from returnsync.model import Cause

WAITS: Mapping[Cause, Explanation] = {
    Cause.NOT_APPROVED: Explanation(
        "The platform has not approved the return yet.",
        ("The platform has not approved it yet: its status there is ….",),
        "The consumer asked for the return, and the shop has not agreed to it.",
        "Nothing here. It goes on when the platform says that it is approved.",
    ),
    Cause.NOT_IN_ONLY: Explanation(
        "Its source delivers only the orders that `only` names, and this is not one of them.",
        ("`only` of … names other orders, so it is planned but not delivered.",),
        "The source is [rehearsed](how-to/go-live.md): somebody wrote `only` into its table. Everything that the "
        "platform shows is read and planned, but only the named orders are sent to the warehouse. Every run says so.",
        "Nothing, as long as that is intended. To have it delivered, write its order number into `only`, as the "
        "platform writes it; or remove `only`, and the next run goes on with everything that [the "
        "guard](how-to/guard.md) lets pass.",
    ),
    Cause.ORDER_UNKNOWN: Explanation(
        "The warehouse does not know the order (yet).",
        ("The warehouse does not know order ….",),
        "Shop and warehouse exchange orders with some delay. Or the warehouse knows the order by another number.",
        "Nothing at first. After `wait_for_order_days` (14) it is held for the same cause. Then check whether the "
        "[order number rules](how-to/order-numbers.md) fit, `returnsync check --order NUMBER`, and whether the shop "
        "sent the order. Then retry.",
    ),
    Cause.ORDER_NOT_SHIPPED: Explanation(
        "The warehouse has not shipped the order yet.",
        ("Order … is not shipped yet.",),
        "A return can be announced only for goods that went out.",
        "Nothing at first. After `wait_for_order_days` it is held for the same cause: find out in Monta's portal why "
        "the order was not shipped, then retry.",
    ),
    Cause.LOOKUP_FAILED: Explanation(
        "Its order number could not be looked up elsewhere; that is tried again later.",
        (),
        "The system that the warehouse's order number is [looked up](how-to/order-numbers.md#a-lookup) in is down, or "
        "does not answer. It is tried again after 1, 5, 15 and then every 60 minutes, for as long as it takes.",
        "Make sure that the system is up. Nothing else is needed.",
    ),
    Cause.CALL_FAILED: Explanation(
        "A call failed and surely changed nothing; it is made again later.",
        (),
        "The server was down, or asked to slow down. The call is made again after 1, 5, 15 and then every 60 minutes, "
        "counted for this return only. Runs end with exit code 75 while this may be [the warehouse's "
        "trouble](how-to/outages.md). If others are served and only the calls for this return fail, it no longer "
        "counts for the exit code after its third try, and after `wait_for_order_days` it is held for the same cause.",
        "Nothing while it waits. Once it is held, look the order up in Monta's portal, report the failing call to "
        "Monta's support, then retry.",
    ),
    Cause.IN_FLIGHT: Explanation(
        "A call may or may not have taken effect; the warehouse is asked until that is certain.",
        (
            "It is not certain yet whether the warehouse …; it is asked again.",
            "Whether an earlier call for it took effect is not certain yet; that is looked up first.",
            "Another return of its order may just have been announced; how many units are left is not certain yet.",
        ),
        "The connection was lost, or the process was killed, while something was sent. It counts as never made after "
        "two looks that do not find it, `settle_after` apart (10 minutes, a setting of the warehouse). `replay` does "
        "not shorten that.",
        "Nothing. If Monta answers other requests for a day, but not this one, it is held as "
        "[forecast-in-doubt](#forecast-in-doubt) or [label-in-doubt](#label-in-doubt).",
    ),
    Cause.LABELS_STOPPED: Explanation(
        "No labels are asked for at the warehouse now; one at a time is tried until one is made.",
        ("No labels are asked for now, since …. One at a time is tried, and once one is made the others follow.",),
        "The account may not make labels, or the whole account was refused at a label call, or Monta refused three "
        "different orders in a row in the same words, or three label calls in a row brought no clear answer or no "
        "usable label. Returns are announced meanwhile. One label at a time is tried: in each later run (last of all "
        "where the whole account was refused), or, after unclear answers, after 5, 15 and then every 60 minutes.",
        "Check in Monta's portal whether the REST API account may generate shipping labels, and whether the carrier "
        "is enabled on the channel. `returnsync status` names a return that waits, and `show` says what Monta "
        "answered for it. Once one label is made, the others follow by themselves.",
    ),
}
