"""A stand-in for the merchant's mail server: SMTP on loopback, which shows its mails and fails on demand.

The stages of a dialogue are connect, ehlo, starttls, auth, mail, rcpt, data, dot. At each of these the server can be
told to answer something else, to hang up, or to fall silent. At the dot it takes the mail first, unless it is told
otherwise. That is the worst case, since the sender cannot know it.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeAlias, cast

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

if TYPE_CHECKING:
    import ssl
    from email.message import EmailMessage
    from types import TracebackType

    from aiosmtpd.smtp import Envelope, Session

Stage: TypeAlias = Literal["connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "dot"]
Way: TypeAlias = Literal["reply", "drop", "silence"]

HOST: Final = "127.0.0.1"
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class MailFault:
    """One thing that goes wrong in dialogues with the mail server."""

    stage: Stage
    way: Way = "reply"
    reply: str = "451 4.3.0 Try again later"
    """The answer, if it is to answer."""
    times: int | None = None
    """How often at most; `None`: each time."""
    about: str = ""
    """Only if the recipient contains this text; at the dot also if the mail contains it."""
    taken: bool = True
    """Whether a mail is taken at the dot, before it goes wrong."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that the server took."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """Give it as an email message."""
        return message_from_bytes(self.content, policy=default)

    @property
    def message_id(self) -> str:
        """Give its `Message-ID`, by which a second copy of it is recognised."""
        return str(self.message["Message-ID"])

    @property
    def attachments(self) -> list[tuple[str, bytes]]:
        """Give the name and the content of each attachment."""
        parts = self.message.iter_attachments()
        return [(part.get_filename() or "", cast("bytes", part.get_payload(decode=True))) for part in parts]


