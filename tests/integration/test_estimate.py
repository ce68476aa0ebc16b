"""People ask what a suite will take before they have a key, and get it without a call."""

SUITE = """
[suite]
name = "support"
[baseline]
name = "gpt-4o"
provider = "openai"
model = "gpt-4o"
params = { max_tokens = 300 }
[[candidates]]
name = "new"
provider = "openai"
model = "mine"
base_url = "http://localhost:1/v1"
price = { input = 1, output = 4 }
[[judges]]
kind = "llm"
name = "sonnet"
provider = "openai"
model = "unheard-of"
base_url = "http://localhost:1/v1"
[[gates]]
metric = "win_rate"
min = 0.45
[[gates]]
metric = "ttft"
stat = "p95"
max = "800 ms"
"""


def estimate(project, *arguments):
    return project.arenatest("estimate", *arguments)


def test_an_estimate_needs_no_key_makes_no_call_and_writes_nothing(project, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    asked = "".join(f'[[prompts]]\nquery = "How do I return order {n}?"\n' for n in range(100))
    project.write("support.arena.toml", SUITE + asked)
    project.write("test_other.py", "raise RuntimeError('not to be imported')")
    done = estimate(project)
    assert done.ret == 0
    done.stdout.fnmatch_lines(
        [
            "support (support.arena.toml): 100 prompts",
            " * calls * input tokens * output tokens * cost",
            "  gpt-4o * to 100 * 30,000 * $*",
            "  new * 100 * 100,000 * $*",
            "  sonnet (judge) * to 200 * -",
            "  together * to 400 * $* and more",
            "  time * 8 calls at once",
            "  the price of sonnet is unknown: write price = *",
            "  new::win_rate *100 prompts: will probably pass from 0.549 up and *",
            "  new::ttft-p95 *100 prompts: will probably pass where 0.82 % of the values lie *",
        ]
    )
    assert not (project.path / ".arenatest").exists()


def test_an_estimate_learns_from_the_record_and_takes_single_gates(project):
    project.suite("x")
    project.run()
    done = estimate(project, "x.arena.toml::new::win_rate")
    assert done.ret == 0
    done.stdout.fnmatch_lines(["  time  0.0 s*, 8 calls at once"])  # plain functions are quick


def test_a_wrong_suite_is_a_collection_error_and_none_is_told(project):
    project.suite("x", run='seed = "a"')
    done = estimate(project)
    assert done.ret == 2
    done.stdout.fnmatch_lines(["*x.arena.toml:*: run.seed: *"])
    assert "calls" not in done.stdout.str()
    assert estimate(project, "models.py").ret == 5
