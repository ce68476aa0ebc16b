"""Every mistake in a suite is one line with file, line and key: the exact messages."""

import pickle

import pytest

from arenatest.errors import ArenaError, PluginError, SuiteError
from arenatest.suite.kinds import Kinds
from arenatest.suite.load import build_suite
from arenatest.suite.problems import SuiteErrors
from fakes.suites import CANDIDATE, GATE, JUDGE, PROMPTS, SUITE, changed, load

DATASET = (PROMPTS, '[[datasets]]\npath = "d.jsonl"\n')
TTFT = 'metric = "win_rate"\nmin = 0.45', 'metric = "ttft"\n'


def message(folder, text, files=None):
    with pytest.raises(ArenaError) as caught:
        load(folder, text, files)
    assert isinstance(caught.value, SuiteError | SuiteErrors)
    return str(caught.value)


def ttft(rest):
    return (TTFT[0], TTFT[1] + rest)


def line_of(text, start):
    return next(n for n, line in enumerate(text.split("\n"), 1) if line.startswith(start))


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
            ("min = 0.45", "mim = 0.45"),
            "mim",
            "gates[0].mim (win_rate): unknown key 'mim', did you mean 'min'?",
            id="unknown key",
        ),
        pytest.param(
            (GATE, f'[[metric]]\nkind = "words"\n\n{GATE}'),
            "[[metric]]",
            "metric: unknown table 'metric', did you mean 'metrics'?",
            id="unknown table",
        ),
        pytest.param(
            ("[[gates]]", "[gates]"),
            "[gates]",
            "gates: got a table, expected a list of tables: write [[gates]]",
            id="a table for a list",
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
            ('metric = "win_rate"', 'metric = "winrate"'),
            'metric = "winrate"',
            "gates[0].metric (winrate): unknown metric 'winrate', did you mean 'win_rate'?",
            id="unknown metric",
        ),
        pytest.param(
            ("min = 0.45", "min = 0.45\nmax = 0.9"),
            "[[gates]]",
            "gates[0] (win_rate): got min and max, expected exactly one of min, max, min_ratio, "
            "max_ratio, margin, never_regress\n"
            "  hint: write a gate for each: all of them must pass",
            id="two thresholds",
        ),
        pytest.param(
            ("min = 0.45\n", ""),
            "[[gates]]",
            "gates[0] (win_rate): got none, expected exactly one of min, max, min_ratio, "
            "max_ratio, margin, never_regress",
            id="no threshold",
        ),
        *(
            pytest.param(
                ('metric = "win_rate"', f'metric = "{name}"'),
                "metric",
                f"gates[0].metric ({name}): a controlled win rate is reported and never gated: "
                "what makes an answer longer may be what makes it better\n"
                '  hint: gate metric = "win_rate"',
                id=name,
            )
            for name in (
                "controlled_win_rate",
                "length_controlled_win_rate",
                "style_controlled_win_rate",
                "lc_win_rate",
            )
        ),
        pytest.param(
            ("min = 0.45", "never_regress = false"),
            "never_regress",
            "gates[0].never_regress (win_rate): got False, expected true, or no such key",
            id="never_regress that is false",
        ),
        pytest.param(
            ('metric = "win_rate"\nmin = 0.45', 'metric = "error_rate"\nnever_regress = true'),
            "never_regress",
            "gates[0].never_regress (error_rate): error_rate takes min or max: never_regress is "
            "for win_rate",
            id="never_regress of another metric",
        ),
        pytest.param(
            ("min = 0.45", "min = 0.45\nnever_regress = true"),
            "[[gates]]",
            "gates[0] (win_rate): got min and never_regress, expected exactly one of min, max, "
            "min_ratio, max_ratio, margin, never_regress\n"
            "  hint: write a gate for each: all of them must pass",
            id="never_regress beside a limit",
        ),
        *(
            pytest.param(
                ("min = 0.45", f"never_regress = true\n{key} = {value}"),
                key,
                f"gates[0].{key} (win_rate): never_regress looks at exactly these prompts, one by "
                f"one: it takes no {key}",
                id=f"never_regress with {key}",
            )
            for key, value in (
                ("stat", '"mean"'),
                ("target", '"population"'),
                ("confidence", "0.9"),
                ("policy", '"no-regression"'),
                ("against", '"old"'),
            )
        ),
        pytest.param(
            ("min = 0.45", "max_ratio = 1.1"),
            "max_ratio",
            "gates[0].max_ratio (win_rate): win_rate takes min or max: a ratio is for metrics "
            "without a range",
            id="ratio of a rate",
        ),
        pytest.param(
            ("min = 0.45", "margin = 0.5"),
            "margin",
            "gates[0].margin (win_rate): got 0.5, expected a fraction below 0.5: the limit is "
            "0.5 - margin",
            id="margin of all",
        ),
        pytest.param(
            ('metric = "win_rate"\nmin', 'metric = "error_rate"\nmargin'),
            "margin",
            "gates[0].margin (error_rate): error_rate takes min or max: a margin is for win_rate "
            "and for ratios",
            id="margin of a rate",
        ),
        pytest.param(
            ("min = 0.45", 'stat = "mean"\nmin = 0.45'),
            "stat",
            "gates[0].stat (win_rate): win_rate is a share of prompts and takes no stat",
            id="stat of a rate",
        ),
        pytest.param(
            ttft('stat = "p95"\nmax_ratio = 1.1'),
            "stat",
            "gates[0].stat (ttft): a ratio is paired by prompt and takes no stat",
            id="stat of a ratio",
        ),
        pytest.param(
            ttft('stat = "p95"\nmax_ratio = -1'),
            "stat",
            "gates[0].stat (ttft): a ratio is paired by prompt and takes no stat",
            id="stat of a ratio before its value",
        ),
        pytest.param(
            ttft("max_ratio = -1"),
            "max_ratio",
            "gates[0].max_ratio (ttft): got -1, expected a ratio above 0, such as 1.1",
            id="negative ratio",
        ),
        pytest.param(
            ttft('stat = "mdian"\nmax = "1 s"'),
            "stat",
            "gates[0].stat (ttft): unknown stat 'mdian', did you mean 'median'?",
            id="misspelt stat",
        ),
        pytest.param(
            ttft('stat = "p100"\nmax = "1 s"'),
            "stat",
            "gates[0].stat (ttft): unknown stat 'p100', expected mean, median, total or p95, p99.9",
            id="impossible percentile",
        ),
        pytest.param(
            ttft('stat = "total"\nmax = "1 s"'),
            "stat",
            "gates[0].stat (ttft): total is for cost and tokens",
            id="total of seconds",
        ),
        pytest.param(
            ttft('stat = "p95"\nmax = "1 sec"'),
            "max",
            'gates[0].max (ttft): got \'1 sec\', expected a duration such as "800 ms", "1.5 s" or '
            '"2 min"',
            id="unknown unit",
        ),
        pytest.param(
            ("min = 0.45", 'min = 0.45\nwhere = { categry = "kids" }'),
            "where",
            "gates[0].where.categry (win_rate): unknown key 'categry', did you mean 'category'?",
            id="unknown key of where",
        ),
        pytest.param(
            ("min = 0.45", 'min = 0.45\nwhere.category = ["kids", "kid"]'),
            "where",
            "gates[0].where.category (win_rate): unknown category 'kid', did you mean 'kids'?",
            id="unknown value of where",
        ),
        pytest.param(
            ("min = 0.45", 'min = 0.45\nby = "subset"'),
            "by",
            "gates[0].by (win_rate): no prompt has a subset",
            id="by without values",
        ),
        pytest.param(
            ("min = 0.45", 'min = 0.45\nby = "tags"'),
            "by",
            "gates[0].by (win_rate): unknown value 'tags', did you mean 'tag'?",
            id="unknown by",
        ),
        pytest.param(
            ("min = 0.45", 'min = 0.45\ncandidates = ["newer"]'),
            "candidates",
            "gates[0].candidates[0] (win_rate): unknown candidate 'newer', did you mean 'new'?",
            id="gate on an unknown candidate",
        ),
        pytest.param(
            ("min = 0.45", 'min = 0.45\nagainst = "od"'),
            "against",
            "gates[0].against (win_rate): unknown contestant 'od', did you mean 'old'?",
            id="unknown against",
        ),
        pytest.param(
            ("min = 0.45", 'min = 0.45\ncandidates = "new"\nagainst = "new"'),
            "candidates",
            "gates[0].candidates[0] (win_rate): 'new' cannot be against itself",
            id="against itself",
        ),
        pytest.param(
            ("min = 0.45", "min = 0.45\ncandidates = []"),
            "candidates",
            "gates[0].candidates (win_rate): got an empty list, expected a text or more",
            id="gate on nobody",
        ),
        pytest.param(
            ("min = 0.45", "min = 0.45\nwhere = { category = [] }"),
            "where",
            "gates[0].where.category (win_rate): got an empty list, expected a text or more",
            id="where without values",
        ),
        pytest.param(
            ("min = 0.45", "min = 0.45\nwhere = { category = 5 }"),
            "where",
            "gates[0].where.category (win_rate): got 5, expected text in quotes, or a list of "
            "texts",
            id="number for texts",
        ),
        pytest.param(
            ("min = 0.45", "min = 0.45\nconfidence = 0.9999999"),
            "confidence",
            "gates[0].confidence (win_rate): got 0.9999999, expected a fraction from 0.5 to "
            "0.999999",
            id="certainty",
        ),
        pytest.param(
            ('metric = "win_rate"\nmin = 0.45', 'metric = "cost"\nstat = "total"\nmax = -1'),
            "max",
            "gates[0].max (cost): got -1, expected a number of at least 0",
            id="less than nothing",
        ),
        pytest.param(
            ttft('stat = "p\u0669\u0665"\nmax = "1 s"'),
            "stat",
            "gates[0].stat (ttft): unknown stat 'p\u0669\u0665', expected mean, median, total or "
            "p95, p99.9",
            id="digits of another script",
        ),
        pytest.param(
            ("min = 0.45", "min = 0x" + "f" * 6000),
            "min = 0x",
            "gates[0].min (win_rate): expected a whole number of at most 64 bits",
            id="a number that cannot be shown",
        ),
        pytest.param(
            ('model = "m2"', f'model = "m2"\nparams = {{ seed = {2**63} }}'),
            "params",
            "candidates[0].params.seed (new): expected a whole number of at most 64 bits",
            id="a number beyond TOML",
        ),
        pytest.param(
            ("min = 0.45", 'min = 0.45\n"\\u009b31m\\u202e" = 1'),
            '"\\u009b31m',
            "gates[0].\"\\u009b31m\\u202e\" (win_rate): unknown key '\\x9b31m\\u202e', expected "
            "one of 'against', 'at', 'by', 'candidates', 'confidence', 'margin', 'max', "
            "'max_ratio', 'metric', 'min', 'min_ratio', 'name', 'never_regress', 'policy', 'stat', "
            "'target', 'where'",
            id="a key that would write to the terminal",
        ),
        pytest.param(
            ('metric = "win_rate"', 'against = "old"\nmetric = "flip_rate"'),
            "against",
            "gates[0].against (flip_rate): min of flip_rate compares with nobody: it takes no "
            "against",
            id="against of the judge's own rate",
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
            ttft('stat = "p95"\nmax = "1 s"\nagainst = "old"'),
            "against",
            "gates[0].against (ttft): max of ttft compares with nobody: it takes no against",
            id="against without a comparison",
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
    text = changed(change)
    found = message(tmp_path, text)
    if start is None:
        assert found.partition(": ")[2] == expected
    else:
        assert found == f"suites/x.arena.toml:{line_of(text, start)}: {expected}"


@pytest.mark.parametrize(
    ("change", "expected", "hint"),
    [
        pytest.param(
            ("min = 0.45", "min = 55"),
            "gates[0].min (win_rate): got 55, expected a fraction from 0 to 1",
            "percentages are written as fractions: 0.55",
            id="percent",
        ),
        pytest.param(
            ("min = 0.45", 'min = "55 %"'),
            "gates[0].min (win_rate): got '55 %', expected a fraction from 0 to 1",
            "percentages are written as fractions: 0.55",
            id="percent sign",
        ),
        pytest.param(
            ttft("max_ratio = 110"),
            "gates[0].max_ratio (ttft): got 110, expected a ratio below 50, such as 1.1",
            "ratios are written as quotients: 1.1",
            id="percent for a ratio",
        ),
        pytest.param(
            ttft('stat = "p95"\nmax = 800'),
            'gates[0].max (ttft): got 800, expected a duration such as "800 ms", "1.5 s" or '
            '"2 min"',
            'write the unit: "800 ms" or "800 s"',
            id="duration without unit",
        ),
        pytest.param(
            ttft('max = "1 s"'),
            "gates[0].stat (ttft): required key is missing",
            'write stat = "p95", "median" or "mean"',
            id="missing stat",
        ),
        pytest.param(
            (JUDGE, ""),
            "gates[0].metric (win_rate): win_rate needs a judge, and the suite has none",
            "add a [[judges]] table",
            id="no judge",
        ),
        pytest.param(
            (GATE, GATE + GATE),
            "gates[1] (win_rate): has the id 'win_rate', as gates[0] has",
            'give one of them a name: name = "..."',
            id="equal ids",
        ),
        pytest.param(
            (JUDGE, JUDGE + JUDGE),
            "judges[1].name: 'method' is also the name of judges[0]: names are unique",
            'give it a name of its own: name = "..."',
            id="equal judges",
        ),
        pytest.param(
            (GATE, ""),
            "gates: the suite has no gate: nothing would be decided",
            'add [[gates]] with metric = "win_rate"',
            id="no gate",
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
            ('metric = "win_rate"\nmin', 'metric = "score"\nmin'),
            "gates[0].metric (score): metric kind 'score' needs options",
            'add a [[metrics]] table with kind = "score"',
            id="metric that needs options",
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
    "line",
    [
        'api_key = "hunter2-hunter2"',
        'headers = { Authorization = "zzyzx-zzyzx" }',
        'headers = { "X-Auth-Token" = "zzyzx-zzyzx" }',
        'api_key_env = "sk-zzyzx1234567890abcd"',
        'params = { user = "Bearer zzyzx1234567" }',
        'api_key_env = "gsk_zzyzx1234567890abcdef"',
        'api_key_env = "xai-zzyzx1234567890abcdef"',
        'api_key_env = "ABSKzzyzx1234567890abcdef="',
        'params = { stop = ["AK' + 'IAZZYZXZZYZXZZYZXZ"] }',
        'params = { url = "https://me:zzyzx@example.org/" }',
    ],
)
def test_a_secret_is_refused_and_never_shown(tmp_path, line):
    text = changed(('model = "m2"', f'model = "m2"\n{line}'))
    found = message(tmp_path, text)
    number = line_of(text, line)
    assert found.startswith(f"suites/x.arena.toml:{number}: candidates[0].{line.split(' ')[0]}")
    assert ": looks like a secret\n  hint: put it into an environment variable" in found
    assert "api_key_env" in found
    assert not {"zzyzx", "hunter2"} & set(found.lower().replace("-", " ").split())
    assert "zzyzx" not in found.lower()
    assert "hunter2" not in found


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {}, "suites/x.arena.toml:5: datasets[0].path: no such file: 'd.jsonl'", id="missing"
        ),
        pytest.param(
            {"d.json": "[]"},
            "suites/x.arena.toml:5: datasets[0].path: no such file: 'd.jsonl', did you mean "
            "'d.json'?",
            id="near file",
        ),
        pytest.param(
            {"d.jsonl": '{"query": ' + "[" * 100_000 + "]" * 100_000 + "}"},
            "suites/d.jsonl:1: not valid JSON: nested too deeply",
            id="nested",
        ),
        pytest.param(
            {"d.jsonl": '{"query": 1' + "0" * 5000 + "}"},
            "suites/d.jsonl:1: not valid JSON: a number of too many digits",
            id="endless number",
        ),
        pytest.param(
            {"d.jsonl": "\n\n"},
            "suites/x.arena.toml:5: datasets[0].path: suites/d.jsonl has no records",
            id="empty",
        ),
        pytest.param(
            {"d.jsonl": '{"query": "a"}\n\n{"query": "b"'},
            "suites/d.jsonl:3: not valid JSON: Expecting ',' delimiter (column 14)",
            id="bad line",
        ),
        pytest.param(
            {"d.jsonl": '{"query": "a"}\n[1]'},
            "suites/d.jsonl:2: got a list, expected a JSON object",
            id="no object",
        ),
        pytest.param(
            {"d.jsonl": '{"query": 7}'},
            "suites/d.jsonl:1: query: got 7, expected text in quotes",
            id="number for a question",
        ),
        pytest.param(
            {"d.jsonl": '{"query": "a", "response": 7}'},
            "suites/d.jsonl:1: response: got 7, expected text in quotes",
            id="number for an answer",
        ),
        pytest.param(
            {"d.jsonl": '{"query": " "}'}, "suites/d.jsonl:1: query: is empty", id="blank"
        ),
        pytest.param(
            {"d.jsonl": '{"question": "a"}'},
            "suites/d.jsonl:1: has no query, messages or turns\n"
            "  hint: found 'question'; map them: fields = { query = \"...\" }",
            id="other names",
        ),
        pytest.param(
            {"d.jsonl": '{"query": "a", "id": "x"}\n{"query": "b", "id": "x"}'},
            "suites/d.jsonl:2: id: duplicate prompt id 'x', first used by suites/d.jsonl:1",
            id="duplicate id",
        ),
        pytest.param(
            {"d.jsonl": b'{"query": "a"}\n{"query": "\xff"}'},
            "suites/d.jsonl:2: not UTF-8: byte 0xff",
            id="not UTF-8",
        ),
        pytest.param(
            {"d.jsonl": '{"query": "\\ud800"}'},
            "suites/d.jsonl:1: query: holds half of a surrogate pair, which is no text",
            id="surrogate",
        ),
        pytest.param(
            {"d.jsonl": '{"messages": [{"role": "bot", "content": "x"}]}'},
            "suites/d.jsonl:1: messages[0].role: unknown role 'bot', expected one of 'assistant', "
            "'system', 'user'",
            id="unknown role",
        ),
        pytest.param(
            {"d.jsonl": '{"messages": [{"role": "user", "content": [{"type": "image"}]}]}'},
            "suites/d.jsonl:1: messages[0].content: got a list, expected text in quotes",
            id="content that is no text",
        ),
        pytest.param(
            {"d.jsonl": '{"messages": [{"role": "assistant", "content": "x"}]}'},
            "suites/d.jsonl:1: messages: the last message is the assistant's, expected the "
            "user's\n  hint: a known answer belongs in response",
            id="assistant last",
        ),
        pytest.param(
            {"d.jsonl": '{"turns": ["a", "b"], "response": ["c"]}'},
            "suites/d.jsonl:1: response: got 1 texts, expected a list of 2 texts, one for each "
            "turn",
            id="too few answers",
        ),
    ],
)
def test_a_mistake_in_a_dataset_names_its_file_and_line(tmp_path, files, expected):
    assert message(tmp_path, changed(DATASET), files) == expected


