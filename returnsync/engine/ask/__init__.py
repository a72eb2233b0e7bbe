"""Ask: what a person asks of the accounts, and what a person does about what is held. It makes no effect at a server.

`check` and `show --raw` make reads. `retry`, `release`, `take-back`, `resolve` and `accept-account` change the state,
`resolve` after reads at the warehouse. Commands that need only the state are in `tell`.
"""

from returnsync.engine.ask.accounts import ChangedAccount, accept_account, changed_account
from returnsync.engine.ask.check import check
from returnsync.engine.ask.figures import figures_of, requests_in_a_day
from returnsync.engine.ask.held import release, retry
from returnsync.engine.ask.hours import Hours, Took
from returnsync.engine.ask.identity import say_which_return
from returnsync.engine.ask.raw import WithRecords, stories_with_records
from returnsync.engine.ask.released import list_released, refuse_without_source, take_back
from returnsync.engine.ask.report import AGES, Covered, HeldFor, ReasonCount, Report, Requests, report
from returnsync.engine.ask.report_json import report_as_json
from returnsync.engine.ask.resolve import InDoubt, look_at_doubts, none_was_made
from returnsync.engine.ask.trial import try_mail, try_platform, try_warehouse

__all__ = [
    "AGES",
    "ChangedAccount",
    "Covered",
    "HeldFor",
    "Hours",
    "InDoubt",
    "ReasonCount",
    "Report",
    "Requests",
    "Took",
    "WithRecords",
    "accept_account",
    "changed_account",
    "check",
    "figures_of",
    "list_released",
    "look_at_doubts",
    "none_was_made",
    "refuse_without_source",
    "release",
    "report",
    "report_as_json",
    "requests_in_a_day",
    "retry",
    "say_which_return",
    "stories_with_records",
    "take_back",
    "try_mail",
    "try_platform",
    "try_warehouse",
]
