import pytest

from arenatest.judges.verdicts import parse_label, read_verdict
from arenatest.model.finish import ENDINGS
from arenatest.model.judgment import Verdict


@pytest.mark.parametrize("verdict", list(Verdict))
def test_each_label_is_read_in_brackets_and_in_json(verdict):
    assert read_verdict(f"Because.\n[[{verdict}]]").verdict is verdict
    assert read_verdict(f'{{"reasoning": "x", "verdict": "{verdict}"}}').verdict is verdict


@pytest.mark.parametrize(
    ("label", "verdict"),
    [
        ("A<B", Verdict.B_BETTER),
        ("A<<B", Verdict.B_MUCH_BETTER),
        ("B<A", Verdict.A_BETTER),
        ("B<<A", Verdict.A_MUCH_BETTER),
        ("B=A", Verdict.TIE),
        ("a > b", Verdict.A_BETTER),
        ("A&gt;&gt;B", Verdict.A_MUCH_BETTER),
        ("[[B>A]]", Verdict.B_BETTER),
    ],
)
def test_other_spellings_mean_the_same(label, verdict):
    assert parse_label(label) is verdict


def test_the_last_verdict_wins():
    text = '[[A>B]] ... {"verdict": "A=B"} ... my final verdict is [[B>>A]]'
    assert read_verdict(text).verdict is Verdict.B_MUCH_BETTER
    assert read_verdict('[[A>B]] {"verdict": "B>A"}').verdict is Verdict.B_BETTER


def test_brackets_inside_the_reasoning_of_an_object_do_not_overrule_it():
    said = read_verdict('{"verdict": "B>A", "reasoning": "A wrote [[A>>B]] itself"}')
    assert said.verdict is Verdict.B_BETTER
    assert said.explanation == "A wrote [[A>>B]] itself"


def test_an_object_in_a_code_fence_with_raw_newlines_is_read():
    said = read_verdict('```json\n{"reasoning": "one\ntwo",\n "verdict": "A>B"}\n```')
    assert said.verdict is Verdict.A_BETTER


@pytest.mark.parametrize(
    "text",
    ["<think>[[A>B]]</think>", "<think>so [[A>B]]", "so [[A>B]]</think>", "<thinking>[[A>B]]"],
)
def test_thoughts_are_not_verdicts(text):
    assert read_verdict(text).void == "unparsed"


def test_what_follows_a_thought_is_read():
    assert read_verdict("<think>[[A>B]]</think>\n[[B>A]]").verdict is Verdict.B_BETTER


@pytest.mark.parametrize("text", ["", "A is better.", "[A>B]", "{", '{"a": 1}', "[[1, 2]]"])
def test_a_reply_without_a_verdict_is_void_and_never_a_tie(text):
    said = read_verdict(text, chat_id="c1")
    assert (said.verdict, said.void, said.chat_id) == (None, "unparsed", "c1")


@pytest.mark.parametrize(
    "text",
    ["[[C]]", "[[A>>>B]]", "[[tie]]", '{"verdict": "tie"}', '{"verdict": 1}', "[[A>B]] or [[C]]"],
)
def test_a_label_that_is_not_on_the_list_is_void(text):
    assert read_verdict(text).void == "label"


def test_deep_nesting_is_no_error():
    assert read_verdict('{"a":' * 5000).void == "unparsed"


FIRST = "My first impression is [[A>B]]. But checking the facts, A is wrong, so my verdict is"


@pytest.mark.parametrize("finish", list(ENDINGS))
def test_a_first_impression_is_no_verdict_where_the_reply_was_cut_off(finish):
    said = read_verdict(FIRST, finish=finish, chat_id="c1")
    assert (said.verdict, said.void, said.chat_id) == (None, "unparsed", "c1")
    assert "with no verdict at its end" in said.explanation
    assert said.explanation.endswith(f": {FIRST}")


@pytest.mark.parametrize("finish", [None, "stop", "tool_calls", "eos_token"])
def test_a_reply_that_ended_by_itself_may_go_on_after_its_verdict(finish):
    assert read_verdict(FIRST, finish=finish).verdict is Verdict.A_BETTER


