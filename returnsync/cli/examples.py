"""Examples below the help of a command: what one wants, and the line that does it."""


def examples(*each: tuple[str, str]) -> str:
    """The text below the help: of each example what it is for, and the command on a line that is never broken."""
    lines = (f"  {what}:\n      {command}" for what, command in each)
    return "\n".join(("\b\nExamples:", *lines))
