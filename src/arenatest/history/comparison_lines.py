"""Two runs side by side, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from arenatest.gates.words import amount, interval
from arenatest.history.comparison import Comparison, ContestantPair, GatePair, ScorePair, Side
from arenatest.history.flipped import Bout, Flipped
from arenatest.history.noise import ERROR, Change, Finding
from arenatest.history.table import aligned, one_line, shortened
from arenatest.model.decision import Decision
from arenatest.report.phrases import (
    OUTCOMES,
    STATUS,
    UNKNOWN,
    dollars,
    evidence_words,
    interval_words,
    limit_words,
    moment,
    percent,
    plural,
    value_words,
)

_ID = 8  # characters of a run's id
_NAME = 30  # columns of a name in a table
_TEXT = 56  # columns of an answer's beginning
_SCORE: Mapping[Finding, str] = {"higher": "better", "lower": "WORSE"}
_CLOCK: Mapping[Finding, str] = {"higher": "SLOWER", "lower": "faster"}


def comparison_lines(found: Comparison, *, flips: int) -> Iterator[str]:
    """Yield what differs from one run to another, in lines that are safe in a terminal.

    Args:
        found: What was compared.
        flips: How many flipped prompts of a candidate are shown.
    """
    yield from _sides(found)
    yield from _section("plan", [*found.apart, *found.plan] or ["the same in both"])
    yield from _section("gates", [line for pair in found.gates for line in _gate(pair)])
    yield from _section("win rate", [line for pair in found.scores for line in _score(pair)])
    yield from _section("times", [*_clocks(found)])
    yield from _section("answers", [*_answers(found.contestants)])
    yield from _section("judges", [*_judges(found)])
    if found.comparisons:
        yield (
            f"{plural(found.comparisons, 'interval')}, {found.level:.2%} each: of two runs in "
            f"which nothing has changed, at most {ERROR:.0%} show any difference"
        )
    for pair in found.scores:
        yield from _flips(pair, flips)


def _sides(found: Comparison) -> Iterator[str]:
    rows = [_side("before", found.before), _side("after", found.after)]
    yield from aligned(rows, right=(3, 4))


def _side(which: str, side: Side) -> tuple[str, ...]:
    open_ = "" if side.finished is not None else "; not finished"
    commit = f"; commit {side.commit[:10]}" if side.commit else ""
    told = f"{one_line(side.suite)}{commit}{open_}"
    calls = plural(side.calls, "call")
    return which, side.run[:_ID], moment(side.started), calls, dollars(side.cost), told


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield title
        yield from (f"  {line}" for line in lines)


def _gate(pair: GatePair) -> Iterator[str]:
    yield f"{one_line(pair.candidate)}  {one_line(pair.gate)}"
    rows = [
        (which, *_decided(decision))
        for which, decision in (("before", pair.before), ("after", pair.after))
    ]
    yield from (f"  {line}" for line in aligned(rows))


def _decided(decision: Decision | None) -> tuple[str, str, str, str]:
    if decision is None:
        return "not decided", "", "", ""
    measured = f"{value_words(decision)} {interval_words(decision)}".strip()
    status = STATUS[decision.decision]
    return status, measured, f"needs {limit_words(decision)}", evidence_words(decision)


def _score(pair: ScorePair) -> Iterator[str]:
    yield one_line(pair.candidate)
    if pair.change is None or pair.before is None or pair.after is None:
        yield "  no prompt has a verdict in both runs"
        return
    change = pair.change
    bounds = "" if change.finding == "few" else f" {_signed_bounds(change)}"
    yield (
        f"  {pair.before:.3f} -> {pair.after:.3f}   {change.value:+.3f}{bounds}   "
        f"{_word(change, _SCORE)}   {plural(pair.prompts, 'prompt')}"
    )
    if pair.others and change.finding in _SCORE:
        yield f"  changed: {' and '.join(pair.others)}; it need not be the candidate"
    if pair.same:
        yield f"  {pair.same:,} of them rest on the same calls in both runs"


def _signed_bounds(change: Change) -> str:
    low, high = (UNKNOWN if one is None else f"{one:+.3f}" for one in (change.low, change.high))
    return f"[{low}, {high}]"


def _clocks(found: Comparison) -> Iterator[str]:
    rows = []
    for pair in found.clocks:
        change = pair.change
        ratio, word = UNKNOWN, "no prompt is timed in both"
        if change is not None:
            bounds = "" if change.finding == "few" else _bounds(change)
            ratio = f"{amount(change.value, 'ratio')} {bounds}".rstrip()
            word = f"{_word(change, _CLOCK)}, n={change.n:,}"
        times = [
            f"{_seconds(then)} -> {_seconds(now)}"
            for then, now in (
                (pair.before.p50, pair.after.p50),
                (pair.before.p95, pair.after.p95),
            )
        ]
        rows.append((pair.contestant, (pair.clock, *times, ratio, word)))
    if not rows:
        return
    head = ("", "P50", "P95", "RATIO", "")
    lines = aligned([head, *(row for _, row in rows)])
    yield next(lines)
    shown = None
    for (contestant, _), line in zip(rows, lines, strict=True):
        if contestant != shown:
            yield one_line(contestant)
            shown = contestant
        yield f"  {line}"
    yield from _unchanged(found)


def _unchanged(found: Comparison) -> Iterator[str]:
    """Say where a model that is the same was faster or slower: then others may have been too."""
    names = dict.fromkeys(
        pair.contestant
        for pair in found.clocks
        if not pair.changed and pair.change and pair.change.finding in _CLOCK
    )
    for name in names:
        yield (
            f"{one_line(name)} is the same model in both runs: its server, the network, or this "
            "machine took another time"
        )


def _bounds(change: Change) -> str:
    return interval(change.low, change.high, change.value, "ratio")


def _word(change: Change, words: Mapping[Finding, str]) -> str:
    if change.finding == "few":
        return "too few to tell"
    return words.get(change.finding, "within noise")


def _answers(pairs: Sequence[ContestantPair]) -> Iterator[str]:
    rows = [("", "ANSWERS", "FAILED", "COST OF AN ANSWER")]
    rows += [
        (
            shortened(one_line(pair.contestant), _NAME),
            _both(*(f"{count:,}" for count in pair.answers)),
            _both(*map(_failures, pair.failures)),
            _both(*map(dollars, pair.costs)),
        )
        for pair in pairs
    ]
    yield from aligned(rows)


def _failures(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in kinds.items()) or "0"


def _judges(found: Comparison) -> Iterator[str]:
    if not found.judges:
        return
    rows = [("", "READ", "FLIPPED")]
    rows += [
        (
            shortened(one_line(judge.judge), _NAME),
            _both(*map(percent, judge.parsed)),
            _both(*map(percent, judge.flipped)),
        )
        for judge in found.judges
    ]
    yield from aligned(rows)
    if found.alpha != (None, None):
        then, now = (UNKNOWN if one is None else f"{one:.2f}" for one in found.alpha)
        yield f"Krippendorff's alpha of the jury {_both(then, now)}"


def _flips(pair: ScorePair, most: int) -> Iterator[str]:
    if not pair.flips:
        return
    worse = sum(flip.change < 0 for flip in pair.flips)
    better = len(pair.flips) - worse
    told = f"{len(pair.flips):,} of {plural(pair.prompts, 'prompt')} flipped"
    yield f"{one_line(pair.candidate)}: {told}, {worse:,} worse, {better:,} better"
    for flip in pair.flips[:most]:
        yield from _flip(flip)
    if len(pair.flips) > most:
        yield f"  and {len(pair.flips) - most:,} more: --flips N shows them"


def _flip(flip: Flipped) -> Iterator[str]:
    category = f"  ({one_line(flip.category)})" if flip.category else ""
    ended = f"{OUTCOMES[flip.before.outcome]} -> {OUTCOMES[flip.after.outcome]}"
    scores = f"{flip.before.score:.2f} -> {flip.after.score:.2f}"
    yield f"  {ended}  {scores}  {one_line(flip.prompt)}{category}"
    for which, bout in (("before", flip.before), ("after", flip.after)):
        yield f"    {which:<6} {_quoted(bout.candidate)}"
        yield f"    {'':<6} against {_quoted(bout.baseline)}"
        judges = "; ".join(_said(bout))
        yield f"    {'':<6} {judges or 'no judge was asked'}, call {bout.chat_id[:12]}"


def _said(bout: Bout) -> Iterator[str]:
    for said in bout.judges:
        first, second = (
            word or "not asked" for word in (said.baseline_first, said.candidate_first)
        )
        both = first if first == second else f"{first} shown second, {second} shown first"
        yield f"{one_line(said.judge)}: {both}"


def _quoted(text: str | None) -> str:
    return "no answer" if text is None else f'"{shortened(one_line(text), _TEXT)}"'


def _both(then: str, now: str) -> str:
    return then if then == now else f"{then} -> {now}"


def _seconds(value: float | None) -> str:
    return UNKNOWN if value is None else amount(value, "s")
