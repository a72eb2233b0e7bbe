"""What the state has announced at one warehouse, for comparing it with what that lists."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from returnsync.engine.context import Context
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
    sources: Sequence[SourceId]
    """The chosen sources that send to it."""
    announced: Sequence[Announcement]
    """What these announced since the moment from which all is compared, the earliest first."""
    sent: Mapping[Code, Sent]
    """The order of every forecast of ours that stands there, whichever source and time it is of."""
    codes_of: Mapping[WarehouseOrderNumber, Sequence[Code]]
    """The same by order."""
    unread: Collection[tuple[SourceId, ReturnId]]
    """Returns that the next run reads by itself."""

    @property
    def account(self) -> WarehouseAccount:
        """The warehouse, opened. Raises as `Accounts.warehouse`."""
        return self.ctx.accounts.warehouse(self.name)


def known_at(
    ctx: Context, name: WarehouseName, since: datetime, unread: Collection[tuple[SourceId, ReturnId]]
) -> Known:
    """Read what is known of a warehouse."""
    sources = [source.id for source in ctx.chosen if name in source.settings.warehouses()]
    with ctx.db.reading() as q:
        announced = [item for item in reconciling.announced_since(q, name, since) if item.source in sources]
        sent = reconciling.sent_to(q, name)
    codes_of: defaultdict[WarehouseOrderNumber, list[Code]] = defaultdict(list)
    for code, one in sent.items():
        if one.order_number:
            codes_of[one.order_number].append(code)
    return Known(ctx, name, sources, announced, sent, codes_of, unread)
