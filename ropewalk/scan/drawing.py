"""Draws samples of one dataset until its verdicts are settled, or all of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from ropewalk.config import Limits
from ropewalk.contracts import Connector, Judge
from ropewalk.detect.distinct import Distinct
from ropewalk.errors import SourceError
from ropewalk.model import Dataset, Finding, Path, Sample, Skipped

GROWTH = 4
"""Each further draw is this many times larger than the one before."""
VALUES, CHARACTERS = 50_000, 8 * 2**20
"""Different values kept of a field that is read in parts, and their characters: a dataset may have hundreds of fields."""


@dataclass
class Drawn:
    """What was seen of a dataset, by path in the order of the store."""

    samples: dict[Path, Sample] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return max((s.rows for s in self.samples.values()), default=0)

    def take(self, items: Iterable[Sample | Skipped], only: Collection[Path] | None = None) -> int:
        """Adds samples up; returns the rows that were new. A whole reading takes the place of parts of it."""
        seen: dict[Path, _Tally] = {}
        for item in items:
            if isinstance(item, Skipped):
                if item not in self.skipped:
                    self.skipped.append(item)
            elif only is None or item.field.path in only:
                seen.setdefault(item.field.path, _Tally()).add(item)
        for path, tally in seen.items():
            sample, old = tally.sample(), self.samples.get(path)
            self.samples[path] = sample if old is None or sample.method == "full" else old + sample
        return max((t.rows for t in seen.values()), default=0)


class _Tally:
    """Samples of one field added up, in bounded memory: beyond the cap a fair sample of the distinct values stays."""

    def __init__(self) -> None:
        self._first: Sample | None = None
        self._distinct: Distinct | None = None
        self.rows = self._nulls = 0

    def add(self, sample: Sample) -> None:
        self.rows += sample.rows
        self._nulls += sample.nulls
        if self._first is None:
            self._first = sample
            return
        if self._distinct is None:
            self._distinct = Distinct(VALUES, bytes=CHARACTERS)
            self._take(self._distinct, self._first)
            self._first = replace(self._first, values={})
        self._take(self._distinct, sample)

    def sample(self) -> Sample:
        """All of it; `method` is `distinct` where values were left out, so that nobody takes it for all rows."""
        assert self._first is not None
        if self._distinct is None:
            return self._first
        method = "distinct" if self._distinct.capped else self._first.method
        return replace(self._first, values=self._distinct.counts, rows=self.rows, nulls=self._nulls, method=method)

    @staticmethod
    def _take(distinct: Distinct, sample: Sample) -> None:
        for value, count in sample.values.items():
            distinct.add(value, count)


def look_at(connector: Connector, dataset: Dataset, judge: Judge, limits: Limits, *, exhaustive: bool) -> tuple[list[Finding], Drawn]:
    """The findings on a dataset and what they rest on. Raises SourceError where nothing could be read.

    First `limits.rows` rows of all fields, then more rows of the fields that the judge calls unsettled, up to
    `limits.max_rows`. Where a further draw fails, the verdict on the rows at hand stands and a Skipped says so.
    """
    drawn = Drawn()
    drawn.take(connector.samples(dataset, rows=None if exhaustive else limits.rows))
    findings = judge.judge(dataset, list(drawn.samples.values()))
    turn, wanted = 0, limits.rows
    while not exhaustive:
        unsettled = [p for p in judge.unsettled(findings) if p in drawn.samples and drawn.samples[p].method != "full"]
        left = limits.max_rows - max((drawn.samples[p].rows for p in unsettled), default=0)
        turn, wanted = turn + 1, min(wanted * GROWTH, left)
        if not unsettled or wanted <= 0:
            break
        try:
            more = drawn.take(connector.samples(dataset, rows=wanted, fields=unsettled, turn=turn), unsettled)
        except SourceError as error:
            words = f"more rows could not be read, so some verdicts rest on {drawn.rows} rows: {error.what}"
            drawn.skipped.append(Skipped(dataset.source, dataset.name, words, error.mend))
            break
        if not more:
            break
        findings = judge.judge(dataset, list(drawn.samples.values()))
    return findings, drawn
