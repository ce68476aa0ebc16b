"""The commit under test: what the CI service says, else what git says of the root directory."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

VARIABLES = (
    "GITHUB_SHA",
    "CI_COMMIT_SHA",  # GitLab
    "BUILD_SOURCEVERSION",  # Azure Pipelines
    "GIT_COMMIT",  # Jenkins
    "CIRCLE_SHA1",
    "BITBUCKET_COMMIT",
    "BUILDKITE_COMMIT",
    "TRAVIS_COMMIT",
    "DRONE_COMMIT_SHA",
    "CI_COMMIT_ID",  # Codeship
    "CODEBUILD_RESOLVED_SOURCE_VERSION",  # AWS
)
"""Where CI services name the commit, the most widespread first."""

PATIENCE = 5.0
"""Seconds that git has to answer."""

_COMMIT = re.compile(r"[0-9a-f]{7,64}")


def commit_of(environ: Mapping[str, str], root: Path) -> str | None:
    """Return the commit under test in lower-case hexadecimal digits; None where nobody knows.

    Args:
        environ: The environment.
        root: pytest's root directory; git is asked there, without a shell.
    """
    named = (_hexadecimal(environ.get(name, "")) for name in VARIABLES)
    return next(filter(None, named), None) or _head(root)


def _head(root: Path) -> str | None:
    try:
        said = subprocess.run(
            ["git", "rev-parse", "--verify", "HEAD"],  # noqa: S607 - as the user would call it
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):  # no git, no repository, no commit yet
        return None
    return _hexadecimal(said.stdout.decode("ascii", "replace"))


def _hexadecimal(text: str) -> str | None:
    commit = text.strip().lower()
    return commit if _COMMIT.fullmatch(commit) else None
