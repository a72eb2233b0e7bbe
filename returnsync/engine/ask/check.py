"""Check: configuration, credentials, channel, labels, reasons, clock and disk; each fine, or what to do. No effects."""

import os
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial

from returnsync.engine.ask.check_files import check_labels, check_secrets, check_state
from returnsync.engine.ask.check_mail import check_mail, check_program, check_templates
from returnsync.engine.channels import check_channels
from returnsync.engine.context import Context
from returnsync.engine.reasons import problems, survey
from returnsync.engine.rehearsal import names_without_return, rehearsal_of
from returnsync.engine.renamed import refuse_renamed_source
from returnsync.engine.sources import Source, yet_to_start
from returnsync.engine.tell import check_kept_data, outages_of
from returnsync.errors import CallError, ExitCode, Refused, ReturnsyncError
from returnsync.folders import nearest
from returnsync.mail import NAME as MAIL
from returnsync.mapping.pairings import drift
from returnsync.model import LABEL_PERMISSION, Finding, WarehouseName
from returnsync.state import label_calls, ledger, sources
from returnsync.state.label_calls import Stop

_ENOUGH_DISK = 100 * 1024 * 1024
_CLOCK_SECONDS = 30
_CODES_SHOWN = 5
# The subjects of what is wrong with an account as a whole.
_OF_ACCOUNTS = frozenset({"allowed", "reachable", "usable", "secret", "reasons"})


def check(ctx: Context) -> Iterator[tuple[str, Finding]]:
    """Every finding as it is made, with the name of its subject."""
    told: set[str] = set()
    for subject, finding in _each(ctx, told):
        # A problem of a whole account fails several checks; only the first reports it.
        stands_in_the_way = not finding.ok and finding.subject in _OF_ACCOUNTS
        if not stands_in_the_way or finding.text not in told:
            yield subject, finding
        if stands_in_the_way:
            told.add(finding.text)


def _each(ctx: Context, told: Collection[str]) -> Iterator[tuple[str, Finding]]:
    yield "configuration", Finding("file", ok=True, text=str(ctx.config.path))
    missing: set[str] = set()
    for name, finding, is_missing in check_secrets(ctx):
        missing.update({name} if is_missing else ())
        yield name, finding
    yield from failures_as_findings("configuration", partial(_renamed, ctx))
    yield "state", _disk(ctx)
    yield from failures_as_findings("state", partial(check_state, ctx))
    yield from failures_as_findings("state", partial(check_kept_data, ctx))
    for source in ctx.chosen:
        yield from _start(ctx, source)
        yield from failures_as_findings(source.name, partial(_rehearsal, ctx, source))
        if source.name not in missing:
            yield from failures_as_findings(source.name, partial(_platform, ctx, source))
        yield from failures_as_findings(source.name, partial(ctx.numbers.check, source))
        yield from failures_as_findings(source.name, partial(_skus, source))
        yield from failures_as_findings(source.name, partial(check_templates, source))
        yield from failures_as_findings(source.name, partial(check_program, source))
    broken: set[str] = set()
    for name in (name for name in ctx.warehouses if name not in missing):
        for subject, finding in failures_as_findings(name, partial(_warehouse, ctx, name)):
            broken.update(() if finding.ok else {name})
            yield subject, finding
        if name not in broken:
            yield from failures_as_findings(name, partial(check_channels, ctx, name))
    if MAIL not in missing:
        yield from failures_as_findings(MAIL, partial(check_mail, ctx))
    yield from _outages(ctx)
    yield from failures_as_findings("labels", partial(check_labels, ctx))
    yield from failures_as_findings("labels", partial(_label_files, ctx))
    yield from failures_as_findings("reasons", partial(_reasons, ctx, told, broken))
    yield from _clocks(ctx)


def _renamed(ctx: Context) -> Iterator[Finding]:
    """Whether a source or a warehouse was renamed; there is a finding only if so."""
    ctx.accounts.refuse_renamed_warehouse()
    with ctx.db.reading() as q:
        known = {source.id: source for source in sources.all_known(q)}
    for source in ctx.sources.values():
        if source.id not in known and ctx.accounts.known.refusal_of(source) is None:
            refuse_renamed_source(ctx, source, known.values())
    yield from ()


