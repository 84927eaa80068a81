"""Objects of one shape under one prefix are one dataset: groups of a listing, in memory that does not grow with it."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ropewalk.naming import MASKED
from ropewalk.reading.names import pattern
from ropewalk.reading.objects import Entry

MANY = 3
_KEPT = 400
_READ = 24


@dataclass(slots=True)
class Shape:
    """Objects whose names differ only in digits, dates and ids. `entries` are all of them, or some drawn at random."""

    name: str
    count: int = 0
    bytes: int = 0
    empty: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    entries: list[Entry] = field(default_factory=list, repr=False)
    _mark: int = 0
    _marked: bool = True

    @property
    def whole(self) -> bool:
        return len(self.entries) == self.count - self.empty

    @property
    def fingerprint(self) -> str:
        """Changes when any object of the group does, "" where one bears no mark; does not depend on the order."""
        return f"{self.count}-{self._mark:032x}" if self._marked else ""

    def add(self, entry: Entry, draw: random.Random) -> None:
        self.count += 1
        self.bytes += entry.size
        mark = f"{entry.key}\0{entry.size}\0{entry.mark}".encode("utf-8", "surrogatepass")
        self._marked = self._marked and bool(entry.mark)
        self._mark ^= int.from_bytes(hashlib.sha256(mark).digest()[:16], "big")
        if entry.mtime is not None:
            self.oldest = min(self.oldest or entry.mtime, entry.mtime)
            self.newest = max(self.newest or entry.mtime, entry.mtime)
        if not entry.size:
            self.empty += 1
        elif len(self.entries) < _KEPT:
            self.entries.append(entry)
        elif (place := draw.randrange(self.count - self.empty)) < _KEPT:
            self.entries[place] = entry

    def single(self, entry: Entry) -> Shape:
        """A shape of its own for one of the objects."""
        out = Shape(entry.name)
        out.add(entry, random.Random(0))  # noqa: S311 - nothing is drawn
        return out

    def drawn(self, draw: random.Random) -> list[Entry]:
        """At most 24 objects across size and age: one from each stretch of the objects in order of age, and the largest."""
        if len(self.entries) <= _READ:
            return list(self.entries)
        known = sorted(self.entries, key=lambda e: (e.mtime is not None, e.mtime, e.size) if e.mtime else (False, datetime.min, e.size))  # noqa: DTZ901
        size = len(known) / (_READ - 1)
        picked = [known[int(n * size) + draw.randrange(max(int(size), 1))] for n in range(_READ - 1)]
        largest = max(self.entries, key=lambda e: e.size)
        return picked if largest in picked else [*picked, largest]


def shapes(entries: Iterable[Entry], seed: str) -> Iterator[Shape]:
    """Groups of three and more, and the rest one by one; an object whose name holds data is always named by its pattern."""
    draw = random.Random(seed)  # noqa: S311 - sampling, not a secret
    groups: dict[str, Shape] = {}
    few: dict[str, list[Entry]] = {}
    masked: set[str] = set()
    for entry in entries:
        name = pattern(entry.name)
        shape = groups.get(name)
        if shape is None:
            shape = groups[name] = Shape(name)
        shape.add(entry, draw)
        if shape.count < MANY:
            few.setdefault(name, []).append(entry)
        if MASKED.search(entry.name):
            masked.add(name)
    for name in sorted(groups):
        shape = groups[name]
        if shape.count >= MANY or name in masked:
            yield shape
        else:
            yield from (shape.single(e) for e in few[name])
