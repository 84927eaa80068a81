"""A hit: where in one value a recogniser saw something, and how sure it is; and who may be asked for hits on names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Hit(NamedTuple):
    """start/end: character offsets into the value; entity: Presidio's name for the type; score: 0..1 after context."""

    start: int
    end: int
    entity: str
    score: float
    recogniser: str


class NameTagger(Protocol):
    """A second opinion on names: entities PERSON and LOCATION in cells or prose."""

    def tag(self, values: Sequence[str], kind: str) -> list[list[Hit]]: ...
