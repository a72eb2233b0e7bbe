"""What is known about Monta's carriers, and how its list of channels is read."""

from pathlib import Path

import pytest

from returnsync.http.auth import Basic
from returnsync.http.client import Sender
from returnsync.http.retry import RetryPolicy
from returnsync.mapping.carriers import ChosenBy, Rules, choose, loosely
from returnsync.model import Channel
from returnsync.warehouses.monta import Monta, MontaSettings
from returnsync.warehouses.monta.carriers import CARRIERS, channels_of

ROOT = Path(__file__).parents[2]
BY_CODE = {facts.code: facts for facts in CARRIERS}


def chosen(wish, country=""):
    choice = choose(wish, country, Rules({}, {}, CARRIERS, "the default"))
    return choice.code if choice.by is ChosenBy.NAME else None


def test_monta_brings_its_carriers():
    assert Monta.carriers is CARRIERS
    assert len(BY_CODE) == len(CARRIERS)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("dpd", "DPD"),
        ("DPD", "DPD"),
        ("postnl", "PostNL"),
        ("postnl_parcel", "PostNL"),
        ("postnl:standard/return", "PostNL"),
        ("PostNL mailbox parcel", "PostNlBuspakje"),
        ("postnl_buspakje", "PostNlBuspakje"),
        ("PostNL Brievenbus", "PostNlBuspakje"),
        ("ups", "UPS"),
        ("dhl_parcel", "SEL"),
        ("DHL Parcel Connect", "DHLParcelConnect"),
        ("dhl-for-you", "DHLFYPakket"),
        ("DHL eCommerce", "DHLFYPakket"),
    ],
)
def test_the_words_of_platforms_choose_the_carrier_in_montas_own_casing(word, code):
    assert chosen(word, "NL") == (None if code == "DHLParcelConnect" else code)
    assert chosen(word) == code


@pytest.mark.parametrize(
    "word",
    [
        *("dhl", "buspakje", "brievenbus", "parcel", "bpost", "USPS", "standard", "SEL"),
        *("PostNLSmart", "PostNL Smart", "postnl_paperless", "DhlParcelPickup", "dhl pickup", "DHLFYBuspakje"),
    ],
)
def test_what_fits_several_or_was_never_seen_at_work_chooses_none(word):
    assert chosen(word, "NL") is None


@pytest.mark.parametrize(
    ("word", "country", "code"),
    [
        ("postnl", "BE", None),
        ("postnl_buspakje", "DE", None),
        ("dpd", "BE", "DPD"),
        ("dpd", "IT", None),
        ("ups", "US", "UPS"),
        ("dhl_parcel", "IT", "SEL"),
        ("dhl for you", "BE", "DHLFYPakket"),
        ("dhl for you", "DE", None),
        ("dhl parcel connect", "DE", "DHLParcelConnect"),
    ],
)
def test_a_carrier_is_chosen_only_where_it_takes_returns_from(word, country, code):
    assert chosen(word, country) == code


def test_no_name_is_that_of_two():
    names = [loosely(name) for facts in CARRIERS for name in facts.names]
    assert len(names) == len(set(names))


def test_what_is_unsupported_or_unverified_has_limits_but_no_names():
    for code, heaviest in (("PostNLSmart", 30_000), ("DhlParcelPickup", 20_000)):
        assert (BY_CODE[code].names, BY_CODE[code].heaviest) == ((), heaviest)


# ---- the page of it


def row_of(facts):
    """A carrier as the page on carriers shows it."""
    limits = [
        facts.longest_side and f"longest side {facts.longest_side:,} mm",
        facts.girth and f"girth {facts.girth:,} mm",
        facts.sides and f"{' × '.join(f'{side:,}' for side in facts.sides)} mm",
        facts.heaviest and f"{facts.heaviest:,} g",
    ]
    cells = (
        f"`{facts.code}`",
        ", ".join(facts.names) or "none: by a setting only",
        " ".join(sorted(facts.countries)) or "any",
        ", ".join(filter(None, limits)) or "none known",
    )
    return f"| {' | '.join(cells)} |"


def test_the_page_on_carriers_shows_exactly_what_the_code_knows():
    lines = (ROOT / "docs" / "how-to" / "carriers.md").read_text(encoding="utf-8").splitlines()
    start = lines.index("| `shipperCode` | what platforms may call it | sent from | limits |") + 2
    assert lines[start : start + len(CARRIERS) + 1] == [*map(row_of, CARRIERS), ""]


# ---- channels


@pytest.mark.parametrize(
    ("info", "channels"),
    [
        (
            {"Origins": [{"Name": " Webshop NL ", "Id": 5, "Code": "NL", "ShipperOptions": [{"ShipperCode": "DPD"}]}]},
            [Channel(("Webshop NL", "NL"), ("DPD",))],
        ),
        (
            {"Origins": [{"ShipperOptions": [{"ShipperCode": "UPS"}, {"ShipperCode": "SEL"}]}, {"Name": "B"}]},
            [Channel((), ("UPS", "SEL")), Channel(("B",), ())],
        ),
        ({"Origins": [{"ShipperOptions": None}, {}, 5, None, "x", []]}, [Channel((), ()), Channel((), ())]),
        (
            {"Origins": [{"ShipperOptions": [{}, {"ShipperCode": None}, {"ShipperCode": 7}, "DPD", 5]}]},
            [Channel((), ("7",))],
        ),
        ({"origins": {"name": "NL", "shipperOptions": {"shipperCode": "DPD"}}}, [Channel(("NL",), ("DPD",))]),
        *[({"Origins": origins}, []) for origins in (None, {}, 5, True, "x", [])],
        *[({"Origins": [{"ShipperOptions": options}]}, [Channel((), ())]) for options in (5, True, {"a": 1})],
        *[(info, []) for info in (None, [], 5, "x", {}, {"places": [{}]})],
    ],
)
def test_channels_are_read_whatever_else_the_answer_holds(info, channels):
    assert list(channels_of(info)) == channels


@pytest.mark.parametrize("field", [None, "Name", "Origin"])
@pytest.mark.parametrize("listed", [True, False])
def test_the_list_shows_each_channel_with_its_carriers_and_its_name_where_there_is_one(sandbox, field, listed):
    stand_in = sandbox.monta
    stand_in.origin_name, stand_in.lists_carriers = field, listed
    made = MontaSettings(kind="monta", username="env:U", password="env:P", carrier="DPD", base_url=sandbox.monta_url)
    auth = Basic(sandbox.world.username, sandbox.world.password)
    with Sender("monta", made.base_url, auth, retry=RetryPolicy(attempts=1)) as sender:
        found = Monta("monta", made, sender).channels()
    assert list(found) == [
        Channel((name,) if field else (), tuple(codes) if listed else ()) for name, codes in stand_in.channels.items()
    ]
