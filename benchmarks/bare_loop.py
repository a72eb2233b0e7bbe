"""The plain loop that returnsync is compared with: the same four calls for each return, and nothing else.

It has no state, no second look, no retry and no limits: the least that can do the job. It knows the orders beforehand,
and announces the first line of each. On request several threads share the orders, as in a script that somebody writes
in an afternoon: a `ThreadPoolExecutor`, and a session for each of its threads.
"""

import base64
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

_TIMEOUT = 30
_of_thread = threading.local()


def main(monta: str, folder: Path, first: int, number: int, threads: int = 1) -> None:
    """Announce and label `number` orders from order `first` on, and print how many seconds that took."""
    orders = map(str, range(first, first + number))
    began = time.perf_counter()
    if threads == 1:
        for order_number in orders:
            announce(monta, folder, order_number)
    else:
        with ThreadPoolExecutor(threads) as pool:
            # Exceptions of the threads are raised here.
            list(pool.map(lambda order_number: announce(monta, folder, order_number), orders))
    print(time.perf_counter() - began)


def announce(monta: str, folder: Path, order_number: str) -> None:
    """The four calls of one order."""
    session = _session()
    code = f"bare-{order_number}"
    order = session.get(f"{monta}/order/{order_number}", timeout=_TIMEOUT).json()
    session.get(f"{monta}/order/{order_number}/returnforecasts", timeout=_TIMEOUT).json()
    line = {"WebshopOrderLineId": order["Lines"][0]["WebshopOrderLineId"], "ReturnQuantity": 1}
    forecast = {"Code": code, "WebshopOrderId": order_number, "Lines": [line]}
    answer = session.post(f"{monta}/returnforecast", json=forecast, timeout=_TIMEOUT)
    answer.raise_for_status()
    answer.json()
    label = session.get(
        f"{monta}/returnforecast/{code}/returnlabel", params={"shipperCode": "PostNL"}, timeout=_TIMEOUT
    ).json()
    (folder / f"{code}.{label['FileExtension']}").write_bytes(base64.b64decode(label["EncodedData"]))


def _session() -> requests.Session:
    if not hasattr(_of_thread, "session"):
        _of_thread.session = requests.Session()
        _of_thread.session.auth = (os.environ["SANDBOX_USERNAME"], os.environ["SANDBOX_PASSWORD"])
    session: requests.Session = _of_thread.session
    return session


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:]))
