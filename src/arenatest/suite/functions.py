"""Functions that a suite names as ``module:name``: find them, load them, say what they are.

A module is looked up beside the suite first and loaded from its file under a private name, so that
two suites with a ``models.py`` each do not collide, then as installed. Providers, judges and
metrics of kind ``python`` all load through here. A neighbour that the module itself needs is
reached by a package with relative imports, for the suite's folder is not put on ``sys.path``.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import sys
import uuid
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any


def load_function(name: str, directory: Path) -> Callable[..., Any]:
    """Return the callable that ``name`` means for a suite in ``directory``.

    The module's code runs at its first load. Loading an unchanged file again gives the same module.

    Args:
        name: ``module:name``; both parts may be dotted.
        directory: The folder of the suite.

    Raises:
        ValueError: The name has another form; there is no such module or attribute; importing
            it raised; or it is not callable.
    """
    module_name, attribute = _split(name)
    found: Any = _load_module(module_name, directory)
    for part in attribute.split("."):
        if not hasattr(found, part):
            near = _near(part, (key for key in vars(found) if not key.startswith("_")))
            raise ValueError(f"module {module_name!r} has no {attribute!r}{near}")
        found = getattr(found, part)
    if not callable(found):
        raise ValueError(f"{name!r} is a {type(found).__name__}, expected a function")
    return found  # type: ignore[no-any-return]  # narrowed by callable()


def function_identity(function: str | Callable[..., Any], directory: Path) -> dict[str, str]:
    """Return what a function is, for fingerprints: its name and a hash of the files that define it.

    Args:
        function: As a suite names it, or the callable itself: then its place in the file and its
            defaults count too. A callable that closes over values, or is not a plain function, may
            differ where these do not: it gets an identity that nothing ever equals, so that no
            earlier answer is taken for its own.
        directory: The folder of the suite.

    Returns:
        JSON values; equal for equal code.

    Raises:
        ValueError: As for ``load_function``.
    """
    if isinstance(function, str):
        loaded = load_function(function, directory)
        named = _load_module(_split(function)[0], directory)
        return {"function": function, "sha256": _digest([_file_of(named), _file_of(loaded)])}
    identity = {"function": callable_name(function), "sha256": _digest([_file_of(function)])}
    return identity | (_told_apart(function) or {"unique": uuid.uuid4().hex})


def _told_apart(function: Callable[..., Any]) -> dict[str, str] | None:
    """Return what sets a function apart from others of its file; None where nothing surely does.

    Two may stand on one line, and one line may make many, as a lambda with a default in a loop.
    """
    if not isinstance(function, FunctionType) or function.__closure__ or vars(function):
        return None
    file, code = _file_of(function), function.__code__
    defaults = (function.__defaults__ or (), *(function.__kwdefaults__ or {}).items())
    places = [*code.co_positions()]
    columns = any(column is not None for *_, column in places)  # Python may be told to drop them
    if file is None or not file.is_file() or not columns or not _is_plain(defaults):
        return None
    own = hashlib.sha256(repr((places, defaults)).encode("utf-8", "surrogatepass"))
    return {"line": str(code.co_firstlineno), "code": own.hexdigest()}


def _is_plain(value: object) -> bool:
    """Whether a value's representation is all that it is, and ever will be."""
    if type(value) is tuple:
        return all(map(_is_plain, value))
    return value is None or type(value) in (bool, int, float, str, bytes)


def callable_name(function: Callable[..., Any]) -> str:
    """Return ``module:name`` of a callable, for people."""
    kind = function if hasattr(function, "__qualname__") else type(function)
    return f"{getattr(kind, '__module__', 'builtins')}:{kind.__qualname__}"


def _split(name: str) -> tuple[str, str]:
    module, colon, attribute = name.partition(":")
    parts = (*module.split("."), *attribute.split("."))
    if not colon or not all(part.isidentifier() for part in parts):
        raise ValueError(f'got {name!r}, expected "module:name"')
    return module, attribute


def _load_module(name: str, directory: Path) -> ModuleType:
    top, _, rest = name.partition(".")
    path = next((path for path in _places(directory, top) if path.is_file()), None)
    try:
        if path is None:
            return importlib.import_module(name)
        module = _load_file(top, path)
        return importlib.import_module(f"{module.__name__}.{rest}") if rest else module
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a skip or an exit at import would make the suite vanish
        if isinstance(error, ModuleNotFoundError) and _is_missing(error.name, name):
            beside = (file.stem for file in directory.glob("*.py"))
            raise ValueError(
                f"no module {name!r} beside the suite, and none is installed{_near(top, beside)}"
            ) from None
        raise ValueError(
            f"importing module {name!r} raised {type(error).__name__}: {error}"
        ) from error


def _places(directory: Path, top: str) -> tuple[Path, Path]:
    return directory / f"{top}.py", directory / top / "__init__.py"


def _is_missing(missing: str | None, name: str) -> bool:
    """Whether the module that was not found is the one asked for, not one that it imports."""
    if missing is None:
        return False
    if missing.startswith(_PRIVATE):  # a sub-module of a package beside the suite
        missing = missing.removeprefix(_PRIVATE).partition("_")[2]
    return name == missing or name.startswith(f"{missing}.")


_PRIVATE = "_arenatest_suite_"


def _load_file(top: str, path: Path) -> ModuleType:
    """Load a file under a name made of its path and content, and keep it in ``sys.modules``."""
    path = path.resolve()
    digest = hashlib.sha256(str(path).encode("utf-8", "surrogateescape") + path.read_bytes())
    private = f"{_PRIVATE}{digest.hexdigest()[:12]}_{top}"
    if private in sys.modules:
        return sys.modules[private]
    package = [str(path.parent)] if path.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(private, path, submodule_search_locations=package)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[private] = module  # before it runs: dataclasses and pickle look themselves up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[private]
        raise
    return module


def _file_of(thing: Any) -> Path | None:
    """The file that defines a function, an object's class or a module; None for built-in ones."""
    if not isinstance(thing, ModuleType):
        thing = inspect.unwrap(thing)
        if not hasattr(thing, "__qualname__"):
            thing = type(thing)
    try:
        file = inspect.getsourcefile(thing)
    except TypeError:
        return None
    return Path(file) if file is not None else None


def _digest(files: Iterable[Path | None]) -> str:
    digest = hashlib.sha256()
    for file in dict.fromkeys(files):  # each once, in order
        digest.update(file.read_bytes() if file is not None and file.is_file() else b"")
    return digest.hexdigest()


def _near(word: str, words: Iterable[str]) -> str:
    close = get_close_matches(word, list(words), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
