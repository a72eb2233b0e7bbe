"""What every platform must do, as tests that a test class inherits; also for platforms from other packages.

    class TestMyPlatform(PlatformContract):
        platform = MyPlatform
        settings = {"shop": "lindeboom"}
        secrets = {"token": "any token that the stand-in accepts"}
        statuses = {ReturnStatus.APPROVED: "open", ReturnStatus.CANCELLED: "cancelled"}
        page_size = 100
        status_field, created_field, updated_field = "state", "created_at", "updated_at"
        forbidden = ("/send-mail",)

        def start(self) -> str: ...
        def stop(self) -> None: ...
        def add(self, wish: Wish) -> str: ...
        def touch(self, return_id: str, at: datetime) -> None: ...
        def records(self, content): ...

The stand-in behind `start` is a real HTTP server that knows the platform's listing and single reads. It makes no
faults: a server in between (`between.py`) makes them, and records every request. A class that leaves something out
cannot be defined; the error names what is missing.
"""

from returnsync.platforms.contract.base import Wish
from returnsync.platforms.contract.calls import Calls
from returnsync.platforms.contract.listing import Listing
from returnsync.platforms.contract.oddities import Oddities
from returnsync.platforms.contract.returns import Returns
from returnsync.platforms.contract.spellings import Spellings

__all__ = ["PlatformContract", "Wish"]


class PlatformContract(Returns, Oddities, Spellings, Listing, Calls, abstract=True):
    """Inherit it and give what `Base` names; override a test only where the platform's own facts require it."""
