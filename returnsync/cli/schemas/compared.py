"""What `reconcile` prints."""

from returnsync.cli.schemas.shape import MayFail, Moment, Shape
from returnsync.engine.reconcile import Kind


class Difference(Shape):
    """Where something differs from the state; what is not known of it is empty."""

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
    """The requests of an account in a day, by whatever command."""

    made: int
    allowed: int


class Reconciled(MayFail):
    """`reconcile`."""

    since: Moment
    """From when on all was compared."""
    received_since: dict[str, Moment]
    """By the name of each warehouse, from when on it told what it received."""
    counts: dict[Kind, int]
    """By kind, how many there are; of every kind."""
    differences: list[Difference]
    """By kind."""
    not_read_yet: dict[str, int]
    """By the name of a source, how many returns are newer than what was read last: the next run reads them."""
    by_others: dict[str, int]
    """By the name of a warehouse, how many forecasts are none of these sources'."""
    warnings: list[str]
    """What was not compared, and why."""
    requests: dict[str, int]
    """HTTP requests made, by account name."""
    requests_in_a_day: dict[str, InADay]
    """Of each account that has limits."""
