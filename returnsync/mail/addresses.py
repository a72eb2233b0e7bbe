"""Mail addresses: how they are read, and written so that any server accepts them.

A domain with non-ASCII letters is sent in its other form, `xn--…` (RFC 5890). The part before the @ has no such form:
it needs a server that offers SMTPUTF8 (RFC 6531).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.headerregistry import Address


def parsed(text: str) -> "Address":
    """Parse an address as a person writes it: `shop@example.com`, or with a name: `Shop <shop@example.com>`.

    The domain of the result is in the form in which it is sent.

    Raises:
        ValueError: it is not an address, or there are several.
    """
    from email.errors import NonASCIILocalPartDefect
    from email.headerregistry import Address
    from email.policy import SMTP

    if not text.isprintable():
        raise ValueError("must be one line, without control characters")
    header = SMTP.header_factory("To", text)
    addresses = header.addresses
    # Only the server can say whether non-ASCII letters can be sent.
    wrong = [defect for defect in header.defects if not isinstance(defect, NonASCIILocalPartDefect)]
    if len(addresses) != 1 or wrong or not addresses[0].username or not addresses[0].domain:
        raise ValueError('must be one address, e.g. "Shop <returns@shop.example>"')
    found: Address = addresses[0]
    try:
        domain = found.domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError("has an invalid domain") from None
    return Address(found.display_name, found.username, domain)


def of_ours(text: str) -> str:
    """Check an address in a setting: any server must accept it.

    Raises:
        ValueError: as `parsed`; or there are non-ASCII letters before its @.
    """
    if not parsed(text).username.isascii():
        raise ValueError("may have only ASCII letters before its @")
    return text
