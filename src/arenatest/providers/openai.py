"""The kinds of provider that speak OpenAI's chat completions: ``openai`` and its presets.

A preset is data: where a vendor's API starts, what holds the key, and in which words it wants what
all of them understand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import Field, create_model

from arenatest.hookspec import Context, Kind, Provider
from arenatest.providers.access import key_in
from arenatest.providers.chat import ID_HEADER, ChatWire
from arenatest.providers.http import HttpProvider
from arenatest.providers.http_options import HttpOptions, below, billing, environment, identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What one vendor, or one server, wants to hear.

    Attributes:
        title: Its name, for people.
        base_url: Where its API starts.
        key: The variable that commonly holds the key; empty where commonly none is asked for.
        max_tokens: What it calls ``max_tokens``. It holds at ``base_url`` only: a suite that names
            another address may speak to any server.
        stream_options: How it is asked to count tokens; empty where it counts unasked.
        id_headers: The headers that take the chat id.
    """

    title: str
    base_url: str
    key: str = ""
    max_tokens: str = "max_tokens"
    stream_options: Mapping[str, bool] = field(default_factory=lambda: {"include_usage": True})
    id_headers: tuple[str, ...] = (ID_HEADER,)


_EVERY_CHUNK = {"include_usage": True, "continuous_usage_stats": True}

PRESETS: Mapping[str, Preset] = {
    "ark": Preset(
        title="Volcengine Ark (Doubao)",
        base_url="https://ark.cn-beijing.volces.com/api/v3",
        key="ARK_API_KEY",
    ),
    "dashscope": Preset(
        title="Alibaba's DashScope (Qwen)",
        base_url="https://dashscope.aliyuncs.com/compatible-mode/v1",
        key="DASHSCOPE_API_KEY",
    ),
    "deepseek": Preset(
        title="DeepSeek", base_url="https://api.deepseek.com/v1", key="DEEPSEEK_API_KEY"
    ),
    "groq": Preset(
        title="Groq",
        base_url="https://api.groq.com/openai/v1",
        key="GROQ_API_KEY",
        max_tokens="max_completion_tokens",
    ),
    "llamacpp": Preset(title="llama.cpp's server", base_url="http://localhost:8080/v1"),
    "lmstudio": Preset(title="LM Studio", base_url="http://localhost:1234/v1"),
    "mistral": Preset(
        title="Mistral",
        base_url="https://api.mistral.ai/v1",
        key="MISTRAL_API_KEY",
        stream_options={},  # refused, and not needed
    ),
    "openrouter": Preset(
        title="OpenRouter", base_url="https://openrouter.ai/api/v1", key="OPENROUTER_API_KEY"
    ),
    "sglang": Preset(
        title="SGLang", base_url="http://localhost:30000/v1", stream_options=_EVERY_CHUNK
    ),
    "vllm": Preset(
        title="vLLM",
        base_url="http://localhost:8000/v1",
        stream_options=_EVERY_CHUNK,
        id_headers=(ID_HEADER, "X-Request-Id"),
    ),
}

_OPENAI = Preset(
    title="OpenAI",
    base_url="https://api.openai.com/v1",
    key="OPENAI_API_KEY",
    max_tokens="max_completion_tokens",
)


class OpenAIOptions(HttpOptions):
    """Asks any server that speaks OpenAI's chat completions."""

    base_url: str = Field(
        default=_OPENAI.base_url,
        description="Where the API starts: OpenAI, or any server that speaks the same.",
    )
    api_key_env: str = Field(
        default=_OPENAI.key,
        description="The environment variable that holds the key; empty for a server without.",
    )


def chat_url(base_url: str) -> str:
    """Return where chat completions are asked for; a query such as ``?api-version=`` stays.

    Examples:
        >>> chat_url("http://localhost:8000/v1")
        'http://localhost:8000/v1/chat/completions'
    """
    return below(base_url, "chat/completions")


def presets() -> dict[str, Kind[Provider]]:
    """Return the kinds that differ from ``openai`` in nothing but what their preset says."""
    return {name: _kind(preset, _options(name, preset)) for name, preset in PRESETS.items()}


def _options(name: str, preset: Preset) -> type[HttpOptions]:
    return create_model(
        f"{name.title()}Options",
        __base__=HttpOptions,
        __doc__=f"Asks {preset.title}, in OpenAI's chat completions.",
        __module__=__name__,
        base_url=(
            str,
            Field(default=preset.base_url, description="Where the API starts."),
        ),
        api_key_env=(
            str,
            Field(
                default=preset.key,
                description="The environment variable that holds the key; empty for none.",
            ),
        ),
    )


def _kind(preset: Preset, options: type[HttpOptions]) -> Kind[Provider]:
    def build(options: HttpOptions, context: Context) -> Provider:
        at_home = options.base_url == preset.base_url
        return HttpProvider(
            wire=ChatWire(
                url=chat_url(options.base_url),
                model=options.model,
                body=options.body,
                max_tokens=preset.max_tokens if at_home else "max_tokens",
                stream_options=preset.stream_options,
                id_headers=preset.id_headers,
            ),
            endpoint=options.base_url,
            headers=options.headers,
            access=key_in(options.api_key_env, options.base_url),
            environ=context.environ,
            clock=context.clock,
            manners=options.manners(),
        )

    return Kind(
        options=options,
        build=build,
        identity=identity,
        environment=environment,
        billing=billing,
    )


OPENAI: Kind[Provider] = _kind(_OPENAI, OpenAIOptions)
