"""Every cause for which a return waits, is held or is left alone, explained for people.

`docs/causes.md` is made of this, with a heading for each cause; `held` names the heading with what it lists.
"""

from collections.abc import Mapping
from typing import NamedTuple

from returnsync.cli.causes.explanation import Explanation
from returnsync.cli.causes.forecasts import FORECASTS
from returnsync.cli.causes.hand_over import HAND_OVER, HAND_OVER_WAITS
from returnsync.cli.causes.labels import LABELS
from returnsync.cli.causes.left_alone import LEFT_ALONE
from returnsync.cli.causes.lines import LINES
from returnsync.cli.causes.orders import ORDERS
from returnsync.cli.causes.platforms import PLATFORMS
from returnsync.cli.causes.waits import WAITS as WAITS_BEFORE
from returnsync.model import Cause

__all__ = ["CAUSES", "HELD", "LEFT_ALONE", "PAGE", "SECTIONS", "WAITS", "Explanation", "Section", "heading_of"]

PAGE = "docs/causes.md"


WAITS: Mapping[Cause, Explanation] = {**WAITS_BEFORE, **HAND_OVER_WAITS}


class Section(NamedTuple):
    """A part of the page, with its introduction and its causes."""

    title: str
    causes: Mapping[Cause, Explanation]
    intro: str = ""


SECTIONS = (
    Section("Held: the order", ORDERS),
    Section("Held: what comes back", LINES),
    Section("Held: the announcement", FORECASTS),
    Section("Held: the label", LABELS),
    Section("Held: bringing the label to the consumer", HAND_OVER),
    Section("Held: the platform", PLATFORMS),
    Section(
        "What waits",
        WAITS,
        "These go on by themselves. `held` lists them only with `--waiting`. `show` says why one waits and until "
        "when. The pauses grow from five minutes to a day; after a call that failed, from one minute to an hour.",
    ),
    Section(
        "What is left alone",
        LEFT_ALONE,
        "returnsync does nothing for these: they were not announced and are not to be. Each can be seen with `show`.",
    ),
)

HELD: Mapping[Cause, Explanation] = {**ORDERS, **LINES, **FORECASTS, **LABELS, **HAND_OVER, **PLATFORMS}

CAUSES: Mapping[Cause, Explanation] = {**HELD, **WAITS, **LEFT_ALONE}


def heading_of(cause: str) -> str:
    """Where a cause is explained: the page and the heading; empty for a word that is no cause."""
    return f"{PAGE}#{cause}" if cause in set(Cause) else ""
