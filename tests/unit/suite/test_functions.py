import functools
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from arenatest.suite.functions import callable_name, function_identity, load_function


@pytest.fixture
def write(tmp_path):
    def _write(name, source):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return path

    return _write


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import pytest\npytest.skip('later', allow_module_level=True)", "Skipped: later"),
        ("import pytest\npytest.exit('now')", "Exit: now"),
    ],
)
def test_a_module_that_leaves_while_it_is_imported_is_a_mistake(tmp_path, code, why):
    (tmp_path / "models.py").write_text(code, encoding="utf-8")
    with pytest.raises(ValueError, match=f"importing module 'models' raised {why}"):
        load_function("models:f", tmp_path)


def test_a_function_is_found_beside_the_suite(write, tmp_path):
    write("models.py", "def shout(prompt):\n    return 'HELLO'\n")
    assert load_function("models:shout", tmp_path)(None) == "HELLO"


def test_two_suites_with_a_models_file_each_keep_apart(write, tmp_path):
    write("one/models.py", "def say(prompt):\n    return 'one'\n")
    write("two/models.py", "def say(prompt):\n    return 'two'\n")
    assert load_function("models:say", tmp_path / "one")(None) == "one"
    assert load_function("models:say", tmp_path / "two")(None) == "two"
    assert "models" not in sys.modules


def test_a_module_is_run_once_and_again_only_after_it_changed(write, tmp_path):
    write("models.py", "marks = []\ndef say():\n    marks.append(1)\n    return len(marks)\n")
    assert [load_function("models:say", tmp_path)() for _ in range(2)] == [1, 2]
    write("models.py", "def say():\n    return 'new'\n")
    assert load_function("models:say", tmp_path)() == "new"


def test_a_module_may_hold_dataclasses_with_quoted_annotations(write, tmp_path):
    write(
        "models.py",
        """
        from __future__ import annotations
        from dataclasses import dataclass, field
        from typing import ClassVar

        @dataclass
        class Reply:
            text: str = "x"
            count: ClassVar[int] = 0

        def say(prompt):
            return Reply().text
        """,
    )
    assert load_function("models:say", tmp_path)(None) == "x"


def test_a_package_beside_the_suite_reaches_its_neighbours(write, tmp_path):
    write("bots/__init__.py", "")
    write("bots/words.py", "WORD = 'hi'\n")
    write("bots/greeter.py", "from .words import WORD\ndef say(prompt):\n    return WORD\n")
    assert load_function("bots.greeter:say", tmp_path)(None) == "hi"
    with pytest.raises(ValueError, match=r"no module 'bots\.gone' beside the suite"):
        load_function("bots.gone:say", tmp_path)


def test_an_installed_module_is_found_where_none_lies_beside_the_suite(tmp_path):
    assert load_function("os.path:join", tmp_path)("a", "b")
    assert load_function("collections:Counter.most_common", tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("models", "got 'models', expected \"module:name\""),
        ("../models:say", "got '../models:say', expected \"module:name\""),
        ("models:", "got 'models:', expected \"module:name\""),
        (
            "model:say",
            "no module 'model' beside the suite, and none is installed; did you mean 'models'?",
        ),
        ("zzz:say", "no module 'zzz' beside the suite, and none is installed"),
        ("models:sya", "module 'models' has no 'sya'; did you mean 'say'?"),
        ("models:NAME", "'models:NAME' is a str, expected a function"),
        ("broken:say", "importing module 'broken' raised NameError: name 'x' is not defined"),
        (
            "needs:say",
            "importing module 'needs' raised ModuleNotFoundError: No module named 'gone'",
        ),
    ],
)
def test_a_wrong_name_is_one_clear_line(write, tmp_path, name, message):
    write("models.py", "NAME = 'a'\ndef say(prompt):\n    return ''\n")
    write("broken.py", "x\n")
    write("needs.py", "import gone\n")
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        load_function(name, tmp_path)
    assert str(caught.value) == message


