"""The mail of one label, made of what its platform, its shop and the warehouse give. Nothing is sent here."""

import hashlib
from collections import Counter
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path

from returnsync import clock
from returnsync.engine.deliver import Delivery
from returnsync.engine.hand_over.attempts import unusable
from returnsync.engine.hand_over.eligible import TheLabel
from returnsync.mail.addresses import parsed
from returnsync.mail.message import Item, LabelMail, compose, is_for_consumers, message_id
from returnsync.mail.templates import TemplateFaultError, Texts, language_of, templates_in


def make_mail(delivery: Delivery, label: TheLabel, *, to: str = "") -> EmailMessage:
    """The mail as it is sent to the consumer, or to the address `to`.

    Raises:
        HoldError: it cannot be made: no address, no file, a template that fails, or a text that a mail cannot contain.
        ConfigError: the folder of templates is missing, or Jinja2 is not installed.
    """
    mail = what_to_mail(delivery, label, is_test=bool(to))
    if not mail.to:
        raise unusable(
            "Its platform gives no e-mail address of the consumer, so its label cannot be mailed.",
            "Have the address entered at the platform",
        )
    try:
        return compose(mail, in_words(delivery, mail), delivery.ctx.mail.settings, to=to)
    except TemplateFaultError as error:
        raise unusable(str(error), "Correct it, and look at the mail: returnsync mail --preview <CODE>") from error
    except ValueError as error:
        # `EmailMessage` refuses text that would begin another header; its error may quote the consumer's data.
        raise unusable(
            "Its mail cannot be made: the consumer's address, or a text in its headers, is not valid.",
            "Look at the address in the platform's portal",
        ) from error


def in_words(delivery: Delivery, mail: LabelMail) -> Texts:
    """The texts of the mail. Raises `TemplateFaultError`, `ConfigError`."""
    return templates_in(delivery.source.settings.mail_templates).render(mail.language, mail.values())


def what_to_mail(delivery: Delivery, label: TheLabel, *, is_test: bool = False) -> LabelMail:
    """The data of which the mail is made; its address may be empty.

    Raises:
        HoldError: the file of the label is missing, is another one, or is of no use to a consumer.
    """
    ret, settings, mail = delivery.ret, delivery.source.settings, delivery.ctx.mail.settings
    consumer = ret.consumer
    content = checked_file(delivery, label)
    extension = Path(label.file).suffix.removeprefix(".")
    if not is_for_consumers(extension):
        raise unusable(
            f"Its label is for a label printer ({extension.upper()}), which is of no use to a consumer.",
            "Have the warehouse make PDF labels, and ask for another one, which is billed: returnsync replay <CODE> "
            "--new-label",
        )
    return LabelMail(
        to=consumer.email if consumer else "",
        language=language_of(consumer.locale if consumer else "", country_of(delivery), settings.language),
        shop=settings.shop_name or parsed(mail.from_).display_name or delivery.source.name,
        order=delivery.announcement.order_number,
        number=ret.number,
        first_name=consumer.first_name if consumer else "",
        items=items_of(delivery),
        carrier=_brand(delivery, label.carrier),
        drop_off=settings.drop_off.get(label.carrier, ""),
        # The mail has it as a link.
        tracking_link=label.tracking_link if label.tracking_link.startswith(("https://", "http://")) else "",
        last_day=_last_day(settings.send_within_days, label),
        label=content,
        extension=extension,
        message_id=message_id(label.key.code, label.key.generation, mail, is_test=is_test),
    )


def _last_day(days: int | None, label: TheLabel) -> date | None:
    """The last day for sending the parcel; `None` where no setting says it, or that day is over."""
    if days is None or label.asked_for_at is None:
        return None
    day = (label.asked_for_at + timedelta(days=days)).date()
    return day if day >= clock.now().date() else None


def items_of(delivery: Delivery) -> tuple[Item, ...]:
    """The articles that come back, each once, with the number of units."""
    units: Counter[str] = Counter()
    for line in delivery.lines:
        if line.is_item:
            units[line.title or line.sku or line.barcode] += line.quantity
    return tuple(Item(title, number) for title, number in units.items() if title)


def country_of(delivery: Delivery) -> str:
    """The country of the consumer; empty where no address has one."""
    return next((address.country for address in delivery.ret.addresses() if address.country), "")


def checked_file(delivery: Delivery, label: TheLabel) -> bytes:
    """The content of the label's file.

    Raises:
        HoldError: the file is missing, or is not the one that was saved.
    """
    content = delivery.ctx.labels.content(label.file)
    if content is None or hashlib.sha256(content).hexdigest() != label.sha256:
        what = "is not there" if content is None else "is not the one that was saved"
        raise unusable(
            f"The file of its label, {delivery.ctx.labels.path / label.file}, {what}.",
            "Ask for another label, which is billed: returnsync replay <CODE> --new-label. Or put the file back from a "
            "backup",
        )
    return content


def _brand(delivery: Delivery, carrier: str) -> str:
    """The carrier's name for consumers; empty where it is not known."""
    known = delivery.ctx.accounts.known_carriers(delivery.announcement.warehouse)
    return next((one.brand for one in known if one.code == carrier), "")
