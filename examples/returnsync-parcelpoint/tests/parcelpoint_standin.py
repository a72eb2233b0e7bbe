"""A stand-in for ParcelPoint: real HTTP on this machine, with its awkward behaviour. It uses nothing of returnsync."""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

_MOST = 100


def written(moment):
    """A time as ParcelPoint writes it: UTC, with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def item(order="1001", **fields):
    reason = {"code": "too-small", "text": "Te klein"}
    return {"order": order, "line": None, "sku": "SHIRT-BL-M", "units": 1, "reason": reason, "note": "", **fields}


class ParcelPoint:
    """Listens on a free port from the moment it is made until `close`; `records` are its returns by id."""

    shop, api_key = "lindeboom", "parcelpoint-stand-in-key"

    def __init__(self):
        self.records = {}
        self._lock = threading.Lock()
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                status, content = stand_in.answer(self.path, self.headers)
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments):
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def add(self, *items, state="accepted", created=None, changed=None, **fields):
        """Put a return in, an hour old unless `created` is given; give its id."""
        created = created or datetime.now(UTC) - timedelta(hours=1)
        with self._lock:
            identity = f"PP-{len(self.records) + 1:05d}"
            self.records[identity] = {
                "id": identity,
                "state": state,
                "created_at": written(created),
                "changed_at": written(changed or created),
                "items": list(items or (item(),)),
                "shopper": {"first_name": "Jo", "last_name": "Voorbeeld", "email": "jo@example.com"},
                "tracking_code": None,
                "label_url": None,
                **fields,
            }
        return identity

    def touch(self, identity, at):
        with self._lock:
            self.records[identity]["changed_at"] = written(at)

    def answer(self, target, headers):
        if (headers.get("X-Api-Key"), headers.get("X-Shop")) != (self.api_key, self.shop):
            return 401, {"error": "no such key"}
        parts = urlsplit(target)
        with self._lock:
            if parts.path == "/v1/returns":
                return self._list(dict(parse_qsl(parts.query, keep_blank_values=True)))
            record = self.records.get(unquote(parts.path.removeprefix("/v1/returns/")))
        return (200, record) if record else (404, {"error": "no such return"})

    def _list(self, query):
        limit, page = int(query.get("limit", "20")), int(query.get("page", "1"))
        if limit > _MOST:
            return 400, {"error": "limit is above 100"}
        rows = sorted(self.records.values(), key=lambda record: (record["changed_at"], record["id"]))
        if "changed_from" in query:
            rows = [row for row in rows if row["changed_at"] >= query["changed_from"]]
        if "order" in query:
            # The number must match exactly: `1001` does not find `#1001`.
            rows = [row for row in rows if query["order"] in {item["order"] for item in row["items"]}]
        return 200, {"returns": rows[(page - 1) * limit : page * limit], "more": len(rows) > page * limit}
