"""Every mistake in a suite is one line with file, line and key: the exact messages."""

import pickle

import pytest

from arenatest.errors import PluginError, SuiteError
from arenatest.suite.kinds import Kinds
from arenatest.suite.load import build_suite
from arenatest.suite.problems import SuiteErrors
from fakes.suites import CANDIDATE, GATE, JUDGE, PROMPTS, SUITE, changed, load, message, mistake


@pytest.mark.parametrize(
    ("change", "start", "expected"),
    [
        pytest.param(
            ('name = "small"', 'name = "small'),
            "name",
            "not valid TOML: Illegal character '\\n' (column 14)",
            id="toml",
        ),
        pytest.param(
            (GATE, f'[[metric]]\nkind = "words"\n\n{GATE}'),
            "[[metric]]",
            "metric: unknown table 'metric', did you mean 'metrics'?",
            id="unknown table",
        ),
        pytest.param(
            ("[baseline]", "[[baseline]]"),
            "[[baseline]]",
            "baseline: got a list of tables, expected one: write [baseline]",
            id="a list for a table",
        ),
        pytest.param(
            ('model = "m2"', "model = 5"),
            "model = 5",
            "candidates[0].model (new): got 5, expected text in quotes",
            id="number for text",
        ),
        pytest.param(
            ('model = "m2"', 'model = "m2"\ntop_k = "3"'),
            "top_k",
            "candidates[0].top_k (new): got '3', expected a whole number",
            id="text for number",
        ),
        pytest.param(
            ('model = "m2"', 'model = "m2"\ntop_k = true'),
            "top_k",
            "candidates[0].top_k (new): got True, expected a whole number",
            id="bool for number",
        ),
        pytest.param(
            ('model = "m2"', 'model = "m2"\nwindow = [1, "b"]'),
            "window",
            "candidates[0].window[1] (new): got 'b', expected a whole number",
            id="place in a list",
        ),
        pytest.param(
            ('model = "m2"', 'model = "m2"\nwindow = [1, nan]'),
            "window",
            "candidates[0].window[1] (new): got inf or nan, expected a finite number",
            id="nan in an option",
        ),
        pytest.param(
            ('model = "m2"', 'model = "m2"\nprice = { input = 1 }'),
            "price",
            "candidates[0].price.output (new): required key is missing",
            id="price without output",
        ),
        pytest.param(
            ('model = "m2"', 'model = "m2"\nparams = { top_p = nan }'),
            "params",
            "candidates[0].params.top_p (new): got nan, expected a value that JSON can hold",
            id="params that JSON cannot hold",
        ),
        pytest.param(
            ('model = "m2"', 'model = "m2"\nparams = { seed = 1, model = "m3" }'),
            "params",
            "candidates[0].params.model (new): is no parameter, but a key of the table itself",
            id="another model among the params",
        ),
        pytest.param(
            ('model = "m2"', 'model = "m2"\nparams = { messages = [] }'),
            "params",
            "candidates[0].params.messages (new): is no parameter: the prompts are the suite's",
            id="other prompts among the params",
        ),
        pytest.param(
            ('name = "new"\n', ""),
            "[[candidates]]",
            "candidates[0].name: required key is missing",
            id="missing key",
        ),
        pytest.param(
            ('model = "m2"\n', ""),
            "[[candidates]]",
            "candidates[0].model (new): required key is missing",
            id="missing option",
        ),
        pytest.param(
            ('name = "new"\nprovider = "api"\n', 'name = "new"\n'),
            "[[candidates]]",
            "candidates[0].provider (new): required key is missing",
            id="missing provider",
        ),
        pytest.param(
            ('name = "new"\nprovider = "api"\n', 'name = "new"\nprovider = "apy"\n'),
            'provider = "apy"',
            "candidates[0].provider (new): unknown provider 'apy', did you mean 'api'?",
            id="unknown provider",
        ),
        pytest.param(
            ('kind = "method"', 'kind = "llm"'),
            'kind = "llm"',
            "judges[0].kind: unknown judge 'llm', expected one of 'jury', 'method'",
            id="unknown judge",
        ),
        pytest.param(
            ('kind = "method"', 'kind = "method"\nmethod = "recal"'),
            "method",
            "judges[0].method: unknown value 'recal', did you mean 'recall'?",
            id="unknown choice",
        ),
        pytest.param(
            (GATE, f'[[metrics]]\nkind = "wrds"\n\n{GATE}'),
            'kind = "wrds"',
            "metrics[0].kind: unknown metric kind 'wrds', did you mean 'words'?",
            id="unknown metric kind",
        ),
        pytest.param(
            (GATE, f'[[metrics]]\nname = "ttft"\nkind = "words"\n\n{GATE}'),
            'name = "ttft"',
            "metrics[0].name (ttft): 'ttft' is the name of a built-in metric",
            id="name of a built-in metric",
        ),
        pytest.param(
            ('name = "new"', 'name = "old"'),
            None,
            "candidates[0].name (old): 'old' is the name of the baseline: a candidate needs a "
            "name of its own",
            id="baseline among the candidates",
        ),
        pytest.param(
            (CANDIDATE, f"{CANDIDATE}\n{CANDIDATE}"),
            None,
            "candidates[1].name (new): 'new' is also the name of candidates[0]: names are unique",
            id="two candidates of one name",
        ),
        pytest.param(
            (
                CANDIDATE,
                CANDIDATE + CANDIDATE.replace("new", "n:w") + CANDIDATE.replace("new", "n w"),
            ),
            'name = "n w"',
            "candidates[2].name (n w): is 'n-w' in test ids, as is 'n:w': rename one of them",
            id="two candidates of one slug",
        ),
        pytest.param(
            ('model = "m2"', f'model = "m2"\nparams = {{ seed = {2**63} }}'),
            "params",
            "candidates[0].params.seed (new): expected a whole number of at most 64 bits",
            id="a number beyond TOML",
        ),
        pytest.param(
            ('model = "m2"', 'model = "m2"\nwindow = [1]'),
            "window",
            "candidates[0].window (new): got a list, expected a longer list",
            id="too short a list",
        ),
        pytest.param(
            ('model = "m2"', 'model = "m2"\nsystem_file = "."'),
            "system_file",
            "candidates[0].system_file (new): '.' is a folder",
            id="a folder for a file",
        ),
        pytest.param(
            ('model = "m2"', f'model = "m2"\nsystem_file = "{"a" * 5000}"'),
            "system_file",
            f"candidates[0].system_file (new): no such file: '{'a' * 56}...",
            id="a name too long for a file",
        ),
        pytest.param(
            ("query = ", 'turns = ["a"]\nquery = '),
            "[[prompts]]",
            "prompts[0] (p1): has query and turns, expected only one of them",
            id="two questions",
        ),
        pytest.param(
            ('query = "Why is the sky blue?"', "query = 5"),
            "query",
            "prompts[0].query (p1): got 5, expected text in quotes",
            id="number for a question",
        ),
        pytest.param(
            (PROMPTS, f"{PROMPTS}\n{PROMPTS}"),
            None,
            "prompts[1].id (p1): duplicate prompt id 'p1', first used by prompts[0]",
            id="duplicate prompt id",
        ),
        pytest.param(
            ('model = "m2"', 'model = "m2"\nsystem = "Be brief."\nsystem_file = "s.txt"'),
            "system_file",
            "candidates[0].system_file (new): has system and system_file, expected only one of "
            "them",
            id="two system prompts",
        ),
        pytest.param(
            ('model = "m2"', 'model = "m2"\nsystem_file = "s.txt"'),
            "system_file",
            "candidates[0].system_file (new): no such file: 's.txt'",
            id="missing system file",
        ),
        pytest.param(
            ('model = "m2"', 'model = "m2"\ntemplate = "Say it"'),
            "template",
            "candidates[0].template (new): has no {prompt}, where the prompt's text belongs",
            id="template without prompt",
        ),
        pytest.param(
            ('provider = "api"\nmodel = "m2"', 'provider = "function"\nfunction = "abc:f"'),
            "[[candidates]]",
            "candidates[0] (new): no module 'abc' beside the suite",
            id="identity refuses",
        ),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path, change, start, expected):
    assert mistake(tmp_path, changed(change), start) == expected


@pytest.mark.parametrize(
    ("change", "expected", "hint"),
    [
        pytest.param(
            (JUDGE, JUDGE + JUDGE),
            "judges[1].name: 'method' is also the name of judges[0]: names are unique",
            'give it a name of its own: name = "..."',
            id="equal judges",
        ),
        pytest.param(
            (CANDIDATE, ""),
            "candidates: the suite has no candidate",
            "add [[candidates]]",
            id="no candidate",
        ),
        pytest.param(
            (PROMPTS, ""),
            "prompts: the suite has no prompts",
            "add [[prompts]], or [[datasets]] with a path",
            id="no prompts",
        ),
        pytest.param(
            ('model = "m2"', 'model = "m2"\ntimeout = 30'),
            'candidates[0].timeout (new): got 30, expected a duration such as "800 ms", "1.5 s" '
            'or "2 min"',
            'write the unit: "30 ms" or "30 s"',
            id="timeout without unit",
        ),
    ],
)
def test_a_hint_says_how_to_mend_it(tmp_path, change, expected, hint):
    found = message(tmp_path, changed(change))
    assert found.split(": ", 1)[1] == f"{expected}\n  hint: {hint}"


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (f"x = {'9' * 5000}\n", ":1: not valid TOML: a number of more than 64 bits"),
        (f"x = {'[' * 9000}{']' * 9000}\n", ": not valid TOML: nested too deeply"),
        (f"{'.'.join('a' * 9000)} = 1\n", ": not valid TOML: nested too deeply"),
    ],
)
def test_what_the_parser_gives_up_on_is_a_mistake(tmp_path, start, expected):
    assert message(tmp_path, start + SUITE) == f"suites/x.arena.toml{expected}"


