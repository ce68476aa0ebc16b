"""The kind of provider ``azure``: chat completions of a deployment of Azure OpenAI."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from pydantic import Field, field_validator

from arenatest.hookspec import Context, Kind, Provider
from arenatest.providers.access import key_in
from arenatest.providers.chat import ChatWire
from arenatest.providers.http import HttpProvider
from arenatest.providers.http_options import HttpOptions, billing, environment
from arenatest.providers.http_options import identity as identity_of


class AzureOptions(HttpOptions):
    """Asks a deployment of Azure OpenAI for chat completions."""

    base_url: str = Field(
        description="The resource, such as https://NAME.openai.azure.com; the rest is added."
    )
    api_key_env: str = Field(
        default="AZURE_OPENAI_API_KEY",
        description="The environment variable that holds the key.",
    )
    deployment: str | None = Field(
        default=None,
        min_length=1,
        description="The deployment's name; default: the model's.",
    )
    api_version: str = Field(
        default="2024-10-21", pattern=r"^[\w.-]+$", description="Of the API: the query's part."
    )

    @field_validator("base_url")
    @classmethod
    def _check_resource(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.query or "/openai/" in f"{parts.path}/":
            raise ValueError(
                f"got {url!r}, expected the resource alone, such as https://NAME.openai.azure.com"
            )
        return url


def azure_url(options: AzureOptions) -> str:
    """Return where chat completions of the deployment are asked for."""
    deployment = quote(options.deployment or options.model, safe="")
    query = urlencode({"api-version": options.api_version})
    return f"{options.base_url}/openai/deployments/{deployment}/chat/completions?{query}"


def _build(options: AzureOptions, context: Context) -> Provider:
    return HttpProvider(
        wire=ChatWire(
            url=azure_url(options),
            model=options.model,
            body=options.body,
            max_tokens="max_completion_tokens",
        ),
        endpoint=options.base_url,
        headers=options.headers,
        access=key_in(options.api_key_env, options.base_url, header="api-key", prefix=""),
        environ=context.environ,
        clock=context.clock,
        manners=options.manners(),
    )


def _identity(options: AzureOptions, directory: Path) -> Mapping[str, Any]:
    said = options.model_dump(include={"deployment", "api_version"})
    return {**identity_of(options, directory), **said}


AZURE: Kind[Provider] = Kind(
    options=AzureOptions,
    build=_build,
    identity=_identity,
    environment=environment,
    billing=billing,
)
