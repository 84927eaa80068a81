"""Frames in the shape of the register's: a view of an empty or partial one still has all of its columns. Missing cells as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd


def shaped(frame: pd.DataFrame | None, columns: Sequence[str]) -> pd.DataFrame:
    """The frame with at least these columns, in this order first; a fresh index; the caller's frame is not changed."""
    if frame is None:
        return empty(columns)
    return frame.reindex(columns=[*columns, *(c for c in frame.columns if c not in columns)]).reset_index(drop=True)


def personal(fields: pd.DataFrame) -> pd.DataFrame:
    """The fields that hold personal data: those with a category that no steward dismissed."""
    return fields[fields["category"].notna() & (fields["decision"] != "dismissed")]


def empty(columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series(dtype=object) for c in columns})


def rows(records: Sequence[dict[str, object]], columns: Sequence[str]) -> pd.DataFrame:
    """Records as a frame with exactly these columns; whole numbers stay whole where some are missing."""
    if not records:
        return empty(columns)
    frame = pd.DataFrame.from_records(records, columns=list(columns))
    for name in map(str, frame.select_dtypes("float")):
        values = [r.get(name) for r in records]
        if all(v is None or isinstance(v, int) for v in values):
            frame[name] = pd.Series(values, dtype=object)
    return frame


def is_missing(value: object) -> bool:
    """None, NaN or NaT; a list or dict is never missing."""
    return value is None or (not isinstance(value, (list, tuple, dict, str)) and bool(pd.isna(value)))  # type: ignore[call-overload]


def text_of(value: object) -> str:
    return "" if is_missing(value) else str(value)


def number_of(value: object) -> float:
    return 0.0 if is_missing(value) else float(value)  # type: ignore[arg-type]


def moment_of(value: object) -> datetime | None:
    """A datetime, or None for what is missing."""
    if is_missing(value):
        return None
    moment: datetime = pd.Timestamp(value).to_pydatetime()  # type: ignore[arg-type]
    return moment
