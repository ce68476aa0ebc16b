"""A shared cache that a conftest.py offers, as a user of two machines meets it."""

import zlib

CANARY = "cAnArY-7xYz09q8w7e6r5t4"
FOLDER = '''
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from arenatest.hookspec import Kind


class Options(BaseModel):
    """Keeps answers in a folder."""
    model_config = ConfigDict(extra="forbid")
    url: str


class Folder:
    def __init__(self, options, context):
        self.path = Path(urlsplit(options.url).path)

    async def open(self):
        self.path.mkdir(exist_ok=True)

    async def get(self, keys):
        return {k: (self.path / k).read_bytes() for k in keys if (self.path / k).exists()}

    async def put(self, entries, lifetime):
        for key, body in entries.items():
            (self.path / key).write_bytes(body)

    async def close(self):
        pass


def pytest_arena_caches():
    return {"folder": Kind(options=Options, build=Folder)}
'''

TIMED = """
[[gates]]
metric = "win_rate"
min = 0.4

[[gates]]
metric = "e2e"
stat = "median"
max = "60 s"
"""


def test_a_plugins_cache_serves_another_machine_and_no_latency_gate(project):
    project.write("conftest.py", FOLDER)
    project.suite(prompts=12, run="early_stop = false")
    url = f"--arena-cache-url=folder://{project.path}/shared"
    assert project.run(url, "--arena-store=here").ret == 0
    assert len(project.calls()) == 24
    entries = sorted((project.path / "shared").iterdir())
    assert len(entries) == 24
    entries[0].write_bytes(b"junk")
    result = project.run(url, "--arena-store=there")
    assert result.ret == 0
    assert len(project.calls()) == 1
    result.stdout.fnmatch_lines(
        [
            "*cached: 23 of 24 answers (folder 23)",
            "*warning: the cache folder holds 1 entry that could not be read",
        ]
    )
    assert sum(one["cached"]["folder"] for one in project.results["contestants"]) == 23
    project.suite(prompts=12, gates=TIMED, run="early_stop = false")
    assert project.run(url, "--arena-store=third").ret == 0
    assert sorted(project.calls()) == sorted(f"new q{n}" for n in range(12))


def test_a_shared_cache_gets_no_secret_that_a_model_repeats(project, monkeypatch):
    monkeypatch.setenv("OTHER_TOKEN", CANARY)
    project.write("conftest.py", FOLDER)
    project.write(
        "models.py",
        "import os\n\ndef old(prompt):\n    return prompt.reference + os.environ['OTHER_TOKEN']\n\n"
        "def new(prompt):\n    return prompt.reference\n",
    )
    project.suite(prompts=4, run="early_stop = false")
    project.run(f"--arena-cache-url=folder://{project.path}/shared")
    entries = [path.read_bytes() for path in (project.path / "shared").iterdir()]
    texts = [zlib.decompress(entry[entry.index(b"\n") + 17 :]) for entry in entries]
    assert len(texts) == 8
    assert sum(b"[OTHER_TOKEN]" in text for text in texts) == 4
    assert not any(CANARY.encode() in text for text in texts)
