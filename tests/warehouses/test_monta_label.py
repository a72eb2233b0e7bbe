"""The answer to Monta's label call: every valid form is read, and the answer is kept in any case."""

import base64
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.errors import BadAnswer, BadLabel, Unclear
from returnsync.http.answer import Answer
from returnsync.warehouses.monta.label import decoded, read_label

LINK = "https://t.example/1"
PDF = b"%PDF-1.7 label\xff\xfe\xfb %%EOF\n"
PLAIN = base64.b64encode(PDF).decode()
OTHERS = {
    "png": b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\x00IEND\xaeB`\x82",
    "zpl": b"~DGR:A.GRF,1,1,FF\r\n^XA^FO50^XZ\r\n",
}

EXTENSIONS = ("pdf", " .PDF", "application/pdf", "bin", "png", "../../evil", "", None, 5, ["pdf"])
ODD_LINKS = (5, ["x"], {"href": LINK}, "no address", "javascript:alert(1)", "null", "", None, True)
ALONE = ({"EncodedData": PLAIN}, [{"EncodedData": PLAIN, "TrackAndTraceLink": None}], {"encodedData": PLAIN})


def answered(body, content_type="application/json"):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(200, {"Content-Type": content_type}, raw)


def label_answer(data=PLAIN, **more):
    return {"EncodedData": data, "FileExtension": "pdf", "TrackAndTraceLink": LINK, **more}


FORMS = {
    "plain": lambda text: text,
    "line ends": lambda text: "\r\n".join(re.findall(".{1,76}", text)) + "\r\n",
    "blanks": lambda text: " " + "\t ".join(re.findall(".{1,10}", text)) + " ",
    "a byte order mark": lambda text: "\ufeff" + text,
    "the alphabet for addresses": lambda text: text.replace("+", "-").replace("/", "_"),
    "no padding": lambda text: text.rstrip("="),
    "padding that is too long": lambda text: text + "=",
    "a data address": lambda text: "data:application/pdf;base64," + text,
    "a data address in capitals": lambda text: "DATA:Application/PDF;BASE64," + text,
    "a data address with parameters": lambda text: "data:application/pdf;name=label.pdf;charset=utf-8;base64, " + text,
    "a data address without a type": lambda text: "data:;base64," + text,
    "a data address with escapes": lambda text: (
        "data:;base64," + text.replace("+", "%2B").replace("/", "%2f").replace("=", "%3D")
    ),
}


@given(st.binary(min_size=1), st.lists(st.sampled_from(sorted(set(FORMS) - {"plain"})), max_size=1))
def test_every_form_of_the_same_bytes_is_read_as_those_bytes(content, forms):
    text = base64.b64encode(content).decode()
    for form in forms:
        text = FORMS[form](text)
    assert decoded(text) == content


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_label_gives_the_same_label(form):
    label = read_label(answered(label_answer(FORMS[form](PLAIN))))
    assert (label.content, label.extension, label.tracking_link) == (PDF, "pdf", LINK)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_the_content_tells_the_kind_whatever_it_is_called(extension):
    assert read_label(answered(label_answer(FileExtension=extension))).extension == "pdf"


@pytest.mark.parametrize("kind", OTHERS)
def test_png_and_zpl_are_taken_too(kind):
    data = base64.b64encode(OTHERS[kind]).decode()
    for more in ({}, {"FileExtension": kind}, {"FileExtension": None}):
        label = read_label(answered(label_answer(data, **more)))
        assert (label.content, label.extension) == (OTHERS[kind], kind)


@pytest.mark.parametrize("body", ALONE)
def test_a_label_needs_nothing_but_its_file(body):
    label = read_label(answered(body))
    assert (label.content, label.extension, label.tracking_link) == (PDF, "pdf", "")


@pytest.mark.parametrize("link", ODD_LINKS)
def test_an_odd_link_is_none_and_the_label_is_good_all_the_same(link):
    label = read_label(answered(label_answer(TrackAndTraceLink=link)))
    assert (label.content, label.tracking_link) == (PDF, "")


RAW = {
    "no file": {"FileExtension": "pdf"},
    "null": label_answer(None),
    "a number": label_answer(12345678),
    "a list": label_answer([PLAIN]),
    "an object": label_answer({"data": PLAIN}),
    "empty": label_answer(""),
    "blank": label_answer(" \r\n"),
    "no Base64": label_answer("%%%"),
    "letters beyond ASCII": label_answer("YWJjé"),
    "something in between": label_answer(PLAIN[:4] + "!!!!" + PLAIN[4:]),
    "padding in between": label_answer(PLAIN[:4] + "==" + PLAIN[4:]),
    "a letter too many": label_answer("YWJjY"),
    "a data address of something else": label_answer("data:application/pdf," + PLAIN),
    "a data address with letters beyond ASCII": label_answer("data:;base64,YWJjé"),
    "a list of two": [label_answer(), label_answer()],
    "an empty list": [],
    "null alone": None,
    "a text": PLAIN,
    "HTML": b"<html>sign in</html>",
    "nothing": b"",
    "the file itself": PDF,
    "cut": json.dumps(label_answer()).encode()[:-20],
    "no text": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("name", RAW)
def test_an_answer_without_a_file_is_handed_on_whole_to_be_kept(name):
    answer = answered(RAW[name])
    with pytest.raises(BadLabel) as bad:
        read_label(answer)
    assert bad.value.content == answer.body
    # For callers that do not know about labels, it is a bad answer: the effect may have been made.
    assert isinstance(bad.value, BadAnswer)
    assert isinstance(bad.value, Unclear)


@pytest.mark.parametrize("content", [b"<html>sign in", b"%PDF-1.7 half of", OTHERS["png"][:-3], b"^XA^FO50", b"GIF89a"])
def test_a_file_that_is_no_label_is_handed_on_decoded_to_be_kept(content):
    with pytest.raises(BadLabel, match="no PDF, PNG or ZPL") as bad:
        read_label(answered(label_answer(base64.urlsafe_b64encode(content).decode())))
    assert bad.value.content == content


@given(st.binary())
def test_whatever_the_body_is_it_is_a_label_or_handed_on(body):
    with pytest.raises(BadLabel) as bad:
        read_label(Answer(200, {}, body))
    assert bad.value.content == body