def test_what_is_no_file_is_no_dataset(tmp_path):
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites/d.jsonl").symlink_to("d.jsonl")
    found = message(tmp_path, changed(DATASET))
    assert found.endswith("datasets[0].path: 'd.jsonl' is no file that can be read")
    text = changed((PROMPTS, '[[datasets]]\npath = ".."\n'))
    assert message(tmp_path, text).endswith("datasets[0].path: '..' is a folder")


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


def test_a_bad_row_of_a_csv_file_is_named(tmp_path):
    text = changed((PROMPTS, '[[datasets]]\npath = "d.csv"\n'))
    files = {"d.csv": 'query,response\n"two\nlines",b\na\n'}
    found = message(tmp_path, text, files)
    assert found == "suites/d.csv:4: got 1 cells, expected the 2 of the header"


def test_a_file_of_another_kind_is_refused(tmp_path):
    text = changed((PROMPTS, '[[datasets]]\npath = "d.txt"\n'))
    expected = "datasets[0]: got '.txt', expected a file in .jsonl, .json or .csv"
    assert message(tmp_path, text, {"d.txt": "x"}).endswith(expected)


def test_the_same_file_twice_gives_duplicate_ids(tmp_path):
    dataset = '[[datasets]]\npath = "d.jsonl"\n'
    text = changed((PROMPTS, dataset + dataset))
    expected = "suites/d.jsonl:1: id: duplicate prompt id 'd-1', first used by suites/d.jsonl:1"
    assert message(tmp_path, text, {"d.jsonl": '{"query": "a"}'}) == expected


