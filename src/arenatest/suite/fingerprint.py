"""Identity of contestants, judges and metrics: what they are, never when or where."""

from __future__ import annotations

import functools
import hashlib
import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from arenatest.errors import PluginError
from arenatest.hookspec import Kind
from arenatest.model.identity import canonical_json, content_id
from arenatest.suite.mistakes import Mistake
from arenatest.suite.options import option_values


def identity(
    what: str, name: str, kind: Kind[Any], options: BaseModel, directory: Path
) -> dict[str, Any]:
    """Return the JSON values that say what a kind with these options is.

    Those of the kind's own ``identity``; without one, all options and the version of the package
    that offers the kind, or the content of its file where it belongs to no package.

    Raises:
        Mistake: The options name something that is missing.
        PluginError: The kind's ``identity`` failed, or gave no JSON values.
    """
    own = _own_identity(what, name, kind, options, directory)
    values = {"kind": name, "identity": own}
    try:
        canonical_json(values)
    except (TypeError, ValueError) as error:
        raise PluginError(f"identity of {what} {name!r} is not JSON: {error}") from error
    return values


def fingerprints(what: str, identities: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a fingerprint for each identity; equal ones get a copy number to keep them apart.

    So a model that meets itself is asked twice, as an A/A test needs it.
    """
    copies: dict[str, int] = {}
    made = []
    for values in identities:
        text = canonical_json(values)
        copy = copies.get(text, 0)
        copies[text] = copy + 1
        made.append(content_id(what, values, copy))
    return made


def _own_identity(
    what: str, name: str, kind: Kind[Any], options: BaseModel, directory: Path
) -> Mapping[str, Any]:
    if kind.identity is None:
        return {"options": option_values(options), **_package_of(kind.build)}
    try:
        return dict(kind.identity(options, directory))
    except Mistake:
        raise
    except ValueError as error:
        raise Mistake(str(error)) from error
    except Exception as error:
        raise PluginError(f"identity of {what} {name!r} raised {error!r}") from error


def _package_of(build: Callable[..., Any]) -> dict[str, Any]:
    """Return the version of the package that defines ``build``.

    Code that is not installed, such as a conftest.py or an editable package, changes without a
    new version: there the hash of the defining file is part of it.
    """
    while isinstance(build, functools.partial):
        build = build.func
    module = getattr(build, "__module__", None) or type(build).__module__
    source = getattr(sys.modules.get(module), "__file__", None)
    file = Path(source) if source else None
    installed = file is not None and file.is_relative_to(sysconfig.get_path("purelib"))
    values: dict[str, Any] = {"module": module}
    distribution = _distribution(module.partition(".")[0], thorough=installed)
    if distribution is not None:
        values["package"] = [distribution.name, distribution.version]
    if file is not None and file.is_file() and not installed:
        values["file"] = hashlib.sha256(file.read_bytes()).hexdigest()
    return values


def _distribution(package: str, *, thorough: bool) -> metadata.Distribution | None:
    """Find a package's distribution by its own name or, ``thorough``, by looking into all."""
    try:
        return metadata.distribution(package)
    except metadata.PackageNotFoundError:
        names = metadata.packages_distributions().get(package) if thorough else None
        return metadata.distribution(names[0]) if names else None
