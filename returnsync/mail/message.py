"""The mail that brings a consumer the label of a return."""

import hashlib
from datetime import date
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, NamedTuple

from returnsync import clock
from returnsync.mail.addresses import parsed
from returnsync.mail.settings import MailSettings
from returnsync.mail.templates import Texts, written_day

# By the extension of a label's file. A label in a label printer's format is of no use to a consumer.
_TYPES = {"pdf": ("application", "pdf"), "png": ("image", "png")}
_LONGEST = 200


class Item(NamedTuple):
    """Units of one article that come back."""

    title: str
    quantity: int


class LabelMail(NamedTuple):
    """The contents of the mail. All of it was written by consumer, shop or warehouse, and none of it is trusted."""

    to: str
    language: str
    shop: str
    order: str
    number: str
    """The number of the return, as its platform shows it to people; may be empty."""
    first_name: str
    items: tuple[Item, ...]
    carrier: str
    drop_off: str
    """The page with the carrier's drop-off points; empty where it is not known."""
    tracking_link: str
    last_day: date | None
    """The day until which it is to be sent; `None` where no such day is set."""
    label: bytes
    extension: str
    message_id: str

    def values(self) -> dict[str, Any]:
        """The values for templates: plain texts, numbers, and lists of them, each cut where it is far too long."""
        return {
            "shop": _cut(self.shop),
            "order": _cut(self.order),
            "number": _cut(self.number),
            "first_name": _cut(self.first_name),
            "items": [{"title": _cut(item.title), "quantity": item.quantity} for item in self.items],
            "units": sum(item.quantity for item in self.items),
            "carrier": _cut(self.carrier),
            "drop_off": self.drop_off,
            "tracking_link": self.tracking_link,
            "last_day": "" if self.last_day is None else written_day(self.last_day, self.language),
        }


def is_for_consumers(extension: str) -> bool:
    """Whether a consumer can show or print a label of that kind."""
    return extension in _TYPES


def message_id(code: str, generation: int, settings: MailSettings, *, is_test: bool = False) -> str:
    """The id of the mail of one label: the same each time that it is sent, so that a second copy is recognised.

    A test mail has a different one, since an archive may discard a mail whose id it already has.

    A code shows which order it is for, and the id is public: so the code is hashed.
    """
    name = hashlib.sha256(code.encode()).hexdigest()[:20]
    return f"<{name}.{'test' if is_test else 'label'}.{generation}@{parsed(settings.from_).domain}>"


def compose(mail: LabelMail, texts: Texts, settings: MailSettings, *, to: str = "") -> EmailMessage:
    """The mail as it is sent, to the consumer or to another address (`to`).

    Raises:
        ValueError: a part of it cannot be in a mail, such as an invalid address, or a subject of two lines.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = parsed(settings.from_)
    message["To"] = parsed(to or mail.to).addr_spec
    if settings.reply_to:
        message["Reply-To"] = parsed(settings.reply_to)
    message["Subject"] = texts.subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = mail.message_id
    # RFC 3834: no absence note should answer it.
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = mail.language
    message.set_content(texts.plain, cte="quoted-printable")
    message.add_alternative(texts.html, subtype="html", cte="quoted-printable")
    main, sub = _TYPES[mail.extension]
    message.add_attachment(mail.label, maintype=main, subtype=sub, filename=f"return-label.{mail.extension}")
    return message


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"
