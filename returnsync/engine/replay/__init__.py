"""Replay: one order again, by whatever a person calls it. Fetched anew, planned, delivered; pauses are ignored.

Nothing that was done is done twice, and one more label is made by a person's explicit word alone.
"""

from returnsync.engine.replay.again import Replayed, replay
from returnsync.engine.replay.send_label import Sent, ToSend, labels_to_send, send_labels

__all__ = ["Replayed", "Sent", "ToSend", "labels_to_send", "replay", "send_labels"]
