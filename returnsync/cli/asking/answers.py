"""The single answers of `init`: what each question says, which answers it takes, and what is written of them."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from returnsync import clock
from returnsync.cli.asking.asker import Asker, Check, listed
from returnsync.config.checks import NAME
from returnsync.mapping.channels import titles
from returnsync.model import Channel

RETENTION = "Days for which names, addresses and texts are kept once a return is done; empty keeps them"
START = "Announce returns that were made on or after this day"
PREFIX = "What stands before the platform's order numbers, and not before the warehouse's; - for nothing"
HAND_OVER = {
    "folder": "returnsync leaves them in a folder",
    "email": "returnsync mails them, through your mail server",
    "command": "returnsync starts a program of yours for each",
}
SECURITY = {"starttls": "port 587", "tls": "port 465", "plain": "only for a server on this machine"}

_MOST_DAYS = 36_500
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


def date_of(text: str) -> date:
    """The day, or the moment, that an accepted answer names."""
    moment = datetime.fromisoformat(text)
    return moment.date() if len(text) <= len("2026-11-01") else moment


def check_start(text: str) -> str:
    """Whether a text is a day or a moment."""
    try:
        date_of(text)
    except ValueError:
        return "is no date; write such as 2026-11-01"
    return ""


def check_retention(text: str) -> str:
    """Whether a text is a number of days that can be kept, or nothing."""
    is_number = text.isdecimal() and 1 <= int(text) <= _MOST_DAYS
    return "" if not text or is_number else f"must be a whole number from 1 to {_MOST_DAYS:,}, or nothing"


def check_prefix(text: str) -> str:
    """Whether there is a text; `-` says that there is no prefix."""
    return "" if text else "is empty; write - for no prefix"


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
    question = "Which carrier makes the labels, where nothing else is mapped?"
    if codes and not asker.has("--carrier"):
        return asker.choice("--carrier", question, listed(list(codes)), None)
    return asker.text("--carrier", question, None)


def ask_channel(asker: Asker, channels: Sequence[Channel]) -> str:
    """The sales channel, where the account has several: an order number may be in two of them. Empty for any."""
    if len(channels) <= 1 and not asker.has("--channel"):
        return ""
    names = ", ".join(title for title, _ in titles(channels))
    return asker.text("--channel", f"Sales channel of the orders ({names}); empty for all of them", "")
