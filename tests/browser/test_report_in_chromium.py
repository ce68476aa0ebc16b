"""The report in real Chromium: inert whatever models wrote, and useful with and without scripts."""

import shutil
from dataclasses import replace

import pytest

from arenatest.model.finish import Finishes
from arenatest.model.record import AnswerSlot
from arenatest.report.escape import visible
from arenatest.report.suite_run import SuiteRun
from arenatest.report.write import write_reports
from fakes.attacks import ORDER
from fakes.ledgers import STARTED, LedgerBuilder, decision, plan, prompt, rule
from fakes.reports import seen

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOSTILE = {
    "script": "</script></template><script>document.title='pwned'</script>",
    "image": "<img src=x onerror=\"document.title='pwned'\"><svg onload=alert(1)>",
    "link": "<a href=\"javascript:document.title='pwned'\">x</a> [x](javascript:alert(1))",
    "bidi": "pay \u202e001$\u202c and \u200b\u2066hide\u2069",
    "ansi": "\x1b[31mred\x1b[0m\n::error::x",
    "long": "x" * 1_000_000,
    "comment": "<!-- --> ]]> <style>body{display:none}</style>",
}


@pytest.fixture(scope="module")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return write_reports(seen(session()), folder)[0]


def session():
    hostile = [prompt(name, text[:500], category="hostile") for name, text in HOSTILE.items()]
    plain = [prompt(f"p{place:03d}", category="plain") for place in range(130)]
    builder = LedgerBuilder(plan([*hostile, *plain], rules=[rule("win_rate")]))
    for name, text in HOSTILE.items():
        builder.answer("gpt-4o", name, text).answer("gpt-5-mini", name, f"{text} too")
        builder.judge(name, ("loss", "loss"), explanation=f"why: {text}")
    for place, asked in enumerate(plain):
        builder.answer("gpt-4o", asked.id, f"answer {place} of the baseline")
        if place == 7:
            builder.failure("gpt-5-mini", asked.id)
            continue
        builder.answer("gpt-5-mini", asked.id, f"answer {place} of the candidate")
        builder.judge(asked.id, ("win", "loss") if place < 5 else ("win", "win"))
    builder.ledger.warnings.append(HOSTILE["image"])
    return SuiteRun(ledger=builder.ledger, decisions=(decision(reason=HOSTILE["script"]),))


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """A report with long texts in its tables: excerpts, settings, failures, reused answers."""
    asked = [prompt(f"support-{place:03d}") for place in range(12)]
    planned = plan(
        asked, candidates=["gpt-5-mini-brief"], rules=[rule("win_rate", "gpt-5-mini-brief")]
    )
    (candidate,) = planned.candidates
    long = {"base_url": "https://inference.example.org/v1", "stop": ["User:", "Assistant:"]}
    told = replace(candidate, settings=candidate.settings | long, system="Answer briefly. " * 30)
    builder = LedgerBuilder(replace(planned, candidates=(told,)))
    for place, one in enumerate(asked):
        bought = {"reused": True, "started": STARTED - 720.0 - 5.0 * place}
        builder.answer("gpt-4o", one.id, f"The answer {place} is known.", **bought)
        builder.answer("gpt-5-mini-brief", one.id, f"{place} {ORDER} " + "Do it. " * 40, **bought)
        builder.judge(one.id, ("loss", "loss"), candidate="gpt-5-mini-brief")
    builder.failure("gpt-5-mini-brief", "support-011")
    folder = tmp_path_factory.mktemp("busy")
    return write_reports(seen(SuiteRun(ledger=builder.ledger, decisions=(decision(),))), folder)[0]


