"""How old the oldest row of a table is: the columns that tell when a row was made, and the one statement that asks them. Knows no store.

A date counts from 2000 to the end of the day after the question: 1970, 0000-00-00 and the far future are placeholders. Text must be
ISO 8601 and is taken by its day; numbers are epoch seconds, milliseconds, microseconds, or yyyymmdd. Nothing in it can raise on a row.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from time import monotonic
from typing import Any

import sqlalchemy as sa

from ropewalk.errors import SourceError
from ropewalk.model import Fact, path_of
from ropewalk.reading.sqlsession import LostError, named
from ropewalk.reading.tables import Column, Table

Clocks = Mapping[str, Mapping[str, Any]]
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
NAME_IT = "name the column that tells when a row was made, in ropewalk.yaml below the source: clocks: {{{}: {{created: <column>}}}}"
WHOLE = 1_000_000
"""Rows up to which a table is looked at whole; of a larger one only a minimum that an index answers, for the rest costs more than a profile."""
_MOST = 3
_COPIES = {"sqlite", "postgresql"}
"""Their planners copy each expression to every place that names it, unless the inner query has an offset."""
_SCALES = (1, 1_000, 1_000_000)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TIME = set("at on am date time timestamp datetime ts day utc datum fecha".split())
_MADE = set("created create creation inserted insert erstellt angelegt creacion erstelldatum erstellungsdatum anlagedatum ctime".split())
_BEGUN = set("placed ordered purchased posted recorded submitted added ingested imported occurred bestellt bestelldatum".split())
_THING = set("order purchase transaction event sale payment invoice booking entry log return refund shipment pedido commande record snapshot".split())
_SENT = set("delivered shipped dispatched despatched".split())
_OTHER = set(
    "updated update modified changed deleted removed expires expiry expiration expire birth born until due end ends valid next last latest"
    " earliest first estimated expected promised planned scheduled target deadline delivery by id user name no number count status state"
    " flag is has type cutoff to zone address amount price cost total".split()
)
_RUN_TOGETHER = re.compile(
    r"(?:date|time)?(?:created?|creation|insert(?:ed)?|placed|ordered|purchased?|posted|order|transaction|added)(?:at|on|date|time|datetime|ts)?"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A column that is asked; kind: date | moment | aware | number | text | dynamic (SQLite: any cell may be anything)."""

    column: Column
    kind: str


@dataclass(frozen=True, slots=True)
class Age:
    """oldest: None where no row tells; undated: rows of which no column that was asked tells a date, None where they were not counted."""

    rows: int | None
    undated: int | None
    oldest: datetime | None
    column: str


def asked(table: Table, dialect: str, declared: Clocks) -> list[Asked]:
    """The declared `created` alone; else the declared clocks and what is named as a time of making, at most three of those."""
    said = _declared(table.dataset, declared)
    known = {c.label: a for c in table.columns if (a := _asked(c, dialect)) is not None}

    def told(word: str) -> list[Asked]:
        path = path_of(str(said[word])) if said.get(word) else ()
        return [known[path[0]]] if len(path) == 1 and path[0] in known else []

    if said.get("created"):
        return told("created")
    ranked = [(rank, a.kind in {"text", "number"}, i, a) for i, a in enumerate(known.values()) if (rank := _rank(a.column.name)) is not None]
    named_so = [a for *_, a in sorted(ranked, key=lambda r: r[:3])][:_MOST]
    return list(dict.fromkeys([*told("delivered"), *told("shipped"), *named_so]))


def question(columns: Sequence[Asked], place: sa.FromClause, as_of: datetime, dialect: str) -> sa.Select[Any]:
    """One row: rows, those with a date in one of the columns, and of each column its minimums."""
    values = [v for a in columns for v in _values(a, _last(as_of))]
    rows = sa.select(*(v.label(f"v{i}") for i, v in enumerate(values))).select_from(place)
    inner = (rows.offset(0) if dialect in _COPIES else rows).subquery("ropewalk_rows")
    dated = sa.func.sum(sa.case((sa.or_(*(v.is_not(None) for v in inner.c)), 1), else_=0))
    return sa.select(sa.func.count(), dated, *_least(columns, inner.c, dialect)).select_from(inner)


def quick(asked_: Asked, place: sa.FromClause, as_of: datetime, dialect: str) -> sa.Select[Any] | None:
    """The minimum of a native column in a form that an index answers; None for others."""
    if asked_.kind not in {"date", "moment", "aware"}:
        return None
    cell, (first, last) = named(asked_.column.name), _bounds(asked_.kind, _last(as_of))
    least: Any = sa.func.min(cell)
    if dialect == "duckdb":
        least = sa.cast(least, sa.Text())
    return sa.select(least).select_from(place).where(cell >= first, cell <= last)


