import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from arenatest.model.prompt import Message, Prompt
from arenatest.suite.names import slug
from arenatest.suite.order import battle_order
from arenatest.suite.quantities import seconds

families = st.lists(st.one_of(st.none(), st.sampled_from("abc")), max_size=30)


@given(families, st.integers(0, 2**63 - 1))
def test_an_order_keeps_every_prompt_and_every_cluster_together(names, seed):
    prompts = [
        Prompt(id=str(n), messages=(Message(role="user", content="q"),), family=name)
        for n, name in enumerate(names)
    ]
    order = battle_order(prompts, seed)
    assert sorted(order, key=lambda p: int(p.id)) == prompts
    met = [prompt.cluster for prompt in order]
    changes = sum(a != b for a, b in pairwise(met))
    assert changes == max(0, len(set(met)) - 1)


@given(st.text())
def test_a_slug_is_safe_and_stays_as_it_is(text):
    made = slug(text)
    assert re.fullmatch(r"[\w.+-]+", made)
    assert slug(made) == made


@given(st.integers(1, 10**6))
def test_milliseconds_are_thousandths(number):
    assert seconds(f"{number} ms") == number / 1000
