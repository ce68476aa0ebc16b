"""A suite that takes its clocks apart, as a user runs it."""

import re
from collections import Counter

from servers.openai_server import serve, words
from servers.script import Script

SUITE = """
[suite]
name = "clocks"
[run]
max_void = 1.0  # on a busy machine too, all calls are made
[latency]
lane = "dedicated"
[baseline]
name = "old"
provider = "openai"
model = "old"
base_url = "{url}"
api_key_env = ""
[[candidates]]
name = "new"
provider = "openai"
model = "new"
base_url = "{url}"
api_key_env = ""
[[judges]]
kind = "python"
function = "models:longer"
[[gates]]
metric = "ttft"
max_ratio = 1.5
[[gates]]
metric = "win_rate"
min = 0.01
{prompts}
"""
PROMPTS = "".join(f'[[prompts]]\nid = "q{n}"\nquery = "question {n}"\n' for n in range(8))
MARKED = re.compile(r"^\[([0-9a-f]{12})\] question (\d)$")


def test_clocks_are_taken_apart_in_mirrored_pairs_after_all_is_judged(project):
    with serve(reply=words(4), script=Script(ttft=0.08)) as server:
        text = SUITE.format(url=server.base_url, prompts=PROMPTS)
        (project.path / "clocks.arena.toml").write_text(text, encoding="utf-8")
        project.run()
        asked = [
            (request.body["model"], request.body["messages"][-1]["content"])
            for request in server.requests
        ]

    answers, warm_ups, timed = asked[:-36], asked[-36:-32], asked[-32:]
    assert all(said.startswith("question") for _, said in answers)
    assert Counter(model for model, _ in warm_ups) == {"old": 2, "new": 2}
    orders = Counter()
    for start in range(0, 32, 4):
        models = "".join(model[0] for model, _ in timed[start : start + 4])
        marks = [MARKED.match(said).groups() for _, said in timed[start : start + 4]]
        orders[models] += 1
        assert marks[0] == marks[1] != marks[2] == marks[3]  # a nonce for each repeat
        assert len({number for _, number in marks}) == 1
    assert orders == {"noon": 4, "onno": 4}

    gate = project.gates["new", "ttft-ratio"]
    assert gate["decision"] == "pass" or gate["cause"] == "latency"  # a machine that is too busy
    assert gate["planned"] == 8
    told = {one["contestant"]: one for one in project.results["timed"]}
    assert (told["new"]["lane"], told["new"]["calls"], told["new"]["failed"]) == (
        "dedicated",
        16,
        0,
    )
    assert told["new"]["largest_lag"] is not None
    assert "one call at a time on each host" in project.page
    roles = dict(project.sql("select role, count(*) from call group by role"))
    assert roles == {"answer": len(answers), "warmup": 4, "timing": 32}
