"""Open connectors of one process: each source is connected and listed once a scan, and used by one thread at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from threading import Lock

from ropewalk.config import Limits
from ropewalk.contracts import Connector
from ropewalk.errors import SourceError
from ropewalk.model import Dataset, Skipped, Source
from ropewalk.naming import Names
from ropewalk.plugins import Plugins

IDLE = 32
"""Connectors kept open for later units."""


@dataclass
class Store:
    """A connector and, once it was listed, its datasets by name."""

    source: Source
    connector: Connector
    limits: Limits
    datasets: dict[str, Dataset] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    listed: bool = False

    def list(self) -> None:
        """Raises SourceError."""
        if self.listed:
            return
        found: dict[str, Dataset] = {}
        left: list[Skipped] = []
        names = Names(self.source.key)
        for item in islice(self.connector.datasets(), self.limits.datasets + 1):
            if isinstance(item, Skipped):
                left.append(item)
            elif len(found) >= self.limits.datasets:
                words, mend = (
                    f"the source holds more than {self.limits.datasets} datasets",
                    "raise limits.datasets, or narrow the source with include and exclude",
                )
                left.append(Skipped(self.source.name, "", words, mend, lasting=True))
            elif item.name in found:
                left.append(Skipped(self.source.name, "", "two datasets of the source have the same name", "the connector must tell them apart"))
            else:
                found[item.name] = replace(item, fingerprint=names.sealed(item.fingerprint))
        self.datasets, self.skipped, self.listed = found, left, True

    def find(self, name: str) -> Dataset:
        """The dataset of that name. Raises SourceError where it is no longer there."""
        self.list()
        if name not in self.datasets:
            raise SourceError("the dataset is no longer there", where=f"{self.source.name}/{name}", mend="scan again")
        return self.datasets[name]

    def close(self) -> None:
        with suppress(Exception):
            self.connector.close()


class Stores:
    """Lends stores out, one borrower at a time; one that failed is closed and not lent again."""

    def __init__(self) -> None:
        self._idle: list[tuple[str, Store]] = []
        self._lock = Lock()

    @contextmanager
    def borrow(self, scan_id: str, source: Source, limits: Limits, plugins: Plugins) -> Iterator[Store]:
        """An open store of this scan and source. Raises PluginError, MissingExtraError, SourceError."""
        store = self._take(scan_id, source.name)
        if store is None:
            store = Store(source, plugins.connector(source.scheme, f"source {source.name}")(source, limits), limits)
        try:
            yield store
        except BaseException:
            store.close()
            raise
        self._keep(scan_id, store)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for _, store in idle:
            store.close()

    def _take(self, scan_id: str, name: str) -> Store | None:
        with self._lock:
            for i, (scan, store) in enumerate(self._idle):
                if scan == scan_id and store.source.name == name:
                    return self._idle.pop(i)[1]
        return None

    def _keep(self, scan_id: str, store: Store) -> None:
        with self._lock:
            gone = [s for scan, s in self._idle if scan != scan_id]
            self._idle = [(scan, s) for scan, s in self._idle if scan == scan_id]
            self._idle.append((scan_id, store))
            gone += [s for _, s in self._idle[:-IDLE]]
            self._idle = self._idle[-IDLE:]
        for old in gone:
            old.close()
