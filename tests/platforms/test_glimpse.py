"""The data that are still found in a record that cannot be read."""

import json
from datetime import UTC, datetime

import pytest

from returnsync.platforms.glimpse import Names, glimpse, private_in

NAMES = Names(orders=("order",), created=("createdAt",))


@pytest.mark.parametrize(
    ("record", "created"),
    [
        ({"createdAt": "2026-11-29T10:00:00Z"}, datetime(2026, 11, 29, 10, tzinfo=UTC)),
        ({"data": {"createdAt": "2026-11-29T10:00:00Z"}}, datetime(2026, 11, 29, 10, tzinfo=UTC)),
        ({"createdAt": "once", "comments": [{"createdAt": "2020-01-01T00:00:00Z"}]}, None),
    ],
    ids=["its own", "inside a wrapper", "odd, beside another one inside"],
)
def test_the_time_is_that_of_the_record_and_of_nothing_inside_it(record, created):
    assert glimpse(json.dumps(record), NAMES).created == created


def test_it_is_found_by_any_of_many_order_numbers():
    record = {"lines": [{"order": str(number)} for number in range(8)]}
    assert glimpse(json.dumps(record), NAMES).order_numbers == tuple("01234567")


def test_what_it_tells_of_a_person_is_found_by_the_names_of_its_fields():
    person = {"firstName": "Jo", "last_name": "Jansen", "address": {"name": "J. Jansen", "postal-code": "1234 AB"}}
    record = {"order_name": "#1", "lines": [{"name": "Shirt", "sku": "S"}], "customer": "jo@example.com", "by": person}
    assert sorted(private_in(json.dumps(record))) == ["1234 AB", "J. Jansen", "Jansen", "Jo", "jo@example.com"]
    assert private_in("no JSON") == []
