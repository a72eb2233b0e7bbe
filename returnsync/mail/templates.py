"""The texts of mails: Jinja2 templates, by language. A source may have a folder of its own.

    <language>/subject.txt    one line
    <language>/body.txt       the mail as plain text
    <language>/body.html      the same for programs that show HTML

A file that a source's folder does not have is taken from returnsync's own templates. Templates are rendered in a
sandbox that gives them access only to the texts that are passed in. A rendered text of more than `LARGEST` characters
is refused.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from returnsync.errors import ConfigError
from returnsync.installed import how_to_add

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

LANGUAGES = ("en", "nl", "de", "fr")
"""The languages of returnsync's own templates."""

LARGEST = 200_000
"""The most characters that a rendered text may have."""

_OWN = Path(__file__).parent / "texts"
# Countries in which one language is by far the most common; for the others, the source's `language` is used.
_BY_COUNTRY = {"NL": "nl", "DE": "de", "AT": "de", "FR": "fr", "GB": "en", "IE": "en", "US": "en"}


class TemplateFaultError(ValueError):
    """A template cannot be rendered. The text is a sentence that names the template, and no person."""


class Texts(NamedTuple):
    """The rendered texts of one mail."""

    subject: str
    plain: str
    html: str


def language_of(locale: str, country: str, otherwise: str) -> str:
    """The language of a consumer: from the locale (`nl`, `de-AT`, `fr_FR`), else from the country, else `otherwise`."""
    spoken = locale.replace("_", "-").partition("-")[0].strip().casefold()
    if spoken in LANGUAGES:
        return spoken
    return _BY_COUNTRY.get(country.strip().upper(), otherwise)


def written_day(day: date, language: str) -> str:
    """A day as it is written in a language, with its month in letters."""
    month = (_OWN / language / "months.txt").read_text(encoding="utf-8").split()[day.month - 1]
    match language:
        case "de":
            return f"{day.day}. {month} {day.year}"
        case "fr" if day.day == 1:
            return f"1er {month} {day.year}"
        case _:
            return f"{day.day} {month} {day.year}"


@cache
def templates_in(folder: str) -> "Templates":
    """The templates of a folder; loaded once in a command. Raises as `Templates`."""
    return Templates(folder)


class Templates:
    """The templates of one source."""

    def __init__(self, folder: str = "") -> None:
        """`folder` has the source's own templates, which replace those of returnsync; empty: there are none.

        Raises:
            ConfigError: the folder does not exist, or Jinja2 is not installed.
        """
        if folder and not Path(folder).is_dir():
            raise ConfigError(
                f"The folder of mail templates {folder} does not exist.",
                "Correct `mail_templates` of the source, or remove it: then those of returnsync are used.",
            )
        self._environment = _environment(([folder] if folder else []) + [str(_OWN)])

    def render(self, language: str, values: Mapping[str, Any]) -> Texts:
        """Render the texts of a mail. `values` are plain texts, numbers, and lists of them.

        Raises:
            TemplateFaultError: a template does not exist, raises, or renders too long a text.
        """
        subject, plain, html = (
            self._rendered(f"{language}/{name}", values) for name in ("subject.txt", "body.txt", "body.html")
        )
        return Texts(subject.strip(), plain, html)

    def _rendered(self, name: str, values: Mapping[str, Any]) -> str:
        from jinja2 import TemplateError, TemplateNotFound

        text = ""
        try:
            for part in self._environment.get_template(name).generate(dict(values)):
                text += str(part)  # `Markup` would escape everything that is added to it
                if len(text) > LARGEST:
                    break
        except TemplateNotFound as error:
            raise TemplateFaultError(f"The template {name} needs {error.name}, which does not exist.") from error
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            where = f", line {line}" if line else ""
            raise TemplateFaultError(f"The template {name} fails{where} ({type(error).__name__}).") from error
        except Exception as error:
            # A template is a program of the user's, and can raise any exception.
            raise TemplateFaultError(f"The template {name} fails ({type(error).__name__}).") from error
        if len(text) > LARGEST:
            raise TemplateFaultError(f"The template {name} produces more than {LARGEST:,} characters.")
        return text


def _environment(folders: list[str]) -> "ImmutableSandboxedEnvironment":
    try:
        from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError as error:
        raise ConfigError(
            "Labels are to be mailed, but the library for the mails is not installed.",
            f"Install it: {how_to_add('mail')}",
        ) from error
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
