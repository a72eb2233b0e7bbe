"""The line of each key in a TOML text: the standard library's reader gives values, not lines.

This is a scanner for texts that `tomllib` has already accepted. It knows just enough of TOML to step over values. If it
does not understand a text, it goes on with the next line. So the worst case is an error message without an exact line.
"""

import re
import tomllib
from bisect import bisect_right
from contextlib import suppress

from returnsync.config.problems import KeyPath
from returnsync.config.written import written_key
from returnsync.redact import MASK, looks_like_a_secret

_GAP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_KEY = re.compile(r"[A-Za-z0-9_-]+|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'")
# A closing delimiter may have one or two quotes of the text right before it, hence up to five in a row.
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'",
    re.DOTALL,
)
_BARE_VALUE = re.compile(r"[^,\]}\n#]*")
_REST_OF_LINE = re.compile(r"[^\n]*\n?")


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, counted from 1, of every key and array element in `text`.

    The line of a table is that of its header. Without a header, it is that of the first longer key that implies it.
    """
    scanner = _Scanner(text)
    # The lines that were found before the nesting became too deep are still right.
    with suppress(RecursionError):
        scanner.document()
    return scanner.found


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int:
    """The line of `path`, or of the innermost table around it that is in the text; 1 if there is none."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1


def spelled(path: KeyPath) -> str:
    """`path` as it is written: dotted, with indices in brackets, and with quotes where TOML needs them.

    A key that looks like a secret is not repeated: somebody may have pasted one into the wrong place.
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            key = MASK if looks_like_a_secret(part) else written_key(part)
            text += f".{key}" if text else key
    return text


class _Scanner:
    """Walks over one text and notes the keys that it passes."""

    def __init__(self, text: str) -> None:
        self.found: dict[KeyPath, int] = {}
        self._text = text
        self._at = 0
        self._newlines = [match.start() for match in re.finditer("\n", text)]
        self._tables_in: dict[KeyPath, int] = {}

    def document(self) -> None:
        table: KeyPath = ()
        while self._skip(_GAP) and self._at < len(self._text):
            before = self._at
            if self._take("["):
                table = self._header(of_array=self._take("["))
            else:
                self._pair(table)
            if self._at == before:
                self._skip(_REST_OF_LINE)

    def _header(self, *, of_array: bool) -> KeyPath:
        line = self._line()
        path: KeyPath = ()
        parts = self._key()
        for part in parts[:-1]:
            path = (*path, part)
            self.found.setdefault(path, line)
            if path in self._tables_in:
                path = (*path, self._tables_in[path])
        path = (*path, *parts[-1:])
        if of_array:
            self.found.setdefault(path, line)
            self._tables_in[path] = self._tables_in.get(path, -1) + 1
            path = (*path, self._tables_in[path])
        self.found[path] = line
        self._skip(_REST_OF_LINE)
        return path

    def _pair(self, table: KeyPath) -> None:
        line = self._line()
        path = table
        for part in self._key():
            path = (*path, part)
            self.found.setdefault(path, line)
        if path != table and self._take("="):
            self._skip(_BLANK)
            self._value(path)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self._skip(_BLANK)
            key = _KEY.match(self._text, self._at)
            if key is None:
                return parts
            parts.append(_unquoted(key[0]) if key[0][0] in "\"'" else key[0])
            self._at = key.end()
            self._skip(_BLANK)
            if not self._take("."):
                return parts

    def _value(self, path: KeyPath) -> None:
        if self._take("["):
            self._array(path)
        elif self._take("{"):
            self._inline_table(path)
        elif string := _STRING.match(self._text, self._at):
            self._at = string.end()
        else:
            self._skip(_BARE_VALUE)

    def _array(self, path: KeyPath) -> None:
        index = 0
        while self._skip(_GAP) and not self._take("]"):
            before = self._at
            self.found[(*path, index)] = self._line()
            self._value((*path, index))
            self._skip(_GAP)
            self._take(",")
            if self._at == before:
                return
            index += 1

    def _inline_table(self, path: KeyPath) -> None:
        while self._skip(_GAP) and not self._take("}"):
            before = self._at
            self._pair(path)
            self._skip(_GAP)
            self._take(",")
            if self._at == before:
                return

    def _line(self) -> int:
        return bisect_right(self._newlines, self._at) + 1

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        """Step over what matches here, if anything does; always true, so that it can be used in a condition."""
        if match := pattern.match(self._text, self._at):
            self._at = match.end()
        return True

    def _take(self, mark: str) -> bool:
        if taken := self._text.startswith(mark, self._at):
            self._at += len(mark)
        return taken


def _unquoted(token: str) -> str:
    """A quoted key without quotes and escapes, as the reader itself understands it."""
    try:
        return str(tomllib.loads(f"key = {token}")["key"])
    except tomllib.TOMLDecodeError:
        return token[1:-1]
