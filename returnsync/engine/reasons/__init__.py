"""Reasons: how a platform's return reasons are sent to a warehouse, and what a person pairs.

A reason goes by the pair that a person or likeness made, as an id that the warehouse offers, else in words. An id that
is not offered is never sent. The survey shows every reason with its pair; the desk pairs by likeness and by sheet.
"""

from returnsync.engine.reasons.desk import Auto, as_json, by_likeness, edits_of, problem_as_json, sheet, shown
from returnsync.engine.reasons.sending import PairedReason, count_unpaired, let_paired_go_on, pair_for, pair_with
from returnsync.engine.reasons.survey import Item, Problem, Survey, problems, survey

__all__ = [
    "Auto",
    "Item",
    "PairedReason",
    "Problem",
    "Survey",
    "as_json",
    "by_likeness",
    "count_unpaired",
    "edits_of",
    "let_paired_go_on",
    "pair_for",
    "pair_with",
    "problem_as_json",
    "problems",
    "sheet",
    "shown",
    "survey",
]
