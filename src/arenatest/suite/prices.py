"""Looks up what a model's tokens cost in the list of the package ``genai-prices``, if it is there.

Only a vendor that is recognised by the address of its API is asked: a model's name alone says
nothing about who runs it at what price. The list lies in the package, so nothing is fetched.
"""

from __future__ import annotations

from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from arenatest.hookspec import Billing
from arenatest.model.price import Price

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

PACKAGE = "genai_prices"
_PER_REQUEST = "requests_kcount"


class PriceList:
    """Prices as they are at one moment.

    Args:
        now: With its time zone: vendors change their prices by the day, and some by the hour.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now

    def __call__(self, billing: Billing) -> Price | None:
        """Return the price of a model; None where the list, or the package, does not hold it."""
        if not _is_vendor(billing.url) or find_spec(PACKAGE) is None:
            return None
        import genai_prices

        try:
            found = genai_prices.calc_price(
                genai_prices.Usage(input_tokens=1, output_tokens=1),
                billing.model,
                provider_api_url=billing.url,
                genai_request_timestamp=self._now,
            )
        except LookupError:
            return None
        source = f"genai-prices {genai_prices.__version__} on {self._now:%Y-%m-%d}"
        return _price(found.model_price, source)


def _is_vendor(url: str) -> bool:
    """Return whether an address has a domain: to open the list takes longer than a short suite."""
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:  # of a plugin: the list does not hold it either
        return False
    return "." in host and not host.replace(".", "").isdigit()


def _price(found: ModelPrice, source: str) -> Price | None:
    """Return a price in our words; None where not all of it is by the token."""
    if getattr(found, _PER_REQUEST, None):
        return None
    parts = (found.input_mtok, found.output_mtok, found.cache_read_mtok)
    thought = getattr(found, "output_reasoning_mtok", None)
    levels = sorted({tier.start for part in (*parts, thought) for tier in _tiers(part)})
    whole = _level(parts, thought, 0, source)
    if whole is None:
        return None
    tiers = ((start, _level(parts, thought, start + 1, source)) for start in levels)
    return Price(
        input=whole.input,
        output=whole.output,
        cached_input=whole.cached_input,
        reasoning=whole.reasoning,
        tiers=tuple((start, price) for start, price in tiers if price is not None),
        source=source,
    )


def _level(parts: tuple[Any, Any, Any], thought: Any, tokens: int, source: str) -> Price | None:
    """Return the price of a call with so many input tokens."""
    taken, given, cached, reasoning = (_at(part, tokens) for part in (*parts, thought))
    if taken is None or given is None:
        return None
    return Price(input=taken, output=given, cached_input=cached, reasoning=reasoning, source=source)


def _at(part: Any, tokens: int) -> float | None:
    if part is None:
        return None
    price = getattr(part, "base", part)
    for tier in _tiers(part):
        if tokens > tier.start:
            price = tier.price
    return float(price)


def _tiers(part: Any) -> list[Any]:
    return list(getattr(part, "tiers", ()))
