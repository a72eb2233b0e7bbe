"""Plain returns at every platform, each with its order at Monta, to try a configuration of one's own."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from returnsync.sandbox.records import monta_order

if TYPE_CHECKING:
    from collections.abc import Collection

    from returnsync.sandbox.server import Sandbox

MOST = 99_999
"""The most returns for each platform, since order numbers end in five digits."""

_ARTICLES = ("SHIRT-BL-M", "SHIRT-WH-L", "JEANS-32-34", "DRESS-GR-38", "SKIRT-BK-36", "SNEAK-WH-41")
# Loop makes its own label up to an hour after the return, so a return of the last hour would wait for it
# (docs/platforms/loop.md).
_LATEST = timedelta(hours=2)
_SPREAD = timedelta(hours=18)


def give_back_plain(sandbox: Sandbox, count: int, seed: int = 1, only: Collection[str] = ()) -> None:
    """Put `count` approved returns of one article each into every platform, or `only` some, with their orders at Monta.

    The orders of the first platform are 100001, 100002 and so on, those of the second 200001 and so on. The seed
    decides which articles come back, and when within the last 20 hours.

    Raises:
        ValueError: there are more than `MOST` for each platform.
    """
    if count > MOST:
        raise ValueError(f"at most {MOST:,} returns for each platform")
    chance = random.Random(seed)  # no secret
    now = datetime.now(UTC)
    for place, platform in enumerate(sandbox.platforms, 1):
        if only and platform.name not in only:
            continue
        for index in range(1, count + 1):
            number, sku = f"{place}{index:05d}", chance.choice(_ARTICLES)
            created = now - _LATEST - _SPREAD * chance.random()
            shipped = created - timedelta(days=chance.randint(2, 12))
            sandbox.monta.add(monta_order(number, sku, shipped=shipped))
            platform.give_back(number, sku=sku, created=created)
