import re
import traceback

import pytest

from returnsync.config.load import load
from returnsync.errors import ConfigError
from returnsync.platforms.registry import PLATFORMS


def test_every_problem_is_reported_at_once_with_its_line_in_the_order_of_the_file(config_file):
    problems = config_file.problems(
        """\
stat = "x.db"
[warehouses.monta]
kind = "monta"
username = "env:MONTA_USERNAME"
password = "env:MONTA_PASSWORD"
carrier = 5
unmapped_reason = "maybe"
concurrency = 99

[sources.shop-nl]
platform = "returnista"
warehouse = "montana"
account_id = "a"
token = "env:TOKEN"
order_number = [
  { strip_prefix = "#" },
  { pattern = "(", replace = "" },
]
[sources.other]
platform = "returnist"
"""
    )
    assert problems == [
        "returnsync.toml:1: stat: is unknown here; did you mean state?",
        'returnsync.toml:6: warehouses.monta.carrier: must be a text in quotes; write e.g. carrier = "PostNL"',
        'returnsync.toml:7: warehouses.monta.unmapped_reason: must be one of "text", "hold"',
        "returnsync.toml:8: warehouses.monta.concurrency: must be at most 32; write e.g. concurrency = 4",
        "returnsync.toml:10: sources.shop-nl.start_from: is missing; write e.g. start_from = 2026-11-01",
        (
            "returnsync.toml:12: sources.shop-nl.warehouse: no [warehouses.…] has this name; write one of: monta. "
            "Did you mean monta?"
        ),
        (
            "returnsync.toml:17: sources.shop-nl.order_number[1].pattern: is not a regular expression: "
            "missing ), unterminated subpattern at position 0"
        ),
        (
            "returnsync.toml:20: sources.other.platform: There is no platform 'returnist'. Write one of: "
            f"{', '.join(PLATFORMS.kinds())}. Did you mean returnista?"
        ),
    ]


def test_a_misspelled_required_key_is_one_problem(config_file, valid):
    problem = config_file.problem(valid.replace("start_from", "startfrom"))
    assert problem == "returnsync.toml:20: sources.shop-nl.startfrom: is unknown here; did you mean start_from?"


def test_a_misspelled_key_in_a_rule_is_one_problem(config_file, valid):
    problem = config_file.problem(valid.replace("strip_prefix", "stripprefix"))
    assert problem.endswith("order_number[0].stripprefix: is unknown here; did you mean strip_prefix?")


def test_an_unknown_key_that_resembles_none_lists_those_there_are(config_file, valid):
    problem = config_file.problem("zzz = 1\n" + valid)
    assert problem == (
        "returnsync.toml:1: zzz: is unknown here; remove it, "
        "or use one of state, labels, reasons, retention_days, retention_labels, log, notify, mail, warehouses, sources"
    )


@pytest.mark.parametrize("reference", ["s3cr3t-value", "env:", "ENV:s3cr3t", "https://s3cr3t@x", 'x", "'])
def test_a_secret_written_out_is_refused_and_not_repeated(config_file, valid, reference):
    error = config_file.error(valid.replace('"env:RETURNISTA_TOKEN"', f"'{reference}'"))
    shown = "".join(traceback.format_exception(error)) + repr(error.problems) + error.next_step
    assert "s3cr3t" not in shown
    assert error.problems[0].endswith(
        "returnsync.toml:19: sources.shop-nl.token: must be a reference such as env:NAME, file:PATH or "
        'command:PROGRAM, not the secret itself; write e.g. token = "env:RETURNISTA_TOKEN"'
    )


@pytest.mark.parametrize("value", ["778899", '["778899"]', '{ key = "778899" }', "true"])
def test_a_secret_of_any_wrong_type_is_not_repeated(config_file, valid, value):
    error = config_file.error(valid.replace('"env:RETURNISTA_TOKEN"', value))
    assert "must be a reference" in error.problems[0]
    assert "778899" not in "".join(traceback.format_exception(error)) + repr(error.problems)


