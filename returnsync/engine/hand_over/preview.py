"""The mails of an order as they would be sent, for viewing: nothing is sent, and nothing is saved."""

from collections.abc import Iterator
from shlex import quote

from returnsync.engine.context import Context
from returnsync.engine.deliver import load
from returnsync.engine.hand_over.eligible import newest_label
from returnsync.engine.hand_over.making import in_words, what_to_mail
from returnsync.engine.tell import named, named_exactly
from returnsync.errors import ConfigError, HoldError, NotThereError
from returnsync.mail.message import compose
from returnsync.mail.templates import TemplateFaultError
from returnsync.model import Code
from returnsync.state import announcements

# The mail is shown even where the consumer's address is not known.
_NOBODY = "nobody@example.invalid"


def preview(ctx: Context, wanted: str, language: str) -> Iterator[tuple[str, bytes]]:
    """The files of each mail, by name: the mail as it would be sent, and its two texts; in `language` if that is set.

    Raises:
        NotThereError: nothing has that name, or it has no label that could be mailed.
        ConfigError: there is no mail account, or a template fails.
    """
    if ctx.config.settings.mail is None:
        raise ConfigError(
            "There is no mail account, so there is no mail to show.",
            'Write a table [mail], with host = "…" and from = "…" in it.',
        )
    for code in _codes(ctx, wanted):
        yield from _of(ctx, code, language)


def _codes(ctx: Context, wanted: str) -> list[Code]:
    with ctx.db.reading() as q:
        found = set(named.find(ctx, q, wanted))
        if not found:
            raise NotThereError(
                f"Nothing is known by the name {wanted!r}.", "To list what is known: returnsync returns"
            )
        exact = named_exactly(ctx, q, found, wanted)
        items = [item for key in sorted(found) for item in announcements.of_return(q, *key)]
    codes = [item.code for item in items if item.labelled_at is not None and (not exact or item.code in exact)]
    if not codes:
        raise NotThereError(f"{wanted!r} has no label yet.", f"See why: returnsync show {quote(wanted)}")
    return codes


def _of(ctx: Context, code: Code, language: str) -> Iterator[tuple[str, bytes]]:
    delivery = load(ctx, ctx.db, code)
    with ctx.db.reading() as q:
        label = None if delivery is None else newest_label(q, delivery.announcement)
    if delivery is None or label is None:
        raise NotThereError(f"{code} has no label.", f"See why: returnsync show {quote(code)}")
    try:
        mail = what_to_mail(delivery, label)
        mail = mail._replace(language=language or mail.language)
        texts = in_words(delivery, mail)
        message = compose(mail, texts, ctx.mail.settings, to=mail.to or _NOBODY)
    except HoldError as error:
        raise NotThereError(f"{error.what} There is no mail to show.", f"See: returnsync show {quote(code)}") from error
    except TemplateFaultError as error:
        raise ConfigError(str(error), "Correct the template, and try again.") from error
    except ValueError as error:
        raise NotThereError(
            "Its mail cannot be made: the consumer's address, or a text in its headers, is not valid.",
            f"Look at the return in the platform's portal: returnsync show {quote(code)}",
        ) from error
    yield f"{code}.eml", message.as_bytes()
    yield f"{code}.txt", texts.plain.encode()
    yield f"{code}.html", texts.html.encode()
