import sys

import pytest

TESTS = """
import pytest

QUESTIONS = [{"query": f"question {n}", "response": f"answer {n}"} for n in range(30)]


def old(prompt):
    return "It may be " + prompt.reference


def new(prompt):
    return prompt.reference


def bad(prompt):
    return "no idea"


def battle(arena, candidate):
    return dict(prompts=QUESTIONS, baseline=old, candidate=candidate, judge={"kind": "reference"})


def test_better(arena):
    result = arena.battle(**battle(arena, new))
    assert result.win_rate.passes(min=0.45)
    assert result.metric("error_rate").passes(max=0.2)
    assert result.metric("answer_length").passes(stat="p90", max=100)
    assert not result.win_rate.passes(max=0.2)


def test_worse(arena):
    result = arena.battle(**battle(arena, bad))
    assert not result.win_rate.passes(min=0.45)
    assert result.win_rate.decide(min=0.45).decision == "fail"


def test_a_misspelt_key(arena):
    from arenatest.errors import ArenaError

    result = arena.battle(**battle(arena, new))
    with pytest.raises(ArenaError, match="mn"):
        result.win_rate.passes(mn=0.45)
"""

ASYNC_TESTS = """
import asyncio
import pytest

QUESTIONS = [{"query": f"question {n}", "response": f"answer {n}"} for n in range(30)]


async def new(prompt):
    await asyncio.sleep(0)
    return prompt.reference


def first(prompt, a, b):
    return "A>B" if len(a) > len(b) else "B>A"


@pytest.mark.MODE
async def test_inside_a_running_loop(arena):
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.001)

    ticking = asyncio.create_task(tick())
    result = await arena.battle_async(
        prompts=QUESTIONS, baseline=lambda p: "longer than that", candidate=new, judge=first
    )
    ticking.cancel()
    assert ticks > 3
    assert result.win_rate.decide(min=0.5).decision == "fail"
    again = arena.battle(
        prompts=QUESTIONS, baseline=lambda p: "x", candidate=new, judge=first
    )
    assert again.win_rate.passes(min=0.5)
"""


def test_battles_from_python(project):
    project.write("test_battles.py", TESTS)
    result = project.run("-v")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["*= arena =*", "*win_rate*"])


def test_what_is_told_of_a_battle_that_no_gate_looked_at_stands_below_its_title(project):
    again = "\n\ndef test_only_fought(arena):\n    arena.battle(**battle(arena, bad))\n"
    project.write("test_battles.py", TESTS + again)
    project.run()
    result = project.run()
    lines = result.outlines
    title = lines.index("test_only_fought  candidate against baseline")
    assert lines[title + 1].startswith("  cached: ")


def test_without_arena_such_tests_skip_and_say_why(project):
    project.write("test_battles.py", TESTS)
    result = project.run("-rs", arena=False)
    result.assert_outcomes(skipped=3)
    result.stdout.fnmatch_lines(["*calls language models: add --arena to run it"])
    assert not (project.path / ".arenatest").exists()


@pytest.mark.parametrize("mode", ["asyncio", "anyio"])
def test_battles_inside_a_running_loop(project, mode):
    pytest.importorskip("pytest_asyncio" if mode == "asyncio" else "anyio")
    project.write("test_async.py", ASYNC_TESTS.replace("MODE", mode))
    project.write(
        "conftest.py",
        "import pytest\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n",
    )
    project.write("pytest.ini", "[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    without = () if mode == "asyncio" else ("-p", "no:asyncio")
    result = project.pytester.run(sys.executable, "-m", "pytest", "--arena", *without, timeout=60)
    result.assert_outcomes(passed=1)


def test_a_failed_assertion_shows_the_reason_and_not_the_whole_record(project):
    failing = "def test_demands(arena):\n    result = arena.battle(**battle(arena, bad))\n"
    asserting = "    assert result.win_rate.passes(min=0.45)\n"
    project.write("test_battles.py", TESTS + "\n\n" + failing + asserting)
    result = project.run("-vv", "--showlocals", "-k", "demands")
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "where False = passes(min=0.45)" in text
    assert "<win_rate of <battle of candidate against baseline>>" in text
    assert "candidate: win rate 0.000" in text
    assert "Prompt(" not in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ("candidate=lambda: ''", "candidates[0].function (candidate): *takes (), *of (prompt)"),
        (
            "judge=lambda a, b: 'A>B'",
            "judges[0].function: *takes (a, b), *(prompt, text_a, text_b)",
        ),
        (
            "metrics=[{'name': 'm', 'kind': 'python', 'function': lambda a: 1.0}]",
            "metrics[0].function (m): *takes (a), *of (prompt, answer)",
        ),
    ],
    ids=["provider", "judge", "metric"],
)
def test_a_function_of_other_arguments_is_found_before_a_call(project, changes, expected):
    fought = "dict(battle(arena, counted), baseline=counted)"
    project.write(
        "test_battles.py",
        TESTS + "\n\ndef counted(prompt):\n    open('calls.log', 'a').write('called')\n"
        f"\n\ndef test_wrong(arena):\n    arena.battle(**{{**{fought}, **dict({changes})}})\n",
    )
    result = project.run("-k", "wrong")
    result.assert_outcomes(failed=1, deselected=3)
    literal = expected.replace("[", "[[]")
    result.stdout.fnmatch_lines([f"*test_battles.py::test_wrong: {literal}"])
    assert project.calls() == []
