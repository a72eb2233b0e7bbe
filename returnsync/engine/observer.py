"""Progress of a run, reported to whoever watches; the engine never knows whether a terminal exists."""

from typing import Protocol


class Observer(Protocol):
    """Receives the progress of a run. Calls come from several threads."""

    def phase(self, name: str) -> None:
        """A phase begins: recovering, pulling, planning, delivering."""

    def listed(self, source: str, number: int) -> None:
        """A page of a source was read and saved: this many records."""

    def to_deliver(self, number: int) -> None:
        """This many announcements are to be worked on."""

    def delivered(self) -> None:
        """One of them is done, with any result."""

    def end(self) -> None:
        """The run ended; its summary is printed next."""


class Silence:
    """Ignores everything: for cron, pipes and tests."""

    def phase(self, name: str) -> None:
        """Do nothing."""

    def listed(self, source: str, number: int) -> None:
        """Do nothing."""

    def to_deliver(self, number: int) -> None:
        """Do nothing."""

    def delivered(self) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""
