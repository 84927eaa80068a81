"""Chunks of columns become samples (distinct values with counts, nested ones opened) and frames (rows kept together)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from ropewalk.config import Limits
from ropewalk.model import FieldRef, Path, Sample, Skipped, path_text
from ropewalk.naming import fits
from ropewalk.reading.nested import DEEP, NODES, Many, coded, flatten
from ropewalk.reading.rows import Chunk
from ropewalk.reading.tally import Tally

if TYPE_CHECKING:
    import pandas as pd


_NOTHING = type(None)
_PLAIN = frozenset({int, bool, float, datetime, date, time})
"""Cells of one of these types can be counted before they are written as text."""


_ODD = frozenset(("", *"{[ \n\t\r\v\f\x1c\x1d\x1e\x1f"))
"""First characters of short texts that may be blank or JSON."""


class Gatherer:
    """Counts the distinct values of every field of a dataset. Nested values are opened once for each distinct text.

    before: the gatherer of the rows before these, when a dataset is read in pieces whose samples add up.
    """

    def __init__(self, source: str, dataset: str, limits: Limits, fields: Collection[Path] | None = None, before: Gatherer | None = None) -> None:
        self._source, self._dataset, self._limits, self._fields = source, dataset, limits, fields
        self._tallies: dict[Path, Tally] = {}
        self._types: dict[Path, str] = {}
        self._met: dict[Path, int] = {}
        self._left: dict[Path, str] = {}
        self.rows = 0
        self._earlier: int = 0 if before is None else before.rows + before._earlier
        self._known: set[Path] = set() if before is None else {*before._known, *before._tallies}
        if before is not None:
            self._types.update(before._types)

    def __repr__(self) -> str:
        return f"Gatherer({self._dataset!r}, rows={self.rows}, fields={len(self._tallies)})"

    @property
    def fields(self) -> int:
        return len(self._tallies)

    def add(self, chunk: Chunk) -> None:
        self.rows += chunk.rows
        for path, cells in chunk.columns.items():
            self._types.setdefault(path, chunk.types.get(path, ""))
            kinds = set(map(type, cells)) - {_NOTHING}
            if not kinds:
                self._tally(path)
                continue
            counts: Counter[str] = Counter()
            if kinds <= {str}:
                counts = Counter(cells)
                counts.pop(None, None)  # type: ignore[call-overload]
            elif len(kinds) == 1 and kinds <= _PLAIN:
                for cell, count in Counter(cells).items():
                    if cell is not None:
                        counts[as_text(cell)] += count
            else:
                for cell in cells:
                    if isinstance(cell, (dict, list, bytes)):
                        self._open(path, cell, 1)
                    elif cell is not None:
                        counts[cell if type(cell) is str else as_text(cell)] += 1
            if counts:
                self._texts(path, counts)

    def samples(self, method: str, total: int | None) -> Iterator[Sample | Skipped]:
        """One Sample a field. cells + nulls = rows; of a list, each element is a cell."""
        for path in sorted({*self._tallies, *self._known}):
            tally = self._tallies.get(path) or Tally()
            nulls = max(self.rows - self._met.get(path, 0), 0) + (0 if path in self._known else self._earlier)
            cells = sum(tally.values.values())
            yield Sample(
                FieldRef(self._source, self._dataset, path), tally.values, cells + nulls, nulls,
                total if cells + nulls == self.rows else None, "templates" if tally.reduced else method, self._types.get(path, ""),
            )  # fmt: skip
        for path, reason in sorted(self._left.items()):
            yield Skipped(self._source, self._dataset, reason, "raise limits.value_chars or limits.fields", path)

    def _texts(self, path: Path, counts: Mapping[str, int]) -> None:
        odd = [t for t in counts if len(t) >= 24 or t[:1] in _ODD or not t.isascii()]
        plain = dict(counts)
        for text in odd:
            if not text or text.isspace():
                del plain[text]
            elif nestable(text):
                self._open(path, text, plain.pop(text))
        self._put(path, plain)
        self._met[path] = self._met.get(path, 0) + sum(plain.values())

    def _open(self, path: Path, cell: Any, count: int) -> None:
        met: dict[Path, dict[str, int]] = {}
        leaves = 0
        for inner, text in flatten(cell, depth=self._limits.nesting):
            leaves += 1
            if text is DEEP:
                self._left.setdefault(path, "nested too deep to be opened; the rest of it was not looked at")
            if text is not None and text and not text.isspace():
                at = met.setdefault((*path, *inner), {})
                at[text] = at.get(text, 0) + count
        if leaves >= NODES:
            self._left.setdefault(path, f"more than {NODES} values in one record; the rest of it was not looked at")
        for at_path, values in met.items():
            self._put(at_path, values)
            self._met[at_path] = self._met.get(at_path, 0) + count

    def _put(self, path: Path, values: Mapping[str, int]) -> None:
        tally = self._tally(path)
        if tally is None:
            return
        most = self._limits.value_chars
        if max(map(len, values), default=0) <= most and "".join(values).isascii():
            tally.add(values)
            return
        fit: dict[str, int] = {}
        for text, count in values.items():
            parts, left = pieces(text, most) if len(text) > most else ([text], "")
            if left:
                self._left.setdefault(path, left)
            for piece in parts:
                clean = piece if piece.isascii() else piece.encode("utf-8", "replace").decode("utf-8")
                fit[clean] = fit.get(clean, 0) + count
        tally.add(fit)

    def _tally(self, path: Path) -> Tally | None:
        if self._fields is not None and path not in self._fields:
            return None
        found = self._tallies.get(path)
        if found is None:
            if len(self._tallies) >= self._limits.fields and path not in self._known:
                self._left.setdefault((), f"more than {self._limits.fields} fields; the rest was not looked at")
                return None
            found = self._tallies[path] = Tally()
        return found


def nestable(text: str) -> bool:
    """Whether a text may hold JSON or base64; cheap, for it is asked of every distinct value."""
    return text[0] in "{[ \n\t" or (len(text) >= 24 and coded(text))


def as_text(cell: Any) -> str:
    """A scalar as text: numbers as written, times in ISO 8601."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    if isinstance(cell, float) and (cell != cell or cell.is_integer()) and abs(cell) < 1e15:
        return str(int(cell)) if cell == cell else ""
    return str(cell)


def pieces(text: str, most: int) -> tuple[list[str], str]:
    """A long text in pieces that overlap a little, so that nothing is cut in two; ten of them at most, and the reason where that is not all."""
    step = max(most - 200, most // 2)
    left = f"values longer than {10 * step} characters; the rest of them was not looked at" if len(text) > 10 * step else ""
    return [text[i : i + most] for i in range(0, min(len(text), 10 * step), step)], left


def frame(chunks: Sequence[Chunk], paths: Sequence[Path]) -> pd.DataFrame:
    """One column a path, named by `path_text`; rows stay together; of a list, the first element that holds something."""
    import pandas as pd

    data: dict[str, list[Any]] = {}
    for path in paths:
        column: list[Any] = []
        for chunk in chunks:
            top = max((p for p in chunk.columns if path[: len(p)] == p), key=len, default=None)
            column += [None] * chunk.rows if top is None else [_within(cell, path[len(top) :]) for cell in chunk.columns[top]]
        data[path_text(path)] = column
    return pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in data.items()})


def _within(cell: Any, rest: Path) -> Any:
    if cell is None or cell == "" or (not rest and not isinstance(cell, Many)):
        return None if isinstance(cell, str) and not cell else cell
    if isinstance(cell, (dict, list, str)):
        return next((text for inner, text in flatten(cell) if fits(inner, rest) and text), None)
    return None
