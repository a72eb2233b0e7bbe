"""How far a run has come, told to whoever watches; the engine never knows whether a terminal exists."""

from typing import Protocol


class Observer(Protocol):
    """Hears of a run as it goes. Calls come from several threads."""

    def phase(self, name: str) -> None:
        """A phase begins: recovering, pulling, planning, delivering."""

    def listed(self, source: str, number: int) -> None:
        """A page of a source was read and saved: so many records."""

    def to_deliver(self, number: int) -> None:
        """So many announcements are to be worked on."""

    def delivered(self) -> None:
        """One of them is done, whatever came of it."""

    def end(self) -> None:
        """The run came to its end; what it did is told next."""


class Silence:
    """Hears everything and says nothing: cron, pipes, tests."""

    def phase(self, name: str) -> None:
        """Say nothing."""

    def listed(self, source: str, number: int) -> None:
        """Say nothing."""

    def to_deliver(self, number: int) -> None:
        """Say nothing."""

    def delivered(self) -> None:
        """Say nothing."""

    def end(self) -> None:
        """Say nothing."""
