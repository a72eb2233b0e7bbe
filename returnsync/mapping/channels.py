"""The sales channels of a warehouse account in words, and which of them is meant. Pure."""

import re
from collections.abc import Iterator, Sequence

from returnsync.model import Channel

# What an account's list says is shown only where it looks like a code; a name is cut.
_CODE = re.compile(r"[\w-]{1,40}", re.ASCII)
_NAME = 40


def called(channels: Sequence[Channel], name: str) -> Channel | None:
    """The one channel that goes by a name; the only one there is goes by any. `None` where it cannot be told."""
    found = channels if len(channels) == 1 else [channel for channel in channels if name and name in channel.names]
    return found[0] if len(found) == 1 else None


def titles(channels: Sequence[Channel]) -> Iterator[tuple[str, Channel]]:
    """Each channel with what to call it: which of its texts is its name is not known, so it is the first."""
    for place, channel in enumerate(channels, start=1):
        yield repr(channel.names[0][:_NAME]) if channel.names else f"channel {place}", channel


def carriers_of(channel: Channel) -> str:
    """The codes of the carriers that are enabled on a channel, in words."""
    codes = dict.fromkeys(code for code in channel.carriers if _CODE.fullmatch(code))
    return ", ".join(codes) or "none"
