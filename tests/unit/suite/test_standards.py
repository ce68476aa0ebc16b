"""What judges are held to, and every mistake in it: the exact messages."""

import json

import pytest

from arenatest.errors import ArenaError
from arenatest.model.health import JudgeLimits
from arenatest.model.judgment import Verdict
from arenatest.suite.contestants import family_of
from fakes.suites import CANDIDATE, GATE, JUDGE, changed, load

GOLDEN = '[golden]\npath = "golden.jsonl"\n\n'
LABELS = '[labels]\npath = "labels.jsonl"\n\n'
SOUND = {"query": "2 + 2?", "text_a": "4", "text_b": "5", "expected": "A>B"}
LABEL = {"prompt_id": "p1", "candidate": "new", "winner": "new", "annotator": "ada"}


def lines(*records):
    return "\n".join(map(json.dumps, records)) + "\n"


def files(golden=(SOUND,), labels=(LABEL,)):
    return {"golden.jsonl": lines(*golden), "labels.jsonl": lines(*labels)}


def suite(extra, gate=GATE):
    return changed((GATE, f"{extra}{gate}"))


def plan(folder, extra, **records):
    return load(folder, suite(extra), files(**records)).plan


def message(folder, text, **records):
    with pytest.raises(ArenaError) as caught:
        load(folder, text, files(**records))
    return str(caught.value)


def test_a_suite_without_a_word_on_health_has_the_usual_limits(tmp_path):
    limits = load(tmp_path).plan.limits
    assert limits == JudgeLimits()
    assert (limits.parse_rate, limits.flip_rate, limits.decisive_rate) == (0.95, 0.5, 0.05)


def test_limits_stand_in_one_table(tmp_path):
    limits = plan(
        tmp_path, "[health]\nparse_rate = 0.8\nfirst_share = 0.7\nrequire_aa = true\n"
    ).limits
    assert limits == JudgeLimits(parse_rate=0.8, first_share=0.7, aa_within=7 * 86400.0)


def test_limits_golden_sets_labels_and_families_are_part_of_what_a_plan_is(tmp_path):
    texts = ["", "[health]\nflip_rate = 0.4\n", GOLDEN, LABELS, "[health]\nrequire_aa = true\n"]
    hashes = {load(tmp_path, suite(text), files()).plan.hash for text in texts}
    family = changed((CANDIDATE, CANDIDATE + 'family = "acme"\n'))
    assert len(hashes | {load(tmp_path, family).plan.hash}) == len(texts) + 1


def test_a_golden_record_is_a_prompt_with_two_answers_and_the_right_verdicts(tmp_path):
    other = {"id": "g", "query": "Hi?", "text_a": "a", "text_b": "b", "expected": ["A=B", "B>A"]}
    battles = {b.prompt.id: b for b in plan(tmp_path, GOLDEN, golden=(SOUND, other)).golden}
    assert battles["golden-1"].prompt.text == "2 + 2?"
    assert (battles["golden-1"].text_a, battles["golden-1"].text_b) == ("4", "5")
    assert battles["g"].expected == (Verdict.TIE, Verdict.B_BETTER)


def test_golden_battles_come_in_a_seeded_order(tmp_path):
    golden = [{**SOUND, "id": f"g{i}"} for i in range(40)]
    asked = [b.prompt.id for b in plan(tmp_path, GOLDEN, golden=golden).golden]
    assert asked != [one["id"] for one in golden]
    assert asked == [b.prompt.id for b in plan(tmp_path, GOLDEN, golden=golden).golden]


def test_a_label_says_who_wins(tmp_path):
    said = [{**LABEL, "winner": winner, "annotator": winner} for winner in ("new", "old", "tie")]
    labels = plan(tmp_path, LABELS, labels=said).labels
    assert [(one.annotator, one.score) for one in labels] == [
        ("new", 1.0),
        ("old", 0.0),
        ("tie", 0.5),
    ]


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gpt-4o-2024-08-06", "gpt"),
        ("claude-sonnet-4-5", "claude"),
        ("Qwen/Qwen3-8B", "qwen"),
        ("4o", None),
        ("", None),
        (None, None),
    ],
)
def test_a_family_is_how_the_name_of_a_model_begins(model, family):
    assert family_of(model) == family


