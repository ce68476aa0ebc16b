import asyncio
from dataclasses import replace
from types import SimpleNamespace

from arenatest.arena.keys import game_key
from arenatest.arena.seating import Said, seated
from arenatest.model.judgment import Game, Order
from arenatest.model.plan import JudgeSeat
from arenatest.model.prompt import Message, Prompt
from fakes.plans import ledger_of, prompt_of
from fakes.runs import FakeJudge, Stage, naming


def judge(**seat):
    values = {"name": "judge", "kind": "fake", "fingerprint": "fp", "settings": {}, **seat}
    return SimpleNamespace(setup=SimpleNamespace(seat=JudgeSeat(**values)))


def games(theirs, ours, *judges, repeat=0):
    place = ("new", prompt_of("p"), repeat)
    return list(seated(judges or (judge(),), place, theirs, ours, copy=0))


def test_each_judge_sees_both_orders_in_each_repeat():
    played = games(Said("x"), Said("y"), judge(), judge(name="twice", repeats=2), repeat=1)
    assert [(g.slot.judge, g.slot.judge_repeat, g.slot.order, g.game.repeat) for g in played] == [
        ("judge", 0, Order.BASELINE_FIRST, 1),
        ("judge", 0, Order.CANDIDATE_FIRST, 1),
        ("twice", 0, Order.BASELINE_FIRST, 2),
        ("twice", 0, Order.CANDIDATE_FIRST, 2),
        ("twice", 1, Order.BASELINE_FIRST, 3),
        ("twice", 1, Order.CANDIDATE_FIRST, 3),
    ]
    assert len({game.key for game in played}) == len(played)


def test_equal_answers_need_no_game():
    assert games(Said("x", ("before",)), Said("x", ("other",))) == []


def test_earlier_replies_change_seats_with_the_answers():
    first, second = (game.game for game in games(Said("x", ("old 1",)), Said("y", ("new 1",))))
    assert (first.earlier_a, first.earlier_b) == (("old 1",), ("new 1",))
    assert (second.earlier_a, second.earlier_b) == (("new 1",), ("old 1",))


def test_a_game_is_another_one_after_other_earlier_replies():
    seat = judge().setup.seat
    game = Game(prompt=prompt_of("p"), text_a="x", text_b="y", earlier_a=("a",), earlier_b=("b",))
    others = [replace(game, earlier_a=(), earlier_b=()), replace(game, earlier_a=("c",))]
    swapped = replace(game, earlier_a=game.earlier_b, earlier_b=game.earlier_a)
    keys = {game_key(seat, one, copy=0) for one in (game, *others, swapped)}
    assert len(keys) == 4


def test_the_judge_of_a_later_turn_is_shown_what_either_side_said_before():
    said = [Message(role="user", content=text) for text in ("one", "two", "three")]
    turns = [
        Prompt(id=f"t{n}", messages=tuple(said[: n + 1]), conversation="talk", turn=n)
        for n in range(3)
    ]
    ledger, referee = ledger_of(turns), FakeJudge()

    async def play():
        await Stage(
            ledger, {"old": naming("old"), "new": naming("new")}, judge=referee
        ).engine.run()

    asyncio.run(play())
    shown = {
        (game.prompt.turn, game.text_a.split()[0]): (game.earlier_a, game.earlier_b)
        for game in referee.games
    }
    assert shown[0, "old"] == ((), ())
    assert shown[1, "old"] == (("old says t0",), ("new says t0",))
    assert shown[2, "new"] == (
        ("new says t0", "new says t1"),
        ("old says t0", "old says t1"),
    )
