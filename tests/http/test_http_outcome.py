"""The meaning of an answer that is no success: how sure it is, whose text it has, and when it means something else."""

import pytest
from scripted_server import answer

from returnsync.errors import CallError, NotAllowed, NotSent, Refused, Unclear

PAGES = [(b"<html>nginx</html>", "text/html"), (b" \n<?xml?>", ""), (b"gone", "text/html")]
WORDS = [(b'{"a": 1}', "application/json"), (b"gone", "text/plain"), (b"", "text/plain")]


def failure(client, *, effect):
    with pytest.raises(CallError) as caught:
        client.send("POST", "a") if effect else client.get("a")
    return caught.value


@pytest.mark.parametrize(("body", "content_type"), WORDS + PAGES)
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_an_effect_that_a_proxy_did_not_let_through_was_not_sent_and_is_not_sent_again(
    make, server, waits, method, body, content_type
):
    server.play(answer(407, body, Content_Type=content_type))
    with pytest.raises(NotSent, match="proxy") as caught:
        make().send(method, "a")
    assert (caught.value.status, len(server.seen), waits) == (407, 1, [])


@pytest.mark.parametrize("status", [302, 400, 403, 404, 407, 408, 409, 429, 500, 503])
@pytest.mark.parametrize("effect", [False, True])
def test_a_failure_keeps_status_and_words_of_a_page_and_of_anything_else(make, server, status, effect):
    for answers in (PAGES, WORDS):
        for body, content_type in answers:
            server.play(answer(status, body, Content_Type=content_type))
            error = failure(make(attempts=1), effect=effect)
            if status == 302 and not effect:
                continue  # the body of a redirect is never read
            assert (error.status, error.foreign) == (status, body.decode())


def test_an_effect_may_bring_a_table_of_its_own_which_is_asked_of_answers_that_are_no_success_alone(make, server):
    asked = []

    def meaning(failed):
        asked.append((failed.account, failed.method, failed.route, failed.status, failed.words, failed.is_page))
        return NotAllowed(failed.what, status=failed.status)

    server.play(answer(200, {"a": 1}), answer(409, b"no", Content_Type="text/plain"))
    client = make()
    assert client.send("GET", "a", meaning=meaning).json() == {"a": 1}
    assert asked == []
    with pytest.raises(NotAllowed) as caught:
        client.send("GET", "a", params=[("who", "someone@example.test")], meaning=meaning)
    assert asked == [("shop", "GET", "/a", 409, "no", False)]
    assert caught.value.what == "shop: GET /a was answered with 409."


def test_without_one_a_refusal_means_that_nothing_was_changed_and_a_fault_that_it_is_open(make, server):
    server.play(answer(409, b"no"), answer(500, b"no"))
    client = make()
    assert type(failure(client, effect=True)) is Refused
    assert type(failure(client, effect=True)) is Unclear
