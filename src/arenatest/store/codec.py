"""Plans, decisions and texts as bytes and JSON, and back, exactly.

Text from outside may hold NUL, which PostgreSQL refuses, and lone surrogates, which no database
takes: JSON escapes both, texts go in as bytes, and short strings are escaped where they must be.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from arenatest.model.decision import Decision
from arenatest.model.finish import Finishes
from arenatest.model.health import GoldenBattle, HumanLabel, JudgeLimits
from arenatest.model.judgment import Verdict
from arenatest.model.latency import Latency
from arenatest.model.load import Load, Slo
from arenatest.model.metric import MetricSpec
from arenatest.model.plan import Contestant, JudgeSeat, Plan, Rule
from arenatest.model.price import Price
from arenatest.model.prompt import Message, Prompt, Where

_ESCAPED = "\x01"
_COMPRESS_FROM = 2048  # bytes: below it, 20 us of zlib save less than half a page


class PackedText(NamedTuple):
    """A text as it lies in the store."""

    sha: bytes
    compressed: bool
    body: bytes


class PackedPlan(NamedTuple):
    """A plan as it lies in the store, with its prompts by digest."""

    body: bytes
    prompts: Mapping[bytes, PackedText]


Fetch = Callable[[Sequence[bytes]], Mapping[bytes, PackedText]]
"""Returns prompts by their digests."""


def pack_text(text: str, *, digest: int = 32) -> PackedText:
    """Return the digest of a text, of so many bytes, and its own, compressed where that pays."""
    raw = text.encode("utf-8", "surrogatepass")
    compressed = len(raw) >= _COMPRESS_FROM
    return PackedText(
        sha256(raw).digest()[:digest], compressed, zlib.compress(raw, 1) if compressed else raw
    )


def unpack_text(body: bytes, *, compressed: bool) -> str:
    """Return the text that :func:`pack_text` took."""
    raw = zlib.decompress(body) if compressed else body
    return raw.decode("utf-8", "surrogatepass")


def cell_from_text(text: str) -> str:
    r"""Return a string that every database takes: itself, unless it is odd.

    Examples:
        >>> cell_from_text("kids-7"), cell_from_text("\0")
        ('kids-7', '\x01"\\u0000"')
    """
    if text.isprintable():
        return text
    if "\0" not in text and not text.startswith(_ESCAPED):
        try:
            text.encode()
        except UnicodeEncodeError:
            pass
        else:
            return text
    return _ESCAPED + json.dumps(text)


def text_from_cell(cell: str) -> str:
    """Return the string that :func:`cell_from_text` took."""
    return json.loads(cell[1:]) if cell.startswith(_ESCAPED) else cell


def plan_to_bytes(plan: Plan) -> PackedPlan:
    """Return the whole plan as compressed JSON and its prompts, to which the JSON refers.

    ``settings`` must hold JSON values.
    """
    found: dict[bytes, PackedText] = {}

    def refer(prompt: Prompt) -> str:
        packed = pack_text(_dumps(prompt))
        found[packed.sha] = packed
        return packed.sha.hex()

    golden = [_plain(battle) | {"prompt": refer(battle.prompt)} for battle in plan.golden]
    raw = _plain(plan) | {"prompts": [*map(refer, plan.prompts)], "golden": golden}
    return PackedPlan(zlib.compress(_dumps(raw).encode(), 1), found)


def plan_from_bytes(body: bytes, fetch: Fetch) -> Plan:
    """Return the plan that :func:`plan_to_bytes` took.

    Args:
        body: Its JSON.
        fetch: Returns prompts by their digests.
    """
    raw = json.loads(zlib.decompress(body))
    golden = raw.get("golden", ())
    refer = [*raw["prompts"], *(battle["prompt"] for battle in golden)]
    packed = fetch([*map(bytes.fromhex, refer)])

    def prompt(digest: str) -> Prompt:
        found = packed[bytes.fromhex(digest)]
        return _prompt(json.loads(unpack_text(found.body, compressed=found.compressed)))

    return Plan(
        **raw
        | {
            "prompts": tuple(map(prompt, raw["prompts"])),
            "baseline": _contestant(raw["baseline"]),
            "candidates": tuple(map(_contestant, raw["candidates"])),
            "judges": tuple(map(_seat, raw["judges"])),
            "metrics": tuple(map(_metric, raw["metrics"])),
            "rules": tuple(map(_rule, raw["rules"])),
            "finishes": Finishes(**raw.get("finishes", {})),
            "latency": Latency(**raw.get("latency", {})),
            "limits": JudgeLimits(**raw.get("limits", {})),
            "load": _load(raw.get("load")),
            "golden": tuple(_golden(battle, prompt(battle["prompt"])) for battle in golden),
            "labels": tuple(HumanLabel(**label) for label in raw.get("labels", ())),
            "metric_fingerprints": tuple(raw.get("metric_fingerprints", ())),
        }
    )


def outline_of(body: bytes) -> dict[str, Any]:
    """Return what the body of a plan says, as it stands there: its prompts by digest alone."""
    raw: dict[str, Any] = json.loads(zlib.decompress(body))
    return raw


def prompts_of(body: bytes) -> set[bytes]:
    """Return the digests of the prompts that the body of a plan refers to."""
    raw = outline_of(body)
    refer = [*raw["prompts"], *(battle["prompt"] for battle in raw.get("golden", ()))]
    return {bytes.fromhex(digest) for digest in refer}


def described(who: Contestant | JudgeSeat) -> str:
    """Return what a fingerprint stands for, as JSON for people: nothing is read back from it."""
    names = ("settings", "system", "template", "rubric", "parts")
    raw = {name: getattr(who, name, None) for name in names}
    return _dumps({name: value for name, value in raw.items() if value})


def decision_to_json(decision: Decision) -> str:
    """Return a decision as JSON in ASCII."""
    return _dumps(decision)


def decision_from_json(body: str) -> Decision:
    """Return the decision that :func:`decision_to_json` took."""
    raw = json.loads(body)
    return Decision(**raw | {"warnings": tuple(raw["warnings"])})


def _dumps(value: object) -> str:
    return _JSON.encode(value)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {name: getattr(value, name) for name in _names_of(type(value))}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Set):
        return sorted(value, key=str)
    return str(value)  # a date in a contestant's settings: for display only


@lru_cache(maxsize=64)  # of the few dataclasses that a plan is made of
def _names_of(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _prompt(raw: dict[str, Any]) -> Prompt:
    messages = tuple(Message(**message) for message in raw["messages"])
    return Prompt(**raw | {"messages": messages, "tags": tuple(raw["tags"])})


def _load(raw: dict[str, Any] | None) -> Load | None:
    if raw is None:
        return None
    return Load(**raw | {"levels": tuple(raw["levels"]), "slo": Slo(**raw["slo"])})


def _golden(raw: dict[str, Any], prompt: Prompt) -> GoldenBattle:
    expected = tuple(map(Verdict, raw["expected"]))
    return GoldenBattle(**raw | {"prompt": prompt, "expected": expected})


def _contestant(raw: dict[str, Any]) -> Contestant:
    price = raw["price"]
    return Contestant(
        **raw
        | {
            "price": price and _price(price),
            "where": _where(raw.get("where", ())),
            "parts": tuple(map(_contestant, raw.get("parts", ()))),
        }
    )


def _seat(raw: dict[str, Any]) -> JudgeSeat:
    price = raw.get("price")
    return JudgeSeat(**raw | {"price": price and _price(price)})


def _price(raw: dict[str, Any]) -> Price:
    tiers = tuple((above, _price(tier)) for above, tier in raw.get("tiers", ()))
    return Price(**raw | {"tiers": tiers})


def _where(raw: Sequence[Any]) -> Where:
    return tuple((key, tuple(values)) for key, values in raw)


def _metric(raw: dict[str, Any]) -> MetricSpec:
    bounds = raw["range"]
    return MetricSpec(**raw | {"range": bounds and tuple(bounds)})


def _rule(raw: dict[str, Any]) -> Rule:
    return Rule(**raw | {"metric": _metric(raw["metric"]), "where": _where(raw["where"])})


_JSON = json.JSONEncoder(default=_plain, separators=(",", ":"))
