"""Our requests and the stand-ins' answers, compared with the descriptions (OpenAPI) of three platforms' APIs.

The files are not part of the repository: they are looked for in `../shared/specs` beside it, or where
`$RETURNSYNC_SPECS` points. Known differences from a file are listed here with their reasons; any other one fails.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest
import specs
import test_channable
import test_loop
import test_sendcloud

from returnsync.errors import AccountRefused
from returnsync.platforms.contract import PlatformContract
from returnsync.platforms.interface import Platform
from returnsync.platforms.sendcloud import SendcloudSettings
from returnsync.sandbox import World


def read_all(test: Any) -> None:
    """Make every kind of read: of each return of a day, of more than a page, and of things that do not exist."""
    platform = test.open()
    listed = test.listed(platform=platform)
    assert listed.unreadable == []
    for ret in listed.returns.values():
        assert platform.one(ret.id) is not None
        platform.complete(ret)
        assert list(platform.find(ret.lines[0].order_number))
    test.add_many(test.page_size + 5)
    assert sum(page.returns != () for page in test.listed(platform=platform).pages) > 1
    assert platform.one("4711000") is None
    assert list(platform.find("4711000")) == []
    assert all(finding.ok for finding in platform.check())


def sendcloud(test: Any) -> None:
    for record in World.day().sendcloud.records:
        test.sendcloud.add(record)
    read_all(test)
    # The alternatives that no document decides (sendcloud.md, questions 1 and 6), and the other way to log in.
    test.sendcloud.sends_ids = test.sendcloud.links_in_header = True
    test.listed()
    test.sendcloud.oauth_only = True
    list(test.open(auth="oauth2", token_url=test.between.url.replace("/api/v3", "/oauth2/token")).check())
    refused(test, test.open())


def channable(test: Any) -> None:
    account = World.day().channable
    for record in account.returns:
        test.channable.add(record)
    for record in account.orders:
        test.channable.add_order(record)
    read_all(test)
    test.channable.token = "another"
    refused(test, test.open())


def loop(test: Any) -> None:
    account = World.day().loop
    test.loop.account.destinations = account.destinations
    for record in account.records:
        test.loop.add(record)
    read_all(test)
    test.loop.account.scopes = frozenset()
    refused(test, test.open())
    test.loop.account.api_key = "another"
    refused(test, test.open())


def refused(test: Any, platform: Platform) -> None:
    before = len(test.between.seen)
    with pytest.raises(AccountRefused):
        list(platform.check())
    assert len(test.between.seen) == before + 1


def as_it_is(_content: Any) -> None:
    pass


def with_return_data(content: Any) -> None:
    """Add the shape of a return's data: the file has it from an example, but leaves the field itself open."""
    shape = {"$ref": "#/components/schemas/ReturnDataShape"}
    content["components"]["schemas"]["EfferentReturn"]["properties"]["data"] = shape


def with_pages(content: Any) -> None:
    """Add pages: the file has the list without `paginate`, and mentions pages only in words (loop.md, section 1)."""
    answer = content["paths"]["/warehouse/return/list"]["get"]["responses"]["200"]["content"]["application/json"]
    link = {"type": ["string", "null"]}
    answer["schema"] = {
        "type": "object",
        "required": ["returns", "nextPageUrl"],
        "properties": {"returns": answer["schema"], "nextPageUrl": link, "previousPageUrl": link},
    }


@dataclass(frozen=True, eq=False)
class Case:
    """One platform: the class of its contract, the reads, the files, and the known differences."""

    contract: type[PlatformContract]
    read: Callable[[Any], None]
    files: Mapping[str, Callable[[Any], None]]
    known: Mapping[str, frozenset[str]]
    """The known differences, by their reasons. Each must occur."""

    def specs(self) -> list[specs.Spec]:
        return [specs.Spec(name, amend) for name, amend in self.files.items()]


def fields(place: str, *names: str) -> frozenset[str]:
    return frozenset(f"{place}{name}: not described" for name in names)


def everywhere(places: Iterable[str], *endings: str) -> frozenset[str]:
    return frozenset(place + ending for place in places for ending in endings)


SENDCLOUD = Case(
    test_sendcloud.TestSendcloud,
    sendcloud,
    {"sendcloud-v3-returns.yaml": as_it_is},
    {
        "the token is given by another host, which the file names among its ways to log in": fields(
            "", "POST /sendcloud/oauth2/token"
        ),
        "of the list the file has no answer but the good one": fields("", "GET /returns, 401"),
        "whether the list shows ids is open: the file has them in the path of a return only": fields(
            "GET /returns, 200: data.*.", "id"
        ),
        "at either end of the list a link may be null; the file has none but strings": everywhere(
            ["GET /returns, 200: "], "next: null instead of string", "previous: null instead of string"
        ),
        "an article without a reason was seen with null in its place": everywhere(
            ["GET /returns, 200: "], "data.*.parcel_items.*.return_reason: null instead of object"
        ),
    },
)

