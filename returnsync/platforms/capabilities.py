"""What a platform can do, as data: the engine uses this data instead of knowing platforms."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can do; the engine reads it instead of knowing platforms, and the docs' table is made from it."""

    lists_by: Literal["change", "creation"] = "change"
    """What a listing's times mean. By creation, a change of an older return shows only when it is listed again."""
    lists_changes: bool = False
    """Whether every change of an open return shows in later listings.

    Otherwise, open returns that no listing shows are read again one by one, once a day.
    """
    several_orders: bool = True
    """Whether one record may touch several orders."""
    gives_parts: bool = False
    """Whether each article of one return comes in a record of its own."""
    unknown_statuses: bool = True
    """Whether a status can be unknown to us; false where the merchant defines them and other fields decide."""
    cancelled_may_vanish: bool = False
    """Whether a return that no longer exists may have been cancelled, so that an announced one needs a person."""
    own_labels: bool = True
    """Whether the platform shows labels or tracking numbers of its own."""
    article_numbers: Literal["sku", "barcode"] = "sku"
    """How the platform identifies an article."""
    reasons: Literal["keys", "ids", "texts"] = "keys"
    """How a return reason is identified."""
    reasons_are_shared: bool = False
    """Whether the reasons are the platform's own and the same for every account; else each merchant defines them."""
    reads_singly: bool = True
    """Whether the platform can be asked for one record; else `one` and `each` search for it in a listing."""
    keys_of_contents: bool = False
    """Whether an id is made from the content of a record, since the platform gives none.

    A record that was rewritten may then be a known return under another id. The time of creation is part of every
    version.
    """
    gives_history: bool = False
    """Whether `Return.history` is given, which shows the older of two copies with the same time of change."""
    finds: Literal["asked", "listed"] = "asked"
    """How an order is found on demand: the platform is asked for it, or the latest returns are listed."""
