"""Rows of columns -> Samples: distinct values are counted while reading, nested documents become fields of their own."""

from __future__ import annotations

import base64
import json
import uuid
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ropewalk.config import Limits
from ropewalk.model import FieldRef, Path, Sample, Skipped
from ropewalk.naming import fits
from ropewalk.reading.gather import pieces
from ropewalk.reading.nested import DEEP, flatten
from ropewalk.reading.tables import Column

DOCUMENT = 262_144
"""Characters (or bytes) fetched of one cell: enough for a document, bounded for a film."""
_OPAQUE = 256
_JUDGED = 100
_SHARE = 0.8
_BARE = frozenset({"{}", "[]", "null", b"{}", b"[]", b"null"})
"""JSON that holds nothing: it speaks neither for documents nor against."""


def text(value: Any) -> str:
    """A cell as text: bytes that hold text are decoded, others are base64 of their first 256 bytes."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _decoded(bytes(value))
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _decoded(raw: bytes) -> str:
    found = [leaf for _, leaf in flatten(raw)]
    if len(found) == 1 and found[0] is not None:
        return found[0]
    try:
        plain = raw.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(raw[:_OPAQUE]).decode()
    return plain if plain.isprintable() or found[1:] else base64.b64encode(raw[:_OPAQUE]).decode()


def leaves(value: Any, column: Column, depth: int) -> list[tuple[Path, str | None]]:
    """The leaves of a cell below its column: [((), text)] where there is nothing to open."""
    if column.form in {"json", "nested"} and isinstance(value, str):
        try:
            value = json.loads(value, parse_int=str, parse_float=str)
        except (ValueError, RecursionError):
            return [((), value)]
        if value is None:
            return []
    if not isinstance(value, (str, bytes, dict, list)):
        value = text(value)
    found = list(flatten(value, depth=depth))
    if isinstance(value, bytes) and all(leaf is None for _, leaf in found):
        return [((), _decoded(value))]
    return found or [((), text(value)[:40])]  # an empty object or list is something, though it has no leaf


class Cells:
    """Feed it rows with `add`; `samples` gives what was counted since the last call, so that memory stays flat."""

    def __init__(self, source: str, dataset: str, columns: Sequence[Column], limits: Limits, fields: Collection[Path] | None = None) -> None:
        self._source, self._dataset, self._columns, self._limits = source, dataset, columns, limits
        self._fields = None if fields is None else frozenset(fields)
        self._open: dict[int, bool] = {i: True for i, c in enumerate(columns) if c.form in {"json", "nested"}}
        self._paths: dict[Path, None] = {}
        self._over = False
        self._left: dict[Path, str] = {}
        self.all = 0
        self._reset()

    def __repr__(self) -> str:
        return f"Cells({self._dataset!r}, rows={self.all})"

    def _reset(self) -> None:
        self.rows = 0
        self._counts: dict[Path, Counter[str]] = {}
        self._filled: Counter[Path] = Counter()

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            return
        self.rows += len(rows)
        self.all += len(rows)
        for place, (column, cells) in enumerate(zip(self._columns, zip(*rows, strict=True), strict=True)):
            counted = _count(cells)
            counted.pop(None, None)
            if counted and place not in self._open:
                self._open[place] = self._documents(counted, column)
            if self._open.get(place):
                self._nested(column, counted)
            else:
                self._flat(column, counted)

    def _documents(self, counted: Mapping[Any, int], column: Column) -> bool:
        """Whether most cells hold something to open: JSON, or base64 or gzip of text."""
        judged = [v for v in counted if isinstance(v, (str, bytes)) and v.strip() and v.strip() not in _BARE][:_JUDGED]
        opened = sum(leaves(v, column, self._limits.nesting) != [((), v)] for v in judged if isinstance(v, str))
        opened += sum(any(path for path, _ in leaves(v, column, self._limits.nesting)) for v in judged if isinstance(v, bytes))
        return bool(judged) and opened >= _SHARE * len(judged)

    def _flat(self, column: Column, counted: Mapping[Any, int]) -> None:
        path, most = (column.label,), self._limits.value_chars
        counts = self._counts.setdefault(path, Counter())
        self._filled[path] += sum(counted.values())
        if set(map(type, counted)) <= {str} and max(map(len, counted), default=0) <= most:
            counts.update(counted)
            return
        for value, count in counted.items():
            for piece in self._fit(path, text(value)):
                counts[piece] += count

    def _nested(self, column: Column, counted: Mapping[Any, int]) -> None:
        for value, count in counted.items():
            seen: set[Path] = set()
            for inner, leaf in leaves(value, column, self._limits.nesting):
                path = (column.label, *inner)
                if leaf is None or not self._known(path):
                    continue
                counts = self._counts.setdefault(path, Counter())
                for piece in self._fit(path, leaf):
                    counts[piece] += count
                seen.add(path)
            for path in seen:
                self._filled[path] += count

    def _fit(self, path: Path, value: str) -> list[str]:
        """The value, in pieces where it is long; what is left of it is told by `samples`."""
        most = self._limits.value_chars
        if value is DEEP:
            self._left.setdefault(path, "nested too deep to be opened; the rest of it was not looked at")
        if len(value) <= most:
            return [value]
        parts, left = pieces(value, most)
        if left or len(value) >= DOCUMENT:
            self._left.setdefault(path, left or f"values longer than {DOCUMENT} characters; the rest of them was not looked at")
        return parts

    def _known(self, path: Path) -> bool:
        if path in self._paths:
            return True
        if self._fields is not None and not any(path[: len(f)] == f for f in self._fields):
            return False
        if len(self._paths) >= self._limits.fields:
            self._over = True
            return False
        self._paths[path] = None
        return True

    def samples(self, total: int | None, method: str) -> Iterator[Sample | Skipped]:
        """One Sample a field met so far; a column that gave nothing but nulls is a Sample too."""
        typed = {c.label: c for c in self._columns}
        opened = {self._columns[i].label for i, is_open in self._open.items() if is_open}
        inside = {p[0] for p in self._counts if len(p) > 1}
        for column in self._columns:
            if column.label not in inside or column.label not in opened:
                self._counts.setdefault((column.label,), Counter())
        for path, counts in self._counts.items():
            if self._fields is not None and not any(path[: len(f)] == f for f in self._fields) and len(path) > 1:
                continue
            column = typed[path[0]]
            nulls = max(self.rows - self._filled[path], 0)
            rows = sum(counts.values()) + nulls  # of a list each element is a cell
            known = total if rows == self.rows else None
            yield Sample(FieldRef(self._source, self._dataset, path), dict(counts), rows, nulls, known, method, column.type, column.comment)
        if self._over:
            what = f"more than {self._limits.fields} fields; the rest was not looked at"
            yield Skipped(self._source, self._dataset, what, "raise limits.fields")
            self._over = False
        for path, reason in self._left.items():
            yield Skipped(self._source, self._dataset, reason, "raise limits.value_chars", path)
        self._left = {}
        self._reset()


def _count(cells: Sequence[Any]) -> Counter[Any]:
    try:
        return Counter(cells)
    except TypeError:  # a driver gave lists or dicts
        return Counter(c if c is None or isinstance(c, (str, bytes, int, float)) else text(c) for c in cells)


class FrameRows:
    """Collects rows as one list a path, for FrameTable: the first value that a path holds in its row."""

    def __init__(self, columns: Sequence[Column], paths: Sequence[Path], limits: Limits) -> None:
        self._columns, self._paths, self._limits = columns, paths, limits
        self.all = 0
        self.data: dict[Path, list[Any]] = {p: [] for p in paths}

    def __repr__(self) -> str:
        return f"FrameRows(rows={self.all})"

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        self.all += len(rows)
        places = {c.label: i for i, c in enumerate(self._columns)}
        deep = {p[0] for p in self._paths if len(p) > 1}
        for row in rows:
            inside: dict[Path, Any] = {}
            for name in deep:
                for inner, leaf in leaves(row[places[name]], self._columns[places[name]], self._limits.nesting):
                    if leaf not in (None, "") and (name, *inner) not in inside:
                        inside[(name, *inner)] = leaf[: self._limits.value_chars]
            for path, values in self.data.items():
                values.append(_found(inside, path) if path[0] in deep else _plain(row[places[path[0]]]))


def _found(inside: Mapping[Path, Any], path: Path) -> Any:
    return next((v for p, v in inside.items() if fits(p, path)), None) if "*" in path else inside.get(path)


def _plain(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview, dict, list, uuid.UUID, timedelta)):
        return text(value)
    return value
