"""Settings that other packages bring stand in the schema, whatever their types: never narrower than what they take."""

import re
from datetime import date, datetime, time
from enum import Enum, IntEnum
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    WrapValidator,
    model_validator,
)
from toml_schema import mistakes, validator

from returnsync.config.schema import made
from returnsync.config.settings import compose
from returnsync.platforms.interface import Platform
from returnsync.platforms.source_settings import SourceSettings
from returnsync.warehouses.interface import Warehouse, WarehouseSettings


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1


class Known(Enum):
    ONE = "one"

    @classmethod
    def _missing_(cls, value):
        return cls.ONE if value == "eins" else None


class Inner(BaseModel):
    """A table that is not of returnsync's own kind of model: numbers may be texts in it."""

    number: int
    text: str = ""
    inner: "list[Inner]" = []


class ByShape(BaseModel):
    shape: Literal["round"]
    size: int


class ByOtherShape(BaseModel):
    shape: Literal["square"]
    side: int


class OddSettings(SourceSettings):
    """An account with settings of many types."""

    platform: Literal["odd"] = Field(description="The kind of platform.", examples=["odd"])
    base_url: str = "https://odd.example"
    account: str = Field(description="The account.", examples=["a"])
    colour: Colour = Colour.RED
    level: Level = Level.LOW
    known: Known = Known.ONE
    words: set[str] = Field(default=set(), max_length=1)
    folder: Path = Path()
    address: IPv4Address | None = None
    key: UUID | None = None
    day: date | None = None
    moment: datetime | None = None
    at: time | None = None
    short: Annotated[str, StringConstraints(strip_whitespace=True, max_length=3)] = ""
    plain_form: str = Field(default="a", pattern=r"^[a-z]+(-[a-z]+)*\.?$")
    other_form: str = Field(default="1", pattern=r"^\d+$")
    begins: Annotated[int, BeforeValidator(lambda value: value["of"] if isinstance(value, dict) else value)] = 0
    declared: Annotated[int, BeforeValidator(int, json_schema_input_type=str)] = 0
    wraps: Annotated[int, WrapValidator(lambda value, handler: handler(len(value)))] = 0
    plain: Annotated[int, PlainValidator(str)] = 0
    inner: Inner | None = None
    shaped: Annotated[ByShape | ByOtherShape, Field(discriminator="shape")] | None = None
    anything: Any = None
    pair: tuple[int, str] = (1, "a")
    named: str = Field(default="", validation_alias=AliasChoices("named", "called"))


ACCEPTED = [
    *({"colour": one} for one in ("red", "blue")),
    *({"level": one} for one in (1, "1", 1.0)),
    *({"known": one} for one in ("one", "eins")),
    {"words": ["a", "a", "a"]},
    {"folder": "a/b"},
    *({"address": one} for one in ("127.0.0.1", 1)),
    {"key": "0190a000000070008000000000000001"},
    *({key: one} for key in ("day", "moment") for one in (date(2026, 11, 1), "2026-11-01", 1_793_491_200)),
    {"moment": datetime(2026, 11, 1, 6, 30)},  # noqa: DTZ001 - as in a file
    *({"at": one} for one in (time(6, 30), "06:30", 3600)),
    {"short": "  abc  "},
    {"plain_form": "a-b."},
    *({"other_form": one} for one in ("12", "١٢")),
    *({"begins": one} for one in (1, {"of": 1})),
    {"declared": "1"},
    {"wraps": [1, 2]},
    {"plain": [{"a": 1}]},
    *({"inner": {"number": one, "text": "a", "inner": [{"number": "2"}]}} for one in (1, "1", 1.0)),
    *({"shaped": one} for one in ({"shape": "round", "size": 1}, {"shape": "square", "side": 1, "more": 2})),
    {"anything": [1, {"a": "b"}]},
    {"pair": [1, "a"]},
    *({key: "a"} for key in ("named", "called")),
]
REFUSED = [{"colour": "green"}, {"plain_form": "A"}, {"declared": 1}, {"pair": [1]}, {"shaped": {"shape": "flat"}}]


class Rewritten(SourceSettings):
    """Settings that are rewritten before they are read."""

    model_config = ConfigDict(populate_by_name=True)
    platform: Literal["rewritten"]
    base_url: str = "https://rewritten.example"
    account: str = "a"

    @model_validator(mode="before")
    @classmethod
    def _takes_old_names(cls, given):
        return {("account" if key == "shop" else key): value for key, value in given.items()}


