"""Which carrier's label the warehouse is asked for, and whether that carrier takes the parcel. Pure."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from returnsync.model import Parcel, Return

_NOT_LETTERS = re.compile(r"[\s_-]+")
_ISO_LENGTH = 2
# A platform's word is shown in messages; a longer one is not a carrier's name.
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class CarrierFacts:
    """A carrier as a kind of warehouse system knows it.

    `names` are what platforms may call it; without any, it is never chosen by a platform's word. `countries` are those
    that its returns can be sent from (ISO codes), empty where they are not known. Limits are in grams and millimetres.
    Girth is the longest side plus the circumference of the other two. `sides` are the longest ones that it takes, the
    longest first, as far as they are known. `brand` is the name by which consumers who hand in a parcel know it; empty
    where they do not.
    """

    code: str
    names: tuple[str, ...]
    countries: frozenset[str] = frozenset()
    heaviest: int | None = None
    longest_side: int | None = None
    girth: int | None = None
    sides: tuple[int, ...] | None = None
    brand: str = ""


class ChosenBy(StrEnum):
    """What decided the carrier; the first two are the names of settings."""

    TABLE = "carriers"
    COUNTRY = "carriers_by_country"
    NAME = "name"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Choice:
    """The warehouse's code of a carrier, what decided, and the word or country that was used (none for the default)."""

    code: str
    by: ChosenBy
    key: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The basis of a choice: a source's two tables, the carriers known at its warehouse, the warehouse's default."""

    by_word: Mapping[str, str]
    by_country: Mapping[str, str]
    known: tuple[CarrierFacts, ...]
    default: str


def choose(wish: str, country: str, rules: Rules) -> Choice:
    """The carrier for the platform's word `wish` and a parcel sent from `country`; either may be empty.

    The source's own tables come first, then the known carriers with the platform's word as a name, then the default. A
    word that fits two carriers counts for neither, and the next rule decides.
    """
    # the source's table of words
    for word in _words(wish):
        if (code := _find(word, rules.by_word, loosely)) is not None:
            return Choice(code, ChosenBy.TABLE, word)
    # the source's table of countries
    if country and (code := _find(country, rules.by_country, _as_country)) is not None:
        return Choice(code, ChosenBy.COUNTRY, country)
    # a carrier with that name, where it is the only one and serves that country
    for word in _words(wish):
        named = _named(word, rules.known)
        if named:
            if len(named) == 1 and _serves(named[0], country):
                return Choice(named[0].code, ChosenBy.NAME, word)
            break
    # the warehouse's default
    return Choice(rules.default, ChosenBy.DEFAULT)


def country_of(ret: Return) -> str:
    """The country that the parcel is sent from, as the platform writes it; empty where it does not say."""
    return next((country for address in ret.addresses() if (country := address.country.strip())), "")


def loosely(word: str) -> str:
    """A word in the form in which it is compared: without case, `_`, `-` and blanks."""
    return _NOT_LETTERS.sub("", word).casefold()


def _words(wish: str) -> Iterator[str]:
    """The words that may name the carrier: the whole word, else its carrier part (`postnl:standard/return`)."""
    yield wish
    carrier, colon, _ = wish.partition(":")
    if colon:
        yield carrier


def _find(word: str, table: Mapping[str, str], form: Callable[[str], str]) -> str | None:
    """The entry of a table for exactly this word, else for words of the same form, where these entries agree."""
    if word in table:
        return table[word]
    same = {code for key, code in table.items() if form(word) and form(key) == form(word)}
    return same.pop() if len(same) == 1 else None


def _as_country(word: str) -> str:
    return word.strip().casefold()


def _named(word: str, known: Iterable[CarrierFacts]) -> list[CarrierFacts]:
    return [facts for facts in known if loosely(word) in map(loosely, facts.names)] if loosely(word) else []


def _serves(facts: CarrierFacts, country: str) -> bool:
    """Whether a carrier serves a country; a text that is not an ISO code of two letters excludes nothing."""
    code = country.strip().upper()
    return not facts.countries or len(code) != _ISO_LENGTH or code in facts.countries


def setting(choice: Choice, wish: str, source: str, warehouse: str, *, has_table: bool = False) -> str:
    """What to change in the configuration for another choice, as the middle of a sentence.

    With `has_table`, the source already has a table of `carriers`, which gets another entry.
    """
    key = choice.key[:_SHOWN]
    if choice.by in (ChosenBy.TABLE, ChosenBy.COUNTRY):
        return f"change the entry for {key!r} in `{choice.by}` of [sources.{source}]"
    example = "UPS" if choice.code == "DPD" else "DPD"
    entry = _for_all_of(wish, example, has_table=has_table)
    if choice.by is ChosenBy.NAME:
        return f"{entry} in [sources.{source}]"
    own = entry if wish else "set `carriers_by_country`"
    return f"change `carrier` of [warehouses.{warehouse}], or {own} in [sources.{source}]"


def _for_all_of(word: str, example: str, *, has_table: bool) -> str:
    """The setting of a source that gives another carrier to all returns with one word of the platform."""
    if len(word) > _SHOWN:
        return f"give {word[:_SHOWN]!r}… another carrier in `carriers`"
    entry = f'{json.dumps(word, ensure_ascii=False)} = "{example}"'
    if has_table:
        return f"add `{entry}` to `carriers` (with the carrier that you want, for all {word!r} returns)"
    return f"write `carriers = {{ {entry} }}` (with the carrier that you want, for all {word!r} returns)"


def excess(parcel: Parcel | None, code: str, known: Iterable[CarrierFacts]) -> str:
    """The limits of a carrier that a parcel exceeds, as sentences with figures; empty where it fits, as far as known.

    A measure that the platform does not give, and a limit that is not known, is never exceeded.
    """
    facts = next((facts for facts in known if facts.code == code), None)
    return " ".join(_excesses(parcel, facts)) if parcel is not None and facts is not None else ""


def _excesses(parcel: Parcel, facts: CarrierFacts) -> Iterator[str]:
    most = f"{facts.code} takes at most"
    if parcel.weight is not None and facts.heaviest is not None and parcel.weight > facts.heaviest:
        yield f"The parcel weighs {parcel.weight:,} g; {most} {facts.heaviest:,} g."
    sides = sorted(parcel.sides or (), reverse=True)
    if not sides:
        return
    around = sides[0] + 2 * sum(sides[1:])
    if facts.longest_side is not None and sides[0] > facts.longest_side:
        yield f"The longest side of the parcel is {sides[0]:,} mm; {most} {facts.longest_side:,} mm."
    if facts.girth is not None and around > facts.girth:
        yield (
            f"The parcel's girth (its longest side plus the distance around the other two) is {around:,} mm; "
            f"{most} {facts.girth:,} mm."
        )
    limits = sorted(facts.sides or (), reverse=True)
    if any(side > limit for side, limit in zip(sides, limits, strict=False)):
        yield f"The parcel measures {_measures(sides)}; {most} {_measures(limits)}."


def _measures(sides: Iterable[int]) -> str:
    return f"{' × '.join(f'{side:,}' for side in sides)} mm"
