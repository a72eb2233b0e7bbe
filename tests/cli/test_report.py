"""`report --html`: one page that loads nothing, runs nothing, shows no person, and is written whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from importlib import import_module
from importlib.metadata import distribution, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from followed import HOUR, MADE, following

from returnsync.cli.page.charts import Bars, Series, svg, ticks
from returnsync.cli.page.steps import in_steps, months_between
from returnsync.engine.ask import Covered, Report
from returnsync.engine.tell import Stands
from returnsync.model import Address, Cause, Consumer, OrderNumber, Reason, ReturnLine, SourceId

if TYPE_CHECKING:
    from shop import Ran, Shop

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
EVIL = "</script></svg></style><img src=x onerror=alert(1)>\"'&"
CSS = Path(__file__).parents[2] / "returnsync" / "cli" / "page" / "page.css"
# The HTML elements without an end tag.
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Parsed(HTMLParser):
    """Reads a page, and fails if its tags are not balanced."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._note(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self._note(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def _note(self, tag: str, attrs: Any) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]


@pytest.fixture
def page(tmp_path) -> Path:
    return tmp_path / "report.html"


def write(shop: Shop, page: Path, *arguments: str) -> Ran:
    with time_machine.travel(NOW, tick=False):
        return shop("report", "--html", str(page), *arguments)


def written(shop: Shop, page: Path, *arguments: str) -> str:
    ran = write(shop, page, *arguments)
    assert (ran.code, ran.out) == (0, f"Written: {page}\n"), ran.err
    return page.read_text(encoding="utf-8")


def fill(shop: Shop, **told: Any) -> None:
    """Fill every section of the report; `told` is given to each return."""
    with following(shop.state) as state:
        for hours in range(1, 5):
            announced = state.announce(state.plan(state.add(**told)), MADE + HOUR + hours * HOUR)
            state.label(announced, MADE + HOUR + 2 * hours * HOUR, "DHL" if hours == 1 else "PostNL")
        state.hold(state.plan(state.add(**told)), NOW - 3 * HOUR, Cause.LINE_UNMATCHED)


# -- nothing from outside ----------------------------------------------------------------------------------------------


def assert_asks_nothing(page: str) -> Parsed:
    parsed = Parsed(page)
    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base", "use", "image", "a"} & set(
        parsed.tags
    )
    for tag, name, value in parsed.attributes:
        assert name not in {"src", "href", "xlink:href", "action", "srcset", "data", "poster"}, (tag, name)
        assert not name.startswith("on"), (tag, name)
        assert "//" not in value or (tag, name) == ("svg", "xmlns"), (tag, name, value)
    without = page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|//|url\(|@import|javascript:", without, re.IGNORECASE)
    return parsed


def test_the_page_asks_for_nothing_runs_nothing_and_forbids_both(shop, page):
    fill(shop, reason="too small")
    parsed = assert_asks_nothing(written(shop, page))
    policies = [value for tag, name, value in parsed.attributes if name == "content" and "default-src" in value]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]
    assert shop.sandbox.counts.requests == 0


def test_no_secret_is_needed(shop, page):
    fill(shop)
    shop.warehouse["password"] = "env:NOT_SET_ANYWHERE"
    shop.source["token"] = "env:NOT_SET_ANYWHERE"
    assert "Held now" in written(shop, page)


def test_every_chart_has_a_title_a_role_and_a_table(shop, page):
    fill(shop, reason="too small")
    shop.source["limits"] = {"1d": 100}
    with time_machine.travel(NOW, tick=False):
        shop.run()
    text = written(shop, page)
    charts = re.findall(r"<svg[^>]*>", text)
    assert len(charts) == 6
    assert all('role="img"' in chart for chart in charts)
    assert len(re.findall(r"<svg[^>]*><title>[^<]{20,}</title>", text)) == 6
    for section in text.split("<section>")[1:]:
        assert section.count("<svg") <= section.count("<table"), section[:80]
        assert section.find("<svg") < section.find("<table")


