from arenatest import judges, metrics, providers
from arenatest.commands.listing import kind_lines
from arenatest.suite.kinds import Kinds


def test_what_kinds_are_for_stands_in_one_column_however_long_their_names():
    kinds = Kinds(
        providers=providers.pytest_arena_providers(),
        judges=judges.pytest_arena_judges(),
        metrics=metrics.pytest_arena_metrics(),
    )
    lines = list(kind_lines(kinds))
    asks = [line for line in lines if " Asks " in line and line.endswith("providers.openai)")]
    assert {line.index("Asks") for line in asks} == {len("  openai-responses ")}
    assert lines[-1] == "caches:"
