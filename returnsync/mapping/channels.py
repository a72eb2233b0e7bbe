"""The sales channels of a warehouse account in words, and which of them a name means. Pure."""

import re
from collections.abc import Iterator, Sequence

from returnsync.model import Channel

# Codes in an account's list are shown only where they look like codes; a name is cut.
_CODE = re.compile(r"[\w-]{1,40}", re.ASCII)
_NAME = 40


def called(channels: Sequence[Channel], name: str) -> Channel | None:
    """The one channel with this name; a single channel matches any name. `None` where it is unclear which is meant."""
    found = channels if len(channels) == 1 else [channel for channel in channels if name and name in channel.names]
    return found[0] if len(found) == 1 else None


def titles(channels: Sequence[Channel]) -> Iterator[tuple[str, Channel]]:
    """Each channel with a title: it is not known which of its texts is its name, so the first is used."""
    for place, channel in enumerate(channels, start=1):
        yield repr(channel.names[0][:_NAME]) if channel.names else f"channel {place}", channel


def carriers_of(channel: Channel) -> str:
    """The codes of the carriers that are enabled on a channel, in words."""
    codes = dict.fromkeys(code for code in channel.carriers if _CODE.fullmatch(code))
    return ", ".join(codes) or "none"
