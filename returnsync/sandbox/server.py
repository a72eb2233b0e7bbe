"""The sandbox: every stand-in behind one HTTP server on loopback, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from returnsync.sandbox.app import TRANSPORT, SandboxApp
from returnsync.sandbox.channable import Channable
from returnsync.sandbox.counts import Counts
from returnsync.sandbox.erp import Erp
from returnsync.sandbox.faults import Fault, Faults
from returnsync.sandbox.loop import Loop
from returnsync.sandbox.monta import Monta
from returnsync.sandbox.monta_accounts import MontaAccounts
from returnsync.sandbox.orders_page import OrderPages
from returnsync.sandbox.page import Pages
from returnsync.sandbox.returnista import Returnista
from returnsync.sandbox.returnless import Returnless
from returnsync.sandbox.returnly import Returnly
from returnsync.sandbox.sendcloud import Sendcloud
from returnsync.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from returnsync.sandbox.mail import MailServer
    from returnsync.sandbox.wire import Operation, ReturnPlatform, StandIn

HOST = "127.0.0.1"
_PATIENCE = 10.0


class Sandbox:
    """Stand-ins for every system that returnsync talks to, as real HTTP servers on 127.0.0.1.

    It is a context manager: entering returns once it listens, leaving returns once its thread is gone and every
    connection is closed. Port 0 takes a free port. `latency` is how many seconds each answer of a stand-in takes. The
    stand-ins (`monta`, `returnista` …), `counts` and `faults` may be used from any thread, also before entering and
    after leaving. With `with_mail`, there is also a mail server at the next port, whose mails are shown at `/mails`.
    """

    def __init__(
        self,
        world: World | None = None,
        port: int = 0,
        latency: float = 0.0,
        faults: Iterable[Fault | str] = (),
        *,
        with_mail: bool = False,
    ) -> None:
        """Set up the world, a realistic day when none is given. Raises ValueError on an impossible fault."""
        self.world = World.day() if world is None else world
        self.counts = Counts()
        self.monta = Monta(self.world, self.counts)
        self._monta_accounts = MontaAccounts(self.monta)
        self.returnista = Returnista(self.world, self.counts)
        self.sendcloud = Sendcloud(self.world.sendcloud, self.counts)
        self.channable = Channable(self.world.channable, self.counts)
        self.returnly = Returnly(self.world.returnly, self.counts)
        self.returnless = Returnless(self.world.returnless, self.counts)
        self.loop = Loop(self.world.loop, self.counts)
        # A platform that is added here gets routes, counts and faults, is shown, and is part of the demo.
        self.platforms: tuple[ReturnPlatform, ...] = (
            *(self.returnista, self.sendcloud, self.channable, self.returnly, self.returnless, self.loop),
        )
        self.erp = Erp()
        self.stand_ins: tuple[StandIn, ...] = (self._monta_accounts, *self.platforms, self.erp)
        names = [operation.name for stand_in in self.stand_ins for operation in stand_in.operations()]
        self.faults = Faults(names)
        self.faults.add(*(self.faults.parse(fault) if isinstance(fault, str) else fault for fault in faults))
        self.mail: MailServer | None = None
        """The mail server, if one is wanted."""
        self.orders = OrderPages(self.monta)
        pages: list[Operation] = [
            *Pages(self.counts, self.faults, with_mail=with_mail).operations(),
            *self.orders.operations(),
        ]
        if with_mail:
            from returnsync.sandbox.mail import MailServer
            from returnsync.sandbox.mail_page import MailPages

            self.mail = MailServer(port=port + 1 if port else 0)
            pages += MailPages(self.mail).operations()
        self._app = SandboxApp(self.stand_ins, pages, self.counts, self.faults, latency)
        self._wanted_port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._port: int | None = None

    def __enter__(self) -> Self:
        """Listen. Raises OSError when the port is taken."""
        if self._server is not None:
            raise RuntimeError("the sandbox is running already")
        listener = _listener(self._wanted_port)
        if self.mail is not None:
            try:
                self.mail.__enter__()
            except OSError:
                listener.close()
                raise
        self._port = listener.getsockname()[1]
        self._server = _Server(self._app)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="returnsync-sandbox", daemon=True
        )
        self._thread.start()
        if not self._server.listening.wait(_PATIENCE):
            raise RuntimeError(f"the sandbox does not listen on {HOST}:{self._port}")
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop listening, drop open connections, and wait for the thread."""
        if self._server is not None and self._thread is not None:
            self._server.stop()
            self._thread.join(_PATIENCE)
        self._server = self._thread = None
        if self.mail is not None:
            self.mail.__exit__(exception_type, exception, traceback)

    def add_merchant(self, world: World) -> Monta:
        """Add another merchant at Monta's address, with the login, the orders and the channels of a world."""
        merchant = Monta(world, self.counts)
        self._monta_accounts.add(merchant)
        return merchant

    def sign_addresses(self) -> None:
        """From now on, sign addresses of labels and tracking pages each time they are shown, as file stores do."""
        self._app.signing = True

    @property
    def port(self) -> int:
        """The port it listens on; known once the context is entered."""
        if self._port is None:
            raise RuntimeError("the sandbox has no port before it is entered")
        return self._port

    @property
    def url(self) -> str:
        """The address of the page for people."""
        return f"http://{HOST}:{self.port}"

    @property
    def monta_url(self) -> str:
        """The address in place of https://api-v6.monta.nl."""
        return self.url + self.monta.prefix

    @property
    def erp_url(self) -> str:
        """Where an order number can be looked up: `/orders/{number}` and `/search?q={number}` below it."""
        return self.url + self.erp.prefix

    @property
    def returnista_url(self) -> str:
        """The address in place of https://core.returnista.com/api/v0."""
        return self.url + self.returnista.prefix


