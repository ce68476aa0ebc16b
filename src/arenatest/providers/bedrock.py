"""The kind of provider ``bedrock``: Amazon Bedrock's Converse API."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import Field

from arenatest.hookspec import Billing, Call, Context, Kind, Provider
from arenatest.model.answer import Failure
from arenatest.providers.access import key_in
from arenatest.providers.chat import merge
from arenatest.providers.clocks import Clocks
from arenatest.providers.conversation import instructions, renamed, turns
from arenatest.providers.converse_stream import ConverseStream
from arenatest.providers.http import HttpProvider
from arenatest.providers.http_options import HttpOptions, below, environment, identity
from arenatest.providers.refusals import one_line
from arenatest.providers.signing import CREDENTIALS, Signer, check_botocore
from arenatest.providers.wire import Request, Wire


class BedrockOptions(HttpOptions):
    """Asks a model of Amazon Bedrock."""

    reserved: ClassVar[tuple[str, ...]] = ("model", "modelId", "messages", "system")
    added: ClassVar[tuple[str, ...]] = ("/model",)

    model: str = Field(
        min_length=1, description="The id or the ARN of a model or of an inference profile."
    )
    region: str = Field(
        default="us-east-1", pattern=r"^[a-z]{2}[a-z0-9-]*$", description="Of Amazon."
    )
    base_url: str = Field(
        default="", description="Where the API starts; without it, Bedrock in the region."
    )
    auth: Literal["bearer", "sigv4"] = Field(
        default="bearer",
        description="A key of Bedrock's own, or requests signed with AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY, which needs botocore.",
    )
    api_key_env: str = Field(
        default="AWS_BEARER_TOKEN_BEDROCK",
        description="The environment variable that holds the bearer key; empty for none.",
    )

    @property
    def endpoint(self) -> str:
        """Where the API starts."""
        return self.base_url or f"https://bedrock-runtime.{self.region}.amazonaws.com"


class ConverseWire(Wire):
    """Conversations with one model at one endpoint.

    Args:
        endpoint: Where the API starts.
        model: Its id or ARN.
        body: Added to every request.
        signer: Signs requests; None where a key in a header does.
    """

    def __init__(
        self, *, endpoint: str, model: str, body: Mapping[str, Any], signer: Signer | None
    ) -> None:
        self._url = converse_url(endpoint, model)
        self._extra = body
        self._signer = signer

    def request(self, call: Call) -> Request:
        """Return the request, signed if it is to be."""
        body: dict[str, Any] = {
            "messages": [
                {"role": m.role, "content": [{"text": m.content}]} for m in turns(call.messages)
            ]
        }
        if system := instructions(call.messages):
            body["system"] = [{"text": system}]
        merge(body, _parameters(call.params))
        merge(body, self._extra)
        data = json.dumps(body).encode()
        headers: Mapping[str, str] = _HEADERS
        if self._signer is not None:
            headers = self._signer.headers(self._url, data, headers)
        return Request(
            url=self._url, body=data, headers={**headers, "X-Client-Request-Id": call.chat_id}
        )

    def stream(self, clocks: Clocks) -> ConverseStream:
        """Return what reads one answer."""
        return ConverseStream(clocks)

    def request_id(self, headers: Mapping[str, str]) -> str | None:
        """Return ``x-amzn-requestid``, or what other servers call it."""
        return headers.get("x-amzn-requestid") or headers.get("x-request-id")

    def refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        """Return what a status means; a quota of a day is not waited for."""
        failure = super().refusal(status, headers, body)
        if message := _message(body):
            name = headers.get("x-amzn-errortype", "").partition(":")[0]
            said = f"HTTP {status}: {message}" + (f" ({name})" if name else "")
            failure = replace(failure, message=one_line(said))
        if failure.kind == "rate_limited" and "per day" in failure.message:
            return replace(failure, kind="spent", retryable=False, retry_after=None)
        return failure


def converse_url(endpoint: str, model: str) -> str:
    """Return where a model is asked.

    Only what must be is quoted, for the HTTP client undoes the rest, and a signature would not fit.

    Examples:
        >>> converse_url("http://localhost", "arn:aws:bedrock:eu-west-1:1:profile/x.y-v1:0")
        'http://localhost/model/arn:aws:bedrock:eu-west-1:1:profile%2Fx.y-v1:0/converse-stream'
    """
    return below(endpoint, f"model/{quote(model, safe=':')}/converse-stream")


_HEADERS = {"Accept": "application/vnd.amazon.eventstream", "Content-Type": "application/json"}
_NAMES = {"max_tokens": "maxTokens", "top_p": "topP", "stop": "stopSequences"}
_CONFIG = ("maxTokens", "temperature", "topP", "stopSequences")


def _parameters(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters in their two places: those that all models have, and those of a model's own."""
    named = renamed(params, _NAMES)
    config = {name: named.pop(name) for name in _CONFIG if name in named}
    places = {"inferenceConfig": config, "additionalModelRequestFields": named}
    return {place: values for place, values in places.items() if values}


def _message(body: bytes) -> str:
    """What an error of Amazon's says; empty where the body is none."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    message = said.get("message") or said.get("Message") if isinstance(said, dict) else None
    return message if isinstance(message, str) else ""


def _build(options: BedrockOptions, context: Context) -> Provider:
    endpoint = options.endpoint
    signer = None
    if options.auth == "sigv4":
        signer = Signer(service="bedrock", region=options.region, endpoint=endpoint)
    return HttpProvider(
        wire=ConverseWire(endpoint=endpoint, model=options.model, body=options.body, signer=signer),
        endpoint=endpoint,
        headers=options.headers,
        access=key_in(options.api_key_env, endpoint) if signer is None else signer.open,
        environ=context.environ,
        clock=context.clock,
        manners=options.manners(),
    )


def _identity(options: BedrockOptions, directory: Path) -> Mapping[str, Any]:
    """All that determines answers; not how we prove who we are."""
    return {**identity(options, directory), "base_url": options.endpoint}


def _environment(options: BedrockOptions) -> Sequence[str]:
    return CREDENTIALS if options.auth == "sigv4" else environment(options)


def _ready(options: BedrockOptions, _environ: Mapping[str, str]) -> None:
    if options.auth == "sigv4":
        check_botocore()


def _billing(options: BedrockOptions) -> Billing:
    return Billing(model=options.model.rpartition("/")[2], url=options.endpoint)


BEDROCK: Kind[Provider] = Kind(
    options=BedrockOptions,
    build=_build,
    identity=_identity,
    environment=_environment,
    ready=_ready,
    billing=_billing,
)
