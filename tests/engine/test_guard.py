"""Guard: what looks like an accident, as a table."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from returnsync.engine.plan.guard import refusal
from returnsync.model import SourceId
from returnsync.state.sources import KnownSource

SOURCE = SimpleNamespace(settings=SimpleNamespace(guard_new=100, guard_factor=10, guard_first=500))


def known(runs, largest):
    start = datetime(2026, 11, 1, tzinfo=UTC)
    return KnownSource(SourceId("shop"), "shop", "returnista", "account", start, "", largest, runs)


@pytest.mark.parametrize(
    ("before", "new", "refused"),
    [
        (None, 500, False),
        (None, 501, True),
        (known(0, 0), 500, False),
        (known(0, 0), 501, True),
        (known(1, 0), 100, False),
        (known(1, 0), 101, True),
        (known(9, 5), 100, False),  # above ten times the largest, and not above the plain number
        (known(9, 10), 100, False),
        (known(9, 10), 101, True),
        (known(9, 30), 300, False),  # above the plain number, and not above ten times the largest
        (known(9, 30), 301, True),
        (known(9, 1000), 5000, False),
        (known(9, 1000), 0, False),
    ],
)
def test_a_source_is_refused_exactly_beyond_its_measure(before, new, refused):
    assert (refusal(SOURCE, before, new) is not None) is refused


@pytest.mark.parametrize(("before", "setting"), [(None, "guard_first = 500"), (known(3, 7), "guard_new = 100")])
def test_a_refusal_names_the_number_and_the_setting(before, setting):
    told = refusal(SOURCE, before, 1234)
    assert "1234" in told
    assert setting in told


def test_the_measures_are_settings():
    loose = SimpleNamespace(settings=SimpleNamespace(guard_new=2000, guard_factor=1, guard_first=2000))
    assert refusal(loose, None, 1234) is None
    assert refusal(loose, known(3, 7), 1234) is None
