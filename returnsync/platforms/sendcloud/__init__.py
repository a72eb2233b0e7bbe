"""Sendcloud: returns by time of creation, from the v3 API.

The facts, and how certain they are, are in the project's page on Sendcloud (docs/platforms/sendcloud.md), whose
sections are named here. Only GET is ever sent, except for the request for an access token. `GET /returns/{id}` is never
used: the list need not give the id that it needs.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, ClassVar, NamedTuple

from returnsync import clock
from returnsync.errors import AccountRefused, BadAnswer, CallError, Refused
from returnsync.http.answer import Answer
from returnsync.http.auth import Basic
from returnsync.http.client import Reader
from returnsync.http.oauth import ClientCredentials
from returnsync.http.paging import CursorPager, cursor_of
from returnsync.http.records import items_in, look_up
from returnsync.model import Finding, Reason, Return, ReturnId, SourceId, UnreadableRecord
from returnsync.platforms.capabilities import Capabilities
from returnsync.platforms.glimpse import Names
from returnsync.platforms.interface import Found, LookBack, Page, Platform
from returnsync.platforms.records import bare, read_page, unreadable
from returnsync.platforms.sendcloud.copies import OfInstants, one_of
from returnsync.platforms.sendcloud.portal import with_portals
from returnsync.platforms.sendcloud.settings import SendcloudSettings
from returnsync.platforms.sendcloud.translation import (
    check_brand,
    created_of,
    identity,
    instant_of,
    order_number_of,
    translate,
)
from returnsync.platforms.sendcloud.words import REASONS
from returnsync.platforms.trust import listing
from returnsync.platforms.windows import windows
from returnsync.secrets import SecretOf

__all__ = ["Sendcloud", "SendcloudSettings"]

# The most records that a page may have, and the default (section 3.2).
PAGE_SIZE = 40

# No longest period is documented; where one is refused, a shorter one is tried (section 10). A long backlog is read in
# weeks, so that each week is finished once it was read; older returns in longer windows.
_LONGEST, _SHORTEST, _WEEK = timedelta(days=15), timedelta(days=1), timedelta(days=7)
# Neither the zone of the two dates nor whether they are inclusive is documented: one day is added on each side.
_SLACK = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
_RIGHTS = "Check both keys, and that their integration may read returns (scope `read:return`)."
_NEXT_LINK = re.compile(r"<([^<>]*)>[^<>]*?;\s*rel=\"?next\b", re.IGNORECASE)
# A field that no record has, since a return's key is never the server's own id.
_NO_ID = "\0"


class _TooLongError(Exception):
    """A window was refused, but a shorter one may be accepted."""


class _Rows(NamedTuple):
    """The result of one request; `whole` is the end of the window that it completed."""

    records: list[object]
    whole: datetime | None
    date: datetime | None


class Sendcloud(Platform):
    """One account at Sendcloud."""

    kind: ClassVar[str] = "sendcloud"
    title: ClassVar[str] = "Sendcloud"
    settings: ClassVar[type[SendcloudSettings]] = SendcloudSettings
    named_in_records: ClassVar[Names] = Names(("order_number",), ("tracking_number",), ("created_at",))
    capabilities: ClassVar[Capabilities] = Capabilities(
        lists_by="creation",
        several_orders=False,
        cancelled_may_vanish=True,
        reasons="ids",
        reasons_are_shared=True,
        reads_singly=False,
        keys_of_contents=True,
        gives_history=True,
        finds="listed",
    )
    account_key: ClassVar[str] = "public_key"
    default_rules: ClassVar[tuple[dict[str, str], ...]] = ({"strip_prefix": "#"},)
    # 1000 reads per minute, for all keys of an account together (section 3.1).
    default_limits: ClassVar[dict[str, int]] = {"1m": 800}

    def __init__(self, source_id: str, settings: SendcloudSettings, reader: Reader) -> None:
        """Read with `reader`; see `Platform`."""
        self._source = SourceId(source_id)
        self._settings = settings
        self._reader = reader
        self._longest = _LONGEST

    @classmethod
    def auth(cls, settings: SendcloudSettings, secret: SecretOf) -> Basic | ClientCredentials:
        """Both keys in HTTP Basic, or a token for them (section 2)."""
        public, private = secret("public_key"), secret("secret_key")
        if settings.auth == "oauth2":
            return ClientCredentials(
                settings.id or "sendcloud",
                settings.token_url,
                public,
                private,
                connect_timeout=settings.connect_timeout,
                read_timeout=settings.read_timeout,
                exchange_timeout=settings.exchange_timeout,
            )
        return Basic(public, private)

    @classmethod
    def look_back(cls, settings: Any) -> LookBack:
        """The latest days on each run, all of `open_days` once an hour."""
        back: LookBack = settings.look_back()
        return back

    def changes(self, since: datetime) -> Iterator[Page]:
        """Returns by creation, window by window: their order within a window is not known (section 3.2)."""
        until = latest = clock.now()
        first = True
        for rows in self._listed(max(since, self._settings.start_from), until, open_end=True):
            if first and rows.date is not None:
                latest = min(latest, rows.date)
            first = False
            yield read_page(rows.records, self.read, min(rows.whole, latest) if rows.whole else None)

    def earlier(self, since: datetime, until: datetime) -> Iterator[Page]:
        """The same for a period that was read before."""
        for rows in self._listed(max(since, self._settings.start_from), until):
            yield read_page(rows.records, self.read, rows.whole)

    def one(self, return_id: ReturnId) -> Found:
        """Read one return again, among the returns created at the instant that its id begins with."""
        instant = instant_of(return_id)
        return None if instant is None else self._of_instants(instant, instant).find(return_id, instant)

    def each(self, return_ids: Sequence[ReturnId]) -> Iterator[tuple[ReturnId, Found | CallError]]:
        """Read several again: returns created within days of each other come with one listing."""
        instants = {return_id: instant_of(return_id) for return_id in return_ids}
        yield from ((return_id, None) for return_id, instant in instants.items() if instant is None)
        for group in _near(sorted((instant, name) for name, instant in instants.items() if instant is not None)):
            try:
                shown = self._of_instants(group[0][0], group[-1][0])
            except CallError as error:
                yield from ((return_id, error) for _, return_id in group)
            else:
                yield from ((return_id, shown.find(return_id, instant)) for instant, return_id in group)

    def _of_instants(self, first: datetime, last: datetime) -> OfInstants:
        """The returns created between two instants."""
        shown = OfInstants()
        for rows in self._listed(first, last + _INSTANT):
            for record in rows.records:
                shown.add(record, self.read(record))
        return shown

    def find(self, number: str) -> Iterator[Return | UnreadableRecord]:
        """Search the last `open_days` by order number with and without a `#`, by tracking number and by known ids."""
        typed = bare(number)
        if not typed.strip("."):
            return
        if instant_of(typed) is not None:
            found = self.one(ReturnId(typed))
            yield from () if found is None else (found,)
            return
        now, copies = clock.now(), dict[str, list[Found]]()
        since = max(now - timedelta(days=self._settings.open_days), self._settings.start_from)
        for rows in self._listed(since, now, open_end=True):
            for record in rows.records:
                found = self.read(record)
                key, names = _names(record, found)
                if found is not None and typed in names:
                    copies.setdefault(key, []).append(found)
        yield from filter(None, map(one_of, copies.values()))

    def reasons(self) -> Sequence[Reason]:
        """Sendcloud's own list, and the reasons that the portals of the configured brands offer (section 6)."""
        known = [Reason(key, label) for key, label in REASONS.items()]
        return with_portals(known, self._settings, self._reader)

    def check(self) -> Iterator[Finding]:
        """Make the cheapest call that tests both keys: a list of one (section 4.1)."""
        now = clock.now()
        try:
            with listing(self._source, self.title, _RIGHTS):
                _page(self._list(now, now, None, page_size=1))
        except AccountRefused as error:
            if self._settings.auth == "basic":
                error.next_step += ' Where the integration is set to OAuth2, write `auth = "oauth2"`.'
            raise
        yield Finding("credentials", ok=True, text="both keys are accepted, and may read returns")

    def read(self, record: object) -> Found:
        """One record as a return; an unreadable one keeps the same key where that can be read."""
        try:
            if self._settings.brands:
                check_brand(record)
            return translate(record, self._source, self._settings.approved_statuses)
        except ValueError as error:
            kept, key = unreadable(record, error, _NO_ID), identity(record)
            return replace(kept, key=key) if key else kept

    def _listed(self, since: datetime, until: datetime, *, open_end: bool = False) -> Iterator[_Rows]:
        """The returns created from `since` to before `until`, or also later with `open_end`, one request at a time.

        A window that is refused with 400 is read in shorter ones, down to a day (section 10).
        """
        start = since
        while start < until:
            _, end = next(windows(start, until, min(self._longest, _WEEK) if open_end else self._longest))
            last = open_end and end == until
            try:
                for rows in self._window(start, end):
                    yield rows._replace(records=[one for one in rows.records if _within(one, start, end, last=last)])
                start = end
            except _TooLongError:
                self._longest = max((end - start) / 2, _SHORTEST)

    def _window(self, start: datetime, end: datetime) -> Iterator[_Rows]:
        """Every page of one window, including the extra days around it."""
        pager = CursorPager()
        whole: datetime | None = None
        while whole is None:
            with listing(self._source, self.title, _RIGHTS):
                try:
                    answer = self._list(start, end, pager.cursor)
                except Refused as error:
                    if error.status == HTTPStatus.BAD_REQUEST and end - start > _SHORTEST:
                        raise _TooLongError from error
                    raise
                records, cursor = _page(answer)
                pager.learn(cursor)
            whole = None if cursor else end
            yield _Rows(records, whole, answer.date)

    def _list(self, start: datetime, end: datetime, cursor: str | None, *, page_size: int = PAGE_SIZE) -> Answer:
        # Both dates with every page: the server's own link to the next one lacks them (section 3.2).
        params = [("from_date", _date(start - _SLACK)), ("to_date", _date(end + _SLACK)), ("page_size", str(page_size))]
        if cursor is not None:
            params.append(("cursor", cursor))
        return self._reader.get("returns", params=params)