def test_only_some_of_many_bad_records_are_shown(tmp_path):
    found = message(tmp_path, changed(DATASET), {"d.jsonl": '{"query": 1}\n' * 12})
    lines = found.split("\n")
    assert [line.partition(": ")[0] for line in lines[:5]] == [
        f"suites/d.jsonl:{n}" for n in range(1, 6)
    ]
    assert lines[5:] == ["suites/d.jsonl: and 7 more"]


def test_a_mapped_field_that_no_record_has_is_a_mistake(tmp_path):
    text = changed((PROMPTS, '[[datasets]]\npath = "d.jsonl"\nfields = { query = "qestion" }\n'))
    found = message(tmp_path, text, {"d.jsonl": '{"question": "a"}'})
    assert found == (
        "suites/x.arena.toml:6: datasets[0].fields.query: unknown field of suites/d.jsonl "
        "'qestion', did you mean 'question'?"
    )


def test_an_unknown_name_of_a_field_is_a_mistake(tmp_path):
    text = changed((PROMPTS, '[[datasets]]\npath = "d.jsonl"\nfields = { qery = "question" }\n'))
    found = message(tmp_path, text, {"d.jsonl": '{"question": "a"}'})
    assert found == (
        "suites/x.arena.toml:6: datasets[0].fields.qery: unknown key 'qery', did you mean 'query'?"
    )


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


