"""What counts as a label: that is decided by the content, and only if it is whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.labels import is_label, kind_of

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\x0dIHDR..." + b"\x00\x00\x00\x00IEND\xaeB`\x82"
ZPL = b"^XA^FO50,50^FDlabel^FS^XZ"

LABELS = {
    "a PDF": (b"%PDF-1.7 label %%EOF", "pdf"),
    "a line feed before the header": (b"\r\n%PDF-1.7 label\n%%EOF\r\n", "pdf"),
    "a byte order mark before the header": (b"\xef\xbb\xbf%PDF-1.7 label\n%%EOF", "pdf"),
    "the header's last chance": (b" " * 1019 + b"%PDF-1.7" + b" " * 3000 + b"%%EOF", "pdf"),
    "zeros after the end": (b"%PDF-1.7" + b"." * 3000 + b"%%EOF\n" + b"\x00" * 1018, "pdf"),
    "ZPL inside a PDF": (b"%PDF-1.7 ^XA^XZ %%EOF", "pdf"),
    "a PNG": (PNG, "png"),
    "a padded PNG": (PNG + b"\x00" * 512, "png"),
    "a PNG and a line end": (PNG + b"\r\n", "png"),
    "ZPL": (ZPL, "zpl"),
    "ZPL in small letters": (ZPL.lower(), "zpl"),
    "ZPL after blank lines": (b"\r\n \t\n" + ZPL + b"\r\n", "zpl"),
    "ZPL after a byte order mark": (b"\xef\xbb\xbf" + ZPL, "zpl"),
    "ZPL after the driver's prologue": (b"\x02CT~~CD,~CC^~CT~\r\n" + ZPL + b"\x03", "zpl"),
    "ZPL after a graphic": (b"~DGR:LOGO.GRF,8,1,\r\nFFFFFFFF00000000\r\n" + ZPL, "zpl"),
    "ZPL after comments": (b"// made by a shop\n; 4x6\n# 203 dpi\n/* two\nlines */ ^FX of its own^FS" + ZPL, "zpl"),
    "ZPL after settings": (b'! U1 setvar "device.languages" "zpl"\r\n' + ZPL, "zpl"),
    "ZPL in a print job": (b"\x1b%-12345X@PJL JOB\r\n@PJL ENTER LANGUAGE=ZPL\r\n" + ZPL, "zpl"),
    "ZPL after a reset": (b"\x1b@" + ZPL, "zpl"),
    "ZPL after a line of words": (b"label for parcel 1 of 2\n" + ZPL, "zpl"),
    "ZPL of two formats": (b"^XA^PW812^XZ\n" + ZPL, "zpl"),
    "ZPL passed through a driver": (b"${" + ZPL + b"}$", "zpl"),
}


@pytest.mark.parametrize("name", LABELS)
def test_a_whole_file_of_a_known_kind_is_a_label_of_that_kind(name):
    content, kind = LABELS[name]
    assert kind_of(content) == kind
    assert [extension for extension in ("pdf", "png", "zpl", "bin", "PDF", "") if is_label(content, extension)] == [
        kind
    ]


OTHERS = {
    "nothing": b"",
    "a PDF without its end": b"%PDF-1.7 half of",
    "a header too late": b" " * 1020 + b"%PDF-1.7 %%EOF",
    "an end too early": b"%PDF-1.7 %%EOF" + b"." * 1024,
    "an end before the header": b"%%EOF %PDF-1.7",
    "a header alone": b"%PDF-",
    "a PNG without its end": PNG[:-12],
    "a PNG cut in its last chunk": PNG[:-1],
    "a PNG and something else": PNG + b"<html>",
    "a PNG and too much padding": PNG + b"\x00" * 1025,
    "a PNG after a line feed": b"\n" + PNG,
    "ZPL without its end": b"^XA^FO50,50^FDlabel",
    "ZPL of two formats, the last one cut": ZPL + b"^XA^FO50",
    "ZPL without a beginning": b"^FO50,50^XZ",
    "ZPL the wrong way round": b"^XZ^XA",
    "a page that speaks of ZPL": b"<html>^XA^XZ</html>",
    "JSON that speaks of ZPL": b'{"zpl": "^XA^XZ"}',
    "words that speak of ZPL": b"Error near ^XA^XZ",
    "comments alone": b"// ^XA ^XZ",
    "a page": b"<!DOCTYPE html><html>sign in</html>",
    "a GIF": b"GIF89a...;",
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_cut_or_something_else_is_no_label(name):
    assert kind_of(OTHERS[name]) == ""


# Pieces by which labels are recognised: random bytes alone would never be close to one.
PIECES = (b"%PDF-1.7", b"%%EOF", PNG[:8], PNG[-12:], b"^XA", b"^XZ", b"\n", b"words", b"\x00", b"{", b"<html>")


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=1100)), max_size=6).map(b"".join))
def test_a_label_has_the_beginning_of_its_kind_before_its_end(content):
    kind = kind_of(content)
    begins, ends = {
        "": (b"", b""),
        "pdf": (b"%PDF-", b"%%EOF"),
        "png": (PNG[:8], PNG[-12:]),
        "zpl": (b"^XA", b"^XZ"),
    }[kind]
    upper = content.upper() if kind == "zpl" else content
    assert 0 <= upper.find(begins) <= upper.rfind(ends)


@given(st.sampled_from(sorted(LABELS)), st.data())
def test_a_label_that_is_cut_within_its_last_part_is_none(name, data):
    content, kind = LABELS[name]
    end = {"pdf": b"%%EOF", "png": b"IEND\xaeB`\x82", "zpl": b"^XZ"}[kind]
    last_part = content.upper().rfind(b"^XA") + len(b"^XA") if kind == "zpl" else 0
    whole = content.upper().rfind(end.upper()) + len(end)
    assert kind_of(content[: data.draw(st.integers(last_part, whole - 1))]) == ""
