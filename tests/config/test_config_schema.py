"""The schema for editors: what the loader accepts it accepts, and of what is wrong it says where.

Beside what is looked at here, it has to accept every file that a test of this folder loads (conftest.py), and every one
that the docs print (tests/test_docs.py).
"""

import re
import tomllib
from collections.abc import Mapping

import pytest
from jsonschema import Draft202012Validator
from toml_schema import mistakes

from returnsync import __version__
from returnsync.config import described
from returnsync.config.example import sample
from returnsync.config.schema import made
from returnsync.config.settings import compose

SCHEMA = made().schema
ACCOUNTS = {group: SCHEMA["properties"][group]["additionalProperties"] for group in ("warehouses", "sources")}


@pytest.fixture
def raw(valid):
    return tomllib.loads(valid)


def keys_of(kind):
    """What is said of the keys of one platform or warehouse: of all accounts, and for this kind."""
    for account in ACCOUNTS.values():
        for choice in account["allOf"]:
            (said,) = choice["if"]["properties"].values()
            if said["const"] == kind:
                own = choice["then"]["properties"]
                return {name: {**account["properties"][name], **own[name]} for name in own}
    raise LookupError(kind)


def test_it_is_one_and_says_which_version_made_it():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert f"version {__version__}." in SCHEMA["description"]
    assert made().left_out == ()


def test_nothing_has_to_be_fetched_for_it():
    addresses = set(re.findall(r'"\$(?:ref|id|schema|dynamicRef)": ?"([^"]+)"', str(SCHEMA).replace("'", '"')))
    assert {one for one in addresses if not one.startswith("#/$defs/")} == {SCHEMA["$schema"]}


@pytest.mark.parametrize("switched_on", [False, True], ids=["as it stands", "with every optional key"])
def test_it_accepts_the_sample(switched_on):
    text = re.sub(r"^# (\w+ = |\[)", r"\1", sample(), flags=re.MULTILINE) if switched_on else sample()
    assert mistakes(tomllib.loads(text)) == []


def test_the_first_line_of_the_sample_names_the_file_that_the_next_ones_tell_how_to_write():
    first, *others = sample().splitlines()
    name = first.removeprefix("#:schema ./")
    assert name.endswith(".schema.json")
    assert any(f"returnsync config schema > {name}" in line for line in others[:5])


@pytest.mark.parametrize(
    "written", ["2026-11-01", "2026-11-01T06:30:00", "2026-11-01 06:30:00+01:00", "2026-11-01T06:30:00.5Z"]
)
def test_a_start_is_a_date_or_a_moment(valid, written):
    assert mistakes(tomllib.loads(valid.replace("2026-11-01", written))) == []


@pytest.mark.parametrize("written", ["2026-11-01T06:30:00", "2026-11-01 06:30:00", "2026-11-01T06:30:00.000"])
def test_a_moment_without_a_zone_may_reach_it_as_it_is_written(raw, written):
    """check-jsonschema takes it for UTC, other tools hand it on."""
    raw["sources"]["shop-nl"]["start_from"] = written
    assert mistakes(raw) == []


# -- what it refuses, and where ----------------------------------------------------------------------------------------

MONTA, SHOP = ("warehouses", "monta"), ("sources", "shop-nl")
RULES = (*SHOP, "order_number")
AT_SHOP = "$.sources['shop-nl']"
RULE = f"{AT_SHOP}.order_number[0]"
ABSENT = object()
WRONG = {
    "a misspelt key at the top": (("stat",), "x.db", "$", "'stat' was unexpected"),
    "a misspelt key": ((*SHOP, "own_lable"), "keep", AT_SHOP, "'own_lable' was unexpected"),
    "a misspelt key of a warehouse": ((*MONTA, "carier"), "DPD", "$.warehouses.monta", "'carier' was unexpected"),
    "a misspelt key in a table of one": (("log",), {"file": "a.log", "keeps": 1}, "$.log", "'keeps' was unexpected"),
    "a key of another platform": ((*SHOP, "company_id"), 1, AT_SHOP, "'company_id' was unexpected"),
    "a missing key": ((*SHOP, "account_id"), ABSENT, AT_SHOP, "'account_id' is a required property"),
    "a missing key that all have": ((*SHOP, "start_from"), ABSENT, AT_SHOP, "'start_from' is a required property"),
    "a missing key in [mail]": (("mail",), {"host": "smtp.example.com"}, "$.mail", "'from' is a required property"),
    "no warehouse": (("warehouses",), ABSENT, "$", "'warehouses' is a required property"),
    "no source": (("sources",), {}, "$.sources", "non-empty"),
    "a number that is too large": ((*MONTA, "concurrency"), 33, "$.warehouses.monta.concurrency", "maximum of 32"),
    "a number that is too small": (("retention_days",), 0, "$.retention_days", "minimum of 1"),
    "a number in a table of numbers": ((*SHOP, "bundles"), {"A": {"B": 0}}, f"{AT_SHOP}.bundles.A.B", "minimum of 1"),
    "a number that must be more": ((*SHOP, "read_timeout"), 0.0, f"{AT_SHOP}.read_timeout", "minimum of 0"),
    "a word that is none": ((*SHOP, "own_label"), "kept", f"{AT_SHOP}.own_label", "not one of ['keep', 'replace']"),
    "a word in a list": ((*SHOP, "hand_over"), ["mail"], f"{AT_SHOP}.hand_over[0]", "not one of ['folder', 'email'"),
    "an unknown platform": ((*SHOP, "platform"), "returnsta", f"{AT_SHOP}.platform", "not one of ['returnista'"),
    "an unknown warehouse": ((*MONTA, "kind"), "picqer", "$.warehouses.monta.kind", "not one of ['monta']"),
    "no platform": ((*SHOP, "platform"), ABSENT, AT_SHOP, "'platform' is a required property"),
    "a text for a number": ((*SHOP, "attempts"), "4", f"{AT_SHOP}.attempts", "not of type 'integer'"),
    "a text for true": ((*SHOP, "send_updates"), "true", f"{AT_SHOP}.send_updates", "not of type 'boolean'"),
    "true for a number": ((*MONTA, "concurrency"), True, "$.warehouses.monta.concurrency", "not of type 'integer'"),
    "a number for a date": ((*SHOP, "start_from"), 2026, f"{AT_SHOP}.start_from", "not valid under any"),
    "words for a date": ((*SHOP, "start_from"), "yesterday", f"{AT_SHOP}.start_from", "not valid under any"),
    "an empty text": (("state",), "", "$.state", "non-empty"),
    "a text for a list": ((*SHOP, "only"), "#1001", f"{AT_SHOP}.only", "not of type 'array'"),
    "a secret itself": ((*SHOP, "token"), "hunter2", f"{AT_SHOP}.token", "does not match '^(env:"),
    "a reference to nothing": ((*SHOP, "token"), "env: ", f"{AT_SHOP}.token", "does not match '^(env:"),
    "a name with a blank": (("sources", "shop nl"), ABSENT, "$.sources", "'shop nl' does not match"),
    "an account that is no table": (("sources", "shop-de"), 5, "$.sources['shop-de']", "not of type 'object'"),
    "a misspelt rule": (RULES, [{"strip_prefx": "#"}], RULE, "'strip_prefx' was unexpected"),
    "two rules in one": (RULES, [{"strip_prefix": "#", "case": "upper"}], RULE, "'case' was unexpected"),
    "half a rule": (RULES, [{"pattern": "a"}], RULE, "'replace' is a required property"),
    "the other half": (RULES, [{"replace": "a"}], RULE, "'pattern' is a dependency of 'replace'"),
    "an empty rule": (RULES, [{}], RULE, "non-empty"),
    "a rule that is no table": (RULES, ["#"], RULE, "not of type 'object'"),
    "an unknown word in a rule": (RULES, [{"case": "up"}], f"{RULE}.case", "not one of ['upper', 'lower']"),
}


