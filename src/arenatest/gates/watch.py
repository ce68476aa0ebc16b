"""Watches one gate while a run goes on: takes evidence in the order of the plan, decides once."""

from __future__ import annotations

from itertools import chain, groupby
from typing import Any

from arenatest.gates.clocks import too_many_lost, unfit_machine
from arenatest.gates.costs import uncounted, unpriced
from arenatest.gates.evidence import Evidence
from arenatest.gates.health import ENOUGH_PROMPTS, Health
from arenatest.gates.measure import Measure
from arenatest.gates.methods import Method, method_of
from arenatest.gates.readers import reader_of
from arenatest.gates.ruling import Ruling, Tally, decision_of
from arenatest.gates.sameness import Sameness
from arenatest.gates.streaming import clockless
from arenatest.gates.words import counted
from arenatest.model.decision import Cause, Decision, Outcome
from arenatest.model.plan import Plan, Rule
from arenatest.model.prompt import Prompt
from arenatest.model.record import Ledger

_ROUNDING = 1e-9  # 0.29 * 100 is 28.999999999999996


class Watch:
    """Follows the record of a run for one gate.

    Clusters are taken strictly in the order of the plan, whatever the order in which they settle,
    and the gate is decided on the shortest prefix that decides it: nothing that comes later
    enters its decision.

    Args:
        rule: The gate.
        plan: What is planned.

    Attributes:
        rule: The gate.
    """

    def __init__(self, rule: Rule, plan: Plan) -> None:
        self.rule = rule
        self._plan = plan
        prompts = plan.asked_by(rule)
        self._clusters = [list(group) for _, group in groupby(prompts, key=_cluster)]
        self._tally = Tally(rule=rule, prompts=len(prompts), clusters=len(self._clusters))
        self._most_voids = plan.max_void * len(prompts) + _ROUNDING
        self._read = reader_of(rule, plan)
        self._method: Method | None = None
        if self._clusters:
            self._method = method_of(rule, plan, len(self._clusters))
        self._health: Health | None = None
        if rule.metric.name == "win_rate":
            fighting = tuple({rule.candidate, rule.against} - {plan.baseline.name})
            self._health = Health(plan, fighting, prompts)
        self._sameness: Sameness | None = None
        if self._health is not None and rule.side == "min":
            self._sameness = Sameness(rule, prompts)
        self._compared = 0
        self._taken = 0
        self._ruling: Ruling | None = None
        self._decision: Decision | None = None

    @property
    def decided(self) -> bool:
        """Whether nothing that may still come can change the decision."""
        return self._ruling is not None

    @property
    def ruling(self) -> Ruling | None:
        """What it came to, without its numbers, which take longer; None while undecided."""
        return self._ruling

    @property
    def running(self) -> float | None:
        """The value so far; None before there is one."""
        return None if self._method is None else self._method.running

    @property
    def looked_at(self) -> list[Prompt]:
        """The prompts that the decision rests on; while there is none, all that are planned."""
        clusters = self._clusters if self._ruling is None else self._clusters[: self._taken]
        return [prompt for cluster in clusters for prompt in cluster]

    def advance(self, ledger: Ledger) -> bool:
        """Take what has settled since; return whether the gate is decided for good."""
        if self._ruling is None and self._health is not None:
            if not ledger.unfit and not self._health.ready(ledger):
                return False
            if sick := ledger.unfit or self._health.golden_problem:
                self._ruling = Ruling(cause="judge", why=sick)
        while self._ruling is None and self._taken < len(self._clusters):
            prompts = self._clusters[self._taken]
            cluster = self._next(ledger, prompts)
            if cluster is None:
                return False
            if self._health is not None:
                self._health.look(ledger, prompts)
            self._take(cluster)
            self._ruling = self._rule(ledger)
        return self._ruling is not None

    def conclude(self, ledger: Ledger, stopped: tuple[Cause, str] | None = None) -> Decision:
        """Return the decision; nothing more will come.

        Args:
            ledger: The record of the run.
            stopped: Why the run ended before its plan: a cause, and a line for people.
        """
        self.advance(ledger)
        if self._decision is not None:
            return self._decision
        if self._ruling is not None:
            self._decision = self._decide(self._ruling)
            return self._decision
        cause, why = stopped or ("plan", "")
        return self._decide(Ruling(cause=cause, why=why or "the plan was not completed"))

    def _next(self, ledger: Ledger, prompts: list[Prompt]) -> list[Evidence[Any]] | None:
        cluster = []
        for prompt in prompts:
            evidence = self._read(ledger, prompt)
            if evidence is None:
                return None
            cluster.append(evidence)
        return cluster

    def _take(self, cluster: list[Evidence[Any]]) -> None:
        self._taken += 1
        for evidence in cluster:
            self._tally.seen += 1
            self._tally.voids += evidence.void
            self._tally.invalid += evidence.invalid
            if evidence.void:
                self._tally.ours += bool(evidence.passing)
                self._tally.theirs += bool(evidence.failing)
                self._tally.unjudged += bool(evidence.games)
            if self._health is not None:
                self._health.add(evidence.games, evidence.jury)
        if self._method is not None:
            self._method.add(cluster)

    def _rule(self, ledger: Ledger) -> Ruling | None:
        """Return what the prefix taken so far decides for good; None if nothing yet."""
        whole = self._taken == len(self._clusters)
        if self._tally.voids > self._most_voids and not self._may_be_lost(whole=whole):
            return self._too_many_voids(ledger)
        if not whole and self._waits():
            return None
        sick = "" if self._health is None else self._health.problem
        if whole and self.rule.metric.source == "timing" and (lag := self._lag(ledger)):
            return Ruling(cause="latency", why=lag)
        outcome = self._outcome(whole=whole)
        if whole and outcome != "fail" and (lost := self._lost(ledger)):
            return Ruling(cause="void", why=lost)
        if outcome != "inconclusive":
            sick = sick or self._silence() or self._parroting(ledger, outcome)
            if not sick:
                return Ruling(outcome=outcome)
        return self._last_word(sick) if whole else None

    def _waits(self) -> bool:
        """Whether nothing is decided before there is more: method or judges are not asked yet."""
        stepwise = self._method is None or self._method.stepwise
        return not stepwise or (self._health is not None and self._health.waiting)

    def _lag(self, ledger: Ledger) -> str:
        """Return that our own event loop lagged too often to decide on clocks; empty if not."""
        return unfit_machine(self.rule, ledger, chain(*self._clusters[: self._taken]))

    def _lost(self, ledger: Ledger) -> str:
        """Return that too many calls were lost to know a clock by the rest; empty if not."""
        if self.rule.metric.source != "timing":
            return ""
        return too_many_lost(self.rule, ledger, chain(*self._clusters[: self._taken]))

    def _may_be_lost(self, *, whole: bool) -> bool:
        """Whether a pinned prompt is lost or may yet be: no void makes up for that."""
        if self.rule.stat != "losses" or self._method is None:
            return False
        return not whole or self._method.outcome() == "fail"

    def _silence(self) -> str:
        """Return who has not preferred an answer yet, where the plan is long enough to ask.

        A judge is asked for preferences from ``ENOUGH_PROMPTS`` on. In a plan that gets there,
        nothing is decided before; in a shorter one ties are taken as ties.
        """
        if self._health is None or self._tally.prompts < ENOUGH_PROMPTS:
            return ""
        return self._health.silence

    def _parroting(self, ledger: Ledger, outcome: Outcome) -> str:
        """Return that the candidate says the same whatever it is asked, before that could pass.

        Only a pass has to wait for it: such a candidate may lose as soon as it is proven.
        """
        if self._sameness is None or outcome != "pass":
            return ""
        taken = self._clusters[self._compared : self._taken]
        self._compared = self._taken
        self._sameness.look(ledger, [prompt for cluster in taken for prompt in cluster])
        return self._sameness.problem

    def _outcome(self, *, whole: bool) -> Outcome:
        method, tally = self._method, self._tally
        tolerable = tally.voids <= self._plan.max_void * tally.seen + _ROUNDING
        tolerable |= self.rule.stat == "losses"  # which no void could let pass
        if method is None or not (whole or (method.stepwise and tolerable)):
            return "inconclusive"
        return method.outcome()

    def _last_word(self, sick: str) -> Ruling:
        """Return why the whole plan did not decide."""
        if sick:
            return Ruling(cause="judge", why=sick)
        if self._tally.voids and self._method is not None and self._method.exact:
            return Ruling(cause="void", why="the prompts without a value could tip the balance")
        return Ruling(cause="evidence")

    def _too_many_voids(self, ledger: Ledger) -> Ruling:
        tally = self._tally
        share = f"more than {self._plan.max_void:.3g} of the {tally.prompts} planned"
        if tally.invalid > self._most_voids:
            why = f"{_lacking(tally.invalid)} no clock that may be used, {share}"
            hint = clockless(self.rule, ledger, chain(*self._clusters[: self._taken]))
            whys = (why, hint, self._lag(ledger))
            return Ruling(cause="latency", why="; ".join(filter(None, whys)))
        whose = ((self.rule.candidate, tally.ours), (self.rule.against, tally.theirs))
        sick = "" if self._health is None else self._health.problem
        reasons = (
            f"{_lacking(tally.voids)} no value, {share}",
            *(f"{name} alone {self._failed()} on {lost}" for name, lost in whose if lost),
            "" if sick and self._plan.quorum == 1 else _unjudged(tally.unjudged, self._plan),
            sick,
            unpriced(self.rule, self._plan),
            uncounted(self.rule, ledger, chain(*self._clusters[: self._taken])),
        )
        return Ruling(cause="void", why="; ".join(filter(None, reasons)))

    def _decide(self, ruling: Ruling) -> Decision:
        measure = Measure()
        if self._method is not None:
            whole = self._taken == len(self._clusters)
            measure = self._method.measure(whole=whole, noun=self._tally.noun)
        return decision_of(self._plan.suite, ruling, measure, self._tally)

    def _failed(self) -> str:
        if self.rule.metric.source == "plugin":
            return "failed, or gave what the metric's code could not score,"
        ends = self._plan.finishes.voiding
        return "failed, or ended as is not judged," if ends else "failed"


def _unjudged(prompts: int, plan: Plan) -> str:
    """Return on how many prompts too few judges gave a verdict, for people."""
    if not prompts:
        return ""
    if plan.quorum > 1:
        return f"fewer than {plan.quorum} judges gave a verdict on {prompts}"
    who = "no judge gave a" if len(plan.judges) > 1 else "the judge gave no"
    return f"{who} verdict on {prompts}"


def _lacking(prompts: int) -> str:
    return f"{counted(prompts, 'prompts')} {'has' if prompts == 1 else 'have'}"


def _cluster(prompt: Prompt) -> str:
    return prompt.cluster
