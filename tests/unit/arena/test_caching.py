"""Answers from one run to another, with each mode of the cache and on each of its levels."""

from collections import Counter
from dataclasses import replace

import pytest

from arenatest.arena.caching import Caching
from arenatest.arena.memory import Memory
from arenatest.arena.run import SuiteRun
from arenatest.arena.shared import Standing
from arenatest.gates.needs import Needs
from arenatest.model.answer import Timing
from arenatest.model.plan import Contestant
from arenatest.store import open_store
from fakes.caches import Cupboard
from fakes.models import ScriptedProvider, contestant, failed, letters, said
from fakes.plans import plan_of, prompt_of
from fakes.runs import FakeJudge, FakeWatcher, conditions, suite_of

NOW = 1_790_000_000.0
DAY = 86400.0


class Machine:
    """A store of its own, a process of its own, and a cache that may be another one's too."""

    def __init__(self, folder, cache=None, **settings):
        self.folder, self.cache, self.settings = folder, cache, settings
        self.memory = Memory()
        self.standing = None if cache is None else Standing("redis")
        self.runs = 0

    def process(self):
        """The same machine later: nothing is in memory any more."""
        self.memory = Memory()
        return self

    def run(self, mode="read", *, plan=None, models=None, wants=None, fresh=False, now=NOW):
        plan = plan or plan_of(letters(4))
        models = models or {c.name: speaking(c.name) for c in plan.contestants}
        suite = suite_of(plan, models, FakeJudge(), folder=self.folder, **self.settings)
        self.runs += 1
        caching = Caching(
            mode=mode,
            memory=self.memory,
            standing=self.standing,
            cache=None if self.cache is None else lambda _context: self.cache,
        )
        outside = replace(
            conditions(f"{self.folder.name}-{self.runs}"),
            caching=lambda: caching,
            fresh=fresh,
            wall=lambda: now,
        )
        watcher = FakeWatcher(plan, wants=wants)
        made = SuiteRun(suite, open_store(self.folder / "store"), watcher, outside)
        made.start()
        assert made.join(30)
        made.check()
        self.asked = Counter({n: len(m.calls) for n, m in models.items()})
        return open_store(self.folder / "store").load(made.run.id)


def speaking(name, text="says"):
    def answer(call):
        timing = Timing(ttft=0.1, e2e=0.2, reads=3, gaps=(0.01, 0.02))
        return said(f"{name} {text} {call.prompt.id}", timing=timing)

    return ScriptedProvider(answer)


def levels(ledger):
    return Counter(placed.level for placed in ledger.answers.values())


@pytest.fixture
def here(tmp_path):
    return Machine(tmp_path / "here", Cupboard())


@pytest.fixture
def there(tmp_path, here):
    return Machine(tmp_path / "there", here.cache)


def test_another_machine_buys_nothing_that_this_one_bought(here, there):
    first, second = here.run(), there.run()
    assert there.asked == {"old": 0, "new": 0}
    assert levels(first) == {"": 8}
    assert levels(second) == {"redis": 8}
    texts = [{s: p.answer.text for s, p in ledger.answers.items()} for ledger in (first, second)]
    assert texts[0] == texts[1]


def test_what_came_from_elsewhere_is_in_the_store_from_then_on(here, there):
    here.run()
    there.run()
    there.cache = None
    assert levels(there.process().run()) == {"store": 8}
    chat = next(iter(there.run().answers.values())).chat_id
    call, _ = open_store(there.folder / "store").find_call(chat)
    assert call.run.startswith("here")
    assert call.role == "answer"


def test_calls_from_elsewhere_cost_this_run_nothing(here, there):
    here.run()
    ledger = there.run()
    assert {name: ledger.calls.get(name, 0) for name in ("old", "new")} == {"old": 0, "new": 0}
    assert ledger.cost == 0.0


def test_another_suite_of_the_same_process_finds_answers_in_memory(here):
    here.run()
    ledger = here.run(plan=plan_of(letters(4), suite="other", hash="other"))
    assert levels(ledger) == {"memory": 8}
    assert here.asked == {"old": 0, "new": 0}