def test_the_tables_have_the_figures(shop, page):
    fill(shop, reason="too small")
    text = written(shop, page)
    assert '<tr><th scope="row" class="text">2026-11-10</th><td>4</td><td>1</td><td>5</td></tr>' in text
    hours = "<td>4</td><td>2.50</td><td>4.00</td><td>4</td><td>5.00</td><td>8.00</td>"
    assert f'<th scope="row" class="text">shop-nl</th>{hours}' in text
    assert '<th scope="row" class="text">2026-11</th><td>1</td><td>3</td><td>4</td>' in text
    assert "A returned article is on no line of the order" in text


def test_a_page_of_no_returns_says_so(shop, page):
    parsed = assert_asks_nothing(written(shop, page))
    assert "No return is known yet. Returns are read by: returnsync run" in parsed.text
    assert "Nothing is held." in parsed.text
    assert not shop.state.exists()


def test_a_time_without_returns_is_reported_as_that(shop, page):
    fill(shop)
    text = written(shop, page, "--since", "2026-11-20")
    assert "No return was created in this period." in text
    assert "No return is known yet" not in text


def test_of_what_was_not_done_no_hours_are_drawn(shop, page):
    with following(shop.state) as state:
        state.announce(state.plan(state.add()), MADE + 2 * HOUR)
    hours = written(shop, page).split("<section>")[2]
    assert sorted(re.findall("<title>(shop-nl, [^<]*)</title>", hours)) == [
        "shop-nl, announcement: 95 % within: 1 h",
        "shop-nl, announcement: median: 1 h",
    ]
    assert re.findall("<text[^>]*>([0-9.]+ h)</text>", hours).count("0 h") <= 1, "no more than the axis begins with"


def test_hours_say_what_they_are_counted_from(shop, page):
    fill(shop)
    assert "counted from the run that first found the return approved" in written(shop, page)


# -- nobody ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["too small", f"said Vandertestzwirn {EVIL}"])
def test_a_consumer_and_what_he_writes_neither_show_nor_break_the_page(shop, page, reason):
    name, street = f"Vandertestzwirn {EVIL}", f"Lindengracht {EVIL}"
    line = ReturnLine(
        OrderNumber("#1"), 1, sku=f"SKU {name}", title=f"Shirt {name}", comment=f"from {name}",
        reason=Reason(f"key of {name}", reason),
    )  # fmt: skip
    address = Address(name, street, "7", "1015 XX", "Vandertestdorp", "NL")
    consumer = Consumer("Jo", name, "jo@vandertestzwirn.example", address=address)
    with following(shop.state) as state:
        announced = state.announce(state.plan(state.add(lines=(line,), consumer=consumer)), MADE + 2 * HOUR)
        state.label(announced, MADE + 3 * HOUR, f"carrier {EVIL}")
        state.hold(state.plan(state.add(lines=(line,), consumer=consumer)), NOW - HOUR, Cause.NO_ITEMS)
    parsed = assert_asks_nothing(written(shop, page))
    assert not re.search("vandertest|lindengracht", page.read_text(encoding="utf-8"), re.IGNORECASE)
    assert "carrier </script></svg></style><img" in parsed.text


def test_names_of_sources_are_text_and_nothing_else(shop, page):
    with following(shop.state) as state:
        for number in range(2):
            item = state.plan(state.add(source=SourceId(f"{EVIL}\u202e\x1b[2J\n{number}\ufffe")))
            state.announce(item, MADE + 2 * HOUR)
    text = written(shop, page)
    assert_asks_nothing(text)
    assert not set("\x1b\u202e\ufffe") & set(text)


# -- light, dark, print ------------------------------------------------------------------------------------------------


