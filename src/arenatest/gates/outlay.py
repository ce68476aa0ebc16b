"""What a suite will take before it is decided: calls, tokens, dollars and time, each from and to.

The least is what a record as clear as can be would take: gates that stop early then do so as soon
as they can, the others wait for the whole plan. The most is the whole plan. Calls that are made
again after a failure come on top, and what is already recorded is not bought again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, NamedTuple

from arenatest.gates.asked import Wanted, asked, asked_apart, asked_under_load
from arenatest.gates.foresight import foresee
from arenatest.gates.needs import Needs, needs, union
from arenatest.gates.pace import least_seconds, limit_words
from arenatest.model.answer import Usage
from arenatest.model.health import GOLDEN
from arenatest.model.plan import Contestant, JudgeSeat, Plan, Rule
from arenatest.model.prompt import Message, Prompt
from arenatest.model.tokens import (
    ANSWER,
    LONG_ANSWER,
    message_tokens,
    output_bound,
    text_tokens,
)

ORDERS = 2
INSTRUCTIONS = 500
"""Input tokens of a judge's instructions and fences, where no call of its is recorded."""
FIRST_TOKEN = 0.5
"""Seconds to the first token, where no call is recorded."""
TOKEN = 0.02
"""Seconds for each output token, likewise."""


class Span(NamedTuple):
    """From the least to the most."""

    low: float
    high: float

    def __add__(self, other: object) -> Span:
        """Return the sum of two spans."""
        assert isinstance(other, Span)  # noqa: S101 - a tuple's own + is not wanted
        return Span(self.low + other.low, self.high + other.high)


