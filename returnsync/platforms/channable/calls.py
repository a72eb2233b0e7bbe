"""The calls to one project at Channable, and what their answers must look like. Only GET.

Sections are those of docs/platforms/channable.md.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import ValidationError

from returnsync.errors import BadAnswer, Refused
from returnsync.http.answer import Answer
from returnsync.http.client import Params, Reader
from returnsync.http.records import items_in, look_up, object_in, read_each
from returnsync.platforms.channable import wire
from returnsync.platforms.channable.translation import OrderHint, order_of
from returnsync.platforms.records import UntranslatableError

PAGE_SIZE = 100
_SEARCH_PAGES = 5
# How many results are remembered during a run: some pages of records, and the orders that they belong to.
_REMEMBERED = 500

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Project:
    """A project: its returns, and the products of its orders."""

    def __init__(self, reader: Reader, company_id: int, project_id: int) -> None:
        """Read with `reader`."""
        self._reader = reader
        self._path = ("companies", str(company_id), "projects", str(project_id))
        self._products: dict[tuple[str, ...], list[wire.Product]] = {}

    def returns(self, *params: tuple[str, str]) -> Answer:
        """One page of the list of returns; see `rows`. Returns exist under v1 only."""
        return self._reader.get("v1", *self._path, "returns", params=params)

    def one_return(self, return_id: str) -> object:
        """One raw return; `None` when it does not exist. Raises `CallError` for anything else, also for 422."""
        return self._one("return", "v1", *self._path, "returns", return_id)

    def search_returns(self, text: str) -> Iterator[object]:
        """The raw returns that a search for `text` finds. How it matches is documented nowhere."""
        return self._search("returns", "v1", text)

    def try_orders(self) -> None:
        """Read one order, whichever it is. Raises `Refused` where the token may not read orders."""
        rows(self._reader.get("v2", *self._path, "orders", params=[("limit", "1")]), "orders")

    def ordered(self, hint: OrderHint) -> list[wire.Product]:
        """The products of an order, read once a run; empty where there is no such order, or where it is unclear which.

        Raises:
            UntranslatableError: the order exists, but cannot be understood.
            CallError: it cannot be read for now.
        """
        key = (hint.order_id, hint.channel_name, hint.channel_order_id)
        if key not in self._products:
            try:
                order = self._order(hint)
            except ValidationError as error:
                raise UntranslatableError("its order at Channable cannot be read") from error
            products = order.data.products if order is not None and order.data is not None else None
            remember(self._products, key, products or [])
        return self._products[key]

    def _order(self, hint: OrderHint) -> wire.Order | None:
        """Read it under v2, since reading orders is deprecated under v1."""
        if is_number(hint.order_id):
            record = self._one("order", "v2", *self._path, "orders", hint.order_id)
            return None if record is None else wire.Order.model_validate(record)
        if not hint.channel_order_id:
            return None
        found = self._search("orders", "v2", hint.channel_order_id)
        orders = list(found)
        readable = read_each(wire.Order, orders)
        order = order_of(readable, hint)
        if order is None and len(readable) < len(orders):
            raise UntranslatableError("its order may be one that cannot be read at Channable")
        return order

    def _search(self, what: str, version: str, text: str) -> Iterator[object]:
        for page in range(_SEARCH_PAGES):
            params = paged(page * PAGE_SIZE, ("search", text))
            found = rows(self._reader.get(version, *self._path, what, params=params), what)
            yield from found
            if len(found) < PAGE_SIZE:
                break

    def _one(self, what: str, *segments: str) -> object:
        try:
            content: Any = self._reader.get(*segments).json()
        except Refused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        found = object_in(look_up(content, what))
        if not isinstance(found, dict):
            raise BadAnswer(f"Channable answered with something other than one {what}.")
        return found


def paged(offset: int, *conditions: tuple[str, str]) -> Params:
    """The parameters for one page of a list."""
    return (*conditions, ("limit", str(PAGE_SIZE)), ("offset", str(offset)))


def rows(answer: Answer, what: str) -> list[object]:
    """The raw records of a list. `total` is ignored: it counts the page (section "Connection facts").

    Raises:
        BadAnswer: it is not a list of `what`.
    """
    if answer.is_nothing:
        return []
    found = items_in(look_up(answer.json(), what), "id")
    if found is None:
        raise BadAnswer(f"Channable answered a request for {what} without a list of them.")
    return found


def is_number(text: str) -> bool:
    """Whether a text can be an id at Channable."""
    return text.isascii() and text.isdigit()


def remember(kept: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Keep the latest few hundred entries."""
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > _REMEMBERED:
        del kept[next(iter(kept))]
