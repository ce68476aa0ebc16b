import re
from dataclasses import replace
from itertools import groupby, pairwise

from hypothesis import given
from hypothesis import strategies as st

from arenatest.model.prompt import Message, Prompt
from arenatest.suite.names import slug
from arenatest.suite.order import battle_order
from arenatest.suite.quantities import seconds

families = st.one_of(st.none(), st.sampled_from("abc"))
asked = st.lists(st.tuples(st.sampled_from("qrstuvwxyz"), families), max_size=30)


@given(asked, st.integers(0, 2**63 - 1))
def test_an_order_keeps_every_prompt_and_every_cluster_together(records, seed):
    prompts = [
        Prompt(id=str(n), messages=(Message(role="user", content=text),), family=name)
        for n, (text, name) in enumerate(records)
    ]
    order = battle_order(prompts, seed)
    kept = sorted(order, key=lambda p: int(p.id))
    for prompt, made in zip(prompts, kept, strict=True):
        assert made == (prompt if prompt.family else replace(prompt, family=made.family))
        assert (made.family is None) == (prompt.family is None and not copied(prompt, prompts))
    met = [prompt.cluster for prompt in order]
    changes = sum(a != b for a, b in pairwise(met))
    assert changes == max(0, len(set(met)) - 1)
    for _, those in groupby(sorted(zip(prompts, kept, strict=True), key=text_of), key=text_of):
        assert len({made.cluster for prompt, made in those if prompt.family is None}) <= 1


def copied(prompt, prompts):
    return sum(one.messages == prompt.messages for one in prompts) > 1


def text_of(pair):
    return pair[0].text


@given(st.text())
def test_a_slug_is_safe_and_stays_as_it_is(text):
    made = slug(text)
    assert re.fullmatch(r"[\w.+-]+", made)
    assert slug(made) == made


@given(st.integers(1, 10**6))
def test_milliseconds_are_thousandths(number):
    assert seconds(f"{number} ms") == number / 1000