def test_who_reads_of_a_reply_that_was_cut_off_learns_what_to_do():
    said = "reply cut off at its token limit, with no verdict at its end "
    hint = "(raise max_tokens in the judge's params)"
    assert read_verdict("Let me see", finish="length").explanation == f"{said}{hint}: Let me see"
    for nothing in ("", "<think>Let me see"):
        assert read_verdict(nothing, finish="length").explanation == said + hint
    filtered = read_verdict("Let me", finish="content_filter").explanation
    assert filtered == "reply cut off by a content filter, with no verdict at its end: Let me"


@pytest.mark.parametrize(
    "text",
    [
        "[[B>A]]",
        "At first [[A>B]], but on reflection: [[B>A]].",
        "**Final verdict: [[B>A]]**\n",
        "My verdict (`[[B>A]]`)!",
        "I choose \u201c[[B>A]].\u201d",
        "<verdict>\n[[B>A]]\n</verdict>\n</answer>",
        "\\boxed{[[B>A]]}$",
        "<think>[[A>B]]?</think>[[B>A]]",
        '{"reasoning": "x", "verdict": "B>A"}',
        '```json\n{"verdict": "B>A"}\n```',
        '{"verdict": "[[B>A]]"}',
        '[[A>B]]? {"verdict": "B>A", "reasoning": "A wrote { and [[A>>B]], yes }"}',
    ],
)
def test_a_verdict_that_ends_a_reply_counts_though_it_was_cut_off_there(text):
    assert read_verdict(text, finish="length").verdict is Verdict.B_BETTER


@pytest.mark.parametrize(
    "text",
    [
        "[[A>B]] but",
        "[[A>B]]?",
        "[[A>B]]...",
        "[[A>B]]\u2026",
        "[[A>B]]:",
        "[[A>B]],",
        "[[A>B]] -",
        "[[A>B]] [[",
        "[[A>B]] [[B>",
        "[[A>B]]\n\n**",
        '[[A>B]] "',
        "[[A>B]]\n\n1.",
        "[[A>B]]\n<",
        "[[A>B]]\n<think>",
        "[[A>B]]\n<think>Or is it",
        "[[A>B]]\n<think>It is.</think>",
        "[[A>B]] is an impression.\n[[C]] is",
        '{"verdict": "A>B"',
        '{"verdict": "A>B", "reasoning": "A is',
        '{"verdict": "A>B"} is a first',
        '[[A>B]] {"verdict": "B>',
        '{"reasoning": "At first [[A>B]]',
        '{"facts": {"verdict": "A>B"}',
        '{"facts": {"verdict": "A>B"}, "style": {"verdict": "B>',
        '[{"of": "facts", "verdict": "A>B"}',
    ],
)
def test_whatever_follows_the_verdict_of_a_reply_that_was_cut_off_makes_it_void(text):
    assert read_verdict(text, finish="length").void == "unparsed"


def test_a_wrong_label_at_the_end_of_a_reply_that_was_cut_off_is_still_one():
    assert read_verdict("[[C]]", finish="length").void == "label"
    assert read_verdict("[[C]]? No", finish="length").void == "unparsed"


LONG = 300_000


@pytest.mark.parametrize("piece", [" ", "\n", ")", ") ", " )", "</a>", "\n</a>", ". ", "`", "{}"])
@pytest.mark.parametrize("last", ["", "but"])
def test_what_follows_a_verdict_may_be_long(piece, last):
    read_verdict("[[A>B]]" + piece * (LONG // len(piece)) + last, finish="length")


@pytest.mark.parametrize(
    "text",
    [
        "word " * (LONG // 5),
        "{" * LONG,
        '{"' * (LONG // 2),
        '{ "a": "' * (LONG // 8),
        '{"a":' * (LONG // 5),
        '{"a":' + "[" * LONG,
        "[[" * (LONG // 2),
        "</think" * (LONG // 7),
        '"verdict":{"' * (LONG // 12),
    ],
    ids=lambda text: text[:8],
)
def test_what_stands_before_a_verdict_may_be_long_and_broken(text):
    """Anything but linear time would take minutes here."""
    assert read_verdict(f"{text}\n[[B>A]]").verdict is Verdict.B_BETTER


def test_a_thought_of_any_length_that_never_ends_holds_no_verdict():
    assert read_verdict("<think>" * (LONG // 7) + "\n[[B>A]]").void == "unparsed"


def test_a_verdict_is_found_behind_many_broken_objects():
    assert read_verdict('{"a' * 5000 + ' {"verdict": "B>A"}').verdict is Verdict.B_BETTER
