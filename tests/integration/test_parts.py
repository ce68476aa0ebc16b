PARTS = """[baseline]
name = "reference"
[[baseline.parts]]
where = { category = "even" }
provider = "python"
function = "models:old"
[[baseline.parts]]
where = { category = "odd" }
provider = "python"
function = "models:bad"
"""
ALONE = """[baseline]
name = "old"
provider = "python"
function = "models:old"
"""
GATES = """
[[gates]]
metric = "win_rate"
min = 0.4
by = "category"
[[gates]]
metric = "win_rate"
never_regress = true
where = { category = "even" }
"""


def test_a_reference_for_each_category_is_one_baseline_and_pinned_prompts_hold(project):
    path = project.suite(candidates={"new": "new", "worse": "bad"}, gates=GATES, prompts=20)
    text = path.read_text(encoding="utf-8")
    assert ALONE in text
    path.write_text(text.replace(ALONE, PARTS), encoding="utf-8")
    result = project.run()
    result.stdout.fnmatch_lines(
        [
            "x  new against reference",
            "*PASS *win_rate?even]*",
            "*PASS *win_rate?odd]*",
            "*PASS *win_rate-losses?even] *0 lost ?0, 0]*10 prompts*",
            "x  worse against reference",
            "*FAIL *win_rate?even]*",
            "*FAIL *win_rate-losses?even] *1 lost*decided at 1 of 10 prompts*",
            "*lost to reference in both orders: q*a statement about exactly these prompts*",
        ]
    )
    asked = {name: set() for name in ("old", "bad", "new")}
    for call in project.calls():
        asked[call.split()[0]].add(int(call.split()[1][1:]) % 2)
    assert asked["old"] == {0}
    base, *_ = project.results["contestants"]
    assert (base["name"], base["kind"]) == ("reference", "parts")
    assert [part["where"] for part in base["parts"]] == [
        {"category": ["even"]},
        {"category": ["odd"]},
    ]
    assert "Baseline: reference[even]" in project.page
