"""What `reconcile` prints."""

from returnsync.cli.schemas.shape import MayFail, Moment, Shape
from returnsync.engine.reconcile import Kind


class Difference(Shape):
    """Something that differs from the state; a value that is not known is empty."""

    kind: Kind
    source: str
    warehouse: str
    order_number: str
    """As the platform writes it."""
    return_number: str
    return_id: str
    code: str
    what: str
    """What differs, in a sentence."""
    next_step: str
    """What to do about it."""
    certain: bool
    """Whether `--adopt` takes it into the state."""
    adopted: bool
    """Whether it did."""


class InADay(Shape):
    """The requests of an account in a day, by all commands."""

    made: int
    allowed: int


class Reconciled(MayFail):
    """`reconcile`."""

    since: Moment
    """Since when everything was compared."""
    received_since: dict[str, Moment]
    """For each warehouse, by name: since when it listed what it received."""
    counts: dict[Kind, int]
    """How many there are of each kind."""
    differences: list[Difference]
    """By kind."""
    not_read_yet: dict[str, int]
    """For each source, by name: how many returns are newer than what was read last; the next run reads them."""
    by_others: dict[str, int]
    """For each warehouse, by name: how many forecasts belong to none of these sources."""
    warnings: list[str]
    """What was not compared, and why."""
    requests: dict[str, int]
    """HTTP requests made, by account name."""
    requests_in_a_day: dict[str, InADay]
    """For each account that has limits."""