class Page:
    """A page with what it complained about and what it asked the network for."""

    def __init__(self, browser, path, fragment="", **context):
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.complaints, self.requests = [], []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(f"{path.as_uri()}{fragment}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

    def found(self, words):
        self.page.locator("#found", has_text=words).wait_for(timeout=10_000)


def test_the_page_opens_quietly_and_asks_for_nothing(chromium, site):
    with Page(chromium, site) as opened:
        opened.found("137 battles")
        assert opened.complaints == []
        assert opened.requests == [site.as_uri()]
        assert opened.page.title() == "PASSED · arena report"


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_answer_is_shown_as_text(chromium, site, name):
    with Page(chromium, site) as opened:
        opened.page.locator("#rows tr", has_text=name).first.click()
        battle = opened.page.locator("#battle")
        battle.locator("h3", has_text=name).wait_for()
        shown = battle.locator(".pair pre").first.text_content()
        assert shown[:2000] == visible(HOSTILE[name])[:2000]
        assert battle.locator("img, svg, script, style, a[href^='javascript']").count() == 0
        assert opened.page.title() == "PASSED · arena report"
        assert (opened.complaints, opened.requests) == ([], [site.as_uri()])


def test_hidden_characters_are_written_out(chromium, site):
    with Page(chromium, site) as opened:
        opened.page.locator("#rows tr", has_text="bidi").first.click()
        text = opened.page.locator("#battle .pair pre").first
        text.wait_for()
        assert "pay ⟦U+202E⟧001$⟦U+202C⟧ and ⟦U+200B⟧" in text.text_content()


def test_the_page_never_grows_wider_than_the_screen(chromium, site):
    with Page(chromium, site, viewport={"width": 390, "height": 844}) as opened:
        opened.page.locator("#rows tr", has_text="long").first.click()
        opened.page.locator("#battle h3", has_text="long").wait_for()
        assert opened.page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("width", [320, 390, 600, 769, 1024, 1280])
@pytest.mark.parametrize("scripts", [True, False])
def test_no_page_scrolls_sideways(chromium, busy, width, scripts):
    size = {"width": width, "height": 844}
    with Page(chromium, busy, viewport=size, java_script_enabled=scripts) as opened:
        assert opened.page.evaluate("document.documentElement.scrollWidth") == width


FILLED = """() => [...document.querySelectorAll(".scroll tr")].map((row) => {
  const box = row.getBoundingClientRect(), text = document.createRange();
  const area = [...row.cells].reduce((sum, cell) => {
    text.selectNodeContents(cell);
    return sum + cell.getBoundingClientRect().width * text.getBoundingClientRect().height;
  }, 0);
  return [box.height, area / (box.width * box.height), row.textContent.trim()];
}).filter(([height]) => height > 150)"""
"""Of each tall row the height, the share of it that holds text, and the text."""


@pytest.mark.parametrize("width", [320, 390, 600, 769, 1024])
def test_no_tall_row_is_mostly_empty(chromium, busy, width):
    with Page(chromium, busy, viewport={"width": width, "height": 844}) as opened:
        tall = opened.page.evaluate(FILLED)
        assert [row for row in tall if row[1] < 0.4] == []


@pytest.mark.parametrize("width", [320, 390, 600, 769])
@pytest.mark.parametrize("part", ["Answers to look at", "Contestants and judges of support"])
def test_long_texts_are_read_without_scrolling(chromium, busy, width, part):
    with Page(chromium, busy, viewport={"width": width, "height": 844}) as opened:
        box = opened.page.locator(f".scroll[aria-label='{part}']")
        assert box.evaluate("(box) => box.scrollWidth - box.clientWidth") == 0


def test_calls_and_cost_fit_on_a_desktop(chromium, busy):
    with Page(chromium, busy, viewport={"width": 1280, "height": 844}) as opened:
        box = opened.page.locator(".scroll[aria-label='Calls, tokens and cost']")
        assert "12 (store 12), 12 to 13 minutes old (median 12)" in box.inner_text().replace(
            "\n", " "
        )
        assert box.evaluate("(box) => box.scrollWidth - box.clientWidth") == 0


def test_the_policy_refuses_markup_and_requests(chromium, site):
    with Page(chromium, site) as opened:
        refused = opened.page.evaluate(
            "() => { try { document.body.innerHTML = '<b>x</b>'; } catch (e) { return e.name; } }"
        )
        fetched = opened.page.evaluate("fetch('data:,x').then(() => 'ok', (e) => e.name)")
        assert (refused, fetched) == ("TypeError", "TypeError")


def test_filters_and_search_narrow_the_list(chromium, site):
    with Page(chromium, site) as opened:
        page = opened.page
        page.locator("#f-outcome").select_option("loss")
        opened.found("7 of 137 battles")
        page.locator("#f-outcome").select_option("")
        page.locator("#f-disagree").check()
        opened.found("5 of 137 battles")
        page.locator("#f-disagree").uncheck()
        page.locator("#f-failed").check()
        opened.found("1 of 137 battles")
        page.locator("#f-failed").uncheck()
        page.locator("#f-category").select_option(label="plain")
        opened.found("130 of 137 battles")
        page.locator("#f-text").fill("ANSWER 129 of the candidate")
        opened.found("1 of 137 battles")
        assert opened.complaints == []


def test_both_answers_and_both_orders_stand_side_by_side(chromium, site):
    with Page(chromium, site, "#chat=chat-00000030") as opened:
        battle = opened.page.locator("#battle")
        battle.locator("h3", has_text="p000").wait_for()
        titles = battle.locator(".pair h4").all_text_contents()
        assert titles == [
            "Baseline",
            "Candidate",
            "sonnet, baseline shown first",
            "sonnet, candidate shown first",
        ]
        tops = [box.bounding_box()["y"] for box in battle.locator(".pair > section").all()]
        assert tops[0] == tops[1]
        assert tops[2] == tops[3]
        assert "chat-00000030" in battle.text_content()
        assert "TTFT 200 ms" in battle.text_content()


def test_a_battle_that_no_judge_was_asked_about_says_why(chromium, tmp_path):
    finishes = Finishes(refusal="loss")
    builder = LedgerBuilder(plan([prompt("p")], rules=[rule("win_rate")], finishes=finishes))
    builder.answer("gpt-4o", "p", "Yes.").answer("gpt-5-mini", "p", "No, I will not.")
    slot = AnswerSlot("gpt-5-mini", "p")
    placed = builder.ledger.answers[slot]
    refused = replace(placed, answer=replace(placed.answer, finish="refusal"), level="redis")
    builder.ledger.answers[slot] = refused
    run = SuiteRun(ledger=builder.ledger, decisions=(decision(),))
    with Page(chromium, write_reports(seen(run), tmp_path)[0]) as opened:
        opened.page.locator("#rows tr", has_text="p").first.click()
        note = opened.page.locator("#battle .note", has_text="No judge was asked")
        note.wait_for()
        assert note.text_content() == (
            "No judge was asked: candidate's answer is a refusal, which loses in this suite."
        )
        assert opened.complaints == []


def test_a_link_to_a_battle_opens_it(chromium, site):
    with Page(chromium, site) as first:
        first.page.locator("#rows tr", has_text="script").first.click()
        first.page.locator("#battle h3", has_text="script").wait_for()
        fragment = first.page.evaluate("location.hash")
    assert fragment.startswith("#battle=")
    with Page(chromium, site, fragment) as second:
        second.page.locator("#battle h3", has_text="script").wait_for()


def test_a_link_to_nothing_says_so(chromium, site):
    with Page(chromium, site, "#chat=%3Cb%3E") as opened:
        opened.found("no chat <b> in this report")
        assert opened.complaints == []


def test_keys_walk_through_the_battles_and_over_pages(chromium, site):
    with Page(chromium, site) as opened:
        page = opened.page
        opened.found("137 battles")
        page.locator("#f-sort").select_option("suite")
        page.locator("h1").click()
        page.keyboard.press("j")
        page.locator("#battle h3", has_text="script").wait_for()
        page.keyboard.press("j")
        page.locator("#battle h3", has_text="image").wait_for()
        page.keyboard.press("k")
        page.locator("#battle h3", has_text="script").wait_for()
        page.keyboard.press("Escape")
        page.locator("#battle").wait_for(state="hidden")
        page.locator("#later").click()
        page.locator("#page", has_text="page 2 of 3").wait_for()


def test_without_scripts_the_verdict_the_gates_and_the_worst_battles_are_readable(chromium, site):
    with Page(chromium, site, java_script_enabled=False) as opened:
        page = opened.page
        assert page.locator("h1").inner_text() == "✓ PASSED"
        assert "win_rate" in page.locator("table.gates").inner_text()
        assert page.locator("svg[role=img]").first.is_visible()
        assert "arena-results.json" in page.locator("noscript").inner_text()
        assert page.locator("details.fight").count() == 13  # 7 lost, 5 disagree, 1 void
        assert not page.locator("#browser").is_visible()
        page.locator("details.fight summary").first.click()
        assert HOSTILE["script"] in page.locator("details.fight pre").nth(1).inner_text()
        assert opened.complaints == []


def test_the_dark_page_recolours_the_plots(chromium, site):
    colours = []
    for scheme in ("light", "dark"):
        with Page(chromium, site, color_scheme=scheme) as opened:
            ink = opened.page.locator(".plot text.ink").first
            colours.append(ink.evaluate("(text) => getComputedStyle(text).fill"))
    assert colours[0] != colours[1]


def test_where_a_policy_blocks_scripts_and_styles_the_first_screen_is_readable(chromium, site):
    jenkins = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"
    context = chromium.new_context()
    page = context.new_page()
    headers = {"Content-Type": "text/html", "Content-Security-Policy": jenkins}
    page.route(
        "http://report.test/",
        lambda route: route.fulfill(body=site.read_bytes(), headers=headers),
    )
    page.goto("http://report.test/")
    assert page.locator("h1").inner_text() == "✓ PASSED"
    bar = page.locator("table.gates svg circle").first
    assert bar.evaluate("(dot) => getComputedStyle(dot).fill") == "rgb(0, 158, 115)"
    context.close()


def test_a_dark_screen_still_prints_on_white(chromium, site):
    with Page(chromium, site, color_scheme="dark") as opened:
        opened.found("137 battles")
        opened.page.emulate_media(media="print", color_scheme="dark")
        background = "getComputedStyle(document.body).backgroundColor"
        assert opened.page.evaluate(background) == "rgb(255, 255, 255)"
        assert opened.page.locator("details.fight").first.is_visible()
        assert not opened.page.locator("#browser").is_visible()
