"""A provider that asks an API over HTTP, in whatever dialect it speaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from arenatest import __version__
from arenatest.hookspec import Call
from arenatest.model.answer import Answer, Failure, TimingSource
from arenatest.providers.access import OpenAccess
from arenatest.providers.clocks import Clocks
from arenatest.providers.manners import Manners
from arenatest.providers.redaction import Redactor
from arenatest.providers.wire import Wire

if TYPE_CHECKING:
    from arenatest.providers.transport import Transport

_HEADERS = {
    "User-Agent": f"arenatest/{__version__}",
    "Content-Type": "application/json",
    "Accept-Encoding": "identity",  # compression would hold events back
}


class HttpProvider:
    """One contestant at one API; one session, opened on the engine's loop.

    Args:
        wire: The dialect.
        endpoint: What its calls share: the base URL.
        headers: Added to every request.
        access: Reads the key when the provider opens.
        environ: Where it is read from.
        clock: Monotonic seconds.
        manners: What the suite says about how calls are made.
    """

    timing: TimingSource = "measured"
    max_concurrency: int | None = None

    def __init__(
        self,
        *,
        wire: Wire,
        endpoint: str,
        headers: Mapping[str, str],
        access: OpenAccess,
        environ: Mapping[str, str],
        clock: Callable[[], float],
        manners: Manners | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._wire = wire
        self._headers = headers
        self._access = access
        self._environ = environ
        self._clock = clock
        self._manners = manners or Manners()
        self._redactor = Redactor()
        self._transport: Transport | None = None

    async def open(self) -> None:
        """Read the key and open the session.

        Raises:
            MissingKey: The variable that is to hold the key is not set, or empty.
            OptionError: What it holds cannot be a key.
        """
        if self._transport is None:
            self._open()

    async def close(self) -> None:
        """Close the session and its connections."""
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.close()

    async def answer(self, call: Call) -> Answer:
        """Make one attempt; see ``Provider``."""
        transport = self._transport or self._open()
        stream = self._wire.stream(Clocks(start=self._clock()))
        try:
            request = self._wire.request(self._manners.asked(call))
        except (TypeError, ValueError) as error:
            message = f"the request cannot be written: {error}"
            failure: Failure | None = Failure(kind="request", message=message)
        else:
            if named := self._manners.headers(call):
                request.headers = {**request.headers, **named}
            failure = await transport.exchange(request, call, stream)
        return self._redactor.answer(stream.finish(self._clock(), failure))

    def _open(self) -> Transport:
        from arenatest.providers.transport import Transport  # aiohttp waits until here

        access = self._access(self._environ)
        self._redactor = Redactor(*access.secrets)
        headers = {**_HEADERS, **access.headers}
        own = {name.lower() for name in self._headers}
        kept = {name: value for name, value in headers.items() if name.lower() not in own}
        self._transport = Transport(
            headers={**kept, **self._headers},
            wire=self._wire,
            clock=self._clock,
            idle=self._manners.idle,
        )
        return self._transport
