"""Commands that only read the state load no module for requests and deliveries, so that they answer fast."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from returnsync.sandbox.world import monta_order, request, return_order

if TYPE_CHECKING:
    from shop import Shop

TELLING = (
    ("--version",),
    ("status",),
    ("returns",),
    ("returns", "--search", "1001"),
    ("show", "1001"),
    ("show", "1002", "--json"),
    ("held",),
    ("labels",),
    ("labels", "--csv"),
    ("export", "--csv"),
)
# They exit with 1, since something is held.
SAYING_HELD = (("status",), ("held",))
# It finds out again what is due, and makes no request.
ERASING = ("purge", "1001", "--yes")
# This command has to load all of that, which shows that the test can notice it.
ASKING = ("show", "1002", "--raw")
LIBRARIES = (
    *("requests", "urllib3", "ssl", "http.client", "uvicorn", "starlette", "questionary", "prompt_toolkit"),
    *("rapidfuzz", "jmespath", "pyrate_limiter", "prometheus_client", "regex", "concurrent.futures", "asyncio"),
)
OURS = (
    *("accounts", "ask", "breakers", "clients", "deliver", "erase", "finish", "known_accounts", "news", "plan"),
    *("probing", "pull", "reasons", "replay", "run"),
)
HEAVY = (*LIBRARIES, *(f"returnsync.engine.{room}" for room in OURS), "returnsync.http.wire", "returnsync.sandbox")
# Prints for each command its exit code and the heavy modules that it loaded and no earlier command did.
PROGRAM = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from returnsync.cli.app import app
commands, heavy, config = json.loads(sys.argv[1]), set(json.loads(sys.argv[2])), sys.argv[-1]
for command in commands:
    before, code = heavy & set(sys.modules), None
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        try:
            app([*command, *([] if command == ["--version"] else ["--config", config])])
        except SystemExit as end:
            code = end.code or 0
    print(json.dumps([code, sorted((heavy & set(sys.modules)) - before)]))
"""


def test_commands_that_only_read_load_neither_the_http_libraries_nor_the_delivery(shop: Shop):
    for number, sku in (("1001", "SHIRT-BL-M"), ("1002", "SKIRT")):
        shop.sandbox.monta.add(monta_order(number, sku))
        record = return_order(request(order=f"#{number}"))
        shop.sandbox.returnista.return_orders[record["id"]] = record
    assert (shop.run()["held"], len(shop.labels())) == (1, 1)
    commands = (*TELLING, ERASING, ASKING)
    ran = shop.process(json.dumps(commands), json.dumps(HEAVY), program=("-c", PROGRAM))
    told = [json.loads(line) for line in ran.out.splitlines()]
    assert [code for code, _ in told] == [int(command in SAYING_HELD) for command in commands], ran.err
    loaded = dict(zip(commands, (set(found) for _, found in told), strict=True))
    assert [(command, loaded[command]) for command in TELLING if loaded[command]] == []
    assert loaded[ERASING] & set(LIBRARIES) == set()
    assert loaded[ASKING] > {"requests", "urllib3", "returnsync.engine.accounts", "returnsync.http.wire"}
