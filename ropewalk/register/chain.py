"""The hash chain: canonical JSON, and how an entry follows from the one before it.

Canonical JSON is RFC 8785 (JSON Canonicalization Scheme): keys sorted by UTF-16 code units, numbers as ECMAScript writes them,
no white space. An entry's hash is the SHA-256 of the lines: previous hash, sequence, kind, time (ISO 8601, UTC), record.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from ropewalk.model import Evidence

START = "0" * 64
"""The hash before the first entry."""


def canonical(record: Any) -> str:
    """RFC 8785 text of JSON data, dataclasses, times and enums. Raises ValueError for NaN, infinity and other types."""
    return "".join(_write(plain(record)))


def plain(record: Any) -> Any:
    """Dataclasses, mappings, enums and times as JSON data; times in UTC."""
    if isinstance(record, Enum):
        return record.value
    if isinstance(record, datetime):
        return stamp(record)
    if isinstance(record, date):
        return record.isoformat()
    if is_dataclass(record) and not isinstance(record, type):
        return {f.name: plain(getattr(record, f.name)) for f in fields(record)}
    if isinstance(record, Mapping):
        return {str(k): plain(v) for k, v in record.items()}
    if isinstance(record, (set, frozenset)):
        return sorted((plain(v) for v in record), key=str)
    if isinstance(record, (list, tuple)):
        return [plain(v) for v in record]
    if hasattr(record, "item") and not isinstance(record, (str, bytes)):
        return record.item()
    return record


def stamp(at: datetime) -> str:
    """`2026-03-01T12:00:00.000000Z`; a time without a zone is taken as UTC."""
    utc = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return utc.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _write(value: Any) -> list[str]:
    if value is None or value is True or value is False:
        return ["null" if value is None else "true" if value else "false"]
    if isinstance(value, str):
        return [_text(value)]
    if isinstance(value, (int, float)):
        return [_number(value)]
    if isinstance(value, dict):
        out = ["{"]
        for i, key in enumerate(sorted(value, key=lambda k: k.encode("utf-16-be", "replace"))):
            out += ["," if i else "", _text(key), ":", *_write(value[key])]
        return [*out, "}"]
    if isinstance(value, list):
        out = ["["]
        for i, item in enumerate(value):
            out += ["," if i else "", *_write(item)]
        return [*out, "]"]
    raise ValueError(f"evidence holds JSON only, not {type(value).__name__}")


def _text(value: str) -> str:
    return json.dumps(value.encode("utf-8", "replace").decode("utf-8"), ensure_ascii=False)


def _number(value: int | float) -> str:
    """As ECMAScript's Number::toString: 1.0 is 1, 1e21 is 1e+21, 0.0000001 is 1e-7."""
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        raise ValueError("evidence holds finite numbers only")
    if value == 0:
        return "0"
    sign, shortest = ("-", repr(-value)) if value < 0 else ("", repr(value))
    mantissa, _, exponent = shortest.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    n = len(digits)
    if n <= point <= 21:
        return sign + digits + "0" * (point - n)
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if n > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def link(previous: str, sequence: int, kind: str, at: str, record: str) -> str:
    """The hash of an entry, in hexadecimal."""
    return digest(*(part.encode() for part in (previous, str(sequence), kind, at, record)))


def digest(previous: bytes, sequence: bytes, kind: bytes, at: bytes, record: bytes) -> str:
    """`link` on bytes as a database holds them."""
    return hashlib.sha256(b"\n".join((previous, sequence, kind, at, record))).hexdigest()


def follow(head: tuple[int, str], records: Sequence[tuple[str, datetime, Any]]) -> list[Evidence]:
    """The entries that come after `head` (sequence, hash) for (kind, at, record)."""
    sequence, previous = head
    out = []
    for kind, at, record in records:
        if not kind.isidentifier():
            raise ValueError("the kind of an evidence entry is one word")
        sequence, text = sequence + 1, canonical(record)
        own = link(previous, sequence, kind, stamp(at), text)
        out.append(Evidence(sequence, kind, at, text, previous, own))
        previous = own
    return out
