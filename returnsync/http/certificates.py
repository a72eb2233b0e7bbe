"""Why a server's certificate was not accepted; where the reason is its dates, with these dates.

Python gives no part of a certificate that failed its check, so it is fetched again without the check. No request is
sent on that connection, and nothing that it brings is trusted.
"""

import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime

from returnsync import clock
from returnsync.errors import AccountUnavailable
from returnsync.http.origin import Origin

# OpenSSL's error numbers for a certificate that is not valid yet, and for one that has expired.
_BY_DATE = frozenset({9, 10})
_WITHIN = 5.0
_SEQUENCE, _VERSION = 0x30, 0xA0
_TIMES = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}
"""UTCTime and GeneralizedTime (RFC 5280, section 4.1.2.5)."""
# The serial number, the algorithm and the issuer come before the times.
_BEFORE_VALIDITY = 3


def untrusted(account: str, origin: Origin, error: ssl.SSLCertVerificationError) -> AccountUnavailable:
    """The error that says why a certificate was not accepted, and what to do."""
    why = getattr(error, "verify_message", "") or "it is not trusted"
    is_by_date = getattr(error, "verify_code", 0) in _BY_DATE
    dates = validity(origin.host, origin.port, _WITHIN) if is_by_date else None
    now = clock.now()
    if dates is None or dates[0] <= now <= dates[1]:
        return AccountUnavailable(
            account,
            f"{account}: the server's certificate cannot be verified ({why}).",
            "Check this machine's clock; behind a proxy that inspects TLS, set REQUESTS_CA_BUNDLE.",
        )
    begin, end = dates
    what = f"expired on {end:%Y-%m-%d %H:%M} UTC" if end < now else f"is not valid before {begin:%Y-%m-%d %H:%M} UTC"
    return AccountUnavailable(
        account,
        f"{account}: the server's certificate {what}.",
        f"This machine's clock says {now:%Y-%m-%d %H:%M} UTC. If that is right, the operator of {origin.host} has to "
        "renew it. Runs then go on by themselves.",
    )


def validity(host: str, port: int, seconds: float) -> tuple[datetime, datetime] | None:
    """From when to when a server's certificate is valid; `None` where that cannot be found out within `seconds`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        suppress(OSError, ValueError, IndexError),
        socket.create_connection((host, port), timeout=seconds) as plain,
        context.wrap_socket(plain, server_hostname=host) as wrapped,
    ):
        return validity_in(wrapped.getpeercert(binary_form=True) or b"")
    return None


def validity_in(certificate: bytes) -> tuple[datetime, datetime]:
    """The same for a certificate in DER.

    Raises:
        ValueError, IndexError: it is no certificate.
    """
    _, whole, _ = _part(certificate)
    _, signed, _ = _part(whole)
    tag, _, rest = _part(signed)
    if tag != _VERSION:
        rest = signed  # the version may be left out
    for _ in range(_BEFORE_VALIDITY):
        _, _, rest = _part(rest)
    tag, times, _ = _part(rest)
    if tag != _SEQUENCE:
        raise ValueError("no times where they should be")
    first, begin, rest = _part(times)
    last, end, _ = _part(rest)
    return _moment(first, begin), _moment(last, end)


def _part(content: bytes) -> tuple[int, bytes, bytes]:
    """The first part of some DER: its tag, its content, and the bytes after it."""
    tag, length, begin = content[0], content[1], 2
    if length & 0x80:
        begin += length & 0x7F
        length = int.from_bytes(content[2:begin], "big")
    if len(content) < begin + length:
        raise ValueError("cut off")
    return tag, content[begin : begin + length], content[begin + length :]


def _moment(tag: int, content: bytes) -> datetime:
    if tag not in _TIMES:
        raise ValueError("no time")
    return datetime.strptime(content.decode("ascii"), _TIMES[tag]).replace(tzinfo=UTC)
