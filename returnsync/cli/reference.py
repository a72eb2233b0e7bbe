"""Renders docs/reference.md from the command line itself: commands, exit codes, causes, the keys of `run --json`.

python -m returnsync.cli.reference            writes the page
python -m returnsync.cli.reference --check    exits 1 when it is stale

The options are read from the functions rather than from Typer's help: that text depends on the terminal's width and on
Typer's version.
"""

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo

from returnsync.cli.app import app
from returnsync.engine.summary import SourceTally, Summary, Tally
from returnsync.errors import ExitCode, ReturnsyncError
from returnsync.model import Cause, Progress

PAGE = "docs/reference.md"

EXIT_CODES: Mapping[ExitCode, str] = {
    ExitCode.DONE: "Done, and nothing needs a person.",
    ExitCode.NEEDS_PERSON: "Done, and something needs a person: returns are held, or the guard refused a source.",
    ExitCode.USAGE: "The command was called wrongly, or it names something that is not there.",
    ExitCode.FAULT: "A fault of returnsync's own. Run again with `--verbose` and report it.",
    ExitCode.TEMPORARY: "Temporary: an account could not be used, or another run holds the lock. The next run goes on.",
    ExitCode.CONFIG: "Configuration, credentials or the state file: somebody must mend them.",
    ExitCode.SIGINT: "Stopped by Ctrl-C, after the create or label in hand was finished; a read was ended.",
    ExitCode.SIGTERM: "Stopped by `SIGTERM`, after the create or label in hand was finished; a read was ended.",
}

WAITS: Mapping[Cause, str] = {
    Cause.NOT_APPROVED: "The platform has not approved the return yet.",
    Cause.ORDER_UNKNOWN: "The warehouse does not know the order (yet).",
    Cause.ORDER_NOT_SHIPPED: "The warehouse has not shipped the order yet.",
    Cause.CALL_FAILED: "A call failed and surely changed nothing; it is made again later.",
    Cause.IN_FLIGHT: "A call may or may not have taken effect; the warehouse is asked until that is certain.",
}

HELD: Mapping[Cause, str] = {
    Cause.STATUS_UNKNOWN: "The platform gives a status that is not known here.",
    Cause.UNREADABLE: "A record of the platform cannot be understood; it is kept raw and tried again ever less often.",
    Cause.ORDER_NUMBER_UNUSABLE: "After the rules, the order number is none that the warehouse can be asked for.",
    Cause.ORDER_NUMBER_UNKNOWN: "A table or a lookup of `order_number` does not know the order number.",
    Cause.LOOKUP_REFUSED: "The warehouse refused to show the order, its forecasts, or our forecast.",
    Cause.ORDER_AMBIGUOUS: "The order number does not lead to exactly the order that was asked for.",
    Cause.ORDER_DELETED: "The order is deleted at the warehouse.",
    Cause.CHANNEL_DIFFERS: "The order belongs to another sales channel than the configured one.",
    Cause.LINE_UNMATCHED: "A returned line is on no line of the order, or on one without an order-line id.",
    Cause.LINE_AMBIGUOUS: "A returned line fits several lines of the order, or several articles.",
    Cause.TOO_MANY_UNITS: "More units come back than were ordered and are not announced yet.",
    Cause.COVERED_ELSEWHERE: "Somebody else's forecast covers the same goods already.",
    Cause.REASON_UNPAIRED: "The return reason has no pairing, and `unmapped_reason` is `hold`.",
    Cause.CARRIER_UNFIT: "The parcel is heavier or larger than the chosen carrier takes.",
    Cause.FORECAST_DIFFERS: "The forecast under our code is gone, or holds something else than the return.",
    Cause.FORECAST_DOUBLED: "The forecast under our code stands at the warehouse more than once.",
    Cause.ECHO_DIFFERS: "The warehouse made the forecast, but not as it was sent.",
    Cause.FORECAST_REFUSED: "The warehouse refused the forecast.",
    Cause.FORECAST_IN_DOUBT: "It is not certain whether the forecast was made; the warehouse did not say for a day.",
    Cause.LABEL_REFUSED: "The warehouse refused to make the label.",
    Cause.LABEL_IN_DOUBT: "It is not certain whether the label was made.",
    Cause.LABEL_UNUSABLE: "A label was probably made, but what came cannot be used or could not be saved.",
    Cause.CHANGED_AFTER: "Lines or units changed at the platform after the announcement.",
    Cause.CANCELLED_AFTER: "The return was rejected or cancelled, or lost an order, after the announcement.",
    Cause.APPROVED_AGAIN: "The return was announced, withdrawn at the warehouse, and approved again.",
    Cause.UPDATE_REFUSED: "The warehouse refused a change of the forecast.",
    Cause.VANISHED: "The platform no longer has the return. One that was announced may have been cancelled.",
}

