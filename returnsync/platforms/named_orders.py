"""`only`: the orders that a source delivers during a rehearsal, by their numbers as the platform writes them."""

from typing import Annotated

from pydantic import AfterValidator

from returnsync import typed

_EXAMPLE = 'e.g. only = ["#1001"]'
_SHOWN = 40


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names without invisible characters around them.

    Raises:
        ValueError: there are none, or one is not an order number, or one is given twice.
    """
    if not names:
        raise ValueError(
            "names no order, so that nothing of this source would ever be delivered; name one as the platform writes "
            f"it, {_EXAMPLE}, or remove this line to deliver everything"
        )
    cleaned = tuple(map(typed.cleaned, names))
    for place, name in enumerate(cleaned):
        if not typed.may_be_name(name):
            shown = names[place][:_SHOWN]
            raise ValueError(
                f"has {shown!r} in it, which is no order number; write each as the platform does, {_EXAMPLE}"
            )
        if name in cleaned[:place]:
            raise ValueError(f"names {name[:_SHOWN]!r} twice; remove one of the two")
    return cleaned


NamedOrders = Annotated[tuple[str, ...], AfterValidator(_each_once)]
"""Order numbers, each once and at least one: compared as they are written, except for blanks around them."""


def is_named(names: tuple[str, ...] | None, number: str) -> bool:
    """Whether an order is among the named ones, or no names are given, which means all orders."""
    return names is None or typed.cleaned(number) in names
