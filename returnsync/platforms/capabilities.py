"""What a platform can do, as data: the engine asks it instead of knowing platforms."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can do; the engine asks instead of knowing platforms, and the docs table is made of it."""

    lists_by: Literal["change", "creation"] = "change"
    """What a listing's times are. By creation, a change of an older return shows only when it is listed again."""
    lists_changes: bool = False
    """Whether every change of an open return shows in later listings. Else open returns that no listing shows are read
    again one by one once a day."""
    several_orders: bool = True
    """Whether one record may touch several orders."""
    gives_parts: bool = False
    """Whether the articles of one return come as records of their own."""
    unknown_statuses: bool = True
    """Whether a status can be one that we do not know; false where the merchant makes them up and others decide."""
    cancelled_may_vanish: bool = False
    """Whether a return that is no longer there may have been cancelled, so that an announced one needs a person."""
    own_labels: bool = True
    """Whether the platform tells of labels or tracking numbers of its own."""
    article_numbers: Literal["sku", "barcode"] = "sku"
    """What the platform knows an article by."""
    reasons: Literal["keys", "ids", "texts"] = "keys"
    """What a return reason is known by."""
    reasons_are_shared: bool = False
    """Whether the reasons are the platform's own, the same for every account; else each merchant makes them up."""
    reads_singly: bool = True
    """Whether the platform can be asked for one record; else `one` and `each` look for it in a listing."""
    keys_of_contents: bool = False
    """Whether an id is made of what a record says, since the platform gives none: a record that was rewritten may be a
    known return under another id. The instant of creation is part of every version."""
    gives_history: bool = False
    """Whether `Return.history` is given, which tells the older of two copies with one time of change."""
    finds: Literal["asked", "listed"] = "asked"
    """How an order is found on demand: the platform is asked for it, or the latest returns are listed."""
