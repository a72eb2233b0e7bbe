"""The settings of `[mail]`: the account through which labels are mailed to consumers."""

from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from returnsync.mail.addresses import of_ours
from returnsync.paths import ConfigPath
from returnsync.secrets import SecretRef
from returnsync.toml_model import TomlModel

# Seconds. Much longer times are more than a timer of the system can hold.
_DAY = 86_400

# RFC 6409 and RFC 8314, and the port of a relay on this machine.
_PORTS = {"starttls": 587, "tls": 465, "plain": 25}


MailAddress = Annotated[str, AfterValidator(of_ours)]


class MailSettings(TomlModel):
    """The mail account. Nothing is mailed unless a source also has `email` in its `hand_over`."""

    host: str = Field(min_length=1, description="The name of the mail server.", examples=["smtp.example.com"])
    port: int | None = Field(
        default=None,
        ge=1,
        le=65_535,
        description="Its port. Without it, 587 with `starttls`, 465 with `tls`, 25 with `plain`.",
        examples=[587],
    )
    security: Literal["starttls", "tls", "plain"] = Field(
        default="starttls",
        description="How the connection is secured. `plain` is allowed only for a server on this machine (127.0.0.1, "
        "::1 or localhost).",
        examples=["starttls"],
    )
    username: str = Field(
        default="", description="The user name for the login. Without it there is no login.", examples=["returns"]
    )
    password: SecretRef | None = Field(default=None, description="Its password.", examples=["env:MAIL_PASSWORD"])
    ca_file: ConfigPath = Field(
        default="",
        description="A file with the CA certificates for the server, if the system does not know them.",
        examples=["/etc/ssl/mail-ca.pem"],
    )
    connect_timeout: float = Field(
        default=10.0, gt=0, le=_DAY, description="Seconds to wait for a connection.", examples=[10.0]
    )
    read_timeout: float = Field(
        default=60.0, gt=0, le=_DAY, description="Seconds to wait for each answer of the server.", examples=[60.0]
    )
    exchange_timeout: float = Field(
        default=300.0,
        gt=0,
        le=_DAY,
        description="Seconds that handing over one mail to the server may take in all. After the whole mail is sent, "
        "the server has the remaining time to say whether it accepts it: some servers scan each mail first.",
        examples=[300.0],
    )
    from_: MailAddress = Field(
        alias="from",
        description="The sender of the mails. Mails that cannot be delivered come back to this address.",
        examples=["Shop <returns@shop.example>"],
    )
    reply_to: MailAddress | Literal[""] = Field(
        default="",
        description="Where replies of consumers go, if not to `from`.",
        examples=["help@shop.example"],
    )
    bcc: MailAddress | Literal[""] = Field(
        default="",
        description="An address that gets a copy of each mail. The mails do not show it.",
        examples=["archive@shop.example"],
    )
    test_to: MailAddress | Literal[""] = Field(
        default="",
        description="For trying mails out: each label is mailed to this address once, and to nobody else. The labels "
        "do not count as handed over: once this setting is removed, the consumers get those that are not "
        "older than `hand_over_within`.",
        examples=["me@shop.example"],
    )

    @property
    def at_port(self) -> int:
        """The port, also where none is configured."""
        return self.port or _PORTS[self.security]

    @model_validator(mode="after")
    def _plain_stays_here(self) -> "MailSettings":
        if self.security == "plain" and not _is_this_machine(self.host):
            raise ValueError(
                'security = "plain" sends addresses and labels unencrypted, so it is allowed only for this machine '
                '(127.0.0.1, ::1 or localhost); write security = "starttls" or "tls"'
            )
        if bool(self.username) != (self.password is not None):
            raise ValueError("username and password belong together; write both, or neither")
        return self


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.rstrip(".").casefold() == "localhost"