def _outages(ctx: Context) -> Iterator[tuple[str, Finding]]:
    """The accounts that the last runs left alone, even if they answer now."""
    with ctx.db.reading() as q:
        found = outages_of(ctx, q)
    for item in found:
        if item["kind"] == "labels":
            what = "no labels are made"
            next_step = (
                "One label at a time is tried, and once one is made the others follow. Check that the account may "
                "make labels, and that the carrier works."
            )
        else:
            what = "the last runs could not use it"
            next_step = (
                "No return is held for this. Each run makes one request, and everything goes on once that is answered."
            )
        text = f"{what}, since {item['since']}: {item['why']}"
        yield item["account"], Finding("outage", ok=True, warning=True, text=text, next_step=next_step)


def _start(ctx: Context, source: Source) -> Iterator[tuple[str, Finding]]:
    """Whether `start_from` is in the future; not if it is so far ahead that opening the source reports it."""
    text = yet_to_start(source)
    if text and ctx.accounts.known.refusal_of(source) is None:
        next_step = "Nothing needs to be done if that is intended. Otherwise write an earlier `start_from`."
        yield source.name, Finding("start_from", ok=True, warning=True, text=text, next_step=next_step)


def _rehearsal(ctx: Context, source: Source) -> Iterator[Finding]:
    """Whether it delivers only some orders, and which names match no known return."""
    with ctx.db.reading() as q:
        unknown = names_without_return(q, source)
    if told := rehearsal_of(source):
        next_step = (
            "When what was sent for these orders is right, remove `only`. The guard then treats the next run like a "
            "first one. How to rehearse: docs/how-to/go-live.md."
        )
        yield Finding("only", ok=True, warning=True, text=told, next_step=next_step)
    if unknown:
        next_step = (
            "Write each order number as the platform writes it. To list the known ones: returnsync returns --source "
            f"{source.name}"
        )
        yield Finding("only", ok=True, warning=True, text=unknown, next_step=next_step)


def _platform(ctx: Context, source: Source) -> Iterator[Finding]:
    return ctx.accounts.platform(source).check()


def _skus(source: Source) -> Iterator[Finding]:
    """Whether its table of SKUs can be read, if it has one."""
    rules = source.line_rules()
    if source.skus is not None:
        yield Finding("SKUs", ok=True, text=f"{len(rules.skus)} in {source.skus.path}")


def _warehouse(ctx: Context, name: WarehouseName) -> Iterator[Finding]:
    """The findings about the account as a whole."""
    for finding in ctx.accounts.warehouse(name).check():
        yield _as_known(ctx, name, finding)
    if name in ctx.accounts.known.recognised:
        yield Finding("account", ok=True, warning=True, text=ctx.accounts.known.recognised[name])


def _as_known(ctx: Context, name: WarehouseName, finding: Finding) -> Finding:
    """The finding about label permission, from the last label calls: the permission cannot be read at the account."""
    if finding.subject != LABEL_PERMISSION:
        return finding
    with ctx.db.reading() as q:
        last, calls = label_calls.last_label_at(q, name), label_calls.of(q, name)
    if calls.stop is Stop.NOT_ALLOWED:
        text = "the warehouse did not allow this account to make the last label that was asked for (HTTP 403)"
        return replace(finding, warning=True, text=text)
    if last is None:
        return finding
    return replace(finding, text=f"the last label was made on {last.astimezone():%Y-%m-%d}", next_step="")


def failures_as_findings(subject: str, find: Callable[[], Iterator[Finding]]) -> Iterator[tuple[str, Finding]]:
    """The findings of one check; where it cannot be made, that is a finding too."""
    try:
        for finding in find():
            yield subject, finding
    except Refused as error:
        next_step = "Check this account's settings, and what its credentials may read."
        yield subject, Finding("allowed", ok=False, text=error.what, next_step=next_step)
    except CallError as error:
        next_step = "Check `base_url` and the network; if both are right, try again later."
        yield subject, Finding("reachable", ok=False, text=error.what, next_step=next_step, temporary=True)
    except OSError as error:
        what = f"{error.filename or 'a file'} cannot be looked at ({error.strerror or type(error).__name__})"
        next_step = "Give this user the right to its folder, or name another place."
        yield subject, Finding("readable", ok=False, text=what, next_step=next_step)
    except ReturnsyncError as error:
        temporary = error.exit_code is ExitCode.TEMPORARY
        yield subject, Finding("usable", ok=False, text=error.what, next_step=error.next_step, temporary=temporary)


