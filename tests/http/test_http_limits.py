"""Request rates, counted across threads and processes."""

# ruff: noqa: SLF001 - time passes by changing what was counted, which has no public way

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from returnsync.errors import AccountUnavailable
from returnsync.http import limits as module
from returnsync.http.limits import AccountLimiter, Window, parse_limits


class Stop(threading.Event):
    """Notes how long a wait would be, and does not wait."""

    def __init__(self):
        super().__init__()
        self.waits = []

    def wait(self, timeout=None):
        self.waits.append(timeout)
        return self.is_set()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "limits.db"


@pytest.fixture
def make(path):
    made = []

    def limiter(account="shop", limits=None, **more):
        made.append(AccountLimiter(path, account, parse_limits(limits or {"1h": 5}), **more))
        return made[-1]

    yield limiter
    for one in made:
        one.close()


def rows(path):
    connection = sqlite3.connect(path)
    try:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'permits_%'")
        tables = [row[0] for row in found]
        return sum(connection.execute(f"SELECT COUNT(*) FROM '{table}'").fetchone()[0] for table in tables)  # noqa: S608 - the tables of our own file
    finally:
        connection.close()


def test_limits_are_read_and_sorted():
    assert parse_limits({"1h": 21600, "5m": 3600, "1d": 216000}) == (
        Window(3600, 300),
        Window(21600, 3600),
        Window(216000, 86400),
    )
    assert parse_limits({}) == ()


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"5x": 1}, "no window"),
        ({"m": 1}, "no window"),
        ({"0m": 1}, "no window"),
        ({"-5m": 1}, "no window"),
        ({"٣m": 1}, "no window"),
        ({"": 1}, "no window"),
        ({"5m": 0}, "at least 1"),
        ({"5m": -1}, "at least 1"),
        ({"5m": 99999999999999999999}, "more than 1,000,000,000"),
        ({"60s": 5, "1m": 5}, "same"),
        ({"1m": 5, "1h": 5}, "never matters"),
        ({"1m": 5, "1h": 301}, "never be reached"),
    ],
)
def test_nonsense_is_refused_in_words(limits, said):
    with pytest.raises(ValueError, match=said):
        parse_limits(limits)


@pytest.mark.parametrize("limits", [{"5m": 3600, "1h": 21600, "1d": 216000}, {"1m": 5, "1h": 300}, {"10s": 1}])
def test_what_we_take_the_library_takes_too(make, limits):
    limiter = make(limits=limits)
    limiter._new_bucket(limiter._open())


def test_no_more_than_the_limit_and_then_the_next_run_goes_on(make):
    limiter, stop = make(limits={"1h": 50}), Stop()
    for _ in range(50):
        limiter.acquire(stop)
    with pytest.raises(AccountUnavailable, match="50 requests per 3,600 s") as caught:
        limiter.acquire(stop)
    assert caught.value.account == "shop"
    assert stop.waits == []


def test_the_second_window_counts_too(make):
    limiter, stop = make(limits={"1s": 3, "1h": 4}), Stop()
    for _ in range(3):
        limiter.acquire(stop)
    time_passes(limiter, 2)
    limiter.acquire(stop)
    time_passes(limiter, 2)
    with pytest.raises(AccountUnavailable, match="4 requests per 3,600 s"):
        limiter.acquire(stop)


def time_passes(limiter, seconds):
    """Move the requests that were counted so far back in time."""
    limiter._connection.execute(f"UPDATE '{limiter._table}' SET item_timestamp = item_timestamp - ?", (seconds * 1000,))  # noqa: S608 - the tables of our own file
    limiter._leased -= seconds


def test_a_permit_is_waited_for_as_long_as_it_takes(make):
    limiter = make(limits={"10s": 1})

    class Passing(Stop):
        def wait(self, timeout=None):
            time_passes(limiter, timeout)
            return super().wait(timeout)

    stop = Passing()
    limiter.acquire(stop)
    limiter.acquire(stop)
    assert 9 < sum(stop.waits) <= 10.1


def test_a_stop_ends_the_wait(make):
    limiter, stop = make(limits={"10s": 1}), threading.Event()
    limiter.acquire(stop)
    threading.Timer(0.05, stop.set).start()
    started = time.monotonic()
    with pytest.raises(AccountUnavailable, match="stopped"):
        limiter.acquire(stop)
    assert time.monotonic() - started < 5


def test_an_account_does_not_count_for_another(make):
    stop = Stop()
    for account in ("one", "two; DROP TABLE '\"x"):
        limiter = make(account)
        for _ in range(5):
            limiter.acquire(stop)


def test_accounts_that_are_counted_as_one_share_a_limit_and_are_reported_by_their_names(make):
    make("shop-nl", counted_as="one").acquire(Stop())
    with pytest.raises(AccountUnavailable, match=r"shop-be: its limit of .* is reached"):
        make("shop-be", {"1h": 1}, counted_as="one", max_wait=0.5).acquire(Stop())


def test_what_an_earlier_version_counted_by_name_still_counts(make, path):
    make("shop", {"1h": 3}).acquire(Stop())
    again = make("shop", {"1h": 2}, counted_as="one", max_wait=0.5)
    again.acquire(Stop())
    with pytest.raises(AccountUnavailable):
        again.acquire(Stop())
    assert rows(path) == 2


def test_what_still_counts_for_a_longer_window_of_another_is_not_thrown_away(make):
    patient = make("shop-nl", {"1d": 1}, counted_as="one", max_wait=0.5)
    patient.acquire(Stop())
    time_passes(patient, 3 * 3600)
    make("shop-be", {"1m": 1}, counted_as="one", max_wait=0.5).acquire(Stop())
    with pytest.raises(AccountUnavailable):
        make("shop-nl", {"1d": 2}, counted_as="one", max_wait=0.5).acquire(Stop())


