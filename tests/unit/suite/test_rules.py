import pytest

from arenatest.suite.problems import SuiteErrors
from fakes.suites import CANDIDATE, GATE, PROMPTS, changed, load

OTHER = CANDIDATE.replace("new", "other one")
MORE = """\
[[prompts]]
id = "p2"
query = "b"
category = "adults & all"
tags = ["hard", "long"]

[[prompts]]
id = "p3"
query = "c"
tags = ["hard"]
"""


def rules(folder, gate, *, candidates=CANDIDATE, extra=""):
    text = changed(
        (GATE, f"{extra}\n[[gates]]\n{gate}\n"),
        (CANDIDATE, candidates),
        (PROMPTS, PROMPTS + MORE),
    )
    return load(folder, text).plan.rules


def only(folder, gate, **more):
    (rule,) = rules(folder, gate, **more)
    return rule


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        ('metric = "win_rate"\nmin = 0.45', ("win_rate", "rate", "min", 0.45)),
        ('metric = "win_rate"\nmargin = 0.05', ("win_rate", "rate", "min", 0.45)),
        ('metric = "error_rate"\nmax = 0.02', ("error_rate", "rate", "max", 0.02)),
        ('metric = "flip_rate"\nmax = 0', ("flip_rate", "rate", "max", 0.0)),
        ('metric = "ttft"\nstat = "p95"\nmax = "800 ms"', ("ttft-p95", "p95", "max", 0.8)),
        ('metric = "ttft"\nstat = "p99.9"\nmax = "2 s"', ("ttft-p99.9", "p99.9", "max", 2.0)),
        ('metric = "ttft"\nstat = "p50.0"\nmax = "2 s"', ("ttft-p50", "p50", "max", 2.0)),
        ('metric = "e2e"\nstat = "median"\nmax = "2 s"', ("e2e-p50", "p50", "max", 2.0)),
        ('metric = "e2e"\nstat = "mean"\nmax = "2 min"', ("e2e-mean", "mean", "max", 120.0)),
        ('metric = "cost"\nstat = "total"\nmax = 1.5', ("cost-total", "total", "max", 1.5)),
        (
            'metric = "output_tokens"\nstat = "total"\nmax = 9000',
            ("output_tokens-total", "total", "max", 9000.0),
        ),
        ('metric = "ttft"\nmax_ratio = 1.1', ("ttft-ratio", "ratio", "max", 1.1)),
        ('metric = "ttft"\nmargin = 0.1', ("ttft-ratio", "ratio", "max", 1.1)),
        ('metric = "cost"\nmin_ratio = 0.5', ("cost-ratio", "ratio", "min", 0.5)),
        ('metric = "words"\nmargin = 0.2', ("words-ratio", "ratio", "max", 1.2)),
        ('metric = "speed"\nmargin = 0.2', ("speed-ratio", "ratio", "min", 0.8)),
        ('metric = "words"\nstat = "p90"\nmax = 40', ("words-p90", "p90", "max", 40.0)),
        ('name = "Main gate!"\nmetric = "win_rate"\nmin = 0.4', ("Main-gate", "rate", "min", 0.4)),
    ],
)
def test_a_gate_becomes_a_rule(tmp_path, gate, expected):
    rule = only(tmp_path, gate)
    assert (rule.id, rule.stat, rule.side, rule.limit) == expected
    assert (rule.candidate, rule.against) == ("new", "old")


def test_never_regress_is_a_rule_on_exactly_its_prompts(tmp_path):
    rule = only(tmp_path, 'metric = "win_rate"\nnever_regress = true\nwhere = { tag = "hard" }')
    assert (rule.id, rule.stat) == ("win_rate-losses[hard]", "losses")
    assert (rule.side, rule.limit, rule.target) == ("max", 0.0, "suite")
    assert rule.where == (("tag", ("hard",)),)


