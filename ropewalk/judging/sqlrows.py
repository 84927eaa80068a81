"""How a row is judged in the database: one query of counts, pushed down. The twin of `framerows`.

Nothing in it can raise a cast error on a row: text dates are compared as text after a test of their shape, and JSON is opened
only where it is valid. SQLite, PostgreSQL, MariaDB/MySQL and DuckDB; others get the same expressions as generic SQL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ropewalk.errors import SourceError
from ropewalk.judging.deadline import DAYS, FIRST, HOURS, MONTHS, SIXTY, TOMBSTONES, Deadline
from ropewalk.judging.framerows import IN_TIME, OVERDUE, UNUSABLE
from ropewalk.model import Path, path_of

Expression = sa.ColumnElement[Any]
COPIES = {"postgresql", "sqlite", "mysql", "mariadb"}
"""Their planners copy each expression into every sum, unless the inner query has an offset."""


@dataclass(frozen=True)
class SqlRows:
    """A table or subquery in a dialect, with the types of its columns as far as they are known."""

    selectable: Any
    dialect: str
    types: Mapping[str, Any]

    def retention(self, personal: Sequence[str], delivered: str | None, shipped: str | None, deadline: Deadline) -> sa.Executable:
        """One row: rows, personal, overdue, overdue_by_shipment, by_shipment, undated."""
        rows = sa.select(
            self._flag(sa.or_(sa.false(), *(self.holds(path_of(p)) for p in personal))).label("p"),
            self._state(delivered, deadline).label("d"),
            self._state(shipped, deadline).label("s"),
        ).select_from(self.selectable)
        if self.dialect in COPIES:
            rows = rows.offset(0)
        inner = rows.subquery("ropewalk_rows")
        p, d, s = inner.c.p == 1, inner.c.d, inner.c.s
        none, either = d == UNUSABLE, s != UNUSABLE
        return sa.select(
            sa.func.count().label("rows"),
            _sum(p).label("personal"),
            _sum(sa.and_(p, d == OVERDUE)).label("overdue"),
            _sum(sa.and_(p, none, s == OVERDUE)).label("overdue_by_shipment"),
            _sum(sa.and_(p, none, either)).label("by_shipment"),
            _sum(sa.and_(p, none, s == UNUSABLE)).label("undated"),
        ).select_from(inner)

    def filled(self, columns: Sequence[str]) -> sa.Executable:
        """One row: rows, filled."""
        any_filled = sa.or_(sa.false(), *(self.holds(path_of(c)) for c in columns))
        return sa.select(sa.func.count().label("rows"), _sum(any_filled).label("filled")).select_from(self.selectable)

    def holds(self, path: Path) -> Expression:
        """Whether the field holds something: not null, not empty, no tombstone."""
        column = self.column(path[0])
        if len(path) == 1 and self.kind(path[0]) in {"date", "moment", "aware", "timestamp", "number", "bool"}:
            return column.is_not(None)
        if len(path) > 1 and (keyed := self._key_pattern(path)) is not None:
            return _text(column).regexp_match(keyed)
        text = self._trimmed(self._inside(path) if len(path) > 1 else _text(column))
        return sa.and_(text.is_not(None), sa.func.lower(text).not_in(TOMBSTONES), self._trimmed(sa.func.replace(text, "*", "")) != "")

    def _trimmed(self, text: Expression) -> Expression:
        """Without blanks at its ends; DuckDB would take every white space of Unicode for one."""
        return sa.func.trim(text, " ") if self.dialect == "duckdb" else sa.func.trim(text)

    def _state(self, name: str | None, deadline: Deadline) -> Expression:
        if name is None:
            return sa.literal(UNUSABLE)
        path = path_of(name)
        column = self.column(path[0])
        if len(path) > 1:
            return _text_state(self._inside(path, clock=True), deadline)
        kind = self.kind(path[0])
        if kind == "dynamic":
            return sa.case(
                (sa.func.typeof(column) == "text", _text_state(column, deadline)),
                (sa.func.typeof(column).in_(("integer", "real")), _number_state(column, deadline)),
                else_=UNUSABLE,
            )
        if kind == "date":
            return _state(column, *(sa.literal(t.date(), sa.Date()) for t in (FIRST, deadline.cutoff, deadline.last)))
        if kind == "moment":
            return _state(column, *(sa.literal(t.replace(tzinfo=None), sa.DateTime()) for t in _bounds(deadline)))
        if kind == "aware":
            return _state(column, *(sa.literal(t, sa.DateTime(timezone=True)) for t in _bounds(deadline)))
        if kind == "timestamp":
            return _state(column, *(sa.func.from_unixtime(int(t.timestamp())) for t in _bounds(deadline)))
        if kind == "number":
            return _number_state(column, deadline)
        return sa.literal(UNUSABLE) if kind == "bool" else _text_state(_text(column), deadline)

    def column(self, name: str) -> Expression:
        """Raises SourceError for a column that is not there: SQLite would take its quoted name for a text, and count it as data."""
        if self.types and name not in self.types:
            raise SourceError("a column that the check needs is not there", where=f"column {name}", mend="correct its clock, or scan again")
        return sa.column(name)

    def kind(self, name: str) -> str:
        """date | moment | aware | timestamp (MySQL's, in the session's zone) | number | bool | text | dynamic (SQLite: any cell may be anything)."""
        if self.dialect == "sqlite":
            return "dynamic"
        kind = self.types.get(name)
        if isinstance(kind, sa.DateTime):
            if self.dialect in {"mysql", "mariadb"} and isinstance(kind, sa.TIMESTAMP):
                return "timestamp"
            return "aware" if kind.timezone else "moment"
        for cls, word in ((sa.Date, "date"), (sa.Boolean, "bool"), (sa.Integer, "number"), (sa.Numeric, "number"), (sa.Float, "number")):
            if isinstance(kind, cls):
                return word
        return "text"

    def _json(self, name: str) -> bool:
        return isinstance(self.types.get(name), sa.JSON)

    def _inside(self, path: Path, *, clock: bool = False) -> Expression:
        """The text at a JSON path; where it cannot be reached, the whole column (or nothing, for a clock)."""
        column = self.column(path[0])
        inner = path[1:]
        whole: Expression = sa.null() if clock else _text(column)
        if "*" in inner or (clock and "[]" in inner):
            return whole
        place = "$" + "".join("[*]" if s == "[]" else '."' + s.replace('"', "") + '"' for s in inner)
        if self.dialect == "sqlite" and "[]" not in inner:
            return sa.case((sa.func.json_valid(column) == 1, sa.cast(sa.func.json_extract(column, place), sa.Text())), else_=None)
        if self.dialect in {"mysql", "mariadb"}:
            return sa.case((sa.func.json_valid(column) == 1, sa.func.json_unquote(sa.func.json_extract(column, place))), else_=None)
        if self.dialect == "duckdb" and (self._json(path[0]) or self.kind(path[0]) == "text"):
            text = _text(column)
            return sa.case((sa.func.json_valid(text), sa.cast(sa.func.json_extract_string(text, place), sa.Text())), else_=None)
        if self.dialect == "postgresql" and self._json(path[0]) and "[]" not in inner:
            return sa.func.json_extract_path_text(sa.cast(column, sa.JSON()), *inner)
        if self.dialect == "postgresql" and clock:
            return sa.func.substring(_text(column), f'"{re.escape(inner[-1])}"\\s*:\\s*"([^"]*)"')
        return whole

    def _key_pattern(self, path: Path) -> str | None:
        """PostgreSQL cannot try a cast: in text and in lists, a key with a value is looked for by pattern."""
        if self.dialect != "postgresql" or path[-1] in {"*", "[]"} or (self._json(path[0]) and "[]" not in path):
            return None
        return f'"{re.escape(path[-1])}"\\s*:\\s*("[^"*]|[0-9-]|\\{{\\s*"|\\[\\s*["{{0-9])'

    @staticmethod
    def _flag(condition: Expression) -> Expression:
        return sa.case((condition, 1), else_=0)


def _sum(condition: Expression) -> Expression:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _text(column: Expression) -> Expression:
    return sa.cast(column, sa.Text())


def _bounds(deadline: Deadline) -> tuple[datetime, datetime, datetime]:
    return FIRST, deadline.cutoff, deadline.last


def _state(value: Expression, first: Any, cutoff: Any, last: Any) -> Expression:
    return sa.case((sa.and_(value >= first, value < cutoff), OVERDUE), (sa.and_(value >= cutoff, value <= last), IN_TIME), else_=UNUSABLE)


def _number_state(value: Expression, deadline: Deadline) -> Expression:
    whens: list[tuple[Expression, int]] = []
    for first, cutoff, last in deadline.numbers():
        whens += [(sa.and_(value >= first, value < cutoff), OVERDUE), (sa.and_(value >= cutoff, value <= last), IN_TIME)]
    return sa.case(*whens, else_=UNUSABLE)


def _text_state(text: Expression, deadline: Deadline) -> Expression:
    def part(start: int, length: int) -> Expression:
        return sa.func.substr(text, start, length)

    day, size = part(1, 10), sa.func.length(text)
    dated = sa.and_(
        part(5, 1) == "-", part(8, 1) == "-",
        part(1, 4).in_(deadline.years), part(6, 2).in_(MONTHS), part(9, 2).in_(DAYS), day <= f"{deadline.last:%Y-%m-%d}",
    )  # fmt: skip
    timed = sa.and_(size > 10, part(11, 1).in_(("T", "t", " ")), part(12, 2).in_(HOURS), part(14, 1) == ":", part(15, 2).in_(SIXTY))
    seconds = sa.case((sa.and_(part(17, 1) == ":", part(18, 2).in_(SIXTY)), part(18, 2)), else_="00")
    key = day + sa.literal(" ") + part(12, 5) + sa.literal(":") + seconds
    shifted = deadline.shifted()
    ends = [sa.case({k: v for k, v in shifted.items() if len(k) == n}, value=sa.func.substr(text, size - (n - 1)), else_=None) for n in (6, 5, 3)]
    zoned = sa.and_(size > 16, sa.func.substr(text, size).not_in(("Z", "z")))
    cutoff = sa.case((zoned, sa.func.coalesce(*ends, deadline.cutoff_text)), else_=deadline.cutoff_text)
    return sa.case(
        (sa.not_(dated), UNUSABLE),
        (sa.and_(dated, size == 10), sa.case((day < f"{deadline.cutoff:%Y-%m-%d}", OVERDUE), else_=IN_TIME)),
        (sa.and_(dated, timed), sa.case((key < cutoff, OVERDUE), else_=IN_TIME)),
        else_=UNUSABLE,
    )
