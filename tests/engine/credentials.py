"""Changes of a shop's credentials, to others of the same merchant or to those of another one."""

from __future__ import annotations

import hashlib
import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shop import Shop


def tables(shop: Shop, kind: str) -> dict[str, Any]:
    """The tables of a kind, `sources` or `warehouses`, as the shop writes them into its configuration."""
    return tomllib.loads(shop.write_config().read_text(encoding="utf-8"))[kind]


def file_of(shop: Shop, text: str) -> str:
    """A reference to a file that holds a secret."""
    place = shop.folder / f"secret-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    place.write_text(text, encoding="utf-8")
    return f"file:{place}"


def log_in_as(shop: Shop, user: str, password: str) -> None:
    """From now on the shop logs in at its warehouse with these credentials."""
    shop.warehouse |= {"username": file_of(shop, user), "password": file_of(shop, password)}


def log_in_as_before(shop: Shop) -> None:
    """From now on the shop logs in with its first credentials again."""
    del shop.warehouse["username"], shop.warehouse["password"]


def rotate(shop: Shop) -> None:
    """Let the same merchant make a new account in the portal, and remove the old one."""
    shop.sandbox.world.username = shop.sandbox.monta.username = "pw-after-rotation"
    shop.sandbox.world.password = shop.sandbox.monta.password = "rotated-password"


def go_live(shop: Shop) -> None:
    """Change from the present account to one of another merchant."""
    log_in_as(shop, "live-user", "live-password")