def changed(raw, path, value):
    """The same file with one value put in place of another, or taken out."""
    *outer, last = path
    table = raw
    for part in outer:
        table = table[part]
    if path[-1] == "shop nl":
        table[last] = table["shop-nl"]
    elif value is ABSENT:
        del table[last]
    else:
        table[last] = value
    return raw


@pytest.mark.parametrize(("path", "value", "place", "told"), WRONG.values(), ids=WRONG)
def test_it_says_of_a_mistake_what_is_wrong_and_where_and_nothing_else(raw, path, value, place, told):
    assert mistakes(raw) == []
    found = mistakes(changed(raw, path, value))
    assert {one.split(": ")[0] for one in found} == {place}, found
    assert told in found[0]


@pytest.mark.parametrize(("path", "value"), [wrong[:2] for wrong in WRONG.values()], ids=WRONG)
def test_what_it_refuses_the_loader_refuses_too(raw, path, value):
    settings, problems = compose(changed(raw, path, value))
    assert settings is None
    assert problems


# -- what an editor can tell -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("adapter", [*described.built_in_platforms(), *described.built_in_warehouses()], ids=str)
def test_every_key_of_an_account_is_explained_with_its_default(adapter):
    common = described.source_keys() if adapter.kind in ACCOUNTS["sources"]["properties"]["platform"]["enum"] else ()
    said = keys_of(adapter.kind)
    for key in (*adapter.keys, *described.call_keys(), *common):
        assert key.description in said[key.name]["description"], key.name
        assert key.required or not key.default or "default" in said[key.name], key.name


def test_every_key_of_the_other_tables_is_explained():
    tables = {"log": described.log_keys(), "notify": described.notify_keys(), "mail": described.mail_keys()}
    for name, keys in tables.items():
        said = SCHEMA["properties"][name]["properties"]
        assert {key.name for key in keys} == said.keys()
        assert all(key.description in said[key.name]["description"] for key in keys)
    assert all(SCHEMA["properties"][key.name]["description"] == key.description for key in described.top_keys())


def test_editors_find_every_key_without_a_condition():
    """Tombi offers and explains what stands in `properties`, and looks behind no condition."""
    for group, kind_key in (("warehouses", "kind"), ("sources", "platform")):
        account = ACCOUNTS[group]
        for choice in account["allOf"]:
            assert choice["then"]["properties"].keys() <= account["properties"].keys()
        assert set(account["properties"][kind_key]["enum"]) == {
            choice["if"]["properties"][kind_key]["const"] for choice in account["allOf"]
        }


def test_what_only_some_platforms_have_names_them():
    told = ACCOUNTS["sources"]["properties"]
    assert told["company_id"]["description"].startswith("Channable: ")
    assert "Sendcloud, Returnless: " in told["open_days"]["description"]
    assert told["own_label"]["description"].startswith("What to do when the platform itself")


def test_a_secret_says_how_it_is_referred_to():
    told = keys_of("returnista")["token"]["description"]
    assert all(kind in told for kind in ("`env:", "`file:", "`command:", "`keyring:"))


def test_nothing_in_it_is_of_use_to_us_alone():
    def words(schema):
        if isinstance(schema, Mapping):
            yield from schema
            for one in schema.values():
                yield from words(one)
        elif isinstance(schema, list):
            for one in schema:
                yield from words(one)

    assert {"in_sample", "discriminator", "null"}.isdisjoint(words(SCHEMA))
