"""Answers that were paid for elsewhere serve a suite, and the runs they came with are on record."""

from unit.imports.shapes import arena_hard, lines, vote

SUITE = """
[suite]
name = "hard"
[[datasets]]
path = "elsewhere/prompts.jsonl"
[baseline]
name = "old"
provider = "replay"
path = "elsewhere/old.jsonl"
[[candidates]]
name = "ours"
provider = "python"
function = "own:answer"
[[judges]]
kind = "python"
function = "own:longer"
[[gates]]
metric = "win_rate"
min = 0.45
"""
OWN = """
def answer(prompt):
    with open("asked.log", "a") as log:
        log.write(prompt.id + "\\n")
    return "a longer answer to " + prompt.text

def longer(prompt, a, b):
    return "A>B" if len(a) > len(b) else "B>A"
"""


def test_imported_answers_are_the_baseline_of_a_suite(project):
    arena_hard(project.path / "bench", 40)
    done = project.arenatest("import", "arena-hard", "bench", "--answers-to", "elsewhere")
    assert done.ret == 0
    done.stdout.fnmatch_lines(
        [
            "run ????????  arena-hard: new against old",
            "  40 prompts, 240 records",
            "  new: win rate 1.000 * needs >= 0.5 (n=* of 40 prompts): pass",
            "    over all 40: 1.000",
            "all was taken over",
            "prompts and answers: elsewhere",
        ]
    )
    project.write("own.py", OWN)
    project.write("hard.arena.toml", SUITE)
    project.run("hard.arena.toml").assert_outcomes(passed=1)
    assert len(set((project.path / "asked.log").read_text().split())) <= 40
    (gate,) = project.results["gates"]
    assert (gate["candidate"], gate["decision"]) == ("ours", "pass")
    project.arenatest("runs").stdout.fnmatch_lines(["*hard*", "*from arena-hard*"])


def test_an_import_says_what_it_left_out_and_what_is_wrong_ends_with_4(project):
    odd = [vote("q1", "a", "b", "tie (bothbad)"), vote("q2", "\x1b[31ma", "b", "leftvote")]
    lines(project.path / "votes.jsonl", odd)
    done = project.arenatest("import", "lmsys", "votes.jsonl", "--baseline", "a")
    assert done.ret == 0
    done.stdout.fnmatch_lines(
        [
            "not taken over:",
            "  1 vote that both are bad, as such: each counts as a tie",
            "  1 record that cannot be read",
            "    votes.jsonl:2: winner: got 'leftvote', expected model_a, model_b, tie or *",
        ]
    )
    for arguments, problem in (
        (("lmsys", "nowhere.json"), "*no such file or folder: nowhere.json"),
        (("alpaca-eval", "votes.jsonl"), "*votes.jsonl: holds nothing of alpaca-eval*"),
        (("lmsys", "votes.jsonl", "--baseline", "c"), "*--baseline: unknown model 'c', *"),
    ):
        wrong = project.arenatest("import", *arguments)
        assert wrong.ret == 4
        wrong.stderr.fnmatch_lines([problem])
