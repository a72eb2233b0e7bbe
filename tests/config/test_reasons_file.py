"""The file of pairs: read with the line of every problem, written whole or not at all."""

import os
import stat
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rights import without_override

from returnsync.config.reasons_file import change, load
from returnsync.errors import ConfigError
from returnsync.mapping.pairings import Choice, Pair, Pairings, Place

SMALL = Pair(Place("platforms", "sendcloud", "31"), Choice(id=2447, warehouse_label="Te klein"), "Size too small")
BOL = Pair(Place("sources", "shop", "artikel is beschadigd", "bol"), Choice(id=2453), "Artikel is beschadigd")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "reasons.toml"


def told(file, content):
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as error:
        load(file)
    assert error.value.next_step
    return error.value.problems


def test_without_a_file_nothing_is_paired(file):
    assert len(load(file)) == 0


def test_a_file_that_a_person_wrote_is_read(file):
    file.write_text(
        """
        [platforms.sendcloud.31]
        platform_label = "Size too small"
        id = 2447
        warehouse_label = "Te klein"

        [sources.shop]
        other = { text_only = true }

        [sources.shop."artikel is beschadigd"]
        platform_label = "Artikel is beschadigd"
        channels.bol = { id = 2453 }
        """,
        encoding="utf-8",
    )
    only_words = Pair(Place("sources", "shop", "other"), Choice(text_only=True))
    assert load(file) == Pairings([SMALL, BOL, only_words])


TEXT = st.text(st.characters(codec="utf-8"), max_size=10)
CHOICES = st.one_of(
    st.builds(Choice, id=st.integers(0, 10**9), warehouse_label=TEXT, words=TEXT, chosen_by=st.sampled_from(["auto"])),
    st.builds(Choice, id=st.integers(1, 9), parent_id=st.integers(1, 9), warehouse_parent=TEXT),
    st.just(Choice(text_only=True)),
)
PLACES = st.builds(Place, st.sampled_from(["sources", "platforms"]), TEXT, TEXT, TEXT)


@given(st.lists(st.tuples(PLACES, CHOICES), unique_by=lambda item: item[0].folded, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_what_is_written_is_read_again(file, rows):
    file.unlink(missing_ok=True)
    pairs = [Pair(place, choice) for place, choice in rows]
    assert change(file, pairs) == Pairings(pairs)
    assert load(file) == Pairings(pairs)


def test_a_person_can_read_it(file):
    change(file, [SMALL])
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# Pairs of return reasons")
    assert tomllib.loads(text) == {
        "platforms": {
            "sendcloud": {"31": {"platform_label": "Size too small", "id": 2447, "warehouse_label": "Te klein"}}
        }
    }


def test_changes_are_laid_over_what_the_file_holds_now(file):
    change(file, [SMALL])
    file.write_text(file.read_text(encoding="utf-8") + "\n[sources.shop.mine]\nid = 5\n", encoding="utf-8")
    change(file, [BOL, Place("platforms", "sendcloud", "31")])
    assert [pair.place.key for pair in load(file)] == ["artikel is beschadigd", "mine"]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("[sources.shop.a]\nid = 'x'\n", 2, "sources.shop.a.id"),
        ("\n[sources.shop.a]\nids = 1\n", 3, "did you mean"),
        ("[sorces.shop.a]\nid = 1\n", 1, "sorces"),
        ("\n\n[sources.shop.a]\nplatform_label = 'A'\n", 3, "needs the `id`"),
        ("[sources.shop.a]\nid = 1\ntext_only = true\n", 1, "both"),
        ("[sources.shop.a]\nparent_id = 1\n", 1, "parent_id"),
        ("[sources.shop]\na = 1\n", 2, "must be a table"),
        ("[sources.shop.a]\nid = 1\n[sources.shop.' A']\nid = 2\n", 3, "same reason"),
        ("[sources.shop.a.channels.x]\nid = 1\n[sources.shop.a.channels.X]\nid = 2\n", 3, "same channel"),
        ("[sources.shop.a.channels]\nx = {}\n", 1, "'x'"),
        ("a = 1\nb =\n", 2, "TOML"),
        (b"a = 1\nb = '\xff'\n", 2, "UTF-8"),
    ],
)
def test_a_problem_is_reported_with_file_and_line(file, content, line, words):
    (problem,) = told(file, content)
    assert problem.startswith(f"{file}:{line}: ")
    assert words in problem


def test_all_problems_are_reported_at_once(file):
    problems = told(file, "[sources.shop.a]\nid = 'x'\n[sources.shop.b]\nid = 1.5\n")
    assert [problem.split(":")[1] for problem in problems] == ["2", "4"]


def test_a_file_with_problems_is_never_overwritten(file):
    told(file, "[sources.shop.a]\nid = 'x'\n")
    before = file.read_bytes()
    with pytest.raises(ConfigError):
        change(file, [SMALL])
    assert file.read_bytes() == before


def test_what_cannot_be_written_stays_as_it_was(file):
    change(file, [SMALL])
    before = file.read_bytes()
    file.parent.chmod(0o500)
    try:
        with pytest.raises(ConfigError) as error:
            without_override(lambda: change(file, [BOL]))
    finally:
        file.parent.chmod(0o700)
    assert "was not changed" in error.value.what
    assert file.read_bytes() == before


def test_nothing_but_the_file_is_left_and_its_rights_stay(file):
    change(file, [SMALL])
    file.chmod(0o640)
    change(file, [BOL])
    assert list(file.parent.iterdir()) == [file]
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_file_that_root_changes_stays_its_owners(file):
    change(file, [SMALL])
    file.chmod(0o600)
    os.chown(file, 65_534, 65_534)
    change(file, [BOL])
    about = file.stat()
    assert (about.st_uid, about.st_gid, stat.S_IMODE(about.st_mode)) == (65_534, 65_534, 0o600)


def test_a_link_stays_a_link(file, tmp_path):
    elsewhere = tmp_path / "shared.toml"
    file.symlink_to(elsewhere)
    change(file, [SMALL])
    assert file.is_symlink()
    assert load(elsewhere) == Pairings([SMALL])
