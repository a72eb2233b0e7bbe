"""Causes that lie with the order: its number, or what the warehouse shows of it."""

from collections.abc import Mapping

from returnsync.cli.causes.explanation import Explanation
from returnsync.model import Cause

ORDERS: Mapping[Cause, Explanation] = {
    Cause.ORDER_NUMBER_UNUSABLE: Explanation(
        "The platform shows no order number, or the rules make one of it that cannot be looked up.",
        (
            "The platform shows no order number for this return, so the warehouse cannot be asked for its order.",
            "The return lists no items, and the platform shows no order number for it either.",
            "Order number … cannot be an order number at the warehouse.",
            "Order number … cannot be looked up: it is empty, `.` or `..`, or cannot be printed.",
            "The rule … took too long on order number … and was stopped.",
        ),
        "A form was left empty, or a program did not send the number. Or the number, after the rules of "
        "`order_number`, is empty, longer than 50 characters, `.` or `..`, or has characters that cannot be printed. "
        "No call was made with it.",
        "Where the platform shows no number, or a wrong one, correct it there: the next run reads it. At Sendcloud it "
        "may then be held again, as [identity-unclear](#identity-unclear). Where the rules make a wrong one of it, "
        "[set rules](how-to/order-numbers.md) for the source, then retry. Where a `pattern` took too long, simplify "
        "it, above all a repeat within a repeat such as `(a+)+`. If nothing helps, announce the return by hand, then "
        "release it.",
    ),
    Cause.ORDER_NUMBER_UNKNOWN: Explanation(
        "A table or a lookup of `order_number` does not know the order number.",
        ("… does not know order number ….", "The lookup of order number … at … was answered with …."),
        'A table with `missing = "hold"` does not have the number, or the system that it is '
        "[looked up](how-to/order-numbers.md#a-lookup) in does not know it, or answered with something that is no "
        "number. The warehouse was not asked.",
        "Add the number to the table, enter the order in the other system, or correct the rule; `returnsync check "
        "--order NUMBER` shows what the rules make of a number. Then retry: tables are read again, and other systems "
        "are asked again.",
    ),
    Cause.ORDER_AMBIGUOUS: Explanation(
        "The order number does not lead to exactly the order that was asked for.",
        ("Monta has … orders under the number ….", "Asked for order …, the warehouse showed order …."),
        "The same number exists in several sales channels, or the rules make a number that leads to another order.",
        "Look the number up in Monta's portal. Where it exists in several sales channels, set "
        "[`channel`](how-to/several.md#one-monta-account-several-channels). Where another order was shown, correct the "
        "[rules](how-to/order-numbers.md). Then retry.",
    ),
    Cause.LOOKUP_REFUSED: Explanation(
        "The warehouse refused to show the order, its forecasts, or our forecast.",
        (
            "Monta refuses to show … (HTTP …).",
            "The order at the warehouse has something in … that cannot be read.",
            "That happens only for this order, … times by now, while others were served.",
        ),
        "The answer will not change by itself; the warehouse's words are with the entry. An order is also held when "
        "its calls were refused three times [as whole accounts are](how-to/outages.md#an-account-that-is-refused) "
        "(402, 403 and similar), while others were served. Nothing was created.",
        "Look the order up in Monta's portal. If all looks well there, send the words to Monta's support. Then retry.",
    ),
    Cause.ORDER_DELETED: Explanation(
        "The order is deleted at the warehouse.",
        ("Order … is deleted at the warehouse.",),
        "Somebody deleted it there, or the shop did. Nothing can be announced on it.",
        "Restore it in Monta's portal, then retry. If it is to stay deleted, announce the return by hand where that is "
        "needed, then release it.",
    ),
    Cause.CHANNEL_DIFFERS: Explanation(
        "The order belongs to another sales channel than the configured one.",
        ("Order … belongs to channel …, not to ….",),
        "`channel` of the warehouse names one sales channel, and the order was found in another. Order numbers repeat "
        "from channel to channel, so this may be another customer's order.",
        "If the setting is wrong, correct `channel`; if the number is, correct the "
        "[rules of `order_number`](how-to/order-numbers.md). Then retry.",
    ),
}
