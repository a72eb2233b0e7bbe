"""The one model: what a return is, regardless of its platform and its warehouse.

Values only: frozen, comparable, without behaviour that reaches outside. Platforms build them, `state` keeps them, the
engine decides on them, and warehouses send them. All other packages import them from here.
"""

from returnsync.model.announcements import OPEN, Announcement, Cause, Progress, Step
from returnsync.model.findings import LABEL_PERMISSION, Finding
from returnsync.model.identifiers import (
    Code,
    OrderNumber,
    ReturnId,
    SourceId,
    WarehouseName,
    WarehouseOrderNumber,
)
from returnsync.model.returns import (
    OVER,
    UNREADABLE_COUNTRY,
    UNREADABLE_WORDS,
    Address,
    Consumer,
    OwnLabel,
    Parcel,
    Reason,
    Return,
    ReturnLine,
    ReturnStatus,
    UnreadableRecord,
)
from returnsync.model.warehouse import (
    Channel,
    Forecast,
    ForecastLine,
    Label,
    ListedForecast,
    NewForecast,
    NewForecastLine,
    Receipts,
    ReceivedLine,
    ReceivedReturn,
    ShownLabel,
    WarehouseOrder,
    WarehouseOrderLine,
    WarehouseReason,
)

__all__ = [
    "LABEL_PERMISSION",
    "OPEN",
    "OVER",
    "UNREADABLE_COUNTRY",
    "UNREADABLE_WORDS",
    "Address",
    "Announcement",
    "Cause",
    "Channel",
    "Code",
    "Consumer",
    "Finding",
    "Forecast",
    "ForecastLine",
    "Label",
    "ListedForecast",
    "NewForecast",
    "NewForecastLine",
    "OrderNumber",
    "OwnLabel",
    "Parcel",
    "Progress",
    "Reason",
    "Receipts",
    "ReceivedLine",
    "ReceivedReturn",
    "Return",
    "ReturnId",
    "ReturnLine",
    "ReturnStatus",
    "ShownLabel",
    "SourceId",
    "Step",
    "UnreadableRecord",
    "WarehouseName",
    "WarehouseOrder",
    "WarehouseOrderLine",
    "WarehouseOrderNumber",
    "WarehouseReason",
]