LEFT_ALONE: Mapping[Cause, str] = {
    Cause.BEFORE_START: "The return was created before `start_from`.",
    Cause.NOT_COMING: "Nothing of the return comes to the warehouse, such as one handed in at a store.",
    Cause.ALREADY_DELIVERED: "The parcel was delivered before the return was announced.",
    Cause.ALREADY_COMPLETED: "The return was complete before it was announced.",
}

STANDINGS: Mapping[Progress, str] = {
    Progress.DUE: "Something is to be done in the next run.",
    Progress.WAITING: "It heals by itself and is tried again.",
    Progress.HELD: "A person must look.",
    Progress.SETTLED: "Announced, and labelled where a label is wanted. Nothing to do.",
    Progress.LEFT_ALONE: "Never announced, and not to be.",
    Progress.WITHDRAWN: "Rejected or cancelled, and no forecast of it stands.",
    Progress.RELEASED: "A person took it out of returnsync's hands.",
}

RUN_KEYS: Mapping[str, str] = {
    "run": "The id of the run; log lines and the history of each return carry it too. Empty where none began.",
    "started": "When it began, in UTC.",
    "finished": "When it ended, in UTC.",
    "exit_code": "The exit code of the command.",
    "sources": "By the name of each source, an object with the keys of the second table.",
    "announced": "Forecasts made at the warehouse in this run.",
    "adopted": "Forecasts of ours that were found at the warehouse although this state did not know of them.",
    "labelled": "Labels made in this run.",
    "labels_found": "Announcements whose label was found as a file that an earlier run, or a person, had put there.",
    "updated": "Forecasts changed in this run (only with `send_updates`).",
    "withdrawn": "Announcements that were rejected or cancelled, and of which no forecast stands.",
    "left_alone": "Announcements that were found to be none of our business.",
    "waiting": "All that wait now, not only those of this run; `null` when the run was broken off.",
    "held": "All that are held now, unreadable records included; `null` when the run was broken off.",
    "requests": "HTTP requests made, by account name.",
    "unpaired_reasons": "Only when there are any: return reasons that were announced as words alone in this run, for "
    "want of a pair, each with its `source`, `channel`, `key`, `words` and number of `lines`.",
    "error": "Only when the exit code is neither 0 nor 1: why, an object as above.",
    "refused": "Only when the guard refused: one text a source.",
    "warnings": "Only when there are any: what works and may still be wrong, one text each.",
    "dry_run": "Only in a dry run: `true`.",
    "decisions": "Only in a dry run: what it would have done, one object an announcement.",
}

ERROR_KEYS: Mapping[str, str] = {
    "what": "What happened, in a sentence.",
    "next_step": "What to do about it; empty where there is nothing to do.",
    "problems": "Further things that are wrong, one text each: in the configuration, or at other accounts.",
}

SOURCE_KEYS: Mapping[str, str] = {
    "listed": "Records that were read.",
    "new": "Returns that were not known before.",
    "changed": "Returns whose content changed.",
    "set_aside": "Records that could not be read.",
    "error": "Why the source could not be read whole, or `null`.",
}

_HEAD = """\
# Reference

<!-- Generated by `python -m returnsync.cli.reference`; change the code instead. -->

Every command, exit code and cause. The keys of the configuration have [a page of their own](configuration.md).
Results go to stdout, everything else to stderr. What the locale's encoding lacks is printed as `?`. Whatever becomes of
the output (closed, its reader gone, its disk full), the work is done and the exit code is the one that it earned; that
results were lost on a full disk is told on stderr. Files for `map-reasons --import` and configurations are printed as
UTF-8 under every locale."""

