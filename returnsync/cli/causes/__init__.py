"""Every cause for which a return waits, is held or is left alone, explained to whoever reads it.

`docs/causes.md` is made of this, a heading for each; `held` names the heading beside what it lists.
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
    """A part of the page, and what stands above its causes."""

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
        "These heal by themselves, and `held` does not list them. `show` tells why one waits and until when. The "
        "pauses grow from five minutes to a day; after a call that failed, from one minute to an hour.",
    ),
    Section(
        "What is left alone",
        LEFT_ALONE,
        "These are none of returnsync's business: nothing was announced of them, and nothing will be. Each can be seen "
        "with `show`.",
    ),
)

HELD: Mapping[Cause, Explanation] = {**ORDERS, **LINES, **FORECASTS, **LABELS, **HAND_OVER, **PLATFORMS}

CAUSES: Mapping[Cause, Explanation] = {**HELD, **WAITS, **LEFT_ALONE}


def heading_of(cause: str) -> str:
    """Where a cause is explained: the page and its heading there; empty for a word that is none."""
    return f"{PAGE}#{cause}" if cause in set(Cause) else ""
