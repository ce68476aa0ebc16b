"""Looking back over real runs as a user does, from the shell."""

MOODY = """
from pathlib import Path

def old(prompt):
    return "It may be " + prompt.reference

def new(prompt):
    return prompt.reference if Path("mood").read_text() == "good" else "No idea."
"""


def test_two_real_runs_are_compared(project):
    project.suite(prompts=12, run="early_stop = false")  # all prompts, for a few prove nothing
    project.write("models.py", MOODY)
    for mood in ("good", "bad"):
        project.write("mood", mood)
        project.run("--arena-fresh")
    result = project.arenatest("diff", "latest~1", "latest")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["*before *PASS*", "*after *FAIL*", "*->*WORSE*", "*won -> lost*", '*after *"No idea."']
    )
