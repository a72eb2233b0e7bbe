"""A state file of an earlier version is opened by this one: nothing is lost, and nothing is made a second time.

How the file was made is in `make_state.py`; what it contains, and how each combination was reached, in
`combinations.txt`.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import tarfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from combinations import Combination, listed, of_file
from outside import put_up, running_sandbox
from typer.testing import CliRunner

from returnsync.cli.app import app
from returnsync.model import Cause, Progress, ReturnId, SourceId, WarehouseName
from returnsync.sandbox.mail import MailServer
from returnsync.state import announcements, channels, history, ledger, parts, returns, runs, set_aside, sources
from returnsync.state.opening import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from returnsync.sandbox import Sandbox

MADE = Path(__file__).with_name("schema-3")
# The text in the configuration in place of the address of the sandbox.
ADDRESS = "http://127.0.0.1:1"
# Records that cannot be read, beside what is held; a third one was released.
UNREADABLE = 2


@dataclass(frozen=True)
class Before:
    """The unpacked archive: the folder, the state of each announcement, and the data of the stand-ins then."""

    folder: Path
    combinations: dict[str, Combination]
    outside: dict[str, Any]

    @property
    def moment(self) -> datetime:
        """A minute after the file was made."""
        return datetime.fromisoformat(self.outside["made"]) + timedelta(minutes=1)


@dataclass
class Merchant:
    """A folder with the state file, and the real command on it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        return self.folder / "returnsync.db"

    def __call__(self, *arguments: str) -> Any:
        config = ["--config", str(self.folder / "returnsync.toml")]
        return CliRunner().invoke(app, [*arguments, *config], env=self.environment, catch_exceptions=False)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Before:
    folder = tmp_path_factory.mktemp("schema-3")
    with tarfile.open(MADE / "state.tar.xz") as archive:
        # The filter is set as an attribute, because `extractall` takes it as an argument since Python 3.11.4 only.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)  # noqa: S202 - the archive is this repository's own
    shutil.copy(MADE / "returnsync.toml", folder)
    with closing(sqlite3.connect(folder / "returnsync.db")) as state:
        combinations = {code: combination for code, (_, combination) in of_file(state).items()}
    return Before(folder, combinations, json.loads((folder / "outside.json").read_text(encoding="utf-8")))


@pytest.fixture
def merchant(before: Before, tmp_path: Path) -> Merchant:
    shutil.copytree(before.folder, tmp_path / "shop", ignore=shutil.ignore_patterns("outside.json"))
    return Merchant(tmp_path / "shop")


@pytest.fixture
def sandbox(before: Before, merchant: Merchant) -> Iterator[Sandbox]:
    """A sandbox with the data of then; the configuration points to it."""
    with time_machine.travel(before.moment, tick=True), running_sandbox() as sandbox:
        put_up(sandbox, before.outside)
        config = merchant.folder / "returnsync.toml"
        config.write_text(config.read_text(encoding="utf-8").replace(ADDRESS, sandbox.url), encoding="utf-8")
        merchant.environment = {
            "SHOP_USER": sandbox.world.username,
            "SHOP_PASSWORD": sandbox.world.password,
            "SHOP_TOKEN": sandbox.world.token,
            "SHOP_ERP": sandbox.erp.token,
            "SHOP_CHANNABLE_TOKEN": sandbox.channable.token,
            "SHOP_SENDCLOUD_PUBLIC_KEY": sandbox.world.sendcloud.public_key,
            "SHOP_SENDCLOUD_SECRET_KEY": sandbox.world.sendcloud.secret_key,
        }
        yield sandbox


def test_every_combination_that_is_listed_is_in_the_file_and_no_other(before):
    assert set(listed((MADE / "combinations.txt").read_text(encoding="utf-8"))) == set(before.combinations.values())


def test_an_upgraded_file_has_the_schema_of_a_new_one(merchant, tmp_path):
    for path in (merchant.state, tmp_path / "new.db"):
        open_file(path).close()
    assert schema_of(merchant.state) == schema_of(tmp_path / "new.db")


def schema_of(path: Path) -> tuple[int, list[Any]]:
    with closing(sqlite3.connect(path)) as state:
        found = state.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()
        return state.execute("PRAGMA user_version").fetchone()[0], found


def test_every_announcement_stands_where_it_stood_with_its_return_its_effects_and_its_story(merchant, before):
    db = open_file(merchant.state)
    with db.reading() as q:
        for code, combination in before.combinations.items():
            item = announcements.get(q, code)
            assert (item.progress, item.cause or "") == (combination.progress, combination.cause)
            assert returns.get(q, item.source, item.return_id) is not None
            assert history.story_of(q, item.source, item.return_id)
            for kind in ledger.Kind:
                effect = ledger.newest(q, item.warehouse, item.code, kind)
                assert word_of(effect) == getattr(combination, kind).rpartition(">")[2]
    db.close()


def test_what_comes_next_for_each_announcement_is_what_its_cause_said_before(merchant):
    """The table was checked by a person: each line is a cause, and the step that the earlier program took for it."""
    open_file(merchant.state).close()
    with closing(sqlite3.connect(merchant.state)) as state:
        found = state.execute(
            "SELECT announced_at IS NOT NULL, progress, cause, step, count(*) FROM announcements GROUP BY 1, 2, 3, 4"
        ).fetchall()
    lines = (
        f"{'announced' if announced else 'unannounced'}; {progress}; {cause or '-'}; {step}; {number}"
        for announced, progress, cause, step, number in found
    )
    assert "\n".join(sorted(lines)) + "\n" == (MADE / "steps.txt").read_text(encoding="utf-8")


