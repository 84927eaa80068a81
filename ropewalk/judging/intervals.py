"""How far apart two events of a row are, in SQL and in pandas: the rule for one time, shared by both twins.

A time counts to the second, between 1970 and 2099. Native times are UTC where they name no zone; a day is its midnight. Text must be
ISO 8601 (`2026-10-21`, `2026-10-21T09:30`, seconds, fraction, `Z` or an offset); other text, numbers and impossible days are no time,
never an error. Nothing is cast in the database, so that no row can break the query.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ropewalk.judging.deadline import DAYS, HOURS, SIXTY
from ropewalk.judging.sqlrows import COPIES, Expression, SqlRows

if TYPE_CHECKING:
    import pandas as pd

COUNTED = ("rows", "ended", "late", "waiting", "undated")
_EPOCH = date(1970, 1, 1)
_YEARS = {str(y): (date(y, 1, 1) - _EPOCH).days for y in range(1970, 2100)}
_LEAP = tuple(y for y in _YEARS if int(y) % 4 == 0)
_MONTHS = {f"{m:02}": (date(1970, m, 1) - _EPOCH).days for m in range(1, 13)}
_LAST = int(datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
_SHORT = ("04", "06", "09", "11")


def _offsets() -> dict[str, int]:
    """offset as written (`+09:00`, `+0900`, `+09`) -> its seconds."""
    out = {}
    for quarters in range(-12 * 4, 14 * 4 + 1):
        sign, (hours, rest) = "-" if quarters < 0 else "+", divmod(abs(quarters), 4)
        for text in (f"{sign}{hours:02}:{rest * 15:02}", f"{sign}{hours:02}{rest * 15:02}", *([f"{sign}{hours:02}"] if not rest else [])):
            out[text] = quarters * 900
    return out


_OFFSETS = _offsets()


def interval_counts(frame: pd.DataFrame, begin: str, end: str, hours: float, as_of: datetime) -> dict[str, int]:
    """rows; ended; late (ended after the limit, or open past it); waiting (open, in time); undated (no begin)."""
    now, limit = int(as_of.timestamp()), hours * 3600
    pairs = [(seconds_of(b), seconds_of(e)) for b, e in zip(frame[begin], frame[end], strict=True)]
    told = [(b, e) for b, e in pairs if b is not None]
    late = [(now if e is None else e) - b > limit for b, e in told]
    waiting = sum(e is None and not too for (_, e), too in zip(told, late, strict=True))
    found = (len(pairs), sum(e is not None for _, e in told), sum(late), waiting, len(pairs) - len(told))
    return dict(zip(COUNTED, found, strict=True))


def seconds_of(value: Any) -> int | None:
    """Seconds since 1970 of one cell."""
    if isinstance(value, str):
        return _text_seconds(value)
    if isinstance(value, date) and value == value:  # NaT is not itself
        moment = value if isinstance(value, datetime) else datetime.combine(value, time.min)
        found = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() // 1)
        return found if 0 <= found <= _LAST else None
    return None


def _text_seconds(text: str) -> int | None:
    year, month, day = text[:4], text[5:7], text[8:10]
    if not (text[4:5] == text[7:8] == "-" and year in _YEARS and month in _MONTHS and day in DAYS):
        return None
    if (month in _SHORT and day == "31") or (month == "02" and (day > "29" or (day == "29" and year not in _LEAP))):
        return None
    days = _YEARS[year] + _MONTHS[month] + int(day) - 1 + (year in _LEAP and month > "02")
    if len(text) == 10:
        return days * 86400
    if not (text[10] in "Tt " and text[11:13] in HOURS and text[13:14] == ":" and text[14:16] in SIXTY):
        return None
    seconds = int(text[17:19]) if text[16:17] == ":" and text[17:19] in SIXTY else 0
    offset = next((_OFFSETS[s] for s in (text[-6:], text[-5:], text[-3:]) if s in _OFFSETS), 0) if len(text) > 16 else 0
    found = days * 86400 + int(text[11:13]) * 3600 + int(text[14:16]) * 60 + seconds - offset
    return found if 0 <= found <= _LAST else None


def interval_query(rows: SqlRows, begin: str, end: str, hours: float, as_of: datetime) -> sa.Executable:
    """One row of COUNTED, pushed down: the twin of `interval_counts`. Two steps, for planners copy what is named twice."""
    told = sa.select(_told(rows, begin).label("b"), _told(rows, end).label("e")).select_from(rows.selectable)
    words = _still(rows, told).subquery("ropewalk_told")
    length = "char_length" if rows.dialect in {"mysql", "mariadb"} else "length"
    seconds = [_ranged(_parsed(f"ropewalk_told.{n}", length) if _is_text(rows, c) else words.c[n]).label(n) for n, c in (("b", begin), ("e", end))]
    times = _still(rows, sa.select(*seconds).select_from(words)).subquery("ropewalk_times")
    b, e, now, limit = times.c.b, times.c.e, int(as_of.timestamp()), hours * 3600
    late = sa.func.coalesce(e, now) - b > limit
    chosen = {
        "ended": sa.and_(b.is_not(None), e.is_not(None)),
        "late": sa.and_(b.is_not(None), late),
        "waiting": sa.and_(b.is_not(None), e.is_(None), sa.not_(late)),
        "undated": b.is_(None),
    }
    sums = [sa.func.coalesce(sa.func.sum(sa.case((c, 1), else_=0)), 0).label(n) for n, c in chosen.items()]
    return sa.select(sa.func.count().label("rows"), *sums).select_from(times)


def _still(rows: SqlRows, query: sa.Select[Any]) -> sa.Select[Any]:
    return query.offset(0) if rows.dialect in COPIES else query


def _is_text(rows: SqlRows, name: str) -> bool:
    return rows.kind(name) in {"text", "dynamic"}


def _told(rows: SqlRows, name: str) -> Expression:
    """The text of a column, or the seconds of a native one; nothing for numbers."""
    column, kind = rows.column(name), rows.kind(name)
    if kind == "dynamic":
        return sa.case((sa.func.typeof(column) == "text", column), else_=None)
    if kind == "text":
        return sa.cast(column, sa.Text())
    if kind not in {"date", "moment", "aware", "timestamp"}:
        return sa.cast(sa.null(), sa.BigInteger())
    if kind == "timestamp":
        return sa.func.floor(sa.func.unix_timestamp(column))
    if rows.dialect in {"mysql", "mariadb"}:
        return sa.func.floor(sa.func.timestampdiff(sa.text("MICROSECOND"), sa.text("'1970-01-01'"), column) / 1_000_000)
    return sa.func.floor(sa.cast(sa.extract("epoch", column), sa.Double()))


def _ranged(found: Expression) -> Expression:
    return sa.case((sa.and_(found >= 0, found <= _LAST), found), else_=None)


def _parsed(text: str, length: str) -> Expression:
    """`_text_seconds` as SQL on a column of our own subquery: constants only, written out, for a thousand bound ones take longer than the query."""

    def part(start: int, size: int) -> str:
        return f"substr({text}, {start}, {size})"

    def of(values: Mapping[str, int], value: str, other: str = "NULL") -> str:
        whens = " ".join(f"WHEN '{k}' THEN {n}" for k, n in values.items())
        return f"CASE {value} {whens} ELSE {other} END"

    def among(value: str, names: Iterable[str]) -> str:
        return f"{value} IN ({', '.join(map(repr, names))})"

    year, month, day, size = part(1, 4), part(6, 2), part(9, 2), f"{length}({text})"
    leap = among(year, _LEAP)
    real = " AND ".join([
        f"{part(5, 1)} = '-'", f"{part(8, 1)} = '-'", f"NOT ({among(month, _SHORT)} AND {day} = '31')",
        f"NOT ({month} = '02' AND ({day} > '29' OR ({day} = '29' AND NOT {leap})))",
    ])  # fmt: skip
    timed = f"{size} > 10 AND {among(part(11, 1), 'Tt ')} AND {part(14, 1)} = ':'"
    extra = f"CASE WHEN {leap} AND {month} > '02' THEN 1 ELSE 0 END"
    first = of({y: d * 86400 for y, d in _YEARS.items()}, year)  # past 2037 more than 32 bits hold, so that all sums have 64
    days = f"{first} + ({of(_MONTHS, month)} + {of({d: int(d) - 1 for d in DAYS}, day)} + {extra}) * 86400"
    clock = f"{of({h: int(h) * 3600 for h in HOURS}, part(12, 2))} + {of({m: int(m) * 60 for m in SIXTY}, part(15, 2))}"
    seconds = f"CASE WHEN {part(17, 1)} = ':' THEN {of({s: int(s) for s in SIXTY}, part(18, 2), '0')} ELSE 0 END"
    ends = ", ".join(of({k: v for k, v in _OFFSETS.items() if len(k) == n}, f"substr({text}, {size} - {n - 1})") for n in (6, 5, 3))
    offset = f"CASE WHEN {size} > 16 THEN coalesce({ends}, 0) ELSE 0 END"
    rest = f"CASE WHEN {size} = 10 THEN 0 ELSE {clock} + {seconds} - ({offset}) END"
    whole = f"CASE WHEN {real} AND ({size} = 10 OR ({timed})) THEN {days} + {rest} ELSE NULL END"
    return sa.literal_column(f"({whole})", sa.BigInteger())  # a part that is not among its values is NULL, and so is the sum
