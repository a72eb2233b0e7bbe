"""What happened to a return, in sentences for people who do not know this program. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from returnsync.mapping.carriers import ChosenBy
from returnsync.state.history import ByPerson
from returnsync.state.sent import forecast_in

_Detail = Mapping[str, Any]

_CHOSEN: Mapping[str, str] = {
    ChosenBy.TABLE: "by `carriers` of the source",
    ChosenBy.COUNTRY: "by the country",
    ChosenBy.NAME: "since the platform names it",
    ChosenBy.DEFAULT: "the one that is set for the warehouse",
}


def in_words(event: str, detail: _Detail) -> str:
    """An entry of the history as a sentence; an event of another version under that version's name."""
    tell = _SENTENCES.get(event)
    if tell is not None:
        return tell(detail) if callable(tell) else tell
    shown = ", ".join(f"{name}: {value}" for name, value in detail.items() if isinstance(value, str) and value)
    return f"{event[:1].upper()}{event[1:]}{f' ({shown})' if shown else ''}."


def line_in_words(line: Mapping[str, Any]) -> str:
    """A line of a forecast: units, article, reason."""
    article = line.get("sku") or f"order line {line.get('order_line_id')}"
    reason = f" ({line['reason']})" if line.get("reason") else ""
    return f"{line['quantity']} × {article}{reason}"


def chosen_by(word: str) -> str:
    """What decided on the carrier."""
    return _CHOSEN.get(word, "")


def _read(detail: _Detail) -> str:
    return f"Seen at the platform for the first time{_status(detail)}."


def _changed(detail: _Detail) -> str:
    return f"The platform showed a change{_status(detail)}."


def _status(detail: _Detail) -> str:
    return f", with status {detail['status']!r}" if detail.get("status") else ""


def _sent(what: str) -> Callable[[_Detail], str]:
    def tell(detail: _Detail) -> str:
        forecast = forecast_in(detail.get("request", {}))
        if "order_number" not in forecast:
            return f"{what}."
        lines = ", ".join(map(line_in_words, forecast.get("lines", ())))
        again = _again(detail)
        return f"{what}{again}, for its order {forecast['order_number']}: {lines}."

    return tell


def _again(detail: _Detail) -> str:
    generation = detail.get("generation", 1)
    return "" if generation == 1 else " once more"


def _label_asked(detail: _Detail) -> str:
    request = detail.get("request", {})
    if not request.get("carrier"):
        return f"Began to ask the warehouse for a label{_again(detail)}."
    why = chosen_by(request.get("chosen_by", ""))
    return f"Began to ask the warehouse for a label of {request['carrier']}{_again(detail)}{f', {why}' if why else ''}."


def _label_made(detail: _Detail) -> str:
    where = f" It was saved as {detail['file']}." if detail.get("file") else ""
    return f"The label came.{where}"


def _because(what: str) -> Callable[[_Detail], str]:
    """A sentence with the cause, and with the text of that time."""

    def tell(detail: _Detail) -> str:
        cause = f" ({detail['cause']})" if detail.get("cause") else ""
        said = f": {detail['what']}" if detail.get("what") else "."
        return f"{what}{cause}{said}"

    return tell


def _answered(what: str) -> Callable[[_Detail], str]:
    def tell(detail: _Detail) -> str:
        return f"{what}: {detail['answer']}" if detail.get("answer") else f"{what}."

    return tell


def _settled(detail: _Detail) -> str:
    none = detail.get("label") == "none wanted"
    return "Done: no label of the warehouse is wanted for it." if none else "Done: nothing is left to do."


_SENTENCES: Mapping[str, str | Callable[[_Detail], str]] = {
    "read": _read,
    "changed": _changed,
    "rewritten at its platform": "The platform showed it under another key.",
    "planned": "Something is to be done for it at the warehouse.",
    "paired": "Its return reasons were paired, so it goes on.",
    "let go": "The setting `only` no longer keeps it back, so it goes on.",
    "label decided": "It was decided whether it gets a label, so it goes on.",
    "create intended": _sent("Began to announce it at the warehouse"),
    "create refused": _answered("The warehouse refused the announcement"),
    "create not made": _answered("The announcement was not made"),
    "create doubt": _answered("Whether the announcement was made is not certain"),
    "announced": "The warehouse has it.",
    "adopted": "The warehouse had it already under its code, so it was adopted.",
    "looked at once more": "Its order was looked at once more, for an announcement that took effect late.",
    "label intended": _label_asked,
    "label refused": _answered("The warehouse made no label"),
    "label not made": _answered("No label was made"),
    "label doubt": _answered("Whether a label was made is not certain"),
    "label kept": "The label came but could not be written to a file yet; it is kept.",
    "labelled": _label_made,
    "labels_found": _label_made,
    "mailed": "The mail with its label was handed to the mail server, for the consumer.",
    "mail in doubt": "Whether the mail server took the mail with its label is not known.",
    "mail not sent": "The mail server did not take the mail with its label.",
    "test mailed": "Its label was mailed to the address for trying it out, and to nobody else.",
    "test mail in doubt": "Whether the mail server took the mail for trying it out is not known.",
    "test mail not sent": "The mail server did not take the mail for trying it out.",
    "given to the program": "Its label was handed over by the program of the source.",
    "not taken by the program": "The program of the source did not hand its label over.",
    "program in doubt": "Whether the program of the source handed its label over is not known.",
    "handed_over": "Done: its label was handed over to the consumer.",
    "left_in_folder": "Done: its label is in the folder, and is handed over only when a person asks for it.",
    "compared": "Compared with the forecast at the warehouse: nothing to change.",
    "update intended": _sent("Began to send its change to the warehouse"),
    "update refused": _answered("The warehouse refused the change"),
    "update not made": _answered("The change was not made"),
    "updated": "The warehouse has the change.",
    "settled": _settled,
    "waiting": _because("It waits"),
    "held": _because("It is held, and needs a person"),
    "withdrawn": _because("It was rejected or cancelled, and nothing of it is at the warehouse"),
    "left_alone": _because("It is left alone"),
    ByPerson.RETRY: "A person had it tried again.",
    ByPerson.RELEASED: _because("A person took it out of returnsync's hands"),
    ByPerson.TAKEN_BACK: "A person took the release back: it is looked at again.",
    ByPerson.CHANGE_TO_SEND: "A person asked for its change to be sent to the warehouse.",
    ByPerson.TO_SEND: "A person asked for its label to be sent to the consumer.",
    ByPerson.NONE_MADE: "A person said that no label was made.",
    ByPerson.SAME_RETURN: "A person said that it is the same return under another key.",
}
