"""Sendcloud's words and numbers: parcel statuses in their three spellings, and return reasons. Data only.

Sections are those of docs/platforms/sendcloud.md.
"""

from collections.abc import Mapping
from typing import Final

from returnsync.model import ReturnStatus

CANCELLED: Final = "cancelled"

# The return's own status, where it decides (section 5); with `open`, the parcel's status decides.
OPEN: Final = "open"
OF_RETURN: Final[Mapping[str, ReturnStatus]] = {
    "requested": ReturnStatus.REQUESTED,
    "awaiting-payment": ReturnStatus.REQUESTED,
    "payment-failed": ReturnStatus.REQUESTED,
    "request-rejected": ReturnStatus.REJECTED,
}

_ANNOUNCED = ("announced", "announced-uncollected", "ready-to-send")
_UNDER_WAY = (
    *("picked-up-by-driver", "to-sorting", "sorting", "sorted", "unsorted", "unsorted2", "at-sorting-centre"),
    *("at-customs", "shipment-on-route", "driver-on-route", "delayed", "delivery-method-changed"),
    *("delivery-date-changed", "delivery-address-changed", "awaiting-customer-pickup"),
    # Problems with a parcel that still comes.
    *("delivery-failed", "collect-error"),
)
# A label is being made, or a cancellation is in progress whose result is not yet known.
_NOT_YET = ("announcing", "cancelling-upstream", "cancelling", "cancelled-upstream")
_ARRIVED = ("delivered", "delivery-forced", "collected-by-customer")

# The parcel's status, where the return is open (section 5). Any other status needs a person.
OF_PARCEL: Final[Mapping[str, ReturnStatus]] = {
    **dict.fromkeys(_ANNOUNCED, ReturnStatus.APPROVED),
    **dict.fromkeys(_UNDER_WAY, ReturnStatus.IN_TRANSIT),
    **dict.fromkeys(_NOT_YET, ReturnStatus.REQUESTED),
    **dict.fromkeys(_ARRIVED, ReturnStatus.DELIVERED),
}

# Texts for people in places where a slug is expected; hyphens alone do not turn them into the slug (section 5).
SLUG_OF_TEXT: Final[Mapping[str, str]] = {
    "ready-to-ship": "ready-to-send",
    "being-announced": "announcing",
    "announced-not-collected": "announced-uncollected",
    "shipment-picked-up-by-driver": "picked-up-by-driver",
    "en-route-to-sorting-center": "to-sorting",
    "being-sorted": "sorting",
    "not-sorted": "unsorted",
    "parcel-en-route": "shipment-on-route",
    "driver-en-route": "driver-on-route",
    "delivery-attempt-failed": "delivery-failed",
    "error-collecting": "collect-error",
    "shipment-collected-by-customer": "collected-by-customer",
    "cancellation-requested": "cancelling-upstream",
    "submitting-cancellation-request": "cancelling",
}

NO_REASON: Final = "8"

# Sendcloud's own list (section 6); a merchant chooses from it. 2 and 5 do not exist.
REASONS: Final[Mapping[str, str]] = {
    "1": "Product did not match expectations",
    "3": "Other (explain in message)",
    "4": "Incorrect product ordered",
    "6": "Product did not match description on website",
    "7": "Wrong product shipped",
    "8": "No reason",
    "9": "Rent",
    "10": "Does not work",
    "11": "Changed my mind",
    "12": "Did not meet expectations",
    "13": "Excessive amount",
    "14": "Better price available",
    "15": "Accidental order",
    "16": "No longer needed",
    "17": "Sample products",
    "18": "Looks different than expected",
    "19": "Ordered more than one size",
    "20": "Arrived too late",
    "21": "Poor quality / Faulty",
    "22": "Does not fit properly",
    "23": "Does not suit me",
    "24": "Incorrect product received",
    "25": "Parcel damaged on arrival",
    "26": "Wrong size ordered",
    "27": "Wrong color ordered",
    "28": "Does not function as expected",
    "29": "Recycle or reuse packaging",
    "30": "Size too large",
    "31": "Size too small",
    "32": "Holiday season return",
}
