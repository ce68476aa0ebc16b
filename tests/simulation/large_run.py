"""A finished run of many battles, written into a store as a run would have written it.

Every record goes through ``Store.write``. Ids, clocks and verdicts are drawn at random, and no two
texts are equal. The judge is a model, whose calls are recorded as the engine records them, or a
function without any.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from arenatest import judges, metrics, providers
from arenatest.model.answer import Answer, Timing, Usage
from arenatest.model.judgment import Judgment, Order, Verdict
from arenatest.model.microseconds import whole_timing
from arenatest.model.plan import Plan
from arenatest.model.prompt import Prompt
from arenatest.model.record import (
    AnswerPlaced,
    AnswerSlot,
    GameSlot,
    Generation,
    JudgmentPlaced,
    Record,
    Run,
)
from arenatest.providers.clocks import nearest_rank
from arenatest.store import open_store
from arenatest.suite.kinds import Kinds
from arenatest.suite.load import load_suite
from arenatest.suite.prices import PriceList

SUITE_FILE = "large.arena.toml"
STORE = ".arenatest"
TOKENS = 20

_BATCH = 5_000  # records
_POOL = 5_000  # different clocks
_VERDICTS = (Verdict.A_BETTER,) * 4 + (Verdict.B_BETTER,) * 4 + (Verdict.TIE,) * 2
_HEAD = """
[suite]
name = "large"
[run]
repeats = {repeats}
[[datasets]]
path = "prompts.jsonl"
{judge}
[[gates]]
metric = "win_rate"
min = 0.45
[[gates]]
metric = "ttft"
stat = "p95"
max = "900 ms"
[[gates]]
metric = "ttft"
max_ratio = 1.10
"""
_MODEL = """
[[judges]]
kind = "llm"
provider = "openai"
model = "judge"
base_url = "http://127.0.0.1:9/v1"
api_key_env = ""
"""
_FUNCTION = """
[[judges]]
kind = "reference"
"""
_CONTESTANT = """
{table}
name = "{name}"
provider = "openai"
model = "{name}"
base_url = "http://127.0.0.1:9/v1"
api_key_env = ""
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many battles: candidates times prompts times repeats; and whether a model judges them."""

    candidates: int
    prompts: int
    repeats: int
    model: bool = True

    @property
    def battles(self) -> int:
        """Their number."""
        return self.candidates * self.prompts * self.repeats


def make_run(folder: Path, size: Size, *, seed: int = 1) -> Plan:
    """Write a suite into a folder, and a finished run of it into the store beside it."""
    plan = write_suite(folder, size)
    rng = random.Random(seed)
    run = Run(
        id=_new_id(rng), session=_new_id(rng), plan_hash=plan.hash, started=1.8e9, versions={}
    )
    with open_store(folder / STORE) as store:
        run, _ = store.begin(plan, run, fresh=True, expire=0.0)
        batch: list[Record] = []
        for record in records(plan, run.id, rng):
            batch.append(record)
            if len(batch) == _BATCH:
                store.write(batch)
                batch.clear()
        store.write(batch)
        store.finish(run.id, 1.8e9 + 3600.0)
    return plan


def write_suite(folder: Path, size: Size) -> Plan:
    """Write the suite and its prompts; return its plan."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "prompts.jsonl").open("w", encoding="utf-8") as file:
        for number in range(size.prompts):
            said = f"Question {number}: what is to be done about it?"
            line = {"id": f"q{number:06d}", "query": said, "category": f"c{number % 7}"}
            file.write(f"{json.dumps(line)}\n")
    names = [f"cand-{number:02d}" for number in range(size.candidates)]
    tables = [_CONTESTANT.format(table="[baseline]", name="base")]
    tables += [_CONTESTANT.format(table="[[candidates]]", name=name) for name in names]
    path = folder / SUITE_FILE
    path.write_text(
        _HEAD.format(repeats=size.repeats, judge=_MODEL if size.model else _FUNCTION)
        + "".join(tables),
        encoding="utf-8",
    )
    kinds = Kinds(
        providers=providers.pytest_arena_providers(),
        judges=judges.pytest_arena_judges(),
        metrics=metrics.pytest_arena_metrics(),
        prices=PriceList(datetime.now(UTC)),
    )
    return load_suite(path, root=folder, kinds=kinds).plan


