"""Numbers and decisions in the words that every report shares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from arenatest.gates.words import amount, counted, interval, limit
from arenatest.lock.flips import Flips
from arenatest.lock.reigns import Reign
from arenatest.model.decision import Decision
from arenatest.model.metric import MetricSpec
from arenatest.model.price import SUITE, Price
from arenatest.model.record import Measured
from arenatest.report.jury import JuryReport
from arenatest.stats.correction import GOOD_LABELS, CorrectedMean

STATUS = {"pass": "PASS", "fail": "FAIL", "inconclusive": "INCONCLUSIVE"}
RANK = {"fail": 0, "inconclusive": 1, "pass": 2}
"""What needs a reader's eye comes first."""

UNKNOWN = "-"

OUTCOMES = {"win": "won", "tie": "tied", "loss": "lost"}

_COMMON = 0.1
_RULES = {
    "mean": "mean of the judges",
    "majority": "majority of votes",
    "unanimous": "unanimous votes",
}


def value_words(decision: Decision) -> str:
    """Return the measurement, with digits enough to tell it from its limit."""
    if decision.value is None:
        return "beyond measure" if decision.n else "not measured"
    return amount(decision.value, decision.unit, near=decision.threshold)


def interval_words(decision: Decision) -> str:
    """Return the interval on the value's scale, such as ``[610, 702]``; empty where unknown."""
    if decision.value is None or (decision.low is None and decision.high is None):
        return ""
    return interval(
        decision.low, decision.high, decision.value, decision.unit, near=decision.threshold
    )


def limit_words(decision: Decision) -> str:
    """Return what the gate asks for, such as ``>= 0.45``."""
    sign = ">=" if decision.side == "min" else "<="
    return f"{sign} {limit(decision.threshold, decision.unit)}"


def evidence_words(decision: Decision) -> str:
    """Return on how much the decision rests, such as ``decided at 143 of 200 prompts``."""
    planned = counted(decision.planned, decision.counted)
    void = counted(decision.voids, "prompts") if decision.counted == "clusters" else decision.voids
    voids = f", {void} void" if decision.voids else ""
    if decision.n == decision.planned:
        return f"{planned}{voids}"
    early = decision.decision != "inconclusive" and decision.n + decision.voids < decision.planned
    sofar = f"{decision.n:,} of {planned}"
    return f"decided at {sofar}{voids}" if early else f"{sofar}{voids}"


def measured_words(metric: MetricSpec, measured: Measured) -> str:
    """Return what a metric gave, or why it gave nothing."""
    if measured.value is None:
        return f"{metric.name}: no value{f', {measured.error}' if measured.error else ''}"
    return f"{metric.name} {amount(measured.value, metric.unit)}"


def flips_words(found: Flips) -> str:
    """Return what turned since an earlier run, in a line; empty where nothing was compared."""
    if not found.compared:
        return ""
    which = "accepted run" if found.earlier.accepted else "run"
    since = f"since the {which} {found.earlier.run[:8]} of {moment(found.earlier.started)}"
    share = f"{len(found.flips):,} of {plural(found.compared, 'prompt')} flipped {since}"
    if not found.flips:
        return share
    chance = f"{found.chance:.2g}" if found.chance < _COMMON else f"{found.chance:.2f}"
    return f"{share}: {found.worse:,} worse, {found.better:,} better (sign test p = {chance})"


def reigns_words(reigns: Sequence[Reign]) -> str:
    """Return who was the baseline before, in a line; empty where nobody was."""
    if len(reigns) < 2:  # noqa: PLR2004 - a chain has two ends
        return ""
    before = ", ".join(f"{one.name} until {moment(one.until)[:10]}" for one in reigns[-4:-1])
    more = f"{len(reigns) - 4:,} more, " * (len(reigns) > 4)  # noqa: PLR2004 - as many as a line
    return f"earlier baselines: {more}{before}"


def changed_words(found: Flips) -> str:
    """Return what else is not as it was in the earlier run; empty where all is."""
    if not found.changed:
        return ""
    return f"not as it was then: {', '.join(found.changed)}"


