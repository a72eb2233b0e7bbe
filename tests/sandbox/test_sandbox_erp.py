"""The stand-in of an ERP: its answers, and the credentials that it needs."""

import base64
import json
from http.client import HTTPConnection

import pytest

from returnsync.sandbox import Fault


def get(sandbox, path, **headers):
    connection = HTTPConnection("127.0.0.1", sandbox.port, timeout=5)
    try:
        connection.request("GET", sandbox.erp.prefix + path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def bearer(sandbox):
    return {"Authorization": f"Bearer {sandbox.erp.token}"}


def test_it_knows_what_a_test_tells_it_and_nothing_else(sandbox):
    sandbox.erp.numbers["10/01"] = "W-1"
    status, body = get(sandbox, "/orders/10%2F01", **bearer(sandbox))
    assert (status, json.loads(body)["order"]["number"]) == (200, "W-1")
    assert get(sandbox, "/orders/1002", **bearer(sandbox))[0] == 404
    assert json.loads(get(sandbox, "/search?q=10%2F01", **bearer(sandbox))[1]) == {"orders": [{"number": "W-1"}]}
    assert json.loads(get(sandbox, "/search?q=1002", **bearer(sandbox))[1]) == {"orders": []}
    assert sandbox.erp.asked == ["10/01", "1002", "10/01", "1002"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"X-Api-Key": "sandbox.erp.token"}, 404),
        ({"Authorization": "Basic " + base64.b64encode(b"erp:sandbox.erp.token").decode()}, 404),
        ({"Authorization": "Basic " + base64.b64encode(b"other:sandbox.erp.token").decode()}, 401),
    ],
)
def test_it_wants_its_token_in_one_of_the_usual_places(sandbox, headers, status):
    assert get(sandbox, "/orders/1", **headers)[0] == status


def test_it_fails_where_it_is_told_to(sandbox):
    sandbox.faults.add(Fault("erp.order", "status", call=2, status=503))
    assert [get(sandbox, "/orders/1", **bearer(sandbox))[0] for _ in range(3)] == [404, 503, 404]