_VALUES = {Path: "PATH", str: "TEXT", int: "NUMBER", float: "NUMBER"}


def page() -> str:
    """The whole page as Markdown."""
    return "\n\n".join([_HEAD, *_commands(), *_exit_codes(), *_standings(), *_causes(), *_run_json()]) + "\n"


# -- commands ----------------------------------------------------------------------------------------------------------


def commands() -> dict[str, Callable[..., Any]]:
    """Every command by its whole name, as `held retry`; those that work on what is held follow the main job's."""
    plain = {_name(info.name, info.callback): info.callback for info in app.registered_commands if info.callback}
    found: dict[str, Callable[..., Any]] = {}
    for name, callback in plain.items():
        found[name] = callback
        if name == "replay":
            found |= _groups()
    return found


def _groups() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for group in app.registered_groups:
        inner = group.typer_instance
        if inner is None or group.name is None:
            continue
        if inner.registered_callback and inner.registered_callback.callback:
            found[group.name] = inner.registered_callback.callback
        for info in inner.registered_commands:
            if info.callback:
                found[f"{group.name} {_name(info.name, info.callback)}"] = info.callback
    return found


def _name(given: str | None, callback: Callable[..., Any] | None) -> str:
    return given or (callback.__name__.replace("_", "-") if callback else "")


def _commands() -> Iterator[str]:
    yield "## Commands\n\nEvery command also takes `-h` and `--help`; `returnsync --version` prints the version."
    for name, callback in commands().items():
        arguments, options = _parameters(callback)
        usage = " ".join(["returnsync", name, *(argument for argument, _, _ in arguments)])
        yield f"### {name}\n\n```text\n{usage}{' [OPTIONS]' if options else ''}\n```\n\n{_text_of(callback)}"
        rows = [*arguments, *options]
        if rows:
            yield _table(("argument or option", "meaning", "default"), rows)


def _text_of(callback: Callable[..., Any]) -> str:
    return " ".join((inspect.getdoc(callback) or "").split())


def options(callback: Callable[..., Any]) -> set[str]:
    """Every spelling of every option of a command."""
    spelled = " ".join(names for names, _, _ in _parameters(callback)[1])
    return set(re.findall(r"`(--?[a-z][a-z-]*)`", spelled))


_Row = tuple[str, str, str]


def _parameters(callback: Callable[..., Any]) -> tuple[list[_Row], list[_Row]]:
    """The arguments and the options, each with its meaning and default, as they are declared."""
    arguments: list[_Row] = []
    options: list[_Row] = []
    hints = get_type_hints(callback, include_extras=True)
    for name, parameter in inspect.signature(callback).parameters.items():
        base, *notes = get_args(hints[name]) or (hints[name],)
        info = next((note for note in notes if isinstance(note, OptionInfo | ArgumentInfo)), None)
        if info is None:
            continue  # Typer's own context
        meaning = info.help or ""
        if info.envvar:
            meaning += f" Else `${info.envvar}`."
        if isinstance(info, OptionInfo):
            options.append((_spelled(name, base, info), meaning, _default(parameter.default, info)))
        else:
            many, required = list in _types(base), parameter.default is inspect.Parameter.empty
            spelled = f"{name.upper()}{'…' if many else ''}"
            arguments.append((spelled if required else f"[{spelled}]", meaning, "**required**" if required else "none"))
    return arguments, options


def _spelled(name: str, base: object, info: OptionInfo) -> str:
    long = f"--{name.replace('_', '-')}"
    # Inside `Annotated` the first name given stands where a default would.
    given = [text for text in (info.default, *(info.param_decls or ())) if isinstance(text, str)]
    names = given or ([long, f"--no-{long[2:]}"] if base is bool else [long])
    value = next((word for kind, word in _VALUES.items() if kind in _types(base)), "")
    names.sort(key=lambda text: text.startswith("--"))
    return " ".join(filter(None, (", ".join(f"`{text}`" for text in names), value and f"`{value}`")))


def _types(base: object) -> set[object]:
    """Every type that stands in an annotation, whatever it is wrapped in."""
    inner = get_args(base)
    outer = {base} if not inner else {getattr(base, "__origin__", base)}
    return outer.union(*map(_types, inner))


