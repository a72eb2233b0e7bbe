"""What counts as a label, and its kind, judged only by the content of the file, whatever its name is.

A label costs money and is needed to send a parcel, so a file must be whole to count: one that was cut has no end.
"""

import re

EXTENSIONS = ("pdf", "png", "zpl")
"""The kinds that we keep, by their file extension."""

# PDF readers search for the header in the first 1,024 bytes and for the end mark in the last 1,024 (ISO 32000, annex on
# Acrobat); printers and mail gateways add lines before and after.
_PDF_MARGIN = 1024

_PNG_BEGINNING = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
# Blocks of a fixed size are filled up with zeros or blanks.
_PNG_PADDING = 1024

# Before the first format (`^XA`), a ZPL file may have a byte order mark, blanks, a serial line's STX, and comments,
_ZPL_NOTHING = re.compile(rb"(?:\xef\xbb\xbf|[\s\x00\x02]|(?://|;|#)[^\r\n]*(?:[\r\n]|\Z)|/\*.*?\*/)*+", re.DOTALL)
# then its first command: `^…`, `~…`, `CT~~CD,~CC^~CT~` of Zebra's own drivers, or `${` of their pass-through.
_ZPL_COMMAND = re.compile(rb"[\^~]|CT~|\$\{", re.IGNORECASE)
# Anything else from a spooler (printer job language, `! U1` settings, words) is on lines before that of the format.
_ZPL_LINE = re.compile(rb"(?:\A|[\r\n])(?:[ \t\x02]|\x1b[^\r\n]*?)*?\^XA", re.IGNORECASE)
_ZPL_FORMAT = re.compile(rb"\^X([AZ])", re.IGNORECASE)


def kind_of(content: bytes) -> str:
    """The kind of a whole label, by its extension: `pdf`, `png` or `zpl`; empty where it is not a label."""
    for extension, is_one in (("png", _is_png), ("pdf", _is_pdf), ("zpl", _is_zpl)):
        if is_one(content):
            return extension
    return ""


def is_label(content: bytes, extension: str) -> bool:
    """Whether a file is a whole label of the kind with this extension."""
    return extension in EXTENSIONS and kind_of(content) == extension


def _is_pdf(content: bytes) -> bool:
    header = content.find(b"%PDF-", 0, _PDF_MARGIN)
    return header >= 0 and content.find(b"%%EOF", max(header, len(content) - _PDF_MARGIN)) >= 0


def _is_png(content: bytes) -> bool:
    whole = content.rstrip(b"\x00 \t\r\n")
    return whole.startswith(_PNG_BEGINNING) and whole.endswith(_PNG_END) and len(content) - len(whole) <= _PNG_PADDING


def _is_zpl(content: bytes) -> bool:
    """Whether a file has at least one format and its last one is ended; any prologue may come first."""
    if content.startswith((b"%PDF-", _PNG_BEGINNING)):
        return False  # a part of another kind
    before = _ZPL_NOTHING.match(content)
    begins_so = _ZPL_COMMAND.match(content, before.end() if before else 0) is not None
    if not begins_so and _ZPL_LINE.search(content) is None:
        return False
    formats = [found[1].upper() for found in _ZPL_FORMAT.finditer(content)]
    return b"A" in formats and formats[-1] == b"Z" and formats.index(b"A") < len(formats) - 1