def test_no_value_of_an_unknown_or_wrong_key_is_repeated(config_file, valid):
    text = valid.replace("token =", 'tokn = "s3cr3t-1"\ntoken =').replace('"hold"', '"s3cr3t-2"')
    text = text.replace("send_updates = true", 'send_updates = "s3cr3t-3"').replace(
        "https://api", "http://s3cr3t-4:x@api"
    )
    error = config_file.error(text)
    assert len(error.problems) == 4
    assert "s3cr3t" not in "".join(traceback.format_exception(error)) + repr(error.problems)


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        ('state = "a\n', 1),
        ('\nstate = "a"\nstate = "b"\n', 3),
        ("[warehouses\n", 1),
        ("a = 1\nb = [1,\n", 2),
        ("a = 2026-13-40\n", 1),
        ("a = " + "9" * 5000, 1),
        ("a = " + "[" * 5000, 1),
    ],
)
def test_broken_toml_is_reported_with_its_line(config_file, broken, line):
    assert config_file.problem(broken).startswith(f"returnsync.toml:{line}: is no valid TOML: ")


def test_broken_toml_does_not_repeat_the_text(config_file, valid):
    error = config_file.error(valid.replace('"env:RETURNISTA_TOKEN"', "s3cr3t-bare"))
    assert "s3cr3t" not in "".join(traceback.format_exception(error)) + repr(error.problems)


def test_another_encoding_is_reported_with_its_line(config_file):
    config_file.path.write_bytes(b'state = "a"\nlabels = "caf\xe9"\n')
    with pytest.raises(ConfigError, match="a problem") as caught:
        load(config_file.path)
    assert caught.value.problems[0].endswith("returnsync.toml:2: is not UTF-8; save the file in that encoding")


@pytest.mark.parametrize("written", ['"2026-11-01"', "20261101", "1.5", "true"])
def test_a_start_that_is_no_toml_date_is_refused(config_file, valid, written):
    problem = config_file.problem(valid.replace("2026-11-01", written))
    assert "sources.shop-nl.start_from: write a date such as 2026-11-01, without quotes" in problem


@pytest.mark.parametrize("state", ["postgresql://u:s3cr3t@db/x", "postgres://db/x"])
def test_postgresql_is_refused_as_not_supported_yet(config_file, valid, state):
    problem = config_file.problem(valid.replace('"returnsync.db"', f'"{state}"'))
    assert problem.startswith("returnsync.toml:1: state: a PostgreSQL database is not supported yet; write a file")
    assert "s3cr3t" not in problem


@pytest.mark.parametrize("name", ["a b", "a.b", "é", "a/b", "x" * 41, ""])
def test_a_name_that_could_not_be_a_file_name_is_refused(config_file, valid, name):
    problem = config_file.problem(valid.replace("[sources.shop-nl]", f'[sources."{name}"]'))
    assert "must be 1 to 40 letters, digits, - or _" in problem
    assert problem.startswith("returnsync.toml:15:")


def test_an_id_follows_the_rule_for_names(config_file, valid):
    problem = config_file.problem(valid.replace('id = "shop"', 'id = "a b"'))
    assert "sources.shop-nl.id: must be 1 to 40 letters" in problem


def second(valid, **changes):
    """The valid file with a second source: the first one again, with other settings."""
    source = valid[valid.index("[sources.shop-nl]") :].replace("shop-nl", "shop-be")
    for key, value in {"id": '"be"', "account_id": '"b"', **changes}.items():
        source = re.sub(rf"^{key} = .*$", f"{key} = {value}", source, flags=re.MULTILINE)
    return valid + "\n" + source


def test_two_accounts_of_one_platform_are_fine(config_file, valid):
    assert list(config_file.load(second(valid)).settings.sources) == ["shop-nl", "shop-be"]


def test_two_sources_cannot_share_an_id(config_file, valid):
    problem = config_file.problem(second(valid, id='"shop"'))
    assert "sources.shop-be.id: is also that of [sources.shop-nl]; give each source an id of its own" in problem


def test_a_name_cannot_be_the_id_of_another_source(config_file, valid):
    text = second(valid).replace('id = "be"\n', "").replace('id = "shop"', 'id = "shop-be"')
    assert "sources.shop-be.id: is also that of [sources.shop-nl]" in config_file.problem(text)