def jury_words(jury: JuryReport) -> str:
    """Return how a jury voted, in a line."""
    rule = _RULES[jury.voting]
    quorum = f", at least {jury.quorum} votes" if jury.quorum > 1 else ""
    counts = (
        f"agreed on {jury.agreed:,}",
        f"divided on {jury.divided:,}",
        f"one vote alone on {jury.single:,}" if jury.single else "",
        f"too few votes on {jury.short:,}" if jury.short else "",
    )
    told = ", ".join(filter(None, counts))
    return f"Jury of {jury.judges}, {rule}{quorum}: {told} of {plural(jury.battles, 'battle')}."


def p_words(p: float) -> str:
    """Return a p-value, such as ``p = 0.03``."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"  # noqa: PLR2004 - as it is written


def corrected_words(mean: CorrectedMean) -> str:
    """Return a win rate that human labels corrected, beside what it was made of."""
    shown = f"{mean.value:.3f}"
    if mean.low is not None and mean.high is not None:
        shown += f" [{mean.low:.3f}, {mean.high:.3f}]"
    few = f"; fewer than {GOOD_LABELS} labels, so take it with care"
    return (
        f"Corrected by people: {shown}, where the judges alone say {mean.judge:.3f} "
        f"and people alone {mean.human:.3f} ({plural(mean.labelled, 'prompt')} labelled, "
        f"{mean.unlabelled:,} not{few if mean.labelled < GOOD_LABELS else ''}). "
        "No gate looks at it."
    )


def alpha_words(jury: JuryReport) -> str:
    """Return how far the judges agree beyond chance."""
    if jury.alpha is None:
        return "Krippendorff's alpha is undefined: no two sides to compare."
    over = plural(jury.compared, "battle")
    return f"Krippendorff's alpha {jury.alpha:.2f} over {over}: 1 is full agreement, 0 is chance."


def plural(number: int, noun: str) -> str:
    """Return ``1 gate`` or ``2 gates``, with thousands set apart.

    Examples:
        >>> plural(1, "gate"), plural(1200, "prompt")
        ('1 gate', '1,200 prompts')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def percent(share: float | None) -> str:
    """Return a share as a percentage for reading; a dash where it is unknown.

    Examples:
        >>> percent(0.0625), percent(None)
        ('6.2 %', '-')
    """
    if share is None:
        return UNKNOWN
    return f"{share:.0%}".replace("%", " %") if share in (0.0, 1.0) else f"{share * 100:.1f} %"


def dollars(cost: float | None) -> str:
    """Return US dollars; a dash where the cost is unknown."""
    return UNKNOWN if cost is None else amount(cost, "USD")


def price_words(price: Price) -> str:
    """Return what a million tokens cost, and who says so.

    Examples:
        >>> price_words(Price(input=2.5, output=10.0, source="genai-prices 0.2.3 on 2026-11-21"))
        '$2.50 in, $10.00 out (genai-prices 0.2.3 on 2026-11-21)'
    """
    cached = "" if price.cached_input is None else f", {amount(price.cached_input, 'USD')} cached"
    both = f"{amount(price.input, 'USD')} in{cached}, {amount(price.output, 'USD')} out"
    more = ", more for long prompts" * bool(price.tiers)
    return f"{both}{more} ({'the suite' if price.source == SUITE else price.source})"


def duration_words(seconds: float) -> str:
    """Return a wall time for reading.

    Examples:
        >>> duration_words(3.21), duration_words(75), duration_words(7260)
        ('3.2 s', '1 min 15 s', '2 h 1 min')
    """
    minute, hour = 60, 3600
    if seconds < minute:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < hour:
        return f"{whole // minute} min {whole % minute} s"
    return f"{whole // hour} h {whole % hour // minute} min"


def moment(stamp: float) -> str:
    """Return a wall clock time in UTC, to the second."""
    return f"{datetime.fromtimestamp(stamp, UTC):%Y-%m-%d %H:%M:%S} UTC"
