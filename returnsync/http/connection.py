"""The connections of one account, made so that an exchange over them can be cut at any moment.

urllib3 makes, keeps and reuses them. This module adds that each connection gives the exchange that it serves a way to
shut it down, and that the lookup of the host's name and the tries of its addresses stay within that exchange's time.
"""

import ipaddress
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NameResolutionError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

from returnsync import clock
from returnsync.http.deadline import Exchange, Handle, exchange_in_hand
from returnsync.http.origin import is_loopback

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")

_Address = tuple[int, int, int, str, tuple[Any, ...]]

# For how many seconds after its last answer a connection may still carry an effect. Servers close an idle one, some
# after 5 s; for a request that crosses the closing on the way, it is unknown whether it was read.
_FRESH = 5.0

# A timeout of 0 would mean "do not wait at all", which raises a different error.
_SHORTEST = 0.001


class Adapter(HTTPAdapter):
    """The adapter of `requests`, whose pools give connections that can be cut, also through proxies."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:  # noqa: FBT001, FBT002 - the signature of `requests`
        """Replace the classes of the pools by ours."""
        super().init_poolmanager(connections, maxsize, block, **more)
        self.poolmanager.pool_classes_by_scheme = _that_can_be_cut(self.poolmanager.pool_classes_by_scheme)

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        """Replace the classes of a proxy's pools by ours, too."""
        manager = super().proxy_manager_for(proxy, **more)
        manager.pool_classes_by_scheme = _that_can_be_cut(manager.pool_classes_by_scheme)
        return manager


def _that_can_be_cut(pools: dict[str, Any]) -> dict[str, Any]:
    return {scheme: pool if issubclass(pool, _Pool) else _pool_class(pool) for scheme, pool in pools.items()}


