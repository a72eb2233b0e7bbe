"""ParcelPoint's records as it sends them, with the fields that are used."""

from pydantic import Field
from returnsync.http.fields import Id, Key, Link, OrderNumber, Quantity, Text, Tracking, Word
from returnsync.platforms.wire import Wire


class Reason(Wire):
    """Why an item comes back; `text` depends on the shopper's language."""

    code: Key = None
    text: Text = None


class Item(Wire):
    """Units of one order line."""

    order: OrderNumber
    line: Key = None
    sku: Key = None
    units: Quantity
    reason: Reason | None = None
    note: Text = None


class Shopper(Wire):
    """The fields of a person that a return needs."""

    first_name: Text = None
    last_name: Text = None
    email: Text = None


class Record(Wire):
    """One return."""

    id: Id
    state: Word
    created_at: Word
    changed_at: Word
    items: list[Item] = Field(min_length=1)
    shopper: Shopper | None = None
    tracking_code: Tracking = None
    label_url: Link = None
