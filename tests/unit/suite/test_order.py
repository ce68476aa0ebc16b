from arenatest.model.prompt import Message, Prompt
from arenatest.suite.order import battle_order


def prompt(name, **more):
    return Prompt(id=name, messages=(Message(role="user", content=name),), **more)


def test_the_order_of_a_seed_never_changes():
    prompts = [prompt(str(n)) for n in range(8)]
    order = [p.id for p in battle_order(prompts, 0)]
    assert order == ["4", "1", "5", "2", "0", "3", "7", "6"]  # a pin: recorded runs rely on it


def test_a_cluster_stands_side_by_side_in_the_order_of_the_file():
    prompts = [
        prompt("a", family="f"),
        prompt("b"),
        prompt("c", family="f"),
        prompt("d/1", conversation="d", turn=0),
        prompt("e"),
        prompt("d/2", conversation="d", turn=1),
    ]
    for seed in range(20):
        order = [p.id for p in battle_order(prompts, seed)]
        assert order.index("c") == order.index("a") + 1
        assert order.index("d/2") == order.index("d/1") + 1


def test_a_large_cluster_is_no_likelier_to_come_first():
    prompts = [prompt(f"f{n}", family="f") for n in range(9)] + [prompt("alone")]
    first = sum(battle_order(prompts, seed)[0].id == "alone" for seed in range(400))
    assert 150 < first < 250


def copied(name, text, **more):
    return Prompt(id=name, messages=(Message(role="user", content=text),), **more)


def test_prompts_that_ask_the_same_are_one_cluster():
    prompts = [copied("a", "Why?"), copied("b", "Who?"), copied("c", "Why?", category="x")]
    families = {p.id: p.family for p in battle_order(prompts, 0)}
    assert families == {"a": "same as a", "b": None, "c": "same as a"}


def test_a_copy_joins_the_family_that_the_suite_gave_and_leaves_none():
    prompts = [
        copied("a", "Why?"),
        copied("b", "Why?", family="f"),
        copied("c", "Why?", family="g"),
    ]
    families = {p.id: p.family for p in battle_order(prompts, 0)}
    assert families == {"a": "f", "b": "f", "c": "g"}


def test_conversations_are_copies_where_all_turns_are():
    asked = [Message(role="user", content=text) for text in ("Why?", "And then?", "Who?")]

    def talk(name, *places):
        return [
            Prompt(
                id=f"{name}/{turn}",
                messages=tuple(asked[place] for place in places[: turn + 1]),
                conversation=name,
                turn=turn,
            )
            for turn in range(len(places))
        ]

    prompts = [*talk("a", 0, 1), *talk("b", 0, 1), *talk("c", 0, 2), copied("d", "Why?")]
    clusters = {p.id: p.cluster for p in battle_order(prompts, 0)}
    assert clusters["a/0"] == clusters["a/1"] == clusters["b/0"] == clusters["b/1"]
    assert len(set(clusters.values())) == 3
