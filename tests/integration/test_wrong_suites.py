import pytest

WRONG = 'kind = "python"\nfunction = "wrong:f"\n'


def test_a_mistake_is_one_line_with_file_line_and_key(project):
    path = project.suite()
    text = path.read_text(encoding="utf-8").replace("min = 0.4", "min = 55")
    project.write("x.arena.toml", text)
    line = text.splitlines().index("min = 55") + 1
    result = project.run()
    assert result.ret == 2
    result.stdout.fnmatch_lines(
        [f"x.arena.toml:{line}: gates[[]0].min (win_rate): got 55, expected a fraction from 0 to 1"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    assert project.calls() == []
    assert not (project.path / ".arenatest").exists()


def test_all_mistakes_of_a_suite_are_told_at_once(project):
    path = project.suite()
    text = path.read_text(encoding="utf-8")
    text = text.replace("min = 0.4", "min = 55").replace(
        'provider = "python"', 'provider = "pyton"'
    )
    project.write("x.arena.toml", text)
    result = project.run()
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*'pyton'*", "*got 55*"])
    result.stdout.fnmatch_lines(["*python*"])


@pytest.mark.parametrize(
    ("wrong", "changes", "expected"),
    [
        (
            "def f():",
            {'"models:new"': '"wrong:f"'},
            "candidates[0].function (new): wrong:f takes (), expected a function of (prompt)",
        ),
        (
            "def f(a, b):",
            {'kind = "reference"\n': WRONG},
            "judges[0].function: wrong:f takes (a, b), "
            "expected a function of (prompt, text_a, text_b)",
        ),
        (
            "async def f(p, a, c: dict):",
            {"[[gates]]": f'[[metrics]]\nname = "m"\n{WRONG}[[gates]]'},
            "metrics[0].function (m): wrong:f takes (p, a, c), "
            "expected a function of (prompt, answer)",
        ),
    ],
    ids=["provider", "judge", "metric"],
)
def test_a_function_of_other_arguments_is_found_before_a_call(project, wrong, changes, expected):
    project.write("wrong.py", f"{wrong}\n    open('calls.log', 'a').write('wrong')\n")
    text = project.suite().read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    project.write("x.arena.toml", text)
    line = 1 + next(n for n, row in enumerate(text.splitlines()) if '"wrong:f"' in row)
    result = project.run()
    assert result.ret == 2
    assert f"x.arena.toml:{line}: {expected}" in result.outlines
    assert project.calls() == []
    assert not (project.path / ".arenatest").exists()


def test_while_a_suite_is_wrong_no_gate_of_the_session_runs(project):
    project.suite("good")
    project.write("wrong.arena.toml", "[suite\n")
    result = project.run()
    assert result.ret == 2
    assert project.calls() == []
    result = project.run("--continue-on-collection-errors")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*not run: wrong.arena.toml is wrong*"])
    assert project.calls() == []


def test_a_secret_in_a_suite_is_refused_and_never_shown(project):
    path = project.suite()
    secret = "sk-" + "canary0123456789canary"
    text = path.read_text(encoding="utf-8").replace(
        'provider = "python"\nfunction = "models:new"',
        f'provider = "openai"\nmodel = "m"\nheaders = {{ X-Key = "{secret}" }}',
    )
    project.write("x.arena.toml", text)
    result = project.run()
    assert result.ret == 2
    assert "canary" not in result.stdout.str() + result.stderr.str()
    result.stdout.fnmatch_lines(["*environment*"])


def test_a_missing_key_is_one_usage_error_for_all_contestants_before_any_call(project):
    path = project.suite()
    text = path.read_text(encoding="utf-8").replace(
        'provider = "python"\nfunction = "models:new"',
        'provider = "openai"\nmodel = "m"\napi_key_env = "NOT_SET_ANYWHERE"',
    )
    project.write("x.arena.toml", text)
    result = project.run()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*NOT_SET_ANYWHERE is not set, needed by new (suite x)*"])
    assert project.calls() == []
    assert project.run("--collect-only", "-q").ret == 0
    assert project.run("-n2").ret == 1
    assert project.calls() == []


def test_a_key_never_reaches_a_file_or_the_terminal(project, monkeypatch):
    import gzip
    import re
    import zlib
    from base64 import b64decode

    from servers.openai_server import serve

    secret = "canary-key-0123456789"
    monkeypatch.setenv("MY_KEY", secret)
    with serve(reply=lambda body: f"I was told {secret} and {body['model']}") as server:
        project.write(
            "x.arena.toml",
            '[suite]\nname = "x"\n[run]\nearly_stop = false\n'
            + "".join(
                f'{table}\nname = "{name}"\nprovider = "openai"\nmodel = "{name}"\n'
                f'base_url = "{server.base_url}"\napi_key_env = "MY_KEY"\n'
                for table, name in (("[baseline]", "old"), ("[[candidates]]", "new"))
            )
            + '[[judges]]\nkind = "reference"\n[[gates]]\nmetric = "win_rate"\nmin = 0.2\n'
            + "".join(f'[[prompts]]\nquery = "q{n}"\nresponse = "new"\n' for n in range(9)),
        )
        result = project.run("-v")
        assert server.requests[0].headers["authorization"] == f"Bearer {secret}"
    assert secret not in result.stdout.str() + result.stderr.str()
    for path in project.path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert secret.encode() not in data, path
            for chunk in re.findall(rb"H4sI[A-Za-z0-9+/=]+", data):
                assert secret.encode() not in gzip.decompress(b64decode(chunk)), path
    for (body,) in project.sql("select body from text where compressed"):
        assert secret.encode() not in zlib.decompress(body)


def test_a_model_that_was_not_fetched_is_one_usage_error_that_names_the_command(
    project, monkeypatch
):
    monkeypatch.setenv("ARENATEST_MODELS", str(project.path / "empty"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(project.path / "empty"))
    path = project.suite(candidates={"new": "new", "other": "new"})
    text = path.read_text(encoding="utf-8").replace(
        'provider = "python"\nfunction = "models:new"',
        'provider = "local"\nmodel = "smollm2-135m"',
    )
    project.write("x.arena.toml", text)
    result = project.run()
    assert result.ret == 4
    assert result.stderr.str().count("arenatest local fetch smollm2-135m") == 1
    assert project.calls() == []
    assert not (project.path / "reports").exists()
