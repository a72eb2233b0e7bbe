"""Tell: answers from the state only, for `returns`, `show`, `held`, `labels`, `status`, `export`, and finding by name.

Nothing here makes a request, and nothing changes the state. These commands should answer fast, so nothing is imported
here that only asking or delivering needs.
"""

from returnsync.engine.tell.choosing import Chosen, Wanted, cause_called, choose, named_exactly
from returnsync.engine.tell.entries import Entry, entry_of, entry_of_record, source_names, with_returns
from returnsync.engine.tell.export import columns, exported, rows
from returnsync.engine.tell.held_list import Asked, list_held, look_at_held
from returnsync.engine.tell.kept_data import check_kept_data, kept_in_words
from returnsync.engine.tell.label_list import (
    LABEL_COLUMNS,
    WhichLabels,
    by_carrier_and_month,
    carrier_in,
    copy_labels,
    list_labels,
    verify_labels,
)
from returnsync.engine.tell.overview import COLUMNS, PRIVATE, Which, count_returns, list_returns, sources_called
from returnsync.engine.tell.show import stories, stories_by_return, stories_of
from returnsync.engine.tell.status import outages_of, status_of
from returnsync.engine.tell.timeline import in_words
from returnsync.state.overview import Span, Stands

__all__ = [
    "COLUMNS",
    "LABEL_COLUMNS",
    "PRIVATE",
    "Asked",
    "Chosen",
    "Entry",
    "Span",
    "Stands",
    "Wanted",
    "Which",
    "WhichLabels",
    "by_carrier_and_month",
    "carrier_in",
    "cause_called",
    "check_kept_data",
    "choose",
    "columns",
    "copy_labels",
    "count_returns",
    "entry_of",
    "entry_of_record",
    "exported",
    "in_words",
    "kept_in_words",
    "list_held",
    "list_labels",
    "list_returns",
    "look_at_held",
    "named_exactly",
    "outages_of",
    "rows",
    "source_names",
    "sources_called",
    "status_of",
    "stories",
    "stories_by_return",
    "stories_of",
    "verify_labels",
    "with_returns",
]
