"""Loop as its dossier has it (loop.md); where that leaves a question open, the answer that hurts most."""

from __future__ import annotations

import copy
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from returnsync.sandbox.wire import Operation, Record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from returnsync.sandbox.counts import Counts


@dataclass
class LoopAccount:
    """What an account at Loop holds, and what opens it."""

    records: list[Record] = field(default_factory=list)


class Loop:
    """The stand-in. Its data may be changed from any thread by its methods, or by hand under `lock`."""

    name = "loop"
    title = "Loop"
    source = "shop-us"
    prefix = "/loop"
    base = "/loop/api/v1"

    def __init__(self, account: LoopAccount, counts: Counts) -> None:
        """Hold a copy of the account."""
        self.lock = threading.RLock()
        self.account = copy.deepcopy(account)
        self._counts = counts

    def settings(self) -> Record:
        """Give what the configuration needs to know of the account."""
        return {}

    def secrets(self) -> dict[str, str]:
        """Give the account's secrets, by the setting that refers to each."""
        return {}

    def addresses(self, url: str) -> dict[str, str]:
        """Give the settings that are addresses, for a sandbox at `url`."""
        return {"base_url": url + self.base}

    def give_back(
        self,
        *orders: str,
        sku: str = "SHIRT-BL-M",
        word: str = "",
        created: datetime | None = None,
        updated: datetime | None = None,
    ) -> str:
        """Put a plain return in; see `wire.ReturnPlatform`."""
        raise NotImplementedError

    def touch(self, identity: str, *, at: datetime | None = None, word: str = "") -> None:
        """Move a return's time of change; see `wire.ReturnPlatform`."""
        raise NotImplementedError

    def operations(self) -> Sequence[Operation]:
        """Name the operations."""
        return ()
