"""One connection to a mail server, with its dialogue split into stages (RFC 5321).

    stage                                      a failure there
    connect, greeting, TLS, login, MAIL        is a problem of the account: nothing was sent
    RCPT, DATA, the body, the answer to it     is about this one mail
    no answer after the last dot               leaves it unknown whether the mail was accepted

`smtplib`'s own `send_message` raises the same class for a mail that was surely not sent and for one that may have been
sent, so its parts are called one by one.
"""

import logging
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple, cast

from returnsync.errors import NotSent, Refused, Unclear
from returnsync.http.deadline import Exchange, Handle
from returnsync.mail import NAME
from returnsync.mail.settings import MailSettings
from returnsync.mail.trouble import trouble_at
from returnsync.redact import MASK, as_kept

logger = logging.getLogger("returnsync.mail")
# Named points at which tests kill the process.
steps = logging.getLogger("returnsync.steps")

_READY, _OK, _GO_ON, _PERMANENT = 220, 250, 354, 500
# The server may forward what it accepts at once (251), or verify the address later (252).
_RECIPIENT_TAKEN = frozenset({250, 251, 252})
_LINE_OF_A_DOT = re.compile(rb"^\.", re.MULTILINE)

# Shorter texts are part of many words.
_SHORTEST = 3


class Envelope(NamedTuple):
    """The sender of a mail, and its recipients."""

    sender: str
    recipient: str
    copies: Sequence[str] = ()


