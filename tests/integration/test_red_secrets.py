"""A canary in the environment: it is in no sink, whatever servers and functions do with it."""

import base64
import contextlib
import gzip
import json
import re
import sqlite3
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest

from arenatest.exchange.export import export
from arenatest.store import open_store
from fakes.databases import new_schema
from servers import canned, frames
from servers.openai_server import serve
from servers.script import Script

DECLARED = "cAnArY-7/x+Yz=09q8w7e6r5t4"
UNDECLARED = "hidden-T0ken-5551234"
KEY_ID = "canary-of-a-key-id-0123"
NEEDLES = [
    form
    for key in (DECLARED, UNDECLARED)
    for form in (key, key[:12], quote(key, safe=""), base64.b64encode(key.encode()).decode()[:20])
]
LOUD = ("-vv", "--showlocals", "--tb=long", "--junitxml=junit.xml")

FUNCTIONS = """
import os

KEY = os.environ["OTHER_TOKEN"]

def raises(prompt):
    raise RuntimeError("Incorrect API key provided: " + KEY)

def echoes(prompt):
    return f"answer {prompt.id} with {KEY}"

def other(prompt):
    return f"another answer {prompt.id}"

def judge(prompt, a, b):
    raise ValueError(KEY)

def metric(prompt, answer):
    raise ValueError(KEY)
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch, project):
    monkeypatch.setenv("MY_KEY", DECLARED)
    monkeypatch.setenv("OTHER_TOKEN", UNDECLARED)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.path / "summary.md"))


def seen(project):
    """Everything that lies in the project's folder, unpacked, but for what the user wrote."""
    for path in project.path.rglob("*"):
        if not path.is_file() or path.suffix in {".py", ".pyc"}:
            continue
        raw = path.read_bytes()
        yield path.name, raw
        if path.suffix == ".html":
            for chunk in re.findall(rb"H4sI[A-Za-z0-9+/=]+", raw):
                yield "a chunk of the report", gzip.decompress(base64.b64decode(chunk))
    with sqlite3.connect(project.path / ".arenatest/arena.sqlite") as database:
        for (table,) in database.execute("select name from sqlite_master where type = 'table'"):
            for row in database.execute(f"select * from {table}"):  # noqa: S608
                for value in row:
                    if isinstance(value, bytes):
                        with contextlib.suppress(zlib.error):
                            yield table, zlib.decompress(value)
                    yield table, str(value).encode()


def shown(project):
    """What ``arenatest show`` prints of every call."""
    for (chat,) in project.sql("select chat_id from call limit 3"):
        done = project.arenatest("show", chat)
        assert done.ret == 0
        yield "arenatest show", (done.stdout.str() + done.stderr.str()).encode()


def exported(project):
    """What ``arenatest export`` writes of every run."""
    with open_store(project.path / ".arenatest") as store, TemporaryDirectory() as folder:
        export(store, store.runs(), Path(folder), form="jsonl", now=0.0)
        yield from ((path.name, path.read_bytes()) for path in Path(folder).iterdir())


def assert_clean(project, result, *, recorded=True):
    places = [("terminal", (result.stdout.str() + result.stderr.str()).encode())]
    if recorded:
        places += [*seen(project), *shown(project), *exported(project)]
    for place, content in places:
        for needle in NEEDLES:
            assert needle.encode() not in content, place


def openai_suite(project, url):
    contestant = (
        f'provider = "openai"\nmodel = "m"\nbase_url = "{url}"\napi_key_env = "MY_KEY"\n'
        'timeout = "5 s"\n'
    )
    project.write(
        "x.arena.toml",
        f'[suite]\nname = "x"\n[baseline]\nname = "old"\n{contestant}'
        f'[[candidates]]\nname = "new"\n{contestant}system = "Be brief."\n'
        f'[[judges]]\nkind = "llm"\n{contestant}'
        '[[gates]]\nmetric = "win_rate"\nmin = 0.3\n'
        '[[gates]]\nmetric = "e2e"\nstat = "p50"\nmax = "9 s"\n'
        + "".join(f'[[prompts]]\nquery = "question {n}"\n' for n in range(6)),
    )


def everything(body):
    """Echo the key in every form, with what was asked so that answers differ."""
    forms = (DECLARED, quote(DECLARED, safe=""), base64.b64encode(DECLARED.encode()).decode())
    return f"{' '.join(forms)} {len(str(body))} [[A>B]]"