class MailServer:
    """The stand-in. A context manager; port 0 takes a free port. Everything may be used from any thread.

    With a `certificate` it offers STARTTLS, or uses TLS from the first byte if `implicit` is set. `password` is needed
    for a login as the user `returns`.
    """

    user: Final = "returns"

    def __init__(
        self,
        certificate: ssl.SSLContext | None = None,
        *,
        implicit: bool = False,
        password: str = "",
        takes_utf8: bool = False,
        port: int = 0,
    ) -> None:
        """Prepare the server; it listens once the context is entered."""
        self.mails: list[Mail] = []
        self.stages: list[str] = []
        """Each stage that was reached in any dialogue, in order."""
        self._certificate = certificate
        self._implicit = implicit
        self._password = password
        self._takes_utf8 = takes_utf8
        self._wanted_port = port
        self._lock = threading.Lock()
        self.open: set[_Dialogue] = set()
        """The connections that are open."""
        self._faults: list[MailFault] = []
        self._fired: dict[int, int] = {}
        self._listener: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def add(self, *faults: MailFault) -> None:
        """Add faults; of several that match, the first one is used."""
        with self._lock:
            self._faults += faults

    def heal(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()
            self._fired.clear()

    @property
    def port(self) -> int:
        """The port that it listens on; known once the context is entered."""
        if self._listener is None:
            raise RuntimeError("the mail server has no port before it is entered")
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        """Listen. Raises OSError when the port is taken."""
        self._listener = socket.create_server((HOST, self._wanted_port))
        ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(ready,), name="returnsync-mail", daemon=True)
        self._thread.start()
        if not ready.wait(_PATIENCE):
            raise RuntimeError("the mail server does not listen")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop listening, drop open connections, and wait for the thread."""
        if self._loop is not None and self._stopping is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(_PATIENCE)

    def fault_at(self, stage: Stage, text: str = "") -> MailFault | None:
        """Note that a stage was reached, and give what goes wrong there."""
        with self._lock:
            self.stages.append(stage)
            for fault in self._faults:
                fired = self._fired.get(id(fault), 0)
                if fault.stage == stage and fault.about in text and (fault.times is None or fired < fault.times):
                    self._fired[id(fault)] = fired + 1
                    return fault
        return None

    def take(self, envelope: Envelope) -> None:
        """Keep one mail."""
        content = envelope.original_content or b""
        with self._lock:
            self.mails.append(Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))

    def _serve(self, ready: threading.Event) -> None:
        asyncio.run(self._listen(ready))  # which cancels every dialogue at its end

    async def _listen(self, ready: threading.Event) -> None:
        loop = self._loop = asyncio.get_running_loop()
        stopping = self._stopping = asyncio.Event()
        server = await loop.create_server(
            lambda: _Dialogue(self, loop, self._options()),
            sock=cast("socket.socket", self._listener),
            ssl=self._certificate if self._implicit else None,
        )
        ready.set()
        await stopping.wait()
        server.close()
        for dialogue in list(self.open):
            dialogue.hang_up()
        await asyncio.sleep(0)  # the transports close in the next turns of the loop
        await asyncio.sleep(0)

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"enable_SMTPUTF8": self._takes_utf8, "hostname": "mail.sandbox"}
        if self._certificate is not None and not self._implicit:
            options |= {"tls_context": self._certificate, "require_starttls": True}
        if self._password:
            # aiosmtpd only knows the TLS of STARTTLS; without that, a login is offered but not required.
            by_starttls = self._certificate is not None and not self._implicit
            options |= {
                "authenticator": self._is_login,
                "auth_required": by_starttls,
                "auth_require_tls": by_starttls,
            }
        return options

    def _is_login(self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, login: object) -> AuthResult:
        known = (self.user.encode(), self._password.encode())
        fits = isinstance(login, LoginPassword) and (login.login, login.password) == known
        return AuthResult(success=fits, handled=False)


class _Dialogue(SMTP):
    """One connection; at each stage it asks the server whether something is to go wrong."""

    def __init__(self, server: MailServer, loop: asyncio.AbstractEventLoop, options: dict[str, Any]) -> None:
        self._stand_in = server
        super().__init__(self, loop=loop, **options)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a dialogue, or continue it over TLS."""
        self._stand_in.open.add(self)
        self._connection = transport
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Note that the connection is closed."""
        self._stand_in.open.discard(self)
        super().connection_lost(error)

    def hang_up(self) -> None:
        """Drop the connection; bytes that were written before may be lost."""
        cast("asyncio.Transport", self._connection).abort()

    async def _handle_client(self) -> None:
        if not await self._goes_wrong("connect"):
            await super()._handle_client()

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - the name that aiosmtpd looks for
        if not await self._goes_wrong("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802 - as above
        if not await self._goes_wrong("starttls"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802 - as above
        if not await self._goes_wrong("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - as above
        if not await self._goes_wrong("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802 - as above
        if not await self._goes_wrong("rcpt", arg or ""):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - as above
        if not await self._goes_wrong("data", self._recipients()):
            await super().smtp_DATA(arg)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 - a hook of aiosmtpd's
        """Take a mail that has come whole, and answer."""
        text = self._recipients() + (envelope.original_content or b"").decode("latin-1")
        fault = self._stand_in.fault_at("dot", text)
        if fault is None or (fault.taken and fault.way != "reply"):
            self._stand_in.take(envelope)
        if fault is None:
            return "250 2.0.0 Taken"
        if fault.way == "reply":
            return fault.reply
        await self._break_off(fault)
        return "250 2.0.0 Taken"

    def _recipients(self) -> str:
        return " ".join(self.envelope.rcpt_tos) if self.envelope is not None else ""

    async def _goes_wrong(self, stage: Stage, text: str = "") -> bool:
        fault = self._stand_in.fault_at(stage, text)
        if fault is None:
            return False
        if fault.way == "reply":
            await self.push(fault.reply)
        else:
            await self._break_off(fault)
        return True

    async def _break_off(self, fault: MailFault) -> None:
        if fault.way == "silence":
            await asyncio.Event().wait()
        self.hang_up()