NOTHING = Span(0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Means over the recorded calls of a model that succeeded; None where nobody counted.

    Attributes:
        calls: How many there are, at least 1.
        input_tokens, output_tokens: For each call.
        seconds: From sending the request to the last piece.
    """

    calls: int
    input_tokens: float | None = None
    output_tokens: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one model takes: of a contestant, or of a judge.

    Attributes:
        input, output: Tokens of all its calls.
        cost: US dollars; None where its price is unknown.
        seconds: Of all its calls, one after another.
        width: How many of them may be in flight at once.
        least: Seconds that they take at least, by the limits of a minute.
        limits: These, for people; empty without any.
        basis: How the tokens of its answers were guessed, for people.
    """

    name: str
    role: Literal["contestant", "judge"]
    calls: Span
    input: Span
    output: Span
    cost: Span | None
    seconds: Span
    width: int
    least: Span
    limits: str
    basis: str
    metered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlay:
    """What one suite takes; ``shares`` are the contestants' models, then the judges'."""

    shares: tuple[Share, ...]

    @property
    def calls(self) -> Span:
        """Calls of all."""
        return sum((share.calls for share in self.shares), NOTHING)

    @property
    def cost(self) -> Span:
        """US dollars of all whose price is known."""
        return sum((share.cost for share in self.shares if share.cost is not None), NOTHING)

    @property
    def priced(self) -> bool:
        """Whether the price of anybody is known."""
        return any(share.cost is not None for share in self.shares)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Whose price is unknown though somebody bills them."""
        return tuple(s.name for s in self.shares if s.metered and s.cost is None and s.calls.high)

    @property
    def seconds(self) -> Span:
        """Of the run: as if all endpoints worked side by side, to as if one came after another."""
        taken = [
            (max(s.seconds.low / s.width, s.least.low), max(s.seconds.high / s.width, s.least.high))
            for s in self.shares
        ]
        return Span(max((low for low, _ in taken), default=0.0), sum(high for _, high in taken))


def outlay(
    rules: Sequence[Rule],
    plan: Plan,
    *,
    judges: Mapping[str, Contestant],
    past: Mapping[str, Past],
    concurrency: int,
) -> Outlay:
    """Return what the selected gates of a suite take.

    Args:
        rules: The selected gates.
        plan: The suite's.
        judges: The models that judges ask, by the judges' names; other judges make no call.
        past: What is recorded of models, by the fingerprints of contestants and judges.
        concurrency: Calls in flight at once for each endpoint.
    """
    wanted = tuple(_wanted(rules, plan, whole=whole) for whole in (False, True))
    guess = _Guess(plan=plan, past=past, concurrency=concurrency)
    models = [model for contestant in plan.contestants for model in contestant.models]
    loads = union(needs(rule, plan) for rule in rules).loads
    shares = [
        guess.contestant(
            model,
            [asked(model, plan, w) for w in wanted],
            asked_apart(model, plan, wanted[1]),  # a gate on clocks waits for the whole plan
            asked_under_load(model, plan, loads),
        )
        for model in models
    ]
    for seat in plan.judges:
        if seat.name in judges:
            games = [_games(seat, plan, w) for w in wanted]
            shares.append(guess.judge(seat, judges[seat.name], games))
    return Outlay(shares=tuple(shares))


def _wanted(rules: Sequence[Rule], plan: Plan, *, whole: bool) -> Wanted:
    """Return what is bought: of the whole plan, or until each gate can first be decided."""
    found: dict[str, list[Needs]] = {}
    for rule in rules:
        need = needs(rule, plan)
        covered = [prompt for prompt in plan.prompts if rule.covers(prompt)]
        clusters = [list(group) for _, group in groupby(covered, key=_cluster)]
        if not whole and plan.early_stop:
            clusters = clusters[: foresee(rule, plan).earliest]
        for cluster in clusters:
            for prompt in cluster:
                found.setdefault(prompt.id, []).append(need)
    return {prompt: union(several) for prompt, several in found.items()}


Games = Sequence[tuple[Prompt | None, int]]
"""How often a judge is shown a pair of answers to a prompt; None stands for the golden set."""


def _games(seat: JudgeSeat, plan: Plan, wanted: Wanted) -> Games:
    games: list[tuple[Prompt | None, int]] = []
    for prompt in plan.prompts:
        need = wanted.get(prompt.id)
        pairs = 0 if need is None else len(need.judgments - {GOLDEN})
        games.append((prompt, pairs * ORDERS * seat.repeats * plan.repeats))
    if any(GOLDEN in need.judgments for need in wanted.values()):
        games.append((None, len(plan.golden) * ORDERS * seat.repeats))
    return games


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guess:
    """Guesses tokens and times from what is recorded, or else by rules of thumb."""

    plan: Plan
    past: Mapping[str, Past]
    concurrency: int

    def contestant(
        self,
        model: Contestant,
        asked: Sequence[list[Prompt]],
        apart: list[Prompt],
        loaded: list[Prompt],
    ) -> Share:
        """Return what a contestant's model takes, asked the least and the most, and apart."""
        levels = self.plan.load.levels if self.plan.load is not None else ()
        each, basis = _output(model, self.past.get(model.fingerprint))
        tokens = [
            [_request(model, prompt, reply) for prompt in (*prompts, *apart, *loaded * len(levels))]
            for prompts, reply in zip(asked, each, strict=True)
        ]
        return self._share(
            model,
            role="contestant",
            fingerprint=model.fingerprint,
            tokens=tokens,
            apart=len(apart),
            loaded=len(loaded),
            each=each,
            basis=basis,
        )

    def judge(self, seat: JudgeSeat, model: Contestant, games: Sequence[Games]) -> Share:
        """Return what a judge's model takes; it is shown two answers at once."""
        each, basis = _output(model, self.past.get(seat.fingerprint))
        answers = self._answers()
        tokens = [
            [
                _shown(prompt, 2 * answer) if prompt else _golden(self.plan)
                for prompt, often in counts
                for _ in range(often)
            ]
            for counts, answer in zip(games, answers, strict=True)
        ]
        return self._share(
            model, role="judge", fingerprint=seat.fingerprint, tokens=tokens, each=each, basis=basis
        )

    def _answers(self) -> Span:
        """Return the tokens of one answer, over all contestants."""
        models = [model for c in self.plan.contestants for model in c.models]
        each = [_output(model, self.past.get(model.fingerprint))[0] for model in models]
        return Span(sum(e.low for e in each) / len(each), sum(e.high for e in each) / len(each))

    def _share(
        self,
        model: Contestant,
        *,
        role: Literal["contestant", "judge"],
        fingerprint: str,
        tokens: Sequence[Sequence[float]],
        each: Span,
        basis: str,
        apart: int = 0,
        loaded: int = 0,
    ) -> Share:
        past = self.past.get(fingerprint)
        known = None if past is None else past.input_tokens
        calls = Span(*map(float, map(len, tokens)))
        sums = [sum(found) if known is None else known * len(found) for found in tokens]
        width = min(filter(None, (model.max_concurrency, self.concurrency)))
        seconds = [
            self._lasting(n + apart * (width - 1), _seconds(past, out), loaded, width)
            for n, out in zip(calls, each, strict=True)
        ]
        least = [
            least_seconds(model, n, taken + n * out)
            for n, taken, out in zip(calls, sums, each, strict=True)
        ]
        return Share(
            name=model.label,
            role=role,
            calls=calls,
            input=Span(*sums),
            output=Span(calls.low * each.low, calls.high * each.high),
            cost=_cost(model, calls, sums, each),
            seconds=Span(*seconds),
            width=width,
            least=Span(*least),
            limits=limit_words(model),
            basis=basis,
            metered=model.metered,
        )

    def _lasting(self, calls: float, each: float, loaded: int, width: int) -> float:
        """Return the seconds of calls one after another, those under load as if as wide as others.

        Args:
            calls: All of them; those made one at a time count as many as the lane is wide.
            each: Seconds of one.
            loaded: How many of them are made at each level.
            width: How many others may be in flight at once.
        """
        load = self.plan.load
        if load is None or not loaded:
            return calls * each
        pace = each if load.arrivals == "closed" else 1.0
        under = sum(loaded * pace / level for level in load.levels)
        return (calls - loaded * len(load.levels)) * each + under * width


def _cost(model: Contestant, calls: Span, sums: Sequence[float], each: Span) -> Span | None:
    if model.price is None:
        return None
    ends = []
    for n, taken, given in zip(calls, sums, each, strict=True):
        usage = Usage(input_tokens=round(taken / n) if n else 0, output_tokens=round(given))
        ends.append(n * (model.price.of(usage) or 0.0))
    return Span(*ends)


def _output(model: Contestant, past: Past | None) -> tuple[Span, str]:
    """Return the output tokens of one call, and where that is known from."""
    if past is not None and past.output_tokens is not None:
        mean = past.output_tokens
        basis = f"{mean:,.0f} output tokens a call, as in {past.calls:,} recorded ones"
        return Span(mean, mean), basis
    bound = _bound(model)
    if bound is not None:
        low = min(ANSWER, bound)
        span = f"{bound:,}" if low == bound else f"{low:,} to {bound:,}"
        return Span(low, bound), f"{span} output tokens a call, a guess up to its limit"
    guess = f"{ANSWER:,} to {LONG_ANSWER:,} output tokens a call, a guess: it has no max_tokens"
    return Span(ANSWER, LONG_ANSWER), guess


def _bound(model: Contestant) -> int | None:
    given = (model.settings.get(name) for name in ("params", "body"))
    bounds = (output_bound(params) for params in given if isinstance(params, Mapping))
    return min((bound for bound in bounds if bound is not None), default=None)


def _seconds(past: Past | None, output: float) -> float:
    if past is not None and past.seconds is not None:
        return past.seconds
    return FIRST_TOKEN + TOKEN * output


def _request(model: Contestant, prompt: Prompt, reply: float) -> float:
    """Return the input tokens of one question, with the replies of earlier turns."""
    around = [text for text in (model.system, model.template) if text is not None]
    system = message_tokens(Message(role="system", content=text) for text in around)
    return system + message_tokens(prompt.messages) + prompt.turn * reply


def _shown(prompt: Prompt, answers: float) -> float:
    reference = text_tokens(prompt.reference or "")
    return INSTRUCTIONS + message_tokens(prompt.messages) + reference + answers


def _golden(plan: Plan) -> float:
    texts: Iterable[str] = (text for one in plan.golden for text in (one.text_a, one.text_b))
    asked = sum(message_tokens(one.prompt.messages) for one in plan.golden)
    return INSTRUCTIONS + (asked + sum(map(text_tokens, texts))) / max(len(plan.golden), 1)


def _cluster(prompt: Prompt) -> str:
    return prompt.cluster
