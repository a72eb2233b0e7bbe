"""Addresses for mail: read, and written so that any server takes them.

A domain of other letters than those of ASCII is sent in its other form, `xn--…` (RFC 5890). The part before the @ has
no such form: it takes a server that offers SMTPUTF8 (RFC 6531).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.headerregistry import Address


def parsed(text: str) -> "Address":
    """An address as a person wrote it: `shop@example.com`, or with a name: `Shop <shop@example.com>`.

    Its domain is in the form in which it is sent.

    Raises:
        ValueError: it is none, or several.
    """
    from email.errors import NonASCIILocalPartDefect
    from email.headerregistry import Address
    from email.policy import SMTP

    if not text.isprintable():
        raise ValueError("must be one line, without control characters")
    header = SMTP.header_factory("To", text)
    addresses = header.addresses
    # Whether other letters than those of ASCII can be sent, only the server can say.
    wrong = [defect for defect in header.defects if not isinstance(defect, NonASCIILocalPartDefect)]
    if len(addresses) != 1 or wrong or not addresses[0].username or not addresses[0].domain:
        raise ValueError('must be one address, e.g. "Shop <returns@shop.example>"')
    found: Address = addresses[0]
    try:
        domain = found.domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError("has a domain that cannot be one") from None
    return Address(found.display_name, found.username, domain)


def of_ours(text: str) -> str:
    """Check an address that stands in a setting: any server must take it.

    Raises:
        ValueError: as `parsed`; or there are other letters than those of ASCII before its @.
    """
    if not parsed(text).username.isascii():
        raise ValueError("may have only letters of ASCII before its @")
    return text