def test_two_sources_cannot_read_one_account(config_file, valid):
    problem = config_file.problem(second(valid, account_id='"0190a000-0000-7000-8000-00000000000a"'))
    assert "sources.shop-be.account_id: is the same account as [sources.shop-nl]" in problem


def test_a_source_cannot_have_the_name_of_a_warehouse(config_file, valid):
    problem = config_file.problem(valid.replace("[sources.shop-nl]", "[sources.monta]"))
    assert "sources.monta: has the name of a warehouse" in problem


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://shop.example", "is not https"),
        ("http://localhost.example", "is not https"),
        ("ftp://shop.example", "is not of the form"),
        ("shop.example", "is not of the form"),
        ("https://user:pw@shop.example", "holds a user name"),
        ("https://shop.example/?token=1", "a query"),
        ("https://[api", "cannot be read"),
    ],
)
def test_credentials_go_only_to_a_plain_https_address(config_file, valid, url, words):
    problem = config_file.problem(valid.replace("https://core.returnista.com/api/v0", url))
    assert "sources.shop-nl.base_url: " in problem
    assert words in problem
    assert url not in problem


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/x", "http://localhost:1", "http://[::1]:5/", "https://x.example/"]
)
def test_this_machine_may_be_reached_without_tls(config_file, valid, url):
    loaded = config_file.load(valid.replace("https://core.returnista.com/api/v0", url))
    assert loaded.settings.sources["shop-nl"].base_url == url


@pytest.mark.parametrize(
    ("limits", "words"),
    [('{ "5x" = 5 }', "is no window"), ("{ 5m = 0 }", "at least 1"), ('{ 5m = "x" }', "must be a whole number")],
)
def test_a_rate_that_cannot_be_is_reported_with_the_rest(config_file, valid, limits, words):
    problem = config_file.problem(valid.replace('id = "shop"', f"limits = {limits}"))
    assert "sources.shop-nl.limits" in problem
    assert words in problem


def test_a_file_without_accounts_is_refused(config_file):
    assert config_file.problems("") == [
        "returnsync.toml:1: sources: is missing; write a table [sources.NAME] with platform = … in it",
        "returnsync.toml:1: warehouses: is missing; write a table [warehouses.NAME] with kind = … in it",
    ]


def test_the_problem_of_an_account_without_a_name_says_what_a_name_is(config_file, valid):
    problems = config_file.problems(valid.replace("[sources.shop-nl]", "[sources]"))
    assert (
        "returnsync.toml:16: sources.platform: must be a table; put its keys under a name of your own: [sources.NAME]"
        in problems
    )


@pytest.mark.parametrize(("written", "words"), [("", "is missing."), ("platform = 5", "must be a text in quotes.")])
def test_a_source_must_say_its_platform(config_file, valid, written, words):
    problem = config_file.problem(valid.replace('platform = "returnista"', written))
    assert f"sources.shop-nl.platform: {words} Write one of: returnista" in problem


def test_an_empty_path_is_refused(config_file, valid):
    assert "labels: must not be empty" in config_file.problem(valid.replace('labels = "labels"', 'labels = ""'))


LOG = [
    ("", 'log.file: is missing; write e.g. file = "returnsync.log"'),
    ("fil = 'a.log'", "log.fil: is unknown here; did you mean file?"),
    ("file = ''", 'log.file: must not be empty; write e.g. file = "returnsync.log"'),
    ("file = 'a.log'\nkeep = 0", "log.keep: must be at least 1"),
    ("file = 'a.log'\nmax_megabytes = 1001", "log.max_megabytes: must be at most 1000"),
    ("file = 'returnsync.db'", 'log.file: is a file of `state`; write another, e.g. file = "returnsync.log"'),
    ("file = './returnsync.db-wal'", 'log.file: is a file of `state`; write another, e.g. file = "returnsync.log"'),
    ("file = 'returnsync.db.lock'", 'log.file: is a file of `state`; write another, e.g. file = "returnsync.log"'),
    ("file = 'reasons.toml'", 'log.file: is a file of `reasons`; write another, e.g. file = "returnsync.log"'),
]


