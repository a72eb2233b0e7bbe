"""One source while it is pulled."""

from dataclasses import dataclass

from returnsync.engine.context import Context
from returnsync.engine.pull.budget import Budget
from returnsync.engine.sources import Source
from returnsync.engine.summary import SourceTally
from returnsync.platforms.interface import Platform


@dataclass(frozen=True)
class Pulling:
    """What reading one source in one run works with."""

    ctx: Context
    source: Source
    platform: Platform
    """The source's platform, opened."""
    tally: SourceTally
    budget: Budget
