"""The sections of the page as values: the texts, charts and tables of each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from returnsync.cli.causes import CAUSES
from returnsync.cli.held_list import age
from returnsync.cli.page.charts import Bars, Series
from returnsync.cli.page.markup import Cell, Table, plain
from returnsync.cli.page.steps import in_steps, months_between
from returnsync.clock import stamp
from returnsync.engine.ask import ReasonCount, Report, Took
from returnsync.engine.tell import Stands
from returnsync.mapping.pairings import PairStatus
from returnsync.model import Cause

# At most this many are drawn or listed of one kind; the text names the command that lists all of them.
_MOST_CAUSES = 20
_MOST_REASONS = 20
_MOST_CARRIERS = 6

# The colours are variables of page.css. States that are done come first; those that never come are last.
_STATES = {
    Stands.LABELLED: "labelled",
    Stands.ANNOUNCED: "announced, no label",
    Stands.WAITING: "waiting",
    Stands.HELD: "held",
    Stands.UNPLANNED: "unplanned",
    Stands.LEFT_ALONE: "left alone",
    Stands.WITHDRAWN: "withdrawn",
    Stands.RELEASED: "released",
}
_PAIRED = {
    PairStatus.PAIRED: ("paired", "c1"),
    PairStatus.TEXT_ONLY: ("text only, by choice", "c6"),
    PairStatus.UNPAIRED: ("not paired", "c4"),
}
_AGES = ("under 1 day", "1–3 days", "3–7 days", "1–4 weeks", "over 4 weeks")


@dataclass(frozen=True)
class Section:
    """A heading, what its figures mean, a chart, and its tables; without figures, only a sentence."""

    title: str
    says: Sequence[str]
    bars: Bars | None = None
    tables: Sequence[Table] = ()
    more: Sequence[str] = ()
    """Paragraphs below the tables."""
    has_legend: bool = True


def moment(at: datetime) -> str:
    """A moment in the local time zone."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def zone(at: datetime) -> str:
    """The name of the zone that this machine is in."""
    return f"{at.astimezone():%Z}"


def totals(report: Report) -> list[tuple[str, str, int]]:
    """For each state that occurs: its name, its colour, and how many returns are in it."""
    return [(name, state.value, report.states[state]) for state, name in _STATES.items() if report.states[state]]


def sections(report: Report) -> Iterator[Section]:
    """All sections, in order."""
    yield _returns(report)
    yield _hours(report)
    yield _reasons(report)
    yield _held(report)
    yield _requests(report)
    yield _labels(report)


def _returns(report: Report) -> Section:
    word, steps = in_steps(report)
    title = f"Returns per {word}, by state"
    if not steps:
        return Section(title, ["No return was created in this period."])
    there = [state for state in _STATES if report.states[state]]
    bars = Bars(
        "returns",
        f"{title}, in stacked bars; the table below has the figures.",
        [step.short for step in steps],
        [Series(_STATES[state], state.value, [step.counts[state] for step in steps]) for state in there],
    )
    rows: list[list[Cell]] = [
        [step.name, *(step.counts[state] for state in there), step.counts.total()] for step in reversed(steps)
    ]
    table = Table(f"Returns per {word}, the latest first", (word, *(_STATES[state] for state in there), "all"), rows)
    says = (
        "Counted by when the platform created the return, and by its state now. A return counts once for each order "
        "in it. One that cannot be read counts as held, by when it was first read."
    )
    return Section(title, [says], bars, [table])


def _hours(report: Report) -> Section:
    title = "Hours from approval to announcement and to label"
    says = (
        "The moment of the approval is not known. So the hours are counted from the run that first found the return "
        "approved and due to be announced, to its announcement at the warehouse and to its first label. The time "
        "until a run reads an approval comes on top; normally that is at most the time between two runs. This is "
        "about the returns above, without those that were found announced at the warehouse already."
    )
    if not report.hours:
        return Section(title, ["None of the returns of this period was announced."])
    several = len(report.hours) > 2  # noqa: PLR2004 - all together, and more than one
    shown = report.hours if several else report.hours[1:]
    names = [plain(one.source) or "all sources" for one in shown]
    bars = Bars(
        "hours",
        f"{title} by source, in bars side by side; the table below has the figures.",
        names,
        [
            Series("announcement: median", "c6", [_median(one.announced) for one in shown]),
            Series("announcement: 95 % within", "c1", [_most(one.announced) for one in shown]),
            Series("label: median", "c2", [_median(one.labelled) for one in shown]),
            Series("label: 95 % within", "c4", [_most(one.labelled) for one in shown]),
        ],
        lying=True,
        beside=True,
        unit=" h",
    )
    head = ("source", "announced", "median", "95 % within", "labelled", "median", "95 % within")
    rows: list[list[Cell]] = [
        [name, *_cells(one.announced), *_cells(one.labelled)] for name, one in zip(names, shown, strict=True)
    ]
    return Section(title, [says], bars, [Table("Hours, by source", head, rows)])


def _median(took: Took | None) -> float | None:
    return took.median if took else None


def _most(took: Took | None) -> float | None:
    return took.most if took else None


def _cells(took: Took | None) -> tuple[int, float | None, float | None]:
    return (took.number, took.median, took.most) if took else (0, None, None)


