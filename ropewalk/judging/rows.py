"""The rows of a dataset for a control: connectors opened when first asked for, one a source, closed at the end."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from ropewalk.contracts import Connector, FrameTable, SqlTable
from ropewalk.errors import RopewalkError
from ropewalk.model import Dataset, Path, Skipped, Source
from ropewalk.plugins import Plugins

if TYPE_CHECKING:
    from ropewalk.config import Limits


class Rows:
    """`table(source, dataset, paths)` for ControlContext: what cannot be read is Skipped, never an exception."""

    def __init__(self, sources: Sequence[Source], plugins: Plugins, limits: Limits) -> None:
        self._sources = {s.name: s for s in sources}
        self._plugins, self._limits = plugins, limits
        self._open: dict[str, tuple[Connector, dict[str, Dataset]] | Skipped] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for opened in self._open.values():
            if not isinstance(opened, Skipped):
                with suppress(Exception):
                    opened[0].close()
        self._open.clear()

    def table(self, source: str, dataset: str, paths: Sequence[Path]) -> SqlTable | FrameTable | Skipped:
        opened = self._connector(source)
        if isinstance(opened, Skipped):
            return Skipped(source, dataset, opened.reason, opened.mend)
        connector, datasets = opened
        if dataset not in datasets:
            return Skipped(source, dataset, "it is no longer there", f"ropewalk scan --source {source}")
        try:
            return connector.table(datasets[dataset], list(dict.fromkeys(paths)))
        except RopewalkError as error:
            return Skipped(source, dataset, error.what, error.mend)
        except Exception as error:  # a driver's text may quote a value
            return Skipped(source, dataset, f"its rows cannot be read ({type(error).__name__})", f"ropewalk sources test {source}")

    def _connector(self, name: str) -> tuple[Connector, dict[str, Dataset]] | Skipped:
        if name not in self._open:
            self._open[name] = self._connect(name)
        return self._open[name]

    def _connect(self, name: str) -> tuple[Connector, dict[str, Dataset]] | Skipped:
        if name not in self._sources:
            return Skipped(name, "", "its source is not in ropewalk.yaml, or not enabled", "add it to sources")
        source = self._sources[name]
        connector = None
        try:
            connector = self._plugins.connector(source.scheme, name)(source, self._limits)
            return connector, {d.name: d for d in connector.datasets() if isinstance(d, Dataset)}
        except Exception as error:  # as above
            if connector is not None:
                with suppress(Exception):
                    connector.close()
            if isinstance(error, RopewalkError):
                return Skipped(name, "", error.what, error.mend)
            return Skipped(name, "", f"the store cannot be reached ({type(error).__name__})", f"ropewalk sources test {name}")
