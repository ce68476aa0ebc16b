"""Mistakes in gates are one line with file, line and key: the exact messages."""

import pytest

from fakes.suites import GATE, JUDGE, changed, message, mistake

TTFT = 'metric = "win_rate"\nmin = 0.45', 'metric = "ttft"\n'


def ttft(rest):
    return (TTFT[0], TTFT[1] + rest)


@pytest.mark.parametrize(
    ("change", "start", "expected"),
    [
        pytest.param(
            ("min = 0.45", "mim = 0.45"),
            "mim",
            "gates[0].mim (win_rate): unknown key 'mim', did you mean 'min'?",
            id="unknown key",
        ),
        pytest.param(
            ("[[gates]]", "[gates]"),
            "[gates]",
            "gates: got a table, expected a list of tables: write [[gates]]",
            id="a table for a list",
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
            ttft('stat = "p95"\nmax = "1 s"\nagainst = "old"'),
            "against",
            "gates[0].against (ttft): max of ttft compares with nobody: it takes no against",
            id="against without a comparison",
        ),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path, change, start, expected):
    assert mistake(tmp_path, changed(change), start) == expected


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
            (GATE, ""),
            "gates: the suite has no gate: nothing would be decided",
            'add [[gates]] with metric = "win_rate"',
            id="no gate",
        ),
        pytest.param(
            ('metric = "win_rate"\nmin', 'metric = "score"\nmin'),
            "gates[0].metric (score): metric kind 'score' needs options",
            'add a [[metrics]] table with kind = "score"',
            id="metric that needs options",
        ),
    ],
)
def test_a_hint_says_how_to_mend_it(tmp_path, change, expected, hint):
    found = message(tmp_path, changed(change))
    assert found.split(": ", 1)[1] == f"{expected}\n  hint: {hint}"
