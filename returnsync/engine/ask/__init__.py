"""Ask: what a person asks, and what a person does to what is held. Nothing here changes anything at a server.

`held`, `show` and `status` read the state alone; `show --raw` and `check` ask besides, with reads; `retry`, `release`,
`take-back`, `resolve` and `accept-account` change the state, `resolve` after reads at the warehouse.
"""

from returnsync.engine.ask.accounts import ChangedAccount, accept_account, changed_account
from returnsync.engine.ask.channels import warn_of_several
from returnsync.engine.ask.check import check
from returnsync.engine.ask.choosing import Chosen, Wanted, cause_called, choose
from returnsync.engine.ask.entries import Entry
from returnsync.engine.ask.export import columns, exported, rows
from returnsync.engine.ask.figures import figures_of, requests_in_a_day
from returnsync.engine.ask.held import release, retry
from returnsync.engine.ask.held_list import Asked, list_held, look_at_held
from returnsync.engine.ask.identity import say_which_return
from returnsync.engine.ask.kept_data import kept_in_words
from returnsync.engine.ask.label_list import (
    LABEL_COLUMNS,
    WhichLabels,
    by_carrier_and_month,
    copy_labels,
    list_labels,
    verify_labels,
)
from returnsync.engine.ask.overview import COLUMNS, PRIVATE, Which, count_returns, list_returns
from returnsync.engine.ask.raw import WithRecords, stories_with_records
from returnsync.engine.ask.released import list_released, refuse_without_source, take_back
from returnsync.engine.ask.resolve import InDoubt, look_at_doubts, none_was_made
from returnsync.engine.ask.show import stories, stories_of
from returnsync.engine.ask.status import outages_of, status_of
from returnsync.engine.ask.timeline import in_words
from returnsync.state.overview import Span, Stands

__all__ = [
    "COLUMNS",
    "LABEL_COLUMNS",
    "PRIVATE",
    "Asked",
    "ChangedAccount",
    "Chosen",
    "Entry",
    "InDoubt",
    "Span",
    "Stands",
    "Wanted",
    "Which",
    "WhichLabels",
    "WithRecords",
    "accept_account",
    "by_carrier_and_month",
    "cause_called",
    "changed_account",
    "check",
    "choose",
    "columns",
    "copy_labels",
    "count_returns",
    "exported",
    "figures_of",
    "in_words",
    "kept_in_words",
    "list_held",
    "list_labels",
    "list_released",
    "list_returns",
    "look_at_doubts",
    "look_at_held",
    "none_was_made",
    "outages_of",
    "refuse_without_source",
    "release",
    "requests_in_a_day",
    "retry",
    "rows",
    "say_which_return",
    "status_of",
    "stories",
    "stories_of",
    "stories_with_records",
    "take_back",
    "verify_labels",
    "warn_of_several",
]
