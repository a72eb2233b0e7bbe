"""`returnsync labels send`: send the label of an order to its consumer, because a person asks for it."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from returnsync import clock
from returnsync.cli.confirm import go_on_or_leave
from returnsync.cli.session import acting, answering, print_troubles, reading
from returnsync.redact import masked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from returnsync.engine.context import Context
    from returnsync.engine.replay import ToSend
    from returnsync.model import Announcement

_IN_WORDS = {
    "email": "by mail",
    "test": "by mail to `test_to` only",
    "command": "by the program of its source",
}


def send_label(order: str, config: Path | None, *, dry_run: bool, yes: bool, as_json: bool, verbose: bool) -> None:
    """Send it, and leave with the exit code of the result."""
    from returnsync.engine.replay import labels_to_send, send_labels

    with answering(verbose=verbose, as_json=as_json) as answer:
        confirmed: Sequence[ToSend] | None = None
        if not yes and not dry_run:
            # Without the lock, so that no run has to wait for the answer.
            with reading(config, verbose=verbose) as session:
                confirmed = labels_to_send(session, order)
                _ask(session, confirmed)
        with acting(config, dry_run=dry_run, verbose=verbose) as session:
            sent = send_labels(session, order, confirmed)
            print_troubles(sent.summary)
            if as_json:
                answer.give(masked(sent.summary.as_json()))
            else:
                for item, went in sent.found:
                    decided = [one for one in session.tally.decisions if one["code"] == item.code]
                    typer.echo(f"{item.code}: {_would(decided) if dry_run else _became(item, went)}")
            raise typer.Exit(int(sent.summary.exit_code))


def _ask(session: "Context", chosen: "Sequence[ToSend]") -> None:
    """Sending cannot be undone: without a terminal to ask on, --yes is required."""
    from returnsync.cli.report import local

    mail = session.config.settings.mail
    orders = ", ".join(dict.fromkeys(one.item.order_number for one in chosen))
    methods = list(dict.fromkeys(method for one in chosen for method in one.methods))
    ways = " and ".join(_IN_WORDS[method] for method in methods)
    sent = [one.sent_at for one in chosen if one.sent_at is not None]
    what = f"This sends the label of order {orders} to its consumer, {ways}"
    if "email" in methods and mail is not None and mail.test_to:
        goes = "was mailed" if all(one.is_tested for one in chosen) else "goes"
        what += f". The mail {goes} to `test_to` of [mail]; once `test_to` is removed, a run mails it to the consumer"
    if sent:
        what += f". It was sent before, at {local(clock.stamp(max(sent)))}"
    go_on_or_leave(what, "Go on?", "nothing was sent", "To send it without a question, add --yes")


def _would(decided: "Sequence[Mapping[str, str]]") -> str:
    ways = " and ".join(_IN_WORDS[one["method"]] for one in decided if one["would"] == "hand-over")
    others = " ".join(one.get("what", "") for one in decided if one["would"] != "hand-over")
    return " ".join(filter(None, (f"would be sent {ways}." if ways else "would not be sent.", others)))


def _became(item: "Announcement", went: "Sequence[str]") -> str:
    ways = " and ".join(_IN_WORDS[method] for method in went)
    if item.progress == "settled":
        return f"sent {ways}." if ways else "not sent."
    # This text is returnsync's own. What a server or a program said is shown by `show`, masked.
    stands = ": ".join(filter(None, (item.progress.value.capitalize(), item.what)))
    return f"Sent {ways}. {stands}" if ways else stands
