"""Deliver: take each announcement through its steps at the warehouse: announce, compare, update, label.

Each step looks, decides (a pure function), and makes an effect behind an intent that is committed before the call. So
nothing is done twice, whenever the process dies. Effects that an earlier run left in flight are resolved first. Each
thread has its own handle on the state.
"""

from returnsync.engine.deliver.adopting import adopt_standing
from returnsync.engine.deliver.attempting import attempt, load
from returnsync.engine.deliver.carrier import rules_of
from returnsync.engine.deliver.delivery import Delivery, Stopped
from returnsync.engine.deliver.evidence import CLOCKS_DIFFER
from returnsync.engine.deliver.label_word import let_decided_go_on, read_undecided_again
from returnsync.engine.deliver.labelling import get_label
from returnsync.engine.deliver.recovery import recover
from returnsync.engine.deliver.resolving_label import look_for_label
from returnsync.engine.deliver.steps import stop_unless_read, stop_unless_wanted
from returnsync.engine.deliver.workers import deliver

__all__ = [
    "CLOCKS_DIFFER",
    "Delivery",
    "Stopped",
    "adopt_standing",
    "attempt",
    "deliver",
    "get_label",
    "let_decided_go_on",
    "load",
    "look_for_label",
    "read_undecided_again",
    "recover",
    "rules_of",
    "stop_unless_read",
    "stop_unless_wanted",
]