def _default(value: object, info: OptionInfo) -> str:
    hidden = value in (None, False) or info.show_default is False
    return "none" if hidden else f"`{value}`"


# -- exit codes, standings, causes, JSON -------------------------------------------------------------------------------


def _exit_codes() -> Iterator[str]:
    yield (
        "## Exit codes\n\n"
        "When several fit, the first of these is taken: a signal (130, 143), 70, 78, 75, 1.\n`held` ends with 1 when "
        "anything is held, `check` with 78 when any of its lines is not ok,\n`check --order` with 1 when a source has "
        "no order under the number that can be announced on."
    )
    yield _table(("code", "meaning"), ((str(int(code)), EXIT_CODES[code]) for code in ExitCode))


def _standings() -> Iterator[str]:
    yield (
        "## Where an announcement stands\n\n"
        "`status` counts by these words, `show` gives one with its cause. An *announcement* is one return for one "
        "order."
    )
    yield _table(("standing", "meaning"), ((f"`{item.value}`", STANDINGS[item]) for item in Progress))


def causes() -> dict[Cause, str]:
    """Every cause with one line on what it means."""
    return {**WAITS, **HELD, **LEFT_ALONE}


def _causes() -> Iterator[str]:
    missing = set(Cause) - set(causes())
    if missing:
        raise LookupError(f"causes without a meaning in {__name__}: {', '.join(sorted(missing))}")
    yield (
        "## Causes\n\n"
        "The words are fixed: `held` groups by them, `--cause` takes them, scripts may rely on them. "
        "[What is held](how-to/held.md) says what to do about each."
    )
    for title, meanings in (("waits", WAITS), ("is held", HELD), ("is left alone", LEFT_ALONE)):
        yield f"### Why it {title}"
        rows = ((f"`{cause.value}`", meanings[cause]) for cause in Cause if cause in meanings)
        yield _table(("cause", "meaning"), rows)


def _run_json() -> Iterator[str]:
    _compare(RUN_KEYS, _a_summary().as_json())
    _compare(SOURCE_KEYS, SourceTally().as_json())
    _compare(ERROR_KEYS, ReturnsyncError("").as_json())
    yield (
        "## JSON\n\n"
        "With `--json` a command prints one object or one list on one line of stdout, at its end; everything else goes "
        "to stderr. It is ASCII under every locale: other characters are escaped, as `\\u20ac`. "
        "A command that fails prints one object all the same, also in place of a list: it has `exit_code` and `error`. "
        "So it is with a configuration that cannot be used, a state file that is locked or damaged, and credentials "
        "that are refused. Only `check` lists what is wrong as it lists what is right, and a command line that makes "
        "no sense is answered on stderr alone."
    )
    yield _table(("key of `error`", "meaning"), ((f"`{key}`", text) for key, text in ERROR_KEYS.items()))
    yield (
        "## `run --json`\n\n"
        "One object on one line. `replay --json` prints the same with `returns` beside it: the story of each return, "
        "as `show --json` tells it. Both have all these keys also when they fail."
    )
    yield _table(("key", "meaning"), ((f"`{key}`", text) for key, text in RUN_KEYS.items()))
    yield "Each source:"
    yield _table(("key", "meaning"), ((f"`{key}`", text) for key, text in SOURCE_KEYS.items()))


def _a_summary() -> Summary:
    """A summary that has every key that one can have."""
    tally, moment = Tally(), datetime(2026, 1, 1, tzinfo=UTC)
    tally.refused.append("")
    tally.warnings.append("")
    tally.unpaired("", "", "", "", 1)
    return Summary("", moment, moment, ExitCode.TEMPORARY, tally, waiting=0, held=0, requests={}, dry_run=True)


def _compare(described: Mapping[str, str], there: Mapping[str, object]) -> None:
    differing = described.keys() ^ there.keys()
    if differing:
        raise LookupError(f"keys of `run --json` that are only there or only described: {', '.join(sorted(differing))}")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def main(arguments: list[str], root: Path) -> int:
    """Write the page under `root`, or with `--check` only say whether it is stale; the exit code."""
    path = root / PAGE
    text = page()
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return 0
    if "--check" in arguments:
        typer.echo(f"{PAGE} is stale; run: python -m returnsync.cli.reference", err=True)
        return 1
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parents[2]))
