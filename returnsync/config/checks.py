"""Problems that only show when the accounts of a file are compared, and rules that are the same for every account.

They are found from the text of the file, not from validated settings, so that they are reported together with the
problems of single accounts.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from returnsync.config.problems import KeyPath, Problem, did_you_mean
from returnsync.errors import ConfigError
from returnsync.http.origin import Origin
from returnsync.mapping.order_rules import HOLE
from returnsync.platforms.registry import PLATFORMS

NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
NAME_RULE = "must be 1 to 40 letters, digits, - or _, since names of files and codes are made of it"

_Table = Mapping[str, Any]


def across(raw: _Table) -> Iterator[Problem]:
    """Every problem between accounts, every address that credentials must not go to, every impossible rate limit."""
    stores, sources = _tables(raw, "warehouses"), _tables(raw, "sources")
    yield from _addresses("warehouses", stores)
    yield from _addresses("sources", sources)
    yield from _lookups(sources)
    yield from _limits("warehouses", stores)
    yield from _limits("sources", sources)
    yield from _names(stores, sources)
    yield from _missing_warehouses(stores, sources)
    yield from _shared(sources)
    yield from _bundles(sources)


def _tables(raw: _Table, group: str) -> dict[str, _Table]:
    tables = raw.get(group)
    if not isinstance(tables, dict):
        return {}
    return {name: table for name, table in tables.items() if isinstance(table, dict)}


def _addresses(group: str, tables: dict[str, _Table]) -> Iterator[Problem]:
    for name, table in tables.items():
        for key, url in table.items():
            if not key.endswith("_url") or not isinstance(url, str):
                continue
            try:
                Origin.parse(url, key)
            except ConfigError as error:
                # The address itself is not repeated: it may contain a password.
                what = error.what.removeprefix(f"The {key} ").rstrip(".")
                text = f"{what}; write e.g. https://api.example.com/v1, or leave it out"
                yield Problem((group, name, key), text)


def _lookups(sources: dict[str, _Table]) -> Iterator[Problem]:
    """Addresses at which order numbers are looked up: credentials go there too."""
    for name, table in sources.items():
        rules = table.get("order_number")
        for place, rule in enumerate(rules if isinstance(rules, list) else ()):
            address = rule.get("lookup") if isinstance(rule, dict) else None
            if not isinstance(address, str) or HOLE not in address:
                continue
            from returnsync.http.lookup import Question

            try:
                Question.parse(address, HOLE, "lookup")
            except ConfigError as error:
                text = (
                    f"{error.what.removeprefix('The lookup ').rstrip('.')}; write e.g. https://erp.example.com/{HOLE}"
                )
                yield Problem(("sources", name, "order_number", place, "lookup"), text)


def _limits(group: str, tables: dict[str, _Table]) -> Iterator[Problem]:
    for name, table in tables.items():
        limits = table.get("limits")
        if isinstance(limits, dict) and all(isinstance(count, int) for count in limits.values()):
            from returnsync.http.limits import parse_limits

            try:
                parse_limits(limits)
            except ValueError as error:
                yield Problem((group, name, "limits"), str(error).removeprefix("limits: "))


def _names(stores: dict[str, _Table], sources: dict[str, _Table]) -> Iterator[Problem]:
    """Sources with the name of a warehouse: counts, errors and rate limits are kept only by account name."""
    for name in sources:
        if name in stores:
            yield Problem(("sources", name), "has the name of a warehouse; name one of them differently")


def _missing_warehouses(stores: dict[str, _Table], sources: dict[str, _Table]) -> Iterator[Problem]:
    for name, table in sources.items():
        wanted = table.get("warehouse")
        if isinstance(wanted, str) and stores and wanted not in stores:
            question = did_you_mean(wanted, stores)
            text = f"no [warehouses.…] has this name; write one of: {', '.join(stores)}. {question}"
            yield Problem(("sources", name, "warehouse"), text.strip())


def _shared(sources: dict[str, _Table]) -> Iterator[Problem]:
    """Two sources with one identity, or one account at a platform that two sources read.

    Either would announce the same return twice, or mix up the returns of the two sources.
    """
    ids: dict[str, str] = {}
    accounts: dict[tuple[str, str], str] = {}
    for name, table in sources.items():
        lasting = table.get("id", name)
        if isinstance(lasting, str):
            if "id" in table and not NAME.fullmatch(lasting):
                yield Problem(("sources", name, "id"), NAME_RULE)
            if lasting in ids:
                text = f"is also that of [sources.{ids[lasting]}]; give each source an id of its own"
                yield Problem(("sources", name, "id"), text)
                continue
            ids[lasting] = name
        account = _account(table)
        if account is None:
            continue
        if account[1:] in accounts:
            text = f"is the same account as [sources.{accounts[account[1:]]}]; leave one of the two sources out"
            yield Problem(("sources", name, account[0]), text)
        accounts.setdefault(account[1:], name)


def _bundles(sources: dict[str, _Table]) -> Iterator[Problem]:
    """Bundles without a name or without parts, and bundles with a part that is a bundle too."""
    for source, table in sources.items():
        bundles = table.get("bundles")
        if not isinstance(bundles, dict):
            continue
        known = {name.strip() for name in bundles}
        for name, parts in bundles.items():
            at = ("sources", source, "bundles", name)
            if not name.strip():
                yield Problem(at, "names no bundle; write its SKU")
            elif name != name.strip() and name.strip() in bundles:
                yield Problem(at, "is written twice, with and without spaces around it; remove one of them")
            if parts == {}:
                yield Problem(at, 'is empty; write what is in one, e.g. { "SOCK-A" = 1, "SOCK-B" = 2 }, or remove it')
            yield from _bundle_parts(at, parts if isinstance(parts, dict) else {}, known)


def _bundle_parts(at: KeyPath, parts: _Table, bundles: set[str]) -> Iterator[Problem]:
    for part in parts:
        if not part.strip():
            yield Problem((*at, part), "names no article; write its SKU")
        elif part != part.strip() and part.strip() in parts:
            yield Problem((*at, part), "is written twice, with and without spaces around it; remove one of them")
        elif part.strip() in bundles:
            yield Problem((*at, part), "is itself a bundle; write what is in that one instead")


def _account(table: _Table) -> tuple[str, str, str] | None:
    """The setting that names the account of a source, its platform, and what the setting says."""
    kind = table.get("platform")
    try:
        key = PLATFORMS.find(kind).account_key if isinstance(kind, str) else ""
    except ConfigError:
        return None
    return (key, str(kind), str(table[key])) if key in table else None
