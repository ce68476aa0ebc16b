import os
import pty
import re
import subprocess
import sys


def in_a_terminal(project, **environ):
    """Run pytest with a terminal of its own; return all it was sent."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:asyncio", "--arena", "-v"],
        cwd=project.path, stdout=theirs, stderr=theirs, stdin=theirs,
        env={**os.environ, "TERM": "xterm", "CI": "", **environ},
    )  # fmt: skip
    os.close(theirs)
    sent = b""
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not data:
            break
        sent += data
    os.close(ours)
    assert process.wait() == 0
    return sent.decode()


def slow(project):
    text = (project.path / "models.py").read_text(encoding="utf-8")
    project.write("models.py", text.replace("import threading", "import threading, time").replace(
        "def new(prompt):", "def new(prompt):\n    time.sleep(0.1)"))  # fmt: skip
    project.suite(run="early_stop = false\nconcurrency = 2", prompts=24)


def test_the_line_renews_itself_and_leaves_pytests_own_as_it_was(project):
    slow(project)
    sent = in_a_terminal(project)
    assert re.search(r"\rarena x: \d+/24 prompts", sent)
    assert "\rx.arena.toml::new::win_rate PASSED" in sent[sent.index("\rarena x: ") :]


def test_on_ci_nothing_renews_itself(project):
    slow(project)
    assert "arena x: " not in in_a_terminal(project, CI="true")