def _reasons(report: Report) -> Section:
    title = "Return reasons, and how many are paired"
    by_source: dict[str, list[ReasonCount]] = {}
    for one in report.reasons:
        by_source.setdefault(one.source, []).append(one)
    if not by_source:
        return Section(title, ["No return of this period has a reason."])
    bars = Bars(
        "reasons",
        "Lines of returns with a reason, by source and by how the reason is paired; the table below has the figures.",
        list(map(plain, by_source)),
        [
            Series(name, color, [_lines(each, status) for each in by_source.values()])
            for status, (name, color) in _PAIRED.items()
        ],
        lying=True,
    )
    head = ("source", "reasons", *(name for name, _ in _PAIRED.values()), "lines", "of these paired")
    rows: list[list[Cell]] = [
        [
            source,
            len(each),
            *(sum(one.paired is status for one in each) for status in _PAIRED),
            sum(one.seen for one in each),
            _lines(each, PairStatus.PAIRED),
        ]
        for source, each in by_source.items()
    ]
    listed = [one for each in by_source.values() for one in each[:_MOST_REASONS]]
    each_reason = Table(
        f"The most frequent reasons of each source, at most {_MOST_REASONS}",
        ("source", "reason", "lines", "sent as"),
        [[one.source, one.words, one.seen, _PAIRED[one.paired][0]] for one in listed],
    )
    says = (
        "Lines of the returns above, of sources that are configured. The warehouse is not asked whether it still "
        "offers what a reason is paired with: `returnsync map-reasons --check` does that. All reasons: "
        "`returnsync map-reasons --list`"
    )
    return Section(title, [says], bars, [Table("Reasons, by source", head, rows), each_reason])


def _lines(each: Sequence[ReasonCount], status: PairStatus) -> int:
    return sum(one.seen for one in each if one.paired is status)


def _held(report: Report) -> Section:
    title = "Held now, by cause and age"
    if not report.held:
        return Section(title, ["Nothing is held."])
    most = report.held[:_MOST_CAUSES]
    bars = Bars(
        "held",
        "What is held now, by cause and by how long it is held; the table below has the figures.",
        [plain(one.cause) or "no known cause" for one in most],
        [Series(name, f"a{index + 1}", [one.ages[index] for one in most]) for index, name in enumerate(_AGES)],
        lying=True,
    )
    rows: list[list[Cell]] = [
        [one.cause or "no known cause", one.number, *one.ages, age(stamp(one.oldest)), _meaning(one.cause)]
        for one in report.held
    ]
    table = Table("Held now, by cause", ("cause", "held", *_AGES, "oldest", "meaning"), rows)
    says = "Everything that is held now, whenever its return was created. What to do: `returnsync held`"
    return Section(title, [says], bars, [table])


def _meaning(cause: str) -> str:
    return CAUSES[Cause(cause)].short if cause in set(Cause) else ""


def _requests(report: Report) -> Section:
    title = "Requests of the last 24 hours against the limits"
    if not report.requests:
        return Section(title, ["No account has limits."])
    unknown = any(one.requests is None for one in report.requests)
    shares = [None if one.requests is None else 100 * one.requests / one.limit for one in report.requests]
    bars = Bars(
        "requests",
        "Requests in percent of what the limits allow, by account; the table below has the figures.",
        [plain(one.account) for one in report.requests],
        [Series("percent of the limit", "c1", shares)],
        lying=True,
        unit=" %",
        end=max([100.0, *filter(None, shares)]),
    )
    rows: list[list[Cell]] = [
        [one.account, one.requests, one.limit, share] for one, share in zip(report.requests, shares, strict=True)
    ]
    table = Table("Requests, by account", ("account", "requests", "allowed in 24 hours", "percent used"), rows)
    says = (
        "Requests that this machine counted, and what the `limits` of each account allow. Requests of other tools "
        "are not counted."
    )
    more = ["How many there were is not known: the file in which they are counted cannot be read."] if unknown else []
    return Section(title, [says, *more], bars if any(shares) else None, [table], has_legend=False)


def _labels(report: Report) -> Section:
    title = "Labels by carrier and month"
    since = f"{report.covered.labels_since.astimezone():%Y-%m-%d}"
    if not report.labels:
        return Section(title, [f"No label has come since {since}."])
    counted = Counter({(month, carrier): number for month, carrier, number in report.labels})
    of_carrier: Counter[str] = Counter()
    for (_, carrier), number in counted.items():
        of_carrier[carrier] += number
    carriers = sorted(of_carrier)
    months = months_between(min(month for month, _ in counted), max(month for month, _ in counted))
    drawn = [carrier for carrier, _ in of_carrier.most_common(_MOST_CARRIERS)]
    series = [
        Series(plain(carrier) or "not recorded", f"c{index + 1}", [counted[month, carrier] for month in months])
        for index, carrier in enumerate(carrier for carrier in carriers if carrier in drawn)
    ]
    if others := [carrier for carrier in carriers if carrier not in drawn]:
        left = [sum(counted[month, carrier] for carrier in others) for month in months]
        series.append(Series("others", "c7", left))
    bars = Bars("labels", f"{title}, in stacked bars; the table below has the figures.", months, series)
    rows: list[list[Cell]] = [
        [month, *(counted[month, carrier] for carrier in carriers), sum(counted[month, one] for one in carriers)]
        for month in reversed(months)
    ]
    head = ("month", *(carrier or "not recorded" for carrier in carriers), "all")
    says = (
        f"Labels that came since {since}, by month in UTC; a second label of a return is included. Those whose parcel "
        "no platform has shown on its way: `returnsync labels --unused 30d`"
    )
    return Section(title, [says], bars, [Table("Labels by month, the latest first", head, rows)])
