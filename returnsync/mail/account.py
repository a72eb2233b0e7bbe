"""The mail account of one command: a connection that is made for the first mail, and kept for the others."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from returnsync.errors import (
    AccountError,
    AccountRefused,
    AccountUnavailable,
    ConfigError,
    Interrupted,
    NotSent,
    Unclear,
)
from returnsync.http.deadline import Exchange, Watchdog
from returnsync.mail import NAME
from returnsync.mail.addresses import parsed
from returnsync.mail.dialogue import Dialogue, Envelope
from returnsync.mail.settings import MailSettings

_SILENCES = 2
_CLOSING = 421


class UnmailableError(ValueError):
    """A mail that cannot be made, or not for this server. Its text is a sentence that names nobody."""


class MailAccount:
    """Hands mails over, one at a time. Safe to share between threads; close it after use."""

    def __init__(self, settings: MailSettings, password: Callable[[], str], stop: threading.Event) -> None:
        """Prepare; nothing is connected yet. `password` is called when the first mail is sent."""
        self.settings = settings
        self._password = password
        self._stop = stop
        self._watchdog = Watchdog(settings.exchange_timeout, stop)
        self._lock = threading.Lock()
        self._dialogue: Dialogue | None = None
        self._context: ssl.SSLContext | None = None
        self._silences = 0
        self.trouble: AccountError | None = None
        """Why nothing more is mailed in this command."""
        self.connections = 0
        """How many connections were made."""

    def send(self, message: EmailMessage, before_dot: Callable[[], None]) -> None:
        """Hand over one mail. `before_dot` is called when all but the end was sent; if it raises, no mail is sent.

        Raises:
            AccountError: the account cannot be used, which is `trouble` from then on: surely not sent.
            UnmailableError: it cannot be made into a mail that this server accepts: surely not sent.
            Refused: the server refuses this mail (5xx): surely not sent.
            NotSent: the server refuses it for now, or the connection was lost: surely not sent.
            Unclear: it is not known whether the server accepted the mail.
        """
        with self._lock, self._watchdog.begin(effect=True) as exchange:
            if self.trouble is not None:
                raise self.trouble.with_traceback(None)
            kept, begun = self._dialogue, False

            def about_to_end() -> None:
                nonlocal begun
                begun = True
                before_dot()

            with self._hanging_up():
                if kept is not None:
                    kept.belongs_to(exchange)
                dialogue = kept or self._open(exchange)
                try:
                    self._hand_over(dialogue, message, about_to_end)
                except (AccountUnavailable, NotSent) as error:
                    if kept is None or begun or (isinstance(error, NotSent) and error.status != _CLOSING):
                        raise
                    # Servers hang up after a long silence, or after enough mails on one connection.
                    self._hang_up()
                    self._hand_over(self._open(exchange), message, before_dot)
            self._silences = 0

    def check(self) -> None:
        """Connect and log in, but send nothing.

        Raises:
            AccountError: the account cannot be used.
        """
        with self._lock, self._watchdog.begin(effect=False) as exchange, self._hanging_up():
            self._open(exchange)

    def close(self) -> None:
        """Hang up."""
        with self._lock:
            if self._dialogue is not None and self.trouble is None:
                with self._watchdog.begin(effect=False) as exchange:
                    self._dialogue.belongs_to(exchange)
                    self._dialogue.quit()
            self._hang_up()

    def _open(self, exchange: Exchange) -> Dialogue:
        if self._stop.is_set():
            raise Interrupted(NAME, f"{NAME}: asked to stop before the connection was made.")
        try:
            password = self._password() if self.settings.username else ""
        except ConfigError as error:
            raise AccountRefused(NAME, error.what, error.next_step) from error
        self.connections += 1
        context = None if self.settings.security == "plain" else self._tls()
        self._dialogue = Dialogue(self.settings, password, context, exchange)
        return self._dialogue

    def _hand_over(self, dialogue: Dialogue, message: EmailMessage, before_dot: Callable[[], None]) -> None:
        recipient = parsed(str(message["To"]))
        utf8 = not recipient.username.isascii()
        if utf8 and not dialogue.takes_utf8:
            raise UnmailableError(
                "The consumer's address has letters before its @ that this mail server does not accept."
            )
        content = message.as_bytes(policy=(SMTPUTF8 if utf8 else SMTP))
        envelope = Envelope(
            parsed(self.settings.from_).addr_spec,
            recipient.addr_spec,
            # A test mail goes to nobody else.
            [parsed(self.settings.bcc).addr_spec] if self.settings.bcc and not self.settings.test_to else [],
        )
        dialogue.send(envelope, content, before_dot, utf8=utf8)

    @contextmanager
    def _hanging_up(self) -> Iterator[None]:
        """End the connection on any error inside, and keep an account's error as `trouble`."""
        try:
            yield
        except AccountError as error:
            self.trouble = error
            self._hang_up()
            raise
        except (NotSent, Unclear) as error:
            # A server that stops answering on one mail after another has a problem of its own. Each of these mails may
            # have been accepted, and would be sent again: so the others wait.
            self._silences = 0 if error.status is not None else self._silences + 1
            if self._silences >= _SILENCES:
                self.trouble = AccountUnavailable(
                    NAME,
                    f"{NAME}: the server did not finish {_SILENCES} mails in a row.",
                    "The next run tries again, and sends the mails that wait. Ask the operator of the server why.",
                )
            self._hang_up()
            raise
        except BaseException:
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        if self._dialogue is not None:
            self._dialogue.close()
            self._dialogue = None

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            try:
                self._context = ssl.create_default_context(cafile=self.settings.ca_file or None)
            except OSError as error:
                raise AccountRefused(
                    NAME,
                    f"{NAME}: the certificates in {self.settings.ca_file} cannot be read ({error.strerror or error}).",
                    "See `ca_file` in [mail]: a file in PEM that this user can read.",
                ) from error
        return self._context
