"""What is erased of a return and of the texts about it, and what stays."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync import engine
from returnsync.model import (
    Address,
    Consumer,
    OrderNumber,
    OwnLabel,
    Parcel,
    Reason,
    Return,
    ReturnId,
    ReturnLine,
    ReturnStatus,
    SourceId,
)
from returnsync.platforms.glimpse import Glimpse, Names, glimpse, reduced
from returnsync.state import content, erasing, personal, returns, stories
from returnsync.state.history import ByPerson

AT = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
WHOLE = Return(
    source=SourceId("shop-nl"),
    platform="returnista",
    id=ReturnId("r-1"),
    status=ReturnStatus.COMPLETED,
    raw_status="Completed for Jansen",
    created=AT,
    updated=AT,
    number="R1",
    lines=(
        ReturnLine(
            OrderNumber("#1"), 1, ("7",), "SKU", title="Shirt", reason=Reason("small", "Too small"), comment="x y"
        ),
        ReturnLine(OrderNumber("#1"), 2, title="Trousers"),
    ),
    consumer=Consumer(
        "Jo", "Jansen", "jo@example.com", "nl", Address("Jo Jansen", "Street", "1", "1234 AB", "U", "NL")
    ),
    sender=Address(name="Jo", country="BE"),
    own_label=OwnLabel("3S1", "https://track.example/3S1", "https://label.example/3S1"),
    aliases=("714", "3S1"),
    parcel=Parcel(weight=800),
    brand="B",
    channel="web",
    history=("2026-11-01T09:30:00.000000Z announced",),
)


def test_names_addresses_texts_and_links_go_and_what_tells_returns_apart_stays():
    left = personal.erased(WHOLE)
    assert left.consumer == Consumer(address=Address(country="BE"))
    assert (left.sender, left.own_label) == (None, OwnLabel("3S1"))
    assert left.raw_status == "Completed for •••"
    assert [line.comment for line in left.lines] == ["", ""]
    assert (left.lines[0].title, left.lines[0].reason) == ("", Reason("small", "Too small"))
    assert left.lines[1].title.startswith("sha256:")
    kept = ("source", "platform", "id", "number", "status", "created", "updated", "aliases")
    assert all(getattr(left, name) == getattr(WHOLE, name) for name in kept)
    assert content.dumped(left).count("Jansen") == 0


def test_a_return_that_an_earlier_version_erased_is_still_read():
    """That version kept its history, wrote its tracking code twice, and wrote a parcel under its long name."""
    body = (
        '{"p":"sendcloud","w":"open/announced","l":[{"n":"1001","q":1,"i":["7"],"s":"SKU"}],"c":{"a":{"y":"NL"}},'
        '"o":{"t":"3S1"},"z":["714","3S1"],"parcel":{"weight":800},"brand":"4711",'
        '"j":["2026-11-01T09:30:00.000000Z announcing"],"number":""}'
    )
    at = "2026-11-01T09:30:00.000000Z"
    known = content.of_row(
        {"source": "s", "id": "r", "number": "", "status": "approved", "created": at, "updated": at, "body": body}
    )
    assert (known.number, known.aliases, known.brand) == ("r", ("714", "3S1"), "4711")
    assert (known.parcel, known.history) == (Parcel(weight=800), ("2026-11-01T09:30:00.000000Z announcing",))


def test_erasing_twice_changes_nothing():
    left = personal.erased(WHOLE)
    assert personal.erased(left) == left


@pytest.mark.parametrize("number", ["R1", "r-1", ""])
def test_a_body_without_what_the_columns_tell_is_the_same_return(number):
    left = replace(personal.erased(WHOLE), number=number)
    shown = "" if number == left.id else number
    columns = {"source": left.source, "id": left.id, "number": shown, "status": left.status.value}
    moments = {"created": "2026-11-01T09:30:00.000000Z", "updated": "2026-11-01T09:30:00.000000Z"}
    assert content.of_row({**columns, **moments, "body": content.dumped_at_rest(left)}) == left
    assert content.of_row({"body": content.dumped(WHOLE)}) == WHOLE


def test_a_return_that_was_erased_is_listed_again_without_a_word_written(db):
    with db.transaction() as q:
        returns.save(q, WHOLE)
        erasing.erase(q, WHOLE.source, WHOLE.id, "")
        written = db.connection.total_changes
        assert returns.save(q, WHOLE) == (False, False)
        assert returns.save(q, replace(WHOLE, consumer=None)).changed
        again = db.connection.total_changes
        assert returns.save(q, replace(WHOLE, consumer=None)) == (False, False)
    assert (written, again) == (again - 1, db.connection.total_changes)


REQUEST = {
    "forecast": {
        "code": "c",
        "order_number": "1",
        "lines": [
            {"order_line_id": "7", "sku": "S", "quantity": 1, "reason": "small", "reason_id": None, "comment": "x"}
        ],
        "tracking_code": "3S1",
        "tracking_link": "https://track.example",
    },
    "units": "[]",
    "texts cut": 0,
}


@pytest.mark.parametrize(("ahead", "is_kept"), [(timedelta(minutes=5), False), (timedelta(hours=2), True)])
def test_of_a_request_order_and_lines_stay_and_the_warehouses_clock_where_it_was_another(ahead, is_kept):
    at = "2026-11-01T09:30:00.000000Z"
    text = personal.erased_request(json.dumps({**REQUEST, "server_time": at}), AT + ahead)
    left = json.loads(text)
    line = {"order_line_id": "7", "quantity": 1, "reason": "small"}
    assert left == {"order_number": "1", "lines": [line], **({"server_time": at} if is_kept else {})}
    assert personal.erased_request(text, AT + ahead) == personal.erased_request(json.dumps(left), AT + ahead) == text


@pytest.mark.parametrize(("carrier", "kept"), [("PostNL", "PostNL"), ("DHL Parcel ü", "DHL Parcel ü"), ('"; --', "")])
def test_of_a_label_the_carrier_stays(carrier, kept):
    assert personal.carrier_kept(json.dumps({"carrier": carrier, "chosen_by": "default"})) == kept


@pytest.mark.parametrize("request_text", ["", '{"carrier": "DPD", "chosen_by": "default"}'])
def test_of_a_request_without_a_forecast_all_stays(request_text):
    assert personal.erased_request(request_text, AT) == request_text


EVENTS = st.sampled_from(
    ["read", "held", "announced", "labelled", "looked at once more", "none was made, a person says"]
)
ENTRIES = st.lists(
    st.tuples(
        st.integers(0, 10**8), EVENTS, st.sampled_from(["", "c-1", "c-2", "c-gone"]), st.sampled_from(["", "no-items"])
    )
)


@given(ENTRIES)
def test_a_story_is_kept_to_the_second_with_its_events_codes_and_causes(rows):
    entries = [
        {
            "at": f"{AT + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.000000Z}",
            "run": "run-1",
            "code": code,
            "event": event,
            "detail": {"cause": cause} if cause else {},
        }
        for seconds, event, code, cause in sorted(rows)
    ]
    codes = ["c-2", "c-1"]
    told = stories.unpacked(stories.packed(entries, AT, codes), AT, [*codes, "c-3"])
    assert told == [{**entry, "run": ""} for entry in entries]


def test_whatever_a_server_said_is_no_part_of_a_story():
    entry = {
        "at": "2026-11-01T09:30:00.000000Z",
        "run": "",
        "code": "c",
        "event": "held",
        "detail": {"answer": "Jansen"},
    }
    assert "Jansen" not in stories.packed([entry], AT, [])


def test_a_record_is_known_by_the_same_once_it_is_reduced_to_that():
    seen = Glimpse(("#1", "#2"), ("3S1",), AT)
    assert glimpse(reduced(seen), Names()) == seen
    assert glimpse(reduced(Glimpse()), Names(("number",))) == Glimpse()


def test_whatever_a_person_does_to_a_return_counts_for_its_age():
    """Each event that a person's command writes is one of `ByPerson`."""
    rooms = [Path(engine.__file__).parent / name for name in ("ask", "replay")]
    texts = [file.read_text(encoding="utf-8") for room in rooms for file in sorted(room.glob("*.py"))]
    written = [line for text in texts for line in text.splitlines() if "story.tell(" in line]
    assert len(written) == len(ByPerson)
    assert all("ByPerson." in line for line in written)
