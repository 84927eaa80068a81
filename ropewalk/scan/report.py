"""How far a scan is, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ropewalk.model import Skipped


@dataclass(frozen=True, slots=True)
class Progress:
    """After each unit: which one it was, how far the scan is, rows looked at and bytes of stores behind it.

    rate: rows a second; eta: seconds to the end, None while it cannot be told.
    """

    source: str
    dataset: str
    units_done: int
    units: int
    rows: int
    bytes: int
    seconds: float
    rate: float
    eta: float | None

    @property
    def done(self) -> int:
        return self.units_done

    @property
    def total(self) -> int:
        return self.units


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What came of a scan. status: complete, or incomplete where a source or a dataset failed or could not be read.

    done counts all units that were read or carried over; unchanged those carried over; left_out those that a connector did not
    read and said so, unread those among them that another scan may read, once they are mended; fields, personal: as now known of
    all stores; skipped: what this run did not look at and why; resumed: an earlier run was taken up.
    """

    scan_id: str
    status: str
    units: int
    done: int
    unchanged: int
    failed: int
    left_out: int
    unread: int
    fields: int
    personal: int
    rows: int
    bytes: int
    seconds: float
    resumed: bool
    skipped: tuple[Skipped, ...] = ()

    @property
    def exit_code(self) -> int:
        return 0 if self.status == "complete" else 3


class Counter:
    """Counts units, rows and bytes of a run, and tells them on."""

    def __init__(self, tell: Callable[[Progress], None] | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._tell, self._clock, self._start = tell, clock, clock()
        self.units = self.done = self.read = self.rows = self.bytes = 0

    @property
    def seconds(self) -> float:
        return self._clock() - self._start

    def ended(self, source: str, dataset: str, *, rows: int = 0, size: int = 0, read: bool = True) -> None:
        self.done += 1
        self.read += read
        self.rows += rows
        self.bytes += size
        self.tell(source, dataset)

    def tell(self, source: str, dataset: str = "") -> None:
        if self._tell is None:
            return
        seconds = self.seconds
        eta = (self.units - self.done) * seconds / self.read if self.read else None
        rate = self.rows / seconds if seconds > 0 else 0.0
        self._tell(Progress(source, dataset, self.done, self.units, self.rows, self.bytes, seconds, rate, eta))
