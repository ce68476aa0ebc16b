"""Whatever a record of a dataset holds, it is prompts or a mistake: never another exception."""

from hypothesis import given
from hypothesis import strategies as st

from arenatest.model.identity import content_id
from arenatest.suite.mistakes import Mistake
from arenatest.suite.prompts import FIELDS, Labels, expand

message = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system", "bot"]), "content": st.text()}
)
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), message, st.just('["a", "b"]')
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
)


@given(st.dictionaries(st.sampled_from(FIELDS), values, max_size=4))
def test_any_record_gives_prompts_or_a_mistake(record):
    try:
        prompts = expand(record, "default", Labels(dataset="d", tags=("t",)))
    except Mistake:
        return
    assert prompts
    assert len({prompt.id for prompt in prompts}) == len(prompts)
    for prompt in prompts:
        assert prompt.text.strip()
        assert content_id("prompt", prompt.id, prompt.text, prompt.reference, *prompt.tags)
