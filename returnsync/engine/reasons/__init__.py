"""Reasons: how a platform's return reasons are sent to a warehouse, and what a person pairs.

A reason is sent by the pair that a person or likeness made, as an id that the warehouse offers, or else as words. An id
that is not offered is never sent. The survey shows every reason with its pair. Pairs are made by likeness, or with a
sheet.
"""

from returnsync.engine.reasons.as_json import problem_as_json, survey_as_json
from returnsync.engine.reasons.by_likeness import PairedByLikeness, pair_by_likeness
from returnsync.engine.reasons.seen import SourceReason, chosen_for, reasons_of
from returnsync.engine.reasons.sending import PairedReason, count_unpaired, let_paired_go_on, pair_for, pair_with
from returnsync.engine.reasons.sheet import as_sheet, edits_from_sheet, suggestion_in_words
from returnsync.engine.reasons.survey import PairingProblem, Survey, problems, survey

__all__ = [
    "PairedByLikeness",
    "PairedReason",
    "PairingProblem",
    "SourceReason",
    "Survey",
    "as_sheet",
    "chosen_for",
    "count_unpaired",
    "edits_from_sheet",
    "let_paired_go_on",
    "pair_by_likeness",
    "pair_for",
    "pair_with",
    "problem_as_json",
    "problems",
    "reasons_of",
    "suggestion_in_words",
    "survey",
    "survey_as_json",
]
