"""`map-reasons` without a terminal: list, check, pairing by likeness, and the sheet for a spreadsheet."""

import csv
import io
import tomllib

import pytest
from shop import Shop, later

from returnsync.sandbox import Fault, World
from returnsync.sandbox.loop_records import line_item, loop_return
from returnsync.sandbox.world import monta_order, request, return_order

SMALL, LARGE, MIND = (f"return_reasons.{name}" for name in ("too_small", "too_large", "changed_mind"))


@pytest.fixture
def world() -> World:
    """Two reasons were used, one of them twice, once with a sub-reason; three others are only in the catalogue."""
    world = World.empty()
    rows = (("1001", SMALL, ""), ("1002", SMALL, "sub_return_reasons.sleeve_too_short"), ("1003", MIND, ""))
    world.orders = [monta_order(number) for number, _, _ in rows]
    world.return_orders = [
        return_order(request(order=f"#{number}", reason_key=key, comment=comment)) for number, key, comment in rows
    ]
    return world


@pytest.fixture
def shop(shop) -> Shop:
    shop.run()
    return shop


def pair(shop: Shop, text: str) -> None:
    (shop.folder / "reasons.toml").write_text(text, encoding="utf-8")


def pairs(shop: Shop) -> dict[str, dict[str, object]]:
    """The content of the file for Returnista, by key."""
    path = shop.folder / "reasons.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["platforms"]["returnista"] if path.exists() else {}


def listed(shop: Shop) -> dict[str, dict[str, object]]:
    return {reason["key"]: reason for reason in shop("map-reasons", "--list", "--json").json["reasons"]}


def kinds(shop: Shop) -> dict[str, str]:
    done = shop("map-reasons", "--check", "--json")
    found = {problem["key"]: problem["kind"] for problem in done.json["problems"]}
    assert done.code == (1 if found else 0)
    return found


# -- list and check ----------------------------------------------------------------------------------------------------


def test_the_list_tells_how_often_and_when_last_each_came(shop):
    found = listed(shop)
    assert {key: found[key]["seen"] for key in (SMALL, MIND, LARGE)} == {SMALL: 1, MIND: 1, LARGE: 0}
    assert found["sub_return_reasons.sleeve_too_short"]["main"] == "Too small"
    assert (found[LARGE]["last_seen"], found[LARGE]["listed"]) == (None, True)


def test_the_list_suggests_what_is_alike(shop):
    assert listed(shop)[SMALL]["suggestions"][0]["id"] == 2447


def test_the_list_for_a_person_has_what_is_to_be_paired_first(shop):
    pair(shop, f'[platforms.returnista."{SMALL}"]\nid = 2447\nwarehouse_label = "Te klein"\n')
    done = shop("map-reasons", "--list")
    unpaired, _, paired = done.out.partition("Paired: ")
    assert done.code == 0
    assert MIND in unpaired
    assert SMALL not in unpaired
    assert "2447 Te klein" in paired
    assert "through its main reason" in paired


def test_check_names_what_came_and_is_unpaired(shop):
    assert set(kinds(shop).items()) == {
        (SMALL, "unpaired"), (MIND, "unpaired"), ("sub_return_reasons.sleeve_too_short", "unpaired")
    }  # fmt: skip


def test_check_is_content_once_all_that_came_is_paired(shop):
    pair(shop, f'[platforms.returnista]\n"{SMALL}" = {{ id = 2447 }}\n"{MIND}" = {{ text_only = true }}\n')
    assert kinds(shop) == {}


def test_check_forgets_what_came_more_than_thirty_days_ago(shop):
    with later(days=31):
        assert kinds(shop) == {}


def test_check_finds_a_pair_with_what_the_warehouse_no_longer_has(shop):
    pair(shop, f'[platforms.returnista]\n"{LARGE}" = {{ id = 99 }}\n')
    assert kinds(shop)[LARGE] == "gone-at-warehouse"


def test_check_finds_a_pair_with_what_the_platform_no_longer_has(shop):
    pair(shop, '[platforms.returnista]\n"return_reasons.old" = { id = 2447 }\n')
    assert kinds(shop)["return_reasons.old"] == "gone-at-platform"


def test_check_does_not_miss_a_sub_reason_in_a_list_of_main_reasons(shop):
    pair(shop, '[platforms.returnista."sub_return_reasons.waist"]\nmain = "Too small"\nid = 2447\n')
    assert "sub_return_reasons.waist" not in kinds(shop)


