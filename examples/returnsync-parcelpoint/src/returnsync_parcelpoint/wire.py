"""ParcelPoint's records as they come, as far as they are used."""

from pydantic import Field
from returnsync.platforms.wire import Wire


class Reason(Wire):
    """Why an item comes back; `text` depends on the shopper's language."""

    code: str | None = None
    text: str | None = None


class Item(Wire):
    """Units of one order line."""

    order: str
    line: str | None = None
    sku: str | None = None
    units: int = Field(ge=1)
    reason: Reason | None = None
    note: str | None = None


class Shopper(Wire):
    """The person, as far as a return needs them."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None


class Record(Wire):
    """One return."""

    id: str = Field(pattern=r"[^. ]")
    state: str
    created_at: str
    changed_at: str
    items: list[Item] = Field(min_length=1)
    shopper: Shopper | None = None
    tracking_code: str | None = None
    label_url: str | None = None
