"""A certificate that is not accepted: the reason, and if it is the dates, since when."""

import socket
import ssl
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from returnsync.errors import AccountUnavailable
from returnsync.http.certificates import validity_in
from returnsync.http.client import Reader

# A certificate for a key that is used nowhere else; it was valid in 2024 and until March 2025.
EXPIRED = Path(__file__).parent / "data" / "expired.pem"
TIMES = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 3, 1, 12, tzinfo=UTC))


@pytest.fixture
def port():
    """A server that shows that certificate to every client, and does nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(EXPIRED)
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            while True:
                try:
                    plain, _ = listening.accept()
                    with plain, context.wrap_socket(plain, server_side=True):
                        pass
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def test_an_expired_certificate_says_since_when_and_who_is_to_renew_it(make, port, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(EXPIRED))
    with pytest.raises(AccountUnavailable, match="expired on 2025-03-01 12:00 UTC") as caught:
        make(f"https://localhost:{port}", kind=Reader).get("a")
    assert "renew" in caught.value.next_step


def test_a_certificate_that_nobody_vouches_for_says_that(make, port, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    with pytest.raises(AccountUnavailable, match=r"cannot be verified .*self.signed"):
        make(f"https://localhost:{port}", kind=Reader).get("a")


def test_the_times_are_read_out_of_a_certificate_and_of_nothing_else():
    pem = EXPIRED.read_text(encoding="ascii").partition("-----BEGIN EC")[0]
    whole = ssl.PEM_cert_to_DER_cert(pem)
    assert validity_in(whole) == TIMES
    for end in range(0, 120, 7):
        with pytest.raises((ValueError, IndexError)):
            validity_in(whole[:end])
