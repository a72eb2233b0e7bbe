"""A client that asks one question: an address with a placeholder for the question's subject."""

from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from returnsync.errors import ConfigError
from returnsync.http.answer import Answer
from returnsync.http.auth import Auth
from returnsync.http.client import Reader
from returnsync.http.origin import Origin

# Characters that may be in a path or a query unencoded; `%` is among them because the address is written encoded.
_AS_WRITTEN = "/?%:@!$&'()*+,;=[]"


class Question(NamedTuple):
    """An address, split into its server and the target that is asked there."""

    base_url: str
    target: str
    """Path and query, encoded, with the placeholder."""

    @classmethod
    def parse(cls, address: str, hole: str, name: str) -> "Question":
        """Split an address; `name` is the setting that it comes from, for messages.

        Raises:
            ConfigError: it is no plain https address (http only to this machine), or `hole` is in the host, in the
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
        """Prepare; `hole` marks the place in `address`, and the other arguments are those of `Reader`.

        Raises:
            ConfigError: as `Question.parse`.
        """
        question = Question.parse(address, hole, "lookup")
        super().__init__(account, question.base_url, auth, **more)
        self._target = question.target
        self._hole = hole

    def ask(self, what: str) -> Answer:
        """The answer to one question. Raises as `Reader.get`; logs and errors never contain the question's subject."""
        if what in ("", ".", ".."):
            # Encoding does not help against dots: every server and proxy on the way would still resolve them.
            raise ValueError(f"not to be asked for: {what!r}")
        target = self._target.replace(self._hole, quote(what, safe=""))
        route = self._target.partition("?")[0]
        return self._retry.call(self.account, self._stop, lambda: self._read(route, target))
