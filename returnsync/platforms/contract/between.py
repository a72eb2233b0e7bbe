"""A small server between a platform's client and its stand-in, for the contract.

It passes every request on, records it, and changes answers where a test asks for it: another status, another body, one
record among many edited. So a stand-in needs to know no faults, and every platform is tested with the same ones.
"""

import http.client
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import socket
    from datetime import datetime

_HOST = "127.0.0.1"
_PATIENCE = 10.0
# They belong to one connection, or are set again on the way out.
_OWN = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server", "host"})


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came; `target` is path and query, header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Canned:
    """An answer that is given instead of the stand-in's own."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


class Between:
    """Listens on a free port from its creation until `close`."""

    def __init__(self, upstream: str = "") -> None:
        """Pass requests on to the address `upstream`; without one, answer each with an empty object."""
        parts = urlsplit(upstream)
        self._upstream = parts.netloc
        self.seen: list[Seen] = []
        self.passed: list[Canned] = []
        """The stand-in's own answers, as they were passed on."""
        self.next: list[Canned | None] = []
        """Answers for the next requests, in order; `None` passes one on."""
        self.always: Canned | None = None
        """The answer to every request once `next` is used up."""
        self.edit: Callable[[Any], object] | None = None
        """Changes the parsed JSON of each answer passed on, in place."""
        self.rewrite: Callable[[bytes], bytes] | None = None
        """Changes the bytes of each answer passed on, after `edit`."""
        self.date: datetime | None = None
        """The content of the `Date` header, instead of the true time."""
        self.tells_time = True
        """Whether answers have a `Date` header at all."""
        self._server = _Server((_HOST, 0), _Handler)
        self._server.between = self
        self.url = f"http://{_HOST}:{self._server.server_address[1]}{parts.path}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        """Stop listening. Clients must be closed before, since their open connections are waited for."""
        self._server.shutdown()
        self._thread.join(_PATIENCE)
        self._server.server_close()

    def answer(self, seen: Seen) -> Canned:
        """Record a request and find its answer."""
        self.seen.append(seen)
        canned = self.next.pop(0) if self.next else self.always
        if canned is not None:
            return canned
        if not self._upstream:
            return Canned()
        self.passed.append(self._passed_on(seen))
        return self.passed[-1]

    def _passed_on(self, seen: Seen) -> Canned:
        connection = http.client.HTTPConnection(self._upstream, timeout=_PATIENCE)
        try:
            headers = {name: value for name, value in seen.headers.items() if name not in _OWN}
            connection.request(seen.method, seen.target, seen.body or None, {**headers, "accept-encoding": "identity"})
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        passed = dict(_kept(response.getheaders()))
        content_type = passed.pop("content-type", "application/octet-stream")
        if self.edit is not None and 200 <= response.status < 300:  # noqa: PLR2004 - the meaning of HTTP's numbers
            content = json.loads(body)
            self.edit(content)
            body = json.dumps(content).encode()
        if self.rewrite is not None:
            body = self.rewrite(body)
        return Canned(response.status, body, passed, content_type)


def _kept(headers: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, value in headers:
        if name.lower() not in _OWN:
            yield name.lower(), value


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    between: Between

    def handle_error(self, request: object, client_address: object) -> None:
        """A client may hang up when it has read enough; any other error is reported."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(cast("socket.socket", request), client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # The whole answer leaves at once; otherwise each would wait for the other side's delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        between = cast("_Server", self.server).between
        canned = between.answer(Seen(self.command, self.path, headers, self.rfile.read(length)))
        self.send_response_only(canned.status)
        date = format_datetime(between.date, usegmt=True) if between.date else self.date_time_string()
        own = {"Content-Type": canned.content_type, "Content-Length": str(len(canned.body))}
        if between.tells_time:
            own["Date"] = date
        for name, value in {**own, **canned.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(canned.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server's names
