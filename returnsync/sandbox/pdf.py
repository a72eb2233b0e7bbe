"""A tiny label file that any PDF reader opens."""

from __future__ import annotations


def label_pdf(carrier: str, tracking: str) -> bytes:
    """Make a one-page PDF the size of a parcel label, with carrier and tracking code on it."""
    text = f"BT /F1 18 Tf 20 360 Td ({_plain(carrier)}) Tj 0 -30 Td ({_plain(tracking)}) Tj ET".encode()
    font = b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 298 420] /Contents 4 0 R /Resources %b >>" % font,
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(text), text),
    )
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(out)
    entries = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, entries)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _plain(text: str) -> str:
    """Keep the characters that need no escape in a PDF string."""
    return "".join(char for char in text if char.isascii() and char.isprintable() and char not in "()\\")
