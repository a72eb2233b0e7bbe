"""Bundles in the configuration: an impossible one is refused, with its line."""

import pytest

from returnsync.config.load import load

EXAMPLE = "; write e.g. bundles = { GIFT-SET = { SOCK-A = 1, SOCK-B = 2 } }"


def test_bundles_are_read_as_they_are_written(config_file, valid):
    loaded = config_file.load(f'{valid}bundles = {{ "SET 1" = {{ "A" = 1, "B" = 2 }}, C = {{ A = 3 }} }}\n')
    assert loaded.settings.sources["shop-nl"].bundles == {"SET 1": {"A": 1, "B": 2}, "C": {"A": 3}}


@pytest.mark.parametrize(
    ("bundles", "problem"),
    [
        (
            "SET = {}",
            'SET: is empty; write what is in one, e.g. { "SOCK-A" = 1, "SOCK-B" = 2 }, or remove it',
        ),
        ("SET = { A = 0 }", f"SET.A: must be at least 1{EXAMPLE}"),
        ("SET = { A = -2 }", f"SET.A: must be at least 1{EXAMPLE}"),
        ('SET = { A = "1" }', f"SET.A: must be a whole number, without quotes{EXAMPLE}"),
        ('SET = { A = "two" }', f"SET.A: must be a whole number, without quotes{EXAMPLE}"),
        ("SET = 5", f"SET: must be a table{EXAMPLE}"),
        ("SET = { SET = 1 }", "SET.SET: is itself a bundle; write what is in that one instead"),
        ('"" = { A = 1 }', '"": names no bundle; write its SKU'),
        ('SET = { " " = 1 }', 'SET." ": names no article; write its SKU'),
    ],
)
def test_a_bundle_that_cannot_be_is_refused_with_its_line(config_file, valid, bundles, problem):
    text = f"{valid}[sources.shop-nl.bundles]\nGOOD = {{ A = 1 }}\n{bundles}\n"
    line = text.count("\n")
    assert config_file.problem(text) == f"returnsync.toml:{line}: sources.shop-nl.bundles.{problem}"


def test_a_bundle_in_a_bundle_is_refused_whatever_blanks_are_around(config_file, valid):
    problems = config_file.problems(f'{valid}[sources.shop-nl.bundles]\n"ONE" = {{ A = 1 }}\nTWO = {{ " ONE" = 1 }}\n')
    assert problems == [
        'returnsync.toml:30: sources.shop-nl.bundles.TWO." ONE": is itself a bundle; write what is in that one instead'
    ]


def test_a_bundle_that_is_there_twice_is_refused(config_file, valid):
    problem = config_file.problem(f'{valid}[sources.shop-nl.bundles]\nONE = {{ A = 1 }}\n"ONE " = {{ B = 1 }}\n')
    assert problem.endswith("is written twice, with and without spaces around it; remove one of them")


def test_the_path_of_a_table_starts_from_the_configurations_folder(config_file, valid):
    config_file.load(f'{valid}sku_table = "tables/skus.csv"\n')
    table = load(config_file.path).settings.sources["shop-nl"].sku_table
    assert table == str(config_file.path.parent / "tables/skus.csv")
