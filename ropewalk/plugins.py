"""Finds and loads extensions by path under a private name: connectors, controls, recogniser packs, policies.

Built-ins lie in `scanners/` and `expectations/` (in a wheel: under `ropewalk/_builtin/`) and have no privileges.
Only folders that the configuration names are added, never the current directory; entry points of the groups
`ropewalk.connectors` and `ropewalk.controls` serve pip-installed extensions. Works alike in pool and cluster workers:
each process loads for itself from the same folders.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from ropewalk.contracts import Connector, Control
from ropewalk.errors import MissingExtraError, PluginError, RopewalkError

PACKAGE = Path(__file__).parent


def builtin(folder: str) -> Path:
    """The folder of built-ins: beside the package in a checkout, inside it in a wheel. Raises PluginError."""
    for path in (PACKAGE / "_builtin" / folder, PACKAGE.parent / folder):
        if path.is_dir():
            return path
    raise PluginError(f"the built-in folder {folder!r} is missing", where=str(PACKAGE), mend="install ropewalk again")


@dataclass(frozen=True)
class Plugins:
    """The folders to look in, built-ins first. Picklable: a worker gets it and loads for itself."""

    scanners: tuple[Path, ...]
    expectations: tuple[Path, ...]

    @classmethod
    def of(cls, scanners: Sequence[Path] = (), expectations: Sequence[Path] = ()) -> Plugins:
        """Built-ins and the folders named. Raises PluginError for a folder that is not there."""
        for path in (*scanners, *expectations):
            if not path.is_dir():
                raise PluginError(
                    "there is no such extension folder", where=str(path), mend="correct `scanners:` or `expectations:` in ropewalk.yaml"
                )
        return cls((builtin("scanners"), *scanners), (builtin("expectations"), *expectations))

    def connectors(self) -> dict[str, type[Connector]]:
        """scheme -> connector class; a later folder overrides an earlier one. A file that cannot be loaded is left out."""
        return self._connectors()[0]

    def connector(self, scheme: str, where: str) -> type[Connector]:
        """Raises PluginError naming the known schemes, and the files that could not be loaded."""
        found, broken = self._connectors()
        if scheme in found:
            return found[scheme]
        if broken:
            raise broken[0]
        near = get_close_matches(scheme, found, 1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise PluginError(f"no connector reads {scheme!r}", where=where, mend=f"{meant}known schemes: {', '.join(sorted(found))}")

    def _connectors(self) -> tuple[dict[str, type[Connector]], list[RopewalkError]]:
        found: dict[str, type[Connector]] = {}
        broken: list[RopewalkError] = []
        for cls in _classes(self.scanners, "schemes", "ropewalk.connectors", broken):
            for scheme in cls.schemes:
                found[scheme] = cls
        return found, broken

    def controls(self) -> dict[str, type[Control]]:
        """control id -> class."""
        return {cls.control: cls for cls in _classes(self.expectations, "control", "ropewalk.controls")}

    def packs(self) -> list[Path]:
        """Recogniser packs, in order."""
        return [p for folder in self.scanners for p in sorted((folder / "packs").glob("*.yaml"))]

    def policies(self) -> dict[str, Path]:
        """policy id -> file; a later folder overrides an earlier one."""
        return {p.stem: p for folder in self.expectations for p in sorted((folder / "policies").glob("*.yaml"))}


def load(file: Path) -> ModuleType:
    """Loads one extension file once a process, under a private name. Raises PluginError, MissingExtraError."""
    name = f"_ropewalk_ext_{hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:12]}_{file.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise PluginError("not a Python file", where=str(file), mend="name it something.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except MissingExtraError:
        del sys.modules[name]
        raise
    except Exception as error:
        del sys.modules[name]
        raise PluginError(
            f"could not be loaded: {type(error).__name__}: {error}", where=str(file), mend="run the file alone to see the whole error"
        ) from error
    return module


def _classes(folders: Sequence[Path], attribute: str, group: str, broken: list[RopewalkError] | None = None) -> Iterator[Any]:
    """The classes with this attribute; an extension that cannot be loaded goes into `broken`, or raises where there is none."""
    for folder in folders:
        for file in sorted(folder.glob("*.py")):
            if file.name.startswith("_"):
                continue
            try:
                module = load(file)
            except (PluginError, MissingExtraError) as error:
                if broken is None:
                    raise
                broken.append(error)
                continue
            yield from (c for _, c in inspect.getmembers(module, inspect.isclass) if c.__module__ == module.__name__ and attribute in vars(c))
    for entry in entry_points(group=group):
        try:
            yield entry.load()
        except Exception as error:
            what, mend = f"could not be loaded: {type(error).__name__}", "reinstall or remove that package"
            failed = PluginError(what, where=f"entry point {entry.name}", mend=mend)
            if broken is None:
                raise failed from error
            broken.append(failed)
