"""A realistic day at an invented clothing shop: mostly plain returns, and one of each unusual kind."""

from __future__ import annotations

import random
import unicodedata
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from returnsync.sandbox.records import (
    CHANNEL,
    REASONS,
    consumer,
    digits_of,
    line_id_of,
    monta_line,
    monta_order,
    request,
    return_order,
    shipment,
)

if TYPE_CHECKING:
    from returnsync.sandbox.wire import Record

_FIRST_NAMES: Final = ("Noor", "Sem", "Lotte", "Daan", "Yara", "Bram", "Fenna", "Milan", "Zoë", "Ties", "Imke", "Jurre")
# Dutch for "example", "test man", "made up" and so on: nobody has such a name.
_LAST_NAMES: Final = ("Voorbeeld", "Proefman", "van der Test", "Verzonnen", "Bedacht", "Proefstra", "Fictie")
_HOMES: Final = (
    ("Lindelaan 4", "3511 AX", "Utrecht", "NL"),
    ("Kerkstraat 118", "1017 GL", "Amsterdam", "NL"),
    ("Molenweg 7 a", "5611 BB", "Eindhoven", "NL"),
    ("Dorpsplein 23", "9711 KD", "Groningen", "NL"),
    ("Havenkade 51", "3011 TN", "Rotterdam", "NL"),
    ("Stationsstraat 9", "2000", "Antwerpen", "BE"),
)
_ARTICLES: Final = {
    "SHIRT-BL-M": ("Shirt blue M", "49.95"),
    "SHIRT-WH-L": ("Shirt white L", "49.95"),
    "JEANS-32-34": ("Jeans straight 32/34", "89.95"),
    "DRESS-GR-38": ("Dress green 38", "79.00"),
    "COAT-NV-XL": ("Winter coat navy XL", "189.00"),
    "KNIT-OC-S": ("Knitted jumper ochre S", "69.50"),
    "SKIRT-BK-36": ("Skirt black 36", "54.95"),
    "SNEAK-WH-41": ("Sneaker white 41", "99.95"),
}
# A sub-reason arrives as a comment of this form (docs/platforms/returnista.md, section 2.4); the words after the dot
# are invented.
_COMMENTS: Final = (
    "",
    "",
    "",
    "sub_return_reasons.sleeve_too_short",
    "sub_return_reasons.waist_too_tight",
    "Colour is not as in the picture",
)
_PLAIN_RETURNS: Final = 22
_FIRST_NUMBER: Final = 20417
_SPREAD: Final = timedelta(hours=20)
_INSTANTS: Final = 48


class DayRecords(NamedTuple):
    """The records that a day puts into a world."""

    return_orders: list[Record]
    orders: list[Record]
    enclosed_labels: list[str]


def build(chance: random.Random, now: datetime) -> DayRecords:
    """Make the day up. The same `chance` and `now` give the same day."""
    day = _Day(chance, now)
    for _ in range(_PLAIN_RETURNS):
        day.plain()
    _unusual_lines(day)
    _unusual_orders(day)
    _unusual_returns(day)
    return day.records


def _unusual_lines(day: _Day) -> None:
    """Add lines that are hard to match: units listed separately, missing ids, lines that the shop never had."""
    number = day.number()
    line = line_id_of(number, "SHIRT-BL-M")
    day.order(number, monta_line("SHIRT-BL-M", 2))
    # Two units of one line are two requests. Each is a purchase of its own under the line
    # (docs/platforms/returnista.md, section 2).
    units = (digits_of("unit", line, unit) for unit in (1, 2))
    day.give_back(*(day.wish(number, "SHIRT-BL-M", purchase_id=unit, parent=line) for unit in units))

    # It cannot be known which of two lines is meant: neither has an id, and both have the SKU.
    number = day.number()
    twice = monta_line("JEANS-32-34", line_id=None)
    day.order(number, twice, twice)
    day.give_back(day.wish(number, "JEANS-32-34"))

    # There are no line ids either, but only one line has the SKU.
    number = day.number()
    day.order(number, monta_line("DRESS-GR-38", line_id=None), monta_line("KNIT-OC-S", line_id=None))
    day.give_back(day.wish(number, "DRESS-GR-38"))

    # More units come back than were sent out.
    number = day.number()
    day.order(number, "SKIRT-BK-36")
    units = (digits_of("unit", number, unit) for unit in (1, 2))
    parent = line_id_of(number, "SKIRT-BK-36")
    day.give_back(*(day.wish(number, "SKIRT-BK-36", purchase_id=unit, parent=parent) for unit in units))

    # Monta adds a flyer, and splits a bundle into components (docs/warehouses/monta.md, section 4).
    number = day.number()
    parts = [monta_line(sku, line_id=None, description=f"Gift set: {sku.lower()}") for sku in ("SOCK-A", "SOCK-B")]
    day.order(number, "COAT-NV-XL", *parts, monta_line("FLYER-AUTUMN", line_id=None, flyer=True))
    day.give_back(day.wish(number, "COAT-NV-XL"))


