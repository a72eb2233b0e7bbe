"""Time: aware and in UTC inside, read leniently, and written so that texts sort by time."""

import time
from datetime import UTC, datetime, timedelta, timezone
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync import clock

moments = st.datetimes(timezones=st.timezones() | st.just(UTC), allow_imaginary=False).filter(
    lambda moment: 2 < moment.year < 9998
)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02T09:14:07.120Z", datetime(2026, 3, 2, 9, 14, 7, 120_000, UTC)),
        ("2026-03-02T09:14:07Z", datetime(2026, 3, 2, 9, 14, 7, tzinfo=UTC)),
        ("2026-03-02T09:14Z", datetime(2026, 3, 2, 9, 14, tzinfo=UTC)),
        ("2026-03-02T09:14:07", datetime(2026, 3, 2, 9, 14, 7, tzinfo=UTC)),
        ("2026-03-02 09:14:07+01:00", datetime(2026, 3, 2, 8, 14, 7, tzinfo=UTC)),
        ("2026-03-02T09:14:07.123456789Z", datetime(2026, 3, 2, 9, 14, 7, 123_456, UTC)),
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        (" 2026-03-02\n", datetime(2026, 3, 2, tzinfo=UTC)),
    ],
)
def test_every_form_is_read_as_utc(text, moment):
    assert clock.parse(text) == moment
    assert clock.parse(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "yesterday",
            "2026-13-01",
            "2026-02-30",
            "1700000000",
            "null",
            "2026-03-02T25:00:00",
            "2026-03-02T",
        ),
        *("0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "2026-03-02T09:14:07+99:00"),
    ],
)
def test_an_invalid_time_raises_a_value_error_and_nothing_else(text):
    with pytest.raises(ValueError):  # noqa: PT011 - with any message
        clock.parse(text)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        assert clock.parse(text).tzinfo is UTC
    except ValueError:
        return


@given(moments)
def test_what_is_written_reads_back(moment):
    assert clock.parse(clock.stamp(moment)) == moment.astimezone(UTC)


@given(moments, moments)
def test_texts_sort_as_moments_do(one, other):
    assert (clock.stamp(one) < clock.stamp(other)) == (one.astimezone(UTC) < other.astimezone(UTC))


@pytest.mark.parametrize(
    "moment", [datetime(1, 1, 1, tzinfo=UTC), datetime(999, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)]
)
def test_a_stamp_has_one_width_in_every_year(moment):
    assert len(clock.stamp(moment)) == len("2026-11-22T09:30:00.000000Z")


def test_a_stamp_with_milliseconds_is_cut_and_never_rounded_up():
    moment = datetime(2026, 3, 1, 1, 59, 59, 999_999, timezone(timedelta(hours=2)))
    assert clock.stamp_ms(moment) == "2026-02-28T23:59:59.999Z"


def test_now_is_aware():
    assert clock.now().tzinfo is UTC


def test_a_wait_ends_at_once_when_asked_to_stop():
    stop = Event()
    stop.set()
    began = time.monotonic()
    clock.wait(stop, 60)
    clock.wait(Event(), -1)
    assert time.monotonic() - began < 5
