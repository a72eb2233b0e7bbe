"""What the commands print that list what is known, or act on it: `held`, `returns`, `labels`, `export`, `purge`."""

from typing import Literal, NotRequired

from returnsync.cli.schemas.shape import MayFail, Moment, Shape, SomeMoment
from returnsync.model import Progress, ReturnStatus


class Held(Shape):
    """An entry that is held for a person; with `--waiting`, one that goes on by itself."""

    source: str
    order_number: str
    """As the platform writes it; for a record, the order numbers in it."""
    return_number: str
    return_id: str
    """For a record, its key."""
    code: str
    """For a record, its key."""
    cause: str
    what: str
    """Why, in a sentence."""
    answer: str
    """What the warehouse said, masked; empty where it said nothing."""
    next_step: str
    """What to do."""
    tracking_number: str
    created: SomeMoment
    """When it was made at the platform."""
    since: Moment
    """Since when it has been held or has waited."""
    meaning: str
    """What its cause means."""
    docs: str
    """Where its cause is explained."""
    next_try: NotRequired[SomeMoment]
    """Only with `--waiting`: when it is tried again."""


class Acted(MayFail):
    """What `held retry`, `held release` or `held take-back` was applied to."""

    codes: list[str]
    dry_run: bool
    """Whether nothing was changed."""
    kept_back: NotRequired[list[str]]
    """Only when there are any: those for which nothing is sent, since `only` of their source names other orders."""


class ResolvedLabels(MayFail):
    """`held resolve label-in-doubt`."""

    codes: list[str]
    """Those for which nothing shows a label. The next run asks for it, or settles those that have one already."""
    left_out: list[str]
    """Those that stay held: there is a sign of a label, or the warehouse could not be asked."""
    found: list[str]
    """Those whose label file was found."""
    dry_run: bool
    """Whether nothing was changed."""
    kept_back: NotRequired[list[str]]
    """Only when there are any: of `codes` those for which nothing is sent, since `only` names other orders."""


class ResolvedRecord(MayFail):
    """`held resolve identity-unclear`."""

    key: str
    """The key of the record."""
    return_id: str
    """The return that it is from now on."""
    dry_run: bool
    """Whether nothing was changed."""


class ListedReturn(Shape):
    """An announcement, a return without one, or a record that cannot be read; each value is a text, perhaps empty."""

    since: Moment
    """Since when it has been in this state."""
    state: Literal[
        "due", "waiting", "held", "announced", "labelled", "left_alone", "withdrawn", "released", "unplanned"
    ]
    source: str
    order_number: str
    """As the platform writes it."""
    order_at_warehouse: str
    """As it was sent to the warehouse."""
    return_number: str
    return_id: str
    code: str
    cause: str
    created: str
    """When it was made at the platform."""
    announced_at: str
    labelled_at: str
    articles: str
    """Units and SKU of each article of the order."""
    carrier: str
    """The carrier of its label."""
    platform_carrier: str
    """The one that the platform names."""
    tracking_number: str
    """The tracking number of the platform's own label."""
    label: str
    """The file of its newest label, in the folder of labels."""
    name: NotRequired[str]
    """Only with `--private`."""
    email: NotRequired[str]
    """Only with `--private`."""
    label_link: NotRequired[str]
    """Only with `--private`: the tracking page of its newest label."""


class ListedLabel(Shape):
    """A label that came; each value is a text, perhaps empty."""

    saved_at: Moment
    order_number: str
    """As the platform writes it."""
    source: str
    code: str
    number: str
    """The first label of its announcement is 1."""
    carrier: str
    status: str
    """Of its return: requested, approved, in_transit and so on."""
    file: str
    """Its path in the folder of labels."""
    removed_at: str
    handed_over: str
    """When it was handed over to its consumer; empty if it was not."""


class WrittenMails(MayFail):
    """`mail`."""

    written: list[str]
    """The files of each mail."""


class Copied(MayFail):
    """`labels copy`."""

    copied: list[str]
    """The paths of the copies."""


class WrongLabel(Shape):
    """A label whose file is missing, cannot be read, or was changed."""

    code: str
    file: str
    what: str
    """What is wrong with it."""
    next_step: str


class Verified(MayFail):
    """`labels verify`."""

    whole: int
    """How many files are unchanged."""
    wrong: list[WrongLabel]


class PurgedReturn(Shape):
    """A return, or a record, whose personal data are erased."""

    source: str
    return_id: str
    return_number: str
    order_numbers: list[str]


class Purged(MayFail):
    """`purge`."""

    returns: list[PurgedReturn]
    erased: list[str]
    """What is erased, in words."""
    kept: list[str]
    """What is kept, in words."""
    label_files_removed: list[str]
    label_files_kept: list[str]
    gone: bool
    """Whether nothing of it is left in the state file."""
    dry_run: bool
    """Whether nothing was changed."""


class ExportedLine(Shape):
    """An article that comes back."""

    order_number: str
    sku: str
    barcode: str
    title: str
    quantity: int
    reason: str
    """Its key, after the key of its main reason and a `/`."""
    resolution: str
    """What the consumer asks for."""
    comment: NotRequired[str]
    """Only with `--private`."""


class ExportedAnnouncement(Shape):
    """The announcement of a return for one order."""

    code: str
    warehouse: str
    order_number: str
    progress: Progress
    cause: str
    announced_at: SomeMoment
    labelled_at: SomeMoment


class Consumer(Shape):
    """The person who sends it back."""

    first_name: str
    last_name: str
    email: str
    locale: str


class Address(Shape):
    """An address of a return."""

    name: str
    street: str
    house_number: str
    postal_code: str
    city: str
    country: str
    phone: str


class OwnLabel(Shape):
    """The label that the platform made."""

    tracking_link: str
    label_url: str


class Exported(Shape):
    """A return, on a line of its own."""

    source: str
    platform: str
    return_id: str
    return_number: str
    status: ReturnStatus
    platform_status: str
    """The platform's own word."""
    created: Moment
    updated: Moment
    first_seen: Moment
    erased_at: SomeMoment
    """When its personal data were erased."""
    channel: str
    brand: str
    carrier: str
    """The one that the platform names."""
    tracking_code: str
    """The tracking number of the platform's own label."""
    lines: list[ExportedLine]
    announcements: list[ExportedAnnouncement]
    consumer: NotRequired[Consumer]
    """Only with `--private`."""
    addresses: NotRequired[list[Address]]
    """Only with `--private`."""
    own_label: NotRequired[OwnLabel | None]
    """Only with `--private`: `null` where the platform made none."""
    label_links: NotRequired[list[str]]
    """Only with `--private`: the tracking pages of the warehouse's labels."""
