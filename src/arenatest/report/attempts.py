"""What a report says of a plan that was tried more than once, or of a run that was asked again."""

from __future__ import annotations

from collections.abc import Iterator

from arenatest.gates.measure import risks_of
from arenatest.model.attempts import Attempts, false_pass
from arenatest.model.plan import Rule
from arenatest.model.record import AskedAgain, Ledger
from arenatest.report.phrases import moment, percent, plural
from arenatest.report.suite_run import SuiteRun

_CLOCKS = frozenset({"timing", "load"})
_OF_FAILING = frozenset({"error_rate", "void_rate", "parse_rate", "judge_error_rate"})
_SHOWN = 12  # digits of a commit


def attempt_lines(run: SuiteRun) -> Iterator[str]:
    """Yield that the run is not the first attempt, and what that does to the stated error.

    Of clocks only under a known commit: a suite that is run every night takes them every night.
    """
    attempts = run.standing.attempts
    if attempts is None:
        return
    judged, timed = _risks(run)
    if judged is not None and attempts.judged > 1:
        yield (
            f"attempt {attempts.judged} of this plan{_under(attempts)}: its answers, "
            f"verdicts or order were drawn anew each time, and {_weaker(judged, attempts.judged)}"
        )
    if timed is not None and _timings(attempts) > 1:
        yield (
            f"the clocks of this plan were taken in {attempts.timed} runs{_under(attempts)}: every "
            f"run takes them afresh, and {_weaker(timed, attempts.timed)}"
        )


def mended_lines(run: SuiteRun) -> Iterator[str]:
    """Yield that a gate about failing looks at what was tried until it did not fail."""
    attempts = run.standing.attempts
    gates = sorted({d.metric for d in run.decisions if d.metric in _OF_FAILING})
    if attempts is not None and attempts.mended and gates:
        yield (
            f"what failed in an earlier run of this plan{_under(attempts)} was tried again, and "
            f"what succeeded was kept: {', '.join(gates)} looks better than in one run; "
            "--arena-fresh measures it anew"
        )


def false_pass_of(run: SuiteRun) -> float | None:
    """Return how often the worst gate passes wrongly in one of the attempts, at most.

    None where no gate was decided or nobody counted.
    """
    attempts = run.standing.attempts
    if attempts is None:
        return None
    counts = (attempts.judged, _timings(attempts))
    risks = [
        false_pass(alpha, max(1, count))
        for alpha, count in zip(_risks(run), counts, strict=True)
        if alpha is not None
    ]
    return max(risks, default=None)


def asked_again_lines(ledger: Ledger) -> Iterator[str]:
    """Yield what was asked again in the run, and which decisions had fallen before."""
    told = [line for one in ledger.asked_again if (line := _asked_again(one))]
    yield from told
    stand = [] if ledger.before is None else sorted(ledger.before.decisions)
    if told and stand:
        names = ", ".join(f"{candidate} {gate}" for candidate, gate in stand)
        yield f"decided before that, and not decided again: {names}"


def _asked_again(one: AskedAgain) -> str:
    counts = (
        (one.answers, "failed answer"),
        (one.judgments, "void judgment"),
        (one.values, "missing value"),
    )
    *parts, last = [plural(count, noun) for count, noun in counts if count] or [""]
    if not last:
        return ""
    were = "was" if one.answers + one.judgments + one.values == 1 else "were"
    listed = f"{', '.join(parts)} and {last}" if parts else last
    return f"{listed} {were} asked again ({moment(one.at)})"


def _risks(run: SuiteRun) -> tuple[float | None, float | None]:
    """Return the largest risk of a false pass: of gates on what was judged, and on clocks."""
    rules = run.rules
    decided = [rules.get((made.candidate, made.gate)) for made in run.decisions]
    known = [rule for rule in decided if rule is not None]
    return _largest(r for r in known if r.metric.source not in _CLOCKS), _largest(
        r for r in known if r.metric.source in _CLOCKS
    )


def _timings(attempts: Attempts) -> int:
    return 1 if attempts.commit is None else attempts.timed


def _largest(rules: Iterator[Rule]) -> float | None:
    return max((risks_of(rule).passing for rule in rules), default=None)


def _weaker(alpha: float, attempts: int) -> str:
    return (
        f"a gate that passes wrongly with at most {percent(alpha)} in one attempt does so with "
        f"up to {percent(false_pass(alpha, attempts))} in {attempts}"
    )


def _under(attempts: Attempts) -> str:
    return "" if attempts.commit is None else f" under the commit {attempts.commit[:_SHOWN]}"
