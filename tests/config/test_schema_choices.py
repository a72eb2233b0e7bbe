"""A table that is one of several: the one schema says what the several say, and lets validators say what is wrong."""

from hypothesis import given
from hypothesis import strategies as st
from toml_schema import validator

from returnsync.config.schema_choices import Choice, by_own_key, one_of

KEYS = ("a", "b", "c")
FORMS = (
    {"type": "string"},
    {"type": "integer"},
    {"type": "integer", "maximum": 1},
    {"enum": ["x", "y"]},
    {},
    {"type": "string", "description": "A text.", "default": "x"},
    {"anyOf": [{"type": "string"}, {"type": "integer"}], "examples": ["x"]},
)
VALUES = st.sampled_from(["x", "z", 1, 2, True, None, [], {}])


@st.composite
def tables(draw):
    """A table with some of the keys, some of them required; closed, open, or with a form for all other keys."""
    having = draw(st.lists(st.sampled_from(KEYS), unique=True))
    table = {"type": "object", "properties": {key: draw(st.sampled_from(FORMS)) for key in having}}
    table["required"] = draw(st.lists(st.sampled_from(having), unique=True)) if having else []
    return draw(
        st.sampled_from([
            *({**table, "additionalProperties": False} for _more_often in range(3)),
            {**table, "additionalProperties": {"type": "integer"}},
            table,
            {},
        ])
    )  # fmt: skip


INSTANCES = st.dictionaries(st.sampled_from([*KEYS, "d"]), VALUES, max_size=3)


@given(st.lists(tables(), min_size=1, max_size=3), INSTANCES)
def test_a_table_whose_kind_is_told_is_held_to_that_kind_and_to_no_other(each, instance):
    choices = []
    for number, table in enumerate(each):
        named = {**table.get("properties", {}), "kind": {"const": number}}
        condition = {"properties": {"kind": {"const": number}}, "required": ["kind"]}
        choices.append(Choice(condition, {**table, "properties": named} if table else table, f"Kind {number}"))
    together = validator(one_of(choices))
    for number, choice in enumerate(choices):
        of_kind = {**instance, "kind": number}
        assert together.is_valid(of_kind) == validator(choice.table).is_valid(of_kind)


@given(st.lists(tables(), min_size=1, max_size=3), INSTANCES)
def test_a_table_that_tells_by_its_own_key_which_it_is_may_be_what_any_of_them_may_be(each, instance):
    told_apart = by_own_key(each)
    if told_apart is not None and any(validator(table).is_valid(instance) for table in each):
        assert validator(told_apart).is_valid(instance)


def closed(*required, **properties):
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
TOLD_APART = [closed("cut", cut=TEXT), closed("find", "put", find=TEXT, put=TEXT), closed("ask", ask=TEXT, port=NUMBER)]


@given(st.dictionaries(st.sampled_from(["cut", "find", "put", "ask", "port", "else"]), VALUES, max_size=3))
def test_where_no_two_tables_share_a_key_it_says_just_the_same(instance):
    told_apart = validator(by_own_key(TOLD_APART))
    assert told_apart.is_valid(instance) == any(validator(table).is_valid(instance) for table in TOLD_APART)


def test_tables_without_a_key_of_their_own_or_with_any_keys_cannot_be_told_apart():
    assert by_own_key([closed("a", a=TEXT), closed("a", a=NUMBER)]) is None
    assert by_own_key([closed("a", a=TEXT), closed(b=NUMBER)]) is None
    assert by_own_key([closed("a", a=TEXT), {**closed("b", b=NUMBER), "additionalProperties": True}]) is None
    assert by_own_key([closed("a", a=TEXT), {}]) is None


def test_what_a_key_means_is_told_once_where_all_say_the_same_and_else_with_their_names():
    about = {"description": "Where it is.", "default": "here"}
    first = closed(place={**TEXT, **about}, own=TEXT, both={**TEXT, "description": "One."})
    second = closed(place={**TEXT, **about, "default": "there"}, both={**TEXT, "description": "Two."})
    choices = [Choice({"required": ["x"]}, first, "First"), Choice({"required": ["y"]}, second, "Second")]
    made = one_of(choices)
    assert made["properties"] == {
        "place": {**TEXT, "description": "Where it is."},
        "own": TEXT,
        "both": {**TEXT, "description": "First: One.\n\nSecond: Two."},
    }
    assert [choice["then"]["properties"]["place"] for choice in made["allOf"]] == [
        {"default": "here"},
        {"default": "there"},
    ]
