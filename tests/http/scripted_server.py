"""A server that plays a script over real sockets, connection by connection."""

import contextlib
import json as jsonlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

Act = bytes | Callable[[socket.socket], None]


def answer(status: int = 200, body: bytes | str | object = b"{}", /, **headers: str) -> bytes:
    """A complete answer; bytes and texts are the body as they are, anything else is written as JSON."""
    if not isinstance(body, bytes):
        body = body.encode() if isinstance(body, str) else jsonlib.dumps(body).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode("latin-1") + body


def cut(body: bytes = b'{"whole": ', length: int = 100) -> Callable[[socket.socket], None]:
    """An answer that ends before its body does."""

    def act(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 X\r\nContent-Type: application/json\r\n")
        connection.sendall(b"Content-Length: %d\r\n\r\n" % length + body)
        hang_up(connection)

    return act


def hang_up(connection: socket.socket) -> None:
    """Close the connection normally, without an answer or without the end of it."""
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionError


def reset(connection: socket.socket) -> None:
    """Reset the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionError


def silence(connection: socket.socket) -> None:
    """Give no answer until the client gives up."""
    with contextlib.suppress(OSError):
        connection.recv(1)
    raise ConnectionError


def drip(start: bytes, again: bytes = b"x") -> Callable[[socket.socket], None]:
    """Send `start` at once, then `again` every few milliseconds for as long as the client is connected."""

    def act(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(again)
            connection.settimeout(0.005)
            with contextlib.suppress(TimeoutError):
                if not connection.recv(1):
                    raise ConnectionError

    return act


@dataclass(frozen=True)
class Seen:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """Plays `script`, one act per request; after its end it answers `{}`."""

    script: list[Act] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    greet: Callable[[socket.socket], None] | None = None
    """Called with each connection before anything is read."""

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._threads: list[threading.Thread] = []
        self.connections: list[socket.socket] = []
        self._main = threading.Thread(target=self._accept)
        self._main.start()

    def play(self, *acts: Act) -> None:
        self.script += acts

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._main.join()
        self._socket.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def wait_until_left(self) -> None:
        """Wait until every client has closed its connections, and close them here."""
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream, contextlib.suppress(OSError):
            if self.greet is not None:
                self.greet(connection)
            while first := stream.readline():
                method, target, _ = first.decode("latin-1").split(" ")
                headers: dict[str, str] = {}
                while line := stream.readline().decode("latin-1").strip():
                    name, _, value = line.partition(":")
                    headers[name.lower()] = value.strip()
                body = stream.read(int(headers.get("content-length", "0")))
                self.seen.append(Seen(method, target, headers, body))
                act = self.script.pop(0) if self.script else answer()
                if callable(act):
                    act(connection)
                else:
                    connection.sendall(act)
