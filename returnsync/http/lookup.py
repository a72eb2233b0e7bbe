"""A client that asks one question: an address with a place for what is asked for."""

from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from returnsync.errors import ConfigError
from returnsync.http.answer import Answer
from returnsync.http.auth import Auth
from returnsync.http.client import Reader
from returnsync.http.origin import Origin

# What may stand in a path or a query as it is; a `%` is there because the address is written encoded.
_AS_WRITTEN = "/?%:@!$&'()*+,;=[]"


class Question(NamedTuple):
    """An address, taken apart: where its server lives, and what is asked there."""

    base_url: str
    target: str
    """Path and query, encoded, with the place for what is asked for."""

    @classmethod
    def parse(cls, address: str, hole: str, name: str) -> "Question":
        """Take an address apart; `name` is the setting that it comes from, for what is said of it.

        Raises:
            ConfigError: it is no plain https address (http to this machine alone), or `hole` stands in the host, in the
                fragment, or nowhere. The address itself is not repeated.
        """
        try:
            parts = urlsplit(address.strip())
        except ValueError:
            parts = urlsplit("")
        base_url = f"{parts.scheme}://{parts.netloc}"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if hole not in parts.netloc:
            Origin.parse(base_url, name)
        if hole in parts.netloc or hole not in target or parts.fragment:
            raise ConfigError(
                f"The {name} does not have {hole} in its path or query, or has a fragment.",
                f"Write it as https://erp.example.com/orders/{hole}.",
            )
        before_and_after = (quote(part, safe=_AS_WRITTEN) for part in target.split(hole))
        return cls(base_url, hole.join(before_and_after))


class Asker(Reader):
    """A `Reader` of one address. Safe to share between threads; close it after use."""

    def __init__(self, account: str, address: str, auth: Auth | None, *, hole: str, **more: Any) -> None:
        """Prepare; `hole` marks the place in `address`, and the rest is as for `Reader`.

        Raises:
            ConfigError: as `Question.parse`.
        """
        question = Question.parse(address, hole, "lookup")
        super().__init__(account, question.base_url, auth, **more)
        self._target = question.target
        self._hole = hole

    def ask(self, what: str) -> Answer:
        """The answer to one question. Raises as `Reader.get`; of what is asked nothing stands in logs or errors."""
        if what in ("", ".", ".."):
            # The two dots cannot be encoded away: every server and proxy on the way would resolve them.
            raise ValueError(f"not to be asked for: {what!r}")
        target = self._target.replace(self._hole, quote(what, safe=""))
        route = self._target.partition("?")[0]
        return self._retry.call(self.account, self._stop, lambda: self._read(route, target))
