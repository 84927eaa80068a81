"""Rows on their way from a format to samples and frames: what is asked for, what a file gives, and chunks of columns.

A format turns a file into `Rows`; `chunks` draws from them at random or streams them all, and stops without a crash
where a file is damaged: what was read counts, and the rest is named in `Reading.problems`.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ropewalk.config import Limits
from ropewalk.errors import SourceError
from ropewalk.model import Path
from ropewalk.naming import KEY, NAMED, is_data_key, segment
from ropewalk.reading.nested import Many

CHUNK = 10_000
CHUNK_CELLS = 1_000_000


@dataclass(slots=True)
class Reading:
    """What is asked of a file, and what came of it. rows None: all of them; fields None: all of them.

    Filled in while reading: method (full | stride | head), total (rows in the file, where known), problems (reason, mend).
    """

    rows: int | None
    limits: Limits
    random: random.Random
    fields: Collection[Path] | None = None
    method: str = "full"
    total: int | None = None
    problems: list[tuple[str, str]] = field(default_factory=list)

    def wants(self, path: Path) -> bool:
        """Whether anything at or below `path`, or above it, was asked for."""
        return self.fields is None or any(f[: len(path)] == path or path[: len(f)] == f for f in self.fields)

    def problem(self, reason: str, mend: str = "") -> None:
        if (reason, mend) not in self.problems:
            self.problems.append((reason, mend))


@dataclass(slots=True)
class Rows:
    """What a format gives: rows as lists under `header`, or as dicts; all of them lie below `prefix`.

    sampled: the format drew them at random by itself (`stride`, `head`), so they are taken as they come.
    told: personal data that stood in the header, where the columns are named by their place instead.
    """

    rows: Iterator[Any] = field(repr=False)
    header: Sequence[Path] | None = None
    types: Mapping[Path, str] = field(default_factory=dict)
    prefix: Path = ()
    sampled: str = ""
    total: int | None = None
    told: tuple[str, ...] = field(default=(), repr=False)


class Outer(dict[str, Any]):
    """A row that does not lie below the prefix: what stands around the records of a file."""


@dataclass(slots=True)
class Chunk:
    """Aligned columns: each holds `rows` cells (None, a scalar, or a dict or list that is opened later)."""

    rows: int
    columns: dict[Path, Sequence[Any]] = field(repr=False)
    types: Mapping[Path, str] = field(default_factory=dict)


def chunks(found: Rows, reading: Reading) -> Iterator[Chunk]:
    """The rows as chunks. Sets method and total; what a damaged file still gave is not lost."""
    safe = _Safe(found.rows, reading)
    if reading.rows is None or found.sampled:
        yield from _streamed(found, safe, reading)
        reading.method = found.sampled or reading.method
        reading.total = found.total if found.total is not None or found.sampled or safe.broken else safe.seen
    else:
        drawn = reservoir(safe, reading.rows, reading.random)
        yield _chunk(drawn, found, reading)
        reading.method = "head" if safe.broken else "full" if safe.seen <= reading.rows else "stride"
        reading.total = None if safe.broken else safe.seen
    if safe.broken:
        reading.method = "head"


def _streamed(found: Rows, rows: Iterable[Any], reading: Reading) -> Iterator[Chunk]:
    size = CHUNK if not found.header else max(100, min(CHUNK, CHUNK_CELLS // len(found.header)))
    held: list[Any] = []
    cells = 0
    for row in rows:
        held.append(row)
        cells += len(row) if isinstance(row, (dict, list)) else 1
        if len(held) >= size or cells >= CHUNK_CELLS:
            yield _chunk(held, found, reading)
            held, cells = [], 0
    if held:
        yield _chunk(held, found, reading)


class _Safe:
    """Iterates until the end or the damage. `seen` rows were met; `broken` says that there was more."""

    def __init__(self, rows: Iterator[Any], reading: Reading) -> None:
        self._rows, self._reading = rows, reading
        self.seen, self.broken = 0, False

    def __iter__(self) -> Iterator[Any]:
        try:
            for row in self._rows:
                self.seen += 1
                yield row
        except (GeneratorExit, KeyboardInterrupt, SystemExit):
            raise
        except SourceError as error:
            self._stop(error.what, error.mend)
        except BaseException as error:  # a library met bytes that nobody thought of; panics of Rust are no Exceptions
            self._stop(f"damaged after {self.seen} rows ({type(error).__name__}); the rest was not read", "check that the file is whole")

    def _stop(self, reason: str, mend: str) -> None:
        self.broken = True
        self._reading.problem(reason, mend)


def reservoir(rows: Iterable[Any], most: int, draw: random.Random) -> list[Any]:
    """`most` rows, each with the same chance (Vitter's algorithm R, order kept loosely)."""
    held: list[Any] = []
    for n, row in enumerate(rows):
        if n < most:
            held.append(row)
        elif (place := int(draw.random() * (n + 1))) < most:
            held[place] = row
    return held


def _chunk(rows: list[Any], found: Rows, reading: Reading) -> Chunk:
    if found.header is None:
        return _keyed(rows, found, reading)
    out, found.told = labelled(_listed(rows, found.header, found, reading), found.told, reading)
    return out


def labelled(chunk: Chunk, told: tuple[str, ...], reading: Reading) -> tuple[Chunk, tuple[str, ...]]:
    """The chunk with what stood in the header as a field of its own, in its first row; and what is left for the next chunk: nothing."""
    if not told or not chunk.rows:
        return chunk, told
    if reading.wants((NAMED,)):
        chunk.columns[(NAMED,)] = [Many(told), *[None] * (chunk.rows - 1)]
    return chunk, ()


def _listed(rows: list[Any], header: Sequence[Path], found: Rows, reading: Reading) -> Chunk:
    columns: dict[Path, Sequence[Any]] = {}
    for place, name in enumerate(header):
        if reading.wants(name):
            columns[name] = [row[place] if place < len(row) else None for row in rows]
    if any(len(row) > len(header) for row in rows):
        extra = ("*",)
        if reading.wants(extra):
            columns[extra] = [Many(row[len(header) :]) if len(row) > len(header) else None for row in rows]
    return Chunk(len(rows), columns, found.types)


def _cells(row: Any) -> Iterable[tuple[str, Any]]:
    """Keys and values of a row; keys that are data are values of `{key}` too."""
    if not isinstance(row, dict):
        return (("", row),)
    data = [key for key in row if is_data_key(key)]
    return [*row.items(), *((KEY, key) for key in data)] if data else row.items()


def _keyed(rows: list[Any], found: Rows, reading: Reading) -> Chunk:
    """Columns by the top keys of dicts; keys that are data share `*`; a row that is no dict lies at the prefix itself."""
    columns: dict[Path, list[Any]] = {}
    most = reading.limits.fields
    blank: list[Any] = [None] * len(rows)
    for place, row in enumerate(rows):
        prefix = () if isinstance(row, Outer) else found.prefix
        for key, cell in _cells(row):
            path = (*prefix, segment(key)) if key else prefix or ("value",)
            column = columns.get(path)
            if column is None:
                if not reading.wants(path):
                    continue
                if len(columns) >= most:
                    reading.problem(f"more than {most} fields; the rest was not looked at", "raise limits.fields")
                    continue
                column = columns[path] = blank.copy()
            held = column[place]
            column[place] = cell if held is None else Many([*held, cell]) if isinstance(held, Many) else Many([held, cell])
    return Chunk(len(rows), dict(columns), found.types)