@pytest.mark.parametrize(
    "script",
    [
        Script(finish=DECLARED, headers={"X-Request-Id": DECLARED}),
        Script(fault="cut"),
        Script(status=401, error={"message": f"wrong key {DECLARED}", "code": DECLARED}),
        Script(status=400, error={"message": "x" * 270 + f" {DECLARED}"}),
        Script(fault="error", error={"message": "x" * 270 + f" {DECLARED}"}),
    ],
    ids=["echo", "cut", "refused", "long refusal", "error in the stream"],
)
def test_a_server_that_gives_the_key_back_leaks_nothing(project, script):
    with serve(reply=everything, script=script) as server:
        openai_suite(project, server.base_url)
        result = project.run(*LOUD)
    assert_clean(project, result)
    kept = b"".join(content for _, content in seen(project))
    assert b"[redacted]" in kept or b"[MY_KEY]" in kept or script.fault == "cut"


KINDS = {
    "openai": 'base_url = "{url}/v1"',
    "openai-responses": 'base_url = "{url}/v1"',
    "azure": 'base_url = "{url}"',
    "deepseek": 'base_url = "{url}/v1"',
    "anthropic": 'base_url = "{url}"',
    "gemini": 'base_url = "{url}"',
    "bedrock": 'base_url = "{url}"',
    "ollama": 'base_url = "{url}"',
}
LISTS_PROCESSES = """
import contextlib
from pathlib import Path

def pytest_arena_gate_decided(decision):
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(path.read_bytes())
    Path("processes.txt").write_bytes(b"\\n".join(lines))
"""


def test_the_key_of_no_kind_leaks_whichever_header_bears_it(project):
    """Nor into arguments of processes, nor where tests are only listed."""
    project.write("conftest.py", LISTS_PROCESSES)
    told = {"message": f"{DECLARED} is wrong", "code": DECLARED, "type": DECLARED}
    body = json.dumps({"error": told, "message": f"{DECLARED} is wrong"}).encode()
    with canned.serve(canned.Response(status=400, body=body)) as server:
        tables = [
            f'name = "{kind}"\nprovider = "{kind}"\nmodel = "m"\napi_key_env = "MY_KEY"\n'
            f"{place.format(url=server.url)}\n"
            for kind, place in KINDS.items()
        ]
        candidates = "".join(f"[[candidates]]\n{table}" for table in tables[1:])
        project.write(
            "x.arena.toml",
            f'[suite]\nname = "x"\n[baseline]\n{tables[0]}{candidates}'
            '[[gates]]\nmetric = "error_rate"\nmax = 0.9\n[[prompts]]\nquery = "a"\n',
        )
        listed = project.run("--collect-only", *LOUD)
        result = project.run("-n2", *LOUD)
    bearers = {
        name
        for request in server.requests
        for name, value in request.headers.items()
        if DECLARED in value
    }
    assert bearers == {"authorization", "api-key", "x-api-key", "x-goog-api-key"}
    assert len(server.requests) == len(KINDS) - 1, "a gate of errors asks candidates only"
    assert_clean(project, listed)
    assert_clean(project, result)
    assert (project.path / "processes.txt").exists()
    kept = project.sql("select failure_message from call")
    assert len(kept) == len(server.requests)
    assert all("HTTP 400: [redacted] is wrong" in message for (message,) in kept)


def test_credentials_that_sign_requests_leak_nothing(project, monkeypatch):
    pytest.importorskip("botocore")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", DECLARED)
    monkeypatch.setenv("AWS_SESSION_TOKEN", UNDECLARED)
    monkeypatch.setenv("MY_KEY", "another-0123456789")
    told = f"{DECLARED} {UNDECLARED} {KEY_ID}"
    spoken = frames.event("contentBlockDelta", {"delta": {"text": told}})
    spoken += frames.event("messageStop", {"stopReason": "end_turn"})
    wrong = canned.Response(status=400, body=json.dumps({"message": told}).encode())
    with canned.serve(wrong, wrong, canned.Response(body=spoken)) as server:
        openai_suite(project, server.url)
        suite = (project.path / "x.arena.toml").read_text(encoding="utf-8")
        kind = 'provider = "bedrock"\nauth = "sigv4"'
        own = suite.replace('provider = "openai"', kind).replace('api_key_env = "MY_KEY"\n', "")
        project.write("x.arena.toml", own)
        result = project.run(*LOUD)
    assert {asked.headers["x-amz-security-token"] for asked in server.requests} == {UNDECLARED}
    assert_clean(project, result, recorded=False)
    kept = b"".join(content for _, content in seen(project))
    assert not [needle for needle in (*NEEDLES, KEY_ID) if needle.encode() in kept]
    assert b"[redacted] [redacted] [redacted]" in kept


def python_suite(project, function):
    project.write("models.py", FUNCTIONS)
    project.suite(
        candidates={"new": function},
        judge='kind = "python"\nfunction = "models:judge"',
        gates='[[gates]]\nmetric = "win_rate"\nmin = 0.3\n'
        '[[metrics]]\nname = "m"\nkind = "python"\nfunction = "models:metric"\n'
        '[[gates]]\nmetric = "m"\nmin = 0.3\n',
        prompts=6,
    )
    text = (project.path / "x.arena.toml").read_text(encoding="utf-8")
    project.write("x.arena.toml", text.replace("models:old", "models:other"))