def _disk(ctx: Context) -> Finding:
    folder = nearest(ctx.config.state_path)
    free = shutil.disk_usage(folder).free
    if free < _ENOUGH_DISK:
        text, next_step = f"{free // 2**20} MiB free", f"Make room on the disk of {folder}."
        return Finding("disk", ok=False, text=text, next_step=next_step, temporary=True)
    return Finding("disk", ok=True, text=f"{free // 2**20} MiB free")


def _label_files(ctx: Context) -> Iterator[Finding]:
    """Whether each saved label is still in its place; read row by row, since there may be very many."""
    count, gone, first = 0, 0, list[str]()
    with ctx.db.reading() as q:
        for _, code, file in ledger.label_files(q):
            count += 1
            if not os.path.exists(ctx.labels.path / file):  # noqa: PTH110 - `Path.exists` raises where it may not look
                gone += 1
                first += [code] if len(first) < _CODES_SHOWN else []
    if gone:
        more = ", …" if gone > len(first) else ""
        text = f"{gone} of {count} are no longer in {ctx.labels.path}: {', '.join(first)}{more}"
        next_step = (
            "If you moved them, nothing is wrong. Otherwise restore them from a backup, or save them from the "
            "warehouse's portal. No label is asked for again because of this."
        )
        yield Finding("files", ok=True, warning=True, text=text, next_step=next_step)
    elif count:
        yield Finding("files", ok=True, text=f"{count} in {ctx.labels.path}")


def _reasons(ctx: Context, told: Collection[str], broken: Collection[str]) -> Iterator[Finding]:
    """How many are paired, what is not, and what has changed; not for accounts with a finding already."""
    yield Finding("pairings", ok=True, text=f"{len(ctx.pairings)} in {ctx.config.reasons_path}")
    found = survey(ctx)
    for trouble in found.troubles:
        if trouble.what in told or getattr(trouble, "account", "") in broken:
            continue
        temporary = trouble.exit_code is ExitCode.TEMPORARY
        text = f"the list cannot be read: {trouble.what}"
        next_step = trouble.next_step or "Try again later."
        yield Finding("reasons", ok=False, text=text, next_step=next_step, temporary=temporary)
    wrong = list(problems(found, ctx.pairings))
    gone = [problem.words for problem in wrong if problem.kind != "unpaired"]
    if gone:
        text = f"{len(gone)} name a reason, source or platform that no longer exists: {', '.join(gone)}"
        next_step = "Pair them again: returnsync map-reasons. Until then these reasons are sent as text or held."
        yield Finding("pairings", ok=False, text=text, next_step=next_step)
    unpaired = [problem.words for problem in wrong if problem.kind == "unpaired"]
    if unpaired:
        text = f"{len(unpaired)} of the last 30 days are unpaired: {', '.join(unpaired)}"
        yield Finding("reasons", ok=True, warning=True, text=text, next_step="Pair them: returnsync map-reasons.")
    for pair in ctx.pairings:
        new_name = drift(pair.choice, found.offered_at(pair.place))
        if new_name:
            text = f"{pair.choice.id} was {pair.choice.warehouse_label!r} when it was paired, and is {new_name!r} now"
            next_step = "Check whether it still means the same: returnsync map-reasons --all."
            yield Finding("pairings", ok=True, warning=True, text=text, next_step=next_step)


def _clocks(ctx: Context) -> Iterator[tuple[str, Finding]]:
    """The servers' own `Date`, compared with our clock, on which marks and waits depend.

    Where our clock agrees with a warehouse's, or without one with any platform's, a clock that differs is itself wrong.
    """
    offsets = {name: abs(off.total_seconds()) for name, off in ctx.accounts.clock_offsets.items()}
    telling = [off for name, off in offsets.items() if name in ctx.warehouses] or list(offsets.values())
    ours_is_right = any(off < _CLOCK_SECONDS for off in telling)
    for name, seconds in offsets.items():
        text = f"{seconds:.0f} s away from this machine's"
        if seconds < _CLOCK_SECONDS:
            yield name, Finding("clock", ok=True, text=text)
        elif ours_is_right:
            next_step = "Nothing needs to be done here: this machine's clock agrees with another server's."
            yield name, Finding("clock", ok=True, warning=True, text=text, next_step=next_step)
        else:
            yield name, Finding("clock", ok=False, text=text, next_step="Set this machine's clock by NTP.")
