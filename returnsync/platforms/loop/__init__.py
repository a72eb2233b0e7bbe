"""Loop: returns of Shopify shops, listed by time of change, one pass for each state.

The facts, and how certain they are, are in the project's page on Loop (docs/platforms/loop.md), whose sections are
named here. Only GET is ever sent: Loop's actions refund, cancel and close, and one of them buys a label.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import ClassVar, Literal

from pydantic import Field

from returnsync import clock
from returnsync.errors import BadAnswer, Refused
from returnsync.http.auth import HeaderAuth
from returnsync.http.client import Reader
from returnsync.http.records import look_up
from returnsync.model import Finding, Return, ReturnId, SourceId, UnreadableRecord
from returnsync.platforms.capabilities import Capabilities
from returnsync.platforms.glimpse import Names
from returnsync.platforms.interface import Found, Page, Platform, SourceSettings
from returnsync.platforms.loop import wire
from returnsync.platforms.loop.calls import Calls
from returnsync.platforms.loop.translation import Meaning, OrderNumberFrom, translate
from returnsync.platforms.records import ReadOnce, UntranslatableError, bare, key_of, read_page, unreadable
from returnsync.platforms.windows import windows
from returnsync.secrets import SecretOf, SecretRef

__all__ = ["Loop", "LoopSettings"]

# Up to 120 days are allowed (section 2); shorter ones move the mark through a backlog step by step.
_WINDOW = timedelta(days=15)
# The last window ends in the future, so that a server whose clock is ahead of ours hides nothing.
_AHEAD = timedelta(hours=1)

# The parameters that the details are requested by, and the field of each in the answer.
_FIELDS = {"order_name": "order_name", "return_id": "id"}
_DESTINATIONS = "Correct `destinations` in the source's settings; the ids are in Loop's list of destinations."


class LoopSettings(SourceSettings):
    """The settings of an account at Loop."""

    platform: Literal["loop"] = Field(description="The kind of platform.", examples=["loop"])
    api_key: SecretRef = Field(
        description="API key with the scopes `returns` and, for donated returns, `destinations:read`.",
        examples=["env:LOOP_API_KEY"],
    )
    base_url: str = Field(default="https://api.loopreturns.com/api/v1", description="The address of the API.")
    approved_statuses: tuple[str, ...] = Field(
        default=("open",),
        description="States of a return that mean approved and submitted. Other unknown statuses are held.",
        examples=[["open"]],
    )
    review: bool = Field(
        default=True,
        description="List returns in review too: one that the merchant blocks after it was first seen then waits, "
        "instead of being announced as it was. This costs one more request in each run.",
        examples=[True],
    )
    order_number_from: OrderNumberFrom = Field(
        default="order_name",
        description="The number by which the warehouse knows an order: the shop's name of it, the number in that name, "
        "or Shopify's id.",
        examples=["order_name"],
    )
    closed_days: int = Field(
        default=60,
        ge=0,
        description="A closed return whose label is not delivered is announced when first seen, unless it is older "
        "than this.",
        examples=[60],
    )
    destinations: tuple[str, ...] = Field(
        default=(),
        description="Announce only returns that go to these destinations of Loop's, by id; those that name none go to "
        "the default warehouse and always count. Without it: all but donations.",
        examples=[["321"]],
    )
    wait_for_label_minutes: int = Field(
        default=60,
        ge=0,
        le=300,
        description="Loop makes its own label a little after the return. An open return without one waits this long "
        'before it counts as approved; 0, or `own_label = "replace"`, never waits.',
        examples=[60],
    )

    selecting: ClassVar[tuple[str, ...]] = (
        *("approved_statuses", "review", "order_number_from", "closed_days", "destinations", "wait_for_label_minutes"),
    )


class Loop(Platform):
    """One account at Loop."""

    kind: ClassVar[str] = "loop"
    title: ClassVar[str] = "Loop"
    settings: ClassVar[type[SourceSettings]] = LoopSettings
    named_in_records: ClassVar[Names] = Names(
        ("order_name", "provider_order_number", "provider_order_id"), ("tracking_number",), ("created_at",)
    )
    capabilities: ClassVar[Capabilities] = Capabilities(lists_changes=True, several_orders=False, reasons="texts")
    account_key: ClassVar[str] = "api_key"
    default_rules: ClassVar[tuple[dict[str, str], ...]] = ({"strip_prefix": "#"},)
    default_limits: ClassVar[dict[str, int]] = {"1m": 240}

    def __init__(self, source_id: str, settings: LoopSettings, reader: Reader) -> None:
        """Read with `reader`; see `Platform`."""
        self._source = SourceId(source_id)
        self._settings = settings
        self._calls = Calls(reader, source_id)
        # The type of each destination by id; `None` when the key may not read them: then no donation is recognised.
        self._places = ReadOnce(self._calls.destinations, "its destination could not be looked up")
        approved = frozenset(word.strip().lower() for word in settings.approved_statuses)
        waits = settings.own_label == "keep"
        self._meaning = Meaning(
            approved=approved,
            order_number_from=settings.order_number_from,
            closed=timedelta(days=settings.closed_days),
            wait=timedelta(minutes=settings.wait_for_label_minutes if waits else 0),
        )
        review = ("review",) if settings.review or "review" in approved else ()
        # A list without a state leaves out cancelled returns and those in review, and only one state can be given
        # (section 2).
        self._states = ("open", *review, "closed", "cancelled", "expired")

    @classmethod
    def auth(cls, settings: LoopSettings, secret: SecretOf) -> HeaderAuth:  # noqa: ARG003 - part of the interface
        """The key, in a header of Loop's own (section 1)."""
        return HeaderAuth("X-Authorization", secret("api_key"))

    def changes(self, since: datetime) -> Iterator[Page]:
        """Returns by `updated_at`: window by window, with one pass for each state.

        A return that changes its state between two passes changed after the listing began, so the next listing brings
        it.
        """
        until = clock.now()
        dated = False
        for start, end in windows(since.replace(microsecond=0), until + _AHEAD, _WINDOW):
            for state in self._states:
                for answer, records, finished in self._calls.of_state(state, start, end):
                    if not dated and answer.date is not None:
                        until = min(until, answer.date)
                    dated = True
                    whole = finished and state == self._states[-1]
                    yield read_page(records, self.read, min(end, until) if whole else None)

    def one(self, return_id: ReturnId) -> Found:
        """Read one return again (section 5). Its ids are numbers, and nothing else is asked for."""
        record = self._calls.details("return_id", return_id) if _is_id(return_id) else None
        if record is not None and key_of(record) != return_id:
            raise BadAnswer("Loop answered with another return than the one that was asked for.")
        return None if record is None else self.read(record)

    def find(self, number: str) -> Iterator[Return | UnreadableRecord]:
        """Search by the order's name with and without a `#` (Loop gives one return for it), and by the return's id."""
        typed = bare(number)
        if not typed:
            return
        found = {}
        for name, value in (("order_name", f"#{typed}"), ("order_name", typed), ("return_id", typed)):
            if name == "return_id" and not _is_id(typed):
                continue
            try:
                record = self._calls.details(name, value)
            except Refused as error:
                if error.status == HTTPStatus.UNPROCESSABLE_ENTITY:
                    continue  # a typed number need not be one of Loop's
                raise
            # A return that does not have the requested number is not the one that was typed.
            if record is not None and bare(str(look_up(record, _FIELDS[name]))) == typed:
                found[key_of(record)] = self.read(record)
        yield from (item for item in found.values() if item is not None)

    def check(self) -> Iterator[Finding]:
        """List the last hour, one row of it; and read which destinations there are."""
        self._calls.try_list(self._states[0])
        yield Finding("credentials", ok=True, text="the key is accepted, and may list returns")
        places = self._places.get()
        if places is None:
            text = "the key may not read them (scope `destinations:read`): donated returns cannot be told from others"
            yield Finding("destinations", ok=True, text=text)
            return
        missing = ", ".join(wanted for wanted in self._settings.destinations if wanted not in places)
        if missing:
            yield Finding("destinations", ok=False, text=f"Loop does not have {missing}", next_step=_DESTINATIONS)
            return
        donated = ", ".join(place for place, kind in places.items() if kind == "donate")
        yield Finding("destinations", ok=True, text=f"{len(places)} known; of these donations: {donated or 'none'}")

    def read(self, record: object) -> Found:
        """One record, from the list or from the details, as a return."""
        try:
            given = wire.Return.model_validate(record)
            not_coming = self._not_coming(given.destination_id)
            return translate(given, self._source, self._meaning, clock.now(), not_coming)
        except ValueError as error:
            return unreadable(record, error)

    def _not_coming(self, destination: str | None) -> str:
        """Why a destination is not the warehouse's, or empty. One in the settings always is, whatever its type."""
        if destination is None or destination in self._settings.destinations:
            return ""
        if self._settings.destinations:
            return f"It goes to Loop's destination {destination}, which is not among the source's `destinations`."
        places = self._places.for_record()
        if places is not None and destination not in places and not self._calls.knows_all_destinations:
            raise UntranslatableError("its destination may be the one in Loop's list that cannot be read")
        donated = places is not None and places.get(destination) == "donate"
        return f"It is donated: that is what Loop's destination {destination} is for." if donated else ""


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit()
