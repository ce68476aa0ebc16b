"""The shared cache ``redis``: answers as plain byte strings in a Redis server, with an expiry."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr

from arenatest.errors import OptionError
from arenatest.hookspec import Cache, Context, Kind

PREFIX = "arenatest:answer:"
LARGEST = 1 << 20
"""Bytes of an entry: a longer one is neither written nor read, whoever wrote it."""

_CONNECT = 1.0  # seconds: a server that is away must be noticed, not waited for


class RedisOptions(BaseModel):
    """Keeps answers in a Redis server, for all machines that reach it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretStr  # it may hold a password


class RedisCache:
    """Entries of one Redis server.

    Args:
        url: As the client takes it: ``redis://``, or ``rediss://`` for TLS.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: Any = None

    async def open(self) -> None:
        """Make the client; it connects when it is first asked."""
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        self._client = Redis.from_url(
            self._url,
            decode_responses=False,
            socket_connect_timeout=_CONNECT,
            retry=Retry(NoBackoff(), 0),  # whoever asks has a time limit of its own
        )

    async def get(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Read what is there: only so much of each that it can be told from one too large."""
        async with self._client.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.getrange(PREFIX + key, 0, LARGEST)
            found = await pipeline.execute(raise_on_error=False)
        return {key: body for key, body in zip(keys, found, strict=True) if _is_entry(body)}

    async def put(self, entries: Mapping[str, bytes], lifetime: float) -> None:
        """Write entries; Redis drops them by itself after ``lifetime`` seconds."""
        async with self._client.pipeline(transaction=False) as pipeline:
            for key, body in entries.items():
                if len(body) <= LARGEST:
                    pipeline.set(PREFIX + key, body, px=max(1, round(lifetime * 1000)))
            await pipeline.execute()

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()


def _is_entry(body: object) -> bool:
    """Whether a reply is a value: not an error, not the empty string of a key that is not there."""
    return isinstance(body, bytes) and 0 < len(body) <= LARGEST


def _build(options: RedisOptions, _context: Context) -> Cache:
    return RedisCache(options.url.get_secret_value())


def _ready(_options: RedisOptions, _environ: Mapping[str, str]) -> None:
    if importlib.util.find_spec("redis") is None:
        message = "the cache 'redis' needs a package that is not installed"
        raise OptionError(f"{message}\n  hint: pip install 'arenatest[redis]'")


REDIS: Kind[Cache] = Kind(options=RedisOptions, build=_build, ready=_ready)
