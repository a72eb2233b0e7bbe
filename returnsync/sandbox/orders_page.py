"""The sandbox's pages of Monta's orders, for users whose own platform has to name them in returns."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from returnsync.sandbox import wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from returnsync.sandbox.monta import Monta

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Orders at Monta</title>
<style>
  body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }}
  h1 {{ font-size: 1.3rem; }}
  table {{ border-collapse: collapse; width: 100%; }}
  th, td {{ text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #ddd; }}
  .quiet {{ color: #666; }}
</style>
</head>
<body>
<h1>Orders at Monta</h1>
<p class="quiet">A return has to name an order number and a SKU of this list. The same as JSON: <a
href="/orders.json">/orders.json</a></p>
<table>
<tr><th>order</th><th>channel</th><th>state</th><th>SKU</th><th>units</th><th>order-line id</th></tr>
{rows}
</table>
</body>
</html>
"""


class OrderPages:
    """The orders that Monta has. Requests for these pages are not counted."""

    def __init__(self, monta: Monta) -> None:
        """Show the orders of this stand-in."""
        self._monta = monta

    def operations(self) -> Sequence[wire.Operation]:
        """Name the two pages."""
        return (
            wire.Operation("orders", "GET", "/orders", self.page),
            wire.Operation("orders-json", "GET", "/orders.json", self.json),
        )

    def page(self, _call: wire.Call) -> wire.Answer:
        """Show the orders to a person, one row for each line."""
        rows = []
        for order in self.listed():
            for line in order["lines"]:
                cells = (
                    order["number"],
                    order["channel"],
                    order["state"],
                    line["sku"],
                    line["units"],
                    line["id"] or "",
                )
                rows.append(f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in cells)}</tr>")
        return wire.Answer(200, _PAGE.format(rows="".join(rows)).encode(), wire.HTML)

    def json(self, _call: wire.Call) -> wire.Answer:
        """Give the orders as JSON: number, channel, state, and the lines with SKU, units and order-line id."""
        return wire.json_answer(list(self.listed()))

    def listed(self) -> Iterator[dict[str, Any]]:
        """Every order, in the sequence in which Monta got them."""
        with self._monta.lock:
            orders = [order for orders in self._monta.orders.values() for order in orders]
        for order in orders:
            state = "deleted" if order["Deleted"] else "shipped" if order["Shipped"] else "not shipped"
            lines = [
                {"sku": line["Sku"], "units": line["OrderedQuantity"], "id": line["WebshopOrderLineId"]}
                for line in order["Lines"]
            ]
            yield {"number": order["WebshopOrderId"], "channel": order["Origin"], "state": state, "lines": lines}
