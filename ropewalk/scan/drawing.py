"""Draws samples of one dataset until its verdicts are settled, or all of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from ropewalk.config import Limits
from ropewalk.contracts import Connector, Judge
from ropewalk.errors import SourceError
from ropewalk.model import Dataset, Finding, Path, Sample, Signal, Skipped
from ropewalk.scan.adding import Adder, Room
from ropewalk.scan.keys import collapsed

GROWTH = 4
"""Each further draw is this many times larger than the one before."""


@dataclass
class Drawn:
    """What was seen of a dataset, by path in the order of the store."""

    samples: dict[Path, Sample] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    told: dict[Path, Signal] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return max((s.rows for s in self.samples.values()), default=0)

    def take(self, items: Iterable[Sample | Skipped], only: Collection[Path] | None = None) -> int:
        """Adds samples up; returns the rows that were new. A whole reading takes the place of parts of it."""
        seen: dict[Path, Adder] = {}
        room = Room()
        for item in items:
            if isinstance(item, Skipped):
                if item not in self.skipped:
                    self.skipped.append(item)
            elif only is None or item.field.path in only:
                adder = seen.get(item.field.path)
                if adder is None:
                    adder = seen[item.field.path] = Adder(room)
                adder.add(item)
        for path, adder in seen.items():
            sample, old = adder.sample(), self.samples.get(path)
            if adder.told is not None:
                self.told[path] = adder.told
            self.samples[path] = sample if old is None or sample.method == "full" else old + sample
        return max((a.rows for a in seen.values()), default=0)


class _Further:
    """Draws of more rows of some fields, each larger than the last, up to `limits.max_rows`."""

    def __init__(self, connector: Connector, dataset: Dataset, limits: Limits, drawn: Drawn) -> None:
        self._connector, self._dataset, self._limits, self._drawn = connector, dataset, limits, drawn
        self._turn, self._rows, self._over = 0, limits.rows, False

    def draw(self, paths: Iterable[Path]) -> bool:
        """Whether there were more rows of those of the fields of which not all was read. A failure is kept as a Skipped and ends it."""
        samples = self._drawn.samples
        wanted = [p for p in paths if p in samples and samples[p].method != "full"]
        rows = min(self._rows * GROWTH, self._limits.max_rows - max((samples[p].rows for p in wanted), default=0))
        if self._over or not wanted or rows <= 0:
            return False
        self._turn, self._rows = self._turn + 1, rows
        try:
            self._over = not self._drawn.take(self._connector.samples(self._dataset, rows=rows, fields=wanted, turn=self._turn), wanted)
        except SourceError as error:
            words = f"more rows could not be read, so some verdicts rest on {self._drawn.rows} rows: {error.what}"
            self._drawn.skipped.append(Skipped(self._dataset.source, self._dataset.name, words, error.mend))
            self._over = True
        return not self._over


def look_at(connector: Connector, dataset: Dataset, judge: Judge, limits: Limits, *, exhaustive: bool) -> tuple[list[Finding], Drawn]:
    """The findings on a dataset and what they rest on. Raises SourceError where nothing could be read.

    First `limits.rows` rows of all fields, then more of the fields with too few cells for any verdict, then more of those that the
    judge calls unsettled. Where a further draw fails, the verdict on the rows at hand stands and a Skipped says so.
    """
    drawn = Drawn()
    drawn.take(connector.samples(dataset, rows=None if exhaustive else limits.rows))
    further = _Further(connector, dataset, limits, drawn)
    samples = collapsed(drawn.samples)
    while not exhaustive and further.draw(p for p, s in samples.items() if s.cells < judge.enough):
        samples = collapsed(drawn.samples)
    findings = judge.judge(dataset, list(samples.values()))
    while not exhaustive and further.draw(judge.unsettled(findings)):
        findings = judge.judge(dataset, list(collapsed(drawn.samples).values()))
    if drawn.told:
        findings = [replace(f, signals=(*f.signals, drawn.told[f.field.path])) if f.field.path in drawn.told else f for f in findings]
    return findings, drawn
