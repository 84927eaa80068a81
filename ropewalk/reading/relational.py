"""What all SQL databases share: one connector class that a dialect's connector completes. Knows no particular store.

A dialect gives `_dial` (a connection that cannot write), `_catalogue` (its tables in bulk), and where it differs `_cell`,
`_scattered`, `_random`, `_checks` and `_facts`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.sql import quoted_name

from ropewalk.config import Limits
from ropewalk.contracts import Check, FrameTable, SqlTable
from ropewalk.errors import MissingExtraError, ReadOnlyError, SourceError
from ropewalk.model import Dataset, Fact, Path, Sample, Skipped, Source, path_text
from ropewalk.naming import NAMED, sample, told
from ropewalk.reading.cells import Cells, FrameRows
from ropewalk.reading.draws import MOST, Draw, chance, head, keyed, seed
from ropewalk.reading.rowage import RowAges
from ropewalk.reading.sqlsession import LostError, SqlSession, led, named
from ropewalk.reading.tables import Column, Table, origin_of

STREAMED, STREAMED_CELLS = 20_000, 1_000_000
_COUNTED = 200_000
_AGES = 10
"""Statements' time that the ages of all tables may take together."""


class Sink(Protocol):
    all: int

    def add(self, rows: Sequence[Sequence[Any]]) -> None: ...


AnySink = TypeVar("AnySink", bound=Sink)


