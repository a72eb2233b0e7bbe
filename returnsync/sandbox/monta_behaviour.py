"""The behaviour of Monta that a test may set, because it can differ or is not known.

Sections and questions are those of docs/warehouses/monta.md.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from returnsync.sandbox.wire import present

if TYPE_CHECKING:
    from collections.abc import Callable

    from returnsync.sandbox.monta_forecasts import LabelTimes
    from returnsync.sandbox.monta_products import Shape
    from returnsync.sandbox.wire import Record


class Behaviour:
    """The part of the stand-in that has no records."""

    def __init__(self) -> None:
        """Begin with the most harmful answer wherever a question is open."""
        # Orders.
        self.order_not_found: Literal[400, 404] = 400  # code 23, or a bare string (section 2, Error bodies)

        # Forecasts.
        self.forecast_shape: Literal["create", "list"] = "create"  # of an order's forecasts (end of section 3.3)
        # What a create with a code in use does: it makes a second forecast, or is refused with a status (question 1).
        self.code_in_use: Literal["second", 400, 409] = "second"
        # For this time after it was made, no read shows a forecast, while a label can be made for it at once. This is
        # in no source, but reads may come from a copy of the database (section 6).
        self.visible_after = timedelta(0)
        self.keeps_instead: Record = {}  # fields that a create keeps and echoes in each line instead of those sent
        self.reasons_with_comment: set[int] = set()  # reasons that need a comment of the consumer (question 24)
        self.page_size = 100  # of the list of forecasts; not known
        self.first_page: Literal[0, 1] = 1  # contradictory (section 2, Paging)
        self.list_end: Literal["empty", 404] = "empty"  # how a list ends; 404 comes with a text (section 2, Paging)

        # Labels.
        self.label_permission = True  # ticked in the portal or not (section 2)
        self.label_extension = "pdf"  # no source shows anything but pdf (section 3.4)
        self.label_bytes: bytes | None = None  # instead of a PDF of our own
        # A tracking link that all labels share, such as a carrier's general page, instead of their own (in no source).
        self.general_link: str | None = None
        self.fills_tracking = True  # whether a label puts its code on the forecast (question 8)
        self.lists_labels = True  # whether an order's list of labels shows any (section 3.5: one client's extract)
        self.label_times: LabelTimes = "amsterdam"  # the zone of the times in that list, which name none (section 3.5)

        # Anything else.
        self.origin_name: str | None = None  # the field of /info that names a channel: in no source, so there is none
        self.lists_carriers = True  # whether /info has the carriers for returns: not known (section 4)
        self.product_shape: Shape = "list"  # asked by barcode (section 4)
        self.barcodes: defaultdict[str, list[str]] = defaultdict(list)  # more of them, by SKU, also of other products
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)  # its clock for when something was made
        # The `Date` header of every answer; no header if it gives None (in no source, but a proxy may drop it).
        self.date: Callable[[], datetime | None] = present
