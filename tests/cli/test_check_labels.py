"""`check` and the label files: missing ones are reported, and do not count as a failure."""

import pytest

from returnsync.sandbox import World


@pytest.fixture
def world():
    return World.bulk(7)


def test_check_tells_of_label_files_that_vanished_and_is_content_all_the_same(shop):
    shop("run")
    gone, *rest = shop.labels()
    gone.unlink()
    ran = shop("check")
    assert ran.code == 0
    assert f"1 of 7 are no longer in {shop.folder / 'labels'}: {gone.stem}" in ran.out
    assert "No label is asked for again" in ran.out
    for file in rest:
        file.rename(shop.folder / file.name)
    assert "7 of 7 are no longer" in (out := shop("check").out)
    assert out.partition("are no longer in ")[2].partition("\n")[0].count("shop-nl-") == 5
    assert shop("run").code == 0
    assert shop.sandbox.counts.effects("labels") == 7


def test_check_counts_the_label_files_that_are_there(shop):
    assert "files" not in {
        finding["subject"] for finding in shop("check", "--json").json if finding["about"] == "labels"
    }
    shop("run")
    assert f"7 in {shop.folder / 'labels'}" in shop("check").out
