"""What the options say of cached answers: the mode, and the cache that machines share."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import Any, get_args
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from pydantic import ValidationError

from arenatest.arena.caching import Caching, Mode
from arenatest.arena.memory import Memory
from arenatest.arena.redact import Redactor
from arenatest.arena.shared import Standing
from arenatest.collection.items import GateItem, caches_for
from arenatest.collection.options import setting, variable
from arenatest.collection.troubles import show_troubles
from arenatest.errors import OptionError, PluginError
from arenatest.hookspec import Cache, Kind

_URL = "arena_cache_url"
_OPTION = "--arena-cache-url"


class CachePlugin:
    """Holds a session's caching, and tells at its end what was wrong with the shared cache."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._caching: Caching | None = None
        self._elsewhere: list[str] = []
        cache_mode(config)  # a wrong word is told at once

    @property
    def caching(self) -> Caching:
        """How answers are cached; made when first needed: by then all plugins are known.

        Raises:
            pytest.UsageError: The options are wrong, or a package is missing.
        """
        if self._caching is None:
            self._caching = read_caching(self._config)
        return self._caching

    @property
    def warnings(self) -> list[str]:
        """What went wrong here and in workers, each once."""
        standing = None if self._caching is None else self._caching.standing
        mine = () if standing is None else standing.warnings
        return [*dict.fromkeys([*mine, *self._elsewhere])]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Refuse to start with options that are wrong, before any call; a worker's gates fail."""
        if session.items and not session.config.option.collectonly:
            with suppress(pytest.UsageError) if _is_worker(session.config) else nullcontext():
                self._caching = replace(self.caching, memory=Memory(only=_asked_again(session)))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Give the controller what a worker has to tell."""
        if _is_worker(session.config):
            output: dict[str, object] = session.config.workeroutput  # type: ignore[attr-defined]
            output["arenatest_cache"] = self.warnings

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what an xdist worker has to tell."""
        self._elsewhere += getattr(node, "workeroutput", {}).get("arenatest_cache", ())

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show what was wrong."""
        show_troubles(terminalreporter, self.warnings)


def cache_mode(config: pytest.Config) -> Mode:
    """Return what is to be done with cached answers.

    Raises:
        pytest.UsageError: The option is none of the three words.
    """
    said = setting(config, "arena_cache") or "read"
    for mode in get_args(Mode):
        if said == mode:
            found: Mode = mode
            return found
    raise pytest.UsageError(f"--arena-cache: got {said!r}, expected {', '.join(get_args(Mode))}")


def read_caching(config: pytest.Config) -> Caching:
    """Return how the session caches answers; plugins are asked where a URL names their cache.

    Raises:
        pytest.UsageError: The options are wrong, or a package is missing.
    """
    mode = cache_mode(config)
    url = setting(config, _URL)
    if url is None or mode == "off":
        return Caching(mode=mode)
    if not _is_url(url):
        raise pytest.UsageError(f"{_OPTION}: is no URL")
    if _has_secret(url) and os.environ.get(variable(_URL)) != url:
        said = f"{_OPTION}: holds a password, which others could read"
        raise pytest.UsageError(f"{said}\n  hint: put the URL into {variable(_URL)}")
    scheme = urlsplit(url).scheme
    kinds = _kinds(config)
    if scheme not in kinds:
        known = ", ".join(f"{name}://..." for name in sorted(kinds))
        raise pytest.UsageError(f"{_OPTION}: expected a URL of a cache that is known: {known}")
    return Caching(
        mode=mode,
        standing=Standing(scheme, _redactor(url)),
        cache=_maker(scheme, kinds[scheme], url),
    )


def _asked_again(session: pytest.Session) -> frozenset[str]:
    """Return the fingerprints of the contestants that several suites of a session ask."""
    gates = [item for item in session.items if isinstance(item, GateItem)]
    plans = {item.suite.plan.hash: item.suite.plan for item in gates}
    contestants = (contestant for plan in plans.values() for contestant in plan.contestants)
    times = Counter(model.fingerprint for contestant in contestants for model in contestant.models)
    return frozenset(fingerprint for fingerprint, number in times.items() if number > 1)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _kinds(config: pytest.Config) -> dict[str, Kind[Cache]]:
    try:
        return caches_for(config.hook)
    except PluginError as error:
        raise pytest.UsageError(str(error)) from None


def _maker(scheme: str, kind: Kind[Cache], url: str) -> Callable[..., Cache]:
    try:
        options = kind.options.model_validate({"url": url})
    except ValidationError:  # which would show the URL
        message = f"{_OPTION}: the cache {scheme!r} does not take this URL"
        raise pytest.UsageError(message) from None
    if kind.ready is not None:
        try:
            kind.ready(options, os.environ)
        except OptionError as error:
            raise pytest.UsageError(f"{_OPTION}: {error}") from None
    return partial(kind.build, options)


def _is_url(url: str) -> bool:
    try:
        urlsplit(url)
    except ValueError:  # such as a bracket that is never closed
        return False
    return True


def _has_secret(url: str) -> bool:
    parts = urlsplit(url)
    return parts.password is not None or "password" in parse_qs(parts.query)


def _redactor(url: str) -> Callable[[str], str]:
    """Return what takes the URL and its password out of a text, and other secrets too."""
    parts = urlsplit(url)
    passwords = [parts.password or "", *parse_qs(parts.query).get("password", ())]
    shapes = [url, *passwords, *map(unquote, passwords)]
    hidden = sorted(filter(None, shapes), key=len, reverse=True)
    redactor = Redactor((), os.environ)

    def redact(text: str) -> str:
        for shape in hidden:
            text = text.replace(shape, f"[{variable(_URL)}]")
        return redactor.text(text)

    return redact
