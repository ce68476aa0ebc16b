import functools
import math
from dataclasses import replace

import pytest

from arenatest.errors import PluginError
from arenatest.hookspec import Kind
from arenatest.suite.fingerprint import fingerprints, identity
from arenatest.suite.kinds import merge_kinds
from fakes.kinds import EmptyOptions, ModelOptions, kinds
from fakes.suites import CANDIDATE, GATE, JUDGE, PROMPTS, changed, load

SAME = 'model = "m1"'
JURY = '[[judges]]\nkind = "jury"\nprovider = "api"\nmodel = "j"\n'


def candidate(folder, *changes):
    return load(folder, changed(*changes)).plan.candidates[0].fingerprint


@pytest.mark.parametrize(
    "line",
    [
        "top_k = 2",
        "params = { temperature = 0 }",
        'system = "Be brief."',
        'template = "{prompt}!"',
        'api_key_env = "OTHER"',
    ],
)
def test_what_may_change_answers_changes_the_fingerprint(tmp_path, line):
    plain = candidate(tmp_path)
    assert candidate(tmp_path, ('model = "m2"', f'model = "m2"\n{line}')) != plain


@pytest.mark.parametrize(
    "line",
    [
        'timeout = "5 s"',
        "max_concurrency = 2",
        "requests_per_minute = 60",
        "tokens_per_minute = 1000",
        "price = { input = 1, output = 1 }",
    ],
)
def test_limits_and_prices_do_not_change_the_fingerprint(tmp_path, line):
    plain = candidate(tmp_path)
    assert candidate(tmp_path, ('model = "m2"', f'model = "m2"\n{line}')) == plain


def test_a_name_does_not_change_the_fingerprint(tmp_path):
    assert candidate(tmp_path, ('name = "new"', 'name = "newer"')) == candidate(tmp_path)


def test_the_system_prompt_counts_by_its_text_not_its_file(tmp_path):
    inline = candidate(tmp_path, ('model = "m2"', 'model = "m2"\nsystem = "Be brief."'))
    text = changed(('model = "m2"', 'model = "m2"\nsystem_file = "s.txt"'))
    suite = load(tmp_path, text, {"s.txt": "Be brief.\n"})
    assert suite.plan.candidates[0].fingerprint == inline


def test_a_model_that_meets_itself_is_asked_twice(tmp_path):
    plan = load(tmp_path, changed(('model = "m2"', SAME))).plan
    assert plan.baseline.fingerprint != plan.candidates[0].fingerprint
    again = load(tmp_path, changed(('model = "m2"', SAME))).plan
    assert again.candidates[0].fingerprint == plan.candidates[0].fingerprint
    other = load(tmp_path).plan
    assert other.baseline.fingerprint == plan.baseline.fingerprint


def test_equal_judges_are_asked_apart(tmp_path):
    twin = JUDGE + 'name = "twin"\n'
    first, second = load(tmp_path, changed((JUDGE, JUDGE + twin))).plan.judges
    assert first.fingerprint != second.fingerprint


@pytest.mark.parametrize(
    ("line", "same"),
    [
        ("strength = true", True),
        ("repeats = 2", True),
        ('timeout = "5 s"', True),
        ('name = "other"', True),
        ("top_k = 2", False),
        ("params = { temperature = 0 }", False),
        ('system_prompt = "x"', False),
    ],
)
def test_a_judge_is_its_options_and_its_model(tmp_path, line, same):
    (plain,) = load(tmp_path, changed((JUDGE, JURY))).plan.judges
    (other,) = load(tmp_path, changed((JUDGE, f"{JURY}{line}\n"))).plan.judges
    assert (plain.fingerprint == other.fingerprint) is same


@pytest.mark.parametrize(
    "change",
    [
        ('query = "Why', 'query = "How'),
        ('category = "kids"', 'category = "adults"'),
        ('id = "p1"', 'id = "p2"'),
        ('model = "m2"', 'model = "m3"'),
        ('name = "new"', 'name = "newer"'),
        ('kind = "method"', 'kind = "method"\nmethod = "exact"'),
        ('kind = "method"', 'kind = "method"\nstrength = true'),
        ('kind = "method"', 'kind = "method"\nrepeats = 2'),
        ("min = 0.45", "min = 0.44"),
        ("min = 0.45", "min = 0.45\nconfidence = 0.9"),
        ("min = 0.45", 'min = 0.45\npolicy = "no-regression"'),
        ("min = 0.45", 'min = 0.45\nwhere.category = "kids"'),
        (GATE, f"{GATE}[[gates]]\nmetric = 'words'\nmax_ratio = 2\n"),
        ("[suite]", "[run]\nseed = 1\n[suite]"),
        ("[suite]", "[run]\nrepeats = 2\n[suite]"),
        ("[suite]", "[run]\nmax_void = 0.1\n[suite]"),
        ("[suite]", "[run]\nconfidence = 0.9\n[suite]"),
    ],
)
def test_what_determines_a_verdict_changes_the_plans_hash(tmp_path, change):
    assert load(tmp_path, changed(change)).plan.hash != load(tmp_path).plan.hash


