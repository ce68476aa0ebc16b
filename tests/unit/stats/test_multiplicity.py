import math
import random

import pytest
from statsmodels.stats.multitest import multipletests

from arenatest.errors import InsufficientData
from arenatest.stats.multiplicity import holm


@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_statsmodels_adjusts_alike(n):
    rng = random.Random(n)
    p_values = [rng.random() ** 4 for _ in range(n)] + [0.5, 0.5]
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)


def test_the_textbook_example():
    # Holland and Copenhaver, Psychological Bulletin 104 (1988) 145-149: rejects the first only
    adjusted = holm([0.0121, 0.0142, 0.1986])
    assert adjusted == pytest.approx((0.0363, 0.0363, 0.1986))


def test_one_test_needs_no_adjustment_and_none_gives_none():
    assert holm([0.04]) == (0.04,)
    assert holm([]) == ()


@pytest.mark.parametrize("p", [math.nan, -0.1, 1.1])
def test_what_is_no_probability_is_refused(p):
    with pytest.raises(InsufficientData, match="p-value"):
        holm([0.1, p])