@pytest.mark.parametrize(("keys", "told"), LOG)
def test_a_log_that_cannot_be_is_a_problem_at_its_key(config_file, valid, keys, told):
    problem = config_file.problem(f"{valid}\n[log]\n{keys}\n")
    assert problem.partition(": ")[2] == told


def test_a_log_that_is_no_table_is_a_problem(config_file, valid):
    problem = config_file.problem("log = 'returnsync.log'\n" + valid)
    assert problem == 'returnsync.toml:1: log: must be a table: [log], and below it file = "returnsync.log"'


KEY = "0f3e-capability"
NOTIFY = [
    ("ping = 'env:PING_URL'", "notify.ping: is unknown here; did you mean ping_url?"),
    (
        f"ping_url = 'hc.example/{KEY}'",
        "notify.ping_url: is not of the form https://host/path; write an https address, ",
    ),
    (f"ping_url = 'http://hc.example/{KEY}'", "notify.ping_url: is not https: credentials would travel in clear text"),
    (f"ping_url = 'https://{KEY}@hc.example/'", "notify.ping_url: holds a user name, a query or a fragment"),
    (f"ping_url = 'https://hc.example/{KEY}#a'", "notify.ping_url: holds a fragment; write an https address, "),
    ("ping_url = 'env:'", "notify.ping_url: write a reference such as env:NAME"),
    ("ping_held = 'success'", 'notify.ping_held: must be one of "ok", "fail"'),
    ("timeout = 0", "notify.timeout: must be more than 0"),
    ("timeout = 61", "notify.timeout: must be at most 60"),
    ("metrics = 'returnsync.txt'", "notify.metrics: must end in .prom, since the exporter reads no other files"),
    ("metrics = ''", "notify.metrics: must end in .prom"),
    ("metrics = 'folder/.prom'", "notify.metrics: must end in .prom"),
    ("metrics = 7", "notify.metrics: must be a text in quotes"),
]


@pytest.mark.parametrize(("keys", "told"), NOTIFY)
def test_notices_that_cannot_be_are_a_problem_at_their_key_which_repeats_no_address(config_file, valid, keys, told):
    problem = config_file.problem(f"{valid}\n[notify]\n{keys}\n")
    assert problem.partition(": ")[2].startswith(told)
    assert KEY not in problem


def test_a_metrics_file_that_is_the_state_is_a_problem(config_file, valid):
    text = valid.replace('state = "returnsync.db"', 'state = "returnsync.prom"')
    problem = config_file.problem(f"{text}\n[notify]\nmetrics = 'returnsync.prom'\n")
    assert problem.endswith('notify.metrics: is a file of `state`; write another, e.g. metrics = "returnsync.prom"')


@pytest.mark.parametrize(
    ("table", "line", "key", "words"),
    [
        ("source", 'send_updates = "true"', "send_updates", "true or false"),
        ("source", "announce_delivered = 1", "announce_delivered", "true or false"),
        ("source", 'attempts = "5"', "attempts", "a whole number"),
        ("source", "attempts = true", "attempts", "a whole number"),
        ("source", "attempts = 5.0", "attempts", "a whole number"),
        ("source", 'read_timeout = "5"', "read_timeout", "a number"),
        ("source", "read_timeout = true", "read_timeout", "a number"),
        ("source", 'limits = { 5m = "10" }', "limits.5m", "a whole number"),
        ("warehouse", 'request_labels = "false"', "request_labels", "true or false"),
    ],
)
def test_booleans_and_numbers_are_not_read_out_of_something_else(config_file, table, line, key, words):
    head = "[sources.shop]\n" if table == "source" else "[warehouses.monta]\n"
    text = PLAIN.replace(head, f"{head}{line}\n")
    number = text.splitlines().index(line) + 1
    name = "sources.shop" if table == "source" else "warehouses.monta"
    example = f"; write e.g. {key.partition('.')[0]} = "
    assert config_file.problem(text).startswith(
        f"returnsync.toml:{number}: {name}.{key}: must be {words}, without quotes{example}"
    )


