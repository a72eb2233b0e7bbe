"""Whatever the loader accepts, the schema accepts: on files made of what the settings themselves declare."""

import types
from datetime import UTC, date, datetime, time
from typing import Annotated, Literal, Union, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from toml_schema import mistakes

from returnsync.config.log_settings import LogSettings
from returnsync.config.notify_settings import NotifySettings
from returnsync.config.settings import Settings, compose
from returnsync.mail.settings import MailSettings
from returnsync.platforms.registry import PLATFORMS
from returnsync.platforms.source_settings import SourceSettings
from returnsync.secrets import SecretRef
from returnsync.warehouses.monta import MontaSettings
from returnsync.warehouses.registry import WAREHOUSES

MOMENTS = st.one_of(
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from([date(2026, 11, 1), datetime(2026, 11, 1, 6, 30), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)]),  # noqa: DTZ001 - TOML has moments without a zone
)
SPECIAL = [
    "",
    " ",
    "\n",
    "a\nb",
    "a b",
    "é",
    "0",
    "true",
    "2026-11-01",
    "PostNL",
    "🎁" * 250,
    "x" * 41,
    "{number}",
    "null",
]
TEXTS = st.one_of(st.sampled_from(SPECIAL), st.text(max_size=8))
REFERENCES = ["env:A", "file:a b", "command:pass show x", "keyring:a/b", "env: A", "env:\nA", "env:\tA ", "env:\ufeff"]
WHOLE = st.one_of(st.integers(-2, 2), st.sampled_from([30, 59, 60, 365, 1000, 36_500, 65_535, 10**6, 10**30]))
NUMBERS = st.one_of(WHOLE, st.floats(), st.sampled_from([0.5, 1.0, 60.0, 86_400.0, 86_400, 1e300]))
ANYTHING = st.recursive(
    st.one_of(TEXTS, WHOLE, NUMBERS, st.booleans(), MOMENTS, st.just(time(6, 30)), st.sampled_from(REFERENCES)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXTS, inner, max_size=2)),
    max_leaves=3,
)
PLAIN = {
    str: TEXTS,
    int: WHOLE,
    float: NUMBERS,
    bool: st.booleans(),
    datetime: MOMENTS,
    SecretRef: st.sampled_from(REFERENCES),
}


