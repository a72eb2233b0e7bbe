"""Erase: personal data that are older than the user wants to keep, and those of a consumer who asks for it.

state/personal.py says what is removed and what stays. Nothing that is due, waits or is held is erased, since its data
are still needed. Nor is anything in doubt, until a person released it or had another label made.
"""

from returnsync.engine.erase.old import erase_old
from returnsync.engine.erase.purge import Found, Purged, find_to_purge, purge

__all__ = ["Found", "Purged", "erase_old", "find_to_purge", "purge"]
