"""Ask: what a person asks, and what a person does to what is held. Nothing here changes anything at a server.

`held`, `show` and `status` read the state alone; `check` tries configuration and accounts with reads; `retry`,
`release`, `resolve` and `accept-account` change the state, `resolve` after reads at the warehouse.
"""

from returnsync.engine.ask.accounts import ChangedAccount, accept_account, changed_account
from returnsync.engine.ask.channels import warn_of_several
from returnsync.engine.ask.check import check
from returnsync.engine.ask.figures import figures_of
from returnsync.engine.ask.held import choose_held, list_held, release, retry
from returnsync.engine.ask.identity import say_which_return
from returnsync.engine.ask.resolve import InDoubt, look_at_doubts, none_was_made
from returnsync.engine.ask.show import stories
from returnsync.engine.ask.status import status_of

__all__ = [
    "ChangedAccount",
    "InDoubt",
    "accept_account",
    "changed_account",
    "check",
    "choose_held",
    "figures_of",
    "list_held",
    "look_at_doubts",
    "none_was_made",
    "release",
    "retry",
    "say_which_return",
    "status_of",
    "stories",
    "warn_of_several",
]
