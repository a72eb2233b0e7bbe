"""The answer to a label call (section 3.4 of docs/warehouses/monta.md).

A label call made a label and billed it, whatever came back. So the file is read in every common form of Base64, and is
recognised by its content. Anything that is not a label is passed on as it came, to be kept.
"""

import base64
import binascii
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

from pydantic import field_validator

from returnsync.errors import BadAnswer, BadLabel
from returnsync.http.answer import Answer
from returnsync.http.fields import Link, or_none
from returnsync.http.records import object_in
from returnsync.labels import kind_of
from returnsync.model import Label
from returnsync.warehouses.monta import wire

# `data:application/pdf;name=label.pdf;base64,…`, the form in which browsers write a file into an address.
_DATA_ADDRESS = re.compile(r"data:[^,]*;\s*base64\s*,", re.IGNORECASE)
_URL_SAFE = str.maketrans("-_", "+/")
# A byte order mark and blanks without width; `str.split` handles the others.
_INVISIBLE = str.maketrans("", "", "\ufeff\u200b\u2060")


class MadeLabel(wire.Wire):
    """The answer to a label call; the file itself shows its kind."""

    encoded_data: Any = None
    track_and_trace_link: Link = None

    _odd_is_no_link = field_validator("track_and_trace_link", mode="wrap")(or_none)


def read_label(answer: Answer) -> Label:
    """The label in an answer.

    Raises:
        BadLabel: it contains none that can be used. Its `content` is the file where that could be decoded, else the
            whole body of the answer.
    """
    try:
        given = wire.parse(MadeLabel, object_in(answer.json()), "a label")
    except BadAnswer as error:
        raise BadLabel(error.what, answer.body) from error
    if not isinstance(given.encoded_data, str) or not given.encoded_data.strip():
        raise BadLabel("Monta sent an answer without the file of the label.", answer.body)
    try:
        content = decoded(given.encoded_data)
    except ValueError as error:
        raise BadLabel("Monta sent a label that is not valid Base64.", answer.body) from error
    kind = kind_of(content)
    if not kind:
        raise BadLabel(
            "Monta sent a label that is no PDF, PNG or ZPL file (only these are known), or not a whole one.",
            content or answer.body,
        )
    return Label(content, kind, given.track_and_trace_link or "")


def read_what_came(error: BadAnswer) -> Label:
    """The label in an answer that came only in part, or not as its headers said.

    Raises:
        BadLabel: it contains no whole label.
    """
    try:
        return read_label(Answer(HTTPStatus.OK, {}, error.content))
    except BadLabel:
        raise BadLabel(error.what, error.content) from error


def decoded(text: str) -> bytes:
    """Decode Base64 with line ends or blanks, in the URL-safe alphabet, without padding, or in a data address.

    Raises:
        ValueError: it is something else.
    """
    text = "".join(text.translate(_INVISIBLE).split())
    address = _DATA_ADDRESS.match(text)
    if address is not None:
        text = "".join(unquote_to_bytes(text[address.end() :]).decode("ascii").split())
    text = text.translate(_URL_SAFE).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
