"""The server's own clock, by the last answer that this thread had: of any status, and of nothing else."""

import threading
from datetime import UTC, datetime

import pytest
from scripted_server import Server, answer, cut, hang_up, reset, silence

from returnsync.errors import CallError, NotSent, ReturnsyncError, Unclear

DATE = "Tue, 03 Nov 2026 10:00:00 GMT"
MOMENT = datetime(2026, 11, 3, 10, tzinfo=UTC)
LATER = "Tue, 03 Nov 2026 10:10:00 GMT"


def test_before_any_answer_there_is_none(make):
    assert make().server_time is None


@pytest.mark.parametrize("status", [200, 204, 400, 401, 403, 404, 407, 409, 429, 500, 503])
@pytest.mark.parametrize("effect", [False, True])
def test_an_answer_of_any_status_shows_it(make, server, status, effect):
    server.play(answer(status, b"", Date=DATE))
    client = make(attempts=1)
    try:
        client.send("POST", "a") if effect else client.get("a")
    except ReturnsyncError:
        assert status >= 400
    assert client.server_time == MOMENT


def test_it_is_that_of_the_last_answer(make, server):
    server.play(answer(Date=DATE), answer(503, b"", Date=DATE), answer(Date=LATER))
    client = make()
    client.get("a")
    assert client.server_time == MOMENT
    client.get("a")
    assert client.server_time == datetime(2026, 11, 3, 10, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "headers", [{}, {"Date": ""}, {"Date": "yesterday"}, {"Date": "Tue, 99 Nov 2026 10:00:00 GMT"}]
)
def test_an_answer_without_a_date_that_can_be_read_leaves_none(make, server, headers):
    server.play(answer(Date=DATE), answer(**headers))
    client = make()
    client.get("a")
    client.get("a")
    assert client.server_time is None


@pytest.mark.parametrize(("age", "shown"), [("0", MOMENT), (" 0 ", MOMENT), ("1", None), ("86400", None), ("x", None)])
def test_an_answer_that_was_kept_on_the_way_shows_the_time_of_another_request(make, server, age, shown):
    server.play(answer(Date=DATE, Age=age))
    client = make()
    client.get("a")
    assert client.server_time == shown


def test_how_far_its_clock_is_off_is_reported_by_an_answer_of_its_own_and_not_by_one_that_was_kept(make, server):
    server.play(answer(Date=DATE, Age="86400"), answer(Date=LATER))
    client = make()
    client.get("a")
    assert client.clock_offset is None
    client.get("a")
    assert client.clock_offset is not None


@pytest.mark.parametrize("lose", [silence, hang_up, reset, cut()])
@pytest.mark.parametrize("effect", [False, True])
def test_an_answer_that_is_lost_or_cut_leaves_none(make, server, lose, effect):
    client = make(attempts=1, read_timeout=0.05)
    server.play(answer(Date=DATE), lose)
    client.get("a")
    with pytest.raises(Unclear):
        client.send("POST", "a") if effect else client.get("a")
    assert client.server_time is None


def test_a_call_that_was_never_sent_leaves_none(make):
    gone = Server()
    client = make(gone.url, attempts=1)
    gone.play(answer(Date=DATE, Connection="close"))
    client.get("a")
    gone.close()
    with pytest.raises(NotSent):
        client.get("a")
    assert client.server_time is None


def test_each_thread_sees_that_of_its_own_last_answer(make, server):
    client = make()
    server.play(answer(Date=DATE))
    client.get("a")
    seen = []

    def other_thread():
        seen.append(client.server_time)
        server.play(answer(404, b"", Date=LATER))
        with pytest.raises(CallError):
            client.get("a")
        seen.append(client.server_time)

    thread = threading.Thread(target=other_thread)
    thread.start()
    thread.join()
    assert seen == [None, datetime(2026, 11, 3, 10, 10, tzinfo=UTC)]
    assert client.server_time == MOMENT
