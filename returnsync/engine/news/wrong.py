"""What is wrong at the end of a run, each thing under a key that stays the same while it lasts."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from returnsync.engine.context import Context
from returnsync.engine.guarding import what_to_do
from returnsync.engine.moments import ABOUT_CLOCKS, differing_clocks
from returnsync.engine.rehearsal import ABOUT_REHEARSALS, names_without_return, rehearsal_of
from returnsync.engine.sources import yet_to_start
from returnsync.engine.summary import Summary, Tally
from returnsync.engine.tell import outages_of
from returnsync.errors import AccountRefused, ExitCode, RefusedForOrder, ReturnsyncError

_OUT, _LABELS, _STOPPED, RECEIVER = "out", "labels", "stopped", "receiver"
HEARTBEAT = "--heartbeat"
"""How the name of a heartbeat begins, beside the receivers that are named by a setting of `[notify]`."""
_OF_ONE_LINE = (_STOPPED, "other", "warned")
"""Kinds that belong to no account: for each selection of sources (a crontab line) they are reported separately."""
_PATH = re.compile(r"(?<=\s)/\S+")
_OUTAGES = (_OUT, _LABELS, _STOPPED, RECEIVER)


@dataclass(frozen=True)
class Wrong:
    """One thing that kept a run, a source or a warehouse from its work."""

    key: str
    text: str
    """What it is and what to do, in whole sentences; not masked yet."""
    without_names: str = ""
    """The same without the code of a return, where `text` has one."""

    @property
    def in_message(self) -> str:
        """The text for messages to others, in which no return is named."""
        return _PATH.sub("/…", self.without_names or self.text)


def is_outage(key: str) -> bool:
    """Whether it may pass by itself: an account that is out, runs that are stopped, a receiver that fails."""
    return key.partition("/")[0] in _OUTAGES


def name_of_heartbeat(file: Path) -> str:
    """What a heartbeat that fails is told by: two runs of one state may each have a file of their own."""
    return f"{HEARTBEAT} {file}"


def over(key: str) -> str:
    """The sentence that says that something that may pass by itself is over."""
    kind, _, account = key.partition("/")
    if kind == _STOPPED:
        return "Runs finish again."
    if kind == RECEIVER:
        return f"{account} works again."
    return f"{account}: labels are made again." if kind == _LABELS else f"{account} can be used again."


def everything_wrong(ctx: Context, summary: Summary) -> dict[str, Wrong]:
    """Everything that is wrong, by key, in the order in which it is reported."""
    found: dict[str, Wrong] = {}
    of_run = (*_told_by(summary.tally), *_stopped(ctx))
    others = (
        *(*_refused_by_guard(summary), *_not_started(ctx), *_rehearsing(ctx)),
        *(*_of_clocks(ctx), *_warned(ctx, summary)),
    )
    for wrong in (*of_run, *_out(ctx, summary), *others):
        is_of_one_line = ctx.only and wrong.key.partition("/")[0] in _OF_ONE_LINE
        key = f"{wrong.key}@{_only(ctx)}" if is_of_one_line else wrong.key
        found.setdefault(key, replace(wrong, key=key))
    refused = {key.split("/")[1] for key in found if key.startswith("refused/")}
    # Where an account is refused, that explains why labels are not made.
    return {key: wrong for key, wrong in found.items() if not (key.startswith("labels/") and key[7:] in refused)}


def is_in_sight(ctx: Context, key: str) -> bool:
    """Whether this run would have met it: not if it belongs to a source or a warehouse that the run did not use."""
    kind, _, rest = key.partition("/")
    account = rest.partition("/")[0]
    if kind in _OF_ONE_LINE:
        # What a run of some sources met is over only when a run of the same sources does not meet it.
        return rest.partition("@")[2] == _only(ctx)
    if kind == RECEIVER and rest.startswith(HEARTBEAT):
        return rest == ctx.heartbeat
    if kind not in (_OUT, _LABELS, "refused", "guard", "start", "only", "clock"):
        return True
    settings = ctx.config.settings
    if account not in settings.sources and account not in settings.warehouses:
        return True  # it is no longer configured
    return account in ctx.warehouses or account in {source.name for source in ctx.chosen}


def _only(ctx: Context) -> str:
    """The sources that the command line names, if any."""
    return ",".join(sorted(ctx.only))


def would_have_met(ctx: Context, key: str) -> bool:
    """Whether it is over if this run did not meet it: a run that was stopped may have ended before meeting it."""
    return ctx.stopped_by is None and is_in_sight(ctx, key)


def _told_by(tally: Tally) -> Iterator[Wrong]:
    sources = {source.error: name for name, source in tally.sources.items() if source.error is not None}
    met: dict[str, list[ReturnsyncError]] = {}
    for trouble in tally.troubles:
        if trouble.subject:
            # One fault of ours, or one full disk, may concern every return: only the first one is reported.
            met.setdefault(trouble.without_subject, []).append(trouble)
    for what, alike in met.items():
        more = f" That happened {len(alike)} times in this run." if len(alike) > 1 else ""
        without_names = f"{what} {alike[0].next_step}".rstrip()
        yield Wrong(f"other/{_digest(what)}", f"{in_one_line(alike[0])}{more}", f"{without_names}{more}")
    for trouble in tally.troubles:
        if isinstance(trouble, RefusedForOrder) or trouble.subject:
            continue  # that order is tried again, and reported once it is held; single returns are reported above
        account = getattr(trouble, "account", "") or sources.get(trouble.what, "")
        yield _wrong(account, trouble)


def _wrong(account: str, trouble: ReturnsyncError) -> Wrong:
    text = in_one_line(trouble)
    if trouble.exit_code is ExitCode.TEMPORARY and account:
        # It may pass by itself.
        return Wrong(f"{_OUT}/{account}", text)
    if isinstance(trouble, AccountRefused):
        return Wrong(f"refused/{account}/{kind_of(trouble)}", text)
    return Wrong(f"other/{kind_of(trouble)}", text)


def _out(ctx: Context, summary: Summary) -> Iterator[Wrong]:
    with ctx.db.reading() as q:
        outages = outages_of(ctx, q)
    for item in outages:
        kind = _LABELS if item["kind"] == _LABELS else _OUT
        key = f"{kind}/{item['account']}"
        if is_in_sight(ctx, key):
            what = "no labels are made" if kind == _LABELS else "it cannot be used"
            yield Wrong(
                key, f"{item['account']}: {what} since {item['since'][:16].replace('T', ' ')} UTC ({item['why']})."
            )
    for name in sorted(summary.failing_at):
        text = f"{name}: its calls for some returns fail. These wait, and are tried again. See: returnsync status"
        yield Wrong(f"{_OUT}/{name}", text)


def _refused_by_guard(summary: Summary) -> Iterator[Wrong]:
    for source, why in summary.tally.refused.items():
        yield Wrong(f"guard/{source}", f"Refused: {why} {what_to_do(source)}")


def _not_started(ctx: Context) -> Iterator[Wrong]:
    for source in ctx.chosen:
        text = yet_to_start(source)
        if text and ctx.accounts.known.refusal_of(source) is None:
            yield Wrong(f"start/{source.name}", text)


def _rehearsing(ctx: Context) -> Iterator[Wrong]:
    """Each source that delivers only some orders: that may be right for a day, and is a mistake if it is forgotten."""
    for source in ctx.chosen:
        told = rehearsal_of(source)
        if not told or ctx.accounts.known.refusal_of(source) is not None:
            continue
        yield Wrong(f"only/{source.name}", told, rehearsal_of(source, with_names=False))
        with ctx.db.reading() as q:
            unknown, without_names = (names_without_return(q, source, with_names=named) for named in (True, False))
        if unknown:
            # If other names match nothing, that is reported again.
            yield Wrong(f"only/{source.name}/{_digest(unknown)}", unknown, without_names)


def _of_clocks(ctx: Context) -> Iterator[Wrong]:
    for name, text in differing_clocks(ctx).items():
        yield Wrong(f"clock/{name}", text)


def _warned(ctx: Context, summary: Summary) -> Iterator[Wrong]:
    """Warnings about what works and may still be wrong, except those that have a key of their own."""
    starts = {yet_to_start(source) for source in ctx.chosen}
    for text in summary.tally.warnings:
        if text not in starts and not text.startswith((ABOUT_CLOCKS, ABOUT_REHEARSALS)):
            yield Wrong(f"warned/{_digest(_without_numbers(text))}", text)


def _stopped(ctx: Context) -> Iterator[Wrong]:
    if ctx.stopped_by is not None:
        text = (
            f"Runs are stopped by {ctx.stopped_by.name} before they finish; the next one goes on. If a time limit does "
            "that, such as `timeout` or one of a service manager, give them more time."
        )
        yield Wrong(f"{_STOPPED}/{ctx.stopped_by.name}", text)


def in_one_line(error: ReturnsyncError) -> str:
    """An error in whole sentences, including its problems and the next step."""
    problems = "; ".join(error.problems)
    return " ".join(part for part in (error.what, problems, error.next_step) if part)


def kind_of(error: ReturnsyncError) -> str:
    """A digest that tells errors apart, regardless of the numbers and moments in them."""
    return _digest(f"{type(error).__name__} {_without_numbers(error.what)}")


def _without_numbers(text: str) -> str:
    return re.sub("[0-9]+", "0", text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
