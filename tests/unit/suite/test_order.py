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