class ByName(SourceSettings):
    """Settings with two spellings of a key."""

    model_config = ConfigDict(populate_by_name=True)
    platform: Literal["by_name"]
    base_url: str = "https://by_name.example"
    account: str = Field(alias="from")


class StoreSettings(WarehouseSettings):
    """An account at another warehouse system."""

    kind: Literal["store"]
    base_url: str = "https://store.example"
    depot: int = Field(description="The number of the depot.", examples=[1], ge=1)


def platform(kind, settings):
    known = {"kind": kind, "title": kind.title(), "settings": settings, "account_key": "account"}
    return type(kind.title(), (Platform,), known)


MONTA = {"kind": "monta", "username": "env:A", "password": "env:B", "carrier": "PostNL"}


def file_with(**account):
    source = {"warehouse": "monta", "start_from": date(2026, 11, 1), **account}
    return {"warehouses": {"monta": MONTA}, "sources": {"shop": source}}


@pytest.fixture
def odd(package):
    package("returnsync.platforms", odd=platform("odd", OddSettings))


@pytest.mark.usefixtures("odd")
def test_what_its_settings_take_the_schema_takes_and_refuses_only_what_they_surely_do_not():
    schema = made().schema
    Draft202012Validator.check_schema(schema)
    checked_by = validator(schema)
    for account in ACCEPTED:
        raw = file_with(platform="odd", account="a", **account)
        settings, problems = compose(raw)
        assert settings is not None, problems
        assert mistakes(raw, checked_by) == [], account
    for account in REFUSED:
        raw = file_with(platform="odd", account="a", **account)
        assert compose(raw)[0] is None or account == {"declared": 1}  # its author says that it is a text
        assert mistakes(raw, checked_by) != [], account


@pytest.mark.usefixtures("odd")
def test_its_settings_stand_in_the_schema_with_what_they_mean():
    schema = made().schema
    account = schema["properties"]["sources"]["additionalProperties"]
    assert "odd" in account["properties"]["platform"]["enum"]
    assert account["properties"]["account"]["description"] == "Odd: The account."
    assert account["properties"]["colour"] == {"$ref": "#/$defs/Colour", "default": "red"}
    assert schema["$defs"]["Colour"]["enum"] == ["red", "blue"]


def test_settings_that_are_rewritten_or_have_two_spellings_are_left_open(package):
    kinds = {"rewritten": platform("rewritten", Rewritten), "by_name": platform("by_name", ByName)}
    package("returnsync.platforms", **kinds)
    checked_by = validator(made().schema)
    for account in (
        {"platform": "rewritten", "shop": "a"},
        {"platform": "by_name", "from": "a"},
        {"platform": "by_name", "account": "a"},
    ):
        raw = file_with(**account)
        assert compose(raw)[1] == []
        assert mistakes(raw, checked_by) == []
    wrong = file_with(platform="returnista", account_id="a", token="env:A", shop="a", attempts=0)
    assert {one.split(": ")[0] for one in mistakes(wrong, checked_by)} == {
        "$.sources.shop",
        "$.sources.shop.attempts",
    }


def test_a_warehouse_of_another_package_stands_in_it_too(package):
    known = {"kind": "store", "title": "Store", "settings": StoreSettings}
    package("returnsync.warehouses", store=type("Store", (Warehouse,), known))
    checked_by = validator(made().schema)
    raw = file_with(platform="returnly", export="a")
    raw["warehouses"]["monta"] = {"kind": "store", "carrier": "DPD", "depot": 1}
    assert compose(raw)[0] is not None
    assert mistakes(raw, checked_by) == []
    raw["warehouses"]["monta"] = {"kind": "store", "carrier": "DPD", "depot": 0}
    assert [one.split(": ")[0] for one in mistakes(raw, checked_by)] == ["$.warehouses.monta.depot"]


def test_what_cannot_be_loaded_is_left_out_and_told(package):
    package("returnsync.platforms", odd=platform("odd", OddSettings), none=dict)
    found = made()
    told = [error.what for error in found.left_out]
    assert len(told) == 2
    assert any(re.search("'absent' .* cannot be loaded", one) for one in told)
    assert any("'none', but is not one" in one for one in told)
    assert found.schema["properties"]["sources"]["additionalProperties"]["properties"]["platform"]["enum"][-1] == "odd"