def word_of(effect: ledger.Effect | None) -> str:
    """The outcome of an effect, as combinations write it."""
    if effect is None:
        return "-"
    return effect.outcome or ("looked" if effect.first_look else "open")


def test_everything_else_that_was_known_is_known(merchant):
    db = open_file(merchant.state)
    with db.reading() as q:
        known = sources.all_known(q)
        assert {"shop-before", "portal", "marketplaces"} < {source.id for source in known}
        assert all(sources.mark_of(q, source.id) for source in known)
        assert sources.mark_of(q, SourceId("portal")).look is not None
        assert set_aside.count(q) == UNREADABLE
        assert len(parts.records_of(q, SourceId("marketplaces"), ReturnId("bol:31005544"))) == 3
        assert channels.known(q, WarehouseName("monta-be"), "env:SHOP_USER").number == 2
        assert len(returns.unplanned(q, SourceId("not-planned"), "", 10)) == 1
        assert {run["exit_code"] for run in runs.last(q, 1000)} >= {None, 1, 75, 78}
    db.close()


def test_everything_that_is_held_is_shown_before_and_after_the_upgrade(merchant, before):
    held = [code for code, combination in before.combinations.items() if combination.progress == Progress.HELD]
    for upgrade in (lambda: None, lambda: open_file(merchant.state).close()):
        upgrade()
        shown = merchant("held", "--json")
        assert shown.exit_code == 1
        codes = [row["code"] for row in json.loads(shown.stdout)]
        assert set(held) < set(codes)
        assert len(codes) == len(held) + UNREADABLE
        status = merchant("status", "--json")
        assert status.exit_code == 75  # no run has succeeded since
        assert json.loads(status.stdout)["held"] == len(codes)


def test_runs_after_the_upgrade_make_nothing_twice_and_nothing_that_was_not_due(merchant, sandbox, before):
    stood = lines_of(sandbox)
    for minutes in (0, 11):
        with time_machine.travel(before.moment + timedelta(minutes=minutes), tick=True):
            assert merchant("run", "--yes").exit_code in (1, 75)
    assert sandbox.counts.effects("forbidden") == 0
    stands = lines_of(sandbox)
    going_on = {code: combination for code, combination in before.combinations.items() if is_due(combination)}
    # Killed before it was planned: there was no announcement of it yet.
    due = {*going_on, *(code for code in stands if code.startswith("not-planned-"))}

    created = {code for code in stands if len(stands[code]) > len(stood.get(code, ()))}
    assert created
    assert created <= due
    assert not created & stood.keys(), "announced twice"
    assert all(len(stands[code]) == 1 for code in created), "announced twice"

    changed = {code for code, lines in stood.items() if lines != stands[code]}
    assert changed
    assert changed <= {code for code, one in going_on.items() if one.cause in (Cause.CHANGED_AFTER, Cause.IN_FLIGHT)}

    labelled = Counter(label.code for label in sandbox.monta.labels)
    assert labelled
    assert labelled.keys() <= due
    assert set(labelled.values()) == {1}, "labelled twice"
    assert labelled.keys().isdisjoint(before.outside["labels"]), "labelled twice"
    assert not {code for code in labelled if may_have_label(before.combinations.get(code))}, "perhaps labelled twice"


def is_due(combination: Combination) -> bool:
    """Whether a run goes on with it by itself; also if its create in flight could not be looked for."""
    in_flight = combination.create.rpartition(">")[2] in ("open", "looked")
    return combination.progress in (Progress.DUE, Progress.WAITING) or (
        combination.progress == Progress.HELD and in_flight
    )


def may_have_label(combination: Combination | None) -> bool:
    """Whether a label was made by any of its calls, or may have been."""
    return combination is not None and not set(combination.label.split(">")).isdisjoint({"made", "doubt", "open"})


def lines_of(sandbox: Sandbox) -> dict[str, list[Any]]:
    """The lines of each forecast at Monta, by its code."""
    found: dict[str, list[Any]] = {}
    for forecast in sandbox.monta.forecasts:
        found.setdefault(forecast.code, []).append(json.dumps(forecast.lines))
    return found


def test_of_the_labels_after_the_upgrade_only_those_that_its_runs_asked_for_are_mailed(merchant, sandbox, before):
    config = merchant.folder / "returnsync.toml"
    with MailServer() as mail:
        text = config.read_text(encoding="utf-8")
        text = re.sub(r"^(\[sources\.[\w-]+\])$", r'\1\nhand_over = ["email"]', text, flags=re.MULTILINE)
        place = f'host = "127.0.0.1"\nport = {mail.port}\nsecurity = "plain"\nfrom = "returns@shop.example"\n'
        config.write_text(f"{text}\n[mail]\n{place}", encoding="utf-8")
        made = len(sandbox.monta.labels)
        for minutes in (0, 20):
            with time_machine.travel(before.moment + timedelta(minutes=minutes), tick=True):
                merchant("run", "--yes")
        asked_now = len(sandbox.monta.labels) - made
        assert 0 < len(mail.mails) <= asked_now
        assert len({one.message_id for one in mail.mails}) == len(mail.mails)
