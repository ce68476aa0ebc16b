"""One contestant asked through LiteLLM: opens it, streams an answer, lets go of its connections."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from arenatest.errors import MissingKey
from arenatest.hookspec import Call
from arenatest.model.answer import Answer, TimingSource
from arenatest_litellm.failures import failure_of, is_filtered
from arenatest_litellm.loading import hush, load
from arenatest_litellm.streaming import Stream


class LiteLLMProvider:
    """A model that LiteLLM knows. What LiteLLM itself does is in its times, so they are unfit.

    Args:
        model: As LiteLLM names it.
        base_url: Where the API is; empty for the vendor's.
        key_env: Name of the variable that holds the key; empty where LiteLLM finds its own.
        body: More arguments, over the suite's parameters.
        environ: Where it is read from.
        clock: Monotonic seconds.
    """

    timing: TimingSource = "unfit"
    max_concurrency: int | None = None

    def __init__(
        self,
        *,
        model: str,
        base_url: str,
        key_env: str,
        body: Mapping[str, Any],
        environ: Mapping[str, str],
        clock: Callable[[], float],
    ) -> None:
        self.endpoint = base_url or f"litellm:{model.partition('/')[0]}"
        self._key_env = key_env
        self._environ = environ
        self._clock = clock
        self._fixed: dict[str, Any] = {"model": model}
        if base_url:
            self._fixed["api_base"] = base_url
        self._body = body
        self._litellm: Any = None

    async def open(self) -> None:
        """Read the key and import LiteLLM, which takes seconds.

        Raises:
            MissingKey: The variable that is to hold the key is not set, or empty.
        """
        if self._key_env:
            key = self._environ.get(self._key_env, "").strip()
            if not key:
                raise MissingKey(
                    f"environment variable {self._key_env} is not set: "
                    f"it is to hold the key for {self._fixed['model']}"
                )
            self._fixed["api_key"] = key
        self._litellm = await asyncio.to_thread(load)

    async def answer(self, call: Call) -> Answer:
        """Make one attempt; see ``Provider``."""
        hush()
        stream = Stream(self._clock)
        try:
            chunks = await self._litellm.acompletion(**self._arguments(call))
            await stream.read(chunks)
        except Exception as error:  # LiteLLM promises no list of what it raises
            if is_filtered(error) and not stream.started:
                return Answer(finish="content_filter", timing=stream.timing())
            failure = failure_of(error, started=stream.started)
            return Answer(failure=failure, timing=stream.timing())
        return stream.answer()

    async def close(self) -> None:
        """Close the connections that LiteLLM keeps for this event loop."""
        if self._litellm is not None:
            await _let_go(self._litellm.in_memory_llm_clients_cache.cache_dict)

    def _arguments(self, call: Call) -> dict[str, Any]:
        messages = [{"role": m.role, "content": m.content} for m in call.messages]
        ours = {
            **self._fixed,
            "messages": messages,
            "stream": True,
            "stream_options": {"include_usage": True},
            "timeout": call.timeout,
            "num_retries": 0,  # retries are the engine's, which records each
            "max_retries": 0,
        }
        asked = {**call.params, **self._body}
        headers = {"X-Client-Request-Id": call.chat_id, **asked.pop("extra_headers", {})}
        return {**asked, **ours, "extra_headers": headers}


async def _let_go(clients: dict[str, Any]) -> None:
    """Close and forget the clients of this loop, whose id may be that of a later loop."""
    ours = f"-{id(asyncio.get_running_loop())}"
    for key in [key for key in clients if key.endswith(ours)]:
        client = clients.pop(key)
        close = getattr(client, "aclose", None) or getattr(client, "close", None)
        if close is not None and inspect.isawaitable(closing := close()):
            await closing
