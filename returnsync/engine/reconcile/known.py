"""What the state has announced at one warehouse, for comparing it with the warehouse's lists."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from returnsync.engine.context import Context
from returnsync.errors import CallError, HoldError, ReturnsyncError
from returnsync.model import Announcement, Code, ReturnId, SourceId, WarehouseName, WarehouseOrderNumber
from returnsync.state import reconciling
from returnsync.state.reconciling import Sent
from returnsync.warehouses.interface import WarehouseAccount


@dataclass(frozen=True)
class Known:
    """One warehouse as the state knows it."""

    ctx: Context
    """With a copy of the state, in which every source was listed again."""
    name: WarehouseName
    sources: Collection[SourceId]
    """The chosen sources; nothing of other sources is compared."""
    since: datetime
    """The moment since when everything is compared."""
    announced: Sequence[Announcement]
    """What the chosen sources have announced there since then, the earliest first."""
    sent: Mapping[Code, Sent]
    """The order of every forecast of ours there, of any source and time."""
    codes_of: Mapping[WarehouseOrderNumber, Sequence[Code]]
    """The codes of these forecasts, by order."""
    unread: Collection[tuple[SourceId, ReturnId]]
    """Returns that the next run reads by itself."""
    failed: dict[str, list[ReturnsyncError]] = field(default_factory=dict)
    """The errors of requests that failed, by what they were about."""

    @property
    def account(self) -> WarehouseAccount:
        """The warehouse, opened. Raises as `Accounts.warehouse`."""
        return self.ctx.accounts.warehouse(self.name)

    @contextmanager
    def noting_failures(self, what: str) -> Iterator[None]:
        """Note a request that failed for one return or order, so that the others are still compared.

        Raises:
            AccountError: no more requests can be made.
        """
        try:
            yield
        except (CallError, HoldError) as error:
            self.failed.setdefault(what, []).append(error)


def known_at(
    ctx: Context, name: WarehouseName, since: datetime, unread: Collection[tuple[SourceId, ReturnId]]
) -> Known:
    """Read what is known of a warehouse."""
    sources = frozenset(source.id for source in ctx.chosen)
    with ctx.db.reading() as q:
        announced = [item for item in reconciling.announced_since(q, name, since) if item.source in sources]
        sent = reconciling.sent_to(q, name)
    codes_of: defaultdict[WarehouseOrderNumber, list[Code]] = defaultdict(list)
    for code, one in sent.items():
        if one.order_number:
            codes_of[one.order_number].append(code)
    return Known(ctx, name, sources, since, announced, sent, codes_of, unread)
