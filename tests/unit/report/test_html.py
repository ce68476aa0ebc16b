import base64
import hashlib
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

from arenatest.model.answer import Timing
from arenatest.model.metric import BUILT_IN
from arenatest.model.record import AnswerSlot
from arenatest.report.html import html_page
from arenatest.report.suite_run import SuiteRun
from arenatest.report.view import view
from fakes.ledgers import LedgerBuilder, decision, plan, prompt, rule
from fakes.reports import seen

EVIL = (
    "</script><img src=x onerror=alert(1)><a href='javascript:alert(2)'>\u202e\x1b[31m\n::error::x"
)
P95 = {"metric": "ttft", "stat": "p95", "unit": "s", "side": "max", "threshold": 0.8}


def page(text="fine", name="gpt-5-mini", **changes):
    prompts = [prompt("p", text, category=text), prompt("q", category="other")]
    rules = [rule("win_rate", name), rule("ttft-p95", name, metric=BUILT_IN["ttft"])]
    builder = LedgerBuilder(plan(prompts, candidates=(name,), rules=rules))
    for asked in ("p", "q"):
        builder.answer("gpt-4o", asked, text).answer(name, asked, text + "!", ttft=0.5)
        builder.judge(asked, ("loss", "loss"), candidate=name, explanation=text)
    builder.ledger.warnings.append(text)
    decisions = (
        decision(candidate=name, reason=text, decision="fail", passed=False),
        decision("ttft-p95", candidate=name, **P95, value=0.5, low=0.4, high=0.6),
    )
    run = SuiteRun(ledger=builder.ledger, decisions=decisions)
    return html_page(view([run], finished=1.79e9, command=text), **changes).decode()


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_hostile_text_makes_no_element_and_no_attribute():
    tame = {tag for tag, _ in Elements(page()).found}
    hostile = Elements(page(EVIL, EVIL)).found
    assert {tag for tag, _ in hostile} == tame
    assert not any(name.startswith("on") or name == "style" for _, at in hostile for name in at)
    assert all(at["href"].startswith("#") for _, at in hostile if "href" in at)


def test_nothing_hidden_stands_in_the_page():
    shown = page(EVIL)
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    assert "⟦U+202E⟧" in shown


def test_the_policy_names_the_only_script_and_style():
    shown = page()
    for tag in ("script", "style"):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", shown, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src &#39;sha256-{digest}&#39;" in shown


def test_the_page_asks_for_nothing_outside_itself():
    tags = Elements(page()).found
    assert not {tag for tag, _ in tags} & {"link", "iframe", "img", "object", "base"}
    assert not any("src" in attributes for _, attributes in tags)


def test_the_verdict_gates_and_plots_stand_before_any_script():
    first_screen = page().split("<script>")[0].split("<template")[0]
    assert "FAILED" in first_screen
    assert "1 of 2 gates failed." in first_screen
    assert first_screen.count('role="img"') == 2


def test_plots_are_well_formed_and_need_no_style():
    pictures = re.findall(r"<svg.*?</svg>", page("<&>\"'", "<&>\"'"), re.DOTALL)
    assert len(pictures) == 4
    for picture in pictures:
        root = ET.fromstring(picture)
        assert not any("style" in element.attrib for element in root.iter())


def test_the_same_record_gives_the_same_bytes():
    assert page() == page()


def test_a_candidate_without_verdicts_has_a_sentence_for_its_win_rate():
    builder = LedgerBuilder(plan([prompt("p")], rules=[rule("win_rate")]))
    builder.answer("gpt-4o", "p", "Yes.").answer("gpt-5-mini", "p", "No.")
    builder.judge("p", ("unparsed", "unparsed"))
    shown = html_page(seen(SuiteRun(ledger=builder.ledger, decisions=()))).decode()
    section = shown.split('id="win-rate-0"')[1].split("</section>")[0]
    assert "No battle has a verdict, so there is no win rate." in section
    assert "scroll" not in section
    assert "The same as a table" not in section


def test_clocks_without_a_first_token_have_a_sentence_for_their_curves():
    builder = LedgerBuilder(plan([prompt("p")], rules=[rule("win_rate")]))
    builder.answer("gpt-4o", "p")
    slot = AnswerSlot("gpt-4o", "p")
    found = builder.ledger.timings[slot]
    whole = replace(found, answer=replace(found.answer, timing=Timing(e2e=0.6)))
    builder.ledger.timings[slot] = builder.ledger.answers[slot] = whole
    shown = html_page(seen(SuiteRun(ledger=builder.ledger, decisions=()))).decode()
    section = shown.split('id="latency-0"')[1].split("</section>")[0]
    assert "No call has a TTFT that counts, so there are no curves." in section
    assert "plot" not in section
    assert "600 ms" in section


def test_a_session_without_battles_or_gates_is_still_a_page():
    run = SuiteRun(ledger=LedgerBuilder(plan([prompt("p")], judges=())).ledger, decisions=())
    shown = html_page(view([run], finished=0.0, command="")).decode()
    assert "NOTHING GATED" in shown
    assert "No battle was fought." in shown
