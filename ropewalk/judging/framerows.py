"""How a row is judged in pandas: does it still hold personal data, and is its clock past the deadline. The twin of `sqlrows`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

from ropewalk.judging.deadline import DAYS, FIRST, HOURS, MONTHS, SIXTY, TOMBSTONES, Deadline

if TYPE_CHECKING:
    import pandas as pd

UNUSABLE, IN_TIME, OVERDUE = 0, 1, 2


def retention_counts(frame: pd.DataFrame, personal: Sequence[str], delivered: str | None, shipped: str | None, deadline: Deadline) -> dict[str, int]:
    """rows, personal (rows), overdue (by delivery), overdue_by_shipment, undated: of the rows that hold personal data."""
    holding = _any(frame, personal)
    rows = frame[holding]
    first, second = _states(rows, delivered, deadline), _states(rows, shipped, deadline)
    undelivered = first == UNUSABLE
    return {
        "rows": len(frame),
        "personal": len(rows),
        "overdue": int((first == OVERDUE).sum()),
        "overdue_by_shipment": int((undelivered & (second == OVERDUE)).sum()),
        "by_shipment": int((undelivered & (second != UNUSABLE)).sum()),
        "undated": int((undelivered & (second == UNUSABLE)).sum()),
    }


def filled_counts(frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, int]:
    """rows, filled: rows in which any of the columns holds something."""
    return {"rows": len(frame), "filled": int(_any(frame, columns).sum())}


def _any(frame: pd.DataFrame, columns: Sequence[str]) -> pd.Series[bool]:
    import pandas as pd

    out = pd.Series(False, index=frame.index)
    for name in columns if len(frame) else ():
        out |= frame[name].map(holds).astype(bool)  # a column that is not there is an error, not an absence of data
    return out


def _states(frame: pd.DataFrame, name: str | None, deadline: Deadline) -> pd.Series[int]:
    import pandas as pd

    if name is None or not len(frame):
        return pd.Series(UNUSABLE, index=frame.index)
    shifted = deadline.shifted()
    return frame[name].map(lambda v: state(v, deadline, shifted)).astype(int)


def holds(value: Any) -> bool:
    """Whether a cell still holds something: not null, not empty, no tombstone."""
    if isinstance(value, str):
        text = value.strip(" ")
        return text.lower() not in TOMBSTONES and text.replace("*", "").strip(" ") != ""
    if isinstance(value, (list, tuple, dict, set)):
        return len(value) > 0
    return not _missing(value)


def state(value: Any, deadline: Deadline, shifted: dict[str, str]) -> int:
    """UNUSABLE, IN_TIME or OVERDUE of one clock value."""
    if _missing(value) or isinstance(value, bool):
        return UNUSABLE
    if isinstance(value, str):
        return _text_state(value, deadline, shifted)
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return _within(moment, FIRST, deadline.cutoff, deadline.last)
    if isinstance(value, date):
        return _within(value, FIRST.date(), deadline.cutoff.date(), deadline.last.date())
    if isinstance(value, (Real, Decimal)):
        for first, cutoff, last in deadline.numbers():
            if (found := _within(value, first, cutoff, last)) != UNUSABLE:
                return found
        return UNUSABLE
    return UNUSABLE


def _within(value: Any, first: Any, cutoff: Any, last: Any) -> int:
    if not first <= value <= last:
        return UNUSABLE
    return OVERDUE if value < cutoff else IN_TIME


def _text_state(text: str, deadline: Deadline, shifted: dict[str, str]) -> int:
    if not (text[4:5] == text[7:8] == "-" and text[:4] in deadline.years and text[5:7] in MONTHS and text[8:10] in DAYS):
        return UNUSABLE
    day = text[:10]
    if day > f"{deadline.last:%Y-%m-%d}":
        return UNUSABLE
    if len(text) == 10:
        return OVERDUE if day < f"{deadline.cutoff:%Y-%m-%d}" else IN_TIME
    if not (text[10] in "Tt " and text[11:13] in HOURS and text[13:14] == ":" and text[14:16] in SIXTY):
        return UNUSABLE
    seconds = text[17:19] if text[16:17] == ":" and text[17:19] in SIXTY else "00"
    cutoff = deadline.cutoff_text
    if len(text) > 16:
        cutoff = next((shifted[s] for s in (text[-6:], text[-5:], text[-3:]) if s in shifted), cutoff)
    return OVERDUE if f"{day} {text[11:16]}:{seconds}" < cutoff else IN_TIME


def _missing(value: Any) -> bool:
    return value is None or bool(value != value)
