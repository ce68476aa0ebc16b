"""Provider ``local``: a model file on this machine, run by llama.cpp in this process.

The prompt cache is off: with it, whoever answers a prompt second seems ten times faster.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from arenatest.errors import OptionError
from arenatest.hookspec import Call, Context, Kind, Provider
from arenatest.model.answer import Answer, TimingSource
from arenatest.providers.access import key_in
from arenatest.providers.chat import ChatWire
from arenatest.providers.http import HttpProvider
from arenatest.providers.local_models import (
    cached_model,
    known_model,
    models_folder,
    sha256_of_file,
)
from arenatest.providers.local_server import (
    ServerSettings,
    SharedServer,
    check_machine,
    default_threads,
    start_llama_server,
    usable_cpus,
)


class LocalOptions(BaseModel):
    """Runs a model file on this machine: exactly one of ``model`` and ``gguf``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = Field(
        default=None, description="Name of a model that `arenatest local fetch` brings."
    )
    gguf: str | None = Field(
        default=None, min_length=1, description="Path of a model file, relative to the suite."
    )
    context: int = Field(default=2048, ge=64, description="Tokens of prompt and answer together.")
    threads: int | None = Field(
        default=None, ge=1, description="Threads to compute with; default: all processors but one."
    )

    @field_validator("model")
    @classmethod
    def _model_is_known(cls, model: str | None) -> str | None:
        if model is not None:
            try:
                known_model(model)
            except OptionError as error:
                raise ValueError(str(error)) from None
        return model

    @model_validator(mode="after")
    def _names_one_model(self) -> LocalOptions:
        if (self.model is None) == (self.gguf is None):
            got = "neither" if self.model is None else "both"
            raise ValueError(f"got {got} of model and gguf, expected exactly one")
        return self


_ONE_CALL_EACH = {"Connection": "close"}
"""llama.cpp promises to keep connections alive, but closes each after its stream."""


class LocalProvider:
    """Chat completions of a shared llama.cpp server; one call at a time.

    Args:
        endpoint: What calls to the same server share.
        model: As the server calls it.
        server: Shared with the other contestants of the same settings.
        clock: Monotonic seconds.
    """

    timing: TimingSource = "measured"
    max_concurrency: int | None = 1

    def __init__(
        self, *, endpoint: str, model: str, server: SharedServer, clock: Callable[[], float]
    ) -> None:
        self.endpoint = endpoint
        self._model = model
        self._server = server
        self._clock = clock
        self._chat: HttpProvider | None = None

    async def open(self) -> None:
        """Start the server, unless another contestant has.

        Raises:
            OptionError: llama.cpp cannot load the model.
        """
        await self._opened()

    async def answer(self, call: Call) -> Answer:
        """Make one attempt; see ``Provider``."""
        chat = self._chat or await self._opened()
        return await chat.answer(call)

    async def close(self) -> None:
        """Close the connections, and the server after its last user."""
        chat, self._chat = self._chat, None
        if chat is not None:
            await chat.close()
            await self._server.release()

    async def _opened(self) -> HttpProvider:
        if self._chat is None:
            address = await self._server.acquire()
            self._chat = HttpProvider(
                wire=ChatWire(
                    url=f"{address}/v1/chat/completions",
                    model=self._model,
                    body={"cache_prompt": False},
                ),
                endpoint=self.endpoint,
                headers=_ONE_CALL_EACH,
                access=key_in("", self.endpoint),
                environ={},
                clock=self._clock,
            )
            await self._chat.open()
        return self._chat


def _build(options: LocalOptions, context: Context) -> Provider:
    settings = _settings(options, context)
    check_machine()
    key = f"arenatest.local {settings}"
    server = context.shared.setdefault(key, SharedServer(settings, start_llama_server))
    return LocalProvider(
        endpoint=f"local:{settings.name}",
        model=settings.name,
        server=server,
        clock=context.clock,
    )


def _ready(options: LocalOptions, environ: Mapping[str, str]) -> None:
    """Look whether the model can run here.

    Raises:
        OptionError: The package, the processor or the fetched model is missing.
    """
    check_machine()
    if options.model is not None:
        cached_model(options.model, models_folder(environ))


def _settings(options: LocalOptions, context: Context) -> ServerSettings:
    if options.model is not None:
        name, gguf = options.model, cached_model(options.model, models_folder(context.environ))
    else:
        gguf = _gguf(options, context.directory)
        name = gguf.stem
    return ServerSettings(
        gguf=gguf,
        name=name,
        context=options.context,
        threads=options.threads or default_threads(usable_cpus()),
    )


def _identity(options: LocalOptions, directory: Path) -> Mapping[str, Any]:
    """The weights, the room and the runtime: another build may choose other words."""
    if options.model is not None:
        sha256 = known_model(options.model).sha256
    else:
        gguf = _gguf(options, directory)
        found = gguf.stat()
        sha256 = _sha256(gguf, found.st_size, found.st_mtime_ns)
    return {"sha256": sha256, "context": options.context, "xllamacpp": _runtime()}


def _gguf(options: LocalOptions, directory: Path) -> Path:
    path = (directory / Path(options.gguf or "").expanduser()).resolve()
    if not path.is_file():
        raise ValueError(f"no such file: {options.gguf!r}")
    return path


@lru_cache(maxsize=16)
def _sha256(gguf: Path, size: int, modified: int) -> str:
    """The hash of a file of this size and time: several contestants often share a large one."""
    return sha256_of_file(gguf)


def _runtime() -> str | None:
    try:
        return importlib.metadata.version("xllamacpp")
    except importlib.metadata.PackageNotFoundError:
        return None


LOCAL: Kind[Provider] = Kind(options=LocalOptions, build=_build, identity=_identity, ready=_ready)
