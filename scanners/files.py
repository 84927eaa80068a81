"""Files in a folder or bucket: tables, JSON, columnar files, workbooks, archives, documents and mail, told by content.

Objects of one shape under one prefix (`orders/*/part-*.parquet`) are one dataset, read from objects drawn at random
across age and size.
"""

from __future__ import annotations

import random
import stat
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import islice
from math import prod
from pathlib import Path as LocalPath
from typing import ClassVar

from ropewalk.config import Limits
from ropewalk.contracts import Check, FrameTable, SqlTable
from ropewalk.errors import SourceError
from ropewalk.model import Dataset, Fact, Path, Sample, Skipped, Source, path_text
from ropewalk.naming import NAMED, Names, sample, told
from ropewalk.reading import bucketfacts, origins
from ropewalk.reading.formats import read
from ropewalk.reading.gather import Gatherer, frame
from ropewalk.reading.lots import Left, Lot, Lots
from ropewalk.reading.names import pattern
from ropewalk.reading.objects import Entry, Objects
from ropewalk.reading.rows import Chunk, Reading
from ropewalk.reading.shapes import shapes

_FLUSH, _FLUSH_CELLS = 40_000, 2_000_000


class Files:
    """Options: `storage` (credentials and endpoint, for fsspec), `include`, `exclude` (globs of dataset names)."""

    schemes: ClassVar[tuple[str, ...]] = ("file", "files", "s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory")

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source, self._limits = source, limits
        self._objects = Objects(source.uri, source.options, limits, Names(source.key))
        self._lots = Lots(self._objects, limits)
        self._sidecars: list[Entry] = []
        self._found: list[Dataset | Skipped] | None = None
        self._ciphers: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Files({self._source.name!r})"

    def test(self) -> Iterator[Check]:
        try:
            found = list(islice(self._objects.list(), 1000))
        except SourceError as error:
            yield Check("reachable", False, error.what, error.mend)
            return
        files = [e for e in found if isinstance(e, Entry)]
        yield Check("reachable", True, f"{len(files)}{'+' if len(found) == 1000 else ''} files")
        yield Check("read-only", True, "files are opened for reading only")
        first = next((e for e in files if e.size), None)
        if first is not None:
            try:
                with self._objects.open(first) as file:
                    yield Check("readable", bool(file.read(1)), f"{first.name} can be opened")
            except SourceError as error:
                yield Check("readable", False, f"{first.name}: {error.what}", error.mend)
        yield from bucketfacts.checks(self._objects)

    def datasets(self) -> Iterator[Dataset | Skipped]:
        if self._found is not None:
            yield from self._found
            return
        found: list[Dataset | Skipped] = []
        for item in self._listed():
            found.append(item)
            yield item
        self._found = found

    def samples(self, dataset: Dataset, *, rows: int | None, fields: Collection[Path] | None = None, turn: int = 0) -> Iterator[Sample | Skipped]:
        lot: Lot = dataset.handle
        draw = random.Random(f"{dataset.name}:{turn}")  # noqa: S311 - sampling, not a secret
        if fields is None or (NAMED,) in fields:
            within = told(lot.sheet, *(key for _, keys in lot.steps for key in keys))
            yield from sample(dataset.source, dataset.name, (e.told + within for e in lot.shape.entries), lot.shape.count)
        gather = Gatherer(dataset.source, dataset.name, self._limits, fields)
        if rows is None:
            for piece in self._read(dataset, None, fields, draw, outcome := Outcome()):
                if isinstance(piece, Skipped):
                    yield piece
                    continue
                gather.add(piece)
                if gather.rows >= min(_FLUSH, max(1, _FLUSH_CELLS // max(gather.fields, 1))):
                    yield from gather.samples("full", None)
                    gather = Gatherer(dataset.source, dataset.name, self._limits, fields, gather)
            yield from gather.samples("head" if outcome.broken else "full", outcome.total)
            return
        outcome = Outcome()
        count = max(len(list(self._lots.entries(lot, draw))) * max(lot.members, 1), 1)
        for piece in self._read(dataset, -(-rows // count), fields, draw, outcome):
            if isinstance(piece, Skipped):
                yield piece
            else:
                gather.add(piece)
        whole = outcome.methods <= {"full"} and outcome.read == lot.shape.count * prod(len(keys) for _, keys in lot.steps)
        method = "full" if whole else "head" if outcome.methods <= {"head"} else "stride"
        yield from gather.samples(method, outcome.total if outcome.read >= lot.shape.count - lot.shape.empty else None)

    def facts(self, as_of: datetime) -> Iterator[Fact]:
        """Of the bucket first, then of each dataset: origin, encryption, age, who can read it."""
        name = self._source.name
        yield from bucketfacts.facts(self._objects, name, as_of)
        try:
            found = list(self.datasets())
        except SourceError:
            return
        yield from bucketfacts.kept(self._objects, name, as_of, {d.name: f"{name}/{d.name}" for d in found if isinstance(d, Dataset)})
        known = origins.sidecars(self._objects, self._sidecars)
        for subject, cipher in sorted(self._ciphers.items()):
            value = {"layer": "file", "algorithm": cipher}
            yield Fact(f"{name}/{subject}", "encrypted_at_rest", value, as_of, "the first bytes of the file")
        for dataset in found:
            if not isinstance(dataset, Dataset):
                continue
            lot: Lot = dataset.handle
            subject = f"{name}/{dataset.name}"
            word = origins.by_sidecar(dataset.name, known)
            how = "the sidecar file of its folder"
            if word is None:
                word, how = origins.of_lot(self._objects, lot)
            yield Fact(subject, "origin_tag", word or "", as_of, how)
            if lot.shape.oldest is not None:
                yield Fact(subject, "oldest_object", lot.shape.oldest.isoformat(), as_of, "times of change in the listing")
            if self._objects.local:
                yield Fact(subject, "encrypted_at_rest", {"layer": "file", "algorithm": "none"}, as_of, "the file can be read without a key")
                everyone = {"public": False, "every_local_account": _readable_by_all(lot.shape.entries)}
                yield Fact(subject, "public_access", everyone, as_of, "permissions of the files and their folders")

    def table(self, dataset: Dataset, paths: Sequence[Path]) -> SqlTable | FrameTable | Skipped:
        """Rows in RAM, at most limits.frame_rows of them; every object of a group is read as long as they fit."""
        lot: Lot = dataset.handle
        most = self._limits.frame_rows
        draw = random.Random(dataset.name)  # noqa: S311 - sampling, not a secret
        outcome, held = Outcome(), list[Chunk]()
        for piece in self._read(dataset, most, list(paths), draw, outcome, together=most):
            if isinstance(piece, Chunk):
                held.append(piece)
        rows = sum(c.rows for c in held)
        if not rows and outcome.broken:
            return Skipped(dataset.source, dataset.name, outcome.reason or "nothing of it can be read", "check that the file is whole")
        if outcome.whole and lot.shape.whole:
            there = {column for chunk in held for column in chunk.columns}
            if held and (gone := [p for p in paths if not any(p[: len(column)] == column for column in there)]):
                return Skipped(dataset.source, dataset.name, f"there is no field {path_text(gone[0])}", "scan again: the file has changed")
            coverage = "full"
        else:
            coverage = f"sample of {rows} of {outcome.total} rows" if outcome.total else f"sample of {rows} rows; how many there are is not known"
        return FrameTable(frame(held, paths), coverage)

    def least_privilege(self) -> str:
        """What the reader needs, and nothing more."""
        return bucketfacts.least_privilege(self._objects)

    def close(self) -> None:
        self._objects.close()
        self._found = None

    def _listed(self) -> Iterator[Dataset | Skipped]:
        name, limits = self._source.name, self._limits
        left: list[Skipped] = []
        self._sidecars, self._ciphers = [], {}
        count = 0
        for shape in self._lots.soon_sniffed(shapes(self._entries(left), name)):
            for item in self._lots.explore(shape):
                if not self._included(item.name):
                    continue
                if isinstance(item, Left):
                    if item.cipher:
                        self._ciphers[item.name] = item.cipher
                    yield Skipped(name, item.name, item.reason, item.mend, lasting=item.lasting)
                    continue
                if count >= limits.datasets:
                    yield Skipped(name, "*", f"more than {limits.datasets} datasets", "raise limits.datasets, or narrow `include`", lasting=True)
                    yield from left
                    return
                count += 1
                print_ = item.shape.fingerprint
                if print_ and (item.steps or item.sheet):
                    print_ += f"#{item.name}"
                yield Dataset(name, item.name, "file", None, shape.bytes, print_, "", item)
        yield from left

    def _entries(self, left: list[Skipped]) -> Iterator[Entry]:
        within = any("!" in g or "#" in g for g in self._source.options.get("include", ["*"]))
        for entry in self._objects.list():
            if isinstance(entry, Skipped):
                left.append(replace(entry, source=self._source.name))
            elif origins.is_sidecar(entry.name):
                self._sidecars.append(entry)
            elif within or self._included(entry.name) or self._included(pattern(entry.name)):
                yield entry

    def _included(self, name: str) -> bool:
        """Globs match the dataset's name, or that of the file which holds it."""
        file = name.partition("!")[0].partition("#")[0]
        include, exclude = self._source.options.get("include", ["*"]), self._source.options.get("exclude", [])
        return any(fnmatchcase(n, g) for n in (name, file) for g in include) and not any(fnmatchcase(n, g) for n in (name, file) for g in exclude)

    def _read(
        self, dataset: Dataset, rows: int | None, fields: Collection[Path] | None, draw: random.Random, outcome: Outcome, together: int | None = None
    ) -> Iterator[Chunk | Skipped]:
        """Chunks of the lot's files, `rows` of each (None: all of each), at most `together` of all."""
        lot: Lot = dataset.handle
        for blob in self._lots.blobs(lot, None if rows is None or together is not None else draw):
            if isinstance(blob, Left):
                outcome.add_broken(blob.reason)
                yield Skipped(dataset.source, dataset.name, f"{blob.name}: {blob.reason}", blob.mend)
                continue
            if together is not None and outcome.rows >= together:
                outcome.whole = False
                return
            share = rows if together is None else together - outcome.rows
            reading = Reading(share, self._limits, draw, fields)
            for chunk in read(blob, reading, lot.sheet):
                outcome.rows += chunk.rows
                for column, value in blob.partitions.items():
                    if (column,) not in chunk.columns and reading.wants((column,)):
                        chunk.columns[column,] = [value] * chunk.rows
                yield chunk
            outcome.add(reading)
            alone = lot.shape.count == 1 and not lot.steps
            for reason, mend in reading.problems:
                yield Skipped(dataset.source, dataset.name, reason if alone else f"{blob.name}: {reason}", mend)


class Outcome:
    """What reading several files came to: rows read, files read, their methods, the rows in all where every file told."""

    def __init__(self) -> None:
        self.rows = self.read = 0
        self.total: int | None = 0
        self.methods: set[str] = set()
        self.whole = True
        self.broken = False
        self.reason = ""

    def add(self, reading: Reading) -> None:
        self.read += 1
        self.methods.add(reading.method)
        self.total = None if self.total is None or reading.total is None else self.total + reading.total
        self.whole = self.whole and reading.method == "full" and not reading.problems
        if reading.problems:
            self.broken, self.reason = True, self.reason or reading.problems[0][0]

    def add_broken(self, reason: str) -> None:
        self.total, self.whole, self.broken, self.reason = None, False, True, self.reason or reason


def _readable_by_all(entries: Sequence[Entry]) -> bool:
    """Whether every account of this machine may read one of the files, and enter the folders above it."""
    for entry in entries:
        mode = entry.metadata.get("mode", 0)
        if isinstance(mode, int) and mode & stat.S_IROTH:
            try:
                if all(p.stat().st_mode & stat.S_IXOTH for p in LocalPath(entry.key).parents):
                    return True
            except OSError:
                continue
    return False