_RETURNS = "GET /v1/companies/{company_id}/projects/{project_id}/returns"
_SHOWN = (f"{_RETURNS}, 200: returns.*.", f"{_RETURNS}/{{return_id}}, 200: return.")
CHANNABLE = Case(
    test_channable.TestChannable,
    channable,
    {"channable-returns-openapi.yaml": with_return_data},
    {
        "of returns the file has no error but 422": fields(_RETURNS, ", 401", "/{return_id}, 404"),
        "older returns have times without a zone": everywhere(
            _SHOWN, "created: no date-time", "modified: no date-time", "retrieved_at: no date-time"
        ),
        "older returns have a house number that is one, and fields that are gone": everywhere(
            _SHOWN,
            "data.address.house_number: integer instead of string or null",
            "data.address.address2: not described",
            "data.item.order_id: not described",
        ),
        "what is left where personal data was removed is open: the least is nothing": everywhere(
            _SHOWN, "data.customer.gender: null instead of string"
        ),
    },
)

_LIST, _DETAILS = "GET /warehouse/return/list, 200: returns.*.", "GET /warehouse/return/details, 200: "
_ABRIDGED = (
    *("line_items", "labels", "exchanges", "type", "edited_at", "was_processed", "refund_before_inspection"),
    *("order_number", "provider_order_id", "provider_order_number", "origin_country", "origin_country_code"),
    *("return_method", "package_reference"),
)
_ABRIDGED_IN_DETAILS = (
    *("customer_email", "customer_first_name", "customer_last_name", "currency", "refund", "destination_id"),
    *("carrier", "tracking_number", "label_status", "label_url"),
)
LOOP = Case(
    test_loop.TestLoop,
    loop,
    {"loop-returns.openapi.yaml": with_pages, "loop-destinations.openapi.yaml": as_it_is},
    {
        "that there are pages stands in the file in words only": fields(
            "GET /warehouse/return/list, asked: ", "paginate", "pageSize", "cursor"
        ),
        "the file abridges a return in the list": fields(_LIST, *_ABRIDGED, "outcome"),
        "the file abridges a return in its details further": fields(_DETAILS, *_ABRIDGED, *_ABRIDGED_IN_DETAILS),
        "what is not there is an error with HTTP 200, of which the file says nothing": fields(_DETAILS, "error"),
        "a key without the scope is refused in another shape": fields("GET /warehouse/return/list, 401: ", "errors"),
        "the details were seen with numbers, and with times without a zone": everywhere(
            [_DETAILS],
            "id: integer instead of string",
            "order_id: integer instead of string",
            "created_at: no date-time",
            "updated_at: no date-time",
        ),
    },
)
CASES = [pytest.param(case, id=case.contract.platform.kind) for case in (SENDCLOUD, CHANNABLE, LOOP)]


@cache
def traffic(case: Case) -> tuple[str, tuple[tuple[Any, Any], ...]]:
    """The base path of the API, and every request with its answer."""
    test: Any = case.contract()
    test.setup_method()
    try:
        case.read(test)
        between = test.between
        return urlsplit(between.url).path, tuple(zip(between.seen, between.passed, strict=True))
    finally:
        test.teardown_method()


@cache
def described(case: Case) -> list[specs.Spec]:
    return case.specs()


@pytest.mark.parametrize("case", CASES)
def test_requests_and_answers_are_as_described_but_for_what_is_named(case):
    assert specs.all_differences(described(case), *traffic(case)) == frozenset().union(*case.known.values())


@pytest.mark.parametrize(
    ("case", "routes"),
    [
        (SENDCLOUD, {"/returns", None}),
        (CHANNABLE, {"returns", "returns/{return_id}", "orders", "orders/{order_id}"}),
        (LOOP, {"/warehouse/return/list", "/warehouse/return/details", "/destinations"}),
    ],
)
def test_every_read_is_among_what_is_held_against_the_files(case, routes):
    base, pairs = traffic(case)
    asked = {(seen.method, urlsplit(seen.target).path.removeprefix(base)) for seen, _ in pairs}
    found = {next(filter(None, (spec.route(*one) for spec in described(case))), None) for one in asked}
    assert {route and route.rpartition("{project_id}/")[2] for route in found} == routes


@pytest.mark.parametrize("case", CASES)
def test_the_address_is_the_one_that_is_described(case):
    told = case.contract.platform.settings.model_fields["base_url"].default
    assert {spec.server for spec in described(case)} == {told}


def test_the_address_for_tokens_is_the_one_that_is_described():
    (spec,) = described(SENDCLOUD)
    scheme = spec.content["components"]["securitySchemes"]["OAuth2ClientCreds"]
    # Sendcloud's descriptions differ in the slash at the end of the address: those of v3 have one, that of v2 does not.
    told = scheme["flows"]["clientCredentials"]["tokenUrl"].removesuffix("/")
    assert told == SendcloudSettings.model_fields["token_url"].default


# ---- differences are noticed


def new_differences(case: Case, seen: Any, answer: Any) -> set[str]:
    """The differences of a request and its answer that are not known."""
    base, _ = traffic(case)
    return specs.all_differences(described(case), base, [(seen, answer)]) - frozenset().union(*case.known.values())