def test_a_suite_says_whose_make_a_model_is(tmp_path):
    text = changed(
        (CANDIDATE, CANDIDATE + 'family = "acme"\n'), (JUDGE, JUDGE + 'family = "Acme"\n')
    )
    read = load(tmp_path, text).plan
    families = [one.family for one in (*read.contestants, *read.judges)]
    assert families == ["m", "acme", "Acme"]


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (
            "[health]\nparse = 0.9\n",
            "health.parse: unknown key 'parse', did you mean 'parse_rate'?",
        ),
        (
            "[health]\nflip_rate = 50\n",
            "health.flip_rate: got 50, expected a fraction from 0 to 1\n"
            "  hint: percentages are written as fractions: 0.5",
        ),
        (
            "[health]\nfirst_share = 0.4\n",
            "health.first_share: got 0.4, expected a fraction from 0.5 to 1",
        ),
        (
            "[health]\ngolden_agreement = 0.9\n",
            "health.golden_agreement: needs [golden], and the suite has none\n"
            '  hint: add [golden] with path = "..."',
        ),
        (
            "[health]\nhuman_agreement = 0.7\n",
            "health.human_agreement: needs [labels], and the suite has none\n"
            '  hint: add [labels] with path = "..."',
        ),
        (
            "[run]\nreuse_days = 0\n\n[health]\nrequire_aa = true\n",
            "health.require_aa: needs reuse_days of [run] above 0: no A/A run would ever count",
        ),
        (
            '[golden]\npath = "golden.json"\n',
            "golden.path: no such file: 'golden.json', did you mean 'golden.jsonl'?",
        ),
        ("[labels]\n", "labels.path: required key is missing"),
    ],
)
def test_a_mistake_in_a_table_is_a_line(tmp_path, extra, expected):
    said = message(tmp_path, suite(f"{extra}\n"))
    assert said.split(": ", 1)[1] == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"text_b": None}, "suites/golden.jsonl:2: text_b: required field is missing"),
        ({"expected": None}, "suites/golden.jsonl:2: expected: required field is missing"),
        ({"text_a": 4}, "suites/golden.jsonl:2: text_a: got 4, expected text that is not empty"),
        (
            {"text_b": "4"},
            "suites/golden.jsonl:2: text_b: is the same as text_a: there is nothing to judge",
        ),
        (
            {"expected": "A"},
            "suites/golden.jsonl:2: expected: got 'A', expected one of 'A>>B', 'A>B', 'A=B', "
            "'B>A', 'B>>A', or a list of them",
        ),
        ({"id": "golden-1"}, "suites/golden.jsonl:2: id: duplicate id 'golden-1'"),
        (
            {"verdict": "A>B"},
            "suites/golden.jsonl:2: verdict: unknown field 'verdict', expected one of",
        ),
    ],
)
def test_a_mistake_in_a_golden_record_is_a_line_with_its_file(tmp_path, change, expected):
    wrong = {key: value for key, value in (SOUND | change).items() if value is not None}
    assert message(tmp_path, suite(GOLDEN), golden=(SOUND, wrong)).startswith(expected)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"prompt_id": "pp1"},
            "suites/labels.jsonl:2: prompt_id: unknown prompt 'pp1', did you mean 'p1'?",
        ),
        (
            {"prompt_id": "other"},
            "suites/labels.jsonl:2: prompt_id: the suite has no prompt 'other'",
        ),
        (
            {"candidate": "old"},
            "suites/labels.jsonl:2: candidate: unknown candidate 'old', expected one of 'new'",
        ),
        (
            {"winner": "A"},
            "suites/labels.jsonl:2: winner: unknown winner 'A', expected one of 'new', 'old', "
            "'tie'",
        ),
        (
            {},
            "suites/labels.jsonl:2: annotator: annotator 'ada' has labelled this battle before",
        ),
    ],
)
def test_a_mistake_in_a_label_is_a_line_with_its_file(tmp_path, change, expected):
    assert message(tmp_path, suite(LABELS), labels=(LABEL, LABEL | change)) == expected


def test_no_more_than_a_few_mistakes_of_a_file_are_shown(tmp_path):
    wrong = [{**LABEL, "prompt_id": f"other {i}"} for i in range(9)]
    said = message(tmp_path, suite(LABELS), labels=wrong).splitlines()
    assert (len(said), said[-1]) == (6, "suites/labels.jsonl: and 4 more")


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        (
            'metric = "golden_agreement"\nmin = 0.9\n',
            "gates[0].metric (golden_agreement): golden_agreement needs a golden set, and the "
            'suite has none\n  hint: add [golden] with path = "..."',
        ),
        (
            'metric = "human_agreement"\nmin = 0.7\n',
            "gates[0].metric (human_agreement): human_agreement needs human labels, and the suite "
            'has none\n  hint: add [labels] with path = "..."',
        ),
        (
            'metric = "family_preference"\nmax = 0.7\n',
            "gates[0].metric (family_preference): no judge is of the family of 'new' or of 'old' "
            'alone\n  hint: say whose make they are: family = "..."',
        ),
        (
            'metric = "tie_rate"\nstat = "p95"\nmax = 0.7\n',
            "gates[0].stat (tie_rate): tie_rate is a share of prompts and takes no stat",
        ),
    ],
)
def test_a_gate_on_judges_needs_what_it_looks_at(tmp_path, gate, expected):
    said = message(tmp_path, suite("", f"[[gates]]\n{gate}"))
    assert said.split(": ", 1)[1] == expected


def test_a_golden_gate_takes_no_slice(tmp_path):
    gate = '[[gates]]\nmetric = "golden_agreement"\nmin = 0.9\nby = "category"\n'
    assert "it takes no by" in message(tmp_path, suite(GOLDEN, gate))


@pytest.mark.parametrize("gate", ['metric = "parse_rate"\nmin = 0.9\n', ""])
def test_nothing_measures_judges_where_there_are_none(tmp_path, gate):
    extra = f"[[gates]]\n{gate}" if gate else '[[gates]]\nmetric = "error_rate"\nmax = 0.5\n'
    text = changed((JUDGE, ""), (GATE, extra if gate else f"{GOLDEN}{extra}"))
    wanted = "add a [[judges]] table"
    assert wanted in message(tmp_path, text)


def test_pinned_prompts_alone_make_no_aa_run(tmp_path):
    text = suite("[health]\nrequire_aa = true\n").replace("min = 0.45", "never_regress = true")
    assert message(tmp_path, text).endswith(
        "health.require_aa: needs a gate on win_rate with a limit: an A/A run has no other gates"
    )
