"""Tests with the same record, written differently."""

import copy
import re
from collections.abc import Callable
from typing import Any

from returnsync.platforms.contract.base import Base
from returnsync.platforms.contract.expect import same
from returnsync.platforms.contract.oddities import paths, put_at


def _words(name: str) -> list[str]:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")


_NAMES: dict[str, Callable[[str], str]] = {
    "camelCase": lambda name: _words(name)[0] + "".join(word.title() for word in _words(name)[1:]),
    "PascalCase": lambda name: "".join(word.title() for word in _words(name)),
    "snake_case": lambda name: "_".join(_words(name)),
    "a trailing blank": lambda name: f"{name} ",
}


class Spellings(Base, abstract=True):
    """A value that can mean only one thing is read as that, however a server writes it on a given day."""

    def test_names_of_fields_are_read_however_they_are_written(self) -> None:
        """Some servers change the names with their version, and some proxies rewrite them."""
        self.add(self.wish())
        plain = self.only()
        for how, rename in _NAMES.items():

            def change(records: list[Any], rename: Callable[[str], str] = rename) -> None:
                records[:] = [_renamed(record, rename) for record in records]

            with self.edited(change):
                same(self.only(), plain, f"return in {how}")

    def test_numbers_are_read_as_text_and_with_a_fraction_of_nothing(self) -> None:
        """`"1"`, 1.0 and 1 are the same number."""
        self.add(self.wish())
        plain = self.only()
        for write in (str, float):

            def change(records: list[Any], write: Callable[[int], object] = write) -> None:
                records[:] = [_numbers(record, write) for record in records]

            with self.edited(change):
                same(self.only(), plain, f"return with numbers as {write.__name__}")

    def test_texts_of_digits_are_read_as_numbers(self) -> None:
        """Ids and order numbers become numbers, or texts again, with a server's version."""
        self.add(self.wish())
        plain = self.only()

        def change(records: list[Any]) -> None:
            records[:] = [_digits(record) for record in records]

        with self.edited(change):
            same(self.only(), plain, "return with texts of digits as numbers")

    def test_one_object_and_a_list_of_one_are_the_same(self) -> None:
        """Converters from XML write a list of one as its only item, and an object as a list."""
        self.add(self.wish())
        plain = self.only()
        seen: list[Any] = []
        with self.edited(lambda records: seen.append(copy.deepcopy(records[0]))):
            self.listed()
        for path in paths(seen[0]):
            value = seen[0]
            for step in path:
                value = value[step]
            if isinstance(value, dict) and value and not isinstance(path[-1], int):
                other: object = [value]
            elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
                other = value[0]
            else:
                continue
            with self.edited(lambda records, path=path, other=other: put_at(path, other, records)):  # type: ignore[misc]  # bound now, not at the call
                same(self.only(), plain, f"return with {path} as {type(other).__name__}")


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {rename(name): _renamed(item, rename) for name, item in value.items()}
    return [_renamed(item, rename) for item in value] if isinstance(value, list) else value


def _numbers(value: Any, write: Callable[[int], object]) -> Any:
    if isinstance(value, dict):
        return {name: _numbers(item, write) for name, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item, write) for item in value]
    return write(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _digits(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _digits(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_digits(item) for item in value]
    # A number does not keep leading zeros.
    is_number = isinstance(value, str) and value.isascii() and value.isdigit() and str(int(value)) == value
    return int(value) if is_number else value
