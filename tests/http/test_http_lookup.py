"""One lookup at one address: where the number is put, and that nothing of it is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.errors import ConfigError, Refused
from returnsync.http.auth import Basic, Bearer, HeaderAuth
from returnsync.http.lookup import Asker, Question
from returnsync.http.retry import RetryPolicy
from returnsync.sandbox import Sandbox, World

HOLE = "{number}"


@pytest.fixture(scope="module")
def erp():
    with Sandbox(World.empty()) as sandbox:
        yield sandbox


def asker(sandbox, path, auth=None):
    auth = auth or Bearer(sandbox.erp.token)
    return Asker("shop/lookup", sandbox.erp_url + path, auth, hole=HOLE, retry=RetryPolicy(attempts=1))


@pytest.fixture(scope="module")
def by_path(erp):
    with asker(erp, "/orders/{number}") as client:
        yield client


@pytest.fixture(scope="module")
def by_query(erp):
    with asker(erp, "/search?v=1&q={number}") as client:
        yield client


NUMBERS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(
    lambda text: text not in (".", "..")
)


@given(NUMBERS)
def test_any_number_arrives_as_it_is_by_path_and_by_query(erp, by_path, by_query, number):
    erp.erp.numbers = {number: "W-1"}
    assert by_path.ask(number).json()["order"]["number"] == "W-1"
    assert by_query.ask(number).json()["orders"] == [{"number": "W-1"}]


@pytest.mark.parametrize("number", ["", ".", ".."])
def test_what_would_change_the_address_is_never_asked_for(by_path, number):
    with pytest.raises(ValueError, match="not to be asked for"):
        by_path.ask(number)


def test_an_error_names_the_account_and_the_route_and_not_the_number(erp, by_path):
    erp.erp.numbers = {}
    with pytest.raises(Refused) as told:
        by_path.ask("4711")
    assert told.value.status == 404
    assert told.value.what == "shop/lookup: GET /erp/orders/{number} was answered with 404."


@pytest.mark.parametrize("kind", ["bearer", "basic", "header"])
def test_each_way_to_log_in_is_taken(erp, kind):
    token = erp.erp.token
    auth = {"bearer": Bearer(token), "basic": Basic("erp", token), "header": HeaderAuth("X-Api-Key", token)}[kind]
    erp.erp.numbers = {"1": "W-1"}
    with asker(erp, "/orders/{number}", auth) as client:
        assert client.ask("1").json()["order"]["number"] == "W-1"


def test_an_address_is_sent_as_it_is_written():
    question = Question.parse("https://erp.example.com/v1/Orders('{number}')/?x=a%20b c", HOLE, "lookup")
    assert question == ("https://erp.example.com", "/v1/Orders('{number}')/?x=a%20b%20c")


@pytest.mark.parametrize(
    "address",
    ["http://erp.example.com/{number}", "https://u:p4ss@e.example/{number}", "https://{number}.example/", "https://e.example/",
     "https://e.example/#{number}", "https://[p4ss/{number}", "e.example/{number}", ""],
)  # fmt: skip
def test_an_address_that_cannot_be_asked_is_refused_and_not_repeated(address):
    with pytest.raises(ConfigError) as told:
        Question.parse(address, HOLE, "lookup")
    assert "p4ss" not in told.value.what + told.value.next_step
