"""The events that are logged: one line for each effect, each request and each retry, with fixed field names.

docs/how-to/log.md explains each field. A field may contain no text from a server and no consumer data. An error of ours
is logged with its own text, which contains neither; any other error is logged only with its type.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from returnsync.errors import AccountError, NotSent, Refused, ReturnsyncError, Unclear

FIELDS = (
    "at", "level", "event", "logger", "message", "run", "source", "return", "code", "account",
    "action", "order", "outcome", "method", "route", "status", "seconds", "attempt", "pause", "reason",
    "error", "traceback",
)  # fmt: skip
"""Every field that a line may have, in the order of the line; no line has others."""

_http = logging.getLogger("returnsync.http")
_effects = logging.getLogger("returnsync.effects")

# The outcome of the effect whose call raised the error; after any other error, the call may have been made.
_OUTCOMES: tuple[tuple[type[Exception], str], ...] = (
    (Refused, "refused"),
    (NotSent, "not_made"),
    (AccountError, "not_made"),
    (Unclear, "unclear"),
)


@dataclass
class Requested:
    """The result of one request; `status` is filled in when there is a response."""

    status: int | None = None


@contextmanager
def request(account: str, method: str, route: str, *, attempt: int | None = None) -> Iterator[Requested]:
    """Log the request that is made inside, also one that fails; `route` is its path, without the query."""
    made = Requested()
    reason = None
    started = time.perf_counter()
    try:
        yield made
    except Exception as error:
        reason = _reason(error)
        raise
    finally:
        seconds = round(time.perf_counter() - started, 3)
        _http.debug(
            "%s: %s %s %s in %.3f s%s",
            account,
            method,
            route,
            made.status or "no answer",
            seconds,
            f" ({reason})" if reason else "",
            extra={
                "event": "request",
                "account": account,
                "method": method,
                "route": route,
                "status": made.status,
                "seconds": seconds,
                "attempt": attempt,
                "reason": reason,
            },
        )


def retry(account: str, attempt: int, pause: float, failure: Exception) -> None:
    """Log a retry: attempt number `attempt`, after `pause` seconds, because of `failure`."""
    reason = _reason(failure)
    _http.info(
        "%s: attempt %d in %.1f s: %s",
        account,
        attempt,
        pause,
        reason,
        extra={"event": "retry", "account": account, "attempt": attempt, "pause": round(pause, 3), "reason": reason},
    )


@contextmanager
def effect(action: str, account: str, order: str, code: str) -> Iterator[None]:
    """Log the effect whose call is made inside, with the outcome of the call itself."""
    outcome, reason = "unclear", None
    started = time.perf_counter()
    try:
        yield
    except Exception as error:
        outcome = next((outcome for kind, outcome in _OUTCOMES if isinstance(error, kind)), "unclear")
        reason = _reason(error)
        raise
    else:
        outcome = "made"
    finally:
        seconds = round(time.perf_counter() - started, 3)
        _effect("effect", action, account, order, code, outcome, seconds=seconds, reason=reason)


def resolved(action: str, account: str, order: str, code: str, outcome: str) -> None:
    """Log what a later look shows about an effect whose call was unclear."""
    _effect("resolved", action, account, order, code, outcome)


def _effect(  # noqa: PLR0913 - each is a field of the line
    event: str,
    action: str,
    account: str,
    order: str,
    code: str,
    outcome: str,
    *,
    seconds: float | None = None,
    reason: str | None = None,
) -> None:
    _effects.info(
        "%s for order %s at %s: %s%s%s",
        action,
        order,
        account,
        outcome.replace("_", " "),
        "" if seconds is None else f" in {seconds:.3f} s",
        f" ({reason})" if reason else "",
        extra={
            "event": event,
            "action": action,
            "account": account,
            "order": order,
            "code": code,
            "outcome": outcome,
            "seconds": seconds,
            "reason": reason,
        },
    )


def _reason(error: Exception) -> str:
    # `http.retry.Again` only says that a failure may be tried again.
    failure = getattr(error, "failure", error)
    return failure.what if isinstance(failure, ReturnsyncError) else type(failure).__name__
