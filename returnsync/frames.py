"""Where an error arose, for logs and for `--verbose`. The error's text is left out, since it may quote a record."""

import traceback


def frames_of(error: BaseException) -> str:
    """The frames and types of an error and of its causes, the first cause first, without any of their texts."""
    frames: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        frames = [*traceback.format_tb(cause.__traceback__), f"{type(cause).__name__}\n", *frames]
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "".join(frames)


def traceback_of(error: BaseException) -> str:
    """The same, as it is shown to a person."""
    return f"Traceback, without what the errors say:\n{frames_of(error)}".rstrip()