def of_type(kind):
    """What a file may hold for a type that a setting declares."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Annotated, Union, types.UnionType):
        inner = inner[:1] if origin is Annotated else inner
        return st.one_of([of_type(one) for one in inner if one is not type(None)])
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is tuple:
        return st.lists(of_type(inner[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(TEXTS, of_type(inner[1]), max_size=2)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return table_of(kind)
    return PLAIN[kind]


def certain(field):
    """What stands there as an example."""
    return st.sampled_from(field.examples) if field.examples else of_type(field.annotation)


def of_field(field):
    """Mostly what the setting gives as an example, or what is of its type; now and then anything."""
    return st.one_of(certain(field), certain(field), of_type(field.annotation), of_type(field.annotation), ANYTHING)


def table_of(model, **fixed):
    """A table for a settings class: with what is required, and some of the rest."""
    fields = {field.alias or name: field for name, field in model.model_fields.items() if name not in fixed}
    needed = {name: certain(field) for name, field in fields.items() if field.is_required()}
    optional = {name: of_field(field) for name, field in fields.items()}
    some = st.lists(st.sampled_from(sorted(optional)), max_size=4, unique=True) if optional else st.just([])
    chosen = some.flatmap(lambda names: st.fixed_dictionaries({name: optional[name] for name in names}))
    return st.tuples(st.fixed_dictionaries(needed), chosen).map(lambda both: {**both[0], **both[1], **fixed})


def file_with(source, warehouse, **tables):
    """A file with one account of each, and nothing else that could be wrong."""
    name = source.get("warehouse", "monta")
    names = {"warehouses": {name if isinstance(name, str) else "monta": warehouse}, "sources": {"shop-nl": source}}
    return {**names, **tables}


MONTA = {"kind": "monta", "username": "env:A", "password": "env:B", "carrier": "PostNL"}
MAIL = {"host": "smtp.example.com", "from": "shop@example.com"}
SOURCES = {kind: PLATFORMS.find(kind).settings for kind in PLATFORMS.built_in}
RETURNLY = {"platform": "returnly", "warehouse": "monta", "start_from": date(2026, 11, 1), "export": "pages/*.json"}


def hold(kind, files):
    """Every file that the loader accepts the schema accepts, and there are such."""
    accepted = []

    @given(files)
    def check(raw):
        settings, _problems = compose(raw)
        if settings is not None:
            accepted.append(raw)
            assert mistakes(raw) == []

    check()
    assert len(accepted) > 10, kind


@pytest.mark.parametrize("kind", SOURCES)
def test_it_accepts_every_source_that_the_loader_accepts(kind):
    tables = table_of(SOURCES[kind], platform=kind)
    beside = {"token": "env:A"} if kind == "returnly" else {}  # either this or `export` is required
    hold(kind, tables.map(lambda source: file_with({**beside, **source}, MONTA, mail=MAIL)))


@pytest.mark.parametrize("kind", WAREHOUSES.built_in)
def test_it_accepts_every_warehouse_that_the_loader_accepts(kind):
    tables = table_of(WAREHOUSES.find(kind).settings, kind=kind)
    hold(kind, tables.map(lambda warehouse: file_with(RETURNLY, warehouse)))


@pytest.mark.parametrize(
    ("name", "model"),
    [("log", LogSettings), ("notify", NotifySettings), ("mail", MailSettings)],
    ids=["log", "notify", "mail"],
)
def test_it_accepts_every_other_table_that_the_loader_accepts(name, model):
    hold(name, table_of(model).map(lambda table: file_with(RETURNLY, MONTA, **{name: table})))


def test_it_accepts_every_top_of_a_file_that_the_loader_accepts():
    accounts = {"log": None, "notify": None, "mail": None, **file_with(RETURNLY, MONTA)}
    tops = table_of(Settings, **accounts)
    hold("top", tops.map(lambda top: {name: value for name, value in top.items() if value is not None}))


EDGES = [
    *SPECIAL,
    *REFERENCES,
    *(
        "keep",
        "hold",
        "exact",
        "command",
        "https://a.example",
        "/usr/bin/a b",
        "a.prom",
        "2025-01",
        "Shop <a@b.example>",
    ),
    *(-1, 0, 1, 2, 30, 40, 60, 365, 1000, 3600, 36_500, 65_535, 86_400, 10**9, 10**30, 0.0, 0.5, 1.0, 1e300),
    *(True, False, date(1, 1, 1), datetime(2026, 11, 1, 6, 30), datetime(2026, 11, 1, tzinfo=UTC), time(6, 30)),  # noqa: DTZ001 - as above
    *(
        [],
        ["a"],
        ["a", "a"],
        ["email"],
        ["#1001", "x" * 300],
        ["id"],
        [{"strip_prefix": "a"}],
        [{"lookup": "{number}"}],
    ),
    *({}, {"a": "b"}, {"a": {"b": 1}}, {"a": 1}, {"5m": 1}, {"a": "https://a.example"}, {"a": "skip"}, {"": ""}),
]


def required(model):
    """An example of each key that a table must have."""
    return {field.alias or name: field.examples[0] for name, field in model.model_fields.items() if field.is_required()}


def single_keys():
    """Every key: a file, its table in which the key may stand, and the key. What all sources have comes once."""
    common = set()
    for kind, model in SOURCES.items():
        for name in sorted(model.model_fields.keys() - common):
            source = {**RETURNLY, **required(model)} if kind == "returnly" else {**required(model), "platform": kind}
            yield file_with(source, MONTA, mail=MAIL), source, name
        common = SourceSettings.model_fields.keys()
    for name in MontaSettings.model_fields:
        warehouse = dict(MONTA)
        yield file_with(RETURNLY, warehouse), warehouse, name
    for key, model in (("log", LogSettings), ("notify", NotifySettings), ("mail", MailSettings)):
        for name, field in model.model_fields.items():
            table = required(model)
            yield file_with(RETURNLY, MONTA, **{key: table}), table, field.alias or name
    for name in ("state", "labels", "reasons", "retention_days", "retention_labels"):
        raw = file_with(RETURNLY, MONTA)
        yield raw, raw, name


def test_it_accepts_every_odd_value_of_a_single_key_that_the_loader_accepts():
    accepted = 0
    for raw, table, name in single_keys():
        for value in EDGES:
            table[name] = value
            settings, _problems = compose(raw)
            if settings is not None:
                accepted += 1
                assert mistakes(raw) == []
    assert accepted > 1000


@pytest.mark.parametrize("kind", [*SOURCES, *WAREHOUSES.built_in])
def test_it_accepts_every_example_and_every_default(kind):
    model = SOURCES[kind] if kind in SOURCES else WAREHOUSES.find(kind).settings
    beside = {"export": "pages/*.json"} if kind == "returnly" else {}
    for name, field in model.model_fields.items():
        default = [] if field.is_required() else [field.get_default(call_default_factory=True)]
        for value in (*(field.examples or ()), *default):
            if value is not None:
                account = {**beside, **required(model), name: list(value) if isinstance(value, tuple) else value}
                raw = file_with(account, MONTA, mail=MAIL) if kind in SOURCES else file_with(RETURNLY, account)
                assert mistakes(raw) == [], name
