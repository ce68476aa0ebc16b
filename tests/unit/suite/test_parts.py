import json

import pytest
from jsonschema import Draft202012Validator

from arenatest.suite.jsonschema import suite_schema
from fakes.kinds import kinds
from fakes.suites import CANDIDATE, PROMPTS, changed, load
from unit.store.records import as_stored

BASELINE = """\
[baseline]
name = "old"
provider = "api"
model = "m1"
"""
PARTED = """\
[baseline]
name = "reference"

[[baseline.parts]]
where = { category = ["maths", "code"] }
provider = "api"
model = "o3-mini"
params = { temperature = 0 }
price = { input = 1, output = 2 }
timeout = "5 s"

[[baseline.parts]]
where = { category = "poems" }
provider = "api"
model = "gemini"
system = "You are a poet."
api_key_env = "OTHER_KEY"
"""
ASKED = "".join(
    f'[[prompts]]\nid = "{name}"\nquery = "{name}?"\ncategory = "{name}"\ntags = "all"\n'
    for name in ("maths", "code", "poems")
)


def text(*changes, baseline=PARTED):
    made = changed((PROMPTS, ASKED), (BASELINE, baseline))
    for old, new in changes:
        assert old in made
        made = made.replace(old, new, 1)
    return made


def test_each_prompt_has_the_part_that_it_lies_in(tmp_path):
    suite = load(tmp_path, text())
    baseline = suite.plan.baseline
    said = {p.id: baseline.model_for(p).settings["model"] for p in suite.plan.prompts}
    assert said == {"maths": "o3-mini", "code": "o3-mini", "poems": "gemini"}
    assert [model.label for model in baseline.models] == [
        "reference[maths+code]",
        "reference[poems]",
    ]
    assert {model.name for model in baseline.models} == {"reference"}
    first, second = baseline.models
    assert (first.price.input, second.price) == (1.0, None)
    assert (first.timeout, second.timeout, baseline.timeout) == (5.0, 120.0, 120.0)
    assert (first.system, second.system) == (None, "You are a poet.")


def test_a_contestant_of_parts_says_what_they_are(tmp_path):
    baseline = load(tmp_path, text()).plan.baseline
    assert baseline.kind == "parts"
    assert baseline.settings == {
        "parts": [
            {
                "where": {"category": ["maths", "code"]},
                "provider": "api",
                "model": "o3-mini",
                "params": {"temperature": 0},
            },
            {
                "where": {"category": ["poems"]},
                "provider": "api",
                "model": "gemini",
                "api_key_env": "OTHER_KEY",
                "system": "You are a poet.",
            },
        ]
    }


def test_each_part_is_built_and_needs_its_own_key(tmp_path):
    suite = load(tmp_path, text())
    assert [setup.name for setup in suite.contestants] == ["reference", "reference", "new"]
    assert [setup.options.model for setup in suite.contestants] == ["o3-mini", "gemini", "m2"]
    assert suite.environment == {
        "MODEL_KEY": ("reference", "new"),
        "OTHER_KEY": ("reference",),
    }


def test_what_a_contestant_is_changes_with_any_part_and_with_its_slice(tmp_path):
    def prints(*changes):
        plan = load(tmp_path, text(*changes)).plan
        return plan.baseline.fingerprint, *(part.fingerprint for part in plan.baseline.parts)

    whole, first, second = prints()
    assert prints() == (whole, first, second)
    other = prints(('model = "gemini"', 'model = "gemini-2"'))
    assert other[0] != whole
    assert other[1] == first
    assert other[2] != second
    swapped = prints(('["maths", "code"]', '["maths", "poems"]'), ('"poems" }', '"code" }'))
    assert swapped[0] != whole
    assert swapped[1:] == (first, second)


def test_a_part_that_meets_itself_is_asked_twice(tmp_path):
    part = PARTED.replace("params = { temperature = 0 }\n", "")
    plan = load(tmp_path, text(('model = "m2"', 'model = "o3-mini"'), baseline=part)).plan
    models = [model.fingerprint for one in plan.contestants for model in one.models]
    assert len(set(models)) == 3


