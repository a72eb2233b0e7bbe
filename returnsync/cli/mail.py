"""`returnsync mail`: write the mail of an order as it would be sent into files, to look at."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from returnsync.cli import options
from returnsync.cli.examples import examples
from returnsync.cli.session import answering, reading
from returnsync.errors import ConfigError, ExitCode
from returnsync.folders import make_private, write_by_rename
from returnsync.system_errors import in_words

EXAMPLES = examples(
    ("See what the consumer of an order would get", "returnsync mail --preview '#20417'"),
    ("In another language, into a folder of your own", "returnsync mail --preview '#20417' --language de --into out"),
    ends_with={
        ExitCode.USAGE: "nothing is known by that name, or it has no label",
        ExitCode.CONFIG: "there is no [mail], a template fails, or the folder cannot be written",
    },
    docs="docs/how-to/hand-over.md",
)


def mail(
    preview: Annotated[
        str,
        typer.Option(
            "--preview",
            metavar="ORDER",
            callback=options.as_text,
            help="Whatever `show` takes: order number, id, code.",
            show_default=False,
        ),
    ],
    into: Annotated[Path, typer.Option("--into", metavar="FOLDER", help="Where the files go.")] = Path("mail-preview"),
    language: Annotated[
        Literal["en", "nl", "de", "fr"] | None,
        typer.Option(
            "--language",
            metavar="LANGUAGE",
            help="Use this language instead of the consumer's: en, nl, de or fr.",
            show_default=False,
        ),
    ] = None,
    config: options.Config = None,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Write the mail of an order into a folder. Nothing is sent.

    For each label of the order it writes the mail as it would be sent (.eml), and its two texts (.txt, .html). They
    contain the consumer's name and address, and only their owner can read them. Files of the same names are replaced.
    """
    from returnsync.engine.hand_over import preview as made

    with answering(verbose=verbose, as_json=as_json) as answer, reading(config, verbose=verbose) as session:
        written = [_write(into / name, content) for name, content in made(session, preview, language or "")]
        answer.give({"written": written}) if answer.as_json else typer.echo("\n".join(written))


def _write(place: Path, content: bytes) -> str:
    try:
        make_private(place.parent)
        write_by_rename(place, content)
    except OSError as error:
        raise in_words(error) or ConfigError(
            f"{place} cannot be written ({error.strerror}).", "Name another folder: --into FOLDER"
        ) from error
    return str(place)