def test_a_system_file_that_is_not_utf_8_is_named_with_its_line(tmp_path):
    text = changed(('model = "m2"', 'model = "m2"\nsystem_file = "s.txt"'))
    found = message(tmp_path, text, {"s.txt": b"one\ntwo \xe4"})
    assert found == "suites/s.txt:2: not UTF-8: byte 0xe4"


def test_a_suite_that_is_not_utf_8_is_named_with_its_line(tmp_path):
    (tmp_path / "suites").mkdir()
    path = tmp_path / "suites" / "x.arena.toml"
    path.write_bytes(b"[suite]\nname = '\xe4'\n")
    from arenatest.suite.load import load_suite

    with pytest.raises(SuiteError) as caught:
        load_suite(path, root=tmp_path, kinds=Kinds())
    assert str(caught.value) == "suites/x.arena.toml:2: not UTF-8: byte 0xe4"


def test_all_mistakes_are_shown_in_the_order_of_the_file(tmp_path):
    text = changed(
        ('[suite]\nname = "small"', '[suite]\nnme = "small"\n\n[run]\nmax_void = 5\nseed = "1"'),
        ('model = "m2"', 'model = "m2"\nparms = {}'),
        ("min = 0.45", "min = 55"),
    )
    with pytest.raises(SuiteErrors) as caught:
        load(tmp_path, text)
    assert [error.key for error in caught.value.errors] == [
        "suite.name",
        "suite.nme",
        "run.max_void",
        "run.seed",
        "candidates[0].parms (new)",
        "gates[0].min (win_rate)",
    ]
    assert str(caught.value) == "\n".join(str(error) for error in caught.value.errors)