def listing(case: Case) -> tuple[Any, Any]:
    """The request and the answer of a list of returns, reduced to its first return."""
    _, pairs = traffic(case)
    for seen, answer in pairs:
        content = json.loads(answer.body)
        records = case.contract().records(content) if answer.status == 200 else None
        if records:
            del records[1:]
            return seen, replace(answer, body=json.dumps(content).encode())
    raise AssertionError("no list of returns was read")


@pytest.mark.parametrize(
    ("case", "name", "value", "told"),
    [
        (SENDCLOUD, "created_at", "soon", "GET /returns, 200: data.*.created_at: no date-time"),
        (SENDCLOUD, "is_cancellable", "yes", "GET /returns, 200: data.*.is_cancellable: string instead of boolean"),
        (SENDCLOUD, "status", "done", "GET /returns, 200: data.*.status: 'done' is not one of"),
        (SENDCLOUD, "weight", None, "GET /returns, 200: data.*.weight: null instead of object"),
        (SENDCLOUD, "to_address", {"town": 1}, "GET /returns, 200: data.*.to_address.town: not described"),
        (CHANNABLE, "status", "done", f"{_SHOWN[0]}status: 'done' is not one of"),
        (CHANNABLE, "id", "90211", f"{_SHOWN[0]}id: string instead of integer"),
        (CHANNABLE, "data", {"item": {"gtin": 5}}, f"{_SHOWN[0]}data.item.gtin: integer instead of string or null"),
        (CHANNABLE, "sku", "A", f"{_SHOWN[0]}sku: not described"),
        (LOOP, "id", 5, f"{_LIST}id: integer instead of string"),
        (LOOP, "updated_at", "2026-01-01 10:00:00", f"{_LIST}updated_at: no date-time"),
        (LOOP, "items", [], f"{_LIST}items: not described"),
    ],
)
def test_a_field_that_is_not_as_described_is_noticed(case, name, value, told):
    seen, answer = listing(case)
    content = json.loads(answer.body)
    case.contract().records(content)[0][name] = value
    found = new_differences(case, seen, replace(answer, body=json.dumps(content).encode()))
    assert any(one.startswith(told) for one in found), found


@pytest.mark.parametrize(("case", "name"), [(SENDCLOUD, "weight"), (CHANNABLE, "obfuscated")])
def test_a_field_that_has_to_be_there_is_missed(case, name):
    seen, answer = listing(case)
    content = json.loads(answer.body)
    del case.contract().records(content)[0][name]
    (told,) = new_differences(case, seen, replace(answer, body=json.dumps(content).encode()))
    assert told.endswith(f": '{name}' is a required property")


@pytest.mark.parametrize("case", CASES)
def test_another_answer_is_noticed(case):
    seen, answer = listing(case)
    assert new_differences(case, seen, answer) == set()
    assert new_differences(case, seen, replace(answer, body=b"[5]"))
    assert new_differences(case, seen, replace(answer, content_type="text/html"))
    (told,) = new_differences(case, seen, replace(answer, status=418))
    assert told.endswith(", 418: not described")


@pytest.mark.parametrize("case", CASES)
def test_another_request_is_noticed(case):
    seen, answer = listing(case)
    path, _, query = seen.target.partition("?")
    for other, ending in (
        (replace(seen, target=f"{path}?{query}&wish=1"), ", asked: wish: not described"),
        (replace(seen, target=f"{path}/of/all?{query}"), "/of/all: not described"),
        (replace(seen, target=f"/elsewhere{path}?{query}"), f"GET /elsewhere{path}: not described"),
        (replace(seen, method="DELETE"), f"DELETE {path}: not described"),
    ):
        (told,) = new_differences(case, other, answer)
        assert told.endswith(ending)
    (told,) = new_differences(case, replace(seen, headers={}), answer)
    assert "Security" in told


@pytest.mark.parametrize(
    ("case", "query", "about"),
    [
        (SENDCLOUD, "to_date=2026-01-02+00%3A00%3A00", "from_date"),
        (SENDCLOUD, "from_date=a&to_date=b&page_size=41", "page_size"),
        (CHANNABLE, "limit=101", "limit"),
        (CHANNABLE, "last_modified_after=yesterday", "last_modified_after"),
        (CHANNABLE, "search=", "search"),
        (LOOP, "filter=deleted_at", "filter"),
        (LOOP, "state=archived", "state"),
    ],
)
def test_a_parameter_that_is_not_as_described_is_noticed(case, query, about):
    seen, answer = listing(case)
    path, _, _ = seen.target.partition("?")
    found = new_differences(case, replace(seen, target=f"{path}?{query}"), answer)
    assert found
    assert all(", asked: " in told and about in told for told in found)


def test_where_the_files_are_not_the_tests_are_skipped(monkeypatch, tmp_path):
    monkeypatch.setenv(specs.VARIABLE, str(tmp_path))
    with pytest.raises(pytest.skip.Exception, match=r"\.\./shared/specs beside the repository"):
        SENDCLOUD.specs()
