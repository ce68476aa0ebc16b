"""Causes of slow calls in words: what was found, with its figures, and what helps."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from arenatest.gates.words import amount
from arenatest.signs.slowness.advice import LIKELY, Finding
from arenatest.signs.slowness.arms import Clock
from arenatest.signs.slowness.suspects import Cause

Figures = Mapping[str, float]

CLOCKS: Mapping[Clock, str] = {
    "ttft": "TTFT",
    "ttfat": "first answer text",
    "e2e": "E2E",
    "queue_wait": "queue wait",
}

HELP: Mapping[Cause, str] = {
    "answers": "ask for shorter answers, or gate TTFT and time per token instead of E2E",
    "tokens": "the model or its server generates more slowly: a smaller model, or more room for it",
    "reasoning": "let it think less (its reasoning effort), or expect the time",
    "prompts": "shorten its system prompt or template",
    "cache": 'time both with prompts that no cache knows: [latency] lane = "dedicated"',
    "queueing": "fewer calls at once (max_concurrency), or more servers",
    "cold_start": "warm it up before, and keep its model loaded",
    "throttling": "ask less at once, or for a larger quota",
    "failures": "see its failures by kind; each counts as slower than every limit",
    "lag": "run on a machine with less to do: the model is not to blame",
    "own_queue": "let more calls run at once, or raise the limits of the key",
    "connections": "keep connections open: ask what closes them, or time on a dedicated lane",
    "buffering": "let whatever stands between pass streams on as they come",
    "drift": "ask what else the server does at that time; run again at another",
    "two_kinds": "look at calls of both kinds with arenatest show",
}
"""What may be done about each, in a line."""

_SAME = 0.1  # how far a ratio may be from 1 and still be called the same
_BROKEN = {
    "timeout": "timed out",
    "stalled": "stalled",
    "connection": "lost their connection",
    "server": "met an error of the server",
    "cut": "were cut off",
    "stream": "broke off with an error",
    "malformed": "were not readable",
    "empty": "came without text",
    "retried": "failed at first",
}


def cause_words(finding: Finding) -> str:
    """Return what was found, with its figures, such as ``answers are 1.8x as long (...)``."""
    return _WORDS[finding.cause](finding.figures, finding.against or "the other one")


def told_cause(finding: Finding, clock: Clock) -> str:
    """Return a finding as the cause of one clock, and how much of it that is."""
    share = finding.shares[clock]
    sure = "likely" if share >= LIKELY else "possible"
    return f"{sure} cause: {cause_words(finding)}; {share_words(finding, share)}"


def unkept_words(other: str, stat: str, seconds: float) -> str:
    """Return that a limit is beyond the other contestant as well."""
    return f"{other} does not keep this limit either: its {stat} is {_seconds(seconds)}"


def share_words(finding: Finding, share: float) -> str:
    """Return how much of what is slow a cause explains, for people.

    Our own lag explains why there is no verdict.
    """
    if finding.cause == "lag":
        return "so there is no verdict"
    much = "all" if share >= _ALL else f"about {round(share * 20) * 5} %"
    if finding.against is None:
        return f"{much} of its slow calls"
    return f"{much} of the difference"


def _answers(figures: Figures, other: str) -> str:
    unit = "tokens" if "tokens" in figures else "characters"
    lengths = f"{_count(figures[unit])} {unit} against {_count(figures[f'{unit}_other'])}"
    pace = figures["pace_ratio"]
    same = abs(pace - 1.0) <= _SAME
    told = " while time per token is the same" if same else f", time per token is {_times(pace)}"
    return f"answers are {_times(figures['ratio'])} as long ({lengths}){told if pace else ''}"


def _tokens(figures: Figures, other: str) -> str:
    paces = f"{_seconds(figures['pace'])} against {_seconds(figures['pace_other'])}"
    return f"each token takes {_times(figures['ratio'])} the time ({paces})"


def _reasoning(figures: Figures, other: str) -> str:
    tokens = f"{_count(figures['tokens'])} tokens of thoughts come before an answer"
    against = f" ({other}: {_count(figures['tokens_other'])})" if "tokens_other" in figures else ""
    if figures["hidden"] > figures["tokens"] / 2.0:
        held = f"which are not streamed and hold back the first text by {_seconds(figures['held'])}"
    else:
        held = f"which takes {_seconds(figures['aloud'])}"
    return f"{tokens}{against}, {held}"


def _prompts(figures: Figures, other: str) -> str:
    lengths = f"{_count(figures['tokens'])} tokens against {_count(figures['tokens_other'])}"
    slope = figures.get("slope")
    grows = f", and each token adds {_seconds(slope)} to TTFT" if slope else ""
    return f"prompts are {_times(figures['ratio'])} as long ({lengths}){grows}"


def _cache(figures: Figures, other: str) -> str:
    theirs, ours = figures["share_other"], figures["share"]
    return f"{theirs:.0%} of {other}'s input tokens were cached, {ours:.0%} of its own".replace(
        "%", " %"
    )


def _queueing(figures: Figures, other: str) -> str:
    if "told" in figures:
        of = f"of a TTFT of {_seconds(figures['ttft'])}"
        return f"its server says that calls queue for {_seconds(figures['told'])} {of}"
    few = f"{_seconds(figures['ttft_few'])} with {figures['few']:.0f} in flight"
    many = f"{_seconds(figures['ttft_many'])} with {figures['many']:.0f}"
    return f"calls queue on its server: TTFT is {few} and {many}"


def _cold_start(figures: Figures, other: str) -> str:
    calls = _calls(figures)
    if "load" in figures:
        return f"its server loaded the model for {calls}, {_seconds(figures['load'])} each"
    times = f"TTFT {_seconds(figures['ttft'])}, later {_seconds(figures['later'])}"
    return f"its first calls were cold ({calls}): {times}"


def _throttling(figures: Figures, other: str) -> str:
    late = f", and came {_seconds(figures['delay'])} later" if "delay" in figures else ""
    return f"{_calls(figures)} were refused for their rate (429){late}"


def _failures(figures: Figures, other: str) -> str:
    kinds = sorted((kind for kind in _BROKEN if kind in figures), key=lambda k: -figures[k])
    told = ", ".join(f"{figures[kind]:.0f} {_BROKEN[kind]}" for kind in kinds)
    return f"{_calls(figures)} had no answer at the first attempt: {told}"


def _lag(figures: Figures, other: str) -> str:
    longest = _seconds(figures["longest"])
    return f"this process was busy during {_calls(figures)}, by up to {longest}"


def _own_queue(figures: Figures, other: str) -> str:
    longest = _seconds(figures["longest"])
    return f"calls waited {_seconds(figures['wait'])} for our own limits, at most {longest}"


def _connections(figures: Figures, other: str) -> str:
    against = f" ({other}: {figures['calls_other']:.0f})" if "calls_other" in figures else ""
    each = f"which takes {_seconds(figures['connect'])} each"
    return f"{_calls(figures)} opened a connection{against}, {each}"


def _buffering(figures: Figures, other: str) -> str:
    against = f" ({other}: {figures['calls_other']:.0f})" if "calls_other" in figures else ""
    return f"{_calls(figures)} came in one piece{against}: something holds answers back"


def _drift(figures: Figures, other: str) -> str:
    first, last = figures["first"], figures["last"]
    became = "slower" if last > first else "faster"
    times = f"TTFT {_seconds(first)} in its first third, {_seconds(last)} in its last"
    return f"it became {became} during the run: {times}"


def _two_kinds(figures: Figures, other: str) -> str:
    slow = figures["share"]
    kinds = f"{1.0 - slow:.0%} take about {_seconds(figures['low'])}, {slow:.0%} about "
    return f"its calls are of two kinds: {kinds}{_seconds(figures['high'])}".replace("%", " %")


_WORDS: Mapping[Cause, Callable[[Figures, str], str]] = {
    "answers": _answers,
    "tokens": _tokens,
    "reasoning": _reasoning,
    "prompts": _prompts,
    "cache": _cache,
    "queueing": _queueing,
    "cold_start": _cold_start,
    "throttling": _throttling,
    "failures": _failures,
    "lag": _lag,
    "own_queue": _own_queue,
    "connections": _connections,
    "buffering": _buffering,
    "drift": _drift,
    "two_kinds": _two_kinds,
}
_ALL = 0.975


def _calls(figures: Figures) -> str:
    return f"{figures['calls']:.0f} of {figures['of']:.0f} calls"


def _seconds(seconds: float) -> str:
    return amount(seconds, "s")


def _count(tokens: float) -> str:
    return f"{round(tokens):,}"


def _times(ratio: float) -> str:
    return f"{ratio:.1f}x" if ratio < _LARGE else f"{ratio:.0f}x"


_LARGE = 10.0