class Dialogue:
    """A connection that is open, greeted, secured and logged in. For one thread at a time."""

    def __init__(
        self, settings: MailSettings, password: str, context: ssl.SSLContext | None, exchange: Exchange
    ) -> None:
        """Connect, within the time of `exchange`.

        Raises:
            AccountUnavailable: the server cannot be reached, or refuses for now.
            AccountRefused: its certificate is not accepted, it cannot do what the settings ask, or refuses the login.
        """
        self._settings = settings
        self._context = context
        self._server = smtplib.SMTP(local_hostname=_own_name())
        self._handle: Handle | None = None
        self._exchange = exchange
        try:
            self._at("connect", lambda: self._connect(exchange))
            self._at("greeting", lambda: _expect(self._server.getreply(), _READY))
            self._at("greeting", lambda: _expect(self._server.ehlo(), _OK))
            if settings.security == "starttls":
                self._at("tls", self._secure)
                self._at("greeting", lambda: _expect(self._server.ehlo(), _OK))
            steps.debug("mail: connected")
            if settings.username:
                self._at("login", lambda: self._server.login(settings.username, password))
                steps.debug("mail: logged in")
        except BaseException:
            self.close()
            raise

    @property
    def takes_utf8(self) -> bool:
        """Whether addresses may have non-ASCII letters before their @."""
        return self._server.has_extn("smtputf8")

    def belongs_to(self, exchange: Exchange) -> None:
        """From now on, break it off when `exchange` is cut."""
        self._exchange = exchange
        if self._handle is not None:
            exchange.wait_on(self._handle.shut)

    def send(self, envelope: Envelope, content: bytes, before_dot: Callable[[], None], *, utf8: bool = False) -> None:
        """Hand over one mail. `before_dot` is called when all but the end was sent; if it raises, no mail is sent.

        Raises:
            AccountUnavailable, AccountRefused: the server accepts no mail now, or none from us: surely not sent.
            Refused: it refuses this mail (5xx): surely not sent.
            NotSent: it refuses this mail for now (4xx), or the connection was lost: surely not sent.
            Unclear: it is not known whether the server accepted the mail.
        """
        options = ("SMTPUTF8",) if utf8 else ()
        reply = self._of_sender(lambda: self._server.mail(envelope.sender, options))
        if utf8 and reply[0] >= _PERMANENT:
            self._of_sender(self._server.rset)
            self._at("sender", lambda: _expect(self._server.mail(envelope.sender), _OK))
            # The server accepts our mails, and offers SMTPUTF8 but refuses it: that is about this mail.
            self._answered("MAIL", reply, _OK, envelope)
        self._at("sender", lambda: _expect(reply, _OK))
        steps.debug("mail: sender taken")
        try:
            self._address(envelope)
            steps.debug("mail: address taken")
            self._answered("DATA", self._server.docmd("DATA"), _GO_ON, envelope)
            self._server.send(_LINE_OF_A_DOT.sub(b"..", content))
            steps.debug("mail: all but its end sent")
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(f"{NAME}: the connection was lost before the mail was handed over.") from error
        before_dot()
        try:
            if self._server.sock is not None:
                # A server that scans each mail first takes long to answer (RFC 5321, section 4.5.3.2.6).
                self._server.sock.settimeout(max(self._exchange.left, self._settings.read_timeout))
            self._server.send(b".\r\n")
            steps.debug("mail: end sent")
            reply = self._server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise Unclear(f"{NAME}: the server did not say whether it accepted the mail.") from error
        self._is_taken(envelope, reply)

    def _is_taken(self, envelope: Envelope, reply: tuple[int, bytes]) -> None:
        """Return where the server accepted the mail: by the first digit of its answer (RFC 5321, section 4.2.1)."""
        code, words = reply
        foreign = _without(envelope.recipient, _text(words))
        match code // 100:
            case 2:
                if self._server.sock is not None:
                    self._server.sock.settimeout(self._settings.read_timeout)
            case 4:
                raise NotSent(f"{NAME}: the server answered {code} to the mail.", status=code, foreign=foreign)
            case 5:
                raise Refused(f"{NAME}: the server answered {code} to the mail.", status=code, foreign=foreign)
            case _:
                raise Unclear(
                    f"{NAME}: the server's answer says neither that it accepted the mail nor that it refused it."
                )

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError, smtplib.SMTPException):
            self._server.close()
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def quit(self) -> None:
        """Send QUIT, and hang up."""
        with suppress(OSError, smtplib.SMTPException):
            self._server.quit()
        self.close()

    def _connect(self, exchange: Exchange) -> None:
        place = (self._settings.host, self._settings.at_port)
        plain = socket.create_connection(place, timeout=min(self._settings.connect_timeout, exchange.left))
        self._server.sock = plain
        self._handle = Handle(plain)
        exchange.wait_on(self._handle.shut)
        plain.settimeout(self._settings.read_timeout)
        if self._settings.security == "tls" and self._context is not None:
            self._server.sock = self._context.wrap_socket(plain, server_hostname=self._settings.host)

    def _secure(self) -> None:
        """STARTTLS. Discard what the server said before it (RFC 3207, section 4.2), and what it sent too early."""
        if self._context is None or not self._server.has_extn("starttls"):
            raise smtplib.SMTPNotSupportedError
        server = self._server
        _expect(server.docmd("STARTTLS"), _READY)
        plain = cast("socket.socket", server.sock)
        server.sock, server.file = self._context.wrap_socket(plain, server_hostname=self._settings.host), None
        server.helo_resp, server.ehlo_resp, server.esmtp_features, server.does_esmtp = None, None, {}, False

    def _address(self, envelope: Envelope) -> None:
        code, words = self._server.rcpt(envelope.recipient)
        if code not in _RECIPIENT_TAKEN:
            self._answered("the address", (code, words), _OK, envelope)
        for copy in envelope.copies:
            # If a copy is refused, only the merchant misses something, not the consumer.
            if self._server.rcpt(copy)[0] not in _RECIPIENT_TAKEN:
                logger.warning("%s: the server refuses the address in `bcc`, so it gets no copy", NAME)

    def _of_sender(self, ask: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
        """The answer to a command at MAIL. Raises as `__init__` where the connection fails there."""
        replies: list[tuple[int, bytes]] = []
        self._at("sender", lambda: replies.append(ask()))
        return replies[0]

    def _answered(self, what: str, reply: tuple[int, bytes], wanted: int, envelope: Envelope) -> None:
        """Return where the server accepted. Raises as `send`."""
        code, words = reply
        if code == wanted:
            return
        foreign = _without(envelope.recipient, _text(words))
        said = f"{NAME}: the server answered {code} to {what}."
        if code >= _PERMANENT:
            raise Refused(said, status=code, foreign=foreign)
        raise NotSent(said, status=code, foreign=foreign)

    def _at(self, stage: str, act: Callable[[], object]) -> None:
        """Run one stage of the account. Raises as `__init__`."""
        try:
            act()
        except (OSError, UnicodeError, smtplib.SMTPException) as error:
            where = f"{self._settings.host}:{self._settings.at_port}"
            raise trouble_at(stage, where, error, is_late=self._exchange.cut is not None) from error


def _expect(reply: tuple[int, bytes], wanted: int) -> None:
    """Return where a reply has the wanted code. Raises `SMTPResponseException`."""
    if reply[0] != wanted:
        raise smtplib.SMTPResponseException(*reply)


def _text(words: bytes | str) -> str:
    return words if isinstance(words, str) else words.decode(errors="replace")


def _without(recipient: str, words: str) -> str:
    """A server's text without the part of the address before its @, which servers quote as the name of a user."""
    local = recipient.partition("@")[0]
    if len(local) >= _SHORTEST:
        words = re.sub(re.escape(local), MASK, words, flags=re.IGNORECASE)
    return as_kept(words)


def _own_name() -> str:
    """This machine's name for the server; a lookup of its full name could take long."""
    name = socket.gethostname()
    return name if "." in name else "[127.0.0.1]"
