"""Guard: refuse what looks like an accident, such as a changed filter or a source that starts anew. Pure."""

from returnsync.engine.sources import Source
from returnsync.state.sources import KnownSource


def refusal(source: Source, known: KnownSource | None, new: int) -> str | None:
    """Why a source may not deliver `new` announcements in one run, or `None` when it may.

    A source that delivered before is measured against its own largest run; a first run against a plain number. With
    `guard_first` = 500, `guard_new` = 100 and `guard_factor` = 10:

    largest earlier run    none    8     30
    may deliver            500     100   300
    """
    settings = source.settings
    if known is None or known.runs == 0:
        # it never delivered: there is nothing to measure by
        if new > settings.guard_first:
            return f"{new} new announcements in a first run are more than guard_first = {settings.guard_first}"
        return None
    if new > settings.guard_new and new > settings.guard_factor * known.largest:
        return (
            f"{new} new announcements are more than guard_new = {settings.guard_new} and more than "
            f"{settings.guard_factor} times the largest earlier run ({known.largest})"
        )
    return None
