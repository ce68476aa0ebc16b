"""One self-contained page: readable with scripts and styles blocked, inert whatever models wrote.

Every expression of the templates is escaped, and what cannot be seen is written out before that.
Only markup made in this package (pictures, style sheet, script) is exempt, by its type.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from arenatest.gates.words import amount, limit
from arenatest.model.latency import LAG, LAG_SHARE
from arenatest.report import phrases
from arenatest.report.battles import Battle
from arenatest.report.bodies import pack, urgency
from arenatest.report.causes import CLOCKS, HELP, cause_words, share_words
from arenatest.report.controlled import WORDS
from arenatest.report.curves import ecdf
from arenatest.report.escape import visible
from arenatest.report.forest import FEW, forest, gate_bar
from arenatest.report.jury import named_votes
from arenatest.report.latency import QUANTILES
from arenatest.report.load_plot import load_picture
from arenatest.report.panel import RESULTS
from arenatest.report.view import Report, SuiteView

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

BUDGET = 25_000_000
"""Bytes of the whole page by default."""
SHOWN = 20
"""Battles that the page shows without its script, the worst first."""

MOST_FLIPS = 50
"""Flipped prompts of one candidate that the page lists."""

_EXCERPT = 4_000
_PIECE = 3 * 2**13  # bytes at once, of which each three are four characters


def html_page(report: Report, *, budget: int = BUDGET) -> bytes:
    """Return the report as one HTML page in UTF-8: the same record gives the same bytes.

    Args:
        report: The session.
        budget: Most bytes of the page; bodies of the least telling battles are left out to fit.
    """
    return b"".join(html_pieces(report, budget=budget))


def html_pieces(report: Report, *, budget: int = BUDGET) -> Iterator[bytes]:
    """Yield the page in pieces, which whoever writes it need not hold together; as above."""
    environment = _environment()
    script, style = _resource("report.js"), _resource("report.css")
    fought = [battle for suite in report.suites for battle in suite.battles]
    pieces = environment.get_template("report.html.j2").generate(
        report=report,
        policy=_policy(script, style),
        script=_markup(script),
        style=_markup(style),
        packed=pack(fought, budget=budget - 400_000),
        fought=len(fought),
        worst=_worst(fought),
        words=phrases,
        amount=amount,
        results=RESULTS,
        quantiles=QUANTILES,
        lag=limit(LAG, "s"),
        lag_share=LAG_SHARE,
        few=FEW,
        controls=WORDS,
        most_flips=MOST_FLIPS,
    )
    return (piece.encode() for piece in pieces)


def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    def shown(value: Any) -> Any:
        return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(
        loader=FunctionLoader(_resource),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        cause_words=cause_words,
        share_words=share_words,
        cause_help=HELP,
        clock_words=CLOCKS,
        forest_plot=_forest_plot,
        curve_plot=_curve_plot,
        load_plot=_load_plot,
        gate_picture=_gate_picture,
        named_votes=named_votes,
    )
    environment.filters["excerpt"] = _excerpt
    environment.filters["base64"] = _base64
    return environment


def _forest_plot(suite: SuiteView, place: int, ident: str) -> Markup:
    baseline = suite.run.ledger.plan.baseline.name
    return _markup(forest(suite.candidates[place], ident=ident, baseline=baseline))


def _curve_plot(suite: SuiteView, metric: str, ident: str) -> Markup:
    measured = [latency for latency in suite.latencies if latency.metric == metric]
    limits = [
        decision
        for decision in suite.run.ordered
        if decision.metric == metric
        and decision.stat.startswith("p")
        and not suite.run.is_under_load(decision)  # which is about other calls
    ]
    return _markup(ecdf(measured, limits, ident=ident, metric=metric.upper()))


def _load_plot(suite: SuiteView, ident: str) -> Markup:
    plan = suite.run.ledger.plan
    names = [contestant.name for contestant in plan.contestants]
    unit = "" if plan.load is None else plan.load.unit
    return _markup(load_picture(suite.loads, names, unit=unit, ident=ident))


def _gate_picture(row: Any) -> Markup:
    return _markup(gate_bar(row.decision))


def _excerpt(text: str) -> str:
    if len(text) <= _EXCERPT:
        return text
    return f"{text[:_EXCERPT]}\n⟦cut here: {len(text):,} characters in all⟧"


def _base64(body: bytes) -> Iterator[Markup]:
    """Yield base64 in pieces: the ids of a large run's calls are megabytes."""
    for start in range(0, len(body), _PIECE):
        yield _markup(base64.b64encode(body[start : start + _PIECE]).decode("ascii"))


def _worst(battles: list[Battle]) -> list[Battle]:
    telling = [b for b in battles if b.outcome in ("loss", "void") or b.disagree]
    return sorted(telling, key=urgency)[:SHOWN]


def _policy(script: str, style: str) -> str:
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _markup(text: str) -> Markup:
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 made in this package, its data escaped where it is put in


def _resource(name: str) -> str:
    return (files("arenatest.report") / "templates" / name).read_text(encoding="utf-8")
