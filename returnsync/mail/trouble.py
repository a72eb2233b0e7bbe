"""What a failure at a stage of the mail account means: out for now, or refused until a setting is fixed."""

import smtplib
import ssl

from returnsync.errors import AccountError, AccountRefused, AccountUnavailable
from returnsync.mail import NAME
from returnsync.redact import as_kept

_PERMANENT = 500

# Each stage in words, for messages on a failure.
_STAGES = {
    "connect": "connect to",
    "greeting": "get a greeting from",
    "tls": "secure the connection with",
    "login": "log in to",
    "sender": "send as `from` through",
}


def trouble_at(stage: str, where: str, error: Exception, *, is_late: bool) -> AccountError:
    """The account's error for what was raised at a stage; `where` is the server, `is_late`: its time was up."""
    match error:
        case smtplib.SMTPResponseException():
            return _answered(stage, where, error)
        case smtplib.SMTPNotSupportedError():
            return _lacks(stage, where)
        case UnicodeError():
            return _unsendable(stage)
        case ssl.SSLCertVerificationError():
            return _untrusted(where, error)
        case _ if stage == "login" and type(error) is smtplib.SMTPException:
            # it offers no login method that is known here
            return _lacks(stage, where)
        case _:
            return AccountUnavailable(
                NAME,
                f"{NAME}: could not {_STAGES[stage]} {where} ({_reason(error, is_late=is_late)}).",
                "The next run tries again, and sends the mails that wait. If this continues, check `host`, `port` and "
                "`security` in [mail], and whether this machine may connect to the server.",
            )


def _answered(stage: str, where: str, error: smtplib.SMTPResponseException) -> AccountError:
    what = f"{NAME}: could not {_STAGES[stage]} {where}: it answered {error.smtp_code}."
    words = error.smtp_error
    foreign = as_kept(words if isinstance(words, str) else words.decode(errors="replace"))
    if error.smtp_code < _PERMANENT:
        return AccountUnavailable(
            NAME, what, "The next run tries again, and sends the mails that wait.", foreign=foreign
        )
    next_step = {
        "login": "Check `username` and `password` in [mail].",
        "sender": "Check `from` in [mail]: this account may not send as that address.",
    }.get(stage, "Check [mail], and ask the operator of the server why.")
    return AccountRefused(
        NAME, what, f"{next_step} The mails that wait are sent once this is corrected.", foreign=foreign
    )


def _lacks(stage: str, where: str) -> AccountRefused:
    if stage == "tls":
        what, do = "offers no STARTTLS", 'Write security = "tls" in [mail], with the port for it.'
    else:
        what, do = "offers no login method that returnsync supports", "Check `username` and `port` in [mail]."
    return AccountRefused(NAME, f"{NAME}: {where} {what}.", do)


def _unsendable(stage: str) -> AccountRefused:
    """The error for a setting with letters that this stage cannot send."""
    keys = {"connect": "`host`", "login": "`username` or `password`"}.get(stage, "`from`")
    return AccountRefused(
        NAME, f"{NAME}: {keys} in [mail] has letters that cannot be sent.", "Write it in ASCII letters."
    )


def _untrusted(where: str, error: ssl.SSLCertVerificationError) -> AccountRefused:
    why = getattr(error, "verify_message", "") or "it is not trusted"
    return AccountRefused(
        NAME,
        f"{NAME}: the certificate of {where} cannot be verified ({why}).",
        "Check `host` in [mail] and this machine's clock. For a certificate of your own, name it in `ca_file`.",
    )


def _reason(error: Exception, *, is_late: bool) -> str:
    if is_late or isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "no answer in time"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "it closed the connection"
    return (error.strerror if isinstance(error, OSError) else "") or type(error).__name__
