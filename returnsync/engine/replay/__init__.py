"""Replay: one order again, by whatever a person calls it. Fetched anew, planned, delivered; pauses are ignored.

Nothing that was done is done twice, and one more label is made by a person's explicit word alone.
"""

from returnsync.engine.replay.again import Replayed, replay

__all__ = ["Replayed", "replay"]