def test_where_a_secret_is_found_nothing_else_is_said(tmp_path):
    text = changed(('model = "m2"', 'model = "sk-zzyzx12345678"\ntop_k = "sk-zzyzx123456"'))
    found = message(tmp_path, text + '[[gates]]\nmetric = "sk-zzyzx12345678"\nmin = "x"\n')
    assert "zzyzx" not in found
    assert found.count(": looks like a secret\n") == found.count("x.arena.toml:") == 3


def test_an_infinite_price_is_a_mistake(tmp_path):
    text = changed(('model = "m2"', 'model = "m2"\nprice = { input = inf, output = 1 }'))
    assert message(tmp_path, text).endswith(
        "candidates[0].price.input (new): got inf, expected a finite number"
    )


def test_a_csv_file_with_an_open_quote_is_a_mistake(tmp_path):
    text = changed((PROMPTS, '[[datasets]]\npath = "d.csv"\n'))
    found = message(tmp_path, text, {"d.csv": 'query\n"a\nb'})
    assert found == "suites/d.csv:3: not valid CSV: unexpected end of data"


def test_a_json_list_names_the_place_of_a_bad_record(tmp_path):
    text = changed((PROMPTS, '[[datasets]]\npath = "d.json"\n'))
    found = message(tmp_path, text, {"d.json": '[{"query": "a"}, {"query": 1}, 3]'})
    assert found.split("\n") == [
        "suites/d.json: [2]: got 3, expected a JSON object",
        "suites/d.json: [1].query: got 1, expected text in quotes",
    ]
    found = message(tmp_path, text, {"d.json": '{"data": []}'})
    assert found == "suites/d.json: got a table, expected a list of objects"
    found = message(tmp_path, text, {"d.json": '[\n{"query": "a"\n]'})
    assert found == "suites/d.json:3: not valid JSON: Expecting ',' delimiter (column 1)"
