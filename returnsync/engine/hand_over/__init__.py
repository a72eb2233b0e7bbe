"""Hand over: bring a label from the folder to its consumer, by the methods that its source names.

It runs after the deliveries and apart from them, one label after the other, so that a slow mail server delays nothing
at the warehouse. `eligible` decides what is handed over by itself; everything else needs a person's request.
"""

from returnsync.engine.hand_over.all_due import hand_over_due, hand_over_each, know_methods
from returnsync.engine.hand_over.eligible import ask_for_hand_over, methods_for, newest_label
from returnsync.engine.hand_over.nobody import why_of_nobody
from returnsync.engine.hand_over.preview import preview

__all__ = [
    "ask_for_hand_over",
    "hand_over_due",
    "hand_over_each",
    "know_methods",
    "methods_for",
    "newest_label",
    "preview",
    "why_of_nobody",
]
