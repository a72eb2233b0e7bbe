"""What `run`, `replay` and `status` print."""

from typing import Literal, NotRequired

from returnsync.cli.schemas.shape import Error, MayFail, Moment, Shape, SomeMoment
from returnsync.cli.schemas.story import Story


class RunOfSource(Shape):
    """One source in one run."""

    listed: int
    """Records that were read."""
    new: int
    """Returns that were not known before."""
    changed: int
    """Returns whose content changed."""
    set_aside: int
    """Records that could not be read, or of which it is not clear which return they are."""
    error: str | None
    """Why the source could not be read whole, or `null`."""
    only: NotRequired[list[str]]
    """Only if the source has this setting: the orders that it delivers."""
    kept_back: NotRequired[int]
    """Only with `only`: how many announcements it keeps back."""


class UnpairedReason(Shape):
    """A return reason that was announced as text only."""

    source: str
    channel: str
    key: str
    words: str
    lines: int
    """How many lines were announced with it."""


class DecidedLine(Shape):
    """A line as it would be announced."""

    order_line: str
    sku: str
    quantity: int
    reason: str


class Decision(Shape):
    """What a run would do with an announcement, as a dry run found."""

    code: str
    source: str
    would: str
    """One of: announce, adopt, label, update, hand-over, hold, wait, leave alone, not known."""
    cause: NotRequired[str]
    """Why it would be held, wait or be left alone."""
    what: NotRequired[str]
    """The same in a sentence."""
    order: NotRequired[str]
    """The number that would be sent to the warehouse."""
    lines: NotRequired[list[DecidedLine] | int]
    """The lines that would be sent; for an update, how many."""
    carrier: NotRequired[str]
    """The carrier of the label that would be asked for."""
    method: NotRequired[str]
    """The method by which its label would be handed over."""
    chosen_by: NotRequired[str]
    """What decided which carrier it is."""


class Run(Shape):
    """A run, also one that failed."""

    run: str
    """The id of the run; log lines and the history of each return carry it too. Empty where none began."""
    started: Moment
    """When it began, in UTC."""
    finished: Moment
    """When it ended, in UTC."""
    exit_code: int
    """The exit code of the command."""
    sources: dict[str, RunOfSource]
    """By the name of each source, what was read of it."""
    announced: int
    """Forecasts made at the warehouse in this run."""
    adopted: int
    """Forecasts of ours that were found at the warehouse although this state did not know of them."""
    labelled: int
    """Labels made in this run."""
    labels_found: int
    """Announcements whose label was found as a file that an earlier run, or a person, had put there."""
    handed_over: int
    """Labels that were handed over to their consumers in this run."""
    updated: int
    """Forecasts changed in this run (only with `send_updates`)."""
    withdrawn: int
    """Announcements that were rejected or cancelled, and have no forecast at the warehouse."""
    left_alone: int
    """Announcements that were found to need nothing from returnsync."""
    waiting: int | None
    """All that wait now, not only those of this run; `null` when the run was broken off."""
    held: int | None
    """All that are held now, unreadable records included; `null` when the run was broken off."""
    requests: dict[str, int]
    """HTTP requests made, by account name."""
    unpaired_reasons: NotRequired[list[UnpairedReason]]
    """Only when there are any: return reasons announced as text only in this run, since they are not paired."""
    erased: NotRequired[int]
    """Only when there are any: returns whose personal data were erased, as `retention_days` says."""
    error: NotRequired[Error]
    """Only when the exit code is neither 0 nor 1: why."""
    refused: NotRequired[list[str]]
    """Only when the guard refused: one text for each source."""
    warnings: NotRequired[list[str]]
    """Only when there are any: what works and may still be wrong, one text each."""
    dry_run: NotRequired[bool]
    """Only in a dry run: `true`."""
    decisions: NotRequired[list[Decision]]
    """Only in a dry run: what a run would do, one object for each announcement."""


class Replay(Run):
    """A run of only some orders, with the story of each return."""

    returns: list[Story]
    """Each return that was named, with what happened to it in this run."""
    not_done: NotRequired[list[Error]]
    """Only when there are any: names that are not known, that could not be looked up, or that `only` keeps back."""


class StatusOfSource(Shape):
    """How far a source is."""

    name: str
    """As the configuration calls it."""
    id: str
    """Its lasting name, a part of every code."""
    configured: bool
    read_up_to: SomeMoment
    """Its mark; `null` where it was never read."""
    announcements: dict[str, int]
    """By progress, how many there are."""
    last_success: SomeMoment
    """When a run of it last succeeded."""
    stale: bool
    """Whether that is too long ago."""
    refused_since: SomeMoment
    """Since when the guard refuses it."""
    only: NotRequired[list[str]]
    """Only if the source has this setting: the orders that it delivers."""
    kept_back: NotRequired[int]
    """Only with `only`: how many announcements it keeps back."""


class Outage(Shape):
    """An account that is out, or a warehouse whose label calls are stopped."""

    account: str
    kind: Literal["source", "warehouse", "labels"]
    since: Moment
    why: str
    codes: list[str]
    """For `labels`: the announcement whose label was refused last, or one that waits because of it."""


class PersonalData(Shape):
    """The age of the personal data that are kept."""

    oldest: SomeMoment
    """When the return that is kept longest last changed; `null` if no personal data are kept."""
    retention_days: int | None
    """For how long they are kept; `null` means for ever."""


class PastRun(Shape):
    """One of the last runs."""

    run: str
    command: str
    started: Moment
    finished: SomeMoment
    """`null` if it is still running, or was killed."""
    exit_code: int | None
    error: Error | None
    refused: list[str]


class Status(MayFail):
    """How far everything is."""

    sources: list[StatusOfSource]
    waiting: int
    held: int
    """Unreadable records included."""
    unreadable: int
    out: list[Outage]
    warnings: list[str]
    """What is unusual about `start_from` or `only` of the sources, one text each."""
    oldest_open: SomeMoment
    personal_data: PersonalData
    runs: list[PastRun]
    """The last ones, the newest first."""
