"""The kind of provider ``openai``: any server that speaks OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from arenatest.hookspec import Billing, Context, Kind, Provider
from arenatest.providers.access import key_in
from arenatest.providers.chat import ChatWire
from arenatest.providers.http import HttpProvider
from arenatest.providers.http_options import HttpOptions


class OpenAIOptions(HttpOptions):
    """Asks any server that speaks OpenAI's chat completions."""

    base_url: str = Field(
        default="https://api.openai.com/v1",
        description="Where the API starts: OpenAI, vLLM, Ollama, llama.cpp, DashScope, ...",
    )
    api_key_env: str = Field(
        default="OPENAI_API_KEY",
        description="The environment variable that holds the key; empty for a server without.",
    )


def chat_url(base_url: str) -> str:
    """Return where chat completions are asked for; a query such as ``?api-version=`` stays.

    Examples:
        >>> chat_url("http://localhost:8000/v1")
        'http://localhost:8000/v1/chat/completions'
    """
    parts = urlsplit(base_url)
    return parts._replace(path=f"{parts.path.rstrip('/')}/chat/completions").geturl()


def _build(options: OpenAIOptions, context: Context) -> Provider:
    url = chat_url(options.base_url)
    return HttpProvider(
        wire=ChatWire(url=url, model=options.model, body=options.body),
        endpoint=options.base_url,
        headers=options.headers,
        access=key_in(options.api_key_env, options.base_url),
        environ=context.environ,
        clock=context.clock,
    )


def _identity(options: OpenAIOptions, _directory: Path) -> Mapping[str, Any]:
    """All that determines answers; not the name of the variable that holds the key."""
    return options.model_dump(include={"base_url", "model", "headers", "body"})


def _environment(options: OpenAIOptions) -> Sequence[str]:
    return (options.api_key_env,) if options.api_key_env else ()


def _billing(options: OpenAIOptions) -> Billing:
    return Billing(model=options.model, url=options.base_url)


OPENAI: Kind[Provider] = Kind(
    options=OpenAIOptions,
    build=_build,
    identity=_identity,
    environment=_environment,
    billing=_billing,
)
