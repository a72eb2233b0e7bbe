"""Help as people read it: each value has a name of its own, and the exit codes stand below the list of commands."""

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from returnsync.cli.examples import KEPT, REFERENCE
from returnsync.cli.meanings import IN_SHORT
from returnsync.errors import ExitCode


class _Command(TyperCommand):
    """A command whose help shows only the name of an argument, without its type."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return list(map(_without_braces, super().collect_usage_pieces(ctx)))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _write_parameters(self, ctx, formatter)


class _Group(TyperGroup):
    """The same for a group of commands; its help lists them below the options."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return list(map(_without_braces, super().collect_usage_pieces(ctx)))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _write_parameters(self, ctx, formatter)
        self.format_commands(ctx, formatter)


def _without_braces(piece: str) -> str:
    """`ORDER`, which Typer writes as `{ORDER}` where it is required."""
    return piece[1:-1] if piece.startswith("{") and piece.endswith("}") else piece


def _write_parameters(command: Any, ctx: Any, formatter: Any) -> None:
    """As Typer writes them, without the Python type that it puts after the name of an argument: `ORDER <str>`."""
    sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is None:
            continue
        is_argument = parameter.param_type_name == "argument"
        named = (parameter.metavar or record[0], record[1]) if is_argument else record
        sections["Arguments" if is_argument else "Options"].append(named)
    for title, records in sections.items():
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


def dress(app: typer.Typer) -> None:
    """Make the app, its commands and its groups write their help this way."""
    app.info.cls = _Group
    for command in app.registered_commands:
        command.cls = _Command
    for group in app.registered_groups:
        if group.typer_instance is not None:
            dress(group.typer_instance)


def below_all_commands() -> str:
    """The text below the list of all commands: the exit codes in short, and where the docs are."""
    codes = "\n".join(f"  {int(code):<4} {IN_SHORT[code]}" for code in ExitCode)
    docs = (
        "Docs, in the source code that returnsync was installed from:\n  docs/index.md      which page answers which "
        f"question\n  {REFERENCE}  every command, exit code, cause and JSON schema"
    )
    return f"{KEPT}Exit codes:\n{codes}\n\n{KEPT}{docs}"
