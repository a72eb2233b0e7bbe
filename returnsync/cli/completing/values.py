"""Values: the name of an option's or argument's value (such as `SOURCE`) decides how it is completed."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from returnsync.cli import causes
from returnsync.cli.completing import SHELLS
from returnsync.cli.completing.line import Place
from returnsync.cli.completing.offer import Offer, Which
from returnsync.cli.completing.setup import Setup
from returnsync.mail.templates import LANGUAGES
from returnsync.model import Cause


class Kind(StrEnum):
    """Whether returnsync gives the values, or the shell completes files or folders itself."""

    VALUES = "values"
    FILES = "files"
    FOLDERS = "folders"


class Asked(NamedTuple):
    """Where the value is typed, and the configuration that the line names."""

    at: Place
    setup: Setup


Values = Callable[[Asked], Iterable[Offer]]

_WHICH: Mapping[tuple[str, ...], Which] = {
    ("held", "retry"): Which.HELD,
    ("held", "release"): Which.HELD,
    ("held", "take-back"): Which.RELEASED,
}
"""For which orders a command can do anything; a command that is not listed takes any."""


def _sources(asked: Asked) -> Iterable[Offer]:
    return map(Offer, asked.setup.sources)


def _accounts(asked: Asked) -> Iterable[Offer]:
    return map(Offer, (*asked.setup.sources, *asked.setup.warehouses))


def _carriers(asked: Asked) -> Iterable[Offer]:
    return map(Offer, asked.setup.carriers())


def _causes(asked: Asked) -> Iterable[Offer]:
    """The causes that can occur: `held` and its commands list what waits only with `--waiting`."""
    group = asked.at.path[0]
    if asked.at.path == ("held", "resolve"):
        known = {cause: causes.HELD[cause] for cause in (Cause.LABEL_IN_DOUBT, Cause.IDENTITY_UNCLEAR)}
    elif group == "held" and "--waiting" not in asked.at.words:
        known = dict(causes.HELD)
    else:
        known = {**causes.HELD, **causes.WAITS}
    return (Offer(cause.value, explained.short) for cause, explained in known.items())


def _states(_: Asked) -> Iterable[Offer]:
    from returnsync.state.overview import Stands

    return (Offer(state.value) for state in Stands)


def _orders(asked: Asked) -> Iterable[Offer]:
    from returnsync.cli.completing import names

    which = _WHICH.get(asked.at.path, Which.ANY)
    return names.orders(asked.setup.state, which, asked.at.begins) if asked.setup.state else ()


def _keys(asked: Asked) -> Iterable[Offer]:
    from returnsync.cli.completing import names

    return names.keys(asked.setup.state, Cause.IDENTITY_UNCLEAR) if asked.setup.state else ()


def _platforms(_: Asked) -> Iterable[Offer]:
    from returnsync.platforms.registry import PLATFORMS

    return map(Offer, PLATFORMS.built_in)


def _moments(_: Asked) -> Iterable[Offer]:
    return (Offer("today"), Offer("yesterday"), *_ages(_))


def _ages(_: Asked) -> Iterable[Offer]:
    return (Offer("7d", "7 days"), Offer("30d", "30 days"))


def _shells(_: Asked) -> Iterable[Offer]:
    return map(Offer, SHELLS)


def _languages(_: Asked) -> Iterable[Offer]:
    return map(Offer, LANGUAGES)


def _places(_: Asked) -> Iterable[Offer]:
    from returnsync.cli.asking.secret_places import PLACES

    return (Offer(place, about) for place, about in PLACES.items())


def _methods(_: Asked) -> Iterable[Offer]:
    from returnsync.cli.asking.answers import HAND_OVER

    return (Offer(method, about) for method, about in HAND_OVER.items())


BY_WORD: Mapping[str, Values | Kind] = {
    "ACCOUNT": _accounts,
    "AGE": _ages,
    "CARRIER": _carriers,
    "CAUSE": _causes,
    "FILE": Kind.FILES,
    "FOLDER": Kind.FOLDERS,
    "KEY": _keys,
    "LANGUAGE": _languages,
    "METHOD": _methods,
    "ORDER": _orders,
    "PLACE": _places,
    "PLATFORM": _platforms,
    "SHELL": _shells,
    "SOURCE": _sources,
    "STATE": _states,
    "TO": Kind.FILES,
    "WHEN": _moments,
}
"""How a value is completed, by its name (its `metavar`)."""

FREE = frozenset(
    {
        *("CHANNEL", "COMMAND", "DATE", "DAYS", "KEY=VALUE", "KIND", "NAME", "NUMBER", "PORT", "PREFIX", "RETURN"),
        *("ROUTE:CALL:KIND", "SCORE", "SECONDS", "WORDS"),
    }
)
"""The names of values that cannot be completed."""
