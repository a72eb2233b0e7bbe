"""The sandbox's pages of the mails that its mail server took: a list, and each mail as its reader sees it."""

from __future__ import annotations

import html
import mimetypes
from typing import TYPE_CHECKING

from returnsync.sandbox import wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from returnsync.sandbox.mail import Mail, MailServer

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
  body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #222; }}
  h1 {{ font-size: 1.3rem; }}
  table {{ border-collapse: collapse; width: 100%; }}
  th, td {{ text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #ddd; }}
  iframe {{ width: 100%; height: 44rem; border: 1px solid #ddd; }}
  pre {{ white-space: pre-wrap; }}
</style>
</head>
<body>
<h1>{title}</h1>
{content}
</body>
</html>
"""


class MailPages:
    """The mails that the mail server took. Requests for these pages are not counted."""

    def __init__(self, server: MailServer) -> None:
        """Show the mails of this server."""
        self._server = server

    def operations(self) -> Sequence[wire.Operation]:
        """Name the pages."""
        return (
            wire.Operation("mails", "GET", "/mails", self.list),
            wire.Operation("mail", "GET", "/mails/{number}", self.one),
            wire.Operation("mail-html", "GET", "/mails/{number}/html", self.as_html),
            wire.Operation("mail-file", "GET", "/mails/{number}/files/{file}", self.file),
        )

    def list(self, _call: wire.Call) -> wire.Answer:
        """List the mails, the latest first."""
        rows = [
            f'<tr><td><a href="/mails/{number}">{_text(mail.message["Subject"])}</a></td>'
            f"<td>{_text(', '.join(mail.recipients))}</td></tr>"
            for number, mail in reversed(list(enumerate(self._server.mails, 1)))
        ]
        table = f"<table><tr><th>subject</th><th>to</th></tr>{''.join(rows)}</table>" if rows else "<p>None yet.</p>"
        return _page("Mails that the sandbox took", table)

    def one(self, call: wire.Call) -> wire.Answer:
        """Show one mail: its headers, its two texts, its attachments."""
        mail = self._mail(call)
        if mail is None:
            return _gone()
        number, message = call.values["number"], mail.message
        headers = "".join(
            f"<tr><th>{name}</th><td>{_text(message[name])}</td></tr>"
            for name in ("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted")
            if message[name]
        )
        files = "".join(
            f'<li><a href="/mails/{number}/files/{place}">{_text(name)}</a>, {len(content):,} bytes</li>'
            for place, (name, content) in enumerate(mail.attachments)
        )
        content = (
            f'<p><a href="/mails">All mails</a></p><table>{headers}</table><ul>{files}</ul>'
            f'<iframe sandbox src="/mails/{number}/html" title="The mail"></iframe>'
            f"<pre>{_text(_part(mail, 'plain'))}</pre>"
        )
        return _page(str(message["Subject"]), content)

    def as_html(self, call: wire.Call) -> wire.Answer:
        """Give the HTML of a mail as it came."""
        mail = self._mail(call)
        return _gone() if mail is None else wire.Answer(200, _part(mail, "html").encode(), wire.HTML)

    def file(self, call: wire.Call) -> wire.Answer:
        """Give an attachment as it came."""
        mail = self._mail(call)
        place = call.values["file"]
        if mail is None or not place.isdecimal() or int(place) >= len(mail.attachments):
            return _gone()
        name, content = mail.attachments[int(place)]
        return wire.Answer(200, content, mimetypes.guess_type(name)[0] or "application/octet-stream")

    def _mail(self, call: wire.Call) -> Mail | None:
        number = call.values["number"]
        mails = self._server.mails
        return mails[int(number) - 1] if number.isdecimal() and 0 < int(number) <= len(mails) else None


def _part(mail: Mail, kind: str) -> str:
    part = mail.message.get_body((kind,))
    return "" if part is None else str(part.get_content())


def _text(value: object) -> str:
    return html.escape(str(value))


def _page(title: str, content: str) -> wire.Answer:
    return wire.Answer(200, _PAGE.format(title=_text(title), content=content).encode(), wire.HTML)


def _gone() -> wire.Answer:
    return wire.Answer(404, b"There is no such mail.", wire.TEXT)