def test_memory_is_asked_before_the_store_and_the_store_before_the_shared_cache(here):
    here.run()
    here.cache.asked.clear()
    assert levels(here.run()) == {"memory": 8}
    assert levels(here.process().run()) == {"store": 8}
    assert here.cache.asked == []


def test_off_takes_nothing_and_leaves_nothing(here, there):
    here.run()
    ledger = here.run("off")
    assert levels(ledger) == {"": 8}
    assert here.asked == {"old": 4, "new": 4}
    there.cache = Cupboard()
    there.run("off")
    assert there.cache.operations == []
    assert levels(there.run()) == {"": 8}


def test_refresh_buys_anew_and_leaves_what_it_bought(here, there):
    here.run()
    here.process()
    models = {name: speaking(name, "now says") for name in ("old", "new")}
    assert levels(here.run("refresh", models=models)) == {"": 8}
    found = there.run()
    assert {p.answer.text.split(" p")[0] for p in found.answers.values()} == {
        "old now says",
        "new now says",
    }
    again = here.process().run()
    assert {p.answer.text.split(" p")[0] for p in again.answers.values()} == {
        "old now says",
        "new now says",
    }


def test_refresh_takes_what_the_same_invocation_has_bought(here):
    here.run("refresh")
    other = plan_of(letters(4), suite="other", hash="other")
    assert levels(here.run("refresh", plan=other)) == {"memory": 8}


def test_an_answer_that_is_bought_anew_is_judged_anew(here):
    here.run()
    here.process()
    second = here.run("refresh")
    store = open_store(here.folder / "store")
    chat = next(p.chat_id for s, p in second.answers.items() if s.contestant == "new")
    _, judgments = store.find_call(chat)
    assert [placed.reused for placed in judgments] == [False, False]


def test_a_fresh_run_takes_nothing_from_any_level_and_leaves_its_answers(here, there):
    here.run()
    assert levels(here.run(fresh=True)) == {"": 8}
    there.run(fresh=True)
    assert there.asked == {"old": 4, "new": 4}
    assert levels(here.process().run()) == {"store": 8}


def test_an_answer_is_found_by_its_content_never_by_name_or_position(here, there):
    here.run()
    renamed = replace(
        plan_of([prompt_of(f"q{n}") for n in range(4)], suite="else", hash="else"),
        baseline=contestant("old"),
        candidates=(contestant("latest", fingerprint="fp-new"),),
    )
    asking = [
        replace(p, messages=prompt_of(f"p{3 - n}").messages) for n, p in enumerate(renamed.prompts)
    ]
    ledger = there.run(plan=replace(renamed, prompts=tuple(asking)))
    assert levels(ledger) == {"redis": 8}
    assert ledger.answers["latest", "q0", 0].answer.text == "new says p3"


@pytest.mark.parametrize("change", [{"fingerprint": "fp-other"}, {"system": "Be brief."}])
def test_another_model_or_another_system_prompt_is_another_answer(here, change):
    here.run()
    plan = plan_of(letters(4), hash="changed")
    other: Contestant = replace(plan.candidates[0], **change)
    here.run(plan=replace(plan, candidates=(other,)))
    assert here.asked == {"old": 0, "new": 4}


def test_repeats_are_answers_of_their_own_on_every_level(here, there):
    twice = plan_of(letters(2), repeats=2, hash="twice")
    here.run(plan=plan_of(letters(2)))
    here.run(plan=twice)
    assert here.asked == {"old": 2, "new": 2}
    assert levels(there.run(plan=twice)) == {"redis": 8}
    assert there.asked == {"old": 0, "new": 0}


def test_a_conversation_goes_on_from_cached_turns(here, there):
    talk = [prompt_of(f"talk/{n}", conversation="talk", turn=n) for n in range(3)]
    plan = plan_of(talk, hash="talk")
    here.run(plan=plan)
    assert levels(there.run(plan=plan)) == {"redis": 6}


