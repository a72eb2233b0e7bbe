"""Replay: one order again, by any of its names: fetched again, planned and delivered. Pauses are ignored.

Nothing that was done is done twice, and one more label is made only if a person explicitly asks for it.
"""

from returnsync.engine.replay.again import Replayed, replay
from returnsync.engine.replay.send_label import Sent, ToSend, labels_to_send, send_labels

__all__ = ["Replayed", "Sent", "ToSend", "labels_to_send", "replay", "send_labels"]
