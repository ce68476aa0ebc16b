import ast

import pytest

from architecture.house import LAYERS, layer_of, modules

ALL = modules()
NAMES = {module.name for module in ALL}
PURE = ("errors", "disguise", "alarms", "model", "stats", "signs", "gates")
SIBLINGS = ("providers", "judges", "metrics")
LONGEST_MODULE = 400
LONGEST_FUNCTION = 40  # without its docstring


def internal(module, **how):
    return {name for name in module.imports(**how) if name in NAMES and name != "arenatest"}


@pytest.mark.parametrize("module", ALL, ids=lambda m: m.name)
def test_a_module_imports_only_from_lower_layers_and_its_own_room(module):
    if not module.room:
        assert not internal(module), "the package itself imports nothing"
        return
    here = layer_of(module.room)
    wrong = {
        name
        for name in internal(module, typing=False)
        if (room := name.split(".")[1]) != module.room
        and (layer_of(room) > here or (layer_of(room) == here and room in SIBLINGS))
    }
    assert not wrong


def test_the_forbidden_doors_stay_shut():
    for module in ALL:
        rooms = {name.split(".")[1] for name in internal(module) if "." in name}
        if module.room in {"gates", "report"}:
            assert "arena" not in rooms, module.name
        if module.room == "arena":
            assert not rooms & set(SIBLINGS), module.name


@pytest.mark.parametrize("module", [m for m in ALL if m.room in PURE], ids=lambda m: m.name)
def test_pure_rooms_import_only_the_standard_library_and_numpy_lazily(module):
    outside = {name.split(".")[0] for name in module.imports(typing=False)}
    assert not outside & {"pytest", "aiohttp", "pydantic", "sqlalchemy", "jinja2", "filelock"}
    at_import = {name.split(".")[0] for name in module.imports(lazy=False, typing=False)}
    assert "numpy" not in at_import


def test_no_module_imports_itself_in_a_circle():
    graph = {m.name: internal(m) - {m.name} for m in ALL}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path, name))
        if name not in done:
            for other in sorted(graph[name]):
                if not name.startswith(f"{other}."):  # a module runs after its package began
                    visit(other, (*path, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_every_room_has_a_layer():
    rooms = {m.room for m in ALL if m.room}
    assert rooms == {room for layer in LAYERS for room in layer}


@pytest.mark.parametrize("module", ALL, ids=lambda m: m.name)
def test_modules_and_functions_stay_short_and_say_what_they_are(module):
    assert len(module.path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE
    assert ast.get_docstring(module.tree), "a module says what it is"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            said = len((ast.get_docstring(node, clean=False) or "").splitlines())
            length = (node.end_lineno or node.lineno) - node.lineno + 1 - said
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


def test_no_module_is_a_junk_drawer():
    drawers = {"utils", "util", "helpers", "common", "misc"}
    assert not {m.name for m in ALL if m.name.split(".")[-1] in drawers}


def test_only_the_edges_read_the_environment_and_wall_time():
    for module in ALL:
        if module.room not in {"plugin", "commands", "collection"}:
            text = module.path.read_text(encoding="utf-8")
            assert "os.environ" not in text, module.name
            assert "time.time(" not in text, module.name
