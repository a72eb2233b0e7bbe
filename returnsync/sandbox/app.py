"""The HTTP side of the sandbox: routes, counts, and what a fault does to an answer on its way out."""

from __future__ import annotations

import asyncio
import itertools
import re
import socket
import struct
from collections import defaultdict
from dataclasses import replace
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING

from starlette.routing import Route, Router

from returnsync.sandbox import wire
from returnsync.sandbox.counts import UNROUTED, Counts
from returnsync.sandbox.faults import BEFORE, Fault, Faults
from returnsync.sandbox.twisted import odd_body, twist_body, with_text

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The key in a request's scope under which the protocol of `server.py` leaves the connection.
TRANSPORT = "returnsync.transport"

_HTML_PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body><h1>Please sign in</h1></body></html>"
# The address of a label file, or of a tracking page.
_TO_SIGN = re.compile(rb'"(https://[^"]*(?:label|tracking)[^"]*)"')

_CHUNK = b" " * (1 << 16)
_CHUNKS_PER_MEGABYTE = (1 << 20) // len(_CHUNK)


class SandboxApp:
    """The ASGI application over some stand-ins and the sandbox's own pages."""

    def __init__(
        self,
        stand_ins: Iterable[wire.StandIn],
        pages: Iterable[wire.Operation],
        counts: Counts,
        faults: Faults,
        latency: float,
    ) -> None:
        """Set up the routes. `latency` is how many seconds each stand-in takes for an answer."""
        self._counts = counts
        self._faults = faults
        self._latency = latency
        self.signing = False
        """Whether addresses of labels and tracking pages carry a signature, another one each time they are shown."""
        self._signatures = itertools.count(1)
        endpoints: defaultdict[str, dict[str, _Endpoint]] = defaultdict(dict)
        for stand_in in stand_ins:
            for operation in stand_in.operations():
                endpoint = _Endpoint(self, operation, stand_in.lock)
                endpoints[stand_in.prefix + operation.path][operation.method] = endpoint
        for page in pages:
            endpoints[page.path][page.method] = _Endpoint(self, page, None)
        self._router = Router(
            [Route(path, _ByMethod(by_method, self._unrouted)) for path, by_method in endpoints.items()],
            redirect_slashes=False,
            default=self._unrouted,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route on the path as it was sent, so that an encoded slash stays inside its segment."""
        if scope["type"] != "http":
            return
        try:
            await self._router({**scope, "path": scope["raw_path"].decode("latin-1")}, receive, send)
        except asyncio.CancelledError:
            # The sandbox is closing while an answer is still being held back.
            return

    async def run(
        self, operation: wire.Operation, lock: threading.RLock | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer one request to one operation, with a fault where the schedule has one."""
        call = await _read_call(scope, receive)
        if lock is None:
            await _send_answer(operation.handle(call), send)
            return
        with self._counts.under_way(operation.name):
            await self._answer(operation, lock, call, scope, receive, send)

    async def _answer(
        self,
        operation: wire.Operation,
        lock: threading.RLock,
        call: wire.Call,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        fault = self._faults.take(operation.name, self._counts.hit(operation.name), call.path, call.body)
        if self._latency:
            await asyncio.sleep(self._latency)
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.delay)
        if fault is not None and fault.kind in BEFORE:
            await _go_wrong(fault, None, scope, receive, send)
            return
        with lock:
            answer = operation.handle(call)
        if self.signing:
            answer = replace(answer, body=_TO_SIGN.sub(self._signed, answer.body))
        if fault is None:
            await _send_answer(answer, send)
        else:
            await _go_wrong(fault, answer, scope, receive, send)

    def _signed(self, address: re.Match[bytes]) -> bytes:
        number = next(self._signatures)
        signature = f"X-Amz-Date={number}&X-Amz-Expires=900&X-Amz-Signature={number:064x}".encode()
        return b'"%b%b%b"' % (address[1], b"&" if b"?" in address[1] else b"?", signature)

    async def _unrouted(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._counts.hit(UNROUTED)
        await _read_call(scope, receive)
        await _send_answer(wire.text_answer("Not Found", 404), _dated(wire.present(), send))


class _Endpoint:
    """One operation as an ASGI application."""

    def __init__(self, app: SandboxApp, operation: wire.Operation, lock: threading.RLock | None) -> None:
        self._app = app
        self._operation = operation
        self._lock = lock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app.run(self._operation, self._lock, scope, receive, _dated(self._operation.date(), send))


class _ByMethod:
    """The operations on one path, by method. A method without an operation is counted like an unknown path."""

    def __init__(self, endpoints: Mapping[str, _Endpoint], otherwise: ASGIApp) -> None:
        self._endpoints = endpoints
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._endpoints.get(scope["method"], self._otherwise)(scope, receive, send)


async def _read_call(scope: Scope, receive: Receive) -> wire.Call:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return wire.Call(
        method=scope["method"],
        path=scope["path"],
        values={name: wire.decode_value(value) for name, value in scope.get("path_params", {}).items()},
        query=wire.parse_query(scope["query_string"]),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body=body,
    )


async def _send_answer(answer: wire.Answer, send: Send, announce: int | None = None) -> None:
    """Send an answer; `announce` is a Content-Length other than the true one, which leaves the body unfinished."""
    length = len(answer.body) if announce is None else announce
    await send(_start(answer, ("content-length", str(length))))
    await send({"type": "http.response.body", "body": answer.body, "more_body": announce is not None})


def _dated(moment: datetime | None, send: Send) -> Send:
    """Add a `Date` to an answer, unless it has one already or `moment` is None."""
    if moment is None:
        return send
    date = (b"date", format_datetime(moment.astimezone(UTC), usegmt=True).encode("latin-1"))

    async def send_dated(message: Message) -> None:
        if message["type"] == "http.response.start" and date[0] not in dict(message["headers"]):
            message = {**message, "headers": [date, *message["headers"]]}
        await send(message)

    return send_dated


def _start(answer: wire.Answer, *more: tuple[str, str]) -> Message:
    pairs = (("content-type", answer.content_type), *answer.headers.items(), *more)
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


async def _go_wrong(fault: Fault, answer: wire.Answer | None, scope: Scope, receive: Receive, send: Send) -> None:
    """Let one call go wrong. `answer` is the call's own answer, None when it was stopped before any effect."""
    if fault.kind in {"reset", "reset-after"}:
        await _reset(scope, receive)
        return
    right = wire.json_answer(None) if answer is None else answer
    wrong = _wrong_answer(fault, right)
    if fault.kind == "delay-after":
        await asyncio.sleep(fault.delay)
    if fault.kind == "cut":
        # Half of the announced body, then an orderly close: the client can only notice by counting the bytes.
        await _send_answer(replace(wrong, body=right.body[: len(right.body) // 2]), send, announce=len(right.body) + 1)
        scope["state"][TRANSPORT].close()
        await _disconnected(receive)
    elif fault.kind in {"drip", "drip-body"}:
        await _drip(fault, wrong, scope, receive)
    elif fault.kind == "huge":
        await _send_huge(wrong, fault.megabytes, send)
    else:
        await _send_answer(wrong, send)


def _wrong_answer(fault: Fault, right: wire.Answer) -> wire.Answer:
    headers = {**right.headers, **fault.headers}
    body, own_type = fault.body, fault.content_type
    match fault.kind:
        case "status" | "status-after":
            # A 204 and a 304 carry no body, and the HTTP library refuses to send one.
            default = b"" if fault.status in {204, 304} else f"the sandbox answers {fault.status}".encode()
            return wire.Answer(fault.status, default if body is None else body, own_type or wire.TEXT, headers)
        case "redirect":
            headers = {"location": fault.location, **headers}
            return wire.Answer(fault.redirect_status, body or b"", own_type or wire.TEXT, headers)
        case "html":
            return wire.Answer(200, _HTML_PAGE if body is None else body, own_type or wire.HTML, headers)
        case "wrong-type":
            twisted = twist_body(right.body) if body is None else body
            return wire.Answer(right.status, twisted, own_type or wire.JSON, headers)
        case "odd" | "text":
            is_odd = fault.kind == "odd"
            other = odd_body(right.body) if is_odd else with_text(right.body, fault.text, fault.in_field)
            return wire.Answer(right.status, other, own_type or right.content_type, headers)
        case "deep":
            return wire.Answer(200, b"[" * fault.levels + b"]" * fault.levels, own_type or wire.JSON, headers)
        case _:
            return replace(right, headers=headers)


async def _reset(scope: Scope, receive: Receive) -> None:
    """End the connection with a TCP reset, and wait until it is gone.

    Lingering for zero seconds is what makes the system send RST instead of an orderly FIN.
    """
    transport: asyncio.Transport = scope["state"][TRANSPORT]
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await _disconnected(receive)


async def _drip(fault: Fault, answer: wire.Answer, scope: Scope, receive: Receive) -> None:
    """Keep the client waiting for ever with a byte now and then: in the headers, or after a body that looks whole.

    This writes past the HTTP library, which would send the headers at once and need to know how long the body is.
    """
    transport: asyncio.Transport = scope["state"][TRANSPORT]
    head = f"HTTP/1.1 {answer.status} OK\r\ncontent-type: {answer.content_type}\r\nconnection: close\r\n".encode(
        "latin-1"
    )
    in_body = fault.kind == "drip-body"
    dripping = b"" if in_body else head + b"x-wait: "
    if in_body:
        transport.write(head + b"\r\n" + answer.body)
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        for byte in itertools.chain(dripping, itertools.repeat(ord(" "))):
            if gone.done():
                return
            transport.write(bytes([byte]))
            await asyncio.wait({gone}, timeout=fault.pause)
    finally:
        gone.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_huge(answer: wire.Answer, megabytes: int, send: Send) -> None:
    """Stream one JSON string of that many megabytes, without a length; it is never in memory as a whole."""
    await send(_start(replace(answer, status=200, content_type=wire.JSON)))
    await send({"type": "http.response.body", "body": b'{"data":"', "more_body": True})
    for _ in range(megabytes * _CHUNKS_PER_MEGABYTE):
        await send({"type": "http.response.body", "body": _CHUNK, "more_body": True})
        # `send` never waits once the client is gone or while it keeps up, so other requests get their turn here.
        await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": b'"}', "more_body": False})
