"""Listings by creation: a span of time in windows, and how far back each run looks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from returnsync.platforms.interface import LookBack
from returnsync.platforms.windows import CreationSettings, windows

START = datetime(2026, 11, 1, tzinfo=UTC)
GIVEN = {"base_url": "https://api.example.test", "platform": "mine", "warehouse": "monta", "start_from": START}

moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants them naive
spans = st.timedeltas(timedelta(0), timedelta(days=400))
lengths = st.timedeltas(timedelta(days=1), timedelta(days=400))


@given(moments, spans, lengths)
def test_windows_cover_the_span_without_gap_or_overlap(since, span, longest):
    cut = list(windows(since, since + span, longest))
    edges = [since, *(end for _, end in cut)]
    assert [start for start, _ in cut] == edges[:-1]
    assert edges[-1] == since + span


@given(moments, spans, lengths)
def test_no_window_is_longer_than_allowed_or_empty(since, span, longest):
    for start, end in windows(since, since + span, longest):
        assert timedelta(0) < end - start <= longest


@given(moments, spans, lengths)
def test_there_are_no_more_windows_than_needed(since, span, longest):
    assert len(list(windows(since, since + span, longest))) == -(-span // longest)


@given(moments, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_span_that_is_empty_or_ends_before_it_begins_has_no_window(since, back):
    assert list(windows(since, since - back, timedelta(days=1))) == []


def test_a_span_of_exactly_the_longest_is_one_window():
    end = START + timedelta(days=30)
    assert list(windows(START, end, timedelta(days=30))) == [(START, end)]


@given(st.integers(3, 366))
def test_each_run_looks_at_the_latest_days_and_once_an_hour_at_all_that_may_be_open(days):
    look_back = CreationSettings(**GIVEN, open_days=days).look_back()
    assert look_back == LookBack(timedelta(days=3), timedelta(days=days))
    assert look_back.usual <= look_back.deep


def test_returns_stay_open_for_two_months_unless_the_settings_say_otherwise():
    assert CreationSettings(**GIVEN).look_back().deep == timedelta(days=60)


@pytest.mark.parametrize("days", [2, 0, -1, 367])
def test_what_is_open_no_longer_than_each_run_looks_or_for_ever_is_refused(days):
    with pytest.raises(ValidationError):
        CreationSettings(**GIVEN, open_days=days)