@pytest.mark.parametrize("function", ["raises", "echoes"])
def test_functions_that_tell_a_key_which_no_suite_names_leak_nothing(project, function):
    python_suite(project, function)
    assert_clean(project, project.run(*LOUD))
    assert b"[OTHER_TOKEN]" in b"".join(content for _, content in seen(project))


def test_a_module_that_raises_with_a_key_at_collection_leaks_nothing(project):
    python_suite(project, "echoes")
    project.write("models.py", FUNCTIONS + "\nraise RuntimeError(KEY)\n")
    result = project.run(*LOUD)
    assert result.ret == 2
    assert "[OTHER_TOKEN]" in result.stdout.str()
    assert_clean(project, result, recorded=False)


def test_the_command_line_in_the_report_holds_no_secret(project):
    project.suite()
    project.write(
        "conftest.py", "def pytest_addoption(parser):\n    parser.addoption('--my-key')\n"
    )
    result = project.run(f"--my-key={UNDECLARED}")
    assert "--my-key=[hidden]" in project.results["run"]["command"]
    assert_clean(project, result)


def given(project, monkeypatch, way, url):
    """Say where the store is in one of the three ways; return what is typed for it."""
    if way == "environment":
        monkeypatch.setenv("ARENATEST_STORE", url)
    elif way == "ini":
        project.write("pytest.ini", f"[pytest]\narena_store = {url.replace('%', '%%')}\n")
    return [f"--arena-store={url}"] if way == "option" else []


@pytest.mark.parametrize(
    ("way", "url", "problem"),
    [
        (
            "option",
            f"mysql://user:{UNDECLARED}@host/arena",
            "--arena-store: got a URL of mysql, expected",
        ),
        ("environment", f"postgresql://user:{UNDECLARED}@127.0.0.1:1/arena", "Connection refused"),
        (
            "ini",
            f"postgresql://user:{UNDECLARED}@host:port/arena",
            "cannot be read as postgresql://",
        ),
    ],
    ids=["of something else", "refused", "unreadable"],
)
def test_a_url_that_is_no_store_is_told_without_its_password(
    project, monkeypatch, way, url, problem
):
    project.suite()
    result = project.run(*LOUD, "--full-trace", *given(project, monkeypatch, way, url))
    assert result.ret == 4
    assert problem in result.stderr.str()
    assert_clean(project, result, recorded=False)
    assert not [path for path in project.path.iterdir() if path.name.startswith("postgres")]


def test_the_password_of_a_store_is_shown_nowhere(project, monkeypatch, postgres_url):
    project.suite()
    project.write("conftest.py", RAISING)
    project.write("test_fixture.py", FIXTURE)
    with new_schema(postgres_url.replace("arena@", f"arena:{UNDECLARED}@")) as url:
        listed = project.run("--collect-only", *LOUD, f"--arena-store={url}")
        result = project.run(*LOUD, f"--arena-store={url}")
        monkeypatch.setenv("ARENATEST_STORE", url)
        told = project.arenatest("runs", "--json")
    result.assert_outcomes(failed=3)
    assert "--arena-store=postgresql://[hidden]@127.0.0.1" in project.results["run"]["command"]
    assert project.results["suites"][0]["name"] in told.stdout.str()
    for shown in (listed, result, told):
        assert_clean(project, shown, recorded=False)
    for path in project.path.rglob("*"):
        assert not path.is_file() or UNDECLARED.encode() not in path.read_bytes(), path


RAISING = "def pytest_arena_gate_decided(decision):\n    raise RuntimeError('x')\n"
FIXTURE = """
def test_battle(arena):
    table = {"provider": "openai", "model": "m", "api_key_env": "MY_KEY",
             "base_url": "http://127.0.0.1:9/v1", "timeout": "1 s"}
    result = arena.battle(prompts=["a"], baseline=table, candidate=lambda prompt: "x",
                          judge={"kind": "reference"})
    assert result.win_rate.passes(min=0.5)

def test_mistake(arena):
    arena.battle(prompts=["a"], baseline={"provider": "openai"}, candidate=lambda prompt: "x")
"""


@pytest.mark.parametrize("loud", [LOUD, (*LOUD, "--full-trace")])
def test_tracebacks_with_local_values_show_no_environment(project, loud):
    project.suite()
    project.write("conftest.py", RAISING)
    project.write("test_fixture.py", FIXTURE)
    result = project.run(*loud)
    result.assert_outcomes(failed=3)
    assert "environ({" not in result.stdout.str()
    assert "Ledger(" not in result.stdout.str()
    assert_clean(project, result)
