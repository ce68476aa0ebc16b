"""Prices from a list: the vendor's, as the package prices tokens, and no part of the identity."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from arenatest.errors import PluginError
from arenatest.hookspec import Billing
from arenatest.model.answer import Usage
from arenatest.model.price import Price
from arenatest.providers import pytest_arena_providers
from arenatest.suite import prices
from arenatest.suite.load import load_suite
from arenatest.suite.prices import PriceList
from fakes.kinds import kinds
from fakes.suites import JUDGE, SUITE, changed

genai_prices = pytest.importorskip("genai_prices")

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
OPENAI = "https://api.openai.com/v1"
ANTHROPIC = "https://api.anthropic.com/v1"
GOOGLE = "https://generativelanguage.googleapis.com/v1beta"


def find(model, url=OPENAI):
    return PriceList(NOW)(Billing(model=model, url=url))


def test_a_dated_name_of_a_model_has_the_price_of_the_model_and_its_source():
    price = find("gpt-4o-2024-08-06")
    assert (price.input, price.output, price.cached_input) == (2.5, 10.0, 1.25)
    assert price.source == f"genai-prices {genai_prices.__version__} on 2026-11-01"


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("gpt-4o", "http://localhost:8000/v1"),  # whoever serves it there does not charge this
        ("gpt-4o", "http://10.0.0.7/v1"),
        ("gpt-4o", "http://[::1"),
        ("no-such-model", OPENAI),
        ("sonar", "https://api.perplexity.ai"),  # charges for requests too
    ],
)
def test_what_the_list_does_not_hold_by_the_token_is_unknown(model, url):
    assert find(model, url) is None


def test_without_the_package_every_price_is_unknown(monkeypatch):
    monkeypatch.setattr(prices, "PACKAGE", "no_such_package")
    assert find("gpt-4o") is None


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("gpt-4o", OPENAI),
        ("claude-sonnet-4-5", ANTHROPIC),
        ("gemini-2.5-pro", f"{GOOGLE}/openai"),
        ("gemini-2.5-flash", GOOGLE),
        ("deepseek-chat", "https://api.deepseek.com/v1"),
    ],
)
@pytest.mark.parametrize(
    ("given", "cached", "output"),
    [(0, 0, 0), (1_000, 0, 500), (1_000, 400, 500), (200_000, 0, 9), (200_001, 7, 9)],
)
def test_tokens_cost_what_the_package_says(model, url, given, cached, output):
    usage = Usage(input_tokens=given, output_tokens=output, cached_tokens=cached)
    expected = genai_prices.calc_price(
        genai_prices.Usage(input_tokens=given, output_tokens=output, cache_read_tokens=cached),
        model,
        provider_api_url=url,
        genai_request_timestamp=NOW,
    )
    assert find(model, url).of(usage) == pytest.approx(float(expected.total_price), rel=1e-12)


@pytest.mark.parametrize(
    ("kind", "model", "rates"),
    [
        ("anthropic", "claude-sonnet-4-5", (3.0, 15.0, 0.3)),
        ("gemini", "gemini-2.5-flash", (0.3, 2.5, 0.03)),
        ("gemini", "models/gemini-2.5-flash", (0.3, 2.5, 0.03)),
        ("openai", "gpt-4o", (2.5, 10.0, 1.25)),
    ],
)
def test_a_vendors_own_kind_is_found_in_the_list(kind, model, rates):
    kind = pytest_arena_providers()[kind]
    price = PriceList(NOW)(kind.billing(kind.options(model=model)))
    assert (price.input, price.output, price.cached_input) == rates


def test_tiers_reach_where_the_list_has_them():
    price = find("claude-sonnet-4-5", ANTHROPIC)
    (above, dearer), *_ = price.tiers
    assert above == 200_000
    assert (dearer.input, dearer.output) == (6.0, 22.5)


def test_a_price_that_is_no_simple_number_is_taken_apart():
    found = genai_prices.types.ModelPrice(
        input_mtok=Decimal(1), output_mtok=Decimal(2), output_reasoning_mtok=Decimal(3)
    )
    assert prices._price(found, "list") == Price(
        input=1.0, output=2.0, reasoning=3.0, source="list"
    )


def priced(found):
    known = kinds()
    api = replace(
        known.providers["api"], billing=lambda options: Billing(model=options.model, url="u")
    )
    return replace(known, providers={**known.providers, "api": api}, prices=found)


def suite(tmp_path, found, text=SUITE):
    path = tmp_path / "x.arena.toml"
    path.write_text(text, encoding="utf-8")
    return load_suite(path, root=tmp_path, kinds=priced(found))


def test_a_listed_price_is_in_the_plan_and_no_part_of_its_identity(tmp_path):
    listed = Price(input=1.0, output=2.0, source="list 1.0")
    known = suite(tmp_path, {Billing(model="m1", url="u"): listed}.get).plan
    unknown = suite(tmp_path, lambda _billing: None).plan
    assert [contestant.price for contestant in known.contestants] == [listed, None]
    assert [contestant.metered for contestant in known.contestants] == [True, True]
    assert known.hash == unknown.hash


def test_the_price_of_the_suite_wins_over_the_list(tmp_path):
    own = "price = { input = 3, output = 4, cached_input = 0.5 }"
    text = changed(('model = "m2"', f'model = "m2"\n{own}'))
    plan = suite(tmp_path, lambda _billing: Price(input=1.0, output=2.0), text).plan
    assert plan.candidates[0].price == Price(
        input=3.0, output=4.0, cached_input=0.5, source="suite"
    )


def test_judges_are_priced_too(tmp_path):
    jury = '[[judges]]\nkind = "jury"\nprovider = "api"\nmodel = "j"\n'
    listed = Price(input=1.0, output=2.0, source="list")
    made = suite(tmp_path, lambda _billing: listed, changed((JUDGE, jury)))
    assert made.plan.judges[0].price == listed
    assert made.judges[0].model.metered
    assert suite(tmp_path, lambda _billing: listed).plan.judges[0].price is None


def test_code_of_a_kind_that_breaks_down_is_named(tmp_path):
    def broken(_options):
        raise KeyError("no")

    known = kinds()
    api = replace(known.providers["api"], billing=broken)
    (tmp_path / "x.arena.toml").write_text(SUITE, encoding="utf-8")
    with pytest.raises(PluginError, match="billing of provider 'api' raised KeyError"):
        load_suite(
            tmp_path / "x.arena.toml", root=tmp_path, kinds=replace(known, providers={"api": api})
        )
