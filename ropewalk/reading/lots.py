"""Lots: what one dataset of a folder or bucket is read from. Objects of one shape, a sheet of a workbook, a member of an archive."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from math import prod

from ropewalk.config import Limits
from ropewalk.errors import MissingExtraError, SourceError
from ropewalk.model import Skipped
from ropewalk.naming import MASKED
from ropewalk.reading.formats import Blob, Kind, Unread, sheets, sniff
from ropewalk.reading.formats.archives import Archive, Member
from ropewalk.reading.formats.sniff import OWNER
from ropewalk.reading.names import partitions, pattern
from ropewalk.reading.objects import Entry, Objects
from ropewalk.reading.shapes import MANY, Shape

_TRIES = 5
_ARCHIVES = 200
_MEMBERS = 24
_NESTED = 500
_AHEAD = 32

Step = tuple[str, tuple[str, ...]]
"""How to go into an archive: `zip` or `tar`, and the members that are of one shape."""


@dataclass(frozen=True, slots=True)
class Lot:
    """One dataset. `format` is what the object met first was; others are judged by their own content when they are read."""

    name: str
    shape: Shape
    format: str
    steps: tuple[Step, ...] = field(default=(), repr=False)
    sheet: str = ""

    @property
    def each(self) -> int:
        """Members drawn of each archive on the way, so that archives in archives come to about 24 files in all."""
        several = sum(len(keys) > 1 for _, keys in self.steps)
        return max(2, int(_MEMBERS ** (1 / max(several, 1))))

    @property
    def members(self) -> int:
        """Files drawn of one object."""
        return prod(min(len(keys), self.each) for _, keys in self.steps)


@dataclass(frozen=True, slots=True)
class Left:
    """What is no dataset, and why. cipher: what encrypted it; lasting: as `Skipped` has it."""

    name: str
    reason: str
    mend: str = ""
    cipher: str = ""
    lasting: bool = False


class Lots:
    """Explores and opens what `objects` lists."""

    def __init__(self, objects: Objects, limits: Limits) -> None:
        self._objects, self._limits, self._shown = objects, limits, objects.names.shown

    def explore(self, shape: Shape) -> Iterator[Lot | Left]:
        """The datasets of a shape: one, or those of its sheets and members. Opens at least one object of it."""
        if shape.empty:
            some = "empty" if shape.count == 1 else f"{shape.empty} of {shape.count} objects are empty"
            yield Left(shape.name, some, "nothing to do, unless they should hold something", lasting=True)
        found: Kind | Left | None = None
        for entry in shape.entries[:_TRIES]:
            found = self._kind(entry, shape.name)
            if isinstance(found, Kind):
                break
        if found is None:
            return
        if isinstance(found, Left):
            yield found
        elif found.format not in {"sheets", "zip", "tar"}:
            yield Lot(shape.name, shape, found.format)
        else:
            yield from self._within(shape)

    def blobs(self, lot: Lot, draw: random.Random | None) -> Iterator[Blob | Left]:
        """The files of a lot: drawn at random, or all of them. A blob is closed when the next is asked for."""
        for entry in self.soon(self.entries(lot, draw)):
            try:
                with closing(self._blob(entry)) as raw:
                    most = _NESTED if len(lot.steps) > 1 else None
                    found = self._members(raw.blob, lot.steps, draw, lot.each)
                    yield from islice(found, most)
                    if most is not None and next(found, None) is not None:
                        yield Left(entry.name, f"more than {most} files in archives inside of archives; the rest was not read", "unpack it")
            except SourceError as error:
                yield Left(entry.name, error.what, error.mend)

    def entries(self, lot: Lot, draw: random.Random | None) -> Iterator[Entry]:
        """The objects to read; where the listing kept only some of many, all means listing again."""
        if draw is not None:
            yield from lot.shape.drawn(draw)
        elif lot.shape.whole:
            yield from lot.shape.entries
        else:
            yield from (e for e in self._objects.list() if not isinstance(e, Skipped) and e.size and pattern(e.name) == lot.shape.name)

    def soon(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """The entries, while the next ones are on their way."""
        left = iter(entries)
        while batch := list(islice(left, _AHEAD)):
            self._objects.ahead(batch)
            yield from batch

    def soon_sniffed(self, found: Iterable[Shape]) -> Iterator[Shape]:
        """The shapes, while the first objects of the next ones are on their way."""
        left = iter(found)
        while batch := list(islice(left, _AHEAD)):
            self._objects.ahead(e for shape in batch for e in shape.entries[:1])
            yield from batch

    def _kind(self, entry: Entry, name: str) -> Kind | Left:
        try:
            with closing(self._blob(entry)) as raw:
                kind = sniff(raw.blob)
        except SourceError as error:
            return Left(name, error.what, error.mend)
        except MissingExtraError:
            raise
        except Exception as error:
            return Left(name, f"cannot be read ({type(error).__name__})", "check that the file is whole")
        return Left(name, kind.reason, kind.mend, kind.cipher, kind.lasting) if isinstance(kind, Unread) else kind

    def _within(self, shape: Shape) -> Iterator[Lot | Left]:
        """Workbooks and archives are opened one by one, for each may hold other sheets and members."""
        for entry in shape.entries[:_ARCHIVES]:
            masked = MASKED.search(entry.name) is not None
            alone = shape if shape.count == 1 else shape.single(entry)
            try:
                with closing(self._blob(entry)) as raw:
                    yield from self._parts(raw.blob, shape.name if masked else entry.name, alone, ())
            except SourceError as error:
                yield Left(entry.name, error.what, error.mend)
        if shape.count - shape.empty > _ARCHIVES:
            yield Left(
                shape.name,
                f"{_ARCHIVES} of {shape.count} workbooks or archives were opened; the rest was not",
                "split the source by `include`",
                lasting=True,
            )

    def _parts(self, blob: Blob, name: str, shape: Shape, steps: tuple[Step, ...]) -> Iterator[Lot | Left]:
        try:
            kind = sniff(blob)
            if isinstance(kind, Unread):
                yield Left(name, kind.reason, kind.mend, kind.cipher, kind.lasting)
            elif kind.format == "sheets":
                for sheet in sheets.names(blob, self._limits.expanded_bytes):
                    yield Lot(f"{name}#{self._shown(sheet.replace('/', ' '))}", shape, "sheets", steps, sheet)
            elif kind.format not in {"zip", "tar"}:
                yield Lot(name, shape, kind.format, steps)
            elif len(steps) >= self._limits.nesting:
                yield Left(name, "archives nested deeper than limits.nesting", "raise limits.nesting", lasting=True)
            else:
                yield from self._archive(Archive(blob, kind.format, self._limits), kind.format, name, shape, steps)
        except SourceError as error:
            yield Left(name, error.what, error.mend)
        except MissingExtraError:
            raise
        except Exception as error:
            yield Left(name, f"cannot be read ({type(error).__name__})", "check that the file is whole")

    def _archive(self, archive: Archive, kind: str, name: str, shape: Shape, steps: tuple[Step, ...]) -> Iterator[Lot | Left]:
        groups: dict[str, list[Member]] = {}
        cut: SourceError | None = None
        try:
            for member in archive.members():
                groups.setdefault(pattern(self._shown(member.key)), []).append(member)
        except SourceError as error:
            cut = error
        for form, group in sorted(groups.items()):
            together = len(group) >= MANY or MASKED.search(self._shown(group[0].key)) is not None
            for label, own in [(form, group)] if together else [(self._shown(m.key), [m]) for m in group]:
                whole = f"{name}!{label}"
                first = next((m for m in own if m.size and not m.encrypted), None)
                if any(m.encrypted for m in own):
                    yield Left(whole, "encrypted with a password", OWNER, "zip", lasting=True)
                elif first is None:
                    yield Left(whole, "empty", "nothing to do, unless it should hold something", lasting=True)
                if first is None:
                    continue
                keys = tuple(m.key for m in own if m.size and not m.encrypted)
                try:
                    with closing(archive.open(first.key)) as file:
                        yield from self._parts(Blob(file, self._shown(first.key)), whole, shape, (*steps, (kind, keys)))
                except SourceError as error:
                    yield Left(whole, error.what, error.mend)
        if cut is not None:
            yield Left(name, cut.what, cut.mend)

    def _members(self, blob: Blob, steps: tuple[Step, ...], draw: random.Random | None, each: int) -> Iterator[Blob | Left]:
        """The members of a step are opened, `each` of them where some are drawn; of archives in archives the files multiply."""
        if not steps:
            yield blob
            return
        (kind, keys), *rest = steps
        archive = Archive(blob, kind, self._limits)
        some = keys if draw is None or len(keys) <= each else [keys[i] for i in sorted(draw.sample(range(len(keys)), each))]
        for key in some:
            try:
                with closing(archive.open(key)) as file:
                    yield from self._members(Blob(file, f"{blob.name}!{self._shown(key)}"), tuple(rest), draw, each)
            except SourceError as error:
                yield Left(f"{blob.name}!{self._shown(key)}", error.what, error.mend)

    def _blob(self, entry: Entry) -> _Opened:
        file = self._objects.open(entry)
        packed = getattr(getattr(file, "raw", None), "packed", False)
        return _Opened(Blob(file, entry.name, None if packed else entry.size, self._objects.local, partitions(entry.key)))


class _Opened:
    def __init__(self, blob: Blob) -> None:
        self.blob = blob

    def close(self) -> None:
        self.blob.file.close()
