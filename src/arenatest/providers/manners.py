"""What a suite says about how calls are made, whatever the API: pauses, ids of conversations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from arenatest.hookspec import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How one contestant's calls are made.

    Attributes:
        idle: Seconds without a piece of text after which an answer that has begun is given up; None
            for 60 s.
        session_header: The header that takes the id of a call's conversation; None for none.
        session_field: The parameter of a request that takes it; None for none.
    """

    idle: float | None = None
    session_header: str | None = None
    session_field: str | None = None

    def asked(self, call: Call) -> Call:
        """Return the call with its conversation among the parameters, if that is wanted."""
        if self.session_field is None or call.session is None:
            return call
        return replace(call, params={**call.params, self.session_field: call.session})

    def headers(self, call: Call) -> Mapping[str, str]:
        """Return the headers that name the call's conversation."""
        if self.session_header is None or call.session is None:
            return {}
        return {self.session_header: call.session}
