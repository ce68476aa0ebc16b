import pytest

from arenatest.judges.contract import OutputContract
from arenatest.model.judgment import Verdict

MAY, MUST = OutputContract(may_abstain=True), OutputContract()


def test_each_label_that_is_asked_for_is_read_and_no_other_is_asked_for():
    asked = [line.split()[0] for line in MUST.request("").splitlines() if line.startswith("[[")]
    assert [MUST.read(label).verdict for label in asked] == list(Verdict)


def test_instructions_that_name_the_labels_are_left_alone():
    assert MUST.request("Say A>B, A=B or B>A in [[ ]].") == ""
    assert MAY.request("Say A>B, A=B or B>A in [[ ]], or Abstain.") == ""


def test_leave_to_abstain_is_given_in_words():
    assert MAY.request("").endswith("end with [[abstain]] instead.")
    assert MUST.request("") in MAY.request("")


@pytest.mark.parametrize(
    "text", ["[[abstain]]", "[[ Abstain ]]", '{"reasoning": "?", "verdict": "ABSTAIN"}']
)
def test_an_abstention_is_read_where_it_is_allowed(text):
    assert MAY.read(text).void == "abstained"
    assert MUST.read(text).void == "label"


def test_the_last_word_counts_for_abstentions_too():
    assert MAY.read("[[abstain]]? No: [[A>B]]").verdict is Verdict.A_BETTER
    assert MAY.read("[[A>B]]? I cannot say: [[abstain]]").void == "abstained"


def test_an_abstention_counts_as_a_verdict_does_where_a_reply_was_cut_off():
    assert MAY.read("I cannot say: [[abstain]]", finish="length").void == "abstained"
    for cut in ("[[abstain]]? Let me", '{"verdict": "abstain"', "[[A>B]] or [[abstain]] or"):
        assert MAY.read(cut, finish="length").void == "unparsed"
    assert MAY.read("[[abstain]]? Let me", finish="stop").void == "abstained"


def test_an_abstention_keeps_its_reasons():
    assert MAY.read('{"reasoning": "Not mine.", "verdict": "abstain"}').explanation == "Not mine."


def test_judges_under_another_contract_are_others():
    assert MAY.identity != MUST.identity
