"""What returnsync is measured against: the same four calls for each return in a plain loop, and nothing else.

No state, no second look, no retry, no limits, one thread: as little as the job can be done with. It knows the orders
beforehand, and announces the first line of each.
"""

import base64
import os
import sys
from pathlib import Path

import requests

_TIMEOUT = 30


def main(monta: str, folder: Path, first: int, number: int) -> None:
    """Announce and label `number` orders from order `first` on, one after the other."""
    session = requests.Session()
    session.auth = (os.environ["SANDBOX_USERNAME"], os.environ["SANDBOX_PASSWORD"])
    for order_number in map(str, range(first, first + number)):
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


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
