"""Rules for order numbers in the file: a wrong rule is reported with its line, and with what to write instead."""

import traceback

import pytest

HTTPS = "https://erp.example.com/orders/{number}"


def with_rules(valid, rules):
    start = valid.index("order_number = ")
    return valid[:start] + f"order_number = {rules}\n" + valid[valid.index("carriers = ") :]


EXAMPLE = """; write e.g. order_number = [{ strip_prefix = "#" }, { pattern = "^EXC-(.+)$", replace = '\\1' }]"""


def lookup(**keys):
    given = {"lookup": HTTPS, "find": "order.number", **keys}
    return "[{ " + ", ".join(f"{key} = '{value}'" for key, value in given.items()) + " }]"


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ('[{ stripsuffix = "#" }]', "[0].stripsuffix: is unknown here; did you mean strip_suffix?"),
        (
            '[{ strip_prefix = "#", case = "upper" }]',
            "[0]: contains several rules (strip_prefix, case); write each in a table of its own, in their order",
        ),
        (
            '[{ strip_prefix = "#" }, { frobnicate = 1 }]',
            "[1]: is not a rule; write a table with one of strip_prefix, strip_suffix, pattern, case, table, lookup",
        ),
        ('["#"]', '[0]: must be a table; write e.g. { strip_prefix = "#" }'),
        (
            '[{ pattern = "(", replace = "" }]',
            "[0].pattern: is not a regular expression: missing ), unterminated subpattern at position 0",
        ),
        (
            "[{ pattern = '" + "a" * 501 + "', replace = '' }]",
            f"[0].pattern: must have at most 500 characters{EXAMPLE}",
        ),
        (
            "[{ pattern = 'a', replace = '" + "b" * 501 + "' }]",
            f"[0].replace: must have at most 500 characters{EXAMPLE}",
        ),
        (
            "[{ pattern = '(a{500}){500}', replace = '' }]",
            "[0].pattern: repeats something too often; write a simpler one",
        ),
        (
            r"[{ pattern = '(a)', replace = '\2' }]",
            "[0]: has a `replace` that does not fit its `pattern`: invalid group reference 2 at position 1",
        ),
        ('[{ case = "title" }]', '[0].case: must be one of "upper", "lower"'),
        ('[{ table = "a.csv", missing = "guess" }]', '[0].missing: must be one of "pass", "hold"'),
        (
            lookup(lookup="https://erp.example.com/orders"),
            "[0].lookup: must contain {number}, where the order number goes",
        ),
        (
            lookup(lookup="http://erp.example.com/{number}"),
            (
                "[0].lookup: is not https: credentials would travel in clear text; "
                "write e.g. https://erp.example.com/{number}"
            ),
        ),
        (
            lookup(lookup="https://{number}.example.com/"),
            (
                "[0].lookup: does not have {number} in its path or query, or has a fragment; "
                "write e.g. https://erp.example.com/{number}"
            ),
        ),
        (lookup(find="a["), "[0].find: is not a JMESPath expression; write e.g. find = 'order.number'"),
        (lookup(username="env:U"), "[0]: needs both username and password, or neither"),
        (
            lookup(bearer="env:B", header="X-Key", key="env:K"),
            "[0]: may use only one kind of login: bearer, username and password, or header and key",
        ),
    ],
)
def test_an_error_in_a_rule_is_reported_with_its_line(config_file, valid, rules, problem):
    assert config_file.problem(with_rules(valid, rules)) == (
        f"returnsync.toml:26: sources.shop-nl.order_number{problem}"
    )


@pytest.mark.parametrize("key", ["bearer", "key", "password"])
@pytest.mark.parametrize("secret", ["'s3cr3t-778899'", "778899", "['778899']"])
def test_a_secret_written_out_in_a_rule_is_refused_and_not_repeated(config_file, valid, key, secret):
    rules = lookup().replace(" }]", f", {key} = {secret} }}]")
    error = config_file.error(with_rules(valid, rules))
    assert error.problems
    assert "778899" not in "".join(traceback.format_exception(error)) + repr(error.problems) + error.next_step


def test_a_password_in_an_address_is_refused_and_not_repeated(config_file, valid):
    error = config_file.error(with_rules(valid, lookup(lookup="https://u:s3cr3t@erp.example.com/{number}")))
    assert "holds a user name" in error.problems[0]
    assert "s3cr3t" not in "".join(traceback.format_exception(error)) + repr(error.problems)


@pytest.mark.parametrize("host", ["https://erp.example.com", "http://127.0.0.1:8080", "http://localhost"])
@pytest.mark.parametrize(
    "target", ["/orders/{number}", "/orders/{number}/", "/?q={number}&v=1", "?$filter=n eq '{number}'"]
)
def test_a_number_may_be_in_the_path_or_the_query(config_file, valid, host, target):
    text = with_rules(valid, '[{ find = "a", lookup = """' + host + target + '""" }]')
    (rule,) = config_file.load(text).settings.sources["shop-nl"].order_number
    assert rule.lookup == host + target


def test_a_relative_table_is_in_the_folder_of_the_configuration(config_file, valid):
    loaded = config_file.load(with_rules(valid, '[{ table = "maps/orders.csv" }]'))
    (rule,) = loaded.settings.sources["shop-nl"].order_number
    assert rule.table == str(config_file.path.parent / "maps/orders.csv")
