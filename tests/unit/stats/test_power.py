import pytest

from arenatest.stats.power import clusters_needed


@pytest.mark.parametrize(
    ("margin", "n"), [(0.15, 30), (0.10, 68), (0.08, 106), (0.05, 270), (0.03, 749), (0.02, 1684)]
)
def test_the_published_numbers_of_prompts(margin, n):
    assert clusters_needed(sd=0.33, delta=margin, alpha=0.05) == pytest.approx(n, abs=1)


def test_the_side_of_the_limit_does_not_matter():
    one = clusters_needed(sd=0.3, delta=0.1, alpha=0.05)
    assert one == clusters_needed(sd=0.3, delta=-0.1, alpha=0.05)


def test_on_the_limit_no_number_would_do():
    assert clusters_needed(sd=0.3, delta=0.0, alpha=0.05) is None
    assert clusters_needed(sd=0.3, delta=1e-300, alpha=0.05) is None
    assert clusters_needed(sd=0.3, delta=0.001, alpha=0.05) is None


def test_without_spread_one_would_do():
    assert clusters_needed(sd=0.0, delta=0.1, alpha=0.05) == 1
