"""`returnsync config`: commands for writing the configuration. `schema` prints its JSON Schema, for editors."""

import json

import typer

from returnsync.cli import options
from returnsync.cli.examples import examples
from returnsync.cli.new_file import print_whole
from returnsync.cli.session import answering, say
from returnsync.errors import ExitCode

_EPILOG = examples(
    ("Write it into the folder of the configuration", "returnsync config schema > returnsync.schema.json"),
    ends_with={
        ExitCode.TEMPORARY: "there was no room for the whole schema",
        ExitCode.CONFIG: "the schema could not be written",
    },
    docs="docs/configuration.md#in-an-editor",
)

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Print the schema by which editors check the configuration.",
    epilog=_EPILOG,
)


@app.command(epilog=_EPILOG)
def schema(verbose: options.Verbose = False) -> None:
    """Print the JSON Schema of the configuration, for editors.

    It covers every installed platform and warehouse, also those from other packages. It accepts every configuration
    that returnsync accepts, and does not contain every rule: `returnsync check` checks all. No configuration is read.
    """
    from returnsync.config.schema import made

    with answering(verbose=verbose):
        found = made()
        for error in found.left_out:
            say(f"{error.what} It is left out of the schema.", error.next_step)
        print_whole(f"{json.dumps(found.schema, indent=2, ensure_ascii=False)}\n", "schema")
