"""The message when a person lets something go on, but `only` of its source keeps it back."""

import typer


def tell_kept_back(number: int) -> None:
    """Print how many the next run does not go on with, although a person asked for it."""
    if number:
        which = "1 of them waits" if number == 1 else f"{number} of them wait"
        typer.echo(f"{which} nevertheless, since `only` of the source names other orders.")
