"""Severities on one scale, and JSON of any shape read without surprises."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ropewalk.inventory.cells import text
from ropewalk.inventory.rows import OPEN, SEVERITIES, Vulnerability

_WORDS = {
    "critical": "critical", "crit": "critical", "blocker": "critical", "high": "high", "error": "high", "important": "high", "severe": "high",
    "medium": "medium", "moderate": "medium", "warning": "medium", "major": "high", "low": "low", "minor": "low", "note": "low", "info": "low",
    "informational": "low", "information": "low", "negligible": "low", "none": "low",
}  # fmt: skip


def of_word(word: Any) -> str:
    """critical, high, medium, low or unknown; information counts as low. Unknown is judged like high."""
    return _WORDS.get(text(word).casefold(), "unknown")


def of_score(score: Any) -> str:
    """The qualitative scale of CVSS 3 and 4; of SARIF's `security-severity` too."""
    try:
        number = float(text(score) or "nan")
    except ValueError:
        return "unknown"
    if not 0 <= number <= 10:
        return "unknown"
    return "critical" if number >= 9 else "high" if number >= 7 else "medium" if number >= 4 else "low"


def worse(one: str, other: str) -> str:
    """The worse of two; a known one rather than an unknown."""
    if "unknown" in (one, other):
        return other if one == "unknown" else one
    return min(one, other, key=SEVERITIES.index)


def merged(found: Iterable[Vulnerability]) -> list[Vulnerability]:
    """One row a key: the worst severity; open as long as one of them is open."""
    out: dict[str, Vulnerability] = {}
    for row in found:
        known = out.get(row.key)
        if known is None:
            out[row.key] = row
            continue
        state = OPEN if OPEN in (known.state, row.state) else known.state
        out[row.key] = replace(known, severity=worse(known.severity, row.severity), state=state, count=known.count + row.count)
    return list(out.values())


def obj(value: Any, *path: str) -> dict[str, Any]:
    """The object at a path of keys, empty where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def objs(value: Any, key: str) -> list[dict[str, Any]]:
    """The objects of the list under a key."""
    given = value.get(key) if isinstance(value, dict) else None
    return [v for v in given if isinstance(v, dict)] if isinstance(given, list) else []


def image(name: str) -> str:
    """An image or file without tag, digest and version: `registry:5000/shop/app:1.4@sha256:…` -> `registry:5000/shop/app`."""
    bare = name.split("@sha256:", 1)[0]
    head, _, tail = bare.rpartition(":")
    return head if head and "/" not in tail and "\\" not in tail and not bare.startswith(("http:", "https:")) else bare
