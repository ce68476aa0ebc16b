import json

import pytest
import tomli

from arenatest.model.price import Price
from arenatest.suite.load import build_suite, load_suite
from arenatest.suite.suite import RunSettings
from fakes.kinds import kinds
from fakes.suites import CANDIDATE, GATE, JUDGE, PROMPTS, SUITE, changed, load

JURY = """\
[[judges]]
name = "wise"
kind = "jury"
provider = "api"
model = "j"
api_key_env = "JUDGE_KEY"
params = { temperature = 0 }
timeout = "9 s"
max_concurrency = 2
price = { input = 1, output = 2.5 }
strength = true
repeats = 3
system_prompt = "Be fair."
"""


def test_a_suite_names_its_file_relative_to_the_root(tmp_path):
    suite = load(tmp_path)
    assert suite.plan.path == "suites/x.arena.toml"
    assert suite.plan.suite == "small"
    assert suite.directory == tmp_path / "suites"


def test_a_suite_outside_of_the_root_keeps_its_path(tmp_path):
    load(tmp_path)
    path = tmp_path / "suites" / "x.arena.toml"
    suite = load_suite(path, root=tmp_path / "elsewhere", kinds=kinds())
    assert suite.plan.path == path.as_posix()


def test_defaults_are_those_of_the_design(tmp_path):
    suite = load(tmp_path)
    plan = suite.plan
    assert (plan.seed, plan.repeats, plan.early_stop, plan.max_void) == (0, 1, True, 0.05)
    assert suite.settings == RunSettings(
        concurrency=8,
        call_timeout=120.0,
        deadline=None,
        max_calls=None,
        max_cost=None,
        reuse_days=7.0,
    )
    assert (plan.rules[0].confidence, plan.rules[0].policy) == (0.95, "non-inferior")


def test_the_run_is_set(tmp_path):
    run = (
        "[run]\nseed = 3\nearly_stop = false\nrepeats = 2\nconcurrency = 4\n"
        'call_timeout = "30 s"\ndeadline = "1 h"\nmax_calls = 10\nmax_cost = 2\nmax_void = 0.1\n'
        "reuse_days = 0\n\n[suite]"
    )
    suite = load(tmp_path, changed(("[suite]", run)))
    plan = suite.plan
    assert (plan.seed, plan.repeats, plan.early_stop, plan.max_void) == (3, 2, False, 0.1)
    assert suite.settings == RunSettings(
        concurrency=4,
        call_timeout=30.0,
        deadline=3600.0,
        max_calls=10,
        max_cost=2.0,
        reuse_days=0.0,
    )
    assert plan.baseline.timeout == 30.0


def test_a_contestant_has_its_keys_and_its_kinds_options(tmp_path):
    more = (
        'model = "m2"\ntop_k = 4\nwindow = [1, 2]\nparams = { temperature = 0.5 }\n'
        'timeout = "5 s"\nmax_concurrency = 3\nprice = { input = 1, output = 2 }\n'
        "requests_per_minute = 60\ntokens_per_minute = 1000\n"
        'template = "Say: {prompt}"\n'
        'system_file = "s.txt"'
    )
    suite = load(tmp_path, changed(('model = "m2"', more)), {"s.txt": "Be brief.\nAlways.\n\n"})
    (candidate,) = suite.plan.candidates
    assert candidate.system == "Be brief.\nAlways."
    assert candidate.template == "Say: {prompt}"
    assert candidate.price == Price(input=1.0, output=2.0)
    assert (candidate.timeout, candidate.max_concurrency) == (5.0, 3)
    assert (candidate.requests_per_minute, candidate.tokens_per_minute) == (60, 1000)
    assert candidate.settings == {
        "model": "m2",
        "top_k": 4,
        "window": [1, 2],
        "params": {"temperature": 0.5},
    }
    setup = suite.contestants[1]
    assert (setup.name, setup.kind_name) == ("new", "api")
    assert setup.kind.options is type(setup.options)
    assert setup.options.window == (1, 2)
    assert setup.params == {"temperature": 0.5}


def test_contestants_stand_in_the_order_of_the_plan(tmp_path):
    suite = load(tmp_path, changed((CANDIDATE, CANDIDATE + CANDIDATE.replace("new", "third"))))
    assert [setup.name for setup in suite.contestants] == ["old", "new", "third"]
    assert [contestant.name for contestant in suite.plan.contestants] == ["old", "new", "third"]


def test_a_judge_without_a_model_needs_only_its_kind(tmp_path):
    (judge,) = load(tmp_path).judges
    assert (judge.name, judge.kind_name) == ("method", "method")
    assert (judge.provider, judge.model) == (None, None)
    assert (judge.seat.strength, judge.seat.repeats, judge.seat.settings) == (False, 1, {})


def test_a_judge_on_a_provider_holds_both_sets_of_options(tmp_path):
    suite = load(tmp_path, changed((JUDGE, JURY)))
    (judge,) = suite.judges
    assert judge.options.system_prompt == "Be fair."
    assert (judge.seat.name, judge.seat.strength, judge.seat.repeats) == ("wise", True, 3)
    assert judge.seat == suite.plan.judges[0]
    assert judge.provider.options.model == "j"
    assert judge.provider.params == {"temperature": 0}
    assert judge.model.name == "wise"
    assert (judge.model.timeout, judge.model.max_concurrency) == (9.0, 2)
    assert judge.model.price == Price(input=1.0, output=2.5)
    assert judge.model.fingerprint
    assert judge.seat.settings == {
        "system_prompt": "Be fair.",
        "provider": "api",
        "model": "j",
        "api_key_env": "JUDGE_KEY",
        "params": {"temperature": 0},
    }


