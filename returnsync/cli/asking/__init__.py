"""What `init` asks, on a terminal or by its options, and the configuration that is written from the answers."""

from returnsync.cli.asking.asker import Asker, OnTerminal, Unattended, wrong_answer
from returnsync.cli.asking.interview import Answered, interview
from returnsync.cli.asking.schedule import schedule
from returnsync.cli.asking.trying import Tried

__all__ = ["Answered", "Asker", "OnTerminal", "Tried", "Unattended", "interview", "schedule", "wrong_answer"]