@pytest.mark.parametrize(
    "line", ["read_timeout = 5", "retry_budget = 0", "send_updates = false", "limits = { 5m = 10 }"]
)
def test_a_whole_number_may_stand_for_a_fraction(config_file, line):
    config_file.load(PLAIN.replace("[sources.shop]\n", f"[sources.shop]\n{line}\n"))


@pytest.mark.parametrize("seconds", ["inf", "nan", "1e308", "99999999999999999999"])
def test_a_timeout_that_no_timer_holds_is_a_problem(config_file, seconds):
    text = PLAIN.replace("[sources.shop]\n", f"[sources.shop]\nread_timeout = {seconds}\n")
    assert "read_timeout: must be" in config_file.problem(text)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://api.example.com:99999", "has a port that is not a number from 1 to 65535"),
        ("https://api.example.com:abc/v1", "has a port that is not a number from 1 to 65535"),
        ("https://api.example.com:-1/v1", "has a port that is not a number from 1 to 65535"),
        ("https://api.example.com:0/v1", "has a port that is not a number from 1 to 65535"),
        ("https://api example.com/v1", "has a host whose name no server can have"),
        ("https://..example.com/v1", "has a host whose name no server can have"),
        (f"https://{'x' * 64}.example.com/v1", "has a host whose name no server can have"),
        ("https://api.example.com/\\u0000", "has a character in its path that no address can have"),
    ],
)
def test_an_address_that_no_server_can_have_is_a_problem_wherever_it_stands(config_file, address, why):
    source = PLAIN.replace("[sources.shop]\n", f'[sources.shop]\nbase_url = "{address}"\n')
    assert f"sources.shop.base_url: {why}; write e.g. https://" in config_file.problem(source)
    if "u0000" in address:
        return
    for key in ("ping_url", "webhook"):
        notify = f'{PLAIN}\n[notify]\n{key} = "{address}"\n'
        assert f"notify.{key}: {why}; write an https address" in config_file.problem(notify)
    rule = f"order_number = [{{ lookup = '{address}/{{number}}', find = 'a' }}]"
    lookup = PLAIN.replace("[sources.shop]\n", f"[sources.shop]\n{rule}\n")
    assert f"order_number[0].lookup: {why}; write e.g." in config_file.problem(lookup)


@pytest.mark.parametrize("account", [".", ".."])
def test_an_account_that_would_lead_to_another_path_is_a_problem(config_file, account):
    text = PLAIN.replace('account_id = "a"', f'account_id = "{account}"')
    assert "account_id: is no UUID; write e.g." in config_file.problem(text)


PLAIN = """\
[warehouses.monta]
kind = "monta"
username = "env:MONTA_USERNAME"
password = "env:MONTA_PASSWORD"
carrier = "PostNL"
[sources.shop]
platform = "returnista"
warehouse = "monta"
account_id = "a"
token = "env:TOKEN"
start_from = 2026-11-01
"""


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("[]", "names no order, so that nothing of this source would ever be delivered; name one"),
        ('["#1001", " "]', "has ' ' in it, which is no order number"),
        ('["#"]', "has '#' in it, which is no order number"),
        ('["#1001", "#1002", " #1001"]', "names '#1001' twice; remove one of the two"),
        ('"#1001"', 'must be a list; write e.g. only = ["#1001"]'),
        ("[1001]", 'must be a text in quotes; write e.g. only = ["#1001"]'),
    ],
)
def test_orders_that_are_to_be_delivered_alone_are_named_once_each_in_a_list(config_file, valid, written, told):
    problem = config_file.problem(valid + f"only = {written}\n")
    assert re.match(r"returnsync.toml:\d+: sources.shop-nl.only(\[0\])?: ", problem)
    assert told in problem


def test_blanks_around_the_orders_that_are_delivered_alone_do_not_count(config_file, valid):
    loaded = config_file.load(valid + 'only = [" #1001\u00a0", "a 1", "A 1"]\n')
    assert loaded.settings.sources["shop-nl"].only == ("#1001", "a 1", "A 1")
    assert config_file.load(valid).settings.sources["shop-nl"].only is None