def variables(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w]+): (#[0-9a-f]{6});", block))


def themes() -> tuple[dict[str, str], dict[str, str]]:
    light, dark = CSS.read_text(encoding="utf-8").split("(prefers-color-scheme: dark)")
    return variables(light), variables(dark.split("* {")[0])


def test_every_colour_has_a_value_in_both_themes(shop, page):
    fill(shop, reason="too small")
    light, dark = themes()
    used = set(re.findall(r"var\(--(\w+)\)", written(shop, page)))
    assert light.keys() == dark.keys()
    assert used <= light.keys()
    assert {state.value for state in Stands if state is not Stands.DUE} <= light.keys()


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", themes(), ids=["light", "dark"])
def test_what_is_drawn_stands_out_from_the_page(theme):
    for name, colour in theme.items():
        if name not in {"page", "line", "band"}:
            high, low = sorted((luminance(colour), luminance(theme["page"])), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= (4.5 if name in {"text", "soft"} else 2.99), name


# -- the file ----------------------------------------------------------------------------------------------------------


def test_a_new_page_is_only_for_its_owner_and_a_replaced_one_keeps_its_rights(shop, page):
    written(shop, page)
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    page.chmod(0o644)
    fill(shop)
    with page.open() as earlier:
        assert "line-unmatched" in written(shop, page)
        assert "No return is known yet" in earlier.read()
    assert stat.S_IMODE(page.stat().st_mode) == 0o644


def test_a_page_that_cannot_be_written_whole_leaves_the_earlier_one(shop, page, monkeypatch):
    before = written(shop, page)
    fill(shop)

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        ran = write(shop, page)
    assert (ran.code, ran.out, "no room" in ran.err) == (75, "", True)
    assert page.read_text(encoding="utf-8") == before
    assert [file.name for file in page.parent.iterdir() if "report" in file.name] == ["report.html"]


def link(place: Path) -> None:
    (place.parent / "elsewhere").write_text("mine")
    place.symlink_to(place.parent / "elsewhere")


THERE = {
    "folder": Path.mkdir, "pipe": os.mkfifo, "link": link, "file": lambda place: place.write_text("mine"),
}  # fmt: skip


@pytest.mark.parametrize("make", THERE.values(), ids=THERE)
def test_nothing_is_written_over_but_an_earlier_page(shop, page, make):
    make(page)
    before = page.lstat()
    ran = write(shop, page)
    assert (ran.code, ran.out, "not changed" in ran.err) == (78, "", True)
    after = page.lstat()
    assert (after.st_ino, after.st_mtime_ns, after.st_size) == (before.st_ino, before.st_mtime_ns, before.st_size)


def test_the_state_is_never_written_over(shop):
    fill(shop)
    before = shop.state.read_bytes()
    assert write(shop, shop.state).code == 78
    assert shop.state.read_bytes() == before


@pytest.mark.parametrize("name", ["", ".lock", "-limits", "-limits-wal", "-wal", "-shm"])
def test_no_file_of_the_state_is_written_over_or_made_also_where_it_is_empty(shop, name):
    file = shop.state.with_name(f"{shop.state.name}{name}")
    for make in (lambda: None, file.touch):
        make()
        ran = write(shop, file)
        assert (ran.code, f"{file} is a file of the state." in ran.err) == (78, True), ran.err
        assert not file.exists() or file.read_bytes() == b""


def test_neither_the_configuration_nor_the_pairs_nor_the_log_are_written_over(shop):
    shop.more = {"log": {"file": "returnsync.log"}}
    config = shop.write_config()
    pairs = config.with_name("reasons.toml")
    pairs.touch()
    log = config.with_name("returnsync.log")
    for file, what in {config: "configuration", pairs: "pairs of reasons", log: "log"}.items():
        ran = write(shop, file)
        assert (ran.code, f"is a file of the {what}." in ran.err) == (78, True), ran.err
    assert config.read_text().startswith("[")
    assert pairs.read_text() == ""


def test_a_folder_that_is_not_there_is_reported(shop, tmp_path):
    ran = write(shop, tmp_path / "no" / "report.html")
    assert (ran.code, str(tmp_path / "no" / "report.html") in ran.err) == (78, True)


def test_an_empty_file_is_filled(shop, page):
    page.touch(0o640)
    assert written(shop, page)
    assert stat.S_IMODE(page.stat().st_mode) == 0o640


# -- the command -------------------------------------------------------------------------------------------------------


def test_a_dash_is_stdout(shop):
    fill(shop)
    with time_machine.travel(NOW, tick=False):
        ran = shop("report", "--html", "-")
    assert ran.code == 0
    assert_asks_nothing(ran.out)


def test_page_and_figures_come_together(shop, page):
    fill(shop)
    told = write(shop, page, "--json").json
    assert (told["written"], told["states"]["labelled"]) == (str(page), 4)
    assert page.exists()


@pytest.mark.parametrize("arguments", [(), ("--html", "-", "--json"), ("--html", "-", "--since", "nonsense")])
def test_what_makes_no_sense_is_refused(shop, arguments):
    ran = shop("report", *arguments)
    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize("command", [("report", "--json"), ("returns",), ("returns", "--count")])
def test_a_time_that_ends_before_it_begins_is_refused(shop, command):
    ran = shop(*command, "--since", "2026-11-10", "--until", "2026-11-09")
    assert (ran.code, ran.out) == (2, "")
    assert "'2026-11-09' is not after --since '2026-11-10'" in " ".join(ran.err.replace("│", " ").split())
    assert shop(*command, "--since", "2026-11-10", "--until", "2026-11-10").code == 0


def test_an_unknown_source_is_refused(shop, page):
    ran = write(shop, page, "--source", "shop-be")
    assert (ran.code, "shop-be" in ran.err, page.exists()) == (2, True, False)


def test_without_its_optional_part_the_page_says_how_to_add_it_and_figures_do_without(shop, page, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("returnsync.cli.page")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("returnsync.cli.page", raising=False)
    monkeypatch.setitem(sys.modules, "pygal", None)
    ran = write(shop, page)
    assert (ran.code, ran.out, page.exists()) == (78, "", False)
    assert "the optional part `report`" in ran.err
    assert re.search(r"install .*\[([^],]+,)*report[],]", ran.err)
    assert shop("report", "--json").json["days"] == []


# -- charts and steps --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("largest", "whole", "expected"),
    [
        (0, True, [0, 1]),
        (1, True, [0, 1]),
        (3, True, [0, 1, 2, 3]),
        (28, True, [0, 10, 20, 30]),
        (98_001, True, [0, 20_000, 40_000, 60_000, 80_000, 100_000]),
        (0.03, False, [0, 0.01, 0.02, 0.03]),
        (1.3, False, [0, 0.5, 1.0, 1.5]),
    ],
)
def test_an_axis_has_a_few_round_figures_up_to_the_largest(largest, whole, expected):
    assert ticks(largest, whole=whole) == expected


@pytest.mark.parametrize("lying", [True, False])
@pytest.mark.parametrize("beside", [True, False])
def test_a_chart_is_drawn_of_any_figures_the_same_each_time(lying, beside):
    for values in ([0], [0, 0], [1], [5, 0, 123_456], [1, None], [None, 2, None]):
        labels = [f"{EVIL} {number}" for number in range(len(values))]
        bars = Bars("x", EVIL, labels, [Series(EVIL, "c1", values), Series("b", "c2", values[::-1])], lying, beside)
        drawn = svg(bars)
        assert drawn == svg(bars)
        assert "No data" not in drawn
        assert_asks_nothing(drawn)


def test_who_draws_still_finds_what_is_installed_and_misses_what_is_not():
    assert distribution("typer").version
    assert "returnista" in entry_points(group="returnsync.platforms").names
    with pytest.raises(ModuleNotFoundError):
        import_module("no_such_module")


def figures(*days: date, until: datetime | None = None) -> Report:
    counts = {day: Counter({Stands.HELD: number}) for number, day in enumerate(sorted(days), start=1)}
    covered = Covered(datetime(1, 1, 2, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC), until)
    return Report(NOW, covered, is_new=False, days=counts, hours=(), reasons=(), held=(), requests=(), labels=())


@pytest.mark.parametrize(
    ("first", "word", "number"),
    [
        (date(2026, 11, 28), "day", 2),
        (date(2026, 8, 30), "day", 92),
        (date(2026, 8, 29), "week", 14),
        (date(2024, 12, 3), "week", 104),
        (date(2024, 11, 1), "month", 25),
        (date(2001, 1, 1), "year", 26),
    ],
)
def test_many_days_are_drawn_as_weeks_months_or_years(first, word, number):
    found, steps = in_steps(figures(first, date(2026, 11, 29)))
    assert (found, len(steps)) == (word, number)
    assert sum(step.counts.total() for step in steps) == 3


def test_days_without_returns_are_drawn_up_to_the_end_of_the_time():
    _, steps = in_steps(figures(date(2026, 11, 10), until=datetime(2026, 11, 13, tzinfo=UTC)))
    assert [step.name for step in steps] == ["2026-11-10", "2026-11-11", "2026-11-12"]


def test_months_are_counted_over_a_year_s_end():
    assert months_between("2025-11", "2026-02") == ["2025-11", "2025-12", "2026-01", "2026-02"]
