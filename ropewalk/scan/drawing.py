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


def look_at(connector: Connector, dataset: Dataset, judge: Judge, limits: Limits, *, exhaustive: bool) -> tuple[list[Finding], Drawn]:
    """The findings on a dataset and what they rest on. Raises SourceError where nothing could be read.

    First `limits.rows` rows of all fields, then more rows of the fields that the judge calls unsettled, up to
    `limits.max_rows`. Where a further draw fails, the verdict on the rows at hand stands and a Skipped says so.
    """
    drawn = Drawn()
    drawn.take(connector.samples(dataset, rows=None if exhaustive else limits.rows))
    findings = judge.judge(dataset, list(collapsed(drawn.samples).values()))
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
        findings = judge.judge(dataset, list(collapsed(drawn.samples).values()))
    if drawn.told:
        findings = [replace(f, signals=(*f.signals, drawn.told[f.field.path])) if f.field.path in drawn.told else f for f in findings]
    return findings, drawn
