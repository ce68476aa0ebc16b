"""The options that all kinds of provider on HTTP have."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from arenatest.hookspec import Billing
from arenatest.providers.manners import Manners
from arenatest.suite.quantities import Duration


class HttpOptions(BaseModel):
    """What every API on HTTP is told; a kind gives ``base_url`` and the key's name defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reserved: ClassVar[tuple[str, ...]] = ("model", "messages")
    """Keys of a body that have a place of their own in the suite."""

    model: str = Field(min_length=1, description="The model's name, as the server knows it.")
    base_url: str = Field(description="Where the API starts.")
    api_key_env: str = Field(
        default="",
        description="The environment variable that holds the key; empty for a server without.",
    )
    headers: dict[str, str] = Field(
        default_factory=dict, description="Sent with every request. No secrets."
    )
    body: dict[str, Any] = Field(
        default_factory=dict, description="Added to the body of every request, over params."
    )
    idle_timeout: Duration | None = Field(
        default=None,
        description="Longest pause of an answer that has begun; default: 60 s.",
    )
    session_header: str | None = Field(
        default=None,
        pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
        description="The header that takes the id of a conversation, such as X-Session-Id.",
    )
    session_field: str | None = Field(
        default=None,
        min_length=1,
        description="The key of a request's body that takes it, such as session_id.",
    )

    def manners(self) -> Manners:
        """Return what the suite says about how calls are made."""
        return Manners(
            idle=self.idle_timeout,
            session_header=self.session_header,
            session_field=self.session_field,
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
        for key in cls.reserved:
            if key in body:
                raise ValueError(f"{key!r} has a place of its own in the suite")
        try:
            json.dumps(body, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(f"cannot be written as JSON: {error}") from None
        return body


def below(base_url: str, path: str) -> str:
    """Return an address below one where an API starts; its query stays.

    Examples:
        >>> below("http://localhost:8000/v1?tenant=7", "responses")
        'http://localhost:8000/v1/responses?tenant=7'
    """
    parts = urlsplit(base_url)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{path}").geturl()


def identity(options: HttpOptions, _directory: Path) -> Mapping[str, Any]:
    """Return all that determines answers; not the name of the variable that holds the key."""
    told = {"base_url", "model", "headers", "body", "session_header", "session_field"}
    return options.model_dump(include=told, exclude_none=True)


def environment(options: HttpOptions) -> Sequence[str]:
    """Return the variable that must hold a key, if one is named."""
    return (options.api_key_env,) if options.api_key_env else ()


def billing(options: HttpOptions) -> Billing:
    """Return under which name the vendor at this address bills."""
    return Billing(model=options.model, url=options.base_url)