class Relational(SqlSession):
    """A connector without its dialect."""

    def __init__(self, source: Source, limits: Limits) -> None:
        super().__init__(source, limits)
        self._tables: dict[str, Table] | None = None

    # What a dialect completes

    def _catalogue(self) -> Iterator[Table | Skipped]:
        """The tables and views of the store, without its own system tables."""
        raise NotImplementedError

    def _checks(self) -> Iterator[Check]:
        yield from ()

    def _facts(self, as_of: datetime, tables: Mapping[str, Table]) -> Iterator[Fact]:
        yield from ()

    def _schema(self, table: Table) -> str | None:
        """The schema as SQLAlchemy's dialect wants it."""
        return None if table.schema is None else quoted_name(table.schema, quote=True)

    def _place(self, table: Table) -> sa.TableClause:
        return sa.table(quoted_name(table.name, quote=True), schema=self._schema(table))

    def _cell(self, column: Column) -> sa.ColumnElement[Any]:
        """The expression that fetches a cell, cut where cells can be long."""
        return named(column.name)

    def _random(self, turn: int) -> sa.ColumnElement[Any] | None:
        """A number in [0, 1), new for each row; None where the dialect has none."""
        return None

    def _scattered(self, table: Table, columns: Sequence[Column], rows: int, turn: int) -> Iterator[Draw]:
        """Random draws from a stored table: by its integer key, else by a chance for each row."""
        select = self._select(table, columns)
        if table.key:
            key = named(table.key)
            low, high = self._one(sa.select(sa.func.min(key), sa.func.max(key)).select_from(self._place(table)))
            if low is not None:
                selects = keyed(select, key, int(low), int(high), table.rows, rows, seed(table, turn))
                if selects:
                    yield Draw("keyed", selects)
        number = self._random(turn)
        total = table.rows or (self._count(table) if number is not None else None)
        if number is not None and total:
            yield Draw("bernoulli", [select.where(number < chance(rows, total)).limit(MOST * rows)])

    # The contract

    def test(self) -> Iterator[Check]:
        try:
            self._one(sa.select(sa.literal(1)))
        except ReadOnlyError as error:
            yield Check("read-only", False, error.what, error.mend)
            return
        except (SourceError, MissingExtraError) as error:
            yield Check("reachable", False, error.what, error.mend)
            return
        yield Check("reachable", True, f"{self.kind} answers")
        yield from self._checks()
        found = list(self._listed())
        tables = [t for t in found if isinstance(t, Table)]
        shut = [t for t in found if isinstance(t, Skipped) and t.dataset != "*"]
        yield Check("tables", bool(tables), f"{len(tables)} tables and views can be read", "" if tables else "grant SELECT on what is to be scanned")
        if shut:
            yield Check("all of it", None, f"{len(shut)} tables, views or columns cannot be read: {shut[0].dataset}: {shut[0].reason}", shut[0].mend)

    def datasets(self) -> Iterator[Dataset | Skipped]:
        for table in self._listed():
            if isinstance(table, Skipped):
                yield table
            else:
                print_ = table.fingerprint and f"{table.fingerprint}-{table.shape}"
                yield Dataset(self._source.name, table.dataset, table.kind, table.rows, table.bytes, print_, table.comment, table)

    def samples(self, dataset: Dataset, *, rows: int | None, fields: Collection[Path] | None = None, turn: int = 0) -> Iterator[Sample | Skipped]:
        table = self._table(dataset)
        if fields is None or (NAMED,) in fields:
            labels = (told(name.replace("/", " ")) for name in (table.schema or "", table.name, *(c.name for c in table.columns)) if name)
            yield from sample(dataset.source, dataset.name, labels, None)
        columns = [c for c in table.columns if fields is None or any(f[0] == c.label for f in fields)]
        if len(columns) > self._limits.fields:
            what = f"{len(columns)} columns; only the first {self._limits.fields} were looked at"
            yield Skipped(dataset.source, dataset.name, what, "raise limits.fields")
            columns = columns[: self._limits.fields]
        if not columns:
            return

        def cells() -> Cells:
            return Cells(dataset.source, dataset.name, columns, self._limits, fields)

        try:
            if rows is None:
                yield from self._streamed(table, columns, cells())
                return
            drawn, method = self._drawn(table, columns, rows, turn, cells)
        except LostError:
            raise
        except SourceError as error:
            yield Skipped(dataset.source, dataset.name, error.what, error.mend)
            return
        yield from drawn.samples(drawn.all if method == "full" else table.rows, method)

    def facts(self, as_of: datetime) -> Iterator[Fact]:
        try:
            tables = {t.dataset: t for t in self._listed() if isinstance(t, Table)}
            yield from self._facts(as_of, tables)
        except (SourceError, MissingExtraError) as error:
            yield Fact(self._source.name, "grants", None, as_of, "the store was asked for its tables", f"{error.what}: {error.mend}")
            return
        for name, table in tables.items():
            subject = f"{self._source.name}/{name}"
            for where, comment in ((subject, table.comment), *((f"{subject}#{path_text((c.label,))}", c.comment) for c in table.columns)):
                if comment:
                    yield Fact(where, "comment", comment, as_of, "comment in the catalogue")
                if tag := origin_of(comment):
                    yield Fact(where, "origin_tag", tag, as_of, "comment in the catalogue")
        engine, clocks = self._engine(), self._source.options.get("clocks") or {}
        lead, seconds = (lambda t: led(engine, t.name, self._schema(t))), _AGES * self._limits.statement_timeout
        ages = RowAges(self._source.name, self._rows, lead, engine.dialect.name, clocks, seconds)
        yield from ages.facts(((t, self._place(t)) for t in tables.values()), as_of)

    def table(self, dataset: Dataset, paths: Sequence[Path]) -> SqlTable | FrameTable | Skipped:
        table = self._table(dataset)
        known = {c.label: c for c in table.columns}
        missing = [path_text(p) for p in paths if p[0] not in known]
        if missing:
            return Skipped(
                dataset.source, dataset.name, f"it has no column {', '.join(missing)}", "correct `clocks:` in ropewalk.yaml, or scan again"
            )
        if all(len(p) == 1 and known[p[0]].name == p[0] for p in paths):
            return SqlTable(self._engine(), table.name, self._schema(table))
        import pandas as pd

        columns = [known[name] for name in dict.fromkeys(p[0] for p in paths)]
        try:
            rows, method = self._drawn(table, columns, self._limits.frame_rows, 0, lambda: FrameRows(columns, paths, self._limits))
        except LostError:
            raise
        except SourceError as error:
            return Skipped(dataset.source, dataset.name, error.what, error.mend)
        frame = pd.DataFrame({path_text(p): pd.Series(v, dtype=object) for p, v in rows.data.items()})
        of = f" of about {table.rows}" if table.rows else ""
        bound = f"bound {min(1.0, 3 / rows.all):.2g}" if rows.all else "bound 1"
        return FrameTable(frame, "full" if method == "full" else f"sample of {rows.all}{of} ({bound})")

    # Reading

    def _listed(self) -> Iterator[Table | Skipped]:
        """The catalogue after include, exclude and limits.datasets. Remembers what it gave."""
        options = self._source.options
        include, exclude = options.get("include") or ["*"], options.get("exclude") or []
        tables: dict[str, Table] = {}
        for found in self._catalogue():
            if isinstance(found, Table):
                found = found.under(self._names)
            name = found.dataset
            if not any(fnmatchcase(name, g) for g in include) or any(fnmatchcase(name, g) for g in exclude):
                continue
            if isinstance(found, Skipped):
                yield found
                continue
            if len(tables) >= self._limits.datasets:
                yield Skipped(
                    self._source.name, "*", f"more than {self._limits.datasets} tables; the rest was not looked at", "raise limits.datasets"
                )
                break
            tables[name] = found
            yield found
        self._tables = tables

    def _table(self, dataset: Dataset) -> Table:
        if isinstance(dataset.handle, Table):
            return dataset.handle
        if self._tables is None:
            for _ in self._listed():
                pass
        found = (self._tables or {}).get(dataset.name)
        if found is None:
            raise SourceError("it is no longer there", where=f"{dataset.source}/{dataset.name}", mend="scan again")
        return found

    def _select(self, table: Table, columns: Sequence[Column], place: sa.FromClause | None = None) -> sa.Select[Any]:
        return sa.select(*(self._cell(c).label(f"c{i}") for i, c in enumerate(columns))).select_from(self._place(table) if place is None else place)

    def _draws(self, table: Table, columns: Sequence[Column], rows: int, turn: int) -> Iterator[Draw]:
        select = self._select(table, columns)
        if table.rows is None or table.rows <= 2 * rows:
            yield Draw("full", [select.limit(rows + 1)], whole=True)
        if table.stored:
            yield from self._scattered(table, columns, rows, turn)
        elif (number := self._random(turn)) is not None and (total := self._count(table)):
            yield Draw("bernoulli", [select.where(number < chance(rows, total)).limit(MOST * rows)])
        yield Draw("head", head(select, rows, turn))

    def _drawn(self, table: Table, columns: Sequence[Column], rows: int, turn: int, make: Callable[[], AnySink]) -> tuple[AnySink, str]:
        """The first draw that brings at least half of what it should; else the one that brought most."""
        best: tuple[AnySink, str] | None = None
        problem: SourceError | None = None
        wanted = min(rows, table.rows) if table.rows else rows
        draws = self._draws(table, columns, rows, turn)
        while True:
            try:
                draw = next(draws, None)
                if draw is None:
                    break
                if draw.method == "head" and best is not None and best[0].all:
                    break
                sink = make()
                for select in draw.selects:
                    for chunk in self._stream(select, f"{self._source.name}/{table.dataset}"):
                        sink.add(chunk)
                    if sink.all >= MOST * rows:
                        break
            except LostError:
                raise
            except SourceError as error:
                problem = error
                continue
            if draw.whole and sink.all > rows:
                continue
            if draw.whole or draw.method == "head" or sink.all >= wanted / 2:
                return sink, draw.method
            if best is None or sink.all > best[0].all:
                best = sink, draw.method
        if best is not None:
            return best
        raise problem or SourceError("no rows could be drawn", where=table.dataset, mend="run `ropewalk sources test`")

    def _streamed(self, table: Table, columns: Sequence[Column], cells: Cells) -> Iterator[Sample | Skipped]:
        """All rows, as Samples of so many rows each: the memory stays flat."""
        most = min(STREAMED, max(1, STREAMED_CELLS // max(len(columns), 1)))
        for select in self._every(table, columns):
            for chunk in self._stream(select, f"{self._source.name}/{table.dataset}", all_rows=True):
                cells.add(chunk)
                if cells.rows >= most:
                    yield from cells.samples(table.rows, "full")
        if cells.rows or not cells.all:
            yield from cells.samples(cells.all, "full")

    def _every(self, table: Table, columns: Sequence[Column]) -> Iterator[sa.Select[Any]]:
        """The statements that together read each row once."""
        yield self._select(table, columns)

    def _count(self, table: Table) -> int | None:
        """The rows of a table or view, None where there are more than may be counted."""
        inner = sa.select(sa.literal(1).label("one")).select_from(self._place(table)).limit(_COUNTED + 1).subquery()
        found = int(self._one(sa.select(sa.func.count()).select_from(inner))[0])
        return found if found <= _COUNTED else None