def answer(columns: Sequence[Asked], row: Sequence[Any]) -> Age:
    """What `question` brought."""
    rows, values = int(row[0]), iter(row[2:])
    told = [(moment_of(next(values), part), a.column.label) for a in columns for part in _parts(a.kind)]
    found = [(moment, label) for moment, label in told if moment is not None]
    oldest, column = min(found, default=(None, ""))
    return Age(rows, rows - int(row[1] or 0), oldest, column)


def moment_of(value: Any, part: str) -> datetime | None:
    """A minimum as a moment in UTC; native times without a zone are UTC. A day that its month lacks is the month's last."""
    try:
        if value is None:
            return None
        if part in {"1", "1000", "1000000"}:
            return datetime.fromtimestamp(int(value) // int(part), UTC)
        if part in {"ymd", "text"}:
            year, month, day = (int(n) for n in re.fullmatch(r"(\d{4})-?(\d\d)-?(\d\d)", str(int(value) if part == "ymd" else value)).groups())  # type: ignore[union-attr]
            return datetime(year, month, min(day, monthrange(year, month)[1]), tzinfo=UTC)
        if isinstance(value, date) and not isinstance(value, datetime):
            return datetime.combine(value, time.min, UTC)
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, AttributeError, OverflowError):
        return None


def _declared(dataset: str, declared: Clocks) -> Mapping[str, Any]:
    """An exact name goes before a glob."""
    for glob in sorted(declared, key=lambda g: g != dataset):
        if glob == dataset or fnmatchcase(dataset, glob):
            return declared[glob]
    return {}


def _rank(name: str) -> int | None:
    """0 best: `created_at`; 1 `placed_at`, `PurchaseDate`; 2 `date` alone; 3 `shipped_at`; None: another time, or none."""
    words = {w.lower() for w in _WORDS.findall(name)}
    if not words or words & _OTHER:
        return None
    if words & _MADE:
        return 0
    if words & _BEGUN or (words & _THING and words & _TIME):
        return 1
    if len(words) == 1 and _RUN_TOGETHER.fullmatch(name.lower()) and name.lower() not in _THING:
        return 1
    if words <= _TIME - {"on", "am", "utc"}:
        return 2
    return 3 if words & _SENT else None


def _asked(column: Column, dialect: str) -> Asked | None:
    if dialect == "sqlite":
        return Asked(column, "dynamic")
    if column.form in {"bytes", "nested", "json", "geometry", "bit"}:
        return None
    told = column.type
    if re.match(r"(?:timestamp|datetime|smalldatetime)", told) and not (dialect == "mssql" and told == "timestamp"):
        return Asked(column, "aware" if re.search(r"with (?:local )?time zone|tz|offset", told) else "moment")
    if told == "date":
        return Asked(column, "date")
    if re.match(r"(?:big|small|medium|tiny|huge|u)*int|int\d|numeric|decimal|number|double|real|float", told):
        return Asked(column, "number")
    return Asked(column, "text") if re.search(r"char|text|string|clob", told) else None


def _parts(kind: str) -> tuple[str, ...]:
    numbers = (*map(str, _SCALES), "ymd")
    return {"number": numbers, "dynamic": ("text", *numbers), "text": ("text",)}.get(kind, ("native",))


def _values(a: Asked, last: datetime) -> list[sa.ColumnElement[Any]]:
    """An expression for each way in which the column can tell a date, null where a cell tells none."""
    cell = named(a.column.name)
    if a.kind in {"date", "moment", "aware"}:
        first, end = _bounds(a.kind, last)
        return [sa.case((sa.and_(cell >= first, cell <= end), cell), else_=None)]
    number: sa.ColumnElement[Any] = sa.true()
    text: sa.ColumnElement[Any] = sa.true()
    if a.kind == "dynamic":
        number, text = sa.func.typeof(cell).in_(("integer", "real")), sa.func.typeof(cell) == "text"
    found = [_day(cell if a.kind == "dynamic" else sa.cast(cell, sa.Text()), text, last)] if a.kind != "number" else []
    if a.kind != "text":
        ranges = [(int(FIRST.timestamp()) * n, int(last.timestamp()) * n) for n in _SCALES] + [(20000101, int(f"{last:%Y%m%d}"))]
        found += [sa.case((sa.and_(number, cell >= low, cell <= high), cell), else_=None) for low, high in ranges]
    return found


def _day(text: sa.ColumnElement[Any], only: sa.ColumnElement[Any], last: datetime) -> sa.ColumnElement[Any]:
    def part(start: int, length: int) -> sa.ColumnElement[Any]:
        return sa.func.substr(text, start, length)

    shaped = sa.and_(
        only, part(5, 1) == "-", part(8, 1) == "-", part(11, 1).in_(("", "T", "t", " ")),
        part(1, 4).in_([str(y) for y in range(FIRST.year, last.year + 1)]), part(6, 2).in_([f"{n:02}" for n in range(1, 13)]),
        part(9, 2).in_([f"{n:02}" for n in range(1, 32)]), part(1, 10) <= f"{last:%Y-%m-%d}",
    )  # fmt: skip
    return sa.case((shaped, part(1, 10)), else_=None)


