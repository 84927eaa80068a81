"""Boosted decision trees as arrays: the weights that `benchmarks/fit_names.py` fits once, read from JSON, run by numpy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Trees:
    """`probability(rows)` for vectors in the order of `features`; trees are (feature, threshold, left, right, value) arrays."""

    def __init__(self, file: Path, features: tuple[str, ...]) -> None:
        import numpy as np

        told = json.loads(file.read_text(encoding="utf-8"))
        at = {name: i for i, name in enumerate(features)}
        self._np: Any = np
        self._start = float(told["start"])
        self._trees = [
            (
                np.array([at.get(f, -1) for f in t["feature"]], np.int32), np.array(t["threshold"], np.float64), np.array(t["left"], np.int32),
                np.array(t["right"], np.int32), np.array(t["value"], np.float64), int(t["depth"]),
            )
            for t in told["trees"]
        ]  # fmt: skip

    def probability(self, rows: list[list[float]]) -> list[float]:
        """0..1 per row."""
        if not rows:
            return []
        np = self._np
        x = np.asarray(rows, np.float64)
        every = np.arange(len(x))
        total = np.full(len(x), self._start)
        for feature, threshold, left, right, value, depth in self._trees:
            node = np.zeros(len(x), np.int32)
            for _ in range(depth):
                inner = left[node] >= 0
                goes_left = x[every, feature[node]] <= threshold[node]
                node = np.where(inner, np.where(goes_left, left[node], right[node]), node)
            total += value[node]
        out: list[float] = (1.0 / (1.0 + np.exp(-total))).tolist()
        return out