def test_a_metric_with_a_range_is_gated_by_its_mean_in_its_own_numbers(tmp_path):
    table = '[[metrics]]\nname = "good"\nkind = "score"\nfunction = "f"\nhigh = 10.0\n'
    rule = only(tmp_path, 'metric = "good"\nmin = 7', extra=table)
    assert (rule.id, rule.stat, rule.limit) == ("good", "mean", 7.0)
    assert rule.metric.range == (0.0, 10.0)
    assert rule.metric.name == "good"
    rule = only(tmp_path, 'metric = "good"\nmin = 7\nstat = "p10"', extra=table)
    assert (rule.id, rule.stat) == ("good-p10", "p10")


def test_a_limit_outside_of_a_metrics_range_is_a_mistake(tmp_path):
    table = '[[metrics]]\nname = "good"\nkind = "score"\nfunction = "f"\nhigh = 10.0\n'
    with pytest.raises(Exception, match="got 11, expected a number from 0 to 10"):
        rules(tmp_path, 'metric = "good"\nmin = 11', extra=table)


def test_every_candidate_gets_its_own_rule(tmp_path):
    made = rules(tmp_path, 'metric = "win_rate"\nmin = 0.4', candidates=CANDIDATE + OTHER)
    assert [(rule.candidate, rule.id) for rule in made] == [
        ("new", "win_rate"),
        ("other one", "win_rate"),
    ]


def test_candidates_picks_some(tmp_path):
    gate = 'metric = "win_rate"\nmin = 0.4\ncandidates = "other one"'
    rule = only(tmp_path, gate, candidates=CANDIDATE + OTHER)
    assert rule.candidate == "other one"


def test_against_another_candidate_leaves_that_one_out(tmp_path):
    gate = 'metric = "ttft"\nmax_ratio = 1.2\nagainst = "new"'
    rule = only(tmp_path, gate, candidates=CANDIDATE + OTHER)
    assert (rule.candidate, rule.against) == ("other one", "new")


def test_by_makes_one_gate_of_each_value(tmp_path):
    made = rules(tmp_path, 'metric = "win_rate"\nmin = 0.4\nby = "category"')
    assert [rule.id for rule in made] == ["win_rate[adults-all]", "win_rate[kids]"]
    assert [rule.where for rule in made] == [
        (("category", ("adults & all",)),),
        (("category", ("kids",)),),
    ]
    assert {rule.slices for rule in made} == {2}


def test_where_and_by_share_a_slice(tmp_path):
    made = rules(
        tmp_path, 'metric = "win_rate"\nmin = 0.4\nby = "tag"\nwhere.category = "adults & all"'
    )
    assert [rule.id for rule in made] == [
        "win_rate[adults-all][hard]",
        "win_rate[adults-all][long]",
    ]


def test_by_keeps_to_the_values_of_where(tmp_path):
    made = rules(tmp_path, 'metric = "win_rate"\nmin = 0.4\nby = "tag"\nwhere.tag = ["hard"]')
    assert [rule.id for rule in made] == ["win_rate[hard][hard]"]
    assert made[0].slices == 1


def test_where_takes_any_of_a_list_and_all_of_the_keys(tmp_path):
    where = 'where = { category = ["kids", "adults & all"], tag = "long" }'
    gate = f'metric = "win_rate"\nmin = 0.4\n{where}'
    rule = only(tmp_path, gate)
    assert rule.id == "win_rate[kids+adults-all+long]"
    plan = load(tmp_path, changed((PROMPTS, PROMPTS + MORE))).plan
    assert [prompt.id for prompt in plan.prompts if rule.covers(prompt)] == ["p2"]


def test_a_slice_that_no_prompt_is_in_is_a_mistake(tmp_path):
    gate = 'metric = "win_rate"\nmin = 0.4\nwhere = { category = "kids", tag = "hard" }'
    with pytest.raises(Exception, match=r"gates\[0\].where \(win_rate\): no prompt is in this"):
        rules(tmp_path, gate)