def test_several_mistakes_survive_pickling(tmp_path):
    with pytest.raises(SuiteErrors) as caught:
        load(tmp_path, changed(("min = 0.45", "min = 55"), ('name = "small"', "name = 3")))
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert str(copy) == str(caught.value)
    assert [error.line for error in copy.errors] == [error.line for error in caught.value.errors]


def test_a_wrong_metric_table_is_not_also_an_unknown_metric(tmp_path):
    table = '[[metrics]]\nname = "good"\nkind = "score"\nfunction = 3\n\n'
    text = changed((GATE, table + GATE.replace("win_rate", "good")))
    assert message(tmp_path, text).endswith(
        "metrics[0].function (good): got 3, expected text in quotes"
    )


def test_a_metrics_name_may_be_anything_at_all(tmp_path):
    table = '[[metrics]]\nname = []\nkind = "words"\n\n'
    found = message(tmp_path, changed((GATE, table + GATE)))
    assert found.endswith("metrics[0].name: got an empty list, expected text in quotes")


def test_wrong_prompts_do_not_make_slices_wrong(tmp_path):
    text = changed(('query = "Why', 'qery = "Why'), ("min = 0.45", 'min = 0.45\nby = "category"'))
    found = message(tmp_path, text)
    assert "gates" not in found


def test_a_bug_in_a_kind_names_the_kind(tmp_path):
    kinds = load_kinds_with_a_bug()
    tables = {"baseline": {"name": "old", "provider": "api"}}
    with pytest.raises(PluginError, match=r"identity of provider 'api' raised KeyError\('x'\)"):
        build_suite(tables, path="x", directory=tmp_path, kinds=kinds)


def load_kinds_with_a_bug():
    from arenatest.hookspec import Kind
    from fakes.kinds import EmptyOptions

    def identity(options, directory):
        raise KeyError("x")

    api = Kind(options=EmptyOptions, build=lambda options, context: None, identity=identity)
    return Kinds(providers={"api": api})


def test_the_suite_that_the_mistakes_start_from_is_right(tmp_path):
    assert [rule.id for rule in load(tmp_path, SUITE).plan.rules] == ["win_rate"]


def test_an_infinite_price_is_a_mistake(tmp_path):
    text = changed(('model = "m2"', 'model = "m2"\nprice = { input = inf, output = 1 }'))
    assert message(tmp_path, text).endswith(
        "candidates[0].price.input (new): got inf, expected a finite number"
    )