@cache
def _pool_class(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    """A class of pool whose connections can be cut."""
    connection = type(pool.ConnectionCls.__name__, (_Connection, pool.ConnectionCls), {})
    return type(pool.__name__, (_Pool, pool), {"ConnectionCls": connection})


class _Pool(HTTPConnectionPool):
    """Mixed into a pool: keeps only connections that were not cut, and gives an effect none that was idle for long."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        conn = cast("Any", super()._get_conn(timeout))
        # Closed here, before urllib3 checks whether it is closed: then it builds the tunnel through a proxy again.
        if exchange_in_hand().effect and conn.idle_for > _FRESH:
            conn.close()
        return conn

    def _put_conn(self, conn: Any) -> None:
        if conn is not None and not conn.let_go():
            conn.close()
        super()._put_conn(conn)


class _Connection(HTTPConnection):
    """Mixed into a class of connection: tells the exchange in hand how to cut it."""

    _exchange: Exchange | None = None
    _handle: Handle | None = None
    _answered: float | None = None

    @property
    def idle_for(self) -> float:
        """How many seconds ago it last answered; 0 for a new one that never did."""
        return 0.0 if self._answered is None else clock.elapsed() - self._answered

    def _new_conn(self) -> socket.socket:
        """Connect within the time of the exchange; raise what urllib3 raises where no connection can be made."""
        exchange = self._exchange = exchange_in_hand()
        if hasattr(self, "_socks_options"):
            connection = self._in_time(exchange, exchange.left, super()._new_conn, socket.socket.close)
            self._handle = Handle(connection)
        else:
            connection, self._handle = self._connect(exchange, self._look_up(exchange))
        exchange.wait_on(self._handle.shut)
        return connection

    def request(self, *args: Any, **more: Any) -> None:
        """Send a request, on a new connection or on a reused one."""
        exchange = self._exchange = exchange_in_hand()
        if self._handle is not None:
            exchange.wait_on(self._handle.shut)
        if self.sock is None:
            self.connect()
        if exchange.cut is not None:
            # A tunnel or a handshake that was cut may look as if it had ended normally.
            raise NewConnectionError(cast("Any", self), "it was cut before anything was sent")
        exchange.sent = True
        super().request(*args, **more)

    def close(self) -> None:
        """Close it, and the second handle as soon as nothing is read through it any longer."""
        try:
            super().close()
        finally:
            handle, self._handle = self._handle, None
            if handle is not None and self._exchange is not None:
                self._exchange.keep(handle)
            elif handle is not None:
                handle.close()

    def let_go(self) -> bool:
        """Leave the exchange that it served; false when that was cut, and the connection with it."""
        exchange, self._exchange = self._exchange, None
        self._answered = clock.elapsed()
        return exchange is None or exchange.let_go()

    def _look_up(self, exchange: Exchange) -> list[_Address]:
        """The addresses of the host. The system's lookup cannot be ended, so a thread runs it that may be abandoned."""
        host = self._dns_host.strip("[]")
        look_up = partial(socket.getaddrinfo, host, self.port, allowed_gai_family(), socket.SOCK_STREAM)
        try:
            if _needs_no_lookup(host):
                return cast("list[_Address]", look_up())
            return cast("list[_Address]", self._in_time(exchange, self._patience(exchange), look_up))
        except socket.gaierror as error:
            raise NameResolutionError(self.host, cast("Any", self), error) from error
        except UnicodeError:
            raise LocationParseError("the host, a part of which is empty or too long") from None

    def _connect(self, exchange: Exchange, addresses: list[_Address]) -> tuple[socket.socket, Handle]:
        """Try each address in turn while the exchange has time."""
        failure = OSError("the host has no address")
        for family, kind, protocol, _name, place in addresses:
            try:
                return self._connect_to(exchange, socket.socket(family, kind, protocol), place)
            except OSError as error:
                failure = error
            if exchange.cut is not None or exchange.left <= 0:
                break
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, "The connection took too long.") from failure
        raise NewConnectionError(cast("Any", self), f"No connection: {failure}") from failure

    def _connect_to(
        self, exchange: Exchange, connection: socket.socket, place: tuple[Any, ...]
    ) -> tuple[socket.socket, Handle]:
        handle: Handle | None = None
        try:
            for option in self.socket_options or ():
                connection.setsockopt(*option)
            connection.settimeout(self._patience(exchange))
            handle = Handle(connection)
            exchange.wait_on(handle.shut)
            connection.connect(place)
        except BaseException:
            exchange.let_go()
            connection.close()
            if handle is not None:
                handle.close()
            raise
        connection.settimeout(self.timeout)
        return connection, handle

    def _patience(self, exchange: Exchange) -> float:
        """How long one step towards a connection may take."""
        return max(_SHORTEST, min(cast("float", self.timeout), exchange.left))

    def _in_time(
        self,
        exchange: Exchange,
        seconds: float,
        work: Callable[[], T],
        throw_away: Callable[[T], object] = lambda _result: None,
    ) -> T:
        """The result of `work`, done in a thread of its own; a result that comes too late is thrown away."""
        from concurrent.futures import CancelledError, Future

        result: Future[T] = Future()
        threading.Thread(target=_fill, args=(result, work, throw_away), name="returnsync-lookup", daemon=True).start()
        exchange.wait_on(result.cancel)
        try:
            return result.result(seconds)
        except (TimeoutError, CancelledError) as error:
            if not result.cancel():
                return result.result()
            raise ConnectTimeoutError(self, "Looking the host up took too long.") from error
        finally:
            exchange.let_go()


def _fill(result: "Future[T]", work: Callable[[], T], throw_away: Callable[[T], object]) -> None:
    from concurrent.futures import InvalidStateError

    try:
        found = work()
    except Exception as error:  # noqa: BLE001 - raised again in the thread that waits, if one still does
        with suppress(InvalidStateError):
            result.set_exception(error)
        return
    try:
        result.set_result(found)
    except InvalidStateError:
        throw_away(found)


def _needs_no_lookup(host: str) -> bool:
    if is_loopback(host):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
