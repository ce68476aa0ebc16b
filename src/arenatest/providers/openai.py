"""The kind of provider ``openai``: any server that speaks OpenAI's chat completions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from arenatest.hookspec import Billing, Context, Kind, Provider
from arenatest.providers.chat import ChatProvider


class OpenAIOptions(BaseModel):
    """Asks any server that speaks OpenAI's chat completions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(min_length=1, description="The model's name, as the server knows it.")
    base_url: str = Field(
        default="https://api.openai.com/v1",
        description="Where the API starts: OpenAI, vLLM, Ollama, llama.cpp, DashScope, ...",
    )
    api_key_env: str = Field(
        default="OPENAI_API_KEY",
        description="The environment variable that holds the key; empty for a server without.",
    )
    headers: dict[str, str] = Field(
        default_factory=dict, description="Sent with every request. No secrets."
    )
    body: dict[str, Any] = Field(
        default_factory=dict, description="Added to the body of every request, over params."
    )

    @field_validator("base_url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"got {url!r}, expected a URL such as https://api.openai.com/v1")
        if parts.username is not None or parts.password is not None:
            raise ValueError("holds a user name or a password: name a variable in api_key_env")
        return url.rstrip("/")

    @field_validator("headers")
    @classmethod
    def _check_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not name or not (name + value).isprintable() or ":" in name or " " in name:
                raise ValueError(
                    f"got {name!r} = {value!r}, expected the name and text of a header"
                )
        return headers

    @field_validator("body")
    @classmethod
    def _check_body(cls, body: dict[str, Any]) -> dict[str, Any]:
        for key in ("model", "messages"):
            if key in body:
                raise ValueError(f"{key!r} has a place of its own in the suite")
        try:
            json.dumps(body, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(f"cannot be written as JSON: {error}") from None
        return body


def chat_url(base_url: str) -> str:
    """Return where chat completions are asked for; a query such as ``?api-version=`` stays.

    Examples:
        >>> chat_url("http://localhost:8000/v1")
        'http://localhost:8000/v1/chat/completions'
    """
    parts = urlsplit(base_url)
    return parts._replace(path=f"{parts.path.rstrip('/')}/chat/completions").geturl()


def _build(options: OpenAIOptions, context: Context) -> Provider:
    return ChatProvider(
        endpoint=options.base_url,
        url=chat_url(options.base_url),
        model=options.model,
        body=options.body,
        headers=options.headers,
        key_env=options.api_key_env,
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
