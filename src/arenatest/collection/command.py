"""The command line as reports show it: to be typed again, and without secrets."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator

from arenatest.suite.secrets import looks_secret

HIDDEN = "[hidden]"

_USER = re.compile(r"(?<=://)[^/\s@]+@")
_SECRET = re.compile(r"(?:key|token|secret|password|passwd|credential|auth)s?$", re.IGNORECASE)


def shown_command(
    arguments: Iterable[str], redact: Callable[[str], str], *, program: str = "pytest"
) -> str:
    """Return the command line of a session, quoted for a shell.

    Args:
        arguments: As they were typed.
        redact: Takes out the values of variables that hold secrets.
        program: What stands before them.

    Examples:
        >>> shown_command(["--arena", "-k", "not slow", "--jira-token=x"], str)
        "pytest --arena -k 'not slow' --jira-token=[hidden]"
    """
    return " ".join([program, *_shown(map(str, arguments), redact)])


def _shown(arguments: Iterable[str], redact: Callable[[str], str]) -> Iterator[str]:
    hidden = False  # whether the argument before was an option whose value is a secret
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if hidden and not argument.startswith("-"):
            yield HIDDEN
            hidden = False
            continue
        secret = _SECRET.search(name) is not None
        hidden = secret and not equals and name.startswith("--")
        if equals and (secret or looks_secret(_USER.sub("", value))):
            yield f"{name}={HIDDEN}"
        elif looks_secret(known := _USER.sub(f"{HIDDEN}@", redact(argument))):
            yield HIDDEN
        else:
            yield shlex.quote(known)
