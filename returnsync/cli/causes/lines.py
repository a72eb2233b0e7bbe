"""Causes that lie with what comes back: articles, units, reasons, the parcel."""

from collections.abc import Mapping

from returnsync.cli.causes.explanation import Explanation
from returnsync.model import Cause

LINES: Mapping[Cause, Explanation] = {
    Cause.LINE_UNMATCHED: Explanation(
        "A returned article is on no line of the order, or on one without an order-line id.",
        (
            "SKU … is on no line of order ….",
            "The article with … …, for which the platform gives no SKU, is on no line of order ….",
            "… is on a line of order … that has no order-line id at the warehouse.",
        ),
        "In the first case shop and warehouse differ: they call the article by different SKUs, the order was changed, "
        "or the warehouse split a bundle. In the last, the shop sent its order to the warehouse without ids for its "
        "lines, or the line is a part of a bundle that Monta split itself; nothing can be announced on such a line.",
        "Compare the order at the warehouse with the shop's. If a [table of SKUs, or bundles](how-to/lines.md), is "
        "missing, add it. Once they agree, retry. If the line has no id, have the shop send ids with its orders from "
        "now on; announce this return by hand, then release it.",
    ),
    Cause.LINE_AMBIGUOUS: Explanation(
        "A returned article fits several lines of the order, or several articles.",
        (
            "The return's order-line id … is on order … with …, but its …: nobody can tell which article comes back.",
            "… fits … lines of order ….",
            "SKU … matches … SKUs of order …: ….",
            "… matches several SKUs of `sku_table`, which mean ….",
            "… matches … different bundles of `bundles`.",
            "Barcode … belongs to … products at the warehouse: ….",
            "Order … has … units of SKU …, and bundles with … of them: nobody can tell which of them were sold alone.",
            "… is on a line of order … whose order-line id another line also has.",
            "Order … has a line at the warehouse whose id or SKU cannot be read.",
        ),
        "Choosing one of them would be a guess, and the warehouse might expect the wrong article.",
        "What to do depends on what the entry says:\n\n- Its order-line id names one line of the order, and [its SKU "
        "another](how-to/lines.md#an-id-and-a-sku-that-contradict-each-other): find out which article comes back. "
        "Correct the return at the platform, and it goes on by itself; or announce it by hand, then release it. If "
        "many returns are held for this, the ids that the platform gives are not those of order lines.\n- The article "
        "fits several lines, and nothing says which is meant: announce the return by hand, then release it. Where it "
        'makes no difference, set [`repeated_sku = "fill"`](how-to/lines.md#one-sku-on-several-lines), then '
        "retry.\n- Its SKU matches several others, by `sku_case` or `sku_leading_zeros`: name the right one in the "
        "`sku_table`, then retry. If it matches several bundles, give it an entry of its own in `bundles`.\n- Its "
        "barcode belongs to several products at Monta: leave it on one of them there, then retry.\n- The return "
        "[lists no items](platforms/sendcloud.md#returns-without-items), and its order has a bundle and more or fewer "
        "units of a part of it than the bundle has: announce the return by hand, then release it.\n- Two lines of the "
        "order have one order-line id, or an id or a SKU cannot be read: announce the return by hand, then release "
        "it.",
    ),
    Cause.TOO_MANY_UNITS: Explanation(
        "More units come back than were ordered and are not announced yet.",
        (
            "… back of SKU …, but order … has ….",
            "Order … does not show how many units of SKU … were ordered.",
            "Forecast … of order … does not show how many units of SKU …",
        ),
        "The consumer registered something twice, or wrote a wrong number of units. Each part of "
        "[bundles](how-to/lines.md#bundles) counts. If other returns of this source have the units, the entry names "
        "each: its return number, its order and its code. Or the warehouse does not show how many units there are.",
        "Check whether it was registered twice. Correct the return at the platform, and it goes on by itself; or "
        "announce it by hand, then release it. If it changed after the announcement, the forecast is still as it was "
        "announced. If a forecast does not show its units, correct that one in Monta's portal, then retry.",
    ),
    Cause.COVERED_ELSEWHERE: Explanation(
        "Somebody else's forecast covers the same goods already.",
        (
            (
                "Order … already has a forecast for SKU … that was not made for this source, or one that does not say "
                "what it is for."
            ),
            (
                "The return lists no items, and order … already has a forecast that was not made for this source (…): "
                "nobody can tell whether that is this return."
            ),
            (
                "The return lists no items, and forecast … of order … has units …: nobody can tell what is left to "
                "announce."
            ),
        ),
        "Monta's own return form, a person, or another platform announced something of this order. It may be this "
        "very parcel, and a second announcement would be a second label. A forecast that does not show what it is "
        "for, or whose content cannot be read, may be for the same article too. If the return [lists no "
        "items](platforms/sendcloud.md#returns-without-items), it is held for any forecast that somebody else made "
        "for the order, and for a forecast of this source that has a part of a bundle.",
        "Look at the order's forecasts in Monta's portal. If one of them is this return, release it. If one is a "
        "mistake, remove it there, then retry. For a return without items, announce by hand what is left, then "
        "release it.",
    ),
    Cause.REASON_UNPAIRED: Explanation(
        "The return reason has no pairing, and `unmapped_reason` is `hold`.",
        (
            "Return reason … is paired with none of the warehouse's.",
            "Return reason … is paired with … which the warehouse no longer offers.",
            "The return reason cannot be read, so it is paired with nothing.",
        ),
        'Only with `unmapped_reason = "hold"`: the reason that the consumer chose is not paired with one of Monta\'s, '
        "or is paired with one that Monta no longer offers.",
        "[Pair it](how-to/reasons.md): `returnsync map-reasons`. The return goes on by itself once all of its reasons "
        "are paired.",
    ),
    Cause.CARRIER_UNFIT: Explanation(
        "The parcel is too heavy or large for the carrier, or its country cannot be read.",
        (
            "The parcel's country cannot be read, and `carriers_by_country` chooses the carrier by it.",
            "The parcel weighs … g; … takes at most … g.",
            "The longest side of the parcel is … mm; … takes at most … mm.",
            "The parcel's girth (its longest side plus the distance around the other two) is … mm; …",
            "The parcel measures …; … takes at most ….",
        ),
        "The parcel is heavier or larger than the carrier of its label accepts; the entry has the figures. Or the "
        "country that it comes from cannot be read, so the label might be one of the wrong carrier, and would be "
        "billed. No label was asked for.",
        "Choose [another carrier](how-to/carriers.md) by the setting that the entry names, or correct the figures at "
        "the platform, then retry. Where the country cannot be read, correct it at the platform: a return that is not "
        "announced yet goes on by itself; one that is announced goes on once you retry it.",
    ),
}