def _date(moment: datetime) -> str:
    """The only form that is documented; it is not known whether others are accepted (section 3.4)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _page(answer: Answer) -> tuple[list[object], str | None]:
    """The records, and the cursor of the next page: from the body, else from the `Link` header (section 3.2)."""
    if answer.is_nothing:
        return [], None
    content = answer.json()
    records = items_in(look_up(content, "data"), "created_at")
    if records is None:
        raise BadAnswer("Sendcloud answered a list request without a list.")
    link = _NEXT_LINK.search(answer.headers.get("Link", ""))
    return records, cursor_of(look_up(content, "next") or (link[1] if link else None))


def _within(record: object, start: datetime, end: datetime, *, last: bool) -> bool:
    """Whether a record was created in a window; one without a readable time always counts."""
    created = created_of(record)
    return created is None or (start <= created and (last or created < end))


def _near(instants: Sequence[tuple[datetime, ReturnId]]) -> Iterator[list[tuple[datetime, ReturnId]]]:
    """Cut sorted instants where the listings of two would no longer touch."""
    group: list[tuple[datetime, ReturnId]] = []
    for item in instants:
        if group and item[0] - group[-1][0] > 2 * _SLACK:
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def _names(record: object, found: Found) -> tuple[str, set[str]]:
    """The key of the result, and every name by which a person may search for it."""
    number = bare(order_number_of(record) or "")
    if isinstance(found, Return):
        return found.id, {number, found.number, *found.aliases}
    return (found.key, {number, found.key}) if found else ("", set())
