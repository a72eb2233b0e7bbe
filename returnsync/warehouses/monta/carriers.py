"""The known facts of the carriers that Monta makes return labels with, and the carriers that it enables (section 4).

The casing of the codes is Monta's own: `PostNlBuspakje` has a small `l`. Names are what platforms call a carrier; they
are compared without case, `_`, `-` and blanks. A bare "DHL" or "Buspakje" names none, since it fits several.

Sections and open questions are those of docs/warehouses/monta.md.
"""

from collections.abc import Iterator
from typing import Any

from returnsync.http.records import items_in, look_up
from returnsync.mapping.carriers import CarrierFacts
from returnsync.model import Channel

CARRIERS = (
    CarrierFacts(
        "DPD",
        ("DPD",),
        frozenset({"AT", "BE", "CZ", "DE", "DK", "EE", "FI", "FR", "HU", "LT", "LU", "LV", "NL", "PT", "SE", "SK"}),
        heaviest=31_000,
        longest_side=1_750,
        girth=3_000,
        brand="DPD",
    ),
    CarrierFacts(
        "PostNL",
        ("PostNL", "PostNL parcel"),
        frozenset({"NL"}),
        heaviest=23_000,
        sides=(1_760, 780, 580),
        brand="PostNL",
    ),
    # Only for orders that were sent as a mailbox parcel; that is not checked here.
    CarrierFacts(
        "PostNlBuspakje",
        ("PostNL mailbox parcel", "PostNL mailbox", "PostNL Buspakje", "PostNL brievenbus", "PostNL brievenbuspakje"),
        frozenset({"NL"}),
        heaviest=2_000,
        sides=(380, 265, 32),
        brand="PostNL",
    ),
    # Paperless: it is unknown what its label looks like (open question 7), so only a setting may choose it.
    CarrierFacts("PostNLSmart", (), frozenset({"NL"}), heaviest=30_000, sides=(1_000, 700, 580), brand="PostNL"),
    CarrierFacts("UPS", ("UPS",), heaviest=70_000, longest_side=2_740, girth=4_000, brand="UPS"),
    CarrierFacts("SEL", ("DHL Parcel",), brand="DHL"),
    CarrierFacts(
        "DHLFYPakket",
        ("DHL For You", "DHL For You parcel", "DHL eCommerce", "DHL eCommerce parcel"),
        frozenset({"NL", "BE"}),
        heaviest=23_000,
        sides=(800, 600, 500),
        brand="DHL",
    ),
    CarrierFacts(
        "DHLParcelConnect",
        ("DHL Parcel Connect",),
        frozenset(
            {"AT", "BG", "CZ", "DE", "DK", "EE", "ES", "FI", "GR", "IE", "LT", "LV", "PL", "PT", "RO", "SE", "SK"}
        ),
        brand="DHL",
    ),
    # Somebody must be at home for the pick-up, so only a setting may choose it.
    CarrierFacts("DhlParcelPickup", (), frozenset({"NL"}), heaviest=20_000, sides=(900, 600)),
)
"""Monta calls its own list incomplete: a code that is not here can still be configured."""


def channels_of(info: object) -> tuple[Channel, ...]:
    """The channels in an answer of `GET /info`, whatever else it contains.

    No source says which field names an origin, so every text in it may be its name.
    """
    return tuple(
        Channel(
            names=tuple(value.strip() for value in origin.values() if isinstance(value, str) and value.strip()),
            carriers=tuple(
                str(code)
                for option in _records(look_up(origin, "ShipperOptions"), "ShipperCode")
                if isinstance(code := look_up(option, "ShipperCode"), str | int) and code
            ),
        )
        for origin in _records(look_up(info, "Origins"), "ShipperOptions")
    )


def _records(value: object, known_by: str) -> Iterator[dict[str, Any]]:
    for item in items_in(value, known_by) or ():
        if isinstance(item, dict):
            yield item
