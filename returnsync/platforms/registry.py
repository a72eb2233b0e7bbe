"""The available platforms: ours, and those that other packages register."""

from typing import TYPE_CHECKING

from returnsync.plugins import Registry

if TYPE_CHECKING:
    from returnsync.platforms.interface import Platform


def _base() -> "type[Platform]":
    from returnsync.platforms.interface import Platform

    return Platform


PLATFORMS: "Registry[Platform]" = Registry(
    "platform",
    "returnsync.platforms",
    {
        "returnista": "returnsync.platforms.returnista:Returnista",
        "sendcloud": "returnsync.platforms.sendcloud:Sendcloud",
        "channable": "returnsync.platforms.channable:Channable",
        "returnly": "returnsync.platforms.returnly:Returnly",
        "returnless": "returnsync.platforms.returnless:Returnless",
        "loop": "returnsync.platforms.loop:Loop",
    },
    _base,
)
