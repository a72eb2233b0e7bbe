"""The articles of one announcement on the warehouse's order: what has to be read to find them, and where they go."""

from collections import Counter
from collections.abc import Collection, Sequence

from returnsync.engine.deliver.delivery import Delivery
from returnsync.mapping import line_match, whole_order
from returnsync.mapping.line_match import Placed, Share
from returnsync.model import Code, Forecast, WarehouseOrder


def find(delivery: Delivery, order: WarehouseOrder) -> list[Share]:
    """The places where each returned line may go. SKUs are read from the warehouse for barcodes that need it.

    Where the return lists no items, these are all lines of the order.

    Raises:
        HoldError: a line cannot be found, or not for certain.
        CallError, AccountError: a barcode could not be looked up, or the source's table of SKUs cannot be read.
    """
    rules = delivery.source.line_rules()
    if not delivery.lists_items:
        return whole_order.shares(delivery.lines[0], order, rules)
    asked = {line_match.barcode_to_ask(line, order, rules) for line in delivery.lines} - {""}
    barcodes = {
        barcode: delivery.ctx.accounts.skus_of_barcode(delivery.announcement.warehouse, barcode)
        for barcode in sorted(asked)
    }
    return [share for line in delivery.lines for share in line_match.find(line, order, rules, barcodes)]


def place(
    delivery: Delivery,
    order: WarehouseOrder,
    shares: Sequence[Share],
    existing: Sequence[Forecast],
    own_codes: Collection[str],
) -> list[Placed]:
    """Where the units go, after what `existing` forecasts take of the order: our own, and this source's others.

    Where the return lists no items, all units that no other forecast of this source takes.

    Raises:
        HoldError: more units come back than the lines of a SKU have left. For a whole order: nothing of it is left, or
            somebody else announced something of it.
    """
    ours = next((forecast for forecast in existing if forecast.code == delivery.announcement.code), None)
    beside = [forecast for forecast in existing if forecast.code != delivery.announcement.code]
    own_others = [forecast for forecast in beside if forecast.code in own_codes]
    if not delivery.lists_items:
        others = [forecast for forecast in beside if forecast.code not in own_codes]
        return whole_order.place(shares, order, own_others, others)
    return line_match.spread(shares, order, ours, own_others)


def by_line(
    delivery: Delivery,
    order: WarehouseOrder,
    shares: Sequence[Share],
    existing: Sequence[Forecast],
    own_codes: Collection[str],
) -> list[Forecast]:
    """The forecasts of the order. Ours are read singly where a SKU is on several order lines.

    A list of an order's forecasts may name only products (docs/warehouses/monta.md, section 3.3). Only the forecast
    itself shows on which of two lines with one SKU its units are, and perhaps how many they are. So these few are read
    once more.
    """
    repeated = Counter(line.sku.strip() for line in order.lines)
    by_sku = all(repeated[place.sku.strip()] == 1 for share in shares for place in share.places)
    return [
        _whole(delivery, forecast)
        if forecast.code
        and forecast.code in own_codes
        and not (by_sku and all(line.quantity is not None for line in forecast.lines))
        else forecast
        for forecast in existing
    ]


def _whole(delivery: Delivery, forecast: Forecast) -> Forecast:
    if all(line.order_line_id and line.quantity is not None for line in forecast.lines):
        return forecast
    return delivery.warehouse.forecast(Code(forecast.code)) or forecast