def serve(  # those of the sandbox, and two of its own
    world: World | None = None,
    port: int = 0,
    latency: float = 0.0,
    faults: Iterable[Fault | str] = (),
    *,
    with_mail: bool = False,
    ready: Callable[[Sandbox], object] | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Run a sandbox until `stop` is set or the person presses Ctrl-C, which is raised as KeyboardInterrupt.

    `ready` is called once it listens, to tell the person its address.
    """
    with Sandbox(world, port, latency, faults, with_mail=with_mail) as sandbox:
        if ready is not None:
            ready(sandbox)
        stopped = threading.Event() if stop is None else stop
        # It wakes now and then, since a signal that the system gives to another thread does not end an endless wait.
        while not stopped.wait(0.5):
            pass


def _listener(port: int) -> socket.socket:
    """Bind a socket with its protocol named explicitly.

    Only then does asyncio turn off Nagle's algorithm, which adds 40 ms to every answer on a kept connection.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener


class _Protocol(H11Protocol):
    """HTTP/1.1 that gives each request its connection, so that a fault can reset it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn itself
        """Put the connection into the state that each request's scope copies."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}


class _Server(uvicorn.Server):
    """Uvicorn that starts and stops at once: its own loop only checks every 0.1 s whether to stop, and then waits."""

    def __init__(self, app: SandboxApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="none",
                loop="asyncio",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level="error",
                access_log=False,
                proxy_headers=False,
                # Each answer carries the `Date` of its own stand-in (`app.py`).
                date_header=False,
                # Longer than any pause of a client under test: the server only hangs up early if a fault says so.
                timeout_keep_alive=75,
            )
        )
        self.listening = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ask the server's thread to end; from any thread."""
        self.should_exit = True
        if self._loop is not None:
            # The loop may have ended on its own, after a failure that the thread has reported.
            try:
                self._loop.call_soon_threadsafe(self._stopping.set)
            except RuntimeError:
                return

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.listening.set()

    async def main_loop(self) -> None:
        """Wait until asked to stop."""
        if not self.should_exit:
            await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close every connection and end every answer that is still held back."""
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        # Connections first: uvicorn reports a request that ends unanswered, unless its client is gone.
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for server in self.servers:
            await server.wait_closed()
