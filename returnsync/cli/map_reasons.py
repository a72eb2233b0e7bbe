"""`returnsync map-reasons`: pair the platforms' return reasons with the warehouse's, by asking or otherwise."""

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from returnsync.cli import options
from returnsync.cli.answer import Answer
from returnsync.cli.examples import examples
from returnsync.cli.new_file import print_whole, write_new
from returnsync.cli.session import answering, print_error, reading, say
from returnsync.errors import ConfigError, ExitCode
from returnsync.folders import read_file
from returnsync.system_errors import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from returnsync.engine.context import Context
    from returnsync.engine.reasons import Survey
    from returnsync.mapping.pairings import Pair, Place

EXAMPLES = examples(
    ("Pair by asking, on a terminal", "returnsync map-reasons"),
    ("What is not paired?", "returnsync map-reasons --check"),
    ("Pair what is nearly the same", "returnsync map-reasons --auto 90"),
    ("Write a sheet to fill in", "returnsync map-reasons --export pairs.csv"),
    ("Read it back: all of it, or nothing", "returnsync map-reasons --import pairs.csv"),
    ends_with={ExitCode.NEEDS_PERSON: "with --check: a reason is unpaired, or a pair names one that is gone"},
    docs="docs/how-to/reasons.md",
)

_HIGHEST = 100
_STREAM = Path("-")
_MEGABYTES = 100


def map_reasons(
    config: options.Config = None,
    source: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="SOURCE", help="Only this source. Repeatable."),
    ] = None,
    list_them: Annotated[bool, typer.Option("--list", help="List every reason and how it is paired.")] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Exit with 1 when a reason of the last 30 days is unpaired, or a pair names one that is gone.",
        ),
    ] = False,
    auto: Annotated[
        int | None,
        typer.Option("--auto", metavar="SCORE", min=0, max=_HIGHEST, help="Pair what scores above this, 0 to 100."),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="FILE", readable=False, help="Write every reason into a CSV file; - is stdout."
        ),
    ] = None,
    import_from: Annotated[
        Path | None,
        typer.Option("--import", metavar="FILE", readable=False, help="Read such a CSV file: all of it, or nothing."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Ask also about reasons that are paired already.")] = False,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Pair return reasons with those of the warehouse.

    Without one of the options that list, pair, export or import, it asks about each unpaired reason, on a
    terminal.
    """
    ways = [list_them, check, auto is not None, export is not None, import_from is not None]
    with answering(verbose=verbose, as_json=as_json) as answer:
        if sum(ways) > 1 or (every and any(ways)) or (as_json and (not any(ways) or export is not None)):
            say("These options do not go together.", "See: returnsync map-reasons --help")
            raise typer.Exit(int(ExitCode.USAGE))
        if not any(ways) and not (sys.stdin.isatty() and sys.stdout.isatty()):
            say("Pairing by asking needs a terminal.", "Without one: --list, --check, --auto, --export or --import.")
            raise typer.Exit(int(ExitCode.USAGE))
        with reading(config, verbose=verbose, sources=source or ()) as ctx:
            from returnsync.engine.reasons import survey

            found = survey(ctx)
            for trouble in found.troubles:
                print_error(trouble)
            if list_them or check:
                code = _list(ctx, found, only_problems=check, answer=answer)
            elif auto is not None:
                code = _auto(ctx, found, auto, answer)
            elif export is not None:
                code = _export(ctx, found, export)
            elif import_from is not None:
                code = _import(ctx, found, import_from, answer)
            else:
                from returnsync.cli.reason_dialog import ask

                code = ask(ctx, found, every=every)
            from returnsync.engine.summary import error_of, worst

            code = worst({code, *(trouble.exit_code for trouble in found.troubles)})
            if found.troubles:
                answer.fail(code, error_of(found.troubles, code))
            raise typer.Exit(int(code))


def _list(ctx: "Context", found: "Survey", *, only_problems: bool, answer: Answer) -> ExitCode:
    from returnsync.engine.reasons import problem_as_json, problems, survey_as_json

    wrong = list(problems(found, ctx.pairings))
    if answer.as_json:
        content = survey_as_json(found, ctx.pairings, wrong)
        answer.give({"problems": [problem_as_json(one) for one in wrong]} if only_problems else content)
    else:
        from returnsync.cli.reason_report import print_problems, print_reasons

        if not only_problems:
            print_reasons(found, ctx.pairings)
        if wrong or not found.troubles:
            print_problems(wrong)
    return ExitCode.NEEDS_PERSON if wrong and only_problems else ExitCode.DONE


def _auto(ctx: "Context", found: "Survey", above: int, answer: Answer) -> ExitCode:
    from returnsync.engine.reasons import pair_by_likeness

    auto = pair_by_likeness(found, ctx.pairings, above)
    _save(ctx, [pair for _, _, pair in auto.paired])
    if answer.as_json:
        paired = [
            {"source": item.source.name, "key": item.shown_key, "words": item.words, "id": one.reason.id}
            | {"label": one.reason.label, "score": one.score}
            for item, one, _ in auto.paired
        ]
        left = [
            {"source": item.source.name, "key": item.shown_key, "words": item.words, "best": one and one.score}
            for item, one in auto.left
        ]
        answer.give({"paired": paired, "left": left})
    else:
        from returnsync.cli.reason_report import print_auto

        print_auto(auto, above, ctx.config.reasons_path)
    return ExitCode.DONE


def _export(ctx: "Context", found: "Survey", path: Path) -> ExitCode:
    from returnsync.engine.reasons import as_sheet

    text = as_sheet(found, ctx.pairings)
    if path == _STREAM:
        print_whole(text, "CSV")
        return ExitCode.DONE
    try:
        # An existing file may hold a person's work that was not imported yet.
        write_new(path, text)
    except FileExistsError as error:
        raise ConfigError(f"{path} exists already and was not changed.", "Name another file, or remove it.") from error
    except OSError as error:
        raise in_words(error) or ConfigError(f"{path} cannot be written ({error}).", "Name another file.") from error
    say(f"Written: {path}. Fill in `id` (or `text_only`), then: returnsync map-reasons --import {quote(str(path))}")
    return ExitCode.DONE


def _import(ctx: "Context", found: "Survey", path: Path, answer: Answer) -> ExitCode:
    from returnsync.engine.reasons import edits_from_sheet
    from returnsync.mapping.pairings import Place
    from returnsync.mapping.spreadsheet import decoded

    try:
        text = decoded(read_file(path, _MEGABYTES))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8; save it as CSV UTF-8"
        raise ConfigError(f"{path} cannot be read ({why}). Nothing was changed.", "Name a CSV file.") from error
    edits = edits_from_sheet(path, text, found, ctx.pairings)
    _save(ctx, edits)
    taken_out = sum(isinstance(edit, Place) for edit in edits)
    if answer.as_json:
        answer.give({"paired": len(edits) - taken_out, "unpaired": taken_out})
    else:
        typer.echo(f"{len(edits) - taken_out} paired, {taken_out} unpaired in {ctx.config.reasons_path}.")
    return ExitCode.DONE


def _save(ctx: "Context", edits: "Sequence[Pair | Place]") -> None:
    from returnsync.config import reasons_file

    if edits:
        reasons_file.change(ctx.config.reasons_path, edits)
