"""What is said where a person lets something go on, and `only` of its source keeps it back."""

import typer


def tell_kept_back(number: int) -> None:
    """Tell that the next run does not go on with so many, although a person said that it may."""
    if number:
        which = "1 of them waits" if number == 1 else f"{number} of them wait"
        typer.echo(f"{which} all the same, since `only` of the source names other orders.")
