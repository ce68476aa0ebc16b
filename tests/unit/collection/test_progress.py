import pytest

from arenatest.arena.engine import Progress
from arenatest.collection.progress import ProgressLine, duration, line


def progress(**changes):
    values = {
        "done": 12, "planned": 40, "win_rates": {"new": 0.5417}, "errors": 1, "calls": 77,
        "left": 95.0,
    }  # fmt: skip
    return Progress(**{**values, **changes})


class Screen:
    def __init__(self):
        self.text = ""
        self.now = 0.0

    def write(self, text):
        self.text += text

    def line(self, *, live):
        return ProgressLine(
            self.write, live=live, before=lambda: "x.arena.toml::new ", clock=lambda: self.now
        )


def test_a_line_tells_battles_win_rate_errors_and_time_left():
    assert line("x", progress()) == (
        "arena x: 12/40 prompts; new 0.542; 77 calls, 1 errors; about 1 min 35 s left"
    )
    early = progress(done=0, win_rates={}, left=None)
    assert line("x", early) == "arena x: 0/40 prompts; 77 calls, 1 errors"


def test_in_a_terminal_the_line_renews_itself_and_goes_away():
    screen = Screen()
    shown = screen.line(live=True)
    shown.show("x", progress())
    first = line("x", progress())
    assert screen.text == f"\r{first}"
    shown.show("x", progress(done=13))
    assert screen.text == f"\r{first}", "not more than twice a second"
    screen.now = 1.0
    shown.show("x", progress(done=13, win_rates={}))
    assert screen.text.split("\r")[-1].rstrip() == line("x", progress(done=13, win_rates={}))
    assert len(screen.text.split("\r")[-1]) >= len(first), "the longer line before is covered"
    shown.clear()
    assert screen.text.endswith("\rx.arena.toml::new "), "pytest goes on where it stood"


def test_elsewhere_there_is_one_line_a_minute():
    screen = Screen()
    shown = screen.line(live=False)
    for second in range(0, 181):
        screen.now = float(second)
        shown.show("x", progress())
    shown.clear()
    assert screen.text.count("arena x") == 3
    assert "\r" not in screen.text


def test_another_process_is_not_spoken_for():
    screen = Screen()
    screen.line(live=True).show("x", None)
    assert screen.text == ""


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (7300, "2 h 1 min")]
)
def test_durations_are_told_as_people_do(seconds, said):
    assert duration(seconds) == said
