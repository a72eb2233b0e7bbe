"""What `report` prints."""

from returnsync.cli.schemas.shape import MayFail, Moment, Shape, SomeMoment


class Took(Shape):
    """How many hours something took."""

    number: int
    """How often it was done."""
    median: float
    percentile_95: float
    """The smallest figure that 95 of 100 do not exceed."""


class Hours(Shape):
    """Hours from the run that first found a return due to be announced."""

    source: str | None
    """`null`: all of them."""
    announced: Took | None
    labelled: Took | None


class Reason(Shape):
    """A return reason of a source."""

    source: str
    key: str
    words: str
    seen: int
    standing: str
    """Whether it is paired."""


class HeldFor(Shape):
    """What is held for one cause now."""

    cause: str
    number: int
    oldest: Moment
    ages: dict[str, int]
    """By age, how many there are."""


class Requests(Shape):
    """The requests of an account in the last 24 hours."""

    account: str
    requests: int | None
    limit: int


class Labels(Shape):
    """The labels that came in a month."""

    month: str
    carrier: str
    number: int


class Report(MayFail):
    """`report`."""

    made: Moment
    since: Moment
    until: SomeMoment
    labels_since: Moment
    sources: list[str]
    """The sources that were chosen; none: all of them."""
    states: dict[str, int]
    """By state, how many returns were made in that time."""
    days: list[dict[str, int | str]]
    """Of each `day` (of this machine's zone) how many returns were made, by state."""
    hours: list[Hours]
    reasons: list[Reason]
    held: list[HeldFor]
    """As of now."""
    requests: list[Requests]
    labels: list[Labels]
    written: str | None
    """Where the page was written; `null` without `--html`."""