def test_a_candidate_may_be_made_of_parts(tmp_path):
    routed = PARTED.replace("[baseline]", "[[candidates]]").replace("baseline.", "candidates.")
    made = text((CANDIDATE, routed), baseline=BASELINE)
    (candidate,) = load(tmp_path, made).plan.candidates
    assert [part.settings["model"] for part in candidate.parts] == ["o3-mini", "gemini"]


def test_a_plan_with_parts_comes_back_from_the_store(tmp_path):
    plan = load(tmp_path, text()).plan
    assert as_stored(plan) == plan


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            ('name = "reference"', 'name = "reference"\nprovider = "api"'),
            "baseline.provider (reference): stands beside parts, expected only a name: each part "
            "has keys of its own",
        ),
        (
            ('where = { category = "poems" }\n', ""),
            "baseline.parts[1].where (reference): required key is missing",
        ),
        (
            ('where = { category = "poems" }\n', "where = {}\n"),
            "baseline.parts[1].where (reference): is empty, expected the prompts that this part "
            "answers",
        ),
        (
            ('{ category = "poems" }', '{ category = "poem" }'),
            "baseline.parts[1].where.category (reference): unknown category 'poem', did you mean "
            "'poems'?",
        ),
        (
            ('["maths", "code"]', '"maths"'),
            "baseline.parts (reference): no part answers prompt 'code'",
        ),
        (
            ('{ category = "poems" }', '{ tag = "all" }'),
            "baseline.parts[1].where (reference): answers prompt 'maths', as parts[0] does: "
            "expected one part",
        ),
        (
            ('provider = "api"\nmodel = "gemini"', 'provider = "apy"\nmodel = "gemini"'),
            "baseline.parts[1].provider (reference): unknown provider 'apy', did you mean 'api'?",
        ),
        (
            ('model = "gemini"', 'modl = "gemini"'),
            "baseline.parts[1].modl (reference): unknown key 'modl', did you mean 'model'?",
        ),
    ],
)
def test_a_mistake_in_a_part_is_told_with_its_place(tmp_path, change, expected):
    made = text(change)
    with pytest.raises(Exception, match="baseline") as caught:
        load(tmp_path, made)
    lines = [line.partition(": ")[2] for line in str(caught.value).splitlines()]
    assert expected in lines


def test_two_prompts_that_no_part_answers_are_counted(tmp_path):
    parted = PARTED.replace('["maths", "code"]', '"maths"').replace('"poems" }', '"code" }')
    more = '[[prompts]]\nquery = "x"\n'
    with pytest.raises(Exception, match="no part answers prompt 'poems' and 1 more"):
        load(tmp_path, text((ASKED, ASKED + more), baseline=parted))


def test_the_line_is_that_of_the_part(tmp_path):
    made = text(('{ category = "poems" }', '{ category = "poem" }'))
    line = made[: made.index('{ category = "poem" }')].count("\n") + 1
    with pytest.raises(Exception, match=rf"x\.arena\.toml:{line}: baseline\.parts\[1\]"):
        load(tmp_path, made)


@pytest.mark.parametrize(("baseline", "right"), [(PARTED, True), (BASELINE, True)])
def test_editors_take_both_forms(baseline, right):
    import tomli

    schema = json.loads(json.dumps(suite_schema(kinds())))
    validator = Draft202012Validator(schema)
    assert validator.is_valid(tomli.loads(text(baseline=baseline))) is right
    wrong = text(baseline=PARTED.replace('name = "reference"', 'name = "r"\nprovider = "api"'))
    assert not validator.is_valid(tomli.loads(wrong))
    nowhere = text(baseline=PARTED.replace('where = { category = "poems" }\n', ""))
    assert not validator.is_valid(tomli.loads(nowhere))
