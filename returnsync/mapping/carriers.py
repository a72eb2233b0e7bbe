"""Which carrier's label the warehouse is asked for. Pure."""

from collections.abc import Mapping


def choose(wish: str, carriers: Mapping[str, str], default: str) -> str:
    """The warehouse's carrier for what the platform calls `wish`, else the account's default."""
    return carriers.get(wish, default)