def test_failures_are_cached_nowhere(here, there):
    broken = {"old": speaking("old"), "new": ScriptedProvider(failed("auth", retryable=False))}
    here.run(models=broken)
    assert len(here.cache.entries) == 4
    here.run(plan=plan_of(letters(4), hash="again"))
    assert here.asked == {"old": 0, "new": 4}


@pytest.mark.parametrize(("age", "bought"), [(6.9, 0), (7.1, 4)])
def test_answers_expire_on_every_level(here, there, age, bought):
    here.run(now=NOW - age * DAY)
    here.run()
    assert here.asked["new"] == bought
    assert there.cache.lifetimes
    assert set(there.cache.lifetimes.values()) == {7 * DAY}


@pytest.mark.parametrize(("age", "bought"), [(6.9, 0), (7.1, 4), (-1.0, 4)])
def test_a_shared_answer_that_is_too_old_or_of_the_future_is_bought(here, there, age, bought):
    here.run(now=NOW - age * DAY)
    there.run()
    assert there.asked["new"] == bought


def test_a_suite_that_reuses_nothing_finds_nothing_on_any_level(tmp_path, here):
    here.run()
    never = Machine(tmp_path / "never", here.cache, reuse_days=0.0)
    never.memory = here.memory
    never.run(now=NOW + 1)
    assert never.asked == {"old": 4, "new": 4}


TIMED = Needs(
    answers=frozenset({"old", "new"}),
    timings=frozenset({"old", "new"}),
    judgments=frozenset({"new"}),
)


@pytest.mark.parametrize("level", ["memory", "store", "redis"])
def test_a_cached_answer_never_gives_a_clock(here, there, level):
    here.run(wants=TIMED)
    machine = {"memory": here, "store": here, "redis": there}[level]
    if level == "store":
        here.process()
    ledger = machine.run(plan=plan_of(letters(4), hash="again"), wants=TIMED)
    assert levels(ledger) == {level: 8}
    assert machine.asked == {"old": 4, "new": 4}
    assert not any(placed.reused for placed in ledger.timings.values())
    assert {placed.level for placed in ledger.timings.values()} == {""}


def test_a_call_for_timing_alone_is_nobodys_answer(here, there):
    cache, here.cache = here.cache, None
    here.run()
    here.cache = cache
    here.process().run(plan=plan_of(letters(4), hash="again"), wants=TIMED)
    assert here.asked == {"old": 4, "new": 4}
    assert cache.entries == {}
    assert here.memory.get(next(iter(cache.asked), "")) is None


def test_a_model_that_the_server_names_otherwise_ends_its_use(here, there):
    here.run(models={n: ScriptedProvider(said(n, model="m-1")) for n in ("old", "new")})
    key = next(iter(here.cache.entries))
    del here.cache.entries[key]  # so that one is bought, of another model
    models = {n: ScriptedProvider(said(n, model="m-2")) for n in ("old", "new")}
    ledger = there.run(models=models)
    served = {p.answer.model for p in ledger.answers.values()}
    assert "m-2" in served


def test_a_dead_cache_costs_a_warning_and_no_answer(here):
    here.cache.trouble = OSError("away")
    ledger = here.run()
    assert levels(ledger) == {"": 8}
    assert len(here.standing.warnings) == 1
    assert levels(here.process().run()) == {"store": 8}


def test_a_cache_that_cannot_be_made_costs_a_warning(tmp_path):
    machine = Machine(tmp_path, Cupboard())

    def refuse(_context):
        raise RuntimeError("no")

    machine.cache = None
    machine.standing = Standing("odd")
    caching = Caching(standing=machine.standing, cache=refuse)
    said = {"contestants": (), "not_before": 0.0, "days": 1.0, "fresh": False}
    found = caching.levels(None, **said, wall=lambda: 1.0)
    assert found.shared is None
    assert machine.standing.broken == "RuntimeError: no"
