"""A label given to a program of the user's, which brings it to the consumer or passes it to another system.

    the program ends with      then
    0                          it is handed over
    75                         it is started again later
    another code               held, with the last line that it wrote to stderr
    a signal                   what it did is not known: held
    not within its time        it is killed; the same, and no other is started in this command
    with a killed run          what it did is not known: held

The label's file is its argument, and it reads one JSON object from its standard input. Its environment has none of our
secrets.
"""

import json
import os
import shutil
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from returnsync import clock, programs
from returnsync.engine.deliver import Delivery
from returnsync.engine.hand_over import attempts
from returnsync.engine.hand_over.eligible import TheLabel
from returnsync.engine.hand_over.making import checked_file, country_of, items_of
from returnsync.errors import AccountRefused, AccountUnavailable, ExitCode, HoldError, WaitError
from returnsync.model import Cause
from returnsync.redact import as_kept
from returnsync.state.hand_overs import Attempt, Ended, Method

VERSION = 1
"""The version of the JSON object. It is raised when a key is removed or changes its meaning."""

_MOST_DOUBTS = 1
_ENVIRONMENT = "env:"


def give_to_program(delivery: Delivery, label: TheLabel) -> None:
    """Start the program of its source; returns once it has ended well. A dry run notes that it would be started.

    Raises:
        WaitError: it cannot be started, or asks to be started again later.
        HoldError: it ended in another way, or its end is not known.
        Stopped: we were asked to stop.
    """
    if attempts.in_doubt(label, Method.COMMAND):
        raise _in_doubt()
    checked_file(delivery, label)
    settings, programs_out = delivery.source.settings, delivery.ctx.programs_out
    if delivery.source.id not in programs_out and shutil.which(settings.hand_over_command[0]) is None:
        programs_out[delivery.source.id] = _not_started(delivery, "it does not exist, or this user may not run it")
    if (trouble := programs_out.get(delivery.source.id)) is not None:
        raise attempts.out_of_use(delivery, trouble)
    if delivery.ctx.dry_run:
        delivery.note_in_dry_run("hand-over", method=Method.COMMAND.value)
        return
    attempt = attempts.claim(delivery, label, Method.COMMAND, _MOST_DOUBTS)
    program = [*settings.hand_over_command, str(delivery.ctx.labels.path / label.file)]
    content = json.dumps(_told(delivery, label, attempt.number), ensure_ascii=False).encode()
    try:
        ended = programs.run(
            program,
            content,
            settings.hand_over_timeout,
            environment=_without_secrets(delivery),
            keeps_last_line=True,
        )
    except (OSError, ValueError) as error:
        attempts.end(delivery, attempt, Ended.NOT_DONE)
        programs_out[delivery.source.id] = _not_started(
            delivery, getattr(error, "strerror", "") or type(error).__name__
        )
        raise attempts.out_of_use(delivery, programs_out[delivery.source.id]) from error
    _act_on(delivery, attempt, ended)


def _act_on(delivery: Delivery, attempt: Attempt, ended: programs.Ended) -> None:
    """Save the result that the program's exit code stands for. Raises as `give_to_program`."""
    match ended.code:
        case ExitCode.DONE:
            attempts.end(delivery, attempt, Ended.DONE)
        case ExitCode.TEMPORARY:
            attempts.end(delivery, attempt, Ended.NOT_DONE)
            what = "The program that hands labels over wants to be started again later (75)."
            raise WaitError(Cause.HAND_OVER_FAILED, what, foreign=as_kept(ended.last_line), give_up=False)
        case None:
            attempts.end(delivery, attempt, Ended.DOUBT)
            # The next one may hang as well, with its result unknown, too: the others wait.
            delivery.ctx.programs_out[delivery.source.id] = _hangs(delivery)
            raise _in_doubt()
        case code if code < 0:
            attempts.end(delivery, attempt, Ended.DOUBT)
            raise _in_doubt(f" It was ended by signal {-code}.")
        case code:
            attempts.end(delivery, attempt, Ended.NOT_DONE)
            raise HoldError(
                Cause.HAND_OVER_REFUSED,
                f"The program that hands labels over ended with {code}.",
                "Look at what it said, and start it by hand. Then: returnsync replay <CODE>. If the consumer has the "
                "label: returnsync held release <CODE>.",
                foreign=as_kept(ended.last_line),
            )


def _told(delivery: Delivery, label: TheLabel, number: int) -> dict[str, Any]:
    """The JSON object for the program; docs/how-to/hand-over.md describes it."""
    ret, announcement = delivery.ret, delivery.announcement
    consumer = ret.consumer
    return {
        "version": VERSION,
        "attempt": number,
        "code": announcement.code,
        "source": delivery.source.name,
        "order_number": announcement.order_number,
        "return_id": ret.id,
        "return_number": ret.number,
        "label": str(delivery.ctx.labels.path / label.file),
        "label_sha256": label.sha256,
        "asked_for_at": "" if label.asked_for_at is None else clock.stamp(label.asked_for_at),
        "carrier": label.carrier,
        "tracking_link": label.tracking_link,
        "items": [item._asdict() for item in items_of(delivery)],
        "consumer": {
            "email": consumer.email if consumer else "",
            "first_name": consumer.first_name if consumer else "",
            "last_name": consumer.last_name if consumer else "",
            "locale": consumer.locale if consumer else "",
            "country": country_of(delivery),
        },
    }


def _without_secrets(delivery: Delivery) -> dict[str, str]:
    """Our environment without the variables from which the configuration takes secrets."""
    ours = set(_variables(delivery.ctx.config.settings))
    return {name: value for name, value in os.environ.items() if name not in ours}


def _variables(part: object) -> Iterator[str]:
    """The names of the environment variables that settings refer to."""
    if isinstance(part, str) and part.startswith(_ENVIRONMENT):
        yield part.removeprefix(_ENVIRONMENT).strip()
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from _variables(getattr(part, name))
    elif isinstance(part, dict):
        for value in part.values():
            yield from _variables(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _variables(value)


def _hangs(delivery: Delivery) -> AccountUnavailable:
    return AccountUnavailable(
        delivery.source.name,
        f"{delivery.source.name}: the program that hands labels over did not end within "
        f"{delivery.source.settings.hand_over_timeout:g} s.",
        "The next run starts it for the others. Start it by hand, or give it a longer `hand_over_timeout`.",
    )


def _not_started(delivery: Delivery, why: str) -> AccountRefused:
    return AccountRefused(
        delivery.source.name,
        f"{delivery.source.name}: the program that hands labels over cannot be started ({why}).",
        "Correct `hand_over_command` of the source: it needs the full path of a file that this user may run. What "
        "waits then goes on by itself.",
    )


def _in_doubt(how: str = "") -> HoldError:
    return HoldError(
        Cause.HAND_OVER_IN_DOUBT,
        f"The program that hands labels over did not finish, and what it did is not known.{how}",
        "Find out whether the consumer has the label. If not: returnsync labels send <CODE>. If so: returnsync held "
        "release <CODE>.",
    )
