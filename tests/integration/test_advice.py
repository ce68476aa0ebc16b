"""A candidate that is slow for a reason: the terminal names it, the results hold its figures."""

import json

from servers.openai_server import serve, words
from servers.script import Script

GATE = '[[gates]]\nmetric = "e2e"\nmax_ratio = 1.2\n'


def suite(project, url):
    contestant = 'provider = "openai"\nmodel = "{0}"\nbase_url = "{1}"\napi_key_env = ""\n'
    asked = "".join(f'[[prompts]]\nid = "q{n}"\nquery = "question {n}"\n' for n in range(12))
    project.write(
        "slow.arena.toml",
        '[suite]\nname = "slow"\n[run]\nconcurrency = 8\nearly_stop = false\nmax_void = 0.5\n'
        f'[baseline]\nname = "old"\n{contestant.format("old", url)}'
        f'[[candidates]]\nname = "new"\n{contestant.format("new", url)}' + GATE + asked,
    )


def run_in_calm(project):
    """Measure again, as the verdict advises, while it says that this process was too busy."""
    for _ in range(4):
        result = project.run("slow.arena.toml")
        if "our own event loop lagged" not in result.stdout.str():
            break
    return result


def test_longer_answers_are_named_as_the_cause_of_a_slow_candidate(project):
    def reply(body):
        return words(60 if body["model"] == "new" else 20)(body)

    # calls of seconds, in three waves: a machine that is busy while the first ones start lags by
    # too little to matter, and without them there are still enough
    with serve(reply=reply, script=Script(ttft=1.5, itl=0.02)) as server:
        suite(project, server.base_url)
        result = run_in_calm(project)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*likely cause: answers are 3.0x as long (60 tokens against 20) while time per token*"]
    )
    results = json.loads((project.path / "reports/arena-results.json").read_text("utf-8"))
    (advice,) = [one for one in results["advice"] if one["cause"] == "answers"]
    assert (advice["candidate"], advice["against"]) == ("new", "old")
    assert advice["figures"]["tokens"] == 60.0
    assert advice["shares"]["e2e"] > 0.5
    assert "What slows new down" in (project.path / "reports/arena-report.html").read_text("utf-8")