def records(plan: Plan, run: str, rng: random.Random) -> Iterator[Record]:
    """Yield all that a run of a plan records, as it comes: prompt by prompt."""
    calls = _Calls(run, rng)
    judge, calling = plan.judges[0].name, plan.judges[0].kind == "llm"
    for prompt in plan.prompts:
        for repeat in range(plan.repeats):
            for contestant in plan.contestants:
                said = f"{contestant.name} on {prompt.id}, time {repeat}: {rng.random()}"
                call = calls.make("answer", contestant.name, prompt, repeat, said + " word" * 16)
                yield call
                slot = AnswerSlot(contestant.name, prompt.id, repeat)
                yield AnswerPlaced(
                    run=run, slot=slot, purpose="both", chat_id=call.chat_id, attempts=1
                )
            for candidate in plan.candidates:
                for order in Order:
                    place = GameSlot(candidate.name, prompt.id, repeat, judge, 0, order)
                    yield from calls.game(place, prompt, calling=calling)


class _Calls:
    """Makes calls, each a little later than the one before."""

    def __init__(self, run: str, rng: random.Random) -> None:
        self._run, self._rng = run, rng
        self._timings = [_timing(rng) for _ in range(_POOL)]
        self._now = 1.8e9

    def make(self, role: str, owner: str, prompt: Prompt, repeat: int, text: str) -> Generation:
        """Return a call."""
        rng = self._rng
        self._now += 0.001
        timing = rng.choice(self._timings)
        if role == "judge":
            timing = replace(timing, gaps=(), lag=None, stream_lag=None)
        return Generation(
            chat_id=f"{rng.getrandbits(96):024x}",
            run=self._run,
            role=role,  # type: ignore[arg-type]
            owner=owner,
            key=_new_id(rng),
            prompt=prompt.id,
            repeat=repeat,
            attempt=1,
            final=True,
            started=self._now,
            cost=rng.randrange(1_000) * 1.25e-7,
            answer=Answer(
                text=text,
                finish="stop",
                usage=Usage(input_tokens=rng.randrange(20, 400), output_tokens=TOKENS),
                timing=timing,
                model=f"{owner}-2026-05-01",
                request_id=f"req_{_new_id(rng)}",
                response_id=f"chatcmpl-{_new_id(rng)[:29]}",
            ),
        )

    def game(self, place: GameSlot, prompt: Prompt, *, calling: bool) -> Iterator[Record]:
        """Yield a judge's call, if it makes one, and the judgment that it came to."""
        verdict = self._rng.choice(_VERDICTS)
        said = f"I have weighed {self._rng.random()} against the other. [[{verdict}]]"
        chat_id = None
        if calling:
            call = self.make("judge", place.judge, prompt, place.repeat, said)
            chat_id = call.chat_id
            yield call
        yield JudgmentPlaced(
            run=self._run,
            slot=place,
            key=_new_id(self._rng),
            judgment=Judgment(verdict=verdict, explanation=said, chat_id=chat_id),
            made=self._now,
        )


def _timing(rng: random.Random) -> Timing:
    ttft = rng.lognormvariate(-1.0, 0.4)
    gaps = tuple(rng.lognormvariate(-4.5, 0.3) for _ in range(TOKENS - 1))
    e2e = ttft + sum(gaps)
    return whole_timing(
        Timing(
            queue_wait=rng.random() * 0.01,
            held=0.0,
            connect=rng.random() * 1e-4,
            ttfb=ttft * 0.8,
            ttft=ttft,
            ttfat=ttft,
            tpot=sum(gaps) / (TOKENS - 1),
            e2e=e2e,
            wall=e2e + rng.random() * 1e-3,
            icl=nearest_rank(list(gaps), 95),
            gaps=gaps,
            reads=TOKENS,
            connection_reused=True,
            lag=rng.random() * 1e-3,
            stream_lag=rng.random() * 1e-3,
        )
    )


def _new_id(rng: random.Random) -> str:
    return f"{rng.getrandbits(128):032x}"
