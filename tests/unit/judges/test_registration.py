import arenatest.judges
import arenatest.metrics


def test_the_built_in_kinds_are_registered_by_name():
    judges = arenatest.judges.pytest_arena_judges()
    assert {name: kind.on_provider for name, kind in judges.items()} == {
        "llm": True,
        "python": False,
        "reference": False,
    }
    assert list(arenatest.metrics.pytest_arena_metrics()) == ["python"]
