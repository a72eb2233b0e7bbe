"""Refusals that mostly concern an account as a whole, not the single request: how they are worded, and what to do."""

from http import HTTPStatus
from typing import Final

_CREDENTIALS = "Check what the credentials of this account may read, and whether this machine's address is allowed."

# Status → what it means, and what to check.
OF_ACCOUNT: Final[dict[int, tuple[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: (
        "the credentials are not accepted",
        "Check the credentials of this account in the configuration.",
    ),
    HTTPStatus.PAYMENT_REQUIRED: (
        "a payment is asked for first",
        "Check whether an invoice of this account is open, or its plan has ended.",
    ),
    HTTPStatus.FORBIDDEN: ("this account may not read it", _CREDENTIALS),
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: (
        "a proxy on the way asks for credentials of its own",
        "Check the proxy that this machine uses (HTTPS_PROXY), and its credentials.",
    ),
    HTTPStatus.LOCKED: ("this account is blocked", "Ask the vendor's support why the account is blocked."),
    HTTPStatus.UPGRADE_REQUIRED: (
        "the server expects another kind of request",
        "Check `base_url`, and any proxy on the way; or look for a newer version of returnsync.",
    ),
    HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS: (
        "access is blocked for legal reasons",
        "Check with the vendor, and with the operator of the network, why this machine is blocked.",
    ),
}