def test_check_finds_pairs_under_a_name_that_is_none(shop):
    pair(shop, '[sources.shop-nk]\n"x" = { id = 2447 }\n')
    assert kinds(shop)["x"] == "unknown-owner"


def test_a_drift_shows_in_the_list_and_in_the_check_of_everything(shop):
    pair(shop, f'[platforms.returnista."{SMALL}"]\nid = 2447\nwarehouse_label = "Valt klein"\n')
    assert listed(shop)[SMALL]["called_now"] == "Te klein"
    assert "was 'Valt klein' when it was paired, and is 'Te klein' now" in shop("check").out


def test_a_source_that_cannot_be_read_is_reported_and_what_came_from_it_is_shown_all_the_same(shop):
    shop.sandbox.faults.add(Fault("returnista.reasons", "status"))
    done = shop("map-reasons", "--list", "--json")
    assert done.code == 75
    assert [reason["key"] for reason in done.json["reasons"] if reason["seen"]]
    assert "500" in done.err


def test_a_warehouse_that_cannot_be_read_is_reported(shop):
    shop.sandbox.faults.add(Fault("monta.reasons", "status"))
    done = shop("map-reasons", "--check")
    assert done.code == 75
    assert "500" in done.err
    assert "Nothing needs pairing" not in done.out
    assert shop("check").code == 75


def test_only_the_named_source_is_looked_at(shop):
    assert shop("map-reasons", "--list", "--source", "else").code == 2
    assert shop("map-reasons", "--list", "--source", "shop-nl").code == 0


# -- by likeness -------------------------------------------------------------------------------------------------------


def test_what_is_alike_enough_is_paired_and_reported(shop):
    done = shop("map-reasons", "--auto", "90")
    assert done.code == 0
    assert "Too small → 2447 Te klein" in done.out
    assert pairs(shop)[SMALL] == {
        "platform_label": "Too small", "id": 2447, "warehouse_label": "Te klein", "chosen_by": "auto"
    }  # fmt: skip


def test_nothing_at_or_below_the_score_is_paired(shop):
    done = shop("map-reasons", "--auto", "100", "--json")
    assert done.json["paired"] == []
    assert pairs(shop) == {}


def test_a_persons_choice_is_never_overwritten(shop):
    mine = {SMALL: {"id": 99}, MIND: {"text_only": True}}
    pair(shop, f'[platforms.returnista]\n"{SMALL}" = {{ id = 99 }}\n"{MIND}" = {{ text_only = true }}\n')
    done = shop("map-reasons", "--auto", "0", "--json")
    assert {key: pairs(shop)[key] for key in mine} == mine
    assert SMALL in [reason["key"] for reason in done.json["left"]]


def test_a_pair_by_likeness_that_is_gone_is_made_again(shop):
    pair(shop, f'[platforms.returnista]\n"{SMALL}" = {{ id = 99, chosen_by = "auto" }}\n')
    shop("map-reasons", "--auto", "90")
    assert pairs(shop)[SMALL]["id"] == 2447


def test_a_reason_that_is_like_two_is_left(shop):
    shop.sandbox.monta.reasons.append({"Id": 1, "Description": "Te klein", "Translations": {}})
    done = shop("map-reasons", "--auto", "50", "--json")
    assert SMALL in [reason["key"] for reason in done.json["left"]]


@pytest.mark.parametrize(
    ("main", "sub", "theirs", "paired"),
    [
        ("Delivery", "Too long", ("Maat", "Te lang"), False),
        ("Delivery time", "Too long", ("", "Te lang"), False),
        ("Fit", "Other", ("Te klein", "Anders"), False),
        ("Fit", "Too small", ("", "Te klein"), True),
        ("Quality", "Other", ("Kwaliteit", "Anders"), True),
    ],
)
def test_a_sub_reason_is_paired_unseen_only_where_the_main_reasons_go_together(shop, main, sub, theirs, paired):
    shop.platforms = ("loop",)
    shop.source["id"] = "at-loop"
    own_main, own = theirs
    rows = [{"Id": 7, "Description": own, "Translations": {}}]
    if own_main:
        rows = [{"Id": 6, "Description": own_main, "Translations": {}}, {**rows[0], "ParentId": 6}]
    shop.sandbox.monta.reasons = rows
    shop.sandbox.monta.add(monta_order("2001"))
    shop.sandbox.loop.add(loop_return(line_item(order="#2001", reason=sub, parent=main), order="#2001"))
    shop.run()
    done = shop("map-reasons", "--auto", "90", "--json")
    assert (sub.casefold() in [reason["key"] for reason in done.json["paired"]]) is paired


