"""When a row is overdue: the rule for one clock value, shared word for word by the SQL and the pandas judge.

A date counts if it lies between 2000 and the end of the day after `as_of`: a delivery in the future, or in 1970, is a placeholder.
Text must be ISO 8601 (`2026-10-21`, `2026-10-21T09:30`, seconds, fraction, `Z` or an offset); other text is unusable,
never an error. Values with a time are compared to the second, UTC unless they name an offset; dates by the day, so that
the whole of the last day is still in time. Numbers: epoch seconds, milliseconds, microseconds, or yyyymmdd.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

FIRST = datetime(2000, 1, 1, tzinfo=UTC)
MONTHS = tuple(f"{n:02}" for n in range(1, 13))
DAYS = tuple(f"{n:02}" for n in range(1, 32))
HOURS = tuple(f"{n:02}" for n in range(24))
SIXTY = tuple(f"{n:02}" for n in range(60))
TOMBSTONES = (
    "", "null", "none", "nan", "n/a", "na", "-", "--", "{}", "[]", '""', "[null]", '[""]', "redacted", "[redacted]", "<redacted>", "deleted",
    "[deleted]", "<deleted>", "removed", "[removed]", "erased", "[erased]", "anonymized", "anonymised", "[anonymized]", "[anonymised]",
)  # fmt: skip
"""What is left where personal data was erased; compared trimmed and in lower case. Text of asterisks alone counts too."""

_ZONES = (-12, -11, -10, -9.5, -9, -8, -7, -6, -5, -4, -3.5, -3, -2.5, -2, -1, 1, 2, 3, 3.5, 4, 4.5, 5, 5.5, 5.75, 6, 6.5, 7, 8, 8.75)
_FAR = (9, 9.5, 10, 10.5, 11, 12, 12.75, 13, 13.75, 14)


@dataclass(frozen=True)
class Deadline:
    """A row is overdue if its clock stands before `cutoff`; a clock after `last` is unusable."""

    cutoff: datetime
    last: datetime

    @classmethod
    def of(cls, as_of: datetime, days: float) -> Deadline:
        now = (as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
        tomorrow = datetime.combine(now.date() + timedelta(days=1), time.max, UTC)
        return cls(now - timedelta(days=days), tomorrow)

    @property
    def years(self) -> tuple[str, ...]:
        return tuple(str(y) for y in range(FIRST.year, self.last.year + 1))

    @property
    def cutoff_text(self) -> str:
        return key_of(self.cutoff)

    def shifted(self) -> dict[str, str]:
        """offset as written (`+09:00`, `+0900`, `+09`) -> the cutoff as a clock on that offset shows it."""
        out = {}
        for hours in (*_ZONES, *_FAR):
            sign, minutes = ("-" if hours < 0 else "+"), round(abs(hours) * 60)
            text = key_of(self.cutoff + timedelta(hours=hours))
            out[f"{sign}{minutes // 60:02}:{minutes % 60:02}"] = text
            out[f"{sign}{minutes // 60:02}{minutes % 60:02}"] = text
            if minutes % 60 == 0:
                out[f"{sign}{minutes // 60:02}"] = text
        return out

    def numbers(self) -> tuple[tuple[int, int, int], ...]:
        """(first, cutoff, last) of each way in which a number tells a time."""
        first, cutoff, last = (int(t.timestamp()) for t in (FIRST, self.cutoff, self.last))
        epochs = tuple((first * n, cutoff * n, last * n) for n in (1, 1_000, 1_000_000))
        return (*epochs, (_ymd(FIRST), _ymd(self.cutoff), _ymd(self.last)))


def key_of(moment: datetime) -> str:
    """`2026-10-21 09:30:00`: text of one width, which sorts as time does."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _ymd(moment: date) -> int:
    return moment.year * 10_000 + moment.month * 100 + moment.day