def test_a_module_that_broke_is_tried_again(write, tmp_path):
    write("models.py", "raise RuntimeError('later')\n")
    for _ in range(2):
        with pytest.raises(ValueError, match="raised RuntimeError: later"):
            load_function("models:say", tmp_path)


def test_the_identity_is_the_name_and_the_content_not_the_place(write, tmp_path):
    write("one/models.py", "def say(prompt):\n    return ''\n")
    write("two/models.py", "def say(prompt):\n    return ''\n")
    write("three/models.py", "def say(prompt):\n    return 'x'\n")
    one, two, three = (
        function_identity("models:say", tmp_path / name) for name in ("one", "two", "three")
    )
    assert one == two
    assert one["sha256"] != three["sha256"]


def test_a_function_defined_elsewhere_is_hashed_there_too(write, tmp_path):
    write("bots/__init__.py", "from .words import say\n")
    write("bots/words.py", "def say(prompt):\n    return ''\n")
    before = function_identity("bots:say", tmp_path)
    write("bots/words.py", "def say(prompt):\n    return 'x'\n")
    assert function_identity("bots:say", tmp_path)["sha256"] != before["sha256"]


def module_level(prompt):
    return prompt


class Model:
    def __call__(self, prompt):
        return "x"


def test_a_plain_callable_has_a_stable_identity(tmp_path):
    assert function_identity(module_level, tmp_path) == function_identity(module_level, tmp_path)


@pytest.mark.parametrize("make", [lambda: functools.partial(module_level, 1), Model])
def test_a_callable_with_hidden_state_never_equals_an_earlier_one(make, tmp_path):
    assert function_identity(make(), tmp_path) != function_identity(make(), tmp_path)


def test_a_closure_never_equals_an_earlier_one(tmp_path):
    word = object()
    assert function_identity(lambda _: word, tmp_path) != function_identity(
        lambda _: word, tmp_path
    )


def with_default(model):
    return lambda prompt, model=model: model


def with_keyword(model):
    def say(prompt, *, model=model):
        return model

    return say


# fmt: off
TWINS = (lambda prompt: "good"), (lambda prompt: "bad!")
# fmt: on


def identity(function):
    return function_identity(function, Path())


@pytest.mark.parametrize("make", [with_default, with_keyword])
def test_defaults_are_part_of_what_a_function_is(make):
    assert identity(make("a")) == identity(make("a"))
    assert identity(make(("x", (1, None)))) == identity(make(("x", (1, None))))
    assert identity(make("a")) != identity(make("b"))
    assert identity(make(1)) != identity(make(1.0))


@pytest.mark.parametrize("default", [object(), {"memo": 1}, ["x"], ("x", [])])
def test_a_default_that_may_change_never_equals_an_earlier_one(default):
    say = with_default(default)
    assert identity(say) != identity(say)


def test_functions_on_one_line_are_told_apart():
    one, other = TWINS
    assert identity(one) == identity(one)
    assert identity(one) != identity(other)


def test_functions_without_a_file_or_with_values_of_their_own_are_not_recognised():
    typed = eval("lambda prompt: ''")  # noqa: S307 - as a notebook or a prompt makes them
    assert identity(typed) != identity(typed)
    say = with_keyword("a")
    say.model = "b"
    assert identity(say) != identity(say)


def test_functions_whose_columns_python_dropped_are_not_recognised(write):
    write("twins.py", "say = lambda prompt: 'good'\n")
    code = "from twins import say; from arenatest.suite.functions import function_identity as same"
    check = f"{code}; import pathlib; print(same(say, pathlib.Path()) == same(say, pathlib.Path()))"
    folder = str(write("here", "").parent)

    def told(*options):
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join([folder, *sys.path])}
        python = [sys.executable, "-B", *options, "-c", check]
        return subprocess.run(
            python, env=environ, capture_output=True, text=True, check=False
        ).stdout

    assert told() == "True\n"
    assert told("-X", "no_debug_ranges") == "False\n"


def test_a_callable_is_named_for_people():
    assert callable_name(module_level).endswith(":module_level")
    assert callable_name(Model()).endswith(":Model")
