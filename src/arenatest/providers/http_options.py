"""The options that all kinds of provider on HTTP have."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from arenatest.hookspec import Billing
from arenatest.providers.manners import Manners
from arenatest.suite.quantities import Duration

_OURS = (
    "authorization",
    "api-key",
    "x-api-key",
    "x-goog-api-key",
    "host",
    "content-type",
    "content-length",
    "accept-encoding",
    "x-client-request-id",
)
_HEADER = r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
_token = re.compile(_HEADER[:-1]).fullmatch
_variable = re.compile("[A-Za-z_][A-Za-z0-9_]*").fullmatch
_unbroken = re.compile(r"[^\s\x00-\x1f\x7f]+").fullmatch


class HttpOptions(BaseModel):
    """What every API on HTTP is told; a kind gives ``base_url`` and the key's name defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reserved: ClassVar[tuple[str, ...]] = ("model", "messages")
    """Keys of a body that have a place of their own in the suite."""

    added: ClassVar[tuple[str, ...]] = ("/chat/completions",)
    """Ends of an address that we add ourselves: one that has it already is a mistake."""

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
        pattern=_HEADER,
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
        if url == cls.model_fields["base_url"].default:  # as the documentation shows it
            return url
        parts = urlsplit(url)
        expected = f"got {url!r}, expected a URL such as https://api.openai.com/v1"
        if parts.scheme not in ("http", "https") or not parts.hostname or not _unbroken(url):
            raise ValueError(expected)
        if parts.username is not None or parts.password is not None:
            raise ValueError("holds a user name or a password: name a variable in api_key_env")
        try:
            parts.port  # noqa: B018 - it is read only when asked for
        except ValueError as error:
            raise ValueError(f"{expected}: {error}") from None
        for end in cls.added:
            if parts.path.rstrip("/").endswith(end):
                raise ValueError(f"got {url!r}, expected it without the {end} that is added")
        return url.rstrip("/")

    @field_validator("api_key_env")
    @classmethod
    def _check_variable(cls, name: str) -> str:
        if name and not _variable(name):  # it may be the key itself, so it is not shown
            raise ValueError("expected the name of an environment variable, such as OPENAI_API_KEY")
        return name

    @field_validator("session_header")
    @classmethod
    def _check_session_header(cls, name: str | None) -> str | None:
        if name is not None and name.lower() in _OURS:
            raise ValueError(f"{name!r} says something else already")
        return name

    @field_validator("session_field")
    @classmethod
    def _check_session_field(cls, name: str | None) -> str | None:
        if name in (*cls.reserved, "stream"):
            raise ValueError(f"{name!r} has a place of its own in the suite")
        return name

    @field_validator("headers")
    @classmethod
    def _check_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _token(name) or not value.isprintable():
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