def test_two_values_with_one_slug_ask_for_another_name(tmp_path):
    text = changed(
        (
            PROMPTS,
            PROMPTS
            + PROMPTS.replace("p1", "p2").replace("kids", "a b")
            + PROMPTS.replace("p1", "p3").replace("kids", "a-b"),
        ),
        ("min = 0.45", 'min = 0.45\nby = "category"'),
    )
    with pytest.raises(Exception, match=r"'a b' and 'a-b' are both \[a-b\] in test ids"):
        load(tmp_path, text)


def test_gates_that_differ_only_in_their_limit_need_names(tmp_path):
    text = changed((GATE, GATE + GATE.replace("0.45", "0.3") + GATE.replace("0.45", "0.2")))
    with pytest.raises(SuiteErrors) as caught:
        load(tmp_path, text)
    assert [error.key for error in caught.value.errors] == [
        "gates[1] (win_rate)",
        "gates[2] (win_rate)",
    ]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (
            'metric = "win_rate"\nmin = 0.6',
            'metric = "win_rate"\nname = "b"\nmax = 0.5',
            "gates[1].max (win_rate): got 0.5, and gates[0] asks for at least 0.6",
        ),
        (
            'metric = "e2e"\nstat = "p95"\nmax = "1 s"',
            'metric = "e2e"\nname = "b"\nstat = "p95"\nmin = "2 s"',
            "gates[1].min (e2e): got 2 s, and gates[0] asks for at most 1 s",
        ),
        (
            'metric = "cost"\nmin_ratio = 1.2',
            'metric = "cost"\nname = "b"\nmargin = 0.1',
            "gates[1].margin (cost): got 1.1, and gates[0] asks for at least 1.2",
        ),
        (
            'metric = "win_rate"\nmin = 0.6\nby = "tag"',
            'metric = "win_rate"\nname = "b"\nmax = 0.5\nwhere = { tag = "long" }',
            "gates[1].max (win_rate): got 0.5, and gates[0] asks for at least 0.6",
        ),
    ],
)
def test_limits_that_no_value_can_keep_are_a_mistake(tmp_path, first, second, expected):
    with pytest.raises(Exception, match="no value passes both") as refused:
        rules(tmp_path, f"{first}\n\n[[gates]]\n{second}")
    assert f"{expected}: no value passes both" in str(refused.value)


@pytest.mark.parametrize(
    "second",
    [
        'metric = "win_rate"\nname = "b"\nmax = 0.6',
        'metric = "win_rate"\nname = "b"\nmax = 0.9',
        'metric = "win_rate"\nname = "b"\nmax = 0.5\nwhere = { tag = "hard" }',
        'metric = "flip_rate"\nmax = 0.5',
    ],
)
def test_limits_that_leave_room_are_none(tmp_path, second):
    assert len(rules(tmp_path, f'metric = "win_rate"\nmin = 0.6\n\n[[gates]]\n{second}')) == 2


def test_confidence_and_policy_come_from_the_run_unless_given(tmp_path):
    run = '[run]\nconfidence = 0.9\npolicy = "no-regression"\n\n'
    text = changed(
        ("[suite]", f"{run}[suite]"),
        (
            GATE,
            GATE + '[[gates]]\nmetric = "void_rate"\nmax = 0.1\nconfidence = 0.99\n'
            'policy = "non-inferior"\ntarget = "suite"\n',
        ),
    )
    first, second = load(tmp_path, text).plan.rules
    assert (first.confidence, first.policy, first.target) == (0.9, "no-regression", "population")
    assert (second.confidence, second.policy, second.target) == (0.99, "non-inferior", "suite")


def test_a_rule_points_at_its_threshold_or_else_at_its_table(tmp_path):
    rule = only(tmp_path, 'metric = "win_rate"\nmin = 0.45')
    lines = (tmp_path / "suites" / "x.arena.toml").read_text().split("\n")
    assert lines[rule.line - 1] == "min = 0.45"
    text = changed((GATE, ""), ("[suite]", 'gates = [{ metric = "win_rate", min = 0.4 }]\n[suite]'))
    assert load(tmp_path, text).plan.rules[0].line == 1
