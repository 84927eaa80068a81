"""Adds the samples of one field up in bounded memory, however many rows a store has.

Up to a cap all distinct values are kept with their counts. Beyond it a fair part of them stays (`Distinct`), and of the
rest those that look like an address, a telephone, a number of a card or a secret, up to `MARKED`: in a million notes
one that holds an e-mail is not lost. `method` is then `distinct`, never `full`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from ropewalk.detect.distinct import Distinct
from ropewalk.detect.gate import Gate, plain
from ropewalk.model import Sample, Signal

VALUES, CHARACTERS = 50_000, 8 * 2**20
"""Different values kept of a field that is read in parts, and their characters."""
ALL_VALUES, LEAST = 2_500_000, 2_000
"""Different values kept of all fields of a dataset together, and the least of one: tables may have thousands of fields."""
MARKED = 500
"""Values kept beyond the fair part because something personal may stand in them."""
_MARKS = re.compile(
    r"@[\w-]+\.|(?<!\d)\+?\(?\d{2,4}[ .)/-]{1,2}\d{3}[ .-]?\d{3,4}|(?:\d[ -]?){12,}|\b[A-Z]{2}\d{2}[A-Z0-9]{11}|(?:\d{1,3}\.){3}\d"
    r"|Atz[ra]\||amzn1\.|\bA[KS]IA[A-Z0-9]|://[^\s/:@]+:[^\s/@]+@|[Pp][Aa][Ss][Ss][Ww]|[Ss]ecret|SECRET|(?:api|API)[_-]?(?:[Kk]ey|KEY)"
    r"|[Tt]oken|PRIVATE KEY|\beyJ"
)
_WEAK = dict.fromkeys(("full",), 3) | {"distinct": 2}
"""A field read in parts is as good as its weakest part: what is not named here counts as a sample."""


@cache
def _gate() -> Gate:
    return Gate([(_MARKS.pattern, 0)])


def _suspects(values: list[str]) -> Iterator[str]:
    """The values that something personal may stand in: the gate looks at all in one pass, the expression at what it lets through."""
    ordinary = [v for v in values if plain(v)] if _gate().gated else []
    for place, _ in _gate().passes(ordinary):
        if _MARKS.search(ordinary[place]):
            yield ordinary[place]
    if len(ordinary) < len(values):
        odd = set(values).difference(ordinary)
        yield from (v for v in odd if _MARKS.search(v))


@dataclass
class Room:
    """How many values each field of a dataset may keep; less for each where there are many fields."""

    fields: int = 0

    @property
    def each(self) -> int:
        return min(VALUES, max(LEAST, ALL_VALUES // max(self.fields, 1)))


class Adder:
    """Samples of one field, added up: `add` them, then take `sample`. Holds values: no repr shows them."""

    def __init__(self, room: Room) -> None:
        room.fields += 1
        self._room = room
        self._first: Sample | None = None
        self._method = ""
        self._distinct: Distinct | None = None
        self._marked: dict[str, int] = {}
        self.rows = self._nulls = 0

    def __repr__(self) -> str:
        return f"Adder(rows={self.rows})"

    def add(self, sample: Sample) -> None:
        self.rows += sample.rows
        self._nulls += sample.nulls
        if self._first is None:
            self._first, self._method = sample, sample.method
            return
        if _WEAK.get(sample.method, 0) < _WEAK.get(self._method, 0):
            self._method = sample.method
        if self._distinct is None:
            self._distinct = Distinct(self._room.each, bytes=CHARACTERS)
            self._take(self._distinct, self._first.values)
            self._first = replace(self._first, values={})
        self._mark(self._distinct.shrink(self._room.each))
        self._take(self._distinct, sample.values)

    def _take(self, distinct: Distinct, values: Mapping[str, int]) -> None:
        for value in self._marked.keys() & values.keys():
            self._marked[value] += values[value]
        left = distinct.merge(values)
        self._mark(left)

    def _mark(self, left: Mapping[str, int]) -> None:
        """One search over all that was left out; a field that is full of such values soon has enough of them."""
        if not left or len(self._marked) >= MARKED:
            return
        for value in _suspects(list(left)):
            self._marked.setdefault(value, left[value])
            if len(self._marked) >= MARKED:
                return

    def sample(self) -> Sample:
        """All of it; `method` is `distinct` where values were left out, so that nobody takes it for all rows."""
        assert self._first is not None
        if self._distinct is None:
            return self._first
        method = "distinct" if self._distinct.capped and self._method == "full" else self._method
        values = {**self._marked, **self._distinct.counts}
        return replace(self._first, values=values, rows=self.rows, nulls=self._nulls, method=method)

    @property
    def told(self) -> Signal | None:
        """What is to be said of the values that were left out, None where all of them are there."""
        if self._distinct is None or not self._distinct.capped:
            return None
        kept, about = len(self._distinct.counts), max(self._distinct.estimate, len(self._distinct.counts))
        more = f", and {len(self._marked):,} that could hold personal data" if self._marked else ""
        words = f"{self.rows:,} rows were read; of about {about:,} different values a fair part of {kept:,} was judged{more}"
        return Signal("value", 0.0, words)
