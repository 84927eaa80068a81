"""Counts distinct values of one field in bounded memory, without losing a rare kind of value.

Up to `cap` distinct values are counted exactly. Beyond it, values are grouped by a template (every letter and digit
alike, punctuation kept): a template keeps a few representatives, which carry the counts of all its values. So the
denominator stays right, and the one log statement in a million that prints an e-mail still has its representative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_ALIKE = str.maketrans({chr(c): "x" for c in range(128) if chr(c).isalnum()})
_TEMPLATES = 20_000
_LEAST = 20


def template(value: str) -> str:
    """`login failed for ann@example.com` -> `xxxxx xxxxxx xxx xxx@xxxxxxx.xxx`; cut at 200 characters."""
    return value[:200].translate(_ALIKE)


def _templates(values: Sequence[str]) -> list[str]:
    """The templates of many values in one pass."""
    keys = "\0".join(values).translate(_ALIKE).split("\0")
    if len(keys) != len(values) or max(map(len, keys), default=0) > 200:
        return [template(v) for v in values]
    return keys


class Tally:
    """values: distinct value -> count; rows: values and nulls met; reduced: whether representatives stand for others."""

    __slots__ = ("_cap", "_keep", "_kept", "_turn", "nulls", "reduced", "rows", "values")

    def __init__(self, cap: int = 50_000) -> None:
        self.values: dict[str, int] = {}
        self.rows = self.nulls = 0
        self.reduced = False
        self._cap = cap
        self._keep = _LEAST
        self._turn = 0
        self._kept: dict[str, list[str]] = {}

    def __repr__(self) -> str:
        return f"Tally(rows={self.rows}, distinct={len(self.values)}, reduced={self.reduced})"

    def add(self, counts: Mapping[str, int], nulls: int = 0) -> None:
        """Adds counted values and so many rows without one."""
        self.nulls += nulls
        self.rows += nulls + sum(counts.values())
        values = self.values
        if not self.reduced:
            for value, count in counts.items():
                values[value] = values.get(value, 0) + count
            if len(values) > self._cap:
                self._reduce()
            return
        fresh = []
        for value, count in counts.items():
            if value in values:
                values[value] += count
            else:
                fresh.append(value)
        self._admit(_templates(fresh), fresh, counts)

    def _reduce(self) -> None:
        self.reduced = True
        old = self.values
        fresh = list(old)
        keys = _templates(fresh)
        self._keep = max(_LEAST, self._cap // (2 * max(len(set(keys)), 1)))
        self.values = {}
        self._admit(keys, fresh, old)

    def _admit(self, keys: Sequence[str], fresh: Sequence[str], counts: Mapping[str, int]) -> None:
        """New values: each becomes a representative of its template (its key), or one of those takes its count, in turns."""
        groups, values, turn = self._kept, self.values, self._turn
        for key, value in zip(keys, fresh, strict=True):
            kept = groups.get(key)
            if kept is None:
                kept = groups.setdefault(key if len(groups) < _TEMPLATES else "", [])
            if len(kept) < self._keep:
                kept.append(value)
                values[value] = counts[value]
            else:
                turn = (turn + 1) % len(kept)
                values[kept[turn]] += counts[value]
        self._turn = turn
