"""What a platform sends, and how it takes errors and answers that are not usable."""

from typing import Any

from returnsync.errors import AccountError, AccountRefused, CallError, ExitCode
from returnsync.model import ReturnId
from returnsync.platforms.contract.base import Base
from returnsync.platforms.contract.between import Between, Canned
from returnsync.platforms.contract.expect import expect, failure_of, same

QUOTED = "jo@example.com lives here"
# A server's texts in the shapes that occur in practice; every one of them is private.
_ERROR_BODIES = (
    (b'{"errors": [{"message": "jo@example.com lives here"}]}', "application/json"),
    (b'{"message": "jo@example.com lives here"}', "application/json"),
    (b'{"title": "x", "detail": "jo@example.com lives here", "status": 400}', "application/problem+json"),
    (b'"jo@example.com lives here"', "application/json"),
    (b"jo@example.com lives here", "text/plain"),
    (b"<html><body>jo@example.com lives here</body></html>", "text/html"),
    (b"", "application/json"),
)
_WRONG_BODIES = (b"", b"null", b"5", b'"text"', b"[[]]", b'{"a": 1}', b"{", b"<html></html>", b"[" * 100_000, b"\xff")


class Calls(Base, abstract=True):
    """Every failure is one of our errors, and only harmless reads are sent."""

    def test_every_error_in_any_shape_is_one_of_ours(self) -> None:
        """No library's exception gets through, and nothing that is shown contains the server's words."""
        for status in (400, 403, 404, 409, 422, 500, 503):
            own = [(body, "application/json") for body in self.error_bodies]
            for body, content_type in (*_ERROR_BODIES, *own):
                self.between.always = Canned(status, body, content_type=content_type)
                failure = failure_of(self.listed)
                expect(isinstance(failure, CallError | AccountError), f"{status} became {type(failure).__name__}")
                expect(QUOTED not in failure.what + failure.next_step, f"{status}: the server is quoted: {failure}")
                expect("@" not in str(failure), f"{status}: the server is quoted: {failure}")

    def test_a_success_that_is_no_list_is_no_empty_list(self) -> None:
        """Otherwise the mark would pass records that were never read."""
        self.add(self.wish())
        for body in (*_WRONG_BODIES, *self.wrong_bodies):
            self.between.always = Canned(200, body)
            failure = failure_of(self.listed)
            expect(isinstance(failure, CallError | AccountError), f"{body[:20]!r} became {type(failure).__name__}")

    def test_refused_credentials_stop_the_account(self) -> None:
        """401, 403 and similar answers mean that somebody must act: exit code 78, after a single request."""
        for status in (401, 402, 403, 423, 426, 451):
            self.between.always = Canned(status, b"no", content_type="text/plain")
            self.between.seen.clear()
            failure = failure_of(self.listed)
            expect(isinstance(failure, AccountRefused), f"{status} became {type(failure).__name__}")
            expect(bool(failure.next_step), f"nothing says what to do about {status}")
            same(len(self.between.seen), 1, f"requests after {status}")

    def test_too_many_requests_is_waited_out(self) -> None:
        """`Retry-After` comes as a number, as a date in the past, as nonsense, and not at all."""
        identity = self.add(self.wish())
        for value in ("0", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", None):
            headers = {} if value is None else {"Retry-After": value}
            self.between.next = [Canned(429, b"slow down", headers, "text/plain")]
            self.waits.clear()
            same(list(self.listed().returns), [identity], f"returns after {value!r}")
            same(len(self.waits), 1, f"waits after {value!r}")
            expect(self.waits[0] < 30, f"{value!r} was waited out for {self.waits[0]} s")  # noqa: PLR2004 - the text says what is expected

    def test_too_many_requests_for_ever_is_for_the_next_run(self) -> None:
        """Exit code 75, and nothing counts as read."""
        self.between.always = Canned(429, b"slow down", {"Retry-After": "0"}, "text/plain")
        failure = failure_of(self.listed)
        same(failure.exit_code, ExitCode.TEMPORARY, "exit code")

    def test_nothing_but_harmless_reads_is_ever_sent(self) -> None:
        """No write, no body, and no read that changes something."""
        identity = self.add(self.wish())
        platform = self.open()
        expect(not hasattr(platform, "send"), "a platform that can send")
        self.listed(platform=platform)
        platform.one(ReturnId(identity))
        list(platform.find("1001"))
        list(platform.find(identity))
        list(platform.check())
        expect(len(self.between.seen) >= 4, "too few requests to tell")  # noqa: PLR2004 - the text says what is expected
        for seen in self.between.seen:
            same((seen.method, seen.body), ("GET", b""), f"method and body of {seen.target}")
            for part in self.forbidden:
                expect(part not in seen.target, f"{seen.target} must never be asked")

    def test_a_platform_cannot_write(self) -> None:
        """Its client refuses everything but reads, so that this does not depend on each platform's code."""
        self.add(self.wish())
        settings = self._settings()
        reader = self.reader(settings)
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            try:
                reader._transport.exchange(method, "/x", "/x", b"{}")  # noqa: SLF001 - the test tries what no code may do
            except PermissionError:
                continue
            raise AssertionError(f"{method} was sent")
        same(self.between.seen, [], "requests")

    def test_credentials_go_with_each_request_and_into_no_address(self) -> None:
        """They go in a header, since addresses end up in logs."""
        identity = self.add(self.wish())
        platform = self.open()
        self.listed(platform=platform)
        platform.one(ReturnId(identity))
        list(platform.check())
        auth = {name.lower(): value for name, value in self._auth_headers().items()}
        expect(bool(auth), "no credentials at all")
        for seen in self.between.seen:
            same({name: seen.headers.get(name) for name in auth}, auth, f"credentials of {seen.target}")
            for secret in self.secrets.values():
                expect(secret not in seen.target, f"a secret in the address {seen.target}")

    def _auth_headers(self) -> dict[str, str]:
        import requests

        request = requests.Request("GET", self.between.url).prepare()
        before = dict(request.headers)
        signed = self.platform.auth(self._settings(), self._secret)(request).headers
        return {name: value for name, value in signed.items() if before.get(name) != value}

    def test_credentials_never_follow_a_redirect_to_another_host(self) -> None:
        """This includes a host that differs only in its port."""
        other = Between()
        try:
            for status in (301, 302, 303, 307, 308):
                self.between.always = Canned(status, b"", {"Location": other.url + "/elsewhere"})
                failure = failure_of(self.listed)
                expect(isinstance(failure, CallError | AccountError), f"{status} became {type(failure).__name__}")
            same(other.seen, [], "requests that reached another host")
        finally:
            other.close()

    def test_a_link_to_another_host_is_never_followed(self) -> None:
        """Of a link to the next page, only the position is used."""
        moments = self.add_many(2 * self.page_size + 1)
        other = Between()

        def lead_astray(content: Any) -> None:
            if isinstance(content, dict):
                for name, value in content.items():
                    if "next" in name.lower() and isinstance(value, str) and value:
                        content[name] = other.url + "/" + value.partition("://")[2].partition("/")[2]
                    else:
                        lead_astray(value)

        self.between.edit = lead_astray
        try:
            seen = set(self.listed().returns)
        except AccountError:
            seen = set(moments)
        finally:
            self.between.edit = None
            other.close()
        same(other.seen, [], "requests that reached another host")
        same(sorted(seen), sorted(moments), "returns")
