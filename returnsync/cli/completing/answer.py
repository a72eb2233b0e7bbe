"""Answers a shell: what may be typed at the end of its line."""

import os
import re
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import typer
from typer.main import get_command

from returnsync.cli.completing import LINE
from returnsync.cli.completing.line import Place, is_option, place_of, split
from returnsync.cli.completing.offer import Offer
from returnsync.cli.completing.setup import Setup
from returnsync.cli.completing.values import BY_WORD, FREE, Asked, Kind

_MOST = 100
_LONGEST = 70

# Only these characters reach a shell: none of them ends a word or has a special meaning there.
_PLAIN = re.compile(r"[A-Za-z0-9._/:+#=-]+")
_NOT_PRINTED = re.compile(r"[^ -~]+")


def answer(app: typer.Typer) -> None:
    """Print the answer to the line in the environment. Whatever goes wrong here is ignored."""
    with suppress(Exception):
        typer.echo("\n".join(lines(app, os.environ.get(LINE, ""))))


def lines(app: typer.Typer, line: str) -> Iterator[str]:
    """The kind of what may be typed at the end of a line, then each value with its description."""
    at = place_of(get_command(app), split(line) or [""])
    kind, offers = (Kind.VALUES, ()) if at is None else _offered(at)
    yield kind.value
    if at is not None:
        yield from _written(at, offers)


def _written(at: Place, offers: Iterable[Offer]) -> Iterator[str]:
    plain = [
        (at.before_value + offer.value, _in_short(offer.what))
        for offer in offers
        if offer.value.startswith(at.begins) and _PLAIN.fullmatch(at.before_value + offer.value)
    ]
    for value, what in dict(plain[:_MOST]).items():
        yield f"{value}\t{what}" if what else value


def _in_short(what: str) -> str:
    return textwrap.shorten(_NOT_PRINTED.sub(" ", what), _LONGEST, placeholder=" ...")


def _offered(at: Place) -> tuple[Kind, Iterable[Offer]]:
    if at.parameter is not None:
        values = Kind.VALUES if at.parameter.metavar in FREE else BY_WORD.get(at.parameter.metavar, Kind.VALUES)
        return (values, ()) if isinstance(values, Kind) else (Kind.VALUES, values(Asked(at, Setup(at.words))))
    commands = getattr(at.command, "commands", {})
    if commands and not at.begins.startswith("-"):
        shown = {name: inner for name, inner in commands.items() if not inner.hidden}
        return Kind.VALUES, (Offer(name, inner.get_short_help_str(_LONGEST)) for name, inner in shown.items())
    return Kind.VALUES, _options(at)


def _options(at: Place) -> Iterator[Offer]:
    """The options of a command, without those that are given already and cannot be repeated."""
    given = {word.partition("=")[0] for word in at.words}
    for option in filter(is_option, at.command.params):
        names = (*option.opts, *option.secondary_opts)
        is_done = not option.multiple and not given.isdisjoint(names)
        if not option.hidden and not is_done:
            yield from (Offer(name, _first_sentence(option)) for name in names if name.startswith("--"))
    yield Offer("--help", "Show the help of the command.")


def _first_sentence(option: Any) -> str:
    return str(option.help or "").partition(". ")[0]
