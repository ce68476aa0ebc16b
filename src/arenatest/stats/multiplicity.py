"""Many tests at once: what still counts as proven when several are read together."""

from __future__ import annotations

from collections.abc import Sequence

from arenatest.errors import InsufficientData


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values adjusted so that the chance of *any* false proof stays under the level.

    They hold for any dependence between the tests. Gates that must all pass need none of this:
    one true pass short of all is a failure already. It is for the other side, where one false fail
    among many slices would stop a release.

    Args:
        p_values: Valid each on its own, in [0, 1].

    Returns:
        The adjusted p-values, in the same order; none is smaller than what it was.

    Raises:
        InsufficientData: A p-value is no number from 0 to 1.

    Examples:
        >>> holm([0.01, 0.04, 0.03])
        (0.03, 0.06, 0.06)

    Reference:
        S. Holm, Scand. J. Statist. 6 (1979) 65-70.
    """
    for p in p_values:
        if not 0.0 <= p <= 1.0:
            raise InsufficientData(f"p-value: got {p!r}, expected a number from 0 to 1")
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for done, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min((len(p_values) - done) * p_values[place], 1.0))
        adjusted[place] = largest
    return tuple(adjusted)
