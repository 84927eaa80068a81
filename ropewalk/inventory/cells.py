"""Cells as typed values. Each raises ValueError with words that do not quote the cell."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST = 300
_YES = {"yes", "y", "true", "1", "on", "x", "enabled"}
_NO = {"no", "n", "false", "0", "off", "disabled", "none"}
_EMAIL = re.compile(r"[^\s@/\\<>|;,:]+@[^\s@/\\<>|;,:]+")
_USER = re.compile(r"(?<=://)[^/@\s]*@")
_EMPTY = {"", "-", "null", "none", "n/a", "never"}


def text(value: Any) -> str:
    """Printable text, at most 300 characters; what is neither text nor a number is empty."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    try:
        told = str(value)
    except ValueError:  # a number of thousands of digits
        return ""
    return "".join(c if c.isprintable() else " " for c in told[: LONGEST * 4]).strip()[:LONGEST]


def place(value: Any) -> str:
    """A path or address without query, fragment and user; an e-mail address in it is masked, for it may be a buyer's."""
    told = _USER.sub("", text(value))
    if "://" in told:
        told = told.split("?", 1)[0].split("#", 1)[0]
    return _EMAIL.sub("*@*", told)


def moment(value: Any, *, end: bool = False) -> datetime | None:
    """ISO 8601, or a date as in e-mail, as UTC; None for an empty cell; numbers are seconds since 1970.

    A day without a time counts from its begin or, with `end`, to its end. Without a zone it is UTC.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _epoch(float(value))
    told = text(value)
    if told.lower() in _EMPTY:
        return None
    if re.fullmatch(r"\d{9,11}(\.\d+)?", told):
        return _epoch(float(told))
    found = _iso(told) or _mail(told)
    if found is None or not 1990 <= found.year <= 2200:
        raise ValueError("is no date or time; write it as 2026-03-01 or 2026-03-01T12:00:00Z")
    if re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", told) and end:
        found = datetime.combine(found.date(), time.max)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def last_moment(value: Any) -> datetime | None:
    """`moment`, where a day counts to its end."""
    return moment(value, end=True)


def _epoch(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise ValueError("is no time") from None


def _iso(told: str) -> datetime | None:
    try:
        return datetime.fromisoformat(told)
    except ValueError:
        return None


def _mail(told: str) -> datetime | None:
    try:
        return parsedate_to_datetime(told) if re.match(r"[A-Za-z]{3},? ", told) else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def flag(value: Any) -> bool | None:
    """yes or no; None for an empty cell."""
    if isinstance(value, bool):
        return value
    told = text(value).casefold()
    if told in _YES:
        return True
    if told in _NO:
        return False
    if told == "":
        return None
    raise ValueError("is neither yes nor no")


def count(value: Any) -> int | None:
    """A number of things; None for an empty cell."""
    told = text(value)
    if told.casefold() in _EMPTY:
        return None
    if not re.fullmatch(r"\d{1,15}", told):
        raise ValueError("is no whole number")
    return int(told)


def names(value: Any) -> tuple[str, ...]:
    """Several names, parted by semicolon, comma or bar, or a list."""
    parts = value if isinstance(value, list) else re.split(r"[;,|]", text(value))
    return tuple(dict.fromkeys(t for p in parts if (t := text(p))))


def present(value: Any) -> bool:
    """Whether a cell says something; what it says is not kept."""
    return bool(value) if isinstance(value, (list, dict, bool)) else text(value).casefold() not in (_EMPTY | _NO)
