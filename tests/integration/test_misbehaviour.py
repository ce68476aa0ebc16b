import pytest

NONE_FAIL = """
[[gates]]
metric = "error_rate"
max = 0.5
[[gates]]
metric = "win_rate"
min = 0.4
"""


def with_new(project, body):
    text = (project.path / "models.py").read_text(encoding="utf-8")
    project.write("models.py", text + f"\n\ndef strange(prompt):\n    {body}\n")
    project.suite(
        candidates={"new": "strange"},
        gates=NONE_FAIL,
        prompts=12,
        run='call_timeout = "0.3 s"\nconcurrency = 12',
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("raise ValueError('out of order')", "provider"),
        ("return 42", "provider"),
        ("return None", "provider"),
        ("import time; time.sleep(60)", "timeout"),
    ],
)
def test_a_candidate_that_never_answers_fails_its_gates_and_says_why(project, body, kind):
    with_new(project, body)
    result = project.run()
    result.assert_outcomes(failed=2)
    kinds = {failure for (failure,) in project.sql("select distinct failure from call")}
    assert kinds == {None, kind}
    win = project.gates["new", "win_rate"]
    assert win["decision"] != "pass"
    assert win["n"] == 0
    assert win["value"] is None
    assert project.gates["new", "error_rate"]["decision"] == "fail"


def test_an_empty_answer_is_an_answer_and_loses(project):
    with_new(project, "return ''")
    project.run()
    assert project.gates["new", "error_rate"]["value"] == 0
    win = project.gates["new", "win_rate"]
    assert win["decision"] == "fail"
    assert win["value"] == 0


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("return 'A is best'", "label"),
        ("raise RuntimeError('ill')", "judge"),
        ("return 1", "judge"),
    ],
)
def test_a_judge_that_cannot_be_read_makes_its_gate_inconclusive(project, body, cause):
    text = (project.path / "models.py").read_text(encoding="utf-8")
    project.write("models.py", text + f"\n\ndef odd(prompt, a, b):\n    {body}\n")
    project.suite(judge='kind = "python"\nfunction = "models:odd"')
    project.run().assert_outcomes(failed=1)
    gate = project.gates["new", "win_rate"]
    assert gate["decision"] == "inconclusive"
    assert gate["cause"] in {"judge", "void"}
    assert {void for (void,) in project.sql("select distinct void from game")} == {cause}


def test_a_judge_that_always_names_the_first_decides_nothing(project):
    project.suite(judge='kind = "python"\nfunction = "models:first"')
    project.run().assert_outcomes(failed=1)
    gate = project.gates["new", "win_rate"]
    assert (gate["decision"], gate["cause"]) == ("inconclusive", "judge")


def test_a_scorer_that_raises_makes_its_gate_inconclusive(project):
    text = (project.path / "models.py").read_text(encoding="utf-8")
    project.write("models.py", text + "\n\ndef broken(prompt, answer):\n    raise KeyError('x')\n")
    project.suite(
        gates='[[metrics]]\nname = "broken"\nkind = "python"\nfunction = "models:broken"\n'
        '[[gates]]\nmetric = "broken"\nmin = 0.5\n'
    )
    project.run().assert_outcomes(failed=1)
    gate = project.gates["new", "broken"]
    assert (gate["decision"], gate["cause"]) == ("inconclusive", "void")


def test_a_custom_scorer_is_gated_like_a_built_in_metric(project):
    project.suite(
        candidates={"new": "old", "terse": "new"},
        gates='[[metrics]]\nname = "polite"\nkind = "python"\nfunction = "models:polite"\n'
        '[[gates]]\nmetric = "polite"\nmin = 0.8\nwhere = { category = "even" }\n',
        prompts=60,
    )
    project.run().assert_outcomes(passed=1, failed=1)
    assert project.gates["new", "polite[even]"]["decision"] == "pass"
    assert project.gates["new", "polite[even]"]["planned"] == 30
    assert project.gates["terse", "polite[even]"]["decision"] == "fail"


