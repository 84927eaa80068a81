"""How rows are drawn from a table: statements to try in order, each with the honest name of its method.

full: every row; bernoulli: each row with the same chance; keyed: single rows by random keys; head: what comes first.
Never whole pages: neighbours resemble each other, and a page sample misses what lies clustered.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ropewalk.reading.tables import Table

MARGIN = 1.15
"""Drawn beyond what is asked for, since chance falls short half of the time."""
MOST = 4
"""Times as many rows as were asked for are read at most, where the store's estimate was wrong."""
_BATCH = 500
_THIN = 0.02


@dataclass(frozen=True, slots=True)
class Draw:
    """`method` and its statements; `exact`: only good if it ends before `rows` rows, for then it was the whole table."""

    method: str
    selects: Iterable[sa.Select[Any]]
    whole: bool = False


def seed(table: Table, turn: int) -> random.Random:
    """The same draw for the same table and turn, another for the next turn."""
    return random.Random(f"{table.dataset}:{turn}")  # noqa: S311 - sampling, not a secret


def chance(rows: int, total: int) -> float:
    """The share of rows to draw so that about `rows` come."""
    return min(1.0, MARGIN * rows / max(total, 1))


def keyed(
    select: sa.Select[Any], key: sa.ColumnElement[Any], low: int, high: int, total: int | None, rows: int, rng: random.Random
) -> list[sa.Select[Any]]:
    """Statements that fetch single rows by random keys between `low` and `high`; none where the keys are too thin."""
    span = high - low + 1
    filled = min(1.0, (total or span) / span)
    if filled < _THIN:
        return []
    wanted = min(span, int(MARGIN * rows / filled) + 10)
    numbers = rng.sample(range(low, high + 1), wanted)
    return [select.where(key.in_(numbers[i : i + _BATCH])) for i in range(0, wanted, _BATCH)]


def head(select: sa.Select[Any], rows: int, turn: int) -> Iterator[sa.Select[Any]]:
    """The first rows, or for a later turn those after them."""
    yield select.limit(rows).offset(turn * rows) if turn else select.limit(rows)