_AS_NOBODY = """
import os, pathlib, sys, threading
from returnsync.http.limits import AccountLimiter, parse_limits

os.setgid(65534)
os.setuid(65534)
limiter = AccountLimiter(pathlib.Path(sys.argv[1]), "shop", parse_limits({"1h": 5}))
limiter.acquire(threading.Event())
limiter.close()
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may become another user")
def test_a_count_that_another_user_left_is_made_again():
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to others
        os.chown(folder, 65534, 65534)
        path = Path(folder) / "limits.db"
        left = AccountLimiter(path, "shop", parse_limits({"1h": 5}))
        left.acquire(Stop())
        left.close()
        assert path.stat().st_uid == 0
        subprocess.run([sys.executable, "-c", _AS_NOBODY, str(path)], check=True)
        assert path.stat().st_uid == 65534


def test_a_run_with_one_request_counts_one_and_loads_no_library(path):
    code = (
        "import sys, threading, pathlib; from returnsync.http.limits import *\n"
        f"l = AccountLimiter(pathlib.Path({str(path)!r}), 'shop', parse_limits({{'5m': 3600}}))\n"
        "l.acquire(threading.Event()); l.close(); assert 'pyrate_limiter' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert rows(path) == 1


def test_what_was_leased_and_not_used_is_given_back(make, path):
    limiter, stop = make(limits={"1h": 1000}), Stop()
    for _ in range(20):
        limiter.acquire(stop)
    assert rows(path) > 20
    limiter.close()
    assert rows(path) == 20


def test_permits_that_are_left_over_are_not_used_in_a_later_window(make, path):
    limiter, stop = make(limits={"1h": 1000}), Stop()
    for _ in range(20):
        limiter.acquire(stop)
    time_passes(limiter, 10)
    limiter.acquire(stop)
    assert rows(path) == 21


def test_counting_is_rare_when_requests_are_many(make, monkeypatch):
    leases = []
    real = AccountLimiter._put
    monkeypatch.setattr(AccountLimiter, "_put", lambda *args: leases.append(args[-1]) or real(*args))
    limiter, stop = make(limits={"1h": 10_000}), Stop()
    for _ in range(1000):
        limiter.acquire(stop)
    assert leases[:7] == [1, 2, 4, 8, 16, 32, 32]
    assert len(leases) < 40


def test_threads_stay_below_the_limit_together(make):
    limiter, stop, got = make(limits={"1h": 100}), Stop(), []

    def work():
        try:
            while True:
                limiter.acquire(stop)
                got.append(1)
        except AccountUnavailable:
            pass

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 100


def test_processes_stay_below_the_limit_together(path):
    code = (
        "import threading, pathlib\nfrom returnsync.errors import *\nfrom returnsync.http.limits import *\n"
        f"l = AccountLimiter(pathlib.Path({str(path)!r}), 'shop', parse_limits({{'1h': 400}}))\n"
        "got = 0\n"
        "try:\n"
        "    while True:\n"
        "        l.acquire(threading.Event()); got += 1\n"
        "except AccountUnavailable:\n"
        "    print(got)\n"
        "l.close()"
    )
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(3)]
    got = [int(process.communicate()[0]) for process in running]
    assert sum(got) == 400
    assert rows(path) == 400


def test_the_file_is_for_its_owner_only(make, path):
    old = os.umask(0)
    try:
        make().acquire(Stop())
    finally:
        os.umask(old)
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"this is no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_made_again(make, path, content):
    path.write_bytes(content)
    make().acquire(Stop())
    assert rows(path) == 1


def test_a_file_that_vanishes_while_counting_does_no_harm(make, path):
    limiter, stop = make(limits={"1h": 100}), Stop()
    limiter.acquire(stop)
    for file in path.parent.iterdir():
        file.unlink()
    for _ in range(20):
        limiter.acquire(stop)
    make(limits={"1h": 100}).acquire(stop)
    assert path.exists()


def test_a_table_that_vanishes_is_made_again(make, path):
    limiter, stop = make(), Stop()
    limiter.acquire(stop)
    other = sqlite3.connect(path)
    other.execute(f"DROP TABLE '{limiter._table}'")
    other.close()
    limiter.acquire(stop)
    assert rows(path) == 1


def test_a_place_that_cannot_be_written_is_said_and_heals_later(tmp_path):
    limiter = AccountLimiter(tmp_path / "nowhere" / "limits.db", "shop", parse_limits({"1h": 5}))
    with pytest.raises(AccountUnavailable, match="cannot be counted"):
        limiter.acquire(Stop())
    (tmp_path / "nowhere").mkdir()
    limiter.acquire(Stop())
    limiter.close()


def test_permits_of_a_wrong_clock_are_forgotten(make, path, monkeypatch):
    real = module._now_ms
    monkeypatch.setattr(module, "_now_ms", lambda: real() + 10**11)
    first = make(limits={"1h": 1})
    first.acquire(Stop())
    first.close()
    monkeypatch.setattr(module, "_now_ms", real)
    make(limits={"1h": 1}).acquire(Stop())
    assert rows(path) == 1


def test_permits_that_no_longer_count_are_thrown_away(make, path):
    first = make(limits={"1h": 5})
    first.acquire(Stop())
    time_passes(first, 7300)
    first.close()
    make(limits={"1h": 5}).acquire(Stop())
    assert rows(path) == 1


def test_a_limiter_without_rates_is_a_mistake(path):
    with pytest.raises(ValueError, match="no rates"):
        AccountLimiter(path, "shop", ())
