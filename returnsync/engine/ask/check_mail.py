"""Check the mail account, the hand-over program and the templates: each fine, or what to do. Nothing is mailed."""

import shutil
from collections.abc import Iterator
from datetime import date

from returnsync.engine.context import Context
from returnsync.engine.sources import Source
from returnsync.errors import ConfigError
from returnsync.mail.message import Item, LabelMail
from returnsync.mail.templates import LANGUAGES, TemplateFaultError, Templates
from returnsync.model import Finding

_ADDRESS = "https://example.invalid/"


def check_mail(ctx: Context) -> Iterator[Finding]:
    """Whether the mail account can be used, if there is one. Raises `AccountError`, `ConfigError`."""
    settings = ctx.config.settings.mail
    if settings is None:
        return
    ctx.mail.check()
    yield Finding("login", ok=True, text=f"{settings.host}:{settings.at_port} accepts this account")
    if settings.test_to:
        text = "`test_to` is set: labels are mailed only there, and not to consumers"
        yield Finding("test_to", ok=True, warning=True, text=text, next_step="When the mails are right, remove it.")


def check_program(source: Source) -> Iterator[Finding]:
    """Whether the program of a source that hands labels over exists and may be run."""
    if "command" not in source.settings.methods:
        return
    program = source.settings.hand_over_command[0]
    if shutil.which(program) is None:
        raise ConfigError(
            f"{source.name}: the program {program} does not exist, or this user may not run it.",
            "Correct `hand_over_command` of the source: write the full path of the program.",
        )
    yield Finding("program", ok=True, text=f"{program} can be started")


def check_templates(source: Source) -> Iterator[Finding]:
    """Whether the mails of a source can be made: with all data, and with as few as possible.

    Raises:
        ConfigError: a template fails, its folder is missing, or Jinja2 is not installed.
    """
    if "email" not in source.settings.methods:
        return
    templates = Templates(source.settings.mail_templates)
    for language in LANGUAGES:
        for mail in (_full(language), _bare(language)):
            try:
                templates.render(language, mail.values())
            except TemplateFaultError as error:
                raise ConfigError(f"{source.name}: {error}", "Correct the template.") from error
    own = source.settings.mail_templates
    yield Finding("templates", ok=True, text=f"mails can be made{f' with those in {own}' if own else ''}")


def _full(language: str) -> LabelMail:
    items = (Item("Shirt", 1), Item("Sock", 2))
    return _bare(language)._replace(
        number="R-1",
        first_name="Jo",
        items=items,
        carrier="Carrier",
        drop_off=_ADDRESS,
        tracking_link=_ADDRESS,
        last_day=date(2026, 12, 31),
    )


def _bare(language: str) -> LabelMail:
    return LabelMail(
        to="nobody@example.invalid",
        language=language,
        shop="Shop",
        order="1001",
        number="",
        first_name="",
        items=(),
        carrier="",
        drop_off="",
        tracking_link="",
        last_day=None,
        label=b"",
        extension="pdf",
        message_id="",
    )
