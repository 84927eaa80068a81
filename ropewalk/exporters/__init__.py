"""Exporters write one frame as text. One file each; packages add their own by the entry-point group `ropewalk.exporters`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from ropewalk.errors import ConfigError, PluginError

if TYPE_CHECKING:
    import pandas as pd

    from ropewalk.contracts import Exporter


def exporters(what: str = "") -> dict[str, type[Exporter]]:
    """export id -> class: those for any frame, and those that are `only` for what is named (`tags`). Raises PluginError."""
    return {cls.export: cls for cls in _classes() if getattr(cls, "only", "") in {"", what}}


def _classes() -> Iterator[type[Any]]:
    for module in iter_modules(__path__):
        loaded = import_module(f"{__name__}.{module.name}")
        yield from (c for c in vars(loaded).values() if isinstance(c, type) and c.__module__ == loaded.__name__ and "export" in vars(c))
    for entry in entry_points(group="ropewalk.exporters"):
        try:
            yield entry.load()
        except Exception as error:
            raise PluginError(
                f"could not be loaded: {type(error).__name__}", where=f"entry point {entry.name}", mend="reinstall or remove that package"
            ) from None


def render(frame: pd.DataFrame, export: str, *, title: str, head: Mapping[str, str], what: str = "") -> str:
    """The frame as text. what: which frame it is, for exporters that take one kind only. Raises ConfigError naming the known exporters."""
    found = exporters(what)
    if export not in found:
        raise ConfigError(f"there is no exporter {export!r}", where="--export", mend=f"use one of: {', '.join(sorted(found))}")
    return found[export]().render(frame, title=title, head=head)
