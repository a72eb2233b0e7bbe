import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returnsync.config.lines import key_lines, line_of, spelled

SAMPLE = '''\
# a comment with [brackets] and a = 1
top = "x"
dotted.key."with.dot" = 1
text = """
[not.a.table]
not_a_key = "\\""" # still text
"""
raw = \'\'\'
# text = 2
\'\'\'
list = [ # comment, with ] and "quote
  "a]", # one
  { name = "b", deep = { er = [1,
    2] } },
]

[table] # note
key = 1

["quoted \\u0041".'lit"eral']
key = 2

[[many]]
key = 3
  [[many.inner]]
  key = 4
  [[many.inner]]
  key = 5
[[many]]
  [many.sub]
  key = 6
[late.child]
[late]
key = 7
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("dotted",), 3),
        (("dotted", "key", "with.dot"), 3),
        (("text",), 4),
        (("raw",), 8),
        (("list",), 11),
        (("list", 0), 12),
        (("list", 1, "name"), 13),
        (("list", 1, "deep", "er", 1), 14),
        (("table",), 17),
        (("table", "key"), 18),
        (("quoted A", 'lit"eral'), 20),
        (("quoted A", 'lit"eral', "key"), 21),
        (("many",), 23),
        (("many", 0, "key"), 24),
        (("many", 0, "inner", 0, "key"), 26),
        (("many", 0, "inner", 1, "key"), 28),
        (("many", 1, "sub", "key"), 31),
        (("late", "child"), 32),
        (("late",), 33),
        (("late", "key"), 34),
    ],
)
def test_each_way_of_writing_a_key_has_its_line(path, line):
    tomllib.loads(SAMPLE)
    assert key_lines(SAMPLE)[path] == line


def test_a_missing_key_is_reported_at_the_header_of_its_table():
    lines = key_lines("a = 1\n\n[b.c]\nd = 2\n")
    assert line_of(lines, ("b", "c", "missing")) == 3
    assert line_of(lines, ("missing",)) == 1


def test_text_inside_strings_and_comments_is_no_key():
    found = key_lines(SAMPLE)
    assert ("not_a_key",) not in found
    assert ("not", "a", "table") not in found
    assert ("a",) not in found


@pytest.mark.parametrize(
    ("path", "text"),
    [(("a", "b-c", 0, "d"), "a.b-c[0].d"), (("sources", "x y"), 'sources."x y"'), (("", 'q"'), '""."q\\""')],
)
def test_a_path_is_spelled_as_one_writes_it(path, text):
    assert spelled(path) == text


def quoted(text):
    def escape(char):
        return char if char.isprintable() and char not in '"\\' else f"\\U{ord(char):08x}"

    return '"' + "".join(map(escape, text)) + '"'


CHARS = st.characters(exclude_categories=["Cs"])
NAMES = st.one_of(st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True), st.text(CHARS, max_size=4))
SPACE = st.sampled_from(["", " ", "\t"])
GAPS = st.sampled_from(["", " ", "\n", " # a ] } = \"' comment\n\n"])


@st.composite
def written_keys(draw, name):
    """A key and one of the ways to write it."""
    forms = [quoted(name)]
    if name and all(char.isascii() and (char.isalnum() or char in "-_") for char in name):
        forms.append(name)
    if "'" not in name and name.isprintable():
        forms.append(f"'{name}'")
    return draw(st.sampled_from(forms))


@st.composite
def strings(draw):
    text = draw(st.text(CHARS, max_size=8))
    lines = "".join(char for char in text if char.isprintable() or char == "\n")
    forms = [quoted(text)]
    if '"""' not in lines and "\\" not in lines:
        forms.append('"""\n' + lines.rstrip('"') + draw(st.sampled_from(["", '"', '""'])) + '"""')
    if "'''" not in lines:
        forms.append("'''" + lines.strip("'") + draw(st.sampled_from(["", "'", "''"])) + "'''")
    return draw(st.sampled_from(forms))


SCALARS = st.one_of(
    strings(),
    st.sampled_from(["1", "-2.5e3", "true", "inf", "2026-11-01", "2026-11-01 10:00:00.5Z", "07:30:00", "0xff"]),
)


@st.composite
def arrays(draw, inner):
    items = draw(st.lists(inner, max_size=3))
    body = "".join(draw(GAPS) + item + draw(GAPS) + "," for item in items)
    return "[" + body + draw(GAPS) + "]"


@st.composite
def inline_tables(draw, inner):
    names = draw(st.lists(NAMES, max_size=3, unique=True))
    pairs = [f"{draw(written_keys(name))}{draw(SPACE)}={draw(SPACE)}{draw(inner)}" for name in names]
    return "{ " + ", ".join(pairs) + " }"


VALUES = st.recursive(SCALARS, lambda inner: st.one_of(arrays(inner), inline_tables(inner)), max_leaves=6)


@st.composite
def documents(draw):
    """TOML in many styles; a repeated header or key is left out, since TOML forbids it."""
    parts = [draw(GAPS)]
    for header in draw(st.lists(st.lists(NAMES, min_size=1, max_size=3), max_size=4)):
        mark = draw(st.sampled_from(["[]", "[[]]"]))
        keys = f"{draw(SPACE)}.{draw(SPACE)}".join([draw(written_keys(name)) for name in header])
        parts.append(f"{mark[: len(mark) // 2]}{keys}{mark[len(mark) // 2 :]}{draw(SPACE)}\n")
        for path in draw(st.lists(st.lists(NAMES, min_size=1, max_size=2), max_size=3)):
            key = f"{draw(SPACE)}.".join([draw(written_keys(name)) for name in path])
            parts.append(f"{draw(SPACE)}{key}{draw(SPACE)}={draw(SPACE)}{draw(VALUES)} # k = 1\n{draw(GAPS)}\n")
    kept = ""
    for part in parts:
        try:
            tomllib.loads(kept + part)
        except tomllib.TOMLDecodeError:
            continue
        kept += part
    return kept.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


def paths(node, at=()):
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        yield (*at, key)
        yield from paths(value, (*at, key))


def spellings(key):
    return (key, quoted(key), f"'{key}'")


@given(documents())
def test_every_key_has_a_line_and_the_line_contains_it(text):
    found = key_lines(text)
    lines = text.split("\n")
    for path in paths(tomllib.loads(text)):
        assert path in found
        if isinstance(path[-1], str):
            assert any(spelling in lines[found[path] - 1] for spelling in spellings(path[-1]))
    assert set(found) == set(paths(tomllib.loads(text)))


@given(st.text(st.sampled_from("[]{}=.,\"'#\\\n ab1"), max_size=40))
def test_no_text_makes_the_scanner_fail(text):
    assert all(1 <= line <= text.count("\n") + 1 for line in key_lines(text).values())


def test_deep_nesting_costs_lines_and_nothing_else():
    assert key_lines("a = " + "[" * 100_000)[("a",)] == 1