def test_data_that_identify_a_consumer_are_not_shown(shop):
    shop.platforms = ("loop",)
    shop.sandbox.monta.add(monta_order("2001"))
    text = "Too small, mail jo.voorbeeld@example.com"
    shop.sandbox.loop.add(loop_return(line_item(order="#2001", reason=text, parent=None), order="#2001"))
    shop.run()
    for options in (("--list",), ("--check",), ("--list", "--json"), ("--check", "--json"), ("--auto", "100")):
        assert "jo.voorbeeld" not in shop("map-reasons", *options).out


# -- the sheet ---------------------------------------------------------------------------------------------------------


def sheet(shop: Shop) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(shop("map-reasons", "--export", "-").out)))


def bring(shop: Shop, rows: list[dict[str, str]]):
    file = shop.folder / "sheet.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return shop("map-reasons", "--import", str(file))


def test_a_sheet_that_is_filled_in_pairs(shop):
    rows = sheet(shop)
    for row in rows:
        row["id"] = {SMALL: "2447", MIND: "2451"}.get(row["key"], "")
    done = bring(shop, rows)
    assert (done.code, done.out.split(" in ")[0]) == (0, "2 paired, 0 unpaired")
    assert {key: pair["warehouse_label"] for key, pair in pairs(shop).items()} == {
        SMALL: "Te klein", MIND: "Ik ben van gedachten veranderd"
    }  # fmt: skip


def test_scripts_and_sheets_read_how_a_reason_is_paired_under_standing(shop):
    pair(shop, f'[platforms.returnista."{SMALL}"]\nid = 2447\n[platforms.returnista."{MIND}"]\ntext_only = true\n')
    found = {SMALL: "paired", MIND: "text only", LARGE: "unpaired"}
    assert {key: row["standing"] for key, row in listed(shop).items() if key in found} == found
    assert {row["key"]: row["standing"] for row in sheet(shop) if row["key"] in found} == found
    pair(shop, f'[platforms.returnista."{SMALL}"]\nid = 99999\n')
    assert listed(shop)[SMALL]["standing"] == "gone"


def test_what_was_exported_and_comes_back_as_it_was_changes_nothing(shop):
    shop("map-reasons", "--auto", "90")
    before = (shop.folder / "reasons.toml").read_bytes()
    assert bring(shop, sheet(shop)).out.startswith("0 paired, 0 unpaired")
    assert (shop.folder / "reasons.toml").read_bytes() == before


def test_a_row_that_was_emptied_is_unpaired_and_one_that_was_deleted_stays(shop):
    pair(shop, f'[platforms.returnista]\n"{SMALL}" = {{ id = 2447 }}\n"{MIND}" = {{ id = 2451 }}\n')
    rows = [row | {"id": ""} for row in sheet(shop) if row["key"] != MIND]
    assert bring(shop, rows).out.startswith("0 paired, 1 unpaired")
    assert list(pairs(shop)) == [MIND]


def test_one_wrong_row_and_nothing_is_written(shop):
    rows = sheet(shop)
    rows[0]["id"], rows[1]["id"], rows[2]["name"] = "2447", "99", "nobody"
    done = bring(shop, rows)
    assert done.code == 78
    assert "sheet.csv:3: the warehouse offers no reason 99" in done.err
    assert "sheet.csv:4: 'nobody'" in done.err
    assert pairs(shop) == {}


def test_a_sheet_that_exists_is_not_overwritten(shop):
    file = shop.folder / "sheet.csv"
    assert shop("map-reasons", "--export", str(file)).code == 0
    before = file.read_bytes()
    assert shop("map-reasons", "--export", str(file)).code == 78
    assert file.read_bytes() == before


# -- how it is called --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [(), ("--json",), ("--list", "--check"), ("--auto", "101"), ("--all", "--list"), ("--export", "-", "--json")],
)
def test_a_call_that_makes_no_sense_is_refused(shop, options):
    assert shop("map-reasons", *options).code == 2


def test_nothing_of_it_changes_anything_outside(shop):
    before = shop.sandbox.counts.as_dict()["effects"]
    for options in (("--list",), ("--check",), ("--auto", "90"), ("--export", "-")):
        shop("map-reasons", *options)
    assert shop.sandbox.counts.as_dict()["effects"] == before
