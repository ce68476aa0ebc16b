from arenatest.report.battles import battles
from arenatest.report.breakdown import count, slices
from fakes.ledgers import LedgerBuilder, plan, prompt


def fight(prompts, results):
    builder = LedgerBuilder(plan(prompts))
    for asked, result in zip(prompts, results, strict=True):
        builder.answer("gpt-4o", asked.id, "a")
        if result == "failed":
            builder.failure("gpt-5-mini", asked.id)
        else:
            builder.answer("gpt-5-mini", asked.id, "b").judge(asked.id, (result, result))
    return list(battles(builder.ledger))


def test_outcomes_and_voids_are_counted_apart():
    prompts = [prompt(f"p{place}") for place in range(4)]
    counts = count(fight(prompts, ["win", "loss", "unparsed", "failed"]))
    assert (counts.win, counts.tie, counts.loss, counts.void) == (1, 0, 1, 2)
    assert dict(counts.causes) == {"candidate's call failed": 1, "judge unreadable": 1}


def test_prompts_of_one_family_count_once():
    prompts = [prompt("a", family="f"), prompt("b", family="f"), prompt("c")]
    whole = slices(fight(prompts, ["win", "win", "loss"]))[0]
    assert (whole.n, whole.value) == (2, 0.5)


def test_categories_come_weakest_first():
    prompts = [prompt("a", category="x"), prompt("b", category="y")]
    names = [part.name for part in slices(fight(prompts, ["win", "loss"]))]
    assert names == ["all prompts", "y", "x"]


def test_a_label_that_all_prompts_share_is_no_slice():
    prompts = [prompt("a", dataset="d"), prompt("b", dataset="d")]
    assert len(slices(fight(prompts, ["win", "loss"]))) == 1


def test_a_slice_without_a_result_has_no_value():
    whole = slices(fight([prompt("a")], ["failed"]))[0]
    assert (whole.value, whole.low, whole.n) == (None, None, 0)


def test_the_interval_of_all_is_pooled_and_narrower_than_the_mean_of_its_parts():
    prompts = [prompt(f"p{n}", subset="ab"[n % 2]) for n in range(80)]
    whole, *parts = slices(fight(prompts, (["win", "loss", "loss", "win", "win"] * 16)))
    mean = sum(part.high - part.low for part in parts) / len(parts)
    assert len(parts) == 2
    assert whole.high - whole.low < 0.75 * mean


def test_a_slice_does_not_know_of_the_prompts_of_others():
    mine = [prompt(f"m{n}", category="mine", tags=("t",)) for n in range(6)]
    others = [prompt(f"o{n}", category="other") for n in range(6)]
    results = ["win", "loss", "tie", "win", "win", "loss"]

    alone = slices(fight(mine, results))[0]
    beside = slices(fight([*others, *mine], ["loss"] * 6 + results))
    category, tag = (next(p for p in beside if p.name == name) for name in ("mine", "t"))
    for part in (category, tag):
        assert (part.value, part.low, part.high, part.n) == (
            alone.value,
            alone.low,
            alone.high,
            alone.n,
        )
