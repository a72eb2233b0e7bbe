"""Plan: from the state only, decide what each return calls for, and what is to be done now.

A new or changed return is evaluated by a pure policy, and its announcements are saved. Then a plan of all that is due
is made, which the guard may refuse. Nothing here makes a request, and making a plan writes nothing.
"""

from returnsync.engine.plan.changes import (
    RELEASED_WITH_ITS_RECORD,
    assign_warehouses,
    read_moved_again,
    save_changes,
    save_changes_of,
    standing,
)
from returnsync.engine.plan.codes import code_for, may_be_of
from returnsync.engine.plan.guard import Measure, measure, refusal
from returnsync.engine.plan.kept_numbers import under_kept_numbers, with_each_order_once
from returnsync.engine.plan.plan import (
    Plan,
    Planned,
    is_to_be_read_first,
    lacks_parts,
    make_plan,
    returns_lacking_parts,
)
from returnsync.engine.plan.policy import evaluate, is_taken_back, vanish, why_taken_back
from returnsync.engine.plan.rehearsal import keep_back, let_go, let_wait

__all__ = [
    "RELEASED_WITH_ITS_RECORD",
    "Measure",
    "Plan",
    "Planned",
    "assign_warehouses",
    "code_for",
    "evaluate",
    "is_taken_back",
    "is_to_be_read_first",
    "keep_back",
    "lacks_parts",
    "let_go",
    "let_wait",
    "make_plan",
    "may_be_of",
    "measure",
    "read_moved_again",
    "refusal",
    "returns_lacking_parts",
    "save_changes",
    "save_changes_of",
    "standing",
    "under_kept_numbers",
    "vanish",
    "why_taken_back",
    "with_each_order_once",
]
