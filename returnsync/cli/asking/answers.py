"""The single answers of `init`: what each question says, which answers it takes, and what is written of them."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from returnsync import clock
from returnsync.cli.asking.asker import Asker, Check, listed
from returnsync.cli.session import say
from returnsync.config.checks import NAME
from returnsync.model import Channel

NAME_OF_SOURCE = "A name for this account, which is to last; the announcements at the warehouse begin with it"
RETENTION = "Days to keep names, addresses and comments of consumers once a return is done; empty keeps them"
START = "Announce returns that were made on or after this day"
PREFIX = "What only the platform writes before an order number, such as # where #1001 is 1001; - for nothing"
HAND_OVER = {
    "folder": "returnsync leaves them in a folder",
    "email": "returnsync mails them, through your mail server",
    "command": "returnsync starts a program of yours for each",
}

_MOST_DAYS = 36_500
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CODE = re.compile(r"[\w-]{1,40}", re.ASCII)


def check_name(taken: Collection[str]) -> Check:
    """Whether a name can be that of a source, beside the accounts that are there."""

    def check(name: str) -> str:
        if not NAME.fullmatch(name):
            return "must be 1 to 40 letters, digits, - or _"
        return "is the name of another account" if name in taken else ""

    return check


def today() -> str:
    """The day that it is in UTC."""
    return clock.now().astimezone(UTC).date().isoformat()


def start_of(text: str) -> date | datetime:
    """The day that an accepted answer names, or the moment in UTC."""
    if _DAY.fullmatch(text):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def check_start(text: str) -> str:
    """Whether a text is a day or a moment."""
    try:
        start_of(text)
    except (ValueError, OverflowError):
        return "is no date; write such as 2026-11-01"
    return ""


def check_retention(text: str) -> str:
    """Whether a text is a number of days that can be kept, or nothing."""
    is_number = text.isascii() and text.isdecimal() and len(text) < len("100000") and 1 <= int(text) <= _MOST_DAYS
    return "" if not text or is_number else f"must be a whole number from 1 to {_MOST_DAYS:,}, or nothing"


def check_prefix(text: str) -> str:
    """Whether there is a text; `-` says that there is no prefix."""
    return "" if text else "is empty; write - for no prefix"


def check_program(text: str) -> str:
    """Whether a text is the whole path of a program."""
    return "" if text.startswith("/") else "is no whole path; under cron, PATH names few folders"


def default_prefix(rules: Sequence[Mapping[str, str]]) -> str:
    """The prefix that a platform's own rules strip; empty where they strip none."""
    return next((rule["strip_prefix"] for rule in rules if "strip_prefix" in rule), "")


def rules_for(prefix: str, default: str) -> dict[str, Any]:
    """The `order_number` rules for a prefix; none are written where the platform's own rules do the same."""
    prefix = "" if prefix == "-" else prefix
    if prefix == default:
        return {}
    return {"order_number": [{"strip_prefix": prefix}] if prefix else []}


def ask_carrier(asker: Asker, channels: Sequence[Channel]) -> str:
    """The carrier for labels: one of those that the account shows, where it shows any. None is taken for granted."""
    codes = dict.fromkeys(code for channel in channels for code in channel.carriers if _CODE.fullmatch(code))
    question = "Which carrier makes the labels? By the warehouse's code"
    if codes and not asker.has("--carrier"):
        return asker.choice("--carrier", question, listed(list(codes)), None)
    carrier = asker.text("--carrier", question, None, lambda text: "" if text.strip() else "is empty")
    if codes and carrier not in codes:
        say(f"warn {carrier} is not among the carriers that the account shows: {', '.join(codes)}.")
    return carrier


def ask_channel(asker: Asker, channels: Sequence[Channel]) -> str:
    """The sales channel, where the account has several: an order number may be in two of them. Empty for any."""
    if len(channels) <= 1 and not asker.has("--channel"):
        return ""
    names = [repr(name) for channel in channels for name in channel.names[:1]]
    shown = f" ({', '.join(names)})" if names else ""
    question = f"Sales channel of the orders, by its name in the warehouse's portal{shown}; empty for all of them"
    channel = asker.text("--channel", question, "")
    if len(channels) > 1 and not channel:
        say(f"warn this account has {len(channels)} sales channels: an order number may fit two orders.")
    return channel
