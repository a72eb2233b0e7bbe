from collections.abc import Iterator

import pytest
import requests

from returnsync.sandbox import Sandbox, World
from returnsync.sandbox.world import monta_order, return_order


class Client:
    """A client with the right credentials on kept connections; every call has a timeout."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False

    def monta(self, path, method="GET", auth=("sandbox", "sandbox-password"), timeout=5, **options):
        return self.session.request(method, self.sandbox.monta_url + path, auth=auth, timeout=timeout, **options)

    def returnista(self, path, method="GET", token="sandbox.returnista.token", **options):  # noqa: S107  # opens nothing but the sandbox
        headers = {"Authorization": f"Bearer {token}"}
        return self.session.request(method, self.sandbox.returnista_url + path, headers=headers, timeout=5, **options)

    def list(self, **params):
        return self.returnista(f"/account/{self.sandbox.world.account_id}/return-orders", params=params)

    def announce(self, code="shop-1", order="1001", **options):
        line = {"WebshopOrderLineId": "9920011", "ReturnQuantity": 1, "ReturnReason": "Too small"}
        body = {"Code": code, "WebshopOrderId": order, "Lines": [line]}
        return self.monta("/returnforecast", "POST", json=body, **options)

    def label(self, code="shop-1", shipper="PostNL", **options):
        return self.monta(f"/returnforecast/{code}/returnlabel", params={"shipperCode": shipper}, **options)


@pytest.fixture
def world() -> World:
    """One order, and one return of it."""
    world = World.empty()
    world.orders.append(monta_order())
    world.return_orders.append(return_order())
    return world


@pytest.fixture
def sandbox(world: World) -> Iterator[Sandbox]:
    with Sandbox(world) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    made = Client(sandbox)
    with made.session:
        yield made
