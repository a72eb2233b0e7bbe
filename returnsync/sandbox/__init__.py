"""Stand-ins for every system that returnsync talks to, over real HTTP on loopback.

It is used by the demo, by tests and benchmarks, and for trying things out. It imports nothing from the rest of
returnsync: what it knows about the vendors comes only from their pages in docs, so that it repeats no error of the
client's.
"""

from returnsync.sandbox.counts import EFFECTS, UNROUTED, Counts
from returnsync.sandbox.faults import KINDS, Fault, Faults, Fired, retry_after
from returnsync.sandbox.plain import give_back_plain
from returnsync.sandbox.server import Sandbox, serve
from returnsync.sandbox.world import World

__all__ = [
    "EFFECTS",
    "KINDS",
    "UNROUTED",
    "Counts",
    "Fault",
    "Faults",
    "Fired",
    "Sandbox",
    "World",
    "give_back_plain",
    "retry_after",
    "serve",
]
