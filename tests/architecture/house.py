"""Reads the source as text: which module imports which, and how long things are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"

LAYERS = (
    ("errors", "disguise", "alarms"),
    ("model",),
    ("stats", "signs"),
    ("hookspec",),
    ("suite",),
    ("providers", "judges", "metrics", "caches", "store"),
    ("arena",),
    ("gates",),
    ("lock",),
    ("keeping",),
    ("report",),
    ("exchange",),
    ("imports",),
    ("history",),
    ("collection", "plugin"),
    ("commands", "cli", "__main__"),
)
"""Rooms from the lowest layer to the highest; `__init__` of the package imports nothing."""


@dataclass(frozen=True)
class Module:
    """One source file."""

    name: str
    path: Path

    @property
    def room(self) -> str:
        """The package, or the single module, directly under `arenatest`."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else ""

    @property
    def tree(self) -> ast.Module:
        """The parsed source."""
        return ast.parse(self.path.read_text(encoding="utf-8"))

    def imports(self, *, lazy: bool = True, typing: bool = True) -> Iterator[str]:
        """Modules that it imports; `lazy` ones in functions, `typing` ones for annotations."""
        yield from _imports(self.tree.body, lazy=lazy, typing=typing)


def modules() -> list[Module]:
    """All modules of the package."""
    found = []
    for path in sorted((SOURCE / "arenatest").rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, path))
    return found


def layer_of(room: str) -> int:
    """Number of a room's layer."""
    return next(number for number, rooms in enumerate(LAYERS) if room in rooms)


def _imports(body: list[ast.stmt], *, lazy: bool, typing: bool) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            if typing:
                yield from _imports(node.body, lazy=lazy, typing=typing)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not lazy:
            continue
        else:
            for field in ("body", "orelse", "handlers", "finalbody"):
                yield from _imports(getattr(node, field, []), lazy=lazy, typing=typing)