@pytest.mark.parametrize(
    "change",
    [
        ("[suite]", "[run]\nconcurrency = 1\n[suite]"),
        ("[suite]", '[run]\ncall_timeout = "1 s"\n[suite]'),
        ("[suite]", '[run]\ndeadline = "1 s"\n[suite]'),
        ("[suite]", "[run]\nearly_stop = false\n[suite]"),
        ("[suite]", "[run]\nmax_calls = 1\n[suite]"),
        ("[suite]", "\n\n# a comment\n[suite]"),
        ('name = "small"', 'name = "small"\ndescription = "x"'),
        ('model = "m2"', 'model = "m2"\ntimeout = "5 s"'),
    ],
)
def test_what_only_changes_cost_and_time_keeps_the_plans_hash(tmp_path, change):
    assert load(tmp_path, changed(change)).plan.hash == load(tmp_path).plan.hash


def test_a_plans_hash_is_the_same_on_every_reading(tmp_path):
    many = "".join(PROMPTS.replace("p1", f"p{n}") for n in range(30))
    text = changed((PROMPTS, many))
    plan = load(tmp_path, text).plan
    assert plan.hash == load(tmp_path, text).plan.hash
    assert len(plan.hash) == 32


def test_code_that_is_not_installed_counts_by_its_file(tmp_path):
    kind = kinds().providers["api"]
    values = identity("provider", "api", kind, ModelOptions(model="m"), tmp_path)
    assert values["kind"] == "api"
    assert values["identity"]["options"]["model"] == "m"
    assert values["identity"]["module"] == "fakes.kinds"
    assert len(values["identity"]["file"]) == 64


def test_installed_code_counts_by_the_version_of_its_package(tmp_path):
    import pydantic

    partial = functools.partial(pydantic.create_model)
    kind = Kind(options=EmptyOptions, build=partial)
    values = identity("judge", "j", kind, EmptyOptions(), tmp_path)
    assert values["identity"]["package"] == ["pydantic", pydantic.VERSION]
    assert "file" not in values["identity"]


def test_an_identity_must_be_json(tmp_path):
    kind = Kind(
        options=EmptyOptions, build=lambda o, c: None, identity=lambda o, d: {"a": math.nan}
    )
    with pytest.raises(PluginError, match="identity of judge 'j' is not JSON"):
        identity("judge", "j", kind, EmptyOptions(), tmp_path)


def test_copies_are_numbered_in_order():
    first, second, third = fingerprints("contestant", [{"a": 1}, {"a": 2}, {"a": 1}])
    assert len({first, second, third}) == 3
    assert fingerprints("contestant", [{"a": 1}]) == [first]
    assert fingerprints("judge", [{"a": 1}]) != [first]


def test_a_name_offered_twice_is_the_plugins_fault():
    kind = kinds().judges["method"]
    assert list(merge_kinds([{"a": kind}, {}, {"b": kind}], "judge")) == ["a", "b"]
    with pytest.raises(PluginError, match="judge kind 'a' is offered by two plugins"):
        merge_kinds([{"a": kind}, {"a": kind}], "judge")


def test_a_metric_kind_has_a_spec_and_a_name_of_its_own():
    kind = kinds().metrics["words"]
    with pytest.raises(PluginError, match="'ttft' has the name of a built-in metric"):
        merge_kinds([{"ttft": kind}], "metric")
    with pytest.raises(PluginError, match="'words' has no spec"):
        merge_kinds([{"words": replace(kind, spec=None)}], "metric")


@pytest.mark.parametrize("result", [["a"], {"a": 1}, {1: kinds().judges["method"]}])
def test_a_hook_that_returns_something_else_is_the_plugins_fault(result):
    with pytest.raises(PluginError, match="pytest_arena_judges returned"):
        merge_kinds([result], "judge")


def test_candidates_keep_their_fingerprints_when_others_join(tmp_path):
    alone = candidate(tmp_path)
    other = CANDIDATE.replace("new", "extra").replace("m2", "m9")
    assert candidate(tmp_path, (CANDIDATE, CANDIDATE + other)) == alone
