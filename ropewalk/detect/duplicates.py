"""Presidio's `EntityRecognizer.remove_duplicates` on plain tuples."""

from __future__ import annotations

from collections.abc import Iterable

Raw = tuple[int, int, float, int]
"""start, end, score, number of the recogniser; all of one entity."""


def without_contained(hits: Iterable[Raw]) -> list[Raw]:
    """Drops zero scores, repeats, and hits inside another of at least their score. All hits are of one entity."""
    kept: list[Raw] = []
    active: list[Raw] = []
    for hit in sorted(hits, key=_order):
        start, end, score, _ = hit
        if score == 0:
            continue
        active = [a for a in active if a[1] >= start]
        if not any(a[0] <= start and end <= a[1] and score <= a[2] for a in active):
            kept.append(hit)
            active.append(hit)
    return kept


def _order(hit: Raw) -> tuple[int, int, float]:
    return hit[0], -(hit[1] - hit[0]), -hit[2]
