"""Juries as a user runs them: three judges, of which one abstains and one names the seat."""

JURY = """kind = "python"
name = "sound"
function = "jury:sound"

[[judges]]
kind = "python"
name = "shy"
function = "jury:shy"

[[judges]]
kind = "python"
name = "seated"
function = "jury:seated"
"""
FUNCTIONS = """
def sound(prompt, a, b):
    return "A>B" if len(a) < len(b) else "B>A"

def shy(prompt, a, b):
    return "abstain" if prompt.category == "even" else sound(prompt, a, b)

def seated(prompt, a, b):
    return "A>B" if int(prompt.id[1:]) % 3 == 0 else sound(prompt, a, b)
"""


# 15 odd prompts have three votes, 5 of them with a flip; 15 even ones two, again 5 with a flip.
def test_a_majority_decides_and_the_report_says_how_the_jury_voted(project):
    project.write("jury.py", FUNCTIONS)
    run = 'voting = "majority"\nquorum = 2\nearly_stop = false'
    project.suite(judge=JURY, run=run)
    assert project.run("-q").ret == 0
    (jury,) = project.results["juries"]
    assert jury == {
        **{"suite": "x", "voting": "majority", "quorum": 2, "judges": 3, "battles": 30},
        **{"short": 0, "single": 0, "agreed": 20, "divided": 10, "compared": 30},
        "alpha": jury["alpha"],
    }
    (battles,) = project.results["battles"]
    assert (battles["win"], battles["tie"], battles["void"]) == (25, 5, 0)
    sound, shy, seated = project.results["judges"]
    assert (shy["voids"], shy["games"], shy["parse_rate"]) == ({"abstained": 30}, 60, 1.0)
    assert (sound["flip_rate"], seated["flip_rate"]) == (0.0, 1 / 3)
    assert "Jury of 3, majority of votes, at least 2 votes: agreed on 20, divided" in project.page

    project.suite(judge=JURY, run=run.replace("= 2", "= 3"))
    assert project.run("-q").ret == 1
    decision = project.gates["new", "win_rate"]
    assert (decision["decision"], decision["cause"]) == ("inconclusive", "void")
    assert "; fewer than 3 judges gave a verdict on 2" in decision["reason"]
    (battles,) = project.results["battles"]
    assert battles["voids"] == {"fewer judges than the quorum": 15}
