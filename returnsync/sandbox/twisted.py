"""Wrong answers, made from right ones."""

import json

# A character that nobody uses, to be replaced by a byte that is not UTF-8.
_NO_CHARACTER = "\ue000"
_LISTS = ("data", "returns", "orders", "destinations")
_DECIDING = ("stat", "quantity", "units")


def odd_body(body: bytes) -> bytes:
    """Give an answer with one odd record: in a list, the deciding fields of the last one; else all of a single record.

    Its id and its times stay, so that it can be recognised. An answer that is not JSON stays as it is.
    """
    try:
        content = json.loads(body)
    except ValueError:
        return body
    lists = [content, *(content.get(name) for name in _LISTS if isinstance(content, dict))]
    rows = next((rows for rows in lists if isinstance(rows, list)), None)
    if rows:
        rows[-1] = _odd(rows[-1], *_DECIDING) if _has(rows[-1], _DECIDING) else _odd(rows[-1])
    elif rows is None:
        content = _odd(content)
    return json.dumps(content, ensure_ascii=False).encode().replace(_NO_CHARACTER.encode(), b"\xff")


def _has(value: object, names: tuple[str, ...]) -> bool:
    if isinstance(value, dict):
        return any(any(part in name.lower() for part in names) or _has(item, names) for name, item in value.items())
    return isinstance(value, list) and any(_has(item, names) for item in value)


def _odd(value: object, *names: str) -> object:
    """Give a value with odd texts and numbers, everywhere or in the fields whose names have one of these parts."""
    match value:
        case dict():
            parts = {name: names if not any(part in name.lower() for part in names) else () for name in value}
            return {name: _odd(item, *parts[name]) for name, item in value.items()}
        case list():
            return [_odd(item, *names) for item in value]
        case str() if not names:
            return value + _NO_CHARACTER
        case int() | float() if not names:
            return float("nan")
        case _:
            return value


def with_text(body: bytes, text: str, field: str = "") -> bytes:
    """Give an answer with a text added to each of its texts, or to fields of one name; also if it is not JSON."""
    try:
        content = json.loads(body)
    except ValueError:
        return body + text.encode()
    return json.dumps(_with_text(content, text, field, is_meant=not field), ensure_ascii=False).encode()


def _with_text(value: object, text: str, field: str, *, is_meant: bool) -> object:
    match value:
        case dict():
            return {
                name: _with_text(item, text, field, is_meant=is_meant or name == field) for name, item in value.items()
            }
        case list():
            return [_with_text(item, text, field, is_meant=is_meant) for item in value]
        case str() if is_meant:
            return value + text
        case _:
            return value


def twist_body(body: bytes) -> bytes:
    """Give an answer as JSON in which every value has another type."""
    try:
        value = json.loads(body)
    except ValueError:
        value = body.decode(errors="replace")
    return json.dumps(twist(value)).encode()


def twist(value: object) -> object:
    """Give JSON in which every value has another type, with every name of an object still there.

    Numbers become strings, texts become null, lists become objects, booleans become words, null becomes a number.
    """
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return str(value)
        case str():
            return None
        case list():
            return {str(index): twist(item) for index, item in enumerate(value)}
        case dict():
            return {name: twist(item) for name, item in value.items()}
        case _:
            return 0