def _unusual_orders(day: _Day) -> None:
    """Add orders that the warehouse never has, does not have yet, no longer has, or has twice."""
    first, second = day.number(), day.number()
    day.order(first, "SHIRT-WH-L")
    day.order(second, "SNEAK-WH-41")
    day.give_back(day.wish(first, "SHIRT-WH-L"), day.wish(second, "SNEAK-WH-41"))

    unknown = day.number()
    day.give_back(day.wish(unknown, "SHIRT-BL-M"))

    number = day.number()
    day.order(number, "KNIT-OC-S", shipped=None)
    day.give_back(day.wish(number, "KNIT-OC-S"))

    number = day.number()
    day.order(number, "DRESS-GR-38", Deleted=True)
    day.give_back(day.wish(number, "DRESS-GR-38"))

    # One number in two channels is two orders (docs/warehouses/monta.md, section 4 and question 15).
    number = day.number()
    day.order(number, "SNEAK-WH-41", channel=CHANNEL)
    day.order(number, "COAT-NV-XL", channel="Webshop BE")
    day.give_back(day.wish(number, "SNEAK-WH-41"))

    # A return label was packed with the parcel: the order has one, the return has none (docs/warehouses/monta.md,
    # section 3.5).
    day.records.enclosed_labels.append(day.plain())


def _unusual_returns(day: _Day) -> None:
    """Add returns that wait, are done, are not for us, or have a status that is not known."""
    # `Pending`, `Complete` and `draft` are words that are in use (docs/platforms/returnista.md, section 2.2).
    day.plain(status="Pending")
    day.plain(status="Complete")
    day.plain(status="draft")
    day.plain(status="AwaitingMoonrise")
    day.plain(uat=True)
    day.plain(comment='De naad van de linkermouw liet na één keer dragen los; graag "nieuwe" — bel me niet.')
    day.plain(reason_key=None)
    # The platform has made a label already, and another return came without any parcel.
    day.plain(shipments=[shipment(label_url="https://labels.example/l/1.pdf", tracking="3STEST00000001")])
    day.plain(shipments=[], createdWithoutShipment=True)

    # One of the two articles was refused, the other comes back.
    number = day.number()
    day.order(number, "SHIRT-BL-M", "SKIRT-BK-36")
    day.give_back(day.wish(number, "SHIRT-BL-M"), day.wish(number, "SKIRT-BK-36", status="denied"))


class _Day:
    """The day while it is made up."""

    def __init__(self, chance: random.Random, now: datetime) -> None:
        self.records = DayRecords([], [], [])
        self._chance = chance
        self._now = now
        self._next = _FIRST_NUMBER
        # All different, and none right at `now`: a time of update must not be in the future.
        steps = [chance.uniform(0.1, 0.9) + index for index in range(_INSTANTS)]
        self._instants = [now - _SPREAD * ((step + 0.3) / (_INSTANTS + 0.5)) for step in steps]
        chance.shuffle(self._instants)

    def number(self) -> str:
        """Give the next order number, without `#` as the warehouse has it."""
        number = str(self._next)
        self._next += self._chance.randint(1, 3)
        return number

    def order(self, number: str, *lines: Record | str, **fields: Any) -> None:  # fields of the wire
        """Put an order into the warehouse, shipped some days ago unless it says otherwise."""
        ago = timedelta(days=self._chance.randint(2, 12), minutes=self._chance.randrange(600))
        self.records.orders.append(
            monta_order(number, *lines, **{"shipped": self._now - ago, "by": self._person(number), **fields})
        )

    def wish(self, number: str, sku: str, **fields: Any) -> Record:  # fields of the wire
        """Make a request for one unit; the shop writes its numbers with a `#`."""
        title, price = _ARTICLES[sku]
        reason_key = self._chance.choice(list(REASONS))
        return request(sku, f"#{number}", **{"title": title, "price": price, "reason_key": reason_key, **fields})

    def give_back(self, *wishes: Record, **fields: Any) -> None:  # fields of the wire
        """Register a return, some time in the last twenty hours."""
        number = str(wishes[0]["purchaseOrderNumber"]).removeprefix("#")
        self.records.return_orders.append(
            return_order(*wishes, **{"created": self._instants.pop(), "by": self._person(number), **fields})
        )

    def plain(
        self,
        comment: str | None = None,
        reason_key: str | None = "",
        **fields: Any,  # fields of the wire
    ) -> str:
        """Make an order of one or two articles and a return of the first; give the order's number."""
        number = self.number()
        skus = self._chance.sample(list(_ARTICLES), self._chance.randint(1, 2))
        self.order(number, *skus)
        said = self._chance.choice(_COMMENTS) if comment is None else comment
        why = self._chance.choice(list(REASONS)) if reason_key == "" else reason_key
        self.give_back(self.wish(number, skus[0], comment=said, reason_key=why), **fields)
        return number

    def _person(self, number: str) -> Record:
        """Make up the consumer of an order; the same one each time."""
        chance = random.Random(number)  # no secret
        street, code, city, country = chance.choice(_HOMES)
        first, last = chance.choice(_FIRST_NAMES), chance.choice(_LAST_NAMES)
        plain = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode()
        email = f"{plain}.{number}@example.com".replace(" ", "").lower()
        person = consumer(first, last, f"#{number}", postalCode=code, email=email)
        person["shippingAddress"] |= {"street": street, "city": city, "postalCode": code, "countryCode": country}
        return person
