"""The kind: its options, its identity, and how a provider is made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from arenatest.hookspec import Billing, Context, Kind, Provider
from arenatest_litellm.provider import LiteLLMProvider

_RESERVED = ("model", "messages", "stream", "stream_options", "api_key", "api_base", "timeout")


class LiteLLMOptions(BaseModel):
    """Asks any model that LiteLLM knows; its clocks are unfit for gates."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(
        min_length=1, description="As LiteLLM names it, such as cohere/command-a-03-2025."
    )
    base_url: str = Field(default="", description="Where the API is; without it, the vendor's.")
    api_key_env: str = Field(
        default="",
        description="The environment variable that holds the key; without it, LiteLLM looks.",
    )
    body: dict[str, Any] = Field(
        default_factory=dict, description="More arguments of LiteLLM's completion, over params."
    )

    @field_validator("body")
    @classmethod
    def _check_body(cls, body: dict[str, Any]) -> dict[str, Any]:
        for name in _RESERVED:
            if name in body:
                raise ValueError(f"{name!r} has a place of its own")
        try:
            json.dumps(body, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(f"cannot be written as JSON: {error}") from None
        return body


def _build(options: LiteLLMOptions, context: Context) -> Provider:
    return LiteLLMProvider(
        model=options.model,
        base_url=options.base_url,
        key_env=options.api_key_env,
        body=options.body,
        environ=context.environ,
        clock=context.clock,
    )


def _identity(options: LiteLLMOptions, _directory: Path) -> Mapping[str, Any]:
    """All that determines answers; not the name of the variable that holds the key."""
    return options.model_dump(include={"model", "base_url", "body"})


def _environment(options: LiteLLMOptions) -> Sequence[str]:
    return (options.api_key_env,) if options.api_key_env else ()


def _billing(options: LiteLLMOptions) -> Billing:
    """A model of the vendor before the slash; where no list has its price, the suite gives it."""
    vendor, slash, model = options.model.partition("/")
    return Billing(model=model if slash else vendor, url=options.base_url or f"litellm:{vendor}")


LITELLM: Kind[Provider] = Kind(
    options=LiteLLMOptions,
    build=_build,
    identity=_identity,
    environment=_environment,
    billing=_billing,
)