NAMES = ["a::b", "with [brackets]", "at@home", "two words", "通义千问", "sla/sh", 'quo"te']


def test_candidates_may_have_any_name(project):
    candidates = "".join(
        f'[[candidates]]\nname = \'{name}\'\nprovider = "python"\nfunction = "models:new"\n'
        for name in NAMES
    )
    path = project.suite(prompts=12)
    text = path.read_text(encoding="utf-8")
    start, end = text.index("[[candidates]]"), text.index("[[judges]]")
    project.write("x.arena.toml", text[:start] + candidates + text[end:])
    result = project.run("-v")
    result.assert_outcomes(passed=len(NAMES))
    assert {candidate for candidate, _ in project.gates} == set(NAMES)
    ids = [line.split(" ")[0] for line in result.outlines if line.startswith("x.arena.toml::")]
    assert len(ids) == len(NAMES)
    assert all(node.count("::") == 2 for node in ids)
    assert not any("@" in node for node in ids)
    one = project.run("x.arena.toml::通义千问::win_rate")
    one.assert_outcomes(passed=1)


def test_two_suites_with_a_models_file_each_do_not_mix(project):
    project.suite("one", folder="one/")
    project.suite("two", folder="two/")
    project.write("one/models.py", (project.path / "models.py").read_text())
    broken = "def old(p):\n    return p.reference\n\ndef new(p):\n    return 'nothing'\n"
    project.write("two/models.py", broken)
    project.run().assert_outcomes(passed=1, failed=1)
    verdicts = {(gate["suite"], gate["decision"]) for gate in project.results["gates"]}
    assert verdicts == {("one", "pass"), ("two", "fail")}


def test_a_conversation_keeps_its_own_history_and_is_one_cluster(project):
    project.write(
        "models.py",
        "def old(prompt):\n"
        "    return ' / '.join(m.content for m in prompt.messages)\n\n"
        "def new(prompt):\n"
        "    return 'new ' + ' / '.join(m.content for m in prompt.messages)\n",
    )
    project.suite(
        prompts=0,
        gates='[[gates]]\nmetric = "error_rate"\nmax = 0.5\n[[gates]]\n'
        'metric = "win_rate"\nmin = 0.1\n',
        more='[[prompts]]\nid = "talk"\nturns = ["one", "two"]\nresponse = ["one", "two"]\n',
    )
    project.run()
    rows = project.sql(
        "select g.owner, g.prompt, t.body from call g join text t on t.number = g.text"
    )
    said = {f"{owner} {prompt}": body.decode() for owner, prompt, body in rows}
    assert said["old talk/1"] == "one"
    assert said["old talk/2"] == "one / one / two"
    assert said["new talk/2"] == "new one / new one / two"
    assert project.gates["new", "win_rate"]["planned"] == 1


def test_a_failed_turn_voids_the_rest_of_its_conversation_only(project):
    project.write(
        "models.py",
        "def old(prompt):\n    return 'fine'\n\n"
        "def new(prompt):\n"
        "    if prompt.text == 'break':\n        raise ValueError\n    return 'good'\n",
    )
    project.suite(
        prompts=0,
        gates='[[gates]]\nmetric = "error_rate"\nmax = 0.9\n',
        more='[[prompts]]\nid = "a"\nturns = ["break", "then", "more"]\n'
        '[[prompts]]\nid = "b"\nturns = ["hello", "then"]\n',
    )
    text = (project.path / "x.arena.toml").read_text()
    project.write("x.arena.toml", text.replace('[[judges]]\nkind = "reference"\n', ""))
    project.run()
    rows = project.sql("select prompt, failure, attempt from call where owner = 'new'")
    failures = {prompt: failure for prompt, failure, _ in rows}
    assert failures == {
        "a/1": "provider",
        "a/2": "conversation",
        "a/3": "conversation",
        "b/1": None,
        "b/2": None,
    }
    assert {prompt for prompt, _, attempt in rows if attempt == 0} == {"a/2", "a/3"}
