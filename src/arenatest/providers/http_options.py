"""The options that all kinds of provider on HTTP have."""

from __future__ import annotations

import json
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator


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
