from __future__ import annotations

from arenatest.lock.reigns import Reign, reigns, relative_only
from arenatest.model.metric import BUILT_IN
from arenatest.report.phrases import reigns_words
from arenatest.store import open_store
from fakes.ledgers import rule
from fakes.shops import DAY, NOW, Shop, new, newest, old, tables

FEW = {"prompts": 2, "gates": [{"metric": "win_rate", "min": 0.01}]}


def test_the_chain_of_baselines_is_read_from_the_store(database, tmp_path):
    with open_store(database) as store:
        shop = Shop(store, tmp_path)
        shop.run(tables(old, new, **FEW))
        shop.now += DAY
        shop.run(tables(old, newest, **FEW))
        shop.now += DAY
        shop.run(tables(new, newest, **FEW))
        other = tables(newest, old, **FEW)
        other["suite"] = {"name": "another"}
        shop.run(other)
        last = shop.run(tables(newest, new, **FEW))

        chain = reigns(store, store.plan(last.plan_hash), last)

    named = [(one.name, one.since, one.until, one.runs) for one in chain]
    assert named == [
        ("old", NOW, NOW + DAY, 2),
        ("new", NOW + 2 * DAY, NOW + 2 * DAY, 1),
        ("newest", NOW + 2 * DAY, NOW + 2 * DAY, 1),
    ]


def reign(name, day):
    return Reign(name=name, fingerprint=name, since=0.0, until=day * DAY, runs=1)


def test_a_chain_is_told_in_a_line_that_does_not_grow():
    chain = [reign(str(number), number) for number in range(6)]

    assert reigns_words(chain[:1]) == ""
    assert reigns_words(chain[:2]) == "earlier baselines: 0 until 1970-01-01"
    assert reigns_words(chain) == (
        "earlier baselines: 2 more, 2 until 1970-01-03, 3 until 1970-01-04, 4 until 1970-01-05"
    )


def test_what_has_only_a_relative_limit_is_named_once():
    ttft, cost = BUILT_IN["ttft"], BUILT_IN["cost"]
    rules = [
        rule("win_rate"),
        rule("ttft-ratio", metric=ttft, stat="ratio", side="max", limit=1.1),
        rule("ttft-ratio[kids]", metric=ttft, stat="ratio", side="max", limit=1.2),
        rule("cost-ratio", metric=cost, stat="ratio", side="max", limit=1.1),
        rule("cost-mean", metric=cost, stat="mean", side="max", limit=0.01),
    ]

    assert relative_only(rules, "gpt-5-mini") == ("ttft",)
    assert relative_only(rules, "another") == ()
