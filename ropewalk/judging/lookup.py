"""Rows of a frame by key, indexed once a frame: a control asks thousands of times, and a register may hold many facts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]


def records(frame: pd.DataFrame) -> list[Row]:
    return [{str(k): v for k, v in r.items()} for r in frame.to_dict("records")]


def rows_by(frame: pd.DataFrame, *columns: str) -> Mapping[tuple[Any, ...], list[Row]]:
    """key values -> rows, in the order of the frame. The frame must not change afterwards; those of the register do not."""
    return _index(_Same(frame), columns)


class _Same:
    """A frame as a key: equal only to itself, and kept alive, so that its identity is not given to another."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.frame is self.frame

    def __hash__(self) -> int:
        return id(self.frame)


@lru_cache(maxsize=8)
def _index(same: _Same, columns: tuple[str, ...]) -> dict[tuple[Any, ...], list[Row]]:
    out: dict[tuple[Any, ...], list[Row]] = {}
    for row in records(same.frame):
        out.setdefault(tuple(row[c] for c in columns), []).append(row)
    return out
