"""The offers of the return portals of Sendcloud's brands: public settings, read without credentials (section 6).

Sections are those of docs/platforms/sendcloud.md.
"""

from collections.abc import Sequence
from http import HTTPStatus

from returnsync.errors import BadAnswer, Refused
from returnsync.http.client import Reader
from returnsync.http.records import items_in, look_up, read_each
from returnsync.model import Reason
from returnsync.platforms.sendcloud import wire
from returnsync.platforms.sendcloud.settings import SendcloudSettings

# Descriptions are translated; in English they are the same as in Sendcloud's own list.
_LANGUAGE = "en-GB"


def with_portals(known: Sequence[Reason], settings: SendcloudSettings, reader: Reader) -> list[Reason]:
    """Sendcloud's own reasons, and those that only a brand's portal has.

    Raises:
        CallError: a portal could not be read, or no brand has this domain.
    """
    found = {reason.key: reason for reason in known}
    if settings.brand_domains:
        public = reader.without_credentials(settings.portal_url)
        for domain in settings.brand_domains:
            for reason in _of_portal(public, domain):
                found.setdefault(reason.key, reason)
    return list(found.values())


def _of_portal(public: Reader, domain: str) -> list[Reason]:
    """`GET /brand/{brand_domain}/return-portal` (section 4)."""
    try:
        content = public.get("brand", domain, "return-portal", params=[("language", _LANGUAGE)]).json()
    except Refused as error:
        if error.status == HTTPStatus.NOT_FOUND:
            what = f"{public.account}: Sendcloud knows no return portal of a brand {domain!r}; check `brand_domains`."
            raise Refused(what, status=error.status) from error
        raise
    rows = items_in(look_up(look_up(content, "portal"), "reasons"), "id")
    if rows is None:
        raise BadAnswer(f"{public.account}: Sendcloud answered with something other than the settings of a portal.")
    # One that cannot be read is left out: the others are needed for pairs, too.
    return [Reason(row.id, row.description or "") for row in read_each(wire.Reason, rows) if row.id]