def _least(columns: Sequence[Asked], values: Iterable[sa.ColumnElement[Any]], dialect: str) -> list[sa.ColumnElement[Any]]:
    natives = [p == "native" for a in columns for p in _parts(a.kind)]
    least = [sa.func.min(v) for v in values]
    return [sa.cast(v, sa.Text()) if native and dialect == "duckdb" else v for native, v in zip(natives, least, strict=True)]


def _last(as_of: datetime) -> datetime:
    now = as_of.astimezone(UTC) if as_of.tzinfo else as_of.replace(tzinfo=UTC)
    return datetime.combine(now.date() + timedelta(days=1), time(23, 59, 59), UTC)


def _bounds(kind: str, last: datetime) -> tuple[Any, Any]:
    if kind == "date":
        return tuple(sa.literal(t.date(), sa.Date()) for t in (FIRST, last))  # type: ignore[return-value]
    if kind == "aware":
        return tuple(sa.literal(t, sa.DateTime(timezone=True)) for t in (FIRST, last))  # type: ignore[return-value]
    return tuple(sa.literal(t.replace(tzinfo=None), sa.DateTime()) for t in (FIRST, last))  # type: ignore[return-value]


class RowAges:
    """The facts `oldest_row` and `undated_rows` of a source's tables, one statement for each; views are judged by what they stand on.

    rows: runs a statement in the read-only session, with its timeout. led: the columns of a table that an index begins with.
    seconds: how long all tables together may take.
    """

    def __init__(
        self, source: str, rows: Callable[[sa.Select[Any]], list[Any]], led: Callable[[Table], Container[str]], dialect: str, declared: Clocks,
        seconds: float,
    ) -> None:  # fmt: skip
        self._source, self._rows, self._led, self._dialect, self._declared = source, rows, led, dialect, declared
        self._until = monotonic() + seconds

    def facts(self, tables: Iterable[tuple[Table, sa.FromClause]], as_of: datetime) -> Iterator[Fact]:
        for table, place in tables:
            if table.kind == "table":
                yield from self._of(table, place, as_of)

    def _of(self, table: Table, place: sa.FromClause, as_of: datetime) -> Iterator[Fact]:
        subject, name_it = f"{self._source}/{table.dataset}", NAME_IT.format(table.dataset)
        columns = asked(table, self._dialect, self._declared)
        names = ", ".join(a.column.label for a in columns)
        if not columns:
            said = _declared(table.dataset, self._declared).get("created")
            how = f"clocks name {said}, which is no column that can hold a date" if said else "no column is named for the time when a row was made"
            yield Fact(subject, "oldest_row", None, as_of, how, name_it)
            return
        if monotonic() > self._until:
            how = "not asked: the tables before it took all the time that there is for this"
            yield Fact(subject, "oldest_row", None, as_of, how, "raise limits.statement_timeout, or scan at a quieter time")
            return
        large, age = table.rows is not None and table.rows > WHOLE, None
        why, mend = f"no look at all of {table.rows or 0:,} rows", f"an index that begins with {names} would tell"
        try:
            if not large:
                age = answer(columns, self._rows(question(columns, place, as_of, self._dialect))[0])
        except LostError:
            raise
        except SourceError as error:
            why, mend = error.what, error.mend
        if age is None:
            indexed = self._led(table) if large else ()
            found = self._quickly([a for a in columns if not large or a.column.name in indexed], place, as_of)
            if found is None:
                yield Fact(subject, "oldest_row", None, as_of, f"minimum of {names}: {why}", mend)
                return
            age = Age(None, None, *found)
        if age.rows == 0:
            return
        how = f"minimum of {age.column}" if age.oldest else f"no row has a date in {names}"
        yield Fact(subject, "oldest_row", age.oldest and age.oldest.isoformat(), as_of, how, "" if age.oldest else name_it)
        if age.oldest:
            yield Fact(subject, "undated_rows", age.undated, as_of, f"rows without a date in {names}", "" if age.rows else mend)

    def _quickly(self, columns: Sequence[Asked], place: sa.FromClause, as_of: datetime) -> tuple[datetime, str] | None:
        """By an index, where the whole table takes too long: the first column that answers."""
        for a in columns:
            if monotonic() > self._until or (select := quick(a, place, as_of, self._dialect)) is None:
                continue
            try:
                moment = moment_of(self._rows(select)[0][0], "native")
            except LostError:
                raise
            except SourceError:
                continue
            if moment is not None:
                return moment, a.column.label
        return None
