"""The files that ``arenatest init`` writes: a first suite that runs as it is, without any key."""

from __future__ import annotations

from pathlib import Path

from arenatest.errors import OptionError

SUITE = """\
# A first suite. Run it with: pytest --arena {folder}
# The two models are plain functions in models.py, so it needs no key. Put your own in their place:
#   provider = "openai"                     # any server that speaks OpenAI's chat completions
#   base_url = "https://api.openai.com/v1"
#   api_key_env = "OPENAI_API_KEY"          # the name of the variable, never the key itself
#   model = "..."

[suite]
name = "first"
description = "Does the new version answer at least as well as the old one?"

[baseline]
name = "old"
provider = "python"
function = "models:old"

[[candidates]]
name = "new"
provider = "python"
function = "models:new"

[[judges]]
kind = "reference"                          # closer to the reference answer wins

[[gates]]
metric = "win_rate"
min = 0.35

[[gates]]
metric = "error_rate"
max = 0.30

{prompts}"""

MODELS = '''\
"""Two models to begin with: each is a function from a prompt to its answer."""

CAPITALS = {
    "France": "Paris", "Italy": "Rome", "Spain": "Madrid", "Japan": "Tokyo",
    "Kenya": "Nairobi", "Peru": "Lima", "Norway": "Oslo", "Egypt": "Cairo",
}


def old(prompt):
    """What is in production: it is right, but it rambles."""
    country = prompt.text.removeprefix("What is the capital of ").rstrip("?")
    return f"Well, if you ask me, I would say that it is {CAPITALS.get(country, 'unknown')}."


def new(prompt):
    """What wants to replace it: it comes to the point."""
    country = prompt.text.removeprefix("What is the capital of ").rstrip("?")
    return CAPITALS.get(country, "I do not know.")
'''

CAPITALS = {
    "France": "Paris",
    "Italy": "Rome",
    "Spain": "Madrid",
    "Japan": "Tokyo",
    "Kenya": "Nairobi",
    "Peru": "Lima",
    "Norway": "Oslo",
    "Egypt": "Cairo",
    "Cuba": "Havana",
    "Ghana": "Accra",
    "Qatar": "Doha",
    "Nepal": "Kathmandu",
}


def write_starter(folder: Path) -> tuple[Path, ...]:
    """Write the first suite and its models into ``folder``; nothing is ever overwritten.

    Raises:
        OptionError: One of the files is there already, or the folder cannot be written.
    """
    suite, models = folder / "first.arena.toml", folder / "models.py"
    for path in (suite, models):
        if path.exists():
            raise OptionError(f"{path} is there already; name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        suite.write_text(
            SUITE.format(folder=folder.as_posix(), prompts=_prompts()), encoding="utf-8"
        )
        models.write_text(MODELS, encoding="utf-8")
    except OSError as error:
        raise OptionError(f"cannot write into {folder}: {error.strerror}") from error
    return suite, models


def _prompts() -> str:
    return "\n".join(
        f'[[prompts]]\nquery = "What is the capital of {country}?"\nresponse = "{capital}"\n'
        for country, capital in CAPITALS.items()
    )
