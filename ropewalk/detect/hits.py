"""A hit: where in one value a recogniser saw something, and how sure it is."""

from __future__ import annotations

from typing import NamedTuple


class Hit(NamedTuple):
    """start/end: character offsets into the value; entity: Presidio's name for the type; score: 0..1 after context."""

    start: int
    end: int
    entity: str
    score: float
    recogniser: str
