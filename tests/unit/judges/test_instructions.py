"""Texts of a judge that are wrong are mistakes of the suite: the exact lines."""

import pytest

from arenatest.errors import SuiteError
from arenatest.judges.llm import LLM
from arenatest.suite.kinds import Kinds
from arenatest.suite.load import load_suite
from fakes.kinds import kinds
from fakes.suites import JUDGE, changed

WHOLE = "{prompt} {answer_a} {answer_b}"


def load(folder, options, **files):
    table = f'[[judges]]\nkind = "llm"\nprovider = "api"\nmodel = "j"\n{options}\n'
    for name, content in files.items():
        (folder / f"{name}.txt").write_bytes(content)
    path = folder / "x.arena.toml"
    path.write_text(changed((JUDGE, table)), encoding="utf-8")
    known = Kinds(providers=kinds().providers, judges={"llm": LLM})
    return load_suite(path, root=folder, kinds=known)


def wrong(folder, options, **files):
    with pytest.raises(SuiteError) as caught:
        load(folder, options, **files)
    place, _, message = str(caught.value).partition(": ")
    rows = (folder / "x.arena.toml").read_text().splitlines()
    line = rows.index(options.splitlines()[-1]) + 1
    assert place == f"x.arena.toml:{line}"
    return message


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            'template = "{prompt} {answer_a}"',
            "judges[0].template: lacks {answer_b}: the judge would not see what it compares",
        ),
        (
            'template = "which?"',
            "judges[0].template: lacks {prompt}, {answer_a}, {answer_b}: "
            "the judge would not see what it compares",
        ),
        (
            'template = "{prompt} {answer_a} {anwser_b}"',
            "judges[0].template: has an unknown placeholder {anwser_b}, "
            "did you mean {answer_b}?\n"
            "  hint: write {{anwser_b}} where the judge is to read {anwser_b} as it stands",
        ),
        (
            f'template = "{WHOLE} {{1}}"',
            "judges[0].template: has an unknown placeholder {1}, "
            "expected one of {prompt}, {reference}, {answer_a}, {answer_b}\n"
            "  hint: write {{1}} where the judge is to read {1} as it stands",
        ),
        (
            f'reference = false\ntemplate = "{WHOLE} {{reference}}"',
            "judges[0].template: has {reference}, which reference = false hides",
        ),
        (
            'system_prompt = "Compare {answer_a} with the other one."',
            "judges[0].system_prompt: has {answer_a}, which is filled in only in template",
        ),
        ('system_prompt = " "', "judges[0].system_prompt: is empty"),
        (
            'template_file = "mesage.txt"',
            "judges[0].template_file: no such file: 'mesage.txt', did you mean 'message.txt'?",
        ),
        (
            'template = "x"\ntemplate_file = "message.txt"',
            "judges[0].template_file: has template and template_file, expected only one of them",
        ),
        (
            'template_file = "message.txt"',
            "judges[0].template_file: 'message.txt' lacks {answer_b}: "
            "the judge would not see what it compares",
        ),
        (
            'system_prompt_file = "latin.txt"',
            "judges[0].system_prompt_file: 'latin.txt' is not UTF-8: byte 0xe9, in line 2",
        ),
        ('system_prompt_file = "blank.txt"', "judges[0].system_prompt_file: 'blank.txt' is empty"),
    ],
)
def test_a_judge_that_would_not_see_what_it_judges_is_a_mistake(tmp_path, options, expected):
    files = {"message": b"{prompt} {answer_a}", "latin": b"Caf\ncaf\xe9", "blank": b"\n\n"}
    assert wrong(tmp_path, options, **files) == expected


def test_the_text_of_a_file_is_part_of_the_judges_fingerprint_and_of_the_plan(tmp_path):
    options = 'template_file = "message.txt"'
    first = load(tmp_path, options, message=WHOLE.encode())
    again = load(tmp_path, options, message=WHOLE.encode() + b"\n")
    other = load(tmp_path, options, message=WHOLE.encode() + b"?")
    assert first.plan == again.plan
    assert first.plan.judges[0].fingerprint != other.plan.judges[0].fingerprint
    assert first.plan.hash != other.plan.hash
