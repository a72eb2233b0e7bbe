"""`returnsync init`: a configuration, made by asking."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from returnsync.cli import options, streams
from returnsync.cli.examples import examples
from returnsync.cli.new_file import write_new
from returnsync.cli.session import answering, say
from returnsync.errors import ConfigError, ExitCode
from returnsync.system_errors import in_words

if TYPE_CHECKING:
    from returnsync.cli.asking import Answered

EXAMPLES = examples(
    ("Be asked for everything", "returnsync init"),
    ("Without a terminal", "returnsync init --platform loop --carrier PostNL --secrets env"),
    ("A sample with every setting", "returnsync init --example"),
    ends_with={
        ExitCode.USAGE: "the file exists already, or an answer is missing or wrong",
        ExitCode.TEMPORARY: "the file is written; an account could not be reached",
        ExitCode.CONFIG: "the file is written, and credentials were refused; or it cannot be",
    },
    docs="docs/configuration.md",
)

_HEAD = """\
#:schema ./returnsync.schema.json
# Configuration of returnsync, written by `returnsync init`. Relative paths start from the folder of this file.
# Every setting: docs/configuration.md, or `returnsync init --example`. For an editor that knows the settings, write the
# file that the first line names: returnsync config schema > returnsync.schema.json
"""
_TABLES = ("warehouse", "mail")
_STATE = "returnsync.db"


def init(
    example: Annotated[bool, typer.Option("--example", help="Print the sample configuration, and stop.")] = False,
    path: Annotated[
        Path, typer.Option("--config", "-c", metavar="FILE", readable=False, help="The file to write.")
    ] = Path("returnsync.toml"),
    platform: Annotated[
        str | None, typer.Option(metavar="PLATFORM", help="The return platform.", show_default=False)
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A name for the account there.  [default: the platform]", show_default=False),
    ] = None,
    warehouse: Annotated[
        str | None, typer.Option(metavar="KIND", help="The kind of warehouse.", show_default=False)
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A setting of the account on the platform, such as account_id=…. Write warehouse. or mail. before the "
            "key for a setting of that table. May be given several times.",
            show_default=False,
        ),
    ] = None,
    secrets: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE", help="Where secrets are kept: file (the default), env or other.", show_default=False
        ),
    ] = None,
    carrier: Annotated[
        str | None, typer.Option(metavar="CARRIER", help="The warehouse's carrier for labels.", show_default=False)
    ] = None,
    channel: Annotated[
        str | None, typer.Option(metavar="CHANNEL", help="The sales channel of the orders.", show_default=False)
    ] = None,
    prefix: Annotated[
        str | None,
        typer.Option(
            metavar="PREFIX",
            help="What only the platform writes before order numbers, such as '#'; - for nothing.",
            show_default=False,
        ),
    ] = None,
    start_from: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="Announce nothing made before this day.  [default: today]", show_default=False
        ),
    ] = None,
    retention: Annotated[
        str | None,
        typer.Option(
            metavar="DAYS", help="Days for which personal data is kept once a return is done.", show_default=False
        ),
    ] = None,
    hand_over: Annotated[
        str | None,
        typer.Option(
            metavar="METHOD",
            help="How labels reach consumers: folder (the default), email or command.",
            show_default=False,
        ),
    ] = None,
    tries: Annotated[
        bool, typer.Option("--try/--no-try", help="Whether to try the credentials, by reads only.")
    ] = True,
    verbose: options.Verbose = False,
) -> None:
    """Write a configuration by asking for what it needs.

    Each option answers one question. The credentials are tried, and no label is requested. A file that exists is never
    overwritten. Without a terminal, the options and the defaults are used.
    """
    with answering(verbose=verbose):
        if example:
            from returnsync.config.example import sample

            streams.write_utf8()
            typer.echo(sample(), nl=False)
            return
        _refuse_existing(path)
        answers = {
            "--platform": platform, "--source": source, "--warehouse": warehouse, "--secrets": secrets,
            "--carrier": carrier, "--channel": channel, "--prefix": prefix, "--start-from": start_from,
            "--retention": retention, "--hand-over": hand_over,
        }  # fmt: skip
        given = {name: options.as_text(text) or "" for name, text in answers.items() if text is not None}
        answered = _ask(given, options.as_texts(setting) or [], path, tries=tries)
        raise typer.Exit(int(_write(path, answered)))


def _refuse_existing(path: Path) -> None:
    """Refuse, before anything is asked, a file that cannot be written.

    Raises:
        ConfigError: its path cannot be used.
    """
    if path.exists() or path.is_symlink():
        say(
            f"{path} exists already. It was not touched.",
            "Name another file with --config, or print the sample: --example",
        )
        raise typer.Exit(int(ExitCode.USAGE))
    folder = path.absolute().parent
    if not str(path.absolute()).isprintable():
        raise ConfigError("The file's path has characters that cannot be shown.", "Name another with --config.")
    if not folder.is_dir():
        raise ConfigError(f"The folder {folder} does not exist.", "Make it first, or name another file.")
    if (folder / _STATE).exists():
        say(
            f"{_STATE} exists in this folder and will be used: it has the returns of an earlier configuration.",
            "If it is of other accounts, or of the sandbox, leave with Ctrl-C and use an empty folder.",
        )


def _ask(answers: dict[str, str], settings: list[str], path: Path, *, tries: bool) -> "Answered":
    """Ask what the options do not answer. Raises as `interview`."""
    from returnsync.cli.asking import OnTerminal, Unattended, interview, wrong_answer

    given: dict[str, dict[str, str]] = {"source": {}, **{table: {} for table in _TABLES}}
    for setting in settings:
        name, sign, value = setting.partition("=")
        table, dot, key = name.partition(".")
        is_other = bool(dot) and table in _TABLES
        if not sign or not value.isprintable():
            wrong = "has characters that cannot be shown" if sign else "has no value; write KEY=VALUE"
            raise wrong_answer(f"--set {name}", wrong)
        given[table if is_other else "source"][key if is_other else name] = value
    if sys.stdin.isatty():
        say(f"This writes {path}. Enter takes what is in brackets. Ctrl-C leaves, and nothing is written.")
        try:
            return interview(OnTerminal(answers), given, path.absolute().parent, tries=tries)
        except typer.Abort:
            say("Nothing was written.")
            raise
    asker = Unattended(answers)
    answered = interview(asker, given, path.absolute().parent, tries=tries)
    asker.refuse_missing()
    return answered


def _write(path: Path, answered: "Answered") -> ExitCode:
    """Write the secrets that were typed, then the configuration; say what comes next.

    Raises:
        ConfigError: something cannot be written.
    """
    from returnsync.cli.asking import Tried, schedule
    from returnsync.config.draft import draft
    from returnsync.config.settings import compose

    text = draft(_HEAD, answered.content)
    with _naming(path.absolute().parent / "secrets"):
        kept = answered.secrets.keep()
    with _naming(path):
        write_new(path, text)
    typer.echo(f"Wrote {path}{f', and the secrets in {kept[0].parent}' if kept else ''}.")
    _, problems = compose(answered.content, path.absolute().parent)
    say(*(f"{'.'.join(map(str, problem.path))} {problem.text}" for problem in problems))
    for reference in answered.secrets.to_set(answered.content):
        say(_how_to_set(reference))
    shown = "" if path == Path("returnsync.toml") else f" --config {quote(str(path))}"
    commands = "".join(f"  returnsync {command}{shown}\n" for command in ("check", "run --dry-run", "run"))
    typer.echo(f"\nNext:\n{commands}\n{schedule(path, answered.secrets.variables(answered.content))}")
    if problems or Tried.REFUSED in answered.tried:
        return ExitCode.CONFIG
    return ExitCode.TEMPORARY if Tried.UNREACHABLE in answered.tried else ExitCode.DONE


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Raise what the system refuses inside as an error about `path`, with what to do."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise in_words(error) or ConfigError(f"{path} cannot be written ({error}).", "Name another file.") from error


def _how_to_set(reference: str) -> str:
    """What a person does for a reference that leads to nothing yet."""
    kind, _, what = reference.partition(":")
    if kind == "env":
        return f"The environment variable {what} is not set yet. Set it where returnsync runs."
    folder = f"mkdir -p {quote(str(Path(what).parent))} && " if Path(what).parent != Path() else ""
    return f"The file {what} does not exist yet. Write the secret into it: (umask 077; {folder}cat > {quote(what)})"