def test_the_environment_names_who_needs_a_variable(tmp_path):
    suite = load(tmp_path, changed((JUDGE, JURY)))
    assert suite.environment == {"MODEL_KEY": ("old", "new"), "JUDGE_KEY": ("wise",)}


def test_a_contestant_may_need_no_variable(tmp_path):
    suite = load(tmp_path, changed(('model = "m2"', 'model = "m2"\napi_key_env = ""')))
    assert suite.environment == {"MODEL_KEY": ("old",)}


@pytest.mark.parametrize(
    ("gate", "gated"),
    [
        ('metric = "queue_wait"\nmax_ratio = 1.1', True),
        ('metric = "ttft"\nstat = "p50"\nmax = "1 s"', True),
        ('metric = "cost"\nmax_ratio = 1.1', False),
        ('metric = "win_rate"\nmin = 0.4', False),
    ],
)
def test_a_suite_knows_whether_it_gates_latency(tmp_path, gate, gated):
    assert load(tmp_path, changed((GATE, f"[[gates]]\n{gate}\n"))).latency_gated is gated


def test_metrics_are_those_of_tables_and_those_that_gates_name(tmp_path):
    table = '[[metrics]]\nname = "good"\nkind = "score"\nfunction = "f"\n'
    gate = '[[gates]]\nmetric = "words"\nmax_ratio = 1.5\n'
    suite = load(tmp_path, changed((GATE, f"{table}{gate}{gate}name = 'again'\n")))
    assert [metric.name for metric in suite.metrics] == ["good", "words"]
    assert [spec.name for spec in suite.plan.metrics] == ["good", "words"]
    assert [metric.spec for metric in suite.metrics] == list(suite.plan.metrics)


def test_two_metrics_of_one_kind_have_names_and_fingerprints_of_their_own(tmp_path):
    tables = (
        '[[metrics]]\nname = "a"\nkind = "score"\nfunction = "f"\n'
        '[[metrics]]\nname = "b"\nkind = "score"\nfunction = "g"\n'
    )
    first, second = load(tmp_path, changed((GATE, tables + GATE))).metrics
    assert (first.spec.name, second.spec.name) == ("a", "b")
    assert first.fingerprint != second.fingerprint


def test_options_of_kinds_are_not_converted(tmp_path):
    with pytest.raises(Exception, match=r"top_k \(new\): got 1.5, expected a whole number"):
        load(tmp_path, changed(('model = "m2"', 'model = "m2"\ntop_k = 1.5')))


def test_tables_may_be_made_in_python(tmp_path):
    tables = {
        "suite": {"name": "in python"},
        "prompts": [{"query": "a", "tags": ("x",)}],
        "baseline": {"name": "old", "provider": "api", "model": "m"},
        "candidates": ({"name": "new", "provider": "api", "model": "n"},),
        "judges": [{"kind": "method"}],
        "gates": [{"metric": "win_rate", "min": 0.4}],
    }
    suite = build_suite(tables, path="tests/test_x.py", directory=tmp_path, kinds=kinds())
    assert suite.plan.path == "tests/test_x.py"
    assert suite.plan.rules[0].line is None
    tables["gates"][0]["min"] = 40
    with pytest.raises(Exception, match=r"^tests/test_x.py: gates\[0\].min \(win_rate\): got 40"):
        build_suite(tables, path="tests/test_x.py", directory=tmp_path, kinds=kinds())


def test_a_suite_is_json_after_all(tmp_path):
    suite = load(tmp_path, changed((JUDGE, JURY)))
    settings = [contestant.settings for contestant in suite.plan.contestants]
    assert json.loads(json.dumps(settings)) == settings


def test_names_may_hold_anything_printable(tmp_path):
    name = "gpt::4o [new] @ 模型"
    suite = load(tmp_path, changed(('name = "new"', f'name = "{name}"')))
    assert suite.plan.candidates[0].name == name


def test_a_byte_order_mark_does_no_harm(tmp_path):
    assert load(tmp_path, "\ufeff" + SUITE).plan.suite == "small"


def test_prompts_are_in_the_order_of_the_seed(tmp_path):
    many = "".join(
        PROMPTS.replace("p1", f"p{n}").replace('query = "', f'query = "{n}: ') for n in range(20)
    )

    def order(seed):
        text = changed((PROMPTS, f"{many}\n[run]\nseed = {seed}\n"))
        return [prompt.id for prompt in load(tmp_path, text).plan.prompts]

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert sorted(order(1)) == sorted(order(2))


def test_a_suite_made_in_python_may_hold_functions(tmp_path):
    def shout(prompt):
        return prompt.text.upper()

    tables = tomli.loads(SUITE)
    tables["candidates"] = [{"name": "new", "provider": "function", "function": shout}]
    suite = build_suite(tables, path="tests/test_x.py", directory=tmp_path, kinds=kinds())
    assert suite.contestants[1].options.function is shout
    (candidate,) = suite.plan.candidates
    assert candidate.settings["function"].endswith(".<locals>.shout")
