"""A receiver of messages on loopback that misbehaves as a test says."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """The messages that came, in order, and the answers to them."""

    url: str = ""
    came: list[tuple[str, bytes]] = field(default_factory=list)
    """Path and body of each message."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"OK"
    has_one: threading.Event = field(default_factory=threading.Event)
    """Set once a message came."""
    is_silent: bool = False
    """Whether it answers nothing at all, until the test ends."""

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.came]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver, over = Receiver(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.came.append((self.path, self.rfile.read(int(self.headers.get("Content-Length") or 0))))
            receiver.has_one.set()
            if receiver.is_silent:
                over.wait()
                self.close_connection = True
                return
            self.send_response(receiver.status)
            for name, value in {"Content-Length": str(len(receiver.body)), **receiver.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(receiver.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()
